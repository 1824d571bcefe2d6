"""Rows of tokens by their hashes."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from mathmill.data.token_hashes import alike, hashes_of_spans, hashes_of_windows, index_of, longer

TOKENS = st.lists(st.integers(1, 3), min_size=12, max_size=80).map(lambda row: np.array(row, np.uint32))


@settings(max_examples=40, deadline=None)
@given(TOKENS, st.integers(1, 10))
def test_equal_rows_have_equal_hashes_and_others_others(
    row: np.ndarray[tuple[int], np.dtype[np.uint32]], n: int
) -> None:
    starts = np.arange(len(row) - n + 1)
    there = [row[start : start + n].tobytes() for start in starts]
    windows, spans = hashes_of_windows(row, n), hashes_of_spans(row, starts, starts + n)
    for hashes in (windows, spans):
        assert len(dict(zip(there, hashes.tolist(), strict=True))) == len(set(hashes.tolist()))
        assert len({*zip(there, hashes.tolist(), strict=True)}) == len(set(there))
    assert longer(windows[:-1], row[n:]).tolist() == hashes_of_windows(row, n + 1).tolist()
    index = index_of(windows, spans, starts)
    assert len(index.maybe(windows)) == len(windows)
    for low, high, start in zip(*index.ranges(spans), starts, strict=True):
        assert start in index.places[low:high]


def test_how_much_is_alike() -> None:
    row = np.arange(1_000, dtype=np.uint32)
    other = row.copy()
    other[700] = 0
    assert (alike(row, other), alike(row, row[:300]), alike(row, row), alike(row, row[:0])) == (700, 300, 1_000, 0)
    assert alike(row, row[1:]) == 0
