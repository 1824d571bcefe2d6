"""Stop strings, found in text as it grows, cut it where the whole text would be cut."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mathmill.eval.models.base import Completion
from mathmill.eval.models.stops import Endings, Transcript, only_adds
from tests.eval.models import tiny

EOS, SPECIAL = 1, 2


@pytest.fixture(scope="module")
def tokenizer() -> Any:
    return tiny.tokenizer()


def endings(tokenizer: Any, limit: int = 100, spelled_eos: str = "", adding: bool = True) -> Endings:
    def decode(tokens: list[int]) -> str:
        return str(tokenizer.decode(tokens, skip_special_tokens=True))

    return Endings(decode, frozenset({0, 1, 2}), frozenset({EOS}), spelled_eos, limit, adding)


def hear(tokens: list[int], ends: Endings, stops: tuple[str, ...]) -> Completion:
    """What is made of these tokens; those after the end are not heard."""
    transcript = Transcript(ends, stops)
    for token in tokens:
        if transcript.add(token):
            break
    else:
        raise AssertionError("no end")
    return transcript.completion()


@pytest.mark.parametrize(
    ("said", "stops", "text"),
    [
        ("It is 7.\n\nQ: What", ("Q:",), "It is 7.\n\n"),
        ("It is 7.\n\nQ: What", ("\n\n", "Q:"), "It is 7."),
        ("It is 7.\n\nQ: What", ("Q:", "\n\nQ:"), "It is 7.\n\n"),  # overlapping: the first that is named decides
        ("Q: at once", ("Q:",), ""),
        ("the answer is 30. The answer", ("wer is 3",), "the ans"),  # begins and ends within tokens
        ("三个苹果😀。", ("😀",), "三个苹果"),
        ("三个苹果😀。", ("苹",), "三个"),
        ("no stop at all", ("Q:", ""), "no stop at all"),
        ("a" * 90 + "#### 42", ("####",), "a" * 90),
        ("spelled out</ s>", ("</ s>",), "spelled out"),
    ],
)
def test_stops(tokenizer: Any, said: str, stops: tuple[str, ...], text: str) -> None:
    tokens = tokenizer.encode(said, add_special_tokens=False)
    one_byte_each = [token for byte in said.encode() for token in tokenizer.convert_tokens_to_ids([_as_token(byte)])]
    for row in (tokens, one_byte_each):
        for adding in (False, True):
            completion = hear([*row, EOS], endings(tokenizer, adding=adding), stops)
            assert completion.text == text
            assert completion.finish == ("stop" if text != said else "eos")


def _as_token(byte: int) -> str:
    """The token that stands for a byte in the alphabet of byte-level tokenizers."""
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [code for code in range(256) if code not in printable]
    return chr(byte) if byte in printable else chr(256 + others.index(byte))


def test_special_tokens_are_not_text_and_hide_no_stop(tokenizer: Any) -> None:
    ends = endings(tokenizer)
    some, more = (tokenizer.encode(text, add_special_tokens=False) for text in ("7. Q", ": next"))
    assert hear([*some, *[SPECIAL] * 40, *more, EOS], ends, ("Q:",)).text == "7. "


def test_an_eos_that_is_spelled_out_is_a_stop(tokenizer: Any) -> None:
    row = [token for byte in b"7</s>8" for token in tokenizer.convert_tokens_to_ids([_as_token(byte)])]
    assert hear([*row, EOS], endings(tokenizer, spelled_eos="</s>"), ()) == Completion("7", "stop", 5)


def test_the_limit(tokenizer: Any) -> None:
    row = tokenizer.encode("one two three four five six", add_special_tokens=False)
    assert hear(row, endings(tokenizer, 4), ("six",)) == Completion(tokenizer.decode(row[:4]), "length", 4)
    # A stop or an EOS with the last token that is allowed is no truncation.
    assert hear([*row[:3], EOS], endings(tokenizer, 4), ()).finish == "eos"


@settings(max_examples=60)
@given(tokens=st.lists(st.integers(2, tiny.VOCABULARY - 130), min_size=1, max_size=40), data=st.data())
def test_what_is_heard_is_what_the_whole_text_gives(tokens: list[int], data: st.DataObject) -> None:
    built = _TOKENIZER
    whole = built.decode(tokens, skip_special_tokens=True)
    at = data.draw(st.integers(0, len(whole)))
    stop = whole[at : at + data.draw(st.integers(1, 4))]
    completion = hear([*tokens, EOS], endings(built), (stop, "never"))
    assert completion == hear([*tokens, EOS], endings(built, adding=False), (stop, "never"))
    if not stop or "�" in stop:  # half a character may become a whole one
        return
    assert completion.text == whole.split(stop)[0]
    assert completion.finish == "stop"


_TOKENIZER = tiny.tokenizer()


def marked() -> Any:
    """A tokenizer that marks spaces and falls back to bytes, as those of Llama 2 and Gemma; its texts lose a space."""
    from tokenizers import Tokenizer, decoders, models

    words = ["</s>", "▁", "▁a", "b", ".", "Q", ":", "\n", *(f"<0x{byte:02X}>" for byte in range(256))]
    made = Tokenizer(models.BPE({word: at for at, word in enumerate(words)}, [], byte_fallback=True))
    steps = [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)]
    made.decoder = decoders.Sequence(steps)
    return made


@settings(max_examples=100)
@given(tokens=st.lists(st.integers(2, 263), min_size=1, max_size=30), data=st.data())
def test_a_decoder_of_bytes_and_marks_hides_no_stop(tokens: list[int], data: st.DataObject) -> None:
    whole = _MARKED.decode(tokens)
    at = data.draw(st.integers(0, len(whole)))
    stop = whole[at : at + data.draw(st.integers(1, 4))]
    heard = [
        hear([*tokens, EOS], Endings(_MARKED.decode, frozenset({EOS}), frozenset({EOS}), "", 100, adding), (stop,))
        for adding in (False, True)
    ]
    assert heard[0] == heard[1]


_MARKED = marked()


def test_a_decoder_that_changes_what_was_there_is_known() -> None:
    import transformers
    from tokenizers import decoders

    library: Any = transformers
    assert only_adds(_TOKENIZER)
    assert only_adds(library.PreTrainedTokenizerFast(tokenizer_object=marked()))
    cleaning = library.PreTrainedTokenizerFast(tokenizer_object=marked(), clean_up_tokenization_spaces=True)
    assert not only_adds(cleaning)
    pieces = marked()
    pieces.decoder = decoders.WordPiece()
    assert not only_adds(library.PreTrainedTokenizerFast(tokenizer_object=pieces))
    assert not only_adds(object())
