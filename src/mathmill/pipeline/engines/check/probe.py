"""What one node is: looked at by a function that an engine runs there."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import secrets
import shutil
import socket
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from mathmill.data.errors import MathmillError
from mathmill.data.files import write_whole, writing
from mathmill.data.runs import code_version
from mathmill.data.storage import is_address
from mathmill.data.store.kept_files import scratch_folder
from mathmill.data.store.store import Store

_LIBRARIES = ("duckdb", "pyarrow", "ray", "pyspark")
_CALL, _ANSWER = "call", "answer-"


@dataclass(frozen=True, slots=True)
class NodeFacts:
    """A node as a worker there sees it."""

    host: str
    machine: str  # another one for each machine that was started
    cores: int  # that its processes may run on
    memory: int  # bytes
    scratch: str
    scratch_free: int  # bytes
    python: str
    code: str  # mathmill's version, and the hash of its source
    libraries: dict[str, str]
    folder: str  # what is wrong with the folder of runs; "" if nothing, or none was named
    answer: str  # name of the file that it left there

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def look(folder: str) -> NodeFacts:
    """What the node is on which this is called; `folder` is a meeting place (see `MeetingPlace`), or ""."""
    scratch = scratch_folder()
    there = next(path for path in (scratch, *scratch.parents) if path.is_dir())
    wrong, left = MeetingPlace(folder).answer() if folder else ("", "")
    return NodeFacts(
        host=socket.gethostname(),
        machine=_machine(),
        cores=len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1,
        memory=os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
        scratch=str(scratch),
        scratch_free=shutil.disk_usage(there).free,
        python=platform.python_version(),
        code=code_version(),
        libraries=_versions(),
        folder=wrong,
        answer=left,
    )


def _machine() -> str:
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return socket.gethostname()


def _versions() -> dict[str, str]:
    found = {}
    for name in _LIBRARIES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            found[name] = ""
    return found


class MeetingPlace:
    """A folder of its own below the folder of a run, in which driver and nodes leave files for each other.

    `name` is a folder of this machine or an address, such as s3://bucket/runs/x.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self._store = Store(name) if is_address(name) else None
        self._made: list[Path] = []  # folders above it, the innermost first

    @classmethod
    def below(cls, folder: str) -> MeetingPlace:
        """A new one, with the driver's call in it.

        Raises:
            CannotCreate, DiskFull: the folder cannot be written from here.
        """
        token = f".check-{secrets.token_hex(4)}"
        place = cls(f"{folder.rstrip('/')}/{token}" if is_address(folder) else str(Path(folder).absolute() / token))
        place.write(_CALL, place.name.encode())
        return place

    def answer(self) -> tuple[str, str]:
        """Read the driver's call and leave a file: what is wrong, if anything is, and the file's name."""
        name = f"{_ANSWER}{secrets.token_hex(4)}"
        try:
            if self.read(_CALL) != self.name.encode():
                return "does not see what the driver wrote there", ""
            self.write(name, name.encode())
        except (MathmillError, OSError) as error:
            return str(error), ""
        return "", name

    def missing(self, answers: Sequence[str]) -> list[str]:
        """Those of the answers that are not there to be read from here."""
        return [name for name in answers if name and self.read(name) != name.encode()]

    def read(self, name: str) -> bytes | None:
        """A file, None where it is not there."""
        if self._store is not None:
            held = self._store.held(name)
            return None if held is None else held.data
        path = Path(self.name, name)
        return path.read_bytes() if path.is_file() else None

    def write(self, name: str, data: bytes) -> None:
        """Leave a file; the folder is made by the driver alone."""
        if self._store is not None:
            self._store.put_bytes(data, name)
            return
        folder = Path(self.name)
        with writing(folder):
            if name == _CALL:
                self._made = [path for path in folder.parents if not path.exists()]
                folder.mkdir(parents=True)
        write_whole(folder / name, data)

    def remove(self) -> None:
        """Take everything away again, and what was made for it above."""
        if self._store is not None:
            self._store.remove(list(self._store.walk()))
            return
        shutil.rmtree(self.name, ignore_errors=True)
        for path in self._made:
            with suppress(OSError):  # somebody uses it by now
                path.rmdir()
