"""Advice in the words of a recipe."""

from __future__ import annotations

import pytest

from mathmill.data.errors import ConfigError
from mathmill.train.sample.wording import in_recipe_words, recipe_words


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("set --max-new-tokens 416 or choose", "set draws.max_new_tokens = 416 or choose"),
        ("set --batch-size 2, --dtype bfloat16, a", 'set local.batch_size = 2, local.dtype = "bfloat16", a'),
        ("a smaller --max-new-tokens, or", "a smaller draws.max_new_tokens, or"),
        ("start it with --max-model-len 9", "start it with --max-model-len 9"),
        ("no option here", "no option here"),
    ],
)
def test_options_are_called_by_their_keys(said: str, told: str) -> None:
    assert in_recipe_words(said) == told
    with pytest.raises(ConfigError) as raised, recipe_words():
        raise ConfigError(said)
    assert str(raised.value) == told
