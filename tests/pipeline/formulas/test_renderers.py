from __future__ import annotations

import time

import pytest

from mathmill.pipeline.formulas.renderers import CODE, EVERY_CLASS, Pair, Renderer, renderer_of

LIBRARY = "<script src='https://cdn.example/mathjax/tex-mml-chtml.js'></script>"
KATEX = "<script src='https://cdn.example/katex/auto-render.min.js'></script>"

# configuration, whether inline dollars count, delimiters of the page's own
DELIMITERS = [
    ("MathJax = {tex: {inlineMath: [['$', '$'], ['\\\\(', '\\\\)']]}}", True, ()),
    ('MathJax.Hub.Config({tex2jax: {inlineMath: [["\\\\(","\\\\)"]]}})', False, ()),
    ("MathJax = {tex: {inlineMath: [/* ours */ ['$', '$'], // and\n ['\\\\(', '\\\\)']]}}", True, ()),
    ("MathJax = {tex: {inlineMath: [['[;', ';]'], ['@', '@']]}}", False,
     (Pair("[;", ";]", False), Pair("@", "@", False))),
    ("MathJax = {tex: {displayMath: [['$$', '$$'], ['\\\\[', '\\\\]']]}}", None, ()),
    ("MathJax = {tex: {displayMath: [['%%', '%%']]}}", None, (Pair("%%", "%%", True),)),
    ("jsMath = {processSingleDollars: 1}", True, ()),
    ('renderMathInElement(document.body, {delimiters: [{left: "$$", right: "$$", display: true}, '
     '{left: "$", right: "$", display: false}]})', True, ()),
    ('renderMathInElement(document.body, {delimiters: [{left: "\\\\(", right: "\\\\)", display: false}]})', False, ()),
    ("renderMathInElement(b, {'delimiters': [{'display': true, 'left': '~~', 'right': '~~'}]})", None,
     (Pair("~~", "~~", True),)),
    ("MathJax = {tex: {inlineMath: {'[+]': [['$', '$']]}}}", None, ()),
    ("MathJax = {tex: {inlineMath: [['$', '$'", True, ()),
    ("MathJax = {tex: {inlineMath: [['', '']]}}", None, ()),
]  # fmt: skip


@pytest.mark.parametrize(("script", "dollar", "pairs"), DELIMITERS)
def test_delimiters_are_read_from_the_configuration(script: str, dollar: bool | None, pairs: tuple[Pair, ...]) -> None:
    found = renderer_of(f"<script>{script}</script>{LIBRARY}{KATEX}")
    assert (found.loaded, found.dollar, found.pairs) == (True, dollar, pairs)


def test_an_attribute_can_configure() -> None:
    page = (
        "<script src='auto-render.js' onload='renderMathInElement(document.body, "
        "{delimiters: [{left: &quot;$&quot;, right: &quot;$&quot;, display: false}]})'></script>"
    )
    assert renderer_of(page).dollar is True


def test_a_page_without_a_renderer_permits_nothing() -> None:
    assert renderer_of("<script>x = {inlineMath: [['$', '$']]}</script>") == Renderer()


@pytest.mark.parametrize(
    ("script", "ignored", "processed"),
    [
        ("MathJax = {options: {ignoreHtmlClass: 'tex2jax_ignore|no-math', processHtmlClass: 'yes-math'}}",
         {"tex2jax_ignore", "no-math"}, {"yes-math"}),
        ("MathJax.Hub.Config({tex2jax: {ignoreClass: '.*', processClass: 'mathjax'}})", {EVERY_CLASS}, {"mathjax"}),
        ("MathJax = {options: {ignoreHtmlClass: '(a+)+$|plain'}}", {"plain"}, set()),
        ("renderMathInElement(b, {ignoredClasses: ['raw', 'code-like']})", {"raw", "code-like"}, set()),
    ],
)  # fmt: skip
def test_classes_are_words_and_never_foreign_patterns(script: str, ignored: set[str], processed: set[str]) -> None:
    found = renderer_of(f"<script>{script}</script>{LIBRARY}")
    assert found.ignored - Renderer().ignored == ignored - Renderer().ignored
    assert found.processed - Renderer().processed == processed


@pytest.mark.parametrize(
    ("script", "code"),
    [
        ("MathJax = {}", CODE),
        ("MathJax = {options: {skipHtmlTags: ['script', 'pre']}}", {"pre"}),
        ("MathJax = {options: {skipHtmlTags: {'[-]': ['code']}}}", {"pre"}),
        ("MathJax.Hub.Config({tex2jax: {skipTags: ['script', 'code', 'pre']}})", CODE),
    ],
)
def test_elements_to_skip(script: str, code: set[str]) -> None:
    found = renderer_of(f"<script>{script}</script>{LIBRARY}").skipped
    assert found & CODE == code
    assert "script" in found


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        ("<script src='MathJax.js?config=TeX-MML-AM_CHTML'></script>", True),
        ("<script src='MathJax.js?config=TeX-AMS_CHTML'></script>", False),
        ("<script src='ASCIIMathML.js'></script>", True),
        ("<script>MathJax = {loader: {load: ['input/asciimath']}}</script>", True),
        ("<p>AsciiMath and mathjax are words here.</p>", False),
    ],
)
def test_backticks_are_asciimath_where_it_is_loaded(head: str, expected: bool) -> None:
    assert renderer_of(head).asciimath is expected


@pytest.mark.parametrize(
    "unit", ["inlineMath: [", "inlineMath: ['", "<script onload=", "delimiters:[{left:'", "//", "/*"]
)
def test_time_is_linear(unit: str) -> None:
    began = time.process_time()
    renderer_of(f"mathjax <script>Math {unit * (300_000 // len(unit))}</script>")
    assert time.process_time() - began < 5
