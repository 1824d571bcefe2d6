"""A place in an answer's tokens, and the bounds of what is read from there."""

from __future__ import annotations

from collections.abc import Sequence

from mathmill.eval.limits import MAX_DEPTH, MAX_NODES, TooLarge, Unparsable
from mathmill.eval.syntax.tokens import Token

_SIGNS = ("sign", "open", "close")


class Wordy(Exception):  # not an error: it tells that an answer is words
    """An answer holds a word that no formula holds."""


class _Level:
    """One step deeper into what is read."""

    def __init__(self) -> None:
        self._depth = 0

    def __enter__(self) -> None:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise TooLarge(f"more than {MAX_DEPTH} levels deep")

    def __exit__(self, *_: object) -> None:
        self._depth -= 1


class Cursor:
    """Reads tokens one by one; knows how deep it is inside of what it reads."""

    def __init__(self, tokens: Sequence[Token], is_plain: bool = False) -> None:
        """Begin at the first of `tokens`, the last of which is of kind `end`; `is_plain` if no LaTeX is among them."""
        self.tokens = list(tokens)
        self.at = 0
        self.is_plain = is_plain
        self._level = _Level()
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
        token = self.tokens[self.at]
        return token.text in texts and token.kind in _SIGNS

    def sees_command(self, *names: str) -> bool:
        token = self.tokens[self.at]
        return token.kind == "command" and token.text in names

    def accept(self, *texts: str) -> bool:
        """Take the next token if it is one of these signs or brackets."""
        if self.sees(*texts):
            self.at += 1
            return True
        return False

    def expect(self, text: str) -> None:
        """Take a sign or bracket.

        Raises:
            Unparsable: it is not the next token.
        """
        if not self.accept(text):
            raise self.stuck(f"{text} expected")

    def stuck(self, why: str) -> Unparsable:
        """The error that says where reading stopped."""
        return Unparsable(f"{why} at {self.next.text!r}" if self.next.kind != "end" else f"{why} at the end")

    def inside(self) -> _Level:
        """One step deeper, for as long as the context is open.

        Raises:
            TooLarge: that is too deep.
        """
        return self._level

    def count(self) -> None:
        """Count a single term.

        Raises:
            TooLarge: there are too many.
        """
        self._made += 1
        if self._made > MAX_NODES:
            raise TooLarge(f"more than {MAX_NODES} nodes")

    def written_argument(self) -> str:
        """The argument of a command or an index, as it is written, without brackets around it."""
        if not self.accept("{"):
            return self.take().text
        depth, written = 1, list[str]()
        while True:
            token = self.take()
            if token.kind == "end":
                raise self.stuck("a brace is never closed")
            depth += (token.text == "{") - (token.text == "}")
            if not depth:
                return "".join(written).strip("()")
            written.append(token.text)
