"""How much memory this process and those below it hold, looked at now and then.

Memory is the sum of proportional shares (PSS): what several processes share counts once. Linux only; elsewhere nothing
is seen.
"""

from __future__ import annotations

import contextlib
import os
import threading
import time
from dataclasses import dataclass
from pathlib import Path

_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class Seen:
    """Megabytes at a moment (by `time.perf_counter`)."""

    at: float
    driver_mb: float
    below_mb: float


class MemoryWatch:
    """Looks every half second, in a thread, while it is used as a context manager.

    `cpu_seconds` is what looking took: it is not the work's.
    """

    def __init__(self) -> None:
        self.seen: list[Seen] = []
        self.cpu_seconds = 0.0
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> MemoryWatch:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._done.wait(_SECONDS):
            driver = str(os.getpid())
            mine, below = share_mb(driver), sum(map(share_mb, processes_below(driver)))
            self.seen.append(Seen(time.perf_counter(), mine, below))
            self.cpu_seconds = time.thread_time()


def processes_below(process: str) -> list[str]:
    """The ids of all processes below one."""
    found: list[str] = []
    for thread in Path("/proc", process).glob("task/*/children"):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            for child in thread.read_text().split():
                found += [child, *processes_below(child)]
    return found


def share_mb(process: str) -> float:
    """The proportional share of a process; 0 of one that ended just now."""
    with contextlib.suppress(OSError):
        for line in Path("/proc", process, "smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) / 1024
    return 0.0
