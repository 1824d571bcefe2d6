from __future__ import annotations

import pytest
from lxml import etree

from mathmill.demo.formula import asciimath, glyphs, mathml, normal, parse, sup_sub
from mathmill.demo.lessons import LESSONS
from mathmill.demo.markup import FURTHER, MARKUPS, split_math, write_html
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
    (
        r"\begin{bmatrix} a & b \end{bmatrix}",
        "<mrow><mo>[</mo><mtable><mtr><mtd><mi>a</mi></mtd><mtd><mi>b</mi></mtd></mtr></mtable><mo>]</mo></mrow>",
        "[[a, b]]",
    ),
    (r"\sqrt[3]{x}", "<mroot><mi>x</mi><mn>3</mn></mroot>", "root(3)(x)"),
    (
        r"\sum_{k}^{n} k",
        "<mrow><munderover><mo>∑</mo><mi>k</mi><mi>n</mi></munderover><mi>k</mi></mrow>",
        "sum_(k)^(n) k",
    ),
    (r"x \text{ if } \theta", "<mrow><mi>x</mi><mtext> if </mtext><mi>θ</mi></mrow>", 'x " if " theta'),
]

SAME = [
    (r"\left(a+b\right)^2", "(a + b)^{2}"),
    (r"{\left({a}+b\right)}^{2}", "(a + b)^{2}"),
    (r"x^{2}_{1}", "x_{1}^{2}"),
    (r"f^{\prime}(x)", "f'(x)"),
    (r"\left(\begin{array}{cc} a & b \\ c & d \end{array}\right)", r"\begin{pmatrix} a & b \\ c & d \end{pmatrix}"),
    (r"\left(\genfrac{}{}{0pt}{}{n}{k}\right)", r"\binom{n}{k}"),
    (r"\left(\begin{matrix} n \\ k \end{matrix}\right)", r"\binom{n}{k}"),
    (r"\mathrm{sin}\left(x\right)\,\leq 1", r"\sin(x) \le 1"),
    (r"\underset{x \rightarrow 0}{\mathrm{lim}} x", r"\lim_{x \to 0} x"),
    (r"x\phantom{\rule{0.17em}{0ex}}dx", r"x \, dx"),
    (r"x=0\text{for all}y", r"x = 0 \text{ for all } y"),
]
DIFFERENT = [
    ("x^{2}", "x_{2}"), ("x2", "x^{2}"), (r"\frac{a}{b}", "a/b"), (r"\sqrt{a} + b", r"\sqrt{a + b}"),
    (r"\sqrt[3]{a}", r"\sqrt{a}"), (r"\binom{n}{k}", r"\frac{n}{k}"), ("a < b", "a > b"), ("(a+b)^{2}", "a+b^{2}"),
]  # fmt: skip


@pytest.mark.parametrize(("latex", "markup", "ascii_text"), CASES)
def test_writers(latex: str, markup: str, ascii_text: str) -> None:
    assert mathml(parse(latex)) == markup
    assert asciimath(parse(latex)) == ascii_text


@pytest.mark.parametrize(("latex", "other"), SAME)
def test_what_prints_alike_has_one_normal_form(latex: str, other: str) -> None:
    assert normal(parse(latex)) == normal(parse(other))


@pytest.mark.parametrize(("latex", "other"), DIFFERENT)
def test_what_says_something_else_has_another_normal_form(latex: str, other: str) -> None:
    assert normal(parse(latex)) != normal(parse(other))


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
        for markup in (*MARKUPS, *FURTHER):
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
    assert len({markup.name for markup in (*MARKUPS, *FURTHER)}) == 44
