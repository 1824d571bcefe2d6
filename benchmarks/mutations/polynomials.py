"""Polynomials with rational coefficients: read off an expression, written expanded, factored, after Horner."""

from __future__ import annotations

from fractions import Fraction
from itertools import product
from math import gcd

from benchmarks.mutations.model import Expr, Name, Neg, Num, Power, Product, Quotient, Sum

# Exponents of the variables, in the order of their names, to the coefficient.
Terms = dict[tuple[int, ...], Fraction]
MOST_TERMS = 40
MOST_POWER = 8


def terms_of(expr: Expr, variables: list[str]) -> Terms | None:
    """The terms of a polynomial in these variables; None if it is none, or has many terms."""
    match expr:
        case Num():
            return {(0,) * len(variables): expr.value}
        case Name(text):
            return {tuple(int(name == text) for name in variables): Fraction(1)} if text in variables else None
        case Neg(of):
            inner = terms_of(of, variables)
            return {key: -value for key, value in inner.items()} if inner is not None else None
        case Sum(parts) | Product(parts):
            found = [terms_of(part, variables) for part in parts]
            total = found[0]
            for other in found[1:]:
                if total is None or other is None:
                    return None
                total = _added(total, other) if isinstance(expr, Sum) else _multiplied(total, other)
            return total
        case Quotient(over, Num() as under) if under.value:
            inner = terms_of(over, variables)
            return {key: value / under.value for key, value in inner.items()} if inner is not None else None
        case Power(base, Num() as exponent) if exponent.whole is not None and 1 <= exponent.whole <= MOST_POWER:
            return terms_of(Product((base,) * exponent.whole), variables)
    return None


def _added(one: Terms, other: Terms) -> Terms:
    total = dict(one)
    for key, value in other.items():
        total[key] = total.get(key, Fraction(0)) + value
    return {key: value for key, value in total.items() if value}


def _multiplied(one: Terms, other: Terms) -> Terms | None:
    total: Terms = {}
    for (left, a), (right, b) in product(one.items(), other.items()):
        key = tuple(map(sum, zip(left, right, strict=True)))
        total[key] = total.get(key, Fraction(0)) + a * b
    return {key: value for key, value in total.items() if value} if len(total) <= MOST_TERMS else None


def expanded(terms: Terms, variables: list[str]) -> Expr:
    """The sum of the terms, highest powers first."""
    written = [_term(terms[key], key, variables) for key in sorted(terms, key=lambda key: (-sum(key), key[::-1]))]
    return written[0] if len(written) == 1 else Sum(tuple(written)) if written else Num("0")


def _term(value: Fraction, key: tuple[int, ...], variables: list[str]) -> Expr:
    powers: list[Expr] = [
        Name(name) if power == 1 else Power(Name(name), Num(str(power)))
        for name, power in zip(variables, key, strict=True)
        if power
    ]
    factors = powers if powers and abs(value) == 1 else [number(abs(value)), *powers]
    term = factors[0] if len(factors) == 1 else Product(tuple(factors))
    return Neg(term) if value < 0 else term


def number(value: Fraction) -> Expr:
    """A rational number as an expression."""
    digits = Num(str(abs(value.numerator)))
    size = digits if value.denominator == 1 else Quotient(digits, Num(str(value.denominator)))
    return Neg(size) if value < 0 else size


def factored(terms: Terms, variable: str) -> Expr | None:
    """A polynomial in one variable as a product of linear factors with whole roots and a rest; None if it has none."""
    coefficients = _dense(terms)
    if len(coefficients) < 3 or any(value.denominator != 1 for value in coefficients):
        return None
    content = gcd(*(value.numerator for value in coefficients)) or 1
    coefficients = [value / content for value in coefficients]
    linear: list[Expr] = []
    for root in sorted(range(-30, 31), key=abs):
        times = 0
        while len(coefficients) > 1 and (rest := _divided(coefficients, root)) is not None:
            coefficients, times = rest, times + 1
        base: Expr = Name(variable) if root == 0 else Sum((Name(variable), number(Fraction(-root))))
        linear += [base] if times == 1 else [Power(base, Num(str(times)))] if times else []
    if not linear:
        return None
    factors = linear if coefficients == [1] else [*linear, expanded(_sparse(coefficients), [variable])]
    factors = factors if content == 1 else [Num(str(content)), *factors]
    return Product(tuple(factors)) if len(factors) > 1 else None


def horner(terms: Terms, variable: str) -> Expr | None:
    """A polynomial in one variable written as `x(x+3)+2`; None if it is too short."""
    coefficients = _dense(terms)
    if len(coefficients) < 3 or not coefficients[-1]:
        return None
    return Sum((Product((Name(variable), expanded(_sparse(coefficients[:-1]), [variable]))), number(coefficients[-1])))


def _dense(terms: Terms) -> list[Fraction]:
    """The coefficients from the highest power down."""
    highest = max((key[0] for key in terms), default=0)
    return [terms.get((power,), Fraction(0)) for power in range(highest, -1, -1)]


def _sparse(coefficients: list[Fraction]) -> Terms:
    return {(power,): value for power, value in enumerate(reversed(coefficients)) if value}


def _divided(coefficients: list[Fraction], root: int) -> list[Fraction] | None:
    """The quotient by `x - root`; None if there is a remainder."""
    row = [coefficients[0]]
    for value in coefficients[1:]:
        row.append(value + root * row[-1])
    return row[:-1] if row[-1] == 0 else None
