from __future__ import annotations

from urllib.parse import quote

import pytest

from mathmill.pipeline.dom.parse import parse
from mathmill.pipeline.extraction import Extraction, extract_html
from mathmill.pipeline.formulas.pictures import MOST_ADDRESS, images
from tests.effort import within
from tests.pipeline.lessons import lesson_around

TEX = '<img class="latex" src="a.png" alt="{t}">'
X, Y = TEX.format(t="x^2"), TEX.format(t="y_1")
EMPTY = '<img class="lazy" src="data:," data-src="a.png" alt="">'
MML = "<math><msup><mi>x</mi><mn>2</mn></msup></math>"
MATHJAX = "<script src=mathjax.js></script>"


def latex(extraction: Extraction) -> list[str]:
    return [formula.latex for formula in extraction.formulas]


# what stands between "Let" and "be.": pictures that repeat one another, the formulas meant
TWINS = [
    (f"{EMPTY}<noscript>{X}</noscript>", ["x^2"]),
    (f"<noscript>{X}</noscript>{EMPTY}", ["x^2"]),
    (f"{EMPTY}<noscript> {X} </noscript>", ["x^2"]),
    (f"{X}<noscript>{X}</noscript>", ["x^2"]),
    (f"{X} <noscript>\n{X}\n</noscript>", ["x^2"]),
    (f"<noscript>{X}</noscript>{X}", ["x^2"]),
    (f"<noscript>{X}</noscript>", ["x^2"]),
    (f"<noscript>{X}</noscript> and <noscript>{Y}</noscript>", ["x^2", "y_1"]),
    (f"<noscript>{X}{Y}</noscript>", ["x^2", "y_1"]),
    (f"{X}<noscript>{X}</noscript> {Y}<noscript>{Y}</noscript>", ["x^2", "y_1"]),
    (f"{X}{X}", ["x^2", "x^2"]),
    (f"{X}{Y}", ["x^2", "y_1"]),
    (f"{MML}{X}", ["x^2"]),
    (f'<span style="display:none">{MML}</span>{X}', ["x^2"]),
    (f'{X}<span style="display:none">\\(x^2\\)</span>', ["x^2"]),
    (f'<span class="mathjax-tex">\\(x^2\\)</span><noscript>{X}</noscript>', ["x^2"]),
    (f'<span class="katex">{X}{Y}</span>', ["x^2", "y_1"]),
    (f'<span class="katex">{X} or {Y} or {X}</span>', ["x^2", "y_1", "x^2"]),
    ('<span class="katex"><svg aria-label="x^2"></svg><svg aria-label="y_1"></svg></span>', ["x^2", "y_1"]),
    ('<span class="MathJax_Preview"><img src="a.png" alt="x^2"></span><script type="math/tex">x^2</script>', ["x^2"]),
    (f'<a href="a.png">{X}</a>', ["x^2"]),
    (f"<picture><source srcset=a.webp>{X}</picture>", ["x^2"]),
    ('<object class="latex" data="a.svg" title="x^2"></object>', ["x^2"]),
    ('<IMG CLASS="latex" SRC="a.png" ALT="x^2">', ["x^2"]),
    ('<AMP-IMG CLASS="latex" SRC="a.png" ALT="x^2"></AMP-IMG>', ["x^2"]),
]  # fmt: skip


@pytest.mark.parametrize(("markup", "expected"), TWINS)
def test_a_picture_and_what_repeats_it_give_one_formula(markup: str, expected: list[str]) -> None:
    extraction = extract_html(lesson_around(f"<p>Let {markup} be.</p>", MATHJAX))
    assert latex(extraction) == expected
    assert extraction.found == len(expected)
    words = " ".join(extraction.text.split())
    assert all(words.count(f"${tex}$") == expected.count(tex) for tex in expected)
    assert "be." in words


# a picture and what stands around it, whether it is displayed
ALONE = [
    ("<p>{x}</p>", True),
    ("<div>{x}</div>", True),
    ("<center>{x}</center>", True),
    ("<p><b>{x}</b></p>", True),
    ("<p>{x}.</p>", True),
    ("<p><br>{x}<br></p>", True),
    ("<div><noscript>{x}</noscript></div>", True),
    ("<p>so {x}</p>", False),
    ("<p>{x} holds</p>", False),
    ("<p>{x}{x}</p>", False),
    ("<ul><li>{x}</li></ul>", False),
    ("<h2>{x}</h2>", False),
    ("<p>a <b>{x}</b></p>", False),
]


@pytest.mark.parametrize(("around", "display"), ALONE)
@pytest.mark.parametrize("picture", [X, '<svg aria-label="x^2 + \\alpha"><path d="M0"/></svg>'])
def test_a_picture_alone_in_its_block_is_displayed(around: str, display: bool, picture: str) -> None:
    if "noscript" in around and "svg" in picture:
        picture = X
    extraction = extract_html(lesson_around(around.format(x=picture), MATHJAX))
    assert {formula.display for formula in extraction.formulas} == {display}
    assert len(extraction.formulas) == around.count("{x}")


# a picture within a line, whether it is displayed: `\\displaystyle` is its look, classes are its place
PLACED = [
    ('<img src="https://latex.codecogs.com/png.latex?%5Cdisplaystyle%20x" class="math display">', True),
    ('<img src="https://latex.codecogs.com/png.latex?%5Cdisplaystyle%20x" class="math inline">', False),
    ('<img src="https://latex.codecogs.com/png.latex?%5Cdisplaystyle%20x">', False),
    ('<img src="https://latex.codecogs.com/png.latex?%5Cdisplaystyle%20x" align="center">', False),
    ('<span class="InlineEquation"><img src="a.gif" alt="$$x$$"></span>', False),
    ('<span class="Equation"><img src="a.gif" alt="$$x$$"></span>', True),
]


@pytest.mark.parametrize(("picture", "display"), PLACED)
def test_classes_say_where_a_picture_stands(picture: str, display: bool) -> None:
    extraction = extract_html(lesson_around(f"<p>Let {picture} be.</p>", MATHJAX))
    assert [(formula.latex, formula.display) for formula in extraction.formulas] == [("x", display)]


WRAPPED = '<IMG WIDTH="21" SRC="{}" ALT="tex2html_wrap_inline12">'
# pictures whose TeX stands in a comment, the formulas meant and whether they are displayed
COMMENTED = [
    (f"<!-- MATH: $x^2$ -->{WRAPPED.format('img1.gif')}", [("x^2", False)]),
    (f"<!-- MATH\n $x^2$\n -->\n<SPAN CLASS='MATH'>{WRAPPED.format('img1.gif')}</SPAN>", [("x^2", False)]),
    (f"<!-- MATH\n \\begin{{displaymath}}\na<b\n\\end{{displaymath}}\n -->{WRAPPED.format('1.gif')}", [("a<b", True)]),
    ('<!-- MATH $x^2$ --><img src=img1.gif alt="$y^2$">', [("y^2", False)]),
    (f"<!-- MATH $x$ -->{WRAPPED.format('1.gif')} and {WRAPPED.format('1.gif')}", [("x", False), ("x", False)]),
    (f"<!-- MATH $x$ -->{WRAPPED.format('1.gif')} and <!-- MATH $y$ -->{WRAPPED.format('1.gif')}", []),
    (f"<!-- MATH $x$ --> and {WRAPPED.format('1.gif')}", []),
    (f"<!-- MATHS $x$ page -->{WRAPPED.format('1.gif')}", []),
    (f"<!-- MATH -->{WRAPPED.format('1.gif')}", []),
    (f"<!-- menu -->{WRAPPED.format('1.gif')}", []),
]


@pytest.mark.parametrize(("markup", "expected"), COMMENTED)
def test_the_tex_in_the_comment_before_a_picture(markup: str, expected: list[tuple[str, bool]]) -> None:
    extraction = extract_html(lesson_around(f"<p>Let {markup} be.</p>", MATHJAX))
    assert [(formula.latex, formula.display) for formula in extraction.formulas] == expected


SQUARE = "<math xmlns='http://www.w3.org/1998/Math/MathML'><msup><mi>x</mi><mn>2</mn></msup></math>"
# what stands in the address of an SVG, the formulas meant
ADDRESSES = [
    (f"<svg><!--MathML: {SQUARE}--><path d='M0'/></svg>", ["x^2"]),
    (f"<svg><!--MathML: {SQUARE}<path d='M0'/></svg>", []),
    (f"<svg>{SQUARE}</svg>", []),
    ("<svg><!--MathML: none--></svg>", []),
    (f"<svg>{' ' * MOST_ADDRESS}<!--MathML: {SQUARE}--></svg>", []),
]


@pytest.mark.parametrize(("svg", "expected"), ADDRESSES)
def test_mathml_in_the_address_of_a_picture(svg: str, expected: list[str]) -> None:
    picture = f'<img alt="x squared" src="data:image/svg+xml;charset=utf8,{quote(svg)}">'
    assert latex(extract_html(lesson_around(f"<p>Let {picture} be.</p>", MATHJAX))) == expected


@pytest.mark.parametrize(
    "markup",
    [
        "<!-- MATH" * 200_000,
        "<!-- MATH $x$ -->" * 100_000,
        "<!-- MATH $x$ --><img " + "a " * 800_000,
        f'<img src="data:image/svg+xml,{"<!--MathML: " * 100_000}">',
        f'<img src="data:image/svg+xml,MathML{"%3C" * 400_000}">',
    ],
)
def test_time_is_linear(markup: str) -> None:
    within(20, lambda: parse(markup), lambda tree: images(tree, markup + "<img", lambda formula, holder: "zqf0z"))


# vector pictures, the formulas meant
VECTORS = [
    ('<svg aria-label="x^2"></svg>', ["x^2"]),
    ('<svg><title>x^2</title><path d="M0"/></svg>', ["x^2"]),
    ("<svg><desc>\\alpha</desc></svg>", ["\\alpha"]),
    ('<svg aria-label="$x^2$"></svg>', ["x^2"]),
    ('<svg aria-label="x^2"><title>x^2</title></svg>', ["x^2"]),
    ('<svg aria-label="x^2"></svg><svg aria-label="y_1"></svg><svg aria-label="z"></svg>', ["x^2", "y_1", "z"]),
    ('<svg aria-label="z"></svg>', []),
    ('<svg aria-label="Close the menu"><title>menu</title></svg>', []),
    ("<svg><title>arrow_right icon for the next page of our shop and the news today</title></svg>", []),
    (f'<svg aria-label="{"x^2 + " * 400}y"></svg>', []),
    ('<SVG ARIA-LABEL="x^2"></SVG>', ["x^2"]),
]


@pytest.mark.parametrize(("markup", "expected"), VECTORS)
def test_titles_of_vector_pictures(markup: str, expected: list[str]) -> None:
    extraction = extract_html(lesson_around(f"<p>Let \\(u\\) and {markup} be.</p>", MATHJAX))
    assert latex(extraction) == ["u", *expected]
