from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mathmill.pipeline.extraction import extract_html
from mathmill.pipeline.formulas.text_runs import text_formulas
from tests.pipeline.lessons import lesson_around

LOADED = "<script src=mathjax.js></script>"


def configured(options: str) -> str:
    return f"<script>MathJax = {{{options}}};</script>{LOADED}"


DOLLARS = configured("tex: {inlineMath: [['$', '$'], ['\\\\(', '\\\\)']]}")
KATEX = '<script src=auto-render.js onload="renderMathInElement(document.body, {{delimiters: [{}], {}}})"></script>'
SIDES = "{left: '$$', right: '$$', display: true}, {left: '@(', right: '@)', display: false}"

# head, body, formulas and whether they are displayed
PAGES = [
    (configured("tex: {inlineMath: [['@', '@']], displayMath: [['##', '##']]}"), "<p>@x@ and ##y##, not $z$</p>",
     [("x", False), ("y", True)]),
    (configured("tex: {inlineMath: [['<m>', '</m>']]}"), "<p>&lt;m>x&lt;/m> is</p>", [("x", False)]),
    (KATEX.format(SIDES, "ignoredTags: ['kbd']"), "<p>@(x@) and $$y$$ in <kbd>@(z@)</kbd> but $u$</p>",
     [("x", False), ("y", True)]),
    (KATEX.format(SIDES, "ignoredClasses: ['raw']"), "<p>@(x@) <span class='a raw'>@(z@)</span></p>", [("x", False)]),
    (configured("tex: {inlineMath: [['$', '$']]}, options: {ignoreHtmlClass: 'no|raw'}"),
     "<p>$x$ <i class=raw>$y$</i> <i class=no>$z$ <b class=mathjax_process>$u$</b></i></p>",
     [("x", False), ("u", False)]),
    (configured("tex: {inlineMath: [['$', '$']]}, options: {ignoreHtmlClass: '.*', processHtmlClass: 'yes'}"),
     "<p class=no>$x$</p><p class=yes>$y$</p>", [("y", False)]),
    (configured("tex: {inlineMath: [['$', '$']]}, options: {skipHtmlTags: {'[-]': ['pre', 'code']}}"),
     "<p><code>$x$</code></p>", [("x", False)]),
    (DOLLARS, "<p><code>$x$</code> <textarea>$y$</textarea> <kbd>$z$</kbd></p>", [("z", False)]),
    (DOLLARS, "<div class=tex2jax_ignore>$x$ <b class=tex2jax_process>$y$</b></div>", [("y", False)]),
    (DOLLARS, "<p>$x<br>+ 1$ and $y</p><p>$ z</p>", [("x + 1", False)]),
    (DOLLARS, "<p>&#36;x&#36; &dollar;y&dollar; &bsol;(z&bsol;) &#92;[u&#92;]</p>",
     [("x", False), ("y", False), ("z", False), ("u", True)]),
    (DOLLARS, "<p>\\$5 and \\$6, $x$ \\\\(y\\\\)</p>", [("x", False)]),
    (DOLLARS, "<p>$\\text{if $y$ holds}$ and $$\\mbox{$z$}$$</p>",
     [("\\text{if $y$ holds}", False), ("\\mbox{$z$}", True)]),
    (DOLLARS, "<p>$x$$y$ and $$z$$$$u$$</p>", [("x", False), ("y", False), ("z", True), ("u", True)]),
    (LOADED, "<p>$x$ but \\(y\\) and $$z$$</p>", [("y", False), ("z", True)]),
    (DOLLARS, "<p>\\begin{align}x\\end{align} \\begin{math}y\\end{math} \\begin{proof}z\\end{proof}</p>",
     [("\\begin{align}x\\end{align}", True), ("y", False)]),
    (DOLLARS, "<p>\\(\\def\\R{\\mathbb{R}}\\)$$\\newcommand{\\a}{b} \\providecommand{\\c}{d}$$ $x \\in \\R$</p>",
     [("x \\in \\R", False)]),
    (DOLLARS, "<p>$5 and $6, $1,000; $x$ or US$7 for $n$.</p>", [("x", False), ("n", False)]),
    ("", "<p>$x_1$ and $y^2$ cost $5 or $6 with $HOME and $PATH.</p>", [("x_1", False), ("y^2", False)]),
    ("", "<p>[tex]x[/tex] [itex]y[/itex] [latex]z[/latex] [math]u^2[/math]</p>",
     [("x", True), ("y", False), ("z", False), ("u^2", False)]),
    ("", "<p>$latex x$ and $latex \\displaystyle y$</p>", [("x", False), ("\\displaystyle y", False)]),
    (DOLLARS, "<p>\u200b$x$\ufeff and $\u200by\u200b$ and\u00a0$z$\u00a0is</p>",
     [("x", False), ("y", False), ("z", False)]),
]  # fmt: skip


@pytest.mark.parametrize(("head", "body", "expected"), PAGES)
def test_a_page_gets_what_its_renderer_would_typeset(head: str, body: str, expected: list[tuple[str, bool]]) -> None:
    extraction = extract_html(lesson_around(body, head))
    found = [(formula.latex.removeprefix("\\displaystyle "), formula.display) for formula in extraction.formulas]
    assert found == [(latex.removeprefix("\\displaystyle "), display) for latex, display in expected]
    assert extraction.found == len(expected)


PIECES = st.sampled_from(
    ["<br>", "<wbr>", "\\(x_{%d}\\)", "\\[y_{%d}\\]", "words ", "<b>bold</b> ", "<!-- c -->", "\n", "\\(", "a"]
)


@settings(max_examples=100)
@given(st.lists(PIECES, max_size=20))
def test_words_and_formulas_keep_their_order(parts: list[str]) -> None:
    parts = [part % i if "%" in part else part for i, part in enumerate(parts)]
    extraction = extract_html(lesson_around(f"<p>start {''.join(parts)} end</p>", LOADED))
    if "\\(" not in parts:
        wanted = [part[2:-2] for part in parts if part.startswith("\\")]
        assert [formula.latex for formula in extraction.formulas] == wanted
        assert extraction.text.count("words") == parts.count("words ")
        assert extraction.text.count("bold") == parts.count("<b>bold</b> ")
        at = [extraction.text.index(formula.delimited()) for formula in extraction.formulas]
        assert at == sorted(at)


@given(st.text(alphabet="$\\()[]{}x_1 ab\n`", max_size=60))
def test_plain_text_never_raises(text: str) -> None:
    assert all(formula.latex for formula in text_formulas(text))
