"""A completion of a problem with its verdict: what a benchmark's figures are made of."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from mathmill.eval.models.base import Finish
from mathmill.eval.verdict import Outcome


@dataclass(frozen=True, slots=True)
class Graded:
    """One completion, judged.

    `problem` is the Problem's id, `sample` the completion's number among its n, from 0. `answer` is what was found in
    it, None if nothing was, and `rule` the rule that found it, then empty. `strict` says that it is correct and was
    found by a rule that the task states as its own form. `tokens` counts all that the model made.
    """

    problem: str
    sample: int
    text: str
    finish: Finish
    tokens: int
    answer: str | None
    rule: str
    outcome: Outcome
    method: str
    detail: str
    strict: bool

    @property
    def correct(self) -> bool:
        return self.outcome == "correct"


def by_problem(graded: Iterable[Graded]) -> dict[str, tuple[Graded, ...]]:
    """The samples of each problem by their number, problems in the order in which they first come.

    Raises:
        ValueError: there are none, a sample comes twice or is left out, or problems have different numbers of them.
    """
    groups: dict[str, list[Graded]] = {}
    for each in graded:
        groups.setdefault(each.problem, []).append(each)
    if not groups:
        raise ValueError("no graded completions: there is nothing to measure")
    ordered = {problem: tuple(sorted(group, key=lambda each: each.sample)) for problem, group in groups.items()}
    count = len(next(iter(ordered.values())))
    for problem, group in ordered.items():
        if [each.sample for each in group] != list(range(count)):
            numbers = ", ".join(str(each.sample) for each in group[:20])
            raise ValueError(f"{problem} has the samples {numbers}, where 0 to {count - 1} were expected")
    return ordered
