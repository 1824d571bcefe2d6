"""Trees as sympy expressions, made by constructors only; text never reaches sympy. Runs in proof workers alone.

Sizes are checked before anything is made: sympy evaluates powers and factorials of numbers as it builds them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Any

import sympy as sp

from mathmill.eval.limits import TooLarge
from mathmill.eval.proof.functions import FUNCTIONS, Inexpressible
from mathmill.eval.syntax import trees as t
from mathmill.eval.values.points import COUNTS
from mathmill.eval.values.rational import symbols_of

MAX_BITS = 20_000  # of a power of numbers
MAX_POWER = 10**6  # of anything else
MAX_TERMS = 200  # of a sum or product that is written out
_CONSTANTS = {"pi": sp.pi, "e": sp.E, "i": sp.I, "infinity": sp.oo}


def nodes_of(tree: t.Tree) -> Iterator[t.Tree]:
    """A tree's nodes, itself first."""
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        yield node
        waiting += t.children(node)


def symbols_for(*trees: t.Tree) -> dict[str, Any]:
    """The unknowns of the trees as sympy symbols, real, with what the last of them, the gold, presupposes of them.

    One under a root or in a logarithm is positive: elsewhere a side has no real value, and answers are compared where
    both have one. One in a factorial, a sum's bounds or the exponent of what is not positive is a whole number: if it
    is a letter that counts, also where another tree says so.
    """
    names = set[str]().union(*map(symbols_of, trees))
    found = [_presupposed(tree) for tree in trees]
    positive, whole, natural = found[-1]
    for _, others, counted in found[:-1]:
        whole, natural = whole | (others & COUNTS), natural | (counted & COUNTS)
    return {name: _symbol(name, name in positive, name in whole, name in natural) for name in sorted(names)}


def _presupposed(tree: t.Tree) -> tuple[set[str], set[str], set[str]]:
    """The unknowns that a tree takes to be positive, whole, and both."""
    positive: set[str] = set()
    whole: set[str] = set()
    natural: set[str] = set()
    for node in nodes_of(tree):
        match node:
            case t.Root(t.Symbol(name)) | t.Call("ln" | "log" | "log10", (t.Symbol(name), *_)):
                positive.add(name)
            case t.Power(t.Symbol(name), exponent) if not _is_whole(exponent):
                positive.add(name)
            case t.Power(t.Negative() | t.Constant("i"), exponent):
                whole |= symbols_of(exponent)
            case t.Call("factorial" | "binomial" | "gcd" | "lcm", arguments):
                natural = natural.union(*map(symbols_of, arguments))
            case t.Bound("sum" | "prod", _, _, low, high):
                natural = natural.union(*(symbols_of(end) for end in (low, high) if end is not None))
    return positive, whole, natural


def _symbol(name: str, positive: bool, whole: bool, natural: bool) -> Any:
    if natural:
        return sp.Symbol(name, integer=True, nonnegative=True)
    return sp.Symbol(name, real=True, positive=positive or None, integer=whole or None)


def _is_whole(exponent: t.Tree) -> bool:
    match exponent:
        case t.Number(value):
            return value.denominator == 1
        case t.Negative(value):
            return _is_whole(value)
    return False


def expression(tree: t.Tree, point: Mapping[str, Any], real: bool = False) -> Any:
    """The sympy expression of a tree whose unknowns have these values, mostly symbols.

    With `real`, what has no real value on the way has none at all.

    Raises:
        Inexpressible: it is no single value, of a kind not known here, or has no (real) value.
        TooLarge: it holds a power or factorial of too many digits.
    """
    match tree:
        case t.Number(value):
            return _rational(value)
        case t.InBase(digits, base):
            try:
                return sp.Integer(int(digits, base))
            except ValueError:
                raise Inexpressible(f"{digits} in base {base}") from None
        case t.Symbol(name):
            return point[name]
        case t.Constant(name) if name in _CONSTANTS:
            return _CONSTANTS[name]
        case t.Sum(terms):
            return sp.Add(*(expression(term, point, real) for term in terms))
        case t.Negative(value):
            return sp.Mul(sp.S.NegativeOne, expression(value, point, real))
        case t.Product(factors):
            return _small(sp.Mul(*(expression(factor, point, real) for factor in factors)))
        case t.Quotient(over, under):
            return _quotient(expression(over, point, real), expression(under, point, real))
        case t.Mixed(whole, fraction):
            return sp.Add(expression(whole, point, real), expression(fraction, point, real))
        case t.Power(base, exponent):
            return _power(expression(base, point, real), expression(exponent, point, real), exponent, real)
        case t.Root(radicand, degree):
            return _root(expression(radicand, point, real), expression(degree, point, real), real)
        case t.Percent(value):
            return sp.Mul(expression(value, point, real), sp.Rational(1, 100))
        case t.Quantity(value, "degree" | "degrees"):
            return sp.Mul(expression(value, point, real), sp.pi, sp.Rational(1, 180))
        case t.Call("det", (t.Matrix(rows),)) if len(rows) == len(rows[0]) <= 5:
            return sp.Matrix([[expression(entry, point, real) for entry in row] for row in rows]).det(
                method="berkowitz"
            )
        case t.Call(function, arguments):
            return _call(function, [expression(argument, point, real) for argument in arguments], real)
        case t.Bound():
            return _bound(tree, point, real)
        case _:
            raise Inexpressible(f"a {type(tree).__name__}")


def _rational(value: Fraction) -> Any:
    return sp.Rational(value.numerator, value.denominator)


def _small(value: Any) -> Any:
    if value.is_Rational and max(value.p.bit_length(), value.q.bit_length()) > MAX_BITS:
        raise TooLarge(f"more than {MAX_BITS:,} bits")
    return value


def _quotient(over: Any, under: Any) -> Any:
    if under.is_zero:
        raise Inexpressible("a quotient by nought")
    return _small(sp.Mul(over, sp.Pow(under, sp.S.NegativeOne)))


def bits_of(value: Any) -> int:
    """The bits of the numbers in an expression: how fast its powers grow."""
    return sum(max(abs(n.p).bit_length(), n.q.bit_length()) for n in value.atoms(sp.Rational) if abs(n) != 1)


def _power(base: Any, exponent: Any, written: t.Tree, real: bool) -> Any:
    if exponent.is_Rational:
        size = abs(exponent)
        if size > MAX_POWER or size * bits_of(base) > MAX_BITS:
            raise TooLarge(f"a power of more than {MAX_BITS:,} bits")
        if base.is_zero and exponent.is_negative:
            raise Inexpressible("a quotient by nought")
        if isinstance(written, t.Quotient) and exponent.q % 2:  # the real root, as schools have it
            return sp.Pow(_root(base, sp.Integer(exponent.q), real), exponent.p)
    elif exponent.is_number and bits_of(exponent) > 200:
        raise TooLarge("a power of very large exponent")
    if real and base.is_nonnegative is not True and exponent.is_integer is not True:
        raise Inexpressible("a power that is not real")
    return sp.Pow(base, exponent)


def _root(radicand: Any, degree: Any, real: bool) -> Any:
    if not degree.is_Integer or not 1 <= degree <= 1000:
        raise Inexpressible("a root of no whole degree")
    power = sp.Pow(degree, sp.S.NegativeOne)
    if radicand.is_nonnegative:
        return sp.Pow(radicand, power)
    if degree % 2 and radicand.is_extended_real:
        if radicand.is_negative:
            return sp.Mul(sp.S.NegativeOne, sp.Pow(sp.Mul(sp.S.NegativeOne, radicand), power))
        return sp.Mul(sp.sign(radicand), sp.Pow(sp.Abs(radicand), power))
    if real:
        raise Inexpressible("a root that is not real")
    return sp.Pow(radicand, power)


def _call(function: str, arguments: list[Any], real: bool) -> Any:
    maker = FUNCTIONS.get(function)
    if maker is None:
        raise Inexpressible(f"the function {function}")
    if real and function in ("ln", "log", "log10") and not all(argument.is_positive for argument in arguments):
        raise Inexpressible("a logarithm that is not real")
    value = maker(*arguments)
    if real and value.is_number and value.is_real is False:
        raise Inexpressible("a value that is not real")
    return value


def _bound(tree: t.Bound, point: Mapping[str, Any], real: bool) -> Any:
    """Unevaluated, but for sums and products of few terms."""
    name = tree.variable.name
    if tree.low is None or (tree.high is None and tree.operator != "lim"):
        raise Inexpressible("no ends")
    ends = [expression(end, point, real) for end in (tree.low, tree.high) if end is not None]
    if tree.operator in ("int", "lim"):
        variable = sp.Dummy(name, real=True)
        body = expression(tree.body, {**point, name: variable})
        return (
            sp.Integral(body, (variable, *ends)) if tree.operator == "int" else sp.Limit(body, variable, ends[0], "+-")
        )
    joined, series = (sp.Add, sp.Sum) if tree.operator == "sum" else (sp.Mul, sp.Product)
    if all(end.is_Integer for end in ends):
        if ends[1] - ends[0] > MAX_TERMS:
            raise TooLarge(f"more than {MAX_TERMS} terms")
        numbers = range(int(ends[0]), int(ends[1]) + 1)
        return _small(joined(*(expression(tree.body, {**point, name: sp.Integer(k)}, real) for k in numbers)))
    variable = sp.Dummy(name, integer=True, nonnegative=ends[0].is_nonnegative or None)
    return series(expression(tree.body, {**point, name: variable}), (variable, *ends))
