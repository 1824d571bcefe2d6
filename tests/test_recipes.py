"""Every recipe in the repository is valid."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest

from mathmill.data.config import Config, load_recipe

ROOT = Path(__file__).resolve().parents[1]
RECIPES = sorted((ROOT / "recipes").rglob("*.toml"))

# Which model a recipe is for: the first entry whose key begins the file's path below recipes/.
MODELS = {
    "classifier": "mathmill.classifier.recipe:LoopRecipe",
    "pretrain": "mathmill.train.recipe:PretrainRecipe",
    "sample": "mathmill.train.sample.recipe:SampleRecipe",
    "grpo": "mathmill.train.grpo.recipe:GrpoRecipe",
    "sft": "mathmill.train.recipe:SftRecipe",
    "": "mathmill.pipeline.recipe:PipelineRecipe",
}


def model_of(recipe: Path) -> type[Config]:
    place = recipe.relative_to(ROOT / "recipes").as_posix()
    module, _, name = next(model for prefix, model in MODELS.items() if place.startswith(prefix)).partition(":")
    found = getattr(importlib.import_module(module), name)
    assert issubclass(found, Config)
    return found  # type: ignore[no-any-return]


def test_there_are_recipes() -> None:
    assert RECIPES


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda path: path.name)
def test_recipe_parses(recipe: Path) -> None:
    assert load_recipe(recipe, model_of(recipe)).model_dump()
