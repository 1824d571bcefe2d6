"""One question to a run's tables: DuckDB over a folder of Parquet files."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mathmill.data.errors import InputMissing


def ask(run: Path, table: str, query: str, values: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The rows that `query` gives on the run's `table`; `$name` in it stands for `values["name"]`.

    Raises:
        InputMissing: the run has no such table.
    """
    import duckdb

    if not any((run / table).glob("*.parquet")):
        raise InputMissing(f"no {table} in {run}: name the folder that `mathmill pipeline run` wrote")
    files = str(run / table / "*.parquet").replace("'", "''")
    with duckdb.connect() as connection:
        connection.execute(f"CREATE VIEW {table} AS SELECT * FROM read_parquet('{files}')")  # noqa: S608
        cursor = connection.execute(query, dict(values))
        names = [column[0] for column in cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
