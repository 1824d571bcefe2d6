"""Seeded draws that do not hang on the order in which pages come: those with the smallest lots, a hash of each name."""

from __future__ import annotations

import hashlib
import heapq
from collections.abc import Iterator
from typing import Generic, TypeVar

T = TypeVar("T")

LOTS = 1 << 64  # how many different lots there are


def lot(seed: int, purpose: str, name: str) -> int:
    """The lot that a name draws, uniform in [0, LOTS): the same for the same seed and purpose."""
    digest = hashlib.blake2b(f"{seed} {purpose} {name}".encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "big")


class Reservoir(Generic[T]):
    """A uniform draw of at most `count` things, each name once, out of however many come; O(count) memory."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._heap: list[tuple[int, str]] = []  # the largest lot on top, as its negative
        self._things: dict[str, T] = {}

    def wants(self, name: str, drawn: int) -> bool:
        """Whether a thing with this lot would be taken, as things stand."""
        if name in self._things:
            return False
        return len(self._heap) < self._count or -drawn > self._heap[0][0]

    def take(self, name: str, drawn: int, thing: T) -> None:
        """Take a thing that is wanted; the one with the largest lot goes if there are too many."""
        self._things[name] = thing
        if len(self._heap) < self._count:
            heapq.heappush(self._heap, (-drawn, name))
        else:
            _, gone = heapq.heapreplace(self._heap, (-drawn, name))
            del self._things[gone]

    def entries(self) -> Iterator[tuple[int, str, T]]:
        """Lot, name and thing of what was taken, in no order."""
        return ((-negative, name, self._things[name]) for negative, name in self._heap)


def smallest(entries: Iterator[tuple[int, str, T]], count: int) -> list[T]:
    """The things with the `count` smallest lots, by lot."""
    return [thing for _, _, thing in heapq.nsmallest(count, entries, key=lambda entry: entry[:2])]
