"""What the processes of one torchrun do: `python program.py PART FOLDER`. What they find goes to FOLDER/told.json."""

from __future__ import annotations

import json
import os
import resource
import signal
import sys
import warnings
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import torch
from torch import nn

from mathmill.data.errors import MathmillError
from mathmill.train.checkpoint.folder import load_state, newest_good, save_checkpoint
from mathmill.train.checkpoint.rng import random_states
from mathmill.train.checkpoint.state import Trained, capture, restore
from mathmill.train.parallel import processes
from mathmill.train.parallel.processes import World, everyone, first_of, joined, total, world
from mathmill.train.parallel.spread import Spread, spread
from tests.train.parallel.stand_in import ROWS, Kind, begun, make_model, train

#: Bytes of a file of a checkpoint, so that there are several.
LIMIT = 20_000
STEPS, HALF = len(ROWS), len(ROWS) // 2


def save(folder: Path, step: int, trained: Trained, here: World) -> None:
    random = everyone({} if here.size == 1 else random_states())
    save_checkpoint(folder, capture(step, trained, {"step": step}, random if here.size > 1 else None), here, LIMIT)


def go_on(folder: Path, kind: Kind, here: World) -> tuple[Spread, Trained]:
    policy, trained = begun(kind, here)
    train(policy, trained, here, 0, 1)  # nothing of what was there may be left
    found = newest_good(folder)
    assert found is not None and found.step == HALF
    restore(load_state(found), trained, here.rank)
    return policy, trained


def whole_and_halves(folder: Path, kind: Kind, here: World) -> list[Any]:
    """All steps, saved in the middle and at the end, and the second half once more from what was saved."""
    policy, trained = begun(kind, here)
    told = train(policy, trained, here, 0, HALF)
    save(folder / "half", HALF, trained, here)
    told += train(policy, trained, here, HALF, STEPS)
    save(folder / "end", STEPS, trained, here)
    policy, trained = go_on(folder / "half", kind, here)
    assert train(policy, trained, here, HALF, STEPS) == told[HALF:]
    save(folder / "again", STEPS, trained, here)
    return told


def from_another(source: Path, folder: Path, kind: Kind, here: World) -> None:
    """What another kind or number of processes saved, as it is saved here, and after its second half."""
    policy, trained = go_on(source, kind, here)
    save(folder / "half", HALF, trained, here)
    train(policy, trained, here, HALF, STEPS)
    save(folder / "end", STEPS, trained, here)


def values(folder: Path, here: World) -> Any:
    """Plain values that are exchanged."""
    mine = [here.rank, 2**60 + here.rank, 0.1, float("nan") if here.rank else 1.0, float("-inf"), True]
    return {
        "total": [repr(each) for each in total(mine)],
        "everyone": everyone({"rank": here.rank, "long": "ü" * 99 * here.rank}),
        "first": first_of(here.rank),
        "world": asdict(here),
    }


def refused(folder: Path, here: World) -> Any:
    """The errors by which all processes end, by name."""
    told: dict[str, list[str]] = {}

    def note(name: str, work: Callable[[], object]) -> None:
        try:
            work()
            mine = "nothing"
        except MathmillError as error:
            mine = f"{type(error).__name__}: {error}"
        told[name] = everyone(mine)

    model = make_model(Kind(tied=here.is_first), 1)
    note("another model", lambda: spread(model, "ddp", here, "cpu", "float32"))
    mixed = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2).bfloat16())
    note("two formats", lambda: spread(mixed, "fsdp", here, "cpu", "float32"))
    frozen = nn.Linear(2, 2).requires_grad_(False)
    note("frozen", lambda: spread(frozen, "ddp", here, "cpu", "float32"))
    _, trained = begun(Kind("fsdp"), here)
    if here.is_first:
        resource.setrlimit(resource.RLIMIT_FSIZE, (LIMIT // 2, resource.RLIM_INFINITY))
    note("full", lambda: save(folder / "full", 1, trained, here))
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    note("no longer full", lambda: save(folder / "full", 1, trained, here))
    trained.optimizer.param_groups[0]["lr"] = 0.5
    note("another of this step", lambda: save(folder / "full", 1, trained, here))
    return told


def laws(folder: Path, here: World) -> Any:
    ways = {how: Kind(how) for how in ("ddp", "fsdp")}
    told: dict[str, Any] = {"values": values(folder, here)}
    told |= {how: whole_and_halves(folder / how, kind, here) for how, kind in ways.items()}
    for how, kind in ways.items():
        other = "ddp" if how == "fsdp" else "fsdp"
        from_another(folder / other / "half", folder / f"{how} from {other}", kind, here)
        from_another(folder / "one" / "half", folder / f"{how} from one", kind, here)
    return told | {"refused": refused(folder, here)}


KINDS = {
    "untied": Kind(tied=False),
    "checkpointing": Kind(checkpointing=True),
    "not fused": Kind(fused=False),
    "float64": Kind(dtype=torch.float64, precision="float64"),
    "bfloat16": Kind(precision="bfloat16"),
    "weights in bfloat16": Kind(precision="bfloat16", dtype=torch.bfloat16),
    "experts": Kind(experts=True),
    "lora": Kind(lora=True),
    "lora on bfloat16": Kind(lora=True, dtype=torch.bfloat16, precision="bfloat16"),
}


def kinds(folder: Path, here: World) -> Any:
    """Each kind of training in all ways of spreading it."""
    return {
        f"{name}, {how}": whole_and_halves(folder / f"{name}, {how}", replace(kind, how=how), here)
        for name, kind in KINDS.items()
        for how in ("ddp", "fsdp")
    }


def many(folder: Path, here: World) -> Any:
    """More processes than a step has rows, or some tensors have lines."""
    return {how: whole_and_halves(folder / how, Kind(how), here) for how in ("ddp", "fsdp")}


def killed(folder: Path, here: World) -> Any:
    """A process dies while the others are at work on gradients."""
    policy, trained = begun(Kind("fsdp"), here)
    train(policy, trained, here, 0, 1)
    if here.rank == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    train(policy, trained, here, 1, STEPS)


def silent(folder: Path, here: World) -> Any:
    """A process is at something else, which takes too long."""
    policy, trained = begun(Kind("ddp"), here)
    if here.rank == 1:
        signal.pause()
    train(policy, trained, here, 0, STEPS)


def main(part: str, folder: Path) -> None:
    warnings.simplefilter("error")
    here = world()
    with joined(here, "cpu", patience=10 if part == "silent" else 120):
        told = {each.__name__: each for each in (laws, kinds, many, killed, silent)}[part](folder, here)
    assert not processes._is_joined()
    if here.is_first:
        (folder / "told.json").write_text(json.dumps(told), encoding="utf-8")


if __name__ == "__main__":
    try:
        main(sys.argv[1], Path(sys.argv[2]))
    except MathmillError as error:
        print(f"process {world().rank} ends: {error}", file=sys.stderr, flush=True)
        sys.exit(error.exit_code)
