"""One question to a run's tables: DuckDB over a folder of Parquet files."""

from __future__ import annotations

import glob
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from mathmill.data.errors import DamagedInput, InputMissing
from mathmill.data.store.mounts import at_hand, parts, shown
from mathmill.data.unfinished import unfinished


def ask(run: Path, table: str, query: str, values: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The rows that `query` gives on the run's `table`; `$name` in it stands for `values["name"]`.

    Raises:
        InputMissing: the run has no such table.
        DamagedInput: a file of it cannot be read.
    """
    return ask_tables(run, (table,), query, values)


def ask_tables(run: Path, tables: Sequence[str], query: str, values: Mapping[str, Any]) -> list[dict[str, Any]]:
    """As `ask`, of several tables."""
    import duckdb

    with duckdb.connect() as connection:
        try:
            for table in tables:
                files = files_literal(_files(run, table))
                connection.execute(f"CREATE VIEW {table} AS SELECT * FROM read_parquet({files})")  # noqa: S608
            cursor = connection.execute(query, dict(values))
            names = [column[0] for column in cursor.description or ()]
            return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
        except (duckdb.IOException, duckdb.InvalidInputException) as error:
            raise DamagedInput(f"cannot read {shown(run)} ({error}): `mathmill runs check` tells more") from error


def _files(run: Path, table: str) -> list[str]:
    files = [glob.escape(str(path)) for path in parts(run / table)]
    if not files:
        if said := unfinished(run):
            raise InputMissing(f"there is no table of {table} yet: {said}")
        raise InputMissing(
            f"no {table} in {shown(run)}: name the folder of a run that has some (`mathmill runs ls` lists them)"
        )
    return files


def files_literal(files: Iterable[str]) -> str:
    """File names as a list in SQL."""
    return "[" + ", ".join("'" + file.replace("'", "''") + "'" for file in files) + "]"


def table_rows(path: Path, columns: Sequence[str]) -> Iterator[dict[str, Any]]:
    """The rows of one Parquet file of ours, a batch in memory at a time."""
    return (row for _, row in numbered_rows(path, columns))


def folder_rows(folder: Path, columns: Sequence[str]) -> Iterator[dict[str, Any]]:
    """The rows of the table that a Reduce wrote, in its order, whatever number of files an engine made of it."""
    for path in parts(folder):
        yield from table_rows(path, columns)


def numbered_rows(path: Path, columns: Sequence[str], first: int = 0) -> Iterator[tuple[int, dict[str, Any]]]:
    """The rows with their numbers in the file, from `first` on; groups of rows before it are not read."""
    import pyarrow.parquet as pq

    with pq.ParquetFile(at_hand(path)) as file:
        group = begin = 0
        while group < file.num_row_groups and begin + file.metadata.row_group(group).num_rows <= first:
            begin += file.metadata.row_group(group).num_rows
            group += 1
        groups = list(range(group, file.num_row_groups))
        for batch in file.iter_batches(row_groups=groups, columns=list(columns)) if groups else ():
            for at, row in enumerate(batch.to_pylist(), begin):
                if at >= first:
                    yield at, row
            begin += len(batch)
