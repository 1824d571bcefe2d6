"""Thresholds by precision, recall and budget of tokens, and targets that no score reaches."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from mathmill.classifier.curves import ScoredPages, at_threshold, from_columns
from mathmill.classifier.target import Target
from mathmill.classifier.thresholds import Threshold, TokensByScore, Unreached, budget_cut, choose_threshold

SCORES = st.sampled_from([0.0, 0.1, 0.3, 0.5, 0.7, 0.9, 1.0])
PAGES = st.lists(st.tuples(st.booleans(), SCORES, st.integers(0, 9)), min_size=1, max_size=15)


def pages_of(rows: list[tuple[bool, float, int]]) -> ScoredPages:
    labels, scores, tokens = zip(*rows, strict=True)
    return from_columns(labels, scores, ["a"] * len(rows), tokens)


# Precision from the top: 1, 1/2, 2/3, 3/4, 3/5.
LADDER = pages_of([(True, 0.9, 10), (False, 0.8, 10), (True, 0.7, 10), (True, 0.6, 10), (False, 0.5, 10)])


@pytest.mark.parametrize(
    ("target", "score"),
    [
        (Target(precision=1), 0.9),
        (Target(precision=0.75), 0.6),  # held by the largest set, though a smaller one falls below
        (Target(precision=0.7), 0.6),
        (Target(precision=0.6), 0.5),
        (Target(recall=0.3), 0.9),
        (Target(recall=0.5), 0.7),
        (Target(recall=1), 0.6),
        (Target(tokens=10), 0.9),
        (Target(tokens=39), 0.7),
        (Target(tokens=40), 0.6),
        (Target(tokens=1000), 0.5),
        (Target(precision=0.2, by="low"), 0.5),
        (Target(precision=0.3, by="low"), 0.6),
    ],
)
def test_threshold(target: Target, score: float) -> None:
    result = choose_threshold(LADDER, target)
    assert isinstance(result, Threshold)
    assert result.score == score
    assert result.on_labelled == at_threshold(LADDER, score)
    assert Threshold.model_validate_json(result.model_dump_json()) == result


@pytest.mark.parametrize(
    ("rows", "target", "reason"),
    [
        ([(False, 0.9, 1), (True, 0.8, 1)], Target(precision=0.9), "precision_never_reached"),
        ([(True, 0.9, 1), (True, 0.8, 1)], Target(precision=0.9, by="low"), "precision_never_reached"),
        ([(True, 0.9, 1), (True, 0.8, 1)], Target(recall=0.9, by="low"), "recall_never_reached"),
        ([(False, 0.9, 1)], Target(precision=0.1), "no_mathematics"),
        ([(False, 0.9, 1)], Target(recall=0.1), "no_mathematics"),
        ([(True, 0.9, 5), (True, 0.9, 6), (True, 0.1, 1)], Target(tokens=10), "budget_below_first_score"),
        ([(True, 0.9, 0)], Target(tokens=10), "tokens_missing"),
    ],
)
def test_a_target_out_of_reach_has_a_name(rows: list[tuple[bool, float, int]], target: Target, reason: str) -> None:
    result = choose_threshold(pages_of(rows), target)
    assert isinstance(result, Unreached)
    assert result.reason == reason
    assert result.why
    assert Unreached.model_validate_json(result.model_dump_json()) == result


def test_the_nearest_is_told() -> None:
    result = choose_threshold(pages_of([(False, 0.9, 1), (True, 0.8, 1), (False, 0.1, 1)]), Target(precision=0.9))
    assert isinstance(result, Unreached) and result.nearest is not None
    assert result.nearest.score == 0.8
    assert result.why == "no score gives a precision of at least 0.9: the best is 0.5, at 0.8"


@given(PAGES, st.sampled_from([0.1, 0.5, 2 / 3, 0.75, 1.0]))
@settings(max_examples=80, deadline=None)
def test_no_other_score_does_better(rows: list[tuple[bool, float, int]], wanted: float) -> None:
    pages = pages_of(rows)
    by_score = {score: at_threshold(pages, score) for _, score, _ in rows}
    precise = [s for s, at in by_score.items() if at.precision.value is not None and at.precision.value >= wanted]
    complete = [s for s, at in by_score.items() if at.recall.value is not None and at.recall.value >= wanted]
    fitting = [s for s, at in by_score.items() if at.tokens <= 20]
    has_math = any(is_math for is_math, _, _ in rows)
    for target, possible, best in (
        (Target(precision=wanted), precise if has_math else [], min),
        (Target(recall=wanted), complete, max),
        (Target(tokens=20), fitting if any(tokens for _, _, tokens in rows) else [], min),
    ):
        result = choose_threshold(pages, target)
        assert isinstance(result, Threshold) == bool(possible)
        if isinstance(result, Threshold):
            assert result.score == best(possible)


def test_a_budget_is_of_the_whole_crawl() -> None:
    crawl = TokensByScore(np.array([0.2, 0.9, 0.65, 0.65]), np.array([1000, 400, 300, 300]))
    result = choose_threshold(LADDER, Target(tokens=1000), crawl)
    assert isinstance(result, Threshold)
    assert (result.score, result.tokens) == (0.65, 1000)
    assert result.on_labelled.kept == 3
    unlabelled = choose_threshold(from_columns([], [], []), Target(tokens=500), crawl)
    assert isinstance(unlabelled, Threshold)
    assert (unlabelled.score, unlabelled.on_labelled.precision.value) == (0.9, None)


def test_a_histogram_by_lower_edges_cuts_at_an_edge() -> None:
    random = np.random.default_rng(1)
    scores, tokens = random.random(1000), random.integers(1, 1000, 1000)
    bins = np.floor(scores * 64).astype(np.int64)
    histogram = TokensByScore(np.arange(64) / 64, np.bincount(bins, tokens, 64).astype(np.int64))
    cut = budget_cut(histogram, 200_000)
    assert cut is not None
    assert tokens[scores >= cut[0]].sum() == cut[1] <= 200_000 < tokens[scores >= cut[0] - 1 / 64].sum()
    assert budget_cut(TokensByScore(np.zeros(0), np.zeros(0, np.int64)), 10) is None


def test_tokens_of_a_whole_web_do_not_overflow() -> None:
    crawl = TokensByScore(np.array([0.9, 0.5]), np.array([10**15, 10**15]))
    assert budget_cut(crawl, 2 * 10**15) == (0.5, 2 * 10**15)


@pytest.mark.parametrize(
    "keys", [{}, {"precision": 0.5, "recall": 0.5}, {"precision": 0}, {"recall": 1.1}, {"tokens": 5, "by": "low"}]
)
def test_a_target_is_one_thing(keys: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Target.model_validate(keys)
