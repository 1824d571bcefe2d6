"""Queries on tables that have grown: the sample's own rows again and again, each time under other keys.

A sample's tables have some thousand rows, and a query on them costs no more than its start. So each is run again on
made tables: every row so many times, and what identifies things in it (rows, hashes, addresses) is another in each
repetition, so that groups stay as large as they were and there are so many times more of them. Values that a query
adds up, and words of which there are few, stay what they are.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from mathmill.data.shards import count_parquet
from mathmill.data.store.mounts import parts
from mathmill.data.tables import files_literal
from mathmill.pipeline.plan.meter import MeteredEngine, QuerySpent

_WORDS = 50  # different strings in a column, from which on they are taken for names of things
_SHIFT = 40  # repetitions are told apart by the bits above, and rows of 65,536 shards lie below
_MOST_TIMES = 1 << 10
# Columns that a query adds up, or puts into bins: values, and no keys.
_VALUES = re.compile(r"sum\(\s*(?:\w+\.)?(\w+)\s*\)|\b(\w+)\s*(?:%|>=\s*\d|<\s*\d)", re.IGNORECASE)
# Columns by which a query joins tables: names of things, however few a sample has.
_JOINS = re.compile(r"\b\w+\.(\w+)\s*=\s*\w+\.(\w+)")
_PART = "part-0.parquet"


@dataclass(frozen=True, slots=True)
class Grown:
    """A query on tables that are `times` as large as the sample's."""

    times: int
    rows: int  # of the largest of its tables
    cpu_seconds: float
    wall_seconds: float
    peak_mb: float


def grown_queries(
    engine: MeteredEngine, queries: Iterable[QuerySpent], rows: int, scratch: Path
) -> Iterator[tuple[QuerySpent, list[Grown]]]:
    """Each query with what it costs where the largest of its tables has about a quarter of `rows`, and all of them.

    Nothing is made of a query whose tables are gone, or empty.
    """
    with tempfile.TemporaryDirectory(dir=scratch) as folder:
        tables = _Tables(Path(folder))
        for spent in queries:
            largest = max((_rows_of(table) for table in spent.tables.values()), default=0)
            times = min(rows // largest, _MOST_TIMES) if largest else 0
            found = [_run(engine, spent, tables, each, largest) for each in sorted({times // 4, times}) if each > 1]
            yield spent, found


def _run(engine: MeteredEngine, spent: QuerySpent, tables: _Tables, times: int, largest: int) -> Grown:
    grown = {name: tables.grown(name, spent, times) for name in spent.tables}
    engine.sql(spent.query, grown, tables.folder / "out")
    cost = engine.queries.pop()
    return Grown(times, largest * times, cost.cpu_seconds, cost.wall_seconds, cost.peak_mb)


class _Tables:
    """Grown tables in a folder; those that several queries ask for are made once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._made: dict[tuple[Path, int, frozenset[str]], Path] = {}

    def grown(self, name: str, spent: QuerySpent, times: int) -> Path:
        """The folder of a query's table, each row so many times."""
        keys = _keys(spent.query, spent.tables)
        key = spent.tables[name], times, frozenset(keys)
        if key not in self._made:
            out = self.folder / f"table-{len(self._made)}"
            out.mkdir()
            _repeat(spent.tables[name], keys, times, out / _PART)
            self._made[key] = out
        return self._made[key]


def _keys(query: str, tables: Mapping[str, Path]) -> dict[str, str]:
    """Columns of a query's tables that identify things, and how their values are made others: with `copy`, from 0."""
    import duckdb

    joined = {name for found in _JOINS.findall(query) for name in found}
    values = {name.lower() for found in _VALUES.findall(query) for name in found}
    keys = {}
    with duckdb.connect() as connection:
        for folder in tables.values():
            for name, kind, *_ in connection.execute(f"DESCRIBE SELECT * FROM {_reading(folder)}").fetchall():  # noqa: S608
                if kind in ("BIGINT", "UBIGINT") and name.lower() not in values:
                    keys[name] = f'xor("{name}", (copy << {_SHIFT})::{kind})'
                elif kind == "VARCHAR" and (name in joined or _different(connection, folder, name) > _WORDS):
                    keys[name] = f"\"{name}\" || '~' || copy"
    return keys


def _different(connection: object, folder: Path, name: str) -> int:
    (row,) = connection.execute(f'SELECT count(DISTINCT "{name}") FROM {_reading(folder)}').fetchall()  # type: ignore[attr-defined]  # noqa: S608
    return int(row[0])


def _repeat(folder: Path, keys: Mapping[str, str], times: int, out: Path) -> None:
    import duckdb

    with duckdb.connect() as connection:
        names = [row[0] for row in connection.execute(f"DESCRIBE SELECT * FROM {_reading(folder)}").fetchall()]  # noqa: S608
        files = _reading(folder)
        columns = ", ".join(f'{keys[name]} AS "{name}"' if name in keys else f'"{name}"' for name in names)
        target = str(out).replace("'", "''")
        connection.execute(
            f"COPY (SELECT {columns} FROM (SELECT range AS copy FROM range({times})) AS copies, {files} AS rows) "  # noqa: S608
            f"TO '{target}' (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 20480)"
        )


def _reading(folder: Path) -> str:
    return f"read_parquet({files_literal(map(str, parts(folder)))})"


def _rows_of(folder: Path) -> int:
    return sum(map(count_parquet, parts(folder)))
