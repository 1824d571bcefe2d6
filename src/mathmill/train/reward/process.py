"""Process supervision: each step `lhs = rhs` of a completion, and whether it holds.

DeepSeekMath (arXiv 2402.03300, section 4.1.2) rewards the end of every step by a model that judges steps. Here a step
is an equation of two sides without free variables, one of which calculates, and the judge is the verifier: 1 where both
sides are worth the same, also where a decimal is rounded or cut off, and 0 where they are not. All else has no reward:
what defines a name or solves for one, what is said a second time, what cannot be read, and what takes more proofs than
a completion may have. So a policy is paid neither for steps that say nothing nor for saying one again.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache

from mathmill.eval.ladder.compare import compare
from mathmill.eval.ladder.rounding import Decimal, near, written_decimal
from mathmill.eval.limits import TooLarge, Unparsable
from mathmill.eval.syntax import trees as t
from mathmill.eval.syntax.parser import parse
from mathmill.eval.values.exact import based_value
from mathmill.eval.values.rational import symbols_of
from mathmill.eval.verdict import Outcome, Verdict
from mathmill.eval.workers import prove
from mathmill.train.reward.chains import Written, written_steps

_NO_VALUES = (
    t.Words, t.Choice, t.Items, t.Interval, t.Matrix, t.Relation, t.SetOperation, t.Builder, t.Labelled, t.PlusMinus,
    t.Dots,
)  # fmt: skip
_NUMBERS = frozenset({"pi", "e", "i"})
_LETTERS = frozenset({"e", "i"})  # constants that may be letters of the solution's own
_LARGE = 100  # smaller whole numbers are wrong where something rounds to them
_ANGLES = frozenset({"degree", "degrees"})
_OF_ANGLES = frozenset({"sin", "cos", "tan", "cot", "sec", "csc"})
# `3^15^2`, `\pi(3/2)^24`: what a reader sees is 3 * 5^2.
_MISWRITTEN = re.compile(r"\^\d\d[^^]*(?:\^|\\)|\\.*\^\d\d", re.DOTALL)
_DIVIDED_TWICE = re.compile(r"/\s*\d+\s*/")  # `25 / 1/3`, which is meant to be 75
_UNPROVED = Verdict("wrong", "unproved", "no more proofs for this completion")


@dataclass(frozen=True, slots=True)
class Step:
    """An equation of a completion: its span, and its reward with the verdict, None where nobody decides it."""

    start: int
    end: int
    left: str
    right: str
    reward: float | None
    outcome: Outcome | None = None
    detail: str = ""


class _Proofs:
    """So many proofs; the last one that timed out is the last one that is asked for."""

    def __init__(self, left: int) -> None:
        self._left = left

    def __call__(self, answer: t.Tree, gold: t.Tree) -> Verdict:
        if self._left <= 0:
            return _UNPROVED
        verdict = prove(answer, gold)
        self._left = 0 if verdict.outcome == "timed_out" else self._left - 1
        return verdict


def checked_steps(text: str, most: int, proofs: int) -> tuple[Step, ...]:
    """The first `most` steps of a text by where they end.

    Raises:
        JudgeInTrouble, ConfigError: as `verify`.
    """
    left, said = _Proofs(proofs), set[tuple[str, ...]]()
    found = []
    for written in written_steps(text)[:most]:
        key = tuple("".join(side.split()) for side in (written.left, written.right))
        found.append(_step(written, left) if key not in said else _undecided(written, "said before"))
        said.add(key)
    return tuple(found)


def _undecided(written: Written, why: str, outcome: Outcome | None = None) -> Step:
    return Step(written.start, written.end, written.left, written.right, None, outcome, why)


def _step(written: Written, proofs: _Proofs) -> Step:
    left, right = _read(written.left), _read(written.right)
    for side in (left, right):
        if isinstance(side, str):
            return _undecided(written, side)
    assert not isinstance(left, str)
    assert not isinstance(right, str)
    if _is_plain(left) and _is_plain(right):
        return _undecided(written, "nothing is calculated")
    if isinstance(left, t.Constant) or isinstance(right, t.Constant):
        return _undecided(written, "a letter that is named")
    verdict = _compared(left, right, proofs)
    if verdict.correct:
        return Step(written.start, written.end, written.left, written.right, 1.0, "correct", verdict.method)
    if verdict.outcome != "wrong":
        return _undecided(written, verdict.detail, verdict.outcome)
    if why := _doubt(left, right, written, verdict):
        return _undecided(written, why)
    return Step(written.start, written.end, written.left, written.right, 0.0, "wrong", verdict.detail)


def _compared(left: t.Tree, right: t.Tree, proofs: _Proofs) -> Verdict:
    """Whether two sides are worth the same: as they stand, without the unit that both are in, or rounded."""
    verdict = compare(left, right, proofs)
    if verdict.outcome != "wrong":
        return verdict
    if len((_units(left) | _units(right)) - _ANGLES) == 1:
        left, right = _bare(left), _bare(right)
        verdict = compare(left, right, proofs)
        if verdict.outcome != "wrong":
            return verdict
    if _rounds(left, right) or _rounds(right, left):
        return Verdict("correct", "rounded")
    return verdict


def _doubt(left: t.Tree, right: t.Tree, written: Written, verdict: Verdict) -> str:
    """Why a step that was found wrong may be meant otherwise; empty if it may not."""
    if verdict.method == "unproved":
        return verdict.detail or "nothing proves it"
    if _is_whole(right) and _is_near(left, right, Decimal(Fraction(1), 0)):
        return "rounded to a whole number"
    if written.sign == "~":
        return "about the same, to whatever place"
    if len((_units(left) | _units(right)) - _ANGLES) > 1:
        return "several units"
    if any(_is_angle(side) or any(map(_is_bare_angle, _nodes(side))) for side in (left, right)):
        return "angles, in degrees or not"
    if ("%" in written.left) != ("%" in written.right) or _DIVIDED_TWICE.search(written.left):
        return "percent, or divided by a fraction"
    if _MISWRITTEN.search(f"{written.left} {written.right}"):
        return "exponents of which TeX shows one digit"
    if any(node.name in _LETTERS for side in (left, right) for node in _nodes(side) if isinstance(node, t.Constant)):
        return "a letter that may be a constant"
    return ""


@lru_cache(maxsize=4_096)  # the completions of a Group say much the same
def _read(side: str) -> t.Tree | str:
    """The tree of a side that is a value, or why it is none."""
    try:
        tree = parse(side)
    except (Unparsable, TooLarge) as reason:
        return str(reason)
    for node in _nodes(tree):
        if isinstance(node, t.Constant) and node.name not in _NUMBERS:
            return f"{node.name} is no number"
        if isinstance(node, _NO_VALUES):
            return f"{type(node).__name__.lower()} is no value"
    if letters := symbols_of(tree):
        return f"the letter {min(letters)} is free"
    try:
        return _in_ten(tree)
    except ValueError as reason:
        return str(reason)


def _in_ten(tree: t.Tree) -> t.Tree:
    """A tree whose numerals are in base ten: an answer has to be in the base that is asked for, a step need not.

    Raises:
        ValueError: a digit is none of its base.
    """
    return t.Number(based_value(tree)) if isinstance(tree, t.InBase) else t.rebuilt(tree, _in_ten)


def _nodes(tree: t.Tree) -> Iterator[t.Tree]:
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        yield node
        waiting += t.children(node)


def _is_plain(tree: t.Tree) -> bool:
    """Whether a side is a numeral, so that nothing is calculated there."""
    match tree:
        case t.Negative(value) | t.Percent(value) | t.Quantity(value):
            return _is_plain(value)
        case t.Number() | t.Mixed():
            return True
    return False


def _is_angle(tree: t.Tree) -> bool:
    """Whether a side is in degrees, and another may be in radians."""
    return isinstance(tree, t.Quantity) and tree.unit in _ANGLES


def _is_bare_angle(tree: t.Tree) -> bool:
    """Whether a function of angles is of a plain number, which may be degrees."""
    if not isinstance(tree, t.Call) or tree.function not in _OF_ANGLES:
        return False
    inner = [node for argument in tree.arguments for node in _nodes(argument)]
    return not any(_is_angle(node) or node == t.Constant("pi") for node in inner)


def _is_whole(tree: t.Tree) -> bool:
    return isinstance(tree, t.Number) and tree.value.denominator == 1 and abs(tree.value) >= _LARGE


def _units(tree: t.Tree) -> set[str]:
    return {node.unit for node in _nodes(tree) if isinstance(node, t.Quantity)}


def _bare(tree: t.Tree) -> t.Tree:
    """A tree without units."""
    return _bare(tree.value) if isinstance(tree, t.Quantity) else t.rebuilt(tree, _bare)


def _rounds(exact: t.Tree, decimal: t.Tree) -> bool:
    """Whether a decimal is what a side comes to; some cut off where others round, so a whole unit is allowed."""
    written = written_decimal(decimal)
    return written is not None and _is_near(exact, decimal, replace(written, last_place=2 * written.last_place))


def _is_near(exact: t.Tree, decimal: t.Tree, written: Decimal) -> bool:
    try:
        return near(exact, decimal, written)
    except TooLarge:
        return False
