"""The order of training: epochs of rows, each a function of the seed, the epoch and the Examples' lengths alone.

Where it is, is two numbers. Ranks take rows in turn, so the rows of a step do not depend on how many ranks there are.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from mathmill.data.errors import ConfigError
from mathmill.train.batch.packing import pack

Row = TypeVar("Row")


def permutation(seed: int, epoch: int, size: int) -> npt.NDArray[np.int64]:
    """The numbers below `size` in an order drawn by the seed and the epoch."""
    digest = hashlib.blake2b(f"order {seed} {epoch} {size}".encode(), digest_size=16).digest()
    # numpy keeps the raw numbers of a bit generator for ever, what it makes of them it does not.
    drawn = np.random.PCG64(int.from_bytes(digest, "little")).random_raw(size)
    return np.argsort(np.asarray(drawn, np.uint64), kind="stable").astype(np.int64)


def share(rows: Sequence[Row], rank: int, ranks: int) -> Sequence[Row]:
    """The rows of a step that are this rank's."""
    return rows[rank::ranks]


class Sampler:
    """Rows of Examples, by their numbers, without an end: one epoch after the other."""

    def __init__(self, seed: int, lengths: Sequence[int], length: int, packed: bool = True) -> None:
        """`lengths` are the Examples' in tokens, `length` a row's; unless `packed`, a row is one Example."""
        if not lengths:
            raise ConfigError("there is no Example to train on: look at the reasons for which they were dropped")
        self._seed, self._lengths, self._length, self._packed = seed, lengths, length, packed
        self._begin(0)

    def _begin(self, epoch: int) -> None:
        order = permutation(self._seed, epoch, len(self._lengths)).tolist()
        self.epoch, self.position = epoch, 0
        self._rows = list(pack(order, self._lengths, self._length)) if self._packed else [(at,) for at in order]

    @property
    def rows(self) -> int:
        """How many rows this epoch has."""
        return len(self._rows)

    def take(self, n: int) -> list[tuple[int, ...]]:
        """The next `n` rows; a step may begin in one epoch and end in another."""
        taken: list[tuple[int, ...]] = []
        while len(taken) < n:
            if self.position == len(self._rows):
                self._begin(self.epoch + 1)
            some = self._rows[self.position : self.position + n - len(taken)]
            self.position += len(some)
            taken += some
        return taken

    def state(self) -> dict[str, int]:
        """Where it is, and what that hangs on."""
        return {"epoch": self.epoch, "position": self.position, **self._made_of()}

    def _made_of(self) -> dict[str, int]:
        return {"seed": self._seed, "examples": len(self._lengths), "rows": len(self._rows)}

    def load(self, state: Mapping[str, int]) -> None:
        """Go on where `state` was taken.

        Raises:
            ConfigError: it was taken with another seed, other Examples or other rows.
        """
        before = self.epoch, self.position
        self._begin(state["epoch"])
        other = [name for name, value in self._made_of().items() if state[name] != value]
        if other or not 0 <= state["position"] <= len(self._rows):
            found = {name: self._made_of()[name] for name in other}
            self._begin(before[0])
            self.position = before[1]
            said = ", ".join(f"{name} {state[name]} is now {value}" for name, value in found.items()) or "position"
            raise ConfigError(f"the order of training is not that of the checkpoint ({said}): train into a new folder")
        self.position = state["position"]
