"""Quotients of polynomials in atoms, with exact rational coefficients and exponents.

An atom stands for anything that is not taken apart further: an unknown, a prime, pi, `e` to a product of atoms, half a
turn (`turn^(1/2)` is i), a root of a sum, a function of something. Equal forms are proved equal; unequal ones may be
worth the same. Sizes are bounded, and so is the work that all operations since `fresh_work` may do together.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from zlib import crc32

MAX_TERMS = 300
MAX_BITS = 20_000
MAX_POWER = 60
SURE_PRIME = 1_000_000  # what `factored` calls a prime below this is one
MAX_WORK = 1_500  # products of two terms with short coefficients, some microseconds each

_TAKEN_OUT = frozenset({"prime", "root", "turn", "size"})  # kinds of which whole powers are something else

Rational = Fraction | int


class Undecided(Exception):  # not an error: the next rung decides
    """A value is not worked out here, as no rule knows its kind or what is known of it; the message says why."""


class TooMuch(Undecided):
    """A value is not worked out here as it is too large or takes too long."""


class Atom:
    """A kind and what it is of. `real` and `positive` say what is known of its value wherever it has one.

    `rank` is its hash and its place in the order of atoms: cheap, and the same in every process.
    """

    __slots__ = ("kind", "parts", "positive", "rank", "real")

    def __init__(self, kind: str, parts: tuple[object, ...] = (), *, real: bool = True, positive: bool = False) -> None:
        self.kind, self.parts, self.real, self.positive = kind, parts, real, positive
        ranks = (crc32(part.encode()) if isinstance(part, str) else part for part in parts)
        self.rank = hash((crc32(kind.encode()), *ranks))

    def __hash__(self) -> int:
        return self.rank

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        return isinstance(other, Atom) and (self.rank, self.kind, self.parts) == (other.rank, other.kind, other.parts)

    def __repr__(self) -> str:
        return f"{self.kind}{self.parts!r}" if self.parts else self.kind


Monomial = tuple[tuple[Atom, Rational], ...]
Polynomial = Mapping[Monomial, Rational]
Key = tuple[frozenset[tuple[Monomial, Rational]], frozenset[tuple[Monomial, Rational]]]

ONE: Polynomial = {(): 1}
TURN = Atom("turn", real=False)  # e^(i pi), so that its square root is i
PI = Atom("pi", positive=True)


class _Work(threading.local):
    left = MAX_WORK


_WORK = _Work()


def fresh_work() -> None:
    """Begin to count work anew, in this thread."""
    _WORK.left = MAX_WORK


def spend(work: int) -> None:
    """Count some work.

    Raises:
        Undecided: it is too much together.
    """
    _WORK.left -= work
    if _WORK.left < 0:
        raise TooMuch("too much work")


@dataclass(frozen=True)
class Form:
    """`over / under`, each a sum of monomials with coefficients; `under` is never empty."""

    over: Polynomial
    under: Polynomial = field(default_factory=lambda: ONE)

    @classmethod
    def of(cls, value: Rational) -> Form:
        return cls({(): value if type(value) is int else _plain(value)} if value else {})

    @classmethod
    def atom(cls, atom: Atom, exponent: Rational = 1) -> Form:
        """A power of an atom."""
        return cls(normal({atom: exponent})) if exponent else cls.of(1)

    @cached_property
    def key(self) -> Key:
        """Equal for forms that are written alike, up to a rational factor of both parts."""
        if self.under == ONE:
            return frozenset(self.over.items()), frozenset(ONE.items())
        scale = leading(self.under)
        return (
            frozenset((m, _plain(Fraction(c) / scale)) for m, c in self.over.items()),
            frozenset((m, _plain(Fraction(c) / scale)) for m, c in self.under.items()),
        )

    @property
    def is_zero(self) -> bool:
        return not self.over

    @property
    def is_real(self) -> bool:
        """Whether it is known to be real wherever it has a value."""
        return all(atom.real for part in (self.over, self.under) for product in part for atom, _ in product)

    def rational(self) -> Fraction | None:
        """The number this is, if it is a rational one and shows it."""
        if not self.over:
            return Fraction(0)
        if len(self.over) == 1 == len(self.under) and () in self.over and () in self.under:
            return Fraction(self.over[()]) / self.under[()]
        return None

    def monomial(self) -> tuple[Fraction, Monomial] | None:
        """Coefficient and monomial, if this is a single one."""
        if len(self.over) == 1 and self.under == ONE:
            ((product, coefficient),) = self.over.items()
            return Fraction(coefficient), product
        return None

    def __add__(self, other: Form) -> Form:
        if self.under == other.under:
            return _reduced(_added(self.over, other.over), self.under)
        over = _added(times(self.over, other.under), times(other.over, self.under))
        return _reduced(over, times(self.under, other.under))

    def __mul__(self, other: Form) -> Form:
        return _reduced(times(self.over, other.over), times(self.under, other.under))

    def __neg__(self) -> Form:
        return Form({m: -c for m, c in self.over.items()}, self.under)

    def __sub__(self, other: Form) -> Form:
        return self + -other

    def scaled(self, factor: Rational) -> Form:
        """This times a number."""
        return self * Form.of(factor)

    def inverse(self) -> Form:
        """One over this.

        Raises:
            Undecided: it is zero or too large.
        """
        if not self.over:
            raise Undecided("a division by zero")
        return _reduced(self.under, self.over)

    def power(self, exponent: int) -> Form:
        """A whole power.

        Raises:
            Undecided: it is too large, or a negative power of zero.
        """
        if exponent < 0:
            return self.inverse().power(-exponent)
        if (single := self.monomial()) is not None and not any(atom.kind == "root" for atom, _ in single[1]):
            coefficient, product = single
            if exponent * bits(coefficient) > MAX_BITS:
                raise TooMuch("too many digits")
            return Form(normal(dict(powered(product, exponent)))).scaled(coefficient**exponent)
        if exponent > MAX_POWER:
            raise TooMuch("a large power of a sum")
        result = Form.of(1)
        for _ in range(exponent):
            result = result * self
        return result


def leading(poly: Polynomial) -> Rational:
    """The coefficient of the term that comes first in an order that is the same everywhere."""
    return poly[min(poly, key=hash)]


def powered(product: Monomial, exponent: Rational) -> Monomial:
    """A monomial with all its exponents multiplied."""
    return tuple((atom, _plain(Fraction(each * exponent))) for atom, each in product)


def bits(value: Rational) -> int:
    """How long a number is."""
    return value.numerator.bit_length() + value.denominator.bit_length()


def times(left: Polynomial, right: Polynomial) -> Polynomial:
    """The product of two polynomials.

    Raises:
        Undecided: it is too large.
    """
    if left is ONE or right is ONE:
        return right if left is ONE else left
    if len(left) * len(right) > MAX_TERMS * 4:
        raise TooMuch("too many terms")
    total: dict[Monomial, Rational] = {}
    for m, c in left.items():
        for n, d in right.items():
            factor, product, roots = _multiplied(m, n)
            coefficient = c * d * factor
            size = bits(coefficient)
            if size > MAX_BITS:
                raise TooMuch("too many digits")
            spend(1 + (type(coefficient) is Fraction) + size // 256)
            if roots:
                terms: Polynomial = {product: coefficient}
                for inner in roots:
                    terms = times(terms, inner)
                _add_to(total, terms)
                continue
            coefficient += total.get(product, 0)
            if coefficient:
                total[product] = coefficient if type(coefficient) is int else _plain(coefficient)
            else:
                del total[product]
    if len(total) > MAX_TERMS:
        raise TooMuch("too many terms")
    return total


def _added(left: Polynomial, right: Polynomial) -> Polynomial:
    total = dict(left)
    spend(len(right) // 4)
    _add_to(total, right)
    if len(total) > MAX_TERMS:
        raise TooMuch("too many terms")
    return total


def _add_to(total: dict[Monomial, Rational], terms: Polynomial) -> None:
    for product, coefficient in terms.items():
        coefficient = coefficient + total.get(product, 0)
        if coefficient:
            total[product] = _plain(coefficient)
        else:
            total.pop(product, None)


def _multiplied(left: Monomial, right: Monomial) -> tuple[Rational, Monomial, list[Polynomial]]:
    """The product of two monomials: a number, a monomial, and the sums that whole powers of roots leave."""
    if not left or not right:
        return 1, left or right, []
    merged = dict(left)
    for atom, exponent in right:
        before = merged.get(atom)
        merged[atom] = exponent if before is None else before + exponent
    return _normal(merged)


def _normal(merged: dict[Atom, Rational]) -> tuple[Rational, Monomial, list[Polynomial]]:
    factor: Rational = 1
    roots: list[Polynomial] = []
    for atom, exponent in list(merged.items()):
        if type(exponent) is not int:
            spend(1)
            merged[atom] = exponent = _plain(exponent)
        if atom.kind in _TAKEN_OUT:
            whole = exponent if type(exponent) is int else exponent.numerator // exponent.denominator
            if atom.kind == "size":  # the square of what is real is that of its size
                whole = whole - whole % 2 if atom.real and whole > 0 else 0
            if whole:
                merged[atom] = exponent - whole
                factor, roots = _taken_out(atom, whole, factor, roots)
    for atom in [atom for atom in merged if atom.kind == "abs"]:
        _signs_settled(merged, atom)
    return factor, tuple(sorted([power for power in merged.items() if power[1]], key=_rank)), roots


def normal(product: Mapping[Atom, Rational]) -> Polynomial:
    """A product of powers of atoms in normal form: every polynomial that is made by hand goes through here.

    Raises:
        Undecided: it is too large.
    """
    factor, monomial, roots = _normal(dict(product))
    terms: Polynomial = {monomial: _plain(factor)}
    for inner in roots:
        terms = times(terms, inner)
    return terms


def _taken_out(atom: Atom, whole: int, factor: Rational, roots: list[Polynomial]) -> tuple[Rational, list[Polynomial]]:
    """Whole powers of primes are numbers, `turn` is -1, roots and sizes to their degrees are the sums below them."""
    if atom.kind == "turn":
        return (-factor if whole % 2 else factor), roots
    if atom.kind == "prime":
        prime: int = atom.parts[0]  # type: ignore[assignment]
        if abs(whole) * prime.bit_length() > MAX_BITS:
            raise TooMuch("too many digits")
        return factor * Fraction(prime) ** whole, roots
    if not 0 < whole <= MAX_POWER:
        raise TooMuch("a power of a root")
    inner: Polynomial = dict(atom.parts[0])  # type: ignore[call-overload]
    return factor, roots + [inner] * whole


def _signs_settled(merged: dict[Atom, Rational], size: Atom) -> None:
    """`x^a |x|^b` is written as a power of x where that is one, else as `|x|^t` or `x |x|^t`."""
    signed: Atom = size.parts[0]  # type: ignore[assignment]
    outside, total = merged.get(signed, 0), _plain(merged.get(signed, 0) + merged[size])
    odd = outside.numerator % 2
    if total.denominator % 2 and total.numerator % 2 == odd:
        merged[signed], merged[size] = total, 0
    else:
        merged[signed], merged[size] = odd, _plain(total - odd)


def _rank(power: tuple[Atom, Rational]) -> int:
    return power[0].rank


def _reduced(over: Polynomial, under: Polynomial) -> Form:
    """The same quotient, below it 1 where a monomial or square roots of numbers were."""
    if not over:
        return Form({})
    if under is ONE or under == ONE:
        return Form(over)
    if over == under:
        return Form.of(1)
    if len(under) > 1:
        over, under = _rationalised(over, under)
    if len(under) > 1:
        return Form(over, under)
    ((product, coefficient),) = under.items()
    inverse: dict[Atom, Rational] = {}
    below: Polynomial = ONE
    for atom, exponent in product:
        if atom.kind == "root":  # one over a root is the rest of the root over the sum below it
            inverse[atom] = 1 - exponent
            below = times(below, dict(atom.parts[0]))  # type: ignore[call-overload]
        else:
            inverse[atom] = -exponent
    over = times(times(over, normal(inverse)), {(): _plain(1 / Fraction(coefficient))})
    return Form(over) if below is ONE else _reduced(over, below)


def _rationalised(over: Polynomial, under: Polynomial) -> tuple[Polynomial, Polynomial]:
    """Square roots of numbers and i taken out of what is below, a few of them."""
    powers = {power for product in under for power in product}
    if len(powers) > 3 or not all(map(_is_independent, powers)):
        return over, under
    for power in sorted(powers, key=_rank):
        other = {m: -c if power in m else c for m, c in under.items()}
        over, product = times(over, other), times(under, other)
        if not product:
            raise Undecided("a division by zero")
        under = product
    return over, under


def _is_independent(power: tuple[Atom, Rational]) -> bool:
    """Whether it is i or the square root of what is surely a prime: conjugates of what is not zero are not zero."""
    atom, exponent = power
    return exponent.denominator == 2 and (
        atom.kind == "turn" or (atom.kind == "prime" and atom.parts[0] < SURE_PRIME)  # type: ignore[operator]
    )


def _plain(value: Rational) -> Rational:
    """A whole number as an int, which is much faster than a Fraction."""
    return value.numerator if value.denominator == 1 else value
