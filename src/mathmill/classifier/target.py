"""What a threshold is chosen for. Light, so that recipes can hold it."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, PositiveInt, model_validator

from mathmill.data.config import Config


class Target(Config):
    """Exactly one of precision, recall (shares in (0, 1]) or tokens (at most so many are kept).

    `by` says what has to reach a precision or recall: the share that was measured, or `low`, the lower bound of its
    95 % Wilson interval over pages, which asks more of a small labelled set.
    """

    precision: float | None = Field(default=None, gt=0, le=1)
    recall: float | None = Field(default=None, gt=0, le=1)
    tokens: PositiveInt | None = None
    by: Literal["share", "low"] = "share"

    @model_validator(mode="after")
    def _one(self) -> Target:
        if sum(value is not None for value in (self.precision, self.recall, self.tokens)) != 1:
            raise ValueError("set exactly one of precision, recall and tokens")
        if self.tokens is not None and self.by == "low":
            raise ValueError('by = "low" is for precision and recall: tokens are counted and not estimated')
        return self
