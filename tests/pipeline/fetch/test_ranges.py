"""Single records: joined into few requests, and each checked against what the index says of it."""

from __future__ import annotations

import base64
import gzip
import hashlib
import random
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from mathmill.pipeline.archives import read_archive
from mathmill.pipeline.fetch.captures import Capture, parse_line
from mathmill.pipeline.fetch.ranges import digest_of, fetch_records, joined, refused
from mathmill.pipeline.fetch.servers import open_server
from mathmill.pipeline.fetch.troubles import Unreachable
from mathmill.pipeline.warc import Record
from tests.archives import record, response
from tests.pipeline.fetch.crawl_server import Mood, Served, index_lines
from tests.shared import SHARED

packed = partial(gzip.compress, mtime=0)  # test names must not tell the time


def captures(served: Served) -> list[Capture]:
    found = [parse_line(line) for line in index_lines(served.files)]
    return sorted(found, key=lambda capture: (capture.filename, capture.offset))


def member(served: Served, capture: Capture) -> bytes:
    return served.files[capture.filename][capture.offset :][: capture.length]


def capture_at(offset: int, length: int = 100, filename: str = "a/b") -> Capture:
    return Capture("k", "20240101000000", "u", "text/html", "200", "", length, offset, filename)


@pytest.mark.parametrize(
    ("offsets", "runs"),
    [
        ([0, 100, 250], [[0, 100], [250]]),  # a gap of 0, then of 50
        ([0, 110], [[0, 110]]),
        ([0, 111], [[0], [111]]),
        ([0, 50], [[0, 50]]),  # one within the other
        ([0, 100, 200, 300], [[0, 100, 200], [300]]),  # no more than 300 bytes
        ([], []),
    ],
)
def test_records_close_together_are_one_request(offsets: list[int], runs: list[list[int]]) -> None:
    found = joined([capture_at(offset) for offset in offsets], gap=10, together=300)
    assert [[capture.offset for capture in run] for run in found] == runs


def test_records_of_two_archives_are_two_requests() -> None:
    assert len(joined([capture_at(0), capture_at(100, filename="a/c")])) == 2


@pytest.mark.parametrize("seed", range(5))
def test_each_record_comes_as_it_lies_there(served: Served, seed: int) -> None:
    chosen = random.Random(seed).sample(captures(served), 15)
    chosen.sort(key=lambda capture: (capture.filename, capture.offset))
    had = fetch_records(open_server(served.access), chosen, 3)
    assert [each.capture for each in had] == chosen
    assert all(not each.reason and each.member == member(served, each.capture) for each in had)
    assert len(served.asked) == 3  # archives this small are one request each


WRONG: dict[str, Callable[[bytes], bytes]] = {
    "damaged": lambda data: data[:-9] + b"\0" * 9,
    "no_response": lambda _: packed(record("request", "https://example.org/a", b"GET / HTTP/1.1\r\n\r\n")),
    "other_address": lambda _: packed(record("response", "https://example.org/b", response(b"text"))),
    "other_payload": lambda _: packed(record("response", "https://example.org/a", response(b"another text"))),
}


@pytest.mark.parametrize("reason", [*WRONG, ""])
def test_a_record_that_is_not_what_the_index_says_is_refused(reason: str) -> None:
    url, body = "https://example.org/a", b"text"
    data = packed(record("response", url, response(body)))
    capture = capture_at(0)._replace(url=url, digest=_digest(body))
    assert refused(capture, WRONG[reason](data) if reason else data) == reason


@pytest.mark.parametrize(
    "content",
    [b"", b"<Error>", b"\x1f\x8b\x08", packed(b""), packed(b"a") * 2, packed(bytes(90 << 20))],
)
def test_what_is_no_record_is_damaged(content: bytes) -> None:
    assert refused(capture_at(0), content) == "damaged"


def test_two_records_are_not_one() -> None:
    data = packed(record("response", "https://example.org/a", response(b"text")))
    assert refused(capture_at(0)._replace(url="https://example.org/a"), data * 2) == "no_response"


def _digest(body: bytes) -> str:
    return base64.b32encode(hashlib.sha1(body).digest()).decode()


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda served, capture: served.files.pop(capture.filename), "not_there"),
        (lambda served, capture: served.moods.update({capture.filename: Mood("busy")}), "unreachable"),
        (lambda served, capture: served.moods.update({capture.filename: Mood("wrong_range")}), "unreachable"),
        (lambda served, capture: served.moods.update({capture.filename: Mood("no_ranges")}), "unreachable"),
        (lambda served, capture: served.files.update({capture.filename: b"x" * 100_000}), "damaged"),
        (lambda served, capture: served.files.update({capture.filename: b"x"}), "no_such_range"),
    ],
)
def test_what_cannot_be_had_is_told_and_the_rest_comes(served: Served, change: Any, reason: str) -> None:
    chosen = captures(served)
    broken = chosen[0].filename
    change(served, chosen[0])
    had = fetch_records(open_server(served.access), chosen, 2)
    assert len(had) == len(chosen)
    assert {each.reason for each in had if each.capture.filename == broken} == {reason}
    assert {each.reason for each in had if each.capture.filename != broken} == {""}


@pytest.mark.parametrize("mood", ["busy", "forbidden", "reset", "short_part", "wrong_range", "no_ranges"])
def test_misbehaviour_that_passes_costs_time_only(served: Served, mood: str) -> None:
    chosen = captures(served)
    served.moods[chosen[0].filename] = Mood(mood, times=2)
    assert all(not each.reason for each in fetch_records(open_server(served.access), chosen, 2))


def test_records_before_the_end_of_a_short_archive_come(served: Served) -> None:
    chosen = [capture for capture in captures(served) if capture.filename.endswith("0.warc.gz")]
    cut = chosen[5].offset + 10
    served.files[chosen[0].filename] = served.files[chosen[0].filename][:cut]
    reasons = [each.reason for each in fetch_records(open_server(served.access), chosen, 2)]
    assert reasons == [""] * 5 + ["no_such_range"] * (len(chosen) - 5)


def test_a_server_that_is_down_is_not_asked_for_every_record(served: Served) -> None:
    chosen = [capture_at(10**6 * n, filename=f"crawl-data/x/{n:03d}.warc.gz") for n in range(200)]
    served.moods.update({capture.filename: Mood("busy") for capture in chosen})
    hasty = replace(served.access, patience=replace(served.access.patience, attempts=1))
    with pytest.raises(Unreachable, match="requests were not answered"):
        fetch_records(open_server(hasty), chosen, 2)
    assert len(served.asked) < 50


REAL = [SHARED / "crawl" / "real" / name for name in ("commoncrawl-whirlwind.warc.gz", "chatnoir-warcfile.warc.gz")]


@pytest.mark.parametrize("path", REAL, ids=lambda path: path.name)
def test_records_of_the_real_crawl_are_taken(path: Path) -> None:
    if not path.exists():
        pytest.skip(f"{path} is not here")
    data = path.read_bytes()
    responses = [item for item in read_archive(path) if isinstance(item, Record) and item.kind == "response"]
    assert responses
    for item in responses:
        digest = (item.header("WARC-Payload-Digest") or "").removeprefix("sha1:")
        assert digest_of(item) == digest
        capture = capture_at(item.offset, item.length)._replace(url=item.url, digest=digest)
        member = data[item.offset :][: item.length]
        assert refused(capture, member) == ""
        assert refused(capture, member[:-1]) == "damaged"
        assert refused(capture._replace(digest=digest[::-1]), member) == "other_payload"
