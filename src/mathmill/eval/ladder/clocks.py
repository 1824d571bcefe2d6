"""Times of day: `4:30 p.m.`, `16:30`, noon."""

from __future__ import annotations

from dataclasses import dataclass

from mathmill.eval.ladder.rungs import correct, wrong
from mathmill.eval.syntax import trees as t
from mathmill.eval.verdict import Verdict

_NOON, _DAY, _HOUR = 12, 24, 60


@dataclass(frozen=True, slots=True)
class Clock:
    """Hours and what is behind them as they are written; the half of the day, if that is said."""

    hours: int
    rest: tuple[int, ...]
    half: str

    @property
    def of_day(self) -> tuple[int, ...]:
        """Hours from midnight, and what is behind them, without zeros at the end."""
        hours = self.hours % _NOON + (_NOON if self.half == "pm" else 0) if self.half else self.hours
        rest = self.rest
        while rest and not rest[-1]:
            rest = rest[:-1]
        return hours, *rest


def compare_clocks(answer: t.Tree, gold: t.Tree) -> Verdict | None:
    """Two times of day, one of them at least with its half of the day; None where that is not so.

    A half that is left out on one side pays, and so do the hours from midnight in its place.
    """
    left, right = _clock(answer), _clock(gold)
    if left is None or right is None or not (left.half or right.half):
        return None
    if left.of_day == right.of_day:
        return correct("clock")
    is_open = not (left.half and right.half)
    if is_open and left.hours == right.hours and left.of_day[1:] == right.of_day[1:]:
        return correct("clock", "without the half of the day")
    return wrong("clock", "another time")


def _clock(tree: t.Tree) -> Clock | None:
    value, half = (tree.value, tree.unit) if isinstance(tree, t.Quantity) else (tree, "")
    if half not in ("", "am", "pm"):
        return None
    is_ratio = isinstance(value, t.Call) and value.function == "ratio"
    written = tuple(t.children(value)) if is_ratio else (value,)
    numbers = [int(each.value) for each in written if isinstance(each, t.Number) and each.value.denominator == 1]
    if len(numbers) != len(written) or (len(numbers) == 1 and not half):
        return None
    hours, *rest = numbers
    is_time = 0 <= hours <= (_NOON if half else _DAY) and all(0 <= part < _HOUR for part in rest)
    return Clock(hours, tuple(rest), half) if is_time else None
