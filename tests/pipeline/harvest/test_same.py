"""What is the same value, without a proof."""

from __future__ import annotations

import pytest

from mathmill.pipeline.harvest.same import how_same


@pytest.mark.parametrize(
    ("value", "gold"),
    [("5", "5"), ("$\\frac{1}{2}$", "0.5"), ("x = 3", "3"), ("{16 \\choose 9}", "11440"), ("x+1", "1 + x")],
)
def test_same(value: str, gold: str) -> None:
    assert how_same(value, gold)


@pytest.mark.parametrize(
    ("value", "gold"),
    [
        ("5", "6"),
        ("", ""),
        ("", "5"),
        ("the even ones", "the odd ones"),
        ("\\frac{", "5"),
        ("9" * 100_000, "9"),
        ("x+1", "x+2"),
    ],
)
def test_others(value: str, gold: str) -> None:
    assert not how_same(value, gold)
