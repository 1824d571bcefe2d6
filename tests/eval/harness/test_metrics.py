"""Figures against hand-computed ones, and their laws."""

from __future__ import annotations

import itertools
from fractions import Fraction
from math import prod

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mathmill.data.problems import Problem
from mathmill.eval.harness.metrics import ks_of, measure, pass_at
from tests.eval.harness.completions import made, run_of

PROBLEMS = [Problem(f"p{n}", "?", "1", {}) for n in range(50)]
patterns = st.integers(1, 6).flatmap(lambda n: st.lists(st.text("+-", min_size=n, max_size=n), min_size=1, max_size=12))


@pytest.mark.parametrize(
    ("n", "right", "k", "value"),
    [(1, 0, 1, Fraction(0)), (1, 1, 1, Fraction(1)), (5, 2, 1, Fraction(2, 5)), (5, 2, 2, Fraction(7, 10)),
     (5, 2, 4, Fraction(1)), (10, 1, 5, Fraction(1, 2)), (64, 0, 32, Fraction(0)), (64, 64, 1, Fraction(1)),
     (1_000, 1, 999, Fraction(999, 1_000))],
)  # fmt: skip
def test_pass_at_k_by_hand(n: int, right: int, k: int, value: Fraction) -> None:
    assert pass_at(n, right, k) == float(value)


@pytest.mark.parametrize(("n", "right"), [(6, 0), (6, 1), (6, 3), (6, 5), (6, 6)])
def test_pass_at_k_is_the_mean_over_all_choices(n: int, right: int) -> None:
    for k in range(1, n + 1):
        choices = list(itertools.combinations([True] * right + [False] * (n - right), k))
        assert pass_at(n, right, k) == sum(map(any, choices)) / len(choices)


@given(st.integers(1, 3_000).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n), st.integers(1, n))))
def test_pass_at_k_is_exact_and_grows(case: tuple[int, int, int]) -> None:
    n, right, k = case
    # The product form of Chen et al. 2021, in fractions.
    missed = prod((1 - Fraction(k, i) for i in range(n - right + 1, n + 1)), start=Fraction(1)) if right + k <= n else 0
    assert pass_at(n, right, k) == float(1 - missed)
    assert k == n or pass_at(n, right, k) <= pass_at(n, right, k + 1)
    assert right == n or pass_at(n, right, k) <= pass_at(n, right + 1, k)


@pytest.mark.parametrize(("n", "right", "k"), [(3, 1, 0), (3, 1, 4), (3, 4, 1), (3, -1, 1)])
def test_what_cannot_be_drawn_is_a_bug(n: int, right: int, k: int) -> None:
    with pytest.raises(ValueError, match="pass@"):
        pass_at(n, right, k)


@pytest.mark.parametrize(("n", "ks"), [(1, [1]), (2, [1, 2]), (5, [1, 2, 4, 5]), (8, [1, 2, 4, 8])])
def test_the_ks(n: int, ks: list[int]) -> None:
    assert ks_of(n) == ks


def test_a_run_by_hand() -> None:
    graded = [
        made("p0", 0, True, tokens=10), made("p0", 1, True, tokens=20, strict=False),
        made("p1", 0, False, tokens=30, finish="length", answer=None, outcome="no_answer"),
        made("p1", 1, True, tokens=40),
        made("p2", 0, False, outcome="timed_out"), made("p2", 1, False),
    ]  # fmt: skip
    problems = [
        Problem("p0", "?", "1", {"subject": "Algebra", "level": "Level 10"}),
        Problem("p1", "?", "1", {"subject": "Algebra", "level": "Level 2"}),
        Problem("p2", "?", "1", {"subject": "Geometry"}),
        Problem("p3", "not asked", "1", {"subject": "Topology"}),
    ]
    found = measure(graded, problems, contaminated={"p0": True, "p1": False, "p2": None})
    assert (found.problems, found.samples) == (3, 2)
    assert found.accuracy.value == found.pass_at[1].value == found.majority_at[1].value == 0.5
    assert found.strict.value == pytest.approx(1 / 3)
    assert found.pass_at[2].value == found.majority_at[2].value == pytest.approx(2 / 3)
    assert found.truncated.value == found.no_answer.value == pytest.approx(1 / 6)
    assert {name: count for name, count in found.outcomes.items() if count} == {
        "correct": 3, "wrong": 1, "no_answer": 1, "timed_out": 1,
    }  # fmt: skip
    assert found.tokens == {"total": 110, "mean": pytest.approx(110 / 6), "median": 15}
    assert {name: (part.n, part.value) for name, part in found.subjects.items()} == {
        "Algebra": (2, 0.75), "Geometry": (1, 0.0),
    }  # fmt: skip
    assert list(found.levels) == ["Level 2", "Level 10", "unknown"]
    assert found.contaminated is not None
    assert found.clean is not None
    assert (found.contaminated.n, found.contaminated.value, found.clean.n, found.clean.value) == (1, 1.0, 1, 0.5)


def test_a_number_of_any_length_has_a_place() -> None:
    names = ["2", "9" * 5_000, "10"]
    problems = [Problem(f"p{n}", "?", "1", {"level": name}) for n, name in enumerate(names)]
    assert list(measure(run_of("+", "+", "+"), problems).levels) == ["2", "10", "9" * 5_000]


def test_what_is_not_known_is_left_out() -> None:
    found = measure(run_of("+", "-"), PROBLEMS)
    assert found.subjects == found.levels == {}
    assert found.clean is found.contaminated is None
    plain = found.as_dict()
    assert orjson.loads(orjson.dumps(plain)) == plain
    assert list(plain)[:4] == ["problems", "samples", "accuracy", "strict_accuracy"]
    assert plain["pass"].keys() == {"pass@1"}


def test_completions_of_another_benchmark_are_a_bug() -> None:
    with pytest.raises(ValueError, match="was not asked: p0"):
        measure(run_of("+"), [])


@given(patterns)
def test_laws(signs: list[str]) -> None:
    found = measure(run_of(*signs), PROBLEMS)
    n = len(signs[0])
    assert found.accuracy.value == pytest.approx(sum(each.count("+") for each in signs) / n / len(signs))
    assert found.pass_at[1] == found.majority_at[1] == found.accuracy
    assert found.pass_at[n].value == pytest.approx(sum("+" in each for each in signs) / len(signs))
    values = [each.value for each in found.pass_at.values()]
    assert values == sorted(values)
    assert found.majority_at[n].value <= found.pass_at[n].value
    assert sum(found.outcomes.values()) == n * len(signs)
    for each in (found.accuracy, *found.pass_at.values(), *found.majority_at.values()):
        assert each.low <= each.value <= each.high
