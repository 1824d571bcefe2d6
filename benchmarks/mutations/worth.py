"""What expressions and answers are worth: at points to many digits, and whether two are the same."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

import mpmath

from benchmarks.mutations.model import (
    FIELDS,
    Answer,
    Call,
    Equation,
    Expr,
    Many,
    Mixed,
    Name,
    Neg,
    Num,
    Power,
    Product,
    Quotient,
    Ranges,
    Root,
    Sum,
    Written,
    parts,
)

DIGITS = 50
POINTS = 3


class Unsure(ValueError):
    """What an expression is worth cannot be told."""


def names(node: Any) -> set[str]:
    """The variables of an expression or answer."""
    if isinstance(node, Name):
        return set() if node.text in ("\\pi", "i") else {node.text}
    if isinstance(node, Written):
        return names(node.says)
    if isinstance(node, tuple):
        return set().union(*map(names, node)) if node else set()
    return set().union(*(names(getattr(node, name)) for name in FIELDS.get(type(node), ())), set())


def values(expr: Expr) -> list[Any]:
    """What an expression is worth, at each of the points.

    Raises:
        Unsure: it is worth nothing there, or too much.
    """
    try:
        with mpmath.workdps(DIGITS):
            found = [mpmath.mpc(_value(expr, point)) for point in range(POINTS)]
    except (ZeroDivisionError, OverflowError, ValueError) as error:
        raise Unsure(str(error)) from error
    if not all(map(mpmath.isfinite, found)):
        raise Unsure("infinite")
    return found


def same(one: Expr, other: Expr) -> bool:
    """Whether two expressions are worth the same at all points.

    Raises:
        Unsure: see `values`.
    """
    with mpmath.workdps(DIGITS):
        return all(
            abs(left - right) <= mpmath.mpf(10) ** -30 * max(abs(left), abs(right), mpmath.mpf(10) ** -10)
            for left, right in zip(values(one), values(other), strict=True)
        )


def _value(expr: Expr, point: int) -> Any:
    match expr:
        case Num():
            return mpmath.mpf(expr.value.numerator) / expr.value.denominator
        case Name():
            return _named(expr.text, point)
        case Sum(terms):
            return mpmath.fsum(_value(term, point) for term in terms)
        case Product(factors):
            return mpmath.fprod(_value(factor, point) for factor in factors)
        case Neg(of):
            return -_value(of, point)
        case Quotient(over, under):
            return _value(over, point) / _value(under, point)
        case Power(base, exponent):
            return _power(_value(base, point), _value(exponent, point))
        case Root(of, index):
            return mpmath.root(_value(of, point), index)
        case Call(function, of):
            return getattr(mpmath, function)(_value(of, point))
        case Mixed(whole, over, under):
            return whole + mpmath.mpf(over) / under
        case Written():
            return _value(expr.says, point)


def _power(base: Any, exponent: Any) -> Any:
    if abs(exponent) > 10_000:
        raise OverflowError("a power of more than 10,000")
    return mpmath.power(base, exponent)


def _named(name: str, point: int) -> Any:
    if name == "\\pi":
        return mpmath.pi()
    if name == "i":
        return mpmath.mpc(0, 1)
    return mpmath.mpf(random.Random(f"{name} {point}").randint(10**9, 3 * 10**9)) / 10**9


def same_set(one: Sequence[Expr], other: Sequence[Expr]) -> bool:
    """Whether the same expressions stand in both, as often, in any order.

    Raises:
        Unsure: see `values`.
    """
    left = list(other)
    for item in one:
        at = next((at for at, candidate in enumerate(left) if same(item, candidate)), None)
        if at is None:
            return False
        del left[at]
    return not left


def same_answer(one: Answer, other: Answer) -> bool:
    """Whether two answers of one kind say the same.

    Raises:
        Unsure: that cannot be told.
    """
    if type(one) is not type(other):
        raise Unsure("of two kinds")
    if isinstance(one, Many):
        assert isinstance(other, Many)
        return same_set(one.items, other.items)
    if isinstance(one, Equation):
        assert isinstance(other, Equation)
        return _same_equation(one, other)
    if isinstance(one, Ranges):
        assert isinstance(other, Ranges)
        return _same_pieces(one, other)
    return _same_in_order(one, other)


def _same_in_order(one: Any, other: Any) -> bool:
    if not _same_frame(one, other):
        return False
    here, there = list(parts(one)), list(parts(other))
    return len(here) == len(there) and all(map(same, here, there))


def _same_pieces(one: Ranges, other: Ranges) -> bool:
    left = list(other.pieces)
    for piece in one.pieces:
        at = next((at for at, candidate in enumerate(left) if _same_in_order(piece, candidate)), None)
        if at is None:
            return False
        del left[at]
    return not left


def _same_frame(one: Any, other: Any) -> bool:
    """Whether two answers are the same but for their expressions."""
    if isinstance(one, tuple):
        return len(one) == len(other) and all(map(_same_frame, one, other))
    if isinstance(one, Expr) or isinstance(other, Expr):
        return isinstance(one, Expr) and isinstance(other, Expr)
    if not hasattr(one, "__dataclass_fields__"):
        return bool(one == other)
    return all(_same_frame(getattr(one, name), getattr(other, name)) for name in one.__dataclass_fields__)


def _same_equation(one: Equation, other: Equation) -> bool:
    """Whether the differences of both sides are multiples of each other."""
    left = values(Sum((one.left, Neg(one.right))))
    right = values(Sum((other.left, Neg(other.right))))
    with mpmath.workdps(DIGITS):
        if any(abs(value) < mpmath.mpf(10) ** -20 for value in (*left, *right)):
            raise Unsure("a point on the curve")
        ratios = [a / b for a, b in zip(left, right, strict=True)]
        if not names(one) or names(one) != names(other):
            raise Unsure("no equation in the same variables")
        return all(abs(ratio - ratios[0]) <= mpmath.mpf(10) ** -20 * abs(ratios[0]) for ratio in ratios)
