"""Files that were fetched, kept on this machine for whoever asks for the same bytes again; the least used go first.

A file is known by what it is (its name in a store and its mark), so that an old one is never taken for a new one. It is
handed out as a link: what one process drops another still has. All processes of a machine share the folder.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import shutil
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from mathmill.data.environment import number_from
from mathmill.data.files import writing
from mathmill.data.shot_texts import cache_folder

SCRATCH, SCRATCH_GB = "MATHMILL_SCRATCH", "MATHMILL_SCRATCH_GB"
_GB = 20.0
_LOOK_EVERY = 64  # files that are added between two looks at what there is
_STALE_SECONDS = 3600  # after which a half-fetched file is nobody's


def scratch_folder() -> Path:
    """Where large files lie that are wanted for a while: MATHMILL_SCRATCH, or `scratch` in the cache's folder.

    Copies of a store's files, archives on their way, what Spark spills.
    """
    named = os.environ.get(SCRATCH)
    return Path(named).absolute() if named else cache_folder() / "scratch"


class KeptFiles:
    """The kept files of a machine; `scratch_folder() / "kept"`."""

    def __init__(self) -> None:
        self._folder = scratch_folder() / "kept"
        self._most = number_from(SCRATCH_GB, _GB, "gigabytes") * 1e9
        self._added = 0

    def bring(self, key: str, stamp: int, path: Path, fetch: Callable[[Path], bool]) -> bool:
        """Make `path` the file that `key` stands for; `fetch` writes it if it is not kept, and says if it could.

        `stamp` becomes its time of change, in nanoseconds.
        """
        kept = self._folder / hashlib.sha256(key.encode()).hexdigest()[:40]
        with writing(path):
            self._folder.mkdir(parents=True, exist_ok=True)
            path.parent.mkdir(parents=True, exist_ok=True)
        if not self._linked(kept, stamp, path):
            staged = kept.with_name(f".{kept.name}.{secrets.token_hex(4)}.tmp")
            try:
                if not fetch(staged):
                    return False
                with writing(path):
                    os.utime(staged, ns=(time.time_ns(), stamp))
                    self._link(staged, path)
                    staged.replace(kept)
            finally:
                staged.unlink(missing_ok=True)
            self._make_room()
        return True

    def keep(self, key: str, stamp: int, path: Path) -> None:
        """Keep a file that was put into the store and is about to go here."""
        with writing(path):
            self._folder.mkdir(parents=True, exist_ok=True)
            os.utime(path, ns=(time.time_ns(), stamp))
            self._link(path, self._folder / hashlib.sha256(key.encode()).hexdigest()[:40])
        self._make_room()

    def _linked(self, kept: Path, stamp: int, path: Path) -> bool:
        try:
            os.utime(kept, ns=(time.time_ns(), stamp))  # it was used just now
            self._link(kept, path)
        except FileNotFoundError:  # also if it went at this moment
            return False
        return True

    def _link(self, source: Path, path: Path) -> None:
        """Both lie below the scratch folder, so on one disk."""
        staged = path.with_name(f".{path.name[:100]}.{secrets.token_hex(4)}.tmp")
        try:
            os.link(source, staged)
        except FileNotFoundError:
            raise
        except OSError:  # a disk without links, or too many of one file
            shutil.copy2(source, staged)
        staged.replace(path)
        staged.unlink(missing_ok=True)  # a rename onto another link of the same file does nothing

    def _make_room(self) -> None:
        self._added += 1
        if self._added % _LOOK_EVERY != 1:
            return
        held = []
        for path in self._folder.iterdir():
            with suppress(FileNotFoundError):
                stat = path.stat()
                if path.name.startswith(".") and time.time() - stat.st_ctime > _STALE_SECONDS:
                    path.unlink()
                elif not path.name.startswith("."):
                    held.append((stat.st_atime_ns, stat.st_size, path))
        size = sum(each for _, each, _ in held)
        for _, each, path in sorted(held):
            if size <= self._most:
                return
            path.unlink(missing_ok=True)
            size -= each
