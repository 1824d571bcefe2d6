"""Intervals over sites: how far a figure would move had other sites been looked at.

Pages of one site share authors, templates and subject, so a thousand pages of ten sites are nearer to ten observations
than to a thousand. The bootstrap here draws sites with replacement, each with all its pages (Field & Welsh 2007, the
cluster bootstrap), and takes percentiles. It says nothing of the chance in training, and with few sites (say fewer than
20) it is still too narrow, as percentile intervals are.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from mathmill.classifier.curves import Bools, Floats, Ints, ScoredPages, area, block_ends
from mathmill.data.config import Config
from mathmill.data.errors import ConfigError

_LEVEL = (0.025, 0.975)
NAMES = ("average_precision", "precision", "recall")


class Estimate(Config):
    """A figure with its 95 % interval over sites.

    `value` is None where the figure does not exist (precision of no pages kept). `resamples` counts those in which it
    exists. Of fewer than two sites nothing is known: the interval is the figure's whole range.
    """

    value: float | None
    low: float
    high: float
    sites: int
    resamples: int


class Figures(Config):
    """Average precision, and precision and recall at a threshold, each with its interval over sites."""

    average_precision: Estimate
    precision: Estimate
    recall: Estimate


@dataclass(frozen=True, slots=True)
class _Ranking:
    """Pages from the highest score down: their sites and labels, where blocks of equal score end, how many are kept.

    `kept` is None where there is no threshold.
    """

    sites: Ints
    is_math: Bools
    ends: Ints
    kept: int | None

    def figures(self, weights: Floats) -> tuple[float, float, float]:
        """Average precision, precision and recall where `weights[site]` is how often a site was drawn."""
        weight = weights[self.sites]
        kept = np.cumsum(weight)
        hits = np.cumsum(weight * self.is_math)
        ap = area(kept[self.ends], hits[self.ends])
        if self.kept is None:
            return ap, math.nan, math.nan
        found, of = (hits[self.kept - 1], kept[self.kept - 1]) if self.kept else (0.0, 0.0)
        return ap, _ratio(found, of), _ratio(found, hits[-1])


def bootstrap(pages: ScoredPages, score: float | None, resamples: int = 1000, seed: int = 0) -> Figures:
    """Average precision of `pages`, and precision and recall where those of at least `score` are kept.

    Without a `score` there is no precision and no recall.
    Time is O(pages) a resample after one sort.

    Raises:
        ConfigError: there are no pages.
    """
    ranking = _ranking(pages, score)
    return _figures(ranking.figures, len(pages.site_names), resamples, seed, least=0.0)


def bootstrap_difference(
    first: ScoredPages,
    second: ScoredPages,
    scores: tuple[float, float],
    resamples: int = 1000,
    seed: int = 0,
) -> Figures:
    """By how much the second model is better than the first, on the same pages and in the same resamples.

    `first` and `second` are the same pages with the scores of two models, `scores` the threshold of each. A difference
    whose interval lies above 0 is beyond what the choice of sites explains.

    Raises:
        ConfigError: there are no pages, or the two are not the same pages with the same labels.
    """
    first, second = _in_order(first), _in_order(second)
    same = first.ids == second.ids and first.site_names == second.site_names and len(first) == len(second)
    if not same or (first.sites != second.sites).any() or (first.is_math != second.is_math).any():
        raise ConfigError("the two models did not score the same labelled pages: score one set with both")
    rankings = _ranking(first, scores[0]), _ranking(second, scores[1])

    def difference(weights: Floats) -> tuple[float, ...]:
        before, after = (ranking.figures(weights) for ranking in rankings)
        return tuple(new - old for old, new in zip(before, after, strict=True))

    return _figures(difference, len(first.site_names), resamples, seed, least=-1.0)


def draws(sites: int, resamples: int, seed: int) -> Iterator[Floats]:
    """How often each of `sites` is drawn, resample after resample; sites are in the order of their names."""
    generator = np.random.default_rng(seed)
    for _ in range(resamples):
        yield np.bincount(generator.integers(0, sites, sites), minlength=sites).astype(np.float64)


def estimate(value: float, resampled: Floats, sites: int, least: float) -> Estimate:
    """A figure in [least, 1] with the percentiles of what it was in resamples; not a number is not there."""
    there = resampled[~np.isnan(resampled)]
    low, high = np.quantile(there, _LEVEL) if sites > 1 and len(there) else (least, 1.0)
    return Estimate(
        value=None if math.isnan(value) else value,
        low=float(low),
        high=float(high),
        sites=sites,
        resamples=len(there),
    )


def _figures(
    measure: Callable[[Floats], tuple[float, ...]], sites: int, resamples: int, seed: int, least: float
) -> Figures:
    values = measure(np.ones(sites))
    table = np.array([measure(weights) for weights in draws(sites, resamples, seed)]).reshape(resamples, len(NAMES))
    estimates = (estimate(values[at], table[:, at], sites, least) for at in range(len(NAMES)))
    return Figures(**dict(zip(NAMES, estimates, strict=True)))


def _ranking(pages: ScoredPages, score: float | None) -> _Ranking:
    if not len(pages):
        raise ConfigError("no labelled page has a score: name a labelled set that holds some")
    order = np.argsort(-pages.scores, kind="stable")
    return _Ranking(
        sites=pages.sites[order],
        is_math=pages.is_math[order],
        ends=block_ends(pages.scores[order]),
        kept=None if score is None else int((pages.scores >= score).sum()),
    )


def _in_order(pages: ScoredPages) -> ScoredPages:
    """The pages in the order of their ids; as they are where they have none."""
    if not pages.ids:
        return pages
    order = sorted(range(len(pages)), key=pages.ids.__getitem__)
    return ScoredPages(
        pages.is_math[order],
        pages.scores[order],
        pages.sites[order],
        pages.tokens[order],
        pages.site_names,
        tuple(pages.ids[at] for at in order),
    )


def _ratio(part: float, whole: float) -> float:
    return float(part / whole) if whole else float("nan")
