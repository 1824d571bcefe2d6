"""What every rung of the ladder is given, and how the verdicts on parts make one on the whole."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from mathmill.eval.syntax.trees import Tree
from mathmill.eval.verdict import Verdict

# Compares two trees, for parts of a structure.
Compare = Callable[[Tree, Tree], Verdict]
# A rung decides or leaves it to the next.
Rung = Callable[[Tree, Tree, Compare], Verdict | None]


def correct(method: str, detail: str = "") -> Verdict:
    return Verdict("correct", method, detail)


def wrong(method: str, detail: str) -> Verdict:
    return Verdict("wrong", method, detail)


def all_of(method: str, verdicts: Iterable[Verdict]) -> Verdict:
    """Correct if all are; else the first that is surely wrong, else the first that could not be decided."""
    undecided = None
    for verdict in verdicts:
        if verdict.outcome == "wrong":
            return Verdict("wrong", method, verdict.detail)
        if verdict.outcome != "correct" and undecided is None:
            undecided = verdict
    return undecided or correct(method)


def matched(method: str, answers: list[Tree], golds: list[Tree], compare: Compare) -> Verdict:
    """Whether the answers are the golds in any order, each used once."""
    left, undecided = list(golds), None
    for answer in answers:
        for at, gold in enumerate(left):
            verdict = compare(answer, gold)
            if verdict.correct:
                del left[at]
                break
            if verdict.outcome != "wrong":
                undecided = undecided or verdict
        else:
            return undecided or wrong(method, "an item that is not among those expected")
    return correct(method)
