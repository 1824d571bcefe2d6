"""What each step measured, a JSON line a step; a run that went on has the same bytes as one that never stopped.

RUN/
  metrics.jsonl   follows from recipe and inputs alone: cut back to the checkpoint that the run goes on from
  timings.jsonl   seconds and speeds of each step; steps done again are there again
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

from mathmill.data.config import canonical_json
from mathmill.data.errors import DamagedInput
from mathmill.data.files import sync_folder, writing

METRICS, TIMINGS = "metrics.jsonl", "timings.jsonl"


class MetricsLog:
    """Both files of a Run's folder, open for appending: use as a context manager."""

    def __init__(self, folder: Path, offset: int = 0) -> None:
        """`offset` is where the checkpoint that the run goes on from found the metrics to end; 0 begins anew.

        Raises:
            DamagedInput: the metrics do not reach that far, or no line ends there.
            CannotCreate: the files cannot be opened.
        """
        self._metrics = folder / METRICS
        self._timings = folder / TIMINGS
        _check(self._metrics, offset)
        with writing(self._metrics):
            self._metrics_file = _opened(self._metrics)
        with writing(self._timings):
            self._timings_file = _opened(self._timings)
        self.offset = offset
        with writing(self._metrics):
            os.ftruncate(self._metrics_file, offset)
        if not offset:
            with writing(self._timings):
                os.ftruncate(self._timings_file, 0)
        self._timed = _whole_bytes(self._timings)
        with writing(folder):
            sync_folder(folder)

    def append(self, metrics: Mapping[str, Any], timings: Mapping[str, Any]) -> None:
        """Write a step's lines. They outlive the process at once, the machine after `settle`.

        Raises:
            DiskFull, CannotCreate: they cannot be written.
        """
        self.offset = _append(self._metrics, self._metrics_file, self.offset, metrics)
        self._timed = _append(self._timings, self._timings_file, self._timed, timings)

    def settle(self) -> int:
        """Wait until all lines are on disk; the offset to keep in the checkpoint, which is saved after this.

        Raises:
            DiskFull, CannotCreate: they cannot be written.
        """
        for path, file in ((self._metrics, self._metrics_file), (self._timings, self._timings_file)):
            with writing(path):
                os.fsync(file)
        return self.offset

    def __enter__(self) -> MetricsLog:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self._metrics_file)
        os.close(self._timings_file)


def _append(path: Path, file: int, offset: int, values: Mapping[str, Any]) -> int:
    """Write a line where the last whole one ends; where the line ends."""
    line = canonical_json(dict(values)) + b"\n"
    done = 0
    with writing(path):
        while done < len(line):
            done += os.pwrite(file, line[done:], offset + done)
    return offset + len(line)


def _opened(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)


def _whole_bytes(path: Path) -> int:
    """Where the last whole line ends: a killed process may have left part of one."""
    return path.read_bytes().rfind(b"\n") + 1


def _check(path: Path, offset: int) -> None:
    data = path.read_bytes()[:offset] if path.exists() else b""
    if len(data) < offset or (offset and not data.endswith(b"\n")):
        raise DamagedInput(
            f"{path} does not hold the {offset:,} bytes of whole lines that the checkpoint says it held: restore it, "
            "or begin anew in another folder with --out"
        )
