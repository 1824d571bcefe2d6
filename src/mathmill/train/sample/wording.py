"""Advice of what asks models, which speaks of options of `mathmill eval`, in the words of a recipe."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from mathmill.data.errors import ConfigError, DamagedInput, InputMissing

_KEYS = {
    "--max-new-tokens": "draws.max_new_tokens",
    "--temperature": "draws.temperature",
    "--batch-size": "local.batch_size",
    "--dtype": "local.dtype",
    "--device": "local.device",
    "--revision": "local.revision",
    "--model-name": "server.name",
    "--concurrency": "server.concurrency",
    "--patience": "server.patience",
    "--backend": "backend",
    "--chat": "chat",
    "--system": "system",
    "--data": "problems.data",
}
_OPTION = re.compile(r"(?<![\w-])(--[a-z]+(?:-[a-z]+)*)(?: (\d+|bfloat16|float32|cpu|cuda|yes|no|vllm))?(?![\w-])")


def in_recipe_words(message: str) -> str:
    """A message in which options that a recipe has a key for are called by it: `set draws.max_new_tokens = 416`."""
    return _OPTION.sub(_key, message)


def _key(found: re.Match[str]) -> str:
    if found[1] not in _KEYS:
        return found[0]
    if found[2] is None:
        return _KEYS[found[1]]
    return f"{_KEYS[found[1]]} = {found[2] if found[2].isdigit() else repr(found[2])}".replace("'", '"')


@contextmanager
def recipe_words() -> Iterator[None]:
    """Raise errors with what they advise in the words of a recipe.

    Raises:
        ConfigError, DamagedInput, InputMissing: as what is done within.
    """
    try:
        yield
    except (ConfigError, DamagedInput, InputMissing) as error:
        said = in_recipe_words(str(error))
        if said == str(error):
            raise
        raise type(error)(said) from error
