"""A model spread over processes learns what it learns in one, and a checkpoint of any of them is one of all."""

from __future__ import annotations

import hashlib
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
import torch

from mathmill.train.checkpoint.folder import load_state, newest_good
from mathmill.train.parallel.processes import ALONE
from tests.train.parallel import program
from tests.train.parallel.program import HALF, KINDS, STEPS, from_another, whole_and_halves
from tests.train.parallel.stand_in import Kind
from tests.train.parallel.started import ENVIRONMENT, torchrun

WAYS = ("ddp", "fsdp")


def started(part: str, folder: Path, processes: int = 2) -> subprocess.CompletedProcess[str]:
    """Run a part of the program to its end, by torchrun."""
    command = torchrun(processes, program.__file__, part, str(folder))
    return subprocess.run(command, env=ENVIRONMENT, capture_output=True, text=True, timeout=280)


def told(part: str, folder: Path, processes: int = 2) -> Any:
    done = started(part, folder, processes)
    assert done.returncode == 0, [line for line in done.stderr.splitlines() if "Error" in line or "ends:" in line]
    return json.loads((folder / "told.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def laws(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Any]:
    """What two processes found and left; `one` is what one did."""
    folder = tmp_path_factory.mktemp("laws")
    one = whole_and_halves(folder / "one", Kind(), ALONE)
    return folder, {"one": one, **told("laws", folder)}


def tables(folder: Path) -> dict[str, torch.Tensor]:
    """The tensors of the only checkpoint in a folder."""
    found = newest_good(folder)
    assert found is not None
    return {name: tensor for table in load_state(found).tensors.values() for name, tensor in table.items()}


def hashes(folder: Path) -> dict[str, str]:
    """Of the files of tensors."""
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.glob("*/*.safetensors*")}


def apart(one: Path, other: Path) -> float:
    """How far two checkpoints are apart, at the number where most."""
    first, second = tables(one), tables(other)
    assert first.keys() == second.keys()
    return max(float((first[name].double() - second[name].double()).abs().max()) for name in first)


def test_values_are_exchanged(laws: tuple[Path, Any]) -> None:
    values = laws[1]["values"]
    assert values["total"] == ["1", str(2**61 + 1), "0.2", "nan", "-inf", "2"]
    assert values["everyone"] == [{"rank": 0, "long": ""}, {"rank": 1, "long": "ü" * 99}]
    assert values["first"] == 0
    assert values["world"] == {"rank": 0, "size": 2, "local_rank": 0}


@pytest.mark.parametrize("how", WAYS)
def test_two_processes_learn_what_one_does(how: str, laws: tuple[Path, Any]) -> None:
    folder, found = laws
    for step, (mine, one) in enumerate(zip(found[how], found["one"], strict=True)):
        assert mine == pytest.approx(one, abs=2e-6), step
    for place in ("half", "end"):
        assert apart(folder / how / place, folder / "one" / place) < 1e-6


@pytest.mark.parametrize("how", ("one", *WAYS))
def test_steps_in_two_halves_are_those_in_one_go(how: str, laws: tuple[Path, Any]) -> None:
    folder = laws[0] / how
    assert hashes(folder / "again") == hashes(folder / "end") != hashes(folder / "half")


@pytest.mark.parametrize(
    ("source", "into"), [("ddp", "fsdp"), ("fsdp", "ddp"), ("one", "ddp"), ("one", "fsdp"), ("ddp", ""), ("fsdp", "")]
)
def test_a_checkpoint_goes_on_in_any_number_and_way(source: str, into: str, laws: tuple[Path, Any]) -> None:
    folder = laws[0]
    made = folder / f"{into or 'one'} from {source}"
    if not into:
        from_another(folder / source / "half", made, Kind(), ALONE)
    assert hashes(made / "half") == hashes(folder / source / "half")
    assert apart(made / "end", folder / "one" / "end") < 1e-6


def test_a_checkpoint_is_of_names_that_the_model_has_and_of_files_of_limited_size(laws: tuple[Path, Any]) -> None:
    folder = laws[0] / "fsdp" / "end" / f"step-{STEPS:08d}"
    index = json.loads((folder / "model.safetensors.index.json").read_bytes())
    assert {"model.embed_tokens.weight", "model.layers.1.mlp.up_proj.weight"} < index["weight_map"].keys()
    files = sorted(path.name for path in folder.glob("model-*"))
    assert sorted(set(index["weight_map"].values())) == files and len(files) > 2
    held = {name: tensor for name, tensor in tables(folder.parent).items() if name in index["weight_map"]}
    assert held.keys() == index["weight_map"].keys() and "lm_head.weight" not in held
    assert index["metadata"]["total_size"] == sum(tensor.nbytes for tensor in held.values())
    assert max((folder / name).stat().st_size for name in files) < program.LIMIT + 2_000
    assert len(json.loads((folder / "state.json").read_bytes())["random"]) == 2


@pytest.mark.parametrize(
    ("name", "first", "others"),
    [
        ("another model", "ConfigError: process 1 made another model than process 0", "ConfigError: process 1 made"),
        ("two formats", "ConfigError: trained weights are bfloat16 and float32", "ConfigError: trained weights are"),
        ("frozen", "ConfigError: no parameter of the model is trained", "ConfigError: no parameter of the model"),
        ("full", "DiskFull: no space left", "DiskFull: process 0 could not save: no space left"),
        ("no longer full", "nothing", "nothing"),
        ("another of this step", "MathmillError: ", "MathmillError: process 0 could not save: "),
    ],
)
def test_all_processes_end_by_the_same_error(name: str, first: str, others: str, laws: tuple[Path, Any]) -> None:
    said = laws[1]["refused"][name]
    assert said[0].startswith(first) and said[1].startswith(others), said


@pytest.mark.slow
def test_every_kind_of_training_can_be_spread(tmp_path: Path) -> None:
    """Numbers in bfloat16 round otherwise where they are summed otherwise, in float64 they hardly do.

    An expert sees few tokens: its gradients are so small that AdamW, for which their size is nothing, shows rounding.
    """
    found = told("kinds", tmp_path)
    for name, kind in KINDS.items():
        one = whole_and_halves(tmp_path / name, kind, ALONE)
        limit = {"float32": 1e-6, "float64": 1e-12, "bfloat16": 1e-2}[kind.precision] * (10 if kind.experts else 1)
        for how in WAYS:
            folder = tmp_path / f"{name}, {how}"
            losses = [[loss for loss, _ in each] for each in (found[folder.name], one)]
            assert losses[0] == pytest.approx(losses[1], abs=4 * limit), folder.name
            assert hashes(folder / "again") == hashes(folder / "end"), folder.name
            assert apart(folder / "half", tmp_path / name / "half") < limit, folder.name
            assert ("lora" in name) == all("lora" in each for each in tables(folder / "end")), folder.name


@pytest.mark.slow
def test_more_processes_than_rows_learn_what_one_does(tmp_path: Path) -> None:
    one = whole_and_halves(tmp_path / "one", Kind(), ALONE)
    found = told("many", tmp_path, processes=5)
    for how in WAYS:
        assert [loss for loss, _ in found[how]] == pytest.approx([loss for loss, _ in one], abs=2e-6)
        assert apart(tmp_path / how / "end", tmp_path / "one" / "end") < 1e-6
        # Not only two processes, whose sums do not hang on an order, go on as if they had never stopped.
        assert hashes(tmp_path / how / "again") == hashes(tmp_path / how / "end")
    assert HALF < STEPS


@pytest.mark.slow
@pytest.mark.parametrize("part", ["killed", "silent"])
def test_a_process_that_is_lost_ends_the_others(part: str, tmp_path: Path) -> None:
    done = started(part, tmp_path)
    assert done.returncode != 0
    lost = "process 0 ends: process 0 of 2 lost another one"
    # torchrun may be first to see that one was killed, and ends the other by a signal.
    assert lost in done.stderr or (part == "killed" and "exitcode  : -9" in done.stderr), done.stderr[-4000:]
    assert not (tmp_path / "told.json").exists()
