"""Records: headers of all kinds, lengths that lie, and the same as warcio and FastWARC wherever they read well."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from warcio.archiveiterator import ArchiveIterator
from warcio.exceptions import ArchiveLoadFailed

from mathmill.data.errors import InputMissing
from mathmill.pipeline.archives import read_archive
from mathmill.pipeline.warc import PlainHeads, Record, head_fields, parse_head
from tests.pipeline.making import (
    DATE,
    STORED,
    address,
    answer,
    html,
    lost_of,
    member,
    members,
    numbers_of,
    plain,
    read,
    reasons_of,
    records_of,
    responses,
    warc,
)
from tests.shared import CRAWL, needs_crawl

BLOCK = answer(html(0))

# Headers that a reader must understand: name, header, and the URL meant.
HEADERS = {
    "folded": b"WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: https://example.org/\r\nX-Note: a\r\n  b\r\n",
    "lower case": b"warc/1.0\r\nwarc-type: response\r\nwarc-target-uri: https://example.org/\r\n",
    "brackets": b"WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: <https://example.org/>\r\n",
    "no space": b"WARC/1.1\r\nWARC-Type:response\r\nWARC-Target-URI:https://example.org/\r\n",
    "draft": b"WARC/0.18\r\nWARC-Type: response\r\nWARC-Target-URI: https://example.org/\r\n",
    "no colon": b"WARC/1.0\r\nWARC-Type: response\r\nnonsense\r\nWARC-Target-URI: https://example.org/\r\n",
    "newlines only": b"WARC/1.0\nWARC-Type: response\nWARC-Target-URI: https://example.org/\n",
    "upper-case kind": b"WARC/1.0\r\nWARC-Type: Response\r\nWARC-Target-URI: https://example.org/\r\n",
    "200 kB": b"WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: https://example.org/\r\nX: "
    + b"y" * 200_000
    + b"\r\n",
}


@pytest.mark.parametrize("packed", [True, False], ids=["member", "plain"])
@pytest.mark.parametrize("name", HEADERS)
def test_headers_of_all_kinds_are_read(tmp_path: Path, name: str, packed: bool) -> None:
    line = b"\n" if name == "newlines only" else b"\r\n"
    head = HEADERS[name] + b"Content-Length: %d" % len(BLOCK) + line * 2
    one = head + BLOCK + line * 2
    first, second = records_of(read(tmp_path, member(one) + member(one) if packed else one + one))
    assert (second.kind, second.url, second.block) == ("response", "https://example.org/", BLOCK)
    assert first.block == BLOCK


def test_spaces_and_other_characters_of_an_address(tmp_path: Path) -> None:
    for url, expected in [("https://e.org/a b", "https://e.org/a%20b"), ("https://e.org/é", "https://e.org/é")]:
        (record,) = records_of(read(tmp_path, member(warc(BLOCK, url))))
        assert record.url == expected


def test_headers_are_given_as_stored_and_found_by_any_case(tmp_path: Path) -> None:
    (record,) = records_of(read(tmp_path, member(warc(BLOCK, address(0), "X-One: 1", "X-One: 2"))))
    assert record.headers[3:5] == [("X-One", "1"), ("X-One", "2")]
    assert record.header("x-one") == "1"
    assert record.header("x-none") is None
    assert record.date == DATE


@pytest.mark.parametrize("stored", ["warc", "one.warc.gz", "one.warc.zst"])
def test_wrong_lengths_cost_no_other_record(tmp_path: Path, stored: str) -> None:
    for change in (-60, -1, 25, 3000, 10**9, 10**14):
        records = responses(10)
        size = len(answer(html(4)))
        records[4] = records[4].replace(b"Content-Length: %d" % size, b"Content-Length: %d" % (size + change))
        items = read(tmp_path, STORED[stored](records))
        assert set(numbers_of(items)) >= {0, 1, 2, 3, 5, 6, 7, 8, 9}, change
        assert reasons_of(items) or change == -1


def test_wrong_lengths_in_members_of_their_own(tmp_path: Path) -> None:
    size = len(answer(html(0)))
    long, short = (
        responses(1)[0].replace(b"Content-Length: %d" % size, b"Content-Length: %d" % (size + change))
        for change in (25, -60)
    )
    items = read(tmp_path, members([long, responses(2)[1]]))
    # The checksum says that nothing is missing: the block is whole, its length was not.
    assert numbers_of(items) == [0, 1]
    items = read(tmp_path, members([short, responses(2)[1]]))
    assert numbers_of(items) == [1]
    assert reasons_of(items) == ["garbage"]


@pytest.mark.parametrize(
    "broken",
    [
        b"WARC/1.0\r\nWARC-Type: response\r\n\r\n" + BLOCK + b"\r\n\r\n",
        b"WARC/1.0\r\nWARC-Type: response\r\nContent-Length: many\r\n\r\n" + BLOCK + b"\r\n\r\n",
        b"WARC/1.0\r\nWARC-Type: response\r\nContent-Length: -5\r\n\r\n" + BLOCK + b"\r\n\r\n",
        b"WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: https://lost.example/\r\n",
        b"WARC/1.0\r\n",
        b"no record at all",
    ],
)
def test_broken_headers_cost_one_record(tmp_path: Path, broken: bytes) -> None:
    first, second = responses(2)
    for data in (plain([first, broken, second]), members([first, broken, second])):
        items = read(tmp_path, data)
        assert numbers_of(items) == [0, 1]
        assert len(lost_of(items)) == 1


def test_records_inside_a_sound_block_are_text(tmp_path: Path) -> None:
    outer = warc(plain(responses(3)), "https://example.org/archive.warc", kind="resource")
    for data in (plain([outer, *responses(2)]), members([outer, *responses(2)])):
        records = records_of(read(tmp_path, data))
        assert [record.kind for record in records] == ["resource", "response", "response"]


def test_a_missing_file_is_named() -> None:
    with pytest.raises(InputMissing, match=r"no file at .*nothing\.warc\.gz"):
        list(read_archive("nothing.warc.gz"))


HEADER_TEXT = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=20)
NAMES = ["WARC-Type", "WARC-Target-URI", "WARC-Date", "X-Other", "warc-type", "Warc-Date", "WARC-Target-URI"]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(NAMES), HEADER_TEXT), max_size=8), st.booleans())
def test_the_fast_way_agrees_with_the_other(fields: list[tuple[str, str]], typed: bool) -> None:
    lines = [f"{name}: {value}" for name, value in fields]
    if typed:
        lines.append("WARC-Type: response")
    head = "\r\n".join(["WARC/1.0", *lines, "Content-Length: 3"]).encode() + b"\r\n"
    fast = PlainHeads().read(head + b"\r\nabc\r\n\r\n", 0, 1)
    if fast is not None:
        slow = parse_head(head)
        assert slow is not None
        assert (fast.kind, fast.url, fast.date, len(fast.block)) == tuple(slow)
        assert fast.headers == head_fields(head)


def _by_warcio(path: Path) -> Iterator[tuple[str, str, list[tuple[str, str]], bytes]]:
    with path.open("rb") as file, contextlib.suppress(ArchiveLoadFailed):  # it stops at members of many records
        for record in ArchiveIterator(file, no_record_parse=True):
            headers = record.rec_headers
            url = headers.get_header("WARC-Target-URI") or ""
            yield record.rec_type.lower(), url, headers.headers, record.raw_stream.read()


def _as_warcio(record: Record) -> tuple[str, str, list[tuple[str, str]], bytes]:
    return record.kind, record.url, _plain_url(record), record.block


def _plain_url(record: Record) -> list[tuple[str, str]]:
    """The headers with the address as warcio rewrites it."""
    return [(name, record.url if name == "WARC-Target-URI" else value) for name, value in record.headers]


@needs_crawl
@pytest.mark.parametrize("name", ["real/*.warc.gz", "real/*.warc", "mathmill-*5.warc.gz"])
def test_the_same_records_as_warcio(name: str) -> None:
    for path in sorted(CRAWL.glob(name)):
        if path.name in ("warcio-wrong-chunks.warc.gz", "clueweb-quirk.warc.gz"):
            continue  # warcio stops there
        ours = [_as_warcio(item) for item in read_archive(path) if isinstance(item, Record)]
        theirs = list(_by_warcio(path))
        assert theirs
        assert ours[: len(theirs)] == theirs, path.name


@needs_crawl
@pytest.mark.slow
def test_the_same_records_as_fastwarc_on_every_shard() -> None:
    fastwarc = pytest.importorskip("fastwarc.warc")
    for path in sorted(CRAWL.glob("mathmill-*.warc.gz")):
        items = read_archive(path)
        with path.open("rb") as file:
            for theirs, ours in zip(fastwarc.ArchiveIterator(file, parse_http=False), items, strict=True):
                assert isinstance(ours, Record)
                assert ours.kind == str(theirs.record_type).rpartition(".")[2].lower()
                assert ours.url == (theirs.headers.get("WARC-Target-URI") or "")
                assert ours.headers == list(theirs.headers.items())
                assert ours.block == theirs.reader.read()


@needs_crawl
@pytest.mark.parametrize("path", sorted(CRAWL.glob("real/*")), ids=lambda path: path.name)
def test_archives_of_other_crawlers_read_whole(tmp_path: Path, path: Path) -> None:
    items = read(tmp_path, path.read_bytes())
    assert not lost_of(items)
    assert records_of(items)
