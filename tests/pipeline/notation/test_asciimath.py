from __future__ import annotations

import re
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mathmill.demo.formula import asciimath, normal, parse
from mathmill.demo.lessons import LESSONS
from mathmill.demo.markup import split_math
from mathmill.demo.problems import generate_problems
from mathmill.pipeline.notation.asciimath import MAX_DEPTH, to_latex
from mathmill.pipeline.notation.asciimath_symbols import SYMBOLS, Kind
from tests.effort import assert_linear

CASES = [
    ("", ""),
    (" \n\t", ""),
    ("x", "x"),
    ("`x`", "x"),
    # scripts and fractions
    ("x^2+y_1/(x+1)", r"x^2 + \frac{y_1}{x + 1}"),
    ("x_1^12", "x_1^{12}"),
    ("x^2_1", "x_1^2"),
    ("x^-1", "x^{-1}"),
    ("x^(-1/2)", r"x^{-\frac{1}{2}}"),
    ("x^alpha y", r"x^\alpha y"),
    ("x^2^3", "x^2{}^3"),
    ("_6^12C", "{}_6^{12}C"),
    ("x^", "x^{}"),
    ("a/b/c", r"\frac{a}{b}/c"),
    ("a/-b", r"\frac{a}{-b}"),
    ("(a+b)/(c)", r"\frac{a + b}{c}"),
    ("[a]/{b}", r"\frac{a}{b}"),
    ("|a|/(:b:)", r"\frac{|a|}{\langle b \rangle}"),
    ("dy/dx", r"\frac{dy}{dx}"),
    ("a//b", "a/b"),
    ("x/", "x/"),
    ("/2", "/2"),
    ("((a+b)/2)^2", r"(\frac{a + b}{2})^2"),
    ("{:a b:}^2", "{ab}^2"),
    ("f'(x)/g'(x)", r"\frac{f'(x)}{g'(x)}"),
    ("y''", "y''"),
    ("x_i^2'", "x_i^2{}'"),
    ("a^'", r"a^\prime"),
    ("(n!)/(k!(n-k)!)", r"\frac{n!}{k!(n - k)!}"),
    ("n!/2", r"\frac{n!}{2}"),
    # commands
    ("sqrt x/2", r"\frac{\sqrt{x}}{2}"),
    ("sqrt(x+1)", r"\sqrt{x + 1}"),
    ("sqrt sqrt(2)", r"\sqrt{\sqrt{2}}"),
    ("root(3)(x)", r"\sqrt[3]{x}"),
    ("root(a[1])(x)", r"\sqrt[{a[1]}]{x}"),
    ("frac 1 2", r"\frac{1}{2}"),
    ("frac{a}{b}", r"\frac{a}{b}"),
    ('stackrel"def"=', r"\stackrel{\text{def}}{=}"),
    ("overset(n)(=)", r"\overset{n}{=}"),
    ("a underset(n)(->) b", r"a \underset{n}{\to} b"),
    ('ubrace(1+2)_("two")', r"\underbrace{1 + 2}_{\text{two}}"),
    ("obrace(a)^n", r"\overbrace{a}^n"),
    ("hat x hat(ab)", r"\hat{x}\widehat{ab}"),
    ("bar x bar(xy)", r"\bar{x}\overline{xy}"),
    ("vec v vec(AB)", r"\vec{v}\overrightarrow{AB}"),
    ("dot x ddot x ul x tilde x", r"\dot{x}\ddot{x}\underline{x}\tilde{x}"),
    ("overarc(AB)", r"\overset{\frown}{AB}"),
    ("cancel(x)", r"\cancel{x}"),
    ("abs(x) norm(x) floor(x/2) ceil x", r"|x|\|x\|\lfloor \frac{x}{2} \rfloor\lceil x \rceil"),
    ("color(red)(x+1)", "x + 1"),
    ("color(#f00)(x)^2", "x^2"),
    ("color(red)", ""),
    ('bb"AB" bbb"R" cc A tt a fr g sf x', r"\mathbf{AB}\mathbb{R}\mathcal{A}\mathtt{a}\mathfrak{g}\mathsf{x}"),
    ("mathbb{R}", r"\mathbb{R}"),
    (r"\frac{\alpha}{2} \cdot x", r"\frac{\alpha}{2} \cdot x"),
    # functions
    ("sin x/x", r"\frac{\sin x}{x}"),
    ("sin^2 x/y", r"\frac{\sin^2 x}{y}"),
    ("f(x)/g(x)", r"\frac{f(x)}{g(x)}"),
    ("f^2/g", r"\frac{f^2}{g}"),
    ("f^-1(x)", "f^{-1}(x)"),
    ("sin(x)^2 + log_3 27", r"\sin(x)^2 + \log_3 27"),
    ("sech x, lcm(a,b)", r"\operatorname{sech} x, \operatorname{lcm}(a, b)"),
    ("lim_(x->0) f(x)", r"\lim_{x \to 0} f(x)"),
    ("sum_(i=1)^n i^3=((n(n+1))/2)^2", r"\sum_{i=1}^n i^3 = (\frac{n(n + 1)}{2})^2"),
    ("int_0^1 f(x)dx", r"\int_0^1 f(x) dx"),
    ("a -= b (mod m)", r"a \equiv b \pmod{m}"),
    ("a mod b", r"a \bmod b"),
    # brackets and bars
    ("(:a,b:) << c >>", r"\langle a, b \rangle\langle c \rangle"),
    ("langle a rangle", r"\langle a \rangle"),
    ("|__x__| |~x~|", r"\lfloor x \rfloor\lceil x \rceil"),
    ("left(x right)", "(x)"),
    ("[a,b)", "[a, b)"),
    ("{1,2}", r"\{1, 2\}"),
    ("{a+b", r"\{a + b"),
    ("sqrt(x+1", r"\sqrt{x + 1}"),
    ("a)+b", "a) + b"),
    ("|x|", "|x|"),
    ("||x||", r"\|x\|"),
    ("||x|-1|", "||x| - 1|"),
    ("|a+|b||", "|a + |b||"),
    ("P(A | B)", r"P(A \mid B)"),
    ("{x in RR | |x|<1}", r"\{x \in \mathbb{R} \mid |x| < 1\}"),
    ("AB || CD", r"AB \parallel CD"),
    ("F(x)|_0^1", "F(x)|_0^1"),
    # matrices
    ("((a,b),(c,d))", r"\begin{pmatrix} a & b \\ c & d \end{pmatrix}"),
    ("[[a,b],[c,d]]^T", r"\begin{bmatrix} a & b \\ c & d \end{bmatrix}^T"),
    ("|(a,b),(c,d)|", r"\begin{vmatrix} a & b \\ c & d \end{vmatrix}"),
    ("{:(a,b),(c,d):}", r"\begin{matrix} a & b \\ c & d \end{matrix}"),
    ("((n),(k))", r"\begin{pmatrix} n \\ k \end{pmatrix}"),
    ("[[1,2,3]]", r"\begin{bmatrix} 1 & 2 & 3 \end{bmatrix}"),
    ("((a,b),(c))", "((a, b), (c))"),
    ("((1+x)/2,0),0", r"(\frac{1 + x}{2}, 0), 0"),
    (
        "[[a,b,|,c],[d,e,|,f]]",
        r"\left[ \begin{array}{cc|c} a & b & c \\ d & e & f \end{array} \right]",
    ),
    ("(:(a),(b)]", r"\left\langle \begin{matrix} a \\ b \end{matrix} \right]"),
    (
        "|x| = {(x, if x>=0),(-x, if x<0):}",
        r"|x| = \begin{cases} x & \text{if } x \ge 0 \\ -x & \text{if } x < 0 \end{cases}",
    ),
    ('{(1,"else"),(0,x):}', r"\begin{cases} 1 & \text{else} \\ 0 & x \end{cases}"),
    # constants, text, characters
    ("+-sqrt(3)", r"\pm\sqrt{3}"),
    ("AA x in CC: EE y !in O/", r"\forall x \in \mathbb{C}: \exists y \notin \emptyset"),
    ("x->oo, A hArr B => C", r"x \to \infty, A \Leftrightarrow B \Rightarrow C"),
    ("a**b***c xx d-:e@f", r"a \ast b \star c \times d \div e \circ f"),
    ("A nn B uu C sube D", r"A \cap B \cup C \subseteq D"),
    ("p ^^ q vv not r", r"p \wedge q \vee \neg r"),
    ("^^^_(i=1)^n A_i", r"\bigwedge_{i=1}^n A_i"),
    ("3.14 x + .5", "3.14x + .5"),
    ("2 3", "2 3"),
    ("1, ..., n", r"1, \ldots, n"),
    ("a if b", r"a \text{ if } b"),
    ('"50% of a_1 & {b}"', r"\text{50\% of a\_1 \& \{b\}}"),
    ("text(if x) y", r"\text{if x}y"),
    ("mbox[a]", r"\text{a}"),
    ("text(open", r"\text{open}"),
    ("50% # & $", r"50\%\#\&\$"),
    ("a\\ b \\\\ c", r"a\ b\backslash c"),
    ("\\", r"\backslash"),
    ('"', ""),
    ("α ≤ β − 1", r"\alpha \le \beta - 1"),
    ("a\x00b\ud800", "ab"),
    ("/_\\ABC, /_A", r"\triangle ABC, \angle A"),
]


@pytest.mark.parametrize(("text", "latex"), CASES)
def test_formulas(text: str, latex: str) -> None:
    assert to_latex(text) == latex


def test_every_symbol_gives_balanced_latex() -> None:
    for name, symbol in SYMBOLS.items():
        assert is_balanced(to_latex(name)), name
        assert is_balanced(to_latex(f"a {name} b")), name
        assert to_latex(f"a {name} b") or symbol.kind is Kind.BINARY


@cache
def demo_formulas() -> tuple[str, ...]:
    texts = [paragraph for _, paragraphs in LESSONS.values() for paragraph in paragraphs]
    texts += [text for problem in generate_problems(200, seed=3) for text in (problem.question, *problem.solution)]
    return tuple(sorted({part for text in texts for kind, part in split_math(text) if kind != "text"}))


def test_the_demo_comes_back() -> None:
    formulas = demo_formulas()
    assert len(formulas) > 400
    for latex in formulas:
        back = to_latex(asciimath(parse(latex)))
        assert normal(parse(back)) == normal(parse(latex)), (latex, back)


_MARK = re.compile(r"\\(?:left|right)(?![A-Za-z])|\\(?:begin|end)\{[a-zA-Z]+\}|\\[A-Za-z]+|\\.|[{}]", re.DOTALL)


def is_balanced(latex: str) -> bool:
    """Whether braces, \\left/\\right and environments close in the order in which they opened."""
    opened: list[str] = []
    closes = {"}": "{", "\\right": "\\left"}
    for mark in _MARK.findall(latex):
        if mark in ("{", "\\left") or mark.startswith("\\begin{"):
            opened.append(mark)
        elif mark in closes or mark.startswith("\\end{"):
            wanted = closes.get(mark, "\\begin" + mark[4:])
            if not opened or opened.pop() != wanted:
                return False
    return not opened and (len(latex) - len(latex.rstrip("\\"))) % 2 == 0


PARTS = [
    *SYMBOLS,
    "x",
    "12",
    "3.5",
    '"a}b"',
    "text(a{)",
    "((a,b),(c,d))",
    "{(1,2),(3,4):}",
    "[[1,|,2],[3,|,4]]",
    "~",
    "%",
]


@given(st.lists(st.sampled_from(PARTS), max_size=30).map(" ".join))
def test_any_symbols_give_balanced_latex(text: str) -> None:
    latex = to_latex(text)
    assert is_balanced(latex)
    assert not re.search(r"(?<!\\)[#%$~]|\^\^|__|\^\{?\}?\^|[\x00-\x1f]", latex)


@given(st.text(max_size=60))
def test_any_text_gives_balanced_latex(text: str) -> None:
    assert is_balanced(to_latex(text))
    assert to_latex(text).isprintable() or any(not character.isprintable() for character in text)


def test_structure_is_read_down_to_the_limit() -> None:
    assert to_latex("(" * 40 + "1/2" + ")" * 40) == "(" * 40 + r"\frac{1}{2}" + ")" * 40
    deep = to_latex("sqrt(" * MAX_DEPTH + "1/2" + ")" * MAX_DEPTH)
    assert is_balanced(deep)
    assert deep.endswith("}") and "1" in deep


HOSTILE = [
    "(", ")", "{", "|", "||", "((", "(|", "sqrt ", "sqrt(", "sin ", "sin^2 ", "x^", "x^2", "_", "^", "/", "a/", "a/(",
    "a/b", "-", "x^-", "frac", "root(", "((a,b),(c,d))", "((a),(", '"', "text(", "color(", "'", "x'", "!", ",", "\\",
    "f(", "hat ", "stackrel ", "{:", "[[1,|,", "twoheadrightarrowtai", "1.", "color(a)(", "|_", "a if ", "ab", " ",
]  # fmt: skip


@pytest.mark.parametrize("unit", HOSTILE)
def test_hostile_input_takes_linear_time(unit: str) -> None:
    assert_linear(1_500, 12_000, 0.05, lambda size: unit * (size // len(unit)), to_latex)
    assert is_balanced(to_latex(unit * (3_000 // len(unit))))
