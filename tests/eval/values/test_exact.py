from __future__ import annotations

import contextlib
import subprocess
import sys
from fractions import Fraction

import pytest
from hypothesis import given, settings

from mathmill.eval.syntax import trees as t
from mathmill.eval.syntax.parser import parse
from mathmill.eval.values.exact import are_equal, form_of
from mathmill.eval.values.numeric import differ
from mathmill.eval.values.polynomials import Form, Undecided
from mathmill.eval.values.settled import known_of
from tests.effort import within
from tests.eval.values.trees import number, rational_trees, trees

EQUAL = r"""
\sqrt{7+4\sqrt3} = 2+\sqrt3
\sqrt{3-2\sqrt2} = \sqrt2-1
\sqrt{2}+\sqrt{3} = \sqrt{5+2\sqrt6}
\sqrt[3]{2+\sqrt5}+\sqrt[3]{2-\sqrt5} = 1
\sqrt[3]{16} = 2\sqrt[3]{2}
\frac{1}{\sqrt[3]{2}-1} = 1+\sqrt[3]{2}+\sqrt[3]{4}
\frac{1}{1+\sqrt2} = \sqrt2-1
\sqrt{\frac{2}{3}} = \frac{\sqrt6}{3}
\left(\frac{1+\sqrt5}{2}\right)^{10} = \frac{123+55\sqrt5}{2}
\sqrt{x^2} = |x|
\sqrt{12x^2y} = 2|x|\sqrt{3y}
\sqrt{x}\sqrt{y} = \sqrt{xy}
(\sqrt{x}+1)^2 = x+2\sqrt{x}+1
\frac{1}{\sqrt{x+1}} = \frac{\sqrt{x+1}}{x+1}
\sqrt{(x+1)^2} = |x+1|
(x^6)^{1/3} = x^2
(-8)^{1/3} = -2
\sqrt{-4} = 2i
\frac{1}{1+i} = \frac{1-i}{2}
|1+i| = \sqrt2
e^{i\pi} = -1
2^{n+1} = 2\cdot 2^n
4^n = 2^{2n}
(-1)^{n+1} = -(-1)^n
\log_2 8 = 3
\ln 6 = \ln 2+\ln 3
\ln(x^2) = 2\ln x
\log_4 x = \frac{\log_2 x}{2}
\ln\sqrt{x} = \frac{1}{2}\ln x
2^{\log_2 5} = 5
e^{3\ln x} = x^3
\ln(2+\sqrt3) = -\ln(2-\sqrt3)
\sin^2 x+\cos^2 x = 1
\sin 2x = 2\sin x\cos x
\cos 3x = 4\cos^3x-3\cos x
\tan x = \frac{\sin x}{\cos x}
\sec^2x-\tan^2x = 1
\tan(15^\circ) = 2-\sqrt3
\cos\frac{\pi}{5} = \frac{1+\sqrt5}{4}
\cos\frac{\pi}{7}\cos\frac{2\pi}{7}\cos\frac{3\pi}{7} = \frac18
\sinh x = \frac{e^x-e^{-x}}{2}
\arcsin(1/2) = \frac{\pi}{6}
\arctan(2-\sqrt3) = \frac{\pi}{12}
\sin(\arccos(3/5)) = 4/5
\arctan(1/2)+\arctan(1/3) = \frac{\pi}{4}
\frac{n!}{(n-1)!} = n
\binom{n}{2} = \frac{n(n-1)}{2}
\max(\sqrt2, 1.4) = \sqrt2
\gcd(12,18) = 6
\frac{x^2-1}{x-1} = x+1
""".strip().splitlines()
UNEQUAL = r"""
\sqrt{x^2} = x
\sqrt{x^4} = -x^2
\sqrt{xy}\sqrt{x/y} = x
\sqrt{-x} = \sqrt{x}
\ln(-x) = \ln x
\ln(x+y) = \ln x+\ln y
\sqrt{x^2+1} = x+1
\sqrt2+\sqrt3 = \sqrt5
\sqrt{7+4\sqrt3} = 2-\sqrt3
\sqrt{3-2\sqrt2} = 1-\sqrt2
(-8)^{1/3} = 2
|x|^n = x^n
2^{n+1} = 2^n+1
\sin x = \sin(-x)
\cos x = \sin x
10^{-30} = \frac{1}{2^{60}}
e^{\pi\sqrt{163}} = 262537412640768744
\frac{1}{\sqrt{7+4\sqrt3}-2-\sqrt3} = \frac{2}{\sqrt{3-2\sqrt2}-\sqrt2+1}
""".strip().splitlines()
HOSTILE = [
    "(x+y+z)^{60}", "9^{9^{9^{9}}}", "2^{1000000}", r"\sqrt[3]{10^{1000}}", "((3!)!)!", "(1000!)^{1000}",
    f"\\sqrt{{{(2**127 - 1) * (2**89 - 1)}}}", "+".join(f"\\sqrt{{{n}}}" for n in range(2, 100)),
    "".join(f"(x+{n})" for n in range(1, 60)), r"\sin^{40}x\cos^{40}x", r"(\sqrt2+\sqrt3+\sqrt5+\sqrt7)^{30}",
    "+".join(f"\\tan({n}x+y)" for n in range(1, 40)), "(((x+1)^{10}+1)^{10}+1)^{10}", r"\tan(10^{400})",
    r"\cos\frac{\pi}{97}+\sqrt[7]{3}+\sqrt[11]{5}", r"\sum_{k=1}^{200}\sum_{j=1}^{200} \sin(kj)", "2^{10000x}",
    r"\binom{x}{20}\binom{y}{20}", "(-1)^{n}" * 90, r"\ln(x+1)" * 60, r"\sqrt{\sqrt{\sqrt{x+1}+1}+1}^{50}",
]  # fmt: skip


def _sides(line: str) -> tuple[t.Tree, t.Tree]:
    left, _, right = line.partition(" = ")
    return parse(left), parse(right)


def _proved(left: t.Tree, right: t.Tree) -> bool:
    try:
        known = known_of(t.Sum((left, right)))
        return are_equal(form_of(left, known), form_of(right, known))
    except Undecided:
        return False


@pytest.mark.parametrize("line", EQUAL)
def test_equal_values_are_proved_and_never_refuted(line: str) -> None:
    left, right = _sides(line)
    assert _proved(left, right)
    assert differ(left, right) is not True


@pytest.mark.parametrize("line", UNEQUAL)
def test_unequal_values_are_not_proved(line: str) -> None:
    assert not _proved(*_sides(line))


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_trees_take_a_bounded_time(text: str) -> None:
    def work(trees: tuple[t.Tree, t.Tree]) -> None:
        _proved(*trees)
        with contextlib.suppress(Undecided):
            differ(*trees)

    within(0.2, lambda: (parse(text), parse(r"\sqrt{7+4\sqrt3}+x")), work)  # a quarter of it where nothing else runs


@given(rational_trees())
def test_rational_trees_are_worth_what_fractions_are(pair: tuple[t.Tree, Fraction]) -> None:
    tree, value = pair
    assert form_of(tree).rational() == value


@settings(deadline=None, max_examples=60)
@given(trees, trees, trees)
def test_forms_obey_the_laws_of_a_ring(a: t.Tree, b: t.Tree, c: t.Tree) -> None:
    try:
        x, y, z = form_of(a), form_of(b), form_of(c)
        laws = [(x + y, y + x), (x * y, y * x), ((x + y) + z, x + (y + z)), (x * (y + z), x * y + x * z)]
        assert all(are_equal(left, right) for left, right in laws)
        assert are_equal(x - x, Form.of(0))
    except Undecided:
        pass


@settings(deadline=None, max_examples=150)
@given(trees, trees)
def test_what_is_proved_equal_is_never_refuted(a: t.Tree, b: t.Tree) -> None:
    pairs = [
        (a, b),
        (t.Power(t.Product((a, b)), number(2)), t.Product((t.Power(a, number(2)), t.Power(b, number(2))))),
        (t.Root(t.Power(a, number(2)), number(2)), t.Call("abs", (a,))),
        (t.Call("ln", (t.Product((a, b)),)), t.Sum((t.Call("ln", (a,)), t.Call("ln", (b,))))),
        (t.Root(t.Product((a, b)), number(2)), t.Product((t.Root(a, number(2)), t.Root(b, number(2))))),
    ]
    for left, right in pairs:
        if _proved(left, right):
            with contextlib.suppress(Undecided):
                assert differ(left, right) is not True, (left, right)


def test_plain_numbers_load_neither_mpmath_nor_sympy() -> None:
    program = (
        "import sys; from mathmill.eval.syntax.parser import parse; from mathmill.eval.values.exact import *;"
        "from mathmill.eval.values.numeric import real_value; a = parse('3/4'); b = parse('0.75');"
        "assert are_equal(form_of(a), form_of(b)) and real_value(a) == real_value(b);"
        "assert not {'mpmath', 'sympy'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
