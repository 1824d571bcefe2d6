"""Who works in a folder of this machine: the kernel drops a lock when its holder dies, however it dies."""

from __future__ import annotations

import fcntl
import os
import secrets
import shutil
from pathlib import Path

from mathmill.data.files import writing

LOCK = "lock"
_WORKERS = "workers"
_held: list[int] = []  # for as long as this process lives


def has_writer(path: Path, root: Path) -> bool:
    """Whether a process, this one or another, holds the lock of a folder at or below `root` that the path is in."""
    return any(folder.is_relative_to(root) and _is_locked(folder / LOCK) for folder in path.parents)


def hold_scratch(folder: Path) -> Path:
    """A new folder below `folder` for this process alone; those of workers that ended go."""
    workers = folder / _WORKERS
    with writing(workers):
        workers.mkdir(parents=True, exist_ok=True)
        for left in workers.iterdir():
            if (left / LOCK).exists() and not _is_locked(left / LOCK):
                shutil.rmtree(left, ignore_errors=True)
        own = workers / f"{os.getpid()}-{secrets.token_hex(4)}"
        own.mkdir()
        descriptor = os.open(own / f".{LOCK}", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        (own / f".{LOCK}").rename(own / LOCK)  # locked before others see it
    _held.append(descriptor)
    return own


def _is_locked(path: Path) -> bool:
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)  # shared: who looks is not in the way of others who do
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False
