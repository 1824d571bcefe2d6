"""Ways of writing that say more than their signs: letters for signs, words for names, what a list shares."""

from __future__ import annotations

from fractions import Fraction

import pytest

from mathmill.eval.limits import Unparsable
from mathmill.eval.syntax import trees as t
from mathmill.eval.syntax.parser import parse
from tests.eval.syntax.build import INFINITY, add, call, items, mul, n, of, over, power, rel, sym

A, B, C, K, X, Y = (sym(name) for name in "ABCkxy")
REALS, INTEGERS = t.Constant("reals"), t.Constant("integers")
POSITIVE = t.Interval(n(0), INFINITY, False, False)
FIVE_MOD = call("mod", n(5), n(12))

TREES = [
    ("5th", n(5)),
    (r"5^{\text{th}}", n(5)),
    ("1/5th", over(n(1), n(5))),
    ("2 x 10^3", mul(n(2), power(n(10), n(3)))),
    ("(1,2)U(3,4)", t.SetOperation("union", (items("tuple", n(1), n(2)), items("tuple", n(3), n(4))))),
    ("1.000.000", n(1_000_000)),
    ("1010 base 2", t.InBase("1010", 2)),
    (r"1010 \text{ (base 2)}", t.InBase("1010", 2)),
    ("24_{10}", n(24)),
    ("FF_{16}", t.InBase("FF", 16)),
    ("0.11_2", t.InBase("0.11", 2)),
    ("A_{16}", sym("A_16")),
    ("5'", of(n(5), "ft")),
    ("5'10''", of(add(n(5), mul(n(10), n("1/12"))), "ft")),
    ("x^*", sym("x^*")),
    (r"\mathbb{R}^+", POSITIVE),
    (r"\mathbb{R}^2", power(REALS, n(2))),
    (r"\mathbb{N}^*", t.SetOperation("intersection", (INTEGERS, POSITIVE))),
    (r"\angle ABC", sym(r"\angleABC")),
    (r"\angle CBA", sym(r"\angleABC")),
    (r"\overrightarrow{AB}", sym(r"\vec{AB}")),
    (r"\bar z", sym(r"\overline{z}")),
    ("y(0)", sym("y(0)")),
    (r"\cos^2\frac{x}{2}", power(call("cos", over(X, n(2))), n(2))),
    (r"2^3\frac12", mul(power(n(2), n(3)), over(n(1), n(2)))),
    (r"\sum_{i=1}^n i", t.Bound("sum", sym("i"), sym("i"), n(1), sym("n"))),
    (r"{}_5C_2", call("binomial", n(5), n(2))),
    (r"\root 3 \of 2", t.Root(n(2), n(3))),
    ("log2(8)", call("log", n(8), n(2))),
    ("3 to 2", call("ratio", n(3), n(2))),
    ("33 1/3 %", t.Percent(t.Mixed(n(33), over(n(1), n(3))))),
    ("$5 million", of(mul(n(5), n(10**6)), "$")),
    ("5 cm2", of(n(5), "cm^2")),
    ("5 cm squared", of(n(5), "cm^2")),
    ("5 men", of(n(5), "men")),
    ("5 pieces", of(n(5), "pieces")),
    ("42 permille", mul(n(42), n("1/1000"))),
    ("5 per day", of(n(5), "per day")),
    (r"x \equiv 5 \pmod{12}", rel(X, "mod", FIVE_MOD)),
    (r"x \equiv 1,5 \pmod{12}", items("list", rel(X, "mod", call("mod", n(1), n(12))), rel(X, "mod", FIVE_MOD))),
    (r"x \ne 1, 2", items("list", rel(X, "!=", n(1)), rel(X, "!=", n(2)))),
    ("x=1, 2", items("list", rel(X, "=", n(1)), rel(X, "=", n(2)))),
    ("x=1,y=2 or x=2,y=1",
     items("either", items("list", rel(X, "=", n(1)), rel(Y, "=", n(2))),
           items("list", rel(X, "=", n(2)), rel(Y, "=", n(1))))),
    (r"2k (k \in \mathbb{Z})", t.Labelled(mul(n(2), K), rel(K, "in", INTEGERS))),
    (r"2k, \text{ where } k \text{ is an integer}", t.Labelled(mul(n(2), K), t.Words("k is an integer"))),
    ("A: 5", t.Labelled(n(5), t.Choice("A"))),
    ("A. 5", t.Labelled(n(5), t.Choice("A"))),
    ("C: x=5", t.Labelled(rel(X, "=", n(5)), t.Choice("C"))),
    ("l: y=x", rel(Y, "=", X)),
    (r"\text{Area of } ABC = 12", rel(t.Words("area of abc"), "=", n(12))),
    ("the answer is 5", rel(t.Words("the answer"), "=", n(5))),
    ("all real numbers except 1", t.SetOperation("difference", (REALS, items("set", n(1))))),
    (r"A \lor B", call("or", A, B)),
    (r"x=1 \lor x=2", items("either", rel(X, "=", n(1)), rel(X, "=", n(2)))),
    (r"\triangle ABC \cong C", rel(sym(r"\triangleABC"), "cong", C)),
]  # fmt: skip


@pytest.mark.parametrize(("text", "tree"), TREES)
def test_trees(text: str, tree: t.Tree) -> None:
    assert parse(text) == tree


@pytest.mark.parametrize("text", ["half the answer = 5", "the answer is not 5", "wrong answer: 5", "3 to 5 days"])
def test_words_that_say_something_else_stay_words(text: str) -> None:
    assert isinstance(parse(text), t.Words)


@pytest.mark.parametrize("text", ["^5C", r"\root 3", "A) 5 B) 6", "5'10'", r"\mathbb{R}^{", "1.000.00"])
def test_what_is_not_read(text: str) -> None:
    with pytest.raises(Unparsable):
        parse(text)


def test_a_symbol_is_replaced_where_nothing_binds_it() -> None:
    tree = parse(r"k + \sum_{k=1}^{k} k")
    bound = t.Bound("sum", K, K, n(1), n(7))
    assert t.with_symbol(tree, "k", t.Number(Fraction(7))) == add(n(7), bound)
