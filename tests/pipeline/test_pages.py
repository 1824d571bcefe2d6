"""Which records are pages, and what a Document says of where it came from."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from mathmill.data.records import BODY, CONTENT_TYPE, Document, Dropped, document_id
from mathmill.pipeline.archives import read_archive
from mathmill.pipeline.members import ArchiveLimits
from mathmill.pipeline.pages import REASONS, page, payload_digest
from mathmill.pipeline.warc import LostSpan, Record
from tests.pipeline.making import DATE, answer, html, member, read, records_of, warc
from tests.shared import CRAWL, needs_crawl

URL = "https://example.org/"
PAGE = html(1)
EXPECTED = CRAWL / "broken/expected.jsonl"
BROKEN = [json.loads(line) for line in EXPECTED.read_text().splitlines()] if EXPECTED.is_file() else []


def _record(tmp_path: Path, block: bytes, *fields: str, url: str = URL, kind: str = "response") -> Record:
    (record,) = records_of(read(tmp_path, member(warc(block, url, *fields, kind=kind))))
    return record


def _page(tmp_path: Path, block: bytes, *fields: str, **options: str) -> Document | Dropped:
    return page(_record(tmp_path, block, *fields, **options), "shard")


def test_a_document_says_where_it_came_from(tmp_path: Path) -> None:
    record = _record(tmp_path, answer(PAGE), "WARC-Truncated: length")
    found = page(record, "shard")
    assert isinstance(found, Document)
    assert (found.id, found.text, found.url) == (document_id(URL, DATE, PAGE), "", URL)
    assert found.meta == {
        BODY: PAGE,
        CONTENT_TYPE: "text/html",
        "archive": "shard",
        "offset": 0,
        "length": record.length,
        "date": DATE,
        "digest": payload_digest(PAGE),
        "status": 200,
        "truncated": "length",
    }


def test_the_digest_is_written_as_crawlers_do() -> None:
    assert payload_digest(b"") == "sha1:3I42H3S6NNFQ2MSVX7XZKYAYSCX5QBYJ"


@pytest.mark.parametrize("name", ["WARC-Payload-Digest", "warc-payload-digest"])
@pytest.mark.parametrize(
    ("stored", "kept"),
    [
        ("sha1:3I42H3S6NNFQ2MSVX7XZKYAYSCX5QBYJ", True),
        ("sha1:da39a3ee5e6b4b0d3255bfef95601890afd80709", False),
        ("md5:1B2M2Y8AsgTpgAmY7PhCfg==", False),
        ("", False),
    ],
)
def test_the_digest_of_the_record_is_kept(tmp_path: Path, name: str, stored: str, kept: bool) -> None:
    found = _page(tmp_path, answer(PAGE), f"{name}: {stored}")
    assert isinstance(found, Document)
    assert found.meta["digest"] == (stored if kept and name[0] == "W" else payload_digest(PAGE))


# Content types and bodies that are pages, and such that are not.
HTML = [
    ("text/html; charset=utf-8", b"anything"),
    ("TEXT/HTML", b"anything"),
    ("application/xhtml+xml", b"anything"),
    ("", b"<!DOCTYPE html><p>x"),
    ("", b"\xef\xbb\xbf \n<html><p>x"),
    ("", b"\xff\xfe" + "<html><p>x".encode("utf-16-le")),
    ("", b"<!-- saved --><p>x"),
    ("application/octet-stream", b"<h1 class=a>x"),
    ("text", b"<html>"),
    ("text/plain", b"<!doctype HTML public>x"),
    ("text/xml", b'<?xml version="1.0"?>\n<html xmlns="x">'),
]
NOT_HTML = [
    ("application/json", b"{}"),
    ("", b"just text"),
    ("image/png", b"\x89PNG"),
    ("text/plain", b"\x89PNG\x00\x01"),
    ("text/css", b"p {}"),
    ("text/xml", b'<?xml version="1.0"?><rss>'),
]
# Content types, ends of addresses and bodies that are manuscripts, and such that are not.
MANUSCRIPTS = [
    ("text/plain", "", b"just text"),
    ("text/plain; charset=utf-8", "a.tex", b"\\begin{document}"),
    ("text/markdown", "a", b"# A"),
    ("application/x-tex", "a", b"x"),
    ("application/x-ipynb+json", "a", b"{}"),
    ("application/json; charset=utf-8", "a.ipynb", b'{"cells": []}'),
    ("application/octet-stream", "a.ipynb", b'{"cells": []}'),
    ("", "a.md", b"x"),
    ("text/plain", "a", b"\xff\xfe" + "text".encode("utf-16-le")),
]
NO_MANUSCRIPTS = [
    ("text/plain", "robots.txt", b"User-agent: *"),
    ("text/plain", "a.py", b"x = 1"),
    ("application/json", "a.json", b"{}"),
    ("application/json", "a.ipynb", b"[]"),
    ("application/octet-stream", "a.tex", b"\x00\x01"),
    ("application/octet-stream", "a", b"x"),
]


@pytest.mark.parametrize(("content_type", "body"), HTML)
def test_html_is_known_by_type_or_sight(tmp_path: Path, content_type: str, body: bytes) -> None:
    found = _page(tmp_path, answer(body, content_type=content_type))
    assert isinstance(found, Document)
    assert found.meta[BODY] == body
    assert found.meta[CONTENT_TYPE] == content_type


@pytest.mark.parametrize(("content_type", "body"), NOT_HTML)
def test_what_is_not_html_is_dropped(tmp_path: Path, content_type: str, body: bytes) -> None:
    assert _reason(_page(tmp_path, answer(body, content_type=content_type))) == "not_html"


@pytest.mark.parametrize(("content_type", "name", "body"), MANUSCRIPTS)
def test_manuscripts_are_pages(tmp_path: Path, content_type: str, name: str, body: bytes) -> None:
    found = _page(tmp_path, answer(body, content_type=content_type), url=URL + name)
    assert isinstance(found, Document)
    assert (found.meta[BODY], found.meta[CONTENT_TYPE]) == (body, content_type)


@pytest.mark.parametrize(("content_type", "name", "body"), NO_MANUSCRIPTS)
def test_other_files_are_dropped(tmp_path: Path, content_type: str, name: str, body: bytes) -> None:
    assert _reason(_page(tmp_path, answer(body, content_type=content_type), url=URL + name)) == "not_html"


def _reason(found: Document | Dropped) -> str:
    assert isinstance(found, Dropped)
    assert found.stage == "archive"
    assert found.reason in REASONS
    return found.reason


DROPPED: list[tuple[str, bytes, dict[str, str]]] = [
    ("not_response", b"GET / HTTP/1.1\r\n\r\n", {"kind": "request"}),
    ("not_response", b"", {"kind": "metadata"}),
    ("not_response", answer(PAGE), {"kind": "strange"}),
    ("revisit", answer(b""), {"kind": "revisit"}),
    ("no_url", answer(PAGE), {"url": ""}),
    ("not_web_url", answer(PAGE), {"url": "dns:example.org"}),
    ("not_web_url", answer(PAGE), {"url": "javascript:void(0)"}),
    ("no_http_header", b"no header", {}),
    ("redirect", answer(PAGE, "Location: /x", status="301 Moved"), {}),
    ("http_error", answer(PAGE, status="404 Not Found"), {}),
    ("http_error", answer(PAGE, status="999"), {}),
    ("http_error", answer(PAGE, status="-"), {}),
    ("empty_body", answer(b""), {}),
    ("empty_body", b"", {}),
    ("bad_encoding", answer(b"\x1f\x8b\x08\x00broken", "Content-Encoding: gzip"), {}),
    ("bad_encoding", answer(b"\x28\xb5\x2f\xfdsecret", "Content-Encoding: strange"), {}),
    ("body_too_large", answer(gzip.compress(b"<html>" + bytes(20 << 20), mtime=0), "Content-Encoding: gzip"), {}),
    ("not_html", b"x", {"kind": "resource"}),
]


@pytest.mark.parametrize(("reason", "block", "options"), DROPPED)
def test_all_else_is_dropped_with_its_reason(
    tmp_path: Path, reason: str, block: bytes, options: dict[str, str]
) -> None:
    if b"strange" in block:
        block = block.replace(b"application/xml", b"text/html").replace(b"secret", b"\x1f\x8bsecret")
    assert _reason(_page(tmp_path, block, **options)) == reason


def test_dropped_records_of_one_page_have_ids_of_their_own(tmp_path: Path) -> None:
    found = [_page(tmp_path, b"", kind=kind) for kind in ("request", "metadata", "revisit")]
    assert len({item.document.id for item in found if isinstance(item, Dropped)}) == 3


def test_a_response_that_lost_its_header_is_a_page_if_it_looks_like_one(tmp_path: Path) -> None:
    found = _page(tmp_path, b"<!doctype html><p>x")
    assert isinstance(found, Document)
    assert found.meta["status"] == 0


def test_odd_encodings_are_noted(tmp_path: Path) -> None:
    found = _page(tmp_path, answer(PAGE, "Content-Encoding: gzip"))
    assert isinstance(found, Document)
    assert found.meta["encoding_notes"] == ["not_encoded"]


@pytest.mark.parametrize(
    ("kind", "content_type"), [("conversion", "text/plain"), ("resource", "text/html"), ("resource", "text/x-tex")]
)
def test_stored_text_and_html_become_documents(tmp_path: Path, kind: str, content_type: str) -> None:
    block = warc(PAGE, URL, kind=kind).replace(b"application/http; msgtype=response", content_type.encode())
    (record,) = records_of(read(tmp_path, member(block)))
    found = page(record, "wet")
    assert isinstance(found, Document)
    assert (found.meta[BODY], found.meta[CONTENT_TYPE], found.meta["status"]) == (PAGE, content_type, 0)


def test_limits_are_the_caller_s(tmp_path: Path) -> None:
    found = page(_record(tmp_path, answer(PAGE)), "shard", ArchiveLimits(body_bytes=10))
    assert _reason(found) == "body_too_large"


@needs_crawl
@pytest.mark.parametrize("case", BROKEN, ids=[case["file"] for case in BROKEN])
def test_broken_archives_give_what_is_expected(case: dict[str, Any]) -> None:
    items = list(read_archive(CRAWL / "broken" / case["file"]))
    pages = {}
    for item in items:
        found = page(item, "broken") if isinstance(item, Record) else None
        if isinstance(found, Document):
            pages[found.url] = found.meta[BODY].replace(b"\0", b"")
    assert set(case["good"]) <= pages.keys() <= set(case["good"]) | set(case["bad"]) | {_ODD}
    for url in case["good"]:
        assert b"SENTINEL" in pages[url]
        assert url.rsplit("/", 1)[1].encode() in pages[url]
    if case["bytes"] and not case["good"]:
        assert all(isinstance(item, LostSpan) for item in items)


_ODD = "https://good.example/headers/é中%208"  # an address with a space: neither good nor bad


@needs_crawl
def test_every_labelled_page_of_a_shard_comes_out_and_no_other() -> None:
    with gzip.open(CRAWL / "labels.jsonl.gz", "rt") as lines:
        labels = [json.loads(line) for line in lines]
    (shard,) = CRAWL.glob("mathmill-*5.warc.gz")
    expected = {label["url"] for label in labels if label["shard"] in (shard.name, shard.name.partition(".")[0])}
    assert expected
    found = (page(item, shard.name) for item in read_archive(shard) if isinstance(item, Record))
    pages = {item.url: item.meta[CONTENT_TYPE] for item in found if isinstance(item, Document)}
    assert expected <= pages.keys()
    # The labels are of HTML; a crawl has a few files of plain text as well.
    assert all(pages[url].startswith("text/plain") for url in pages.keys() - expected)
