from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mathmill.pipeline.body.anchors import reanchor

# kept text, whole text, expected; x0 and x1 are the placeholders
CASES = [
    ("one two three four five six", "one two three x0 four five six", "one two three x0 four five six"),
    ("one two three.\n\nfour five six", "one two three.\n\nx0\n\nfour five six", "one two three. x0 four five six"),
    ("one two three four", "one two three four\n\nmenu a b c x0 d e f", "one two three four"),
    ("one two three", "one two three x0 menu home about", "one two three x0"),
    ("four five six", "x0 four five six", "x0 four five six"),
    ("one two three four five six", "one two three x0 x1 four five six", "one two three x0 x1 four five six"),
    ("one two three x0 five six seven", "one two three x0 five six seven", "one two three x0 five six seven"),
    ("a b c a b c d", "a b c x0 a b c d", "a b c a b c d"),
    ("one two three four", "four x0 three", "one two three four"),
    ("", "x0", ""),
]  # fmt: skip


@pytest.mark.parametrize(("kept", "whole", "expected"), CASES)
def test_a_lost_placeholder_goes_back_between_its_neighbours(kept: str, whole: str, expected: str) -> None:
    assert " ".join(reanchor(kept, whole, ("x0", "x1")).split()) == " ".join(expected.split())


@given(st.lists(st.sampled_from(["a", "b", "c", "d", "x0", "x1", "\n\n"]), max_size=30), st.data())
def test_words_stay_and_no_placeholder_comes_twice(words: list[str], data: st.DataObject) -> None:
    whole, seen = [], set()
    for word in words:
        if word.startswith("x") and word in seen:
            continue
        seen.add(word)
        whole.append(word)
    kept = [word for word in whole if word == "\n\n" or data.draw(st.booleans())]
    result = reanchor(" ".join(kept), " ".join(whole), ("x0", "x1")).split()
    assert [word for word in result if not word.startswith("x")] == [w for w in kept if w.strip() and w[0] != "x"]
    assert all(result.count(token) <= 1 for token in ("x0", "x1"))
    assert all(token in result for token in ("x0", "x1") if token in kept)
