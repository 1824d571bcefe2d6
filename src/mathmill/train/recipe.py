"""What `mathmill train pretrain` and `sft` can be told: a TOML file resolved into one frozen config."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import Field, JsonValue, NonNegativeInt, PositiveInt, field_validator

from mathmill.data.config import load_recipe, read_toml
from mathmill.data.errors import ConfigError
from mathmill.train.schedule import Schedule, Shape
from mathmill.train.settings import Optimizer, Rows, Training
from mathmill.train.sources.settings import HeldOut, MixPart, TuningSource

PRETRAINING, TUNING = "pretraining", "tuning"


class PretrainRows(Rows):
    """A step of pretraining."""

    step: PositiveInt = Field(default=256, description="rows of a step, of all processes together")
    length: int = Field(default=4_096, ge=2, description="tokens of a row at most; longer texts are parted")


class PretrainSchedule(Schedule):
    """Stairs, as of DeepSeek."""

    rate: float = Field(default=4.2e-4, gt=0, description="learning rate at its highest")
    shape: Shape = "stairs"
    warm_up: NonNegativeInt = Field(default=2_000, description="steps in which it rises in a line")


class PretrainOptimizer(Optimizer):
    """AdamW with decay."""

    weight_decay: float = Field(default=0.1, ge=0)


class PretrainRecipe(Training):
    """A model goes on, or begins, with texts: every token is trained.

    Rate, stairs, warm-up, decay and length are by default those of DeepSeekMath's pretraining (arXiv 2402.03300,
    section 2.2.1); its batches of 10 million tokens would be 2,441 rows.
    """

    mix: tuple[MixPart, ...] = Field(min_length=1, description="the parts that texts are of, by weight")
    window: int = Field(
        default=4_000_000, ge=1, description="tokens of a part that are shuffled at a time, and held in memory"
    )
    rows: PretrainRows = PretrainRows()
    schedule: PretrainSchedule = PretrainSchedule()
    optimizer: PretrainOptimizer = PretrainOptimizer()

    @field_validator("mix")
    @classmethod
    def _named_once(cls, mix: tuple[MixPart, ...]) -> tuple[MixPart, ...]:
        names = [part.name for part in mix]
        if len(set(names)) < len(names):
            raise ValueError(f"two parts have one name: {', '.join(names)}")
        return mix


class SftRows(Rows):
    """A step of tuning."""

    step: PositiveInt = Field(default=256, description="rows of a step, of all processes together")
    length: int = Field(default=4_096, ge=2, description="tokens of a row at most; longer Examples are cut")


class SftSchedule(Schedule):
    """One rate throughout."""

    rate: float = Field(default=5e-5, gt=0, description="learning rate at its highest")
    shape: Shape = "constant"


class SftRecipe(Training):
    """A model learns to answer: completions are trained, what they answer to is not.

    Rate, batch and length are by default those of DeepSeekMath's instruction tuning (arXiv 2402.03300, section 3.2).
    """

    sources: tuple[TuningSource, ...] = Field(min_length=1, description="where Examples come from")
    held_out: HeldOut = HeldOut(share=0.02)
    template: dict[str, JsonValue] = Field(
        default={}, description="arguments of the chat template by name, such as enable_thinking"
    )
    rows: SftRows = SftRows()
    schedule: SftSchedule = SftSchedule()


def load_training(path: Path, overrides: Sequence[str] = (), kind: str = "") -> PretrainRecipe | SftRecipe:
    """Read a recipe of one of the two kinds, or of the one that is wanted.

    Raises:
        InputMissing, ConfigError: as `load_recipe`; or it is a recipe of another command.
    """
    found = _kind_of(read_toml(path))
    if found in ("sample", "grpo") or (kind and found and found != kind):
        raise ConfigError(f"{path} is a recipe of `mathmill train {found}`: name one of another kind, or run that")
    if (kind or found) == "pretrain":
        return load_recipe(path, PretrainRecipe, overrides)
    return load_recipe(path, SftRecipe, overrides)


def _kind_of(tree: Mapping[str, Any]) -> str:
    """The command that a recipe is for, by what only its recipes have; empty if that is not there."""
    marks = {"rollout": "grpo", "rewards": "grpo", "problems": "sample", "mix": "pretrain", "sources": "sft"}
    return next((command for key, command in marks.items() if key in tree), "")
