"""What an exploration gave to train on. Where a checkpoint falls between its steps it is part of the checkpoint.

This file imports torch at its head. Only functions import it.

C tokens of a completion.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from mathmill.train.batch.examples import Example
from mathmill.train.batch.order import permutation
from mathmill.train.rollout.records import Kept, Rollout
from mathmill.train.sources.feed import Row

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Drawn:
    """A rollout that is trained on; numbers are by token of its completion."""

    origin: str
    prompt_ids: Ints
    completion_ids: Ints  # [C]
    old: Floats  # [C] logprobs that it was drawn by
    advantages: Floats  # [C]
    reference: Floats | None = None  # [C] logprobs by the reference
    kept: Kept | None = None  # which tokens could be drawn at each place, where not all could

    @property
    def row(self) -> Row:
        """A row of its own: the completion is trained."""
        ids = (*self.prompt_ids.tolist(), *self.completion_ids.tolist())
        before = len(self.prompt_ids)
        return (Example(ids, tuple(place >= before for place in range(len(ids))), self.origin),)


def drawn_of(rollout: Rollout, origin: str, advantages: Floats) -> Drawn:
    """A rollout with its advantages [C]."""
    ids = np.asarray(rollout.prompt_ids, np.int32)
    return Drawn(origin, ids, rollout.completion_ids, rollout.logprobs, advantages, None, rollout.kept)


@dataclass(frozen=True, slots=True)
class Buffer:
    """The rollouts of an exploration that are trained on; `rollouts` and `tokens` count those that are not too."""

    drawn: tuple[Drawn, ...]
    rollouts: int
    tokens: int

    def minibatch(self, number: int, of: int, seed: int) -> tuple[Drawn, ...]:
        """What the step `number` of an exploration is made of, where each pass over it takes `of` steps."""
        if of == 1:
            return self.drawn
        order = permutation(seed, number // of, len(self.drawn)).tolist()
        return tuple(self.drawn[at] for at in order[number % of :: of])

    def tables(self) -> dict[str, Tensor]:
        """As tensors: what each rollout has, end to end, and where each ends."""
        found: dict[str, Tensor] = {}
        for name, rows in _columns(self.drawn).items():
            flat = np.concatenate(rows) if rows else np.zeros(0, np.int32)
            found[name] = torch.from_numpy(flat)
            found[f"{name}_ends"] = torch.tensor(np.cumsum([len(row) for row in rows]), dtype=torch.int64)
        return found

    def notes(self) -> dict[str, Any]:
        """The rest, as plain values."""
        return {"origins": [each.origin for each in self.drawn], "rollouts": self.rollouts, "tokens": self.tokens}


def buffer_from(tables: Mapping[str, Tensor], notes: Mapping[str, Any]) -> Buffer:
    """The buffer that `tables` and `notes` were taken of."""
    columns = {
        name: np.split(flat.numpy().copy(), tables[f"{name}_ends"].numpy()[:-1])
        for name, flat in tables.items()
        if not name.endswith("_ends")
    }
    return Buffer(
        tuple(_drawn(columns, at, origin) for at, origin in enumerate(notes["origins"])),
        notes["rollouts"],
        notes["tokens"],
    )


_PLAIN = ("prompt_ids", "completion_ids", "old", "advantages")


def _columns(drawn: Sequence[Drawn]) -> dict[str, list[Any]]:
    """Arrays of all rollouts by name; all have a reference, and a set of tokens that were kept, or none has."""
    names = [*_PLAIN, *(["reference"] if drawn and drawn[0].reference is not None else [])]
    columns = {name: [getattr(each, name) for each in drawn] for name in names}
    if drawn and drawn[0].kept is not None:
        columns["kept_ids"] = [each.kept.ids for each in drawn if each.kept]
        columns["kept_places"] = [each.kept.ends for each in drawn if each.kept]
    return columns


def _drawn(columns: Mapping[str, Sequence[Any]], at: int, origin: str) -> Drawn:
    plain = {name: columns[name][at] for name in _PLAIN}
    reference = columns["reference"][at] if "reference" in columns else None
    kept = Kept(columns["kept_ids"][at], columns["kept_places"][at]) if "kept_ids" in columns else None
    return Drawn(origin=origin, **plain, reference=reference, kept=kept)
