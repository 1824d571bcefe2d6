"""What a score is worth: a monotone map from score to the probability that a page is mathematics, and how true it is.

The map is isotonic regression: the monotone step function nearest to the labels in least squares, found by pooling
adjacent violators (Ayer et al. 1955; for calibration Zadrozny & Elkan 2002). It looks at the order of scores only, so
it needs no assumption about their scale. A probability holds for a mix of pages like the labelled one: where
mathematics is rarer, probabilities are lower than it says.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np
from pydantic import Field, NonNegativeInt, PositiveInt, model_validator

from mathmill.classifier.curves import (
    AtThreshold,
    Bools,
    Floats,
    Ints,
    ScoredPages,
    at_threshold,
    block_ends,
)
from mathmill.classifier.reliability import Reliability, reliability
from mathmill.classifier.resampling import Figures, bootstrap
from mathmill.classifier.target import Target
from mathmill.classifier.thresholds import Threshold, TokensByScore, Unreached, choose_threshold
from mathmill.data.config import Config
from mathmill.data.errors import ConfigError
from mathmill.data.stats import wilson_interval

_PRIOR = 0.5  # pages of each class added to every piece, so that few pages never mean 0 or 1


class Piece(Config):
    """Scores from `score` up to the next piece's: of `pages` labelled pages there, `mathematics` are mathematics.

    `probability` is (mathematics + 1/2) / (pages + 1), the mean under Jeffreys' prior, and so never 0 or 1.
    `low` and `high` are the 95 % Wilson interval over pages, which holds `probability` at any count.
    """

    score: float = Field(ge=0, le=1)
    pages: PositiveInt
    mathematics: NonNegativeInt
    probability: float = Field(gt=0, lt=1)
    low: float = Field(ge=0, le=1)
    high: float = Field(ge=0, le=1)


class Calibration(Config):
    """A monotone map from score to probability: pieces by rising score and rising probability.

    Below the first piece the first piece's probability holds.
    """

    pieces: tuple[Piece, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _rises(self) -> Calibration:
        for before, after in zip(self.pieces, self.pieces[1:], strict=False):
            if not (before.score < after.score and before.probability < after.probability):
                raise ValueError("pieces of a calibration must rise in score and in probability")
        if not all(piece.low <= piece.probability <= piece.high for piece in self.pieces):
            raise ValueError("the interval of a calibration's piece must hold its probability")
        return self

    def probability(self, scores: Sequence[float] | Floats) -> Floats:
        """The probability that a page is mathematics, for each score."""
        values = np.array([piece.probability for piece in self.pieces])
        return values[self.places(scores)]

    def places(self, scores: Sequence[float] | Floats) -> Ints:
        """The piece that each score falls into, as a place in `pieces`."""
        starts = np.array([piece.score for piece in self.pieces])
        found = np.searchsorted(starts, np.asarray(scores, np.float64), side="right") - 1
        return np.maximum(found, 0).astype(np.int64)


class Report(Config):
    """A calibration and a threshold made on some sites, and what they do on the others.

    Of the other sites: `at_threshold` has Wilson intervals over pages, too narrow because pages of a site go together;
    `over_sites` has intervals of a bootstrap over sites. Where no threshold reaches the target the first is None, and
    so are precision and recall of the second.
    `reliability_of_scores` takes the bare score for the probability.
    """

    tuned_sites: int
    tuned_pages: int
    reported_sites: int
    reported_pages: int
    calibration: Calibration
    threshold: Threshold | Unreached
    at_threshold: AtThreshold | None
    over_sites: Figures
    reliability: Reliability
    reliability_of_scores: Reliability


def calibrate(is_math: Sequence[bool] | Bools, scores: Sequence[float] | Floats) -> Calibration:
    """The calibration of labelled, scored pages.

    Pieces of the least-squares fit that the prior puts out of order, which are those with too few pages to be told from
    their neighbours, are pooled again.

    Raises:
        ConfigError: there are no pages.
    """
    labels, values = np.asarray(is_math, np.bool_), np.asarray(scores, np.float64)
    if not len(values):
        raise ConfigError("no labelled page to calibrate on: name a labelled set with more sites")
    order = np.argsort(values, kind="stable")
    ends = block_ends(values[order])
    starts = np.append(0, ends[:-1] + 1)
    pages = ends - starts + 1
    hits = np.add.reduceat(labels[order].astype(np.int64), starts)
    fit = pool(hits, pages)
    fitted = np.add.reduceat(hits, fit), np.add.reduceat(pages, fit)
    again = pool(*fitted, prior=_PRIOR)
    columns = values[order][starts[fit[again]]], np.add.reduceat(fitted[0], again), np.add.reduceat(fitted[1], again)
    rows = zip(*(column.tolist() for column in columns), strict=True)
    return Calibration(pieces=tuple(_piece(*row) for row in rows))


def pool(hits: Ints, pages: Ints, prior: float = 0.0) -> Ints:
    """Pool adjacent violators: where pieces start once no piece's share is at or above the next one's.

    The share of a piece is (hits + prior) / (pages + 2 prior). With `prior` 0 the shares of the pieces are the
    least-squares monotone fit of the blocks, which come by rising score.
    """
    # Neighbours that do not rise end in one piece whatever stands around them: pool these without a loop first.
    parts = (hits + prior) / (pages + 2 * prior)
    starts = np.append(0, np.flatnonzero(np.diff(parts) > 0) + 1) if prior == 0 else np.arange(len(hits))
    stack: list[tuple[int, int, int]] = []
    rows = zip(
        starts.tolist(), np.add.reduceat(hits, starts).tolist(), np.add.reduceat(pages, starts).tolist(), strict=True
    )
    for start, found, of in rows:
        # Compared as products and not as quotients: whole numbers are exact.
        while stack and (stack[-1][1] + prior) * (of + 2 * prior) >= (found + prior) * (stack[-1][2] + 2 * prior):
            start, more, many = stack.pop()
            found, of = found + more, of + many
        stack.append((start, found, of))
    return np.array([start for start, _, _ in stack], np.int64)


def split_sites(site_names: Sequence[str], seed: int = 0, tuning: float = 0.5) -> Bools:
    """Which sites are for tuning; the others are for reporting.

    By a hash of the site's name and the seed: a site stays on its side whatever other sites there are. `tuning` is the
    share that is expected there.
    """
    keys = (
        hashlib.blake2b(f"{seed}:{name}".encode("utf-8", "surrogatepass"), digest_size=8).digest()
        for name in site_names
    )
    return np.array([int.from_bytes(key, "big") < tuning * 2**64 for key in keys], np.bool_)


def tune_and_report(
    pages: ScoredPages, target: Target, crawl: TokensByScore | None = None, seed: int = 0, resamples: int = 1000
) -> Report:
    """Calibrate and choose a threshold on half of the sites, and report both on the other half.

    Raises:
        ConfigError: one of the halves is empty.
    """
    is_tuning = split_sites(pages.site_names, seed)[pages.sites]
    tuned, reported = pages.where(is_tuning), pages.where(~is_tuning)
    if not len(tuned) or not len(reported):
        raise ConfigError(
            f"{len(pages.site_names)} labelled sites fall on one side of the split into tuning and reporting: "
            "label pages of more sites, or take another seed"
        )
    calibration = calibrate(tuned.is_math, tuned.scores)
    threshold = choose_threshold(tuned, target, crawl)
    score = threshold.score if isinstance(threshold, Threshold) else None
    return Report(
        tuned_sites=len(tuned.site_names),
        tuned_pages=len(tuned),
        reported_sites=len(reported.site_names),
        reported_pages=len(reported),
        calibration=calibration,
        threshold=threshold,
        at_threshold=None if score is None else at_threshold(reported, score),
        over_sites=bootstrap(reported, score, resamples, seed),
        reliability=reliability(reported.is_math, calibration.probability(reported.scores)),
        reliability_of_scores=reliability(reported.is_math, reported.scores),
    )


def _piece(score: float, mathematics: int, pages: int) -> Piece:
    low, high = wilson_interval(mathematics, pages)
    probability = (mathematics + _PRIOR) / (pages + 2 * _PRIOR)
    return Piece(score=score, pages=pages, mathematics=mathematics, probability=probability, low=low, high=high)
