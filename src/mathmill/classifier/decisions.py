"""What becomes of pages by the patterns of a round and by what persons said in earlier ones.

A person's word, which is a pattern of his own or a decision that he changed, counts for all that lies below its prefix,
but for deeper patterns of his own.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from mathmill.classifier.patterns import Pattern, PatternIndex


def merge(proposed: Iterable[Pattern], *earlier: Iterable[Pattern]) -> list[Pattern]:
    """The proposals of a round under what persons said in earlier files, the oldest file first.

    A person's word wins over proposals at and below its prefix; a later file's over an earlier one's. It takes the
    counts of the proposal that it replaces, if any. Proposals of earlier rounds that no person touched are left
    behind. Sorted by domain and prefix.
    """
    proposals = {pattern.prefix: pattern for pattern in proposed}
    said = {prefix: pattern for prefix, pattern in proposals.items() if pattern.is_persons}
    for file in earlier:
        said.update((pattern.prefix, pattern) for pattern in file if pattern.is_persons)
    merged = [_with_counts(pattern, proposals.get(prefix)) for prefix, pattern in said.items()]
    under = PatternIndex(said.values())
    merged += [pattern for prefix, pattern in proposals.items() if prefix not in said and not under.above(prefix)]
    return sorted(merged, key=lambda pattern: (pattern.domain, pattern.prefix))


class Decisions:
    """Which pages are under accepted patterns; a look-up takes about 3 µs."""

    def __init__(self, patterns: Iterable[Pattern]) -> None:
        self.patterns = tuple(merge(patterns))
        self._index = PatternIndex(self.patterns)

    def which(self, url: str) -> Pattern | None:
        """The pattern that decides about the page, None where there is none over it."""
        over = self._index.over(url)
        return over[-1] if over else None

    def accepts(self, url: str) -> bool:
        """Whether the page is under an accepted pattern."""
        pattern = self.which(url)
        return pattern is not None and pattern.decision == "accept"


def _with_counts(pattern: Pattern, proposal: Pattern | None) -> Pattern:
    """A person's pattern, with what is known of it now."""
    if proposal is None or proposal is pattern:
        return replace(pattern, proposed=None)
    return replace(
        proposal, domain=pattern.domain, decision=pattern.decision, proposed=None, note=pattern.note or proposal.note
    )
