"""The whole of a training in two processes: it writes what one process writes, and one goes on with it."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest
from safetensors.torch import load_file

from mathmill.data.errors import Stopped
from mathmill.train import loop
from mathmill.train.parallel.processes import World
from mathmill.train.run import train
from mathmill.train.signals import Asked
from tests.train.ground import sft_recipe, sft_tree, write_sums, write_toml
from tests.train.parallel.started import ENVIRONMENT, torchrun

# A wait in these tests, in seconds, which a busy machine may need.
_PATIENCE = 200


def machine(parallel: str) -> dict[str, Any]:
    return {"device": "cpu", "microbatch": 1, "parallel": parallel}


def command(recipe: Path, folder: Path) -> list[str]:
    return torchrun(2, "-m", "mathmill.cli", "train", "sft", str(recipe), "--out", str(folder))


def lines(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "metrics.jsonl").read_bytes().splitlines()]


def assert_alike(one: Path, other: Path) -> None:
    """Make sure that two trainings learnt the same, but for rounding."""
    for mine, theirs in zip(lines(one), lines(other), strict=True):
        assert mine == pytest.approx(theirs, abs=5e-6)
    first, second = (load_file(folder / "model" / "model.safetensors") for folder in (one, other))
    assert first.keys() == second.keys()
    assert max(float((first[name] - second[name]).abs().max()) for name in first) < 5e-6


@pytest.mark.slow
@pytest.mark.parametrize(("parallel", "lora"), [("ddp", False), ("fsdp", False), ("fsdp", True)])
def test_two_processes_write_what_one_does(parallel: str, lora: bool, tmp_path: Path) -> None:
    sums = write_sums(tmp_path / "sums.jsonl")
    as_fits = {**machine(parallel), "microbatch": 0}  # which is found before the model is spread
    changes: dict[str, Any] = {"schedule": {"rate": 1e-3}, "machine": as_fits}
    if lora:
        changes["policy"] = {**sft_tree(sums)["policy"], "lora": {"rank": 4}}
    train(sft_recipe(sums, **changes), tmp_path / "one")
    recipe = write_toml(sft_tree(sums, **changes), tmp_path / "recipe.toml")
    done = subprocess.run(
        command(recipe, tmp_path / "two"), env=ENVIRONMENT, capture_output=True, text=True, timeout=_PATIENCE
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert "Warning" not in done.stderr
    assert_alike(tmp_path / "one", tmp_path / "two")


def test_a_signal_is_obeyed_when_all_know_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    here = World(0, 2, 0)
    asked = Asked()
    asked.signum = signal.SIGTERM
    monkeypatch.setattr(loop, "everyone", lambda value: [0, 0])  # it came after this was exchanged
    loop.stop_together(asked, here)
    asked.signum = 0
    monkeypatch.setattr(loop, "everyone", lambda value: [value, signal.SIGINT])
    with pytest.raises(Stopped, match="SIGINT"):
        loop.stop_together(asked, here)


@pytest.mark.slow
@pytest.mark.parametrize("parallel", ["ddp", "fsdp"])
def test_two_processes_asked_to_stop_save_and_one_goes_on(parallel: str, tmp_path: Path) -> None:
    sums = write_sums(tmp_path / "sums.jsonl")
    changes = {
        "schedule": {"rate": 1e-3},
        "machine": machine(parallel),
        "train": {"steps": 40},
        "saving": {"every": 40},
    }
    recipe = write_toml(sft_tree(sums, **changes), tmp_path / "recipe.toml")
    folder = tmp_path / "two"
    process = subprocess.Popen(command(recipe, folder), env=ENVIRONMENT, stderr=subprocess.PIPE, text=True)
    until = time.monotonic() + _PATIENCE
    while time.monotonic() < until and process.poll() is None:
        if (folder / "metrics.jsonl").exists() and len(lines(folder)) > 2:
            process.send_signal(signal.SIGTERM)
            break
        time.sleep(0.002)
    _, said = process.communicate(timeout=_PATIENCE)
    assert process.returncode != 0  # torchrun's own; of its processes each ends with 143
    assert said.count("stopped by SIGTERM, the same command goes on") == 2, said[-3000:]
    (left,) = (folder / "checkpoints").iterdir()
    assert 0 < int(left.name.removeprefix("step-")) < 40
    train(sft_recipe(sums, **changes), folder)
    train(sft_recipe(sums, **changes), tmp_path / "one")
    assert_alike(tmp_path / "one", folder)
