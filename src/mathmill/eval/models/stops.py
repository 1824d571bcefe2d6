"""What one row of a batch has said, and whether it has come to an end.

A stop string may begin and end in the middle of a token, and a character may be split over tokens, so stops are looked
for in decoded text: after each token in that of the last few, at a cost that does not grow, and what is found there is
confirmed in the whole. The text is the tokens decoded at once, without special tokens, and cut at each stop in turn, as
lm-evaluation-harness and vLLM cut it (of stops that overlap the one named first decides).

Decoding a few tokens for each that is said costs more than drawing it. Where a decoder only adds to what is there, a
token is passed over whose own text has no character that a stop ends with.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from mathmill.eval.models.base import Completion, Finish

# Tokens before those that a stop can take: a character that begins before them, and what decoders do to a first token.
_MARGIN = 4
_PART = "�"  # what decoders write for a part of a character
# Decoders that only add to a text: bytes of characters, and words with a mark for a space. The last are steps of one.
_ADDING = ("ByteLevel", "Metaspace", "Sequence", "Replace", "ByteFallback", "Fuse", "Strip")

Ids = npt.NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Endings:
    """What ends a completion, and how its tokens are read.

    `decode` gives the text of tokens without special ones; `special` are those that it leaves out; `spelled_eos` is the
    text of the end-of-sequence token: some models write it with ordinary tokens. `adding`: see `only_adds`.
    """

    decode: Callable[[list[int]], str]
    special: frozenset[int]
    eos: frozenset[int]
    spelled_eos: str
    max_new_tokens: int
    adding: bool = False
    texts: dict[int, str] = field(default_factory=dict, repr=False, compare=False)  # those that were asked for

    def text_of(self, token: int) -> str:
        """The text of a token, twice: what decoders do to a first one is not done to the second."""
        text = self.texts.get(token)
        if text is None:
            text = self.texts[token] = self.decode([token, token])
        return text


def only_adds(tokenizer: Any) -> bool:
    """Whether the text of tokens is that of all but the last, and what the last adds, but for half a character."""
    built = getattr(tokenizer, "backend_tokenizer", None)
    if built is None or getattr(tokenizer, "clean_up_tokenization_spaces", True):
        return False
    if built.decoder is None:  # words with spaces between
        return True
    whole = json.loads(built.decoder.__getstate__())
    kinds = {part["type"] for part in (whole, *whole.get("decoders", ()))}
    return kinds <= set(_ADDING)


@dataclass(frozen=True, slots=True)
class Spoken:
    """A completion, and all its tokens; of each, where it was asked for, what was noted as it was drawn (`Draws`)."""

    completion: Completion
    tokens: tuple[int, ...]
    logprobs: tuple[float, ...]
    kept: tuple[Ids, ...]


class Transcript:
    """The tokens of one completion."""

    def __init__(self, endings: Endings, stops: Sequence[str]) -> None:
        self._endings = endings
        self._stops = [stop for stop in (*stops, endings.spelled_eos) if stop]
        # A token is a byte at least, so a stop is in its last so many tokens that can be seen.
        self._reach = max((len(stop.encode()) for stop in self._stops), default=0) + _MARGIN
        self._last = {_PART, *(stop[-1] for stop in self._stops)}
        # Where a stop has parts of characters, a whole one behind such a part may come to be one of them.
        self._passes = endings.adding and not any(_PART in stop for stop in self._stops)
        self._tokens: list[int] = []
        self._logprobs: list[float] = []
        self._kept: list[Ids] = []
        self._seen: list[int] = []  # the last of those that can be seen
        self.finish: Finish | None = None

    @property
    def tokens(self) -> int:
        """How many the model made, the one that ended it too."""
        return len(self._tokens)

    def add(self, token: int) -> bool:
        """Take the next token; whether the completion ends with it."""
        self._tokens.append(token)
        if token in self._endings.eos:
            self.finish = "eos"
        elif self._stops_with(token):
            self.finish = "stop"
        elif len(self._tokens) >= self._endings.max_new_tokens:
            self.finish = "length"
        return self.finish is not None

    def note(self, logprob: float, kept: Ids | None) -> None:
        """Put down how likely the next token is, and what else could be drawn."""
        self._logprobs.append(logprob)
        if kept is not None:
            self._kept.append(kept)

    def _stops_with(self, token: int) -> bool:
        if not self._stops or token in self._endings.special:
            return False
        self._seen.append(token)
        if len(self._seen) > 2 * self._reach:
            del self._seen[: -self._reach]
        if self._passes and self._last.isdisjoint(self._endings.text_of(token)):
            return False
        tail = self._endings.decode(self._seen[-self._reach :])
        return any(stop in tail for stop in self._stops) and _cut(self._text(), self._stops) is not None

    def _text(self) -> str:
        ended = self.finish == "eos"
        return self._endings.decode(self._tokens[:-1] if ended else self._tokens)

    def completion(self) -> Completion:
        """The whole, once it has ended."""
        assert self.finish is not None
        text = self._text()
        cut = _cut(text, self._stops)
        return Completion(text if cut is None else cut, self.finish if cut is None else "stop", self.tokens)

    def spoken(self) -> Spoken:
        """The whole with its tokens, once it has ended."""
        return Spoken(self.completion(), tuple(self._tokens), tuple(self._logprobs), tuple(self._kept))


def _cut(text: str, stops: Sequence[str]) -> str | None:
    """What is before the stops, or None if there is none in the text."""
    found = False
    for stop in stops:
        before, at, _ = text.partition(stop)
        if at:
            text, found = before, True
    return text if found else None
