"""What stands before the items of a list: a dash, or the number that a browser shows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

DASH = "- "
# Numbers beyond this are shown as numbers whatever the list's type says.
_LARGEST_ROMAN, _LARGEST_LETTERS = 3_999, 18_278
_ROMAN = (
    *((1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"), (40, "xl")),
    *((10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i")),
)
_TYPES = frozenset("1aAiI")


@dataclass(slots=True)
class ListMarks:
    """A list that is open: the number of its next item if it has numbers, whether it has shown a term."""

    ordered: bool
    number: int = 1
    step: int = 1
    type: str = "1"
    terms: bool = False

    @classmethod
    def of(cls, element: Any) -> ListMarks:
        """For an `ol` with its `start`, `reversed` and `type`, or any other list."""
        if element.tag != "ol":
            return cls(ordered=False)
        backwards = element.get("reversed") is not None
        start = _integer(element.get("start"))
        if start is None:
            start = sum(1 for _ in element.iterchildren("li")) if backwards else 1
        kind = (element.get("type") or "1").strip()
        return cls(True, start, -1 if backwards else 1, kind if kind in _TYPES else "1")

    def next(self, item: Any) -> str:
        """The mark of the next item, which may have a `value` of its own."""
        if not self.ordered:
            return DASH
        value = _integer(item.get("value"))
        number = self.number if value is None else value
        self.number = number + self.step
        return f"{_numeral(number, self.type)}. "


def _integer(text: str | None) -> int | None:
    """A small integer of an attribute, None where it is none."""
    text = (text or "").strip()
    digits = text[1:] if text[:1] in ("-", "+") else text
    return int(text) if digits.isascii() and digits.isdigit() and len(digits) <= 9 else None


def _numeral(number: int, kind: str) -> str:
    if kind in "iI" and 0 < number <= _LARGEST_ROMAN:
        numeral = _roman(number)
    elif kind in "aA" and 0 < number <= _LARGEST_LETTERS:
        numeral = _letters(number)
    else:
        return str(number)
    return numeral if kind.islower() else numeral.upper()


def _roman(number: int) -> str:
    parts = []
    for value, letters in _ROMAN:
        count, number = divmod(number, value)
        parts.append(letters * count)
    return "".join(parts)


def _letters(number: int) -> str:
    letters = ""
    while number:
        number, digit = divmod(number - 1, 26)
        letters = chr(ord("a") + digit) + letters
    return letters
