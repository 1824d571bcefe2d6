"""Recipes whose stages stand in an order that cannot work are refused, and say what to move."""

from __future__ import annotations

from typing import Any

import pytest

from mathmill.data.config import resolve
from mathmill.data.errors import ConfigError
from mathmill.pipeline.recipe import PipelineRecipe


def recipe(*uses: str) -> dict[str, Any]:
    model = {"classifier": {"model": "m"}, "classifier_gate": {"model": "m"}}
    return {"stages": [{"use": use, **model.get(use, {})} for use in uses]}


@pytest.mark.parametrize(
    "uses",
    [
        ("byte_gate", "decode", "cheap_text", "language", "classifier_gate", "extract", "classifier", "quality"),
        ("decode", "cheap_text", "classifier_gate"),
        ("decode", "cheap_text", "classifier_gate", "language", "extract", "evidence", "classifier"),
        ("decode", "extract", "classifier", "evidence"),
        ("decode", "extract", "quality", "classifier", "language"),
    ],
)
def test_orders_that_work(uses: tuple[str, ...]) -> None:
    resolved = resolve(recipe(*uses), PipelineRecipe, "recipe.toml")
    assert tuple(stage.use for stage in resolved.stages) == uses


@pytest.mark.parametrize(
    ("uses", "words"),
    [
        (("decode", "classifier_gate"), "classifier_gate needs what cheap_text makes: put cheap_text before it"),
        (("decode", "classifier"), "classifier needs what extract makes"),
        (("decode", "cheap_text", "classifier", "extract"), "classifier needs what extract makes"),
        (
            ("decode", "cheap_text", "extract", "classifier_gate"),
            "classifier_gate must stand before extract: it spares",
        ),
        (("decode", "extract", "cheap_text"), "cheap_text must stand before extract"),
        (("decode", "byte_gate"), "byte_gate must stand before decode"),
        (("extract", "decode"), "extract needs what decode makes"),
        (("decode", "decode"), "each stage is used once; decode is there more often"),
    ],
)
def test_orders_that_cannot_work(uses: tuple[str, ...], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        resolve(recipe(*uses), PipelineRecipe, "recipe.toml")
