r"""Where formulas stand in text, by their TeX delimiters; what counts as one is the evidence rule's judgement.

`mathmill.classifier.evidence` lists formulas by kind, to count them; here they are found in order and without overlap.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from mathmill.classifier.evidence import is_tex

_ENVIRONMENTS = "equation|align|alignat|gather|multline|eqnarray|flalign|displaymath|math"
_OPENING = re.compile(rf"(?<!\\)\\(?:[(\[]|begin\{{((?:{_ENVIRONMENTS})\*?)\}})")
_CLOSING = {"\\(": "\\)", "\\[": "\\]"}
_SOMETHING = re.compile(r"[^\W_]|\\")  # price classes such as `$$ - $$$` are no display formulas
_LONGEST = 10_000  # characters of a formula; what is longer had its delimiters by chance


class Span(NamedTuple):
    """A formula: its TeX is `text[start:end]`, with delimiters `text[before:after]`."""

    before: int
    start: int
    end: int
    after: int


def formula_spans(text: str) -> Iterator[Span]:
    """The formulas of `text`, first to last; linear time."""
    at = 0
    if "$" in text:
        for span in _dollars(text):
            yield from _delimited(text, at, span.before)
            yield span
            at = span.after
    yield from _delimited(text, at, len(text))


def _dollars(text: str) -> Iterator[Span]:
    """Walks from dollar to dollar; a piece between two that is not TeX moves on by one, so that money before a
    formula does not turn the rest inside out."""
    opening = text.find("$")
    while opening >= 0:
        closing = text.find("$", opening + 1)
        if closing == opening + 1:
            end = text.find("$", closing + 1)
            display = 0 <= end <= closing + _LONGEST and text.startswith("$$", end)
            if display and _SOMETHING.search(text, closing + 1, end):
                yield Span(opening, closing + 1, end, end + 2)
                opening = text.find("$", end + 2)
                continue
        elif 0 < closing <= opening + _LONGEST and is_tex(text[opening + 1 : closing]):
            yield Span(opening, opening + 1, closing, closing + 1)
            closing = text.find("$", closing + 1)
        opening = closing


def _delimited(text: str, first: int, last: int) -> Iterator[Span]:
    """Formulas in other delimiters than dollars within `text[first:last]`."""
    if text.find("\\", first, last) < 0:
        return
    closings: dict[str, int] = {}  # where each kind closes next: looked for once, so that time stays linear
    opened = _OPENING.search(text, first, last)
    while opened:
        start = opened.end()
        closing = _CLOSING.get(opened[0]) or f"\\end{{{opened[1]}}}"
        end = closings.get(closing, first)
        if end < start and end != -1:
            end = closings[closing] = text.find(closing, start, last)
        if start <= end <= start + _LONGEST:
            yield Span(opened.start(), start, end, end + len(closing))
            start = end + len(closing)
        opened = _OPENING.search(text, start, last)
