"""Which solutions of a Problem are kept, and why each other one is not."""

from __future__ import annotations

from typing import Any

import pytest

from mathmill.data.problems import Problem
from mathmill.eval.harness.graded import Graded
from mathmill.eval.harness.scoring import judge
from mathmill.eval.models.base import Completion
from mathmill.train.sample.keeping import REASONS, select
from mathmill.train.sample.metrics import counts_of
from mathmill.train.sample.recipe import Keep

PROBLEM = Problem("sums/1", "What is 2 + 3?", "5", {})
BOX = r"The sum is \boxed{5}."


def graded(*texts: str | tuple[str, str]) -> tuple[Graded, ...]:
    """Solutions judged; a pair is a text and how it ended."""
    pairs = [each if isinstance(each, tuple) else (each, "stop") for each in texts]
    completions = [Completion(text, finish, 9) for text, finish in pairs]  # type: ignore[arg-type]
    return judge(PROBLEM, completions, ["box"])


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (BOX, ""),
        ((BOX, "eos"), ""),
        ((BOX, "length"), "truncated"),
        (("nobody knows", "length"), "truncated"),
        (r"\boxed{6}", "wrong"),
        ("Nobody knows.", "no_answer"),
        (r"\boxed{5} or \boxed{6}", "ambiguous"),
        ("The answer is 5.", "unstated"),
        (r"2 + 3 = 6, so \boxed{5}.", "false_sum"),
    ],
)
def test_why_a_solution_is_not_kept(text: str | tuple[str, str], reason: str) -> None:
    assert list(select(graded(text), Keep())) == [reason]
    assert reason in {"", *REASONS}


@pytest.mark.parametrize(
    ("rules", "reasons"),
    [
        ({}, ["", "wrong", "same", "", "", "", "enough"]),
        ({"most": 2}, ["", "wrong", "same", "", "enough", "enough", "enough"]),
        ({"most": 0}, ["", "wrong", "same", "", "", "", ""]),
        ({"distinct": "equations"}, ["", "wrong", "same", "", "same", "", ""]),
        ({"least_right": 6}, ["", "wrong", "same", "", "", "", "enough"]),
        ({"least_right": 7}, ["doubtful", "wrong", *["doubtful"] * 5]),
        ({"easy_from": 0.8, "most_easy": 1}, ["", "wrong", "same", *["enough"] * 4]),
        ({"easy_from": 0.9, "most_easy": 1}, ["", "wrong", "same", "", "", "", "enough"]),
        ({"most": 1, "most_easy": 3, "easy_from": 0.5}, ["", "wrong", "same", *["enough"] * 4]),
    ],
)
def test_which_of_several_are_kept(rules: dict[str, Any], reasons: list[str]) -> None:
    group = graded(
        r"2 + 3 = 5, so \boxed{5}.",
        r"\boxed{7}",
        r"2+3 = 5,  SO \boxed{5}.",
        r"3 + 2 = 5, so \boxed{5}.",
        r"Adding, 2 + 3 = 5. It is \boxed{5}.",
        r"I count to \boxed{5}.",
        r"I see \boxed{5}.",
    )
    assert list(select(group, Keep(**rules))) == reasons


def test_what_is_counted_once() -> None:
    group = graded(BOX, BOX, r"\boxed{7}", ("x", "length"))
    counts = counts_of(group, list(select(group, Keep())))
    assert counts["kept"] + sum(counts["rejected"].values()) == len(group) == sum(counts["outcomes"].values())
    assert {name: count for name, count in counts["rejected"].items() if count} == {
        "truncated": 1,
        "wrong": 1,
        "same": 1,
    }
    assert counts["tokens"] == 36
    assert counts["kept_tokens"] == 9
