"""What a judgement says: one of eight named outcomes, the rung that decided, and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

Outcome = Literal["correct", "wrong", "no_answer", "ambiguous", "unparsable", "too_large", "timed_out", "bad_gold"]
OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether an answer is the gold answer.

    `method` names the rung of the ladder that decided, such as `string`, `number` or `sympy`, or the step that could
    not go on; `detail` says in words what it saw. Only `correct` pays.
    """

    outcome: Outcome
    method: str
    detail: str = ""

    @property
    def correct(self) -> bool:
        return self.outcome == "correct"
