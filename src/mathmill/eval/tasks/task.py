r"""A Task: which Problems are asked, in which words, after which shots, and where an answer ends.

A Task is a protocol, sent byte for byte as the paper or the harness that it names sends it. Whatever changes a byte of
a prompt, a stop string or what counts as stated is another version of it. Templates are plain text in which only
`{question}` and `{instruction}` stand for something, so `\boxed{}` needs no escapes.
"""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, field_validator, model_validator

from mathmill.data.config import Config
from mathmill.data.sources import Source, load_source
from mathmill.eval.answers import Rule

QUESTION, INSTRUCTION = "{question}", "{instruction}"


def _named(value: object) -> object:
    return load_source(value) if isinstance(value, str) else value


#: A Source, or the key of one that mathmill knows, such as `gsm8k/test`.
SourceOrKey = Annotated[Source, BeforeValidator(_named)]


class Repair(Config):
    """A fault in the text of shots: wherever `old` stands it is to read `new`; where it is right already nothing is."""

    old: str = Field(min_length=1)
    new: str


class Shots(Config):
    """Problems with their solutions that stand before the one that is asked.

    `first` takes the first `number` in the source's order. `seeded` draws anew for each Problem, as
    lm-evaluation-harness does (`ContextSampler.sample`): one `random.Random(seed)` for the whole benchmark, whose
    `sample` is called once a Problem in the order of the data.
    """

    source: SourceOrKey
    number: int = Field(ge=1)
    draw: Literal["first", "seeded"] = "first"
    seed: int = Field(default=1234, ge=0, description="of a seeded draw; 1234 is lm-evaluation-harness's")
    question_prefix: str = Field(default="", description="what each question begins with that the prompt says itself")
    solution_prefix: str = Field(default="", description="the same of solutions")
    repairs: tuple[Repair, ...] = ()
    sha256: str = Field(
        default="",
        pattern="^([0-9a-f]{64})?$",
        description="of the protocol's shots as they are sent in plain text; others are refused",
    )


class Task(Config):
    """A benchmark: Problems, prompt, shots, stops, and the form in which its protocol wants an answer.

    In plain text the prompt is the shots, each `ask` + `gap` + solution + `between`, then `ask`, or `plain` where that
    is set. In a chat it is a turn of the user and one of the assistant for each shot (`ask`, solution), then `ask`.
    What no figure depends on (`about`, `protocol`, `groups`, `limit_from`) is no part of the dump, nor of its hash.
    """

    name: str = Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")
    version: int = Field(ge=1)
    about: str = Field(default="", exclude=True, description="what is measured, and what to know of it")
    protocol: str = Field(default="", exclude=True, description="where the protocol comes from")
    groups: tuple[str, ...] = Field(default=(), exclude=True, description="names under which it runs with others")
    problems: SourceOrKey
    shots: Shots | None = None
    ask: str = Field(description="a Problem, up to where the model goes on")
    instruction: str = Field(default="", description="what stands for {instruction} in `ask` and `plain`")
    plain: str = Field(default="", description="the Problem that is asked in plain text, where that is not `ask`")
    gap: str = Field(default=" ", description="between a shot's question and its solution in plain text")
    between: str = Field(default="\n\n", description="behind each shot in plain text")
    chat: bool = Field(description="a model that has a chat template is asked in it, unless it is told otherwise")
    stops: tuple[str, ...] = Field(default=(), description="strings that end a completion in plain text")
    chat_stops: tuple[str, ...] = Field(
        default=(), description="strings that end a turn, beside the model's own tokens"
    )
    max_new_tokens: int = Field(ge=1)
    limit_from: str = Field(default="", exclude=True, description="where the figure of `max_new_tokens` comes from")
    stated: tuple[Rule, ...] = Field(
        min_length=1, description="rules of `find_answer` that are the protocol's own form of an answer"
    )

    @field_validator("ask", "plain")
    @classmethod
    def _asks_once(cls, template: str) -> str:
        if template and template.count(QUESTION) != 1:
            raise ValueError(f"must hold {QUESTION} once")
        return template

    @field_validator("stops", "chat_stops")
    @classmethod
    def _can_be_met(cls, stops: tuple[str, ...]) -> tuple[str, ...]:
        if not all(stops):
            raise ValueError("an empty string would end every completion")
        return stops

    @model_validator(mode="after")
    def _belongs_together(self) -> Self:
        if not self.ask:
            raise ValueError(f"ask is empty: write at least {QUESTION}")
        if self.shots is not None and not self.stops:
            raise ValueError("stops are empty: behind shots a model in plain text goes on with a question of its own")
        if self.shots is not None and self.plain:
            raise ValueError("plain is for Tasks without shots: shots and question are asked in the same words")
        if "last" in self.stated:
            raise ValueError("stated may not hold 'last', which is a guess")
        if bool(self.instruction) != (INSTRUCTION in self.ask + self.plain):
            raise ValueError(f"instruction and {INSTRUCTION} in ask or plain need each other")
        return self
