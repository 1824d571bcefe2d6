"""Proofs that a real sum with roots of unknowns is zero: roots of products joined, both sides raised to a power."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from fractions import Fraction
from itertools import combinations

from mathmill.eval.values.polynomials import Atom, Form, Polynomial, Rational, normal, spend, times

Settled = Callable[[Polynomial], Polynomial]
_MOST_ROOTS = 6
_MOST_TERMS = 12  # of a side that is raised to a power
_LARGEST_POWER = 5
_HALF = Fraction(1, 2)


def is_zero(
    poly: Polynomial, settled: Settled = dict, letters: frozenset[str] = frozenset(), is_deep: bool = False
) -> bool:
    """Whether a polynomial is proved to be zero wherever its roots are real and these letters are not negative.

    `settled` writes what is known of the letters into a polynomial.

    Raises:
        Undecided: the proof is too large.
    """
    if not poly:
        return True
    roots = sorted({power for product in poly for power in product if power[0].kind == "root"}, key=_rank)
    sizes = any(atom.kind in ("size", "abs") for product in poly for atom, _ in product)
    if not (roots or sizes) or len(roots) > _MOST_ROOTS or not all(atom.real for p in poly for atom, _ in p):
        return False
    joined = settled(_joined(poly, [atom for atom, exponent in roots if exponent == _HALF]))
    if not joined:
        return True
    return any(
        not rest or (not is_deep and is_zero(rest, settled, letters, is_deep=True))
        for rest in map(settled, _raised(joined, letters))
    )


def _rank(power: tuple[Atom, Rational]) -> int:
    return power[0].rank


def _below(root: Atom) -> Polynomial:
    return dict(root.parts[0])  # type: ignore[call-overload, no-any-return]


def _joined(poly: Polynomial, roots: list[Atom]) -> Polynomial:
    """The square root of a product written as the product of two other roots: where they are real, so is it."""
    for left, right in combinations(roots, 2):
        product = times(_below(left), _below(right))
        for root in roots:
            ratio = _ratio(product, _below(root)) if root not in (left, right) else None
            if ratio is not None and ratio > 0:
                scale = _square_root(1 / ratio)
                if scale is not None:
                    joined = times(normal({left: _HALF, right: _HALF}), {(): scale})
                    return _joined(_replaced(poly, root, joined), [each for each in roots if each != root])
    return poly


def _ratio(left: Polynomial, right: Polynomial) -> Fraction | None:
    """By what number the first is a multiple of the second."""
    if left.keys() != right.keys():
        return None
    ratios = {Fraction(left[product]) / right[product] for product in left}
    return ratios.pop() if len(ratios) == 1 else None


def _square_root(value: Fraction) -> Fraction | None:
    over, under = math.isqrt(value.numerator), math.isqrt(value.denominator)
    return Fraction(over, under) if over * over == value.numerator and under * under == value.denominator else None


def _replaced(poly: Polynomial, root: Atom, by: Polynomial) -> Polynomial:
    total = Form.of(0)
    for product, coefficient in poly.items():
        rest = tuple(power for power in product if power != (root, _HALF))
        term: Polynomial = {rest: coefficient}
        total = total + Form(term if rest == product else times(term, by))
    return total.over


def _raised(poly: Polynomial, letters: frozenset[str]) -> Iterator[Polynomial]:
    """What is zero just where the polynomial is: the difference of its two sides, raised to a power."""
    poly = _evened(poly, letters)
    above = {product: c for product, c in poly.items() if c > 0}
    below = {product: -c for product, c in poly.items() if c < 0}
    small = above and below and max(len(above), len(below)) <= _MOST_TERMS
    if small and all(_is_not_negative(power, letters) for product in poly for power in product):
        yield _difference(above, below, 2)
    for root in {atom for product in poly for atom, _ in product if atom.kind == "root"}:
        alone = {product: c for product, c in poly.items() if any(atom == root for atom, _ in product)}
        degrees = {exponent.denominator for product in alone for atom, exponent in product if atom == root}
        (degree,) = degrees if len(degrees) == 1 else (0,)
        if degree % 2 and degree <= _LARGEST_POWER and len(alone) == 1 and len(poly) <= _MOST_TERMS:
            yield _difference(alone, {p: -c for p, c in poly.items() if p not in alone}, degree)


def _evened(poly: Polynomial, letters: frozenset[str]) -> Polynomial:
    """The polynomial times all unknowns of which it has odd powers alone, and all sizes that it is divided by."""
    every = [{atom for atom, exponent in product if exponent % 2 == 1} for product in poly]
    odd = set[Atom].intersection(*every) if every else set()
    signed: dict[Atom, Rational] = {atom: 1 for atom in odd if atom.kind == "symbol" and atom.parts[0] not in letters}
    signed |= {
        atom: max(signed.get(atom, 0), -exponent)
        for atom, exponent in sorted((power for product in poly for power in product), key=lambda power: -power[1])
        if atom.kind == "size" and exponent < 0
    }
    return times(poly, normal(signed)) if signed else poly


def _difference(left: Polynomial, right: Polynomial, exponent: int) -> Polynomial:
    spend(len(left) + len(right))
    return (Form(left).power(exponent) - Form(right).power(exponent)).over


def _is_not_negative(power: tuple[Atom, Rational], letters: frozenset[str]) -> bool:
    atom, exponent = power
    if atom.positive or (exponent.denominator == 1 and exponent % 2 == 0):
        return True
    return atom.kind == "symbol" and atom.parts[0] in letters
