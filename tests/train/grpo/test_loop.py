"""Runs of GRPO: what they leave behind, that they go on to the byte, and that cutting a step up changes nothing."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import orjson
import pytest
import torch
from safetensors.torch import load_file

from mathmill.data.config import resolve
from mathmill.data.errors import MathmillError
from mathmill.train.checkpoint.folder import SAVE_POINTS
from mathmill.train.grpo.explore import EXPLORE_POINTS
from mathmill.train.grpo.recipe import GrpoRecipe
from mathmill.train.grpo.run import train_groups
from mathmill.train.grpo.tables import explorations_of, read_completions
from mathmill.train.step import STEP_POINTS
from tests.train.checkpoint.training import KILLED
from tests.train.ground import content, write_toml
from tests.train.grpo.ground import grpo_recipe, grpo_tree, killed, write_ground
from tests.train.parallel.started import ENVIRONMENT, torchrun


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_ground(tmp_path_factory.mktemp("ground"))


@pytest.fixture(scope="module")
def unbroken(ground: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("unbroken") / "run"
    assert killed(grpo_recipe(ground), folder) == 0
    return folder


def metrics_in(folder: Path) -> list[dict[str, Any]]:
    return [orjson.loads(line) for line in (folder / "metrics.jsonl").read_bytes().splitlines()]


def weights_in(folder: Path) -> dict[str, torch.Tensor]:
    return load_file(folder / "model/model.safetensors")


def test_a_run_has_all_that_is_promised(ground: Path, unbroken: Path) -> None:
    lines = metrics_in(unbroken)
    assert [line["step"] for line in lines] == list(range(9))
    assert [line["step"] for line in lines if "validation_accuracy" in line] == [0, 4, 8]
    assert [line["exploration"] for line in lines if "exploration" in line] == [0, 1, 2, 3]
    assert explorations_of(unbroken) == [0, 1, 2, 3]
    said = read_completions(unbroken, 3)
    assert len(said) == 12 and {row["alive"] for row in said} <= {True, False}
    assert all(row["total"] == pytest.approx(row["rewards"]["overlong"] + row["rewards"]["accuracy"]) for row in said)
    before = load_file(ground / "policy/model.safetensors")
    assert any(not torch.equal(each, before[name]) for name, each in weights_in(unbroken).items())


def test_the_first_step_is_on_policy(unbroken: Path) -> None:
    first = [line for line in metrics_in(unbroken) if "sampler_gap" in line]
    assert len(first) == 4
    assert all(line["sampler_gap"] < 1e-5 and line["ratio_most"] < 1e-4 for line in first)
    second = [line for line in metrics_in(unbroken)[2::2] if line["tokens"]]
    assert any(line["ratio_most"] > 1e-3 for line in second)  # the policy has moved between two steps


_SOME = ["group_drawn:5", "step_backward:4", "checkpoint_file:3"]
_MORE = [f"{point}:{n}" for point in (*EXPLORE_POINTS, *STEP_POINTS) for n in (1, 3)] + [*SAVE_POINTS[:-1]]


@pytest.mark.parametrize("point", [*_SOME, *(pytest.param(each, marks=pytest.mark.slow) for each in _MORE)])
def test_killed_anywhere_it_goes_on_to_the_byte(point: str, ground: Path, unbroken: Path, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    assert killed(grpo_recipe(ground), folder, point) == KILLED
    assert killed(grpo_recipe(ground), folder) == 0
    assert content(folder) == content(unbroken)


_KINDS: list[dict[str, Any]] = [
    {"objective": {"algorithm": "dapo"}, "exploration": {"budget": 2.0, "updates": 2, "minibatches": 1}},
    {"objective": {"algorithm": "rloo", "kl": {"coefficient": 0.1}}, "exploration": {"minibatches": 1}},
    {"objective": {"algorithm": "reinforce_baseline"}},
    {"objective": {"algorithm": "gspo"}, "rollout": {"top_p": 0.8, "top_k": 5}},
    {"objective": {"algorithm": "cispo"}, "policy": {"lora": {"rank": 4}}},
    {"objective": {"kl": {"coefficient": 0.1}, "reference": {"kind": "average", "decay": 0.5}}},
    {"objective": {"reference": {"kind": "refreshed"}}, "policy": {"lora": {"rank": 4}}},
]


@pytest.mark.parametrize("changes", [*_KINDS[:2], *(pytest.param(each, marks=pytest.mark.slow) for each in _KINDS[2:])])
def test_each_of_the_family_runs_and_goes_on_to_the_byte(changes: dict[str, Any], ground: Path, tmp_path: Path) -> None:
    recipe = grpo_recipe(ground, **changes, validation={"share": 0.0, "problems": None})
    assert killed(recipe, tmp_path / "unbroken") == 0
    assert killed(recipe, tmp_path / "run", "step_updated:3") == KILLED
    assert killed(recipe, tmp_path / "run") == 0
    assert content(tmp_path / "run") == content(tmp_path / "unbroken")
    lines = metrics_in(tmp_path / "run")
    assert all(line["sampler_gap"] < 1e-5 for line in lines if "sampler_gap" in line)
    if recipe.objective.kl.coefficient:
        assert [line["kl"] for line in lines if "kl" in line][-1] > 0


def test_how_a_step_is_cut_up_changes_rounding_alone(ground: Path, tmp_path: Path) -> None:
    short = {"train": {"explorations": 1}, "exploration": {"minibatches": 1}}
    for microbatch in (1, 5, 12):
        recipe = grpo_recipe(ground, **short, machine={"microbatch": microbatch})
        train_groups(recipe, tmp_path / str(microbatch))
    one = weights_in(tmp_path / "1")
    for other in ("5", "12"):
        for name, each in weights_in(tmp_path / other).items():
            torch.testing.assert_close(each, one[name], atol=2e-5, rtol=0)


def test_groups_that_are_all_dead_change_nothing(ground: Path, tmp_path: Path) -> None:
    train_groups(
        grpo_recipe(ground, rewards=[{"use": "accuracy", "weight": 1e-9}], rollout={"max_new_tokens": 1}),
        tmp_path / "run",
    )
    assert [line["tokens"] for line in metrics_in(tmp_path / "run")[1:]] == [0] * 8
    before = load_file(ground / "policy/model.safetensors")
    assert all(torch.equal(each, before[name]) for name, each in weights_in(tmp_path / "run").items())


def test_an_alarm_that_is_told_to_stop_ends_the_run(ground: Path, tmp_path: Path) -> None:
    recipe = grpo_recipe(ground, rollout={"max_new_tokens": 1}, alarms={"stop": ["dead_groups"], "window": 1})
    with pytest.raises(MathmillError, match=r"dead_groups at step 1: .*alarms.stop names it"):
        train_groups(recipe, tmp_path / "run")


@pytest.mark.slow
@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"rewards": [{"use": "accuracy"}, {"use": "overlong", "soft": 23}, {"use": "steps"}], "rollout": {"top_k": 9}},
    ],
)
def test_two_processes_learn_what_one_does(changes: dict[str, Any], ground: Path, tmp_path: Path) -> None:
    tree = grpo_tree(ground, **changes, train={"explorations": 2})
    recipe = write_toml(tree, tmp_path / "recipe.toml")
    train_groups(resolve(tree, GrpoRecipe, "a test's recipe"), tmp_path / "one")
    command = torchrun(2, "-m", "mathmill.cli", "train", "grpo", str(recipe), "--out", str(tmp_path / "two"))
    done = subprocess.run(command, env=ENVIRONMENT, capture_output=True, text=True, timeout=200, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    for number in explorations_of(tmp_path / "one"):
        said = [[row["completion"] for row in read_completions(tmp_path / each, number)] for each in ("one", "two")]
        assert said[0] == said[1]
    for mine, theirs in zip(metrics_in(tmp_path / "one"), metrics_in(tmp_path / "two"), strict=True):
        assert mine == pytest.approx(theirs, abs=1e-5)
    two = weights_in(tmp_path / "two")
    for name, each in weights_in(tmp_path / "one").items():
        torch.testing.assert_close(each, two[name], atol=1e-5, rtol=0)
