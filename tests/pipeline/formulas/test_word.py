from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mathmill.pipeline.dom.parse import parse
from mathmill.pipeline.formulas.delimited import Formula
from mathmill.pipeline.formulas.raw_less import escape_raw_less
from mathmill.pipeline.formulas.word import reveal_equations, word_equations
from tests.effort import assert_linear

FONT = "<span style='font-family:\"Cambria Math\",serif'>"
SQUARE = (
    "<m:oMath><m:sSup><m:sSupPr><span style='font-style:italic'><m:ctrlPr></m:ctrlPr></span></m:sSupPr>"
    f"<m:e><i>{FONT}<m:r>x</m:r></span></i></m:e><m:sup><i>{FONT}<m:r>2</m:r></span></i></m:sup></m:sSup>"
    f"<i>{FONT}<m:r>+1</m:r></span></i></m:oMath>"
)
DISPLAYED = f"<m:oMathPara>{SQUARE}</m:oMathPara>"
NUMBERED = (
    "<m:oMathPara><m:oMath><m:eqArr><m:eqArrPr><m:maxDist m:val='1'/></m:eqArrPr><m:e><m:r>y=1#</m:r>"
    "<m:d><m:e><m:r>3</m:r></m:e></m:d></m:e></m:eqArr></m:oMath></m:oMathPara>"
)
DRAWN = "<!--[if gte vml 1]><v:shape id=a><v:imagedata src=a.png/></v:shape><![endif]-->"
PICTURE = "<img width=9 src=a.png alt=picture>"
FALLBACKS = [
    f"<![if !msEquation]>{PICTURE}<![endif]>",
    f"<![if !msEquation]><span>{DRAWN}<![if !vml]>{PICTURE}<![endif]></span><![endif]>",
    f"\r\n<![if !msEquation]>\n{PICTURE}<![endif]>",
    f"<!--[if !msEquation]-->{DRAWN}<!--[if !vml]-->{PICTURE}<!--[endif]--><!--[endif]-->",
    f"<!--[if !msEquation]-->{PICTURE}<!--<![endif]-->",
    "",
]


def hidden(equation: str, condition: str = "gte msEquation 12") -> str:
    return f"<!--[if {condition}]>{equation}<![endif]-->"


def found_in(page: str) -> tuple[list[Formula], str]:
    """The equations of a page, and its text with their places marked."""
    tree = parse(reveal_equations(escape_raw_less(page)))
    assert tree is not None
    found: list[Formula] = []

    def token_for(formula: Formula, holder: Any) -> str:
        found.append(formula)
        return f"[{len(found)}]"

    word_equations(tree, page, token_for)
    return found, " ".join(tree.text_content().split())


@pytest.mark.parametrize("fallback", FALLBACKS)
@pytest.mark.parametrize("condition", ["gte msEquation 12", "msEquation", "gte msequation 12", "(gte msEquation 12)"])
def test_an_equation_takes_the_place_of_its_comment_and_picture(fallback: str, condition: str) -> None:
    page = f"<p>Let {hidden(SQUARE, condition)}{fallback} be given.</p>"
    assert reveal_equations(page) == f"<p>Let {SQUARE} be given.</p>"
    assert found_in(page) == ([Formula("x^2+1", False, "omml")], "Let [1] be given.")


# what a page holds, its formulas as LaTeX, display and number, its text
PAGES = [
    (f"<p>{hidden(DISPLAYED)}{FALLBACKS[1]}<o:p></o:p></p>", [("x^2+1", True, "")], "[1]"),
    (f"<div>{hidden(NUMBERED)}{FALLBACKS[0]}</div>", [("y=1", True, "(3)")], "[1]"),
    (f"<p>a {hidden(SQUARE)}{FALLBACKS[0]}, b {hidden(SQUARE)}{FALLBACKS[1]}.</p>",
     [("x^2+1", False, ""), ("x^2+1", False, "")], "a [1], b [2]."),
    (f"<p>a {SQUARE} b</p>", [("x^2+1", False, "")], "a [1] b"),
    (f"<p>{SQUARE.replace('m:oMath', 'm:omath')}</p>", [("x^2+1", False, "")], "[1]"),
    ("<p>a <m:oMath><m:r> </m:r></m:oMath> b</p>", [], "a b"),
    (f"<p>$5 {hidden('<m:oMath><m:r>a&lt;b</m:r></m:oMath>')} $6</p>", [("a<b", False, "")], "$5 [1] $6"),
    (f"<script>'{hidden(SQUARE)}'</script><p>a</p>", [], f"'{hidden(SQUARE)}'a"),
    (f"<p>a</p><!-- old: {hidden(SQUARE)}<p>b</p>", [], "ab"),
    (f"<p>a {hidden(SQUARE, '!msEquation')} b</p>", [], "a b"),
    (f"<p>a {hidden('<m:oMath><m:r>x</m:r>')} b</p>", [], "a b"),
    (f"<p>a {hidden('Word only')}<![if !msEquation]>b<![endif]></p>", [], "a b"),
    (f"<p>a <!--[if gte msEquation 12]>{SQUARE}--> b</p>", [], "a b"),
]  # fmt: skip


@pytest.mark.parametrize(("page", "formulas", "text"), PAGES)
def test_pages(page: str, formulas: list[tuple[str, bool, str]], text: str) -> None:
    found, shown = found_in(page)
    assert [(one.latex, one.display, one.number) for one in found] == formulas
    assert {one.source for one in found} <= {"omml"}
    assert shown == text


def test_mathml_for_word_is_revealed() -> None:
    math = "<mml:math><mml:mi>x</mml:mi></mml:math>"
    assert reveal_equations(hidden(math) + FALLBACKS[0]) == math


def test_a_picture_without_an_end_stays() -> None:
    page = f"{hidden(SQUARE)}<![if !msEquation]>{PICTURE}<p>a</p>{hidden(SQUARE)}{FALLBACKS[0]}<p>b</p>"
    assert reveal_equations(page) == f"{SQUARE}<![if !msEquation]>{PICTURE}<p>a</p>{SQUARE}<p>b</p>"


UNCHANGED = [
    "<p>no equation</p>",
    "msEquation <!-- comment --> <script>msEquation</script>",
    "<!--[if gte mso 9]><xml></xml><![endif]--> msEquation",
    "<!--[if gte msEquation 12]>",
    "<!--[if gte msEquation 12]><m:oMath></m:oMath><![endi",
    FALLBACKS[1],
]


@pytest.mark.parametrize("page", UNCHANGED)
def test_pages_without_equations_stay(page: str) -> None:
    assert reveal_equations(page) == page


PARTS = [hidden(SQUARE), hidden(DISPLAYED), *FALLBACKS, DRAWN, "<p>words</p>", "<!--", "-->", "<![endif]>", "<script>",
         "</script>", "<!--[if gte msEquation 12]>", "<![if !msEquation]>", SQUARE]  # fmt: skip


@given(st.lists(st.sampled_from(PARTS), max_size=12))
def test_only_comments_and_pictures_go(parts: list[str]) -> None:
    page = "".join(parts)
    revealed = reveal_equations(page)
    assert reveal_equations("msEquation" + page) == "msEquation" + revealed
    assert revealed.count("words") == page.count("words") or "<![if !msEquation]>" in page
    kept = iter(re.findall("<m:oMath>|<p>", page))
    assert all(mark in kept for mark in re.findall("<m:oMath>|<p>", revealed))


EQUATION = "<!--[if gte msEquation 12]><m:oMath></m:oMath><![endif]-->"
HOSTILE = [
    "<!--[if gte msEquation 12]>", "<!--[if gte msEquation 12]><m:oMath>", EQUATION, EQUATION + "<![if !msEquation]>",
    EQUATION + "<![if !msEquation]><![if x]>", EQUATION + " ", "<![if !msEquation]>", "<script>", "<![if ", "<!--", " ",
    "<!--[if gte vml 1]>", "<![endif]>", "<m:oMath>",
]  # fmt: skip


@pytest.mark.parametrize("before", ["msEquation", EQUATION + "<![if !msEquation]>", "<!--[if msEquation]>"])
@pytest.mark.parametrize("unit", HOSTILE)
def test_time_is_linear(unit: str, before: str) -> None:
    assert_linear(1_000, 8_000, 0.05, lambda count: before + unit * count, reveal_equations)


def test_many_equations_take_linear_time() -> None:
    equation = f"<p>a {hidden(SQUARE)}{FALLBACKS[1]}</p>"
    assert_linear(50, 400, 0.05, lambda count: equation * count, found_in)
    assert len(found_in(equation * 50)[0]) == 50
