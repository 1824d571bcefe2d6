"""The byte gate: what passes, what does not, and that hostile bytes cost no time."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mathmill.data.config import config_hash
from mathmill.data.records import BODY, TRACE, Document, Dropped
from mathmill.pipeline.gates import ByteGate, marks_of
from tests.effort import within


def page(body: bytes) -> Document:
    return Document(id="1", text="", url="http://a.example/", meta={BODY: body})


def passes(body: bytes) -> bool:
    (result,) = ByteGate()([page(body)])
    return isinstance(result, Document)


def html(*formulas: str) -> bytes:
    return ("<html><body>" + "".join(f"<p>Let {f} be so.</p>" for f in formulas) + "</body></html>").encode()


# Each way of writing mathematics, three formulas a page.
MATHEMATICS = {
    "dollar": html("$x^2$", "$n$", "$a+b$"),
    "dollar with a raw <": html("$a<b$", "$b<c$", "$a<c$"),
    "double dollar": html("$$x$$", "$$ y = 1 $$", "$$z$$"),
    "parentheses": html(r"\(x\)", r"\(y\)", r"\(z\)"),
    "brackets": html(r"\[x\]", r"\[y\]", r"\[z\]"),
    "environment": html(r"\begin{align} \alpha &= \beta \end{align}"),
    "script": b'<script type="math/tex">x</script>' * 3,
    "script display": b'<script type="math/tex; mode=display">x</script>' * 3,
    "asciimath script": b'<script type="math/asciimath">x</script>' * 3,
    "mathml": b"<math><mi>x</mi></math>" * 3,
    "prefixed mathml": b"<mml:math><mml:mi>x</mml:mi></mml:math>" * 3,
    "katex": b'<span class="katex"><span class="mord mathnormal">x</span></span>' * 3,
    "mathjax 3": b'<mjx-container class="MathJax"><mjx-math></mjx-math></mjx-container>' * 3,
    "wikipedia": b'<span class="mwe-math-element"><math alttext="x"></math></span>' * 3,
    "image alt": rb'<img class="tex" alt="\sqrt x">' * 3,
    "wordpress": b'<img src="https://s0.wp.com/latex.php?latex=x">' * 3,
    "codecogs": b'<img src="https://latex.codecogs.com/gif.latex?x">' * 3,
    "mimetex": b'<img src="/cgi-bin/mimetex.cgi?x">' * 3,
    "mathtex": b'<img src="/cgi-bin/mathtex.cgi?x">' * 3,
    "equation address": b'<img src="//www.example.org/equation?tex=x">' * 3,
    "data-latex": b'<span data-latex="x"></span>' * 3,
    "data-expr": b'<var data-expr="x"></var>' * 3,
    "container": b'<span class="math-container">x</span>' * 3,
    "bulletin board": b"[tex]x[/tex] and [itex]y[/itex] and [tex]z[/tex]",
    "raised italics": b"<i>x</i><sup>2</sup> + <i>y</i><sup>2</sup> = <i>z</i><sup>2</sup>",
    "encoded addresses": b'<img src="https://tex.example/svg/%5Cfrac%7B%5Calpha%7D%7B%5Csqrt%202%7D">',
    "sub and sup": b"<i>x</i><sup>2</sup> + y<sup>2</sup> = z<sub>1</sub>" * 3,
    "unicode": "∀ε ∃δ: x ∈ ℝ, ∑ x ≤ ∫ y, a ≠ b ≥ c ∩ d ∪ e".encode(),
    "entities": b"&sum;<sub>1</sub> &int;<sub>0</sub> &radic; &le; &alpha;<sup>2</sup> &pi; &infin;",
    "utf-16 with a mark": "\ufeff".encode("utf-16-le")
    + html(r"\(x\)", r"\(y\)", r"\(z\)").decode().encode("utf-16-le"),
    "utf-16 without": html("$x^2$", "$n$", "$a+b$").decode().encode("utf-16-be"),
    "utf-32": html("$x^2$", "$n$", "$a+b$").decode().encode("utf-32"),
    "shift-jis": html("$x^2$は", "$n$", "$a+b$").decode().encode("shift-jis"),
    "notebook": rb'{"cells": [{"cell_type": "markdown", "source": ["Let $x^2$ be \\\\alpha\\n", "$n$"]}]}',
    "tex source": rb"\documentclass{article} \begin{document} Let $x$ be in $A$. \end{document}",
    "tex source with macros": rb"\begin{document} \begin{equation} \f{x} = \f{y} \le 1 \end{equation}",
    "markdown": b"# Sums\n\nLet $n$ be.\n\n```math\nx^2\n```\n$$\ny\n$$ and $`z`$",
    "plain text": b"The sum $a+b$ of $a$ and $b$ is commutative.",
}
OTHER = {
    "empty": b"",
    "prose": html("the dog", "the cat", "a house"),
    "mathjax without formulas": b'<script src="https://cdn.example/MathJax.js?config=TeX-AMS"></script><p>Hello</p>',
    "prices": html("$5", "$6.50", "US$ 7", "$8 and $9", "$10"),
    "jquery": b"<script>$(function(){ $('#a').hide(); $('#b').show(); $(window).on('x', $.noop); });</script>",
    "template strings": b"<script>let a = `${b}${c}${d} ${e}`;</script>",
    "windows paths": rb"<p>C:\Users\name\Documents and D:\data\new\files</p>",
    "escapes": rb"<script>var s = 'a\nb\tc\u003cd\'e';</script>",
    "regular expression": rb"<code>^\d+\s*\w{2,3}$</code>",
    "the word": html("mathematics", "math class", "latex gloves", "texture"),
    "utf-16 prose": html("the dog", "the cat").decode().encode("utf-16"),
    "NUL bytes": b"\0" * 1000,
}


@pytest.mark.parametrize("name", MATHEMATICS)
def test_every_way_of_writing_mathematics_passes(name: str) -> None:
    assert passes(MATHEMATICS[name])


@pytest.mark.parametrize("name", OTHER)
def test_other_pages_are_dropped_with_value_and_threshold(name: str) -> None:
    (result,) = ByteGate()([page(OTHER[name])])
    assert isinstance(result, Dropped)
    assert (result.stage, result.reason) == ("byte_gate", "no_mathematics")
    assert result.evidence["value"] < result.evidence["threshold"] == 3
    assert result.document.meta[TRACE]["byte_gate"] == result.evidence


def test_what_passes_notes_what_was_measured() -> None:
    (result,) = ByteGate()([page(MATHEMATICS["parentheses"])])
    assert isinstance(result, Document)
    assert result.meta[TRACE]["byte_gate"] == {"value": 3, "threshold": 3}


def test_the_threshold_is_the_least_number_that_passes() -> None:
    body = html(r"\(x\)", r"\(y\)")
    assert not passes(body)
    (result,) = ByteGate(min_marks=2)([page(body)])
    assert isinstance(result, Document)
    assert config_hash(ByteGate(min_marks=2)) != config_hash(ByteGate())


def test_only_the_first_bytes_are_looked_at() -> None:
    (result,) = ByteGate(max_bytes=100)([page(b" " * 100 + MATHEMATICS["mathml"])])
    assert isinstance(result, Dropped)


HOSTILE = [
    b"$",
    b"\\",
    b"<",
    b"&",
    b"$a",
    b"\\(",
    b"\\[a",
    b"<math",
    b"&#8",
    b"<sub",
    b"a:",
    b"$\n",
    b"[tex",
    b"\0$",
    b"\xe2\x88",
]


@pytest.mark.parametrize("unit", HOSTILE)
def test_hostile_runs_take_linear_time(unit: bytes) -> None:
    body = unit * (5_000_000 // len(unit))
    within(10, lambda: [page(body)], lambda pages: list(ByteGate()(pages)))


@settings(deadline=None, max_examples=60)
@given(st.binary(max_size=300), st.sampled_from(sorted(MATHEMATICS)))
def test_appending_mathematics_never_costs_marks(body: bytes, name: str) -> None:
    added = MATHEMATICS[name]
    if b"\0" not in added:
        assert marks_of(body + b"\n" + added) >= marks_of(body)


@settings(deadline=None, max_examples=60)
@given(st.lists(st.binary(max_size=60), max_size=6))
def test_one_result_for_each_document_in_order(bodies: list[bytes]) -> None:
    documents = [Document(id=str(n), text="", url="", meta={BODY: body}) for n, body in enumerate(bodies)]
    results = [r.document if isinstance(r, Dropped) else r for r in ByteGate()(documents)]
    assert [r.id for r in results] == [d.id for d in documents]
