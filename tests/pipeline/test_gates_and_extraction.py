"""What extraction finds, the gates before it let pass: every way of writing formulas, page by page."""

from __future__ import annotations

import pytest

from mathmill.data.records import BODY, CONTENT_TYPE, HTML, Document
from mathmill.demo.markup import FURTHER, MARKUPS, Markup
from mathmill.pipeline.cheap_text import CheapText
from mathmill.pipeline.extraction import extract_html
from mathmill.pipeline.gates import ByteGate
from tests.pipeline.lessons import lesson_around

LATEX = ("x^{2} + y^{2} = z^{2}", "a_{1} \\le b_{2}", "\\frac{a}{b} + c", "n^{3} - n = 6k", "\\sqrt{x + 1} = 2")


@pytest.mark.parametrize("markup", [*MARKUPS, *FURTHER], ids=lambda markup: markup.name)
def test_a_page_whose_formulas_are_found_reaches_extraction(markup: Markup) -> None:
    body = "".join(f"<p>Let {markup.write(latex, False)} be.</p>" for latex in LATEX)
    page = lesson_around(body, markup.head)
    assert len(extract_html(page).formulas) >= 3  # `sup` and `sub` say no fractions and roots
    document = Document(id="", text="", url="", meta={BODY: page.encode(), CONTENT_TYPE: "text/html", HTML: page})
    for gate in (ByteGate(), CheapText()):
        (outcome,) = gate([document])
        assert isinstance(outcome, Document), f"{gate.use} drops the page"
