"""Folders whose files lie in a store, and are fetched when they are read: a run under s3://bucket/runs/x as a folder.

`run_folder` gives a folder of this machine for an address. All code works in such a folder as in any other, by three
rules: a file is read through `at_hand`, a table through `parts`, and whether something exists is asked of `is_there`. A
folder that is not mounted takes no notice of them. What is written here is put into the store by `push`, by the ledger
when a unit is done, and by `mathmill.data.store.shipping` where a worker wrote it.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import threading
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from fnmatch import fnmatch
from pathlib import Path, PosixPath

from mathmill.data.errors import MathmillError
from mathmill.data.files import Output, file_sha256, writing
from mathmill.data.storage import is_address, whole_address
from mathmill.data.store.kept_files import scratch_folder
from mathmill.data.store.mount import Mount, written_here
from mathmill.data.store.mount_locks import LOCK, hold_scratch
from mathmill.data.store.store import Entry, Store

_AT_ONCE = 8  # files that are fetched side by side


class Place(PosixPath):
    """A path at or below a mounted folder. To another process it goes as an address, and is a path of its copy."""

    __slots__ = ()

    def __reduce__(self) -> tuple[object, ...]:
        mount = mount_of(self)
        if mount is None:
            return Path, (str(self),)
        return _arrived, (mount.store.address, mount.name(self), dict(mount.fences))


_mounts: dict[str, Mount] = {}
_lock = threading.Lock()


def run_folder(folder: str | Path) -> Path:
    """`folder` as one of this machine: of an address (a path has one slash less, as in `s3:/bucket`) a mounted copy.

    Raises:
        ConfigError: it is an address of no kind that can be written.
    """
    if not is_address(folder):
        return folder if isinstance(folder, Path) else Path(folder)
    return _mounted(whole_address(folder), is_scratch=False).folder


def _mounted(address: str, is_scratch: bool) -> Mount:
    store = Store(address, was_reached=is_scratch)
    with _lock:
        found = _mounts.get(store.address)
        if found is None or found.process != os.getpid():
            last = store.address.rpartition("/")[2]
            own = scratch_folder() / hashlib.sha256(store.address.encode()).hexdigest()[:16]
            own = hold_scratch(own) if is_scratch else own
            with writing(own):
                (own / last).mkdir(parents=True, exist_ok=True)
            found = _mounts[store.address] = Mount(Place(own / last), store, is_scratch)
        return found


def _arrived(address: str, name: str, fences: dict[str, str]) -> Path:
    """A Place that came from another process: in the copy that this process has, or in a worker's of its own."""
    mount = _mounted(address, is_scratch=True)
    if mount.is_scratch:
        mount.fences = fences
    return mount.folder / name if name else mount.folder


def mount_of(path: Path) -> Mount | None:
    """The mount that a path is in; None of any other."""
    for mount in _mounts.values():
        if mount.process == os.getpid() and path.is_relative_to(mount.folder):
            return mount
    return None


def at_hand(path: Path) -> Path:
    """The same path, its file fetched first where it lies in a store; nothing is there if there is no such file.

    Raises:
        InputMissing: the store cannot be read.
        DiskFull, CannotCreate: there is no room for it here.
    """
    mount = mount_of(path)
    if mount is not None:
        mount.bring(path)
    return path


def parts(folder: Path, pattern: str = "*.parquet") -> list[Path]:
    """The files of a table's folder, sorted by name; none if there is no such folder. Raises what `at_hand` does."""
    mount = mount_of(folder)
    if mount is None:
        return sorted(folder.glob(pattern))
    files, _ = mount.listing(mount.name(folder))
    names = {*files, *(path.name for path in mount.fresh_files(folder))}
    paths = [folder / name for name in sorted(names) if fnmatch(name, pattern)]
    for stale in {*folder.glob(pattern)} - {*paths}:  # an engine may be told the folder alone
        stale.unlink(missing_ok=True)
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        return list(pool.map(at_hand, paths))


def is_there(path: Path) -> bool:
    """Whether there is a file or a folder of that name; fetches nothing. Raises what `at_hand` does."""
    mount = mount_of(path)
    if mount is None:
        return path.exists()
    name = mount.name(path)
    if not name:
        files, folders = mount.listing("")
        return bool(files or folders)
    above, _, last = name.rpartition("/")
    files, folders = mount.listing(above)
    return last in files or last in folders or mount.is_fresh(path) or (path.is_dir() and bool(mount.fresh_files(path)))


def is_folder(path: Path) -> bool:
    """Whether there is a folder of that name. Raises what `at_hand` does."""
    mount = mount_of(path)
    if mount is None:
        return path.is_dir()
    above, _, last = mount.name(path).rpartition("/")
    return not last or last in mount.listing(above)[1] or bool(mount.fresh_files(path))


def has_parts(folder: Path) -> bool:
    """Whether a folder has files of a table; fetches nothing."""
    mount = mount_of(folder)
    if mount is None:
        return any(folder.glob("*.parquet"))
    files, _ = mount.listing(mount.name(folder))
    return any(name.endswith(".parquet") for name in (*files, *(path.name for path in mount.fresh_files(folder))))


def names_in(folder: Path) -> list[str]:
    """The names of files and folders in a folder; none if it is not there. Raises what `at_hand` does."""
    mount = mount_of(folder)
    if mount is None:
        return sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []
    files, folders = mount.listing(mount.name(folder))
    return sorted({*files, *folders, *(path.name for path in mount.fresh_files(folder))} - {LOCK})


def files_below(folder: Path) -> list[str]:
    """The names of all files at or below a folder, relative to it, by the store itself where there is one."""
    mount = mount_of(folder)
    if mount is None:
        return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    name = mount.name(folder)
    return sorted(each.removeprefix(f"{name}/") for each in mount.store.walk(name))


def push(path: Path) -> None:
    """Put a file that was written just now where its folder's files lie.

    Raises:
        CannotCreate: the store cannot be written.
    """
    mount = mount_of(path)
    if mount is not None and not mount.is_scratch:
        mount.put(path)


@contextmanager
def working(folder: Path) -> Iterator[dict[str, Entry]]:
    """Put what a worker publishes at or below a folder of its own while the block lasts, and empty its copy at the end.

    Yields what will hold the entries of these files, by name in the store; a block that fails puts nothing. In a folder
    that is no worker's this does nothing. Raises what `push` does, and Locked where the driver lost its lock.
    """
    mount = mount_of(folder)
    entries: dict[str, Entry] = {}
    if mount is None or not mount.is_scratch:
        yield entries
        return
    try:
        yield entries
        made = [path for path in sorted(folder.rglob("*")) if _is_made(path, folder)]
        if made:
            mount.check_fences()  # the driver that wants them may be dead, and another at work
        for path in made:
            entries[mount.name(path)] = mount.put(path)
    finally:
        mount.clear()


def look_anew(folder: Path, time: str = "") -> None:
    """Forget, in a worker, what its copy of a store was known to hold, unless that was done at this `time`."""
    mount = mount_of(folder)
    if mount is not None and mount.is_scratch and not (time and mount.time == time):
        mount.forget()
        mount.time = time


def _is_made(path: Path, folder: Path) -> bool:
    is_temporary = any(part.startswith(".") for part in path.relative_to(folder).parts)
    return path.is_file() and written_here(path) and not is_temporary


def delivered(folder: Path, outputs: Iterable[tuple[str, Output]]) -> dict[str, str]:
    """Have the outputs of a unit in the store: put those that were written here; the marks of all, none if not mounted.

    Raises:
        CannotCreate: the store cannot be written.
        MathmillError: an output is neither here nor there.
    """
    mount = mount_of(folder)
    if mount is None:
        return {}
    marks = {name: _deliver(mount, folder / name, output).mark for name, output in outputs}
    mount.committed |= {mount.name(folder / name): mark for name, mark in marks.items()}
    return marks


def _deliver(mount: Mount, path: Path, output: Output) -> Entry:
    name = mount.name(path)
    if path.is_file() and file_sha256(path) == output.sha256:
        entry = mount.entry(name)
        return entry if entry and mount.is_current(path, entry) else mount.put(path)
    entry = mount.received.pop(name, None)
    if entry is None or entry.size != output.size:
        raise MathmillError(f"{name} was made and is not in {mount.store.address}: run the same command again")
    return entry


def agrees(path: Path, output: Output, mark: str) -> bool:
    """Whether a file holds what an output says; where the store's mark is the one of old, nothing is fetched."""
    mount = mount_of(path)
    if mount is None:
        return _holds(path, output)
    name = mount.name(path)
    mount.committed.pop(name, None)
    entry = mount.entry(name)
    if entry is None or entry.size != output.size or not (entry.mark == mark or _holds(at_hand(path), output)):
        return False
    if (entry := mount.entry(name)) is not None:
        mount.committed[name] = entry.mark
    return True


def _holds(path: Path, output: Output) -> bool:
    return path.is_file() and path.stat().st_size == output.size and file_sha256(path) == output.sha256


def remove(path: Path) -> None:
    """Remove a file, or a folder with all that is in it, here and in the store; it need not be there."""
    with writing(path):
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    mount = mount_of(path)
    if mount is None or mount.is_scratch:
        return
    mount.check()
    name = mount.name(path)
    above, _, last = name.rpartition("/")
    files, folders = mount.listing(above)
    if last in files:
        mount.store.remove([name])
        mount.committed.pop(name, None)
        mount.note(name, None)
    if last in folders:
        mount.store.remove(mount.store.walk(name))
        mount.disown(name)
        mount.note_gone(above, last)


def shown(path: Path) -> str:
    """A path as a person named it: of a mounted folder the address."""
    mount = mount_of(path)
    return str(path) if mount is None else f"{mount.store.address}/{mount.name(path)}".rstrip("/")
