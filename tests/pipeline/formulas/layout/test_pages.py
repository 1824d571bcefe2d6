"""Small pages as tools and sites write them: the equation is displayed, its number stands beside it and not in it."""

from __future__ import annotations

import pytest

from mathmill.pipeline.extraction import extract_html
from tests.pipeline.lessons import lesson_around

HEAD = "<script src=https://a.example/MathJax.js?config=TeX-AMS_CHTML></script>"
MATH = "<math><mi>a</mi><mo>=</mo><mi>b</mi></math>"
BLOCK = '<math display="block"><mi>a</mi><mo>=</mo><mi>b</mi></math>'
QUICK = (
    r'<img class="ql-img-displayed-equation" src="quicklatex.com-1_l3.png" alt="\begin{equation*} a=b \end{equation*}">'
)
LTX = '<math alttext="{0}" class="ltx_Math" display="inline"><mi>a</mi></math>'

# markup, the formulas with their numbers, the text between what stands around
PAGES = {
    "quicklatex": (
        '<p class="ql-center-displayed-equation" style="line-height: 43px;"><span class="ql-right-eqno"> (1) </span>'
        f'<span class="ql-left-eqno"> &nbsp; </span>{QUICK}</p>',
        [("a=b", "(1)")],
    ),
    "quicklatex left": (
        '<p class="ql-center-displayed-equation"><span class="ql-right-eqno"> &nbsp; </span>'
        f'<span class="ql-left-eqno"> (1) </span>{QUICK}</p>',
        [("a=b", "(1)")],
    ),
    "latex2html": (
        '<div align="CENTER"><table cellpadding="0" width="100%"><tr valign="MIDDLE"><td nowrap align="RIGHT">'
        r'<img src="img1.png" alt="$\displaystyle a$"></td><td align="CENTER" nowrap>=</td><td align="LEFT" nowrap>'
        r'<img src="img2.png" alt="$\displaystyle b$"></td><td width=10 align="RIGHT">(1)</td></tr></table></div>',
        [("a", ""), ("b", "(1)")],
    ),
    "latex2html on the left": (
        f'<table width="100%"><tr><td>(1)</td><td align="CENTER">{MATH}</td><td>&nbsp;</td></tr></table>',
        [("a=b", "(1)")],
    ),
    "split over cells": (
        r"<table><tr><td>\(a\)</td><td>\(=\)</td><td>\(b\)</td><td>&nbsp;</td><td>(4a)</td></tr></table>",
        [("a", ""), ("=", ""), ("b", "(4a)")],
    ),
    "docbook": (
        '<div class="equation"><a name="e"></a><p class="title"><b>Equation&nbsp;3.1.&nbsp;</b></p>'
        f'<div class="equation-contents">{BLOCK}</div></div>',
        [("a=b", "Equation 3.1")],
    ),
    "maruku": (
        f'<div class="maruku-equation" id="eq:a"><span class="maruku-eq-number">(1)</span>{BLOCK}</div>',
        [("a=b", "(1)")],
    ),
    "sciencedirect": (
        '<div>so <span class="display"><span class="formula"><span class="label">(1)</span><span class="math">'
        f"{MATH}</span></span></span>is</div>",
        [("a=b", "(1)")],
    ),
    "sciencedirect in a paragraph": (
        '<p>so <span class="display"><span class="formula"><span class="label">(A.2)</span><span class="math">'
        f"{MATH}</span></span></span>is</p>",
        [("a=b", "(A.2)")],
    ),
    "docbook without a title": (f'<div class="informalequation">{MATH}</div>', [("a=b", "")]),
    "latexml": (
        '<table class="ltx_equationgroup ltx_eqn_table"><tbody><tr class="ltx_eqn_row"><td class="ltx_eqn_cell">'
        f'</td><td class="ltx_td ltx_eqn_cell">{LTX.format("a")}</td><td class="ltx_td '
        f'ltx_eqn_cell">{LTX.format("=b")}</td><td class="ltx_eqn_cell ltx_eqn_eqno"><span class="ltx_tag '
        'ltx_tag_equation">(1)</span></td></tr></tbody></table>',
        [("a", ""), ("=b", "(1)")],
    ),
    "tex4ht": (
        '<table class="equation"><tr><td><a id="x1-2r1"></a><center class="math-display"><img src="a0x.png" '
        'alt="a = b" class="math-display"></center></td><td class="equation-label">(1)</td></tr></table>',
        [("a = b", "(1)")],
    ),
    "tex4ht without a number": (
        f'<table class="equation-star"><tr><td><center class="math-display">{MATH}</center></td></tr></table>',
        [("a=b", "")],
    ),
    "pandoc": (r'<p><span class="math display">\[a = b \tag{3}\]</span></p>', [("a = b", "(3)")]),
    "pandoc-crossref": (
        r'<p><span id="eq:a" class="eqn"><span class="math display">\[a = b\]</span> (3)</span></p>',
        [("a = b", "(3)")],
    ),
    "pandoc-eqnos": (
        r'<p><span class="eqnos"><span>\[a=b\]</span><span class="eqnos-number">(1)</span></span></p>',
        [("a=b", "(1)")],
    ),
    "bookdown": (
        r'<p><span class="math display">\[\begin{equation} a=b \tag{2.1} \end{equation}\]</span></p>',
        [(r"\begin{equation} a=b \end{equation}", "(2.1)")],
    ),
    "labelled row of MathML": (
        '<math display="block"><mtable side="right"><mlabeledtr><mtd><mtext>(1)</mtext></mtd><mtd><mi>a</mi><mo>=</mo>'
        "<mi>b</mi></mtd></mlabeledtr></mtable></math>",
        [("a=b", "(1)")],
    ),
    "mediawiki template": (
        f'<table style="width:100%;"><tbody><tr><td>{MATH}</td><td style="width:99%"><p></p></td><td>'
        '<p style="margin:0pt"><b>(1)</b></p></td></tr></tbody></table>',
        [("a=b", "(1)")],
    ),
    "mediawiki table in an indented line": (
        f"<dl><dd><table><tr><td>{MATH}</td><td>&nbsp;&nbsp;<b>(1)</b></td></tr></table></dd></dl>",
        [("a=b", "(1)")],
    ),
    "mediawiki indented": (f"<dl><dd>{MATH},</dd></dl>", [("a=b", "")]),
    "mediawiki indented with a number": (f"<dl><dd>{MATH} &nbsp;&nbsp;&nbsp;<b>(2)</b></dd></dl>", [("a=b", "(2)")]),
    "wikidot": (
        r'<span class="equation-number">(1)</span><div class="math-equation" id="equation-1">\begin{align} a = b '
        r"\end{align}</div>",
        [(r"\begin{align} a = b \end{align}", "(1)")],
    ),
    "pretext": (
        r'<div class="displaymath process-math">\begin{align}a &= b\tag{1.1}\\c &= d\tag{1.2}\end{align}</div>',
        [(r"\begin{align}a &= b\\c &= d\end{align}", "(1.1), (1.2)")],
    ),
    "sphinx": (
        '<div class="math"><span class="eqno">(3)<a class="headerlink" href="#a">¶</a></span>\\[a = b\\]</div>',
        [("a = b", "(3)")],
    ),
    "rows with numbers typed": (
        r"<p>\begin{align} a &= b \qquad (1) \\ c &= d && (2) \end{align}</p>",
        [(r"\begin{align} a &= b \\ c &= d \end{align}", "(1), (2)")],
    ),
    "picture with a number typed": (
        r'<p><img src="https://latex.codecogs.com/gif.latex?x=1 \qquad (1)"></p>',
        [("x=1", "(1)")],
    ),
    "springer": (
        '<div class="c-article-equation"><div class="a"><span class="mathjax-tex">$$a=b$$</span>'
        '</div><div class="c-article-equation__number">(1)</div></div>',
        [("a=b", "(1)")],
    ),
    "elsevier": (
        f'<div class="display"><span class="formula"><span class="label">(1)</span><span>{MATH}</span></span></div>',
        [("a=b", "(1)")],
    ),
    "journal articles": (
        f'<div class="disp-formula"><div class="f">{BLOCK}</div><div class="l">(1)</div></div>',
        [("a=b", "(1)")],
    ),
    "a number at the right edge": (r'<p>\[a=b\]</p><p style="text-align:right">(1)</p>', [("a=b", "(1)")]),
}


@pytest.mark.parametrize("name", PAGES)
def test_equation_with_its_number(name: str) -> None:
    markup, expected = PAGES[name]
    extraction = extract_html(lesson_around(f"<p>Before.</p>{markup}<p>After.</p>", HEAD))
    assert [(formula.latex, formula.number) for formula in extraction.formulas] == expected
    assert all(formula.display and formula.balanced for formula in extraction.formulas)
    between = extraction.text.partition("Before.")[2].partition("After.")[0]
    number = expected[-1][1]
    assert between.count(number) == 1 or not number
    assert "|" not in between


# tables of data, and running text
OTHERS = [
    r"<table><tr><td>\(a\)</td><td>\(b\)</td><td>(1)</td></tr><tr><td>\(c\)</td><td>\(d\)</td><td>(2)</td></tr></table>",
    r"<table><tr><th>function</th><th>derivative</th></tr><tr><td>\(x^2\)</td><td>\(2x\)</td></tr></table>",
    r"<table><tr><td>\(1\)</td><td>\(+\)</td><td>\(2\)</td></tr><tr><td>\(3\)</td><td>\(+\)</td><td>\(4\)</td></tr></table>",
    r"<p>So \(a = b \qquad (3)\) holds.</p>",
    r"<p>As \(f\)(1) is \(g\)(2).</p>",
]


@pytest.mark.parametrize("markup", OTHERS)
def test_data_and_running_text_stay(markup: str) -> None:
    extraction = extract_html(lesson_around(f"<p>Before.</p>{markup}<p>After.</p>", HEAD))
    assert extraction.formulas
    assert all(not formula.display and not formula.number for formula in extraction.formulas)
