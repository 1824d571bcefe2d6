"""What one row of a batch has said, and whether it has come to an end.

A stop string may begin and end in the middle of a token, and a character may be split over tokens, so stops are looked
for in decoded text: after each token in that of the last few, at a cost that does not grow, and what is found there is
confirmed in the whole. The text is the tokens decoded at once, without special tokens, and cut at each stop in turn, as
lm-evaluation-harness and vLLM cut it (of stops that overlap the one named first decides).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from mathmill.eval.models.base import Completion, Finish

# Tokens before those that a stop can take: a character that begins before them, and what decoders do to a first token.
_MARGIN = 4


@dataclass(frozen=True, slots=True)
class Endings:
    """What ends a completion, and how its tokens are read.

    `decode` gives the text of tokens without special ones; `special` are those that it leaves out; `spelled_eos` is the
    text of the end-of-sequence token: some models write it with ordinary tokens.
    """

    decode: Callable[[list[int]], str]
    special: frozenset[int]
    eos: frozenset[int]
    spelled_eos: str
    max_new_tokens: int


class Transcript:
    """The tokens of one completion."""

    def __init__(self, endings: Endings, stops: Sequence[str]) -> None:
        self._endings = endings
        self._stops = [stop for stop in (*stops, endings.spelled_eos) if stop]
        # A token is a byte at least, so a stop is in its last so many tokens that can be seen.
        self._reach = max((len(stop.encode()) for stop in self._stops), default=0) + _MARGIN
        self._tokens: list[int] = []
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

    def _stops_with(self, token: int) -> bool:
        if not self._stops or token in self._endings.special:
            return False
        self._seen.append(token)
        if len(self._seen) > 2 * self._reach:
            del self._seen[: -self._reach]
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


def _cut(text: str, stops: Sequence[str]) -> str | None:
    """What is before the stops, or None if there is none in the text."""
    found = False
    for stop in stops:
        before, at, _ = text.partition(stop)
        if at:
            text, found = before, True
    return text if found else None
