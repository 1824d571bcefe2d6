"""Numerals as exact numbers, within bounds."""

from __future__ import annotations

import re
from fractions import Fraction

from mathmill.eval.limits import MAX_DIGITS, TooLarge
from mathmill.eval.syntax.trees import InBase, Number
from mathmill.eval.syntax.vocabulary import DIGIT_WORDS

_PARTS = re.compile(
    r"(?P<whole>[0-9]*)(?P<point>\.?)(?P<places>[0-9]*)(?:\((?P<repeated>[0-9]+)\))?(?:[eE](?P<power>[-+]?[0-9]+))?"
)
# The last digits of a decimal that goes on: one digit three times, or several digits twice.
_GOING_ON = re.compile(r"([0-9]*\.[0-9]*?)(?:([0-9])\2\2+|([0-9]{2,12})\3+)")
_LEAST_BASE, _LARGEST_BASE = 2, 36


def numeral(text: str) -> Number:
    """The exact number of a token such as `12`, `.5`, `5.`, `3e5`, `0.1(6)`.

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


def going_on(text: str) -> Number:
    """A decimal with dots behind it: repeating where its last digits repeat, else what is written.

    Raises:
        TooLarge: as `numeral`.
    """
    if len(text) > MAX_DIGITS:
        raise TooLarge(f"more than {MAX_DIGITS:,} digits")
    match = _GOING_ON.fullmatch(text) if len(text) < 100 else None
    return numeral(f"{match[1]}({match[2] or match[3]})" if match else text)


def base_written(text: str) -> int:
    """The base that an index tells, as `16`, `(16)`, `base16`, `sixteen`; 0 for anything else."""
    written = text.removeprefix("base").strip("()")
    return int(written) if written.isdecimal() and len(written) < 3 else DIGIT_WORDS.get(written.lower(), 0)


def in_base(digits: str, base: int) -> InBase | None:
    """A numeral with its base, such as `204_5`; None where that is no base or these are not its digits."""
    if not _LEAST_BASE <= base <= _LARGEST_BASE:
        return None
    plain = digits.replace(".", "", 1)
    if not plain or not all(char.isascii() and char.isalnum() and int(char, 36) < base for char in plain):
        return None
    return InBase(digits.upper(), base)
