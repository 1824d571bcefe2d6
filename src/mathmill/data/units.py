"""Units of work of a Run that follow from one another: each is done once, and again where its source changed.

A unit's line in the ledger says as `source` what it was made from: a hash that the caller makes of queries, files and
whatever else decides the outcome beyond the Run's own recipe.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol, TypeVar

from mathmill import __version__
from mathmill.data.config import canonical_json
from mathmill.data.engine import Engine, Failure
from mathmill.data.errors import CannotCreate, DiskFull, Locked, MathmillError
from mathmill.data.files import Output, Staging, file_sha256, writing
from mathmill.data.progress import Outlook, progress_shown
from mathmill.data.records import Reduce
from mathmill.data.runs import Run, code_version
from mathmill.data.shards import count_parquet
from mathmill.data.store.mounts import parts
from mathmill.data.terminal import counted


class ShardTask(Protocol):
    """Work on one shard; `shard` is its name."""

    @property
    def shard(self) -> str: ...


T = TypeVar("T", bound=ShardTask)
R = TypeVar("R")


def source_hash(*parts: Any) -> str:
    """A SHA-256 over plain values, and over the release of mathmill: another one may write other tables."""
    return hashlib.sha256(canonical_json([__version__, *parts])).hexdigest()


def is_made_from(run: Run, unit: str, source: str) -> bool:
    """Whether the unit is done, and made from just this."""
    return run.ledger.is_done(unit) and run.ledger.lines[unit]["source"] == source


def make_unit(
    run: Run, unit: str, source: str, make: Callable[[], tuple[Mapping[str, Output], Mapping[str, Any]]]
) -> dict[str, Any]:
    """Have `make` write and publish a unit's files, unless they are there; its line of the ledger.

    `make` gives the outputs, and facts for the line that follow from the source alone.
    """
    if not is_made_from(run, unit, source):
        outputs, facts = make()
        run.ledger.append(unit, outputs, {"source": source, "code": code_version(), **facts})
    return run.ledger.lines[unit]


def map_units(
    run: Run,
    engine: Engine,
    name: str,
    function: Callable[[T], dict[str, Output]],
    tasks: Sequence[T],
    source: str | Callable[[T], str],
) -> None:
    """Make a unit `NAME/SHARD` of each task, side by side; those that are there are left.

    Raises what `mapped` does.
    """
    sources = {task.shard: source if isinstance(source, str) else source(task) for task in tasks}
    todo = [task for task in tasks if not is_made_from(run, f"{name}/{task.shard}", sources[task.shard])]
    for task, outputs in mapped(engine, function, todo, name, len(tasks)):
        run.ledger.append(f"{name}/{task.shard}", outputs, {"source": sources[task.shard], "code": code_version()})


def mapped(
    engine: Engine, function: Callable[[T], R], tasks: Sequence[T], what: str, total: int | None = None
) -> Iterator[tuple[T, R]]:
    """The result of each task, in any order, with progress on stderr; `total` counts tasks that were done before too.

    Raises:
        DiskFull, CannotCreate, Locked: at once, since all other tasks would meet it.
        MathmillError: tasks failed; all others are done and were given before. It is the error's own class where one
            failed and its error is of the tree.
    """
    if not tasks:
        return
    before = (total or len(tasks)) - len(tasks)
    board = _Board(what, before, before + len(tasks))
    failed: list[tuple[str, Exception]] = []
    with progress_shown(board.outlook):
        for task, result in engine.map(function, tasks):
            if isinstance(result, Failure):
                if isinstance(result.error, DiskFull | CannotCreate | Locked):
                    raise result.error
                failed.append((task.shard, result.error))
                continue
            yield task, result
            board.done += 1
    if len(failed) == 1 and isinstance(failed[0][1], MathmillError):
        raise failed[0][1]
    if failed:
        causes = "; ".join(f"{shard} ({type(error).__name__}: {error})" for shard, error in sorted(failed)[:5])
        raise MathmillError(
            f"{what}: {len(failed)} of {len(tasks)} shards failed, the others are done: {causes}. "
            "Run the same command to try them again"
        )


class _Board:
    """How far a map is."""

    def __init__(self, what: str, done: int, total: int) -> None:
        self._what, self._total, self._before = what, total, done
        self._began = time.monotonic()
        self.done = done

    def outlook(self) -> Outlook:
        fresh = self.done - self._before
        left = (time.monotonic() - self._began) / fresh * (self._total - self.done) if fresh else None
        return Outlook(
            self.done / max(self._total, 1), f"{self._what}: {self.done:,} of {counted(self._total, 'shard')}", left
        )


def reduce_unit(
    run: Run, engine: Engine, reduce: Reduce, sources: Any, others: Mapping[str, Path] | None = None
) -> Path:
    """Run a Reduce, unless its table is there and made from these `sources`; the table's folder.

    `others` are folders of tables that are not this run's, by the name that the query calls them.
    """
    source = source_hash(reduce.query, sources)
    out = run.folder / reduce.name

    def make() -> tuple[dict[str, Output], dict[str, Any]]:
        tables = {table: run.folder / table for table in reduce.reads}
        engine.sql(reduce.query, {**tables, **(others or {})}, out)
        return table_outputs(out), {}

    make_unit(run, reduce.name, source, make)
    return out


def table_outputs(folder: Path) -> dict[str, Output]:
    """The outputs of a table that a query wrote in a run's folder, by name there."""
    return {
        f"{folder.name}/{path.name}": Output(file_sha256(path), path.stat().st_size, count_parquet(path))
        for path in parts(folder)
    }


def publish_files(folder: Path, files: Mapping[str, bytes]) -> dict[str, Output]:
    """Write small files into a folder and publish them; they count as one row each."""
    staging = Staging(folder)
    for name, data in files.items():
        path = staging.stage(name, lambda _: 1)
        with writing(path):
            path.write_bytes(data)
    return staging.publish(dict.fromkeys(files, 1))


def hashes(run: Run, name: str) -> list[list[str]]:
    """Name and hash of all files that units `NAME/...` wrote, sorted: what a Reduce over them is made from."""
    outputs = (line["outputs"] for unit, line in run.ledger.lines.items() if unit.startswith(f"{name}/"))
    return sorted([file, output["sha256"]] for each in outputs for file, output in each.items())
