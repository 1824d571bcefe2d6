from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from mathmill.pipeline.notation.mathml import MAX_DEPTH, label, read, to_latex
from tests.effort import within
from tests.pipeline.notation.test_mathml import FRACTION, TABLE, assert_balanced, math

TAGS = [
    "mrow", "mi", "mn", "mo", "mtext", "ms", "mspace", "mfrac", "msqrt", "mroot", "msub", "msup", "msubsup", "munder",
    "mover", "munderover", "mmultiscripts", "mprescripts", "none", "mtable", "mtr", "mtd", "mlabeledtr", "mfenced",
    "menclose", "mphantom", "mpadded", "mstyle", "maction", "merror", "semantics", "annotation", "annotation-xml",
    "apply", "plus", "minus", "times", "divide", "power", "root", "int", "sum", "diff", "bvar", "lowlimit", "uplimit",
    "degree", "set", "interval", "matrix", "matrixrow", "vector", "piecewise", "piece", "otherwise", "cn", "ci",
    "sep", "lambda", "math", "span", "b", "quotient", "exp", "limit", "forall", "selector",
]  # fmt: skip
WORDS = ["x", "2", "(", ")", "[", "]", "{", "}", "|", "‖", "⟩", "′", "∑", "→", "^", "¯", "⏟", "lim", "mod",
"\\", "%", "$", "&", "#", "_", "~",
         " ", "\u2061", "\u2062", "α", "𝒜", "ℝ", "é", "漢", "½", "²", "≠", "if", "]x", "'", "\u0338", "\u20d7",
         ""]  # fmt: skip
ATTRIBUTES = [
    {}, {"stretchy": "true"}, {"stretchy": "false"}, {"fence": "true"}, {"form": "postfix"}, {"form": "prefix",
    "fence": "true"},
    {"linethickness": "0"}, {"displaystyle": "true"}, {"mathvariant": "bold"}, {"mathvariant": "-tex-calligraphic"},
    {"columnalign": "right left"}, {"columnlines": "solid", "frame": "solid"}, {"data-mjx-texclass": "INNER"},
    {"notation": "longdiv actuarial left"}, {"open": "{", "close": ""}, {"open": "]", "separators": ";|"},
    {"width": "-1em"},
    {"selection": "2"}, {"type": "rational"}, {"encoding": "MathML-Presentation"}, {"scriptlevel": "1"},
    {"class": "mml-eqn-num"},
]  # fmt: skip


def elements() -> st.SearchStrategy[Any]:
    def build(tag: str, text: str, children: list[Any], attributes: dict[str, str], tail: str) -> Any:
        made = etree.Element(tag, dict(attributes))
        made.text, made.tail = text, tail
        for child in children:
            made.append(child)
        return made

    def node(children: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
        return st.builds(
            build,
            st.sampled_from(TAGS),
            st.sampled_from(WORDS),
            st.lists(children, max_size=5),
            st.sampled_from(ATTRIBUTES),
            st.sampled_from(["", "", " ", "y"]),
        )

    leaf = st.builds(
        build,
        st.sampled_from(["mi", "mo", "mn", "mtext"]),
        st.sampled_from(WORDS),
        st.just([]),
        st.sampled_from(ATTRIBUTES),
        st.just(""),
    )
    return st.recursive(leaf, node, max_leaves=25)


@settings(deadline=None, max_examples=75)
@given(st.lists(elements(), max_size=6))
def test_any_tree_gives_balanced_latex(children: list[Any]) -> None:
    root = etree.Element("math")
    root.extend(children)
    before = etree.tostring(root)
    latex = to_latex(root)
    assert_balanced(latex)
    assert etree.tostring(root) == before
    label(root)


@settings(deadline=None, max_examples=100)
@given(st.lists(st.tuples(st.sampled_from(WORDS), st.sampled_from(ATTRIBUTES)), max_size=14))
def test_any_row_of_operators_is_balanced(marks: list[tuple[str, dict[str, str]]]) -> None:
    root = etree.Element("math")
    for at, (mark, attributes) in enumerate(marks):
        etree.SubElement(root, "mo", attributes).text = mark
        if at % 3 == 0:
            root.append(etree.fromstring(FRACTION if at % 2 else TABLE))
    assert_balanced(to_latex(root))


@settings(deadline=None)
@given(st.text(max_size=200))
def test_any_text_is_read(markup: str) -> None:
    for text in (markup, f"<math>{markup}</math>"):
        if (found := read(text)) is not None:
            assert_balanced(to_latex(found))


@pytest.mark.parametrize(
    "tag",
    ["mrow", "msup", "mfrac", "msqrt", "mtable", "mtd", "mfenced", "apply", "mi", "mo", "munder", "mmultiscripts"],
)
def test_depth_is_no_matter(tag: str) -> None:
    root = deepest = etree.Element("math")
    for _ in range(5_000):
        deepest = etree.SubElement(deepest, tag)
    deepest.text = "x"
    latex = within(5, lambda: root, to_latex)
    assert len(latex) < 50 * MAX_DEPTH
    assert_balanced(latex)
    while (parent := deepest.getparent()) is not None:  # libxml2 frees deep trees by recursion
        parent.remove(deepest)
        deepest = parent


@pytest.mark.parametrize(
    "unit",
    [
        "<mo>(</mo>", "<mo>)</mo>", "<mo>|</mo>", '<mo fence="true">(</mo>', '<mo fence="true">)</mo>',
        "<mi>x</mi>", "<msup>", "<mo>′</mo>",
        "<mtable><mtr><mtd>", "<mfrac>", "<mtr>", "<mtd>x</mtd>", "<mrow><mo>{</mo>" + TABLE + "</mrow>",
        "<apply><plus/>",
        "<mi mathvariant='normal'>a</mi>", "x ", "&", "<mtext>a</mtext>", "<mfenced>x", "<mo>|</mo><mo>(</mo>",
    ],
)  # fmt: skip
def test_time_and_output_are_linear(unit: str) -> None:
    assert_linear(math(unit * (60_000 // len(unit))))


@pytest.mark.parametrize(
    ("start", "unit", "end"),
    [
        ("", "<mo>|</mo><mo>‖</mo>", "<mo>)</mo>" * 4_000),
        ("<mo>(</mo>", "<mo>|</mo><mo>‖</mo>", "<mo>)</mo>" * 4_000),
        ("<mmultiscripts>", "<mi>x</mi>", ""),
        ("<mmultiscripts><mi>x</mi><mprescripts/>", "<mi>x</mi>", ""),
        ("<apply><plus/>", "<cn>1</cn>", ""),
        ("<apply><eq/>", "<ci>a</ci>", ""),
        ("<apply><diff/>", "<bvar><ci>x</ci></bvar>", "<ci>f</ci>"),
        ("<mfenced>", "<mi>x</mi>", ""),
        ("<mtable>", "<mtr><mtd>x</mtd></mtr>", ""),
        ("<mtable><mtr>", "<mtd>x</mtd>", ""),
        ("<mi>", "x", ""),
        ("<mtext>", "{", ""),
        ("<mo>", "=\u0338", ""),
    ],
)
def test_long_elements_take_linear_time(start: str, unit: str, end: str) -> None:
    assert_linear(math(start + unit * 4_000 + end))


def assert_linear(markup: str) -> None:
    found = within(5, lambda: markup, read)
    latex = within(5, lambda: found, to_latex) if found is not None else ""
    assert len(latex) < 30 * len(markup)
    assert_balanced(latex)
