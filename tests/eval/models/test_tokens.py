"""What a config and a tokenizer say of a model's context and of what ends a completion."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest

from mathmill.data.errors import ConfigError
from mathmill.eval.models.base import Prompt, Sampling
from mathmill.eval.models.tokens import Reader
from tests.eval.models import tiny

YARN = {"rope_type": "yarn", "rope_theta": 1e4, "factor": 4.0, "original_max_position_embeddings": 512}


@dataclass(frozen=True)
class Named:
    """Of a model, what a Reader looks at."""

    config: Any
    generation_config: Any = None


def reader(config: Any, limit: int = 10**30) -> Reader:
    tokenizer = tiny.tokenizer()
    tokenizer.model_max_length = limit
    return Reader("m", tokenizer, Named(config))


def llama(**changes: Any) -> Any:
    config = tiny.config("llama")
    for name, value in changes.items():
        setattr(config, name, value)
    return config


@pytest.mark.parametrize(
    ("config", "limit", "context"),
    [
        (llama, 10**30, 512),
        (llama, 100, 512),  # a tokenizer's limit is often wrong: a config decides
        (partial(llama, rope_parameters=YARN), 10**30, 2048),
        (partial(llama, rope_parameters={**YARN, "factor": 0.5}), 10**30, 512),
        (partial(llama, rope_parameters={"rope_type": "linear", "rope_theta": 1e4, "factor": 4.0}), 10**30, 512),
        (partial(tiny.config, "gpt2"), 10**30, 512),
        (partial(tiny.config, "mamba"), 10**30, None),
        (partial(tiny.config, "mamba"), 300, 300),
    ],
)
def test_context(config: Callable[[], Any], limit: int, context: int | None) -> None:
    assert reader(config(), limit).context() == context


def test_the_context_of_the_text_in_a_model_of_more() -> None:
    import transformers

    library: Any = transformers
    text = tiny.config("gemma3").to_dict()
    assert reader(library.Gemma3Config(text_config=text)).context() == 512


def test_what_just_fits_and_what_does_not() -> None:
    prompts = [Prompt("a", "1 2 3"), Prompt("b", "1")]
    longest = max(map(len, reader(llama()).read(prompts)))
    reader(llama()).check(prompts, Sampling(max_new_tokens=512 - longest))
    with pytest.raises(ConfigError, match=f"the context of m has 512: set --max-new-tokens {512 - longest} or choose"):
        reader(llama()).check(prompts, Sampling(max_new_tokens=513 - longest))


def test_every_eos_that_a_config_names() -> None:
    assert reader(llama(eos_token_id=[7, 9])).endings(False, 5).eos == {1, 7, 9}
    assert reader(llama(eos_token_id=None)).endings(True, 5).eos == {1, 2}
