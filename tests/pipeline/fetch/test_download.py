"""An archive is fetched in as many pieces as it takes, and gets its name when it is whole."""

from __future__ import annotations

import fcntl
import multiprocessing
import os
import time
from dataclasses import replace
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import BinaryIO

import pytest

from mathmill.data.errors import DamagedInput, InputMissing, MathmillError
from mathmill.pipeline.archives import read_archive
from mathmill.pipeline.fetch.download import Fetched, fetch_archive
from mathmill.pipeline.fetch.servers import Access, open_server
from mathmill.pipeline.warc import LostSpan
from tests.pipeline.fetch.crawl_server import Mood, Served
from tests.pipeline.making import members, responses


def archive(served: Served) -> str:
    return next(path for path in served.files if path.endswith("00001.warc.gz"))


def fetch(served: Served, to: Path, take_damaged: bool = False, access: Access | None = None) -> Fetched:
    return fetch_archive(open_server(access or served.access), archive(served), to / "a.warc.gz", take_damaged)


def large(served: Served, records: int = 3_000) -> bytes:
    """Make the archive one of several pieces on the wire."""
    served.files[archive(served)] = data = members(responses(records))
    return data


def test_an_archive_is_fetched_whole(served: Served, tmp_path: Path) -> None:
    found = fetch(served, tmp_path)
    assert found.path.read_bytes() == served.files[archive(served)]
    assert (found.size, found.records) == (found.path.stat().st_size, 29)
    assert [path.name for path in tmp_path.iterdir()] == ["a.warc.gz"]


@pytest.mark.parametrize("mood", ["busy", "forbidden", "error_page", "short", "reset", "drip", "damaged", "aside"])
def test_misbehaviour_that_passes_costs_time_only(served: Served, tmp_path: Path, mood: str) -> None:
    served.moods[archive(served)] = Mood(mood, times=1)
    assert fetch(served, tmp_path).path.read_bytes() == served.files[archive(served)]
    assert [path.name for path in tmp_path.iterdir()] == ["a.warc.gz"]


@pytest.mark.parametrize(
    ("mood", "error", "said"),
    [
        ("busy", InputMissing, "SlowDown.*at the last of 4 attempts: run the same command again later"),
        ("error_page", InputMissing, "the server sends no archive .'<.xml version.*SlowDown"),
        ("short", InputMissing, "ended after .* at the last of 4 attempts"),
        ("reset", InputMissing, "at the last of 4 attempts"),
        ("wrong_range", InputMissing, "another part of the file"),
        ("elsewhere", InputMissing, "another host, which is not followed"),
        ("endless", InputMissing, "does not say how large it is"),
        ("damaged", DamagedInput, "is damaged .*, and was so when it was fetched again"),
    ],
)
def test_misbehaviour_that_stays_is_told(
    served: Served, tmp_path: Path, mood: str, error: type[MathmillError], said: str
) -> None:
    served.moods[archive(served)] = Mood(mood)
    with pytest.raises(error, match=said):
        fetch(served, tmp_path)
    assert not (tmp_path / "a.warc.gz").exists()


@pytest.mark.parametrize("seed", range(12))
def test_any_misbehaviour_in_any_order_costs_time_only(served: Served, tmp_path: Path, seed: int) -> None:
    data = large(served, 500)
    served.asked.append((str(seed), "", ""))  # what is asked so far is the server's lot
    served.moods[archive(served)] = Mood("by_lot", times=12)
    patient = replace(served.access, patience=replace(served.access.patience, attempts=30))
    try:
        assert fetch(served, tmp_path, access=patient).path.read_bytes() == data
    except DamagedInput:  # the lot fell on damage twice
        assert fetch(served, tmp_path, access=patient).path.read_bytes() == data
    assert [path.name for path in tmp_path.iterdir()] == ["a.warc.gz"]


def test_what_came_is_not_asked_for_again(served: Served, tmp_path: Path) -> None:
    data = large(served)
    served.moods[archive(served)] = Mood("short_part", times=3)
    assert fetch(served, tmp_path).path.read_bytes() == data
    asked = served.asked_for(archive(served))
    begins = [int(span[6:-1]) if span else 0 for span in asked]
    assert len(begins) == 4
    assert begins == sorted(set(begins))
    assert begins[1] == len(data) // 2


def test_a_later_call_goes_on(served: Served, tmp_path: Path) -> None:
    data = large(served)
    served.moods[archive(served)] = Mood("short_part")
    once = replace(served.access, patience=replace(served.access.patience, attempts=1))
    with pytest.raises(InputMissing):
        fetch(served, tmp_path, access=once)
    assert (tmp_path / "a.warc.gz.part").stat().st_size == len(data) // 2
    served.moods.clear()
    assert fetch(served, tmp_path).path.read_bytes() == data
    assert served.asked_for(archive(served))[-1] == f"bytes={len(data) // 2}-"


def test_of_a_file_that_changed_nothing_is_kept(served: Served, tmp_path: Path) -> None:
    large(served)
    served.moods[archive(served)] = Mood("short_part", times=1)
    once = replace(served.access, patience=replace(served.access.patience, attempts=1))
    with pytest.raises(InputMissing):
        fetch(served, tmp_path, access=once)
    now = served.files[archive(served)] = members(responses(2_900)[::-1])
    assert fetch(served, tmp_path).path.read_bytes() == now


def test_a_server_without_ranges_is_not_asked_for_ever(served: Served, tmp_path: Path) -> None:
    large(served)
    served.moods[archive(served)] = Mood("short")
    with pytest.raises(InputMissing, match="at the last of 4 attempts"):
        fetch(served, tmp_path)
    assert len(served.asked_for(archive(served))) == 4


@pytest.mark.parametrize(
    "content",
    [b"", b"\x1f", b"WARC/1.0\r\n", members([b"no record at all"]), members(responses(3))[:-20], members([])],
)
def test_what_is_no_whole_archive_is_refused(served: Served, tmp_path: Path, content: bytes) -> None:
    served.files[archive(served)] = content
    with pytest.raises((InputMissing, DamagedInput)):
        fetch(served, tmp_path)
    assert not (tmp_path / "a.warc.gz").exists()


def test_damage_in_the_crawl_itself_is_taken_where_losses_are_counted(served: Served, tmp_path: Path) -> None:
    whole = members(responses(20))
    served.files[archive(served)] = whole[: len(whole) // 2] + b"\xff" * 40 + whole[len(whole) // 2 + 40 :]
    found = fetch(served, tmp_path, take_damaged=True)
    assert found.path.read_bytes() == served.files[archive(served)]
    assert any(isinstance(item, LostSpan) for item in read_archive(found.path))
    assert len(served.asked_for(archive(served))) == 2


def test_an_archive_that_was_checked_before_a_kill_is_not_fetched_again(served: Served, tmp_path: Path) -> None:
    first = fetch(served, tmp_path)
    served.asked.clear()
    assert fetch(served, tmp_path) == first
    assert not served.asked


@pytest.mark.parametrize("content", [b"<html>SlowDown</html>", b"", members(responses(3))[:-20]])
def test_a_file_of_that_name_that_is_no_archive_is_fetched_anew(served: Served, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.warc.gz").write_bytes(content)
    assert fetch(served, tmp_path).path.read_bytes() == served.files[archive(served)]
    assert (tmp_path / "a.warc.gz.damaged").read_bytes() == content
    assert len(served.asked) == 1


def test_a_file_that_is_no_archive_stays_until_there_is_one(served: Served, tmp_path: Path) -> None:
    (tmp_path / "a.warc.gz").write_bytes(b"mine")
    served.moods[archive(served)] = Mood("busy")
    with pytest.raises(InputMissing):
        fetch(served, tmp_path)
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("a.warc.gz", b"mine")]


def test_damage_in_the_crawl_itself_is_known_again(served: Served, tmp_path: Path) -> None:
    served.files[archive(served)] = members(responses(20))[:-20]
    first = fetch(served, tmp_path, take_damaged=True)
    served.asked.clear()
    assert fetch(served, tmp_path, take_damaged=True) == first
    assert len(served.asked) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["a.warc.gz"]


def test_a_part_that_got_its_name_before_it_was_locked_is_left(
    served: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = served.files[archive(served)]
    lock = fcntl.flock

    def late(file: BinaryIO, how: int) -> None:
        if not (tmp_path / "a.warc.gz").exists():  # another process ends its fetch at this moment
            (tmp_path / "a.warc.gz.part").write_bytes(whole)
            (tmp_path / "a.warc.gz.part").rename(tmp_path / "a.warc.gz")
        lock(file, how)

    monkeypatch.setattr(fcntl, "flock", late)
    assert fetch(served, tmp_path).path.read_bytes() == whole
    assert not served.asked
    assert [path.name for path in tmp_path.iterdir()] == ["a.warc.gz"]


def _hold(part: str, ready: Event) -> None:
    with Path(part).open("ab") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        ready.set()
        time.sleep(60)


def test_two_processes_do_not_fetch_one_file(served: Served, tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    ready = context.Event()
    holder = context.Process(target=_hold, args=(str(tmp_path / "a.warc.gz.part"), ready), daemon=True)
    holder.start()
    try:
        assert ready.wait(30)
        with pytest.raises(MathmillError, match="being fetched by another process"):
            fetch(served, tmp_path)
    finally:
        holder.kill()
        holder.join()
    assert fetch(served, tmp_path).records == 29


def test_a_disk_that_cannot_take_it_is_told_before(
    served: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = os.statvfs(tmp_path)
    monkeypatch.setattr("shutil.disk_usage", lambda _: type("Usage", (), {"free": 10, "total": usage})())
    with pytest.raises(MathmillError, match="has 10 bytes free, the archive has") as raised:
        fetch(served, tmp_path)
    assert raised.value.exit_code == 74
