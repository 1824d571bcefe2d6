"""What the loop of GRPO works with.

This file imports torch at its head. Only functions import it.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from mathmill.train.grpo.feed import QuestionFeed
from mathmill.train.grpo.recipe import GrpoRecipe
from mathmill.train.grpo.reference import Reference
from mathmill.train.grpo.validate import Validator
from mathmill.train.parallel.processes import World
from mathmill.train.parallel.spread import Spread
from mathmill.train.policy.load import Policy
from mathmill.train.reward.scorer import Scorer
from mathmill.train.rollout.records import Engine, Question
from mathmill.train.watch.trackers import Trackers


@dataclass(frozen=True, slots=True)
class GroupJob:
    """`folder` is the Run's; there is a reference where something is held to it."""

    folder: Path
    policy: Policy
    spread: Spread
    engine: Engine
    scorer: Scorer
    reference: Reference | None
    feed: QuestionFeed
    held_out: tuple[Question, ...]
    validator: Validator
    recipe: GrpoRecipe
    steps: int
    world: World
    trackers: Trackers
