"""Which rewards a completion is given: each a number with a weight, and their sum is what is trained on.

rewards = [{use = "accuracy"}, {use = "overlong", soft = 128, weight = 0.5}, {use = "my_rewards.py:brief"}]
"""

from __future__ import annotations

from collections import Counter
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Discriminator, Field, NonNegativeInt, PositiveInt, Tag

from mathmill.data.config import Config
from mathmill.eval.answers import Rule

#: Stands for any function of a user's where kinds of rewards are listed.
OWN = "package.module:function"


class Accuracy(Config):
    """1 for a correct answer, 0 for any other: the verdict that benchmarks measure with, and nothing that was guessed.

    Where the judge cannot tell (the gold cannot be read, a proof timed out) a completion is not trained on.
    """

    use: Literal["accuracy"] = "accuracy"
    weight: float = 1.0


class Stated(Config):
    """1 for an answer in the form that is asked for, as in a box, whether it is right or not; 0 without."""

    use: Literal["stated"] = "stated"
    weight: float = 1.0
    rules: tuple[Literal["box", "hash", "final", "phrase"], ...] = Field(
        default=(), description="rules of `find_answer` that are such a form; without any, those of the task"
    )


class Overlong(Config):
    """0 up to `longest - soft` tokens, from there down to -1 at `longest` (DAPO, arXiv 2503.14476, equation 13)."""

    use: Literal["overlong"] = "overlong"
    weight: float = 1.0
    soft: PositiveInt = Field(description="tokens before the longest length on which the reward falls")
    longest: PositiveInt | None = Field(default=None, description="tokens; without it, those that may be drawn")


class Steps(Config):
    """Process supervision: a reward for each step `lhs = rhs` of a completion, and at its end the sum of the others.

    A step that holds has `weight`, one that does not 0, and one that nobody can decide no reward. Steps are no part of
    the sum, since they stand at tokens of their own. `mathmill.train.reward.process` says what is taken for a step.
    """

    use: Literal["steps"] = "steps"
    weight: float = Field(default=1.0, gt=0)
    most: PositiveInt = Field(default=64, description="steps of a completion that are looked at, the first ones")
    proofs: NonNegativeInt = Field(
        default=2, description="of a completion that another process makes, where nothing cheaper can tell"
    )


class Own(Config):
    """A function of one's own: (Problem, text of the completion) -> a number, or None where it cannot tell."""

    use: str = Field(
        default=OWN,
        pattern=r"^[^:]+:[A-Za-z_]\w*$",
        description="package.module:function, or path/to/file.py:function, from the folder in which it is run",
    )
    weight: float = 1.0
    seconds: float = Field(default=10.0, gt=0, le=3_600, description="on the clock that a call may take")
    processes: PositiveInt = Field(default=1, le=64, description="that call it side by side")


def _kind(given: Any) -> str | None:
    """The class of a reward by its `use`."""
    use = given.get("use") if isinstance(given, dict) else getattr(given, "use", given)
    if not isinstance(use, str):
        return None
    return OWN if ":" in use else use


AnyReward = Annotated[
    Annotated[Accuracy, Tag("accuracy")]
    | Annotated[Stated, Tag("stated")]
    | Annotated[Overlong, Tag("overlong")]
    | Annotated[Steps, Tag("steps")]
    | Annotated[Own, Tag(OWN)],
    Discriminator(_kind),
]


def _belong_together(rewards: tuple[AnyReward, ...]) -> tuple[AnyReward, ...]:
    twice = [use for use, count in Counter(each.use for each in rewards).items() if count > 1]
    if twice:
        raise ValueError(f"{twice[0]!r} stands there twice: give one of them the sum of both weights")
    if not any(each.weight for each in rewards if not isinstance(each, Steps)):
        raise ValueError('nothing says what a whole completion is worth: add {use = "accuracy"}')
    return rewards


#: The `rewards` of a recipe.
Rewards = Annotated[tuple[AnyReward, ...], Field(min_length=1), AfterValidator(_belong_together)]
ONLY_ACCURACY: tuple[AnyReward, ...] = (Accuracy(),)


class Judging(Config):
    """How completions are judged while others are drawn. Nothing here changes a reward."""

    threads: PositiveInt = Field(default=8, le=256, description="completions that are judged at once")
    max_trouble: float | None = Field(
        default=0.05,
        gt=0,
        le=1,
        description="share of verdicts that may time out, and of proof workers that may die, before the run ends; "
        "what times out is left out of training, so that a policy may come to prefer it to a wrong answer",
    )


class Form(Config):
    """What rewards need to know of the task: in which form it wants answers, and how long completions may be."""

    stated: tuple[Rule, ...] = ("box", "hash", "final", "phrase")
    longest: PositiveInt = 512
