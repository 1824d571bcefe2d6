"""What `mathmill train grpo` can be told: a TOML file resolved into one frozen config."""

from __future__ import annotations

import math

from pydantic import Field, PositiveInt, model_validator

from mathmill.data.config import Config
from mathmill.train.grpo.problems_settings import ValidationSettings, Wording
from mathmill.train.objective.settings import Objective
from mathmill.train.reward.settings import ONLY_ACCURACY, Judging, Rewards, Steps
from mathmill.train.rollout.settings import RolloutSettings
from mathmill.train.sample.recipe import Asked
from mathmill.train.schedule import Schedule, Shape
from mathmill.train.settings import Course, Rows
from mathmill.train.watch.alarms import AlarmSettings

EXPLORING = "exploring"  # the kind of its Runs


class Explorations(Config):
    """How long is trained: exactly one of `epochs` and `explorations`."""

    epochs: float | None = Field(default=None, gt=0, description="of the Problems")
    explorations: PositiveInt | None = None

    @model_validator(mode="after")
    def _one_of_them(self) -> Explorations:
        if (self.epochs is None) == (self.explorations is None):
            raise ValueError("say exactly one of epochs and explorations")
        return self

    def count(self, problems: int, asked: int) -> int:
        """How many explorations there are, each of which asks so many of the Problems."""
        return self.explorations or max(1, math.ceil((self.epochs or 0) * problems / asked - 1e-9))


class Exploration(Config):
    """What is drawn with the policy as it is, and how often it is trained on."""

    problems: PositiveInt = Field(default=16, description="Problems of it, of all processes together")
    budget: float = Field(
        default=1.0,
        ge=1,
        description="times as many may be asked until so many groups have something to say (dynamic sampling of DAPO); "
        "1 asks once",
    )
    updates: PositiveInt = Field(default=1, description="passes over what was drawn (mu)")
    minibatches: PositiveInt = Field(default=1, description="steps of a pass")

    @property
    def steps(self) -> int:
        """Steps that are made of an exploration."""
        return self.updates * self.minibatches


class GrpoSchedule(Schedule):
    """One low rate throughout, that of DeepSeekMath (arXiv 2402.03300, section 4.2)."""

    rate: float = Field(default=1e-6, gt=0, description="learning rate at its highest")
    shape: Shape = "constant"


class GrpoRecipe(Course):
    """A policy learns from rewards of its own completions.

    By default the algorithm is GRPO as of DeepSeekMath, which draws 64 completions of 1,024 tokens for each Problem.
    """

    problems: Asked
    wording: Wording = Wording()
    validation: ValidationSettings = ValidationSettings()
    train: Explorations
    exploration: Exploration = Exploration()
    rollout: RolloutSettings = RolloutSettings()
    rewards: Rewards = ONLY_ACCURACY
    judging: Judging = Judging()
    objective: Objective = Objective()
    alarms: AlarmSettings = AlarmSettings()
    schedule: GrpoSchedule = GrpoSchedule()

    @model_validator(mode="after")
    def _goes_together(self) -> GrpoRecipe:
        if self.rewards_steps and (refused := self.objective.steps_refused):
            raise ValueError(refused)
        if self.objective.advantage.baseline in ("group", "others") and self.rollout.group < 2:
            raise ValueError("a group of one has nothing to be compared with: set rollout.group to 2 or more")
        return self

    @property
    def rewards_steps(self) -> bool:
        """Whether steps of completions are rewarded, and not only wholes."""
        return any(isinstance(each, Steps) for each in self.rewards)

    def rows(self, longest_prompt: int) -> Rows:
        """What a step is made of, at its largest."""
        rollouts = self.exploration.problems * self.rollout.group
        return Rows(
            step=-(-rollouts // self.exploration.minibatches),
            length=longest_prompt + self.rollout.max_new_tokens,
            packed=False,
        )
