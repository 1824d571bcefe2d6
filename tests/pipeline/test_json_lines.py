"""Lines of JSON: one output for each line that is not blank, whatever it holds and however the file is packed."""

from __future__ import annotations

import bz2
import gzip
import io
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest
import zstandard

from mathmill.data.errors import ConfigError
from mathmill.data.json_lines import Line, read_lines
from mathmill.pipeline import json_lines
from mathmill.pipeline.isolate import ItemLimits
from mathmill.pipeline.json_lines import extract_line, extract_lines
from tests.pipeline.lessons import lesson_around
from tests.warm import warm

LIMITS = ItemLimits(seconds=5, megabytes=512)


def line(**page: Any) -> bytes:
    return orjson.dumps(page) + b"\n"


def extracted(file: bytes, limits: ItemLimits = LIMITS, workers: int = 1) -> list[dict[str, Any]]:
    return list(extract_lines(read_lines(io.BytesIO(file)), limits, workers))


def numbered(file: bytes) -> list[tuple[int, bytes]]:
    return [(each.number, each.data or each.error.encode()) for each in read_lines(io.BytesIO(file))]


def test_a_line_becomes_text_and_formulas() -> None:
    page = lesson_around('<p>Let <script type="math/tex; mode=display">x^2+1</script> be.</p>')
    found = extract_line(line(url="https://example.org/a", html=page, id=7))
    assert found["id"] == 7
    assert "html" not in found
    assert found["url"] == "https://example.org/a"
    assert "$$x^2+1$$" in found["text"]
    assert found["formulas"] == [
        {"latex": "x^2+1", "display": True, "source": "script_tex_display", "number": "", "balanced": True}
    ]
    assert "error" not in found


def test_other_kinds_of_records_are_told_by_their_address_or_type() -> None:
    tex = "\\documentclass{article}\\begin{document}Let $x_1$ be.\\end{document}"
    for page in ({"url": "https://example.org/a.tex"}, {"url": "https://example.org/a", "content_type": "text/x-tex"}):
        found = extract_line(line(html=tex, **page))
        assert found["text"] == "Let $x_1$ be."
        assert [formula["latex"] for formula in found["formulas"]] == ["x_1"]


@pytest.mark.parametrize(
    ("given", "error"),
    [
        (b"nothing\n", "not JSON"),
        (b"[1]\n", "not an object"),
        (line(url="a"), "html is missing"),
        (line(url="a", html=5), "html is not a string"),
        (b"[" * 100_000, "not JSON"),
        (b"\xff\xfe\n", "not JSON"),
    ],
)
def test_a_line_that_cannot_be_read_says_so(given: bytes, error: str) -> None:
    found = extract_line(given)
    assert error in found["error"]
    assert (found["text"], found["formulas"]) == ("", [])


# Lines of one file, and what of their outputs is checked.
ODD_LINES: list[tuple[bytes, dict[str, Any]]] = [
    (b'\xef\xbb\xbf{"html": "<p>One</p>"}', {"text": "One"}),
    (b'{"url": 5, "html": "<p>One</p>"}', {"url": 5, "text": "One"}),
    (b'{"url": null, "html": "<p>One</p>"}', {"url": None, "text": "One"}),
    (b'{"url": ["a"], "html": "<p>One</p>"}', {"url": ["a"], "text": "One"}),
    (b'{"url": {"a": 1}, "html": 5}', {"url": None, "error": "html is not a string"}),
    (b'{"html": "<p>One</p>", "html": "<p>Two</p>", "url": "a", "url": "b"}', {"url": "b", "text": "Two"}),
    (b'{"html": "<p>One</p>", "error": "of old", "text": "old", "title": 1}', {"text": "One", "title": ""}),
    (b'{"html": "<p>O\\u0000ne</p>"}', {"text": "O\ufffdne"}),
    (
        b'{"html": "<p>O\\ud83d</p><p>\\udc00ne \\ud83d\\ude00 \\\\ud83d</p>"}',
        {"text": "O\ufffd\n\n\ufffdne \U0001f600 \\ud83d"},
    ),
    (b'{"html": "<p>One</p>", "url": "\\uD800"}', {"url": "\ufffd", "text": "One"}),
    (b'{"html": "\xed\xa0\xbd"}', {"error": "not JSON"}),
    (b'{"html": "<p>O\0ne</p>"}', {"error": "not JSON"}),
    (b"\0", {"error": "not JSON"}),
    (b'{"html": "<p>One</p>", "n": NaN}', {"error": "not JSON"}),
    (b'{"html": "<p>One</p>", "n": 123456789012345678901234567890}', {"n": 123456789012345678901234567890.0}),
    (b'{"html": "", "meta": ' + b"[" * 200 + b"]" * 200 + b"}", {"text": ""}),
    (
        b'{"html": "", "url": "a", "meta": ' + b"[" * 900 + b"]" * 900 + b"}",
        {"url": "a", "error": "it is nested"},
    ),
    (b'{"html": 5, "url": ' + b"[" * 900 + b"]" * 900 + b"}", {"url": None, "error": "html is not"}),
    (b'{"html": "", "meta": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", {"error": "not JSON"}),
    (b'{"html": "<p>One</p>", "content_type": 5}', {"text": "One"}),
    (b'{"html": "<p>One</p>"}\r', {"text": "One"}),
    (b"\xff\xfe{\0}\0", {"error": "not JSON"}),
]


def test_each_odd_line_has_one_output_that_can_be_written() -> None:
    found = extracted(b"\n".join(given for given, _ in ODD_LINES))
    for number, (output, (given, expected)) in enumerate(zip(found, ODD_LINES, strict=True), 1):
        again = orjson.loads(orjson.dumps(output))
        error = again.pop("error", "")
        assert error.startswith(f"line {number}: {expected['error']}") if "error" in expected else not error, given
        for name in expected.keys() - {"error"}:
            assert again[name] == expected[name], given


def test_a_bug_costs_its_line_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise LookupError("no\ud800 such thing")

    monkeypatch.setattr(json_lines, "extract", broken)
    found = json_lines._outcome(line(url="a", html="<p>One</p>"))
    assert found["url"] == "a"
    assert found["error"].startswith("page_error LookupError: no\ufffd such thing at broken:")


def test_a_line_of_50_megabytes_is_a_page_that_is_cut() -> None:
    pages = line(url="a", html="<p>word " * 6_250_000) + line(url="b", html="<p>Two</p>")
    found, last = extracted(pages, ItemLimits(seconds=20, megabytes=1024))
    assert "error" not in found
    assert 500_000 < len(found["text"]) < 2_000_000
    assert last["text"] == "Two"


def test_too_long_a_line_is_passed_over_in_bounded_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mathmill.data.json_lines.LINE_BYTES", 1000)
    for size, fits in ((998, True), (999, True), (1000, False), (1001, False), (2001, False), (5000, False)):
        given = b"a\n" + b"x" * size + b"\nb"
        middle = (2, b"x" * size + b"\n" if fits else b"it is longer than 1,000 bytes")
        assert numbered(given) == [(1, b"a\n"), middle, (3, b"b")], size
    assert numbered(b"x" * 5000) == [(1, b"it is longer than 1,000 bytes")]


def test_numbers_count_blank_lines_and_every_kind_of_line_end() -> None:
    assert numbered(b"\n \r\na\r\n\t\n\nb") == [(3, b"a\r\n"), (6, b"b")]
    assert numbered(b"\xef\xbb\xbf\na\n\xef\xbb\xbfb") == [(2, b"a\n"), (3, b"\xef\xbb\xbfb")]
    assert numbered(b"") == numbered(b"\n\n") == numbered(b"\xef\xbb\xbf") == []
    found = extracted(b"\n\nnothing\n\n[1]\n")
    assert [each["error"].partition("(")[0] for each in found] == [
        "line 3: not JSON ",
        "line 5: not an object with the keys url and html",
    ]


PAGES = b"".join(line(url=str(i), html=f"<p>Page {i}</p>") for i in range(5000))
HALF = len(PAGES) // 2


@pytest.mark.parametrize(
    "packed",
    [
        gzip.compress(PAGES, mtime=0),
        gzip.compress(PAGES[:HALF], mtime=0) + gzip.compress(PAGES[HALF:], mtime=0) + b"\0" * 100,
        zstandard.compress(PAGES),
        b"\x50\x2a\x4d\x18\4\0\0\0abcd" + zstandard.compress(PAGES[:HALF]) + zstandard.compress(PAGES[HALF:]),
    ],
    ids=["gzip", "gzip members", "zstd", "zstd frames"],
)
def test_compressed_files_are_read_and_their_damage_is_told(packed: bytes) -> None:
    whole = PAGES.splitlines(keepends=True)
    assert [each.data for each in read_lines(io.BytesIO(packed))] == whole
    for damaged in (packed[: len(packed) // 2], packed[:-150], packed + b"\1garbage"):
        *lines, last = read_lines(io.BytesIO(damaged))
        assert [each.data for each in lines] == whole[: len(lines)]
        assert (last.number, last.data) == (len(lines) + 1, b"")
        assert last.error.startswith("the compressed file is damaged from here on")
    (*_, told) = extract_lines([Line(1, PAGES[:99].splitlines()[0]), Line(2, b"", "broken")], LIMITS)
    assert told["error"] == "line 2: broken"


def test_a_bomb_of_one_line_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mathmill.data.json_lines.LINE_BYTES", 1_000_000)
    bomb = b"x" * 60_000_000 + b"\nafter"
    for packed in (gzip.compress(bomb, 1), zstandard.compress(bomb)):
        assert numbered(packed) == [(1, b"it is longer than 1,000,000 bytes"), (2, b"after")]


def test_other_packing_is_refused_with_what_to_do() -> None:
    with pytest.raises(ConfigError, match="bunzip2 -c FILE"):
        list(read_lines(io.BytesIO(bz2.compress(PAGES))))


@pytest.mark.parametrize("workers", [1, 2])
def test_lines_come_back_in_order_whatever_the_batches(monkeypatch: pytest.MonkeyPatch, workers: int) -> None:
    monkeypatch.setattr(json_lines, "BATCH_LINES", 3)
    lines = [line(url=str(i), html=f"<p>Page {i}</p>") if i % 4 else b"broken" for i in range(10)]
    lines.insert(5, b"  \n")
    found = extracted(b"".join(each if each.endswith(b"\n") else each + b"\n" for each in lines), workers=workers)
    assert [each["text"] for each in found] == ["" if i % 4 == 0 else f"Page {i}" for i in range(10)]
    assert [each["error"].partition(":")[0] for each in found if "error" in each] == ["line 1", "line 5", "line 10"]


@pytest.mark.parametrize(
    ("deadly", "url", "limits", "reason"),
    [
        pytest.param(
            line(url="deadly", html="<p>\\(x_1\\)" * 180_000),
            "deadly",
            ItemLimits(1, 1024),
            "page_time",
            marks=pytest.mark.slow,
        ),
        # More than its address can be read from in these limits.
        (line(url="deadly", html="<p>word " * 2_000_000), None, ItemLimits(5, 64), "page_memory"),
    ],
)
def test_a_page_that_kills_its_process_costs_that_page(
    deadly: bytes, url: str | None, limits: ItemLimits, reason: str
) -> None:
    found = extracted(line(url="a", html="<p>One</p>") + b"\n" + deadly + line(url="b", html="<p>Two</p>"), limits)
    assert [each["url"] for each in found] == ["a", url, "b"]
    assert [each["text"] for each in found] == ["One", "", "Two"]
    assert found[1]["error"].startswith(f"line 3: {reason} {{")


def test_work_ends_soon_when_no_more_is_wanted() -> None:
    slow = line(url="a", html="<p>\\(x_1\\) is</p>" * 20_000)
    began = time.monotonic()
    found = extract_lines(read_lines(io.BytesIO(line(html="") * json_lines.BATCH_LINES + slow * 200)), LIMITS)
    next(found)
    found.close()
    assert time.monotonic() - began < 100  # all of it would take several times as long


def test_a_full_temporary_folder_is_told(tmp_path: Path) -> None:
    file = tmp_path / "pages.jsonl"
    file.write_bytes(line(html="<p>Page</p>") * 4000)
    command = f"ulimit -f 8 && TMPDIR={tmp_path} {sys.executable} -m mathmill.cli pipeline extract {file} --jsonl | cat"
    done = subprocess.run(["bash", "-o", "pipefail", "-c", command], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (74, "")
    assert "TMPDIR" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["pages.jsonl"]


def test_the_command_goes_on_after_bad_lines_and_fails_at_the_end(tmp_path: Path) -> None:
    file = tmp_path / "pages.jsonl"
    file.write_bytes(b"\nbroken\n" + line(url="a", html="<p>Let \\(x^2\\) and \\(y_1\\) be.</p>"))
    code, out, err = warm("pipeline", "extract", file, "--jsonl", "--workers", "2")
    assert code == 65
    assert [orjson.loads(each)["text"] for each in out.splitlines()] == ["", "Let $x^2$ and $y_1$ be."]
    assert f"1 of 2 lines of {file} failed" in err
    assert "the first is line 2: not JSON" in err


@pytest.mark.parametrize("pack", [gzip.compress, bytes])
def test_the_command_reads_standard_input(pack: Callable[[bytes], bytes]) -> None:
    code, out, _ = warm("pipeline", "extract", "-", "--jsonl", stdin=pack(line(url="a", html="<p>One</p>")))
    assert (code, orjson.loads(out)["text"]) == (0, "One")
