"""Proofs of equality of two trees together, which know where both are defined."""

from __future__ import annotations

from fractions import Fraction

from mathmill.eval.syntax import trees as t
from mathmill.eval.values import radicals
from mathmill.eval.values.derivatives import derivative
from mathmill.eval.values.exact import are_equal, form_of
from mathmill.eval.values.numeric import evaluate
from mathmill.eval.values.polynomials import ONE, Form, Polynomial, Undecided, fresh_work
from mathmill.eval.values.rational import rational_at, symbols_of
from mathmill.eval.values.settled import Known, presupposed, settled

_TWO = t.Number(Fraction(2))
_PARTIAL = frozenset({"ln", "log", "log10", "arcsin", "arccos", "arcsec", "arccsc", "arccosh", "arctanh"})


def is_identity(left: t.Tree, right: t.Tree) -> bool:
    """Whether two trees are proved equal wherever both are defined over the reals; False says only that no proof is.

    What is known of the unknowns is what the right one presupposes, the gold.

    What is `right` may be an integral without ends, and is met by whatever has that derivative, with or without a
    constant. What is `left` may not, since such an integral says nothing of its constant: that of zero would be any
    number.
    """
    try:
        known = presupposed(left, right)
        if _is_zero(_difference(left, right), known):
            return True
        if all(_is_not_negative(side) and not _is_imaginary(side) for side in (left, right)):
            return _is_zero(_less(t.Power(left, _TWO), t.Power(right, _TWO)), known)
    except Undecided:
        pass
    return False


def _is_not_negative(tree: t.Tree) -> bool:
    """Whether a tree is seen to be at least zero wherever all its parts are real."""
    match tree:
        case t.Number(value):
            return value >= 0
        case t.Constant(name):
            return name in ("pi", "e")
        case t.Sum(parts) | t.Product(parts):
            return all(map(_is_not_negative, parts))
        case t.Quotient(over, under):
            return _is_not_negative(over) and _is_not_negative(under)
        case t.Power(base, t.Number(exponent)):
            return exponent.denominator % 2 == 0 or exponent.numerator % 2 == 0 or _is_not_negative(base)
        case t.Power(base, _):
            return _is_not_negative(base)
        case t.Root(radicand, t.Number(degree)):
            return degree % 2 == 0 or _is_not_negative(radicand)
        case t.Call("exp" | "cosh" | "abs", _):
            return True
    return False


def _is_imaginary(tree: t.Tree) -> bool:
    """Whether a tree may have values that are not real: it holds i, or a constant such as the root of a negative."""
    if tree == t.Constant("i"):
        return True
    below = isinstance(tree, t.Root | t.Power) or (isinstance(tree, t.Call) and tree.function in _PARTIAL)
    if below and not symbols_of(tree) and rational_at(tree, {}) is None and not _is_real_constant(tree):
        return True
    return any(map(_is_imaginary, t.children(tree)))


def _is_real_constant(tree: t.Tree) -> bool:
    value = evaluate(tree, {})
    return value is not None and value.imag == 0


def _difference(left: t.Tree, right: t.Tree) -> t.Tree:
    """What is zero if the two are equal; of integrals, that of the derivatives."""
    match left, right:
        case (t.Bound("int", x, rate, None, None), t.Bound("int", y, wanted, None, None)) if x == y:
            return _less(rate, wanted)
        case (_, t.Bound("int", x, wanted, None, None)) if not _is_open(left):
            return _less(derivative(left, x.name), wanted)
    if _is_open(left) or _is_open(right):
        raise Undecided("an integral without ends")
    return _less(left, right)


def _is_open(tree: t.Tree) -> bool:
    """Whether a tree holds an integral without ends."""
    return (isinstance(tree, t.Bound) and tree.operator == "int" and tree.low is None) or any(
        map(_is_open, t.children(tree))
    )


def _less(left: t.Tree, right: t.Tree) -> t.Tree:
    return t.Sum((left, t.Negative(right)))


def _is_zero(difference: t.Tree, known: Known) -> bool:
    form = form_of(difference, known)
    if are_equal(form, Form.of(0)):
        return True
    fresh_work()

    def among_known(poly: Polynomial) -> Polynomial:
        return settled(poly, known)

    if form.under != ONE and radicals.is_zero(form.under, among_known, known.not_negative):
        return False
    return radicals.is_zero(form.over, among_known, known.not_negative)
