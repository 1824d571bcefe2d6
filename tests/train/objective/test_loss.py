"""The loss against closed forms, finite differences in float64, and a step of GRPO worked by hand."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, get_args

import numpy as np
import pytest
import torch
from torch import Tensor

from mathmill.data.errors import ConfigError
from mathmill.train.objective.advantage import advantages_of
from mathmill.train.objective.algorithms import Algorithm
from mathmill.train.objective.loss import (
    Tokens,
    importance_correction,
    metrics_of,
    policy_loss,
    token_weights,
    whole_of,
)
from mathmill.train.objective.settings import CorrectionSettings, KlSettings, LossSettings, Mean, Objective

NO_KL = KlSettings(coefficient=0.0)
LENGTHS = [3, 1, 5, 2, 4, 3]


def doubles(values: Sequence[float]) -> Tensor:
    return torch.tensor(values, dtype=torch.float64)


def tokens_of(lengths: Sequence[int], settings: LossSettings, seed: int = 0, **changes: Any) -> Tokens:
    """Rollouts by a policy a little older than the one that is trained, with all that a loss may ask for."""
    draw = torch.Generator().manual_seed(seed)
    n = sum(lengths)
    old = -torch.rand(n, dtype=torch.float64, generator=draw) * 3 - 0.5
    new = old + 0.4 * torch.randn(n, dtype=torch.float64, generator=draw)
    weights = doubles(
        token_weights(lengths, settings.mean, max(lengths), whole_of(lengths, [True] * len(lengths), "all"))
    )
    counts = torch.tensor(lengths)
    made = Tokens(
        logprobs_n=new.requires_grad_(),
        old_n=old,
        advantages_n=torch.randn(len(lengths), dtype=torch.float64, generator=draw).repeat_interleave(counts),
        weights_n=weights.repeat_interleave(counts),
        rollout_n=torch.arange(len(lengths)).repeat_interleave(counts),
        reference_n=old + 0.3 * torch.randn(n, dtype=torch.float64, generator=draw),
        correction_n=0.5 + torch.rand(n, dtype=torch.float64, generator=draw),
    )
    return replace(made, **changes)


def gradient(tokens: Tokens, settings: LossSettings, kl: KlSettings = NO_KL) -> Tensor:
    return torch.autograd.grad(policy_loss(tokens, settings, kl)[0], tokens.logprobs_n)[0]


def one(ratio: float, advantage: float, settings: LossSettings, kl: KlSettings = NO_KL) -> tuple[float, float]:
    """Loss and gradient at a single token whose logprob is -1."""
    tokens = Tokens(
        doubles([-1.0]).requires_grad_(), doubles([-1.0 - math.log(ratio)]), doubles([advantage]), doubles([1.0]),
        torch.tensor([0]), doubles([-1.5]),
    )  # fmt: skip
    return policy_loss(tokens, settings, kl)[0].item(), gradient(tokens, settings, kl).item()


PPO = LossSettings(clip_low=0.2, clip_high=0.3)
FREE = LossSettings(clip_low=0.0, clip_high=0.0)
DUAL = LossSettings(clip_low=0.2, clip_high=0.3, dual_clip=3.0)
CISPO = LossSettings(surrogate="logprob", clip_low=0.2, clip_high=0.3)
ABOVE = LossSettings(surrogate="logprob", clip_low=0.0, clip_high=0.3)
# settings, ratio, advantage -> loss, gradient with respect to the logprob
CASES = {
    "within": (PPO, 1.1, 2.0, -2.2, -2.2),
    "above and better": (PPO, 1.5, 2.0, -2.6, 0.0),
    "above and worse": (PPO, 1.5, -2.0, 3.0, 3.0),
    "below and better": (PPO, 0.5, 2.0, -1.0, -1.0),
    "below and worse": (PPO, 0.5, -2.0, 1.6, 0.0),
    "just drawn": (PPO, 1.0, 2.0, -2.0, -2.0),
    "free above": (FREE, 5.0, 2.0, -10.0, -10.0),
    "free below": (FREE, 0.1, -2.0, 0.2, 0.2),
    "dual: far above and worse": (DUAL, 5.0, -2.0, 6.0, 0.0),
    "dual: above and worse": (DUAL, 2.0, -2.0, 4.0, 4.0),
    "dual: above and better": (DUAL, 5.0, 2.0, -2.6, 0.0),
    "dual: below and worse": (DUAL, 0.5, -2.0, 1.6, 0.0),
    "weight within": (CISPO, 1.1, 2.0, 2.2, -2.2),
    "weight above": (CISPO, 5.0, 2.0, 2.6, -2.6),
    "weight above and worse": (CISPO, 5.0, -2.0, -2.6, 2.6),
    "weight below": (CISPO, 0.1, 2.0, 1.6, -1.6),
    "weight below without a bound": (ABOVE, 0.1, 2.0, 0.2, -0.2),
    "no advantage": (PPO, 1.5, 0.0, 0.0, 0.0),
}


@pytest.mark.parametrize(("settings", "ratio", "advantage", "loss", "slope"), CASES.values(), ids=CASES.keys())
def test_a_token_by_hand(settings: LossSettings, ratio: float, advantage: float, loss: float, slope: float) -> None:
    assert one(ratio, advantage, settings) == pytest.approx((loss, slope), abs=1e-12)


def test_the_kl_is_beside_the_surrogate() -> None:
    k3 = math.exp(-0.5) - 1 + 0.5
    kl = KlSettings(coefficient=0.04)
    assert one(1.1, 2.0, PPO, kl) == pytest.approx((-2.2 + 0.04 * k3, -2.2 + 0.04 * (1 - math.exp(-0.5))))
    corrected = KlSettings(coefficient=0.04, corrected=True)
    assert one(1.1, 2.0, PPO, corrected) == pytest.approx((-2.2 + 0.044 * k3, -2.2 + 0.044 * 0.5))
    in_reward = KlSettings(coefficient=0.04, estimator="k1", place="reward")
    assert one(1.1, 2.0, PPO, in_reward) == pytest.approx((-2.2, -2.2))
    clipped_too = one(1.5, 2.0, PPO, KlSettings(coefficient=0.04, estimator="k2"))
    assert clipped_too == pytest.approx((-2.6 + 0.04 * 0.125, 0.04 * 0.5))
    with pytest.raises(ConfigError, match="reference"):
        policy_loss(tokens_of([2], PPO, reference_n=None), PPO, kl)


@pytest.mark.parametrize("kl", [NO_KL, KlSettings(coefficient=0.3), KlSettings(coefficient=0.3, corrected=True)])
@pytest.mark.parametrize("mean", get_args(Mean))
@pytest.mark.parametrize("change", [{}, {"dual_clip": 1.5}, {"clip_low": 0.0, "clip_high": 0.0}])
def test_gradients_are_those_of_finite_differences(change: dict[str, float], mean: Mean, kl: KlSettings) -> None:
    settings = LossSettings.model_validate({"mean": mean, "clip_low": 0.2, "clip_high": 0.3} | change)
    tokens = tokens_of(LENGTHS, settings)
    assert torch.autograd.gradcheck(
        lambda logprobs: policy_loss(replace(tokens, logprobs_n=logprobs), settings, kl)[0], (tokens.logprobs_n,)
    )


def parts(flat: Tensor, lengths: Sequence[int]) -> tuple[Tensor, ...]:
    """By rollout."""
    return torch.tensor_split(flat, list(np.cumsum(lengths)[:-1]))


def differences(loss: Callable[[Tensor], Tensor], at: Tensor) -> Tensor:
    """Central differences of what has stop-gradients in it."""
    found = torch.zeros_like(at)
    for place in range(len(at)):
        moved = torch.zeros_like(at)
        moved[place] = 1e-6
        found[place] = (loss(at + moved) - loss(at - moved)) / 2e-6
    return found


def test_gspo_has_the_gradient_of_the_ratio_of_sequences() -> None:
    settings = Objective.model_validate({"algorithm": "gspo", "loss": {"clip_low": 0.1, "clip_high": 0.15}}).loss
    tokens = tokens_of(LENGTHS, settings, correction_n=None)
    at = tokens.logprobs_n.detach()
    ratios = [each.mean().exp() for each in parts(at - tokens.old_n, LENGTHS)]
    advantages = [each[0] for each in parts(tokens.advantages_n, LENGTHS)]
    expected = -sum(
        torch.minimum(ratio * advantage, ratio.clamp(0.9, 1.15) * advantage)
        for ratio, advantage in zip(ratios, advantages, strict=True)
    ) / len(LENGTHS)
    share, sums = policy_loss(tokens, settings, NO_KL)
    assert share.item() == pytest.approx(float(expected), rel=1e-12)
    slopes = differences(lambda each: policy_loss(replace(tokens, logprobs_n=each), settings, NO_KL)[0], at)
    assert torch.allclose(gradient(tokens, settings), slopes, atol=1e-8)
    assert 0 < sums["clipped_low"] + sums["clipped_high"] < sum(LENGTHS)


def test_gspo_gives_each_token_its_own_advantage() -> None:
    """GSPO-token, equation 14: the slope at a token is its own advantage times the ratio of the sequence."""
    settings = LossSettings(level="sequence", clip_low=0.0, clip_high=0.0)
    tokens = tokens_of([2, 3], settings, advantages_n=doubles([1.0, -2.0, 0.5, 0.0, 3.0]), correction_n=None)
    first, second = (each.mean().exp().item() for each in parts(tokens.logprobs_n.detach() - tokens.old_n, [2, 3]))
    ratios = doubles([first] * 2 + [second] * 3)
    assert torch.allclose(gradient(tokens, settings), -tokens.weights_n * ratios * tokens.advantages_n)


def test_cispo_weighs_logprobs() -> None:
    settings = Objective(algorithm="cispo").loss
    tokens = tokens_of(LENGTHS, settings, correction_n=None)
    logprobs = tokens.logprobs_n.detach()
    weights = (logprobs - tokens.old_n).exp().clamp(max=5.0)
    expected = -(weights * tokens.advantages_n * logprobs).sum() / sum(LENGTHS)
    assert policy_loss(tokens, settings, NO_KL)[0].item() == pytest.approx(expected.item())
    assert torch.allclose(gradient(tokens, settings), -weights * tokens.advantages_n / sum(LENGTHS))


def test_a_step_of_grpo_by_hand() -> None:
    """Two groups of two, of which the second says nothing and is not passed."""
    rewards = [[1.0, 0.0], [1.0, 1.0]]
    objective = Objective.model_validate({"algorithm": "grpo", "advantage": {"eps": 0.0}})
    found = advantages_of(rewards, objective.advantage)
    lengths, trained = [2, 4, 1, 3], [each for group in found.trained for each in group]
    whole = whole_of(lengths, trained, objective.loss.counts)
    assert whole == (4, 10)
    weights = token_weights(lengths[:2], objective.loss.mean, 8, whole)
    assert weights == [1 / 8, 1 / 16]
    a = 0.5**0.5
    assert found.values[0].tolist() == pytest.approx([a, -a])
    ratios = [1.1, 1.3, 0.9, 0.7, 1.0, 1.25]
    differ = [0.1, -0.2, 0.0, 0.3, 0.0, -0.1]  # of logprobs from the reference's
    logprobs = doubles([-0.5, -1.0, -2.0, -0.1, -3.0, -0.7]).requires_grad_()
    tokens = Tokens(
        logprobs,
        logprobs.detach() - doubles(ratios).log(),
        doubles([a] * 2 + [-a] * 4),
        doubles([1 / 8] * 2 + [1 / 16] * 4),
        torch.tensor([0, 0, 1, 1, 1, 1]),
        logprobs.detach() - doubles(differ),
    )
    share, sums = policy_loss(tokens, objective.loss, objective.kl)
    k3 = [math.exp(-d) - 1 + d for d in differ]
    # First rollout: 1.1 a, and 1.3 a clipped to 1.2 a. Second: -.9 a, -.7 a clipped to -.8 a, -a, -1.25 a not clipped.
    first = (1.1 + 1.2) * a / 8 - 0.04 * (k3[0] + k3[1]) / 8
    second = -(0.9 + 0.8 + 1.0 + 1.25) * a / 16 - 0.04 * sum(k3[2:]) / 16
    assert share.item() == pytest.approx(-first - second, rel=1e-12)
    by_kl = [0.04 * (1 - math.exp(-d)) for d in differ]
    expected = [
        (-1.1 * a + by_kl[0]) / 8, by_kl[1] / 8,
        (0.9 * a + by_kl[2]) / 16, by_kl[3] / 16, (a + by_kl[4]) / 16, (1.25 * a + by_kl[5]) / 16,
    ]  # fmt: skip
    share.backward()  # type: ignore[no-untyped-call]
    assert logprobs.grad is not None
    assert logprobs.grad.tolist() == pytest.approx(expected, rel=1e-12)
    metrics = metrics_of({name: float(value) for name, value in sums.items()})
    assert metrics["clipped_high"] == pytest.approx(1 / 6)
    assert metrics["clipped_low"] == pytest.approx(1 / 6)
    assert metrics["ratio"] == pytest.approx(sum(ratios) / 6)
    assert metrics["kl"] == pytest.approx(sum(k3) / 6)
    assert metrics["kl_old"] == pytest.approx(sum(r - 1 - math.log(r) for r in ratios) / 6)
    assert 0.3 <= metrics["ratio_most"] < 0.3 * 6 ** (1 / 16)
    assert "correction" not in metrics


def cut(tokens: Tokens, rollouts: Sequence[int]) -> Tokens:
    """Some rollouts, in this order."""
    at = torch.cat([(tokens.rollout_n == rollout).nonzero().squeeze(1) for rollout in rollouts])
    number = {rollout: place for place, rollout in enumerate(rollouts)}
    parts = {
        name: getattr(tokens, name)[at]
        for name in ("logprobs_n", "old_n", "advantages_n", "weights_n", "reference_n", "correction_n")
    }
    return Tokens(**parts, rollout_n=torch.tensor([number[int(each)] for each in tokens.rollout_n[at]]))


@pytest.mark.parametrize("cuts", [[[0], [1], [2], [3], [4], [5]], [[5, 4, 3, 2, 1, 0]], [[2, 0], [5, 1, 4], [3]]])
@pytest.mark.parametrize("name", get_args(Algorithm))
def test_nothing_hangs_on_microbatches_and_order(name: Algorithm, cuts: list[list[int]]) -> None:
    objective = Objective.model_validate({"algorithm": name, "kl": {"coefficient": 0.1}})
    tokens = tokens_of(LENGTHS, objective.loss)
    whole, sums = policy_loss(tokens, objective.loss, objective.kl)
    expected = torch.autograd.grad(whole, tokens.logprobs_n)[0]
    total, added, found = 0.0, Counter[str](), torch.zeros_like(expected)
    for rollouts in cuts:
        share, some = policy_loss(cut(tokens, rollouts), objective.loss, objective.kl)
        found += torch.autograd.grad(share, tokens.logprobs_n)[0]
        total += share.item()
        added.update({each: float(value) for each, value in some.items()})
    assert total == pytest.approx(whole.item(), rel=1e-12)
    assert torch.allclose(found, expected, rtol=1e-12, atol=1e-14)
    assert dict(added) == pytest.approx({each: float(value) for each, value in sums.items()}, rel=1e-12)


def test_weights_of_each_mean() -> None:
    lengths = [1, 3]
    assert token_weights(lengths, "token", 8, (4, 10)) == [1 / 10, 1 / 10]
    assert token_weights(lengths, "sequence", 8, (4, 10)) == [1 / 4, 1 / 12]
    assert token_weights(lengths, "constant", 8, (4, 10)) == [1 / 32, 1 / 32]
    assert [token_weights([0, 2], mean, 8, (2, 2))[0] for mean in ("token", "sequence")] == [0, 0]
    assert token_weights([], "token", 8, (0, 0)) == []
    means: tuple[Mean, ...] = get_args(Mean)
    for mean in means:  # of a minibatch that is all there, weights of equally long rollouts are a mean
        weights = token_weights([4, 4], mean, 4, whole_of([4, 4], [True, True], "all"))
        assert sum(4 * weight for weight in weights) == pytest.approx(1)


@pytest.mark.parametrize("mean", get_args(Mean))
def test_minibatches_of_an_exploration_have_its_mean(mean: Mean) -> None:
    settings = LossSettings(mean=mean)
    tokens = tokens_of(LENGTHS, settings)
    total = 0.0
    for some in ([0, 1, 2], [3, 4], [5]):
        lengths = [LENGTHS[rollout] for rollout in some]
        weights = token_weights(lengths, mean, max(LENGTHS), (len(LENGTHS) / 3, sum(LENGTHS) / 3))
        part = replace(cut(tokens, some), weights_n=doubles(weights).repeat_interleave(torch.tensor(lengths)))
        total += policy_loss(part, settings, NO_KL)[0].item() / 3
    assert total == pytest.approx(policy_loss(tokens, settings, NO_KL)[0].item())


def test_what_is_counted() -> None:
    lengths, trained = [4, 2, 6], [True, False, True]
    assert whole_of(lengths, trained, "all") == (3, 12)
    assert whole_of(lengths, trained, "alive") == (2, 10)


@pytest.mark.parametrize(
    ("lengths", "mean", "of", "told"),
    [
        ([3, 3], "token", (0, 0), "2 rollouts"),
        ([3], "token", (1, 0), "1 rollouts"),
        ([9], "constant", (1, 9), "longest"),
    ],
)
def test_weights_that_cannot_be(lengths: list[int], mean: Mean, of: tuple[int, int], told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        token_weights(lengths, mean, 8, of)


def test_dead_groups_left_out_change_nothing() -> None:
    settings = LossSettings(mean="sequence")
    tokens = tokens_of([2, 3, 4], settings)
    dead = replace(tokens, advantages_n=tokens.advantages_n * (tokens.rollout_n != 1))
    alive = cut(tokens, [0, 2])
    assert policy_loss(dead, settings, NO_KL)[0].item() == pytest.approx(policy_loss(alive, settings, NO_KL)[0].item())


def test_what_was_just_drawn_has_a_ratio_of_1() -> None:
    tokens = tokens_of(LENGTHS, PPO)
    for settings in (PPO, LossSettings(level="sequence")):
        sums = policy_loss(replace(tokens, old_n=tokens.logprobs_n.detach()), settings, NO_KL)[1]
        metrics = metrics_of({name: float(value) for name, value in sums.items()})
        assert (metrics["ratio"], metrics["ratio_most"], metrics["kl_old"]) == (1, 0, 0)
        assert metrics["clipped_low"] == metrics["clipped_high"] == 0


def test_the_largest_deviation_is_found_among_many_small_ones() -> None:
    old = torch.full((50_000,), -1.0)
    new = old + 1e-7 * torch.randn(50_000, generator=torch.Generator().manual_seed(0))
    new[123] += 0.01
    nothing = torch.zeros_like(old)
    sums = policy_loss(Tokens(new, old, nothing, nothing, torch.zeros(50_000, dtype=torch.int64)), PPO, NO_KL)[1]
    assert metrics_of({k: float(v) for k, v in sums.items()})["ratio_most"] == pytest.approx(0.01005, rel=1e-3)
    assert metrics_of({}) == {}


def test_bounds_of_weights_are_felt_on_either_side() -> None:
    settings = LossSettings(surrogate="logprob", clip_low=0.2, clip_high=0.2)
    ratios = doubles([0.5, 0.5, 2.0, 2.0])
    tokens = Tokens(
        doubles([-1.0] * 4), -1.0 - ratios.log(), doubles([1.0, -1.0] * 2), doubles([1.0] * 4), torch.arange(4)
    )
    for surrogate, counted in (("logprob", 2), ("ratio", 1)):
        sums = policy_loss(tokens, settings.model_copy(update={"surrogate": surrogate}), NO_KL)[1]
        assert (float(sums["clipped_low"]), float(sums["clipped_high"])) == (counted, counted)


def test_tokens_of_another_engine_are_weighed() -> None:
    policy, engine = doubles([-1.0, -2.0, -1.0, -0.5]), doubles([-1.5, -1.0, -3.0, -0.5])
    rollouts = torch.tensor([0, 0, 1, 1])
    by_token = importance_correction(policy, engine, rollouts, CorrectionSettings(most=2.0))
    assert by_token.tolist() == pytest.approx([math.exp(0.5), math.exp(-1.0), 2.0, 1.0])
    by_rollout = importance_correction(policy, engine, rollouts, CorrectionSettings(level="sequence", most=3.0))
    assert by_rollout.tolist() == pytest.approx([math.exp(-0.5)] * 2 + [3.0] * 2)
    kl = KlSettings(coefficient=0.5)
    plain = tokens_of([4], PPO, correction_n=None)
    weighed = replace(plain, correction_n=by_token)
    without_kl = policy_loss(replace(plain, weights_n=plain.weights_n * by_token), PPO, NO_KL)[0]
    only_kl = policy_loss(plain, PPO, kl)[0] - policy_loss(plain, PPO, NO_KL)[0]
    share, sums = policy_loss(weighed, PPO, kl)
    assert share.item() == pytest.approx((without_kl + only_kl).item())
    assert sums["correction"].item() == pytest.approx(float(np.sum(by_token.numpy())))
