"""Pretraining on a mix: shares of tokens, held-out losses by part, and going on to the byte."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest

from mathmill.data.config import resolve
from mathmill.data.errors import ConfigError
from mathmill.train.policy.load import open_policy
from mathmill.train.recipe import PretrainRecipe
from mathmill.train.run import data_of, steps_of, texts_of
from mathmill.train.sources.mix import MixFeed
from tests.train.checkpoint.training import KILLED
from tests.train.ground import FRESH, content, killed

WEIGHTS = {"web": 56, "algebra": 4, "arxiv": 10, "code": 20, "natural": 10}


@pytest.fixture(scope="module")
def texts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of texts for each part, short ones and long ones."""
    folder = tmp_path_factory.mktemp("texts")
    for number, name in enumerate(WEIGHTS):
        rows = [
            {"url": f"https://{name}.example/{page}", "text": f"{name} {page} says {page * page}. " * (1 + page % 9)}
            for page in range(40 + 10 * number)
        ]
        (folder / f"{name}.jsonl").write_bytes(b"\n".join(map(orjson.dumps, rows)))
    return folder


def recipe(texts: Path, **changes: Any) -> PretrainRecipe:
    tree = {
        "policy": {"fresh": FRESH, "precision": "float32"},
        "mix": [
            {"name": name, "weight": weight, "held_out": 0.1, "pages": {"files": [str(texts / f"{name}.jsonl")]}}
            for name, weight in WEIGHTS.items()
        ],
        "window": 2_000,
        "train": {"steps": 8},
        "rows": {"step": 4, "length": 64},
        "schedule": {"rate": 3e-3, "warm_up": 2},
        "machine": {"device": "cpu", "microbatch": 2},
        "saving": {"every": 3},
        "evaluation": {"every": 4},
    }
    return resolve({**tree, **changes}, PretrainRecipe, "a test's recipe")


@pytest.fixture(scope="module")
def unbroken(texts: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("unbroken") / "run"
    assert killed(recipe(texts), folder) == 0
    return folder


def test_the_manifest_tells_what_was_taken_of_each_part(unbroken: Path) -> None:
    parts = orjson.loads((unbroken / "manifest.json").read_bytes())["data"]["parts"]
    lines = [orjson.loads(line) for line in (unbroken / "metrics.jsonl").read_bytes().splitlines()]
    assert [part["part"] for part in parts] == list(WEIGHTS)
    assert sum(part["trained_tokens"] for part in parts) == sum(line.get("tokens", 0) for line in lines)


def test_losses_are_told_by_part_and_fall(unbroken: Path) -> None:
    lines = [orjson.loads(line) for line in (unbroken / "metrics.jsonl").read_bytes().splitlines()]
    measured = [line for line in lines if "validation_loss" in line]
    assert [line["step"] for line in measured] == [0, 4, 8]
    for name in WEIGHTS:
        assert measured[-1][f"validation_loss/{name}"] < measured[0][f"validation_loss/{name}"]


@pytest.mark.parametrize("point", ["step_forward:9", pytest.param("checkpoint_file:6", marks=pytest.mark.slow)])
def test_killed_it_goes_on_to_the_byte(point: str, texts: Path, unbroken: Path, tmp_path: Path) -> None:
    assert killed(recipe(texts), tmp_path / "run", point) == KILLED
    assert killed(recipe(texts), tmp_path / "run") == 0
    assert content(tmp_path / "run") == content(unbroken)


def test_shares_are_those_of_the_recipe(texts: Path) -> None:
    asked = recipe(texts)
    feed = data_of(asked, open_policy(asked.policy, "cpu", 0, texts_of(asked))).feed
    assert isinstance(feed, MixFeed)
    feed.take(400)
    shares = {told["part"]: told["share"] for told in feed.told()["parts"]}
    assert shares == pytest.approx({name: weight / 100 for name, weight in WEIGHTS.items()}, abs=0.004)


def test_a_mix_has_no_epochs_but_tokens(texts: Path) -> None:
    asked = recipe(texts, train={"tokens": 1_000})
    feed = data_of(asked, open_policy(asked.policy, "cpu", 0, texts_of(asked))).feed
    assert steps_of(asked.train, asked.rows, feed) == 4


def test_two_parts_of_one_name_are_refused(texts: Path) -> None:
    part = {"name": "math", "pages": {"files": [str(texts / "code.jsonl")]}}
    with pytest.raises(ConfigError, match="two parts have one name: math, math"):
        recipe(texts, mix=[part, part])
