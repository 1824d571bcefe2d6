"""What a recipe can say of a policy, and what it cannot."""

from __future__ import annotations

from typing import Any

import pytest

from mathmill.data.config import resolve
from mathmill.data.errors import ConfigError
from mathmill.train.policy.settings import PolicySettings


@pytest.mark.parametrize(
    ("told", "message"),
    [
        ({}, "set one of start .* and fresh"),
        ({"start": "m", "fresh": {}}, "set one of start .* and fresh"),
        ({"fresh": {}, "revision": "v1"}, "a revision is of a model on the hub"),
        ({"start": "m", "tokenizer": "t"}, "the model of start has a tokenizer"),
        ({"start": "m", "lora": {"target_modules": ["q"]}}, "unknown key 'target_modules', did you mean 'modules'"),
        ({"start": "m", "weights": "bfloat16", "precision": "float32"}, "computed with in bfloat16"),
        ({"start": "m", "lora": {"start": "a", "rank": 4, "alpha": 8}}, "own shape: leave alpha, rank out"),
        ({"start": "m", "lora": {"modules": []}}, "modules names none"),
        ({"start": "m", "lora": {"modules": ".*"}}, "all-linear"),
        ({"start": "m", "lora": {"name": "../a"}}, "lora.name"),
        ({"start": "m", "adapters": [["a", "f"]]}, "adapters are loaded beside one that is trained: set lora"),
        ({"start": "m", "lora": {}, "adapters": [["a/b", "f"]]}, "'a/b' is no name of an adapter"),
        ({"start": "m", "lora": {"name": "a"}, "adapters": [["a", "f"]]}, "two adapters have one name"),
        ({"start": "m", "lora": {"rnk": 4}}, "rank"),
    ],
)
def test_what_does_not_go_together_is_refused(told: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        resolve(told, PolicySettings, "recipe")


@pytest.mark.parametrize(
    ("told", "device", "precision"),
    [
        ({"precision": "float32"}, "cuda", "float32"),
        ({"precision": "bfloat16"}, "cpu", "bfloat16"),
        ({"weights": "bfloat16"}, "cpu", "bfloat16"),
    ],
)
def test_precision_is_as_told(told: dict[str, Any], device: str, precision: str) -> None:
    assert PolicySettings(start="m", **told).resolved_precision(device) == precision


def test_precision_is_as_the_device_can() -> None:
    torch = pytest.importorskip("torch")
    can = torch.cpu.get_capabilities()
    units = can.get("amx_bf16") or can.get("avx512_bf16")
    assert PolicySettings(start="m").resolved_precision("cpu") == ("bfloat16" if units else "float32")
