"""ARC archives, by themselves and as files."""

from __future__ import annotations

from pathlib import Path

import pytest

from mathmill.pipeline.arc import arc_date, arc_fields, arc_line_end, find_arc
from mathmill.pipeline.pages import page
from tests.effort import within
from tests.pipeline.making import answer, arc, html, lost_of, member, read, reasons_of, records_of

VERSION = b"1 0 maker\nURL IP-address Archive-date Content-type Archive-length\n"
HEAD = b"filedesc://made.arc 0.0.0.0 20080430204825 text/plain %d\n" % len(VERSION) + VERSION + b"\n"
PAGES = [arc(answer(html(number)), f"http://example.org/{number}") for number in range(5)]

LINES = [
    (b"http://e.org/ 192.0.2.1 20080430204825 text/html 12\n", "http://e.org/", "12"),
    (b"http://e.org/a b 192.0.2.1 20080430204825 text/html 12\r\n", "http://e.org/a%20b", "12"),
    (b"http://e.org/ 192.0.2.1 20080430204825 text/html 200 - - 0 made.arc 34\n", "http://e.org/", "34"),
    (b"http://e.org/ 2001:db8::1 20080430 text/html 12\n", "http://e.org/", "12"),
]


@pytest.mark.parametrize(("line", "url", "length"), LINES)
def test_header_lines_are_read_from_the_right(line: bytes, url: str, length: str) -> None:
    fields = arc_fields(line)
    assert fields is not None
    assert (fields["WARC-Target-URI"], fields["Content-Length"]) == (url, length)
    assert arc_line_end(line, 0) == len(line)
    assert find_arc(b"x\n" + line, 0, len(line) + 2) == 2


@pytest.mark.parametrize(
    "line", [b"", b"\n", b"hello 1 2 3 4\n", b"http://e.org/ 192.0.2.1 yesterday text/html 12\n", b"\xff" * 40]
)
def test_other_lines_are_none(line: bytes) -> None:
    assert arc_fields(line) is None


def test_dates_are_written_as_in_warc() -> None:
    assert arc_date("20080430204825") == "2008-04-30T20:48:25Z"
    assert arc_date("20080430") == "2008-04-30T00:00:00Z"


@pytest.mark.parametrize("packed", [True, False])
def test_an_arc_file_is_read(tmp_path: Path, packed: bool) -> None:
    parts = [HEAD, *PAGES]
    items = read(tmp_path, b"".join(member(part) for part in parts) if packed else b"".join(parts))
    records = records_of(items)
    assert not lost_of(items)
    assert [record.kind for record in records] == ["warcinfo"] + ["response"] * 5
    assert records[3].url == "http://example.org/2"
    assert records[3].date == "2008-04-30T20:48:25Z"
    assert records[3].block == answer(html(2))
    assert page(records[3], "made").url == "http://example.org/2"  # type: ignore[union-attr]


@pytest.mark.parametrize("packed", [True, False])
def test_damage_costs_one_document(tmp_path: Path, packed: bool) -> None:
    parts = [bytearray(member(part) if packed else part) for part in (HEAD, *PAGES)]
    parts[3][5:60] = bytes(range(100, 155))
    items = read(tmp_path, b"".join(parts))
    assert [record.url[-1] for record in records_of(items)[1:]] == ["0", "1", "3", "4"]
    assert len(reasons_of(items)) == 1


@pytest.mark.parametrize("text", [b"http://", b"http://x 1 20080101 a 1 ", b"http://x 1 20080101 a 1x\n", b"dns: 1\n"])
def test_hostile_lines_cost_linear_time(tmp_path: Path, text: bytes) -> None:
    lines = text * ((4 << 20) // len(text))
    items = within(20, lambda: b"x" + lines, lambda data: read(tmp_path, data))
    assert not records_of(items)
    items = within(20, lambda: HEAD + b"x" + lines, lambda data: read(tmp_path, data))
    assert len(records_of(items)) == 1
