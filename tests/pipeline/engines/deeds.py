"""Functions for workers; a module of its own, since every worker imports it."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path


def double(number: int) -> int:
    return 2 * number


def stumble(number: int) -> int:
    if number == 3:
        raise LookupError("three is not here")
    return number


def die_at_three(number: int) -> int:
    if number == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(0.05)
    return number


def die_once(marker: Path) -> str:
    """Dies the first time, as a worker that the system ends for want of memory."""
    if not marker.exists():
        marker.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return "alive"


def sleep_long(number: int) -> int:
    time.sleep(600)
    return number
