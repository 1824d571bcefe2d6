"""Output that appears whole or not at all.

Files are staged under a temporary name in their own folder; `publish` then flushes, syncs, reopens
and counts, renames, and syncs the folder. What is committed is decided by the ledger, which is
written after all this (`mathmill.data.ledger`).
"""

from __future__ import annotations

import hashlib
import os
import secrets
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from mathmill.data.errors import MathmillError, output_error

#: Where a commit can be cut short; the crash tests kill the program at each of them.
COMMIT_POINTS = ("written", "synced", "verified", "renamed", "before_ledger", "after_ledger", "whole")
_KILL_AT = "MATHMILL_KILL_AT"
_visits: dict[str, int] = {}


def reach(point: str) -> None:
    """Pass a named point of a commit.

    Crash tests set the environment variable MATHMILL_KILL_AT to `point` or `point:n`: the n-th time
    (from 1) that a process gets there, its whole process group dies as by a power cut.
    """
    wanted = os.environ.get(_KILL_AT)
    if wanted is None:
        return
    name, _, count = wanted.partition(":")
    if name == point:
        _visits[point] = _visits.get(point, 0) + 1
        if _visits[point] == int(count or 1):
            os.killpg(os.getpgrp(), signal.SIGKILL)


@dataclass(frozen=True, slots=True)
class Output:
    """One published file: its hash, size in bytes and number of rows."""

    sha256: str
    size: int
    rows: int

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


class Staging:
    """Files of one unit of work, written under temporary names and published together."""

    def __init__(self, root: Path) -> None:
        self._root = root
        # Of its own: a worker that was given up for dead may still write when another does its unit again.
        self._token = secrets.token_hex(4)
        self._staged: dict[str, Callable[[Path], int]] = {}

    def stage(self, name: str, count_rows: Callable[[Path], int]) -> Path:
        """The temporary path for the file `name` (relative to the root); `count_rows` reopens and counts it."""
        path = self._root / name
        with writing(path):
            path.parent.mkdir(parents=True, exist_ok=True)
        self._staged[name] = count_rows
        return self._temporary(name)

    def publish(self, rows: dict[str, int]) -> dict[str, Output]:
        """Make the staged files appear under their names; `rows` says how many each must hold.

        Raises:
            MathmillError: a file reopened does not hold what was written.
            DiskFull, CannotCreate: the folder cannot take them.
        """
        reach("written")
        outputs = {name: self._settle(name, rows[name]) for name in sorted(self._staged)}
        reach("verified")
        for name in outputs:
            with writing(self._root / name):
                self._temporary(name).replace(self._root / name)
        for folder in sorted({(self._root / name).parent for name in outputs}):
            sync_folder(folder)
        reach("renamed")
        return outputs

    def _settle(self, name: str, rows: int) -> Output:
        path = self._temporary(name)
        with writing(path):
            sync_file(path)
        reach("synced")
        found = self._staged[name](path)
        if found != rows:
            raise MathmillError(f"{path} holds {found} rows after {rows} were written: check the disk, then run again")
        return Output(sha256=file_sha256(path), size=path.stat().st_size, rows=rows)

    def _temporary(self, name: str) -> Path:
        path = self._root / name
        return temporary(path.with_name(f"{path.name}.{self._token}"))


def temporary(path: Path) -> Path:
    """The name under which `path` is written before it is whole."""
    return path.with_name(f".{path.name}.tmp")


def write_whole(path: Path, data: bytes) -> None:
    """Replace the small file `path` by `data`, atomically and durably."""
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        staged = temporary(path)
        staged.write_bytes(data)
        sync_file(staged)
        reach("whole")
        staged.replace(path)
        sync_folder(path.parent)


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turn an `OSError` of the block, which writes `path`, into the error tree's words."""
    try:
        yield
    except OSError as error:
        raise output_error(error, path) from error


def sync_file(path: Path) -> None:
    """Wait until the file's bytes are on disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_folder(folder: Path) -> None:
    """Wait until the folder's names are on disk."""
    sync_file(folder)


def file_sha256(path: Path) -> str:
    """Hex SHA-256 of a file's bytes, read in pieces."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
