from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mathmill.pipeline.notation.latex import _cleaned, clean
from mathmill.pipeline.notation.latex_numbers import shown
from tests.effort import assert_linear

# a displayed formula as an author typed it, what is left of it, its number
TYPED = [
    (r"x = y \qquad (3)", "x = y", "(3)"),
    (r"x = y\qquad(3)", "x = y", "(3)"),
    (r"x = y \hspace{2cm}(3.1)", "x = y", "(3.1)"),
    (r"x = y \hspace*{\fill} (3.1)", "x = y", "(3.1)"),
    (r"x = y \hskip 1cm (5)", "x = y", "(5)"),
    (r"x = y \quad\quad (A.2)", "x = y", "(A.2)"),
    (r"x = y, \hfill (5a)", "x = y,", "(5a)"),
    (r"x = y \quad (1)", "x = y", "(1)"),
    (r"x = y ~~~~~(3)", "x = y", "(3)"),
    (r"x = y \ \ \ \ \ (3)", "x = y", "(3)"),
    (r"x = y \;\;\;\;\;\;\;\; (3)", "x = y", "(3)"),
    (r"x = y \phantom{xxxx} (3)", "x = y", "(3)"),
    (r"x = y \mbox{\quad\quad} (3)", "x = y", "(3)"),
    (r"x = y \cdots\cdots (3)", "x = y", "(3)"),
    (r"x = y \quad \cdots (3)", "x = y", "(3)"),
    (r"x = y ....... (3)", "x = y", "(3)"),
    (r"\int_0^1 f\,dx \qquad (12)", r"\int_0^1 f\,dx", "(12)"),
    (r"x \le y \quad [3]", r"x \le y", "[3]"),
    (r"x = y \qquad (*)", "x = y", "(*)"),
    (r"x = y \qquad (\star)", "x = y", "(⋆)"),
    (r"x = y \qquad (3')", "x = y", "(3')"),
    (r"x = y \qquad (3^*)", "x = y", "(3*)"),
    (r"x = y \qquad (ii)", "x = y", "(ii)"),
    (r"x = y \qquad \text{(3)}", "x = y", "(3)"),
    (r"x = y \qquad \text{(n)}", "x = y", "(n)"),
    (r"x = y \qquad \mbox{\bf (3)}", "x = y", "(3)"),
    (r"x = y \qquad \mbox{Eq. (3)}", "x = y", "Eq. (3)"),
    (r"x = y \qquad \text{Eq. }(3)", "x = y", "Eq. (3)"),
    (r"x = y \qquad (\text{eq. }7)", "x = y", "(eq. 7)"),
    (r"x = y \qquad {\rm (3)}", "x = y", "(3)"),
    (r"x = y \qquad (\mathrm{A}.1)", "x = y", "(A.1)"),
    (r"x = y \qquad \left(3\right)", "x = y", "(3)"),
    (r"x \equiv 1 \pmod 3 \qquad (7)", r"x \equiv 1 \pmod 3", "(7)"),
    (r"x = y \qquad (3) \label{eq:a}", "x = y", "(3)"),
    (r"$$x = y \qquad (3)$$", "x = y", "(3)"),
    (r"{\displaystyle x = y \qquad (3)}", "x = y", "(3)"),
    (r"\color{red}{x = y} \qquad (3)", "x = y", "(3)"),
    # several rows
    (r"a = b \quad (1) \\ c = d \quad (2)", r"a = b \\ c = d", "(1), (2)"),
    (r"\begin{cases} a = b \\ c = d \end{cases} \qquad (1)", r"\begin{cases} a = b \\ c = d \end{cases}", "(1)"),
    (r"\begin{aligned}a &= b \qquad (1)\end{aligned}", r"\begin{aligned}a &= b\end{aligned}", "(1)"),
]

# environments whose rows have numbers wherever they stand
ROWS = [
    (
        r"\begin{align} a &= b && (1) \\ c &= d & (2) \end{align}",
        r"\begin{align} a &= b \\ c &= d \end{align}",
        "(1), (2)",
    ),
    (
        r"\begin{eqnarray*}a&=&b \qquad (1)\\ c&=&d\end{eqnarray*}",
        r"\begin{eqnarray*}a&=&b\\ c&=&d\end{eqnarray*}",
        "(1)",
    ),
    (
        r"\begin{equation}\begin{split}a &= b \\ &= c\end{split} \qquad (7)\end{equation}",
        r"\begin{equation}\begin{split}a &= b \\ &= c\end{split}\end{equation}",
        "(7)",
    ),
    (
        r"\begin{gather}a = b \tag{1} \\ c = d \qquad (2)\end{gather}",
        r"\begin{gather}a = b \\ c = d\end{gather}",
        "(1), (2)",
    ),
]

# what looks like a number and need not be one
OTHERS = [
    r"f \quad (1)",
    r"f \qquad (1)",
    r"f \quad (n = 1)",
    r"x = y \qquad (n)",
    r"x = y \qquad (a, b)",
    r"x = y \qquad (0, 1)",
    r"x = y \qquad (2024)",
    r"x = y \qquad (3)^2",
    r"x = y \; (3)",
    r"x = y (3)",
    r"x = y \hspace{2pt} (3)",
    r"x = y \cdots (3)",
    r"x = \qquad (3)",
    r"x = y + \qquad (3)",
    r"x = y \cdot \quad (3)",
    r"x \equiv y \qquad (3)",
    r"\sigma = (1\,2) \quad (3)",
    r"(1) \qquad (2)",
    r"\alpha (1) \qquad (2)",
    r"x = y \qquad (3) \qquad (4)",
    r"\sigma = (1) \qquad \tau = (2)",
    r"(3) \qquad x = y",
    r"\frac{a = b \qquad (3)}{c}",
    r"\left\{\begin{array}{l} a = b \qquad (1) \\ c = d \qquad (2)\end{array}\right.",
    r"\begin{cases} a = b & (1) \\ c = d \qquad (2)\end{cases}",
    r"\begin{matrix} a = b & (1) \\ c = d & (2)\end{matrix}",
    r"\begin{align} x & (1) \\ & (2) \end{align}",
    r"\qquad (3)",
]


@pytest.mark.parametrize(("latex", "left", "number"), TYPED)
def test_typed_numbers_move_out_of_displayed_formulas(latex: str, left: str, number: str) -> None:
    cleaned = clean(latex, display=True)
    assert (cleaned.latex, cleaned.number, cleaned.balanced) == (left, number, True)
    assert clean(left, display=True) == clean(left)


@pytest.mark.parametrize(("latex", "left", "number"), TYPED)
def test_typed_numbers_stay_in_inline_formulas(latex: str, left: str, number: str) -> None:
    assert clean(latex).number == ""


@pytest.mark.parametrize(("latex", "left", "number"), ROWS)
@pytest.mark.parametrize("display", [False, True])
def test_typed_numbers_of_rows(latex: str, left: str, number: str, display: bool) -> None:
    cleaned = clean(latex, display)
    assert set(cleaned.number.split(", ")) == set(number.split(", "))
    assert (cleaned.latex, cleaned.balanced) == (left, True)


@pytest.mark.parametrize("latex", OTHERS)
def test_what_need_not_be_a_number_stays(latex: str) -> None:
    assert clean(latex, display=True).latex == latex
    assert clean(latex, display=True).number == ""


@pytest.mark.parametrize(
    ("latex", "number"),
    [
        ("3", "3"),
        (r"\text{3}", "3"),
        (r"$\ast$", "*"),
        (r"\dagger", "†"),
        (r"3^{\prime}", "3′"),
        (r"\mbox{2.1 a}", "2.1 a"),
    ],
)
def test_a_number_as_the_page_shows_it(latex: str, number: str) -> None:
    assert shown(latex) == number


PIECES = [
    "x = y",
    r"\quad",
    r"\qquad",
    " (3)",
    "(A.2)",
    r"\text{(3)}",
    "&",
    r" \\ ",
    r"\begin{align}",
    r"\end{align}",
    "{",
    "}",
    r"\begin{cases}",
    r"\end{cases}",
    r"\left(",
    r"\right)",
    r"\hspace{2cm}",
    "~",
    "[3]",
    r"\tag{4}",
    r"\cdots",
    r"\mbox{ }",
    r"\begin{aligned}",
    r"\end{aligned}",
    " ",
    "....",
    r"\hskip 2em",
    r"{\rm (3)}",
    r"\label{a}",
    "$",
    r"\eqno(3)",
]


@settings(max_examples=300)
@given(st.lists(st.sampled_from(PIECES), max_size=16).map("".join))
def test_what_is_left_is_as_balanced_and_is_clean(latex: str) -> None:
    once = clean(latex, display=True)
    again = clean(once.latex, display=True)
    assert (again.latex, again.number) == (once.latex, "")
    assert once.balanced is clean(latex).balanced
    assert clean(latex, display=True) == _cleaned(latex, display=True)


HOSTILE = [
    r"\quad",
    "&",
    "~",
    " ",
    r"\quad (3)",
    r"x=y \qquad (3) \\",
    r"\begin{align}",
    r"\hspace{2cm}",
    "(",
    r"\text{(",
    r"\text{(3",
    "....",
    r"\cdots",
    r"\mbox{",
    r"\mbox{ ",
    "(3)",
    r"x \\",
    r"\phantom{a}",
    r"\left",
    "9",
    "'",
    "*",
]


@pytest.mark.parametrize("unit", HOSTILE)
@pytest.mark.parametrize("end", ["(3)", r"\text{(3)}", "3)"])
def test_hostile_input_takes_linear_time(unit: str, end: str) -> None:
    def text(size: int) -> str:
        return "x = " + unit * (size // len(unit)) + end

    assert_linear(2_000, 32_000, 0.05, text, lambda text: clean(text, display=True))
