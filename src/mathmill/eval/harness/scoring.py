"""Completions judged: the one judge of mathmill for every Task, and beside it the Task's own form of an answer."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from mathmill.data.problems import Problem
from mathmill.eval.answers import find_answer
from mathmill.eval.grade import grade
from mathmill.eval.harness.graded import Graded
from mathmill.eval.models.base import Completion


def judge(problem: Problem, completions: Sequence[Completion], stated: Collection[str]) -> tuple[Graded, ...]:
    """The verdict on each completion of a Problem, sample by sample.

    Flexible extraction takes the answer that `find_answer` finds, by whichever rule; strict extraction only one in the
    form that the Task states (`stated`, rules of `find_answer`), and none of several answers.
    """
    return tuple(_judged(problem, sample, each, stated) for sample, each in enumerate(completions))


def _judged(problem: Problem, sample: int, completion: Completion, stated: Collection[str]) -> Graded:
    found = find_answer(completion.text)
    verdict = grade(completion.text, problem.gold)
    in_form = found is not None and found.rule in stated
    return Graded(
        problem=problem.id,
        sample=sample,
        text=completion.text,
        finish=completion.finish,
        tokens=completion.tokens,
        answer=None if found is None else ", ".join(found.parts) or found.text,
        rule="" if found is None else found.rule,
        outcome=verdict.outcome,
        method=verdict.method,
        detail=verdict.detail,
        strict=verdict.correct and in_form and grade(completion.text, problem.gold, strict=True).correct,
    )
