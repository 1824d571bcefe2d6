from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree, html

from mathmill.pipeline.extraction import extract_html
from mathmill.pipeline.formulas.paragraphs import make_paragraphs
from tests.pipeline.lessons import lesson_around


def tree_of(markup: str) -> Any:
    return html.fromstring(f"<html><body>{markup}</body></html>").find("body")


def made(markup: str) -> str:
    """The markup after paragraphs were made around each element `<b>`."""
    tree = tree_of(markup)
    make_paragraphs([bold.getparent() for bold in tree.iter("b")])
    return str(etree.tostring(tree, encoding="unicode", method="html")).removeprefix("<body>").removesuffix("</body>")


# markup with placeholders as <b>, the same with paragraphs around them
CASES = [
    ("<div>a <b>1</b> c</div>", "<p>a <b>1</b> c</p>"),
    ("<div><i>a <b>1</b></i> c</div>", "<p><i>a <b>1</b></i> c</p>"),
    ("<div>a <b>1</b><p>x</p>d</div>", "<div><p>a <b>1</b></p><p>x</p><p>d</p></div>"),
    ("<div><p>x</p><b>1</b></div>", "<div><p>x</p><p><b>1</b></p></div>"),
    ("<div><p>x</p> <b>1</b> <p>y</p> </div>", "<div><p>x</p><p> <b>1</b> </p><p>y</p></div>"),
    ("<p>a <b>1</b></p>", "<p>a <b>1</b></p>"),
    ("<ul><li>a <b>1</b></li></ul>", "<ul><li>a <b>1</b></li></ul>"),
    ("<section>a <b>1</b></section>", "<section><p>a <b>1</b></p></section>"),
    ("<blockquote>a <b>1</b></blockquote>", "<blockquote><p>a <b>1</b></p></blockquote>"),
    ("<figure><figcaption>a <b>1</b></figcaption></figure>", "<div><p>a <b>1</b></p></div>"),
    ('<div class="wp-caption"><p>a <b>1</b></p></div>', "<div><p>a <b>1</b></p></div>"),
    ("a <b>1</b><div>x</div>d", "<p>a <b>1</b></p><div>x</div><p>d</p>"),
    ("<h2>a <b>1</b></h2>", "<h2>a <b>1</b></h2>"),
    ("<pre>a <b>1</b></pre>", "<pre>a <b>1</b></pre>"),
]


@pytest.mark.parametrize(("markup", "expected"), CASES)
def test_text_with_placeholders_gets_paragraphs(markup: str, expected: str) -> None:
    assert made(markup) == expected


def test_tags_that_no_element_may_have_are_left_alone() -> None:
    page = lesson_around('<spanuclass="math" id=x><form>Let \\(x^2\\) be.</form>', "<script src=mathjax.js></script>")
    assert [each.latex for each in extract_html(page).formulas] == ["x^2"]


PIECES = st.sampled_from(
    ["<div>", "</div>", "<p>", "</p>", "<b>1</b>", "word ", "<i>", "</i>", "<ul><li>", "</li></ul>",
     "<figure>", "</figure>", "<figcaption>", "</figcaption>", "<section>", "</section>", "<br>", "<a>link</a>"]
)  # fmt: skip


EMPTY = "descendant::p[not(node())][following-sibling::b]"


@settings(max_examples=150)
@given(st.lists(PIECES, max_size=25))
def test_no_text_is_lost_or_moved(parts: list[str]) -> None:
    tree = tree_of("".join(parts))
    before = "".join(tree.text_content().split())
    empty = set(tree.xpath(EMPTY))  # those of the page itself stay
    make_paragraphs([bold.getparent() for bold in tree.iter("b")])
    assert "".join(tree.text_content().split()) == before
    assert set(tree.xpath(EMPTY)) <= empty


# what a formula stands alone in, what the text holds of it
PLACES = [
    ("<div>{f}</div>", "{t}"),
    ("<div>{f}<div>other</div></div>", "{t}"),
    ("<ul><li>{f}</li><li>two</li></ul>", "- {t}\n- two"),
    ("<ol><li>{f}</li></ol>", "1. {t}"),
    ("<h2>{f}</h2>", "## {t}"),
    ("<figure><img src=a.png><figcaption>{f}</figcaption></figure>", "{t}"),
    ("<figure><figcaption>Where {f} is.</figcaption></figure>", "Where {t} is."),
    ("<blockquote>{f}</blockquote>", "> {t}"),
    ("<blockquote><p>{f}</p></blockquote>", "> {t}"),
    ("<dl><dt>term</dt><dd>{f}</dd></dl>", ": {t}"),
    ("<table><tr><td>{f}</td><td>1</td></tr><tr><td>2</td><td>3</td></tr></table>", "| {t} | 1 |"),
    ("<section>{f}</section>", "{t}"),
    ("<center>{f}</center>", "{t}"),
    ("<details><summary>{f}</summary>more</details>", "{t}"),
    ("<p><a href=x>{f}</a></p>", "{t}"),
    ("<div class=caption>{f}</div>", "{t}"),
]


@pytest.mark.parametrize(("markup", "text"), PLACES)
@pytest.mark.parametrize(("formula", "delimited"), [("\\(x^2\\)", "$x^2$"), ("\\[x^2\\]", "$$x^2$$")])
def test_a_formula_alone_keeps_its_place(markup: str, text: str, formula: str, delimited: str) -> None:
    page = lesson_around(markup.format(f=formula), "<script src=mathjax.js></script>")
    extraction = extract_html(page)
    assert [each.latex for each in extraction.formulas] == ["x^2"]
    wanted = text.format(t=delimited)
    if wanted.startswith("|"):  # the header of a table is filled up
        assert delimited in extraction.text
    else:
        assert wanted.replace("1. ", "") in extraction.text
