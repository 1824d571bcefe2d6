"""Which of a Problem's solutions are kept, and why each other one is not."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Final

from mathmill.eval.harness.graded import Graded
from mathmill.eval.verdict import OUTCOMES
from mathmill.train.sample.distinct import mark_of
from mathmill.train.sample.recipe import Keep
from mathmill.train.sample.sums import has_false_sum

KEPT: Final = ""
TRUNCATED, UNSTATED, FALSE_SUM = "truncated", "unstated", "false_sum"
DOUBTFUL, SAME, ENOUGH = "doubtful", "same", "enough"
#: Why a solution is not kept; the first that holds is told.
REASONS: dict[str, str] = {
    TRUNCATED: "it was cut off at the limit of tokens, whatever it says",
    **{outcome: f"its verdict is {outcome}" for outcome in OUTCOMES if outcome != "correct"},
    UNSTATED: "right, but the answer is not in the form that the task states",
    FALSE_SUM: "right, but a sum on the way is false",
    DOUBTFUL: "right, but too few others of its Problem are",
    SAME: "right, and the same as another of its Problem",
    ENOUGH: "right, and its Problem has as many as may be kept",
}


def pass_rate(group: Sequence[Graded]) -> float:
    """The share of a Problem's solutions that are right, as benchmarks count; truncated ones are not left out."""
    return sum(each.correct for each in group) / len(group)


def select(group: Sequence[Graded], keep: Keep, known: Collection[bytes] = ()) -> Iterator[str]:
    """For each solution of a Problem, in the order drawn, `KEPT` or a reason.

    `known` are marks (`mark_of`) of solutions that other runs have kept of it.
    The first drawn are kept, and none is preferred: what is kept is a sample of what the policy gets right.
    """
    cap, right = keep.cap(pass_rate(group)), sum(each.correct for each in group)
    seen, kept = set(known), 0
    for each in group:
        reason = _reason(each, keep, right)
        if reason == KEPT:
            mark = mark_of(each.text, keep.distinct)
            reason = SAME if mark in seen else ENOUGH if cap and kept >= cap else KEPT
            seen.add(mark)
            kept += reason == KEPT
        yield reason


def _reason(each: Graded, keep: Keep, right: int) -> str:
    if each.finish == "length":
        return TRUNCATED
    if not each.correct:
        return each.outcome
    if keep.stated and not each.strict:
        return UNSTATED
    if keep.sums and has_false_sum(each.text):
        return FALSE_SUM
    return DOUBTFUL if right < keep.least_right else KEPT
