"""What the loop of training takes its rows from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from mathmill.train.batch.examples import Example

#: Examples that stand side by side and do not see each other.
Row = tuple[Example, ...]


class Feed(Protocol):
    """Rows without an end, in an order that hangs on the seed and on what is read alone."""

    def take(self, rows: int) -> list[Row]:
        """The next rows; each process takes all of them, and trains on its share."""
        ...

    def state(self) -> dict[str, Any]:
        """Where it is: plain values of JSON, a few."""
        ...

    def load(self, state: Mapping[str, Any]) -> None:
        """Go on where `state` was taken.

        Raises:
            ConfigError: it was taken of other rows.
        """
        ...

    def told(self) -> dict[str, Any]:
        """What was taken so far, for the manifest; it follows from the rows that were given."""
        ...

    @property
    def epoch(self) -> float:
        """How often all that is read was given, with a fraction."""
        ...

    @property
    def rows(self) -> int | None:
        """Rows of this epoch; None where nobody can know."""
        ...


@dataclass(frozen=True, slots=True)
class TrainingData:
    """What is trained on, and rows by part of which the loss is measured; where there is one part it has no name.

    `fingerprint` identifies all of it. `facts` follow from it, for the manifest; `names` of data sets and a `prompt` as
    the model is given it are for a card. It is empty where chats are trained.
    """

    feed: Feed
    held_out: Mapping[str, Sequence[Row]]
    fingerprint: str
    facts: Mapping[str, Any]
    names: Sequence[str]
    prompt: str = ""
