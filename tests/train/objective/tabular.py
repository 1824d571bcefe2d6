"""A policy of three states that can be enumerated: tokens 0, 1 and 2, of which 0 ends a rollout, as a second one does.

A state is the prefix: nothing, 1, or 2. A rollout is 0, or 1 or 2 and any other token: seven of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from mathmill.train.objective.loss import Tokens, policy_loss, token_weights, whole_of
from mathmill.train.objective.settings import Objective

LONGEST = 2
ROLLOUTS: tuple[tuple[int, ...], ...] = ((0,), *product((1, 2), (0, 1, 2)))
REWARDS = (0.2, 1.0, 0.0, -0.5, 0.0, 1.0, 0.7)
THETA = torch.tensor([[0.2, -0.4, 0.5], [1.0, 0.3, -0.6], [-0.2, 0.4, 0.1]], dtype=torch.float64)
REFERENCE = torch.tensor([[0.0, 0.3, 0.1], [0.2, 0.2, -0.9], [0.5, -0.4, 0.3]], dtype=torch.float64).log_softmax(1)

Floats = npt.NDArray[np.float64]


def states(rollout: Sequence[int]) -> tuple[int, ...]:
    """The state in which each token is drawn."""
    return (0, *rollout)[: len(rollout)]


def logprobs(theta: Tensor, rollout: Sequence[int]) -> Tensor:
    """Of a rollout's tokens."""
    return theta.log_softmax(1)[list(states(rollout)), list(rollout)]


def probability(theta: Tensor, rollout: Sequence[int]) -> float:
    return float(logprobs(theta, rollout).sum().exp())


def true_gradient(rewards: Sequence[float], kl: float = 0.0) -> Tensor:
    """Of the expected reward, less so much of the KL from the policy's rollouts to the reference's."""
    theta = THETA.clone().requires_grad_()
    expected = torch.zeros((), dtype=torch.float64)
    for rollout, reward in zip(ROLLOUTS, rewards, strict=True):
        log = logprobs(theta, rollout).sum()
        reference = REFERENCE[list(states(rollout)), list(rollout)].sum()
        expected = expected + log.exp() * (reward - kl * (log - reference))
    return torch.autograd.grad(expected, theta)[0]


@dataclass(frozen=True, slots=True)
class Drawing:
    """All groups of a size that can be drawn, each as numbers of rollouts, with their probabilities."""

    groups: tuple[tuple[int, ...], ...]
    probabilities: tuple[float, ...]


def all_groups(size: int) -> Drawing:
    each = [probability(THETA, rollout) for rollout in ROLLOUTS]
    groups = tuple(product(range(len(ROLLOUTS)), repeat=size))
    return Drawing(groups, tuple(float(np.prod([each[number] for number in group])) for group in groups))


def expected_gradient(drawing: Drawing, advantages: Sequence[Sequence[Floats]], objective: Objective) -> Tensor:
    """The mean gradient of what is made larger, a step being one group; advantages [C] of each rollout."""
    theta = THETA.clone().requires_grad_()
    numbers = [number for group in drawing.groups for number in group]
    lengths = torch.tensor([len(ROLLOUTS[number]) for number in numbers])
    weights = []
    for group, chance, found in zip(drawing.groups, drawing.probabilities, advantages, strict=True):
        sizes = [len(ROLLOUTS[number]) for number in group]
        whole = whole_of(sizes, [bool(each.any()) for each in found], "all")
        weights += [chance * weight for weight in token_weights(sizes, objective.loss.mean, LONGEST, whole)]
    logprobs_n = torch.cat([logprobs(theta, ROLLOUTS[number]) for number in numbers])
    tokens = Tokens(
        logprobs_n=logprobs_n,
        old_n=logprobs_n.detach(),
        advantages_n=torch.from_numpy(np.concatenate([each for found in advantages for each in found])),
        weights_n=torch.tensor(weights, dtype=torch.float64).repeat_interleave(lengths),
        rollout_n=torch.arange(len(numbers)).repeat_interleave(lengths),
    )
    return -torch.autograd.grad(policy_loss(tokens, objective.loss, objective.kl)[0], theta)[0]
