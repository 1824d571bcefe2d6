"""Which candidates are copies: exact Jaccard similarity of their sets of shingles, and no quantity exchanged.

All pairs of a set of n Documents that reach the threshold are looked for, but for those that are in one cluster
already: another edge between them changes nothing. Each part leaves less to the next:

1. A pair that reaches the threshold shares one of the rarest shingles of both (prefix filter; Chaudhuri, Ganti and
   Kaushik 2006; Bayardo, Ma and Srikant 2007, section 4). Documents that share none are done: thousands of pages with
   one template and texts of their own cost no pair at all.
2. Where variants stay, Prints decide on most pairs: those that have all words in common and other quantities are never
   looked at, however many exercise sheets there are; of those with the same quantities, each is counted against the
   first.
3. The first Document of each cluster is counted against all that are left at once, for `SWEEPS` clusters. Thousands of
   near-identical pages are one cluster after the first.
4. Pairs of different clusters that share a rare shingle are counted one by one, rarest first, `most_pairs` at most.
   Where there are more, the set is `unfinished`: some pairs were met in the parts before alone.

A pair on which Prints do not decide is aligned (`variants`). After `most_refused` of them were variants the others
count as such, and the component is `unfinished` too.

Documents come in the order of their ids, so that nothing hangs on rows, shards or workers.
"""

from __future__ import annotations

import itertools
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from mathmill.pipeline.dedup.near_streams import Texts
from mathmill.pipeline.dedup.shingles import Hashes
from mathmill.pipeline.dedup.variants import WHOLE, are_variants, told_by_print

Places = npt.NDArray[np.intp]
Numbers = npt.NDArray[np.int64]

SWEEPS = 16
_LARGE_SWEEPS = 4  # where memory does not hold the set
_MOST_COMPARED = 32  # members of a cluster, with other words or quantities each, that a further one is compared with
_FEW = 8  # Documents whose pairs are simply all counted
_MOST_SETTLED = 1 << 20
_LEAST_PAIRS, _PAIRS_A_DOCUMENT = 20_000, 64
_LEAST_REFUSED, _REFUSED_A_DOCUMENT = 20_000, 8


def most_pairs(documents: int) -> int:
    """How many pairs of so many Documents are counted one by one."""
    return max(_LEAST_PAIRS, _PAIRS_A_DOCUMENT * documents)


def most_refused(documents: int) -> int:
    """How many pairs of a component of so many Documents may be aligned and turn out to be variants: some 1 ms of work
    for each Document. Pairs that turn out to be copies are few, since they join."""
    return max(_LEAST_REFUSED, _REFUSED_A_DOCUMENT * documents)


@dataclass(slots=True)
class Effort:
    """How many pairs of a component may still turn out to be variants when they are aligned."""

    left: int


@dataclass(slots=True)
class Joining:
    """Clusters of Documents while they are found: a union-find over their numbers, and what was counted."""

    texts: Texts
    threshold: float
    keep_variants: bool
    parents: list[int]
    effort: Effort
    partners: dict[int, list[tuple[int, float]]] = field(default_factory=dict)  # confirmed, with their similarity
    counts: Counter[str] = field(default_factory=Counter)
    settled: set[tuple[int, int]] = field(default_factory=set)  # pairs that are known to be no copies
    aligned: dict[tuple[int, int], bool] = field(default_factory=dict)  # whether they are variants

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
        told = told_by_print(self.texts.print(one), self.texts.print(other))
        if told is not None:
            return told
        pair = _pair(one, other)
        if pair not in self.aligned:
            if self.effort.left == 0:
                self.counts["unfinished"] = 1
                return True
            if len(self.aligned) >= _MOST_SETTLED:
                self.aligned.clear()
            self.aligned[pair] = are_variants(self.texts.said(one), self.texts.said(other))
            self.effort.left -= self.aligned[pair]
        return self.aligned[pair]

    def compatible(self, ranked: Sequence[int]) -> tuple[list[int], list[int]]:
        """Documents of which no two are variants, taken one by one as they come; and the others.

        Each is compared with those taken before it, the survivor first; of those with the same words and quantities
        with the first, and with `_MOST_COMPARED` at most.
        """
        if not self.keep_variants:
            return list(ranked), []
        taken: list[int] = []
        others: list[int] = []
        first: dict[tuple[int, int], int] = {}
        for number in ranked:
            print_ = self.texts.print(number)
            key = print_.words, print_.firm
            compared = () if key in first else first.values()
            if any(self.differ(each, number) for each in compared):
                others.append(number)
                continue
            taken.append(number)
            if len(first) < _MOST_COMPARED:
                first.setdefault(key, number)
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
    for group in _same_quantities(joining, members):
        for other in group[1:]:
            _count_pair(joining, group[0], other)
    left = list(members)
    for _ in range(_LARGE_SWEEPS):
        if len(left) < 2:
            return
        for other in left[1:]:
            _count_pair(joining, left[0], other)
        root = joining.root(left[0])
        left = [number for number in left if joining.root(number) != root]


def _same_quantities(joining: Joining, members: Sequence[int]) -> list[list[int]]:
    """Documents by their quantities, of those that several have."""
    if not joining.keep_variants:
        return []
    found: defaultdict[int, list[int]] = defaultdict(list)
    for number in members:
        found[joining.texts.print(number).quantities].append(number)
    return [group for group in found.values() if len(group) > 1]


def _count_pair(joining: Joining, one: int, other: int) -> None:
    if joining.root(one) == joining.root(other) or (one, other) in joining.settled:
        return
    if joining.keep_variants and told_by_print(joining.texts.print(one), joining.texts.print(other)):
        joining.counts["refused"] += 1
        joining.settle(one, other)
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
        self._words, self._firm, self._counts = self._printed()

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

    def _printed(self) -> tuple[Numbers, Numbers, Numbers]:
        """Of the Print of each: words, firm quantities, and how many. All words differ where variants are not kept."""
        if not self._joining.keep_variants:
            none = np.zeros(len(self._members), np.int64)
            return np.arange(len(self._members)), none, none
        prints = [self._joining.texts.print(number) for number in self._members]
        words, _, firm, counts = np.array(prints, np.int64).T
        return words, firm, counts

    def find(self) -> None:
        """Decide on all pairs that reach the threshold, as far as `most_pairs` allows."""
        groups = self._groups()
        live = np.unique(np.concatenate([*groups, np.empty(0, np.intp)]))
        for group in _same_quantities(self._joining, [self._members[place] for place in live]):
            places = np.searchsorted(self._members, group)
            self._count(int(places[0]), places[1:])
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
        alike = self._words ^ self._counts // WHOLE  # of these, Prints tell
        wanted = np.empty(0, np.int64)
        for group in sorted(groups, key=len):
            found = _across(group, roots[group], alike[group], size, most)
            if found is not None and len(found):
                wanted = np.unique(np.concatenate([wanted, found]))
            if found is None or len(wanted) > most:
                self._joining.counts["unfinished"] += 1
                break
        cuts = np.flatnonzero(np.diff(wanted // size)) + 1
        for part in np.split(wanted, cuts) if len(wanted) else ():
            self._count(int(part[0] // size), part % size)

    def _are_told(self, place: int, others: Places) -> npt.NDArray[np.bool_]:
        """Which of others are variants of one, as `told_by_print` says."""
        told: npt.NDArray[np.bool_] = self._words[others] == self._words[place]
        told &= self._firm[others] != self._firm[place]
        told &= np.abs(self._counts[others] - self._counts[place]) < WHOLE
        return told

    def _count(self, place: int, others: Places) -> None:
        """Count one Document against others, and decide on those that are alike enough."""
        joining, members = self._joining, self._members
        one = members[place]
        others = others[~self._are_told(place, others)]
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


def _across(group: Places, roots: Places, alike: Numbers, size: int, most: int) -> Numbers | None:
    """The pairs of a group, as one * size + other, that differ in their roots and in `alike`; None where more than
    `most` differ in each of the two."""
    labels, others = sorted((roots, alike), key=_crossing)
    if _crossing(labels) > most:
        return None
    order = np.argsort(labels, kind="stable")
    labels, others, group = labels[order], others[order], group[order].astype(np.int64)
    begins = np.flatnonzero(np.append(True, labels[1:] != labels[:-1]))
    parts = [np.empty(0, np.int64)]
    for begin, end in itertools.pairwise([*begins.tolist(), len(group)]):
        places = np.arange(begin, end)
        one, other = np.repeat(places, len(group) - end), np.tile(np.arange(end, len(group)), end - begin)
        apart = others[one] != others[other]
        one, other = group[one[apart]], group[other[apart]]
        parts.append(np.minimum(one, other) * size + np.maximum(one, other))
    return np.concatenate(parts)


def _crossing(labels: Numbers) -> int:
    """How many pairs have different labels."""
    _, counts = np.unique(labels, return_counts=True)
    return int(len(labels) ** 2 - (counts.astype(np.int64) ** 2).sum()) // 2


def _pair(one: int, other: int) -> tuple[int, int]:
    return (one, other) if one < other else (other, one)
