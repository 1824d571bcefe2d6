"""Graded completions for tests, with what a test does not name filled in."""

from __future__ import annotations

from typing import Any

from mathmill.eval.answers import find_answer
from mathmill.eval.grade import grade
from mathmill.eval.harness.graded import Graded


def made(problem: str, sample: int, correct: bool, **said: Any) -> Graded:
    """A completion that is correct or wrong."""
    answer = "1" if correct else "2"
    plain: dict[str, Any] = {
        "problem": problem, "sample": sample, "text": f"The answer is {answer}.", "finish": "eos", "tokens": 5,
        "answer": answer, "rule": "phrase", "outcome": "correct" if correct else "wrong", "method": "number",
        "detail": "", "strict": correct,
    }  # fmt: skip
    return Graded(**plain | said)


def judged(problem: str, sample: int, text: str, gold: str) -> Graded:
    """A completion with the verdict of the judge."""
    found, verdict = find_answer(text), grade(text, gold)
    return made(
        problem, sample, verdict.correct, text=text, answer=found and found.text, rule=found.rule if found else "",
        outcome=verdict.outcome, method=verdict.method, detail=verdict.detail,
    )  # fmt: skip


def run_of(*patterns: str) -> list[Graded]:
    """A problem for each pattern such as `+-+`, a sample for each sign."""
    return [made(f"p{n}", k, sign == "+") for n, signs in enumerate(patterns) for k, sign in enumerate(signs)]
