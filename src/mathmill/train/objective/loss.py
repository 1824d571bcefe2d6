"""The loss of a minibatch of rollouts, a share for each microbatch, whatever it is cut into.

    weights = token_weights(lengths, settings.mean, longest, whole_of(lengths, trained, settings.counts))
    share, sums = policy_loss(tokens, settings, kl)
    share.backward()                                     # shares and their gradients are summed up
    metrics_of(added_up)                                 # of the sums of all microbatches and processes

A share is `-sum(weight * objective)` over its tokens. With ratio = exp(logprob - old), lo and hi its bounds, A the
advantage and sg() what has no gradient, the objective of a token is

    surrogate ratio      min(ratio A, clip(ratio, lo, hi) A)                      (PPO, equation 7)
                         where A < 0 and with dual_clip at least dual_clip A      (arXiv 1912.09729, equation 5)
    surrogate logprob    sg(clip(ratio, lo, hi)) A logprob                        (CISPO, arXiv 2506.13585, 3.1)

times the weight of another engine's tokens, less coefficient times its KL. At level sequence the ratio of all tokens of
a rollout is sg(s) exp(logprob - sg(logprob)), where log s is the mean of logprob - old over them: worth s, each token
having its gradient (GSPO-token, arXiv 2507.18071, equations 13 and 14).

This file imports torch at its head. Only functions import it.

n trained tokens of a microbatch, in the order of its rollouts; a rollout is never in two.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import torch
from torch import Tensor

from mathmill.data.errors import ConfigError
from mathmill.train.objective.kl import kl_of
from mathmill.train.objective.settings import CorrectionSettings, KlSettings, LossSettings, Mean

# The largest deviation of all cannot be summed up. The root of the sum of its powers can, and is at most twice as large
# for 60,000 tokens that deviate alike.
_POWER = 16
_FAR = 1e18  # whose power is a number


@dataclass(frozen=True, slots=True)
class Tokens:
    """The trained tokens of a microbatch, on the policy's device."""

    logprobs_n: Tensor  # with gradient
    old_n: Tensor  # by the policy that they were drawn from
    advantages_n: Tensor
    weights_n: Tensor  # of `token_weights`
    rollout_n: Tensor  # int64: which rollout of the microbatch, from 0
    reference_n: Tensor | None = None
    correction_n: Tensor | None = None  # of `importance_correction`


class Whole(NamedTuple):
    """What a mean is taken over, of a whole minibatch."""

    rollouts: int
    tokens: int


def whole_of(lengths: Sequence[int], trained: Sequence[bool], counts: Literal["all", "alive"]) -> Whole:
    """The denominators of a minibatch of all rollouts that were drawn for it: over all, or over those trained.

    With `all` the loss is that of the formula on all groups, and leaving out dead ones only saves time (but for a KL in
    the loss, which does not pull at them); with `alive` a step is as large however few groups are alive.
    """
    counted = [length for length, used in zip(lengths, trained, strict=True) if used or counts == "all"]
    return Whole(len(counted), sum(counted))


def token_weights(lengths: Sequence[int], mean: Mean, longest: int, of: tuple[float, float]) -> list[float]:
    """Of each rollout, by its length, what each of its tokens weighs in the loss of a minibatch.

    `of` counts rollouts and tokens of the whole minibatch (`whole_of`), R and T; C is a rollout's length:

        token 1 / T (DAPO)      sequence 1 / (R C) (GRPO)      constant 1 / (R longest) (Dr. GRPO)

    Of one of several minibatches that are made of an exploration they may be its share of R and T, which need not be
    whole numbers: the mean of their losses is then that of all.

    Raises:
        ConfigError: a rollout is longer than the longest, or the minibatch is said to have none.
    """
    rollouts, tokens = of
    if any(lengths) and not (rollouts > 0 and tokens > 0):
        raise ConfigError(f"a minibatch of {len(lengths)} rollouts is said to have {rollouts} of {tokens} tokens")
    if mean == "constant" and max(lengths, default=0) > longest:
        raise ConfigError(f"a rollout has {max(lengths)} tokens: the longest that is drawn is to be said to be so long")
    match mean:
        case "token":
            return [1.0 / tokens if length else 0.0 for length in lengths]
        case "sequence":
            return [1.0 / (rollouts * length) if length else 0.0 for length in lengths]
    return [1.0 / (rollouts * longest) if length else 0.0 for length in lengths]


def policy_loss(tokens: Tokens, settings: LossSettings, kl: KlSettings) -> tuple[Tensor, dict[str, Tensor]]:
    """The share of a microbatch in the loss, with its gradient; and sums for `metrics_of`.

    Raises:
        ConfigError: a KL is in the loss, and there is no reference.
    """
    ratio_n = _ratio(tokens, settings)
    objective_n = _objective(tokens, ratio_n, settings)
    if tokens.correction_n is not None:
        objective_n = objective_n * tokens.correction_n
    if kl.in_loss:
        objective_n = objective_n - kl.coefficient * _penalty(tokens, kl)
    return -(tokens.weights_n * objective_n).sum(), _sums(tokens, ratio_n.detach(), settings)


@torch.no_grad()
def importance_correction(
    policy_n: Tensor, engine_n: Tensor, rollout_n: Tensor, settings: CorrectionSettings
) -> Tensor:
    """Weights of tokens that another engine drew: how much likelier they are to the policy, up to `most`.

    `policy_n` are logprobs by the policy as it was when they were drawn, `engine_n` the engine's own.
    """
    log_n = policy_n - engine_n
    if settings.level == "sequence":
        log_n = torch.zeros_like(log_n).index_add_(0, rollout_n, log_n)[rollout_n]
    return log_n.exp().clamp(max=settings.most)


def metrics_of(sums: Mapping[str, float]) -> dict[str, float]:
    """Means over tokens, out of what `policy_loss` gave for all microbatches of all processes, added up.

    `ratio_most` is the largest deviation of a ratio from 1, or up to twice as much where many tokens deviate so.
    """
    tokens = sums.get("tokens", 0.0)
    if not tokens:
        return {}
    means = ("ratio", "clipped_low", "clipped_high", "kl_old", "kl", "correction")
    return {name: sums[name] / tokens for name in means if name in sums} | {
        "ratio_most": sums["ratio_power"] ** (1 / _POWER)
    }


def _ratio(tokens: Tokens, settings: LossSettings) -> Tensor:
    log_n = tokens.logprobs_n - tokens.old_n
    if settings.level == "sequence":
        # There are no more rollouts than tokens: to ask how many there are would wait for the GPU.
        zeros = torch.zeros_like(log_n)
        sums = zeros.index_add(0, tokens.rollout_n, log_n.detach())
        lengths = zeros.index_add(0, tokens.rollout_n, torch.ones_like(log_n))
        own_n = tokens.logprobs_n - tokens.logprobs_n.detach()
        log_n = (sums / lengths.clamp(min=1))[tokens.rollout_n] + own_n
    return log_n.exp()


def _objective(tokens: Tokens, ratio_n: Tensor, settings: LossSettings) -> Tensor:
    advantages_n = tokens.advantages_n
    low, high = settings.bounds
    clipped_n = ratio_n if low is None and high is None else ratio_n.clamp(low, high)
    if settings.surrogate == "logprob":
        return clipped_n.detach() * advantages_n * tokens.logprobs_n
    objective_n = torch.minimum(ratio_n * advantages_n, clipped_n * advantages_n)
    if settings.dual_clip:
        least_n = torch.maximum(objective_n, settings.dual_clip * advantages_n)
        objective_n = torch.where(advantages_n < 0, least_n, objective_n)
    return objective_n


def _penalty(tokens: Tokens, kl: KlSettings) -> Tensor:
    if tokens.reference_n is None:
        raise ConfigError("a KL is in the loss, and the reference's logprobs are not there")
    found_n = kl_of(tokens.logprobs_n, tokens.reference_n, kl.estimator)
    return found_n * (tokens.logprobs_n - tokens.old_n).exp() if kl.corrected else found_n


@torch.no_grad()
def _sums(tokens: Tokens, ratio_n: Tensor, settings: LossSettings) -> dict[str, Tensor]:
    """Sums over tokens, in float64: of ratios and of the KL to what drew them, of those clipped, of the other KL."""
    ratio_n = ratio_n.double()
    low, high = settings.bounds
    # A ratio's bound is felt on one side only, where it takes the gradient away; a weight's on either.
    signs_n = tokens.advantages_n if settings.surrogate == "ratio" else None
    below_n = torch.zeros_like(ratio_n) if low is None else (ratio_n < low).double()
    above_n = torch.zeros_like(ratio_n) if high is None else (ratio_n > high).double()
    if signs_n is not None:
        below_n, above_n = below_n * (signs_n < 0), above_n * (signs_n > 0)
    logprobs_n, old_n = tokens.logprobs_n.double(), tokens.old_n.double()
    sums = {
        "tokens": torch.ones_like(ratio_n),
        "ratio": ratio_n,
        "ratio_power": (ratio_n - 1).abs().clamp(max=_FAR) ** _POWER,
        "clipped_low": below_n,
        "clipped_high": above_n,
        "kl_old": kl_of(old_n, logprobs_n, "k3"),
    }
    if tokens.reference_n is not None:
        sums["kl"] = kl_of(logprobs_n, tokens.reference_n.double(), "k3")
    if tokens.correction_n is not None:
        sums["correction"] = tokens.correction_n.double()
    return {name: each.sum() for name, each in sums.items()}
