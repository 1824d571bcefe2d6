"""How a verdict comes about: each rung is asked through `Ask`, which a `Trace` answers by keeping what came of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Protocol, TypeVar, TypeVarTuple

from mathmill.eval.syntax.trees import Tree
from mathmill.eval.verdict import Verdict

_MOST_STEPS = 100

Told = Verdict | Tree | None
T = TypeVar("T", bound=Told)
Sides = TypeVarTuple("Sides")


class Ask(Protocol):
    """Asks something of two sides, or reads one, and returns what it says."""

    def __call__(self, asked: str, rung: Callable[[*Sides], T], *sides: *Sides) -> T:
        """What the rung of this name says of these sides."""


def ask_plainly(asked: str, rung: Callable[[*Sides], T], *sides: *Sides) -> T:
    """What a rung says, of which nothing is kept."""
    return rung(*sides)


@dataclass(frozen=True, slots=True)
class Step:
    """Something that was asked on the way to a verdict, of what, and what it said; parts of an answer are deeper.

    None is said by a rung that leaves the verdict to the next one.
    """

    asked: str
    sides: tuple[object, ...]
    told: Told = None
    depth: int = 0


@dataclass(slots=True)
class Trace:
    """An `Ask` that keeps the first hundred steps, in the order in which they were begun."""

    steps: list[Step] = field(default_factory=list)
    depth: int = 0

    def __call__(self, asked: str, rung: Callable[[*Sides], T], *sides: *Sides) -> T:
        """What the rung says, after keeping it."""
        place = len(self.steps)
        if place == _MOST_STEPS:
            return rung(*sides)
        self.steps.append(Step(asked, sides, depth=self.depth))
        self.depth += 1
        try:
            told = rung(*sides)
        finally:
            self.depth -= 1
        self.steps[place] = replace(self.steps[place], told=told)
        return told
