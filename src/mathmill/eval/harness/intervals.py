"""What a mean over problems is worth: an estimate with its standard error and 95 % interval.

The problem is the unit: n samples of one problem are not n independent trials (Miller 2024, "Adding Error Bars to
Evals", arXiv 2411.00640), so what is averaged are the problems' own means.

Where each problem's value is 0 or 1 (one sample, a vote, pass@n) the interval is Wilson's score interval (Wilson 1927).
Where values lie between, it is the same interval with the effective number of problems in the place of their number:
the n at which a share would have the standard error that is seen (Kish 1965), lowered by (z/t)^2 with N - 1 degrees of
freedom because that error is itself estimated (Korn and Graubard 1998, Survey Methodology 24, 193-201). It stays within
[0, 1], and near 0 and 1, where mean +- 1.96 errors covers far too seldom, it holds what it promises.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

from mathmill.data.stats import wilson_interval

#: The 97.5 % point of the normal distribution, for two-sided intervals of 95 %.
Z = 1.959963984540054
_EXPANDED = 100  # degrees of freedom from which the expansion of `student` is exact to 1e-9


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean of `n` problems' values, each in [0, 1], with the 95 % interval from `low` to `high`.

    `stderr` is the standard deviation of the values over the root of n; None for one problem. `interval` names the
    method: `wilson`, or `wilson_clustered` where values lie between 0 and 1.
    """

    value: float
    n: int
    low: float
    high: float
    stderr: float | None
    interval: Literal["wilson", "wilson_clustered"]

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            "value": self.value,
            "low": self.low,
            "high": self.high,
            "stderr": self.stderr,
            "n": self.n,
            "interval": self.interval,
        }


def estimate(values: Sequence[float], draws: int = 1) -> Estimate:
    """The mean of problems' values, each in [0, 1] and made of `draws` samples.

    Raises:
        ValueError: there are no values, or one is outside [0, 1].
    """
    if not values:
        raise ValueError("no values: there is nothing to estimate")
    if not all(0 <= value <= 1 for value in values):
        raise ValueError("a value is outside [0, 1]")
    n = len(values)
    mean = math.fsum(values) / n
    error = standard_error(values)
    if all(value in (0, 1) for value in values):
        low, high = wilson_interval(round(math.fsum(values)), n, Z)
        return Estimate(mean, n, _below(low, mean), _above(high, mean), error, "wilson")
    low, high = _wilson(mean, _effective(mean, error, n, draws))
    return Estimate(mean, n, _below(low, mean), _above(high, mean), error, "wilson_clustered")


def standard_error(values: Sequence[float]) -> float | None:
    """Of the mean of values; None for fewer than two."""
    n = len(values)
    if n < 2:
        return None
    mean = math.fsum(values) / n
    return math.sqrt(math.fsum((value - mean) ** 2 for value in values) / (n - 1) / n)


@lru_cache(maxsize=1_024)
def student(freedom: int) -> float:
    """The 97.5 % point of Student's t distribution (Abramowitz and Stegun 26.7.3 to 26.7.5).

    Raises:
        ValueError: the degrees of freedom are not positive.
    """
    if freedom < 1:
        raise ValueError(f"degrees of freedom must be positive, got {freedom}")
    if freedom == 1:
        return math.tan(0.475 * math.pi)
    if freedom >= _EXPANDED:
        return _expanded(freedom)
    low, high = Z, 5.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if _within(middle, freedom) < 0.95 else (low, middle)
    return (low + high) / 2


def _expanded(freedom: int) -> float:
    g1 = (Z**3 + Z) / 4
    g2 = (5 * Z**5 + 16 * Z**3 + 3 * Z) / 96
    g3 = (3 * Z**7 + 19 * Z**5 + 17 * Z**3 - 15 * Z) / 384
    g4 = (79 * Z**9 + 776 * Z**7 + 1482 * Z**5 - 1920 * Z**3 - 945 * Z) / 92_160
    return Z + g1 / freedom + g2 / freedom**2 + g3 / freedom**3 + g4 / freedom**4


def _within(t: float, freedom: int) -> float:
    """The probability of a value between -t and t, for two degrees of freedom or more."""
    angle = math.atan(t / math.sqrt(freedom))
    square = math.cos(angle) ** 2
    term = math.cos(angle) if freedom % 2 else 1.0
    total = term
    for k in range(3 if freedom % 2 else 2, freedom - 1, 2):
        term *= square * (k - 1) / k
        total += term
    return (2 / math.pi) * (angle + math.sin(angle) * total) if freedom % 2 else math.sin(angle) * total


def _effective(mean: float, error: float | None, n: int, draws: int) -> float:
    """How many problems of value 0 or 1 would tell as much; never more than there are samples."""
    if error is None:
        return 1.0
    most = float(n * max(draws, 1))
    seen = min(mean * (1 - mean) / error**2, most) if error else most
    return seen * (Z / student(n - 1)) ** 2


def _wilson(share: float, n: float) -> tuple[float, float]:
    scale = 1 + Z * Z / n
    centre = (share + Z * Z / (2 * n)) / scale
    half = Z * math.sqrt(share * (1 - share) / n + Z * Z / (4 * n * n)) / scale
    return centre - half, centre + half


def _below(low: float, mean: float) -> float:
    """A lower end that rounding puts neither below 0 nor above the mean."""
    return max(0.0, min(low, mean))


def _above(high: float, mean: float) -> float:
    return min(1.0, max(high, mean))
