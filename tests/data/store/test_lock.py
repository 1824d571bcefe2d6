"""The lock of a folder in a store: one holder, renewed, taken over from the dead."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

import orjson
import pytest

from mathmill.data.errors import ConfigError, Locked
from mathmill.data.store import lock as store_lock
from mathmill.data.store.lock import StoreLock
from mathmill.data.store.mount import Mount
from mathmill.data.store.store import Entry, Held, Store

LONGEST_REQUEST = 10 + 60  # seconds: to connect, and to be answered


def lock(mount: Mount) -> StoreLock:
    return StoreLock(mount, mount.folder)


def held(mount: Mount) -> dict[str, Any] | None:
    found = mount.store.held("lock")
    return None if found is None else orjson.loads(found.data)


def test_one_holds_it_and_the_other_is_told_who(mount: Mount) -> None:
    with lock(mount):
        facts = held(mount)
        assert facts is not None
        assert facts["pid"] == os.getpid()
        with pytest.raises(Locked, match=f"is in use by process {os.getpid()} on .*void in 10 minutes"), lock(mount):
            pass
        assert held(mount) == facts
    assert held(mount) is None
    with lock(mount):
        pass


def test_it_is_taken_from_a_dead_process_of_this_machine(mount: Mount) -> None:
    program = (
        "import os, sys, orjson; from mathmill.data.store.lock import _process\n"
        "sys.stdout.buffer.write(orjson.dumps(_process(os.getpid())))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    mount.store.create("lock", done.stdout.encode())
    with lock(mount) as mine:
        mine.check()
        assert (held(mount) or {})["pid"] == os.getpid()


@pytest.mark.parametrize(
    ("change", "dead"),
    [({"host": "elsewhere"}, False), ({"boot": "another"}, False), ({"started": "0"}, True), ({}, False)],
)
def test_a_process_is_told_by_machine_number_and_start(mount: Mount, change: dict[str, str], dead: bool) -> None:
    mount.store.create("lock", orjson.dumps({**store_lock._process(os.getpid()), **change}))
    if dead:
        with lock(mount):
            return
    with pytest.raises(Locked), lock(mount):
        pass


@pytest.mark.parametrize("data", [b"", b"[]", b"half {"])
def test_a_lock_that_cannot_be_read_is_void_in_time(mount: Mount, data: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    mount.store.create("lock", data)
    with pytest.raises(Locked), lock(mount):
        pass
    monkeypatch.setattr(store_lock, "_STALE", -2)
    with lock(mount):
        pass


def test_it_is_renewed_and_a_holder_that_lost_it_stops(mount: Mount, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_lock, "RENEWED_EVERY", 0.05)
    with lock(mount) as mine:
        first = held(mount)
        wait_for(lambda: held(mount) != first)
        mount.check()
        mount.store.put_bytes(orjson.dumps({"pid": 1, "token": "another"}), "lock")
        wait_for(lambda: bool(mine._lost))
        with pytest.raises(Locked, match="was taken over by another process: nothing more is written there"):
            mount.check()
    assert (held(mount) or {})["token"] == "another"  # it is theirs
    mount.check()


class Clock:
    """A time that goes on when it is told to, for this machine and for the server."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = self.written = 0.0
        self.answer_takes = 0.0
        self.loses_answers = False
        put_if, held = Store._put_if, Store.held

        def slow_put(store: Store, name: str, data: bytes, **condition: str) -> Entry | None:
            entry = put_if(store, name, data, **condition)
            if entry is not None:
                self.written = self.now
            self.now += self.answer_takes
            return None if self.loses_answers else entry

        def aged(store: Store, name: str) -> Held | None:
            found = held(store, name)
            return None if found is None else Held(found.data, found.entry, self.now - self.written)

        monkeypatch.setattr(store_lock, "_now", lambda: self.now)
        monkeypatch.setattr(Store, "_put_if", slow_put)
        monkeypatch.setattr(Store, "held", aged)


@pytest.mark.parametrize("loses_answers", [False, True])
def test_a_holder_that_cannot_renew_it_gives_up_before_others_may_take_it(
    mount: Mount, monkeypatch: pytest.MonkeyPatch, loses_answers: bool
) -> None:
    """Whatever the answer took: the last renewal is written, and its answer comes much later or never."""
    monkeypatch.setattr(store_lock, "RENEWED_EVERY", 0.05)
    clock = Clock(monkeypatch)
    other = Mount(mount.folder, Store(mount.store.address), is_scratch=False)
    with lock(mount) as mine:
        clock.answer_takes, clock.loses_answers = 250, loses_answers
        wait_for(lambda: clock.now >= 250)
        mine._ended.set()  # no further one arrives
        mine._thread.join()
        last = clock.written
        clock.answer_takes, clock.loses_answers = 0, False
        given_up = taken = 0.0
        while not taken:
            clock.now += 10
            assert clock.now < 5_000
            given_up = given_up or clock.now * refuses(mine.check)
            taken = clock.now * (not refuses(lock(other)._taken_over))
        assert given_up
        assert given_up <= taken - LONGEST_REQUEST
        assert taken - last > 600


def refuses(ask: Callable[[], object]) -> bool:
    try:
        ask()
    except Locked:
        return True
    return False


@pytest.mark.parametrize("ignored", ["IfNoneMatch", "IfMatch"])
def test_a_store_that_ignores_conditions_is_refused(
    mount: Mount, monkeypatch: pytest.MonkeyPatch, ignored: str
) -> None:
    put_if = mount.store._put_if

    def put(name: str, data: bytes, **condition: str) -> Entry | None:
        return put_if(name, data, **{key: value for key, value in condition.items() if key != ignored})

    monkeypatch.setattr(mount.store, "_put_if", put)
    with pytest.raises(ConfigError, match="takes no notice of conditions"), lock(mount):
        pass
    assert held(mount) is None
    assert not mount.guards


def test_it_is_given_back_though_a_renewal_hangs(mount: Mount, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_lock, "RENEWED_EVERY", 0.05)
    monkeypatch.setattr(store_lock, "_LAST_WAIT", 0.2)
    asked, answered = threading.Event(), threading.Event()

    def hang(*_: object) -> None:
        asked.set()
        answered.wait()

    with lock(mount) as mine:
        monkeypatch.setattr(mount.store, "replace", hang)
        assert asked.wait(20)
        began = time.monotonic()
    assert time.monotonic() - began < 5
    assert not mount.guards
    answered.set()
    mine._thread.join()


def wait_for(happened: Any, seconds: float = 20) -> None:
    until = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < until
        time.sleep(0.02)
