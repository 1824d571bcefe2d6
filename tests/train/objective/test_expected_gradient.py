"""What the estimators are on the average: all groups that a small policy can draw, by their probabilities.

REINFORCE, with and without a baseline, RLOO, rewards of steps without a baseline, and GAE where it has no bias give the
gradient of the expected reward; GRPO and its like what their formulas come to.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence

import numpy as np
import pytest
import torch
from torch import Tensor

from mathmill.train.objective.advantage import Floats, advantages_of
from mathmill.train.objective.algorithms import Algorithm
from mathmill.train.objective.gae import estimate, token_rewards
from mathmill.train.objective.kl import kl_costs
from mathmill.train.objective.loss import Tokens, policy_loss, token_weights
from mathmill.train.objective.settings import KlSettings, LossSettings, Objective
from mathmill.train.objective.steps import Steps, step_advantages
from tests.train.objective.tabular import (
    LONGEST,
    REFERENCE,
    REWARDS,
    ROLLOUTS,
    THETA,
    Drawing,
    all_groups,
    expected_gradient,
    logprobs,
    probability,
    states,
    true_gradient,
)


def by_group(drawing: Drawing, objective: Objective, kl: float = 0.0) -> Tensor:
    """The mean gradient, out of rewards of whole rollouts."""
    rewards = [[REWARDS[number] for number in group] for group in drawing.groups]
    costs = [
        [
            float(
                kl_costs(
                    logprobs(THETA, ROLLOUTS[number]).numpy(),
                    REFERENCE[list(states(ROLLOUTS[number])), list(ROLLOUTS[number])].numpy(),
                    "k1",
                    kl,
                ).sum()
            )
            for number in group
        ]
        for group in drawing.groups
    ]
    found = advantages_of(rewards, objective.advantage, {"sum": 0.9, "weight": 2.0}, costs)
    spread = [
        [np.full(len(ROLLOUTS[number]), value) for number, value in zip(group, values, strict=True)]
        for group, values in zip(drawing.groups, found.values, strict=True)
    ]
    return expected_gradient(drawing, spread, objective)


def close(found: Tensor, expected: Tensor) -> bool:
    return torch.allclose(found, expected, rtol=1e-10, atol=1e-13) and bool(expected.abs().max() > 1e-3)


def test_probabilities_are_whole() -> None:
    assert sum(all_groups(2).probabilities) == pytest.approx(1)


@pytest.mark.parametrize(
    ("name", "size"),
    [
        ("reinforce", 1),
        ("reinforce", 3),
        ("reinforce_baseline", 1),
        ("reinforce_baseline", 2),
        ("rloo", 2),
        ("rloo", 3),
    ],
)
def test_these_have_no_bias(name: Algorithm, size: int) -> None:
    """The constant in place of a rollout's number of tokens is the longest length, and a factor of the whole."""
    assert close(by_group(all_groups(size), Objective(algorithm=name)), true_gradient(REWARDS) / LONGEST)


@pytest.mark.parametrize("name", ["reinforce", "reinforce_baseline"])
def test_a_kl_in_the_reward_is_that_of_whole_rollouts(name: Algorithm) -> None:
    found = by_group(all_groups(1), Objective(algorithm=name), kl=0.3)
    assert close(found, true_gradient(REWARDS, kl=0.3) / LONGEST)


@pytest.mark.parametrize("size", [2, 3])
def test_dr_grpo_is_the_gradient_but_for_a_factor(size: int) -> None:
    """The mean of a group that a rollout is part of takes 1 / G of its reward away (Liu et al. 2025, appendix A)."""
    found = by_group(all_groups(size), Objective(algorithm="dr_grpo"))
    assert close(found, true_gradient(REWARDS) * (size - 1) / size / LONGEST)


def scores(rollout: Sequence[int]) -> list[Floats]:
    """Of each token the gradient of its logprob: 1 at the token less the probabilities, in its state."""
    found = []
    for state, token in zip(states(rollout), rollout, strict=True):
        score = np.zeros(THETA.shape)
        score[state] = -THETA[state].softmax(0).numpy()
        score[state, token] += 1
        found.append(score)
    return found


@pytest.mark.parametrize(("name", "size"), [("grpo", 2), ("grpo", 3), ("gspo", 3), ("dapo", 3), ("cispo", 2)])
def test_grpo_and_its_like_are_what_their_formulas_say(name: Algorithm, size: int) -> None:
    drawing = all_groups(size)
    expected = np.zeros(THETA.shape)
    for group, chance in zip(drawing.groups, drawing.probabilities, strict=True):
        rewards = [REWARDS[number] for number in group]
        total = sum(len(ROLLOUTS[number]) for number in group)
        for number, reward in zip(group, rewards, strict=True):
            advantage = (reward - statistics.mean(rewards)) / (statistics.stdev(rewards) + 1e-4)
            length = len(ROLLOUTS[number])
            share = 1 / total if name in ("dapo", "cispo") else 1 / (size * length)
            expected += chance * share * advantage * sum(scores(ROLLOUTS[number]))
    objective = Objective.model_validate({"algorithm": name, "kl": {"coefficient": 0.0}})
    found = by_group(drawing, objective)
    assert close(found, torch.from_numpy(expected))
    cosine = torch.cosine_similarity(found.flatten(), true_gradient(REWARDS).flatten(), dim=0)
    assert 0.5 < cosine < 0.999  # about the same way, and not the same


STEP_REWARDS: tuple[tuple[float | None, ...], ...] = ((0.3,), *((a, b) for a in (1.0, 0.0) for b in (0.5, None, -1.0)))


def test_rewards_of_steps_without_a_baseline_have_no_bias() -> None:
    """A token is credited with what is still to come only, which leaves out noise and no more."""
    objective = Objective(algorithm="reinforce")
    drawing = all_groups(1)
    known = [tuple(0.0 if reward is None else reward for reward in each) for each in STEP_REWARDS]
    groups = [
        [Steps(len(ROLLOUTS[number]), range(len(ROLLOUTS[number])), known[number]) for number in group]
        for group in drawing.groups
    ]
    found = expected_gradient(drawing, step_advantages(groups, objective.advantage).values, objective)
    assert close(found, true_gradient([sum(each) for each in known]) / LONGEST)


def values_of(rewards: Sequence[float]) -> list[float]:
    """What is to be expected in each state, exactly."""
    found = []
    for prefix in ((), (1,), (2,)):
        after = [
            (probability(THETA, rollout), reward)
            for rollout, reward in zip(ROLLOUTS, rewards, strict=True)
            if rollout[: len(prefix)] == prefix
        ]
        found.append(sum(chance * reward for chance, reward in after) / sum(chance for chance, _ in after))
    return found


def by_critic(values: Sequence[float], trace: float) -> Tensor:
    objective = Objective.model_validate(
        {"algorithm": "ppo", "advantage": {"scale": "none"}, "loss": {"mean": "constant"}}
    )
    drawing = all_groups(1)
    advantages = []
    for (number,) in drawing.groups:
        rollout = ROLLOUTS[number]
        rewards = token_rewards(len(rollout), (len(rollout) - 1,), (REWARDS[number],))
        expected = np.array([values[state] for state in states(rollout)])
        advantages.append([estimate(rewards, expected, 1.0, trace).advantages])
    return expected_gradient(drawing, advantages, objective)


def test_gae_has_no_bias_to_the_end_or_with_true_values() -> None:
    truth = true_gradient(REWARDS) / LONGEST
    wrong, right = (0.7, -2.0, 1.5), values_of(REWARDS)
    assert close(by_critic(wrong, 1.0), truth)
    assert close(by_critic(right, 0.0), truth)
    assert close(by_critic(right, 0.5), truth)
    assert not torch.allclose(by_critic(wrong, 0.5), truth, rtol=0.01)


# A bandit of two arms: the right one is drawn with probability p, whose slope in the logit is p (1 - p).


def bandit(objective: Objective, group: int, logit: float, old: float) -> float:
    """The mean slope in the logit, of all numbers of right rollouts in a group that was drawn with the logit `old`."""
    theta = torch.tensor(logit, dtype=torch.float64, requires_grad=True)
    chance = 1 / (1 + math.exp(-old))
    right = [1.0] * group
    total = torch.zeros((), dtype=torch.float64)
    for number in range(group + 1):
        rewards = right[:number] + [0.0] * (group - number)
        advantages = advantages_of([rewards], objective.advantage).values[0]
        arms = torch.tensor(rewards, dtype=torch.float64) * 2 - 1
        weights = token_weights([1] * group, objective.loss.mean, 1, (group, group))
        tokens = Tokens(
            torch.nn.functional.logsigmoid(arms * theta),
            torch.nn.functional.logsigmoid(arms * old),
            torch.from_numpy(advantages),
            torch.tensor(weights, dtype=torch.float64),
            torch.arange(group),
        )
        share = policy_loss(tokens, objective.loss, KlSettings(coefficient=0.0))[0]
        total = total - math.comb(group, number) * chance**number * (1 - chance) ** (group - number) * share
    return float(torch.autograd.grad(total, theta)[0])


@pytest.mark.parametrize("old", [-0.8, 0.3], ids=["by itself", "by an older policy"])
@pytest.mark.parametrize(("name", "group"), [("reinforce", 1), ("reinforce", 4), ("rloo", 2), ("rloo", 5)])
def test_a_bandit_is_climbed_by_its_gradient(name: Algorithm, group: int, old: float) -> None:
    p = 1 / (1 + math.exp(0.8))
    assert bandit(Objective(algorithm=name), group, -0.8, old) == pytest.approx(p * (1 - p), rel=1e-12)


def test_weights_without_a_bound_correct_for_an_older_policy_too() -> None:
    loss = LossSettings(surrogate="logprob", clip_low=0.0, clip_high=0.0, mean="token")
    p = 1 / (1 + math.exp(0.8))
    objective = Objective.model_validate({"algorithm": "rloo", "loss": loss.model_dump()})
    assert bandit(objective, 3, -0.8, 0.3) == pytest.approx(p * (1 - p), rel=1e-12)


@pytest.mark.parametrize("group", [2, 4, 8])
def test_grpo_at_a_bandit(group: int) -> None:
    """With K of G right: the mean of sqrt(K (G - K) (G - 1) / G^3), which is steeper than p (1 - p) at either end."""
    objective = Objective.model_validate({"algorithm": "grpo", "advantage": {"eps": 0.0}})
    p = 1 / (1 + math.exp(2.0))
    expected = sum(
        math.comb(group, right) * p**right * (1 - p) ** (group - right)
        * math.sqrt(right * (group - right) * (group - 1) / group**3)
        for right in range(group + 1)
    )  # fmt: skip
    found = bandit(objective, group, -2.0, -2.0)
    assert found == pytest.approx(expected, rel=1e-12)
    assert found > p * (1 - p) * (group - 1) / group
