"""Connected components of star edges: two ways to the same labels, the least row of each component.

In memory by union-find on arrays, where edges fit; else by two queries that are repeated until nothing changes: the
large-star and small-star of Kiveris, Lattanzi, Mirrokni, Rastogi and Vassilvitskii 2014 (Connected Components in
MapReduce and Beyond, section 3), each of which reads and writes a table of edges on disk.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import numpy.typing as npt

from mathmill.data.engine import Engine
from mathmill.data.errors import MathmillError
from mathmill.data.files import temporary
from mathmill.data.shards import count_parquet

Rows = npt.NDArray[np.int64]

BYTES_AN_EDGE = 96  # at the peak of `labelled`, with all of `joined` at once
_MOST_ROUNDS = 200

EDGES = "edges"
_LARGE_STAR = """
WITH around AS (SELECT u, v FROM edges UNION ALL SELECT v AS u, u AS v FROM edges),
least_of AS (SELECT u, least(u, min(v)) AS root FROM around GROUP BY u)
SELECT DISTINCT around.v AS u, least_of.root AS v
FROM around JOIN least_of ON around.u = least_of.u WHERE around.v > around.u ORDER BY u, v
"""
_SMALL_STAR = """
WITH down AS (SELECT greatest(u, v) AS u, least(u, v) AS v FROM edges),
least_of AS (SELECT u, min(v) AS root FROM down GROUP BY u)
SELECT DISTINCT w AS u, root AS v FROM (
    SELECT down.v AS w, least_of.root AS root FROM down JOIN least_of ON down.u = least_of.u
    UNION ALL SELECT u AS w, root FROM least_of
) AS both_ends WHERE w <> root ORDER BY u, v
"""
_LABELS = """
SELECT row, min(component) AS component FROM (
    SELECT u AS row, v AS component FROM edges UNION ALL SELECT v AS row, v AS component FROM edges
) AS ends GROUP BY row ORDER BY row
"""


def labelled(ones: Rows, others: Rows) -> tuple[Rows, Rows]:
    """The rows that edges join, ascending, and the least row of each one's component.

    Roots are hooked to the least root beside them and paths are halved until they are stars, so that each round leaves
    at most half of the roots: O(e log n) time, no recursion.
    """
    rows, places = np.unique(np.concatenate([ones, others]), return_inverse=True)
    one, other = places[: len(ones)], places[len(ones) :]
    label = np.arange(len(rows))
    while True:
        left, right = label[one], label[other]
        apart = left != right
        if not apart.any():
            return rows, rows[label]
        left, right = left[apart], right[apart]
        one, other = one[apart], other[apart]
        np.minimum.at(label, np.maximum(left, right), np.minimum(left, right))
        while True:
            next_label = label[label]
            if np.array_equal(next_label, label):
                break
            label = next_label


def joined(stars: Iterable[tuple[Rows, Rows]]) -> tuple[Rows, Rows]:
    """As `labelled`, of the edges of several bands, one band in memory at a time besides the components so far."""
    rows, labels = np.empty(0, np.int64), np.empty(0, np.int64)
    for ones, others in stars:
        rows, labels = labelled(np.concatenate([rows, ones]), np.concatenate([labels, others]))
    return rows, labels


def joined_by_queries(engine: Engine, tables: list[Path], out: Path) -> None:
    """The same of tables of stars (`row`, `leader`), by queries; a table of `row` and `component`.

    Raises:
        MathmillError: the rounds do not end, which is a bug.
    """
    work = temporary(out.with_name(f"{out.name}_rounds"))
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    try:
        names = {f"stars_{number}": table for number, table in enumerate(tables)}
        union = " UNION ALL ".join(f"SELECT row AS u, leader AS v FROM {name}" for name in names)  # noqa: S608
        engine.sql(f"SELECT DISTINCT u, v FROM ({union}) AS stars ORDER BY u, v", names, work / "0")  # noqa: S608
        last = _settled(engine, work)
        engine.sql(_LABELS, {EDGES: last}, out)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _settled(engine: Engine, work: Path) -> Path:
    """Repeat both queries until they change nothing; the folder of the last edges."""
    before = work / "0"
    for number in range(1, _MOST_ROUNDS):
        middle, after = work / f"{number}-large", work / str(number)
        engine.sql(_LARGE_STAR, {EDGES: before}, middle)
        engine.sql(_SMALL_STAR, {EDGES: middle}, after)
        same = _same(engine, before, after, work / "fresh")
        shutil.rmtree(middle)
        shutil.rmtree(before)
        if same:
            return after
        before = after
    raise MathmillError(f"components are not found after {_MOST_ROUNDS} rounds: please report a bug")


def _same(engine: Engine, before: Path, after: Path, out: Path) -> bool:
    """Whether two tables of edges hold the same ones, each of which they hold once."""
    engine.sql("SELECT u, v FROM after EXCEPT SELECT u, v FROM before", {"before": before, "after": after}, out)
    fresh, last, now = (sum(map(count_parquet, each.glob("*.parquet"))) for each in (out, before, after))
    return fresh == 0 and last == now
