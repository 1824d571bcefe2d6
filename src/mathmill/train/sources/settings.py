"""What is trained on, as recipes say it. Reading is done elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field, PositiveInt, model_validator

from mathmill.data.config import Config
from mathmill.data.page_files import Pages

#: What a row is: turns of a chat; a prompt and what follows; a text; or a question with its solution.
Form = Literal["messages", "completion", "text", "problem"]
QUESTION = "{question}"


class TuningColumns(Config):
    """The names that the columns of a table have. `answer` and `id` need not be there."""

    messages: str = Field(default="messages", min_length=1, description="a list of turns: role and content")
    prompt: str = Field(default="prompt", min_length=1, description="a text, or a list of turns")
    completion: str = Field(default="completion", min_length=1, description="a text, or a list of turns")
    text: str = Field(default="text", min_length=1)
    question: str = Field(default="question", min_length=1)
    solution: str = Field(default="solution", min_length=1)
    answer: str = Field(default="answer", description="the gold, for `ending`")
    id: str = Field(default="id", description="a text or number; rows are numbered without it")


class TuningSource(Config):
    """Rows that are trained on: exactly one of `files`, `hub`, `problems` and `run`."""

    files: tuple[str, ...] = Field(default=(), description="JSON lines or Parquet: files, globs, folders")
    hub: str = Field(default="", pattern=r"^([\w.\-]+(/[\w.\-]+)?)?$", description="id of a data set on the hub")
    config: str = Field(default="", description="of the data set on the hub")
    split: str = Field(default="train", min_length=1, description="of the data set on the hub, or of a corpus run")
    revision: str = Field(default="", description="full commit of the data set (a branch or tag is followed)")
    problems: str = Field(default="", description="a known set with solutions, such as gsm8k/train")
    data: Path | None = Field(default=None, description="folder or file of that set; without it, MATHMILL_DATA or hub")
    run: Path | None = Field(
        default=None, description="a corpus run's harvested problems, or solutions that `train sample` kept"
    )
    name: str = Field(default="", description="for what is told; without it, where the rows are from")
    form: Literal["auto"] | Form = Field(default="auto", description="what a row is; auto: by the columns that it has")
    columns: TuningColumns = TuningColumns()
    repeat: float = Field(default=1.0, gt=0, le=100, description="how often an epoch has it; 0.5: one half of it")
    most: PositiveInt | None = Field(default=None, description="rows at most: the first ones")
    too_long: Literal["cut", "dropped"] = Field(
        default="cut", description="what becomes of an answer longer than a row: it loses its end, or is left out"
    )
    turns: Literal["all", "last"] = Field(default="all", description="which turns of an assistant are trained")
    tools: Literal["turns", "blocks"] = Field(
        default="turns", description="what tools said: turns of the role `tool`, or ```output blocks in the assistant's"
    )
    task: str = Field(default="", description="problems are asked in the words of this benchmark, without its shots")
    ask: str = Field(default="", description=f"problems are asked in these words; {QUESTION} stands for one")
    chat: Literal["auto", "yes", "no"] = Field(
        default="auto", description="whether problems, or prompts, are a user's turn; auto: problems if it can be"
    )
    system: str = Field(default="", description="stands before each problem or prompt")
    ending: Literal["kept", "boxed", "phrase"] = Field(
        default="kept", description=r"how solutions end: as they do; `.. \boxed{7}.`; `The answer is 7.`"
    )
    marks: Literal["kept", "stripped"] = Field(default="kept", description="GSM8K's marks for sums, <<48/2=24>>")
    fenced: str = Field(default="", pattern=r"^\w*$", description="language of bare programs, put in ```fences")

    @model_validator(mode="after")
    def _one_place(self) -> TuningSource:
        named = [name for name in ("files", "hub", "problems", "run") if getattr(self, name)]
        if len(named) != 1:
            raise ValueError(f"name exactly one of files, hub, problems and run (got {' and '.join(named) or 'none'})")
        of = {"config": ("hub",), "revision": ("hub",), "split": ("hub", "run"), "data": ("problems",)}
        for name, places in of.items():
            if named[0] not in places and getattr(self, name) != type(self).model_fields[name].default:
                raise ValueError(f"{name} is of {' or '.join(places)}, and rows come from {named[0]}")
        if self.problems and self.form not in ("auto", "problem"):
            raise ValueError(f"form is {self.form}, and rows of `problems` are problems")
        return self

    @model_validator(mode="after")
    def _one_wording(self) -> TuningSource:
        if self.task and self.ask:
            raise ValueError("say task or ask, not both")
        if self.ask and self.ask.count(QUESTION) != 1:
            raise ValueError(f"ask must hold {QUESTION} once")
        return self

    @property
    def place(self) -> str:
        """What it is called where something is told of it."""
        return self.name or self.hub or self.problems or (str(self.run) if self.run else ", ".join(self.files))


class HeldOut(Config):
    """Examples of which the loss is measured and that are never trained: a share of all, or sources of their own.

    A question is on one side alone: what also asks a question of the held-out side is not trained.
    """

    share: float = Field(default=0.0, ge=0, le=0.5, description="of the Examples of all sources, drawn by the seed")
    most: PositiveInt = Field(default=1_000, description="Examples at most")
    sources: tuple[TuningSource, ...] = ()

    @model_validator(mode="after")
    def _one_kind(self) -> HeldOut:
        if self.share and self.sources:
            raise ValueError("say share or sources, not both")
        return self


class MixPart(Config):
    """One of the parts that texts are mixed of, and its weight: a share of the trained tokens, if all are added up.

    Of a corpus run its train split is trained on.
    """

    name: str = Field(pattern=r"^[\w.\-]+$", description="for what is told")
    pages: Pages
    weight: float = Field(default=1.0, gt=0)
    held_out: float = Field(
        default=0.0, ge=0, le=0.5, description="share of its texts of which the loss is measured, and no more"
    )
