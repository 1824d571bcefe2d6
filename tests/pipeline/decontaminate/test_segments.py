"""Paragraphs that go."""

from __future__ import annotations

import pytest

from mathmill.pipeline.decontaminate import segments
from mathmill.pipeline.decontaminate.segments import merged, segment_of, without

TEXT = "one two\nthree\n\nfour five\nsix\n\nseven"


@pytest.mark.parametrize(
    ("found", "segment"),
    [("two", "one two\nthree"), ("five", "four five\nsix"), ("six\n\nseven", "four five\nsix\n\nseven"), (TEXT, TEXT)],
)
def test_paragraphs(found: str, segment: str) -> None:
    start = TEXT.index(found)
    first, last = segment_of(TEXT, start, start + len(found))
    assert TEXT[first:last] == segment


@pytest.mark.parametrize(
    ("text", "reach", "segment"),
    [(TEXT, 6, "four five"), ("Few. It is five o clock. So", 10, "It is five o clock"), ("one five two", 3, "five")],
)
def test_less_of_a_long_paragraph(monkeypatch: pytest.MonkeyPatch, text: str, reach: int, segment: str) -> None:
    monkeypatch.setattr(segments, "REACH", reach)
    first, last = segment_of(text, text.index("five"), text.index("five") + 4)
    assert text[first:last] == segment


def test_without() -> None:
    assert without(TEXT, [(15, 28)]) == "one two\nthree\n\nseven"
    assert without(TEXT, [(0, 13)]) == "four five\nsix\n\nseven"
    assert without(TEXT, [(0, len(TEXT))]) == ""
    assert merged([(5, 9), (0, 3), (2, 4), (9, 10)]) == [(0, 4), (5, 10)]
