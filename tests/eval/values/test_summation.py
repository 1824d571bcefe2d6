from __future__ import annotations

import contextlib
from fractions import Fraction

import mpmath
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mathmill.eval.syntax import trees as t
from mathmill.eval.syntax.parser import parse
from mathmill.eval.values.exact import are_equal, form_of
from mathmill.eval.values.numeric import evaluate
from mathmill.eval.values.polynomials import Atom, Form, Undecided
from mathmill.eval.values.powers import exponential
from tests.eval.values.reals import real_value
from tests.eval.values.trees import number

_N = Atom("symbol", ("n",))
K, N, X = t.Symbol("k"), t.Symbol("n"), t.Symbol("x")
small = st.integers(-4, 6)


def shifted(by: int) -> t.Tree:
    return t.Sum((K, number(by)))


polynomials = st.lists(small, min_size=1, max_size=4).map(
    lambda numbers: t.Sum(tuple(t.Product((number(c), t.Power(K, number(i)))) for i, c in enumerate(numbers)))
)
bases: st.SearchStrategy[t.Tree] = st.one_of(
    st.sampled_from(["2", "1/3", "-1", "-1/2", "5/2"]).map(lambda text: number(Fraction(text))),
    st.sampled_from([X, t.Constant("e"), t.Root(number(2), number(2))]),
)
powers = bases.map(lambda base: t.Power(base, K))
fractions = st.lists(st.integers(1, 5), min_size=2, max_size=3).map(
    lambda roots: t.Quotient(number(1), t.Product(tuple(map(shifted, roots))))
)
bodies: st.SearchStrategy[t.Tree] = st.one_of(
    polynomials,
    st.tuples(polynomials, powers).map(t.Product),
    st.tuples(powers, powers).map(t.Product),
    fractions,
    st.tuples(fractions, polynomials).map(t.Product),
    st.tuples(polynomials, st.just(t.Call("factorial", (K,)))).map(t.Product),
    st.tuples(polynomials, powers, st.just(t.Call("binomial", (N, K)))).map(t.Product),
)


def between(operator: str, body: t.Tree, low: int, high: t.Tree) -> t.Bound:
    return t.Bound("sum" if operator == "sum" else "prod", K, body, number(low), high)


@settings(deadline=None, max_examples=60)
@given(bodies, st.integers(0, 3), st.integers(0, 5))
def test_a_closed_form_is_the_sum_of_its_terms(body: t.Tree, low: int, more: int) -> None:
    high = low + more
    known = t.with_symbol(body, "n", number(high))
    try:
        closed = form_of(between("sum", body, low, N))
        terms = form_of(t.Sum(tuple(t.with_symbol(known, "k", number(k)) for k in range(low, high + 1))))
    except Undecided:
        return
    value = _at(closed, high)
    if value is not None:
        assert are_equal(value, terms), (body, low, high)


def _at(form: Form, number: int) -> Form | None:
    """A form with a number for n, where n stands in products and in powers alone."""
    total = [Form.of(0), Form.of(0)]
    for at, part in enumerate((form.over, form.under)):
        for product, coefficient in part.items():
            term = Form.of(coefficient)
            for atom, exponent in product:
                if atom.kind == "factorial":
                    return None
                if atom == _N:
                    term = term * Form.of(Fraction(number) ** int(exponent))
                elif atom.kind == "exp" and (_N, 1) in atom.parts[0]:  # type: ignore[operator]
                    along = tuple(power for power in atom.parts[0] if power != (_N, 1))  # type: ignore[attr-defined]
                    term = term * exponential(Form({along: exponent * number}))
                else:
                    term = term * Form.atom(atom, exponent)
            total[at] = total[at] + term
    return total[0] * total[1].inverse()


@settings(deadline=None, max_examples=60)
@given(bodies, st.integers(0, 3))
def test_a_closed_form_grows_by_its_last_term(body: t.Tree, low: int) -> None:
    if "n" in {node.name for node in _nodes(body) if isinstance(node, t.Symbol)}:
        return  # each term changes with the bound
    after, before = between("sum", body, low, N), between("sum", body, low, t.Sum((N, number(-1))))
    with contextlib.suppress(Undecided):
        growth = form_of(after) - form_of(before)
        assert are_equal(growth, form_of(t.with_symbol(body, "k", N))), (body, low)


def _nodes(tree: t.Tree) -> list[t.Tree]:
    return [tree, *(node for child in t.children(tree) for node in _nodes(child))]


@settings(deadline=None, max_examples=40)
@given(polynomials, st.sampled_from(["1/2", "-1/3", "2/5"]), st.integers(0, 4))
def test_an_endless_sum_is_what_its_parts_come_near_to(polynomial: t.Tree, ratio: str, low: int) -> None:
    body = t.Product((polynomial, t.Power(number(Fraction(ratio)), K)))
    value = form_of(between("sum", body, low, t.Constant("infinity"))).rational()
    assert value is not None
    part = sum(real_value(body, {"k": Fraction(k)}) for k in range(low, low + 150))
    assert abs(part - mpmath.mpf(value.numerator) / value.denominator) < mpmath.mpf(10) ** -12


@settings(deadline=None, max_examples=60)
@given(st.lists(st.integers(1, 5), min_size=2, max_size=4), st.integers(0, 4), st.sampled_from([1, -1]))
def test_an_endless_sum_of_fractions_is_what_it_comes_near_to(roots: list[int], low: int, sign: int) -> None:
    over = t.Power(number(sign), K)
    tree = between("sum", t.Quotient(over, t.Product(tuple(map(shifted, roots)))), low, t.Constant("infinity"))
    try:
        value = evaluate(tree, {})
    except Undecided:
        return
    part = mpmath.nsum(lambda k: sign ** int(k) / mpmath.fprod([k + root for root in roots]), [low, mpmath.inf])
    assert abs(part - value) < 1e-9


@pytest.mark.parametrize(
    ("tree", "value"),
    [
        (r"\sum_{j=1}^{m}\sum_{k=1}^{n} jk", r"\frac{mn(m+1)(n+1)}{4}"),
        (r"\sum_{k=1}^{n}\sum_{j=1}^{k} j", r"\frac{n(n+1)(n+2)}{6}"),
        (r"\sum_{k=1}^{n} \sin(kx)", r"\frac{\sin\frac{nx}{2}\sin\frac{(n+1)x}{2}}{\sin\frac{x}{2}}"),
        (r"\prod_{k=1}^{n} \frac{k+2}{k}", r"\frac{(n+1)(n+2)}{2}"),
        (r"\prod_{k=2}^\infty \frac{k^2-1}{k^2}", r"\frac12"),
        (r"\sum_{k=3}^{2} k", "0"),
        (r"\sum_{k=1}^{n} (-1)^k(-1)^k", "n"),
        (r"\sum_{k=1}^\infty (-1)^k(-\frac12)^k", "1"),
    ],
)
def test_sums_and_products(tree: str, value: str) -> None:
    assert are_equal(form_of(parse(tree)), form_of(parse(value)))


@pytest.mark.parametrize(
    "text",
    [
        r"\sum_{k=1}^\infty \frac1k", r"\sum_{k=0}^\infty 2^k", r"\sum_{k=0}^\infty (-1)^k", r"\sum_{k=1}^\infty k",
        r"\sum_{k=0}^\infty \frac{1}{k(k+1)}", r"\sum_{k=-3}^\infty \frac{1}{k(k+1)}", r"\sum_{k=1}^{-7} k",
        r"\prod_{k=1}^\infty \frac{k+1}{k}", r"\prod_{k=1}^\infty 2", r"\sum_{k=1}^{n} \frac1k", r"\sum_{n=1}^{n} n",
        r"\sum_{k=1}^{3}\sum_{k=1}^{4} k", r"\sum_{k=0}^\infty \frac{k!}{2^k}",
    ],
)  # fmt: skip
def test_what_has_no_closed_form_has_none(text: str) -> None:
    with pytest.raises(Undecided):
        form_of(parse(text))


@pytest.mark.parametrize("text", [r"\sum_{k=1}^{10^{30}} \sin(k^2)", r"\sum_{k=1}^{n} k^{30}"])
def test_what_would_take_long_is_left(text: str) -> None:
    with pytest.raises(Undecided):
        form_of(parse(text))
