"""The learning rate as a function of the step alone, so that a run that goes on needs no memory of it."""

from __future__ import annotations

import math
from typing import Literal

from pydantic import Field, NonNegativeInt

from mathmill.data.config import Config

#: Shares of the rate from a share of the steps on, in DeepSeek's pretraining (DeepSeekMath 2.2.1; Bi et al. 2024, 2.3).
_STAIRS = ((0.9, 0.1), (0.8, math.sqrt(0.1)))

#: How the rate falls after warm-up.
Shape = Literal["constant", "linear", "cosine", "stairs"]


class Schedule(Config):
    """How the learning rate rises and falls."""

    rate: float = Field(default=1e-5, gt=0, description="learning rate at its highest")
    shape: Shape = Field(
        default="cosine", description="how it falls after warm-up; stairs: to 32 % at 80 % of the steps, 10 % at 90 %"
    )
    warm_up: NonNegativeInt = Field(default=0, description="steps in which it rises in a line")
    least: float = Field(
        default=0.0, ge=0, le=1, description="share of the rate that linear and cosine reach behind the last step"
    )

    def at(self, step: int, steps: int) -> float:
        """The rate of step 0, 1, .. of `steps`. The first is above 0, the one before `warm_up` ends the highest."""
        if not 0 <= step < steps:
            raise ValueError(f"step {step} is none of {steps}")
        if step < self.warm_up:
            return self.rate * (step + 1) / self.warm_up
        return self.rate * self._share(step, steps)

    def _share(self, step: int, steps: int) -> float:
        if self.shape == "constant":
            return 1.0
        if self.shape == "stairs":
            return next((share for begin, share in _STAIRS if step >= begin * steps), 1.0)
        done = (step - self.warm_up) / (steps - self.warm_up)  # 1 behind the last step, so that none is lost
        left = 1 - done if self.shape == "linear" else (1 + math.cos(math.pi * done)) / 2
        return self.least + (1 - self.least) * left
