from __future__ import annotations

import pickle
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mathmill.data.errors import ConfigError, DamagedInput, InputMissing, MathmillError
from mathmill.data.tokens import PIECE, Counter, find_counter, pieces, words

TEXTS = [
    "",
    "one",
    "The sum of $a+b$ is\n\n\n$c$,   and 12345 more.",
    "ein Satz über Mengen",
    "定理 1: 设 $x$",
    "\ud800 \x00 <|end|>",
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A byte-level tokenizer as models have them, with an end of text, that says to cut texts and to pad them."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from tokenizers.processors import TemplateProcessing

    made: Any = Tokenizer(models.BPE())
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    trainer: Any = trainers.BpeTrainer(
        vocab_size=400,
        special_tokens=["<|end|>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    made.train_from_iterator([text for text in TEXTS if text.isprintable()] * 3 + ["the of and " * 9], trainer)
    made.post_processor = TemplateProcessing(single="$A <|end|>", special_tokens=[("<|end|>", 0)])
    made.enable_truncation(3)
    made.enable_padding(length=9)
    path = tmp_path_factory.mktemp("tokenizer")
    made.save(str(path / "tokenizer.json"))
    (path / "tokenizer_config.json").write_text('{"tokenizer_class": "PreTrainedTokenizerFast"}')
    return path


def count(counter: Counter, *texts: str) -> list[int]:
    return list(counter.count(texts))


def test_counts_without_a_tokenizer() -> None:
    assert count(find_counter("bytes"), "", "a", "abcd", "abcde", "定理") == [0, 1, 1, 2, 2]
    assert count(find_counter("characters"), "", "abcde", "定理") == [0, 2, 1]
    assert count(find_counter("words"), "", " a  bc\nd ", "设 f 是连续函数", "カナ x", "ein Satz über") == [
        0,
        3,
        7,
        3,
        3,
    ]
    assert find_counter("bytes").identity() == {}


def whole(folder: Path) -> Any:
    """The tokenizer as the library gives it for a text in one call."""
    from tokenizers import Tokenizer

    made: Any = Tokenizer.from_file(str(folder / "tokenizer.json"))
    made.no_truncation()
    made.no_padding()
    return made


def test_texts_have_the_tokens_that_the_tokenizer_gives_them_alone(folder: Path) -> None:
    counter = pickle.loads(pickle.dumps(find_counter(str(folder))))
    texts = [text for text in TEXTS if "\ud800" not in text]
    alone = whole(folder)
    assert count(counter, *texts) == [len(alone.encode(text, add_special_tokens=False)) for text in texts]
    assert len(count(counter, *TEXTS)) == len(TEXTS)
    assert max(count(counter, *TEXTS)) > 9


def test_a_tokenizer_is_known_by_its_file(folder: Path) -> None:
    by_folder, by_file = find_counter(str(folder)), find_counter(str(folder / "tokenizer.json"))
    assert list(by_folder.identity().values()) == list(by_file.identity().values()) == [by_file.sha256]
    assert len(by_file.sha256) == 64


def test_a_long_text_has_the_tokens_of_its_whole(folder: Path) -> None:
    text = "The sum of $a+b$ is\n\n$c$,   and 12345 more. 定理  设 " * 3_000
    tokens = len(whole(folder).encode(text, add_special_tokens=False))
    assert len(text) > 2 * PIECE
    assert count(find_counter(str(folder)), "a", text, "b") == [1, tokens, 1]
    assert words(text) == 3_000 * 12


@pytest.mark.parametrize("word", ["a" * 10_000_000, " " * 300_000, "定" * 300_000], ids=["word", "spaces", "han"])
def test_a_text_of_one_word_is_counted_in_pieces(folder: Path, word: str) -> None:
    began = time.process_time()
    assert words(word) == {"a": 1, " ": 0}.get(word[0], len(word))
    for name in ["bytes", "characters"] if len(word) > 5_000_000 else ["bytes", "characters", str(folder)]:
        assert count(find_counter(name), word)[0] > 0
    assert time.process_time() - began < 20


@given(st.text(alphabet=" a\n定", max_size=300).map(lambda text: text * 700))
def test_pieces_are_the_text(text: str) -> None:
    found = list(pieces(text))
    assert "".join(found) == text
    assert all(len(piece) <= PIECE for piece in found)
    if text.isascii():
        assert words(text) == len(text.split())


def test_what_is_no_tokenizer_is_refused(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    (tmp_path / "bad.json").write_text("{}")
    (tmp_path / "slow").mkdir()
    (tmp_path / "slow" / "spiece.model").write_bytes(b"")
    (tmp_path / "empty").mkdir()
    cases: list[tuple[str, str, type[MathmillError], str]] = [
        (str(tmp_path / "bad.json"), "", DamagedInput, "copy it again"),
        (str(tmp_path / "slow"), "", ConfigError, "slow tokenizer only"),
        (str(tmp_path / "empty"), "", InputMissing, "has no tokenizer.json"),
        (str(tmp_path / "gone"), "", InputMissing, "there is no tokenizer"),
        ("nobody/nothing-at-all", "", InputMissing, "the hub did not give"),
        ("words", "main", ConfigError, "has no revisions"),
        (str(folder), "main", ConfigError, "has no revisions"),
    ]
    for name, revision, error, message in cases:
        with pytest.raises(error, match=message):
            find_counter(name, revision)
