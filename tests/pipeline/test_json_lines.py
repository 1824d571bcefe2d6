from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest

from mathmill.pipeline import json_lines
from mathmill.pipeline.isolate import ItemLimits
from mathmill.pipeline.json_lines import extract_line, extract_lines
from tests.pipeline.lessons import lesson_around
from tests.test_cli import call

LIMITS = ItemLimits(seconds=5, megabytes=512)


def line(**page: Any) -> bytes:
    return orjson.dumps(page) + b"\n"


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


@pytest.mark.parametrize("workers", [1, 2])
def test_lines_come_back_in_order_whatever_the_batches(monkeypatch: pytest.MonkeyPatch, workers: int) -> None:
    monkeypatch.setattr(json_lines, "BATCH_LINES", 3)
    lines = [line(url=str(i), html=f"<p>Page {i}</p>") if i % 4 else b"broken" for i in range(10)]
    lines.insert(5, b"  \n")
    found = list(extract_lines(lines, LIMITS, workers))
    assert [each["text"] for each in found] == ["" if i % 4 == 0 else f"Page {i}" for i in range(10)]
    assert [i for i, each in enumerate(found) if "error" in each] == [0, 4, 8]


def test_a_page_that_kills_its_process_costs_that_page() -> None:
    endless = line(url="endless", html="<p>\\(x_1\\)" * 180_000)
    lines = [line(url="a", html="<p>One</p>"), endless, line(url="b", html="<p>Two</p>")]
    found = list(extract_lines(lines, ItemLimits(seconds=1, megabytes=1024)))
    assert [each["url"] for each in found] == ["a", "endless", "b"]
    assert found[0]["text"] == "One"
    assert found[2]["text"] == "Two"
    assert "page_time" in found[1]["error"]


def test_the_command_reads_lines_and_fails_at_the_end_for_bad_ones(tmp_path: Path) -> None:
    file = tmp_path / "pages.jsonl"
    file.write_bytes(line(url="a", html="<p>Let \\(x^2\\) and \\(y_1\\) be.</p>"))
    code, out, _ = call("pipeline", "extract", str(file), "--jsonl")
    assert code == 0
    assert orjson.loads(out)["text"] == "Let $x^2$ and $y_1$ be."
    file.write_bytes(file.read_bytes() + b"broken\n")
    code, out, err = call("pipeline", "extract", str(file), "--jsonl", "--workers", "2")
    assert code == 65
    assert len(out.splitlines()) == 2
    assert "line 2: not JSON" in err


def test_the_command_reads_standard_input(tmp_path: Path) -> None:
    code, out, _ = call("pipeline", "extract", "-", "--jsonl", stdin=line(url="a", html="<p>One</p>").decode())
    assert (code, orjson.loads(out)["text"]) == (0, "One")
