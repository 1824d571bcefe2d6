"""Parts that the markup marks are found again in the text, and the text is what it is without them."""

from __future__ import annotations

import time

import pytest

from mathmill.pipeline.body.regions import Part, Region, regions_in
from mathmill.pipeline.extraction import Extraction, extract

FILLER = "".join(
    f"<p>Paragraph number {n} says enough of the matter that the page has a body of its own.</p>" for n in range(8)
)


def shown(page: str) -> list[tuple[str, str]]:
    found = extract(f"<html><body><main><h1>Sums</h1>{FILLER}{page}{FILLER}</main></body></html>")
    return [(region.kind, found.text[region.start : region.end]) for region in found.regions]


SOLVED = "<p>Let \\(n=3\\). Find \\(n^2\\).</p>"

CASES = {
    "a book made by PreTeXt": (
        f'<article class="exercise exercise-like" id="e1"><h4 class="heading">1.</h4>{SOLVED}<div class="solutions">'
        '<details class="solution solution-like"><summary>Solution.</summary>'
        "<p>It is \\(n^2=9\\).</p></details></div></article>",
        ["problem", "solution"],
    ),
    "bookdown": (
        f'<div class="exercise">{SOLVED}</div><div class="solution"><p>It is \\(n^2=9\\).</p></div>',
        ["problem", "solution"],
    ),
    "LaTeXML": (
        f'<div class="ltx_theorem ltx_theorem_problem">{SOLVED}</div>'
        '<div class="ltx_proof"><p>It is \\(n^2=9\\).</p></div>',
        ["problem", "proof"],
    ),
    "Sphinx": (
        f'<div class="exercise admonition" id="ex-1"><p class="admonition-title">Exercise 1</p>{SOLVED}</div>'
        '<div class="solution dropdown admonition"><p>It is \\(n^2=9\\).</p></div>',
        ["problem", "solution"],
    ),
    "a forum with microdata": (
        f'<div itemscope itemtype="https://schema.org/Question">{SOLVED}</div>'
        '<div itemprop="suggestedAnswer" itemscope><p>Nine thousand, said the first.</p></div>'
        '<div itemprop="suggestedAnswer acceptedAnswer" itemscope><p>It is \\(n^2=9\\).</p></div>',
        ["problem", "reply", "accepted"],
    ),
    "a forum by classes": (
        f'<div class="question" id="question">{SOLVED}</div>'
        '<div class="answer" id="answer-12"><p>Nine thousand.</p></div>'
        '<div class="answer js-answer accepted-answer" id="answer-13"><p>It is \\(n^2=9\\).</p></div>',
        ["problem", "reply", "accepted"],
    ),
    "a forum with votes and comments": (
        f'<div itemscope itemtype="https://schema.org/Question"><div class="question" id="question"><div>12 votes</div>'
        f'<div class="s-prose js-post-body" itemprop="text">{SOLVED}</div><div>asked by ann</div></div>'
        '<div class="answer accepted-answer" id="answer-13" itemprop="acceptedAnswer"><div>7 votes</div>'
        '<div class="s-prose" itemprop="text"><p>It is \\(n^2=9\\).</p></div></div></div>',
        ["problem", "accepted"],
    ),
    "OpenStax": (
        f'<div data-type="exercise"><section data-type="problem">{SOLVED}</section>'
        '<section data-type="solution"><p>It is \\(n^2=9\\).</p></section></div>',
        ["problem", "solution"],
    ),
    "collapsed": (
        f"{SOLVED}<details><summary>Show the solution</summary><p>It is \\(n^2=9\\).</p></details>",
        ["collapsed"],
    ),
    "stated in JSON-LD": (
        f"<div>{SOLVED}</div><div><p>It is \\(n^2=9\\), <b>said</b> one.</p></div>"
        '<script type="application/ld+json">{"@type": "QAPage",'
        '"mainEntity": {"@type": "Question", "name": "A sum", "text": "<p>Let \\\\(n=3\\\\). Find \\\\(n^2\\\\).</p>",'
        '"acceptedAnswer": {"@type": "Answer", "text": "<p>It is \\\\(n^2=9\\\\), said one.</p>"}}}</script>',
        ["problem", "accepted"],
    ),
    "links that are no questions": ('<p>Ask <i class="icon-question"></i> <span class="answer">us</span>.</p>', []),
    "broken JSON": ('<script type="application/ld+json">{"acceptedAnswer": </script><p>Text.</p>', []),
}


@pytest.mark.parametrize(("page", "kinds"), CASES.values(), ids=CASES)
def test_kinds(page: str, kinds: list[str]) -> None:
    assert [kind for kind, _ in shown(page)] == kinds


def test_a_region_is_whole_lines_with_their_formulas() -> None:
    page, _ = CASES["a forum with votes and comments"]
    assert shown(page) == [("problem", "Let $n=3$. Find $n^2$."), ("accepted", "It is $n^2=9$.")]
    page, _ = CASES["bookdown"]
    assert shown(page) == [("problem", "Let $n=3$. Find $n^2$."), ("solution", "It is $n^2=9$.")]


def test_a_region_begins_with_a_formula() -> None:
    page = '<div class="solution"><p>\\(x=1\\) is one.</p><p>So is \\(y=2\\)</p></div>'
    assert shown(page) == [("solution", "$x=1$ is one.\n\nSo is $y=2$")]


def test_regions_leave_the_text_alone() -> None:
    page = f"<html><body><main>{FILLER}{CASES['a book made by PreTeXt'][0]}{FILLER}</main></body></html>"
    plain = page.replace("exercise exercise-like", "x").replace("solution solution-like", "y").replace("details", "div")
    marked, unmarked = extract(page), extract(plain)
    assert marked.regions and not unmarked.regions
    assert [line for line in marked.text.split("\n") if line] == [line for line in unmarked.text.split("\n") if line]


def test_a_part_that_the_text_lacks_has_no_region() -> None:
    parts = [Part("solution", "words that are nowhere"), Part("answer", "two words")]
    assert regions_in("There are two words here.", parts, str) == (Region("answer", 10, 19),)


def test_a_part_of_which_something_was_left_out_is_known_by_its_ends() -> None:
    words = [f"word{n}" for n in range(40)]
    text = "Before.\n\n" + " ".join(words[:15] + words[18:]) + "\n\nBehind."
    (region,) = regions_in(text, [Part("problem", " ".join(words))], str)
    assert text[region.start : region.end].startswith("word0") and text[region.start : region.end].endswith("word39")


def test_equal_parts_are_found_one_after_the_other() -> None:
    text = "Answer 1\n\nmore\n\nAnswer 1\n\nmore"
    found = regions_in(text, [Part("answer", "Answer 1"), Part("problem", "more"), Part("answer", "Answer 1")], str)
    assert [region.start for region in found] == [0, 10, 16]


@pytest.mark.parametrize(
    "page",
    [
        '<div class="problem">' * 3_000 + "deep",
        '<div class="problem">' * 200 + "<b></b>" * 5_000 + "wide",
        '<div class="answer">same words</div>' * 5_000,
        '<div class="solution">' + "x" * 500_000 + "</div>",
        "".join(f'<p class="answer" style="display:none">lost {n}</p>' for n in range(1_000))
        + "<p>"
        + "word " * 30_000,
    ],
)
def test_hostile_pages_cost_little(page: str) -> None:
    began = time.process_time()
    found = extract(page)
    assert isinstance(found, Extraction)
    assert time.process_time() - began < 8
