"""Advantages of rollouts: their rewards less a baseline, over a scale.

    found = advantages_of(rewards, settings, baseline)     # rewards: of each group those of its rollouts
    found.values[2][5]                                     # of rollout 5 of group 2, for each of its tokens the same

With r the K known rewards of a group, m their mean, and s the std of what `scale` says (variances over K - 1 or K):

    none    r                         running  r - b, b from explorations before this one
    group   (r - m) / (s + eps)       others   (r - mean of the K - 1 others) / (s + eps) = K / (K - 1) (r - m) / ..

A reward of None is no part of m and s, and its rollout is not trained. All is float64, and follows from the order of
rewards within a group and nothing else.

The module is not for steps (`mathmill.train.objective.steps`), nor for a critic (`mathmill.train.objective.gae`).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mathmill.data.errors import ConfigError
from mathmill.train.objective.settings import AdvantageSettings

Floats = npt.NDArray[np.float64]
Rewards = Sequence[Sequence[float | None]]

#: Rewards that differ by less, as a share of the largest, are the same: a sum of weighted rewards rounds.
SAME = 1e-9


@dataclass(frozen=True, slots=True)
class Advantages:
    """Of the rollouts of all groups, in their order."""

    values: tuple[Floats, ...]  # 0 for those that are not trained
    trained: tuple[tuple[bool, ...], ...]
    alive: tuple[bool, ...]  # of groups: any of its rollouts is trained
    baseline: Mapping[str, float]  # the running baseline after this exploration: part of a checkpoint


def alive_groups(rewards: Rewards, settings: AdvantageSettings) -> tuple[bool, ...]:
    """Which groups have something to say: the others need no pass of the model.

    Raises:
        ConfigError: a reward is no number.
    """
    known = [_known(group) for group in rewards]
    if settings.baseline in ("group", "others"):
        return tuple(differ(each) for each in known)
    return tuple(len(each) > 0 for each in known)


def advantages_of(
    rewards: Rewards,
    settings: AdvantageSettings,
    baseline: Mapping[str, float] | None = None,
    costs: Sequence[Sequence[float]] | None = None,
) -> Advantages:
    """Compare rewards. `baseline` is what the exploration before gave back, `costs` what is taken from each reward.

    Costs are a KL to the reference, times its coefficient. Which groups are alive is for the rewards without them to
    say: else a KL would be all that a group without variance is trained on, scaled up to a std of 1. What is not
    trained may cost anything.

    Raises:
        ConfigError: a reward is no number; or the baseline is a critic's.
    """
    if settings.baseline == "critic":
        raise ConfigError("a critic's advantages are those of tokens: take them from mathmill.train.objective.gae")
    alive = alive_groups(rewards, settings)
    trained = tuple(
        tuple(reward is not None and lives for reward in group) for group, lives in zip(rewards, alive, strict=True)
    )
    nets = [_net(group, None if costs is None else costs[at], alive[at]) for at, group in enumerate(rewards)]
    whole = _std(np.concatenate([np.zeros(0), *nets]), settings)
    centre = running_mean(baseline or {})
    values = []
    for net, used in zip(nets, trained, strict=True):
        found = np.zeros(len(used))
        if any(used):
            std = {"none": None, "std": _std(net, settings), "batch_std": whole}[settings.scale]
            found[np.array(used)] = scaled(_centred(net, settings, centre), std, settings.eps)
        values.append(found)
    return Advantages(tuple(values), trained, alive, _followed(baseline or {}, nets, settings))


def running_mean(baseline: Mapping[str, float]) -> float:
    """The mean of rewards in the explorations that a running baseline has seen; 0 before the first."""
    return baseline["sum"] / baseline["weight"] if baseline else 0.0


def differ(known: Floats) -> bool:
    """Whether there are two values at least that are not the same."""
    return len(known) > 1 and float(np.ptp(known)) > SAME * float(np.abs(known).max())


def std_of(known: Floats, divisor: str) -> float:
    """The standard deviation of values, over their number or one less; of fewer than two 0."""
    return float(np.std(known, ddof=1 if divisor == "n-1" else 0)) if len(known) > 1 else 0.0


def scaled(centred: Floats, std: float | None, eps: float) -> Floats:
    """Values over a std and eps, or, where there is no scale or it is 0, as they are."""
    scale = 1.0 if std is None else std + eps
    return np.divide(centred, scale or 1.0)


def finite(reward: float | None) -> float | None:
    """The reward itself.

    Raises:
        ConfigError: it is no number.
    """
    if reward is not None and not math.isfinite(reward):
        raise ConfigError(f"a reward is {reward}: a reward is a finite number, or None where nobody can tell")
    return reward


def _known(group: Sequence[float | None]) -> Floats:
    return np.array([reward for reward in map(finite, group) if reward is not None], np.float64)


def _net(group: Sequence[float | None], costs: Sequence[float] | None, alive: bool) -> Floats:
    """Known rewards less their costs; of a dead group, whose KL nobody has asked for, without."""
    known = _known(group)
    if costs is None or not alive:
        return known
    known -= np.array([cost for reward, cost in zip(group, costs, strict=True) if reward is not None])
    return known


def _std(net: Floats, settings: AdvantageSettings) -> float:
    return std_of(net, settings.divisor)


def _centred(net: Floats, settings: AdvantageSettings, centre: float) -> Floats:
    less: Floats | float = 0.0
    match settings.baseline:
        case "group":
            less = float(net.mean())
        case "others":
            less = (net.sum() - net) / (len(net) - 1)
        case "running":
            less = centre
    return np.subtract(net, less)


def _followed(baseline: Mapping[str, float], nets: Sequence[Floats], settings: AdvantageSettings) -> dict[str, float]:
    """The baseline after this exploration: a mean in which each one counts `decay` times the next.

    Sum and weight are kept apart, so that the first exploration's mean is not drawn to 0.
    """
    known = np.concatenate([np.zeros(0), *nets])
    if settings.baseline != "running" or not len(known):
        return dict(baseline)
    before = baseline or {"sum": 0.0, "weight": 0.0}
    return {
        "sum": settings.decay * before["sum"] + float(known.mean()),
        "weight": settings.decay * before["weight"] + 1.0,
    }
