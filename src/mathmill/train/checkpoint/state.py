"""All that decides how a training run goes on after a step, and how to put it back."""

from __future__ import annotations

import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from mathmill import __version__
from mathmill.data.errors import ConfigError
from mathmill.train.checkpoint.plain import from_plain, to_plain
from mathmill.train.checkpoint.rng import random_states, restore_random_states
from mathmill.train.checkpoint.tensors import (
    load_model_tensors,
    load_optimizer_state,
    model_tensors,
    optimizer_state,
)


@dataclass(frozen=True, slots=True)
class Trained:
    """The objects whose states make a checkpoint; `trained_only` leaves frozen parameters out, as of a LoRA's base."""

    model: torch.nn.Module
    optimizer: torch.optim.Optimizer
    trained_only: bool = False


@dataclass(frozen=True, slots=True)
class State:
    """A step's state: tensors by file and name, or this process's shares of them, and values that JSON has."""

    step: int
    tensors: Mapping[str, Mapping[str, torch.Tensor]]
    values: Mapping[str, Any]

    @property
    def notes(self) -> Any:
        """What the loop noted with `capture`."""
        return from_plain(self.values["notes"], {})

    @property
    def tables(self) -> dict[str, Mapping[str, torch.Tensor]]:
        """The further tensors that the loop gave to `capture`, by file and name."""
        return {stem: table for stem, table in self.tensors.items() if stem not in ("model", "optimizer")}


def capture(
    step: int,
    trained: Trained,
    notes: Mapping[str, Any],
    random: Sequence[Mapping[str, Any]] | None = None,
    tables: Mapping[str, Mapping[str, torch.Tensor]] | None = None,
) -> State:
    """The state after a step. It refers to the tensors of model and optimizer: save it before the next step.

    `notes` are plain values that the loop itself needs (where the sampler is, the length of the metrics, what was
    best); `random` the states of the random generators by rank, if there are more ranks than this one. `tables` are
    further tensors that it needs, by file and name. Where a model is spread over processes, each captures and saves.

    Raises:
        ConfigError: something in the states is neither a plain value nor a tensor.
    """
    moments: dict[str, torch.Tensor] = {}
    noted: dict[str, torch.Tensor] = {}
    values = {
        "step": step,
        "optimizer": to_plain(optimizer_state(trained.model, trained.optimizer), moments, "optimizer"),
        "notes": to_plain(dict(notes), noted, "notes"),
        "random": [dict(each) for each in random or [random_states()]],
        "trained_only": trained.trained_only,
        "versions": versions(),
    }
    if noted:
        raise ConfigError(f"a checkpoint's notes hold tensors ({', '.join(sorted(noted)[:3])}): note numbers")
    weights = model_tensors(trained.model, trained.trained_only)
    return State(step, {**(tables or {}), "model": weights, "optimizer": moments}, values)


def restore(state: State, trained: Trained, rank: int = 0) -> None:
    """Put a state back into objects made as they were, and into the random generators of this process.

    The number of processes may be another, and the model spread over them in another way. The generators of a process
    that was not there are left as they are.

    Raises:
        ConfigError: the objects are not those of the state; some may have been changed.
    """
    values = state.values
    if values["trained_only"] != trained.trained_only:
        held, wanted = ("only the trained", "all") if values["trained_only"] else ("all", "only the trained")
        raise ConfigError(
            f"the checkpoint holds {held} parameters and {wanted} are wanted: go on with the first recipe"
        )
    moments = state.tensors["optimizer"]
    load_model_tensors(trained.model, state.tensors["model"], trained.trained_only)
    load_optimizer_state(trained.model, trained.optimizer, from_plain(values["optimizer"], moments))
    if rank < len(values["random"]):
        restore_random_states(values["random"][rank])


def versions() -> dict[str, str]:
    """What a checkpoint was written with."""
    return {
        "mathmill": __version__,
        "numpy": np.__version__,
        "python": platform.python_version(),
        "torch": str(torch.__version__),
    }
