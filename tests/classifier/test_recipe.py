from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest
from pydantic import ValidationError

from mathmill.classifier.prepared import pinned_as_begun
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


def test_a_loop_that_was_begun_stays_with_its_commit_of_the_hub_s_data_set(tmp_path: Path) -> None:
    commit = "a" * 40
    begun = {"kind": "pages", "config": {"positives": {"pages": {"revision": commit}}}, "files": {}}
    (tmp_path / "config.json").write_bytes(orjson.dumps(begun))
    recipe = LoopRecipe.model_validate({"crawl": CRAWL})  # seeds from the hub, of whatever commit is the newest
    assert recipe.positives.pages.revision == ""
    assert pinned_as_begun(recipe, tmp_path).positives.pages.revision == commit  # and the hub was not asked
    pages = {"hub": recipe.positives.pages.hub, "revision": "b" * 40}
    named = LoopRecipe.model_validate({"crawl": CRAWL, "positives": {"pages": pages}})
    assert pinned_as_begun(named, tmp_path).positives.pages.revision == "b" * 40
