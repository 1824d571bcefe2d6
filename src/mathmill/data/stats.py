"""Intervals for shares, used wherever a figure comes from a sample."""

from __future__ import annotations

import math


def wilson_interval(hits: int, n: int, z: float = 1.959964) -> tuple[float, float]:
    """Wilson score interval of a binomial share (Wilson 1927), 95 % by default.

    Unlike the normal interval it stays inside [0, 1] and says something at `hits == 0`.
    With `n == 0` nothing is known: (0, 1).
    """
    if n == 0:
        return 0.0, 1.0
    if not 0 <= hits <= n:
        raise ValueError(f"hits must be between 0 and n, got {hits} of {n}")
    share = hits / n
    scale = 1 + z * z / n
    centre = (share + z * z / (2 * n)) / scale
    half = z * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n)) / scale
    return max(0.0, centre - half), min(1.0, centre + half)
