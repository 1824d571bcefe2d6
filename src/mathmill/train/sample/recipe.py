"""What `mathmill train sample` can be told: a TOML file resolved into one frozen config."""

from __future__ import annotations

from pathlib import Path
from typing import Self

from pydantic import Field, NonNegativeInt, PositiveInt, model_validator

from mathmill.data.config import Config
from mathmill.data.gold_rules import GoldRule
from mathmill.data.sources import LAYOUT, Columns
from mathmill.eval.harness.recipe import BenchmarkRecipe
from mathmill.eval.models.base import Sampling
from mathmill.eval.models.local import LocalOptions
from mathmill.eval.models.names import Backend, Chat
from mathmill.eval.models.open import CONCURRENCY, PATIENCE, Means
from mathmill.train.sample.distinct import Sameness


class Asked(Config):
    """The Problems that are asked: exactly one of `use`, `file` and `run`."""

    use: str = Field(default="", description="a known set to train on, such as gsm8k/train")
    data: Path | None = Field(default=None, description="folder of known sets; without it, MATHMILL_DATA or the hub")
    file: Path | None = Field(default=None, description="JSON lines or Parquet with a question and its gold a row")
    columns: Columns = Field(default=LAYOUT, description="of the file")
    gold_from: GoldRule = Field(default="column", description="how a gold is taken out of the file's column")
    skip_without_gold: bool = Field(default=False, description="leave Problems out that have no gold, and count them")
    run: Path | None = Field(
        default=None, description="harvested Problems of a corpus run, or those of a run of samples"
    )
    pass_rate: tuple[float, float] = Field(
        default=(0.0, 1.0),
        description="of a run of samples: only Problems of which this share was right, ends included",
    )
    limit: PositiveInt | None = Field(default=None, description="only the first so many")
    against: tuple[str, ...] = Field(
        default=(), description="known sets, such as math/test, or files: what has half of a question of theirs is left"
    )

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        named = [name for name in ("use", "file", "run") if getattr(self, name)]
        if len(named) != 1:
            raise ValueError(f"name exactly one of use, file and run (got {' and '.join(named) or 'none'})")
        of = {"columns": "file", "gold_from": "file", "skip_without_gold": "file", "pass_rate": "run"}
        for name, place in of.items():
            if named[0] != place and getattr(self, name) != type(self).model_fields[name].default:
                raise ValueError(f"{name} is of a {place}, and Problems come from `{named[0]}`")
        low, high = self.pass_rate
        if not 0 <= low <= high <= 1:
            raise ValueError(f"pass_rate is [least, most], both from 0 to 1 (got [{low:g}, {high:g}])")
        return self


class Draws(Config):
    """How solutions are drawn; Yuan et al. 2023 (arXiv 2308.01825) draw 100 at temperature 0.7."""

    n: PositiveInt = Field(default=8, description="solutions of a Problem")
    temperature: float = Field(default=0.7, ge=0)
    top_p: float = Field(default=1.0, gt=0, le=1)
    top_k: NonNegativeInt = Field(default=0, description="of the likeliest tokens; 0 for all")
    max_new_tokens: PositiveInt | None = Field(default=None, description="of a solution; without it, the task's")
    seed: int = Field(default=0, ge=0, lt=2**63, description="another one draws other solutions")

    def as_sampling(self) -> Sampling:
        """As models take it; the limit of tokens is said beside it."""
        return Sampling(**self.model_dump(exclude={"max_new_tokens"}))


class Server(Config):
    """How a server is asked, where the model is an address."""

    name: str = Field(default="", description="of the model on a server that has several")
    concurrency: PositiveInt = CONCURRENCY
    patience: float = Field(default=PATIENCE, ge=0, description="seconds that a server is waited for")


class Keep(Config):
    """Which solutions are kept: right ones that were not truncated. A rerun with other rules asks nothing again."""

    most: NonNegativeInt = Field(default=4, description="of a Problem, the first ones drawn; 0 for all")
    distinct: Sameness = Field(
        default="text", description="what two of a Problem may not share: their words, or all equations in their order"
    )
    stated: bool = Field(default=True, description="only those that state the answer in the task's own form")
    sums: bool = Field(default=True, description="none with a plain sum that is false, such as 3 + 4 = 8")
    least_right: PositiveInt = Field(
        default=1, description="right ones that a Problem needs: above 1 where golds may be wrong, or guessed"
    )
    easy_from: float = Field(default=1.0, gt=0, le=1, description="share of right ones that makes a Problem easy")
    most_easy: PositiveInt | None = Field(default=None, description="of an easy Problem; without it, `most`")
    beside: tuple[Path, ...] = Field(
        default=(), description="runs of samples, as of other policies, whose solutions are not kept a second time"
    )
    rejected: bool = Field(default=True, description="write the other ones beside them, with the reason")

    def cap(self, pass_rate: float) -> int:
        """How many solutions of a Problem with this pass rate may be kept; 0 for all."""
        is_easy = self.most_easy is not None and pass_rate >= self.easy_from
        caps = [cap for cap in (self.most, self.most_easy if is_easy else 0) if cap]
        return min(caps, default=0)


class SampleRecipe(Config):
    """A policy, the Problems it is asked, in which words, how often, and what is kept."""

    model: str = Field(min_length=1, description="folder, .gguf file, model on the hub, or a server's address")
    task: str = Field(
        default="gsm8k-0shot",
        description="Problems are asked as this benchmark asks its own (see `mathmill eval tasks`)",
    )
    problems: Asked
    chat: Chat = Field(default="auto", description="ask in the model's chat template; auto as the task says")
    system: str = ""
    draws: Draws = Draws()
    keep: Keep = Keep()
    backend: Backend = Field(default="auto", description="auto: an address is a server, anything else transformers")
    local: LocalOptions = Field(default=LocalOptions(), description="of a model in this process")
    server: Server = Server()
    together: PositiveInt = Field(
        default=512,
        description="Problems that are asked together and written to one file; memory holds their solutions",
    )
    most_refused: float = Field(
        default=0.01, ge=0, le=1, description="share of Problems that a model may refuse before that ends the run"
    )

    @property
    def means(self) -> Means:
        """How the model is reached."""
        return Means(self.backend, self.local, self.server.name, self.server.concurrency, self.server.patience)


class SampleClaim(BenchmarkRecipe):
    """What the files of a run of samples depend on; rules by which solutions are kept may change later."""

    problems: int
    together: int
    keep: Keep
