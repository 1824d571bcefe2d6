"""A log of lines where nothing can be appended to."""

from __future__ import annotations

import threading

import pytest

from mathmill.data.errors import CannotCreate, Locked
from mathmill.data.store import log as store_log
from mathmill.data.store.kept_files import SCRATCH
from mathmill.data.store.log import StoreLog
from mathmill.data.store.mount import Mount
from mathmill.data.store.store import PATIENCE
from tests.data.store.s3_server import S3Server


def log(mount: Mount) -> StoreLog:
    return StoreLog(mount, "ledger")


def names(mount: Mount) -> list[str]:
    return sorted(mount.store.walk("ledger"))


def test_lines_come_back_in_order(mount: Mount) -> None:
    first = log(mount)
    assert first.read() == []
    first.append(b"1", b"2")
    first.append(b"3")
    first.settle()
    assert log(mount).read() == [b"1", b"2", b"3"]
    second = log(mount)
    second.read()
    second.append(b"4")
    second.close()
    assert log(mount).read() == [b"1", b"2", b"3", b"4"]
    assert len(names(mount)) == 1


def test_many_small_files_become_one(mount: Mount, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_log, "_MANY", 5)
    writer = log(mount)
    writer.read()
    lines = [str(number).encode() for number in range(23)]
    for line in lines:
        writer.append(line)
        writer.settle()
        assert log(mount).read() == lines[: int(line) + 1]
        assert len(names(mount)) <= 5 + int(line) // 5
    assert len(names(mount)) == 4 + 3
    writer.close()
    assert len(names(mount)) == 1
    assert log(mount).read() == lines


def test_lines_that_come_while_some_are_on_their_way_go_together(mount: Mount, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_log, "_MANY", 50)
    going, go_on = threading.Event(), threading.Event()
    put = mount.store.put_bytes

    def slowly(data: bytes, name: str) -> object:
        going.set()
        go_on.wait(10)
        return put(data, name)

    monkeypatch.setattr(mount.store, "put_bytes", slowly)
    writer = log(mount)
    writer.read()
    lines = [str(number).encode() for number in range(100)]
    writer.append(lines[0])
    going.wait(10)
    for line in lines[1:]:
        writer.append(line)
    go_on.set()
    writer.settle()
    assert len(names(mount)) == 2
    assert log(mount).read() == lines
    writer.append(b"last")  # a small file behind a large one
    writer.close()
    assert log(mount).read() == [*lines, b"last"]


@pytest.mark.parametrize("at", ["before", "after"])
def test_a_kill_while_files_become_one_loses_and_doubles_nothing(
    mount: Mount, monkeypatch: pytest.MonkeyPatch, at: str
) -> None:
    monkeypatch.setattr(store_log, "_MANY", 3)
    writer = log(mount)
    writer.read()

    def die(*_: object) -> None:
        raise CannotCreate("killed")

    lines = [b"1", b"2"]
    for line in lines:
        writer.append(line)
        writer.settle()
    if at == "after":
        monkeypatch.setattr(mount.store, "remove", die)
    else:
        written = StoreLog._written
        monkeypatch.setattr(
            StoreLog, "_written", lambda self, a, b, data: die() if b > a else written(self, a, b, data)
        )
    writer.append(b"3")
    with pytest.raises(CannotCreate, match="killed"):
        writer.settle()
    monkeypatch.undo()
    monkeypatch.setenv(SCRATCH, str(mount.folder))
    assert len(names(mount)) == (4 if at == "after" else 3)
    again = log(mount)
    assert again.read() == [b"1", b"2", b"3"]
    again.append(b"4")
    again.close()
    assert log(mount).read() == [b"1", b"2", b"3", b"4"]
    assert len(names(mount)) == 1


def test_trouble_is_told_to_who_appends(mount: Mount, s3: S3Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(PATIENCE, "0.5")
    writer = log(mount)
    writer.read()
    s3.stop()
    try:
        writer.append(b"1")
        with pytest.raises(CannotCreate, match="what is done is kept"):
            writer.settle()
        with pytest.raises(CannotCreate, match="what is done is kept"):
            writer.append(b"2")
    finally:
        s3.start()
    assert log(mount).read() == []


def test_who_lost_the_lock_writes_no_line(mount: Mount) -> None:
    writer = log(mount)
    writer.read()

    def lost() -> None:
        raise Locked("another has it")

    mount.guards.append(lost)
    with pytest.raises(Locked):
        writer.append(b"1")
    assert names(mount) == []
