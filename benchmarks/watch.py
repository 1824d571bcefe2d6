"""What a command costs with all its processes: wall time, processor time, peak memory."""

from __future__ import annotations

import os
import subprocess
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

_TICK = os.sysconf("SC_CLK_TCK")
_POLL_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class Cost:
    """Of one execution; memory is the largest sum of the processes' proportional shares (PSS) seen at one moment."""

    wall_seconds: float
    cpu_seconds: float
    peak_mb: float
    output: str


def watch(command: Sequence[str]) -> Cost:
    """Run a command in a process group of its own and add up what the group uses; Linux only.

    Processes are looked at five times a second, so the last moments of each are missed: under 1 % of a run of
    half a minute.

    Raises:
        CalledProcessError: the command failed.
    """
    began = time.perf_counter()
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    group = _Group(process.pid)
    done = threading.Event()
    thread = threading.Thread(target=group.poll_until, args=(done,))
    thread.start()
    output, errors = process.communicate()
    wall = time.perf_counter() - began
    done.set()
    thread.join()
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, list(command), output, errors)
    return Cost(wall, sum(group.cpu.values()), group.peak_mb, output)


class _Group:
    """The processes of one group, seen from outside."""

    def __init__(self, leader: int) -> None:
        self._leader = leader
        self.cpu: dict[str, float] = {}  # process -> seconds when last seen
        self.peak_mb = 0.0

    def poll_until(self, done: threading.Event) -> None:
        while not done.wait(_POLL_SECONDS):
            memory = 0.0
            for folder in Path("/proc").glob("[0-9]*"):
                memory += self._look(folder)
            self.peak_mb = max(self.peak_mb, memory)

    def _look(self, folder: Path) -> float:
        try:
            fields = (folder / "stat").read_text().rsplit(")", 1)[1].split()
            if int(fields[2]) != self._leader:
                return 0.0
            self.cpu[folder.name] = (int(fields[11]) + int(fields[12])) / _TICK
            rollup = (folder / "smaps_rollup").read_text()
        except (FileNotFoundError, ProcessLookupError):
            return 0.0  # it ended just now
        return next(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:")) / 1024
