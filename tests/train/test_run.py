"""A training goes on to the byte wherever it was killed, and ends as its users expect."""

from __future__ import annotations

import math
import re
import signal
from pathlib import Path
from typing import Any

import orjson
import pytest
from safetensors.torch import load_file, save_file

from mathmill.data.errors import ConfigError, MathmillError
from mathmill.train.checkpoint.folder import SAVE_POINTS, load_state, newest_good, save_checkpoint
from mathmill.train.checkpoint.state import State
from mathmill.train.policy.load import open_policy
from mathmill.train.recipe import load_training
from mathmill.train.run import data_of, steps_of, texts_of, train
from mathmill.train.settings import Length
from mathmill.train.show import show_trained
from mathmill.train.step import STEP_POINTS
from tests.train.checkpoint.training import KILLED
from tests.train.ground import asked_to_stop, content, full_disk, killed, sft_recipe, sft_tree, write_sums, write_toml


@pytest.fixture(scope="module")
def sums(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_sums(tmp_path_factory.mktemp("sums") / "sums.jsonl")


@pytest.fixture(scope="module")
def unbroken(sums: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("unbroken") / "run"
    assert killed(sft_recipe(sums), folder) == 0
    return folder


def test_a_run_has_all_that_is_promised(unbroken: Path) -> None:
    lines = [orjson.loads(line) for line in (unbroken / "metrics.jsonl").read_bytes().splitlines()]
    assert [line["step"] for line in lines] == [0, 1, 2, 3, 4, 5, 6]
    assert [line["step"] for line in lines if "validation_loss" in line] == [0, 3, 6]
    assert lines[6]["loss"] < lines[1]["loss"]
    assert {"config.json", "manifest.json", "curve.svg", "model/config.json"} <= content(unbroken).keys()


_SOME = ["step_begun:1", "step_backward:7", "checkpoint_file:5"]
_MORE = [*(f"{point}:{n}" for point in STEP_POINTS for n in (1, 4)), *SAVE_POINTS[:-1], "whole:2", "before_ledger"]


@pytest.mark.parametrize("point", [*_SOME, *(pytest.param(each, marks=pytest.mark.slow) for each in _MORE)])
def test_killed_anywhere_it_goes_on_to_the_byte(point: str, sums: Path, unbroken: Path, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    assert killed(sft_recipe(sums), folder, point) == KILLED
    assert killed(sft_recipe(sums), folder) == 0
    assert content(folder) == content(unbroken)


def test_finished_it_is_left_alone_and_another_recipe_is_refused(sums: Path, unbroken: Path) -> None:
    before = content(unbroken)
    assert killed(sft_recipe(sums), unbroken) == 0
    assert content(unbroken) == before
    later = sft_recipe(sums, saving={"every": 5, "keep": 1}, machine={"microbatch": 4, "device": "cpu"})
    assert killed(later, unbroken) == 0
    told = {"config.json", "manifest.json"}
    assert {name for name, each in content(unbroken).items() if each != before[name]} == told
    assert killed(sft_recipe(sums), unbroken) == 0
    with pytest.raises(ConfigError, match=r"schedule.rate: 0.003 -> 0.1"):
        train(sft_recipe(sums, schedule={"rate": 0.1}), unbroken)


@pytest.mark.parametrize("signum", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_saves_and_the_same_command_goes_on(signum: int, sums: Path, unbroken: Path, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    ended, said = asked_to_stop(write_toml(sft_tree(sums), tmp_path / "sums.toml"), folder, signum)
    assert ended == 128 + signum
    assert re.search(r"stopped by SIG\w+, the same command goes on; \d of 6 steps are done and saved", said)
    assert newest_good(folder / "checkpoints") is not None
    assert killed(sft_recipe(sums), folder) == 0
    assert content(folder) == content(unbroken)


def test_where_it_was_stopped_leaves_no_mark(sums: Path, tmp_path: Path) -> None:
    seldom = {"saving": {"every": 6}}
    folder, unbroken = tmp_path / "run", tmp_path / "unbroken"
    ended, _ = asked_to_stop(write_toml(sft_tree(sums, **seldom), tmp_path / "sums.toml"), folder, signal.SIGTERM)
    assert ended == 143
    assert killed(sft_recipe(sums, **seldom), folder) == killed(sft_recipe(sums, **seldom), unbroken) == 0
    assert content(folder) == content(unbroken)


def test_three_steps_in_a_row_that_are_not_finite_end_it(sums: Path, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    recipe = sft_recipe(sums, schedule={"rate": 1e36}, optimizer={"clip": 0, "eps": 1e-30})
    with pytest.raises(MathmillError, match=r"steps \d to \d were not finite.*schedule.rate") as caught:
        train(recipe, folder)
    assert caught.value.exit_code == 70
    lines = [orjson.loads(line) for line in (folder / "metrics.jsonl").read_bytes().splitlines()]
    assert [line.get("skipped", False) for line in lines[-4:]] == [False, True, True, True]
    assert lines[-1]["gradient_norm"] is None
    dumped = sorted((folder / "bad").iterdir())
    assert [path.name for path in dumped] == [f"step-{line['step']:08d}.jsonl" for line in lines[-3:]]
    first = orjson.loads(dumped[0].read_bytes().splitlines()[0])
    assert len(first["input_ids"]) == len(first["trained"]) and "plus" in first["text"]


def test_a_full_disk_keeps_the_last_good_checkpoint(sums: Path, unbroken: Path, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    assert killed(sft_recipe(sums), folder, "step_begun:4") == KILLED
    assert full_disk(sft_recipe(sums), folder) == 74
    found = newest_good(folder / "checkpoints")
    assert found is not None and found.step == 3
    assert killed(sft_recipe(sums), folder) == 0
    assert content(folder) == content(unbroken)


@pytest.mark.parametrize("changed", ["adapter_model.safetensors", "template.jinja"])
def test_what_a_policy_is_opened_with_is_part_of_the_run(
    changed: str, sums: Path, unbroken: Path, tmp_path: Path
) -> None:
    policy: dict[str, Any] = {"start": str(unbroken / "model"), "precision": "float32"}
    one_step = {"train": {"steps": 1}}
    assert killed(sft_recipe(sums, policy={**policy, "lora": {"rank": 2}}, **one_step), tmp_path / "first") == 0
    adapter, template = tmp_path / "first" / "adapter", tmp_path / "template.jinja"
    template.write_text("{{ messages[0]['content'] }}")
    policy |= {"lora": {"start": str(adapter)}, "chat_template": str(template)}
    recipe = sft_recipe(sums, policy=policy, **one_step)
    assert killed(recipe, tmp_path / "run") == 0
    if changed == template.name:
        template.write_text("{{ messages[1]['content'] }}")
    else:
        path = adapter / changed
        save_file({name: weight + 1 for name, weight in load_file(path).items()}, path)
    with pytest.raises(ConfigError, match=r"holds a run of another recipe \(files\."):
        train(recipe, tmp_path / "run")


@pytest.mark.parametrize(("asked", "gone_on_with"), [(4, 2), (0, 2), (3, 3)])
def test_the_microbatch_that_fitted_is_gone_on_with(asked: int, gone_on_with: int, sums: Path, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    changes: dict[str, Any] = {"train": {"steps": 2}, "saving": {"every": 1}}
    machine = {"device": "cpu", "microbatch": 4}
    assert killed(sft_recipe(sums, machine=machine, **changes), folder, "step_begun:2") == KILLED
    found = newest_good(folder / "checkpoints")
    assert found is not None
    state = load_state(found)
    notes = {**state.values["notes"], "microbatch": 2}  # as where memory had run out with 4
    moved = State(state.step, state.tensors, {**state.values, "notes": notes})
    found.path.rename(tmp_path / "old")
    save_checkpoint(folder / "checkpoints", moved)
    assert killed(sft_recipe(sums, machine={**machine, "microbatch": asked}, **changes), folder) == 0
    last = newest_good(folder / "checkpoints")
    assert last is not None and load_state(last).notes["microbatch"] == gone_on_with


def test_epochs_are_counted_in_rows(sums: Path) -> None:
    recipe = sft_recipe(sums, train={"epochs": 1.5})
    policy = open_policy(recipe.policy, "cpu", 0, texts_of(recipe))
    rows = data_of(recipe, policy).feed.rows
    assert rows and steps_of(recipe.train, recipe.rows, data_of(recipe, policy).feed) == math.ceil(1.5 * rows / 4)
    assert steps_of(Length(tokens=1_000), recipe.rows, data_of(recipe, policy).feed) == math.ceil(1_000 / (4 * 64))


def test_what_was_changed_after_it_finished_is_made_anew(sums: Path, unbroken: Path) -> None:
    before = content(unbroken)
    (unbroken / "model" / "config.json").write_text("{}")
    assert killed(sft_recipe(sums), unbroken) == 0
    assert content(unbroken) == before


def test_what_is_dropped_and_where_it_goes_on_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sums = write_sums(tmp_path / "sums.jsonl")
    sums.write_bytes(sums.read_bytes() + orjson.dumps({"prompt": "1 + 1 =", "completion": ""}) + b"\n")
    recipe = sft_recipe(sums, schedule={"rate": 1e-3, "warm_up": 9})
    assert killed(recipe, tmp_path / "run", "step_begun:4") == KILLED
    show_trained(train(recipe, tmp_path / "run"), as_json=False)
    told = capsys.readouterr()
    assert "1 dropped (empty_completion 1)" in told.out
    assert "mind: it goes on from step 3 of 6" in told.err
    assert "mind: the rate never reaches its highest: schedule.warm_up is 9 of 6 steps" in told.err
    train(recipe, tmp_path / "run")
    assert "is finished: nothing is done" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "kind", "said"),
    [("sample", "", "train sample"), ("pretrain", "sft", "train pretrain"), ("sft", "pretrain", "train sft")],
)
def test_a_recipe_of_another_command_is_named(name: str, kind: str, said: str) -> None:
    recipes = Path(__file__).resolve().parents[2] / "recipes"
    with pytest.raises(ConfigError, match=said):
        load_training(recipes / f"{name}.toml", (), kind)
