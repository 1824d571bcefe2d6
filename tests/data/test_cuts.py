from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mathmill.data.cuts import KEEPS_ALL, KEEPS_NONE, KEYS, Bin, Last, best_first, fill, key_value, order_key

VALUES = st.floats(allow_nan=False) | st.floats(0, 1) | st.floats(width=32, allow_nan=False, allow_infinity=False)


def near(value: float) -> float:
    """The nearest 32-bit float."""
    try:
        return float(struct.unpack("<f", struct.pack("<f", value))[0])
    except OverflowError:
        return float("inf") if value > 0 else float("-inf")


@given(VALUES, VALUES)
def test_keys_are_in_the_order_of_values(one: float, other: float) -> None:
    assert 0 <= order_key(one) < KEYS
    if one <= other:
        assert order_key(one) <= order_key(other)
    if near(one) < near(other) and abs(near(one)) < 3e38 and abs(near(other)) < 3e38:
        assert order_key(one) < order_key(other)


@given(st.integers(-9_999_999, 9_999_999), st.integers(0, 6))
def test_a_value_of_seven_digits_is_told_as_it_was(digits: int, places: int) -> None:
    value = float(f"{digits}e-{places}")
    if abs(digits) < 8_000_000:  # above, a 32-bit float has fewer than seven digits in places
        assert key_value(order_key(value)) == pytest.approx(value, rel=2e-7)


def test_values_are_told_without_the_noise_of_their_bits() -> None:
    for value in (0.0, 0.1, 0.95, 0.999999, 3.0, 12345.0, -2.5):
        assert key_value(order_key(value)) == value
    assert order_key(-0.0) == order_key(0.0)


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 9)), max_size=12), st.integers(0, 40))
def test_bins_fill_a_budget_in_their_order(pairs: list[tuple[int, int]], budget: int) -> None:
    bins = best_first(Bin(low, low + 1, 1, tokens, str(at)) for at, (low, tokens) in enumerate(pairs))
    filled = fill(bins, budget)
    taken = bins[: filled.documents]
    assert filled.tokens == sum(each.tokens for each in taken) <= budget
    assert filled.over == (bins[filled.documents] if filled.documents < len(bins) else None)
    assert filled.over is None or filled.tokens + filled.over.tokens > budget


def test_equal_keys_are_ranked_by_id() -> None:
    last = Last(5, "b")
    assert [last.keeps(*each) for each in ((6, "z"), (5, "a"), (5, "b"), (5, "c"), (4, "a"))] == [
        *(True, True, True),
        *(False, False),
    ]
    assert KEEPS_ALL.keeps(0, "") and not KEEPS_NONE.keeps(KEYS - 1, "")
