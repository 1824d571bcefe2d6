"""Formulas that a body finder lost out of text that it kept, put back where their neighbours stand.

A placeholder whose words before and behind are kept side by side belongs between them. One whose neighbours are gone as
well was dropped with them, as boilerplate. Time is linear in the words of the page.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence

# Words on each side by which a place is known, and how far apart the sides may stand in the kept text.
NEIGHBOURS = 3
MOST_APART = 40
_WORD = re.compile(r"\w+")
_BLOCK_END = re.compile(r"\n[ \t]*\n")
_REST_OF_LINE = re.compile(r"[^\w\n]*")


def reanchor(kept: str, whole: str, tokens: Sequence[str]) -> str:
    """`kept` with those of `tokens` that it lacks and whose neighbours in `whole`, the page's text, it has."""
    lost = (
        {token for token in tokens if token not in kept} if len(tokens) < 50 else set(tokens) - set(_WORD.findall(kept))
    )
    if not lost:
        return kept
    places = _Places(kept)
    words = list(_WORD.finditer(whole))
    staying = [word for word in words if word.group() not in lost]
    starts = [word.start() for word in staying]
    inserted: list[tuple[int, str]] = []
    for word in words:
        if word.group() not in lost:
            continue
        at = bisect_left(starts, word.start())
        position = places.between(
            [w.group() for w in staying[max(0, at - NEIGHBOURS) : at]],
            [w.group() for w in staying[at : at + NEIGHBOURS]],
            at > 0 and not _BLOCK_END.search(whole, staying[at - 1].end(), word.start()),
        )
        if position is not None:
            inserted.append((position, word.group()))
    return _with_insertions(kept, inserted)


class _Places:
    """Where runs of words stand in a text."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.words = list(_WORD.finditer(text))
        names = [word.group() for word in self.words]
        self.at: dict[tuple[str, ...], int] = {}
        for i in range(len(names) - NEIGHBOURS + 1):
            run = tuple(names[i : i + NEIGHBOURS])
            self.at[run] = -1 if run in self.at else i  # what occurs twice tells no place

    def between(self, before: list[str], behind: list[str], same_block: bool) -> int | None:
        """The position behind `before`, if `behind` follows soon, or if both the formula and `before` share a block."""
        left, right = self.at.get(tuple(before), -1), self.at.get(tuple(behind), -1)
        if left >= 0 and (same_block or (right >= 0 and 0 <= right - left - NEIGHBOURS <= MOST_APART)):
            end = self.words[left + NEIGHBOURS - 1].end()
            rest = _REST_OF_LINE.match(self.text, end)
            # Behind the punctuation at a line's end, else right behind the word.
            return rest.end() if rest and self.text[rest.end() : rest.end() + 1] in ("", "\n") else end
        if right >= 0 and not before:
            return self.words[right].start()
        return None


def _with_insertions(text: str, inserted: list[tuple[int, str]]) -> str:
    parts, last = [], 0
    for position, token in sorted(inserted, key=lambda each: each[0]):  # stable: neighbours keep their order
        parts += [text[last:position], f" {token} "]
        last = position
    return "".join([*parts, text[last:]])
