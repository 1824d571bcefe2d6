"""Completions judged: the one judge of mathmill for every Task, and beside it the Task's own form of an answer."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from mathmill.data.problems import Problem
from mathmill.eval.answers import Rule, find_answer
from mathmill.eval.grade import grade
from mathmill.eval.harness.graded import Graded
from mathmill.eval.harness.metrics import ks_of
from mathmill.eval.harness.voting import Vote, vote
from mathmill.eval.models.base import Completion


@dataclass(frozen=True, slots=True)
class Settled:
    """A Problem whose completions were judged, and how they voted."""

    graded: tuple[Graded, ...]
    vote: Vote


def settle(problem: Problem, completions: Sequence[Completion], stated: Collection[Rule]) -> Settled:
    """Judge the completions of a Problem and count their votes.

    Raises:
        JudgeInTrouble, ConfigError: as `verify`.
    """
    graded = judge(problem, completions, stated)
    return Settled(graded, vote(graded, ks_of(len(graded))))


def judge(problem: Problem, completions: Sequence[Completion], stated: Collection[Rule]) -> tuple[Graded, ...]:
    """The verdict on each completion of a Problem, sample by sample.

    Flexible extraction takes the answer that `find_answer` finds, by whichever rule; strict extraction only one in the
    form that the Task states (`stated`, rules of `find_answer`), whatever stands beside it in other forms, and none of
    several answers.
    """
    return tuple(_judged(problem, sample, each, stated) for sample, each in enumerate(completions))


def _judged(problem: Problem, sample: int, completion: Completion, stated: Collection[Rule]) -> Graded:
    found = find_answer(completion.text)
    verdict = grade(completion.text, problem.gold)
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
        strict=grade(completion.text, problem.gold, strict=True, rules=stated).correct,
    )
