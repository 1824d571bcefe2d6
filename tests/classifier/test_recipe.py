from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from mathmill.classifier.recipe import LoopRecipe, RoundRecipe

CRAWL = {"files": ["pages/*.parquet"]}


@pytest.mark.parametrize(
    ("tree", "message"),
    [
        ({"crawl": {"hub": "a/b"}}, "download it and name its files"),
        ({"crawl": CRAWL | {"most": 5}}, "a crawl is read whole"),
        ({"crawl": CRAWL, "keep": {"tokens": 5, "share": 0.5}}, "one of tokens and share"),
        ({"crawl": CRAWL, "keep": {}}, "one of tokens and share"),
        ({"crawl": CRAWL, "joins": "some"}, "uncollected"),
    ],
)
def test_recipes_that_say_what_cannot_be(tree: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        LoopRecipe.model_validate(tree)


def test_how_many_rounds_there_are_is_no_part_of_a_round() -> None:
    assert LoopRecipe.model_fields.keys() - RoundRecipe.model_fields.keys() == {"rounds", "stop_at"}


def test_the_defaults_are_the_paper_s() -> None:
    recipe = LoopRecipe.model_validate({"crawl": CRAWL})
    assert (recipe.positives.count, recipe.negatives.count, recipe.rounds) == (500_000, 500_000, 4)
    assert recipe.keep.budget(10**13) == 40_000_000_000
    assert (recipe.domains.share, recipe.stop_at) == (0.10, 0.98)
