import re
import unicodedata

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mathmill.pipeline.dedup.shingles import NUMBER, PIECE, SIGN, WORD, kinds_of, shingles, token_pieces, tokens

_ONE = re.compile(r"\\?[^\W\d_]+|\d[\d.,:]*|(.)\1*")


def words(text: str) -> list[str]:
    """The tokens of a text that is one piece, as they are written, folded."""
    ((found, starts, codes),) = token_pieces(text)
    ends = [*starts[1:].tolist(), len(codes)]
    written = ["".join(map(chr, codes[start:end])) for start, end in zip(starts.tolist(), ends, strict=True)]
    assert len(written) == len(found)
    return [_ONE.match(word)[0].rstrip(".,:") for word in written]  # type: ignore[index]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The **bold** and _slanted_ `code` words.", ["the", "bold", "and", "slanted", "code", "words"]),
        ("2^3 2·3 2*3 2 * 3 2**3", ["2", "^", "3", "2", "·", "3", "2", "*", "3", "2", "*", "3", "2", "**", "3"]),
        ("$x_{n}^2$", ["x", "_", "n", "^", "2"]),
        (r"\frac{a}{b} \\ \, c", [r"\frac", "a", "b", "c"]),
        ("- one\n* two\n> - three\n---\n===\n= 4", ["one", "two", "three", "=", "4"]),
        ("a - b + c > d >= e", ["a", "-", "b", "+", "c", ">", "d", ">", "=", "e"]),
        ("3.14, 1,000. 12:30 5.", ["3.14", "1,000", "12:30", "5"]),
        ("f'(x) don't y'", ["f", "'", "(", "x", ")", "don", "t", "y", "'"]),
        ("5! is 120", ["5", "!", "is", "120"]),
        ("数学と２³", ["数", "学", "と", "2", "³"]),
        ("x\u22121 x\u20131 x-1", ["x", "-", "1", "x", "-", "1", "x", "-", "1"]),
        ("A∈B ∑ ≤ → °", ["a", "∈", "b", "∑", "≤", "→", "°"]),
        ("soft\u00adhyphen", ["softhyphen"]),
    ],
)
def test_what_is_a_token(text: str, expected: list[str]) -> None:
    assert words(text) == expected


SAME = [
    ("one two\nthree   four", "one two three four"),
    ("**one** _two_ `three`", "one two three"),
    ("# Head\n\n> - text", "Head text"),
    ("One, two; “three”?", "one two three"),
    ("e\u0301", "é"),
    ("x^{2}", "x^2"),
    ("$$x$$", "$x$"),
]
OTHER = ["2^3", "2·3", "2_3", "2*3", "2+3", "2-3", "2/3", "23", "2 3", "2.3", "2²", "2=3", "2<3", "2(3)", "2!3", r"\2"]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_wrapping_marks_and_punctuation_leave_no_trace(one: str, other: str) -> None:
    assert tokens(one).tolist() == tokens(other).tolist()


def test_operators_and_digits_are_told_apart() -> None:
    assert len({tuple(tokens(text).tolist()) for text in OTHER}) == len(OTHER)
    kinds = kinds_of(tokens(r"word 12 + \alpha \cdot")).tolist()
    assert kinds == [WORD, NUMBER, SIGN, WORD, SIGN]


@given(st.text())
def test_tokens_of_anything_are_the_same_after_normalising(text: str) -> None:
    text = text.encode("utf-8", "replace").decode()
    found = tokens(text)
    assert len(found) >= 1
    assert found.tolist() == tokens(unicodedata.normalize("NFC", text)).tolist()


@given(
    st.lists(st.sampled_from(["alpha", "2", "+", r"\beta", "x_1", "中", "so\u00adft", "\n"]), max_size=12),
    st.integers(0, 40),
)
def test_pieces_are_not_to_be_seen(parts: list[str], before: int) -> None:
    text = " ".join(parts)
    near_the_end = "word " * ((PIECE - before) // 5)
    found = tokens(near_the_end + text)
    plain = tokens(text).tolist() if text.strip() else []
    assert found.tolist() == [*tokens("word").tolist() * ((PIECE - before) // 5), *plain]


@pytest.mark.parametrize(
    "text",
    ["a" * 300_000, "\n" * 300_000, "same line\n" * 30_000, "$" * 100_000, "'" * 100_000, "e\u0301\u0323" * 100_000,
     "e" + "\u0301\u0323" * 100_000],
)  # fmt: skip
def test_hostile_texts_take_linear_time(text: str) -> None:
    assert len(tokens(text)) >= 1


def test_lone_surrogates_and_controls_are_gaps() -> None:
    assert tokens("a\ud800b\x00c").tolist() == tokens("a b c").tolist()


def test_shingles_are_all_runs_of_tokens() -> None:
    assert len(shingles(tokens("one two three four five six seven"), 5)) == 3
    assert shingles(tokens("b c d"), 2).tolist() == shingles(tokens("a b c d"), 2).tolist()[1:]


def test_a_text_shorter_than_a_shingle_has_one() -> None:
    short = {tuple(shingles(tokens(text), 5).tolist()) for text in ("one", "one two", "two one", "...", "?!?", "")}
    assert len(short) == 6
    assert all(len(each) == 1 for each in short)


def test_hashes_are_spread_evenly() -> None:
    found = shingles(tokens(" ".join(map(str, range(20_000)))), 3)
    assert len(np.unique(found)) == len(found)
    assert abs((found >> np.uint64(63)).mean() - 0.5) < 0.02
    assert abs((found & np.uint64(1)).mean() - 0.5) < 0.02
