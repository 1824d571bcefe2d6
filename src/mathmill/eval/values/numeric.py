"""Trees as numbers at chosen points, to many digits: what differs there is not equal.

A refuter, never a proof. Evaluation is bounded before it happens: what would take more than `MAX_LOG` in the logarithm
of its size is `Undecided`, so no tower of powers is ever built.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Mapping
from fractions import Fraction
from functools import cache
from typing import Any

from mathmill.eval.syntax import trees as t
from mathmill.eval.values.polynomials import Undecided

DIGITS = 40
# Natural logarithm of the largest number that is looked at; beyond it only exact methods decide.
MAX_LOG = 100_000
MAX_TERMS = 200  # of a sum or product that is written with its bounds
_AGREE = 25  # digits to which two values must agree


def symbols_of(tree: t.Tree) -> frozenset[str]:
    """The unknowns of a tree, those that a sum or integral binds left out."""
    if isinstance(tree, t.Symbol):
        return frozenset({tree.name})
    inner = frozenset[str]().union(*map(symbols_of, t.children(tree)))
    return inner - {tree.variable.name} if isinstance(tree, t.Bound) else inner


def differ(left: t.Tree, right: t.Tree, points: int = 4) -> bool | None:
    """Whether two trees are worth different things at some random point; None if none could be evaluated.

    Points are positive reals drawn from the trees' own unknowns, so a verdict never depends on chance.

    Raises:
        Undecided: a value is of a kind or size that is not evaluated here.
    """
    names = sorted(symbols_of(left) | symbols_of(right))
    seen = False
    for number in range(points if names else 1):
        point = {name: _drawn(name, number) for name in names}
        values = _value(left, point), _value(right, point)
        if None in values:
            continue
        if not _agree(*values):
            return True
        seen = True
    return False if seen else None


def _value(tree: t.Tree, point: Mapping[str, Any]) -> Any | None:
    try:
        with _mp().workdps(DIGITS):
            value = evaluate(tree, point)
    except (ZeroDivisionError, ValueError, OverflowError):
        return None
    return value if _is_finite(value) else None


def _is_finite(value: Any) -> bool:
    mp = _mp()
    return bool(mp.isfinite(mp.re(value)) and mp.isfinite(mp.im(value)))


def _agree(left: Any, right: Any) -> bool:
    size = max(abs(left), abs(right))
    return not size or bool(abs(left - right) <= size * _mp().mpf(10) ** -_AGREE)


@cache
def _drawn(name: str, number: int) -> Any:
    """A value for an unknown between 0.3 and 2.3, the same in every process."""
    digest = hashlib.blake2b(f"{name}/{number}".encode(), digest_size=8).digest()
    return _mp().mpf(3) / 10 + 2 * _mp().mpf(int.from_bytes(digest, "big")) / 2**64


@cache
def _mp() -> Any:
    from mpmath import MPContext

    context = MPContext()
    context.dps = DIGITS
    return context


def evaluate(tree: t.Tree, point: Mapping[str, Any]) -> Any:
    """The value of a tree where its unknowns have these values.

    Raises:
        Undecided: it is no single value, or too large.
        ZeroDivisionError, ValueError: it has none at this point.
    """
    match tree:
        case t.Number(value):
            return _rational(value)
        case t.InBase(digits, base):
            return _mp().mpf(int(digits, base))
        case t.Symbol(name):
            return point[name]
        case t.Constant(name):
            return _constant(name)
        case t.Sum(terms):
            return _mp().fsum(evaluate(term, point) for term in terms)
        case t.Negative(value):
            return -evaluate(value, point)
        case t.Product(factors):
            return _bounded(_mp().fprod(evaluate(factor, point) for factor in factors))
        case t.Quotient(over, under):
            return evaluate(over, point) / evaluate(under, point)
        case t.Mixed(whole, fraction):
            return evaluate(whole, point) + evaluate(fraction, point)
        case t.Power(base, exponent):
            return _power(evaluate(base, point), evaluate(exponent, point), exponent)
        case t.Root(radicand, degree):
            return _root(evaluate(radicand, point), evaluate(degree, point))
        case t.Call(function, arguments):
            return _call(function, [evaluate(argument, point) for argument in arguments])
        case t.Percent(value):
            return evaluate(value, point) / 100
        case t.Quantity(value, "degree" | "degrees"):
            return evaluate(value, point) * _mp().pi / 180
        case t.Bound("sum" | "prod"):
            return _series(tree, point)
        case _:
            raise Undecided(f"a {type(tree).__name__}")


def _rational(value: Fraction) -> Any:
    return _mp().mpf(value.numerator) / value.denominator


def _constant(name: str) -> Any:
    mp = _mp()
    known = {"pi": mp.pi, "e": mp.e, "i": mp.j}
    if name not in known:
        raise Undecided(f"the constant {name}")
    return +known[name]


def _bounded(value: Any) -> Any:
    if value and _is_finite(value) and abs(_mp().log(abs(value))) > MAX_LOG:
        raise Undecided("a very large or small number")
    return value


def _power(base: Any, exponent: Any, written: t.Tree) -> Any:
    mp = _mp()
    if not base:
        if mp.re(exponent) <= 0 and exponent:
            raise ZeroDivisionError
        return mp.mpf(0) if exponent else mp.mpf(1)
    if abs(exponent) * abs(mp.log(abs(base)) or 1) > MAX_LOG:
        raise Undecided("a very large or small power")
    if isinstance(written, t.Quotient) and mp.im(base) == 0 and base < 0:
        under = evaluate(written.denominator, {}) if not symbols_of(written) else None
        over = evaluate(written.numerator, {}) if under is not None else None
        if under is not None and mp.isint(under) and mp.isint(over) and under % 2:  # the real root, as schools have it
            return (-1) ** int(over) * (-base) ** exponent
    if mp.isint(exponent):
        return base ** int(mp.re(exponent))
    return base**exponent


def _root(radicand: Any, degree: Any) -> Any:
    mp = _mp()
    if not mp.isint(degree) or not 1 <= degree <= 1000:
        raise Undecided("a root of no whole degree")
    if mp.im(radicand) == 0 and mp.re(radicand) < 0 and int(degree) % 2:
        return -mp.root(-radicand, int(degree))
    return mp.root(radicand, int(degree))


def _series(tree: t.Bound, point: Mapping[str, Any]) -> Any:
    if tree.low is None or tree.high is None or isinstance(tree.high, t.Constant):
        raise Undecided("a series without an end")
    low, high = evaluate(tree.low, point), evaluate(tree.high, point)
    if not _mp().isint(low) or not _mp().isint(high) or high - low > MAX_TERMS:
        raise Undecided("a long series")
    values = (evaluate(tree.body, {**point, tree.variable.name: k}) for k in range(int(low), int(high) + 1))
    return _mp().fsum(values) if tree.operator == "sum" else _mp().fprod(values)


def _call(function: str, arguments: list[Any]) -> Any:
    maker = _functions().get(function)
    if maker is None:
        raise Undecided(f"the function {function}")
    return _bounded(maker(*arguments))


@cache
def _functions() -> Mapping[str, Callable[..., Any]]:
    mp = _mp()

    def limited(function: Callable[..., Any], largest: float) -> Callable[..., Any]:
        def called(*arguments: Any) -> Any:
            if any(abs(argument) > largest for argument in arguments):
                raise Undecided("a very large argument")
            return function(*arguments)

        return called

    def whole(function: Callable[..., int]) -> Callable[..., Any]:
        def called(*arguments: Any) -> Any:
            if not all(mp.isint(argument) for argument in arguments):
                raise Undecided("no whole numbers")
            return mp.mpf(function(*(int(argument) for argument in arguments)))

        return called

    plain = {name: limited(getattr(mp, name), 1e15) for name in ("sin", "cos", "tan", "cot", "sec", "csc")}
    steep = {name: limited(getattr(mp, name), MAX_LOG) for name in ("exp", "sinh", "cosh", "tanh", "coth", "sech", "csch")}
    inverse = {
        f"arc{name}": getattr(mp, f"a{name}")
        for name in ("sin", "cos", "tan", "cot", "sec", "csc", "sinh", "cosh", "tanh")
    }
    return plain | steep | inverse | {
        "ln": mp.log,
        "log": mp.log,
        "log10": lambda value: mp.log(value, 10),
        "abs": abs,
        "floor": mp.floor,
        "ceil": mp.ceil,
        "sign": mp.sign,
        "re": mp.re,
        "im": mp.im,
        "arg": mp.arg,
        "factorial": limited(mp.factorial, 2_000),
        "binomial": limited(mp.binomial, 2_000),
        "gcd": whole(math.gcd),
        "lcm": whole(math.lcm),
        "max": max,
        "min": min,
    }  # fmt: skip


def real_value(tree: t.Tree) -> Fraction:
    """A tree without unknowns as a rational number near its real value, for ordering and rounding.

    Raises:
        Undecided: it has unknowns, is not real or finite, or is too large.
    """
    if symbols_of(tree):
        raise Undecided("an unknown")
    value = _value(tree, {})
    mp = _mp()
    if value is None or abs(mp.im(value)) > abs(value) * mp.mpf(10) ** -_AGREE:
        raise Undecided("no real number")
    real = mp.re(value)
    if real and abs(mp.log(abs(real))) > 1_000:
        raise Undecided("a very large or small number")
    mantissa, exponent = mp.frexp(real)
    return Fraction(int(mantissa * 2**160), 2**160) * Fraction(2) ** int(exponent)
