"""Small Tasks and Problems for the tests."""

from __future__ import annotations

from typing import Any

from mathmill.data.config import resolve
from mathmill.data.problems import Problem
from mathmill.eval.tasks.task import Task

FIXED = {"source": {"key": "made/shots"}, "number": 2}
SEEDED = {"source": {"key": "made/shots"}, "number": 2, "draw": "seeded"}


def task(**changes: Any) -> Task:
    """A Task whose shots, if it is given any, stand in the words of GSM8K."""
    tree = {
        "name": "made-task",
        "version": 1,
        "about": "Sums.",
        "protocol": "nobody's",
        "problems": {"key": "made/test"},
        "ask": "Q: {question}\nA:",
        "chat": False,
        "stops": ["Q:"],
        "max_new_tokens": 8,
        "limit_from": "thin air",
        "stated": ["phrase"],
    }
    return resolve({**tree, **changes}, Task, "a test")


def problems(*questions: str) -> list[Problem]:
    """Problems that say their solutions."""
    return [
        Problem(f"made/{number}", question, "1", {"solution": f"It is {number}. The answer is 1."})
        for number, question in enumerate(questions)
    ]
