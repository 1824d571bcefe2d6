"""Completions by problem, and what is refused."""

from __future__ import annotations

import pytest

from mathmill.eval.harness.graded import by_problem
from tests.eval.harness.completions import made, run_of


def test_samples_are_in_order_and_problems_as_they_come() -> None:
    groups = by_problem([made("b", 1, True), made("a", 0, True), made("b", 0, False), made("a", 1, False)])
    assert list(groups) == ["b", "a"]
    assert [[each.sample for each in group] for group in groups.values()] == [[0, 1], [0, 1]]


@pytest.mark.parametrize(
    ("graded", "says"),
    [
        ([], "nothing to measure"),
        (run_of("++", "+"), "p1 has the samples 0, where 0 to 1 were expected"),
        ([made("a", 0, True), made("a", 0, True)], "a has the samples 0, 0"),
        ([made("a", 1, True)], "a has the samples 1"),
    ],
)
def test_other_numbers_of_samples_are_a_bug(graded: list[object], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        by_problem(graded)  # type: ignore[arg-type]


def test_only_correct_is_correct() -> None:
    assert made("a", 0, True).correct
    assert not made("a", 0, False, outcome="timed_out").correct
