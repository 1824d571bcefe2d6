from __future__ import annotations

import contextlib
from fractions import Fraction

import pytest
from hypothesis import given, settings

from mathmill.eval.syntax import trees as t
from mathmill.eval.syntax.parser import parse
from mathmill.eval.values.numeric import differ, real_value
from mathmill.eval.values.polynomials import Undecided
from tests.eval.values.trees import number, trees

DIFFERENT = [
    (r"e^{\pi\sqrt{163}}", "262537412640768744"), ("x^2", "x^2+10^{-30}"),
    (r"\sqrt{x^2}", "x"), ("10^{-30}", "1/2^{60}"),
    (r"\arccos x", r"\arcsin x"), ("2^n", "n^2"), ("n!", "n^2"), (r"\sqrt{x-5}", "x"), (r"\floor{x}", "x"),
    ("|x|^3", "x^3"),
    (r"\frac{1}{2004!}", r"\frac{1}{2006!}"), ("e^{ix}", r"\cos x"),
]  # fmt: skip
TOGETHER_NOWHERE = [(r"\sqrt{-x^2-1}", "x"), (r"\frac{1}{0x}", "x"), (r"\ln(-|x|)", "x")]
NEARLY_NOUGHT = [(r"\frac{1}{x-x}", "x"), (r"\frac{\sin^2 x+\cos^2 x-1}{(x+1)^2-x^2-2x-1}", "42")]


@pytest.mark.parametrize(("left", "right"), DIFFERENT)
def test_different_values_are_told_apart(left: str, right: str) -> None:
    assert differ(parse(left), parse(right)) is True
    assert differ(parse(right), parse(left)) is True


@pytest.mark.parametrize(("left", "right"), TOGETHER_NOWHERE)
def test_points_where_a_side_is_undefined_are_left_out(left: str, right: str) -> None:
    assert differ(parse(left), parse(right)) is None


@pytest.mark.parametrize(("left", "right"), NEARLY_NOUGHT)
def test_what_rounding_leaves_unsure_everywhere_is_undecided(left: str, right: str) -> None:
    with pytest.raises(Undecided):
        differ(parse(left), parse(right))


@pytest.mark.parametrize(
    "text", [r"\floor{\sqrt{3-2\sqrt2}+2-\sqrt2}", r"\floor{10^{500}\sqrt2}", "9^{9^{9^9}}", r"\lim_{x\to 0} x"]
)
def test_what_rounding_or_size_leaves_unsure_is_not_refuted(text: str) -> None:
    with contextlib.suppress(Undecided):
        assert differ(parse(text), parse("1")) is None


@settings(deadline=None, max_examples=150)
@given(trees)
def test_rewrites_are_never_refuted(tree: t.Tree) -> None:
    one, two = number(1), number(2)
    rewrites: list[t.Tree] = [
        tree,
        t.Quotient(t.Product((tree, two)), two),
        t.Sum((tree, one, t.Negative(one))),
        t.Sum((t.Product((number(10**45), tree)), t.Product((number(1 - 10**45), tree)))),
        t.Negative(t.Negative(tree)),
        t.Quotient(one, t.Quotient(one, tree)),
        t.Product((t.Sum((tree, t.Call("sin", (one,)))), t.Quotient(two, two))),
    ]
    rewrites[-1] = t.Sum((rewrites[-1], t.Negative(t.Call("sin", (one,)))))
    for rewrite in rewrites:
        with contextlib.suppress(Undecided):
            assert differ(tree, rewrite) is not True, (tree, rewrite)


@settings(deadline=None, max_examples=150)
@given(trees)
def test_small_changes_are_refuted_wherever_there_is_a_value(tree: t.Tree) -> None:
    for changed in (t.Sum((tree, number(1))), t.Sum((t.Product((tree, number(1 + Fraction(1, 10**20)))), number(0)))):
        try:
            agreed = differ(tree, changed) is False
        except Undecided:
            continue
        if agreed:  # only where it is very large, or zero
            assert _is_extreme(tree), tree


def _is_extreme(tree: t.Tree) -> bool:
    small, large = number(Fraction(1, 10**19)), number(10**19)
    sizes = [t.Call("max", (t.Call("abs", (tree,)), bound)) for bound in (small, large)]
    try:
        return not (differ(sizes[0], small) and differ(sizes[1], large) is False)
    except Undecided:
        return True


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("3/4", Fraction(3, 4)),
        (r"\sqrt2", 1.4142135623730951),
        ("-e", -2.718281828459045),
        (r"\sqrt{3-2\sqrt2}+1-\sqrt2", 0),
    ],
)
def test_real_values(text: str, value: float) -> None:
    assert float(real_value(parse(text))) == float(value)


@pytest.mark.parametrize("text", ["x", "i", r"\frac{1}{0}", "9^{9^{9^9}}", r"\sqrt{-2}"])
def test_what_is_no_real_number_has_no_real_value(text: str) -> None:
    with pytest.raises(Undecided):
        real_value(parse(text))
