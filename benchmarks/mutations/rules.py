r"""Ways to write an expression otherwise: each takes an expression and chance, and gives the same one or None.

Those in `INSIDE` may be applied to any part of an expression, those in `WHOLE` only to a whole one, such as an item of
a tuple: `6\frac14` inside a product would say something else.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from math import gcd, isqrt
from random import Random

from benchmarks.mutations.model import (
    Call,
    Expr,
    Mixed,
    Name,
    Neg,
    Num,
    Power,
    Product,
    Quotient,
    Root,
    Sum,
    Written,
)
from benchmarks.mutations.number_rules import (
    absolute,
    arithmetic,
    as_power,
    counted,
    decimal,
    fraction,
    imaginary,
    improper,
    logarithm,
    minus_moved,
    mixed,
    plain_text,
    repeating,
    scientific,
    slash,
    unreduced,
    wave,
    whole_of,
    zero_dropped,
    zeros_added,
)
from benchmarks.mutations.polynomials import expanded, factored, horner, terms_of
from benchmarks.mutations.worth import Unsure, names, same
from benchmarks.mutations.writing import latex

Rule = Callable[[Expr, Random], Expr | None]
_PRODUCT, _ATOM = 1, 3


def root_combined(expr: Expr, draw: Random) -> Expr | None:
    r"""`3\sqrt{2}` as `\sqrt{18}`."""
    match expr:
        case Product((Num() as factor, Root(Num() as of, 2))) if factor.whole and of.whole:
            return Root(Num(str(factor.whole**2 * of.whole)))
    return None


def root_split(expr: Expr, draw: Random) -> Expr | None:
    r"""`\sqrt{12}` as `2\sqrt{3}`, `\sqrt{6}` as `\sqrt{2}\sqrt{3}`."""
    match expr:
        case Root(Num() as of, 2) if of.whole and 1 < of.whole < 10**6:
            square = next((root for root in range(isqrt(of.whole), 1, -1) if of.whole % root**2 == 0), 1)
            if square > 1:
                return Product((Num(str(square)), Root(Num(str(of.whole // square**2)))))
            prime = next((prime for prime in range(2, isqrt(of.whole) + 1) if of.whole % prime == 0), None)
            return Product((Root(Num(str(prime))), Root(Num(str(of.whole // prime))))) if prime else None
    return None


def root_power(expr: Expr, draw: Random) -> Expr | None:
    r"""`\sqrt{2}` as `2^{1/2}`, `\sqrt[4]{4}`."""
    if not isinstance(expr, Root):
        return None
    half = Quotient(Num("1"), Num(str(expr.index)))
    forms: list[Expr] = [Power(expr.of, half), Power(expr.of, Written(f"1/{expr.index}", half))]
    if (value := whole_of(expr.of)) is not None:
        forms.append(Root(Num(str(value**2)), 2 * expr.index))
    return draw.choice(forms)


def rationalised(expr: Expr, draw: Random) -> Expr | None:
    r"""`\frac{1}{\sqrt{2}}` as `\frac{\sqrt{2}}{2}` and the other way."""
    if not isinstance(expr, Quotient):
        return None
    match expr.under:
        case Root(Num() as of, 2):
            return Quotient(expr.under if expr.over == Num("1") else Product((*_factors(expr.over), expr.under)), of)
        case Num():
            roots = [factor for factor in _factors(expr.over) if isinstance(factor, Root) and factor.index == 2]
            if roots and isinstance(roots[0].of, Num):
                rest = [roots[0].of if factor is roots[0] else factor for factor in _factors(expr.over)]
                over = rest[0] if len(rest) == 1 else Product(tuple(rest))
                return Quotient(over, Product((expr.under, roots[0])))
    return None


def conjugate(expr: Expr, draw: Random) -> Expr | None:
    r"""`1+\sqrt{2}` as `\frac{-1}{1-\sqrt{2}}`: multiplied by its conjugate above and below."""
    match expr:
        case Sum((first, second)) if not names(expr):
            other = second.of if isinstance(second, Neg) else Neg(second)
            square = Sum(
                (Power(first, Num("2")), Neg(Power(second.of if isinstance(second, Neg) else second, Num("2"))))
            )
            squares = [part.of if isinstance(part, Neg) else part for part in (first, second)]
            if all(isinstance(part, Num | Root | Product) for part in squares):
                return Quotient(square, Sum((first, other)))
    return None


def _factors(expr: Expr) -> tuple[Expr, ...]:
    return expr.factors if isinstance(expr, Product) else (expr,)


def sum_reordered(expr: Expr, draw: Random) -> Expr | None:
    if not isinstance(expr, Sum):
        return None
    terms = [*expr.terms]
    draw.shuffle(terms)
    return Sum(tuple(terms)) if terms != [*expr.terms] else None


def product_reordered(expr: Expr, draw: Random) -> Expr | None:
    if not isinstance(expr, Product):
        return None
    return Written(r" \cdot ".join(latex(factor, 2) for factor in reversed(expr.factors)), expr, _PRODUCT)


def times_written(expr: Expr, draw: Random) -> Expr | None:
    if not isinstance(expr, Product):
        return None
    sign = draw.choice([r" \cdot ", r"\times ", " * ", r"\ "])
    if sign == r"\ " and any(isinstance(factor, Num | Mixed | Quotient) for factor in expr.factors[1:]):
        return None
    return Written(sign.join(latex(factor, 2) for factor in expr.factors), expr, _PRODUCT)


def divided(expr: Expr, draw: Random) -> Expr | None:
    r"""A quotient with `\div` or `/`."""
    if not isinstance(expr, Quotient):
        return None
    sign = draw.choice([r" \div ", "/", " / "])
    return Written(f"{latex(expr.over, 2)}{sign}{latex(expr.under, 3)}", expr, _PRODUCT)


def quotient_split(expr: Expr, draw: Random) -> Expr | None:
    r"""`\frac{1+\sqrt{5}}{2}` as two quotients."""
    match expr:
        case Quotient(Sum(terms), under):
            return Sum(tuple(Neg(Quotient(term.of, under)) if isinstance(term, Neg) else Quotient(term, under)
                             for term in terms))  # fmt: skip
    return None


def quotient_joined(expr: Expr, draw: Random) -> Expr | None:
    """A sum of two, one a quotient, over a common denominator."""
    match expr:
        case Sum((first, second)):
            (a, b), (c, d) = _over(first), _over(second)
            if (b, d) == (Num("1"), Num("1")):
                return None
            left = a if d == Num("1") else Product((d, a))
            right = c if b == Num("1") else Product((b, c))
            return Quotient(Sum((left, right)), b if d == Num("1") else d if b == Num("1") else Product((b, d)))
    return None


def _over(expr: Expr) -> tuple[Expr, Expr]:
    if isinstance(expr, Neg):
        over, under = _over(expr.of)
        return Neg(over), under
    return (expr.over, expr.under) if isinstance(expr, Quotient) else (expr, Num("1"))


def factor_out(expr: Expr, draw: Random) -> Expr | None:
    r"""`\frac{3\pi}{4}` as `\frac{3}{4}\pi`."""
    match expr:
        case Quotient(Product((Num() as factor, *rest)), Num() as under) if factor.whole and under.whole:
            return Product((Quotient(factor, under), *rest))
        case Quotient(over, Num() as under) if under.whole and not isinstance(over, Num | Sum | Neg):
            return Product((Quotient(Num("1"), under), *_factors(over)))
    return None


def common_factor(expr: Expr, draw: Random) -> Expr | None:
    """`12 + 6x` as `6(2 + x)`."""
    if not isinstance(expr, Sum):
        return None
    counts = [_count(term) for term in expr.terms]
    divisor = gcd(*(count or 1 for count in counts))
    if divisor < 2:
        return None
    return Product((Num(str(divisor)), Sum(tuple(_shared(term, divisor) for term in expr.terms))))


def _count(term: Expr) -> int | None:
    first = _factors(term.of if isinstance(term, Neg) else term)[0]
    return whole_of(first)


def _shared(term: Expr, divisor: int) -> Expr:
    if isinstance(term, Neg):
        return Neg(_shared(term.of, divisor))
    first, *rest = _factors(term)
    left = (whole_of(first) or 1) // divisor
    if not rest:
        return Num(str(left))
    return Product((Num(str(left)), *rest)) if left != 1 else rest[0] if len(rest) == 1 else Product(tuple(rest))


def sign_outside(expr: Expr, draw: Random) -> Expr | None:
    """`a - b` as `-(b - a)`."""
    if not isinstance(expr, Sum):
        return None
    flipped = [term.of if isinstance(term, Neg) else Neg(term) for term in expr.terms]
    return Neg(Sum(tuple(flipped)))


def power_unfolded(expr: Expr, draw: Random) -> Expr | None:
    """`x^3` as `x * x^2`."""
    match expr:
        case Power(base, Num() as exponent) if exponent.whole and 1 < exponent.whole < 10**6:
            less = exponent.whole - 1
            return Product((base, base if less == 1 else Power(base, Num(str(less)))))
    return None


def power_regrouped(expr: Expr, draw: Random) -> Expr | None:
    """`2^{10}` as `4^5`, `x^4` as `(x^2)^2`."""
    match expr:
        case Power(base, Num() as exponent) if exponent.whole and exponent.whole % 2 == 0 and exponent.whole > 2:
            half = Num(str(exponent.whole // 2))
            value = whole_of(base)
            return Power(Num(str(value**2)) if value else Power(base, Num("2")), half)
    return None


def negative_exponent(expr: Expr, draw: Random) -> Expr | None:
    r"""`\frac{a}{x}` as `a x^{-1}`."""
    if not isinstance(expr, Quotient) or isinstance(expr.under, Neg):
        return None
    under = expr.under
    power = Power(under.base, Neg(under.exponent)) if isinstance(under, Power) else Power(under, Neg(Num("1")))
    return power if expr.over == Num("1") else Product((*_factors(expr.over), power))


def term_split(expr: Expr, draw: Random) -> Expr | None:
    """`5x` as `2x + 3x`."""
    match expr:
        case Product((Num() as factor, *rest)) if factor.whole and 1 < factor.whole < 10**6:
            part = draw.randint(1, factor.whole - 1)
            return Sum((Product((Num(str(part)), *rest)), Product((Num(str(factor.whole - part)), *rest))))
    return None


def _polynomial(expr: Expr, form: Callable[[dict[tuple[int, ...], Fraction], list[str]], Expr | None]) -> Expr | None:
    variables = sorted(names(expr))
    if not variables or not isinstance(expr, Sum | Product | Power | Quotient):
        return None
    terms = terms_of(expr, variables)
    return form(terms, variables) if terms else None


def poly_expanded(expr: Expr, draw: Random) -> Expr | None:
    return _polynomial(expr, expanded)


def poly_factored(expr: Expr, draw: Random) -> Expr | None:
    return _polynomial(expr, lambda terms, variables: factored(terms, variables[0]) if len(variables) == 1 else None)


def poly_horner(expr: Expr, draw: Random) -> Expr | None:
    return _polynomial(expr, lambda terms, variables: horner(terms, variables[0]) if len(variables) == 1 else None)


def identity(expr: Expr, draw: Random) -> Expr | None:
    """A function by its definition or with another argument."""
    match expr:
        case Call("tan", of):
            return Quotient(Call("sin", of), Call("cos", of))
        case Call("cot", of):
            return Quotient(Call("cos", of), Call("sin", of))
        case Call("sec", of):
            return Quotient(Num("1"), Call("cos", of))
        case Call("csc", of):
            return Quotient(Num("1"), Call("sin", of))
        case Call("sin", of):
            if draw.random() < 0.5:
                return Neg(Call("sin", Neg(of)))
            return Call("cos", Sum((Quotient(Name("\\pi"), Num("2")), Neg(of))))
        case Call("cos", of):
            return Call("cos", Neg(of))
    return None


def assured(rule: Rule) -> Rule:
    """The rule, but None where what it gives is not worth the same, or cannot be told."""

    def checked(expr: Expr, draw: Random) -> Expr | None:
        changed = rule(expr, draw)
        try:
            return changed if changed is not None and same(expr, changed) else None
        except Unsure:
            return None

    return checked


INSIDE: Mapping[str, Rule] = {
    rule.__name__: assured(rule)
    for rule in (
        slash, decimal, fraction, unreduced, minus_moved, arithmetic, counted, as_power, root_combined, root_split,
        root_power, rationalised, conjugate, sum_reordered, product_reordered, times_written, divided, quotient_split,
        quotient_joined, factor_out, common_factor, sign_outside, power_unfolded, power_regrouped, negative_exponent,
        term_split, poly_expanded, poly_factored, poly_horner, identity, imaginary,
    )
}  # fmt: skip
WHOLE: Mapping[str, Rule] = {
    rule.__name__: assured(rule)
    for rule in (
        repeating, mixed, improper, zeros_added, zero_dropped, scientific, logarithm, wave, absolute, plain_text,
    )
}  # fmt: skip
