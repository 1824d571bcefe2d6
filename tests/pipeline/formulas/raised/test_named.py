from __future__ import annotations

from typing import Any

import pytest

from mathmill.pipeline.dom.parse import parse
from mathmill.pipeline.extraction import extract_html
from mathmill.pipeline.formulas.delimited import Formula
from mathmill.pipeline.formulas.raised.named import MOST_CHARS, MOST_ELEMENTS, protect_named
from tests.pipeline.formulas.raised.collecting import TOKEN, collected


def protected(markup: str) -> tuple[list[Formula], Any]:
    return collected(markup, lambda tree, token_for: protect_named(tree, token_for, TOKEN))


# what a `texhtml` element holds, and its LaTeX
TEXHTML = [
    ("<i>x</i> = 2", "x = 2"),
    ("<i>n</i>", "n"),
    ("3", "3"),
    ("0 &lt; c &lt; 1", "0 < c < 1"),
    ("<i>a</i> = −1", "a = -1"),
    ("<i>x</i>&nbsp;+&#8202;1", "x + 1"),
    ("<i>O</i>(<i>n</i> log <i>n</i>)", r"O(n \log n)"),
    ("<i>y<sub>i</sub></i> − <i>mx<sub>i</sub></i>", "y_i - mx_i"),
    ("<b>R</b><sup><i>n</i></sup>", r"\mathbf{R}^n"),
    ("<i>f</i>′(<i>x</i>)", "f'(x)"),
    ("<i>f</i> : <i>X</i> → <i>Y</i>", r"f : X \to Y"),
    ("Aut(<i>G</i>)", r"\operatorname{Aut}(G)"),
    ("SL(2, <b>R</b>)", r"\operatorname{SL}(2, \mathbf{R})"),
    ('<a href="/wiki/E"><i>e</i></a><sup><i>iπ</i></sup> = −1', r"e^{i\pi} = -1"),
    ('<span class="sfrac">\u2060<span class="tion"><span class="num">1</span><span class="sr-only">/</span>'
     '<span class="den">2</span></span>\u2060</span>', "1/2"),
    ('<span class="sfrac"><span><i>a</i> + 1</span><span class="visualhide">/</span><span>2<i>b</i></span></span>',
     "(a + 1)/(2b)"),
    ('<span class="nowrap">√<span style="border-top:1px solid"><i>x</i> + 1</span></span>', r"\sqrt{x + 1}"),
    ('√<span style="border-top:1px solid">2</span>', r"\sqrt{2}"),
    ("<i>x</i><span><sup>2</sup><br><sub>1</sub></span>", "x^2_1"),
    ("<i>x</i><sub>1</sub>, <i>x</i><sub>2</sub>", "x_1, x_2"),
    ("<i>x</i><sub>1</sub>, ...", r"x_1, \ldots"),
    ('<span class="texhtml"><i>x</i></span> = 1', "x = 1"),
]  # fmt: skip
# and what is none
TEXTS = [
    "if and only if",
    "word",
    "",
    "H<sub>2</sub>O",
    "m<sup>2</sup>",
    "$5",
    "2.5%",
    "<i>x</i> = 1 or 2",
    "zqf90z = 1",
]
# elements of other classes, and their LaTeX if they are formulas
OTHERS = [
    ('<span class="math inline"><em>a</em> = 2</span>', "a = 2"),
    ('<SPAN CLASS="MATH"><I>d</I> = 2</SPAN>', "d = 2"),
    ('<span class="formula"><i>F</i> = <i>ma</i></span>', "F = ma"),
    ('<span class="texhtml mvar" style="font-style:italic;">xy</span>', "xy"),
    ('<i class="texhtml">n</i>', "n"),
    ('<span class="math">words</span>', ""),
    ('<span class="math">12</span>', ""),
    ('<span class="formula">C<sub>6</sub>H<sub>6</sub></span>', ""),
    ('<span class="formula"><i>word</i></span>', ""),
    ('<span class="mathy"><i>x</i></span>', ""),
    ('<code class="math"><i>x</i></code>', ""),
]


@pytest.mark.parametrize(("inner", "latex"), TEXHTML)
def test_texhtml(inner: str, latex: str) -> None:
    found, tree = protected(f'<p>Here stands <span class="texhtml">{inner}</span>, and so on.</p>')
    assert found == [Formula(latex, False, "sup_sub")]
    assert tree.text_content() == "Here stands zqf0z, and so on."


@pytest.mark.parametrize("inner", TEXTS)
def test_texhtml_that_is_no_formula_stays(inner: str) -> None:
    page = f'<p>Here stands <span class="texhtml">{inner}</span>, and so on.</p>'
    before = parse(page).text_content()  # type: ignore[union-attr]
    found, tree = protected(page)
    assert found == []
    assert tree.text_content() == before


@pytest.mark.parametrize(("markup", "latex"), OTHERS)
def test_other_classes(markup: str, latex: str) -> None:
    assert [formula.latex for formula in protected(f"<p>So {markup} it is.</p>")[0]] == [latex] * bool(latex)


def test_display_and_full_stop() -> None:
    one = '<span class="texhtml"><i>x</i> = 2.</span>'
    for page, display in [
        (f"<p>{one}</p>", True),
        (f"<dl><dd>{one}</dd></dl>", True),
        (f"<p>So {one}</p>", False),
        (f"<ul><li>{one}</li></ul>", False),
        ('<p>So <span class="math display"><em>x</em> = 2.</span></p>', True),
    ]:
        found, tree = protected(page)
        assert found == [Formula("x = 2", display, "sup_sub")]
        assert tree.text_content().endswith("zqf0z.")


def test_what_is_too_large_stays() -> None:
    for inner in ("<i>x</i>" * MOST_ELEMENTS, "x + " * MOST_CHARS):
        assert protected(f'<p>So <span class="texhtml">{inner}</span>.</p>')[0] == []


def test_in_a_page() -> None:
    page = '<p>Let <span class="texhtml"><i>x</i> = 2</span> and <span class="texhtml mvar">y</span> be given.</p>'
    extraction = extract_html(f"<html><body>{page}<p>They are given.</p></body></html>")
    assert "Let $x = 2$ and $y$ be given." in extraction.text
