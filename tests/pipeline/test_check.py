"""What `check_archive` says of archives, whole and damaged."""

from __future__ import annotations

from pathlib import Path

import pytest

from mathmill.data.errors import InputMissing
from mathmill.pipeline.check import check_archive, describe
from tests.pipeline.making import STORED, answer, arc, html, member, members, one_frame, responses, warc

WET = [warc(b"text", f"https://e.org/{n}", kind="conversion") for n in range(3)]

KINDS = [
    ("warc.gz", members(responses(3))),
    ("warc", STORED["warc"](responses(3))),
    ("warc.zst", one_frame(responses(3))),
    ("arc.gz", member(arc(answer(html(0)), "http://e.org/"))),
    ("arc", arc(answer(html(0)), "http://e.org/")),
    ("wet.gz", members(WET)),
    ("wet", STORED["warc"](WET)),
    ("not_an_archive", b"<html>an error page</html>"),
    ("not_an_archive", member(b"text")),
    ("empty", b""),
]


def _file(tmp_path: Path, data: bytes) -> Path:
    path = tmp_path / "file"
    path.write_bytes(data)
    return path


@pytest.mark.parametrize(("kind", "data"), KINDS)
def test_kinds_are_told_from_content(tmp_path: Path, kind: str, data: bytes) -> None:
    report = check_archive(_file(tmp_path, data))
    assert report.kind == kind
    assert report.to_json()["kind"] == kind
    assert report.size == len(data)
    assert bool(report.error) == (kind == "not_an_archive")


def test_a_whole_archive_in_words(tmp_path: Path) -> None:
    report = check_archive(_file(tmp_path, members([*responses(2), warc(b"", "https://e.org/", kind="metadata")])))
    words = describe(report)
    assert "3 records: 2 response, 1 metadata" in words
    assert "whole: every byte belongs to a record" in words
    assert report.to_json() == {
        "file": str(tmp_path / "file"),
        "kind": "warc.gz",
        "records": 3,
        "responses": 2,
        "lost": [],
        "error": None,
    }


def test_a_damaged_archive_in_words(tmp_path: Path) -> None:
    parts = [member(record) for record in responses(3)]
    data = parts[0] + b"garbage" + parts[1] + parts[2][:-30]
    report = check_archive(_file(tmp_path, data))
    cut = len(parts[2]) - 30
    assert report.to_json()["lost"] == [
        {"offset": len(parts[0]), "length": 7, "reason": "garbage"},
        {"offset": len(data) - cut, "length": cut, "reason": "truncated"},
    ]
    words = describe(report)
    assert "lost 7 bytes from byte" in words
    assert "the file ends inside a member or record" in words
    assert f"damaged: {7 + cut} bytes" in words
    assert report.error is not None
    assert str(tmp_path) in report.error


def test_padding_is_no_loss(tmp_path: Path) -> None:
    report = check_archive(_file(tmp_path, members(responses(2)) + member(b"") + bytes(300)))
    assert report.lost == ()
    assert report.error is None
    assert "no record in" in describe(report)


def test_many_spans_are_not_all_listed(tmp_path: Path) -> None:
    data = b"".join(part + b"garbage" for part in [member(record) for record in responses(30)])
    assert "and 10 more spans" in describe(check_archive(_file(tmp_path, data)))


def test_what_is_no_archive_is_one_error(tmp_path: Path) -> None:
    report = check_archive(_file(tmp_path, b"x" * 50))
    assert report.records == 0
    assert report.error == f"{tmp_path / 'file'} is not a web archive: no WARC or ARC record was found in its 50 bytes"


def test_a_missing_file_is_an_error() -> None:
    with pytest.raises(InputMissing):
        check_archive("nothing.warc.gz")
