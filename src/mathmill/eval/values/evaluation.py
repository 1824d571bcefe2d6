"""One tree at one point, in mpmath's arithmetic, to the precision that is set there.

Over the reals: an even root, a logarithm or a power of what is negative because of its unknowns is undefined. Constants
have their principal values, and odd roots of negative numbers are the real ones. Where rounding could choose the branch
(a floor beside a whole number, a root beside the negative axis) there is no value, rather than a wrong one.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from mathmill.eval.syntax import trees as t
from mathmill.eval.values.algebraic import approximate
from mathmill.eval.values.exact import form_of, is_determinant, signed_diagonals
from mathmill.eval.values.polynomials import TooMuch, Undecided
from mathmill.eval.values.precision import mp
from mathmill.eval.values.rational import rational_at, symbols_of

Point = Mapping[str, Fraction]
MAX_LOG = 100_000  # natural logarithm of the largest number that is looked at
MAX_TERMS = 200  # of a sum or product that is written with its bounds
_DEAR = 12  # cost of a function, that of a sum's term being 1
_MOST_FACTORS = 10_000  # of a factorial
_WIDE = 1_000  # argument beyond which functions are not asked for; an angle may be larger
_ANGLES = ("sin", "cos", "tan", "cot", "sec", "csc")
_HYPERBOLIC = ("sinh", "cosh", "tanh", "coth", "sech", "csch")
_INVERSES = ("sin", "cos", "tan", "sec", "csc", "sinh", "cosh", "tanh")
_NAMES = {name: name for name in (*_ANGLES, *_HYPERBOLIC, "exp")} | {f"arc{name}": f"a{name}" for name in _INVERSES}
_STEEP = frozenset({*_HYPERBOLIC, "exp"})
_INVERSE_REAL = frozenset({"arcsin", "arccos", "arcsec", "arccsc", "arccosh", "arctanh"})


class Undefined(ArithmeticError):
    """A tree has no value at a point."""


class Unsure(Undefined):
    """A tree has a value at a point perhaps, and rounding does not tell which."""


class Evaluation:
    """Values of trees, all together at no more than a cost."""

    def __init__(self, cost: int) -> None:
        self.cost_left = cost
        self.unsure = False  # whether rounding left a value unsure somewhere

    def spend(self, cost: int) -> None:
        """Count some cost.

        Raises:
            Undecided: it is too much together.
        """
        self.cost_left -= cost + cost * (mp().prec // 400)
        if self.cost_left < 0:
            raise TooMuch("an evaluation that takes long")

    def value(self, tree: t.Tree, point: Point) -> Any:
        """The value of a tree.

        Raises:
            Undecided: it is no single value, or too large.
            Undefined, ZeroDivisionError, ValueError, OverflowError: it has none at this point.
        """
        self.spend(1)
        match tree:
            case t.Number(value):
                return _rational(value)
            case t.InBase():
                return _rational(_exact(tree))
            case t.Symbol(name):
                return _rational(point[name])
            case t.Constant(name):
                return _constant(name)
            case t.Sum(terms):
                return _added([self.value(term, point) for term in terms])
            case t.Negative(value):
                return -self.value(value, point)
            case t.Product(factors):
                return self.product(self.value(factor, point) for factor in factors)
            case t.Quotient(over, under):
                return _bounded(self.value(over, point) / self.value(under, point))
            case t.Mixed(whole, fraction):
                return self.value(whole, point) + self.value(fraction, point)
            case t.Power(base, exponent):
                return self.power(tree, self.value(base, point), exponent, point)
            case t.Root(radicand, degree):
                return self.root(radicand, _exact(degree), point)
            case t.Call("det", (t.Matrix(rows),)) if is_determinant(tree):
                return self.determinant(rows, point)
            case t.Call(function, arguments):
                return self.call(function, arguments, point)
            case t.Percent(value):
                return self.value(value, point) / 100
            case t.Quantity(value, "degree" | "degrees"):
                return self.value(value, point) * mp().pi / 180
            case t.Bound("sum" | "prod"):
                return self.series(tree, point)
            case t.Bound("int"):
                return self.closed(tree)
        raise Undecided(f"a {type(tree).__name__}")

    def product(self, factors: Any) -> Any:
        """A product, bounded as it grows."""
        total = mp().mpf(1)
        for factor in factors:
            total = _bounded(total * factor)
        return total

    def power(self, tree: t.Power, base: Any, exponent: t.Tree, point: Point) -> Any:
        """A power, defined for a negative base where the exponent's unknowns are whole or its denominator is odd."""
        self.spend(_DEAR)
        names = symbols_of(exponent)
        if names:
            raised = _without_zero_part(self.value(exponent, point))
            if not _is_positive(base):
                if any(point[name].denominator != 1 for name in names if name in point) or not mp().isint(raised):
                    raise Undefined("a power of what is not positive")
                return _whole_power(base, int(raised))
            return _real_power(base, raised)
        number = _exact_or_none(exponent)
        if number is not None and number.denominator == 1:
            return _whole_power(base, int(number))
        if number is not None:
            return _rational_power(base, number, bool(symbols_of(tree.base)))
        raised = _without_zero_part(self.value(exponent, point))
        if not _is_positive(base) and (not base or symbols_of(tree.base) or _beside_cut(base)):
            raise Undefined("a power of what is not positive")
        return _real_power(base, raised)

    def root(self, radicand: t.Tree, degree: Fraction, point: Point) -> Any:
        """A root."""
        self.spend(_DEAR)
        if degree.denominator != 1 or not 1 <= degree <= 1_000:
            raise Undecided("a root of no whole degree")
        return _rational_power(self.value(radicand, point), 1 / degree, bool(symbols_of(radicand)))

    def series(self, tree: t.Bound, point: Point) -> Any:
        """A sum or product: of its terms, or of constants by its closed form where they are many."""
        if tree.low is None or tree.high is None:
            raise Undecided("a series without bounds")
        if tree.high == t.Constant("infinity"):
            return self.closed(tree)
        ends = [Fraction(_whole(self.value(end, point))) for end in (tree.low, tree.high)]
        if ends[1] < ends[0] - 1:
            raise Undefined("a series whose end is before its begin")
        if ends[1] - ends[0] > MAX_TERMS:
            try:
                return self.closed(tree)
            except Undecided:
                raise TooMuch("a long series") from None
        name = tree.variable.name
        values = (self.value(tree.body, {**point, name: Fraction(k)}) for k in range(int(ends[0]), int(ends[1]) + 1))
        return _added(list(values)) if tree.operator == "sum" else self.product(values)

    def closed(self, tree: t.Bound) -> Any:
        """A series or an integral without unknowns by its form."""
        self.spend(3 * _DEAR)
        form = form_of(tree)
        return approximate(form.over) / approximate(form.under)

    def determinant(self, rows: tuple[tuple[t.Tree, ...], ...], point: Point) -> Any:
        """The determinant of a small square matrix."""
        self.spend(_DEAR * len(rows))
        values = {id(entry): self.value(entry, point) for row in rows for entry in row}
        terms = []
        for is_negative, entries in signed_diagonals(rows):
            term = self.product(values[id(entry)] for entry in entries)
            terms.append(-term if is_negative else term)
        return _added(terms)

    def call(self, function: str, arguments: tuple[t.Tree, ...], point: Point) -> Any:
        """A function of its arguments."""
        self.spend(_DEAR)
        values = [_without_zero_part(self.value(argument, point)) for argument in arguments]
        unknown = any(map(symbols_of, arguments))
        number = _number_at(arguments[0], point) if function in ("floor", "ceil") else None
        if number is not None:
            return mp().mpf(math.floor(number) if function == "floor" else math.ceil(number))
        if function in ("gcd", "lcm"):
            return mp().mpf(getattr(math, function)(*map(_whole, values)))
        if function in ("max", "min") and all(mp().im(value) == 0 for value in values):
            return max(values) if function == "max" else min(values)
        if function == "log" and len(values) == 2:
            return _logarithm(values[0], unknown) / _logarithm(values[1], unknown)
        if function == "binomial" and len(values) == 2:
            self.spend(3 * _DEAR)
            if not all(mp().isint(value) for value in values):
                raise Undefined("a binomial coefficient of no whole numbers")
            return mp().binomial(*(_small(value) for value in values))
        if len(values) != 1:
            raise Undecided(f"the function {function} of {len(values)}")
        return _bounded(_of_one(self, function, values[0], unknown))


def _of_one(work: Evaluation, function: str, value: Any, unknown: bool) -> Any:
    context = mp()
    if function in ("ln", "log", "log10"):
        return _logarithm(value, unknown) / (context.log(10) if function == "log10" else 1)
    if function in ("floor", "ceil"):
        return _rounded(function, value)
    if function == "sign":
        return context.sign(_surely_not_zero(value))
    if function == "factorial":
        work.spend(3 * _DEAR)
        if context.im(value) != 0 or (not context.isint(value) and (unknown or value < 0)):
            raise Undefined("the factorial of no whole number")
        return context.factorial(_small(value, _MOST_FACTORS))
    if function == "double_factorial":
        return context.mpf(math.prod(range(_whole(_small(value)), 0, -2)))
    if function in ("abs", "re", "im"):
        return {"abs": abs, "re": context.re, "im": context.im}[function](value)
    if function not in _NAMES:
        raise Undecided(f"the function {function}")
    if abs(value) > (MAX_LOG if function in _STEEP else 10**15):
        raise TooMuch("a very large argument")
    result = getattr(context, _NAMES[function])(value)
    if value and abs(result) < min(1, abs(value)) * mp().mpf(2) ** (-context.prec // 3):
        raise Unsure("nearly a zero of the function, or one")
    if function in _INVERSE_REAL and context.im(value) == 0 and context.im(result) != 0:
        raise Undefined("beyond where the function is defined")
    return result


def _added(values: list[Any]) -> Any:
    """A sum; none where half of its digits cancel, since what is left may be less than was lost in rounding."""
    total = mp().fsum(values)
    largest = max(map(abs, values), default=0)
    if largest and abs(total) < largest * _tiny():
        raise Unsure("a sum that cancels")
    return total


def _without_zero_part(value: Any) -> Any:
    return mp().re(value) if mp().im(value) == 0 else value


def _exact(tree: t.Tree) -> Fraction:
    value = form_of(tree).rational()
    if value is None:
        raise Undecided("no rational number")
    return value


def _number_at(tree: t.Tree, point: Point) -> Fraction | None:
    """The rational number that a tree is at a point, if it shows that it is one."""
    number = rational_at(tree, point)
    return number if number is not None or symbols_of(tree) else _exact_or_none(tree)


def _exact_or_none(tree: t.Tree) -> Fraction | None:
    try:
        return form_of(tree).rational()
    except Undecided:
        return None


def _rational(value: Fraction) -> Any:
    return mp().mpf(value.numerator) / value.denominator


def _constant(name: str) -> Any:
    context = mp()
    if name == "pi":
        return +context.pi
    if name == "e":
        return +context.e
    if name == "i":
        return context.j
    raise Undecided(f"the constant {name}")


def _bounded(value: Any) -> Any:
    if value and mp().isfinite(value) and abs(mp().mag(value)) > MAX_LOG * 1.5:
        raise TooMuch("a very large or small number")
    return value


def _tiny() -> Any:
    return mp().mpf(2) ** (-mp().prec // 2)


def _is_positive(value: Any) -> bool:
    return bool(mp().im(value) == 0 and mp().re(value) > 0)


def _beside_cut(value: Any) -> bool:
    """Whether rounding may have carried a value over the negative axis."""
    imaginary = mp().im(value)
    return bool(imaginary != 0 and mp().re(value) < 0 and abs(imaginary) < abs(value) * _tiny())


def _surely_not_zero(value: Any) -> Any:
    if mp().im(value) != 0 or abs(value) < _tiny():
        raise Unsure("a sign that rounding may change")
    return value


def _whole_power(base: Any, exponent: int) -> Any:
    if not base:
        if exponent <= 0:
            raise ZeroDivisionError
        return base
    if abs(exponent) * (abs(mp().mag(base)) + 1) > MAX_LOG * 1.5:
        raise TooMuch("a very large or small power")
    return base**exponent


def _real_power(base: Any, exponent: Any) -> Any:
    if abs(exponent) * (abs(mp().mag(base)) + 1) > MAX_LOG * 1.5:
        raise TooMuch("a very large or small power")
    return base**exponent


def _rational_power(base: Any, exponent: Fraction, unknown: bool) -> Any:
    if not base:
        if exponent < 0:
            raise ZeroDivisionError
        return base
    if mp().im(base) == 0 and mp().re(base) < 0:
        if exponent.denominator % 2:
            size = _real_power(-mp().re(base), _rational(exponent))
            return -size if exponent.numerator % 2 else size
        if unknown or abs(base) < _tiny():
            raise Undefined("an even root of a negative number")
    if _beside_cut(base):
        raise Unsure("a root beside the negative axis")
    if exponent == Fraction(1, 2):
        return mp().sqrt(base)
    return _real_power(base, _rational(exponent))


def _logarithm(value: Any, unknown: bool) -> Any:
    if not value or _beside_cut(value) or (mp().im(value) == 0 and mp().re(value) < 0 and unknown):
        raise Undefined("the logarithm of what is not positive")
    result = mp().log(value)
    if value != 1 and abs(result) < _tiny():
        raise Unsure("the logarithm of nearly 1")
    return result


def _rounded(function: str, value: Any) -> Any:
    """A floor or ceiling, where rounding cannot have carried the value past a whole number."""
    context = mp()
    if context.im(value) != 0 or context.mag(value) > context.prec // 2:
        raise Unsure("a rounding of what is no real number of that many digits")
    nearest = context.nint(value)
    if value == nearest:
        raise Unsure("a whole number that may be one only by rounding")
    if abs(value - nearest) < _tiny():
        raise Unsure("a whole number, nearly")
    return context.floor(value) if function == "floor" else context.ceil(value)


def _whole(value: Any) -> int:
    if not mp().isint(value) or abs(value) > 10**30:
        raise Undefined("no whole number")
    return int(mp().re(value))


def _small(value: Any, most: int = _WIDE) -> Any:
    if abs(value) > most:
        raise TooMuch("a very large argument")
    return value
