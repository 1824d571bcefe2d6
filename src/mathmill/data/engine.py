"""The seam between the work on shards and whatever runs it: two verbs, and nothing else of an engine is visible.

It stands here, and engines in `mathmill.pipeline.engines`, so that the classifier too can hand work to one that its
caller brings.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeVar

I = TypeVar("I")  # noqa: E741
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Failure:
    """An item on which the function raised, or on which its worker died."""

    error: Exception


class WorkerDied(Exception):
    """The process that worked on an item ended without a word, twice: in company and alone."""


class Engine(Protocol):
    """Where work runs."""

    def map(self, function: Callable[[I], R], items: Iterable[I]) -> Iterator[tuple[I, R | Failure]]:
        """Run a picklable function on each item; yields (item, result or Failure) in any order."""
        ...

    def sql(self, query: str, tables: Mapping[str, Path], out: Path) -> None:
        """Run one portable query over folders of Parquet files; the folder `out` appears whole or not at all."""
        ...

    def close(self) -> None:
        """Stop all work at once and free what is held; safe to call twice."""
        ...
