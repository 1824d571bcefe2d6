"""What sympy is asked to prove, without the processes around it: see `test_workers` for those."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mathmill.eval.limits import TooLarge
from mathmill.eval.proof.equality import compare, is_proved_equal
from mathmill.eval.proof.functions import Inexpressible
from mathmill.eval.proof.messages import Garbled, packed, unpacked
from mathmill.eval.proof.symbolic import expression, symbols_for
from mathmill.eval.syntax import trees as t
from mathmill.eval.syntax.parser import parse
from tests.eval.equalities import APART, EQUAL, UNPROVED

SECONDS = 10.0  # plenty: what is tested here is what can be proved, not how fast


@pytest.mark.parametrize(("answer", "gold"), EQUAL)
def test_proved_equal(answer: str, gold: str) -> None:
    assert is_proved_equal(parse(answer), parse(gold), SECONDS) is True


@pytest.mark.parametrize(("answer", "gold"), APART)
def test_proved_unequal(answer: str, gold: str) -> None:
    assert is_proved_equal(parse(answer), parse(gold), SECONDS) is False


@pytest.mark.parametrize(("answer", "gold"), UNPROVED)
def test_what_cannot_be_proved_is_not(answer: str, gold: str) -> None:
    assert is_proved_equal(parse(answer), parse(gold), SECONDS) is not True


@pytest.mark.parametrize(
    "text",
    ["2^{2^{2^{100}}}", "10^{10^{9}}", "(1/3)^{99999}", "(2\\pi)^{100000}", "3000!", "\\binom{5000}{2}", "(1000!)!"],
)
def test_too_many_digits_are_seen_before_they_are_made(text: str) -> None:
    with pytest.raises(TooLarge):
        expression(parse(text), {})


@pytest.mark.parametrize("text", ["\\frac{1}{0}", "0^{-1}", "\\ln 0", "(1,2)", "\\mathbb{R}", "5 cm", "\\gcd(x, 2)"])
def test_what_has_no_single_value_is_inexpressible(text: str) -> None:
    tree = parse(text)
    with pytest.raises(Inexpressible):
        expression(tree, symbols_for(tree))


@pytest.mark.parametrize("text", ["\\sqrt{-2}", "\\ln(-3)", "(-2)^{1/2}", "\\sqrt{1-x}", "\\arcsin 2"])
def test_what_is_not_real_has_no_value_among_reals(text: str) -> None:
    with pytest.raises(Inexpressible):
        expression(parse(text), {"x": expression(parse("3"), {})}, real=True)


def test_odd_roots_of_negative_numbers_are_real() -> None:
    assert expression(parse("\\sqrt[3]{-8}"), {}) == -2
    assert expression(parse("(-8)^{2/3}"), {}) == 4


def test_no_time_is_slow() -> None:
    assert compare(parse("\\sin^2 x+\\cos^2 x"), parse("1"), 0.0).outcome == "slow"


TREES = st.recursive(
    st.builds(t.Number, st.fractions(), st.none() | st.integers(0, 9))
    | st.builds(t.Symbol, st.text(max_size=3))
    | st.sampled_from([t.Constant("pi"), t.InBase("1A", 16), t.Words("no solution"), t.Choice("B")]),
    lambda inner: (
        st.builds(t.Sum, st.lists(inner, max_size=3).map(tuple))
        | st.builds(t.Power, inner, inner)
        | st.builds(t.Bound, st.just("sum"), st.just(t.Symbol("k")), inner, st.none() | inner, st.none() | inner)
        | st.builds(t.Interval, inner, inner, st.booleans(), st.booleans())
        | st.builds(t.Matrix, st.lists(inner, min_size=1, max_size=2).map(lambda row: (tuple(row),)))
        | st.builds(lambda a, b: t.Relation((a, b), ("<=",)), inner, inner)
    ),
    max_leaves=8,
)


@given(TREES)
def test_a_tree_comes_back_from_its_message(tree: t.Tree) -> None:
    assert unpacked(packed(tree)) == tree


@pytest.mark.parametrize(
    "nodes",
    [
        None,
        [],
        "Sum",
        [["Sum"]],
        [["object"]],
        [["Number", ["number", "1", "0"], None]],
        [["Number", ["number", "x", "1"], None]],
        [["Number", 3, None]],
        [["Symbol", 5]],
        [["Constant", "tau"]],
        [["Negative", ["node", 0]]],
        [["Negative", ["node", -1]]],
        [["Symbol", "x"], ["Sum", ["node", 0]]],
        [["Symbol", "x"], ["Sum", ["row", "x"]]],
        [["Symbol", "x"], ["Negative", {"node": 0}]],
        [["Symbol", "x", "y"]],
        [[["Symbol"], "x"]],
    ],
)
def test_a_garbled_tree_is_refused(nodes: object) -> None:
    with pytest.raises(Garbled):
        unpacked(nodes)


def test_a_tree_too_high_or_wide_is_refused() -> None:
    tall: t.Tree = t.Number(Fraction(1))
    for _ in range(5_000):
        tall = t.Negative(tall)
    for tree in (tall, t.Sum((t.Symbol("x"), *(t.Number(Fraction(k)) for k in range(5_000))))):
        with pytest.raises(TooLarge):
            packed(tree)
