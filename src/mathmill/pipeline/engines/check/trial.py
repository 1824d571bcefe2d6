"""A small job that needs of an engine what a run does: many items, one that fails, one that kills, a query."""

from __future__ import annotations

import os
import signal
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mathmill.data.engine import Engine, Failure, WorkerDied
from mathmill.data.errors import MathmillError

_ITEMS = 24
_NULL_ITEMS = 200
_RAISES, _KILLS = 7, 13
_ROWS = 1_000


@dataclass(frozen=True, slots=True)
class Step:
    """A part of the job: what it shows, whether it did, and seconds."""

    name: str
    problem: str  # "" if it went as it must
    seconds: float
    told: str  # what is worth to know beside


def try_out(engine: Engine, shared: str) -> Iterator[Step]:
    """The parts of the job; `shared` is a folder that all nodes see, "" if there is none for a query's tables."""
    yield _timed("items that do nothing", lambda: _overhead(engine))
    yield _timed("an item that raises", lambda: _all_right(engine, range(_ITEMS), {_RAISES: LookupError}, raises=True))
    yield _timed("an item that kills its worker", lambda: _all_right(engine, range(_ITEMS), {_KILLS: WorkerDied}))
    if shared:
        yield _timed("a query", lambda: _query(engine, Path(shared)))


def _timed(name: str, part: Callable[[], tuple[str, str]]) -> Step:
    began = time.monotonic()
    problem, told = part()
    return Step(name, problem, time.monotonic() - began, told)


def _all_right(
    engine: Engine, items: range, wanted: dict[int, type[Exception]], raises: bool = False
) -> tuple[str, str]:
    """Whether all items came back, and just those failed that must."""
    found: dict[int, Any] = {}
    for item, result in engine.map(_raise_at if raises else _die_at, items):
        if item in found:
            return f"item {item} came back twice", ""
        found[item] = result
    failed = {item: type(result.error) for item, result in found.items() if isinstance(result, Failure)}
    wrong = [item for item, result in found.items() if item not in failed and result != 2 * item]
    if failed != wanted or wrong or sorted(found) != list(items):
        return f"{len(found)} of {len(items)} items came back, {len(wrong)} of them wrong; failed: {failed}", ""
    return "", f"{len(items) - len(wanted)} of {len(items)} done, {len(wanted)} failed as it must" if wanted else ""


def _overhead(engine: Engine) -> tuple[str, str]:
    began = time.monotonic()
    count = sum(1 for _ in engine.map(_double, range(_NULL_ITEMS)))
    spent = time.monotonic() - began
    problem = "" if count == _NULL_ITEMS else f"{count} of {_NULL_ITEMS} items came back"
    return problem, f"{1e3 * spent / _NULL_ITEMS:.1f} ms an item"


def _query(engine: Engine, folder: Path) -> tuple[str, str]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    with tempfile.TemporaryDirectory(prefix=".query-", dir=folder) as made:
        scratch = Path(made)
        (scratch / "numbers").mkdir()
        for part in range(2):
            rows = pa.table({"n": range(part, _ROWS, 2)})
            pq.write_table(rows, scratch / "numbers" / f"{part}.parquet")
        query = "SELECT n % 10 AS digit, count(*) AS rows FROM numbers GROUP BY digit ORDER BY digit"
        try:
            engine.sql(query, {"numbers": scratch / "numbers"}, scratch / "counts")
            found = [tuple(row.values()) for row in pq.read_table(scratch / "counts").to_pylist()]
        except (MathmillError, OSError) as error:
            return str(error), ""
    wanted = [(digit, _ROWS // 10) for digit in range(10)]
    return "" if found == wanted else f"it gave {found}", f"over {_ROWS:,} rows"


def _double(number: int) -> int:
    return 2 * number


def _raise_at(number: int) -> int:
    if number == _RAISES:
        raise LookupError("on purpose")
    return 2 * number


def _die_at(number: int) -> int:
    if number == _KILLS:
        os.kill(os.getpid(), signal.SIGKILL)
    return 2 * number
