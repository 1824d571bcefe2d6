from __future__ import annotations

from pathlib import Path

import pytest

from mathmill.classifier.iterate import iterate
from mathmill.classifier.model import load_classifier
from mathmill.classifier.recipe import TrainRecipe
from mathmill.classifier.target import Target
from mathmill.classifier.train import train
from mathmill.data.errors import ConfigError
from mathmill.data.runs import load_manifest
from tests.classifier import made_web
from tests.classifier.test_iterate import recipe
from tests.warm import InlineEngine


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("web")
    made_web.write(folder, list(made_web.pages()))
    return folder


def one_shot(web: Path) -> TrainRecipe:
    """The same as the loop's recipe, as far as a training goes."""
    tree = recipe(web, labels=None).model_dump()
    return TrainRecipe(**{name: tree[name] for name in TrainRecipe.model_fields})


def test_one_training_is_the_first_round_of_the_loop(web: Path, tmp_path: Path) -> None:
    folder = train(one_shot(web), tmp_path / "train", InlineEngine(1))
    loop = iterate(recipe(web, labels=None, rounds=1), tmp_path / "loop", InlineEngine(1))
    assert load_classifier(folder).sha256 == load_classifier(loop.classifier).sha256
    assert load_manifest(folder)["kind"] == "classifier"
    assert train(one_shot(web), tmp_path / "train", InlineEngine(1)) == folder


def test_a_budget_of_tokens_needs_a_scored_crawl(web: Path, tmp_path: Path) -> None:
    wanted = recipe(web).model_copy(update={"target": Target(tokens=100)})
    with pytest.raises(ConfigError, match=r"target\.tokens: .*iterate"):
        train(wanted, tmp_path, InlineEngine(1))
