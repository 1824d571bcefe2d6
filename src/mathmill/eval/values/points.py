"""Values for unknowns, drawn from their names: the same in every process, so that no verdict depends on chance."""

from __future__ import annotations

import hashlib
from fractions import Fraction
from functools import cache

COUNTS = frozenset("ijklmnN")  # letters that count: their whole values are positive
_NEAR = ((Fraction(1, 10), Fraction(9, 10)), (2, 9), (1, 5), (Fraction(3, 10), 2), (3, 13), (2, 12))
_FAR = ((Fraction(1, 100), Fraction(1, 3)), (4, 60), (5, 40), (Fraction(1, 10), Fraction(9, 10)), (1, 30), (20, 200))

_TINY = 12  # the number of a value that is nearly nought


@cache
def drawn(name: str, number: int) -> Fraction:
    """A value for an unknown: below 1, whole, of a sign that neighbours in the alphabet do not share, around 1, whole
    again (negative, but of a letter that counts), larger; from the seventh on in wider ranges."""
    digest = hashlib.blake2b(f"{name}/{number}".encode(), digest_size=8).digest()
    part = Fraction(int.from_bytes(digest, "big") >> 24, 2**40)
    low, high = (_NEAR if number < 6 else _FAR)[number % 6]
    if number == _TINY:
        low, high = Fraction(1, 10**6), Fraction(1, 10**4)
    value = low + part * (high - low)
    if (number % 6 == 4 and name not in COUNTS) or (number % 6 == 2 and sum(map(ord, name)) % 2) or number == 9:
        value = -value
    return Fraction(int(value)) if number % 3 == 1 else value
