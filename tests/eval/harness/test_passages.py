"""What typesetting leaves no trace, and that what is found by a hash is there."""

from __future__ import annotations

import random

import numpy as np
import pytest

from mathmill.eval.harness import passages
from mathmill.eval.harness.passages import Passages
from mathmill.eval.harness.wording import SAME, tokens_of, words_in


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("She sells\n 1,000  eggs.", "**She** sells 1000 eggs!"),
        (r"$\left(\frac{1}{2}\right)^2$", r"\( (\dfrac 12^2) \)".replace("12", "1 2")),
        ("2*x**3", r"2 \times x^3"),
        ("x\u00b2 \u2264 9 \u00d7 3", r"x^{2} \leq 9 \cdot 3"),
        (r"\text{Find } \boxed{7}", "find 7"),
        (r"$1{,}234{,}567\,\text{km}$", "1234567 km"),
        ("48/2 = <<48/2=24>>24 clips", "48/2 = 24 clips"),
        ("\uff11\uff12 \ufb01sh", "12 fish"),
        ("STRASSE", "stra\u00dfe"),
        (r"30^\circ", "30\u00b0"),
        ("a\u00a0b\u200a-\u2003c", "a b - c"),
    ],
)
def test_the_same_stream(one: str, other: str) -> None:
    left, right = ([SAME.get(token, token) for token in tokens_of(text)] for text in (one, other))
    assert left == right
    assert left


@pytest.mark.parametrize(
    ("text", "tokens", "words"),
    [
        ("", [], 0),
        ("  \n$$ ()", [], 0),
        ("Ann has 3.5 pears", ["ann", "has", "3.5", "pears"], 3),
        ("x1y", ["x", "1", "y"], 1),
        ("2+2=4", ["2", "+", "2", "=", "4"], 2),
        ("1,2,3", ["1", "2", "3"], 1),
        ("\u5c0f\u660e\u67095\u4e2a", ["\u5c0f", "\u660e", "\u6709", "5", "\u4e2a"], 2),
        ("\u0e27\u0e31\u0e19\u0e19\u0e35\u0e49 3", ["\u0e27\u0e31\u0e19\u0e19\u0e35\u0e49", "3"], 1),
        ("\u0995\u09bf \u09e7\u09e8", ["\u0995\u09bf", "\u09e7\u09e8"], 1),
    ],
)
def test_tokens(text: str, tokens: list[str], words: int) -> None:
    assert tokens_of(text) == tokens
    assert words_in(tokens) == words


def test_what_a_hash_finds_is_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same is found where a window's hash is that of its last token, and nearly all windows collide."""
    draw = random.Random(1)
    words = ["red", "blue", "green", "black", "white", "pink"]
    texts = [" ".join(draw.choices(words, k=draw.randint(3, 25))) for _ in range(30)]
    documents = [
        " ".join([*draw.choices(words, k=20), *texts[k].split()[:14], *draw.choices(words, k=9)]) for k in range(30)
    ]
    found = [list(Passages(texts).found_in(document)) for document in documents]
    monkeypatch.setattr(passages, "_FACTOR", np.uint64(0))
    for document, rightly in zip(documents, found, strict=True):
        again = list(Passages(texts).found_in(document))
        assert {passage.text for passage in again} <= {passage.text for passage in rightly}
        for passage in again:
            assert " ".join(passage.tokens) in document
            assert " ".join(passage.tokens) in texts[passage.text]


def test_the_longest_run_is_told() -> None:
    text = "one two three four five six seven eight nine ten eleven twelve thirteen fourteen"
    document = f"{' '.join(text.split()[:10])} and then {' '.join(text.split()[1:13])} and so on"
    (passage,) = Passages([text]).found_in(document)
    assert passage.tokens == tuple(text.split()[1:13])
    assert passage.words == 12


def test_no_texts_and_no_words() -> None:
    assert list(Passages([]).found_in("any words at all")) == []
    assert list(Passages(["", "x"]).found_in("x x x x")) == []
    assert list(Passages(["one two three four"]).found_in("")) == []
