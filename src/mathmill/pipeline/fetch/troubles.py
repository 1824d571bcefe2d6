"""What can go wrong with a server: what may pass when one waits, and what will not."""

from __future__ import annotations

from mathmill.data.errors import InputMissing


class Trouble(Exception):
    """A request failed in a way that may pass.

    `after` are the seconds that the server asks one to wait; `crowded` that it is asked too fast, so that all requests
    are to wait and not this one alone, `unmet` that there was no server at all.
    """

    def __init__(self, said: str, after: float | None = None, crowded: bool = False, unmet: bool = False) -> None:
        super().__init__(said)
        self.after = after
        self.crowded = crowded
        self.unmet = unmet


class NotThere(InputMissing):
    """The server has no such file."""


class NoSuchRange(InputMissing):
    """The server has the file, and not so many bytes of it."""


class Unreachable(InputMissing):
    """The server did not answer as it should, however often it was asked."""
