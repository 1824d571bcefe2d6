"""Which candidates are copies: exact Jaccard similarity of their sets of shingles, and no quantity exchanged.

All pairs of a set of n Documents that reach the threshold are looked for, but for those that are in one cluster
already: another edge between them changes nothing. Three parts, each of which leaves less to the next:

1. A pair that reaches the threshold shares one of the rarest shingles of both (prefix filter; Chaudhuri, Ganti and
   Kaushik 2006; Bayardo, Ma and Srikant 2007, section 4). Documents that share none are done: thousands of pages with
   one template and texts of their own cost no pair at all.
2. The first Document of each cluster is counted against all that are left at once, for `SWEEPS` clusters. Thousands of
   near-identical pages are one cluster after the first.
3. Pairs of different clusters that share a rare shingle are counted one by one, rarest first, `most_pairs` at most.
   Where there are more, the set is `unfinished`: some pairs were met in the first two parts alone.

Documents come in the order of their ids, so that nothing hangs on rows, shards or workers.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from mathmill.pipeline.dedup.near_streams import Texts
from mathmill.pipeline.dedup.shingles import Hashes
from mathmill.pipeline.dedup.variants import are_variants

Places = npt.NDArray[np.intp]

SWEEPS = 16
_MOST_COMPARED = 32  # members of a cluster that a further one is compared with
_FEW = 8  # Documents whose pairs are simply all counted
_MOST_SETTLED = 1 << 20
_LEAST_PAIRS, _PAIRS_A_DOCUMENT = 20_000, 64


def most_pairs(documents: int) -> int:
    """How many pairs of so many Documents are counted one by one."""
    return max(_LEAST_PAIRS, _PAIRS_A_DOCUMENT * documents)


@dataclass(slots=True)
class Joining:
    """Clusters of Documents while they are found: a union-find over their numbers, and what was counted."""

    texts: Texts
    threshold: float
    keep_variants: bool
    parents: list[int]
    partners: dict[int, list[tuple[int, float]]] = field(default_factory=dict)  # confirmed, with their similarity
    counts: Counter[str] = field(default_factory=Counter)
    settled: set[tuple[int, int]] = field(default_factory=set)  # pairs that are known to be no copies

    def root(self, number: int) -> int:
        parents = self.parents
        while parents[number] != number:
            parents[number] = parents[parents[number]]
            number = parents[number]
        return number

    def roots(self, members: Sequence[int]) -> Places:
        return np.array([self.root(number) for number in members], np.intp)

    def decide(self, one: int, other: int, similarity: float) -> None:
        """Join two Documents that are alike enough, if they are no variants and not joined already."""
        if self.keep_variants and self.differ(one, other):
            self.counts["refused"] += 1
            self.settle(one, other)
            return
        self.counts["confirmed"] += 1
        self.partners.setdefault(one, []).append((other, similarity))
        self.partners.setdefault(other, []).append((one, similarity))
        low, high = sorted((self.root(one), self.root(other)))
        self.parents[high] = low

    def settle(self, one: int, other: int) -> None:
        """Remember that two are no copies. What is forgotten, since there is too much of it, is counted again."""
        if len(self.settled) >= _MOST_SETTLED:
            self.settled.clear()
        self.settled.add((one, other))

    def differ(self, one: int, other: int) -> bool:
        """Whether two Documents are variants of each other."""
        return are_variants(self.texts.said(one), self.texts.said(other))

    def compatible(self, ranked: Sequence[int]) -> tuple[list[int], list[int]]:
        """Documents of which no two are variants, taken one by one as they come; and the others.

        Each is compared with those taken before it, `_MOST_COMPARED` at most, the survivor first.
        """
        if not self.keep_variants:
            return list(ranked), []
        taken: list[int] = []
        others: list[int] = []
        for number in ranked:
            apart = any(self.differ(each, number) for each in taken[:_MOST_COMPARED])
            (others if apart else taken).append(number)
        return taken, others


def similarity_of(one: Hashes, other: Hashes) -> float:
    """The Jaccard similarity of two sets, each ascending and without repetition."""
    small, large = (one, other) if len(one) <= len(other) else (other, one)
    at = np.minimum(np.searchsorted(large, small), len(large) - 1)
    common = int((large[at] == small).sum())
    return common / (len(one) + len(other) - common)


def join(joining: Joining, members: Sequence[int]) -> None:
    """Find what copies there are among Documents, given by number in the order of their ids."""
    if len(np.unique(joining.roots(members))) < 2:
        return
    tokens = sum(joining.texts.count(number) for number in members)
    if len(members) <= _FEW:
        _count_all(joining, members)
    elif tokens > joining.texts.allowed_tokens:
        joining.counts["unfinished"] += 1
        _count_leaders(joining, members)
    else:
        _Set(joining, members).find()


def _count_all(joining: Joining, members: Sequence[int]) -> None:
    for place, other in enumerate(members):
        for one in members[:place]:
            _count_pair(joining, one, other)


def _count_leaders(joining: Joining, members: Sequence[int]) -> None:
    """Count the first Document of a cluster against all others; of a set that memory does not hold."""
    left = list(members)
    for _ in range(SWEEPS):
        if len(left) < 2:
            return
        for other in left[1:]:
            _count_pair(joining, left[0], other)
        root = joining.root(left[0])
        left = [number for number in left if joining.root(number) != root]


def _count_pair(joining: Joining, one: int, other: int) -> None:
    if joining.root(one) == joining.root(other) or (one, other) in joining.settled:
        return
    joining.counts["tested"] += 1
    similarity = similarity_of(joining.texts.shingles(one), joining.texts.shingles(other))
    if similarity >= joining.threshold:
        joining.decide(one, other, similarity)
    else:
        joining.settle(one, other)


class _Set:
    """Documents of which all sets of shingles are held at once: shingles as ranks, the rarest first."""

    def __init__(self, joining: Joining, members: Sequence[int]) -> None:
        self._joining, self._members = joining, list(members)
        sets = [joining.texts.shingles(number) for number in members]
        self._lengths = np.array([len(each) for each in sets], np.int64)
        self._ends = np.cumsum(self._lengths)
        self._begins = self._ends - self._lengths
        self._ranks, self._shared = self._ranked(np.concatenate(sets))

    def _ranked(self, every: Hashes) -> tuple[npt.NDArray[np.int32], int]:
        """Each shingle's rank, ascending within each Document; and the first rank of a shingle that several have."""
        _, inverse, often = np.unique(every, return_inverse=True, return_counts=True)
        order = np.argsort(often, kind="stable")
        rank = np.empty(len(often), np.int32)
        rank[order] = np.arange(len(often), dtype=np.int32)
        ranks = rank[inverse]
        for begin, end in zip(self._begins.tolist(), self._ends.tolist(), strict=True):
            ranks[begin:end].sort()
        self._mine = np.zeros(len(often), np.bool_)
        return ranks, int((often == 1).sum())

    def find(self) -> None:
        """Decide on all pairs that reach the threshold, as far as `most_pairs` allows."""
        groups = self._groups()
        live = np.unique(np.concatenate([*groups, np.empty(0, np.intp)]))
        self._sweep(live)
        self._count_rest(groups)

    def _groups(self) -> list[Places]:
        """The Documents that have a shingle among their rarest, for each that several have so."""
        lengths = self._lengths
        prefix = lengths - np.ceil(self._joining.threshold * lengths - 1e-9).astype(np.int64) + 1
        documents = np.repeat(np.arange(len(lengths)), prefix)
        places = np.arange(len(documents)) - np.repeat(np.cumsum(prefix) - prefix, prefix)
        ranks = self._ranks[self._begins[documents] + places]
        shared = ranks >= self._shared
        documents, ranks = documents[shared], ranks[shared]
        order = np.argsort(ranks, kind="stable")
        documents, ranks = documents[order], ranks[order]
        cuts = np.flatnonzero(np.diff(ranks)) + 1
        return [group for group in np.split(documents, cuts) if len(group) > 1]

    def _sweep(self, live: Places) -> None:
        """Count the first of each cluster against all others that are live."""
        joining = self._joining
        for _ in range(SWEEPS):
            if len(live) < 2:
                return
            leader, rest = int(live[0]), live[1:]
            root = joining.root(self._members[leader])
            roots = joining.roots([self._members[place] for place in rest])
            rest = rest[roots != root]
            self._count(leader, rest)
            root = joining.root(self._members[leader])
            live = rest[joining.roots([self._members[place] for place in rest]) != root]

    def _count_rest(self, groups: list[Places]) -> None:
        """Count pairs of different clusters that share a rare shingle, of the rarest ones first."""
        roots = self._joining.roots(self._members)
        size, most = len(self._members), most_pairs(len(self._members))
        pairs: set[int] = set()
        for group in sorted(groups, key=len):
            found = _across(group, roots[group], size, most - len(pairs))
            if found is None:
                self._joining.counts["unfinished"] += 1
                break
            pairs.update(found.tolist())
        wanted = np.array(sorted(pairs), np.int64)
        cuts = np.flatnonzero(np.diff(wanted // size)) + 1
        for part in np.split(wanted, cuts) if len(wanted) else ():
            self._count(int(part[0] // size), part % size)

    def _count(self, place: int, others: Places) -> None:
        """Count one Document against others, and decide on those that are alike enough."""
        joining, members = self._joining, self._members
        one = members[place]
        pairs = [
            other
            for other in others.tolist()
            if joining.root(members[other]) != joining.root(one) and _pair(one, members[other]) not in joining.settled
        ]
        if not pairs:
            return
        joining.counts["tested"] += len(pairs)
        own = self._ranks[self._begins[place] : self._ends[place]]
        self._mine[own] = True
        lengths = self._lengths[pairs]
        ends = np.cumsum(lengths)
        at = np.arange(ends[-1]) + np.repeat(self._begins[pairs] - (ends - lengths), lengths)
        common = np.add.reduceat(self._mine[self._ranks[at]].astype(np.int32), ends - lengths)
        self._mine[own] = False
        similar = common / (self._lengths[place] + lengths - common)
        for other, similarity in zip(pairs, similar.tolist(), strict=True):
            if similarity < joining.threshold:
                joining.settle(*_pair(one, members[other]))
            elif joining.root(members[other]) != joining.root(one):
                joining.decide(*_pair(one, members[other]), similarity)


def _across(group: Places, roots: Places, size: int, most: int) -> npt.NDArray[np.int64] | None:
    """The pairs of a group whose roots differ, as one * size + other; None where there are more than `most`."""
    order = np.argsort(roots, kind="stable")
    group, roots = group[order].astype(np.int64), roots[order]
    begins = np.flatnonzero(np.diff(roots, prepend=-1))
    counts = np.diff(np.append(begins, len(group)))
    if (len(group) ** 2 - int((counts.astype(np.int64) ** 2).sum())) // 2 > most:
        return None
    parts = [np.empty(0, np.int64)]
    for begin, count in zip(begins.tolist(), counts.tolist(), strict=True):
        end = begin + count
        one, other = np.repeat(group[begin:end], len(group) - end), np.tile(group[end:], count)
        parts.append(np.minimum(one, other) * size + np.maximum(one, other))
    return np.concatenate(parts)


def _pair(one: int, other: int) -> tuple[int, int]:
    return (one, other) if one < other else (other, one)
