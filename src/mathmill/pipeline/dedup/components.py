"""Connected components of star edges: two ways to the same labels, the least row of each component.

In memory by union-find on arrays, where edges fit; else by two queries that are repeated until nothing changes: the
large-star and small-star of Kiveris, Lattanzi, Mirrokni, Rastogi and Vassilvitskii 2014 (Connected Components in
MapReduce and Beyond, section 3), each of which reads and writes a table of edges on disk.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import numpy.typing as npt

from mathmill.data.engine import Engine
from mathmill.data.errors import MathmillError
from mathmill.data.files import temporary
from mathmill.data.shards import count_parquet
from mathmill.data.store.mounts import parts, remove

Rows = npt.NDArray[np.int64]

BYTES_AN_EDGE = 112  # of a `Forest` at its peak, if each edge has two rows of its own
LEAST_EDGES = 1 << 17
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


class Forest:
    """A union-find over rows that come with their edges, some edges at a time.

    Roots are hooked to the least root beside them and paths are halved until they are stars, so that each round leaves
    at most half of the roots: no recursion, and O(log n) rounds. What is added costs time in the number of rows, so
    that a quarter as many edges at once, or `LEAST_EDGES`, are a good number.
    """

    def __init__(self) -> None:
        self._rows = np.empty(0, np.int64)  # ascending
        self._roots = np.empty(0, np.intp)  # the place of the least row of each one's component

    def __len__(self) -> int:
        return len(self._rows)

    def add(self, ones: Rows, others: Rows) -> None:
        """Join the components of each of `ones` and that of `others` beside it."""
        self._make_room(np.unique(np.concatenate([ones, others])))
        roots = self._roots
        one, other = np.searchsorted(self._rows, ones), np.searchsorted(self._rows, others)
        while True:
            left, right = roots[one], roots[other]
            apart = left != right
            if not apart.any():
                return
            left, right, one, other = left[apart], right[apart], one[apart], other[apart]
            np.minimum.at(roots, np.maximum(left, right), np.minimum(left, right))
            _flatten(roots)

    def labels(self) -> tuple[Rows, Rows]:
        """The rows, ascending, and the least row of each one's component."""
        return self._rows, self._rows[self._roots]

    def _make_room(self, wanted: Rows) -> None:
        rows = self._rows
        at = np.searchsorted(rows, wanted)
        known = np.zeros(len(wanted), np.bool_)
        if len(rows):
            known = rows[np.minimum(at, len(rows) - 1)] == wanted
        fresh, at = wanted[~known], at[~known]
        if not len(fresh):
            return
        moved = np.arange(len(rows))
        moved += np.searchsorted(fresh, rows)
        roots = np.arange(len(rows) + len(fresh))
        roots[moved] = moved[self._roots]
        self._rows, self._roots = np.insert(rows, at, fresh), roots


def _flatten(roots: npt.NDArray[np.intp]) -> None:
    """Let every place lead to its root at once."""
    while True:
        further = roots[roots]
        if np.array_equal(further, roots):
            return
        roots[:] = further


def joined(edges: Iterable[tuple[Rows, Rows]]) -> tuple[Rows, Rows]:
    """The rows that edges join, ascending, and the least row of each one's component; edges may come in any parts."""
    forest = Forest()
    ones: list[Rows] = []
    others: list[Rows] = []
    held = 0
    for one, other in edges:
        ones.append(one)
        others.append(other)
        held += len(one)
        if held >= max(LEAST_EDGES, len(forest) // 4):
            forest.add(np.concatenate(ones), np.concatenate(others))
            ones, others, held = [], [], 0
    if held:
        forest.add(np.concatenate(ones), np.concatenate(others))
    return forest.labels()


def joined_by_queries(engine: Engine, tables: list[Path], out: Path) -> None:
    """As `joined`, of tables of stars (`row`, `leader`), by queries; a table of `row` and `component`.

    Raises:
        MathmillError: the rounds do not end, which is a bug.
    """
    work = temporary(out.with_name(f"{out.name}_rounds"))
    remove(work)
    work.mkdir(parents=True)
    try:
        names = {f"stars_{number}": table for number, table in enumerate(tables)}
        union = " UNION ALL ".join(f"SELECT row AS u, leader AS v FROM {name}" for name in names)  # noqa: S608
        engine.sql(f"SELECT DISTINCT u, v FROM ({union}) AS stars ORDER BY u, v", names, work / "0")  # noqa: S608
        last = _settled(engine, work)
        engine.sql(_LABELS, {EDGES: last}, out)
    finally:
        remove(work)


def _settled(engine: Engine, work: Path) -> Path:
    """Repeat both queries until they change nothing; the folder of the last edges."""
    before = work / "0"
    for number in range(1, _MOST_ROUNDS):
        middle, after = work / f"{number}-large", work / str(number)
        engine.sql(_LARGE_STAR, {EDGES: before}, middle)
        engine.sql(_SMALL_STAR, {EDGES: middle}, after)
        same = _same(engine, before, after, work / "fresh")
        remove(middle)
        remove(before)
        if same:
            return after
        before = after
    raise MathmillError(f"components are not found after {_MOST_ROUNDS} rounds: please report a bug")


def _same(engine: Engine, before: Path, after: Path, out: Path) -> bool:
    """Whether two tables of edges hold the same ones, each of which they hold once."""
    query = "SELECT u, v FROM after EXCEPT SELECT u, v FROM before ORDER BY u, v"
    engine.sql(query, {"before": before, "after": after}, out)
    fresh, last, now = (sum(map(count_parquet, parts(each))) for each in (out, before, after))
    return fresh == 0 and last == now
