"""Random trees for properties: rational ones with their value, and ones with unknowns, roots and functions."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import strategies as st

from mathmill.eval.syntax import trees as t


def number(value: Fraction | int) -> t.Number:
    return t.Number(Fraction(value))


@st.composite
def rational_trees(draw: st.DrawFn, depth: int = 3) -> tuple[t.Tree, Fraction]:
    kind = draw(st.sampled_from(["number", "sum", "product", "quotient", "negative", "power"])) if depth else "number"
    if kind == "number":
        value = Fraction(draw(st.integers(-20, 20)), draw(st.integers(1, 9)))
        return number(value), value
    left, a = draw(rational_trees(depth - 1))
    if kind == "negative":
        return t.Negative(left), -a
    if kind == "power":
        exponent = draw(st.integers(0, 3))
        return t.Power(left, number(exponent)), a**exponent
    right, b = draw(rational_trees(depth - 1))
    if kind == "sum":
        return t.Sum((left, right)), a + b
    if kind == "quotient" and b:
        return t.Quotient(left, right), a / b
    return t.Product((left, right)), a * b


def _grown(inner: st.SearchStrategy[t.Tree]) -> st.SearchStrategy[t.Tree]:
    small = st.integers(2, 3).map(number)
    calls = st.sampled_from(["sin", "cos", "tan", "exp", "ln", "abs", "sinh", "arctan", "arcsin", "floor"])
    return st.one_of(
        st.tuples(inner, inner).map(t.Sum),
        st.tuples(inner, inner).map(t.Product),
        st.builds(t.Negative, inner),
        st.builds(t.Quotient, inner, inner),
        st.builds(t.Power, inner, small),
        st.builds(
            t.Power, inner, st.sampled_from(["1/2", "1/3", "-1", "2/3", "3/2"]).map(lambda q: number(Fraction(q)))
        ),
        st.builds(t.Power, inner, inner),
        st.builds(t.Root, inner, small),
        st.builds(lambda name, argument: t.Call(name, (argument,)), calls, inner),
    )


_LEAVES: st.SearchStrategy[t.Tree] = st.one_of(
    st.integers(-5, 9).map(number),
    st.sampled_from([t.Symbol("x"), t.Symbol("y"), t.Symbol("n"), t.Constant("pi"), t.Constant("e"), t.Constant("i")]),
)
trees: st.SearchStrategy[t.Tree] = st.recursive(_LEAVES, _grown, max_leaves=7)
