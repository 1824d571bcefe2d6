"""The tables of a run of samples: what was drawn, what was kept, what was not, and how each Problem did.

Texts of Problems that are unknown are "", so that all files of a table have the same types.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from mathmill.data.problems import Problem
from mathmill.data.tables import table_rows
from mathmill.eval.harness.graded import Graded
from mathmill.eval.harness.tables import COMPLETIONS
from mathmill.eval.models.base import Message, Prompt
from mathmill.train.sample.keeping import KEPT, pass_rate
from mathmill.train.sample.plan import Part

#: Column -> (Arrow type, what it holds): a row a solution that was drawn.
SAMPLED = {name: column for name, column in COMPLETIONS.items() if name != "vote"}
#: A row a Problem. A later run of samples reads it again (`problems.run`).
PROBLEMS: dict[str, tuple[str, str]] = {
    "id": ("string", "id of the Problem"),
    "question": ("string", "the question"),
    "answer": ("string", "the gold"),
    "solution": ("string", "a worked solution that the set has; empty where unknown"),
    "subject": ("string", "its subject; empty where unknown"),
    "level": ("string", "its level; empty where unknown"),
    "lang": ("string", "its language; empty where unknown"),
    "dropped": ("string", "why it was not asked: copied, unfit or refused; empty of those that were"),
    "samples": ("int32", "solutions that were drawn"),
    "correct": ("int32", "right ones, as benchmarks count"),
    "truncated": ("int32", "ones that were cut off"),
    "kept": ("int32", "ones that are kept"),
    "pass_rate": ("double", "correct / samples; 0 of a Problem that was not asked"),
}

_KNOWN = ("solution", "subject", "level", "lang")


def graded_in(path: Path) -> dict[str, list[Graded]]:
    """What a file of `sampled` has, by Problem."""
    found: dict[str, list[Graded]] = {}
    for row in table_rows(path, tuple(SAMPLED)):
        found.setdefault(row["problem"], []).append(Graded(**row))
    return found


def sampled_rows(part: Part, graded: Mapping[str, Sequence[Graded]]) -> Iterator[dict[str, Any]]:
    """Rows of `sampled`, in the order of Problems and draws."""
    for problem in part.problems:
        for each in graded.get(problem.id, ()):
            yield {name: getattr(each, name) for name in SAMPLED}


def problem_row(problem: Problem, group: Sequence[Graded], dropped: str, kept: int) -> dict[str, Any]:
    """A row of `problems`."""
    return {
        "id": problem.id,
        "question": problem.question,
        "answer": problem.gold,
        **_known(problem),
        "dropped": dropped,
        "samples": len(group),
        "correct": sum(each.correct for each in group),
        "truncated": sum(each.finish == "length" for each in group),
        "kept": kept,
        "pass_rate": pass_rate(group) if group else 0.0,
    }


def solution_row(problem: Problem, prompt: Prompt, each: Graded, rate: float, reason: str) -> dict[str, Any]:
    """A row of `solutions` or, with a reason, of `rejected`.

    Its keys are those of a problem with its solution, and of a chat where it was one: what asked, without shots and
    the system prompt, which a policy that is trained on it is to do without.
    """
    solution = each.text.strip()
    known = _known(problem)
    del known["solution"]
    row: dict[str, Any] = {
        "id": f"{problem.id}#{each.sample}",
        "problem": problem.id,
        "sample": each.sample,
        "question": problem.question,
        "solution": solution,
        "answer": problem.gold,
    }
    if not isinstance(prompt.given, str):
        row["messages"] = [
            {"role": turn.role, "content": turn.content} for turn in (prompt.given[-1], Message("assistant", solution))
        ]
    if reason != KEPT:
        row |= {"reason": reason, "said": each.answer or "", "detail": each.detail}
    return row | {"found_by": each.rule, "method": each.method, "tokens": each.tokens, "pass_rate": rate, **known}


def _known(problem: Problem) -> dict[str, str]:
    return {name: "" if (value := problem.meta.get(name)) is None else str(value) for name in _KNOWN}
