"""Intervals over sites: their width, pairs of models, order of pages, small cases."""

from __future__ import annotations

import time

import numpy as np
import pytest

from mathmill.classifier.curves import Bools, Floats, ScoredPages, at_threshold, average_precision, from_columns
from mathmill.classifier.resampling import bootstrap, bootstrap_difference
from mathmill.data.errors import ConfigError


def made_pages(number: int, sites: int, shared: float, seed: int = 1) -> tuple[Bools, Floats, list[str]]:
    """Labels, log-odds and sites; `shared` is how much of the noise is a whole site's."""
    random = np.random.default_rng(seed)
    site = random.integers(0, sites, number)
    labels = random.random(number) < 0.3
    noise = shared * random.normal(size=sites)[site] + (1 - shared) * random.normal(size=number)
    return labels, 2.5 * labels - 1.5 + 2 * noise, [f"site{at:04}.org" for at in site]


def pages_of(labels: Bools, log_odds: Floats, sites: list[str], ids: tuple[str, ...] = ()) -> ScoredPages:
    return from_columns(labels, 1 / (1 + np.exp(-log_odds)), sites, ids=ids)


def test_values_are_those_of_all_pages() -> None:
    pages = pages_of(*made_pages(500, 40, 0.5))
    figures, plain = bootstrap(pages, 0.5, resamples=50), at_threshold(pages, 0.5)
    assert figures.average_precision.value == pytest.approx(average_precision(pages.is_math, pages.scores))
    assert figures.precision.value == plain.precision.value
    assert figures.recall.value == plain.recall.value
    assert figures.recall.sites == 40 and figures.recall.resamples == 50


def test_an_interval_over_sites_is_wider_where_sites_are_alike_inside() -> None:
    pages = pages_of(*made_pages(2000, 30, 0.8))
    sites, plain = bootstrap(pages, 0.5, resamples=300), at_threshold(pages, 0.5)
    assert sites.precision.high - sites.precision.low > 1.5 * (plain.precision.high - plain.precision.low)


def test_where_every_page_is_a_site_the_interval_is_that_over_pages() -> None:
    labels, log_odds, _ = made_pages(1000, 10, 0.0)
    pages = pages_of(labels, log_odds, [f"{at}.org" for at in range(1000)])
    sites, plain = bootstrap(pages, 0.5, resamples=500).precision, at_threshold(pages, 0.5).precision
    assert sites.low == pytest.approx(plain.low, abs=0.015)
    assert sites.high == pytest.approx(plain.high, abs=0.015)


def test_the_order_of_pages_changes_nothing_and_the_seed_does() -> None:
    labels, log_odds, sites = made_pages(300, 20, 0.5)
    order = np.random.default_rng(2).permutation(300)
    one = pages_of(labels, np.round(log_odds), sites)  # with ties
    other = pages_of(labels[order], np.round(log_odds)[order], [sites[at] for at in order])
    assert bootstrap(one, 0.5, 40, seed=3) == bootstrap(other, 0.5, 40, seed=3)
    assert bootstrap(one, 0.5, 40, seed=3) != bootstrap(one, 0.5, 40, seed=4)


def test_a_better_model_is_better_in_its_interval() -> None:
    labels, log_odds, sites = made_pages(1500, 60, 0.6)
    ids = tuple(f"page{at}" for at in range(1500))
    order = np.random.default_rng(5).permutation(1500)
    first = pages_of(labels, log_odds, sites, ids)
    better = log_odds + 0.8 * labels
    second = pages_of(labels[order], better[order], [sites[at] for at in order], tuple(ids[at] for at in order))
    difference = bootstrap_difference(first, second, (0.5, 0.5), resamples=200)
    assert difference.average_precision.low > 0 and difference.recall.low > 0
    alone = bootstrap(first, 0.5, resamples=200).average_precision
    assert difference.average_precision.high - difference.average_precision.low < alone.high - alone.low
    none = bootstrap_difference(first, first, (0.5, 0.5), resamples=20).average_precision
    assert (none.value, none.low, none.high) == (0, 0, 0)
    with pytest.raises(ConfigError, match="did not score the same labelled pages"):
        bootstrap_difference(first, pages_of(labels, log_odds, sites, (*ids[:-1], "another")), (0.5, 0.5))
    with pytest.raises(ConfigError, match="did not score the same labelled pages"):
        bootstrap_difference(first, pages_of(~labels, log_odds, sites, ids), (0.5, 0.5))


def test_what_does_not_exist_is_none() -> None:
    one_site = from_columns([True, False], [0.9, 0.1], ["a", "a"])
    figures = bootstrap(one_site, 0.5, 10)
    assert (figures.precision.value, figures.precision.low, figures.precision.high) == (1, 0, 1)
    nothing_kept = bootstrap(from_columns([True, True], [0.4, 0.1], ["a", "b"]), 0.5, 10)
    assert (nothing_kept.precision.value, nothing_kept.precision.resamples) == (None, 0)
    assert nothing_kept.recall.value == 0
    rare = bootstrap(from_columns([True, False, False], [0.9, 0.1, 0.2], ["a", "b", "c"]), 0.5, 100)
    assert 0 < rare.average_precision.resamples < 100  # the one site with mathematics is not in all of them
    untargeted = bootstrap(one_site, None, 10)
    assert untargeted.average_precision.value == 1
    assert untargeted.precision.value is untargeted.recall.value is None
    with pytest.raises(ConfigError, match="no labelled page has a score"):
        bootstrap(from_columns([], [], []), 0.5)


def test_a_thousand_resamples_of_ten_thousand_pages_take_a_few_seconds_at_most() -> None:
    pages = pages_of(*made_pages(10_000, 500, 0.5))
    began = time.process_time()
    bootstrap(pages, 0.5, 1000)
    assert time.process_time() - began < 4
