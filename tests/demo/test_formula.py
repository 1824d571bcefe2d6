from __future__ import annotations

import pytest
from lxml import etree

from mathmill.demo.formula import asciimath, glyphs, mathml, parse, sup_sub
from mathmill.demo.lessons import LESSONS
from mathmill.demo.markup import MARKUPS, split_math, write_html
from mathmill.demo.problems import SUBJECTS, generate_problems

CASES = [
    ("x^{2} + 1", "<mrow><msup><mi>x</mi><mn>2</mn></msup><mo>+</mo><mn>1</mn></mrow>", "x^(2) + 1"),
    (r"\frac{3}{4}", "<mfrac><mn>3</mn><mn>4</mn></mfrac>", "(3)/(4)"),
    (r"\sqrt{2}", "<msqrt><mn>2</mn></msqrt>", "sqrt(2)"),
    ("a_{1}^{2}", "<msubsup><mi>a</mi><mn>1</mn><mn>2</mn></msubsup>", "a_(1)^(2)"),
    ("x < 3", "<mrow><mi>x</mi><mo>&lt;</mo><mn>3</mn></mrow>", "x < 3"),
    (r"\pi r^{2}", "<mrow><mi>π</mi><msup><mi>r</mi><mn>2</mn></msup></mrow>", "pi r^(2)"),
    (
        r"\begin{pmatrix} 1 & 2 \\ 3 & 4 \end{pmatrix}",
        "<mrow><mo>(</mo><mtable><mtr><mtd><mn>1</mn></mtd><mtd><mn>2</mn></mtd></mtr>"
        "<mtr><mtd><mn>3</mn></mtd><mtd><mn>4</mn></mtd></mtr></mtable><mo>)</mo></mrow>",
        "((1, 2), (3, 4))",
    ),
]


@pytest.mark.parametrize(("latex", "markup", "ascii_text"), CASES)
def test_writers(latex: str, markup: str, ascii_text: str) -> None:
    assert mathml(parse(latex)) == markup
    assert asciimath(parse(latex)) == ascii_text


@pytest.mark.parametrize("latex", [r"\foo", "{x", "x}", r"\frac{1}", "x^", r"\begin{pmatrix} 1", r"\begin{cases} 1"])
def test_what_is_outside_the_subset_is_refused(latex: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse(latex)


def test_sup_sub_and_glyphs() -> None:
    assert sup_sub(parse(r"\frac{x + 1}{x^{2}}")) == "(<i>x</i> + 1)/<i>x</i><sup>2</sup>"
    assert glyphs(parse(r"\sqrt{x_{1}}"), lambda node: node.text) == "x1"


def all_formulas() -> list[str]:
    texts = [paragraph for _, paragraphs in LESSONS.values() for paragraph in paragraphs]
    texts += [text for problem in generate_problems(200, seed=1) for text in (problem.question, *problem.solution)]
    return [part for text in texts for kind, part in split_math(text) if kind != "text"]


def test_every_formula_of_the_world_can_be_written_in_every_markup() -> None:
    formulas = set(all_formulas())
    assert len(formulas) > 400
    for latex in formulas:
        etree.fromstring(mathml(parse(latex)))
        for markup in MARKUPS:
            assert markup.write(latex, False), markup.name
            assert markup.write(latex, True), markup.name


def test_split_math_loses_nothing() -> None:
    text = "Take $x$ and $$y = 2$$ then stop."
    assert split_math(text) == [
        ("text", "Take "), ("inline", "x"), ("text", " and "), ("display", "y = 2"), ("text", " then stop."),
    ]  # fmt: skip


def test_words_are_escaped_around_formulas() -> None:
    dollar = next(markup for markup in MARKUPS if markup.name == "dollar")
    assert write_html("a & b: $x < y$", dollar) == "a &amp; b: $x &lt; y$"


def test_every_subject_has_a_lesson_and_markups_have_different_names() -> None:
    assert set(LESSONS) == set(SUBJECTS)
    assert len({markup.name for markup in MARKUPS}) == len(MARKUPS) == 30
