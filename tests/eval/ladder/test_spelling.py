"""Numbers in words."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mathmill.eval.ladder.spelling import spelled_number, spelled_quantity, spelled_value

UNITS = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen"
)
SMALL = [*UNITS.split(), "eighteen", "nineteen"]
TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]


def written(number: int) -> list[str]:
    """A number below a million in words."""
    if number < 20:
        return [SMALL[number]]
    if number < 100:
        return [TENS[number // 10 - 2], *([SMALL[number % 10]] if number % 10 else [])]
    if number < 1000:
        return [SMALL[number // 100], "hundred", *(["and", *written(number % 100)] if number % 100 else [])]
    return [*written(number // 1000), "thousand", *(written(number % 1000) if number % 1000 else [])]


@given(st.integers(0, 999_999))
def test_what_is_written_is_read(number: int) -> None:
    words = written(number)
    assert spelled_number(words) == number
    assert spelled_value(words) == number
    if number:
        assert spelled_value(["minus", *words]) == -number


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("half", "1/2"),
        ("a third", "1/3"),
        ("two thirds", "2/3"),
        ("three and a half", "7/2"),
        ("nine tenths", "9/10"),
        ("five halves", "5/2"),
        ("three hundredths", "3/100"),
        ("first", "1"),
        ("third", "3"),
        ("twenty fifth", "25"),
        ("one hundred first", "101"),
        ("fifteen hundred", "1500"),
        ("\u4e00\u767e\u4e8c\u5341\u4e09", "123"),
        ("\u4e8c\u5206\u4e4b\u4e00", "1/2"),
        ("\u4e09\u4e07", "30000"),
    ],
)
def test_values(text: str, value: str) -> None:
    assert spelled_value(text.split()) == Fraction(value)


@pytest.mark.parametrize(
    "text",
    ["", "five six", "twenty thirty", "two third", "one thirds", "hundred", "and five", "two and two", "apple", "a",
     "half half", "minus", "three and three halves"],
)  # fmt: skip
def test_other_words(text: str) -> None:
    assert spelled_value(text.split()) is None


def test_what_is_counted() -> None:
    assert spelled_quantity(["seven", "apples"]) == (Fraction(7), "apples")
    assert spelled_quantity(["twenty", "one", "red", "balls"]) == (Fraction(21), "red balls")
    assert spelled_quantity(["one", "solution"]) == (Fraction(1), "solution")
    for text in ("two digit number", "two or three", "three sided polygon", "two squared", "seven eight", "half past"):
        assert spelled_quantity(text.split()) is None
