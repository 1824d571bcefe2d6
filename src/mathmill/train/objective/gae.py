"""Advantages of tokens by a value model: generalized advantage estimation (Schulman et al. 2016, arXiv 1506.02438).

Of a rollout of C tokens with rewards r and values V, V[t] being what the model expects before token t is drawn:

    delta[t] = r[t] + gamma V[t+1] - V[t]           A[t] = delta[t] + gamma trace A[t+1]          (equations 12 and 16)

Behind the last token nothing is to come, also where a limit of tokens cut the rollout: V[C] and A[C] are 0. What the
value model is to learn is `A + V`. All is float64.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from mathmill.data.errors import ConfigError
from mathmill.train.objective.advantage import Floats, finite, scaled, std_of
from mathmill.train.objective.settings import AdvantageSettings


class Estimate(NamedTuple):
    """Of each token of a rollout [C]: how much better it was than expected, and what came of it."""

    advantages: Floats
    returns: Floats


def token_rewards(
    length: int, ends: Sequence[int], rewards: Sequence[float | None], costs_c: Floats | None = None
) -> Floats:
    """Rewards [C] of a rollout's tokens: those that are given at some (a whole one's at its last), less their costs.

    Costs [C] are a KL to the reference by token, times its coefficient. A reward of None counts for nothing: leave out
    rollouts whose whole reward is None.

    Raises:
        ConfigError: a reward is no number, or its place none of the completion's.
    """
    found = np.zeros(length) if costs_c is None else -np.asarray(costs_c, np.float64)
    for end, reward in zip(ends, map(finite, rewards), strict=True):
        if not 0 <= end < length:
            raise ConfigError(f"a reward is given at token {end} of {length}: places are 0 to {length - 1}")
        found[end] += reward or 0.0
    return found


def estimate(rewards_c: Floats, values_c: npt.NDArray[np.floating], gamma: float, trace: float) -> Estimate:
    """Advantages and returns of the tokens of a rollout."""
    values = np.asarray(values_c, np.float64)
    deltas = rewards_c + gamma * np.append(values[1:], 0.0)[: len(values)] - values
    advantages, later = np.zeros(len(values)), 0.0
    for at in reversed(range(len(values))):
        later = float(deltas[at]) + gamma * trace * later
        advantages[at] = later
    return Estimate(advantages, advantages + values)


def scaled_together(advantages: Sequence[Floats], settings: AdvantageSettings) -> list[Floats]:
    """With scale batch_std advantages of all tokens of an exploration, centred, over their std; else as they are."""
    if settings.scale != "batch_std":
        return list(advantages)
    whole = np.concatenate([np.zeros(0), *advantages])
    centre = float(whole.mean()) if len(whole) else 0.0
    std = std_of(whole, settings.divisor)
    return [scaled(each - centre, std, settings.eps) for each in advantages]
