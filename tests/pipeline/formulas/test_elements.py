from __future__ import annotations

from functools import partial
from html import escape

import pytest

from mathmill.pipeline.extraction import extract_html
from mathmill.pipeline.notation import mathml
from mathmill.pipeline.notation.latex import clean
from tests.effort import within
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
    ('<tt class="math">x^2+1</tt>', "element", False),
    ('<span class="katex-eq" data-katex-display="false">x^2+1</span>', "element", False),
    ('<span class="katex-eq" data-katex-display="true">x^2+1</span>', "element", True),
    ('<div class="wp-block-katex-display-block katex-eq" data-katex-display="true"><pre>x^2+1</pre></div>',
     "element", True),
    ('<span class="wp-katex-eq" data-display="false">x^2+1</span>', "element", False),
    ('<span class="wp-katex-eq" data-display="true">x^2+1</span>', "element", True),
    ('<span class="katex-error" title="ParseError: squared">x^2+1</span>', "element", False),
    ('<div class="math-display"><span class="katex-error" title="ParseError">x^2+1</span></div>', "element", True),
    ('<span class="katex-inline">x^2+1<script>katex.render(this)</script></span>', "element", False),
    ('<span class="mathquill-embedded-latex">x^2+1</span>', "element", False),
    ('<span class="mathquill-rendered-math"><span class="selectable">$x^2+1$</span><var>x</var><sup>2</sup></span>',
     "element", False),
    ('<span data-math-style="inline">x^2+1</span>', "element", False),
    ('<span data-math-style="display">x^2+1</span>', "element", True),
    ('<pre lang="math" data-math-style="display"><code><span lang="math">x^2</span>\n<span>+1</span></code></pre>',
     "element", True),
    ('<pre lang="math"><code>x^2+1</code></pre>', "element", True),
    ('<div class="code-frame" data-lang="math"><div><pre><code>x^2+1\n</code></pre></div></div>', "element", True),
    ('<embed-katex display-mode="1"><eqn>x^2+1</eqn></embed-katex>', "element", True),
    ('<eqn><embed-katex display-mode="1">x^2+1</embed-katex></eqn>', "element", True),
    ("<embed-katex><eq>x^2+1</eq></embed-katex>", "element", False),
    ("<math>x^2+1</math>", "element", False),
    ('<math display="block">$x^2+1$</math>', "element", True),
    ('<span class="asciimath">x^2+1</span>', "asciimath", False),
    ('<div class="latex-rendered" data-attrs="{&quot;persistentExpression&quot;:&quot;x^2+1&quot;}">squared</div>',
     "data_attrs", True),
    ('<span class="ztext-math" data-tex="x^2+1\\\\">x2+1</span>', "data_tex", True),
    ("<inline-formula><tex-math>\\begin{document}$$x^2+1$$\\end{document}</tex-math></inline-formula>",
     "element", False),
    ("<disp-formula><tex-math>\\begin{document}$x^2+1$\\end{document}</tex-math></disp-formula>", "element", True),
    (f"<inline-formula><alternatives><tex-math>$$x^2+1$$</tex-math><math>{MML}</math><img src='a.gif'></alternatives>"
     "</inline-formula>", "element", False),
    (f'<span class="math-inline"><mathml><math>{MML}</math></mathml><mathmlword><math>{MML}</math></mathmlword>'
     "<asciimath>x^(2)+1</asciimath><latex>x^2+1</latex><svg></svg></span>", "element", False),
    (f'<div class="math-block"><mathml><math>{MML}</math></mathml><latex>x^2+1</latex></div>', "element", True),
    (f'<span class="mathmlsrc"><span class="formulatext">x<sup>2</sup>+1</span><span class="mathContainer hidden">'
     f"<math>{MML}</math></span></span>", "mathml", False),
    ('<span class="mjpage"><span class="mjx-chtml"><span class="mjx-math" aria-label="x^2+1"><span class="mjx-mi">'
     '<span class="mjx-char">y</span></span></span></span></span>', "aria_label", False),
    ('<span class="mjpage mjpage__block"><span class="mjx-chtml MJXc-display"><span class="mjx-math" '
     'aria-label="x^2+1"><span class="mjx-mi"><span class="mjx-char">y</span></span></span></span></span>',
     "aria_label", True),
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
    '<code class="reqn">printing the whole table</code>',
    '<span class="katex-inline">words</span>',
    '<span class="asciimath">AsciiMath</span><span class="asciimath">an input of words</span>',
    '<pre lang="math">all the words of a quotation</pre>',
    '<div lang="en" data-lang="mathematica">f[x_] := x^2</div>',
    '<div class="latex-rendered" data-attrs="{}">words</div>',
    '<div class="image" data-attrs="{&quot;persistentExpression&quot;:&quot;x^2&quot;}">words</div>',
    "<p><var>file_name</var> and <var>C:\\Users</var> and <var>\\w+_1</var></p>",
    "<p>Set <var>x</var>, <var>n</var> and <var>A_i</var>, <var>A_j</var>.</p>",
    "<p><latex>pdflatex main</latex></p>",
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


# what a page holds, the formulas of it and which of them are displayed
TOGETHER = [
    ('<p>Let <code class="reqn">n</code> be.</p><p style="text-align: center;"><code class="reqn">a=b</code></p>',
     [("n", False), ("a=b", True)]),
    ('<p>The <code class="reqn">x^2</code> of <code>x^2</code></p>', [("x^2", False)]),
    ('<p align="center">With <code class="reqn">a=b</code></p>', [("a=b", False)]),
    (r"<p><var>N</var> is, <var>S</var> too.</p><ul><li><var>1 \leq N \leq 10^5</var></li><li><var>A_i</var></li></ul>",
     [("N", False), ("S", False), (r"1 \leq N \leq 10^5", False), ("A_i", False)]),
    (r"<p><var>\max</var>, <var>10^5</var>, <var>some file name</var></p>", [(r"\max", False), ("10^5", False)]),
    ('<p>Of <span class="mathquill-embedded-latex">12</span> apples.</p>', [("12", False)]),
    ('<span class="math-inline"><latex>x^2</latex><latex>y^2</latex></span>', []),
    ('<span class="math-inline">words <latex>x^2</latex></span>', []),
    (f'<span class="mathmlsrc"><span class="formulatext">x</span><math>{MML}</math><math>{MML}</math></span>',
     [("x^2+1", False)] * 2),
    ('<span class="mjx-chtml"><span class="mjx-math" aria-label="f of x"><span class="mjx-mi">'
     '<span class="mjx-char">y</span></span></span></span>', [(r"\mathrm{y}", False)]),
]  # fmt: skip


@pytest.mark.parametrize(("markup", "expected"), TOGETHER)
def test_what_stands_beside_decides(markup: str, expected: list[tuple[str, bool]]) -> None:
    extraction = extract_html(lesson_around(f"<p>Before. MathJax</p>{markup}<p>Behind.</p>"))
    assert [(f.latex, f.display) for f in extraction.formulas] == expected


# JSON of others, which gives nothing and takes no time
HOSTILE_JSON = [
    "", "[" * 30_000, "{", '{"persistentExpression": 5}', '{"persistentExpression": null}', '["persistentExpression"]',
    '{"persistentExpression": "\\ud800"}', '{"persistentExpression": ' + "9" * 10_000 + "}",
    '{"persistentExpression": "' + "x^2" * 50_000 + '"}',
]  # fmt: skip


@pytest.mark.parametrize("attributes", HOSTILE_JSON, ids=range(len(HOSTILE_JSON)))
def test_json_that_holds_no_formula_gives_none(attributes: str) -> None:
    markup = f'<div class="latex-rendered" data-attrs="{escape(attributes)}">words</div>'
    assert extract_html(lesson_around(markup)).formulas == ()


def test_json_cannot_hold_characters_that_no_text_may() -> None:
    attributes = escape('{"persistentExpression": "x^2\\u0000"}')
    (found,) = extract_html(lesson_around(f'<div class="latex-rendered" data-attrs="{attributes}"></div>')).formulas
    assert "\0" not in found.latex


def test_a_page_of_nothing_else_takes_linear_time() -> None:
    for markup in (
        "<var>10^5\\leq</var>" * 5_000,
        '<pre lang="math"><code>' + "<span>x^2</span>" * 20_000 + "</code></pre>",
        '<span class="math-inline">' + "<latex>x^2</latex>" * 5_000 + "</span>",
        "<alternatives>" + "<tex-math>x^2</tex-math>" * 5_000 + "</alternatives>",
        '<span class="mathmlsrc"><span class="formulatext">' * 100 + "<math><mi>x</mi></math>" + "</span></span>" * 100,
    ):
        within(20, partial(lesson_around, markup), extract_html)
