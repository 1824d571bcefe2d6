"""The cheap text gate: its text, its count of formulas, and its patience with hostile pages."""

from __future__ import annotations

import itertools
import json
import pickle
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.pages import labelled_pages
from mathmill.classifier.evidence import Evidence
from mathmill.data.records import CONTENT_TYPE, HTML, TRACE, Document, Dropped, Stage
from mathmill.pipeline.cheap_text import CheapText, markup_formulas, visible_text
from mathmill.pipeline.decode import Decode
from mathmill.pipeline.gates import ByteGate
from mathmill.pipeline.language import Language
from mathmill.pipeline.quality import Quality
from tests.effort import within
from tests.shared import CRAWL, needs_crawl


def judge(source: str, content_type: str = "text/html") -> Document | Dropped:
    document = Document(id="1", text="", url="http://a.example/", meta={HTML: source, CONTENT_TYPE: content_type})
    (result,) = CheapText()([document])
    return result


TEXTS = [
    ("<p>One</p><p>two</p>", "One two"),
    ("a<script>var x = '<p>';</script>b", "a b"),
    ("a<SCRIPT>x</SCRIPT>b", "a b"),
    ("a<style>p{}</style>b<pre>code</pre>c<code>$x$</code>d", "a b c d"),
    ("a<!-- <p>no</p> -->b", "ab"),
    ("a<script>x", "a x"),
    ("a <!-- never closed", "a never closed"),
    ("1 < 2 and 3 > 2", "1 < 2 and 3 > 2"),
    ("$a<b$ holds", "$a<b$ holds"),
    ("&lt;p&gt; &amp; caf&eacute; &#233;&#xE9; &nosuchthing; &#0; &#xD800; &#1114112;", "<p> & café éé"),
    ('<script type="math/tex">x^2</script>', r"\(x^2\)"),
    ('<script type="math/tex; mode=display">x</script>', r"\(x\)"),
    ("", ""),
]


@pytest.mark.parametrize(("source", "text"), TEXTS)
def test_visible_text(source: str, text: str) -> None:
    assert visible_text(source) == text


MARKUP = [
    ("<math><mi>x</mi></math> <math><mi>y</mi><mo>+</mo><mi>z</mi></math>", 2, 2),
    ("<math><mi>x</mi></math> <math><mi>x</mi></math>", 2, 1),
    ('<m:math xmlns:m="u"><m:mi>x</m:mi></m:math>', 1, 1),
    ('<span class="katex"><math><mi>x</mi></math></span>', 1, 1),
    ('<mjx-container class="MathJax"><mjx-math></mjx-math></mjx-container>', 1, 1),
    ('<img src="/latex.php?latex=x"><img src="/latex.php?latex=y">', 2, 2),
    ('<IMG CLASS="a" ALT="$x$">', 1, 1),
    (r'<img class="tex" alt="\alpha">', 1, 1),
    ('<img alt="${user.name}" src="a.png"><img alt="@@=user$$" src="b.png">', 0, 0),
    (r'<img src="/latex.php?latex=%5Cnewcommand%7B%5CR%7D"><img class="tex" alt="\newcommand{\x}{y}">', 0, 0),
    (r'<span class="katex"><math><mi>x</mi><annotation>\newcommand{\x}{y}</annotation></math></span>', 0, 0),
    (r'<math><mi>x</mi></math><img class="mwe-math-fallback-image-inline" alt="{\displaystyle x}">', 1, 1),
    ('<img src="cat.png" alt="a cat"><p>mathematics</p>', 0, 0),
    ("[tex]x[/tex] [itex]y[/itex]", 2, 2),
    ("<i>x</i><sup>2</sup> + <var>y</var><sub>1</sub>, H<sub>2</sub>O", 2, 2),
    (r'<svg role="img" aria-label="\alpha + 1"><path d="M0"/></svg><svg aria-label="close"></svg>', 1, 1),
    ('<img src="https://chart.example/chart?cht=tx&chl=x"><img src="https://i.upmath.me/svg/y">', 2, 2),
    ('<span data-latex="x"></span><d-math>y</d-math>', 2, 2),
    ('<p>no markup at all</p><img src="a.png">', 0, 0),
]


@pytest.mark.parametrize(("source", "formulas", "different"), MARKUP)
def test_formulas_of_markup(source: str, formulas: int, different: int) -> None:
    found = markup_formulas(source)
    assert (len(found), len(set(found))) == (formulas, different)


KEPT = {
    "delimiters": r"<p>Let \(x\), \(y\) and \[x^2+y^2\] be.</p>",
    "dollars": "<p>Let $x$, $y$ and $x+y$ be.</p>",
    "scripts": "".join(f'<script type="math/tex">{tex}</script>' for tex in ("x", "y", "x+y")),
    "mathml": "<math><mi>x</mi></math><math><mi>y</mi></math><math><mi>x</mi><mo>+</mo><mi>y</mi></math>",
    "asciimath": "".join(f'<script type="math/asciimath">{text}</script>' for text in ("x", "y^2", "sqrt x")),
    "raised letters": "<p>So <i>x</i><sup>2</sup> + <i>y</i><sup>2</sup> = <i>z</i><sup>2</sup> it is.</p>",
    "images": '<img src="/latex.php?latex=x^1"><img src="/latex.php?latex=x^2"><img src="/latex.php?latex=x^3">',
    "unmarked": "<p>Theorem. Every polynomial equation has a proof: ∀x ∈ ℝ ∃y ∈ ℝ, x ≤ y ∧ ∑x ≥ ∫y ∪ ∅ ⊂ ℂ ≠ ℚ.</p>",
    "scripted letters": "<p>Theorem. This polynomial equation has an integer solution and a proof: </p>"
    + "<i>x</i><sup>2</sup> + <i>y</i><sup>2</sup> = <i>z</i><sup>2</sup>, " * 5,
}
DROPPED = {
    "prose": "<p>The dog and the cat.</p>",
    "words alone": "<p>theorem lemma corollary proof equation polynomial integral derivative matrix integer</p>",
    "two formulas": "<p>Let $x^2$ and $y^2$ be.</p>",
    "one formula many times": "<p>Let $x^2$ be.</p>" * 9,
    "letters alone": "<p>Let $x$ and $y$ and $z$ be.</p>",
    "code": "<pre>$x^2$ $y^2$ $z^2$ $a+b$</pre><code>$x^2$</code>",
    "shell": "<p>Set $HOME and $PATH to $PREFIX/bin, then $SHELL and $USER.</p>",
    "prices": "<p>From $5 to $6, US$7 or A$8 and NZ$9, now $10 (was $12), $1,000 to $2,000.</p>",
    "jquery": "<script>$('a').x($b^2$c);</script><p>Hello</p>",
    "mathjax without formulas": '<script src="/MathJax.js"></script><script>MathJax = [["$","$"]]</script>',
}


@pytest.mark.parametrize("name", KEPT)
def test_mathematics_is_kept(name: str) -> None:
    result = judge(KEPT[name])
    assert isinstance(result, Document)
    assert result.text == visible_text(KEPT[name])
    assert result.meta[TRACE]["cheap_text"]["value"] >= result.meta[TRACE]["cheap_text"]["threshold"]


@pytest.mark.parametrize("name", DROPPED)
def test_what_only_looks_like_it_is_dropped(name: str) -> None:
    result = judge(DROPPED[name])
    assert isinstance(result, Dropped)
    assert (result.stage, result.reason) == ("cheap_text", "no_mathematics")
    assert result.evidence["value"] < result.evidence["threshold"]
    assert result.document.meta[TRACE]["cheap_text"] == result.evidence
    assert HTML in result.document.meta, "the audit of gates sends rejects on to extraction"


def test_plain_text_is_taken_as_it_is() -> None:
    text = "If a<b then $x<y$,\nand $y<z$, so $x<z$ <p>."
    result = judge(text, "text/plain; charset=utf-8")
    assert isinstance(result, Document)
    assert result.text == text


NOTEBOOK: dict[str, Any] = {
    "cells": [{"cell_type": "markdown", "source": ["Let $x^2$, ", "$y^2$ and $\\\\alpha$ be."]}],
    "nbformat": 4,
}
# media type, source, text
MANUSCRIPTS = [
    ("application/x-ipynb+json", json.dumps(NOTEBOOK), "Let $x^2$, $y^2$ and $\\\\alpha$ be."),
    ("text/plain", json.dumps(NOTEBOOK), "Let $x^2$, $y^2$ and $\\\\alpha$ be."),
    (
        "application/x-tex",
        "\\def\\R{\\mathbb{R}}\\begin{document}Let $x$, $y^2$ be in $\\R$. % $z$",
        "Let $x$, $y^2$ be in $\\mathbb{R}$.",
    ),
    ("text/markdown", "---\na: b\n---\nLet $x^2$, $y$ and\n\n```math\nz\n```", "Let $x^2$, $y$ and\n\n$$z$$"),
]


@pytest.mark.parametrize(("content_type", "source", "text"), MANUSCRIPTS)
def test_manuscripts_are_read(content_type: str, source: str, text: str) -> None:
    result = judge(source, content_type)
    assert isinstance(result, Document)
    assert result.text == text


def test_a_long_notebook_is_read_whole() -> None:
    output = {"output_type": "display_data", "data": {"image/png": "A" * 5000}}
    cells = [{"cell_type": "code", "source": "", "outputs": [output]}, *NOTEBOOK["cells"]]
    meta = {HTML: json.dumps({"cells": cells}), CONTENT_TYPE: "text/plain"}
    (result,) = CheapText(max_chars=1000)([Document(id="1", text="", url="http://a.example/", meta=meta)])
    assert isinstance(result, Document)
    assert "$y^2$" in result.text


UNITS = [
    "$",
    "<",
    "&",
    "<a",
    "<!--",
    "<script",
    "<script>",
    "<script></script>",
    "\\(",
    "\\[a",
    "$a",
    "&a",
    "&#",
    "&lt;",
]
UNITS += [
    "<img ",
    "<img alt='$",
    "<math>",
    "<math",
    "<code>",
    '<img src="tex=',
    "alt=",
    "\\begin{align}",
    "<sub>",
    "<!",
    "$$a",
]
UNITS += ["∑", "\ud800", "\0", "\\", "a$b_1", "<pre", "[tex]", " "]


@pytest.mark.parametrize("unit", UNITS)
def test_hostile_runs_take_linear_time(unit: str) -> None:
    source = ("<p>math tex= latex " + unit * (5_000_000 // len(unit)))[:5_000_000]
    within(10, lambda: source, judge)


@settings(deadline=None, max_examples=60)
@given(st.text(alphabet=st.sampled_from("<>$\\()[]ax1 _^{}&;\"'/!-∑\n"), max_size=80), st.sampled_from(sorted(KEPT)))
def test_adding_formulas_never_drops_a_kept_page(noise: str, name: str) -> None:
    kept = KEPT[name] + noise
    if isinstance(judge(kept), Document):
        assert isinstance(judge(kept + r"<p>Here \(a_1+b_1\) too.</p>"), Document)


@settings(deadline=None, max_examples=60)
@given(st.lists(st.text(max_size=60), max_size=5))
def test_one_result_for_each_document_in_order(sources: list[str]) -> None:
    documents = [Document(id=str(n), text="", url="", meta={HTML: source}) for n, source in enumerate(sources)]
    results = [r.document if isinstance(r, Dropped) else r for r in CheapText()(documents)]
    assert [r.id for r in results] == [d.id for d in documents]


@needs_crawl
@pytest.mark.slow
def test_the_gates_lose_at_most_one_labelled_page_in_a_hundred() -> None:
    pages = [page for page in itertools.islice(labelled_pages(CRAWL), 3_000) if page.label.sure]
    mathematics = [page.document for page in pages if page.label.is_math]
    others = [page.document for page in pages if not page.label.is_math]
    assert len(mathematics) > 400
    assert passing(mathematics) >= 0.99 * len(mathematics)
    assert passing(others) <= 0.01 * len(others)


def passing(documents: list[Document]) -> int:
    """How many Documents the byte gate and the cheap text gate let through."""
    stages: list[Stage] = [ByteGate(), Decode(), CheapText()]
    for stage in stages:
        documents = [result for result in stage(documents) if isinstance(result, Document)]
    return len(documents)


def test_stages_can_be_sent_to_another_process() -> None:
    for stage in (ByteGate(min_marks=2), CheapText(), Language(keep=("en",)), Evidence(min_score=1), Quality()):
        assert pickle.loads(pickle.dumps(stage)) == stage
