"""Short names for trees, so that tables of cases are read at a glance."""

from __future__ import annotations

from fractions import Fraction

from mathmill.eval.syntax import trees as t

PI, E, IMAGINARY, INFINITY = t.Constant("pi"), t.Constant("e"), t.Constant("i"), t.Constant("infinity")


def n(value: int | str, places: int | None = None) -> t.Number:
    """A number; a text may be a fraction."""
    return t.Number(Fraction(value), places)


def sym(name: str) -> t.Symbol:
    return t.Symbol(name)


def add(*terms: t.Tree) -> t.Sum:
    return t.Sum(terms)


def mul(*factors: t.Tree) -> t.Product:
    return t.Product(factors)


def neg(value: t.Tree) -> t.Negative:
    return t.Negative(value)


def over(numerator: t.Tree, denominator: t.Tree) -> t.Quotient:
    return t.Quotient(numerator, denominator)


def power(base: t.Tree, exponent: t.Tree) -> t.Power:
    return t.Power(base, exponent)


def root(radicand: t.Tree, degree: int = 2) -> t.Root:
    return t.Root(radicand, n(degree))


def call(function: str, *arguments: t.Tree) -> t.Call:
    return t.Call(function, arguments)


def items(kind: str, *each: t.Tree) -> t.Items:
    return t.Items(kind, each)  # type: ignore[arg-type]


def rel(*parts: t.Tree | str) -> t.Relation:
    """A relation from terms and signs in turn."""
    terms = tuple(part for part in parts[::2] if not isinstance(part, str))
    return t.Relation(terms, tuple(str(part) for part in parts[1::2]))


def of(value: t.Tree, unit: str) -> t.Quantity:
    return t.Quantity(value, unit)
