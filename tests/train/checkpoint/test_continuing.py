"""What is loaded is what was saved, bit for bit, and a run that goes on is one that never stopped."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from mathmill.data.errors import ConfigError
from mathmill.train.checkpoint.folder import load_state, newest_good, save_checkpoint
from mathmill.train.checkpoint.plain import from_plain, to_plain
from mathmill.train.checkpoint.rng import random_states, restore_random_states
from mathmill.train.checkpoint.state import Trained, capture, restore
from tests.train.checkpoint.training import OPTIMIZERS, bits, everything, hashes_of, made, seed_all, train

FORMATS = {"fp32": torch.float32, "bf16": torch.bfloat16}
KINDS = [(optimizer, name) for optimizer in OPTIMIZERS for name in FORMATS]


def loaded(folder: Path, step: int, into: Trained) -> Any:
    """Put the newest checkpoint, which is of that step, into other objects; its notes."""
    found = newest_good(folder)
    assert found is not None and found.step == step
    state = load_state(found)
    restore(state, into)
    return state.notes


@pytest.mark.parametrize(("optimizer", "dtype"), KINDS)
def test_5_steps_and_5_more_are_10_steps(optimizer: str, dtype: str, tmp_path: Path) -> None:
    whole = made(optimizer, FORMATS[dtype])
    losses = train(whole, 10)
    wanted = everything(whole)
    unbroken = save_checkpoint(tmp_path / "whole", capture(10, whole, {"epoch": 2}))

    first = made(optimizer, FORMATS[dtype])
    assert train(first, 5) == losses[:5]
    before = everything(first)
    state = capture(5, first, {"epoch": 2, "best": float("inf"), "at": (1, 2)})
    save_checkpoint(tmp_path, state)
    second = made(optimizer, FORMATS[dtype], seed=7)
    train(second, 2)  # nothing of what was there may be left
    assert loaded(tmp_path, 5, second) == {"epoch": 2, "best": float("inf"), "at": (1, 2)}
    assert everything(second) == before
    assert train(second, 5) == losses[5:]
    assert everything(second) == wanted
    assert hashes_of(save_checkpoint(tmp_path, capture(10, second, {"epoch": 2}))) == hashes_of(unbroken)


def test_moments_in_fp32_of_weights_in_bf16_stay_as_they_are(tmp_path: Path) -> None:
    first, second = made(dtype=torch.bfloat16), made(dtype=torch.bfloat16, seed=2)
    train(first, 1)
    for state in first.optimizer.state.values():
        state["exp_avg"] = torch.full_like(state["exp_avg"], 1 / 3, dtype=torch.float32)
    save_checkpoint(tmp_path, capture(1, first, {}))
    loaded(tmp_path, 1, second)
    assert bits(second.optimizer.state_dict()) == bits(first.optimizer.state_dict())
    assert {state["exp_avg"].dtype for state in second.optimizer.state.values()} == {torch.float32}


def test_only_the_trained_parameters_are_kept_where_asked(tmp_path: Path) -> None:
    losses = train(made(trained_only=True), 4)
    first = made(trained_only=True)
    assert train(first, 2) == losses[:2]
    save_checkpoint(tmp_path, capture(2, first, {}))
    second = made(trained_only=True, seed=2)
    loaded(tmp_path, 2, second)
    assert train(second, 2) == losses[2:]
    state = load_state(newest_good(tmp_path))  # type: ignore[arg-type]
    assert "frozen.weight" not in state.tensors["model"] and "embedding.weight" in state.tensors["model"]
    with pytest.raises(ConfigError, match="only the trained parameters and all are wanted"):
        restore(state, made())


def test_a_state_is_not_changed_by_training_on_from_it(tmp_path: Path) -> None:
    first, second, third = made(), made(seed=2), made(seed=3)
    train(first, 1)
    wanted = everything(first)
    save_checkpoint(tmp_path, capture(1, first, {}))
    found = newest_good(tmp_path)
    assert found is not None
    state = load_state(found)
    for into in (second, third):
        restore(state, into)
        assert everything(into) == wanted
        train(into, 3)
    assert newest_good(tmp_path) == found


def test_random_generators_go_on_where_they_were() -> None:
    def draw() -> list[Any]:
        drawn = [random.random(), random.gauss(0, 1), float(np.random.normal()), np.random.randint(9), torch.rand(3)]
        return [bits(each) for each in drawn]

    seed_all(5)
    draw()  # half a pair of normal numbers is left over in each
    states = json.loads(json.dumps(random_states()))
    after = draw()
    assert draw() != after
    restore_random_states(states)
    assert random_states() == states
    assert draw() == after


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_the_generator_of_the_device_goes_on_where_it_was() -> None:
    torch.rand(1, device="cuda")
    states = random_states()
    after = torch.rand(9, device="cuda").tolist()
    restore_random_states(states)
    assert torch.rand(9, device="cuda").tolist() == after


@pytest.mark.skipif(torch.cuda.is_available(), reason="needs a machine without a CUDA device")
def test_a_state_of_a_device_is_left_where_there_is_none() -> None:
    states = random_states()
    restore_random_states({**states, "cuda": ""})
    assert random_states() == states


def test_a_model_whose_parameters_come_in_another_order_gets_its_own_moments(tmp_path: Path) -> None:
    first, second = made(), made(seed=2)
    train(first, 2)
    model = second.model
    groups: list[dict[str, Any]] = [
        {"params": [model.get_parameter("norm.weight"), model.get_parameter("norm.bias")], "weight_decay": 0.0},
        {"params": [model.get_parameter("embedding.weight")]},
    ]
    other = torch.optim.AdamW(groups)
    save_checkpoint(tmp_path, capture(2, first, {}))
    loaded(tmp_path, 2, Trained(model, other))
    for name in ("norm.weight", "norm.bias", "embedding.weight"):
        mine = other.state[model.get_parameter(name)]
        assert bits(mine) == bits(first.optimizer.state[first.model.get_parameter(name)]), name
    assert other.param_groups[1]["lr"] == 1e-2


def _wider(trained: Trained) -> Trained:
    trained.model.head = torch.nn.Linear(8, 12)
    return trained


def _longer(trained: Trained) -> Trained:
    trained.model.embedding.weight = torch.nn.Parameter(torch.zeros(12, 8))  # type: ignore[union-attr]
    trained.model.head.weight = trained.model.embedding.weight  # type: ignore[union-attr]
    return trained


@pytest.mark.parametrize(
    ("into", "said"),
    [
        (lambda: _wider(made()), "lacks head.bias, head.weight"),
        (lambda: _longer(made()), r"embedding.weight as float32 \[11, 8\] and the model has float32 \[12, 8\]"),
        (lambda: made(dtype=torch.bfloat16), "and the model has bfloat16"),
        (lambda: Trained(made().model, made().optimizer), "3 of 3 parameters of the optimizer are none"),
        (
            lambda: Trained(model := made().model, torch.optim.AdamW([model.get_parameter("norm.bias")])),
            "has embedding.weight, norm.weight",
        ),
        (
            lambda: Trained(
                model := made().model, torch.optim.AdamW(each for each in model.parameters() if each.requires_grad)
            ),
            "groups parameters in another way",
        ),
    ],
)
def test_another_model_or_optimizer_is_refused(into: Any, said: str) -> None:
    trained = made()
    train(trained, 1)
    state = capture(1, trained, {})
    with pytest.raises(ConfigError, match=said):
        restore(state, into())


def test_each_rank_has_its_own_random_states() -> None:
    seed_all(1)
    states = [random_states()]
    seed_all(2)
    states.append(random_states())
    state = capture(1, made(), {}, random=states)
    for rank in (1, 0):
        restore(state, made(), rank)
        assert random_states() == states[rank]
    into = made()
    seed_all(3)
    own = random_states()
    restore(state, into, rank=2)  # which was not there
    assert random_states() == own


@pytest.mark.parametrize("value", [{"epoch": {1, 2}}, {"epoch": object()}, {"epoch": torch.ones(1)}, {"epoch": 1j}])
def test_what_json_has_not_is_no_note(value: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match="notes/epoch"):
        capture(1, made(), value)


@pytest.mark.parametrize(
    "value",
    [
        {},
        {"!": 1, "is": {"!": "tensor"}},
        {1: 2, None: [3.0], False: "x", 1.5: (1, (2,), [])},
        [float("inf"), -float("inf"), 0.1 + 0.2, -0.0, 5e-324, 2**200, ""],
        {"a": torch.tensor(0.5), "b": [torch.arange(3), (torch.zeros(0),)]},
    ],
)
def test_plain_values_come_back_as_they_were(value: Any) -> None:
    tensors: dict[str, torch.Tensor] = {}
    text = json.dumps(to_plain(value, tensors), allow_nan=False)
    assert bits(from_plain(json.loads(text), tensors)) == bits(value)
