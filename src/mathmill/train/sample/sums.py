"""Whether the plain sums in a solution hold: `48/2 = 24`, in GSM8K's marks (`<<48/2=24>>`) or in the text.

Yuan et al. 2023 (arXiv 2308.01825, section 3.3) leave out solutions with a false one, whose right answer was luck. Only
what surely is a whole sum is looked at: numbers and `+ - * / ( )` on both sides, of which one calculates, and nothing
right beside it that may be part of it, such as `half of`, `%` or `3 hours`. All else is taken to hold. A side that is
a decimal may be rounded.
"""

from __future__ import annotations

import re
from fractions import Fraction
from itertools import pairwise

from mathmill.train.sample.distinct import MARKS, plain_signs

_SUM = re.compile(r"[\d.(][\d.()+*/ \t-]{0,200}(?:=[ \t]{0,9}[\d.()+*/ \t-]{1,200}){1,9}")
_SIDE = re.compile(r"[\d.()+*/-]{1,200}")
_CALCULATES = re.compile(r"(?<=[\d)])[-+*/]")
_PIECE = re.compile(r"(\d{1,40}(?:\.\d{1,40})?|\.\d{1,40})|([-+*/()])")
_PRODUCTS, _SUMS = ("*", "/"), ("+", "-")
_BEFORE = re.compile(
    r"(?:^|(?<!\d)[.,;:!?])\s+\Z|(?:^|[^\d)%\s])\s+(?P<word>[A-Za-z]+)\s+\Z|^\s*(?P<first>[A-Za-z]+)\s+\Z"
)
# Words that make what follows a part of something.
PARTS = re.compile(
    r"and|by|divided|double|from|half|increased|less|minus|more|multiplied|of|over|per|percent|plus|reduced|root|square"
    r"|than|third|thrice|times|to|triple|twice|until|with",
    re.IGNORECASE,
)
_BEHIND = re.compile(r"[\w^!%(\\|]|\s{0,3}(?:\(?mod\b|[%\d]|r(?:emainder)?\b|and\b|percent)", re.IGNORECASE)
_APART = re.compile(r"[\d.)]\s+[\d.(]")  # no sign between: they may be anything
_DEEPEST = 20


def has_false_sum(text: str) -> bool:
    """Whether a plain sum in a solution is false."""
    marks = MARKS.findall(text)
    if any(_is_false(mark) for mark in marks):
        return True
    return any(_is_false(found) for line in plain_signs(MARKS.sub("", text)).splitlines() for found in _sums(line))


def _sums(line: str) -> list[str]:
    """What stands in a line as a whole sum."""
    spans = ((found.start(), found.start() + len(found[0].rstrip())) for found in _SUM.finditer(line))
    return [
        line[start:end]
        for start, end in spans
        if _stands_alone(line[max(start - 60, 0) : start]) and not _BEHIND.match(line, end)
    ]


def _stands_alone(before: str) -> bool:
    found = _BEFORE.search(before) if before.strip() else None
    if found is None:
        return not before.strip()
    word = found["word"] or found["first"]
    # A letter may be a function of what stands behind it.
    return word is None or (len(word) > 1 and not PARTS.fullmatch(word))


def _is_false(text: str) -> bool:
    """Whether two sides that stand beside each other are worth something else."""
    text = text.rstrip(". ")
    if _APART.search(text):
        return False
    sides = ["".join(side.split()) for side in text.split("=")]
    # Before the first side that calculates there may be anything, as in `all 4 = 2 + 2 = 4`.
    while sides and not _CALCULATES.search(sides[0]):
        del sides[0]
    return any(not _alike(left, right) for left, right in pairwise(sides))


def _alike(left: str, right: str) -> bool:
    """Whether two sides are worth the same, or nobody can say; a decimal may be rounded to its last place."""
    values = value_of(left), value_of(right)
    if values[0] is None or values[1] is None:
        return True
    places = [len(side.partition(".")[2]) for side in (left, right) if "." in side and not _CALCULATES.search(side)]
    # Some cut off where others round, so a whole unit of the last place is allowed.
    allowed = Fraction(1, 10 ** min(places)) if places else Fraction(0)
    return abs(values[0] - values[1]) <= allowed


def value_of(side: str) -> Fraction | None:
    """What numbers, signs and brackets are worth; None where they are no plain sum, or divide by nothing."""
    if not _SIDE.fullmatch(side) or "".join(found[0] for found in _PIECE.finditer(side)) != side:
        return None
    try:
        reader = _Reader([found[0] for found in _PIECE.finditer(side)])
        value = reader.sum(0)
    except (ValueError, ZeroDivisionError):
        return None
    return value if reader.is_at_end else None


class _Reader:
    """Reads pieces from left to right; ValueError where they make no sum."""

    def __init__(self, pieces: list[str]) -> None:
        self._pieces, self._at = pieces, 0

    @property
    def is_at_end(self) -> bool:
        return self._at == len(self._pieces)

    def _next(self) -> str:
        return "" if self.is_at_end else self._pieces[self._at]

    def sum(self, depth: int) -> Fraction:
        value = self._product(depth)
        while (sign := self._next()) in _SUMS:
            self._at += 1
            other = self._product(depth)
            value = value + other if sign == "+" else value - other
        return value

    def _product(self, depth: int) -> Fraction:
        value = self._factor(depth)
        while (sign := self._next()) in _PRODUCTS:
            self._at += 1
            other = self._factor(depth)
            value = value * other if sign == "*" else value / other
        return value

    def _factor(self, depth: int) -> Fraction:
        piece = self._next()
        self._at += 1
        if depth > _DEEPEST or not piece:
            raise ValueError("too deep, or at its end")
        if piece == "-":
            return -self._factor(depth + 1)
        if piece != "(":
            return Fraction(piece)
        value = self.sum(depth + 1)
        if self._next() != ")":
            raise ValueError("a bracket is open")
        self._at += 1
        return value
