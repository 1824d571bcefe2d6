from __future__ import annotations

from pathlib import Path

import pytest

from mathmill.data.errors import ConfigError
from mathmill.demo.yardstick import sample_of
from mathmill.pipeline.inputs import find_inputs
from mathmill.pipeline.plan.plan import Question

QUESTION = Question(shards=90_000, cores=1_000, kept_share=0.1)


def test_without_a_recipe_a_made_up_web_is_there_as_long_as_it_is_asked(capsys: pytest.CaptureFixture[str]) -> None:
    with sample_of(None, [], [], QUESTION) as (recipe, question):
        assert len(find_inputs(recipe.archives, {})) == 8
    assert not Path(recipe.archives[0]).parent.exists()
    assert (question.pages_per_shard, question.kept_share) == (30_000, 0.1), "what was said stays"
    assert "no RECIPE is named" in capsys.readouterr().err


def test_with_a_recipe_nothing_is_assumed(tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text('archives = ["a.warc.gz"]\n')
    with sample_of(tmp_path / "own.toml", ["b.warc.gz"], ["seed=3"], QUESTION) as (recipe, question):
        assert (recipe.archives, recipe.seed, question) == (("b.warc.gz",), 3, QUESTION)


@pytest.mark.parametrize(("archives", "settings"), [(["a.warc.gz"], []), ([], ["seed=3"])])
def test_archives_and_settings_go_with_a_recipe(archives: list[str], settings: list[str]) -> None:
    with pytest.raises(ConfigError, match="name one, such as"), sample_of(None, archives, settings, QUESTION):
        pass
