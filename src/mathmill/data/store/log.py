"""A log of lines in a store, where nothing can be appended to: small files in a row, which become one now and then.

LOG/00000007-00000007-TOKEN.jsonl    lines 7 to 7; its name says which, and who wrote it
LOG/00000000-00000512-TOKEN.jsonl    what these were made into: a file whose lines another one has too counts no more

Lines are put by a thread of its own: those that come while some are on their way go together, so that many short units
cost few requests. A line is lost if the process is killed before it arrived; its unit is then done again.
"""

from __future__ import annotations

import re
import secrets
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import takewhile

from mathmill.data.errors import InputMissing
from mathmill.data.store.mount import Mount

_NAME = re.compile(r"(\d{8,})-(\d{8,})-[0-9a-f]+\.jsonl")
_TRIES = 3  # at a log that another process merges meanwhile
_MANY = 512  # files that become one
_AT_ONCE = 16  # that are read side by side


@dataclass(frozen=True, slots=True, order=True)
class _Part:
    first: int
    last: int
    name: str


class StoreLog:
    """The log in a folder of a mounted store; one process writes it at a time."""

    def __init__(self, mount: Mount, folder: str) -> None:
        self._mount, self._folder = mount, folder
        self._token = secrets.token_hex(4)
        self._parts: list[_Part] = []
        self._next = 0
        self._waiting: list[bytes] = []
        self._busy = self._is_closed = False
        self._recent: dict[str, bytes] = {}  # what small parts of ours hold, until they are merged
        self._stale: list[str] = []  # parts that a whole has, left by a kill
        self._trouble: Exception | None = None
        self._change = threading.Condition()
        self._thread: threading.Thread | None = None

    def read(self) -> list[bytes]:
        """The lines, without their ends; none if there is no log."""
        for _ in range(_TRIES):
            files, _ = self._mount.store.listing(self._folder)
            found = sorted(part for name in files if (part := self._part(name)) is not None)
            self._parts = [part for part in found if not any(_covers(other, part) for other in found)]
            self._stale = [part.name for part in found if part not in self._parts]
            self._next = max((part.last for part in self._parts), default=-1) + 1
            data = self._data(self._parts)
            if None not in data:
                return [line for each in data for line in (each or b"").split(b"\n")[:-1]]
        raise InputMissing(f"{self._mount.store.address}/{self._folder} changes while it is read: try again")

    def append(self, *lines: bytes) -> None:
        """Have lines put, in which there is no line feed; they are in the store after `settle` or `close`.

        Raises:
            CannotCreate: those before could not be put.
            Locked: another process has taken the run over.
        """
        self._mount.check()
        with self._change:
            self._raise_trouble()
            self._waiting += lines
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, daemon=True)
                self._thread.start()
            self._change.notify_all()

    def settle(self) -> None:
        """Wait until all lines are in the store. Raises as `append`."""
        with self._change:
            self._change.wait_for(lambda: self._trouble or not (self._waiting or self._busy))
            self._raise_trouble()

    def close(self) -> None:
        """Settle, and make one file of all; nothing may be appended any more. Raises as `append`."""
        try:
            self.settle()
            if len(self._parts) > 1:
                self._merge(self._parts)
        finally:
            with self._change:
                self._is_closed = True
                self._change.notify_all()

    def _work(self) -> None:
        while True:
            with self._change:
                self._change.wait_for(lambda: self._waiting or self._is_closed)
                if not self._waiting:
                    return
                lines, self._waiting, self._busy = self._waiting, [], True
            try:
                self._put(lines)
                if len(small := self._small()) >= _MANY:
                    self._merge(small)
            except Exception as error:  # noqa: BLE001  # it is raised where the next line is appended
                self._trouble = error
            with self._change:
                self._busy = False
                self._change.notify_all()
                if self._trouble is not None:
                    return

    def _put(self, lines: list[bytes]) -> None:
        self._mount.check()
        data = b"".join(line + b"\n" for line in lines)
        part = self._written(self._next, self._next + len(lines) - 1, data)
        self._parts.append(part)
        if len(lines) < _MANY:
            self._recent[part.name] = data
        self._next += len(lines)

    def _small(self) -> list[_Part]:
        """The parts behind the last one that is large: each line is put again once, and not at every merge."""
        return list(takewhile(lambda part: part.last - part.first < _MANY - 1, reversed(self._parts)))[::-1]

    def _merge(self, parts: list[_Part]) -> None:
        """Make one of parts that follow on one another; after a kill on the way both are there, and it counts."""
        self._mount.check()
        data = b"".join(each or b"" for each in self._data(parts))
        whole = self._written(parts[0].first, parts[-1].last, data)
        self._parts = [*(part for part in self._parts if part not in parts), whole]
        self._mount.store.remove([*self._stale, *(part.name for part in parts)])
        self._stale, self._recent = [], {}

    def _written(self, first: int, last: int, data: bytes) -> _Part:
        name = f"{self._folder}/{first:08}-{last:08}-{self._token}.jsonl"
        self._mount.store.put_bytes(data, name)
        return _Part(first, last, name)

    def _data(self, parts: list[_Part]) -> list[bytes | None]:
        def data_of(part: _Part) -> bytes | None:
            if part.name in self._recent:
                return self._recent[part.name]
            held = self._mount.store.held(part.name)
            return None if held is None else held.data

        with ThreadPoolExecutor(_AT_ONCE) as pool:
            return list(pool.map(data_of, parts))

    def _part(self, name: str) -> _Part | None:
        match = _NAME.fullmatch(name)
        return None if match is None else _Part(int(match[1]), int(match[2]), f"{self._folder}/{name}")

    def _raise_trouble(self) -> None:
        if self._trouble is not None:
            raise self._trouble


def _covers(one: _Part, other: _Part) -> bool:
    """Whether a part has all lines of another, and more."""
    return one.first <= other.first and other.last <= one.last and (one.first, one.last) != (other.first, other.last)
