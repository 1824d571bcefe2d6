"""Quotients of polynomials in atoms, with exact rational coefficients and exponents.

An atom stands for anything that is not taken apart further: an unknown, a prime, pi, a function of something, each to the
power of a product of other atoms. Equal forms are proved equal; unequal ones may still be worth the same
(`sin^2 + cos^2` and 1). All sizes are bounded.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

MAX_TERMS = 300
MAX_BITS = 20_000
MAX_POWER = 60

# An atom: its base, such as ("symbol", "x"), and the product that its exponent is multiplied by, mostly empty.
Atom = tuple[tuple[object, ...], "Monomial"]
Monomial = tuple[tuple[Atom, Fraction], ...]
I_ATOM: Atom = (("i",), ())


class Undecided(Exception):  # noqa: N818  # not an error: the next rung decides
    """A value is not worked out here, for its size or its kind; the message says why."""


@dataclass(frozen=True)
class Form:
    """`over / under`, each a sum of monomials with coefficients; `under` is never zero."""

    over: Mapping[Monomial, Fraction]
    under: Mapping[Monomial, Fraction]

    @classmethod
    def of(cls, value: Fraction | int) -> Form:
        return cls({(): Fraction(value)} if value else {}, _ONE)

    @classmethod
    def atom(cls, base: tuple[object, ...], exponent: Fraction = Fraction(1)) -> Form:
        return cls({(((base, ()), exponent),): Fraction(1)}, _ONE)

    @cached_property
    def key(self) -> tuple[object, ...]:
        """Equal for forms that are written alike, up to a common factor of both parts."""
        if not self.over:
            return ("0",)
        over, under = sorted(self.over.items(), key=repr), sorted(self.under.items(), key=repr)
        scale = under[0][1]
        return (tuple((m, c / scale) for m, c in over), tuple((m, c / scale) for m, c in under))

    @property
    def is_zero(self) -> bool:
        return not self.over

    def rational(self) -> Fraction | None:
        """The number this is, if it is a rational one and shows it."""
        if not self.over:
            return Fraction(0)
        if set(self.over) == {()} and set(self.under) == {()}:
            return self.over[()] / self.under[()]
        return None

    def monomial(self) -> tuple[Fraction, Monomial] | None:
        """Coefficient and monomial, if this is a single one."""
        if len(self.over) == 1 and len(self.under) == 1:
            (above, c), (below, d) = next(iter(self.over.items())), next(iter(self.under.items()))
            sign, product = multiplied(above, powered(below, Fraction(-1)))
            return c / d * sign, product
        return None

    def __add__(self, other: Form) -> Form:
        if self.under == other.under:
            return _reduced(_added(self.over, other.over), self.under)
        return _reduced(
            _added(_times(self.over, other.under), _times(other.over, self.under)), _times(self.under, other.under)
        )

    def __mul__(self, other: Form) -> Form:
        return _reduced(_times(self.over, other.over), _times(self.under, other.under))

    def __neg__(self) -> Form:
        return Form({m: -c for m, c in self.over.items()}, self.under)

    def __sub__(self, other: Form) -> Form:
        return self + -other

    def inverse(self) -> Form:
        if not self.over:
            raise Undecided("a division by zero")
        return _reduced(self.under, self.over)

    def power(self, exponent: int) -> Form:
        """A whole power.

        Raises:
            Undecided: it is too large.
        """
        if exponent < 0:
            return self.inverse().power(-exponent)
        if (single := self.monomial()) is not None and abs(exponent) * _bits(single[0]) < MAX_BITS:
            coefficient, product = single
            sign, raised = multiplied(powered(product, Fraction(exponent)), ())
            return _reduced({raised: coefficient**exponent * sign}, _ONE)
        if exponent > MAX_POWER:
            raise Undecided("a large power of a sum")
        result = Form.of(1)
        for _ in range(exponent):
            result = result * self
        return result


_ONE: Mapping[Monomial, Fraction] = {(): Fraction(1)}


def multiplied(left: Monomial, right: Monomial) -> tuple[int, Monomial]:
    """The product of two monomials, and the sign that powers of i leave."""
    exponents = dict(left)
    for atom, exponent in right:
        exponents[atom] = exponents.get(atom, Fraction(0)) + exponent
    sign = 1
    if (turns := exponents.get(I_ATOM)) is not None and turns.denominator == 1:
        quarter = int(turns) % 4
        sign = -1 if quarter >= 2 else 1
        exponents[I_ATOM] = Fraction(quarter % 2)
    return sign, tuple(sorted(((a, e) for a, e in exponents.items() if e), key=repr))


def powered(product: Monomial, exponent: Fraction) -> Monomial:
    return tuple((atom, each * exponent) for atom, each in product)


def _added(left: Mapping[Monomial, Fraction], right: Mapping[Monomial, Fraction]) -> dict[Monomial, Fraction]:
    total = dict(left)
    for product, coefficient in right.items():
        coefficient += total.get(product, 0)
        if coefficient:
            total[product] = coefficient
        else:
            total.pop(product, None)
    return total


def _times(left: Mapping[Monomial, Fraction], right: Mapping[Monomial, Fraction]) -> dict[Monomial, Fraction]:
    if len(left) * len(right) > MAX_TERMS * 4:
        raise Undecided("too many terms")
    total: dict[Monomial, Fraction] = {}
    for m, c in left.items():
        for n, d in right.items():
            factor, product = _whole_primes(*multiplied(m, n))
            coefficient = total.get(product, 0) + c * d * factor
            if _bits(coefficient) > MAX_BITS:
                raise Undecided("too many digits")
            if coefficient:
                total[product] = coefficient
            else:
                total.pop(product, None)
    if len(total) > MAX_TERMS:
        raise Undecided("too many terms")
    return total


def _whole_primes(sign: int, product: Monomial) -> tuple[Fraction, Monomial]:
    """Take whole powers of primes out of a monomial: `2^(3/2)` is `2 * 2^(1/2)`."""
    factor, rest = Fraction(sign), []
    for atom, exponent in product:
        base, along = atom
        if base[0] == "prime" and not along:
            whole = exponent.numerator // exponent.denominator
            if abs(whole) * int(base[1]).bit_length() > MAX_BITS:  # type: ignore[call-overload]
                raise Undecided("too many digits")
            factor *= Fraction(base[1]) ** whole  # type: ignore[arg-type]
            exponent -= whole
        if exponent:
            rest.append((atom, exponent))
    return factor, tuple(rest)


def _reduced(over: Mapping[Monomial, Fraction], under: Mapping[Monomial, Fraction]) -> Form:
    """The same quotient, below it a plain number where it was a single monomial."""
    if not over:
        return Form({}, _ONE)
    if len(under) == 1 and under != _ONE:
        ((product, coefficient),) = under.items()
        inverse = {powered(product, Fraction(-1)): 1 / coefficient}
        return Form(_times(over, inverse), _ONE)
    if over == under:
        return Form.of(1)
    return Form(over, under)


def _bits(value: Fraction | int) -> int:
    return value.numerator.bit_length() + value.denominator.bit_length()
