"""How the completions of an exploration are drawn."""

from __future__ import annotations

from pydantic import Field, NonNegativeInt, PositiveInt

from mathmill.data.config import Config
from mathmill.eval.models.base import Sampling


class RolloutSettings(Config):
    """Of each Problem a group; a group of one has nothing to be compared with but a baseline of another kind.

    With top-p or top-k the tokens that could be drawn are kept with each token, so that training sees the same
    distribution: about 4 bytes times the tokens that make up `top_p`, many thousands where a large model is unsure.
    Set `top_k` beside it, and it is 4 times that at most.
    """

    group: PositiveInt = Field(default=8, description="completions of a Problem")
    temperature: float = Field(default=1.0, ge=0.001, description="logits are divided by it, in training too")
    top_p: float = Field(default=1.0, gt=0, le=1, description="smallest set of tokens with this probability")
    top_k: NonNegativeInt = Field(default=0, description="of the likeliest tokens; 0 for all")
    max_new_tokens: PositiveInt = Field(default=512, description="of a completion; longer ones are cut, unfinished")
    rows: NonNegativeInt = Field(default=0, description="completions under way at once; 0 for as many as fit")

    def sampling(self, seed: int) -> Sampling:
        """The same as it is asked of a model."""
        return Sampling(
            n=self.group,
            temperature=self.temperature,
            top_p=self.top_p,
            top_k=self.top_k,
            max_new_tokens=self.max_new_tokens,
            seed=seed,
        )
