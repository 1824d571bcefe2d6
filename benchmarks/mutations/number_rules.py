r"""Ways to write numbers otherwise: fractions, decimals, mixed numbers, powers, sums, well-known values of functions.

Each takes an expression and chance, and gives the same one or None; `rules` says where they may be applied.
"""

from __future__ import annotations

from fractions import Fraction
from math import comb, factorial
from random import Random

from benchmarks.mutations.model import Expr, Mixed, Name, Neg, Num, Power, Product, Quotient, Root, Sum, Written
from benchmarks.mutations.polynomials import number
from benchmarks.mutations.worth import names, same
from benchmarks.mutations.writing import plain

_PRODUCT = 1


def _fraction(expr: Expr) -> tuple[int, int] | None:
    """Numerator and denominator of a quotient of whole numbers."""
    if isinstance(expr, Quotient) and isinstance(expr.over, Num) and isinstance(expr.under, Num):
        over, under = expr.over.whole, expr.under.whole
        return (over, under) if over is not None and under else None
    return None


def whole_of(expr: Expr) -> int | None:
    return expr.whole if isinstance(expr, Num) else None


def slash(expr: Expr, draw: Random) -> Expr | None:
    return Written(f"{found[0]}/{found[1]}", expr, _PRODUCT) if (found := _fraction(expr)) else None


def decimal(expr: Expr, draw: Random) -> Expr | None:
    r"""`\frac{1}{4}` as `0.25`."""
    if (found := _fraction(expr)) is None:
        return None
    for places in range(1, 9):
        if found[0] * 10**places % found[1] == 0:
            return Written(_decimal(found[0] * 10**places // found[1], places), expr)
    return None


def _decimal(digits: int, places: int) -> str:
    text = str(digits).zfill(places + 1)
    return f"{text[:-places]}.{text[-places:]}"


def repeating(expr: Expr, draw: Random) -> Expr | None:
    r"""`\frac{1}{3}` as `0.\overline{3}`."""
    if (found := _fraction(expr)) is None:
        return None
    over, under = found
    for before in range(3):
        for period in range(1, 7):
            if over * 10**before * (10**period - 1) % under == 0:
                repeated = over * 10**before * (10**period - 1) // under
                lead, digits = divmod(repeated, 10**period - 1)
                head = _decimal(lead, before) if before else f"{lead}."
                return Written(rf"{head}\overline{{{digits:0{period}d}}}", expr) if digits else None
    return None


def fraction(expr: Expr, draw: Random) -> Expr | None:
    """`0.25` as a fraction."""
    return number(expr.value) if isinstance(expr, Num) and "." in expr.text else None


def unreduced(expr: Expr, draw: Random) -> Expr | None:
    if (found := _fraction(expr)) is None:
        return None
    factor = draw.randint(2, 9)
    return Quotient(Num(str(found[0] * factor)), Num(str(found[1] * factor)))


def mixed(expr: Expr, draw: Random) -> Expr | None:
    """An improper fraction as a mixed number."""
    if (found := _fraction(expr)) is None or found[0] <= found[1] or found[0] % found[1] == 0:
        return None
    whole, over = divmod(found[0], found[1])
    return Mixed(whole, over, found[1]) if draw.random() < 0.5 else Written(f"{whole} {over}/{found[1]}", expr, 0)


def improper(expr: Expr, draw: Random) -> Expr | None:
    return number(Fraction(expr.whole) + Fraction(expr.over, expr.under)) if isinstance(expr, Mixed) else None


def minus_moved(expr: Expr, draw: Random) -> Expr | None:
    r"""`-\frac{1}{3}` as `\frac{-1}{3}` or `\frac{1}{-3}`."""
    if not isinstance(expr, Neg) or not isinstance(expr.of, Quotient):
        return None
    over, under = expr.of.over, expr.of.under
    return draw.choice([Quotient(Neg(over), under), Quotient(over, Neg(under))])


def zeros_added(expr: Expr, draw: Random) -> Expr | None:
    if not isinstance(expr, Num):
        return None
    return Written(expr.text + ("" if "." in expr.text else ".") + "0" * draw.randint(1, 2), expr)


def zero_dropped(expr: Expr, draw: Random) -> Expr | None:
    return Written(expr.text[1:], expr) if isinstance(expr, Num) and expr.text.startswith("0.") else None


def scientific(expr: Expr, draw: Random) -> Expr | None:
    if not isinstance(expr, Num) or not expr.value or 0.1 <= expr.value < 100:
        return None
    digits, power = expr.value, 0
    while digits >= 10:
        digits, power = digits / 10, power + 1
    while digits < 1:
        digits, power = digits * 10, power - 1
    places = next((places for places in range(30) if (digits * 10**places).denominator == 1), None)
    if places is None:
        return None
    text = _decimal(int(digits * 10**places), places) if places else str(digits)
    return Written(draw.choice([rf"{text} \times 10^{{{power}}}", rf"{text} \cdot 10^{{{power}}}", f"{text}e{power}"]),
                   expr, _PRODUCT)  # fmt: skip


def as_power(expr: Expr, draw: Random) -> Expr | None:
    value = whole_of(expr)
    if value is None or value > 10**12:
        return None
    for base in range(2, 40):
        power = next((power for power in range(2, 41) if base**power == value), None)
        if power is not None:
            return Power(Num(str(base)), Num(str(power)))
    return None


def arithmetic(expr: Expr, draw: Random) -> Expr | None:
    """A whole number as a product, a sum, a difference or a quotient of two."""
    value = whole_of(expr)
    if value is None or not 3 < value < 10**9:
        return None
    divisor = next((divisor for divisor in (7, 5, 3, 2) if value % divisor == 0 and value != divisor), None)
    if divisor is not None and draw.random() < 0.5:
        return Product((Num(str(divisor)), Num(str(value // divisor))))
    part = draw.randint(1, value - 1)
    forms: list[Expr] = [
        Sum((Num(str(part)), Num(str(value - part)))),
        Sum((Num(str(value + part)), Neg(Num(str(part))))),
        Quotient(Num(str(3 * value)), Num("3")),
    ]
    return draw.choice(forms)


def counted(expr: Expr, draw: Random) -> Expr | None:
    """A whole number as a factorial or a binomial coefficient."""
    value = whole_of(expr)
    forms = [f"{n}!" for n in range(3, 13) if factorial(n) == value]
    forms += [rf"\binom{{{n}}}{{{k}}}" for n in range(4, 21) for k in range(2, n // 2 + 1) if comb(n, k) == value]
    return Written(draw.choice(forms), expr) if forms else None


def logarithm(expr: Expr, draw: Random) -> Expr | None:
    value = whole_of(expr)
    if value is None or not 2 <= value <= 9:
        return None
    return Written(draw.choice([rf"\log_{{2}} {2**value}", rf"\log_3({3**value})", rf"\ln e^{{{value}}}",
                                rf"\log_{{10}} {10**value}"]), expr, _PRODUCT)  # fmt: skip


_WAVES = {
    (1, 1, 2): [r"\sin 30^\circ", r"\cos\frac{\pi}{3}", r"\sin\left(\frac{\pi}{6}\right)"],
    (3, 1, 2): [r"\sin 60^\circ", r"\cos\frac{\pi}{6}", r"\cos(30^\circ)"],
    (2, 1, 2): [r"\sin 45^\circ", r"\cos\frac{\pi}{4}"],
    (3, 1, 1): [r"\tan 60^\circ", r"\tan\frac{\pi}{3}"],
    (3, 1, 3): [r"\tan 30^\circ", r"\tan\frac{\pi}{6}"],
    (1, 1, 1): [r"\tan 45^\circ", r"\sin^2 20^\circ + \cos^2 20^\circ"],
}


def wave(expr: Expr, draw: Random) -> Expr | None:
    """A well-known value as a sine, cosine or tangent."""
    if names(expr):
        return None
    for (root, over, under), forms in _WAVES.items():
        value = Quotient(Product((Num(str(over)), Root(Num(str(root))))), Num(str(under)))
        if same(expr, value):
            return Written(draw.choice(forms), expr, 0)
    return None


def imaginary(expr: Expr, draw: Random) -> Expr | None:
    return Written(draw.choice([r"\mathrm{i}", r"\sqrt{-1}"]), expr) if expr == Name("i") else None


def absolute(expr: Expr, draw: Random) -> Expr | None:
    return Written(f"|-{expr.text}|", expr) if isinstance(expr, Num) else None


def plain_text(expr: Expr, draw: Random) -> Expr | None:
    return Written(plain(expr), expr, 0)
