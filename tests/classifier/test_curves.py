"""Precision-recall curves: ties, average precision, thresholds, intervals."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mathmill.classifier.curves import (
    Scored,
    at_threshold,
    average_precision,
    from_columns,
    pr_curve,
    scored_pages,
    share,
    wilson_low,
)
from mathmill.data.stats import wilson_interval

# Few distinct scores, so that ties are common.
PAGES = st.lists(st.tuples(st.booleans(), st.sampled_from([0.0, 1e-12, 0.1, 0.5, 0.9, 1 - 1e-12, 1.0])), max_size=12)


def plain_average_precision(pages: Sequence[tuple[bool, float]]) -> float:
    """The definition, a threshold at a time."""
    total = sum(is_math for is_math, _ in pages)
    before = area = 0.0
    for threshold in sorted({score for _, score in pages}, reverse=True):
        kept = [is_math for is_math, score in pages if score >= threshold]
        recall = sum(kept) / total
        area += (recall - before) * sum(kept) / len(kept)
        before = recall
    return area


@pytest.mark.parametrize(
    ("labels", "scores", "wanted"),
    [
        ([True, False], [0.9, 0.1], 1.0),
        ([False, True], [0.9, 0.1], 0.5),
        ([True, False], [0.5, 0.5], 0.5),  # a tie is one block, whatever the order
        ([False, True], [0.5, 0.5], 0.5),
        ([False, False, True, True], [0.1, 0.4, 0.35, 0.8], 5 / 6),  # worked out by hand
        ([True], [0.0], 1.0),
    ],
)
def test_average_precision(labels: list[bool], scores: list[float], wanted: float) -> None:
    assert average_precision(labels, scores) == pytest.approx(wanted, abs=1e-12)


@pytest.mark.parametrize("labels", [[], [False, False]])
def test_without_mathematics_there_is_no_average_precision(labels: list[bool]) -> None:
    assert math.isnan(average_precision(labels, [0.5] * len(labels)))


@given(PAGES, st.randoms(use_true_random=False))
@settings(max_examples=60, deadline=None)
def test_average_precision_is_the_definition_in_any_order(pages: list[tuple[bool, float]], random: object) -> None:
    shuffled = list(pages)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    one, other = (average_precision([y for y, _ in some], [s for _, s in some]) for some in (pages, shuffled))
    if any(is_math for is_math, _ in pages):
        assert one == other == pytest.approx(plain_average_precision(pages), abs=1e-12)
    else:
        assert math.isnan(one) and math.isnan(other)


def test_a_curve_has_one_point_a_distinct_score() -> None:
    curve = pr_curve([True, False, True, True], [0.5, 0.5, 0.9, 0.1])
    assert curve.scores.tolist() == [0.9, 0.5, 0.1]
    assert (curve.kept.tolist(), curve.hits.tolist(), curve.mathematics) == ([1, 3, 4], [1, 2, 3], 3)
    assert curve.precision.tolist() == [1, 2 / 3, 3 / 4]
    assert curve.recall.tolist() == [1 / 3, 2 / 3, 1]


def test_scores_near_0_and_1_stay_apart() -> None:
    near = [1 - 1e-15, 1 - 2e-15, 1e-300, 1e-301]
    assert pr_curve([True] * 4, near).scores.tolist() == near


def test_at_threshold() -> None:
    rows = [
        Scored("a", "x.org", True, 0.9, 100),
        Scored("b", "x.org", False, 0.8, 50),
        Scored("c", "y.org", True, 0.2, 7),
        Scored("d", "y.org", True, 0.8, 1),
    ]
    result = at_threshold(scored_pages(rows), 0.8)
    assert (result.pages, result.kept, result.tokens) == (4, 3, 151)
    assert result.precision == share(2, 3)
    assert result.recall == share(2, 3)
    assert (result.precision.low, result.precision.high) == wilson_interval(2, 3)
    nothing = at_threshold(scored_pages(rows), 1.0)
    assert (nothing.precision.value, nothing.precision.low, nothing.precision.high) == (None, 0.0, 1.0)
    assert nothing.recall.value == 0


def test_pages_of_some_sites() -> None:
    pages = from_columns([True, False, True], [0.1, 0.2, 0.3], ["c", "a", "b"], ids=("1", "2", "3"))
    some = pages.where(np.array([True, False, True]))
    assert some.site_names == ("b", "c")
    assert [some.site_names[site] for site in some.sites] == ["c", "b"]
    assert some.ids == ("1", "3")
    assert from_columns([True], [0.1], ["a"]).where(np.array([True])).ids == ()


@given(st.integers(1, 10**6).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
@settings(max_examples=60, deadline=None)
def test_many_lower_bounds_are_those_of_one(case: tuple[int, int]) -> None:
    hits, n = case
    low = wilson_low(np.array([hits], np.int64), np.array([n], np.int64))[0]
    assert low == pytest.approx(wilson_interval(hits, n)[0], abs=1e-12)


@pytest.mark.parametrize("score", [math.nan, -0.1, 1.1, math.inf])
def test_what_is_no_score_is_refused(score: float) -> None:
    with pytest.raises(ValueError, match="no number in"):
        from_columns([True], [score], ["a"])


def test_columns_have_one_length() -> None:
    with pytest.raises(ValueError, match="differ in length"):
        from_columns([True, False], [0.1], ["a"])
    with pytest.raises(ValueError, match="1 labels for 2 scores"):
        pr_curve([True], [0.1, 0.2])
    with pytest.raises(ValueError, match="fewer than no tokens"):
        from_columns([True], [0.1], ["a"], [-1])
