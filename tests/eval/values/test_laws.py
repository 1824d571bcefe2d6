"""What is proved holds by an evaluation of its own; what is true is never refuted; nothing takes long."""

from __future__ import annotations

import contextlib
import gc
import os
from collections.abc import Callable
from fractions import Fraction

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mathmill.eval.syntax import trees as t
from mathmill.eval.values.exact import are_equal, form_of
from mathmill.eval.values.identities import is_identity
from mathmill.eval.values.numeric import differ
from mathmill.eval.values.polynomials import Undecided
from mathmill.eval.values.settled import known_of
from tests.effort import within
from tests.eval.values.reals import agree
from tests.eval.values.trees import number, trees

# More of them: MATHMILL_EXAMPLES=20000 python -m pytest tests/eval/values/test_laws.py
many = settings(
    deadline=None,
    max_examples=int(os.environ.get("MATHMILL_EXAMPLES", "80")),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
POINTS = [
    {"x": Fraction(x), "y": Fraction(y), "n": Fraction(n)}
    for x, y, n in [("3/7", "8/5", 3), ("-5/3", "-7/4", 2), ("2", "-9/8", -1), ("-1/4", "11/3", 1), ("19/4", "1/9", 5)]
]
X, Y = t.Symbol("x"), t.Symbol("y")


def call(name: str, inner: t.Tree) -> t.Tree:
    return t.Call(name, (inner,))


def power(base: t.Tree, exponent: str) -> t.Tree:
    return t.Power(base, number(Fraction(exponent)))


def root(inner: t.Tree, degree: int = 2) -> t.Tree:
    return t.Root(inner, number(degree))


# Rewrites of a pair of trees into two sides that hold at some points, at most, or at all.
BENDS: list[Callable[[t.Tree, t.Tree], tuple[t.Tree, t.Tree]]] = [
    lambda a, b: (root(power(a, "2")), a),
    lambda a, b: (root(power(a, "2")), call("abs", a)),
    lambda a, b: (power(power(a, "2"), "1/2"), a),
    lambda a, b: (power(power(a, "4"), "1/4"), call("abs", a)),
    lambda a, b: (root(power(a, "3"), 3), a),
    lambda a, b: (root(power(a, "6"), 3), power(a, "2")),
    lambda a, b: (t.Product((root(a), root(b))), root(t.Product((a, b)))),
    lambda a, b: (t.Quotient(root(a), root(b)), root(t.Quotient(a, b))),
    lambda a, b: (root(t.Sum((a, b))), t.Sum((root(a), root(b)))),
    lambda a, b: (root(power(t.Sum((a, b)), "2")), t.Sum((a, b))),
    lambda a, b: (
        root(t.Sum((a, b, t.Product((number(2), root(t.Product((a, b)))))))),
        t.Sum((root(a), root(b))),
    ),
    lambda a, b: (
        root(t.Sum((a, b, t.Negative(t.Product((number(2), root(t.Product((a, b))))))))),
        t.Sum((root(a), t.Negative(root(b)))),
    ),
    lambda a, b: (
        t.Quotient(t.Sum((a, t.Negative(b))), t.Sum((root(a), t.Negative(root(b))))),
        t.Sum((root(a), root(b))),
    ),
    lambda a, b: (call("ln", t.Product((a, b))), t.Sum((call("ln", a), call("ln", b)))),
    lambda a, b: (call("ln", power(a, "2")), t.Product((number(2), call("ln", a)))),
    lambda a, b: (call("exp", call("ln", a)), a),
    lambda a, b: (call("ln", call("exp", a)), a),
    lambda a, b: (call("arcsin", call("sin", a)), a),
    lambda a, b: (call("sin", call("arcsin", a)), a),
    lambda a, b: (call("arctan", call("tan", a)), a),
    lambda a, b: (call("abs", t.Product((a, b))), t.Product((call("abs", a), call("abs", b)))),
    lambda a, b: (call("abs", t.Sum((a, b))), t.Sum((call("abs", a), call("abs", b)))),
    lambda a, b: (call("abs", a), a),
    lambda a, b: (t.Power(t.Power(a, b), number(2)), t.Power(power(a, "2"), b)),
    lambda a, b: (t.Power(t.Product((a, a)), b), t.Power(a, t.Product((number(2), b)))),
    lambda a, b: (t.Product((t.Power(a, b), t.Power(a, t.Negative(b)))), number(1)),
    lambda a, b: (root(power(a, "3")), t.Product((a, root(a)))),
    lambda a, b: (root(t.Product((power(a, "2"), b))), t.Product((a, root(b)))),
    lambda a, b: (root(t.Product((power(a, "2"), b))), t.Product((call("abs", a), root(b)))),
    lambda a, b: (root(t.Sum((number(1), t.Negative(power(call("sin", a), "2"))))), call("cos", a)),
    lambda a, b: (
        t.Sum((call("arctan", a), call("arctan", t.Quotient(number(1), a)))),
        t.Quotient(t.Constant("pi"), number(2)),
    ),
    lambda a, b: (t.Product((t.Quotient(a, call("abs", a)), call("abs", a))), a),
    lambda a, b: (t.Quotient(call("abs", a), a), number(1)),
    lambda a, b: (power(t.Negative(a), "2/3"), power(a, "2/3")),
    lambda a, b: (power(t.Negative(a), "1/3"), t.Negative(power(a, "1/3"))),
    lambda a, b: (root(root(a)), power(a, "1/4")),
    lambda a, b: (power(a, "3/2"), root(power(a, "3"))),
    lambda a, b: (power(power(a, "1/2"), "2"), call("abs", a)),
]


def _proved(left: t.Tree, right: t.Tree) -> bool:
    try:
        known = known_of(t.Sum((left, right)))
        if are_equal(form_of(left, known), form_of(right, known)):
            return True
    except Undecided:
        pass
    return is_identity(left, right)


@many
@given(trees, trees, st.sampled_from(BENDS))
def test_what_is_proved_holds_wherever_both_sides_are_real(
    a: t.Tree, b: t.Tree, bend: Callable[[t.Tree, t.Tree], tuple[t.Tree, t.Tree]]
) -> None:
    left, right = bend(a, b)
    if _proved(left, right):
        for point in POINTS:
            assert agree(left, right, point) is not False, (left, right, point)


@many
@given(trees, trees, st.sampled_from(BENDS))
def test_what_is_refuted_differs_somewhere(
    a: t.Tree, b: t.Tree, bend: Callable[[t.Tree, t.Tree], tuple[t.Tree, t.Tree]]
) -> None:
    left, right = bend(a, b)
    with contextlib.suppress(Undecided):
        if differ(left, right):
            assert not _proved(left, right), (left, right)


@many
@given(trees, trees)
def test_two_trees_that_differ_at_a_point_are_not_proved_equal(a: t.Tree, b: t.Tree) -> None:
    if any(agree(a, b, point) is False for point in POINTS):
        assert not _proved(a, b), (a, b)


@many
@given(trees)
def test_a_form_is_worth_what_its_tree_is(tree: t.Tree) -> None:
    """By way of a rational value, where the form shows one."""
    try:
        value = form_of(tree).rational()
    except Undecided:
        return
    if value is not None:
        for point in POINTS:
            assert agree(tree, number(value), point) is not False, (tree, value, point)


@many
@given(trees, trees, st.sampled_from(BENDS))
def test_nothing_takes_long(a: t.Tree, b: t.Tree, bend: Callable[[t.Tree, t.Tree], tuple[t.Tree, t.Tree]]) -> None:
    left, right = bend(a, b)

    def work(sides: tuple[t.Tree, t.Tree]) -> None:
        with contextlib.suppress(Undecided):
            differ(*sides)
        _proved(*sides)

    gc.disable()  # what the tests' own objects cost
    try:
        within(0.1, lambda: (left, right), work)  # a fifth of it where nothing else runs
    finally:
        gc.enable()
