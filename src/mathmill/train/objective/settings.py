"""What an objective is made of: how rewards become advantages, the loss, what holds the policy to its reference.

An algorithm's name sets all of it (`mathmill.train.objective.algorithms`), and a recipe overrides parts. What is
resolved is written out whole, so that nothing hangs on what a name meant later.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field, PositiveInt, model_validator

from mathmill.data.config import Config
from mathmill.train.objective.algorithms import Algorithm, with_preset

Mean = Literal["token", "sequence", "constant"]
Estimator = Literal["k1", "k2", "k3"]


class AdvantageSettings(Config):
    """How much better than expected a rollout is: its reward less a baseline, over a scale.

    A group whose rewards are all the same, or of which fewer than two are known, says nothing beside `group` and
    `others`: it is dead.
    """

    baseline: Literal["none", "running", "group", "others", "critic"] = Field(
        default="group",
        description="mean of earlier explorations, of the group, of the others in it, or a value model's by token",
    )
    scale: Literal["none", "std", "batch_std"] = Field(
        default="std", description="of the group's rewards, or of all; of a critic's advantages, which are centred too"
    )
    eps: float = Field(default=1e-4, ge=0, description="added to a std (no paper has one; TRL the same)")
    divisor: Literal["n-1", "n"] = Field(default="n-1", description="of a variance (no paper says; TRL n-1)")
    decay: float = Field(default=0.9, ge=0, lt=1, description="of the running mean, by exploration")
    gamma: float = Field(default=1.0, gt=0, le=1, description="with a critic: a later token's reward, by token")
    trace: float = Field(default=0.95, ge=0, le=1, description="with a critic: lambda of GAE")

    @model_validator(mode="after")
    def _goes_together(self) -> AdvantageSettings:
        if self.baseline in ("none", "running") and self.scale != "none":
            raise ValueError(
                f"baseline {self.baseline} with scale {self.scale}: where all rewards are the same their std is 0 and "
                'their advantages are not; set scale = "none", or baseline to group or others'
            )
        if self.baseline == "critic" and self.scale == "std":
            raise ValueError(
                "baseline critic with scale std: a critic's advantages are those of tokens and not of a group; set "
                'scale to "batch_std" or "none"'
            )
        return self


class LossSettings(Config):
    """What is made of ratios and advantages by token, and how tokens are weighed in a step's loss."""

    surrogate: Literal["ratio", "logprob"] = Field(
        default="ratio", description="has the gradient: the ratio, or the logprob that a clipped ratio weighs (CISPO)"
    )
    level: Literal["token", "sequence"] = Field(
        default="token", description="of ratios: each token's own, or the geometric mean of the rollout's (GSPO)"
    )
    clip_low: float = Field(default=0.2, ge=0, lt=1, description="ratios count as 1 less this at least; 0 for no bound")
    clip_high: float = Field(default=0.2, ge=0, description="ratios count as 1 and this at most; 0 for no bound")
    dual_clip: float = Field(
        default=0.0, ge=0, description="ratio at most where the advantage is negative (arXiv 1912.09729); 0 for any"
    )
    mean: Mean = Field(
        default="sequence", description="over all tokens; by rollout, then over rollouts; or over the longest lengths"
    )
    counts: Literal["all", "alive"] = Field(
        default="all", description="over what a mean is taken: what was drawn, or what of it is trained"
    )

    @model_validator(mode="after")
    def _goes_together(self) -> LossSettings:
        if not self.dual_clip:
            return self
        if self.surrogate == "logprob":
            raise ValueError("dual_clip with surrogate logprob: there clip_high holds on either side; leave it out")
        if not self.clip_high or self.dual_clip <= 1 + self.clip_high:
            bound = f"({1 + self.clip_high:g})" if self.clip_high else "and clip_high is no bound"
            raise ValueError(f"dual_clip {self.dual_clip:g} is to be above 1 + clip_high {bound}")
        return self

    @property
    def bounds(self) -> tuple[float | None, float | None]:
        """The least and the greatest that a ratio counts as."""
        return 1 - self.clip_low if self.clip_low else None, 1 + self.clip_high if self.clip_high else None


class KlSettings(Config):
    """The penalty for going away from the reference."""

    coefficient: float = Field(default=0.04, ge=0, description="0 for none, and no reference is made")
    estimator: Estimator = Field(default="k3", description="mathmill.train.objective.kl says what each is good for")
    place: Literal["loss", "reward"] = "loss"
    corrected: bool = Field(
        default=False,
        description="in the loss times the token's ratio, whose gradient is that of the KL itself with k1 and k3, "
        "of rollouts by an older policy too (DeepSeek-V3.2, arXiv 2512.02556)",
    )

    @model_validator(mode="after")
    def _goes_together(self) -> KlSettings:
        if self.place == "reward" and self.corrected:
            raise ValueError("a reward has no gradient to be corrected: leave corrected out, or set place = 'loss'")
        if self.coefficient and self.place == "loss" and self.estimator == "k1" and not self.corrected:
            raise ValueError(
                "k1 in the loss has a gradient of 0 on the average, and adds noise: set estimator to k2 or k3, "
                "corrected = true, or place = 'reward'"
            )
        return self

    @property
    def in_loss(self) -> bool:
        return self.coefficient > 0 and self.place == "loss"

    @property
    def in_reward(self) -> bool:
        return self.coefficient > 0 and self.place == "reward"


class ReferenceSettings(Config):
    """Which policy the KL is measured to: that of the start, one of some explorations ago, or an average."""

    kind: Literal["fixed", "refreshed", "average"] = "fixed"
    every: PositiveInt = Field(default=1, description="explorations until it is refreshed")
    decay: float = Field(default=0.99, ge=0, lt=1, description="of the average, by exploration")


class CorrectionSettings(Config):
    """How rollouts by another engine count, whose logprobs are not quite the policy's.

    The bound is that of Yao et al. 2025, fengyao.notion.site/off-policy-rl.
    """

    level: Literal["token", "sequence"] = Field(
        default="token", description="each token by its own ratio, or all by the product of the rollout's"
    )
    most: float = Field(default=2.0, ge=1, description="larger weights are cut off to this")


class Objective(Config):
    """All of it. What is not said is as the algorithm sets it."""

    algorithm: Algorithm = "grpo"
    advantage: AdvantageSettings = AdvantageSettings()
    loss: LossSettings = LossSettings()
    kl: KlSettings = KlSettings()
    reference: ReferenceSettings = ReferenceSettings()
    correction: CorrectionSettings = CorrectionSettings()

    @model_validator(mode="before")
    @classmethod
    def _of_the_algorithm(cls, given: Any) -> Any:
        return with_preset(given) if isinstance(given, Mapping) else given

    @model_validator(mode="after")
    def _goes_together(self) -> Objective:
        if self.reference.kind != "fixed" and not self.kl.coefficient:
            raise ValueError(f"a reference that is {self.reference.kind} serves nothing: set kl.coefficient above 0")
        return self

    @property
    def steps_refused(self) -> str | None:
        """Why steps of completions cannot be rewarded under this; None if they can."""
        baseline = self.advantage.baseline
        if baseline in ("running", "others"):
            return (
                f"steps are rewarded and advantage.baseline is {baseline}: rollouts have steps of any number, so take "
                "group, none or critic"
            )
        if self.kl.in_reward and baseline != "critic":
            return "steps are rewarded and kl.place is reward: set kl.place = 'loss', or kl.coefficient = 0"
        return None
