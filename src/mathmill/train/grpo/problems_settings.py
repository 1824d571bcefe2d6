"""In which words Problems are asked, and on which of them a policy is measured while it is trained.

Nothing here imports torch: a recipe is read before anything heavy is.
"""

from __future__ import annotations

from typing import Any

from pydantic import Field, PositiveInt, model_validator

from mathmill.data.config import Config
from mathmill.eval.models.base import Sampling
from mathmill.eval.models.names import Chat
from mathmill.train.sample.recipe import Asked
from mathmill.train.sources.settings import QUESTION

_TASK = "gsm8k-0shot"


class Wording(Config):
    """The words of a benchmark, as `mathmill train sample` asks, or words of one's own, as sources of tuning do."""

    task: str = Field(
        default="", description=f"Problems are asked as this benchmark asks its own; without it and `ask`, {_TASK}"
    )
    ask: str = Field(default="", description=f"words of one's own; {QUESTION} stands for the question")
    stops: tuple[str, ...] = Field(default=(), description="strings that end a completion, beside `ask`")
    chat: Chat = Field(default="auto", description="ask in the model's chat template; auto as the task says")
    system: str = ""

    @model_validator(mode="after")
    def _one_wording(self) -> Wording:
        if self.task and self.ask:
            raise ValueError("say task or ask, not both")
        if self.ask and self.ask.count(QUESTION) != 1:
            raise ValueError(f"ask must hold {QUESTION} once")
        if self.stops and not self.ask:
            raise ValueError("stops are those of the task: they are for words of one's own (ask)")
        if not all(self.stops):
            raise ValueError("stops: an empty string would end every completion")
        return self

    @property
    def task_name(self) -> str:
        """The benchmark in whose words is asked, where it is one's."""
        return self.task or _TASK


class ValidationSettings(Config):
    """Problems that are never trained, on which a policy is measured: a share of all, or a set of its own.

    A question is on one side alone: what also asks a question of the validation's is not trained.
    """

    share: float = Field(default=0.1, ge=0, le=0.5, description="of the Problems, drawn by the seed; 0 for none")
    problems: Asked | None = Field(
        default=None, description="Problems of their own in place of a share; tests of benchmarks are refused"
    )
    most: PositiveInt = Field(default=200, description="Problems at most")
    samples: PositiveInt = Field(default=4, description="completions of a Problem, the same draws each time")
    temperature: float | None = Field(default=None, ge=0.001, description="of these; without it, that of training")
    greedy: bool = Field(default=True, description="measure the likeliest completion too")

    @model_validator(mode="before")
    @classmethod
    def _no_share_beside(cls, tree: Any) -> Any:
        if isinstance(tree, dict) and tree.get("problems") is not None:
            return {"share": 0.0, **tree}
        return tree

    @model_validator(mode="after")
    def _one_place(self) -> ValidationSettings:
        if self.share and self.problems is not None:
            raise ValueError("say share or problems, not both")
        return self

    def sampling(self, trained: Sampling) -> Sampling:
        """How completions are drawn where those that are trained are drawn so."""
        temperature = trained.temperature if self.temperature is None else self.temperature
        return trained.model_copy(update={"n": self.samples, "temperature": temperature})
