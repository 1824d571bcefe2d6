"""That what is found by a hash is there, where it is, and what is too little to be found."""

from __future__ import annotations

import random

import numpy as np
import pytest

from mathmill.data import passages
from mathmill.data.passages import Passages
from mathmill.data.problem_texts import Sought

NUMBERS = " ".join(map(str, range(1, 21)))
LETTERS = "one two three four five six seven eight nine ten eleven twelve thirteen fourteen"


def questions(*texts: str) -> list[Sought]:
    return [Sought("question", text) for text in texts]


def test_what_a_hash_finds_is_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same is found where a window's hash is that of its last token, and nearly all windows collide."""
    draw = random.Random(1)
    words = ["red", "blue", "green", "black", "white", "pink"]
    texts = questions(*(" ".join(draw.choices(words, k=draw.randint(3, 25))) for _ in range(30)))
    documents = [
        " ".join([*draw.choices(words, k=20), *texts[k].text.split()[:14], *draw.choices(words, k=9)])
        for k in range(30)
    ]
    found = [list(Passages(texts).found_in(document)) for document in documents]
    monkeypatch.setattr(passages, "_FACTOR", np.uint64(0))
    for document, rightly in zip(documents, found, strict=True):
        again = list(Passages(texts).found_in(document))
        assert {passage.text for passage in again} <= {passage.text for passage in rightly}
        for passage in again:
            assert document[passage.start : passage.end] in texts[passage.text].text


def test_the_longest_run_is_told_with_its_place() -> None:
    document = f"{' '.join(LETTERS.split()[:10])} and then, {' '.join(LETTERS.split()[1:13])}. And so on"
    (passage,) = Passages(questions(LETTERS)).found_in(document)
    assert document[passage.start : passage.end] == " ".join(LETTERS.split()[1:13])
    assert (passage.words, passage.whole) == (12, False)


def test_every_place_is_told() -> None:
    document = f"x {LETTERS} y.\n{LETTERS}\n\nz {LETTERS}"
    (passage,) = Passages(questions(LETTERS)).found_in(document)
    places = [(passage.start, passage.end), *passage.again]
    assert len(places) == 3
    assert {document[slice(*place)] for place in places} == {LETTERS}
    short = "find the missing number"
    (passage,) = Passages(questions(short)).found_in(f"{short}, {short}")
    assert passage.whole
    assert len(passage.again) == 1


@pytest.mark.parametrize(
    ("kind", "text", "document", "there"),
    [
        ("question", "Compute $\\sin 60$", "now compute \\(\\sin(60)\\)!", True),
        ("question", "Compute $3+4$", "compute 3 + 4", True),
        ("question", "Compute $3+4$", "compute 3 - 4", False),
        ("question", "Compute 3", "compute 3", False),
        ("solution", "3 + 4 = 7", "3 + 4 = 7", False),
        ("solution", "She has four apples", "she has four apples", False),
        ("solution", "She has four apples left", "she has four apples left", True),
        ("answer", "12345678901234567890123456789012345", "12345678901234567890123456789012345", False),
        ("question", f"{NUMBERS} and", NUMBERS, False),
        ("question", f"Let {NUMBERS}", f"let {NUMBERS}", True),
    ],
)  # fmt: skip
def test_what_is_enough(kind: str, text: str, document: str, there: bool) -> None:
    found = list(Passages([Sought(kind, text)]).found_in(document))  # type: ignore[arg-type]
    assert bool(found) is there


def test_the_plain_rule_counts_tokens() -> None:
    text, document = "Roots: 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11", "0 1 2 3 4 5 6 7 8 9 10 12"
    assert not list(Passages(questions(text)).found_in(document))
    (passage,) = Passages(questions(text), "tokens").found_in(document)
    assert (passage.words, document[passage.start : passage.end]) == (10, "1 2 3 4 5 6 7 8 9 10")


def test_a_text_across_pieces_of_a_long_document_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    piece, overlap = 4_096, 512
    monkeypatch.setattr(passages, "PIECE", piece)
    monkeypatch.setattr(passages, "OVERLAP", overlap)
    texts = Passages(questions(LETTERS))
    for before in range(0, 3 * piece, 100):
        document = "x " * (before // 2) + LETTERS + " y" * overlap
        best = max(texts.found_in(document), key=lambda passage: passage.words)
        assert document[best.start : best.end] == LETTERS


def test_no_texts_and_no_words() -> None:
    assert list(Passages([]).found_in("any words at all")) == []
    assert list(Passages(questions("", "x")).found_in("x x x x")) == []
    assert list(Passages(questions("one two three four")).found_in("")) == []


def test_a_page_that_repeats_what_many_texts_have() -> None:
    phrase = "what is the sum of all positive integers that divide it"
    texts = Passages(questions(*(f"Given the number {n}, {phrase}?" for n in range(200))))
    assert len(list(texts.found_in(f"{phrase} " * 5_000))) == 200
