"""A bound on the processor time of a piece of work. For the main thread of a proof worker, where signals are ours.

Interrupts Python code alone: what hangs below it ends with the process, which its parent kills.
"""

from __future__ import annotations

import signal
from collections.abc import Callable
from typing import TypeVar

Made = TypeVar("Made")


class OutOfTime(BaseException):  # so that no library's `except Exception` goes on working
    """A piece of work took longer than it may."""


_armed = False


def _interrupt(signum: int, frame: object) -> None:
    if _armed:
        raise OutOfTime


def within(seconds: float, work: Callable[[], Made]) -> Made:
    """What `work` returns.

    Raises:
        OutOfTime: it takes more processor time than these seconds.
    """
    global _armed
    if seconds <= 0:
        raise OutOfTime
    signal.signal(signal.SIGPROF, _interrupt)
    _armed = True
    # Again and again, as an exception that is raised in a destructor is lost.
    signal.setitimer(signal.ITIMER_PROF, seconds, 0.01)
    try:
        return work()
    finally:
        _armed = False
        signal.setitimer(signal.ITIMER_PROF, 0)
