"""An Example is what a model is trained on: tokens, and which of them are targets.

Texts and prompts become one here, chats in `chats.py`. What cannot be trained on leaves as a DroppedExample with its
reason, for the caller to count. Prompts are read as the benchmarks read them, so that a model is asked what it learnt.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

from mathmill.data.errors import ConfigError
from mathmill.train.batch.ends import Ends

#: Why nothing can be trained: it is empty; the prompt fills the whole length; a turn has tokens only a template may
#: write; no turn is the assistant's; the template does not take these messages.
Reason = Literal[
    "empty_text",
    "empty_completion",
    "prompt_too_long",
    "control_token_in_message",
    "no_assistant_turn",
    "template_refuses",
]


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
        if not text.strip():
            yield DroppedExample(origin, "empty_text", "nothing but spaces")
            return
        ids = [*self._ids(self.without_bos(text), special=True, literal=True), self.ends.eos]
        for start in range(0, max(len(ids) - 1, 1), self.length - 1):
            part = tuple(ids[start : start + self.length])
            if len(part) < 2:  # one token and no BOS before it
                yield DroppedExample(origin, "empty_text", "a single token")
                return
            yield Example(part, (False, *[True] * (len(part) - 1)), origin)

    def completion(self, origin: str, prompt: str, completion: str) -> Example | DroppedExample:
        """A prompt and what is to be said after it: the completion is trained, and the EOS at its end.

        Where both exceed `length` the completion loses its end and gets no EOS, lest the model learn to stop there.
        """
        if not completion.strip():
            return DroppedExample(origin, "empty_completion", "nothing but spaces")
        before = self._prompt(prompt)
        ids = [*before, *self._after(prompt, before, completion), self.ends.eos]
        return self.cut(origin, ids, [False] * len(before) + [True] * (len(ids) - len(before)))

    def cut(self, origin: str, ids: Sequence[int], trained: Sequence[bool]) -> Example | DroppedExample:
        """The first `length` tokens as an Example, if one of them is trained."""
        kept = (False, *trained[1 : self.length])
        if not any(kept):
            before = list(trained).index(True)
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

    def _ids(self, text: str, special: bool, literal: bool = False) -> list[int]:
        """Tokens of a text; `special`: with those a tokenizer adds; `literal`: special ones spelled out are letters."""
        read = self.tokenizer(
            text,
            add_special_tokens=special,
            split_special_tokens=literal,
            return_attention_mask=False,
            verbose=False,
        )
        ids = list(map(int, read["input_ids"]))
        # Some tokenizers end every text with an EOS. Where one belongs it is put, and it must not end a prompt.
        return ids[:-1] if special and ids and ids[-1] == self.ends.eos and adds_eos(self.tokenizer) else ids


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
