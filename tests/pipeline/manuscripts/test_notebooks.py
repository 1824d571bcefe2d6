"""Notebooks as nbformat 3 and 4 write them: text, code, results, and what is left out."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mathmill.pipeline.manuscripts.notebooks import PRINTED_CHARS, RESULT_CHARS, TEXT_CHARS, read_notebook


def notebook(*cells: dict[str, Any], **metadata: Any) -> str:
    return json.dumps({"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}, indent=1)


def markdown(source: str | list[Any], **more: Any) -> dict[str, Any]:
    return {"cell_type": "markdown", "id": "a", "metadata": {}, "source": source, **more}


def code(source: str | list[str], *outputs: dict[str, Any]) -> dict[str, Any]:
    return {"cell_type": "code", "execution_count": 1, "metadata": {}, "outputs": outputs, "source": source}


def result(**data: Any) -> dict[str, Any]:
    named = {key.replace("_", "/", 1): value for key, value in data.items()}
    return {"output_type": "execute_result", "execution_count": 1, "metadata": {}, "data": named}


def printed(text: str, name: str = "stdout") -> dict[str, Any]:
    return {"output_type": "stream", "name": name, "text": text.splitlines(keepends=True)}


def read(*cells: dict[str, Any], **metadata: Any) -> tuple[str, str, list[str]]:
    found = read_notebook(notebook(*cells, **metadata))
    assert found is not None
    return found[0], found[1], [f.latex for f in found[2]]


def test_a_notebook() -> None:
    text, title, formulas = read(
        markdown(["# Roots of $x^2$\n", "\n", "Let $n$ be `$one$`."]),
        code(["def f(x):\n", "    return x**2  # $no$\n"]),
        code(
            "f(y)", printed("42\n"), result(text_latex=["$\\displaystyle y^{2}$"], text_plain="y**2", image_png="iVBO")
        ),
        {"cell_type": "raw", "metadata": {}, "source": "raw $r$"},
        kernelspec={"display_name": "Python 3", "language": "python", "name": "python3"},
    )
    assert text == (
        "# Roots of $x^2$\n\nLet $n$ be `$one$`.\n\n```python\ndef f(x):\n    return x**2  # $no$\n```\n\n"
        "```python\nf(y)\n```\n\n```\n42\n```\n\n$$y^{2}$$\n\nraw $r$"
    )
    assert (title, formulas) == ("Roots of $x^2$", ["x^2", "n", "y^{2}"])


def test_version_3() -> None:
    outputs = [
        {"output_type": "pyout", "prompt_number": 1, "latex": ["$$x_1$$"], "text": ["x1"]},
        {"output_type": "pyout", "prompt_number": 1, "text": ["{1, 2}"]},
        {"output_type": "stream", "stream": "stdout", "text": ["out\n"]},
        {"output_type": "display_data", "png": "iVBO", "text": ["<matplotlib.figure.Figure at 0x7f>"]},
        {"output_type": "pyerr", "ename": "E", "evalue": "", "traceback": ["boom"]},
    ]
    cells = [
        {"cell_type": "heading", "level": 2, "source": ["Sums of $n$"]},
        {"cell_type": "code", "collapsed": False, "input": ["1+1"], "language": "julia", "outputs": outputs},
        {"cell_type": "markdown", "source": "and $m$"},
    ]
    found = read_notebook(json.dumps({"metadata": {"name": "old"}, "nbformat": 3, "worksheets": [{"cells": cells}]}))
    assert found is not None
    assert found[0] == (
        "## Sums of $n$\n\n```julia\n1+1\n```\n\n$$x_1$$\n\n```\n{1, 2}\n```\n\n```\nout\n```\n\nand $m$"
    )
    assert found[1] == "Sums of $n$"
    assert [f.latex for f in found[2]] == ["n", "x_1", "m"]


# source of a Markdown cell, its text
CLEANED = [
    ("a ![plot](attachment:plot.png) b", "a  b"),
    ("![x](data:image/png;base64,iVBORw0KGgo=)", ""),
    ("![kept](figure.png)", "![kept](figure.png)"),
    ("<h2>Title</h2><p>one<br>two</p>", "## Title\n\none\ntwo"),
    ('<div class="alert" style="x">**note** &lt; $a<b$ &amp; $c>d$</div>', "**note** < $a<b$ & $c>d$"),
    ("<style>p {}</style><img src='a.png'/>x", "x"),
    ("`<b>` <b>x</b> <http://a.example/>", "`<b>` x <http://a.example/>"),
    ("\\\\(a\\\\) costs $5", "\\(a\\) costs $5"),
    ("```html\n<b>&lt;</b>\n```", "```html\n<b>&lt;</b>\n```"),
]


@pytest.mark.parametrize(("source", "text"), CLEANED)
def test_html_and_attachments_in_cells(source: str, text: str) -> None:
    assert read(markdown(source, attachments={"plot.png": {"image/png": "iVBO"}}))[0] == text


# outputs of a cell, their text
OUTPUTS: list[tuple[dict[str, Any], str]] = [
    (result(text_plain="'a'"), "```\n'a'\n```"),
    (result(text_html="<table>", text_plain="   a\n0  1"), "```\n   a\n0  1\n```"),
    (result(text_markdown="**a** $x$", text_plain="<Markdown object>"), "**a** $x$"),
    (result(text_plain="<Figure size 432x288 with 1 Axes>"), ""),
    (result(image_png="iVBO", text_plain="Plot"), ""),
    (result(**{"application/vnd.jupyter.widget-view+json": {}, "text_plain": "IntSlider()"}), ""),
    (result(text_plain="x" * (RESULT_CHARS + 1)), ""),
    (printed("\x1b[31mred\x1b[0m"), "```\nred\n```"),
    (printed("x" * (PRINTED_CHARS + 1)), ""),
    (printed("warning", "stderr"), ""),
    ({"output_type": "error", "ename": "E", "traceback": ["boom"]}, ""),
]


@pytest.mark.parametrize(("output", "text"), OUTPUTS)
def test_results(output: dict[str, Any], text: str) -> None:
    assert read(code("", output))[0] == text


def test_a_fence_is_longer_than_those_inside() -> None:
    assert read(code("'''\n````\n'''"))[0] == "`````python\n'''\n````\n'''\n`````"


def test_titles() -> None:
    assert read(markdown("no heading"), title="From  metadata")[1] == "From metadata"
    assert read(markdown("text\n\n### First"), markdown("# Second"), title="x")[1] == "First"
    assert read(code("# comment"))[1] == ""


def test_an_open_fence_ends_with_its_cell() -> None:
    assert read(markdown("```\n$x$"), markdown("$y$"))[2] == ["y"]


def test_odd_values_are_passed_over() -> None:
    odd: list[Any] = [None, 1, "x", [], {"cell_type": 1}, {"cell_type": "code", "outputs": 5, "source": {"a": 1}}]
    text = json.dumps({"cells": [*odd, markdown(["a", 1, "b"])], "metadata": [], "x": float("nan")})
    assert read_notebook(text) == ("ab", "", ())


@pytest.mark.parametrize("text", ["", "{}", '{"cells": {}}', "[]", "{", "[" * 200_000, '{"a":' * 200_000, "null", "1"])
def test_what_is_no_notebook(text: str) -> None:
    assert read_notebook(text) is None


def test_a_notebook_s_text_is_bounded() -> None:
    cell = markdown("x" * 300_000)
    assert len(read(*[cell] * 10)[0]) <= TEXT_CHARS
