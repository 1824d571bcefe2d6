"""What a tree says at once: its unknowns, and its value where sums, products and whole powers are all there is."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from fractions import Fraction

from mathmill.eval.syntax import trees as t

_MOST_BITS = 2_000
_MOST_NODES = 60
_MOST_FACTORS = 250
_WHOLE: Mapping[str, Callable[[Fraction], Fraction | int]] = {"floor": math.floor, "ceil": math.ceil, "abs": abs}


def rational_at(tree: t.Tree, point: Mapping[str, Fraction]) -> Fraction | None:
    """The value of a tree; None where it has none, or this is not how it is found."""
    try:
        return _Exact(point).value(tree)
    except ArithmeticError:
        return None


def symbols_of(tree: t.Tree) -> frozenset[str]:
    """The unknowns of a tree, those that a sum or integral binds left out."""
    if isinstance(tree, t.Symbol):
        return frozenset({tree.name})
    if isinstance(tree, t.Bound):  # its ends are outside of what it binds
        ends = (symbols_of(end) for end in (tree.low, tree.high) if end is not None)
        return (symbols_of(tree.body) - {tree.variable.name}).union(*ends)
    return frozenset[str]().union(*map(symbols_of, t.children(tree)))


class _Other(ArithmeticError):
    """Nothing that is evaluated here."""


class _Exact:
    def __init__(self, point: Mapping[str, Fraction]) -> None:
        self._point, self._nodes = point, 0

    def value(self, tree: t.Tree) -> Fraction:
        self._nodes += 1
        if self._nodes > _MOST_NODES:
            raise _Other
        found = self._of(tree)
        if found.numerator.bit_length() + found.denominator.bit_length() > _MOST_BITS:
            raise _Other
        return found

    def _of(self, tree: t.Tree) -> Fraction:
        match tree:
            case t.Number(value):
                return value
            case t.Symbol(name) if name in self._point:
                return self._point[name]
            case t.Sum(terms):
                return sum(map(self.value, terms), Fraction(0))
            case t.Negative(value):
                return -self.value(value)
            case t.Product(factors):
                return math.prod(map(self.value, factors), start=Fraction(1))
            case t.Quotient(over, under):
                return self.value(over) / self.value(under)
            case t.Mixed(whole, fraction):
                return self.value(whole) + self.value(fraction)
            case t.Power(base, exponent):
                return self._power(self.value(base), self.value(exponent))
            case t.Call(name, (inner,)) if name in _WHOLE:
                return Fraction(_WHOLE[name](self.value(inner)))
            case t.Call("factorial", (inner,)):
                return self._factorial(self.value(inner))
            case t.Call("binomial", (above, below)):
                return self._binomial(self.value(above), self.value(below))
        raise _Other

    def _power(self, base: Fraction, exponent: Fraction) -> Fraction:
        bits = base.numerator.bit_length() + base.denominator.bit_length()
        if exponent.denominator != 1 or abs(exponent) * bits > _MOST_BITS:
            raise _Other
        return base ** int(exponent)

    def _factorial(self, number: Fraction) -> Fraction:
        if number.denominator != 1 or not 0 <= number <= _MOST_FACTORS:
            raise _Other
        return Fraction(math.factorial(int(number)))

    def _binomial(self, above: Fraction, below: Fraction) -> Fraction:
        if (above.denominator, below.denominator) != (1, 1) or not 0 <= below <= above <= 2 * _MOST_FACTORS:
            raise _Other
        return Fraction(math.comb(int(above), int(below)))
