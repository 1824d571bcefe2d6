"""Intervals against published tables and independent formulas, and how often they hold the truth."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mathmill.data.stats import wilson_interval
from mathmill.eval.harness.intervals import Z, estimate, standard_error, student

shares = st.lists(st.integers(0, 8).map(lambda right: right / 8), min_size=1, max_size=40)


@pytest.mark.parametrize(
    ("freedom", "point"),
    # Published tables of Student's t, 97.5 %.
    [(1, 12.7062), (2, 4.3027), (3, 3.1824), (5, 2.5706), (10, 2.2281), (29, 2.0452), (30, 2.0423), (60, 2.0003),
     (99, 1.9842), (100, 1.9840), (120, 1.9799), (1_000, 1.9623), (10**9, 1.9600)],
)  # fmt: skip
def test_student_is_that_of_the_tables(freedom: int, point: float) -> None:
    assert student(freedom) == pytest.approx(point, abs=5.1e-5)


def test_the_two_ways_to_student_meet() -> None:
    steps = [student(freedom) - student(freedom + 1) for freedom in range(90, 110)]
    assert all(before > after > 0 for before, after in itertools.pairwise(steps))


@pytest.mark.parametrize(("hits", "n"), [(0, 1), (1, 1), (0, 30), (30, 30), (7, 30), (15, 148)])
def test_values_of_0_and_1_have_the_wilson_interval(hits: int, n: int) -> None:
    found = estimate([1.0] * hits + [0.0] * (n - hits))
    assert found.interval == "wilson"
    assert (found.low, found.high) == pytest.approx(wilson_interval(hits, n, Z), abs=1e-12)
    assert found.value == hits / n
    # The ends are the shares p whose distance to what was seen is Z of p's own standard errors (Wilson 1927).
    for end in (found.low, found.high):
        assert (hits / n - end) ** 2 == pytest.approx(Z**2 * end * (1 - end) / n, abs=1e-9)


def test_by_hand() -> None:
    values = [1.0, 0.5, 0.0, 0.5]
    assert standard_error(values) == pytest.approx(math.sqrt(0.5 / 3 / 4))
    found = estimate(values, 2)
    effective = 0.25 / (0.5 / 12) * (Z / 3.182446) ** 2  # 6 problems' worth, less for three degrees of freedom
    half = Z * math.sqrt(0.25 / effective + Z**2 / (4 * effective**2)) / (1 + Z**2 / effective)
    assert (found.low, found.high) == pytest.approx((0.5 - half, 0.5 + half), abs=1e-6)
    assert found.interval == "wilson_clustered"


def test_samples_of_one_problem_do_not_count_as_problems() -> None:
    many_samples, one_sample = estimate([1.0, 0.0, 1.0, 0.0, 0.999], 1_000), estimate([1, 0, 1, 0, 1])
    assert many_samples.high - many_samples.low > one_sample.high - one_sample.low


def test_one_problem_says_little() -> None:
    found = estimate([0.5], 64)
    assert found.stderr is None
    assert found.high - found.low > 0.8


@pytest.mark.parametrize("values", [[], [1.5], [-0.1]])
def test_what_is_no_share_is_a_bug(values: list[float]) -> None:
    with pytest.raises(ValueError, match=r"no values|outside"):
        estimate(values)


@given(shares)
def test_it_holds_the_mean_and_stays_within_0_and_1(values: list[float]) -> None:
    found = estimate(values, 8)
    assert 0 <= found.low <= found.value <= found.high <= 1
    assert found.low < found.high


@given(shares)
def test_it_is_the_same_from_the_other_side(values: list[float]) -> None:
    found, other = estimate(values, 8), estimate([1 - value for value in values], 8)
    assert (found.low, found.high) == pytest.approx((1 - other.high, 1 - other.low), abs=1e-9)


@pytest.mark.parametrize("problems", [30, 100])
@pytest.mark.parametrize("samples", [4, 16])
@pytest.mark.parametrize("alpha_beta", [(0.3, 0.7), (2.0, 1.0)], ids=["mostly hard", "mixed"])
def test_it_holds_the_truth_as_often_as_it_says(problems: int, samples: int, alpha_beta: tuple[float, float]) -> None:
    random = np.random.default_rng(7)
    truth = alpha_beta[0] / sum(alpha_beta)
    rights = random.binomial(samples, random.beta(*alpha_beta, (2_000, problems))) / samples
    found = [estimate(row.tolist(), samples) for row in rights]
    assert np.mean([each.low <= truth <= each.high for each in found]) >= 0.93
