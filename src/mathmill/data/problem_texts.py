"""The texts of a problem that tell a copy of it: question, worked solution and gold."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, NamedTuple

from mathmill.data.problem_rows import Problem

Kind = Literal["question", "solution", "answer"]


class Sought(NamedTuple):
    """A text that is looked for, and what it is of its problem: answers have to be longer to be told from others."""

    kind: Kind
    text: str


def problem_texts(problem: Problem) -> Iterator[Sought]:
    """What there is to look for of a problem; a gold that stands in the solution is not there twice."""
    yield Sought("question", problem.question)
    solution = problem.meta.get("solution")
    if isinstance(solution, str) and solution:
        yield Sought("solution", solution)
    if problem.gold and not (isinstance(solution, str) and problem.gold in solution):
        yield Sought("answer", problem.gold)
