"""Whether trees have a value anywhere: what they divide by is seen not to be nought, and their endless sums to end.

A proof says that two trees agree wherever both are defined, which is worth nothing where that is nowhere.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from mathmill.eval.syntax import trees as t
from mathmill.eval.values.evaluation import Evaluation, Point, Undefined, Unsure
from mathmill.eval.values.points import drawn
from mathmill.eval.values.polynomials import TooMuch, Undecided
from mathmill.eval.values.precision import mp
from mathmill.eval.values.rational import rational_at, symbols_of

_ONE, _TWO = t.Number(Fraction(1)), t.Number(Fraction(2))
_DIGITS = 60
_COST = 3_600  # of all that is looked at, each about 5 microseconds
_POINTS = 18
_ENOUGH = 3  # points at which nothing converged, where more would take too long
# What a function divides by: another of the same argument.
_UNDER = {"tan": "cos", "sec": "cos", "cot": "sin", "csc": "sin", "coth": "sinh", "csch": "sinh"}
_LOGARITHMS = frozenset({"ln", "log", "log10"})
_PLACES = (24, 25, 48, 49)  # of the terms of an endless sum that are compared, two and two


def divisors(tree: t.Tree) -> Iterator[t.Tree]:
    """What must not be nought for a tree to have a value, less the numbers that are seen not to be.

    Denominators, the bases of powers that may be negative, what logarithms are of, what poles are the noughts of.
    """
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        waiting += t.children(node)
        for under in _divisors(node):
            if not rational_at(under, {}) and not isinstance(under, t.Constant):
                yield under


def _divisors(node: t.Tree) -> Iterator[t.Tree]:
    match node:
        case t.Quotient(_, under):
            yield under
        case t.Power(base, exponent):
            value = rational_at(exponent, {})
            if value is None or value < 0:
                yield base
        case t.Call(name, (argument,)) if name in _UNDER:
            yield t.Call(_UNDER[name], (argument,))
        case t.Call("arctanh" | "arccoth", (argument,)):
            yield t.Sum((_ONE, t.Negative(t.Power(argument, _TWO))))
        case t.Call("arcsec" | "arccsc", (argument,)):
            yield argument
        case t.Call(name, (argument, *bases)) if name in _LOGARITHMS:
            yield argument
            yield from (t.Call("ln", (base,)) for base in bases)


def divides_by_nought(*trees: t.Tree) -> bool:
    """Whether trees divide by what is nought, or too near to it to tell, wherever it was evaluated.

    False where a divisor is of a kind or size that is not evaluated here.
    """
    work = Evaluation(_COST)
    try:
        return any(_is_nought(under, work) for tree in trees for under in divisors(tree))
    except TooMuch:
        return False


def _is_nought(tree: t.Tree, work: Evaluation) -> bool:
    """Whether a tree is not seen to be other than nought at any point.

    Raises:
        TooMuch: it takes too long to tell.
    """
    names = sorted(symbols_of(tree))
    for number in range(_POINTS if names else 1):
        try:
            if _size(work, tree, {name: drawn(name, number) for name in names}):
                return False
        except TooMuch:
            raise
        except Undecided:
            return False
    return True


def _size(work: Evaluation, tree: t.Tree, point: Point) -> object:
    """The size of a finite value; nought where there is none, or none that rounding leaves sure.

    Raises:
        Undecided: it is of a kind or size that is not evaluated here.
    """
    try:
        with mp().workdps(_DIGITS):
            value = abs(work.value(tree, point))
            return value if mp().isfinite(value) else 0
    except (Undefined, ZeroDivisionError, ValueError, OverflowError):
        return 0


def converges_nowhere(*trees: t.Tree) -> bool:
    """Whether the terms of endless sums with unknowns were seen not to become smaller together at any point.

    False where they are of a kind or size that is not evaluated here.
    """
    sums = [node for tree in trees for node in endless_sums(tree)]
    names = sorted(set[str]().union(*map(symbols_of, sums)))
    if not names:
        return False
    work, looked = Evaluation(_COST), 0
    try:
        for number in range(_POINTS):
            if all(_shrinks(work, each, {name: drawn(name, number) for name in names}) for each in sums):
                return False
            looked = number
    except Undecided:
        return looked >= _ENOUGH and work.cost_left < 0
    return True


def endless_sums(tree: t.Tree) -> Iterator[t.Bound]:
    """The infinite sums in a tree that stand in no other sum, integral or limit."""
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, t.Bound):
            if node.operator == "sum" and node.high == t.Constant("infinity"):
                yield node
        else:
            waiting += t.children(node)


def _shrinks(work: Evaluation, tree: t.Bound, point: Point) -> bool:
    """Whether late terms of a sum are smaller than earlier ones, as those of one that converges are.

    Raises:
        Undecided: they are of a kind or size that is not evaluated here.
    """
    name = tree.variable.name
    before, early, last, late = (_term(work, tree.body, {**point, name: Fraction(place)}) for place in _PLACES)
    if before is None or early is None or last is None or late is None:
        return False
    with mp().workdps(_DIGITS):
        return bool(last + late < (before + early) * mp().mpf("0.9") or not (before or early))


def _term(work: Evaluation, tree: t.Tree, point: Point) -> Any:
    """The size of a term; nought where it is too near to it to tell, None where it has none.

    Raises:
        Undecided: it is of a kind or size that is not evaluated here.
    """
    try:
        with mp().workdps(_DIGITS):
            value = abs(work.value(tree, point))
            return value if mp().isfinite(value) else None
    except Unsure:
        return mp().mpf(0)
    except (Undefined, ZeroDivisionError, ValueError, OverflowError):
        return None
