"""One query over folders of Parquet files by DuckDB, within a limit of memory: `sql` on one node."""

from __future__ import annotations

import glob
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

from mathmill.data.errors import DiskFull
from mathmill.data.files import sync_file, sync_folder, temporary, writing
from mathmill.data.tables import files_literal

_FORMAT = "FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 20480"  # readers hold a group at a time


def query_to_folder(query: str, tables: Mapping[str, Path], out: Path, memory_mb: int, threads: int) -> None:
    """Run the query and make `out` of its rows: one file, `part-0.parquet`, in the order that the query gives.

    Beyond `memory_mb` megabytes it spills beside `out`. The folder appears whole or not at all.

    Raises:
        DiskFull: the output or the spill folder cannot take the result.
    """
    import duckdb

    with writing(out):
        out.parent.mkdir(parents=True, exist_ok=True)
        staged = temporary(out)
        shutil.rmtree(staged, ignore_errors=True)
        staged.mkdir()
    part = staged / "part-0.parquet"
    with tempfile.TemporaryDirectory(prefix=".spill-", suffix=".tmp", dir=out.parent) as spill:
        settings: dict[str, str | bool | int | float | list[str]] = {
            "memory_limit": f"{memory_mb}MB",
            "temp_directory": spill,
            "threads": threads,
            "preserve_insertion_order": True,
        }
        with duckdb.connect(config=settings) as connection:
            for name, folder in tables.items():
                files = sorted(glob.escape(str(path)) for path in folder.glob("*.parquet"))
                connection.execute(f"CREATE VIEW {name} AS SELECT * FROM read_parquet({files_literal(files)})")  # noqa: S608
            target = str(part).replace("'", "''")
            try:
                connection.execute(f"COPY ({query}) TO '{target}' ({_FORMAT})")
            except (duckdb.IOException, duckdb.OutOfMemoryException) as error:
                if "No space left" not in str(error):
                    raise
                raise DiskFull(f"no space left while writing {out}: free some space and run again") from error
    with writing(out):
        sync_file(part)
        shutil.rmtree(out, ignore_errors=True)
        staged.rename(out)
        sync_folder(out.parent)
