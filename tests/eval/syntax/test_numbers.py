"""Numerals in every dress."""

from __future__ import annotations

import subprocess
import sys
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mathmill.eval.limits import MAX_DIGITS, TooLarge, Unparsable
from mathmill.eval.syntax import trees as t
from mathmill.eval.syntax.parser import parse
from tests.eval.syntax.build import PI, add, items, mul, n, neg, of, over, power


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("42", n(42)),
        ("-42", neg(n(42))),
        ("+42", n(42)),
        ("= 42", n(42)),
        (".5", n("1/2", 1)),
        ("5.", n(5)),
        ("-.5", neg(n("1/2", 1))),
        ("-1./3", neg(over(n(1), n(3)))),
        ("12.50", n("25/2", 2)),
        ("3e-5", n("3/100000")),
        (r"1.5\times10^{-3}", mul(n("3/2", 1), power(n(10), neg(n(3))))),
        ("6*10**5", mul(n(6), power(n(10), n(5)))),
        ("1,234", n(1234)),
        ("1,234,567.5", n("2469135/2", 1)),
        ("1 234 567", n(1234567)),
        (r"1\,234\,567", n(1234567)),
        ("1{,}234", n(1234)),
        (r"1,\!234", n(1234)),
        ("3{,}14", n("157/50", 2)),
        ("(1,234)", items("tuple", n(1), n(234))),
        ("(1{,}234, 5)", items("tuple", n(1234), n(5))),
        ("1, 234", items("list", n(1), n(234))),
        ("1,2,300", items("list", n(1), n(2), n(300))),
        ("100,200,30", items("list", n(100), n(200), n(30))),
        (r"0.\overline{3}", n("1/3")),
        (r"0.1\dot6", n("1/6")),
        (r"0.\dot{1}4\dot{2}", n("142/999")),
        (r"0.\bar{12}", n("12/99")),
        ("0.1(6)", n("1/6")),
        ("0.333...", n("1/3")),
        ("0.1666…", n("1/6")),
        ("0.142857142857...", n("1/7")),
        ("3.14159...", n("314159/100000", 5)),
        (r"\approx 8.24", n("206/25", 2)),
        ("about 30", n(30)),
        ("3 1/2", t.Mixed(n(3), over(n(1), n(2)))),
        (r"4\frac{4}{9}", t.Mixed(n(4), over(n(4), n(9)))),
        ("3½", t.Mixed(n(3), over(n(1), n(2)))),
        (r"2\frac{\pi}{3}", mul(n(2), over(PI, n(3)))),
        ("２４", n(24)),
        ("٣٤", n(34)),
        ("𝟏𝟐", n(12)),
        ("−7", neg(n(7))),
        ("5⁄8", over(n(5), n(8))),
        (r"12.5\%", t.Percent(n("25/2", 1))),
        ("50 percent", t.Percent(n(50))),
        ("2 million", mul(n(2), n(10**6))),
        ("204_5", t.InBase("204", 5)),
        ("204_{five}", t.InBase("204", 5)),
        ("0.0011_{2}", t.InBase("0.0011", 2)),
        ("1A3_{16}", t.InBase("1A3", 16)),
        ("2x_{12}", mul(n(2), t.Symbol("x_12"))),
        ("0.5(x)", mul(n("1/2", 1), t.Symbol("x"))),
    ],
)
def test_numerals(text: str, tree: t.Tree) -> None:
    assert parse(text) == tree


@pytest.mark.parametrize("text", ["204_3", "5_1", "5_{99}", "1 2", "3 5/4", "1.2.3", "5 4.6", "7%%", "1/2 3"])
def test_what_is_no_number(text: str) -> None:
    with pytest.raises(Unparsable):
        parse(text)


@pytest.mark.parametrize("text", ["9" * (MAX_DIGITS + 1), "1e5000", "1e99999999", "0." + "3" * MAX_DIGITS + "..."])
def test_too_many_digits(text: str) -> None:
    with pytest.raises(TooLarge):
        parse(text)


@given(st.integers())
def test_whole_numbers_with_commas(value: int) -> None:
    expected = n(abs(value)) if value >= 0 else neg(n(-value))
    assert parse(f"{value:,}") == parse(str(value)) == expected


@given(st.integers(1, 10**9), st.integers(1, 10**9))
def test_fractions_in_all_dresses(a: int, b: int) -> None:
    assert (
        parse(f"{a}/{b}") == parse(rf"\frac{{{a}}}{{{b}}}") == parse(rf"$\dfrac {{{a}}} {{{b}}}$") == over(n(a), n(b))
    )


def test_plain_numbers_are_quick() -> None:
    texts = [str(number) for number in range(2000)]
    took = min(_seconds(texts) for _ in range(5))
    assert took / len(texts) < 30e-6


def _seconds(texts: list[str]) -> float:
    start = process_time()
    for text in texts:
        parse(text)
    return process_time() - start


def test_reading_loads_no_algebra() -> None:
    code = (
        "import sys\n"
        "from mathmill.eval.syntax.parser import parse\n"
        "parse('5'), parse(r'\\frac{1}{2}x'), parse('5 cm')\n"
        "sys.exit(bool({'sympy', 'mpmath', 'torch'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_signs_stay_where_they_are() -> None:
    assert parse("3-5") == add(n(3), neg(n(5)))
    assert parse("--5") == neg(neg(n(5)))
    assert parse(r"\$-5") == of(neg(n(5)), "$")
