"""Calibration: the monotone fit, its laws, the split by site, and how true probabilities are."""

from __future__ import annotations

from itertools import combinations, pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from mathmill.classifier.calibrate import Calibration, Report, calibrate, pool, split_sites, tune_and_report
from mathmill.classifier.curves import Floats, from_columns
from mathmill.classifier.target import Target
from mathmill.classifier.thresholds import Threshold
from mathmill.data.errors import ConfigError
from tests.classifier.test_resampling import made_pages, pages_of

BLOCKS = st.lists(st.integers(1, 9).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))), min_size=1, max_size=7)
PAGES = st.lists(
    st.tuples(st.booleans(), st.one_of(st.floats(0, 1), st.sampled_from([0.0, 0.5, 1.0]))), min_size=1, max_size=60
)


def brute_force(hits: list[int], pages: list[int]) -> tuple[float, Floats]:
    """The least-squares monotone fit: the best of all ways to cut the blocks into pieces of rising mean."""
    n, best = len(hits), (float("inf"), np.zeros(0))
    for cuts in (cut for size in range(n) for cut in combinations(range(1, n), size)):
        edges = [0, *cuts, n]
        means = [sum(hits[a:b]) / sum(pages[a:b]) for a, b in pairwise(edges)]
        if sorted(means) != means:
            continue
        fit = np.repeat(means, np.diff(edges))
        loss = float((np.array(pages) * (np.array(hits) / np.array(pages) - fit) ** 2).sum())
        best = min(best, (loss, fit), key=lambda case: case[0])
    return best


@given(BLOCKS)
@settings(max_examples=60, deadline=None)
def test_pooling_is_the_least_squares_monotone_fit(blocks: list[tuple[int, int]]) -> None:
    hits, pages = [hits for hits, _ in blocks], [n for _, n in blocks]
    starts = pool(np.array(hits, np.int64), np.array(pages, np.int64))
    means = np.add.reduceat(hits, starts) / np.add.reduceat(pages, starts)
    fit = np.repeat(means, np.diff(np.append(starts, len(hits))))
    np.testing.assert_allclose(fit, brute_force(hits, pages)[1], atol=1e-9)


@given(PAGES, st.lists(st.floats(0, 1), min_size=1, max_size=20))
@settings(max_examples=80, deadline=None)
def test_laws(pages: list[tuple[bool, float]], scores: list[float]) -> None:
    labels, values = [label for label, _ in pages], [score for _, score in pages]
    calibration = calibrate(labels, values)
    said = calibration.probability(sorted(scores))
    assert (np.diff(said) >= 0).all()
    assert ((said > 0) & (said < 1)).all()
    assert all(piece.low <= piece.probability <= piece.high for piece in calibration.pieces)
    assert sum(piece.pages for piece in calibration.pieces) == len(pages)
    assert sum(piece.mathematics for piece in calibration.pieces) == sum(labels)
    assert np.bincount(calibration.places(values)).tolist() == [piece.pages for piece in calibration.pieces]
    assert calibrate(labels[::-1], values[::-1]) == calibration
    assert Calibration.model_validate_json(calibration.model_dump_json()) == calibration


@pytest.mark.parametrize(("label", "said"), [(True, 0.75), (False, 0.25)])
def test_one_page_means_neither_0_nor_1(label: bool, said: float) -> None:
    assert calibrate([label], [0.5]).probability([0.0, 0.5, 1.0]).tolist() == [said] * 3


def test_a_few_pages_on_top_do_not_outweigh_many_below() -> None:
    labels = [True] * 950 + [False] * 50 + [True] * 2
    scores = [0.8] * 1000 + [0.9] * 2
    (piece,) = calibrate(labels, scores).pieces  # 2 of 2, half a page added to either class, is less than 950 of 1000
    assert (piece.score, piece.pages, piece.mathematics) == (0.8, 1002, 952)


def test_a_piece_starts_at_its_lowest_score() -> None:
    calibration = calibrate([False] * 20 + [True] * 20, [0.1] * 10 + [0.2] * 10 + [0.7] * 10 + [0.8] * 10)
    assert [piece.score for piece in calibration.pieces] == [0.1, 0.7]
    assert calibration.places([0.0, 0.1, 0.699, 0.7, 1.0]).tolist() == [0, 0, 0, 1, 1]


def test_only_the_order_of_scores_matters() -> None:
    labels, log_odds, _ = made_pages(400, 10, 0.5)
    scores = 1 / (1 + np.exp(-log_odds))
    one, other = calibrate(labels, scores), calibrate(labels, scores**3)
    np.testing.assert_array_equal(one.probability(scores), other.probability(scores**3))


def test_damaged_pieces_are_refused() -> None:
    first, second = calibrate([False] * 20 + [True] * 20, [0.1] * 20 + [0.7] * 20).pieces
    with pytest.raises(ValidationError, match="must rise"):
        Calibration(pieces=(second, first))
    with pytest.raises(ValidationError, match="must hold its probability"):
        Calibration(pieces=(first.model_copy(update={"probability": 0.99}),))
    with pytest.raises(ValidationError):
        Calibration(pieces=())


def test_a_site_stays_on_its_side() -> None:
    names = [f"site{at}.org" for at in range(1000)]
    sides = split_sites(names, seed=7)
    assert 440 < sides.sum() < 560
    assert split_sites(names[::-1], seed=7).tolist() == sides[::-1].tolist()
    assert (split_sites(names[:3], seed=7) == sides[:3]).all()
    assert (split_sites(names, seed=8) != sides).any()
    assert 150 < split_sites(names, tuning=0.2).sum() < 250
    assert split_sites(["\ud800"]).shape == (1,)


def test_tune_on_half_of_the_sites_and_report_on_the_other() -> None:
    labels, log_odds, sites = made_pages(4000, 200, 0.3)
    pages = pages_of(labels, log_odds * 3, sites)  # far too sure of itself
    report = tune_and_report(pages, Target(precision=0.8), seed=1, resamples=30)
    assert report.tuned_sites + report.reported_sites == 200
    assert report.tuned_pages + report.reported_pages == 4000
    assert sum(piece.pages for piece in report.calibration.pieces) == report.tuned_pages
    assert isinstance(report.threshold, Threshold) and report.at_threshold is not None
    assert report.threshold.on_labelled.pages == report.tuned_pages
    assert report.at_threshold.pages == report.reliability.pages == report.reported_pages
    assert report.at_threshold.score == report.threshold.score
    assert report.over_sites.precision.value == report.at_threshold.precision.value
    assert report.at_threshold.precision.value == pytest.approx(0.8, abs=0.08)
    before, after = report.reliability_of_scores, report.reliability
    assert after.expected_calibration_error < before.expected_calibration_error / 2
    assert after.brier < before.brier
    assert Report.model_validate_json(report.model_dump_json()) == report


def test_a_report_of_a_target_out_of_reach_still_has_its_average_precision() -> None:
    labels, log_odds, sites = made_pages(400, 40, 0.3)
    report = tune_and_report(pages_of(labels, log_odds, sites), Target(precision=1, by="low"), resamples=5)
    assert report.at_threshold is None
    assert report.over_sites.average_precision.value is not None
    assert report.over_sites.precision.value is None
    assert Report.model_validate_json(report.model_dump_json()) == report


def test_too_few_pages_are_said_so() -> None:
    with pytest.raises(ConfigError, match="fall on one side"):
        tune_and_report(from_columns([True], [0.5], ["a"]), Target(precision=0.5))
    with pytest.raises(ConfigError, match="no labelled page to calibrate on"):
        calibrate([], [])
