"""The order in which Problems are trained on: epochs drawn by the seed, and where a run is in them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from mathmill.data.errors import ConfigError
from mathmill.data.terminal import counted
from mathmill.train.batch.order import permutation
from mathmill.train.rollout.records import Question
from mathmill.train.sources.drawn import drawn


class QuestionFeed:
    """Questions without an end, one epoch after the other, each in an order drawn by the seed.

    What is taken at once differs: a Problem that comes up again where an epoch begins is put off. In the long run each
    is given as often as any other. Every process takes all, and draws the groups of its share.
    """

    def __init__(self, questions: Sequence[Question], seed: int) -> None:
        self._questions, self._seed = questions, drawn(seed, "problems")
        self._epoch, self._position = 0, 0
        self._off: list[int] = []  # put off, the longest first
        self._order = self._drawn(0)

    def _drawn(self, epoch: int) -> list[int]:
        order: list[int] = permutation(self._seed, epoch, len(self._questions)).tolist()
        return order

    def __len__(self) -> int:
        """How many there are."""
        return len(self._questions)

    def take(self, count: int, without: Collection[str] = ()) -> list[Question]:
        """The next ones, all different and none of those with the ids `without`; fewer only where there are no more.

        Raises:
            ConfigError: so many are more than there are.
        """
        if count > len(self._questions):
            raise ConfigError(
                f"an exploration asks {counted(count, 'Problem')}, and {len(self._questions):,} are there to train on: "
                "ask fewer at a time, or name more"
            )
        barred = (
            {number for number, each in enumerate(self._questions) if each.problem.id in without} if without else set()
        )
        taken: list[int] = []
        while len(taken) < count and len(barred) < len(self._questions):
            number = self._next(barred)
            barred.add(number)
            taken.append(number)
        return [self._questions[number] for number in taken]

    def _next(self, barred: Collection[int]) -> int:
        """The next number that is not barred; there has to be one."""
        for place, number in enumerate(self._off):
            if number not in barred:
                return self._off.pop(place)
        while True:
            if self._position == len(self._order):
                self._epoch, self._position = self._epoch + 1, 0
                self._order = self._drawn(self._epoch)
            number = self._order[self._position]
            self._position += 1
            if number not in barred:
                return number
            self._off.append(number)

    @property
    def epoch(self) -> float:
        """How often all were given, with a fraction."""
        return self._epoch + (self._position - len(self._off)) / len(self._questions)

    def state(self) -> dict[str, Any]:
        """Where it is, and what that hangs on: plain values of JSON."""
        return {"epoch": self._epoch, "position": self._position, "off": list(self._off), **self._made_of()}

    def _made_of(self) -> dict[str, int]:
        return {"seed": self._seed, "problems": len(self._questions)}

    def load(self, state: Mapping[str, Any]) -> None:
        """Go on where `state` was taken.

        Raises:
            ConfigError: it was taken with another seed or of other Problems.
        """
        other = [name for name, value in self._made_of().items() if state[name] != value]
        if other or not 0 <= state["position"] <= len(self._questions):
            said = ", ".join(other) or "position"
            raise ConfigError(f"the order of Problems is not that of the checkpoint ({said}): train into a new folder")
        self._epoch, self._position, self._off = state["epoch"], state["position"], list(state["off"])
        self._order = self._drawn(self._epoch)
