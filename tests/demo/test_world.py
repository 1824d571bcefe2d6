from __future__ import annotations

import gzip
import hashlib
import io
import re
import zlib
from collections import Counter
from pathlib import Path
from typing import Any

import brotli
import orjson
import pytest
from warcio.archiveiterator import ArchiveIterator

from mathmill.data.errors import CannotCreate, ConfigError
from mathmill.demo.articles import MATHEMATICS_KINDS
from mathmill.demo.languages import LEGACY_CHARSETS
from mathmill.demo.markup import MARKUPS
from mathmill.demo.pages import FLAWS, PAGE_KINDS, make_page
from mathmill.demo.skeletons import SKELETONS
from mathmill.demo.transport import DECLARATIONS, ENCODINGS, Transport, encode_page, send
from mathmill.demo.world import World, write_world
from tests.effort import within


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return write_world(tmp_path_factory.mktemp("world"))


@pytest.fixture(scope="module")
def truth(world: World) -> list[dict[str, Any]]:
    return [orjson.loads(line) for line in world.truth.read_bytes().splitlines()]


def members(shard: bytes) -> list[bytes]:
    """The gzip members, by their first bytes and not by inflating, so that damage in one hides no other."""
    starts = [match.start() for match in re.finditer(re.escape(b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02"), shard)]
    return [shard[start:end] for start, end in zip(starts, [*starts[1:], len(shard)], strict=True)]


def readable(world: World) -> tuple[list[Any], int]:
    """Type, URL, HTTP headers and stored body of every record that inflates, by warcio; and how many do not."""
    records, broken = [], 0
    for path in world.shards:
        for member in members(path.read_bytes()):
            try:
                whole = gzip.decompress(member)
            except (OSError, EOFError, zlib.error):
                broken += 1
                continue
            for record in ArchiveIterator(io.BytesIO(whole), check_digests="raise"):
                url = record.rec_headers.get_header("WARC-Target-URI")
                records.append((record.rec_type, url, record.http_headers, record.raw_stream.read()))
    return records, broken


def body_of(headers: Any, stored: bytes) -> bytes:
    """A stored body with chunks and compression undone, as a browser would."""
    if headers.get_header("Transfer-Encoding") == "chunked":
        body, rest = b"", stored
        while True:
            size, _, rest = rest.partition(b"\r\n")
            if int(size, 16) == 0:
                break
            body, rest = body + rest[: int(size, 16)], rest[int(size, 16) + 2 :]
        stored = body
    encoding = headers.get_header("Content-Encoding")
    if encoding == "br":
        return bytes(brotli.decompress(stored))
    return gzip.decompress(stored) if encoding == "gzip" else stored


def test_same_seed_same_bytes(world: World, tmp_path: Path) -> None:
    def hashes(folder: Path) -> dict[str, str]:
        return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.iterdir())}

    write_world(tmp_path / "again")
    assert hashes(tmp_path / "again") == hashes(world.folder)
    write_world(tmp_path / "other", seed=1)
    assert not set(hashes(tmp_path / "other").values()) & set(hashes(world.folder).values())


def test_it_is_quick(tmp_path: Path) -> None:
    within(20, lambda: tmp_path, write_world)


def test_shards_are_read_record_by_record(world: World, truth: list[dict[str, Any]]) -> None:
    records, broken = readable(world)
    assert broken == 2 == sum(row["lost"] for row in truth)
    found = Counter(kind for kind, *_ in records)
    revisits = sum(row["kind"] == "revisit" for row in truth)
    assert found["response"] + found["revisit"] == len(truth) - 2
    assert found["revisit"] == revisits > 0
    assert found["request"] == len(truth)
    assert found["warcinfo"] == len(world.shards) == 4
    assert found["metadata"] > 400


def test_truth_names_every_page(world: World, truth: list[dict[str, Any]]) -> None:
    pages = [row for row in truth if row["page"]]
    assert len(pages) == world.pages == 600
    assert len({row["url"] for row in pages}) == 600
    assert {row["kind"] for row in pages} == set(PAGE_KINDS)
    assert {row["markup"] for row in pages} == {"", *(markup.name for markup in MARKUPS)}
    assert {row["skeleton"] for row in pages} == set(SKELETONS)
    assert {row["flaw"] for row in pages} == {"", *FLAWS}
    assert {row["encoding"] for row in pages} == set(ENCODINGS)
    assert {row["language"] for row in pages} == {"en", "de", "fr", "es", "ru", "zh", "ja"}
    legacy = {charset for charsets in LEGACY_CHARSETS.values() for charset in charsets}
    assert {row["charset"] for row in pages} == {"utf-8", "utf-16", *legacy}
    assert {row["declared"] for row in pages} == set(DECLARATIONS)
    assert Counter(row["duplicate"] for row in pages) == {"": 540, "exact": 30, "near": 30}
    assert 0.35 < sum(row["is_math"] for row in pages) / len(pages) < 0.55
    for row in pages:
        assert row["is_math"] == bool(row["formulas"]) == bool(row["problems"]) == bool(row["markup"])


def test_truth_agrees_with_what_the_shards_say(world: World, truth: list[dict[str, Any]]) -> None:
    records, _ = readable(world)
    responses = {url: (http, body) for kind, url, http, body in records if kind == "response"}
    seen = 0
    for row in truth:
        if not row["page"] or row["lost"]:
            continue
        headers, stored = responses[row["url"]]
        text = body_of(headers, stored).decode(row["charset"], "replace")
        assert headers.get_statuscode() == "200"
        assert "<html" in text
        if row["markup"] in ("dollar", "math_container") and row["charset"] == "utf-8" and not row["flaw"]:
            seen += 1
            places = [text.index(latex.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;"))
                      for latex, _ in row["formulas"]]  # fmt: skip
            assert len(places) == len(row["formulas"])
    assert seen > 20


def test_copies_point_at_pages_that_are_there(world: World, truth: list[dict[str, Any]]) -> None:
    records, _ = readable(world)
    bodies = {url: body_of(http, body) for kind, url, http, body in records if kind == "response"}
    rows = {row["url"]: row for row in truth if row["page"]}
    for row in rows.values():
        if row["duplicate"]:
            original = rows[row["duplicate_of"]]
            assert not original["lost"]
            assert not original["flaw"]
            assert row["problems"] == original["problems"]
            assert (bodies[row["url"]] == bodies[original["url"]]) == (row["duplicate"] == "exact")


def test_pages_that_are_no_copies_differ(truth: list[dict[str, Any]]) -> None:
    sheets = [
        tuple(problem["id"] for problem in row["problems"])
        for row in truth
        if row["page"] and row["problems"] and not row["duplicate"] and row["kind"] != "question"
    ]
    assert len(set(sheets)) == len(sheets)


def test_flaws_are_in_the_bytes(world: World, truth: list[dict[str, Any]]) -> None:
    records, _ = readable(world)
    bodies = {url: body_of(http, body) for kind, url, http, body in records if kind == "response"}
    marks = {
        "nul": b"\0", "control_reference": b"&#1;", "surrogate_reference": b"&#xD800;", "deep_nesting": b"<div>" * 3000,
        "invalid_bytes": b"\xff\xfe\xc3",
    }  # fmt: skip
    for is_math in (True, False):
        assert {row["flaw"] for row in truth if row["is_math"] == is_math and row.get("flaw")} == set(FLAWS)
    for row in truth:
        if row.get("flaw") in marks:
            assert marks[row["flaw"]] in bodies[row["url"]], row["url"]


@pytest.mark.parametrize("kind", PAGE_KINDS)
def test_every_kind_of_page_can_be_drawn(kind: str) -> None:
    for number in range(6):
        page = make_page(3, number, kind, number)
        assert page.is_math == (kind in MATHEMATICS_KINDS or kind == "foreign_lesson")
        assert page.body.decode(page.transport.charset).count("</head>") == 1


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_bodies_come_back(encoding: str) -> None:
    body = bytes(range(256)) * 20

    class Fields(dict[str, str]):
        def get_header(self, name: str) -> str | None:
            return self.get(name)

    headers, sent = send(body, "text/html", encoding)
    assert body_of(Fields(headers), sent) == body


def test_characters_that_a_charset_lacks_become_references() -> None:
    assert encode_page("<p>√2 ≤ 2", Transport("iso-8859-1", "none", "identity")) == b"<p>&#8730;2 &#8804; 2"


def test_small_worlds(tmp_path: Path) -> None:
    world = write_world(tmp_path, pages=10, shards=1)
    assert [path.name for path in world.shards] == ["demo-00000.warc.gz"]
    with pytest.raises(ConfigError, match="at least ten pages a shard"):
        write_world(tmp_path, pages=39, shards=4)


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(CannotCreate, match="cannot write"):
        write_world(tmp_path / "file" / "world", pages=20, shards=2)
