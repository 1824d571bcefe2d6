"""Proofs that a difference is zero: as a sum of roots, by its exponential where it is small, by powers of its sides."""

from __future__ import annotations

import math
from fractions import Fraction

from mathmill.eval.values import algebraic, radicals
from mathmill.eval.values.polynomials import ONE, PI, Form, Monomial, Polynomial, Undecided
from mathmill.eval.values.powers import I, exponential, from_key
from mathmill.eval.values.precision import mp

_LARGEST = 24  # multiple of a logarithm or an angle that is looked at
_BITS = 100


def is_zero(poly: Polynomial) -> bool:
    """Whether a polynomial is proved to be zero.

    Raises:
        Undecided: the proof would take too long.
    """
    return algebraic.is_zero(poly) or _is_zero_by_exponential(_without_factor(poly)) or radicals.is_zero(poly)


def _without_factor(poly: Polynomial) -> Polynomial:
    """A polynomial without the logarithms by which all of it is divided, such as that of a base."""
    if not poly:
        return poly
    shared = frozenset.intersection(*(frozenset(product) for product in poly))
    bases = {power for power in shared if power[0].kind == "ln" and power[1] < 0}
    return {tuple(p for p in product if p not in bases): c for product, c in poly.items()} if bases else poly


def _is_zero_by_exponential(poly: Polynomial) -> bool:
    """For rational multiples of logarithms, or of pi and inverse tangents and sines: real D is 0 if `e^D = 1`.

    `e^(iD) = 1` says that D is a multiple of a full turn, which one that is less than 1 is only as 0.
    """
    logarithms = any(_is_of(product, ("ln",)) for product in poly) and all(a.real for p in poly for a, _ in p)
    if len(poly) < 2 or not (logarithms or all(_is_of(product, ("arctan", "arcsin", "pi")) for product in poly)):
        return False
    scale = math.lcm(*(coefficient.denominator for coefficient in poly.values()))
    whole: dict[Monomial, int] = {product: int(c * scale) for product, c in poly.items()}
    if any(abs(c) > _LARGEST for product, c in whole.items() if product[:1] != ((PI, 1),)):
        return False
    try:
        with mp().workprec(_BITS):
            value = algebraic.approximate(whole)
            if mp().im(value) != 0 or abs(value) > 0.5:
                return False
    except Undecided:  # it has unknowns; a real logarithm, which here is that of a size, is zero for 1 alone
        if not logarithms or any(_is_of_negative(product) for product in poly):
            return False
    turned = exponential(Form(whole) if logarithms else I * Form(whole))
    rest = turned - Form.of(1)
    return _is_nought(rest.over) and (rest.under == ONE or not _is_nought(rest.under))


def _is_nought(poly: Polynomial) -> bool:
    return not poly or algebraic.is_zero(poly) or radicals.is_zero(poly)


def _is_of_negative(product: Monomial) -> bool:
    """Whether it is the logarithm of a monomial with a minus, which has a value where few others have one."""
    if not _is_of(product, ("ln",)):
        return False
    single = from_key(product[0][0].parts[0]).monomial()
    return single is not None and single[0] < 0


def _is_of(product: Monomial, kinds: tuple[str, ...]) -> bool:
    return len(product) == 1 and product[0][1] == Fraction(1) and product[0][0].kind in kinds
