"""Whether a sum of roots is zero, proved; and the sign of constants.

A sum of algebraic integers that is not zero is no smaller than `u^(1-d)`, where no conjugate of it is larger than `u`
and `d` is its degree: the product of all conjugates is a whole number. So a value below that, computed to enough
digits, is zero.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from mathmill.eval.values.factors import factored
from mathmill.eval.values.polynomials import (
    TURN,
    Atom,
    Form,
    Monomial,
    Polynomial,
    Rational,
    TooMuch,
    Undecided,
    normal,
    spend,
)
from mathmill.eval.values.precision import mp

_MAX_PROOF_BITS = 6_000
_FIRST_BITS = 160
_MAX_SIZE = 50_000  # of the logarithm of any value that is computed
_ALGEBRAIC = frozenset({"prime", "turn", "root"})


def is_zero(poly: Polynomial) -> bool:
    """Whether a polynomial is proved to be zero: the part before each product of other atoms is, as a sum of roots.

    Raises:
        Undecided: the proof would take too long.
    """
    parts: dict[Monomial, dict[Monomial, Rational]] = {}
    for product, coefficient in poly.items():
        roots = tuple(power for power in product if _is_algebraic(power[0]))
        others = tuple(power for power in product if not _is_algebraic(power[0]))
        parts.setdefault(others, {})[roots] = coefficient
    if any(len(part) == 1 for part in parts.values()):
        return False
    return all(map(_is_zero_sum, parts.values()))


def sign_of(form: Form) -> int:
    """1, 0 or -1 for a real constant.

    Raises:
        Undecided: it has unknowns, or is not real, or its sign cannot be told.
    """
    number = form.rational()
    if number is not None:
        return (number > 0) - (number < 0)
    spend(50)
    with mp().workprec(_FIRST_BITS):
        over, under = approximate(form.over), approximate(form.under)
        tiny = mp().mpf(2) ** -(_FIRST_BITS // 2)
        if abs(under) > tiny and abs(over) > tiny:
            value = over / under
            if abs(mp().im(value)) < tiny * abs(value):
                if not is_surely_real(form):
                    raise Undecided("not surely real")
                return 1 if mp().re(value) > 0 else -1
            raise Undecided("no real number")
    if is_zero(form.over) and not is_zero(form.under):
        return 0
    raise Undecided("an unknown sign")


def nearest_whole(form: Form) -> int | None:
    """The whole number nearest to a real constant; None where it has unknowns or is very large."""
    try:
        with mp().workprec(_FIRST_BITS):
            under = approximate(form.under)
            if not under:
                return None
            value = mp().re(approximate(form.over) / under)
            return int(mp().nint(value)) if abs(value) < 2 ** (_FIRST_BITS // 4) else None
    except Undecided:
        return None


def is_surely_real(form: Form) -> bool:
    """Whether a form is proved to be real wherever it has a value, as the sum of a wave and its conjugate is."""
    if form.is_real:
        return True
    try:
        rest = (form - conjugated(form)).over
    except Undecided:
        return False
    return not rest or is_zero(rest)


def conjugated(form: Form) -> Form:
    """The complex conjugate of a form of which all but `turn` and waves is real.

    Raises:
        Undecided: it is not known.
    """
    return _conjugate(form.over) * _conjugate(form.under).inverse()


def _conjugate(poly: Polynomial) -> Form:
    total = Form.of(0)
    for product, coefficient in poly.items():
        if any(not atom.real and not _turns(atom) for atom, _ in product):
            raise Undecided("an unknown conjugate")
        mirrored = {atom: exponent if atom.real else -exponent for atom, exponent in product}
        total = total + Form(normal(mirrored)).scaled(coefficient)
    return total


def _turns(atom: Atom) -> bool:
    """Whether an atom is `turn`, or `e` to i times what is real: one over it is its conjugate."""
    if atom.kind != "exp":
        return atom == TURN
    along: Monomial = atom.parts[0]  # type: ignore[assignment]
    return all(power == (TURN, Fraction(1, 2)) or power[0].real for power in along)


def _is_algebraic(atom: Atom) -> bool:
    if atom.kind == "root":
        return all(_is_algebraic(inner) for product in _below(atom) for inner, _ in product)
    return atom.kind in _ALGEBRAIC


def _below(root: Atom) -> Mapping[Monomial, Rational]:
    return dict(root.parts[0])  # type: ignore[call-overload, no-any-return]


def _is_zero_sum(poly: Polynomial) -> bool:
    scale = math.lcm(*(coefficient.denominator for coefficient in poly.values()))
    whole = {product: coefficient * scale for product, coefficient in poly.items()}
    degrees: dict[Atom, int] = {}
    _gather(whole, degrees)
    degree = math.prod(_degree(atom, below) for atom, below in degrees.items())
    size = _log_size(whole)
    needed = (degree - 1) * size + 16
    spend(30)
    first = min(int(needed), _FIRST_BITS)
    if _is_apart(whole, first, size):
        return False
    if needed > _MAX_PROOF_BITS:
        raise TooMuch("roots of too high a degree")
    spend(int(needed) // 20)
    return not _is_apart(whole, math.ceil(needed), size)


def _is_apart(poly: Polynomial, bits: int, size: float) -> bool:
    """Whether the value of a sum is more than `2^-bits`, to which it is computed."""
    with mp().workprec(bits + math.ceil(size) + 64):
        return bool(abs(approximate(poly)) > mp().mpf(2) ** -bits)


def _gather(poly: Polynomial, degrees: dict[Atom, int]) -> None:
    """All roots in a sum and below its roots, with the common denominators of their exponents."""
    for product in poly:
        for atom, exponent in product:
            spend(1)
            degrees[atom] = math.lcm(degrees.get(atom, 1), exponent.denominator)
            if atom.kind == "root":
                _gather(_below(atom), degrees)


def _degree(atom: Atom, below: int) -> int:
    if atom != TURN:
        return below
    order = 2 * below  # of the root of unity, whose degree is Euler's function of it
    return math.prod((prime - 1) * prime ** (count - 1) for prime, count in factored(order).items())


def _log_size(poly: Polynomial) -> float:
    """A binary logarithm that no conjugate of a sum with whole coefficients passes."""
    sizes = [
        abs(coefficient.numerator).bit_length() + sum(float(e) * _log_atom(a) for a, e in product)
        for product, coefficient in poly.items()
    ]
    return max(sizes) + math.log2(len(sizes)) + 1


def _log_atom(atom: Atom) -> float:
    if atom.kind == "prime":
        return math.log2(atom.parts[0]) + 0.01  # type: ignore[arg-type]
    return max(_log_size(_below(atom)), 0.0) if atom.kind == "root" else 0.0


def approximate(poly: Polynomial) -> Any:
    """The value of a constant polynomial to the precision that is set.

    Raises:
        Undecided: it has unknowns or is very large.
    """
    total = mp().mpf(0)
    for product, coefficient in poly.items():
        spend(1 + len(product))
        value = mp().mpf(coefficient.numerator) / coefficient.denominator
        for atom, exponent in product:
            value *= _power(atom, exponent)
        total += value
    return total


def _power(atom: Atom, exponent: Rational) -> Any:
    context = mp()
    number = context.mpf(exponent.numerator) / exponent.denominator
    if atom.kind == "turn":
        return context.expjpi(number)
    if atom.kind == "exp":
        along = approximate({atom.parts[0]: 1})  # type: ignore[dict-item]
        if abs(along * number) > _MAX_SIZE:
            raise TooMuch("a very large power")
        return context.exp(along * number)
    value = _value(atom)
    if exponent == 1:
        return value
    if not value or abs(context.log(abs(value)) * number) > _MAX_SIZE:
        raise TooMuch("a very large power")
    return value**exponent if isinstance(exponent, int) else _root(value, exponent)


def _root(value: Any, exponent: Fraction) -> Any:
    context = mp()
    value = context.re(value) if context.im(value) == 0 else value
    if exponent.denominator == 2 and context.im(value) == 0 and value > 0:
        return context.sqrt(value) ** exponent.numerator
    if context.im(value) == 0 and value < 0 and exponent.denominator % 2:  # the real root
        return (-1) ** exponent.numerator * context.root(-value, exponent.denominator) ** exponent.numerator
    return context.root(value, exponent.denominator) ** exponent.numerator


def _value(atom: Atom) -> Any:
    context = mp()
    if atom.kind == "prime":
        return context.mpf(atom.parts[0])
    if atom.kind == "pi":
        return +context.pi
    if atom.kind == "root":
        return approximate(_below(atom))
    if atom.kind == "abs":
        return abs(_value(atom.parts[0]))  # type: ignore[arg-type]
    known = {"ln": context.log, "arcsin": context.asin, "arctan": context.atan}
    if atom.kind in known:
        key: Any = atom.parts[0]
        value = approximate(dict(key[0])) / approximate(dict(key[1]))
        if not value:
            raise Undecided("a logarithm of zero")
        return known[atom.kind](value)
    raise Undecided(f"the value of {atom.kind}")
