"""Sums and products of quotients of polynomials in one variable with rational numbers, by the roots of the denominator.

A polynomial is the list of its coefficients, that of the constant first.
"""

from __future__ import annotations

import math
from fractions import Fraction
from itertools import product as pairs

from mathmill.eval.values.factors import factored
from mathmill.eval.values.functions import FUNCTIONS
from mathmill.eval.values.polynomials import PI, Form, TooMuch, Undecided, spend
from mathmill.eval.values.powers import number_logarithm, raised

Coefficients = list[Fraction]
_HALF = Fraction(1, 2)
_HIGHEST = 10
_LARGEST = 10**6  # coefficient whose divisors are tried
_MOST_SHIFT = 60


def total(over: Coefficients, under: Coefficients, ratio: Fraction, low: int, high: Form | None) -> Form:
    """The sum of `ratio^k over(k) / under(k)` from `low` to `high`, or without an end.

    Raises:
        Undecided: it has no closed form that is known here, or diverges.
    """
    whole, rest = _divided(over, under)
    if any(whole):
        if high is None or ratio != 1:
            raise Undecided("a sum that diverges")
        raise Undecided("a sum of a polynomial and fractions")
    sums: dict[tuple[Fraction, int], list[tuple[Fraction, Fraction]]] = {}
    for root, order, coefficient in _partial(rest, under):
        if root.denominator == 1 and root >= low:
            raise Undecided("a sum over a pole")
        sums.setdefault((root % 1, order), []).append((root, coefficient))
    result, simple = Form.of(0), Fraction(0)
    for (_, order), terms in sums.items():
        nearest = max(root for root, _ in terms)
        for root, coefficient in terms:
            result = result + _moved(nearest, root, order, ratio, low, high).scaled(coefficient)
        together = sum((ratio ** -int(nearest - root) * coefficient for root, coefficient in terms), Fraction(0))
        if together and high is not None:
            raise Undecided("a finite sum of fractions")
        if together:
            result = result + _series(low - nearest, order, ratio).scaled(together * ratio**low)
            simple += together if order == 1 and ratio == 1 else 0
    if simple:
        raise Undecided("a sum that diverges")
    return result


def _moved(nearest: Fraction, root: Fraction, order: int, ratio: Fraction, low: int, high: Form | None) -> Form:
    """What `sum r^k / (k - root)^n` is more than `r^d sum r^k / (k - nearest)^n`, d being the distance."""
    shift = int(nearest - root)
    if shift > _MOST_SHIFT:
        raise TooMuch("roots that are far from each other")
    total = Form.of(0)
    for step in range(shift):
        spend(3)
        total = total - Form.of(ratio ** (low + step - shift) / (low + step - nearest) ** order)
        if high is not None:
            total = total + (high + Form.of(step + 1 - nearest)).power(-order)
    return total


def _series(start: Fraction, order: int, ratio: Fraction) -> Form:
    """`sum r^j / (start + j)^n` from j = 0; of `1 / (start + j)` up to what all of these have in common."""
    if start.denominator > 2 or start <= 0 or start > _MOST_SHIFT:
        raise Undecided("a sum of fractions without a closed form")
    first = start % 1 or Fraction(1)
    steps = range(int(start - first))
    before = sum((ratio**j / (first + j) ** order for j in steps), Fraction(0))
    whole = _from_first(first, order, ratio)
    return (whole - Form.of(before)).scaled(1 / ratio ** len(steps))


def _from_first(first: Fraction, order: int, ratio: Fraction) -> Form:
    """The same from 1 or from a half."""
    if ratio == 1 and order == 1:  # up to Euler's constant and a divergent sum
        return Form.of(0) if first == 1 else number_logarithm(Fraction(2)).scaled(2)
    if ratio == 1 and order % 2 == 0:
        return _zeta(order).scaled(1 if first == 1 else 2**order - 1)
    if first == 1 and order == 1 and -1 <= ratio < 1:
        return number_logarithm(1 - ratio).scaled(-1 / ratio)
    if ratio == -1 and first == 1 and order % 2 == 0:
        return _zeta(order).scaled(1 - Fraction(2) ** (1 - order))
    if ratio == -1 and first == _HALF and order in (1, 3):
        return Form.atom(PI).scaled(_HALF) if order == 1 else Form.atom(PI, 3).scaled(Fraction(1, 4))
    raise Undecided("a sum of fractions without a closed form")


def _zeta(order: int) -> Form:
    """Riemann's zeta of a positive even number."""
    if order > _HIGHEST:
        raise TooMuch("a high power")
    numbers = [Fraction(1)]  # of Bernoulli
    for n in range(1, order + 1):
        numbers.append(-sum((math.comb(n + 1, k) * numbers[k] for k in range(n)), Fraction(0)) / (n + 1))
    size = abs(numbers[order]) * 2 ** (order - 1) / math.factorial(order)
    return Form.atom(PI, order).scaled(size)


def product(body: tuple[Coefficients, Coefficients], low: int, high: Form) -> Form:
    """The product of a quotient of polynomials from `low` to `high`, by factorials.

    Raises:
        Undecided: a polynomial has other roots than whole numbers below `low`.
    """
    factorial = FUNCTIONS["factorial"]
    result = raised(Form.of(body[0][-1] / body[1][-1]), high - Form.of(low - 1))
    for coefficients, sign in zip(body, (1, -1), strict=True):
        for root, order in _whole_roots(coefficients, low):
            ratio = factorial(high - Form.of(root)).scaled(Fraction(1, math.factorial(low - 1 - root)))
            result = result * ratio.power(sign * order)
    return result


def endless_product(body: tuple[Coefficients, Coefficients], low: int) -> Form:
    """The same without an end.

    Raises:
        Undecided: as above, or it does not converge, or to zero.
    """
    (over, under), sums, result = body, [], Fraction(1)
    for coefficients, sign in ((over, 1), (under, -1)):
        roots = _whole_roots(coefficients, low)
        sums.append(sum(root * order for root, order in roots))
        for root, order in roots:
            result /= Fraction(math.factorial(low - 1 - root)) ** (sign * order)
    if len(over) != len(under) or over[-1] != under[-1] or sums[0] != sums[1]:
        raise Undecided("a product that does not converge")
    return Form.of(result)


def _whole_roots(coefficients: Coefficients, low: int) -> list[tuple[int, int]]:
    roots = _roots(coefficients)
    if any(root.denominator != 1 or root >= low or low - root > _MOST_SHIFT for root, _ in roots):
        raise Undecided("a product of no known kind")
    return [(int(root), order) for root, order in roots]


def rising(coefficients: Coefficients) -> tuple[int, Fraction]:
    """`s` and `c` where a polynomial is `c (k + 1) ... (k + s)`.

    Raises:
        Undecided: it is not.
    """
    roots = _roots(coefficients)
    if sorted(roots, reverse=True) != [(Fraction(-step), 1) for step in range(1, len(roots) + 1)]:
        raise Undecided("a fraction with factorials")
    return len(roots), coefficients[-1]


def decomposed(over: Coefficients, under: Coefficients) -> tuple[Coefficients, list[tuple[Fraction, int, Fraction]]]:
    """The polynomial in a quotient, and root, order and coefficient of the fractions in it.

    Raises:
        Undecided: a root of the denominator is not rational.
    """
    whole, rest = _divided(over, under)
    return whole, _partial(rest, under)


def _divided(over: Coefficients, under: Coefficients) -> tuple[Coefficients, Coefficients]:
    """Quotient and rest."""
    rest, quotient = list(over), []
    for at in range(len(over) - len(under), -1, -1):
        factor = rest[at + len(under) - 1] / under[-1]
        quotient.append(factor)
        for i, coefficient in enumerate(under):
            rest[at + i] -= factor * coefficient
    return quotient[::-1], rest[: len(under) - 1]


def _value(coefficients: Coefficients, point: Fraction) -> Fraction:
    value = Fraction(0)
    for coefficient in reversed(coefficients):
        value = value * point + coefficient
    return value


def _roots(coefficients: Coefficients) -> list[tuple[Fraction, int]]:
    """The roots and how often each is one.

    Raises:
        Undecided: they are not all rational, or it takes long to see.
    """
    if len(coefficients) > _HIGHEST + 1 or not coefficients[-1]:
        raise TooMuch("a polynomial of high degree")
    left, found = list(coefficients), []
    while len(left) > 1:
        root = _root(left)
        order = 0
        while len(left) > 1 and not _value(left, root):
            left, order = _divided(left, [-root, Fraction(1)])[0], order + 1
        found.append((root, order))
    return found


def _root(coefficients: Coefficients) -> Fraction:
    if not coefficients[0]:
        return Fraction(0)
    scale = math.lcm(*(value.denominator for value in coefficients))
    first, last = (abs(int(value * scale)) for value in (coefficients[0], coefficients[-1]))
    if max(first, last) > _LARGEST:
        raise TooMuch("a polynomial with large coefficients")
    for above, below in pairs(_divisors(first), _divisors(last)):
        spend(8)
        for root in (Fraction(-above, below), Fraction(above, below)):
            if not _value(coefficients, root):
                return root
    raise Undecided("a polynomial with other roots than rational numbers")


def _divisors(number: int) -> list[int]:
    found = [1]
    for prime, count in factored(number).items():
        found = [divisor * prime**power for divisor in found for power in range(count + 1)]
    return sorted(found)


def _partial(over: Coefficients, under: Coefficients) -> list[tuple[Fraction, int, Fraction]]:
    """Root, order and coefficient of the partial fractions of a proper quotient."""
    found = []
    for root, order in _roots(under):
        rest = under
        for _ in range(order):
            rest = _divided(rest, [-root, Fraction(1)])[0]
        above, below = _around(over, root, order), _around(rest, root, order)
        quotient: Coefficients = []
        for n in range(order):
            known = sum((quotient[i] * below[n - i] for i in range(n)), Fraction(0))
            quotient.append((above[n] - known) / below[0])
        found += [(root, order - n, value) for n, value in enumerate(quotient) if value]
    return found


def _around(coefficients: Coefficients, point: Fraction, length: int) -> Coefficients:
    """The first coefficients of a polynomial in the distance from a point."""
    left, found = list(coefficients), []
    for _ in range(length):
        found.append(_value(left, point) if left else Fraction(0))
        left = _divided(left, [-point, Fraction(1)])[0] if len(left) > 1 else []
    return found
