"""A place in an answer's tokens, and the bounds of what is read from there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from mathmill.eval.limits import MAX_DEPTH, MAX_NODES, TooLarge, Unparsable
from mathmill.eval.syntax.tokens import Token


class Cursor:
    """Reads tokens one by one; knows how deep it is inside of what it reads."""

    def __init__(self, tokens: tuple[Token, ...]) -> None:
        self.tokens = list(tokens)
        self.at = 0
        self._depth = 0
        self._made = 0

    @property
    def next(self) -> Token:
        return self.tokens[self.at]

    def ahead(self, count: int) -> Token:
        """The token `count` behind the next one; the end goes on for ever."""
        return self.tokens[min(self.at + count, len(self.tokens) - 1)]

    def take(self) -> Token:
        token = self.tokens[self.at]
        self.at = min(self.at + 1, len(self.tokens) - 1)
        return token

    def sees(self, *texts: str) -> bool:
        """Whether the next token is one of these signs or brackets."""
        return self.next.text in texts and self.next.kind in ("sign", "open", "close")

    def accept(self, *texts: str) -> bool:
        """Take the next token if it is one of these signs or brackets."""
        if self.sees(*texts):
            self.at += 1
            return True
        return False

    def expect(self, text: str) -> None:
        if not self.accept(text):
            raise self.stuck(f"{text} expected")

    def stuck(self, why: str) -> Unparsable:
        """The error that says where reading stopped."""
        return Unparsable(f"{why} at {self.next.text!r}" if self.next.kind != "end" else f"{why} at the end")

    @contextmanager
    def inside(self) -> Iterator[None]:
        """One step deeper, and one node more."""
        self._depth += 1
        self._made += 1
        if self._depth > MAX_DEPTH:
            raise TooLarge(f"more than {MAX_DEPTH} levels deep")
        if self._made > MAX_NODES:
            raise TooLarge(f"more than {MAX_NODES} nodes")
        yield
        self._depth -= 1
