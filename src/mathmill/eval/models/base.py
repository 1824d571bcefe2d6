"""What a benchmark asks of a model, wherever its weights are: prompts in, completions out as they are finished."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from pydantic import Field, field_validator

from mathmill.data.config import Config, canonical_json

#: Why a completion ended: a stop string, an end-of-sequence token, or the limit of new tokens (it was truncated).
Finish = Literal["stop", "eos", "length"]


class Sampling(Config):
    """How completions are drawn. Temperature 0 is greedy, and then `n` has to be 1."""

    n: int = Field(default=1, ge=1, description="completions of a problem")
    temperature: float = Field(default=0.0, ge=0, description="0, or at least 0.001: below it nothing else is drawn")
    top_p: float = Field(default=1.0, gt=0, le=1, description="smallest set of tokens with this probability")
    top_k: int = Field(default=0, ge=0, description="of the likeliest tokens; 0 for all")
    max_new_tokens: int = Field(default=512, ge=1)
    seed: int = Field(default=0, ge=0, lt=2**63)

    @field_validator("temperature")
    @classmethod
    def _can_be_divided_by(cls, temperature: float) -> float:
        if 0 < temperature < 0.001:
            raise ValueError("must be 0 (greedy) or at least 0.001")
        return temperature


@dataclass(frozen=True, slots=True)
class Message:
    """A turn of a chat."""

    role: Literal["system", "user", "assistant", "tool"]
    content: str


@dataclass(frozen=True, slots=True)
class Prompt:
    """What a model is given: a text to go on with, or a chat whose next turn is the model's.

    `id` is the Problem's: with the seed and the number of the sample it is all that randomness depends on.
    """

    id: str
    given: str | tuple[Message, ...]
    stops: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Completion:
    """What a model said, without the stop string and special tokens; `tokens` counts all that it made."""

    text: str
    finish: Finish
    tokens: int


class Model(Protocol):
    """A policy that can be asked.

    `facts` are what identifies it in a run's config: name, revision or hash of its weights, precision.
    """

    @property
    def facts(self) -> Mapping[str, str]: ...

    @property
    def has_chat_template(self) -> bool: ...

    @property
    def notes(self) -> Sequence[str]:
        """What a reader of the figures should know of how the completions were made; one sentence each."""
        ...

    def check(self, prompts: Sequence[Prompt], sampling: Sampling) -> None:
        """Make sure that every prompt and its completion fit.

        Raises:
            ConfigError: the context is too short; the message says by how much, and what to ask for.
        """
        ...

    def generate(
        self, prompts: Sequence[Prompt], sampling: Sampling
    ) -> Generator[tuple[int, tuple[Completion, ...]], None, None]:
        """The position of a prompt and its `sampling.n` completions, for each prompt once, as they are finished.

        Raises:
            InputMissing: a server died, or did not answer in the end.
        """
        ...

    def close(self) -> None: ...


def template_fact(template: Mapping[str, Any]) -> dict[str, str]:
    """What arguments of a chat template add to the facts of a model: other ones give other prompts."""
    return {"template": canonical_json(dict(template)).decode()} if template else {}
