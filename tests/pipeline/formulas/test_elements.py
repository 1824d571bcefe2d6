from __future__ import annotations

import pytest

from mathmill.pipeline.extraction import extract_html
from mathmill.pipeline.notation import mathml
from mathmill.pipeline.notation.latex import clean
from tests.pipeline.lessons import lesson_around
from tests.pipeline.notation.glyphs_cases import CASES

MML = "<mrow><msup><mi>x</mi><mn>2</mn></msup><mo>+</mo><mn>1</mn></mrow>"
ESCAPED = MML.replace("<", "&lt;").replace(">", "&gt;")
GLYPHS = '<nobr><span class="math"><span class="mi">x</span><span class="mn">2</span></span></nobr>'

# markup of the formula x^2+1, its source, whether it is displayed
ELEMENTS = [
    ('<script type="math/tex">x^2+1</script>', "script_tex", False),
    ('<script type="math/tex; mode=display">x^2+1</script>', "script_tex_display", True),
    ('<script type="math/tex; mode=display">% <![CDATA[\nx^2+1 %]]></script>', "script_tex_display", True),
    ('<script type="math/asciimath">x^2+1</script>', "script_asciimath", False),
    (f'<script type="math/mml"><math>{MML}</math></script>', "script_mathml", False),
    (f'<script type="math/mml"><math display="block">{MML}</math></script>', "script_mathml", True),
    (f'<span class="MathJax_Preview">x2+1</span><span class="MathJax">{GLYPHS}</span>'
     '<script type="math/tex">x^2+1</script>', "mathjax2", False),
    (f'<span class="MathJax" data-mathml="&lt;math&gt;{ESCAPED}&lt;/math&gt;">{GLYPHS}'
     f'<span class="MJX_Assistive_MathML"><math>{MML}</math></span></span><script type="math/tex">x^2+1</script>',
     "mathjax2", False),
    (f'<span class="MathJax_SVG" data-mathml="&lt;math&gt;{ESCAPED}&lt;/math&gt;"><svg><path d="M0"/></svg></span>',
     "data_mathml", False),
    (f'<mjx-container class="MathJax" jax="SVG" display="true"><svg><path d="M0"/></svg><mjx-assistive-mml>'
     f"<math>{MML}</math></mjx-assistive-mml></mjx-container>", "mathjax3", True),
    (f"<math>{MML}</math>", "mathml", False),
    (f'<math display="block">{MML}</math>', "mathml", True),
    (f"<m:math>{MML.replace('<m', '<m:m').replace('</m', '</m:m')}</m:math>", "mathml", False),
    (f'<math alttext="x^2+1">{MML}</math>', "alttext", False),
    (f'<math alttext="x squared plus one">{MML}</math>', "mathml", False),
    (f'<math><semantics>{MML}<annotation encoding="application/x-tex">x^2+1</annotation></semantics></math>',
     "annotation", False),
    (f'<math><semantics>{MML}<annotation encoding="StarMath 5.0">x^2+1</annotation></semantics></math>',
     "mathml", False),
    (f'<span class="mwe-math-element"><span class="mwe-math-mathml-inline" style="display: none;">'
     f'<math alttext="{{\\displaystyle x^2+1}}">{MML}</math></span><img alt="{{\\displaystyle x^2+1}}" '
     'class="mwe-math-fallback-image-inline" src="/math/a.svg"></span>', "mwe_math", False),
    ('<span data-latex="x^2+1"></span>', "data_latex", False),
    ('<div data-latex="\\[x^2+1\\]"><img src="a.png"></div>', "data_latex", True),
    ('<code data-math-formula="true" data-expr="x^2+1">x^2+1</code>', "data_expr", False),
    (f'<span class="ztext-math" data-eeimg="1" data-tex="x^2+1"><span class="MathJax_SVG">{GLYPHS}</span>'
     '<script type="math/tex;mode=inline">x^2+1</script></span>', "data_tex", False),
    ('<span class="ql-formula" data-value="x^2+1"><span contenteditable="false">x2+1</span></span>',
     "data_value", False),
    ("<d-math>x^2+1</d-math>", "element", False),
    ("<d-math block>x^2+1</d-math>", "element", True),
    ("<math-renderer>$x^2+1$</math-renderer>", "element", False),
    ("<math-renderer>$$x^2+1$$</math-renderer>", "element", True),
    ("<tex-math>\\documentclass{minimal}\\begin{document}$$x^2+1$$\\end{document}</tex-math>", "element", True),
    ('<code class="math js-render-math" data-math-style="inline">x^2+1</code>', "element", False),
    ('<pre><code class="language-math">x^2+1</code></pre>', "element", True),
    ('<span class="tex">x^2+1</span>', "element", False),
]  # fmt: skip


@pytest.mark.parametrize(("markup", "source", "display"), ELEMENTS)
def test_each_way_gives_the_formula_once(markup: str, source: str, display: bool) -> None:
    extraction = extract_html(lesson_around(f"<p>Let {markup} be given.</p>"))
    assert [(f.latex.replace(" ", ""), f.display, f.source) for f in extraction.formulas] == [
        ("x^2+1", display, source)
    ]
    assert extraction.text.replace(" ", "").count("x^2+1") == 1
    assert "squared" not in extraction.text


@pytest.mark.parametrize(("renderer", "_", "display", "markup", "meant"), CASES)
def test_glyphs_alone_give_the_formula(renderer: str, _: str, display: bool, markup: str, meant: str) -> None:
    extraction = extract_html(lesson_around(f"<p>Let {markup} be given.</p>"))
    math = mathml.read(f"<math>{meant}</math>")
    expected = (clean(mathml.to_latex(math)).latex, display, "glyphs")
    assert [(f.latex, f.display, f.source) for f in extraction.formulas] == [expected], renderer


NO_FORMULAS = [
    '<div data-math="true">words</div>',
    '<input data-value="5"><span data-value="42">forty-two</span>',
    '<p class="equation">The following words say nothing of mathematics.</p>',
    '<script type="math/tex">\\newcommand{\\R}{\\mathbb{R}}</script>',
    '<a href="#" class="tex">Download</a>',
    '<code class="latex">pdflatex main</code>',
    '<span class="math">on</span>',
    '<svg aria-label="close"><title>x</title></svg>',
]


@pytest.mark.parametrize("markup", NO_FORMULAS)
def test_what_only_looks_so_is_none(markup: str) -> None:
    assert extract_html(lesson_around(f"<p>Before.</p>{markup}<p>Behind.</p>")).formulas == ()


def test_a_container_keeps_its_formulas() -> None:
    page = f'<div data-latex="page"><p>One <math>{MML}</math> and <math>{MML}</math>, as everybody knows.</p></div>'
    assert [f.source for f in extract_html(lesson_around(page)).formulas] == ["mathml", "mathml"]


def test_side_by_side_the_spelling_in_tex_stays() -> None:
    both = f"<span><math>{MML}</math></span><span style='display:none'>\\(x^2+1\\)</span>"
    head = "<script src='mathjax.js'></script>"
    extraction = extract_html(lesson_around(f"<p>Let {both} be given.</p>", head))
    assert [(f.latex, f.source) for f in extraction.formulas] == [("x^2+1", "paren")]


def test_equal_formulas_of_one_source_both_stay() -> None:
    extraction = extract_html(lesson_around(f"<p>Both <math>{MML}</math> <math>{MML}</math> are.</p>"))
    assert len(extraction.formulas) == 2
