"""Whole numbers in factors, with bounded effort."""

from __future__ import annotations

import math
from functools import lru_cache

from mathmill.eval.values.polynomials import SURE_PRIME, spend

_SMALL_PRIMES = tuple(n for n in range(2, math.isqrt(SURE_PRIME)) if all(n % d for d in range(2, math.isqrt(n) + 1)))
_DEGREES = (2, 3, 5, 7)


def factored(number: int) -> dict[int, int]:
    """Primes and their exponents of a positive whole number.

    What many trials leave of it counts as a prime unless it is a power; only what is below `SURE_PRIME` surely is one.
    """
    return dict(_factored(number))


@lru_cache(maxsize=1_024)
def _factored(number: int) -> tuple[tuple[int, int], ...]:
    found: dict[int, int] = {}
    spend(0 if number < SURE_PRIME else 10 + number.bit_length() // 64)
    for prime in _SMALL_PRIMES:
        if prime * prime > number:
            break
        while number % prime == 0:
            found[prime] = found.get(prime, 0) + 1
            number //= prime
    if number > 1:
        base, exponent = _as_power(number)
        found[base] = exponent
    return tuple(found.items())


def _as_power(number: int) -> tuple[int, int]:
    for degree in _DEGREES:
        root = _root(number, degree)
        if root > 1 and root**degree == number:
            base, exponent = _as_power(root)
            return base, exponent * degree
    return number, 1


def _root(number: int, degree: int) -> int:
    """The whole part of a root."""
    if degree == 2:
        return math.isqrt(number)
    guess = 1 << -(-number.bit_length() // degree)
    while True:
        better = ((degree - 1) * guess + number // guess ** (degree - 1)) // degree
        if better >= guess:
            return guess
        guess = better
