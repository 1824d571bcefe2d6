"""What is said where a model cannot do what it is asked: a prompt that is too long, greedy samples."""

from __future__ import annotations

from mathmill.data.errors import ConfigError
from mathmill.data.terminal import one_line
from mathmill.eval.models.base import Sampling


def check_fits(tokens: int, new: int, context: int, who: str) -> None:
    """Make sure that a prompt of so many tokens, the longest, and `new` more fit into a context of `context` tokens.

    Raises:
        ConfigError: they do not; the message says by how much, and what to ask for.
    """
    if tokens + new <= context:
        return
    advice = f"set --max-new-tokens {context - tokens} or choose" if tokens < context else "choose"
    raise ConfigError(
        f"the prompts need up to {tokens:,} tokens and completions {new:,}, and the context of "
        f"{one_line(who, 200)} has {context:,}: {advice} a task with fewer shots, or a model with a longer "
        "context"
    )


def check_draws(sampling: Sampling) -> None:
    """Make sure that several samples can differ.

    Raises:
        ConfigError: they are greedy.
    """
    if sampling.n > 1 and sampling.temperature == 0:
        raise ConfigError(f"{sampling.n} samples at temperature 0 are all the same: set --temperature, such as 0.7")
