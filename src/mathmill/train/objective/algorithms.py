"""Algorithms by name: what each sets of an `Objective`. All else is as its fields say, and a recipe may override any.

    objective = {algorithm = "grpo", loss = {clip_high = 0.28}}

An algorithm that is another one but for a part is said through it. What is no part of the objective belongs to an
algorithm all the same and is for the recipe: refilling dead groups and the reward `overlong` to DAPO, a value model to
PPO, several updates for each exploration to all that clip.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

Tree = dict[str, Any]

#: Names that a recipe may give.
Algorithm = Literal["reinforce", "reinforce_baseline", "rloo", "ppo", "grpo", "dr_grpo", "dapo", "gspo", "cispo"]


@dataclass(frozen=True, slots=True)
class Preset:
    """What an algorithm sets, where it is from, and what it is in a line."""

    sets: Tree
    source: str
    says: str


def over(tree: Mapping[str, Any], below: Mapping[str, Any]) -> Tree:
    """`below`, with what `tree` says put over it, table by table."""
    merged = dict(below)
    for name, value in tree.items():
        under = merged.get(name)
        if isinstance(value, Mapping) and isinstance(under, Mapping):
            value = over(value, under)
        merged[name] = value
    return merged


# One ratio a token that nothing clips: with one update for each exploration it is 1, and the gradient that of logprobs.
# The mean over rollouts of sums over tokens is the policy gradient; a constant in place of 1 leaves its direction.
_REINFORCE: Tree = {
    "advantage": {"baseline": "none", "scale": "none"},
    "loss": {"surrogate": "ratio", "level": "token", "clip_low": 0.0, "clip_high": 0.0, "mean": "constant"},
    "kl": {"coefficient": 0.0, "estimator": "k1", "place": "reward"},
}
_PPO: Tree = {
    "advantage": {"baseline": "critic", "scale": "batch_std", "gamma": 1.0, "trace": 0.95},
    "loss": {"surrogate": "ratio", "level": "token", "clip_low": 0.2, "clip_high": 0.2, "mean": "token"},
    "kl": {"coefficient": 0.02, "estimator": "k1", "place": "reward"},
}
_DAPO: Tree = {
    "advantage": {"baseline": "group", "scale": "std"},
    "loss": {
        "surrogate": "ratio", "level": "token", "clip_low": 0.2, "clip_high": 0.28, "mean": "token", "counts": "alive",
    },
    "kl": {"coefficient": 0.0, "estimator": "k3", "place": "loss"},
}  # fmt: skip
_GRPO = over({"loss": {"clip_high": 0.2, "mean": "sequence", "counts": "all"}, "kl": {"coefficient": 0.04}}, _DAPO)
_DR_GRPO = over({"advantage": {"scale": "none"}, "loss": {"mean": "constant"}, "kl": {"coefficient": 0.0}}, _GRPO)
_GSPO = over({"loss": {"level": "sequence", "clip_low": 3e-4, "clip_high": 4e-4}, "kl": {"coefficient": 0.0}}, _GRPO)
# Weights of tokens up to 5, the bound that ScaleRL found good; MiniMax-M1 does not tell its own.
_CISPO = over({"loss": {"surrogate": "logprob", "clip_low": 0.0, "clip_high": 4.0, "counts": "all"}}, _DAPO)

PRESETS: dict[Algorithm, Preset] = {
    "reinforce": Preset(
        _REINFORCE,
        "Williams 1992; Sutton & Barto 2018, 13.3",
        "a rollout's reward itself weighs the gradient of its logprobs",
    ),
    "reinforce_baseline": Preset(
        over({"advantage": {"baseline": "running"}}, _REINFORCE),
        "Williams 1992; Sutton & Barto 2018, 13.4",
        "REINFORCE less a running mean of rewards",
    ),
    "rloo": Preset(
        over({"advantage": {"baseline": "others"}}, _REINFORCE),
        "Kool et al. 2019; Ahmadian et al. 2024, arXiv 2402.14740",
        "REINFORCE less the mean of the other rollouts of the group",
    ),
    "ppo": Preset(
        _PPO,
        "Schulman et al. 2017, arXiv 1707.06347, equation 7, with GAE, arXiv 1506.02438; KL in the reward, lambda and "
        "coefficient as Ouyang et al. 2022, arXiv 2203.02155, appendix C",
        "a value model as baseline of each token, ratios clipped",
    ),
    "grpo": Preset(
        _GRPO,
        "Shao et al. 2024 (DeepSeekMath), arXiv 2402.03300, 4.1.1, equations 3 and 4; coefficient of 4.2",
        "DAPO with one clip for both sides, the mean by rollout, and a KL penalty",
    ),
    "dr_grpo": Preset(
        _DR_GRPO,
        "Liu et al. 2025, arXiv 2503.20783, 3.2",
        "GRPO without what favours long wrong answers and very easy or hard Problems: neither lengths nor std divide",
    ),
    "dapo": Preset(
        _DAPO,
        "Yu et al. 2025, arXiv 2503.14476, equation 8",
        "the mean by token of groups that are alive, and more room above a ratio of 1 than below",
    ),
    "gspo": Preset(
        _GSPO,
        "Zheng et al. 2025, arXiv 2507.18071, equations 5 to 7 and 5.1",
        "GRPO with one ratio for a whole rollout, the geometric mean of those of its tokens",
    ),
    "cispo": Preset(
        _CISPO,
        "MiniMax 2025, arXiv 2506.13585, 3.1; bound of Khatri et al. 2025, arXiv 2510.13786",
        "DAPO where ratios weigh the gradient of logprobs, so that a clipped token still counts",
    ),
}
assert tuple(PRESETS) == get_args(Algorithm)


def with_preset(tree: Mapping[str, Any]) -> Tree:
    """What a recipe says, over what its algorithm sets."""
    name = tree.get("algorithm", "grpo")
    known = isinstance(name, str) and name in PRESETS
    return over(tree, PRESETS[name].sets) if known else dict(tree)  # what is not known is for the field to refuse
