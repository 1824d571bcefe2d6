"""How sure a sample of shards is: the 95 % interval of a ratio, such as seconds a page."""

from __future__ import annotations

import math
from collections.abc import Sequence

#: Two-sided 95 % points of Student's t for 1, 2, .. degrees of freedom; beyond them a series around the normal's.
_STUDENT = (12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228)
_NORMAL = 1.959964


def student(degrees: int) -> float:
    """The 97.5 % point of Student's t distribution."""
    if degrees <= len(_STUDENT):
        return _STUDENT[degrees - 1]
    z = _NORMAL
    first = (z**3 + z) / 4
    second = (5 * z**5 + 16 * z**3 + 3 * z) / 96
    return z + first / degrees + second / degrees**2


def half_width(values: Sequence[float], weights: Sequence[float]) -> float | None:
    """Half the 95 % interval of sum(values) / sum(weights) over shards, as a share of that ratio.

    None where one shard, or none that has any, says nothing of how shards differ.
    """
    count, whole, total = len(values), sum(weights), sum(values)
    if count < 2 or not whole or not total:
        return None
    ratio = total / whole
    squares = sum((value - ratio * weight) ** 2 for value, weight in zip(values, weights, strict=True))
    error = math.sqrt(count / (count - 1) * squares) / whole
    return student(count - 1) * error / ratio
