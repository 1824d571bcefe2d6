"""What every kind of training can be told: how long, how large its steps, when it is saved and watched.

What changes the outcome is part of a Run's identity. What does not is in `Machine`, `Saving` and `Watching`: a run may
go on with other values of these, on another machine or with another number of processes.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field, NonNegativeInt, PositiveInt, model_validator

from mathmill.data.config import Config
from mathmill.train.policy.settings import PolicySettings
from mathmill.train.schedule import Schedule


class Optimizer(Config):
    """AdamW (Loshchilov & Hutter 2019). Vectors (norms, biases) are not decayed."""

    beta1: float = Field(default=0.9, ge=0, lt=1)
    beta2: float = Field(default=0.95, ge=0, lt=1)
    eps: float = Field(default=1e-8, gt=0)
    weight_decay: float = Field(default=0.0, ge=0)
    clip: float = Field(default=1.0, ge=0, description="longest gradient; longer ones are made so long; 0 for any")


class Length(Config):
    """How long is trained: exactly one of `epochs`, `steps` and `tokens`."""

    epochs: float | None = Field(default=None, gt=0, description="of the Examples; none where they are a stream")
    steps: PositiveInt | None = None
    tokens: PositiveInt | None = Field(default=None, description="in full rows; the steps that this takes")

    @model_validator(mode="after")
    def _one_of_them(self) -> Length:
        named = [name for name in ("epochs", "steps", "tokens") if getattr(self, name) is not None]
        if len(named) != 1:
            raise ValueError(f"say exactly one of epochs, steps and tokens (got {' and '.join(named) or 'none'})")
        return self


class Rows(Config):
    """What a step sees. The gradient is that of the mean over all its trained tokens, however it is cut up."""

    step: PositiveInt = Field(default=32, description="rows of a step, of all processes together")
    length: int = Field(default=1_024, ge=2, description="tokens of a row at most; longer Examples are cut")
    packed: bool = Field(default=True, description="several Examples in a row, none of which sees another")


class Evaluation(Config):
    """When the loss of held-out Examples is measured: before the first step, every so many, and after the last."""

    every: PositiveInt | None = Field(default=None, description="steps; without it a tenth of all")
    export: Literal["best", "last"] = Field(
        default="best", description="which weights become the model: of the lowest held-out loss, or the last"
    )


class Saving(Config):
    """When checkpoints are saved and how many stay; a run that is stopped saves one too."""

    every: PositiveInt | None = Field(default=None, description="steps; without it a tenth of all")
    keep: PositiveInt = Field(default=2, description="the newest so many stay, and the best")


class Watching(Config):
    """Who is told of the metrics beside `metrics.jsonl`."""

    trackers: tuple[Literal["tensorboard", "trackio", "wandb"], ...] = ()
    project: str = Field(default="mathmill", min_length=1, description="name of the trackers' project")


class Machine(Config):
    """How the work is laid out. Results hang on it by rounding alone, but for dropout and the loss of routers."""

    device: Literal["auto", "cpu", "cuda"] = Field(default="auto", description="auto is a GPU where there is one")
    microbatch: NonNegativeInt = Field(default=0, description="rows in one forward and backward; 0 for as many as fit")
    parallel: Literal["ddp", "fsdp"] = Field(
        default="ddp", description="of several processes: whole weights in each, or a share of them (FSDP2)"
    )


class Course(Config):
    """The part of a recipe that all kinds of training share."""

    seed: int = Field(default=0, ge=0, lt=2**63)
    policy: PolicySettings
    schedule: Schedule = Schedule()
    optimizer: Optimizer = Optimizer()
    evaluation: Evaluation = Evaluation()
    saving: Saving = Saving()
    watching: Watching = Watching()
    machine: Machine = Machine()


class Training(Course):
    """The part that those share whose rows are there before they begin."""

    train: Length
    rows: Rows = Rows()


#: The parts that may change from one execution of a run to the next.
LATER = ("machine", "saving", "watching")
