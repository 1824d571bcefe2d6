"""What makes a training run done: its model, its curve, and its line in the ledger.

This file imports torch at its head. Only functions import it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from mathmill.data.files import Output, file_sha256
from mathmill.data.runs import Run
from mathmill.data.units import make_unit, source_hash
from mathmill.train.bad_rows import BAD
from mathmill.train.checkpoint.folder import good_at, load_state
from mathmill.train.checkpoint.metrics_log import METRICS
from mathmill.train.grpo.tables import COMPLETIONS
from mathmill.train.grpo.validate import VALIDATION
from mathmill.train.keeper import CHECKPOINTS, Position
from mathmill.train.policy.load import Policy
from mathmill.train.policy.save import save_adapter, save_policy
from mathmill.train.watch.curve import draw_curve, read_metrics

MODEL, ADAPTER, CURVE, UNIT = "model", "adapter", "curve.svg", "training"
_FOLDERS = (MODEL, ADAPTER, BAD, CHECKPOINTS, COMPLETIONS, VALIDATION)


@dataclass(frozen=True, slots=True)
class About:
    """What was trained on: names of data sets and a prompt for a card, and facts for the manifest."""

    names: Sequence[str]
    prompt: str
    facts: Mapping[str, Any]


def finish(
    run: Run,
    policy: Policy,
    at: Position,
    export: str,
    about: About,
    seconds: float,
    frozen: Mapping[str, torch.Tensor],
) -> None:
    """Write model and curve, and the manifest.

    The weights are those of a checkpoint: of the last step or, to `export` the best, of the one after which the
    held-out loss was lowest. `frozen` are those in no checkpoint, where the policy is spread over processes.

    Raises:
        DamagedInput: that checkpoint is damaged.
        CannotCreate, DiskFull: something cannot be written.
    """
    step = at.best[0] if at.best and export == "best" else at.done
    weights = {**frozen, **load_state(good_at(run.folder / CHECKPOINTS, step)).tensors["model"]}
    outcome = {"steps": at.done, "tokens": at.tokens, "exported_step": step, **losses_at(run.folder, step)}
    rounded = {name: round(value, 4) if isinstance(value, float) else value for name, value in outcome.items()}
    facts = {**rounded, "datasets": about.names, "prompt": about.prompt}
    save_policy(policy, run.folder / MODEL, weights, facts)
    if policy.adapted:
        (name,) = policy.model.active_adapters
        save_adapter(policy, run.folder / ADAPTER, name, weights, facts)
    draw_curve(run.folder / METRICS, run.folder / CURVE)
    make_unit(run, UNIT, source_hash(dict(policy.facts), outcome), lambda: (outputs_of(run.folder), {}))
    run.finish([], {"outcome": outcome, "data": about.facts}, {"seconds": seconds})


def losses_at(folder: Path, step: int) -> dict[str, Any]:
    """The losses that a step's line of the metrics tells, and what was measured on held-out Problems."""
    line = next(line for line in read_metrics(folder / METRICS) if line["step"] == step)
    return {name: value for name, value in line.items() if "loss" in name or name.startswith(VALIDATION)}


def outputs_of(folder: Path) -> dict[str, Output]:
    """The files of a finished training, by name; hashes of checkpoints are those they were saved with."""
    names = [METRICS, CURVE, *(each for name in _FOLDERS for each in _below(folder, name))]
    known = {}
    for path in (folder / CHECKPOINTS).glob("*/hashes.json"):
        for name, listed in json.loads(path.read_bytes()).items():
            known[(path.parent / name).relative_to(folder).as_posix()] = listed["sha256"]
    return {
        name: Output(known.get(name) or file_sha256(folder / name), (folder / name).stat().st_size, 1) for name in names
    }


def _below(folder: Path, name: str) -> list[str]:
    files = sorted(path for path in (folder / name).rglob("*") if path.is_file())
    return [path.relative_to(folder).as_posix() for path in files]
