"""Golds drawn, each either rewritten or broken: every kind about as often as the golds let it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random

from benchmarks.mutations.breaks import BREAKS, broken
from benchmarks.mutations.rewrites import REWRITES, rewritten
from benchmarks.mutations.surface import resurfaced

# Put around one in so many mutations besides.
_WRAPPED = 4
_WRAPPERS = ("boxed", "dollars", "stop", "blanks outside", "blanks inside", "minus")


@dataclass(frozen=True, slots=True)
class Mutation:
    """A text that must be paid for a gold, or must not."""

    gold: str
    answer: str
    pays: bool
    kind: str


def draw_mutations(golds: Sequence[str], count: int, seed: int) -> list[Mutation]:
    """Up to so many mutations, rewrites and breaks in turn, each of another gold; the same for the same seed."""
    draw = Random(seed)
    drawn = draw.sample(golds, len(golds))
    used: Counter[str] = Counter()
    mutations: list[Mutation] = []
    for gold in drawn:
        if len(mutations) == count:
            break
        pays = len(mutations) % 2 == 0
        mutation = _mutated(gold, pays, used, draw)
        if mutation is not None:
            mutations.append(mutation)
            used[mutation.kind] += 1
    return mutations


def _mutated(gold: str, pays: bool, used: Counter[str], draw: Random) -> Mutation | None:
    """A gold mutated by the least used kind that applies."""
    kinds: Sequence[str] = REWRITES if pays else BREAKS
    change: Callable[[str, str, Random], str | None] = rewritten if pays else broken
    for kind in sorted(draw.sample(kinds, len(kinds)), key=lambda kind: used[kind]):
        answer = change(kind, gold, draw)
        if answer is not None:
            return Mutation(gold, _wrapped(answer, draw), pays, kind)
    return None


def _wrapped(answer: str, draw: Random) -> str:
    if draw.randrange(_WRAPPED) or "$" in answer or "**" in answer or answer.strip() != answer:
        return answer
    return resurfaced(draw.choice(_WRAPPERS), answer, draw) or answer
