"""At which token a step ends, for tokenizers of both kinds."""

from __future__ import annotations

import random
from functools import cache
from typing import Any

import pytest

from mathmill.eval.models.base import Sampling
from mathmill.train.reward.places import Places
from tests.train.policy.made import policy
from tests.train.rollout.made import questions

TEXTS = [
    "3 + 4 = 7 and 7 * 2 = 14. The answer is 14.",
    "  two spaces, a tab\tand\n\nlines = 3",
    "é ü 😀 = 😀😀 中文 數 = ∑ ≤ 5",
    "a" * 300 + " = " + "b" * 300,
    "x = 1 " * 120,
    "� kept as it is = �",
]


@cache
def byte_level() -> Any:
    """Bytes, with some words: most characters beyond ASCII are several tokens."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

    made = Tokenizer(models.BPE())
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=300, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), special_tokens=["<s>", "</s>"]
    )
    made.train_from_iterator(TEXTS[:2], trainer)
    return made


@cache
def sentence_piece() -> Any:
    """As Llama 2 and Gemma: a mark for a space, bytes for what is not known, the first space taken off."""
    from tokenizers import Tokenizer, decoders, models, normalizers

    pieces = ["<unk>", "<s>", "</s>", *(f"<0x{byte:02X}>" for byte in range(256)), "▁", *"abcdeinorstwx34172=+*.,"]
    pieces += ["▁=", "▁T", "an", "▁an"]
    vocabulary = {piece: at for at, piece in enumerate(dict.fromkeys(pieces))}
    merges = [("▁", "="), ("a", "n"), ("▁", "an")]
    made = Tokenizer(models.BPE(vocabulary, merges, unk_token="<unk>", byte_fallback=True, fuse_unk=True))
    made.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    made.decoder = decoders.Sequence(
        [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)]
    )
    made.add_special_tokens(["<s>", "</s>"])
    return made


def first_token(tokenizer: Any, ids: list[int], text: str, end: int) -> int:
    """By definition: the first prefix of the tokens that says so much."""
    return next(at for at in range(len(ids)) if tokenizer.decode(ids[: at + 1]).startswith(text[:end]))


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("make", [byte_level, sentence_piece])
def test_places_are_those_of_the_shortest_prefix(make: Any, text: str) -> None:
    tokenizer = make()
    ids = tokenizer.encode(text, add_special_tokens=False).ids
    ids.append(tokenizer.token_to_id("</s>"))
    said = tokenizer.decode(ids)
    places = Places(ids, said, tokenizer.decode)
    chosen = random.Random(3).sample(range(1, len(said) + 1), min(len(said), 80))
    # A replacement character of the text's own looks like half of another one to whoever decodes a prefix.
    assert {end: places.of(end) for end in chosen} == {end: first_token(tokenizer, ids, said, end) for end in chosen}


def test_a_text_that_was_cut_is_looked_for_in_the_tokens_before_the_cut() -> None:
    tokenizer = byte_level()
    ids = tokenizer.encode("1 + 1 = 2 STOP and more = 3", add_special_tokens=False).ids
    text = "1 + 1 = 2 "
    places = Places(ids, text, tokenizer.decode)
    assert tokenizer.decode(ids[: places.of(9) + 1]) == "1 + 1 = 2"


def test_a_decoder_that_tidies_up_is_asked_for_whole_prefixes() -> None:
    """As WordPiece does: a space before a stop goes once the stop is there."""

    def decode(ids: list[int]) -> str:
        return " ".join(map(chr, ids)).replace(" .", ".")

    ids = [ord(sign) for sign in "3=3." * 30]
    text = decode(ids)
    places = Places(ids, text, decode)
    for end in (1, 5, 6, 50, len(text)):
        wanted = next(at for at in range(len(ids)) if decode(ids[: at + 1]).startswith(text[:end]))
        assert places.of(end) == wanted


def test_cost_grows_with_the_tokens_and_not_with_their_square() -> None:
    decoded = 0

    def decode(ids: list[int]) -> str:
        nonlocal decoded
        decoded += len(ids)
        return "".join(map(chr, ids))

    text = "3+4=7 " * 2_000
    places = Places([ord(sign) for sign in text], text, decode)
    assert [places.of(end) for end in (5, 11_995)] == [4, 11_994]
    assert decoded < 6 * len(text)


def test_rollouts_of_an_engine_have_their_texts_in_their_tokens() -> None:
    """Of a model with random weights: halves of characters, special tokens in the middle, a stop that is cut off."""
    from mathmill.train.rollout.local import LocalEngine

    made = policy()

    def decode(ids: list[int]) -> str:
        return str(made.tokenizer.decode(ids, skip_special_tokens=True))

    sampling = Sampling(n=8, temperature=1.5, max_new_tokens=90, seed=3)
    for stops in ((), ("e",)):
        for group in LocalEngine(made).groups(questions(stops=stops), sampling, "1"):
            for rollout in group.rollouts:
                ids, text = rollout.completion_ids.tolist(), rollout.text
                places = Places(ids, text, decode)
                for end in range(1, len(text) + 1, 7):
                    first = next(at for at in range(len(ids)) if decode(ids[: at + 1]).startswith(text[:end]))
                    assert places.of(end) == first
