"""The log of finished units of a Run, and the lock that keeps a second writer out.

One JSON line a unit, appended and synced after the unit's files are in place. A unit is done when
its line is there and the hashes in it agree with the files; a line cut short by a crash is no line.
Where the folder is mounted on a store, its line also says the store's marks of the files, by which they are known again
without being read.
"""

from __future__ import annotations

import fcntl
import os
import socket
import time
from collections.abc import Collection, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol

import orjson

from mathmill.data.config import canonical_json
from mathmill.data.errors import Locked
from mathmill.data.files import Output, reach, writing
from mathmill.data.line_log import LineLog
from mathmill.data.store.lock import StoreLock
from mathmill.data.store.log import StoreLog
from mathmill.data.store.mounts import agrees, delivered, mount_of, remove, shown

LEDGER = "ledger"  # a file `ledger.jsonl`, or a folder of a store
_ATTEMPTS, _PAUSE = 3, 0.05  # at a lock that somebody may only be looking at


class Log(Protocol):
    """Lines in the order in which they were appended."""

    def read(self) -> list[bytes]: ...

    def append(self, *lines: bytes) -> None: ...

    def settle(self) -> None: ...

    def close(self) -> None: ...


def _log(folder: Path) -> Log:
    mount = mount_of(folder)
    if mount is None:
        return LineLog(folder / f"{LEDGER}.jsonl")
    return StoreLog(mount, f"{mount.name(folder)}/{LEDGER}".lstrip("/"))


class Ledger:
    """The units that are done in a Run's folder: unit name -> its ledger line."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._log = _log(folder)
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
        if line is None:
            return False
        marks = line.get("marks", {})
        return all(
            agrees(self._folder / name, Output(**output), marks.get(name, ""))
            for name, output in line["outputs"].items()
        )

    def append(self, unit: str, outputs: Mapping[str, Output], facts: Mapping[str, Any]) -> None:
        """Make `unit` done: its `outputs` are in place, `facts` go into its line.

        Raises:
            Locked: the run was taken over by another process.
            CannotCreate: the store cannot be written.
        """
        line = {"unit": unit, "outputs": {name: output.as_dict() for name, output in outputs.items()}, **facts}
        if marks := delivered(self._folder, outputs.items()):
            line["marks"] = marks
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

    def settle(self) -> None:
        """Wait until all lines are where they are kept. Raises as `append`."""
        self._log.settle()

    def close(self) -> None:
        """Settle, and tidy up; nothing is appended any more. Raises as `append`."""
        self._log.close()

    def _remove_outputs(self, unit: str, keeping: Collection[str] = ()) -> None:
        """Remove the files of a unit's older line, except those that are there anew."""
        for name in self.lines.get(unit, {"outputs": {}})["outputs"].keys() - set(keeping):
            remove(self._folder / name)


@contextmanager
def folder_lock(folder: Path) -> Iterator[None]:
    """Keep a second writer out of a folder, which is there, and out of the store that it may be mounted on.

    Raises:
        Locked: another process writes in it.
    """
    mount = mount_of(folder)
    locks: list[AbstractContextManager[Any]] = [FolderLock(folder)]
    if mount is not None:
        locks.append(StoreLock(mount, folder))
    with ExitStack() as held:
        for lock in locks:
            held.enter_context(lock)
        if mount is not None:
            mount.begin(folder)
        yield


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
        if not _locked(descriptor):
            holder = os.read(descriptor, 200).decode(errors="replace").strip() or "another process"
            os.close(descriptor)
            raise Locked(
                f"{shown(self._path.parent)} is in use by {holder}: wait for it to end, or choose another folder with "
                "--out"
            )
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


def _locked(descriptor: int) -> bool:
    for attempt in range(_ATTEMPTS):
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(_PAUSE if attempt < _ATTEMPTS - 1 else 0)
        else:
            return True
    return False
