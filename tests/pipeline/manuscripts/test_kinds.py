"""What kind of manuscript a record is, and that any text of any kind is read, in linear time."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mathmill.data.records import Document
from mathmill.pipeline.cheap_text import CheapText
from mathmill.pipeline.decode import Decode
from mathmill.pipeline.gates import ByteGate
from mathmill.pipeline.manuscripts.kinds import Kind, ending, is_manuscript, kind_of
from mathmill.pipeline.manuscripts.read import read_manuscript
from mathmill.pipeline.pages import page
from tests.effort import assert_linear
from tests.pipeline.making import answer, member, read, records_of, warc

NOTEBOOK = '{\n "cells": [], "nbformat": 4}'
PAGE = "<!DOCTYPE html><p>x"
TEX = "% a paper\n\\documentclass{article}\n\\begin{document}"
SITE = "https://a.example/"
# media type, address, first characters, kind
KINDS: list[tuple[str | None, str, str, Kind]] = [
    ("text/html; charset=utf-8", "x.ipynb", NOTEBOOK, "html"),
    ("TEXT/HTML", "x.tex", TEX, "html"),
    ("application/xhtml+xml", "", "x", "html"),
    ("text/xml", "x.md", "<?xml version='1.0'?>", "html"),
    ("application/x-ipynb+json", "", "{}", "notebook"),
    ("text/x-tex", "", "x", "tex"),
    ("application/x-tex", "", "x", "tex"),
    ("application/x-latex; charset=latin1", "", "x", "tex"),
    ("text/markdown", "", "# x", "markdown"),
    ("text/x-markdown", "", "# x", "markdown"),
    ("text/x-rst", "", "x", "text"),
    ("text/plain", "", "just text", "text"),
    ("text/plain", "a.py", "just text", "text"),
    ("text/plain", "a.tex", "Let $x$", "tex"),
    ("text/plain; charset=utf-8", "a.TEX?raw=true#x", "Let $x$", "tex"),
    ("text/plain", "a", TEX, "tex"),
    ("text/plain", "README.md", "# x", "markdown"),
    ("text/plain", "a.ipynb", NOTEBOOK, "notebook"),
    ("text/plain", "a.ipynb", "the text that a WET archive has of a rendered notebook", "text"),
    ("text/plain", "a", NOTEBOOK, "notebook"),
    ("text/plain", "a.md", PAGE, "html"),
    ("application/json", "a.ipynb", NOTEBOOK, "notebook"),
    ("application/json", "a.json", '{"a": 1}', "html"),
    ("application/octet-stream", "a.ipynb", '{"x": 1}', "notebook"),
    ("application/octet-stream", "a.tex", "x", "tex"),
    ("application/octet-stream", "a.md", "<p align=center>", "markdown"),
    ("", "a.txt", "x", "text"),
    ("", "a.txt", "<div>x", "html"),
    (None, "a.markdown", "x", "markdown"),
    (None, "", "\ufeff" + TEX, "tex"),
    (None, "", NOTEBOOK, "notebook"),
    (None, "", "<p>Let $x$ be", "html"),
    (None, "", "Let $x$ be", "html"),
    (None, "", "", "html"),
]  # fmt: skip


@pytest.mark.parametrize(("content_type", "name", "head", "kind"), KINDS)
def test_kind(content_type: str | None, name: str, head: str, kind: Kind) -> None:
    assert kind_of(content_type, SITE + name, head) == kind
    assert kind_of(content_type, name, head) == kind


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        (SITE, ""),
        ("https://a.example", ""),
        (SITE + "a.tex", "tex"),
        (SITE + "a.TeX?b=c.md", "tex"),
        (SITE + "math.0212001", ""),
        (SITE + "v1.2/a", ""),
        (SITE + "a.tar.gz", "gz"),
        ("https://[a/b.md", "md"),
        ("", ""),
    ],
)
def test_ending(url: str, expected: str) -> None:
    assert ending(url) == expected


# media type, address, first bytes, whether it is a manuscript
MANUSCRIPTS = [
    ("text/plain", "a", b"x", True),
    ("text/plain", "a.txt", b"x", True),
    ("text/plain", "a.rst", b"x", True),
    ("text/plain", "abs/math.0212001", b"x", True),
    ("text/plain", "a.tex", b"x", True),
    ("text/plain", "a.ipynb", b" {", True),
    ("text/plain", "a.ipynb", b"x", False),
    ("text/plain", "a.py", b"x = 1", False),
    ("text/plain", "a.csv", b"1,2", False),
    ("text/plain", "robots.txt", b"User-agent: *", False),
    ("text/plain", "a.txt", b"\x89PNG\x00\x01", False),
    ("text/markdown", "a", b"x", True),
    ("application/x-tex", "a", b"x", True),
    ("application/x-ipynb+json", "a", b"{", True),
    ("application/json", "a.ipynb", b"{", True),
    ("application/json", "a.json", b"{", False),
    ("application/octet-stream", "a.tex", b"x", True),
    ("application/octet-stream", "a.ipynb", b"{", True),
    ("application/octet-stream", "a.md", b"x\x00", False),
    ("application/octet-stream", "a", b"x", False),
    ("", "a.md", b"x", True),
    ("", "a", b"x", False),
    ("text/css", "a.md", b"x", False),
    ("application/pdf", "a.tex", b"%PDF", False),
    ("text/html", "a.md", b"x", False),
]  # fmt: skip


@pytest.mark.parametrize(("content_type", "name", "beginning", "expected"), MANUSCRIPTS)
def test_what_counts_as_a_manuscript(content_type: str, name: str, beginning: bytes, expected: bool) -> None:
    assert is_manuscript(content_type, SITE + name, beginning) is expected


def test_plain_text_stays_as_it_is() -> None:
    found = read_manuscript("\ufeffif a<b then\r\n\r\n  $x_1$ and $x_2$ for $5\f", "text")
    assert found.text == "if a<b then\n\n  $x_1$ and $x_2$ for $5"
    assert [f.latex for f in found.formulas] == ["x_1", "x_2"]


CELL = {"cell_type": "markdown", "source": ["Let $x^2$, $y$ and $x+y$ be."]}
# media type, end of the address, body: each a record of a crawl that holds mathematics
RECORDS = [
    ("text/plain", "a.ipynb", json.dumps({"cells": [CELL], "nbformat": 4})),
    ("application/octet-stream", "a.tex", "\\def\\R{x}\\begin{document}Let $\\R^2$, $y$, $\\alpha$ be.\\end{document}"),
    ("text/markdown", "a", "# A\n\nLet $x^2$, $y$ and $`z`$ be.\n\n```math\nx+y\n```"),
    ("text/plain; charset=utf-8", "a.txt", "Let $x^2$, $y$ and $x+y$ be."),
]


@pytest.mark.parametrize(("content_type", "name", "body"), RECORDS)
def test_manuscripts_with_mathematics_pass_the_gates(tmp_path: Path, content_type: str, name: str, body: str) -> None:
    archive = member(warc(answer(body.encode(), content_type=content_type), SITE + name))
    (record,) = records_of(read(tmp_path, archive))
    document = page(record, "shard")
    for stage in (ByteGate(), Decode(), CheapText()):
        assert isinstance(document, Document)
        (document,) = stage([document])
    assert isinstance(document, Document)
    assert document.text.startswith(("Let $x^2$", "# A\n\nLet $x^2$"))


def test_what_is_no_notebook_is_text() -> None:
    for text in ("{", "[1, 2]", '{"cells": 1}', "[" * 100_000, '{"a":' * 100_000, "null", "Let $x_1$ and $x_2$"):
        assert read_manuscript(text, "notebook").text == text


PIECES = [
    "$", "$$", "\\(", "\\)", "\\[", "\\]", "\\\\(", "{", "}", "[", "]", "x^2", " word ", "\n", "\n\n", "%", "`",
    "```\n", "~~~", "$`", "`$", "<!--", "-->", "<pre>", "</pre>", "---\n", "title: t", "# ", "\\begin{align}",
    "\\end{align}", "\\begin{itemize}", "\\end{itemize}", "\\item", "\\def\\a", "\\newcommand{\\f}[2]", "#1",
    "\\a", "\\f", "\\title", "\\begin{document}", "\\maketitle", "\\section", "\\begin{verbatim}",
    "\\end{verbatim}", "\\verb|", "|", "&", "~", "\\'", "e", "\\c", "\\let", "\\footnote", "\\cite",
    "\\ensuremath", "\\newenvironment{e}", "\\begin{e}", "\\end{e}", "\ue000", "0", "\ue001", "\0", "\ud800",
    "\\", "\\begin{tabular}", "\\texorpdfstring", "\\begin{theorem}", "\\iffalse",
]  # fmt: skip
KIND = st.sampled_from(["tex", "markdown", "text", "notebook"])
TEXT = st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=3)), max_size=40).map("".join)


def assert_sound(text: str, kind: Kind) -> None:
    """Text and formulas can be written; every formula stands in the text, in order."""
    found = read_manuscript(text, kind)
    found.text.encode("utf-8")
    found.title.encode("utf-8")
    assert "\0" not in found.text
    squeezed, position = "".join(found.text.split()).replace("\\%", "%"), 0
    for formula in found.formulas:
        assert formula.latex.strip()
        inner = "".join(formula.latex.split()).replace("\\%", "%")  # what would hide the rest is escaped in it alone
        position = squeezed.find(inner, position)
        assert position >= 0, (formula, found.text)
        position += len(inner)


@settings(max_examples=400, deadline=None)
@given(TEXT, KIND)
def test_any_text_is_read(text: str, kind: Kind) -> None:
    assert_sound(text, kind)


@settings(max_examples=150, deadline=None)
@example("$$$%\\begin{align}$", "")
@given(TEXT, TEXT)
def test_any_cells_are_read(text: str, other: str) -> None:
    output = {"output_type": "display_data", "data": {"text/latex": text}}
    cells = [
        {"cell_type": "markdown", "source": text},
        {"cell_type": "code", "source": other, "outputs": [output]},
    ]
    assert_sound(json.dumps({"cells": cells}), "notebook")


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                ["cells", "worksheets", "cell_type", "source", "input", "outputs", "data", "metadata", "text"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@settings(max_examples=150, deadline=None)
@given(JSON, JSON, st.sampled_from(["cells", "worksheets"]))
def test_any_json_is_read(inside: object, metadata: object, key: str) -> None:
    text = json.dumps(
        {key: [inside, {"cell_type": "code", "outputs": [inside], "source": inside}], "metadata": metadata}
    )
    read_manuscript(text, "notebook").text.encode("utf-8")


@pytest.mark.parametrize("kind", ["tex", "markdown", "notebook"])
@pytest.mark.parametrize(
    "unit", [*PIECES, "$`", "\\f{", "\\f{}{", "$a$$b", "\\title{", "\\def\\a{", "\\item[", "[a](", " "]
)
def test_hostile_repetition_ends(unit: str, kind: Kind) -> None:
    start = "\\newcommand{\\f}[2]{#1#2}\\newenvironment{e}[1]{\\begin{equation}#1}{\\end{equation}}\\def\\a{b}"

    def text(size: int) -> str:
        repeated = (start if kind == "tex" else "") + unit * (size // len(unit))
        return (
            json.dumps({"cells": [{"cell_type": "markdown", "source": repeated}]}) if kind == "notebook" else repeated
        )

    assert_linear(2_500, 20_000, 0.08, text, lambda text: read_manuscript(text, kind))
