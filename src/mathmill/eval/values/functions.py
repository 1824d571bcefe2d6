"""Functions of forms: angles and hyperbolics by exponentials, their inverses, factorials, functions of wholes."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from functools import cache

from mathmill.eval.values import algebraic
from mathmill.eval.values.polynomials import ONE, PI, Atom, Form, Key, Rational, TooMuch, Undecided, leading, spend
from mathmill.eval.values.powers import (
    HALF,
    I,
    absolute,
    complex_parts,
    exponential,
    logarithm,
    raised,
)

MAX_FACTORIAL = 1_000
_MOST_SHIFT = 20  # factors that are taken out of a factorial with an unknown


def _waves(angle: Form) -> tuple[Form, Form]:
    """`e` to i times an angle and to minus i times it."""
    return exponential(I * angle), exponential(I * -angle)


def _sine(angle: Form) -> Form:
    forth, back = _waves(angle)
    return (forth - back) * I.scaled(-HALF)


def _cosine(angle: Form) -> Form:
    forth, back = _waves(angle)
    return (forth + back).scaled(HALF)


def _hyperbolic_sine(value: Form) -> Form:
    return (exponential(value) - exponential(-value)).scaled(HALF)


def _hyperbolic_cosine(value: Form) -> Form:
    return (exponential(value) + exponential(-value)).scaled(HALF)


def _of_inverse(maker: Callable[[Form], Form]) -> Callable[[Form], Form]:
    return lambda value: maker(value).inverse()


def _quotient(over: Callable[[Form], Form], under: Callable[[Form], Form]) -> Callable[[Form], Form]:
    return lambda value: over(value) * under(value).inverse()


@cache
def _angles(name: str) -> dict[Key, Fraction]:
    """What the sine or tangent of each multiple of 15 degrees is, to half turns."""
    angles = [Fraction(n, 12) for n in range(1, 7)]
    if name == "arcsin":
        return {_sine(Form.atom(PI).scaled(angle)).key: angle for angle in angles}
    return {FUNCTIONS["tan"](Form.atom(PI).scaled(angle)).key: angle for angle in angles[:-1]}


def _arc(name: str) -> Callable[[Form], Form]:
    """The inverse of sine or tangent, both odd."""

    def arc(value: Form) -> Form:
        if value.is_zero:
            return value
        sign = 1 if Fraction(leading(value.over)) / leading(value.under) > 0 else -1
        for each in (sign, -sign):
            angle = _angles(name).get(value.scaled(each).key)
            if angle is not None:
                return Form.atom(PI).scaled(each * angle)
        inner = value.scaled(sign)
        return Form.atom(Atom(name, (inner.key,), real=value.is_real)).scaled(sign)

    return arc


_arcsine, _arctangent = _arc("arcsin"), _arc("arctan")


def _right_angle_less(arc: Callable[[Form], Form]) -> Callable[[Form], Form]:
    return lambda value: Form.atom(PI).scaled(HALF) - arc(value)


_arccosine = _right_angle_less(_arcsine)


def _arccotangent(value: Form) -> Form:
    if algebraic.sign_of(value) <= 0:
        raise Undecided("an arc cotangent, on whose range of values there is no agreement")
    return _right_angle_less(_arctangent)(value)


def _area_sine(value: Form) -> Form:
    return logarithm(value + raised(value.power(2) + Form.of(1), Form.of(HALF)))


def _area_cosine(value: Form) -> Form:
    return logarithm(value + raised(value.power(2) - Form.of(1), Form.of(HALF)))


def _area_tangent(value: Form) -> Form:
    return logarithm((Form.of(1) + value) * (Form.of(1) - value).inverse()).scaled(HALF)


def _log(value: Form, base: Form | None = None) -> Form:
    """A logarithm; where no base is written, the natural one."""
    return logarithm(value) if base is None else logarithm(value) * logarithm(base).inverse()


def _whole(form: Form, limit: int) -> int:
    value = form.rational()
    if value is None or value.denominator != 1 or value < 0:
        raise Undecided("no whole number")
    if value > limit:
        raise TooMuch("a large whole number")
    return int(value)


def _factorial(n: Form) -> Form:
    """`n!`; with an unknown, `(n + k)!` as `n! (n + 1) ... (n + k)`."""
    if n.rational() is not None:
        spend(_whole(n, MAX_FACTORIAL) // 4)
        return Form.of(math.factorial(_whole(n, MAX_FACTORIAL)))
    constant: Rational = n.over.get((), 0) if n.under == ONE else 0
    shift = math.floor(constant)
    if abs(shift) > _MOST_SHIFT:
        raise TooMuch("a long product")
    base = n - Form.of(shift)
    result = Form.atom(Atom("factorial", (base.key,), positive=True))
    for step in range(1, shift + 1):
        result = result * (base + Form.of(step))
    for step in range(shift + 1, 1):
        result = result * (base + Form.of(step)).inverse()
    return result


def _double_factorial(n: Form) -> Form:
    return Form.of(math.prod(range(_whole(n, MAX_FACTORIAL), 0, -2)))


def _binomial(n: Form, k: Form) -> Form:
    chosen = k.rational()
    if n.rational() is not None and chosen is not None:
        return Form.of(math.comb(_whole(n, MAX_FACTORIAL), _whole(k, MAX_FACTORIAL)))
    if chosen is None:
        return _factorial(n) * (_factorial(k) * _factorial(n - k)).inverse()
    result = Form.of(1)
    for step in range(_whole(k, _MOST_SHIFT)):
        result = result * (n - Form.of(step)).scaled(Fraction(1, step + 1))
    return result


def _rounded(name: str, rule: Callable[[Fraction], int]) -> Callable[[Form], Form]:
    """Rounding of a number, of a constant by its value, of an unknown."""

    def rounded(value: Form) -> Form:
        number = value.rational()
        if number is not None:
            return Form.of(rule(number))
        near = algebraic.nearest_whole(value)
        if near is None:
            return Form.atom(Atom(name, (value.key,)))
        side = algebraic.sign_of(value - Form.of(near))
        return Form.of(rule(near + Fraction(side, 2)))

    return rounded


def _sign(value: Form) -> Form:
    return Form.of(algebraic.sign_of(value))


def _of_wholes(rule: Callable[..., int]) -> Callable[..., Form]:
    def of_wholes(*arguments: Form) -> Form:
        values = [argument.rational() for argument in arguments]
        if any(value is None or value.denominator != 1 for value in values):
            raise Undecided("no whole numbers")
        spend(len(values) * 10)
        return Form.of(rule(*(int(value) for value in values if value is not None)))

    return of_wholes


def _extreme(sign: int) -> Callable[..., Form]:
    """The largest of real constants (`sign` 1) or the least (-1)."""

    def extreme(*arguments: Form) -> Form:
        best = arguments[0]
        if not best.is_real or len(arguments) == 1:
            raise Undecided("the largest of one")
        for argument in arguments[1:]:
            if algebraic.sign_of(argument - best) == sign:
                best = argument
        return best

    return extreme


def _part(which: int) -> Callable[[Form], Form]:
    def part(value: Form) -> Form:
        parts = complex_parts(value)
        if parts is None:
            raise Undecided("real and imaginary part of what is not a sum of them")
        if not parts[1].over and any(atom.kind == "symbol" for product in value.over for atom, _ in product):
            raise Undecided("whether an unknown is real")  # it is where it stands beside i, and need not be alone
        return parts[which]

    return part


_FEW = range(1, 50)
ARITIES = {"log": (1, 2), "binomial": (2,), "max": _FEW, "min": _FEW, "gcd": _FEW, "lcm": _FEW}
FUNCTIONS: dict[str, Callable[..., Form]] = {
    "sin": _sine,
    "cos": _cosine,
    "tan": _quotient(_sine, _cosine),
    "cot": _quotient(_cosine, _sine),
    "sec": _of_inverse(_cosine),
    "csc": _of_inverse(_sine),
    "sinh": _hyperbolic_sine,
    "cosh": _hyperbolic_cosine,
    "tanh": _quotient(_hyperbolic_sine, _hyperbolic_cosine),
    "coth": _quotient(_hyperbolic_cosine, _hyperbolic_sine),
    "sech": _of_inverse(_hyperbolic_cosine),
    "csch": _of_inverse(_hyperbolic_sine),
    "arcsin": _arcsine,
    "arccos": _arccosine,
    "arctan": _arctangent,
    "arccot": _arccotangent,
    "arcsec": lambda value: _arccosine(value.inverse()),
    "arccsc": lambda value: _arcsine(value.inverse()),
    "arcsinh": _area_sine,
    "arccosh": _area_cosine,
    "arctanh": _area_tangent,
    "exp": exponential,
    "ln": logarithm,
    "log": _log,
    "log10": lambda value: _log(value, Form.of(10)),
    "abs": absolute,
    "floor": _rounded("floor", math.floor),
    "ceil": _rounded("ceil", math.ceil),
    "sign": _sign,
    "re": _part(0),
    "im": _part(1),
    "factorial": _factorial,
    "double_factorial": _double_factorial,
    "binomial": _binomial,
    "gcd": _of_wholes(math.gcd),
    "lcm": _of_wholes(math.lcm),
    "max": _extreme(1),
    "min": _extreme(-1),
}
