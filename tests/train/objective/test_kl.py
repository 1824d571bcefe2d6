"""Estimators of the KL against KLs that can be enumerated: a policy of four tokens."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import Tensor

from mathmill.train.objective.kl import kl_costs, kl_of
from mathmill.train.objective.loss import Tokens, policy_loss
from mathmill.train.objective.settings import Estimator, KlSettings, LossSettings

THETA = torch.tensor([0.3, -1.0, 0.8, 0.1], dtype=torch.float64)
REFERENCE = torch.tensor([0.1, 0.2, -0.5, 0.6], dtype=torch.float64).log_softmax(0)
OLD = torch.tensor([0.5, -0.5, 0.5, 0.0], dtype=torch.float64).log_softmax(0)


def gradient(loss: Tensor, theta: Tensor) -> Tensor:
    return torch.autograd.grad(loss, theta)[0]


def expected_gradient(estimator: Estimator, corrected: bool, drawn_by: Tensor | None = None) -> Tensor:
    """What the KL in the loss gives on the average: each token is weighed by its probability."""
    theta = THETA.clone().requires_grad_()
    logprobs = theta.log_softmax(0)
    old = logprobs.detach() if drawn_by is None else drawn_by
    kl = KlSettings.model_construct(coefficient=1.0, estimator=estimator, place="loss", corrected=corrected)
    tokens = Tokens(logprobs, old, torch.zeros_like(old), old.exp(), torch.arange(4), REFERENCE)
    return gradient(policy_loss(tokens, LossSettings(), kl)[0], theta)


def kl_gradient(reverse: bool) -> Tensor:
    """Of KL(policy, reference), or of KL(reference, policy)."""
    theta = THETA.clone().requires_grad_()
    logprobs = theta.log_softmax(0)
    first, second = (REFERENCE, logprobs) if reverse else (logprobs, REFERENCE)
    return gradient((first.exp() * (first - second)).sum(), theta)


def close(found: Tensor, expected: Tensor) -> bool:
    return torch.allclose(found, expected, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("estimator", ["k1", "k3"])
def test_the_mean_is_the_kl(estimator: Estimator) -> None:
    logprobs = THETA.log_softmax(0)
    exact = (logprobs.exp() * (logprobs - REFERENCE)).sum()
    assert (logprobs.exp() * kl_of(logprobs, REFERENCE, estimator)).sum().item() == pytest.approx(exact.item())


def test_gradients_in_the_loss_as_it_is() -> None:
    assert close(expected_gradient("k1", corrected=False), torch.zeros(4, dtype=torch.float64))
    assert close(expected_gradient("k2", corrected=False), kl_gradient(reverse=False))
    assert close(expected_gradient("k3", corrected=False), kl_gradient(reverse=True))
    assert not close(kl_gradient(reverse=True), kl_gradient(reverse=False))


@pytest.mark.parametrize("drawn_by", [None, OLD], ids=["by itself", "by an older policy"])
@pytest.mark.parametrize("estimator", ["k1", "k3"])
def test_corrected_gradients_are_those_of_the_kl(estimator: Estimator, drawn_by: Tensor | None) -> None:
    assert close(expected_gradient(estimator, corrected=True, drawn_by=drawn_by), kl_gradient(reverse=False))


@pytest.mark.parametrize(("difference", "values"), [
    (0.0, (0.0, 0.0, 0.0)),
    (1.0, (1.0, 0.5, math.exp(-1))),
    (-2.0, (-2.0, 2.0, math.exp(2) - 3)),
])  # fmt: skip
def test_values(difference: float, values: tuple[float, float, float]) -> None:
    logprobs, reference = torch.tensor([-1.0 + difference]).double(), torch.tensor([-1.0]).double()
    names: tuple[Estimator, ...] = ("k1", "k2", "k3")
    for name, value in zip(names, values, strict=True):
        assert kl_of(logprobs, reference, name).item() == pytest.approx(value)
        costs = kl_costs(logprobs.float().numpy(), reference.float().numpy(), name, 0.5)
        assert costs.dtype == np.float64
        assert costs.tolist() == pytest.approx([0.5 * value])


def test_a_tiny_kl_is_not_lost() -> None:
    near = torch.tensor([-1.0]), torch.tensor([-1.0 - 2**-12])
    assert kl_of(*near, "k3").item() == pytest.approx(2**-25, rel=1e-3)


@pytest.mark.parametrize("estimator", ["k1", "k2", "k3"])
def test_gradients_are_those_of_finite_differences(estimator: Estimator) -> None:
    logprobs = THETA.log_softmax(0).requires_grad_()
    assert torch.autograd.gradcheck(lambda each: kl_of(each, REFERENCE, estimator), (logprobs,))
