from __future__ import annotations

import pytest
from lxml import html as lxml_html

from benchmarks.matrix_pages import FURTHER_ROWS, ROWS, MatrixPage, Row, make_page
from benchmarks.matrix_rules import (
    _as_raised,
    canonical,
    find_delimited,
    judge_delimited,
    judge_first,
    judge_loose,
    judge_strict,
)
from mathmill.demo.skeletons import SKELETONS

BY_NAME = {row.name: row for row in (*ROWS, *FURTHER_ROWS)}
PLAIN = [row for row in ROWS if row.structure in ("", "code")]


def faultless(page: MatrixPage, row: Row, delimited: bool = True) -> str:
    """A text that says of a page's article all that the rules ask for."""
    said = []
    for token in page.tokens:
        if isinstance(token, str):
            said.append(token)
            continue
        formula = page.formulas[token]
        latex = _as_raised(formula.latex) if row.states == "raised" else formula.latex
        mark = ("$$" if formula.display else "$") if delimited else ""
        said.append(f"{mark}{latex}{mark}")
    code = "\n".join(line for (line,) in page.lines) if row.structure == "code" else ""
    return f"Home About\n{' '.join(said)}\n\n```\n{code}\n```\nAll rights reserved, from $5 to $10"


@pytest.mark.parametrize("row", PLAIN, ids=lambda row: row.name)
@pytest.mark.parametrize("skeleton", SKELETONS)
def test_a_faultless_text_passes_and_a_faulty_one_does_not(row: Row, skeleton: str) -> None:
    page = make_page(row, skeleton, 3, 0)
    text = faultless(page, row)
    for judge in (judge_strict, judge_delimited, judge_loose, judge_first):
        assert judge(page, row, text).reason == ""
    first = find_delimited(text)[0]
    formula = text[first.start : first.end]
    for faulty in (text.replace(formula, ""), f"{text}\n{formula}", "", text.replace(first.latex, "x + 77")):
        for judge in (judge_strict, judge_delimited, judge_loose):
            assert not judge(page, row, faulty).passed
    price = text.replace("$5 to $10", "$5 to$ 10")
    assert not judge_strict(page, row, price).passed


@pytest.mark.parametrize("row", PLAIN, ids=lambda row: row.name)
def test_without_delimiters_only_the_loose_rule_passes(row: Row) -> None:
    page = make_page(row, "blog", 5, 1)
    text = faultless(page, row, delimited=False)
    assert judge_loose(page, row, text).passed
    second = _as_raised(page.formulas[1].latex) if row.states == "raised" else page.formulas[1].latex
    assert judge_first(page, row, text.replace(second, "")).passed
    assert not judge_loose(page, row, text.replace(second, "")).passed
    if row.name != "align":  # an environment is its own delimiter
        assert not judge_delimited(page, row, text).passed


def test_display_and_words_count_for_the_strict_rule_alone() -> None:
    row = BY_NAME["katex"]
    page = make_page(row, "blog", 0, 0)
    text = faultless(page, row)
    for faulty in (text.replace("$$", "$"), " ".join(sorted(text.split("$")[0].split())) + text[text.index("$") :]):
        assert judge_delimited(page, row, faulty).passed
        assert not judge_strict(page, row, faulty).passed


def test_order_and_glyphs() -> None:
    row = BY_NAME["mathjax2"]
    page = make_page(row, "blog", 0, 0)
    text = faultless(page, row)
    one, other = find_delimited(text)[0], find_delimited(text)[2]
    first, third = text[one.start : one.end], text[other.start : other.end]
    swapped = text.replace(first, "\0").replace(third, first).replace("\0", third)
    assert judge_loose(page, row, swapped).passed
    assert not judge_strict(page, row, swapped).passed
    rendered = row.markup.write(page.formulas[0].latex, False).split("<script")[0]
    shown = "".join(map(str, lxml_html.fromstring(rendered).itertext()))
    for judge in (judge_strict, judge_delimited, judge_loose):
        assert "glyphs" in judge(page, row, f"{text} {shown}").reason


def test_code_tables_and_lists() -> None:
    row = BY_NAME["code"]
    page = make_page(row, "blog", 0, 0)
    text = faultless(page, row)
    flat = "\n".join(line.lstrip() for line in text.split("\n"))
    assert judge_strict(page, row, text).passed
    assert not judge_strict(page, row, flat).passed
    assert not judge_loose(page, row, flat).passed


def test_the_rows_are_the_thirty_two() -> None:
    assert len(ROWS) == len({row.name for row in ROWS}) == 32
    assert len(BY_NAME) == 32 + len(FURTHER_ROWS)


@pytest.mark.parametrize("row", [*ROWS, *FURTHER_ROWS], ids=lambda row: row.name)
def test_pages_are_drawn_from_their_seed(row: Row) -> None:
    page = make_page(row, "textbook", 1, 2)
    assert page == make_page(row, "textbook", 1, 2)
    assert page.html != make_page(row, "textbook", 2, 2).html
    assert {formula.display for formula in page.formulas} == {
        "both": {False, True}, "inline": {False}, "display": {True},
    }[row.kinds]  # fmt: skip
    assert 'class="cookie-banner"' in page.html
    assert len({canonical(formula.latex) for formula in page.formulas}) == len(page.formulas) >= 4


CASES = [
    ("It costs $5 and the set $10.", []),
    ("$a$ and $$b$$", [("a", False), ("b", True)]),
    (r"\(a\) and \[b\]", [("a", False), ("b", True)]),
    (r"\$5 and $x$ or \$6", [("x", False)]),
    ("$x$5 is no end", []),
    (r"\begin{align} a &= b \end{align}", [(r"\begin{align} a &= b \end{align}", True)]),
    ("$a\nb$", []),
    (r"$a \$ b$", [(r"a \$ b", False)]),
]


@pytest.mark.parametrize(("text", "found"), CASES)
def test_delimiters(text: str, found: list[tuple[str, bool]]) -> None:
    assert [(one.latex, one.display) for one in find_delimited(text)] == found


def test_canonical() -> None:
    assert canonical(r"{\displaystyle \frac {a}{b} }") == canonical(r"\frac{a}{b}")
    assert canonical(r"\begin{align} a &= b \end{align}") == "a&=b"
    assert canonical("x^{2}") == canonical("x^2") != canonical("x_2")
    assert canonical("{a}{b}") == "ab"
