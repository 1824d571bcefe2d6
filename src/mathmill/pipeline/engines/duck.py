"""One query over folders of Parquet files by DuckDB, within a limit of memory: `sql` on one node."""

from __future__ import annotations

import errno
import glob
import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from mathmill.data.errors import DiskFull, MathmillError
from mathmill.data.files import sync_file, sync_folder, temporary, writing
from mathmill.data.store.mounts import look_anew, parts, working
from mathmill.data.tables import files_literal

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

ROWS_A_GROUP = 20480  # readers hold a group at a time
_FORMAT = f"FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {ROWS_A_GROUP}"

Settings = dict[str, str | bool | int | float | list[str]]


@contextmanager
def connected(
    tables: Mapping[str, Path | pa.RecordBatchReader], settings: Settings | None = None
) -> Iterator[duckdb.DuckDBPyConnection]:
    """A DuckDB that knows tables by name: folders of Parquet files, and rows that come once."""
    import duckdb

    with duckdb.connect(config=settings or {}) as connection:
        for name, table in tables.items():
            if isinstance(table, Path):
                files = files_literal(glob.escape(str(path)) for path in parts(table))
                connection.execute(f"CREATE VIEW {name} AS SELECT * FROM read_parquet({files})")  # noqa: S608
            else:
                connection.register(name, table)
        yield connection


def query_to_folder(
    query: str, tables: Mapping[str, Path | pa.RecordBatchReader], out: Path, memory_mb: int, threads: int | None
) -> None:
    """Run the query and make `out` of its rows: one file, `part-0.parquet`, in the order that the query gives.

    Beyond `memory_mb` megabytes it spills beside `out`. The folder appears whole or not at all. `threads` are as many
    as there are cores here where more are asked for, or None.

    Raises:
        DiskFull: the output or the spill folder cannot take the result.
        MathmillError: the query needs more memory than it may have, also where it spills.
    """
    look_anew(out)
    cores = os.cpu_count() or 1
    with working(out):
        _query_to_folder(query, tables, out, memory_mb, min(threads or cores, cores))


def _query_to_folder(
    query: str, tables: Mapping[str, Path | pa.RecordBatchReader], out: Path, memory_mb: int, threads: int
) -> None:
    import duckdb

    with writing(out):
        # A name of its own: where a driver died, its query may still be at work beside that of the next one.
        staged = temporary(out.with_name(f"{out.name}.{secrets.token_hex(4)}"))
        staged.mkdir(parents=True)
    part = staged / "part-0.parquet"
    with tempfile.TemporaryDirectory(prefix=".spill-", suffix=".tmp", dir=out.parent) as spill:
        settings: Settings = {
            "memory_limit": f"{memory_mb}MB",
            "temp_directory": spill,
            "threads": threads,
            "preserve_insertion_order": True,
        }
        with connected(tables, settings) as connection:
            target = str(part).replace("'", "''")
            try:
                connection.execute(f"COPY ({_nullable(connection, query)}) TO '{target}' ({_FORMAT})")
            except (duckdb.IOException, duckdb.OutOfMemoryException) as error:
                raise _told(error, out, memory_mb) from error
    with writing(out):
        sync_file(part)
        _publish(staged, out)
        sync_folder(out.parent)


def _told(error: Exception, out: Path, memory_mb: int) -> Exception:
    """What DuckDB's error means to whoever runs the command; itself where there is nothing to add."""
    import duckdb

    said = str(error)
    if "No space left" in said or "max_temp_directory_size" in said:  # of which DuckDB takes 90 % of the disk
        return DiskFull(f"no space left while writing {out}: free some space and run again")
    if isinstance(error, duckdb.OutOfMemoryException):
        return MathmillError(
            f"the query for {out} needs more than {memory_mb:,} MB ({said.splitlines()[0]}): raise --memory, or free "
            "space on the disk of the output, to which queries spill, and run the same command again"
        )
    return error


def _publish(staged: Path, out: Path) -> None:
    """Put a finished folder in the place of an old one.

    A dead driver's query may do the same at this moment, once: what it published in between gives way as well.
    """
    shutil.rmtree(out, ignore_errors=True)
    try:
        staged.rename(out)
    except OSError as error:
        if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
            raise
        shutil.rmtree(out, ignore_errors=True)
        staged.rename(out)


def _nullable(connection: duckdb.DuckDBPyConnection, query: str) -> str:
    """The query with columns that may all be null, as far as the file tells.

    DuckDB marks those that are never null, by what it knows of the tables: one file tells it more than two with the
    same rows, and rows from elsewhere nothing. `try` keeps that from it, for 3 % of the time of a sort.
    """
    names = (name.replace('"', '""') for name in connection.sql(query).columns)
    columns = ", ".join(f'try("{name}") AS "{name}"' for name in names)
    return f"SELECT {columns} FROM ({query}) AS result"  # noqa: S608
