"""The texts that are looked for, as workers get them: one file beside the run, read once in each process."""

from __future__ import annotations

import gzip
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import orjson

from mathmill.data.files import temporary, writing
from mathmill.data.passages import WINDOW, Counting, Passages
from mathmill.data.problem_texts import KINDS, Kind, Sought, problem_texts
from mathmill.data.store.mounts import at_hand, push, remove
from mathmill.pipeline.decontaminate.benchmarks import Benchmark


@dataclass(frozen=True, slots=True)
class Item:
    """A text's problem."""

    benchmark: str
    id: str
    kind: Kind


@dataclass(frozen=True, slots=True)
class SoughtTexts:
    """An index of texts, and of each, by its number there, the problem that it is of."""

    passages: Passages
    items: tuple[Item, ...]


@contextmanager
def texts_in_file(run: Path, benchmarks: Iterable[Benchmark], kinds: Collection[Kind] = KINDS) -> Iterator[None]:
    """Have the texts of some kinds in a file of the run's folder while the block lasts; it is none of its outputs."""
    path = _path(run)
    rows = (
        [benchmark.name, problem.id, *sought]
        for benchmark in benchmarks
        for problem in benchmark.problems
        for sought in problem_texts(problem, kinds)
    )
    with writing(path):
        path.write_bytes(gzip.compress(b"\n".join(map(orjson.dumps, rows)), 1, mtime=0))
    push(path)
    try:
        yield
    finally:
        remove(path)


@lru_cache(1)
def sought_texts(run: Path, fingerprint: str, counting: Counting, words: int = WINDOW) -> SoughtTexts:
    """The index of a run's texts, for `words` of them in a row; `fingerprint` is of them all."""
    rows = [orjson.loads(line) for line in gzip.decompress(at_hand(_path(run)).read_bytes()).split(b"\n") if line]
    items = tuple(Item(benchmark, name, kind) for benchmark, name, kind, _ in rows)
    return SoughtTexts(Passages([Sought(kind, text) for _, _, kind, text in rows], counting, words), items)


def _path(run: Path) -> Path:
    return temporary(run / "decontaminate_texts")
