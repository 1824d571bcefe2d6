r"""Ways to break an expression: each takes one and chance, and gives another or None.

That the other is worth something else is not said here; `breaks` looks at what it makes of the whole answer.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from random import Random

import mpmath

from benchmarks.mutations.model import Call, Expr, Mixed, Name, Neg, Num, Power, Product, Quotient, Root, Sum
from benchmarks.mutations.rules import Rule
from benchmarks.mutations.worth import names, values


def digit_changed(expr: Expr, draw: Random) -> Expr | None:
    if not isinstance(expr, Num):
        return None
    at = draw.choice([at for at, char in enumerate(expr.text) if char.isdigit()])
    other = draw.choice([digit for digit in "123456789" if digit != expr.text[at]])
    return Num(expr.text[:at] + other + expr.text[at + 1 :])


def digits_swapped(expr: Expr, draw: Random) -> Expr | None:
    if not isinstance(expr, Num) or expr.whole is None or len(expr.text) < 2:
        return None
    at = draw.randrange(len(expr.text) - 1)
    swapped = expr.text[:at] + expr.text[at + 1] + expr.text[at] + expr.text[at + 2 :]
    return Num(swapped) if swapped[0] != "0" else None


def digit_dropped(expr: Expr, draw: Random) -> Expr | None:
    return Num(expr.text[:-1]) if isinstance(expr, Num) and expr.whole is not None and len(expr.text) > 1 else None


def off_by_one(expr: Expr, draw: Random) -> Expr | None:
    if not isinstance(expr, Num) or expr.whole is None:
        return None
    return Num(str(expr.whole + (draw.choice([-1, 1]) if expr.whole > 1 else 1)))


def point_moved(expr: Expr, draw: Random) -> Expr | None:
    """Ten times as much, or as little."""
    if not isinstance(expr, Num) or not expr.value:
        return None
    if expr.whole is not None:
        return Num(f"{expr.text}0")
    whole, rest = expr.text.split(".")
    return Num(str(int(whole + rest[0])) + (f".{rest[1:]}" if rest[1:] else ""))


def sign_flipped(expr: Expr, draw: Random) -> Expr | None:
    return expr.of if isinstance(expr, Neg) else Neg(expr)


def operator_flipped(expr: Expr, draw: Random) -> Expr | None:
    """A plus for a minus or the other way."""
    if not isinstance(expr, Sum):
        return None
    at = draw.randrange(1, len(expr.terms))
    term = expr.terms[at]
    other = term.of if isinstance(term, Neg) else Neg(term)
    return Sum((*expr.terms[:at], other, *expr.terms[at + 1 :]))


def term_dropped(expr: Expr, draw: Random) -> Expr | None:
    return _one_less(expr.terms, Sum, draw) if isinstance(expr, Sum) else None


def factor_dropped(expr: Expr, draw: Random) -> Expr | None:
    """Such as `\\pi` for `3\\pi`, or 3."""
    return _one_less(expr.factors, Product, draw) if isinstance(expr, Product) else None


def _one_less(parts: tuple[Expr, ...], join: Callable[[tuple[Expr, ...]], Expr], draw: Random) -> Expr:
    at = draw.randrange(len(parts))
    rest = (*parts[:at], *parts[at + 1 :])
    return rest[0] if len(rest) == 1 else join(rest)


def quotient_inverted(expr: Expr, draw: Random) -> Expr | None:
    return Quotient(expr.under, expr.over) if isinstance(expr, Quotient) else None


def denominator_dropped(expr: Expr, draw: Random) -> Expr | None:
    return expr.over if isinstance(expr, Quotient) else None


def root_dropped(expr: Expr, draw: Random) -> Expr | None:
    return expr.of if isinstance(expr, Root) else None


def root_of_other_kind(expr: Expr, draw: Random) -> Expr | None:
    return Root(expr.of, 3 if expr.index == 2 else 2) if isinstance(expr, Root) else None


def root_reaches_on(expr: Expr, draw: Random) -> Expr | None:
    r"""`\sqrt{3 \cdot 2}` for `3\sqrt{2}`, `\sqrt{2+1}` for `\sqrt{2}+1`."""
    match expr:
        case Product((Num() as factor, Root(of, 2))):
            return Root(Product((factor, of)))
        case Sum((first, Root(of, 2))):
            return Root(Sum((first, of)))
    return None


def exponent_changed(expr: Expr, draw: Random) -> Expr | None:
    if not isinstance(expr, Power) or not isinstance(expr.exponent, Num) or expr.exponent.whole is None:
        return None
    return Power(expr.base, Num(str(expr.exponent.whole + 1)))


def exponent_dropped(expr: Expr, draw: Random) -> Expr | None:
    return expr.base if isinstance(expr, Power) else None


def power_as_product(expr: Expr, draw: Random) -> Expr | None:
    """`3x` for `x^3`."""
    return Product((expr.exponent, expr.base)) if isinstance(expr, Power) else None


def parentheses_lost(expr: Expr, draw: Random) -> Expr | None:
    """`2x + 1` for `2(x + 1)`, `-a^2` for `(-a)^2`."""
    match expr:
        case Product((first, Sum((second, *rest)))):
            return Sum((Product((first, second)), *rest))
        case Power(Sum((first, *rest)), exponent):
            return Sum((first, *rest[:-1], Power(rest[-1], exponent)))
        case Neg(Sum((first, *rest))):
            return Sum((Neg(first), *rest))
    return None


def mixed_as_product(expr: Expr, draw: Random) -> Expr | None:
    if not isinstance(expr, Mixed):
        return None
    return Product((Num(str(expr.whole)), Quotient(Num(str(expr.over)), Num(str(expr.under)))))


def function_changed(expr: Expr, draw: Random) -> Expr | None:
    other = {"sin": "cos", "cos": "sin", "tan": "cot", "cot": "tan", "sec": "csc", "csc": "sec"}
    return Call(other[expr.function], expr.of) if isinstance(expr, Call) else None


def variable_renamed(expr: Expr, draw: Random) -> Expr | None:
    if not isinstance(expr, Name) or expr.text in ("\\pi", "i"):
        return None
    return Name(draw.choice([name for name in ("x", "y", "a", "n", "t") if name != expr.text]))


def pi_rounded(expr: Expr, draw: Random) -> Expr | None:
    r"""3.14 or `\frac{22}{7}` for `\pi`."""
    if expr != Name("\\pi"):
        return None
    return Num("3.14") if draw.random() < 0.5 else Quotient(Num("22"), Num("7"))


def root_rounded(expr: Expr, draw: Random) -> Expr | None:
    if not isinstance(expr, Root) or names(expr):
        return None
    value = values(expr)[0]
    return Num(mpmath.nstr(value.real, draw.choice([3, 5, 8]))) if not value.imag and value.real < 10**5 else None


def whole_rounded(expr: Expr, draw: Random) -> Expr | None:
    """An exact value as a decimal that is none of its own."""
    if names(expr) or isinstance(expr, Num | Neg):
        return None
    value = values(expr)[0]
    if value.imag or not 10**-3 < abs(value.real) < 10**5:
        return None
    text = mpmath.nstr(abs(value.real), draw.choice([3, 4, 7, 10]), min_fixed=-9, max_fixed=12)
    return Neg(Num(text)) if value.real < 0 else Num(text)


def decimal_cut(expr: Expr, draw: Random) -> Expr | None:
    """A decimal with a place less."""
    if not isinstance(expr, Num) or expr.whole is not None:
        return None
    text = expr.text[:-1].rstrip(".")
    return Num(text) if text else None


def decimal_added(expr: Expr, draw: Random) -> Expr | None:
    """A little more than a whole number: 42.001 for 42."""
    if not isinstance(expr, Num) or expr.whole is None:
        return None
    return Num(f"{expr.text}.{draw.choice(['5', '1', '01', '001', '000001', '0000000001'])}")


RULES: Mapping[str, Rule] = {
    rule.__name__: rule
    for rule in (
        digit_changed, digits_swapped, digit_dropped, off_by_one, point_moved, sign_flipped, operator_flipped,
        term_dropped, factor_dropped, quotient_inverted, denominator_dropped, root_dropped, root_of_other_kind,
        root_reaches_on, exponent_changed, exponent_dropped, power_as_product, parentheses_lost, mixed_as_product,
        function_changed, variable_renamed, pi_rounded, root_rounded, whole_rounded, decimal_cut, decimal_added,
    )
}  # fmt: skip
OF_WHOLES = ("whole_rounded",)
