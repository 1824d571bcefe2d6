"""How many digits of a figure are told: as many as its interval leaves, and three at most."""

from __future__ import annotations

import math

_MOST = 3
_WHOLE = 100  # from which on a figure has no part
_SIZES = ((1e12, "T"), (1e9, "B"), (1e6, "M"))


def rounded(value: float, half: float | None = 0.0, largest: float = 0.0) -> float:
    """A value up to the place of the first digit of its interval; `half` of that is a share of the value.

    None is one of which nothing is known, and told with two digits. A column with a `largest` value goes down to a
    thousandth of that one's first place.
    """
    if not value or not math.isfinite(value):
        return value
    place = _place(value) + 1 - _MOST
    if half is None:
        place += 1
    elif half:
        place = max(place, min(_place(value * half), _place(value)))
    if largest:
        place = max(place, _place(largest) - _MOST)
    return round(value / 10.0**place) * 10.0**place if place > 0 else round(value, -place)


def _place(value: float) -> int:
    return math.floor(math.log10(abs(value)))


def in_words(value: float, half: float | None = 0.0) -> str:
    """A value for a line: `2.7 B`, `1,500`, `0.54`."""
    value = rounded(value, half)
    for size, word in _SIZES:
        if abs(value) >= size:
            return f"{value / size:.{_MOST}g} {word}"
    return f"{value:,.0f}" if abs(value) >= _WHOLE else f"{value:.{_MOST}g}"
