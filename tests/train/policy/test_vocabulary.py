from typing import Any

import pytest

from mathmill.data.errors import ConfigError
from mathmill.train.policy.vocabulary import ASSISTANT, BEGIN, END, LEAST, MARKS, USER, make_tokenizer

pytest.importorskip("tokenizers")
pytest.importorskip("transformers")

WORDS = [
    "angle",
    "bracket",
    "circle",
    "divisor",
    "even",
    "function",
    "graph",
    "hence",
    "integer",
    "joint",
    "kernel",
    "limit",
    "matrix",
    "number",
    "odd",
]
TEXTS = [
    f"Let $x_{number} = {number}^2$, a {WORDS[number % 15]}. Then $\\sqrt{{x_{number}}}$ is the {WORDS[number % 7]}."
    for number in range(400)
]
TOKENIZER: Any = make_tokenizer(TEXTS, 340, 128)


@pytest.mark.parametrize(
    "text",
    ["", " ", "a  b\n\n\tc", "$\\frac{1}{2}$", "x=1234.50", "Größe ∑ 𝔽 \u200d", "\x00\x01", "<|end|", "３４ ٣"],
)
def test_nothing_of_a_text_is_lost(text: str) -> None:
    assert TOKENIZER.decode(TOKENIZER.encode(text, add_special_tokens=False)) == text


@pytest.mark.parametrize(("text", "digits"), [("1234", 4), ("x=10+20", 4), ("100000000", 9)])
def test_each_digit_is_a_token(text: str, digits: int) -> None:
    tokens = TOKENIZER.convert_ids_to_tokens(TOKENIZER.encode(text, add_special_tokens=False))
    assert sum(token.isdigit() for token in tokens) == digits
    assert all(len(token) == 1 for token in tokens if any(character.isdigit() for character in token))


def test_frequent_words_are_few_tokens() -> None:
    assert len(TOKENIZER) == 340
    assert len(TOKENIZER.encode("Then $\\sqrt{", add_special_tokens=False)) < 6


def test_the_same_texts_make_the_same_tokenizer() -> None:
    other = make_tokenizer(iter(TEXTS), 340, 128)
    assert other.backend_tokenizer.to_str() == TOKENIZER.backend_tokenizer.to_str()


def test_marks_are_single_tokens_and_a_dialogue_begins_once() -> None:
    assert [TOKENIZER.convert_tokens_to_ids(mark) for mark in MARKS] == list(range(len(MARKS)))
    assert TOKENIZER.pad_token_id != TOKENIZER.eos_token_id
    messages = [{"role": "user", "content": "1+1"}, {"role": "assistant", "content": "2"}]
    told = TOKENIZER.apply_chat_template(messages, tokenize=False)
    assert told == f"{BEGIN}{USER}1+1{END}{ASSISTANT}2{END}"
    found = TOKENIZER.apply_chat_template(messages, tokenize=True, return_dict=True, return_assistant_tokens_mask=True)
    trained = [id_ for id_, is_his in zip(found["input_ids"], found["assistant_masks"], strict=True) if is_his]
    assert TOKENIZER.convert_ids_to_tokens(trained) == ["2", END]
    asked = TOKENIZER.apply_chat_template(messages[:1], tokenize=False, add_generation_prompt=True)
    assert told.startswith(asked)


@pytest.mark.parametrize(
    ("texts", "vocabulary", "message"),
    [(TEXTS, LEAST - 1, "too small"), ([], 400, "none of them has any"), (["", ""], 400, "none of them has any")],
)
def test_what_cannot_be_made_is_refused(texts: list[str], vocabulary: int, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        make_tokenizer(texts, vocabulary, 128)
