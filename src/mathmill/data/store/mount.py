"""A folder of this machine and the store behind it: which files are here, which are there, and which are the same.

A copy of a file is known to be the store's by its time of change, which is made of the store's mark and lies before
2001: what has a later one was written here. That is good as long as its writer lives, then nobody's.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import threading
from functools import partial
from pathlib import Path

from mathmill.data.errors import InputMissing, Locked, MathmillError
from mathmill.data.files import writing
from mathmill.data.store.kept_files import KeptFiles
from mathmill.data.store.mount_locks import LOCK, has_writer
from mathmill.data.store.store import Entry, Store

_WRITTEN_HERE = 10**18  # nanoseconds: September 2001
_TRIES = 3  # at a file that another process exchanges meanwhile


class Mount:
    """A folder of this process, the store behind it, and what is known of its files."""

    def __init__(self, folder: Path, store: Store, is_scratch: bool) -> None:
        self.folder = folder
        self.store = store
        self.is_scratch = is_scratch  # a worker's: all that is written there is its own
        self.process = os.getpid()
        self.guards = store.guards  # that raise where nothing may be written any more
        self.fences: dict[str, str] = {}  # names of locks, and the tokens of their holder: a worker's must hold them
        self.committed: dict[str, str] = {}  # marks of outputs that the ledger of the lock's holder vouches for
        self.received: dict[str, Entry] = {}  # what workers put since their last commit, by name
        self.time = ""  # of the map that a worker is at: what it knew before may be otherwise
        self._kept = KeptFiles()
        self._listings: dict[str, tuple[dict[str, Entry], frozenset[str]]] = {}
        self._known: dict[str, Entry | None] = {}  # of files in folders that were not listed
        self._lock = threading.RLock()

    def name(self, path: Path) -> str:
        """A path's name in the store; "" of the folder itself."""
        name = path.relative_to(self.folder).as_posix()
        return "" if name == "." else name

    def listing(self, folder: str) -> tuple[dict[str, Entry], frozenset[str]]:
        """Files and folders in a folder of the store, by their names there."""
        with self._lock:
            if folder not in self._listings:
                above, _, last = folder.rpartition("/")
                known = self._listings.get(above) if folder else None
                is_new = known is not None and last not in known[1]
                self._listings[folder] = ({}, frozenset()) if is_new else self.store.listing(folder)
            return self._listings[folder]

    def entry(self, name: str) -> Entry | None:
        """A file of the store."""
        folder, _, last = name.rpartition("/")
        with self._lock:
            # A worker asks for files of its shard, others for those of many.
            if not self.is_scratch or folder in self._listings:
                return self.listing(folder)[0].get(last)
            if name not in self._known:
                self._known[name] = self.store.entry(name)
            return self._known[name]

    def note(self, name: str, entry: Entry | None) -> None:
        """Remember that a file was put there, or removed."""
        folder, _, last = name.rpartition("/")
        with self._lock:
            if self.is_scratch:
                self._known[name] = entry
            if folder in self._listings:
                files = self._listings[folder][0]
                if entry is None:
                    files.pop(last, None)
                else:
                    files[last] = entry
            while entry is not None and folder:
                above, _, last = folder.rpartition("/")
                if above in self._listings:
                    files, folders = self._listings[above]
                    self._listings[above] = files, folders | {last}
                folder = above

    def note_gone(self, above: str, last: str) -> None:
        """Remember that a folder in the folder `above` was removed."""
        with self._lock:
            files, folders = self.listing(above)
            self.forget(f"{above}/{last}".lstrip("/"))
            self._listings[above] = files, folders - {last}

    def forget(self, name: str = "") -> None:
        """Look anew at what is below a folder, and whether it is there, when it is asked for."""
        with self._lock:
            self._listings.pop(name.rpartition("/")[0], None)
            for known in (self._listings, self._known):
                for each in [each for each in known if not name or each == name or each.startswith(f"{name}/")]:
                    del known[each]

    def bring(self, path: Path) -> None:
        """Have the store's file at `path`, unless one that was written here is there; none if the store has none."""
        name = self.name(path)
        for _ in range(_TRIES):
            entry = self.entry(name)
            if self.is_current(path, entry) or self.is_fresh(path):
                return
            if entry is None:
                if path.is_file():
                    path.unlink(missing_ok=True)
                return
            self._check_committed(name, entry)
            fetch = partial(self.store.fetch, name, mark=entry.mark)
            if self._kept.bring(self._key(name, entry), _stamp(entry), path, fetch):
                return
            self.forget(name.rpartition("/")[0])
            self._known.pop(name, None)
        raise InputMissing(f"{self.store.address}/{name} changes while it is read: is a run at work there? Try again")

    def put(self, path: Path) -> Entry:
        """Put a file that was written here into the store."""
        self.check()
        name = self.name(path)
        entry = self.store.put(path, name)
        self.committed.pop(name, None)
        self.note(name, entry)
        if self.is_scratch:
            self._kept.keep(self._key(name, entry), _stamp(entry), path)
        else:
            with writing(path):
                os.utime(path, ns=(_stamp(entry), _stamp(entry)))
        return entry

    def begin(self, folder: Path) -> None:
        """Begin to write in a folder, whose lock is held: what an execution left that died is nobody's."""
        self.forget()
        self.disown(self.name(folder))
        for path in folder.rglob("*"):
            if path.name != LOCK and path.is_file() and written_here(path):
                path.unlink()

    def receive(self, name: str, entry: Entry) -> None:
        """Take note of what a worker put."""
        self.received[name] = entry
        self.committed.pop(name, None)
        self.note(name, entry)

    def disown(self, name: str) -> None:
        """What the ledger vouches for at or below a name is about to be made anew."""
        for each in [each for each in self.committed if not name or each == name or each.startswith(f"{name}/")]:
            del self.committed[each]

    def _check_committed(self, name: str, entry: Entry) -> None:
        if self.guards and self.committed.get(name, entry.mark) != entry.mark:
            raise MathmillError(
                f"{self.store.address}/{name} is not the file that the ledger says: another process wrote there "
                "meanwhile. Run the same command again, which makes it anew"
            )

    def check(self) -> None:
        """Raises what a guard does, such as Locked."""
        for guard in self.guards:
            guard()

    def check_fences(self) -> None:
        """Ask the store whether who sent a worker its work still holds the locks. Raises Locked if not."""
        for name, token in self.fences.items():
            held = self.store.held(name)
            if held is None or token.encode() not in held.data:
                raise Locked(
                    f"{self.store.address}/{name} is another process's by now: what was made for its former holder is "
                    "not put there"
                )

    def clear(self) -> None:
        """Remove all that is in the folder of a worker."""
        for path in self.folder.iterdir():
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink()

    def is_fresh(self, path: Path) -> bool:
        """Whether a file was written here by a process that still works on it."""
        return written_here(path) and (self.is_scratch or has_writer(path, self.folder))

    def fresh_files(self, folder: Path) -> list[Path]:
        """The files right in a folder that were written here."""
        found = folder.iterdir() if folder.is_dir() else ()
        return sorted(path for path in found if path.is_file() and self.is_fresh(path))

    def _key(self, name: str, entry: Entry) -> str:
        return f"{self.store.address}/{name} {entry.size} {entry.mark}"

    @staticmethod
    def is_current(path: Path, entry: Entry | None) -> bool:
        """Whether what is here is what is there, if anything."""
        try:
            stat = path.stat()
        except (FileNotFoundError, NotADirectoryError):
            return entry is None
        return entry is not None and (stat.st_size, stat.st_mtime_ns) == (entry.size, _stamp(entry))


def written_here(path: Path) -> bool:
    """Whether there is such a file, and it did not come from a store."""
    try:
        return path.stat().st_mtime_ns >= _WRITTEN_HERE
    except (FileNotFoundError, NotADirectoryError):
        return False


def _stamp(entry: Entry) -> int:
    """A time before September 2001 in nanoseconds, to the microsecond."""
    digest = hashlib.blake2b(f"{entry.size} {entry.mark}".encode(), digest_size=8).digest()
    return int.from_bytes(digest) % 10**15 * 1000
