from __future__ import annotations

import pytest

from mathmill.pipeline.extraction import Extraction, extract_html
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
