"""How true probabilities are: what share of pages is mathematics where a probability was said.

Judge a calibration by other sites than it was made from (`mathmill.classifier.calibrate.tune_and_report`).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mathmill.classifier.curves import Bools, Floats, Share, share
from mathmill.data.config import Config
from mathmill.data.errors import ConfigError

_BINS = 10


class Bin(Config):
    """Pages whose probability was said to be in [low, high): the mean of what was said, and what share it was."""

    low: float
    high: float
    said: float
    was: Share


class Reliability(Config):
    """How true probabilities are.

    `brier`: the mean square of probability less label (Brier 1950). `brier_of_base_rate`: of one who always says the
    share of mathematics. `expected_calibration_error`: the mean over pages of the distance, in their bin, between the
    mean probability and the share of mathematics, in ten bins of equal width (Naeini, Cooper & Hauskrecht 2015).
    `bins`: those that hold pages.
    """

    pages: int
    brier: float
    brier_of_base_rate: float
    expected_calibration_error: float
    bins: tuple[Bin, ...]


def reliability(is_math: Sequence[bool] | Bools, probabilities: Sequence[float] | Floats) -> Reliability:
    """How true probabilities in [0, 1] are of labelled pages.

    Raises:
        ConfigError: there are no pages.
    """
    labels, said = np.asarray(is_math, np.bool_), np.asarray(probabilities, np.float64)
    if not len(said):
        raise ConfigError("no labelled page to report on: name a labelled set with more sites")
    place = np.minimum((said * _BINS).astype(np.int64), _BINS - 1)
    pages = np.bincount(place, minlength=_BINS)
    hits = np.bincount(place[labels], minlength=_BINS)
    sums = np.bincount(place, weights=said, minlength=_BINS)
    base = float(labels.mean())
    return Reliability(
        pages=len(said),
        brier=float(((said - labels) ** 2).mean()),
        brier_of_base_rate=base * (1 - base),
        expected_calibration_error=float(np.abs(sums - hits).sum() / len(said)),
        bins=tuple(
            Bin(
                low=at / _BINS,
                high=(at + 1) / _BINS,
                said=float(sums[at] / pages[at]),
                was=share(int(hits[at]), int(pages[at])),
            )
            for at in np.flatnonzero(pages).tolist()
        ),
    )
