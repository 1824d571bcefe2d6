r"""The mutations of `benchmarks.mutations`: every kind of rewrite is paid, none of the breaks is."""

from __future__ import annotations

import gzip
import json
from random import Random

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from benchmarks.mutations.breaks import BREAKS, broken
from benchmarks.mutations.drawing import draw_mutations
from benchmarks.mutations.model import Expr, Name, Neg, Num, Power, Product, Quotient, Root, Single, Sum
from benchmarks.mutations.reading import read
from benchmarks.mutations.rewrites import REWRITES, rewritten
from benchmarks.mutations.worth import Unsure, same, same_answer
from benchmarks.mutations.writing import latex, plain, write
from mathmill.eval.verify import verify
from tests.shared import BENCHMARKS, needs_benchmarks

GOLDS = [
    "42", "-7", "3125", "120", "4800", "1,234,567", r"12,\!000", "0.75", "-2.5",
    "0.125", r"\frac{3}{4}", r"-\frac{5}{3}",
    r"\dfrac{25}{8}", r"\frac 12", r"\frac17", r"2\frac{1}{3}", r"\sqrt{12}", r"3\sqrt{2}", r"\frac{\sqrt{3}}{2}",
    r"\frac{1}{\sqrt{2}}", r"1+\sqrt{5}",
    r"\frac{1+\sqrt{5}}{2}", r"\frac{1}{2} + \frac{2}{3} i", r"\sqrt[3]{4}", r"\sqrt 7", r"4\pi", r"\frac{3\pi}{4}",
    r"16 - 4\pi", "3+4i", "-i", "2^{10}",
    "x^2-5x+6", "3x^2y", "(x-1)(x+2)", "x^3", "6x+12", r"\frac{x^{2}}{3}",
    r"\frac{2}{x}", r"\tan x", r"2\sin\theta", r"\cot x + \sec y", "(1,2)", "(3, -1, 4)",
    r"\left(\frac{1}{2}, 5\right)",
    "-1, 8", r"\{1, 2, 3\}", r"1, \frac{1}{2}", "[0,25]", r"(2,\infty)", r"(-\infty,-1]", r"(-\infty,-2)\cup[3,\infty)",
    r"\begin{pmatrix} 1 & 2 \\ 3 & 4 \end{pmatrix}", r"\begin{pmatrix} 5 \\ 6 \end{pmatrix}", "x = 5", "y = 2x + 3",
    "3x - 4y + 12 = 0", "204_5", "1101_{2}", r"50\%", r"60^\circ", r"7.5^{\circ}", r"\$3.50", r"12\text{ cm}",
    r"15\text{ feet}^2", r"8\text{ pieces}", r"\text{Friday}", r"\text{(C)}", "3:1", "2:3:4", r"8\!:\!34 \text{ p.m.}",
]  # fmt: skip

whole = st.integers(1, 999).map(lambda value: Num(str(value)))
small = st.integers(2, 9).map(lambda value: Num(str(value)))
leaf: st.SearchStrategy[Expr] = st.one_of(
    whole, small.map(Root), st.just(Name("\\pi")), st.builds(Quotient, whole, small), st.just(Name("x")),
    st.builds(Power, st.just(Name("x")), small),
)  # fmt: skip
EXPRESSIONS = st.recursive(
    leaf,
    lambda inner: st.one_of(
        st.builds(lambda a, b: Sum((a, b)), inner, inner),
        st.builds(lambda a, b: Sum((a, Neg(b))), inner, inner),
        st.builds(lambda a, b: Product((a, b)), small, inner),
        st.builds(Quotient, inner, small),
        st.builds(Neg, inner.filter(lambda expr: not isinstance(expr, Neg))),
    ),
    max_leaves=4,
)


@pytest.mark.parametrize("kind", REWRITES)
def test_rewrites_are_paid(kind: str) -> None:
    draw = Random(kind)
    texts = [(gold, rewritten(kind, gold, draw)) for gold in GOLDS]
    applied = [(gold, text) for gold, text in texts if text is not None]
    assert applied, "no gold of the table is rewritten so"
    assert [pair for pair in applied if not verify(pair[1], pair[0]).correct] == []


@pytest.mark.parametrize("kind", BREAKS)
def test_breaks_are_not(kind: str) -> None:
    draw = Random(kind)
    texts = [(gold, broken(kind, gold, draw)) for gold in GOLDS]
    applied = [(gold, text) for gold, text in texts if text is not None]
    assert applied, "no gold of the table is broken so"
    assert [pair for pair in applied if verify(pair[1], pair[0]).correct] == []


@settings(deadline=None, max_examples=100)
@given(EXPRESSIONS, st.sampled_from(REWRITES), st.integers(0, 9))
def test_any_expression_rewritten_is_paid(expr: Expr, kind: str, seed: int) -> None:
    gold = latex(expr)
    text = rewritten(kind, gold, Random(seed))
    assume(text is not None)
    assert text is not None
    assert verify(text, gold).correct


@settings(deadline=None, max_examples=100)
@given(EXPRESSIONS, st.sampled_from(BREAKS), st.integers(0, 9))
def test_no_expression_broken_is_paid(expr: Expr, kind: str, seed: int) -> None:
    gold = latex(expr)
    text = broken(kind, gold, Random(seed))
    assume(text is not None)
    assert text is not None
    assert not verify(text, gold).correct


@settings(deadline=None, max_examples=100)
@given(EXPRESSIONS)
def test_what_is_written_is_read(expr: Expr) -> None:
    again = read(latex(expr))
    assert isinstance(again, Single)
    assert same(again.of, expr)
    assert plain(expr)


@pytest.mark.parametrize("gold", GOLDS)
def test_golds_are_written_and_read_again(gold: str) -> None:
    answer = read(gold)
    assert answer is not None
    again = read(write(answer))
    assert again is not None
    try:
        assert same_answer(answer, again)
    except Unsure:
        assert type(answer) is type(again)


@pytest.mark.parametrize(
    "text",
    ["", "e^x", "5!", "|x|", "x_1", "1/2x", r"\log 2",
     "2^3^4", r"\frac12\frac", "(1,2", "1,234,5", r"\sin x y", r"\pm 2",
     "f(x", r"\begin{pmatrix} 1 & 2 \\ 3 \end{pmatrix}", "289_5", "LQSX", r"x \text{ or } y", "9:24"],
)  # fmt: skip
def test_what_is_not_sure_is_left_unread(text: str) -> None:
    assert read(text) is None


def test_the_same_seed_draws_the_same() -> None:
    drawn = draw_mutations(GOLDS, 40, 1)
    assert drawn == draw_mutations(GOLDS, 40, 1)
    assert drawn != draw_mutations(GOLDS, 40, 2)
    assert [each.pays for each in drawn[:4]] == [True, False, True, False]
    assert len({each.kind for each in drawn}) > 30


@needs_benchmarks
def test_golds_of_math_rewritten_and_broken() -> None:
    with gzip.open(BENCHMARKS / "math" / "test.jsonl.gz") as lines:
        golds = [json.loads(line)["answer"] for line in lines]
    drawn = draw_mutations(golds, 500, 1)
    assert [each for each in drawn if verify(each.answer, each.gold).correct != each.pays] == []
