"""Process supervision: the steps of a completion are rewarded, and a token has a share in all that end behind it.

DeepSeekMath (arXiv 2402.03300), 4.1.3. Of a group all steps' rewards are pooled, R; each is normalised, and a token's
advantage is the sum over the steps of its rollout that end at it or later:

    r~ = (r - mean(R)) / (std(R) + eps)        A[t] = sum of r~ of steps with end >= t

With baseline none r~ is r, and A what is still to come, whose expected gradient is that of the sum of all rewards. Ends
are places in the completion, from 0: the token with which a step is said. A reward of None is of a step that nobody
decided, and no part of R. The last one is the whole completion's; where it is None the rollout is not trained.

C tokens of a completion.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mathmill.data.errors import ConfigError
from mathmill.train.objective.advantage import Floats, differ, finite, scaled, std_of
from mathmill.train.objective.settings import AdvantageSettings


@dataclass(frozen=True, slots=True)
class Steps:
    """Of a rollout of so many tokens: where its steps end, and the reward of each. The last is the whole one's."""

    length: int
    ends: Sequence[int]
    rewards: Sequence[float | None]

    def known(self) -> tuple[list[int], Floats]:
        """Ends and rewards of the steps that have one; of a rollout that is not trained none.

        Raises:
            ConfigError: an end is no place of the completion, or a reward no number; or one has no counterpart.
        """
        if len(self.ends) != len(self.rewards):
            raise ConfigError(f"{len(self.ends)} steps end and {len(self.rewards)} are rewarded: each has both")
        for end in self.ends if self.length else ():  # of a completion without tokens nothing is trained
            if not 0 <= end < self.length:
                raise ConfigError(f"a step ends at token {end} of {self.length}: places are 0 to {self.length - 1}")
        if not (self.length and self.rewards) or self.rewards[-1] is None:
            return [], np.zeros(0)
        pairs = [
            (end, reward) for end, reward in zip(self.ends, self.rewards, strict=True) if finite(reward) is not None
        ]
        return [end for end, _ in pairs], np.array([reward for _, reward in pairs], np.float64)


@dataclass(frozen=True, slots=True)
class StepAdvantages:
    """Of the rollouts of all groups, in their order, advantages [C]; 0 for those that are not trained."""

    values: tuple[tuple[Floats, ...], ...]
    trained: tuple[tuple[bool, ...], ...]
    alive: tuple[bool, ...]


def step_advantages(groups: Sequence[Sequence[Steps]], settings: AdvantageSettings) -> StepAdvantages:
    """Advantages of the tokens of groups of rollouts.

    A group is alive if two of its pooled rewards differ, or, without a baseline, if there is one.

    Raises:
        ConfigError: steps and their places do not fit; or the baseline is none for steps.
    """
    if settings.baseline not in ("group", "none"):
        raise ConfigError(f"steps are not compared by the baseline {settings.baseline}: set it to group or none")
    known = [[each.known() for each in group] for group in groups]
    pools = [np.concatenate([np.zeros(0), *(rewards for _, rewards in group)]) for group in known]
    alive = tuple(differ(pool) if settings.baseline == "group" else len(pool) > 0 for pool in pools)
    whole = std_of(np.concatenate([np.zeros(0), *pools]), settings.divisor)
    values = []
    for group, found, pool, lives in zip(groups, known, pools, alive, strict=True):
        centre = float(pool.mean()) if settings.baseline == "group" and lives else 0.0
        std = {"none": None, "std": std_of(pool, settings.divisor), "batch_std": whole}[settings.scale]
        values.append(
            tuple(
                still_to_come(ends, scaled(rewards - centre, std, settings.eps), each.length)
                if lives
                else np.zeros(each.length)
                for each, (ends, rewards) in zip(group, found, strict=True)
            )
        )
    trained = tuple(
        tuple(lives and len(ends) > 0 for ends, _ in found) for found, lives in zip(known, alive, strict=True)
    )
    return StepAdvantages(tuple(values), trained, alive)


def still_to_come(ends: Sequence[int], rewards: Floats, length: int) -> Floats:
    """For each token the sum of the rewards that are given at it or later."""
    at_c = np.zeros(length)
    np.add.at(at_c, np.array(ends, np.int64), rewards)
    return at_c[::-1].cumsum()[::-1].copy()
