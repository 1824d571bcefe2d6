"""Numerals as exact numbers, within bounds."""

from __future__ import annotations

import re
from fractions import Fraction

from mathmill.eval.limits import MAX_DIGITS, TooLarge
from mathmill.eval.syntax.trees import Number

_PARTS = re.compile(
    r"(?P<whole>\d*)(?P<point>\.?)(?P<places>\d*)(?:\((?P<repeated>\d+)\))?(?:[eE](?P<power>[-+]?\d+))?"
)


def numeral(text: str) -> Number:
    """The exact number of a token such as `12`, `.5`, `3e5`, `0.1(6)`.

    Raises:
        TooLarge: it has, or stands for, more than `MAX_DIGITS` digits.
    """
    parts = _PARTS.fullmatch(text)
    assert parts is not None, f"{text!r} is no numeral"
    power = parts["power"] or "0"
    if len(text) > MAX_DIGITS or len(power) > 6 or abs(int(power)) > MAX_DIGITS:
        raise TooLarge(f"more than {MAX_DIGITS:,} digits")
    places, repeated = parts["places"], parts["repeated"]
    value = Fraction(int((parts["whole"] + places) or "0"), 10 ** len(places))
    if repeated:
        value += Fraction(int(repeated), (10 ** len(repeated) - 1) * 10 ** len(places))
    value *= Fraction(10) ** int(power)
    is_decimal = bool(parts["point"] and places) and not repeated
    return Number(value, max(0, len(places) - int(power)) if is_decimal else None)
