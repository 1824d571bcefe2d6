"""Powers, exponentials, logarithms and absolute values of forms.

Over the reals every step gives a form that is worth the same wherever the power is defined: an even root of `x^2` is
one of `|x|`, an odd root of a negative number is the real one, a power of what is negative has a value only where the
unknowns of its exponent are whole. Roots and logarithms of constants that are not real and positive are principal ones.
"""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

from mathmill.eval.values.algebraic import conjugated, is_surely_real, sign_of
from mathmill.eval.values.division import divided
from mathmill.eval.values.factors import factored
from mathmill.eval.values.polynomials import (
    MAX_BITS,
    ONE,
    PI,
    TURN,
    Atom,
    Form,
    Monomial,
    Polynomial,
    Rational,
    TooMuch,
    Undecided,
    leading,
)

HALF = Fraction(1, 2)
I = Form({((TURN, HALF),): 1})  # noqa: E741
_MAX_DEGREE = 100


def from_key(key: Any) -> Form:
    """The form that a key was made of."""
    under = dict(key[1])
    return Form(dict(key[0]), ONE if under == ONE else under)


def raised(base: Form, exponent: Form) -> Form:
    """A power.

    Raises:
        Undecided: it has no value, or none known here.
    """
    power = exponent.rational()
    if power is None:
        return exponential(exponent * logarithm(base, of_power=not _is_number(exponent)))
    if power.denominator == 1:
        if abs(power) > MAX_BITS and base.rational() not in (0, 1, -1):
            raise TooMuch("a large power")
        return base.power(int(power)) if power else Form.of(1)
    if power.denominator > _MAX_DEGREE or abs(power.numerator) > MAX_BITS:
        raise TooMuch("a high degree")
    if base.is_zero:
        if power < 0:
            raise Undecided("a division by zero")
        return base
    single = base.monomial()
    return _of_monomial(*single, power) if single is not None else _of_sum(base, power)


def _of_monomial(coefficient: Fraction, product: Monomial, power: Fraction) -> Form:
    even = power.denominator % 2 == 0
    result = number_power(abs(coefficient), power)
    if len(product) == 1 and product[0][0] == TURN and coefficient > 0:  # an angle below half a turn: principal
        return result * Form.atom(TURN, product[0][1] * power)
    if any(not atom.real for atom, _ in product):
        if coefficient < 0:
            result = number_power(abs(coefficient), power)
        return result * _root_of({product: 1 if coefficient > 0 else -1}, power)
    signed = tuple((atom, exponent) for atom, exponent in product if not atom.positive)
    for atom, exponent in product:
        if atom.positive:
            result = result * Form.atom(atom, exponent * power)
    if any(exponent.denominator % 2 == 0 for _, exponent in signed):
        raise Undecided("a root of a root of what may be negative")
    if not even:
        for atom, exponent in signed:
            result = result * Form.atom(atom, exponent * power)
        return -result if coefficient < 0 and power.numerator % 2 else result
    if coefficient < 0 and signed and _known_sign({signed: -1}) == -1:
        raise Undecided("a root of a negative constant")
    if coefficient < 0:
        return result * (_root_of({signed: -1}, power) if signed else Form.atom(TURN, power))
    for atom, exponent in signed:
        _refuse_negative(atom)
        result = result * Form.atom(size_of(atom), exponent * power)
    return result


def _refuse_negative(atom: Atom) -> None:
    """Undecided for a constant below zero: its root and logarithm are complex, not those of its size."""
    if atom.kind != "symbol" and _known_sign({((atom, 1),): 1}) == -1:
        raise Undecided("a root or logarithm of a negative constant")


def size_of(atom: Atom) -> Atom:
    """The absolute value of an atom that is real; that of `x^n` is `|x|^n`."""
    if atom.kind == "exp":
        along: Monomial = atom.parts[0]  # type: ignore[assignment]
        return _e_along(tuple((_of_size(inner), exponent) for inner, exponent in along))
    return Atom("abs", (atom,), positive=True)


def _of_size(atom: Atom) -> Atom:
    """The logarithm of the size, for that of an atom that may be negative."""
    if not _may_be_of_negative((atom, 1)):
        return atom
    inner = from_key(atom.parts[0])
    return Atom("ln", (absolute(inner).key,))


def number_power(number: Fraction, power: Fraction) -> Form:
    """A power of a positive number, as powers of its primes."""
    result = Form.of(1)
    for part, direction in ((number.numerator, 1), (number.denominator, -1)):
        if part == 1:
            continue
        for prime, count in factored(part).items():
            exponent = power * count * direction
            if abs(exponent) * prime.bit_length() > MAX_BITS:
                raise TooMuch("too many digits")
            result = result * Form.atom(Atom("prime", (prime,), positive=True), exponent)
    return result


def _of_sum(base: Form, power: Fraction) -> Form:
    whole = math.floor(power)
    if whole:
        return base.power(whole) * raised(base, Form.of(power - whole))
    degree = power.denominator
    if base.under is not ONE and base.under != ONE:
        if degree > 3 or power.numerator != 1 or not is_surely_real(base):
            raise Undecided("a root of a quotient")
        below = Form(base.under)
        above = Form(base.over) * below.power(degree - 1)
        return raised(above, Form.of(power)) * (absolute(below) if degree == 2 else below).inverse()
    content, inner = parted(base.over)
    sign = _known_sign(inner)
    if sign == 0:
        return Form.of(0)
    if degree % 2 and sign is None and not is_surely_real(Form(inner)):
        root = _root_of(inner, power)
    elif degree % 2:
        flipped = leading(inner) < 0 if sign is None else sign < 0
        root = _root_of(_negative(inner) if flipped else inner, power, positive=sign is not None)
        root = -root if flipped and power.numerator % 2 else root
    elif sign is not None and sign < 0:
        root = _root_of(_negative(inner), power, positive=True) * Form.atom(TURN, power)
    else:
        root = _root_of(inner, power, positive=bool(sign))
    return number_power(content, power) * root


def _known_sign(poly: Polynomial) -> int | None:
    try:
        return sign_of(Form(poly))
    except Undecided:
        return None


def _root_of(inner: Polynomial, power: Fraction, positive: bool = False) -> Form:
    """A power between 0 and 1 of a sum; other powers of what is opaque are taken apart first."""
    whole = math.floor(power)
    real = is_surely_real(Form(inner))
    positive = real and (positive or power.denominator % 2 == 0)
    atom = Atom("root", (frozenset(inner.items()),), real=real, positive=positive)
    root = Form({((atom, power - whole),): 1})
    return root * Form(inner).power(whole) if whole else root


def parted(poly: Polynomial) -> tuple[Fraction, Polynomial]:
    """The positive number to take out of a sum so that its coefficients are whole and coprime, and the rest."""
    scale = math.lcm(*(c.denominator for c in poly.values()))
    content = Fraction(math.gcd(*(int(c * scale) for c in poly.values())), scale)
    if content == 1:
        return content, poly
    return content, {product: int(c / content) for product, c in poly.items()}


def _negative(poly: Polynomial) -> Polynomial:
    return {product: -c for product, c in poly.items()}


def absolute(value: Form) -> Form:
    """The absolute value of what is real, and of complex constants."""
    single = value.monomial()
    if single is not None and value.is_real and not any(e.denominator % 2 == 0 for a, e in single[1] if not a.positive):
        result = Form.of(abs(single[0]))
        for atom, exponent in single[1]:
            result = result * Form.atom(atom if atom.positive else size_of(atom), exponent)
        return result
    if value.under is not ONE and value.under != ONE:
        return absolute(Form(value.over)) * absolute(Form(value.under)).inverse()
    sign = _known_sign(value.over)
    if sign is not None:
        return value if sign > 0 else -value
    real = is_surely_real(value)
    if not real:
        return raised(value * conjugated(value), Form.of(HALF))
    content, inner = parted(value.over)
    if leading(inner) < 0:
        inner = _negative(inner)
    return Form({((Atom("size", (frozenset(inner.items()),), real=real, positive=True), 1),): content})


def complex_parts(value: Form) -> tuple[Form, Form] | None:
    """Real and imaginary part where all that is not real in a sum is i."""
    if value.under != ONE:
        return None
    real: dict[Monomial, Rational] = {}
    imaginary: dict[Monomial, Rational] = {}
    for product, coefficient in value.over.items():
        rest = tuple(power for power in product if power != (TURN, HALF))
        if any(not atom.real for atom, _ in rest):
            return None
        (real if rest == product else imaginary)[rest] = coefficient
    return Form(real), Form(imaginary)


def logarithm(value: Form, of_power: bool = False) -> Form:
    """The natural logarithm; over the reals `ln(xy)` is that of |x| and that of |y|.

    With `of_power` it is for a power with unknowns in its exponent, defined where the base is positive or they are
    whole: there `(xy)^n` is `x^n y^n`, and no sign is lost.
    """
    if value.is_zero:
        raise Undecided("the logarithm of zero")
    if value.under is not ONE and value.under != ONE:
        return _known_logarithm(value.over) - _known_logarithm(value.under)
    single = value.monomial()
    if single is None:
        return _sum_logarithm(value.over)
    coefficient, product = single
    if coefficient < 0 and not of_power and any(not atom.positive for atom, _ in product):
        return number_logarithm(-coefficient) + _opaque(Form({product: -1}))
    total = number_logarithm(abs(coefficient))
    if coefficient < 0:
        total = total + I * Form.atom(PI)
    for atom, exponent in product:
        if not atom.real and (len(product) > 1 or (atom != TURN and (exponent != 1 or atom.kind == "exp"))):
            raise Undecided("a logarithm of what is not real")
        if exponent.denominator % 2 == 0 and not atom.positive and atom != TURN:
            raise Undecided("a logarithm of a root of what may be negative")
        total = total + _of_atom(atom, of_power).scaled(exponent)
    return total


def _known_logarithm(poly: Polynomial) -> Form:
    if any(_is_constant(product) for product in poly) and all(_is_constant(product) for product in poly):
        raise Undecided("the logarithm of a quotient of constants")
    return logarithm(Form(poly))


def _is_number(form: Form) -> bool:
    return all(_is_constant(product) for part in (form.over, form.under) for product in part)


def _is_constant(product: Monomial) -> bool:
    return all(atom.kind in ("prime", "turn", "root", "pi", "exp", "ln") for atom, _ in product)


def _of_atom(atom: Atom, of_power: bool) -> Form:
    if atom.kind == "exp":
        return Form({atom.parts[0]: 1})  # type: ignore[dict-item]
    if atom == TURN:
        return I * Form.atom(PI)
    if atom.kind == "root":
        if not atom.positive:
            raise Undecided("a logarithm of a root of what may be negative")
        return logarithm(Form(dict(atom.parts[0])), of_power)  # type: ignore[call-overload]
    if not atom.positive and not of_power:
        _refuse_negative(atom)
    return _opaque(Form.atom(atom if atom.positive or of_power or not atom.real else size_of(atom)))


def number_logarithm(number: Fraction) -> Form:
    """The logarithm of a positive number in those of primes."""
    total: dict[Monomial, Rational] = {}
    for part, direction in ((number.numerator, 1), (number.denominator, -1)):
        for prime, count in factored(part).items() if part > 1 else ():
            atom = Atom("ln", (Form.atom(Atom("prime", (prime,), positive=True)).key,), positive=True)
            total[((atom, 1),)] = count * direction
    return Form(total)


def _sum_logarithm(poly: Polynomial) -> Form:
    content, inner = parted(poly)
    if _known_sign(inner) == -1:
        return number_logarithm(content) + _opaque(Form(_negative(inner))) + I * Form.atom(PI)
    return number_logarithm(content) + _opaque(Form(inner))


def _opaque(value: Form) -> Form:
    return Form({((Atom("ln", (value.key,), real=value.is_real), 1),): 1})


def exponential(value: Form) -> Form:
    """`e` to a form: the product of its powers to each term."""
    if value.under is not ONE and value.under != ONE and (whole := divided(value.over, value.under)) is not None:
        value = Form(whole)
    if value.under is not ONE and value.under != ONE:
        scale = Fraction(leading(value.over)) / leading(value.under)
        atom = Atom("quotient", (value.scaled(1 / scale).key,), real=value.is_real)
        return Form.atom(_e_along(((atom, 1),)), scale)
    result = Form.of(1)
    for product, coefficient in value.over.items():
        result = result * _factor(product, Fraction(coefficient))
    return result


def _factor(product: Monomial, coefficient: Fraction) -> Form:
    if len(product) == 1 and product[0][1] == 1 and product[0][0].kind == "ln":
        return raised(from_key(product[0][0].parts[0]), Form.of(coefficient))
    if len(product) == 2 and (TURN, HALF) in product:
        ((other, exponent),) = (power for power in product if power[0] != TURN)
        if other == PI and exponent == 1:
            return turned(coefficient)
        if exponent == 1 and coefficient.denominator == 1 and other.kind in ("arcsin", "arctan"):
            return _along_arc(other).power(int(coefficient))
    return Form.atom(_e_along(product), coefficient)


def _e_along(product: Monomial) -> Atom:
    real = all(atom.real for atom, _ in product)
    return Atom("exp", (product,), real=real, positive=real and not any(map(_may_be_of_negative, product)))


def _may_be_of_negative(power: tuple[Atom, Rational]) -> bool:
    """Whether this is a logarithm that may stand for a power of what is negative: `x^n` is `e^(n ln x)` there too."""
    if power[0].kind != "ln":
        return False
    inner = from_key(power[0].parts[0])
    single = inner.monomial()
    if single is not None and single[0] > 0 and all(atom.positive for atom, _ in single[1]):
        return False
    return not _is_number(inner)


def _along_arc(arc: Atom) -> Form:
    """`e^(i arcsin a)` and `e^(i arctan a)`."""
    value = from_key(arc.parts[0])
    square = value.power(2)
    if arc.kind == "arcsin":
        return raised(Form.of(1) - square, Form.of(HALF)) + I * value
    return (Form.of(1) + I * value) * raised(Form.of(1) + square, Form.of(HALF)).inverse()


def turned(half_turns: Fraction) -> Form:
    """`e^(i pi q)`, in square roots where the angle is a multiple of 15 degrees."""
    whole, part = divmod(half_turns, HALF)
    if part not in _COSINES:
        return Form.atom(TURN, half_turns)
    return (_COSINES[part] + I * _COSINES[HALF - part]) * Form.atom(TURN, HALF * whole)


def _sqrt(number: int) -> Form:
    return number_power(Fraction(number), HALF)


_COSINES = {
    Fraction(0): Form.of(1),
    Fraction(1, 12): (_sqrt(6) + _sqrt(2)).scaled(Fraction(1, 4)),
    Fraction(1, 6): _sqrt(3).scaled(HALF),
    Fraction(1, 4): _sqrt(2).scaled(HALF),
    Fraction(1, 3): Form.of(HALF),
    Fraction(5, 12): (_sqrt(6) - _sqrt(2)).scaled(Fraction(1, 4)),
    HALF: Form.of(0),
}
