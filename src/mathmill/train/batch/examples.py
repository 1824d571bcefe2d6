"""An Example is what a model is trained on: tokens, and which of them are targets.

Texts and prompts become one here, chats in `chats.py`. What cannot be trained on leaves as a DroppedExample with its
reason, for the caller to count. Prompts are read as the benchmarks read them, so that a model is asked what it learnt.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

from mathmill.data.errors import ConfigError
from mathmill.train.batch.ends import Ends
from mathmill.train.batch.tool_output import Span, holds_output, ids_and_places, is_printed, output_spans

#: Why nothing can be trained: it is empty; the prompt fills the whole length; a turn has tokens only a template may
#: write; no turn is the assistant's; the template does not take these messages; what a tool said has no end. Or, of a
#: row that nothing is made of: a cell is of another kind, there is no solution or no answer, it is longer than is
#: wanted, its question is one of those held out.
Reason = Literal[
    "empty_text",
    "empty_completion",
    "prompt_too_long",
    "control_token_in_message",
    "no_assistant_turn",
    "template_refuses",
    "unclosed_output",
    "malformed_row",
    "no_solution",
    "no_answer",
    "too_long",
    "asked_in_held_out",
]


_PIECE = 1 << 18  # characters of a text that a tokenizer reads at once
_AT_ONCE = 1 << 20  # characters of several texts


@dataclass(frozen=True, slots=True)
class Example:
    """Tokens, and whether each is a target. The first never is: nothing stands before it."""

    input_ids: tuple[int, ...]
    trained: tuple[bool, ...]
    origin: str  # the id of what it was made of

    def __post_init__(self) -> None:
        assert len(self.input_ids) == len(self.trained)
        assert any(self.trained) and not self.trained[0]

    def __len__(self) -> int:
        return len(self.input_ids)


@dataclass(frozen=True, slots=True)
class DroppedExample:
    """What could not be trained on, and why; `evidence` is one short sentence for a person."""

    origin: str
    reason: Reason
    evidence: str


@dataclass(frozen=True, slots=True)
class Encoder:
    """Makes Examples of at most `length` tokens. `name` is the model's, for messages."""

    name: str
    tokenizer: Any
    ends: Ends
    length: int

    def __post_init__(self) -> None:
        if self.length < 2:
            raise ConfigError(f"Examples of {self.length} tokens have nothing to predict: set a length of at least 2")

    def text(self, origin: str, text: str) -> Iterator[Example | DroppedExample]:
        """A plain text in Examples: every token after the first is a target once, and so is the EOS at its end.

        A text longer than `length` becomes several. Each begins with the last token of the one before, which is not a
        target again. A text that spells a special token out holds its letters, not the token.
        """
        (made,) = self.texts([(origin, text)])
        return made

    def texts(self, given: Sequence[tuple[str, str]]) -> list[Iterator[Example | DroppedExample]]:
        """What `text` gives for each origin and text; tokenizers read many at once in less time."""
        read = self._tokens_of([text for _, text in given])
        return [self._parted(origin, text, ids) for (origin, text), ids in zip(given, read, strict=True)]

    def _tokens_of(self, texts: Sequence[str]) -> list[array[int]]:
        """The tokens of each text, long ones read in pieces: what a tokenizer holds of a text is large."""
        found = [array("i") for _ in texts]
        pieces = [list(_pieces(self.without_bos(text))) for text in texts]
        heads = [(at, parts[0]) for at, parts in enumerate(pieces) if parts]
        later = [(at, part) for at, parts in enumerate(pieces) for part in parts[1:]]
        for some, special in ((heads, True), (later, False)):
            for batch in _batches(some):
                rows = self._ids_of([part for _, part in batch], special=special, literal=True)
                for (at, _), ids in zip(batch, rows, strict=True):
                    found[at].extend(ids)
        return found

    def _parted(self, origin: str, text: str, ids: array[int]) -> Iterator[Example | DroppedExample]:
        if not text.strip():
            yield DroppedExample(origin, "empty_text", "nothing but spaces")
            return
        ids.append(self.ends.eos)
        for start in range(0, max(len(ids) - 1, 1), self.length - 1):
            part = tuple(ids[start : start + self.length])
            if len(part) < 2:  # one token and no BOS before it
                yield DroppedExample(origin, "empty_text", "a single token")
                return
            yield Example(part, (False, *[True] * (len(part) - 1)), origin)

    def completion(self, origin: str, prompt: str, completion: str) -> Example | DroppedExample:
        """A prompt and what is to be said after it: the completion is trained, and the EOS at its end.

        Where both exceed `length` the completion loses its end and gets no EOS, lest the model learn to stop there.
        What an interpreter printed in it (`mathmill.train.batch.tool_output`) is not trained.
        """
        if not completion.strip():
            return DroppedExample(origin, "empty_completion", "nothing but spaces")
        before = self._prompt(prompt)
        after = self._after(prompt, before, completion)
        said = [True] * len(after)
        if holds_output(completion):
            spans = output_spans(completion)
            if spans is None:
                return DroppedExample(origin, "unclosed_output", "what an interpreter printed has no end")
            printed = is_printed(self._places(prompt, before, completion, after), spans)
            said = [not each for each in printed]
        return self.cut(origin, [*before, *after, self.ends.eos], [*([False] * len(before)), *said, True])

    def cut(self, origin: str, ids: Sequence[int], trained: Sequence[bool]) -> Example | DroppedExample:
        """The first `length` tokens as an Example, if one of them is trained."""
        kept = (False, *trained[1 : self.length])
        if not any(kept):
            before = [False, *trained[1:]].index(True)
            return DroppedExample(origin, "prompt_too_long", f"{before} tokens before the first trained: {self.length}")
        return Example(tuple(ids[: self.length]), kept, origin)

    def without_bos(self, text: str) -> str:
        """A text that spells out at its head the BOS that its tokenizer is going to add would have two."""
        bos = self.tokenizer.bos_token
        return text.removeprefix(bos) if bos and adds_bos(self.tokenizer) else text

    def _prompt(self, prompt: str) -> list[int]:
        bos = self.tokenizer.bos_token
        ids = self._ids(prompt, special=not (bos and prompt.startswith(bos)))
        # A completion needs one token to go on from.
        start = self.tokenizer.bos_token_id
        return ids or [self.ends.eos if start is None else start]

    def _after(self, prompt: str, before: list[int], completion: str) -> list[int]:
        """The completion's tokens.

        Read together with the prompt if that leaves the prompt's tokens as they are: some tokenizers write a space
        before whatever they read. Else alone, as a model goes on after a prompt whose tokens are given.
        """
        bos = self.tokenizer.bos_token
        if not holds_special(self.tokenizer, completion):
            both = self._ids(prompt + completion, special=not (bos and prompt.startswith(bos)))
            if prompt and len(both) > len(before) and both[: len(before)] == before:
                return both[len(before) :]
        return self._ids(completion, special=False, literal=True)

    def _places(self, prompt: str, before: list[int], completion: str, after: list[int]) -> list[Span]:
        """Of each of the completion's tokens the characters in it."""
        bos = self.tokenizer.bos_token
        together = {"add_special_tokens": not (bos and prompt.startswith(bos))}
        ids, places = ids_and_places(self.name, self.tokenizer, prompt + completion, **together)
        if ids[len(before) : len(before) + len(after)] == after:
            return [(start - len(prompt), end - len(prompt)) for start, end in places[len(before) :][: len(after)]]
        alone = {"add_special_tokens": False, "split_special_tokens": True}
        return ids_and_places(self.name, self.tokenizer, completion, **alone)[1]

    def _ids(self, text: str, special: bool, literal: bool = False) -> list[int]:
        return self._ids_of([text], special, literal)[0]

    def _ids_of(self, texts: Sequence[str], special: bool, literal: bool = False) -> list[list[int]]:
        """Tokens of texts; `special`: with those a tokenizer adds; `literal`: special ones spelled out are letters."""
        read = self.tokenizer(
            list(texts),
            add_special_tokens=special,
            split_special_tokens=literal,
            return_attention_mask=False,
            verbose=False,
        )
        rows: list[list[int]] = read["input_ids"]
        if special and adds_eos(self.tokenizer):
            # Some tokenizers end every text with an EOS. Where one belongs it is put, and it must not end a prompt.
            return [ids[:-1] if ids and ids[-1] == self.ends.eos else ids for ids in rows]
        return rows


def _pieces(text: str) -> Iterator[str]:
    """A text, parted before line breaks or blanks if it is long."""
    start = 0
    while len(text) - start > _PIECE:
        found = max(text.rfind(blank, start + _PIECE // 2, start + _PIECE) for blank in ("\n", " "))
        end = found if found > 0 else start + _PIECE
        yield text[start:end]
        start = end
    yield text[start:]


def _batches(pieces: Sequence[tuple[int, str]]) -> Iterator[Sequence[tuple[int, str]]]:
    """Pieces, some at a time: not many characters together."""
    begin, size = 0, 0
    for end, (_, piece) in enumerate(pieces):
        if size and size + len(piece) > _AT_ONCE:
            yield pieces[begin:end]
            begin, size = end, 0
        size += len(piece)
    if begin < len(pieces):
        yield pieces[begin:]


def holds_special(tokenizer: Any, text: str) -> str:
    """A special token that a text spells out, or ""."""
    return next((token for token in _special(tokenizer) if token in text), "")


@cache
def _special(tokenizer: Any) -> tuple[str, ...]:
    added = tokenizer.added_tokens_decoder.values()
    return tuple(sorted(token.content for token in added if token.special and token.content))


@cache
def adds_bos(tokenizer: Any) -> bool:
    """Whether a tokenizer writes a BOS before what it reads."""
    read = tokenizer("a", verbose=False)["input_ids"]
    return tokenizer.bos_token_id is not None and read[0] == tokenizer.bos_token_id


@cache
def adds_eos(tokenizer: Any) -> bool:
    """Whether a tokenizer writes an EOS after what it reads."""
    return bool(tokenizer("a", verbose=False)["input_ids"][-1] == tokenizer.eos_token_id)
