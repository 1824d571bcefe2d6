"""What work costs, so that a test fails by an algorithm of the wrong order, and not by a slow or busy machine.

Noise only ever adds: of several attempts, the one of the fewest processor seconds is nearest to what the work takes.
The first attempt is as a rule the only one; more are made where it took too long. What an attempt works on is made
anew each time and before the clock starts, since work may change it.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")

ATTEMPTS = 5
#: No attempt is made after as many seconds as this: noise does not last so long.
PATIENCE = 30.0
#: Time may grow as this power of the size: halfway between linear and quadratic, far from the noise of either.
EXPONENT = 1.5


def within(limit: float, make: Callable[[], T], work: Callable[[T], R]) -> R:
    """What `work` returns of what `make` makes, if it did so within `limit` processor seconds at an attempt.

    Choose a limit ten times what the work takes, or more: only the order of its time is to be seen.

    Raises:
        AssertionError: every attempt took longer.
    """
    took: list[float] = []
    while len(took) < ATTEMPTS and sum(took) < PATIENCE:
        seconds, result = _timed(work, make())
        if seconds <= limit:
            return result
        took.append(seconds)
    raise AssertionError(f"{min(took):.3f} seconds at least in {len(took)} attempts, where {limit} are allowed")


def assert_linear(few: int, many: int, slack: float, make: Callable[[int], T], work: Callable[[T], object]) -> None:
    """Make sure that the time of `work` on what `make` makes of a size grows about linearly from `few` to `many`.

    Where `many` take at most `slack` seconds all is well, whatever `few` take: choose it below what quadratic time
    would come to, and above the noise of small times.

    Raises:
        AssertionError: it grows by more than the size to the power `EXPONENT`, by the best of several attempts.
    """
    bound = (many / few) ** EXPONENT
    took_many: list[float] = []
    took_few: list[float] = []
    while len(took_many) < ATTEMPTS and sum(took_many) < PATIENCE:
        took_many.append(_timed(work, make(many))[0])
        if min(took_many) <= slack:
            return
        took_few.append(_timed(work, make(few))[0])
        if min(took_many) <= bound * min(took_few):
            return
    most, least = min(took_many), min(took_few)
    raise AssertionError(
        f"{many:,} take {most:.3f} seconds and {few:,} take {least:.4f}: {most / least:.0f} times as many, "
        f"where {bound:.0f} times are allowed"
    )


def _timed(work: Callable[[T], R], given: T) -> tuple[float, R]:
    began = time.process_time()
    result = work(given)
    return time.process_time() - began, result
