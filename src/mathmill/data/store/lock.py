"""The lock of a run's folder in a store: one file, made only if there is none, renewed while its holder lives.

It is taken over at once from a process of this machine that is dead, and from any other when it was not renewed for ten
minutes, by the server's clock. A holder that finds it in other hands, or could not renew it for eight minutes, writes
nothing more; in the two between, a request that is on its way ends.
"""

from __future__ import annotations

import math
import os
import secrets
import socket
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import Any

import orjson

from mathmill.data.errors import ConfigError, Locked, MathmillError
from mathmill.data.store.mount import Mount
from mathmill.data.store.mounts import shown
from mathmill.data.store.store import Entry, Held

RENEWED_EVERY = 60.0  # seconds
_STALE = 600.0  # seconds without a renewal after which a lock is nobody's
_LOST = 480.0  # after which its holder gives it up by itself: a request, of 70 at most, ends before others may take it
_TRIES = 5  # against others who want it too
_LAST_WAIT = 20.0  # seconds for a renewal that is on its way when the lock is given back
_NO_MARK = f'"{"0" * 32}"'  # that no file has


class StoreLock:
    """Keeps a second writer out of a mounted folder, on whichever machine it is."""

    def __init__(self, mount: Mount, folder: Path) -> None:
        self._mount = mount
        self._shown = shown(folder)
        self._name = f"{mount.name(folder)}/lock".lstrip("/")
        self._facts = {**_process(os.getpid()), "token": secrets.token_hex(8)}
        self._mark = ""
        self._renewed = 0.0
        self._lost = ""
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._renew, daemon=True)

    def __enter__(self) -> StoreLock:
        for _ in range(_TRIES):
            began = _now()
            entry = self._mount.store.create(self._name, self._data())
            if entry is not None:
                self._try_conditions()
                self._note(entry, began)
            elif not self._taken_over():
                continue
            self._mount.guards.append(self.check)
            self._mount.fences[self._name] = self._facts["token"]
            self._thread.start()
            return self
        raise Locked(f"{self._shown} is being taken by another process: wait for it, or choose another with --out")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._thread.join(_LAST_WAIT)
        self._mount.guards.remove(self.check)
        del self._mount.fences[self._name]
        if self._lost or self._thread.is_alive():  # out of reach: it is void in time, or when this process is dead
            return
        held = self._mount.store.held(self._name)
        if held is not None and held.entry.mark == self._mark:
            self._mount.store.remove([self._name])

    def check(self) -> None:
        """Make sure that the lock is ours still.

        Raises:
            Locked: it is not, or may not be.
        """
        if not self._lost and _now() - self._renewed > _LOST:
            self._lost = "could not be renewed for too long"
        if self._lost:
            raise Locked(
                f"the lock of {self._shown} {self._lost}: nothing more is written there; see what else runs, and run "
                "the same command again to go on"
            )

    def _try_conditions(self) -> None:
        """Make sure that the store refuses what it should, now that the lock is there.

        Raises:
            ConfigError: it does not.
        """
        store = self._mount.store
        if store.create(self._name, self._data()) or store.replace(self._name, self._data(), _NO_MARK):
            store.remove([self._name])
            raise ConfigError(
                f"the store of {self._shown} takes no notice of conditions (If-None-Match, If-Match on PUT), so that "
                "two commands could write one run: choose a store that does, or a folder of this machine with --out"
            )

    def _note(self, entry: Entry, began: float) -> None:
        """The lock is ours since `began` or later: others count from when the server wrote it, before its answer."""
        self._mark, self._renewed = entry.mark, began

    def _taken_over(self) -> bool:
        """Take the lock if it is nobody's any more, or ours by a request whose answer was lost; False if it changed.

        Raises:
            Locked: it is another's.
        """
        began = _now()
        held = self._mount.store.held(self._name)
        if held is None:
            return False
        if self._is_ours(held, began):
            return True
        facts = _facts(held)
        if held.age > _STALE or _is_dead(facts):
            entry = self._mount.store.replace(self._name, self._data(), held.entry.mark)
            if entry is not None:
                self._note(entry, began)
            return entry is not None
        raise Locked(
            f"{self._shown} is in use by process {facts.get('pid')} on {facts.get('host')}: wait for it to end, or "
            "choose another folder with --out; if that process is dead, its lock is void in "
            f"{_minutes(_STALE - held.age)}"
        )

    def _renew(self) -> None:
        while not self._ended.wait(RENEWED_EVERY):
            try:
                began = _now()
                entry = self._mount.store.replace(self._name, self._data(), self._mark)
                if entry is not None:
                    self._note(entry, began)
                elif not self._is_ours(self._mount.store.held(self._name), began):
                    self._lost = "was taken over by another process"
                    return
            except MathmillError:
                continue  # out of reach: `check` ends it in time

    def _is_ours(self, held: Held | None, asked: float) -> bool:
        """Whether the lock is ours, by a request whose answer was lost; it counts from when the server wrote it."""
        if held is None or _facts(held).get("token") != self._facts["token"]:
            return False
        self._note(held.entry, asked - held.age)
        return True

    def _data(self) -> bytes:
        return orjson.dumps({**self._facts, "renewed": time.time()})


def _now() -> float:
    """Seconds that go on while the machine is suspended, where it has such a clock."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


def _process(pid: int) -> dict[str, Any]:
    """What tells a process from all others."""
    return {"host": socket.gethostname(), "boot": _boot(), "pid": pid, "started": _started(pid)}


def _is_dead(facts: dict[str, Any]) -> bool:
    """Whether a process is of this machine, as it was started last, and is there no more."""
    pid = facts.get("pid")
    if not isinstance(pid, int) or (facts.get("host"), facts.get("boot")) != (socket.gethostname(), _boot()):
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        pass
    return _started(pid) != facts.get("started")


def _boot() -> str:
    """Which start of which machine this is, and in which space of process numbers: containers have their own."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        return f"{boot} {Path('/proc/self/ns/pid').readlink()}"
    except OSError:
        return ""


def _started(pid: int) -> str:
    """When a process was started, in ticks; numbers of processes come again. "" where the machine does not say."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    except (OSError, IndexError):
        return ""


def _facts(held: Held) -> dict[str, Any]:
    try:
        found = orjson.loads(held.data)
    except orjson.JSONDecodeError:
        return {}
    return found if isinstance(found, dict) else {}


def _minutes(seconds: float) -> str:
    return f"{max(math.ceil(seconds / 60), 1)} minutes"
