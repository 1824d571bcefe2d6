"""URL patterns that separate what a round kept of a mathematics domain from what it did not.

They take the place of the annotation by hand of DeepSeekMath (Shao et al. 2024, section 2.1), such as
`mathoverflow.net/questions`. The pages of a domain are a tree: all hosts, a host, the segments of the path (in the
normal form of `mathmill.classifier.url_paths`). From the top, the first node of which enough was kept becomes a pattern
to accept; a branch in it of which next to nothing was kept becomes one to reject; and so on below. The longest prefix
over a page decides about it.

Numbers and dates stay as they are: a folder of years is a node of its own already, and a wildcard for its branches says
nothing more (docs/log.md).
"""

from __future__ import annotations

import hashlib
from bisect import insort
from collections import Counter
from collections.abc import Iterable, Sequence, Sized
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import Literal

from pydantic import Field, NonNegativeInt, PositiveFloat, PositiveInt, model_validator

from mathmill.classifier.domains import PageRow
from mathmill.classifier.url_paths import host, shown, steps
from mathmill.data.config import Config
from mathmill.data.stats import wilson_interval

Decision = Literal["accept", "reject"]
ANY_HOST = "*."  # at the front of a prefix: the domain and all hosts in it

_SKETCH = 1 << 25  # bytes, of counts by hash that say which prefixes are worth being counted one by one
_SMALLEST = 10_000  # a node has at least one in so many of its domain's pages, which bounds the tree


class PatternRule(Config):
    """When a branch of a site becomes a pattern.

    A higher `share` lets fewer pages join, and more of them are mathematics; `min_pages` changes how much there is to
    review and little else. What the defaults come to in rounds on labelled pages is in docs/results.md.
    """

    share: float = Field(default=0.4, ge=0, lt=1, description="lower bound of the share kept, to accept")
    leave_out: float = Field(
        default=0.2, ge=0, lt=1, description="upper bound of it, to reject inside what is accepted"
    )
    min_pages: PositiveInt = Field(default=10, description="pages of a branch below which it is no pattern")
    z: PositiveFloat = Field(default=1.96, description="width of the interval in standard errors")
    max_patterns_per_domain: PositiveInt = Field(default=100, description="those over the most pages")
    examples: NonNegativeInt = Field(default=3, description="kept and uncollected pages each that are shown")

    @model_validator(mode="after")
    def _apart(self) -> PatternRule:
        if self.leave_out > self.share:
            raise ValueError(f"leave_out must not be above share (got {self.leave_out} and {self.share})")
        return self


@dataclass(frozen=True, slots=True)
class Pattern:
    """A prefix and what is to become of the pages under it.

    `pages`, `kept` and `low` (Wilson's lower bound of the share kept) are of all pages under the prefix; `uncollected`
    counts those not kept that it decides about, which are under no longer prefix. `proposed` is what the rule says;
    None where a person made the pattern or has the last word on it.
    """

    domain: str
    prefix: str  # host and path, or ANY_HOST and domain, with a slash at the end
    decision: Decision
    proposed: Decision | None = None
    pages: int = 0
    kept: int = 0
    low: float = 0.0
    uncollected: int = 0
    examples_kept: tuple[str, ...] = ()
    examples_uncollected: tuple[str, ...] = ()
    note: str = ""

    @property
    def is_persons(self) -> bool:
        """Whether a person made the decision or changed it."""
        return self.decision != self.proposed


def mine(rows: Iterable[PageRow], rule: PatternRule) -> list[Pattern]:
    """The patterns of the domains in `rows`, sorted by domain and prefix; independent of the rows' order.

    `rows` are those of mathematics domains and are gone through three times, about 15 µs a row in all: which prefixes
    may be frequent (by hash, in 32 MB), their exact counts, the examples. Memory: a domain has at most 80,000 nodes
    (8 segments, one in 10,000 pages), and all together at most 8 for each `min_pages` rows. The hashes crowd from about
    30 million rows on: give more than that in parts, whole domains each; the patterns are the same.

    Raises:
        TypeError: `rows` can be gone through only once.
    """
    if iter(rows) is rows:
        raise TypeError("rows are gone through three times: give a list or an object that begins anew, not an iterator")
    trees = _count(rows, rule)
    found = [pattern for domain in sorted(trees) for pattern in _choose(domain, trees[domain], rule)]
    return measure(found, rows, rule)


def _count(rows: Iterable[PageRow], rule: PatternRule) -> dict[str, dict[str, list[int]]]:
    """Domain -> prefix -> [pages, kept] of all prefixes with enough pages."""
    sketch = bytearray(_sketch_size(rows))
    mask = len(sketch) - 1
    roots: dict[str, str] = {}
    pages: Counter[str] = Counter()
    for row in rows:
        prefixes = _prefixes(row, roots)
        if prefixes:
            pages[row.domain] += 1
        for prefix in prefixes:
            at = hash(prefix) & mask
            if sketch[at] < 255:
                sketch[at] += 1
    least = {domain: max(rule.min_pages, -(-count // _SMALLEST)) for domain, count in pages.items()}
    trees: dict[str, dict[str, list[int]]] = {domain: {} for domain in pages}
    for row in rows:
        for prefix in _prefixes(row, roots):
            if sketch[hash(prefix) & mask] < min(least[row.domain], 255):
                break  # nor has anything below it enough pages
            node = trees[row.domain].setdefault(prefix, [0, 0])
            node[0] += 1
            node[1] += row.kept
    return {domain: {p: n for p, n in tree.items() if n[0] >= least[domain]} for domain, tree in trees.items()}


def _sketch_size(rows: Iterable[PageRow]) -> int:
    """A power of two; less than all where the rows are known to be few."""
    return min(_SKETCH, 1 << (8 * len(rows)).bit_length()) if isinstance(rows, Sized) else _SKETCH


def _prefixes(row: PageRow, roots: dict[str, str]) -> list[str]:
    """All prefixes over a page, the shortest first; none where its URL does not lie in its domain."""
    domain = roots.get(row.domain)
    if domain is None:
        domain = roots[row.domain] = host(row.domain)
    names = steps(row.url)
    if not names or not is_host_of(names[0], domain):
        return []
    return [f"{ANY_HOST}{domain}/", *accumulate(f"{name}/" for name in names)]


def is_host_of(name: str, domain: str) -> bool:
    """Whether a host in normal form, `www.` left out, is the domain or lies in it."""
    return name == domain or name.endswith(f".{domain}") or domain == f"www.{name}"


def _choose(domain: str, tree: dict[str, list[int]], rule: PatternRule) -> list[Pattern]:
    """The patterns of one domain, those over the most pages where there are too many."""
    root = f"{ANY_HOST}{host(domain)}/"
    states: dict[str, Decision | None] = {}
    found: list[Pattern] = []
    for prefix in sorted(tree, key=lambda prefix: (prefix != root, prefix)):
        pages, kept = tree[prefix]
        parent = _parent(prefix)
        if prefix == root and _one_host(tree, pages):
            continue  # then the host says it better
        before = states.get(parent or root) if prefix != root else None
        state = states[prefix] = _judge(pages, kept, before, rule)
        if state is not None and state != before:
            found.append(Pattern(host(domain), prefix, state, proposed=state, pages=pages, kept=kept))
    most = sorted(found, key=lambda pattern: (-pattern.pages, pattern.prefix))[: rule.max_patterns_per_domain]
    return sorted(most, key=lambda pattern: pattern.prefix)


def _judge(pages: int, kept: int, before: Decision | None, rule: PatternRule) -> Decision | None:
    """What becomes of a node below one with the decision `before`."""
    low, high = wilson_interval(kept, pages, rule.z)
    if before != "accept":
        return "accept" if low >= rule.share else before
    return "reject" if high < rule.leave_out else before


def _parent(prefix: str) -> str:
    """The prefix above; "" over a host."""
    above = prefix[:-1].rpartition("/")[0]
    return f"{above}/" if above else ""


def _one_host(tree: dict[str, list[int]], pages: int) -> bool:
    return any(prefix.count("/") == 1 and prefix[:2] != ANY_HOST and node[0] == pages for prefix, node in tree.items())


class PatternIndex:
    """Finds the patterns over a page, in time that grows with the depth of its path alone."""

    def __init__(self, patterns: Iterable[Pattern]) -> None:
        self._by_prefix = {pattern.prefix: pattern for pattern in patterns}
        self._hosts = {prefix.partition("/")[0] for prefix in self._by_prefix}
        self._any_host = {
            prefix[len(ANY_HOST) : -1]: pattern
            for prefix, pattern in self._by_prefix.items()
            if prefix.startswith(ANY_HOST)
        }

    def over(self, url: str) -> list[Pattern]:
        """The patterns over `url`, the shortest prefix first."""
        names = steps(url)
        return self._over(names) if names else []

    def above(self, prefix: str) -> list[Pattern]:
        """The patterns whose prefixes are over all pages under `prefix`, but for itself."""
        if prefix.startswith(ANY_HOST):
            found = self._over_host(prefix[len(ANY_HOST) : -1])
        else:
            found = self._over(tuple(prefix[:-1].split("/")))
        return [pattern for pattern in found if pattern.prefix != prefix]

    def _over(self, names: tuple[str, ...]) -> list[Pattern]:
        found = self._over_host(names[0]) if self._any_host else []
        if names[0] in self._hosts:
            by_prefix = self._by_prefix
            found += [by_prefix[p] for p in accumulate(f"{name}/" for name in names) if p in by_prefix]
        return found

    def _over_host(self, name: str) -> list[Pattern]:
        """Patterns with any host over the host `name`."""
        found: list[Pattern] = []
        rest = name
        while rest:
            if rest in self._any_host:
                found.append(self._any_host[rest])
            rest = rest.partition(".")[2]
        found.reverse()
        return found + ([self._any_host[f"www.{name}"]] if f"www.{name}" in self._any_host else [])


def measure(patterns: Sequence[Pattern], rows: Iterable[PageRow], rule: PatternRule) -> list[Pattern]:
    """The patterns, a person's too, with the counts and examples that they have in `rows`; one pass."""
    index = PatternIndex(patterns)
    seen = {pattern.prefix: _Seen() for pattern in patterns}
    for row in rows:
        over = index.over(row.url)
        for pattern in over:
            counts = seen[pattern.prefix]
            counts.pages += 1
            counts.kept += row.kept
        if over:
            seen[over[-1].prefix].add(row, rule.examples)
    return [seen[pattern.prefix].told_of(pattern, rule.z) for pattern in patterns]


class _Seen:
    """Counts of one pattern, and its examples: the pages whose URLs have the least hashes."""

    def __init__(self) -> None:
        self.pages = self.kept = self.uncollected = 0
        self._examples: dict[bool, list[tuple[bytes, str]]] = {True: [], False: []}

    def add(self, row: PageRow, most: int) -> None:
        """Take a page that this pattern decides about."""
        self.uncollected += not row.kept
        examples = self._examples[row.kept]
        digest = hashlib.blake2b(row.url.encode("utf-8", "surrogatepass"), digest_size=8).digest()
        if len(examples) < most or (most and digest < examples[-1][0]):
            example = (digest, shown(row.url))
            if example not in examples:
                insort(examples, example)
                del examples[most:]

    def told_of(self, pattern: Pattern, z: float) -> Pattern:
        low = wilson_interval(self.kept, self.pages, z)[0]
        return replace(
            pattern,
            pages=self.pages,
            kept=self.kept,
            low=low,
            uncollected=self.uncollected,
            examples_kept=tuple(url for _, url in self._examples[True]),
            examples_uncollected=tuple(url for _, url in self._examples[False]),
        )
