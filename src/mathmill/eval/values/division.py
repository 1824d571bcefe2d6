"""Division of polynomials that leaves nothing."""

from __future__ import annotations

from fractions import Fraction

from mathmill.eval.values.polynomials import Form, Monomial, Polynomial, Rational, normal, powered, spend, times

_MOST_TERMS = 12  # of a quotient that is looked for


def divided(over: Polynomial, under: Polynomial) -> Polynomial | None:
    """The quotient of two polynomials where it is one of few terms; None where it is not, or is not found.

    Raises:
        Undecided: it is too large.
    """
    order = sorted({atom for part in (over, under) for product in part for atom, _ in product}, key=hash)

    def place(product: Monomial) -> list[Rational]:
        exponents = dict(product)
        return [exponents.get(atom, 0) for atom in order]

    first = max(under, key=place)
    if any(atom.kind == "root" for atom, _ in first):
        return None
    inverse = normal(dict(powered(first, -1)))
    left, quotient = Form(over), Form.of(0)
    for _ in range(_MOST_TERMS):
        if left.is_zero:
            return quotient.over
        spend(len(left.over))
        top = max(left.over, key=place)
        term = times(times({top: left.over[top]}, inverse), {(): 1 / Fraction(under[first])})
        if any(exponent < 0 for product in term for _, exponent in product):
            return None
        quotient, left = quotient + Form(term), left - Form(times(term, under))
    return None
