"""Verdicts on completions, strict beside flexible."""

from __future__ import annotations

import pytest

from mathmill.data.problems import Problem
from mathmill.eval.answers import Rule
from mathmill.eval.harness.scoring import judge
from tests.eval.harness.replay import said


@pytest.mark.parametrize(
    ("text", "stated", "strict", "correct"),
    [
        (r"So \boxed{5}. The answer is 5.", "phrase", True, True),
        (r"So \boxed{5}." + "\n#### 5", "hash", True, True),
        (r"So \boxed{5}.", "hash", False, True),
        ("#### 5\nThe answer is 5.", "phrase", True, True),
        (r"It is \boxed{4}. The answer is 5.", "phrase", True, False),
        ("five times one is 5", "phrase", False, True),
    ],
)
def test_strict_looks_for_the_form_that_the_task_states(text: str, stated: Rule, strict: bool, correct: bool) -> None:
    [graded] = judge(Problem("p", "?", "5", {}), said(text), (stated,))
    assert (graded.strict, graded.correct) == (strict, correct)
