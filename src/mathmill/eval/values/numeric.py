"""Trees as numbers at chosen points, to many digits: what differs there is not equal.

A refuter, never a proof, and never wrong when it refutes: a difference counts only if it stays the same when it is
computed to twice the digits. Evaluation is bounded before it happens: what would take more than `MAX_LOG` in the
logarithm of its size, or more than `MAX_COST` in all, is `Undecided`, so no tower of powers is ever built.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from mathmill.eval.syntax import trees as t
from mathmill.eval.values.algebraic import sign_of
from mathmill.eval.values.evaluation import Evaluation, Point, Undefined, Unsure
from mathmill.eval.values.exact import form_of
from mathmill.eval.values.points import drawn
from mathmill.eval.values.polynomials import TooMuch, Undecided
from mathmill.eval.values.precision import mp
from mathmill.eval.values.rational import symbols_of

DIGITS = 60
_AGREE = 40  # digits of a real value that are known
_STEADY = 6  # digits of a difference that more precision must not change
__all__ = ["differ", "evaluate", "real_value", "symbols_of"]
_STEPS = (DIGITS, 2 * DIGITS, 6 * DIGITS)
_STEPS_OF_CONSTANTS = (*_STEPS, 12 * DIGITS)  # those that agree at first are looked at closer
MAX_COST = 1_200  # of one comparison, each about 5 microseconds


POINTS = 6
_MORE_POINTS = 12  # where the two could be evaluated together at none of those


def differ(left: t.Tree, right: t.Tree) -> bool | None:
    """Whether two trees are surely worth different things at some point where both are defined over the reals.

    False says that they agree, to many digits, wherever they were evaluated; None that they could be evaluated together
    nowhere. Points are drawn from the names of the unknowns, so a verdict never depends on chance.

    Raises:
        Undecided: a value is of a kind or size that is not evaluated here, takes too long, or is everywhere so near to
            a nought or a branch that rounding does not tell which it is.
    """
    names = sorted(symbols_of(left) | symbols_of(right))
    work = Evaluation(MAX_COST)
    seen = False
    for number in range(POINTS + _MORE_POINTS if names else 1):
        if seen and number >= POINTS:
            break
        point = {name: drawn(name, number) for name in names}
        try:
            apart = _apart(work, left, right, point)
        except Undecided:
            if seen and work.cost_left < 0:
                return False
            raise
        if apart:
            return True
        seen = seen or apart is False
    if not seen and work.unsure:
        raise Undecided("nearly nought, or nought")
    return False if seen else None


def _apart(work: Evaluation, left: t.Tree, right: t.Tree, point: Point) -> bool | None:
    """Whether two trees differ at a point; None where one of them is undefined or the difference is not steady."""
    before: Any = None
    agreed = False
    steps = _STEPS if point else _STEPS_OF_CONSTANTS
    for digits in steps:
        try:
            values = _value(work, left, point, digits), _value(work, right, point, digits)
        except Undecided:
            if agreed:
                return False
            raise
        if values[0] is None or values[1] is None:
            return False if agreed else None
        with mp().workdps(digits):
            size = max(abs(values[0]), abs(values[1]))
            difference = values[0] - values[1]
            if abs(difference) <= size * mp().mpf(10) ** (-digits * 2 // 3):
                if point or digits == steps[-1]:
                    return False
                agreed, before = True, None
                continue
            if before is not None and abs(difference - before) <= abs(difference) * mp().mpf(10) ** -_STEADY:
                return True
            before = difference
    return None


def _value(work: Evaluation, tree: t.Tree, point: Point, digits: int) -> Any | None:
    """The value of a tree; None where it has none, or none that is sure at a point of several.

    Raises:
        Undecided: it is of a kind or size that is not evaluated here, or a constant that rounding leaves unsure.
    """
    try:
        with mp().workdps(digits):
            value = work.value(tree, point)
            return value if mp().isfinite(value) else None
    except Unsure as reason:
        if not point:
            raise Undecided(str(reason)) from None
        work.unsure = True
        return None
    except (Undefined, ZeroDivisionError, ValueError, OverflowError):
        return None


def evaluate(tree: t.Tree, point: Mapping[str, Fraction]) -> Any:
    """The value of a tree to `DIGITS` digits where its unknowns have these values; None where it has none.

    Raises:
        Undecided: it is no single value, or too large.
    """
    return _value(Evaluation(MAX_COST), tree, point, DIGITS)


def real_value(tree: t.Tree) -> Fraction:
    """A tree without unknowns as a rational number, within one part in 10^40 of its real value and of its sign.

    Raises:
        Undecided: it has unknowns, is not real or finite, or is too large.
    """
    if isinstance(tree, t.Number):
        return tree.value
    if symbols_of(tree):
        raise Undecided("an unknown")
    if (exact := _rational_value(tree)) is not None:
        return exact
    work = Evaluation(MAX_COST)
    try:
        rough, fine = (_value(work, tree, {}, digits) for digits in _STEPS[:2])
    except TooMuch:
        raise
    except Undecided:  # it may be zero
        rough = fine = None
    if rough is None or fine is None:
        if sign_of(form_of(tree)) == 0:
            return Fraction(0)
        raise Undecided("no number")
    with mp().workdps(_STEPS[1]):
        tolerance = abs(fine) * mp().mpf(10) ** -_AGREE
        if not fine or abs(rough - fine) > tolerance or abs(mp().im(fine)) > tolerance:
            if abs(fine) < mp().mpf(10) ** -_AGREE and sign_of(form_of(tree)) == 0:
                return Fraction(0)
            raise Undecided("no real number that is known to enough digits")
        real = mp().re(fine)
        if abs(mp().log(abs(real))) > 5_000:
            raise TooMuch("a very large or small number")
        sign, mantissa, exponent, _ = real._mpf_
    size = Fraction(int(mantissa)) * Fraction(2) ** int(exponent)
    return -size if sign else size


def _rational_value(tree: t.Tree) -> Fraction | None:
    try:
        return form_of(tree).rational()
    except Undecided:
        return None
