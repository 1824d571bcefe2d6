"""Proofs that a difference is zero: as a sum of roots, or because its exponential is 1 and it is itself small."""

from __future__ import annotations

import math
from fractions import Fraction

from mathmill.eval.values import algebraic
from mathmill.eval.values.polynomials import ONE, PI, Form, Monomial, Polynomial, Undecided
from mathmill.eval.values.powers import I, exponential
from mathmill.eval.values.precision import mp

_LARGEST = 24  # multiple of a logarithm or an angle that is looked at
_BITS = 100


def is_zero(poly: Polynomial) -> bool:
    """Whether a polynomial is proved to be zero.

    Raises:
        Undecided: the proof would take too long.
    """
    return algebraic.is_zero(poly) or _is_zero_by_exponential(poly)


def _is_zero_by_exponential(poly: Polynomial) -> bool:
    """For rational multiples of logarithms, or of pi and inverse tangents and sines: real D is 0 if `e^D = 1`.

    `e^(iD) = 1` says that D is a multiple of a full turn, which one that is less than 1 is only as 0.
    """
    logarithms = all(_is_of(product, ("ln",)) for product in poly)
    if len(poly) < 2 or not (logarithms or all(_is_of(product, ("arctan", "arcsin", "pi")) for product in poly)):
        return False
    scale = math.lcm(*(coefficient.denominator for coefficient in poly.values()))
    whole: dict[Monomial, int] = {product: int(c * scale) for product, c in poly.items()}
    if any(abs(c) > _LARGEST for product, c in whole.items() if product[0][0] != PI):
        return False
    try:
        with mp().workprec(_BITS):
            value = algebraic.approximate(whole)
            if mp().im(value) != 0 or abs(value) > 0.5:
                return False
    except Undecided:  # it has unknowns
        return False
    turned = exponential(Form(whole) if logarithms else I * Form(whole))
    rest = turned - Form.of(1)
    return (rest.is_zero or algebraic.is_zero(rest.over)) and (rest.under == ONE or not algebraic.is_zero(rest.under))


def _is_of(product: Monomial, kinds: tuple[str, ...]) -> bool:
    return len(product) == 1 and product[0][1] == Fraction(1) and product[0][0].kind in kinds
