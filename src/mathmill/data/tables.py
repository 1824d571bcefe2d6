"""One question to a run's tables: DuckDB over a folder of Parquet files."""

from __future__ import annotations

import glob
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from mathmill.data.errors import DamagedInput, InputMissing


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
            raise DamagedInput(f"cannot read {run} ({error}): `mathmill runs check` tells more") from error


def _files(run: Path, table: str) -> list[str]:
    files = sorted(glob.escape(str(path)) for path in (run / table).glob("*.parquet"))
    if not files:
        raise InputMissing(
            f"no {table} in {run}: name the folder of a run that has some (`mathmill runs ls` lists them)"
        )
    return files


def files_literal(files: Iterable[str]) -> str:
    """File names as a list in SQL."""
    return "[" + ", ".join("'" + file.replace("'", "''") + "'" for file in files) + "]"
