r"""What stands around an answer: it is taken off in a bounded number of rounds, whatever the text is."""

from __future__ import annotations

import time
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mathmill.eval.limits import MAX_CHARS, TooLarge, Unparsable
from mathmill.eval.syntax.parser import parse
from mathmill.eval.syntax.wrappers import closing_brace, unwrapped

PIECES = [
    "$", "$$", r"\(", r"\)", r"\[", r"\]", "{", "}", r"\boxed{", r"\fbox {", r"\text{", "\\", "\\\\", "\\ ", r"\,",
    r"\quad", r"\!", " ", "\n", "\t", ".", "..", ",", ";", ":", "**", "__", "`", '"', "x", "5", "(", ")", "|",
    r"\left", r"\right", r"\$", "\u00a0", "<b>", "and", "if", "_", "^", "'",
]  # fmt: skip
NESTED = [
    "(", "{", "[", r"\{", "|", "1+(", r"\frac{", "x^{", r"\angle ", "A: ", "x if ", "1 to ", r"\mathbb{R}^{", "5'",
    "5 h ", "5 and ", r"\mathbf{i}(", r"\sqrt", "A_", "1,", "x=1,", "x=1;", r"1\pmod ", "(n \\in ", "is ",
    "the answer is ", "A1",
]  # fmt: skip
MIXED = st.lists(st.sampled_from(PIECES), max_size=60).map("".join)


@pytest.mark.parametrize(
    ("text", "inner"),
    [
        ("$5$", "5"),
        ("$$5$$.", "5"),
        (r"\boxed{5}", "5"),
        (r"$\boxed{\boxed{5}}$", "5"),
        ("5.", "5"),
        ("5 ...", "5 ..."),
        ("5,;:.", "5"),
        ("5\\ ", "5"),
        ("5\\\n", "5"),
        (r"5\,\quad.", "5"),
        ('"5"', "5"),
        ("\u201c5\u201d", "5"),
        ('"5" or "6"', '"5" or "6"'),
        ("5''", "5''"),
        ("$5$ and $6$", "$5$ and $6$"),
        (r"\boxed{5} and \boxed{6}", r"\boxed{5} and \boxed{6}"),
        ("", ""),
        (".", ""),
        ("\\", ""),
    ],
)
def test_unwrapped(text: str, inner: str) -> None:
    assert unwrapped(text) == inner


@given(MIXED)
@settings(max_examples=400, deadline=500)
def test_unwrapping_ends_and_adds_nothing(text: str) -> None:
    inner = unwrapped(text)
    assert len(inner) <= len(text)
    assert inner in text or any(mark in text for mark in ("**", "__", "`", "<b>"))


@given(MIXED)
@settings(max_examples=400, deadline=500)
def test_reading_ends(text: str) -> None:
    with suppress(TooLarge, Unparsable):
        parse(text)


@pytest.mark.parametrize("piece", PIECES)
def test_long_runs_end_soon(piece: str) -> None:
    text = piece * (MAX_CHARS // len(piece))
    start = time.perf_counter()
    unwrapped(text)
    with suppress(TooLarge, Unparsable):
        parse(text)
    assert time.perf_counter() - start < 1.0  # some hundred times what it takes


@pytest.mark.parametrize("piece", NESTED)
@pytest.mark.parametrize("end", ["", "1", ")", "}"])
def test_deep_runs_end_soon(piece: str, end: str) -> None:
    text = piece * (MAX_CHARS // len(piece) - 1) + end
    start = time.perf_counter()
    with suppress(TooLarge, Unparsable):
        parse(text)
    assert time.perf_counter() - start < 1.0


def test_closing_brace() -> None:
    assert closing_brace(r"{a{b}\}c}d", 1) == 8
    assert closing_brace("{a{b}", 1) is None
