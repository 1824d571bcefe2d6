"""Many Examples in a few flat arrays: five bytes a token, where tuples take about forty."""

from __future__ import annotations

import hashlib
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from mathmill.train.batch.examples import Example
from mathmill.train.batch.packing import pack


@dataclass(frozen=True, slots=True)
class ExampleStore:
    """Examples by number. `chosen` are their places in the arrays; one may be there several times."""

    ids: npt.NDArray[np.int32]  # of all Examples end to end
    trained: npt.NDArray[np.bool_]
    starts: npt.NDArray[np.int64]  # where each begins, and where the last ends
    origins: tuple[str, ...]
    chosen: npt.NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.chosen)

    def __getitem__(self, number: int) -> Example:
        at = int(self.chosen[number])
        place = slice(self.starts[at], self.starts[at + 1])
        return Example(tuple(self.ids[place].tolist()), tuple(self.trained[place].tolist()), self.origins[at])

    @property
    def lengths(self) -> list[int]:
        """Tokens of each."""
        lengths: list[int] = np.diff(self.starts)[self.chosen].tolist()
        return lengths

    @property
    def tokens(self) -> int:
        return sum(self.lengths)

    @property
    def trained_tokens(self) -> int:
        """How many tokens are targets."""
        before = np.concatenate([[0], np.cumsum(self.trained, dtype=np.int64)])
        return int(np.diff(before[self.starts])[self.chosen].sum())

    def select(self, numbers: Sequence[int] | npt.NDArray[np.int64]) -> ExampleStore:
        """These of the Examples, in this order; the arrays are shared."""
        return replace(self, chosen=self.chosen[np.asarray(numbers, np.int64)])

    def rows(self, length: int, packed: bool) -> list[tuple[Example, ...]]:
        """All of them in rows of at most `length` tokens, in their order."""
        numbers = pack(range(len(self)), self.lengths, length) if packed else ((number,) for number in range(len(self)))
        return [tuple(self[number] for number in row) for row in numbers]

    def fingerprint(self) -> str:
        """A SHA-256 over tokens, masks and origins in order."""
        digest = hashlib.sha256()
        for part in (self.ids, self.trained, self.starts, self.chosen):
            digest.update(len(part).to_bytes(8, "little") + part.tobytes())
        for origin in self.origins:
            data = origin.encode("utf-8", "surrogatepass")
            digest.update(len(data).to_bytes(8, "little") + data)
        return digest.hexdigest()


class StoreBuilder:
    """Takes Examples and makes a store of them."""

    def __init__(self) -> None:
        self._ids = array("i")
        self._trained = bytearray()
        self._starts = array("q", [0])
        self._origins: list[str] = []

    def __len__(self) -> int:
        return len(self._origins)

    def add(self, example: Example) -> None:
        self._ids.extend(example.input_ids)
        self._trained.extend(example.trained)
        self._starts.append(len(self._ids))
        self._origins.append(example.origin)

    def store(self) -> ExampleStore:
        """All that was added. Nothing can be added to it."""
        return ExampleStore(
            ids=np.frombuffer(self._ids, np.int32) if self._ids else np.empty(0, np.int32),
            trained=np.frombuffer(self._trained, np.bool_),
            starts=np.frombuffer(self._starts, np.int64),
            origins=tuple(self._origins),
            chosen=np.arange(len(self._origins)),
        )


def store_of(examples: Iterable[Example]) -> ExampleStore:
    """A store of these."""
    builder = StoreBuilder()
    for example in examples:
        builder.add(example)
    return builder.store()
