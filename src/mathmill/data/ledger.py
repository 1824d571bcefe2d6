"""The log of finished units of a Run, and the lock that keeps a second writer out.

One JSON line a unit, appended and synced after the unit's files are in place. A unit is done when
its line is there and the hashes in it agree with the files; a line cut short by a crash is no line.
"""

from __future__ import annotations

import fcntl
import os
import socket
from collections.abc import Collection, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

import orjson

from mathmill.data.config import canonical_json
from mathmill.data.errors import Locked
from mathmill.data.files import Output, file_sha256, reach, writing
from mathmill.data.line_log import LineLog


class Ledger:
    """The units that are done in a Run's folder: unit name -> its ledger line."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._log = LineLog(folder / "ledger.jsonl")
        self.lines: dict[str, dict[str, Any]] = {}
        self._load()

    def _load(self) -> None:
        for text in self._log.read():
            try:
                line = orjson.loads(text)
                unit, retired, _ = line["unit"], line.get("retired"), line["outputs"]
            except (orjson.JSONDecodeError, TypeError, KeyError):
                continue  # damaged, as by a power cut: its unit is done again
            self.lines.pop(unit, None)  # a unit done again replaces its older line
            if not retired:
                self.lines[unit] = line

    def is_done(self, unit: str) -> bool:
        """Whether the unit's line is there and its files hold what the line says."""
        line = self.lines.get(unit)
        return line is not None and all(
            _agrees(self._folder / name, Output(**output)) for name, output in line["outputs"].items()
        )

    def append(self, unit: str, outputs: Mapping[str, Output], facts: Mapping[str, Any]) -> None:
        """Make `unit` done: its `outputs` are in place, `facts` go into its line."""
        line = {"unit": unit, "outputs": {name: output.as_dict() for name, output in outputs.items()}, **facts}
        reach("before_ledger")
        self._remove_outputs(unit, keeping=outputs.keys())
        self._log.append(canonical_json(line))
        self.lines[unit] = line
        reach("after_ledger")

    def retire(self, unit: str) -> None:
        """Forget a unit that belongs to the run no longer, and remove its files."""
        self._remove_outputs(unit)
        self._log.append(canonical_json({"unit": unit, "outputs": {}, "retired": True}))
        del self.lines[unit]

    def _remove_outputs(self, unit: str, keeping: Collection[str] = ()) -> None:
        """Remove the files of a unit's older line, except those that are there anew."""
        for name in self.lines.get(unit, {"outputs": {}})["outputs"].keys() - set(keeping):
            with writing(self._folder / name):
                (self._folder / name).unlink(missing_ok=True)


def _agrees(path: Path, output: Output) -> bool:
    return path.is_file() and path.stat().st_size == output.size and file_sha256(path) == output.sha256


class FolderLock:
    """Keeps a second writer out of a folder for as long as this process holds it.

    The kernel drops the lock when its holder dies, however it dies; the file's text only serves the message.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / "lock"
        self._descriptor: int | None = None

    def __enter__(self) -> FolderLock:
        with writing(self._path):
            descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.read(descriptor, 200).decode(errors="replace").strip() or "another process"
            os.close(descriptor)
            raise Locked(
                f"{self._path.parent} is in use by {holder}: wait for it to end, or choose another folder with --out"
            ) from None
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"process {os.getpid()} on {socket.gethostname()}\n".encode(), 0)
        self._descriptor = descriptor
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._descriptor is not None:
            os.ftruncate(self._descriptor, 0)
            os.close(self._descriptor)
            self._descriptor = None
