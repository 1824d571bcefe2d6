"""What answers are read as: a table of the ways that they are written."""

from __future__ import annotations

import pytest

from mathmill.eval.limits import Unparsable
from mathmill.eval.syntax import trees as t
from mathmill.eval.syntax.parser import parse
from tests.eval.syntax.build import (
    IMAGINARY,
    INFINITY,
    PI,
    E,
    add,
    call,
    items,
    mul,
    n,
    neg,
    of,
    over,
    power,
    rel,
    root,
    sym,
)

A, B, C, F, K, N, R, X, Y = (sym(name) for name in "abCfknrxy")
DOTS = t.Dots()
SQUARE = t.Matrix(((n(1), n(2)), (n(3), n(4))))

TERMS = [
    (r"\binom nk", call("binomial", N, K)),
    (r"{n \choose k}", call("binomial", N, K)),
    (r"{a \over b}", over(A, B)),
    (r"\dfrac ab", over(A, B)),
    (r"\frac12", over(n(1), n(2))),
    (r"\frac123", mul(over(n(1), n(2)), n(3))),
    ("1/2x", mul(over(n(1), n(2)), X)),
    (r"\sqrt3", root(n(3))),
    (r"\sqrt 2x", mul(root(n(2)), X)),
    ("√12", root(n(12))),
    (r"\sqrt[3]{x}", root(X, 3)),
    ("∛8", root(n(8), 3)),
    ("12 !", call("factorial", n(12))),
    ("x²", power(X, n(2))),
    ("x^10", power(X, n(10))),
    ("2^3^2", power(n(2), power(n(3), n(2)))),
    ("-x^2", neg(power(X, n(2)))),
    ("e^{-x}", power(E, neg(X))),
    (r"e^{i\pi}", power(E, mul(IMAGINARY, PI))),
    (r"\mathrm{e}^2", power(E, n(2))),
    (r"x^2+C", add(power(X, n(2)), C)),
    (r"1+2+\cdots+n", add(n(1), n(2), DOTS, N)),
    ("|x|", call("abs", X)),
    ("||x|-1|", call("abs", add(call("abs", X), neg(n(1))))),
    ("|x||y|", mul(call("abs", X), call("abs", Y))),
    (r"\left|2|x|+1\right|", call("abs", add(mul(n(2), call("abs", X)), n(1)))),
    (r"\|x\|", call("norm", X)),
    (r"\lfloor x \rfloor", call("floor", X)),
    (r"\sin^2 x", power(call("sin", X), n(2))),
    (r"\sin^{-1} x", call("arcsin", X)),
    (r"\sin(x)^2", power(call("sin", X), n(2))),
    (r"\sin 2x\cos x", mul(call("sin", mul(n(2), X)), call("cos", X))),
    (r"\sin 2\pi/3", call("sin", over(mul(n(2), PI), n(3)))),
    (r"\sin x / 2", over(call("sin", X), n(2))),
    (r"\log_28", call("log", n(8), n(2))),
    (r"\log_{10}(x)", call("log", X, n(10))),
    ("log_10(x)", call("log", X, n(10))),
    (r"\ln|x|", call("ln", call("abs", X))),
    (r"\max(1,2)", call("max", n(1), n(2))),
    (r"\operatorname{lcm}(a,b)", call("lcm", A, B)),
    (r"f^{-1}(x)", mul(sym("f^-1"), X)),
    (r"\frac{dy}{dx}", sym("dy/dx")),
    (r"y^{\prime\prime}", sym("y''")),
    (r"y''", sym("y''")),
    ("x_{1}", sym("x_1")),
    (r"\mathbf{i}+2\mathbf{j}", add(sym("i"), mul(n(2), sym("j")))),
    (r"3\vec{i}-\hat{k}", add(mul(n(3), sym("i")), neg(K))),
    (r"\vec{a}", A),
    (r"\overline{AB}", sym(r"\overline{AB}")),
    ("2xy", mul(n(2), X, Y)),
    ("2(xy)", mul(n(2), mul(X, Y))),
    ("pir^2", mul(PI, power(R, n(2)))),
    (r"\pm 3", t.PlusMinus(n(3))),
    ("2 ± √3", add(n(2), t.PlusMinus(root(n(3))))),
    (r"\infty", INFINITY),
    ("-∞", neg(INFINITY)),
    (r"\sum_{k=1}^{n} k", t.Bound("sum", K, K, n(1), N)),
    (r"\int_0^1 x^2 dx", t.Bound("int", X, power(X, n(2)), n(0), n(1))),
    (r"\int dx", t.Bound("int", X, n(1))),
    (r"\int\frac{dx}{x}+a", add(t.Bound("int", X, over(n(1), X)), A)),
    (r"\int\frac{-dx}{x}", t.Bound("int", X, over(neg(n(1)), X))),
    (r"\int\frac{a\,dx}{1+x}", t.Bound("int", X, over(A, add(n(1), X)))),
    (r"\int\frac{(1+x)dx}{x}", t.Bound("int", X, over(add(n(1), X), X))),
    (r"\int a\frac{\mathrm{d}x}{x}", t.Bound("int", X, mul(A, over(n(1), X)))),
    (r"\int\int\frac{dx\,dy}{xy}", t.Bound("int", Y, t.Bound("int", X, over(n(1), mul(X, Y))))),
    (r"\int\frac{dx}{x}\int\frac{dy}{y}", t.Bound("int", X, mul(over(n(1), X), t.Bound("int", Y, over(n(1), Y))))),
    (r"\int\int dx\,dy", t.Bound("int", Y, t.Bound("int", X, n(1)))),
    (r"\int dx/x^2", t.Bound("int", X, over(n(1), power(X, n(2))))),
    (r"\int\frac{dy}{dx}dx", t.Bound("int", X, sym("dy/dx"))),
    (r"\lim_{x\to 0} x", t.Bound("lim", X, X, n(0))),
    (r"f(x)", mul(F, X)),
]  # fmt: skip

QUANTITIES = [
    (r"5\text{ cm}", of(n(5), "cm")),
    ("5cm", of(n(5), "cm")),
    ("5 m", of(n(5), "m")),
    ("5 m/s", of(n(5), "m/s")),
    ("5 x", mul(n(5), X)),
    ("$5 m$", t.Quantity(n(5), "m")),
    ("$5m$", mul(n(5), sym("m"))),
    (r"$5\,m+1$", t.Sum((mul(n(5), sym("m")), n(1)))),
    ("5 ft 3 in", of(add(n(5), mul(n(3), n("1/12"))), "ft")),
    ("2 hours 30 minutes", of(add(n(2), mul(n(30), n("1/60"))), "hours")),
    ("30 square feet", of(n(30), "square feet")),
    (r"34\text{ sq. units}", of(n(34), "sq units")),
    (r"15 \min", of(n(15), "min")),
    (r"36 \mathrm{~min}", of(n(36), "min")),
    (r"5 {\rm cm}^2", of(n(5), "cm^2")),
    (r"9\text{ values}", of(n(9), "values")),
    (r"18\text{ ways.}", of(n(18), "ways")),
    (r"65 \text{ children tickets }", of(n(65), "children tickets")),
    ("350,000 pages", of(n(350000), "pages")),
    ("15 (years old)", of(n(15), "years")),
    ("8 (km/hour)", of(n(8), "km/hour")),
    (r"$4 \frac{4}{9}$ days", of(t.Mixed(n(4), over(n(4), n(9))), "days")),
    ("5元", of(n(5), "元")),
    (r"\$1,000", of(n(1000), "$")),
    ("$5 and $6", items("list", of(n(5), "$"), of(n(6), "$"))),
    (r"20\$", of(n(20), "$")),
    ("€5", of(n(5), "€")),
    ("£5", of(n(5), "£")),
    ("5€", of(n(5), "€")),
    ("50 cents", of(n(50), "cents")),
    (r"30^\circ", of(n(30), "degree")),
    ("30°", of(n(30), "degree")),
    ("30^o", of(n(30), "degree")),
    (r"30^{\text{o}}", of(n(30), "degree")),
    ("x^o", power(X, sym("o"))),
    (r"24.5^{\circ} \mathrm{F}", of(n("49/2", 1), "Fahrenheit")),
    (r"63^{\circ} 45^{\prime}", of(add(n(63), over(n(45), n(60))), "degree")),
    ("10° 3' 36''", of(add(n(10), over(n(3), n(60)), over(n(36), n(3600))), "degree")),
    (r"8\!:\!34 \text{ p.m.}", of(call("ratio", n(8), n(34)), "pm")),
    (r"\text{4:30 p.m.}", of(call("ratio", n(4), n(30)), "pm")),
    ("4:30pm", of(call("ratio", n(4), n(30)), "pm")),
    ("9:00 AM", of(n(9), "am")),
    (r"9\text{ a.m.}", of(n(9), "am")),
]  # fmt: skip

STRUCTURES = [
    ("$69$,$84$", items("list", n(69), n(84))),
    ("$a$ and $b$", items("list", A, B)),
    (r"\(a\) or \(b\)", items("either", A, B)),
    ("x=5", rel(X, "=", n(5))),
    ("x = 1, y = 2", items("list", rel(X, "=", n(1)), rel(Y, "=", n(2)))),
    (r"1 \le x < 3", rel(n(1), "<=", X, "<", n(3))),
    ("x>3 or x<-1", items("either", rel(X, ">", n(3)), rel(X, "<", neg(n(1))))),
    (r"x \not= 3", rel(X, "!=", n(3))),
    (r"x \equiv 3 \pmod 5", rel(X, "mod", call("mod", n(3), n(5)))),
    (r"x \equiv 3(\bmod 5)", rel(X, "mod", call("mod", n(3), n(5)))),
    ("1:2:3", call("ratio", n(1), n(2), n(3))),
    ("(1,2)", items("tuple", n(1), n(2))),
    ("[1,2)", t.Interval(n(1), n(2), True, False)),
    ("]1,2[", t.Interval(n(1), n(2), False, False)),
    (r"[1,2[ \cup \{3\}", t.SetOperation("union", (t.Interval(n(1), n(2), True, False), items("set", n(3))))),
    (r"(-\infty, 3] \cup [5,\infty)", t.SetOperation("union", (
        t.Interval(neg(INFINITY), n(3), False, True), t.Interval(n(5), INFINITY, True, False)))),
    (r"\mathbb{R} \setminus \{0\}", t.SetOperation("difference", (t.Constant("reals"), items("set", n(0))))),
    (r"\{x : x>0\}", t.Builder(X, rel(X, ">", n(0)))),
    (r"$\{x \mid x > 0$ and $x \neq 1\}$", t.Builder(X, t.SetOperation(
        "intersection", (rel(X, ">", n(0)), rel(X, "!=", n(1)))))),
    (r"\{1,2,\dots,9\}", items("set", n(1), n(2), DOTS, n(9))),
    (r"\emptyset", t.Constant("empty_set")),
    (r"\{\}", items("set")),
    (r"\begin{pmatrix}1&2\\3&4\end{pmatrix}", SQUARE),
    (r"\left[\begin{array}{cc}1&2\\[2pt]3&4\end{array}\right]", SQUARE),
    (r"\begin{bmatrix} 1 & 2 \\ 3 & 4 \\ \end{bmatrix}", SQUARE),
    ("[[1,2],[3,4]]", SQUARE),
    (r"\begin{vmatrix}1&2\\3&4\end{vmatrix}", call("det", SQUARE)),
    (r"\left|\begin{matrix}1&2\\3&4\end{matrix}\right|", call("det", SQUARE)),
    (r"\begin{aligned} x&=1\\ y&=2\end{aligned}", items("list", rel(X, "=", n(1)), rel(Y, "=", n(2)))),
    (r"\left\{\begin{array}{l}x=1\\y=2\end{array}\right.", items("list", rel(X, "=", n(1)), rel(Y, "=", n(2)))),
    (r"\begin{cases} x & \text{if } x>0 \\ -x & \text{otherwise}\end{cases}", items("list",
        t.Labelled(X, rel(X, ">", n(0))), t.Labelled(neg(X), t.Words("otherwise")))),
    (r"\left\{\begin{array}{rll}x & \text { if } & x>0\\ 5 & \text{if} & x<0\end{array}\right.", items("list",
        t.Labelled(X, rel(X, ">", n(0))), t.Labelled(n(5), rel(X, "<", n(0))))),
    (r"2 \text{ if } x>0", t.Labelled(n(2), rel(X, ">", n(0)))),
    ("$k$ for all real numbers", t.Labelled(K, t.Words("all real numbers"))),
    (r"\boxed{\textbf{(B)}}", t.Choice("B")),
    ("(B)", t.Choice("B")),
    ("option C", t.Choice("C")),
    (r"\textbf{(B) }12", t.Labelled(n(12), t.Choice("B"))),
    ("(A) and (C)", items("list", t.Choice("A"), t.Choice("C"))),
    ("{1, 2}", items("list", n(1), n(2))),
]  # fmt: skip

WORDS = [
    ("no solution", "no solution"),
    (r"\text{Evelyn}", "evelyn"),
    ("Monday.", "monday"),
    ("May", "may"),
    ("Mrs. Hilt", "mrs hilt"),
    ("min at $x=-3/2$", "min at x = - 3 / 2"),
    ("無解", "無解"),
    ("11:55 p.m. on 24 December", "11 55 pm on 24 december"),
    (r"3 \text{ is prime}", "3 is prime"),
]


@pytest.mark.parametrize(("text", "tree"), TERMS + QUANTITIES + STRUCTURES)
def test_trees(text: str, tree: t.Tree) -> None:
    assert parse(text) == tree


@pytest.mark.parametrize(("text", "words"), WORDS)
def test_words(text: str, words: str) -> None:
    assert parse(text) == t.Words(words)


def test_short_words_in_a_list() -> None:
    words = items("list", t.Words("softball"), t.Words("picnic"), n(3))
    assert parse(r"\text{Softball, Picnic}, 3") == words


@pytest.mark.parametrize(
    "text",
    ["", " ", "$$", "-", "x+", "(1,2", r"\frac{1}", r"\begin{pmatrix}1&2\\3\end{pmatrix}", "x^", "^2", "[1,2,3)",
     r"\unknown", r"\text{a", "1 @ 2", r"\frac{d}{dx}", "(x+1)'", "x^{2}^{3}", r"\bigcup_{k}(k,k+1)", "3!!!",
     "5 cm 3 kg", r"\int\frac{dx}{x}dx", r"\int 1+\frac{dx}{x}", r"\int(1+\frac{dx}{x})", r"\int\frac{dx\,dy}{x}",
     r"\int\frac{1+x\,dx}{x}", r"\int\frac{dx}{x}\frac{dx}{x}", r"\int dx f(x)"],
)  # fmt: skip
def test_what_is_not_read(text: str) -> None:
    with pytest.raises(Unparsable):
        parse(text)


@pytest.mark.parametrize("text", [r"\frac{1}{2}", "x=3", "(1,2)", "a and b", "no solution"])
@pytest.mark.parametrize("dress", ["${}$", "$${}$$", r"\({}\)", r"\[{}\]", r"\boxed{{{}}}", r"$\boxed{{{}}}$.", " {} "])
def test_what_stands_around_an_answer_changes_nothing(text: str, dress: str) -> None:
    assert parse(dress.format(text)) == parse(text)
