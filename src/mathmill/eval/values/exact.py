"""Trees as forms: arithmetic, radicals, logarithms, angles, done exactly and without a computer algebra system.

Sound, not complete: two trees with equal forms are equal wherever both are defined over the reals (powers of an unknown
are taken as of a positive one); what is not known is `Undecided`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from functools import lru_cache

from mathmill.eval.syntax import trees as t
from mathmill.eval.values.polynomials import MAX_BITS, Form, Monomial, Undecided

MAX_FACTORIAL = 200
_MOST_TRIALS = 2_000  # divisors tried before what is left of a number is taken for a prime
_PI, _E, _I = Form.atom(("pi",)), Form.atom(("e",)), Form.atom(("i",))


@lru_cache(maxsize=4_096)
def form_of(tree: t.Tree) -> Form:
    """The form of a tree.

    Raises:
        Undecided: it is no single value, too large, or of a kind not known here.
    """
    maker = _MAKERS.get(type(tree))
    if maker is None:
        raise Undecided(f"a {type(tree).__name__}")
    return maker(tree)


def are_equal(left: Form, right: Form) -> bool:
    """Whether two forms are proved equal.

    Raises:
        Undecided: their product is too large.
    """
    return left.key == right.key or (left - right).is_zero


def factored(number: int) -> dict[int, int]:
    """Primes and their exponents of a positive whole number; what many trials leave of it counts as a prime."""
    found: dict[int, int] = {}
    for divisor in (2, 3, *range(5, _MOST_TRIALS, 2)):
        if divisor * divisor > number:
            break
        while number % divisor == 0:
            found[divisor] = found.get(divisor, 0) + 1
            number //= divisor
    if number > 1:
        root = math.isqrt(number)
        found[root if root * root == number else number] = 2 if root * root == number else 1
    return found


def _constant(tree: t.Constant) -> Form:
    known = {"pi": _PI, "e": _E, "i": _I}
    if tree.name not in known:
        raise Undecided(f"the constant {tree.name}")
    return known[tree.name]


def _in_base(tree: t.InBase) -> Form:
    try:
        return Form.of(int(tree.digits, tree.base))
    except ValueError:
        raise Undecided(f"{tree.digits} in base {tree.base}") from None


def _sum(tree: t.Sum) -> Form:
    total = Form.of(0)
    for term in tree.terms:
        total = total + form_of(term)
    return total


def _product(tree: t.Product) -> Form:
    total = Form.of(1)
    for factor in tree.factors:
        total = total * form_of(factor)
    return total


def _quantity(tree: t.Quantity) -> Form:
    if tree.unit not in ("degree", "degrees"):
        raise Undecided("a quantity")
    return form_of(tree.value) * _PI * Form.of(Fraction(1, 180))


def _power(tree: t.Power) -> Form:
    return raised(form_of(tree.base), form_of(tree.exponent))


def _root(tree: t.Root) -> Form:
    degree = form_of(tree.degree).rational()
    if degree is None or degree.denominator != 1 or not 1 <= degree <= 100:
        raise Undecided("a root of no whole degree")
    return raised(form_of(tree.radicand), Form.of(1 / degree))


def raised(base: Form, exponent: Form) -> Form:
    """A power. Of negative numbers only whole powers, square roots and real odd roots are known."""
    power = exponent.rational()
    if power is not None and power.denominator == 1 and abs(power) < 10**6:
        return base.power(int(power))
    single = base.monomial()
    if single is None:
        return _opaque(base, power)
    coefficient, product = single
    if power is not None:
        return _fractional(coefficient, product, power)
    if coefficient <= 0:
        raise Undecided("a power of what may be negative")
    return _symbolic(coefficient, product, exponent)


def _opaque(base: Form, power: Fraction | None) -> Form:
    if power is None:
        raise Undecided("a power with an unknown exponent")
    whole = power.numerator // power.denominator
    rest = Form.atom(("sum", base.key), power - whole)
    return base.power(whole) * rest if whole else rest


def _fractional(coefficient: Fraction, product: Monomial, power: Fraction) -> Form:
    sign = Form.of(1)
    if coefficient < 0:
        if power.denominator == 2:
            sign = _I.power(power.numerator)
        elif power.denominator % 2 and not product:
            sign = Form.of((-1) ** (power.numerator % 2))
        else:
            raise Undecided("a root of what may be negative")
        coefficient = -coefficient
    if not coefficient:
        return Form.of(0)
    result = sign
    for number, direction in ((coefficient.numerator, 1), (coefficient.denominator, -1)):
        for prime, count in factored(number).items():
            exponent = power * count * direction
            if abs(exponent) * prime.bit_length() > MAX_BITS:
                raise Undecided("too many digits")
            result = result * Form.atom(("prime", prime), exponent)
    for atom, exponent in product:
        if not _is_positive(atom[0]) and not (len(product) == 1 and 0 < exponent <= 1):
            return result * Form.atom(("sum", Form({product: Fraction(1)}, {(): Fraction(1)}).key), power)
        result = result * Form({((atom, exponent * power),): Fraction(1)}, {(): Fraction(1)})
    return result


def _symbolic(coefficient: Fraction, product: Monomial, exponent: Form) -> Form:
    """`a^(r + s)` as `a^r a^s`, each exponent a coefficient times what the atom is raised along."""
    if set(exponent.under) != {()}:
        raise Undecided("a quotient of sums as an exponent")
    bases: list[tuple[tuple[object, ...], Fraction]] = []
    for number, direction in ((coefficient.numerator, 1), (coefficient.denominator, -1)):
        bases += [(("prime", prime), Fraction(count * direction)) for prime, count in factored(number).items()]
    for (base, along), times in product:
        if along:
            raise Undecided("a tower of unknowns")
        bases.append((base, times))
    result = Form.of(1)
    for along, times in exponent.over.items():
        for base, count in bases:
            atom = (base, along)
            result = result * Form({((atom, times * count / exponent.under[()]),): Fraction(1)}, {(): Fraction(1)})
    return result


def _is_positive(base: tuple[object, ...]) -> bool:
    return base[0] in ("prime", "pi", "e")


def _call(tree: t.Call) -> Form:
    arguments = tuple(map(form_of, tree.arguments))
    if (maker := _FUNCTIONS.get(tree.function)) is not None:
        return maker(*arguments)
    return _function(tree.function, *arguments)


def _function(name: str, *arguments: Form) -> Form:
    return Form.atom((name, *(argument.key for argument in arguments)))


def _whole(form: Form, limit: int) -> int:
    value = form.rational()
    if value is None or value.denominator != 1 or not 0 <= value <= limit:
        raise Undecided("no small whole number")
    return int(value)


def _binomial(n: Form, k: Form) -> Form:
    return Form.of(math.comb(_whole(n, 10 * MAX_FACTORIAL), _whole(k, 10 * MAX_FACTORIAL)))


def _factorial(n: Form) -> Form:
    if n.rational() is None:
        return _function("factorial", n)
    return Form.of(math.factorial(_whole(n, MAX_FACTORIAL)))


def _absolute(value: Form) -> Form:
    number = value.rational()
    if number is not None:
        return Form.of(abs(number))
    single = value.monomial()
    if single is not None and all(_is_positive(atom[0]) for atom, _ in single[1]):
        return Form({single[1]: abs(single[0])}, {(): Fraction(1)})
    return _function("abs", _leading_positive(value)[0])


def _rounded(name: str, rule: Callable[[Fraction], int]) -> Callable[[Form], Form]:
    def rounded(value: Form) -> Form:
        number = value.rational()
        return Form.of(rule(number)) if number is not None else _function(name, value)

    return rounded


def _logarithm(value: Form, base: Form | None = None) -> Form:
    if base is not None:
        return _logarithm(value) * _logarithm(base).inverse()
    single = value.monomial()
    if single is None:
        return _function("ln", value)
    coefficient, product = single
    if coefficient <= 0 or not all(_is_positive(atom[0]) for atom, _ in product):
        return _function("ln", value)
    total = Form.of(0)
    for number, direction in ((coefficient.numerator, 1), (coefficient.denominator, -1)):
        for prime, count in factored(number).items():
            total = total + Form.atom(("ln", prime)) * Form.of(count * direction)
    for (base_of, along), exponent in product:
        logarithm = Form.of(1) if base_of == ("e",) else Form.atom(("ln", *base_of[-1:]))
        total = total + logarithm * Form({along: exponent}, {(): Fraction(1)})
    return total


def _leading_positive(value: Form) -> tuple[Form, int]:
    """A form or its negative, whichever begins with a plus, and the sign."""
    if not value.over:
        return value, 1
    leading = min(value.over.items(), key=repr)[1]
    return (value, 1) if leading > 0 else (-value, -1)


def _sine(angle: Form) -> Form:
    turns = _in_turns(angle)
    if turns is None:
        inner, sign = _leading_positive(angle)
        return _function("sin", inner) * Form.of(sign)
    turns %= 1
    sign = 1
    if turns >= Fraction(1, 2):
        turns, sign = turns - Fraction(1, 2), -1
    turns = min(turns, Fraction(1, 2) - turns)
    value = _SINES.get(turns)
    if value is None:
        value = _function("sin", _PI * Form.of(2 * turns))
    return value * Form.of(sign)


def _cosine(angle: Form) -> Form:
    if _in_turns(angle) is None:
        return _function("cos", _leading_positive(angle)[0])
    return _sine(angle + _PI * Form.of(Fraction(1, 2)))


def _in_turns(angle: Form) -> Fraction | None:
    """An angle as a rational part of a full turn, if it is one."""
    return (angle * _PI.inverse() * Form.of(Fraction(1, 2))).rational()


def _sqrt(number: int) -> Form:
    return raised(Form.of(number), Form.of(Fraction(1, 2)))


_SINES = {
    Fraction(0): Form.of(0),
    Fraction(1, 24): (_sqrt(6) - _sqrt(2)) * Form.of(Fraction(1, 4)),
    Fraction(1, 12): Form.of(Fraction(1, 2)),
    Fraction(1, 8): _sqrt(2) * Form.of(Fraction(1, 2)),
    Fraction(1, 6): _sqrt(3) * Form.of(Fraction(1, 2)),
    Fraction(5, 24): (_sqrt(6) + _sqrt(2)) * Form.of(Fraction(1, 4)),
    Fraction(1, 4): Form.of(1),
    Fraction(1, 20): (_sqrt(5) - Form.of(1)) * Form.of(Fraction(1, 4)),
    Fraction(3, 20): (_sqrt(5) + Form.of(1)) * Form.of(Fraction(1, 4)),
}
_FUNCTIONS: dict[str, Callable[..., Form]] = {
    "sin": _sine,
    "cos": _cosine,
    "tan": lambda angle: _sine(angle) * _cosine(angle).inverse(),
    "cot": lambda angle: _cosine(angle) * _sine(angle).inverse(),
    "sec": lambda angle: _cosine(angle).inverse(),
    "csc": lambda angle: _sine(angle).inverse(),
    "exp": lambda value: raised(_E, value),
    "ln": _logarithm,
    "log": _logarithm,
    "log10": lambda value: _logarithm(value, Form.of(10)),
    "abs": _absolute,
    "floor": _rounded("floor", math.floor),
    "ceil": _rounded("ceil", math.ceil),
    "factorial": _factorial,
    "binomial": _binomial,
}
_MAKERS: dict[type, Callable[..., Form]] = {
    t.Number: lambda tree: Form.of(tree.value),
    t.InBase: _in_base,
    t.Symbol: lambda tree: Form.atom(("symbol", tree.name)),
    t.Constant: _constant,
    t.Sum: _sum,
    t.Negative: lambda tree: -form_of(tree.value),
    t.Product: _product,
    t.Quotient: lambda tree: form_of(tree.numerator) * form_of(tree.denominator).inverse(),
    t.Mixed: lambda tree: form_of(tree.whole) + form_of(tree.fraction),
    t.Power: _power,
    t.Root: _root,
    t.Call: _call,
    t.Percent: lambda tree: form_of(tree.value) * Form.of(Fraction(1, 100)),
    t.Quantity: _quantity,
}
