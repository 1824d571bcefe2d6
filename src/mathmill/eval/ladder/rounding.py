"""Golds that are decimals: an exact answer, or one with more places, that rounds to them."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from mathmill.eval.ladder.rungs import correct
from mathmill.eval.syntax import trees as t
from mathmill.eval.values.polynomials import Undecided
from mathmill.eval.verdict import Verdict

# A decimal of fewer significant digits is taken as exact: too many values round to 0.5.
SIGNIFICANT = 3
# An answer that is a decimal has to show so many more places: a digit more may be a slip, not a better value.
MORE_PLACES = 2


@dataclass(frozen=True, slots=True)
class Decimal:
    """A decimal as it was written: the worth of its last place and how many digits count."""

    last_place: Fraction
    digits: int


def rounds_to(answer: t.Tree, gold: t.Tree) -> Verdict | None:
    """Correct where a gold decimal is what the answer comes to when rounded to its places; else None."""
    wanted = written_decimal(gold)
    if wanted is None or wanted.digits < SIGNIFICANT:
        return None
    given = written_decimal(answer)
    if given is not None and given.last_place * 10**MORE_PLACES > wanted.last_place:
        return None
    if given is None and _is_plain(answer):  # a whole number: fewer places than the gold has
        return None
    return correct("rounded", "to the places of the gold") if near(answer, gold, wanted) else None


def near(exact: t.Tree, decimal: t.Tree, written: Decimal) -> bool:
    """Whether a value is within half of the last place of a decimal."""
    try:
        return abs(_approximate(exact) - _approximate(decimal)) <= written.last_place / 2
    except Undecided:
        return False


def _approximate(tree: t.Tree) -> Fraction:
    from mathmill.eval.values.exact import form_of
    from mathmill.eval.values.numeric import real_value

    try:
        if (value := form_of(tree).rational()) is not None:
            return value
    except Undecided:
        pass
    return real_value(tree)


def written_decimal(tree: t.Tree) -> Decimal | None:
    """A numeral with a point, its sign, percent sign and power of ten around it; None for anything else."""
    match tree:
        case t.Negative(value):
            return written_decimal(value)
        case t.Percent(value):
            inner = written_decimal(value)
            return inner and Decimal(inner.last_place / 100, inner.digits)
        case t.Number(value, int(places)) if places:
            return Decimal(Fraction(1, 10**places), len(str(abs(int(value * 10**places)))))
        case t.Product((decimal, t.Power(t.Number(ten), exponent))) if ten == 10:
            inner, power = written_decimal(decimal), _small(exponent)
            return Decimal(inner.last_place * Fraction(10) ** power, inner.digits) if inner and power else None
    return None


def _small(tree: t.Tree) -> int | None:
    if isinstance(tree, t.Negative):
        inner = _small(tree.value)
        return None if inner is None else -inner
    is_small = isinstance(tree, t.Number) and tree.value.denominator == 1 and abs(tree.value) <= 300
    return int(tree.value) if is_small and isinstance(tree, t.Number) else None


def _is_plain(tree: t.Tree) -> bool:
    if isinstance(tree, t.Negative):
        return _is_plain(tree.value)
    return isinstance(tree, t.Number) and tree.value.denominator == 1
