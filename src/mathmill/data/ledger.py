"""The log of finished units of a Run, and the lock that keeps a second writer out.

One JSON line a unit, appended and synced after the unit's files are in place. A unit is done when
its line is there and the hashes in it agree with the files; a line cut short by a crash is no line.
"""

from __future__ import annotations

import fcntl
import os
import socket
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

import orjson

from mathmill.data.config import canonical_json
from mathmill.data.errors import Locked
from mathmill.data.files import Output, file_sha256, reach, writing


class Ledger:
    """The units that are done in a Run's folder: unit name -> its ledger line."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._path = folder / "ledger.jsonl"
        self.lines: dict[str, dict[str, Any]] = {}
        self._whole_bytes = 0
        self._load()

    def _load(self) -> None:
        if not self._path.exists():
            return
        data = self._path.read_bytes()
        self._whole_bytes = data.rfind(b"\n") + 1  # a crash may have cut the last line
        for text in data[: self._whole_bytes].splitlines():
            line = orjson.loads(text)
            self.lines[line["unit"]] = line  # a unit done again replaces its older line

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
        with writing(self._path), self._path.open("r+b" if self._path.exists() else "x+b") as file:
            file.truncate(self._whole_bytes)
            file.seek(self._whole_bytes)
            file.write(canonical_json(line) + b"\n")
            file.flush()
            os.fsync(file.fileno())
            self._whole_bytes = file.tell()
        self.lines[unit] = line
        reach("after_ledger")


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
