r"""Which solutions are the same, and which sums are false: texts as models and data sets write them."""

from __future__ import annotations

import time

import pytest

from mathmill.train.sample.distinct import equations_key, text_key
from mathmill.train.sample.sums import has_false_sum, value_of


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        ("2 + 3 = 5.", "2+3  =\n5 .", True),
        ("The answer is 5.", "the ANSWER is 5.", True),
        ("The answer is 5.", "The answer is 5", False),
        ("caf\u00e9", "cafe\u0301", True),
        ("It is 3².", "It is 32.", False),
        ("", " \n", True),
    ],
)
def test_the_same_words(first: str, second: str, same: bool) -> None:
    assert (text_key(first) == text_key(second)) is same


@pytest.mark.parametrize(
    ("text", "equations"),
    [
        ("She has 48/2 = <<48/2=24>>24 clips and <<24 + 48=72>>72 in all.", ("48/2=24", "24+48=72")),
        ("She sold $48 / 2 = 24$ clips in May. So 48 clips + 24 clips = 72 clips.", ("48/2=24", "48+24=72")),
        (r"We have $\frac{48}{2} = 24$, so that $x^2 + 3x = 10$.", ("((48)/(2))=24", "x^2+3x=10")),
        (r"It is $1,200 \times 3 = $3,600. Then 5 x 4 = 20", ("1200*3=3600", "5*4=20")),
        (r"\begin{align*} x &= 3 \cdot 4 \\ &= 12 \end{align*}", ("x=3*4=12",)),
        (r"So $4!=24$ and $10,\!000 - 1 = 9,\!999$.", ("4!=24", "10000-1=9999")),
        ("No formula here at all.", ("no", "formula", "here", "at", "all", ".")),
    ],
)
def test_the_equations_of_a_solution(text: str, equations: tuple[str, ...]) -> None:
    assert equations_key(text) == equations


def test_other_words_are_the_same_way_and_another_order_is_another() -> None:
    one = "First 2 + 3 = 5 apples, then 5 * 4 = 20 apples."
    assert equations_key(one) == equations_key("Adding gives $2+3=5$. We multiply: $5 \\times 4 = 20$.")
    assert equations_key(one) != equations_key("First 3 + 2 = 5 apples, then 4 * 5 = 20 apples.")


@pytest.mark.parametrize(
    "text",
    [
        "1 + 2 = 2, so the answer is 2.",
        "So 48/2 = <<48/2=25>>25.",
        "They have 3 * (4 + 1) = 15 = 16 - 2 apples.",
        r"We get $\frac{1}{2} + \frac{1}{3} = \frac{2}{5}$.",
        "It costs $1,200 * 3 = $3,500.",
        "10 / 3 = 3.5",
        "5 clips + 3 clips = 9 clips",
    ],
)
def test_a_false_sum_is_found(text: str) -> None:
    assert has_false_sum(text)


@pytest.mark.parametrize(
    "text",
    [
        "1 + 2 = 3, so 3 * 4 = 12.",
        "10 / 3 = 3.33, or 3.3333",
        "2 / 3 = 0.66 of it",  # cut off, and not rounded
        "half of 10 + 2 = 7",
        "20% of 50 + 5 = 15",
        "2 hours 30 minutes + 30 minutes = 180 minutes",
        "7 + 8 = 3 (mod 12)",
        "17 / 5 = 3 remainder 2",
        "6:00 + 48 = 6:48",
        "f(1/2) = 3 and g (1/2) = 4",
        "x + 1 = 5 and 2^3 = 8 and 3² + 1 = 10",
        "1/0 = 5",
        "10 000 + 5 = 10 005",
        r"$2ab + 2bc = 6$",
        "All 4 = 2 + 3 = 5.",
        "There are 1+2+...+100 = 5050 of them.",
        "123_5 + 4_5 = 132_5",
        "(((((((((((((((((((((((((((((1 = 2",
        "",
    ],
)
def test_what_holds_or_is_no_plain_sum_is_let_be(text: str) -> None:
    assert not has_false_sum(text)


@pytest.mark.parametrize(
    ("side", "value"),
    [
        ("1+2*3", 7),
        ("(1+2)*3", 9),
        ("8/4/2", 1),
        ("-3--2", -1),
        (".5*4", 2),
        ("1+", None),
        ("2(3)", None),
        ("1/0", None),
    ],
)
def test_what_a_sum_is_worth(side: str, value: int | None) -> None:
    assert value_of(side) == value


@pytest.mark.parametrize("text", ["1+" * 50_000, "1" * 100_000, "(1" * 25_000, "1 = " * 25_000, "\\frac{" * 25_000])
def test_long_texts_take_linear_time(text: str) -> None:
    began = time.process_time()
    has_false_sum(text)
    equations_key(text)
    assert time.process_time() - began < 10
