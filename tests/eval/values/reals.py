"""An evaluator of trees over the reals that shares nothing with the judge's: plain, slow, and of few functions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

import mpmath

from mathmill.eval.syntax import trees as t

DIGITS = 80
_CLOSE = 50  # digits within which a value is too close to where a function jumps or ends


class NoValue(ArithmeticError):
    """A tree has no real value at a point, or none that is sure."""


def real_value(tree: t.Tree, point: Mapping[str, Fraction]) -> Any:
    """The value of a tree.

    Raises:
        NoValue: it has none.
    """
    with mpmath.workdps(DIGITS):
        try:
            value = _value(tree, point)
        except (ZeroDivisionError, OverflowError, ValueError) as error:
            raise NoValue from error
        if not isinstance(value, mpmath.mpf) or not mpmath.isfinite(value) or abs(value) > mpmath.mpf(10) ** 60:
            raise NoValue
        return value


def agree(left: t.Tree, right: t.Tree, point: Mapping[str, Fraction]) -> bool | None:
    """Whether two trees have the same value at a point to 30 digits; None where one of them has none."""
    try:
        one, other = real_value(left, point), real_value(right, point)
    except NoValue:
        return None
    with mpmath.workdps(DIGITS):
        return bool(abs(one - other) <= max(1, abs(one), abs(other)) * mpmath.mpf(10) ** -30)


def _value(tree: t.Tree, point: Mapping[str, Fraction]) -> Any:
    match tree:
        case t.Number(value):
            return _mpf(value)
        case t.Symbol(name):
            return _mpf(point[name])
        case t.Constant("pi"):
            return +mpmath.pi
        case t.Constant("e"):
            return +mpmath.e
        case t.Sum(terms):
            return mpmath.fsum([_value(term, point) for term in terms])
        case t.Negative(value):
            return -_value(value, point)
        case t.Product(factors):
            return mpmath.fprod([_value(factor, point) for factor in factors])
        case t.Quotient(over, under):
            return _value(over, point) / _sure(_value(under, point))
        case t.Root(radicand, t.Number(degree)):
            return _power(_value(radicand, point), 1 / degree)
        case t.Power(base, t.Number(exponent)):
            return _power(_value(base, point), exponent)
        case t.Power(base, exponent):
            return _power_of(_value(base, point), exponent, point)
        case t.Call(name, (inner,)) if name in _FUNCTIONS:
            return _FUNCTIONS[name](_value(inner, point))
    raise NoValue


def _mpf(value: Fraction) -> Any:
    return mpmath.mpf(value.numerator) / value.denominator


def _sure(value: Any) -> Any:
    """A value that is not so near to zero that it may be zero, or of the other sign."""
    if abs(value) < mpmath.mpf(10) ** -_CLOSE:
        raise NoValue
    return value


def _power(base: Any, exponent: Fraction) -> Any:
    if exponent.denominator == 1:
        return (base if exponent >= 0 else _sure(base)) ** int(exponent)
    base = _sure(base)
    if base > 0:
        return mpmath.exp(_mpf(exponent) * mpmath.log(base))
    if exponent.denominator % 2 == 0:
        raise NoValue
    return (-1) ** exponent.numerator * mpmath.exp(_mpf(exponent) * mpmath.log(-base))


def _power_of(base: Any, exponent: t.Tree, point: Mapping[str, Fraction]) -> Any:
    value = _value(exponent, point)
    if _sure(base) > 0:
        return mpmath.exp(value * mpmath.log(base))
    if value != mpmath.nint(value) or abs(value) > 500 or not all(_is_whole(node, point) for node in _nodes(exponent)):
        raise NoValue
    return base ** int(value)


def _is_whole(node: t.Tree, point: Mapping[str, Fraction]) -> bool:
    return not isinstance(node, t.Symbol) or point[node.name].denominator == 1


def _nodes(tree: t.Tree) -> list[t.Tree]:
    return [tree, *(node for child in t.children(tree) for node in _nodes(child))]


def _ln(value: Any) -> Any:
    if _sure(value) < 0:
        raise NoValue
    return mpmath.log(value)


def _floor(value: Any) -> Any:
    _sure(value - mpmath.nint(value))
    return mpmath.floor(value)


def _arcsin(value: Any) -> Any:
    if abs(value) > 1:
        raise NoValue
    return mpmath.asin(value)


_FUNCTIONS: dict[str, Callable[[Any], Any]] = {
    "sin": mpmath.sin,
    "cos": mpmath.cos,
    "tan": mpmath.tan,
    "exp": mpmath.exp,
    "ln": _ln,
    "abs": abs,
    "sinh": mpmath.sinh,
    "cosh": mpmath.cosh,
    "arctan": mpmath.atan,
    "arcsin": _arcsin,
    "floor": _floor,
}
