"""Estimators of the KL from the policy to its reference, out of tokens that were drawn (Schulman 2020, "Approximating
KL divergence", joschu.net/blog/kl-approx.html).

With d = logprob - reference of a token drawn from the policy, KL(policy, reference) = E[d]:

           value               mean           gradient in the loss, g that of the logprob, and its mean
    k1     d                   the KL         g                0: noise, and nothing else
    k2     d^2 / 2             not the KL     d g              gradient of the KL
    k3     exp(-d) - 1 + d     the KL         (1 - exp(-d)) g  gradient of KL(reference, policy)

In the loss times the token's ratio (`corrected`; DeepSeek-V3.2, arXiv 2512.02556) k1 has the gradient
`ratio (d + 1) g` and k3 `ratio d g`: both are that of the KL on the average, also where an older policy drew them.
In the reward, whose gradient is that of logprobs alone, k1 is the KL of sequences; k3 varies less, and has a bias.

k2 and k3 are never negative. This file imports torch at its head. Only functions import it.

n tokens of a microbatch, C of a completion.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from mathmill.train.objective.settings import Estimator


def kl_of(logprobs_n: Tensor, reference_n: Tensor, estimator: Estimator) -> Tensor:
    """The estimate at each token, with its gradient."""
    difference_n = logprobs_n - reference_n
    match estimator:
        case "k1":
            return difference_n
        case "k2":
            return difference_n.square() / 2
    return torch.expm1(-difference_n) + difference_n  # which loses nothing where both models all but agree


def kl_costs(
    old_c: npt.NDArray[np.floating], reference_c: npt.NDArray[np.floating], estimator: Estimator, coefficient: float
) -> npt.NDArray[np.float64]:
    """What is taken from the reward of each token of a completion: the estimate by the policy that drew it."""
    old, reference = (torch.from_numpy(np.asarray(each, np.float64)) for each in (old_c, reference_c))
    costs: npt.NDArray[np.float64] = (coefficient * kl_of(old, reference, estimator)).numpy()
    return costs
