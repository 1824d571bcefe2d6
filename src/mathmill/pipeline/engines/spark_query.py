"""One query on Spark, to the very file that DuckDB would have written.

Executors read the tables and write their parts of the result beside it, in the query's order; then one process, this
one, puts the parts into one file, in groups of rows as DuckDB makes them, with DuckDB's types. So all nodes have to see
the tables and the output under the same path, and the result has to be a narrow table, as those of all Reduces are.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mathmill.data.errors import ConfigError, DiskFull, MathmillError
from mathmill.data.files import temporary
from mathmill.pipeline.engines.duck import ROWS_A_GROUP, connected, query_to_folder

if TYPE_CHECKING:
    import pyarrow as pa

#: DuckDB's types in tables, in Spark's words.
_TYPES = {
    "BIGINT": "BIGINT",
    "BOOLEAN": "BOOLEAN",
    "DOUBLE": "DOUBLE",
    "FLOAT": "FLOAT",
    "INTEGER": "INT",
    "SMALLINT": "SMALLINT",
    "TINYINT": "TINYINT",
    "VARCHAR": "STRING",
}
_GLOB = re.compile(r"([{}\[\]*?\\])")
_PARTS = "parts"
# What Java says where an executor sees another file system than the command does, or writes as another user.
_NOT_SHARED = ("FAILED_READ_FILE.FILE_NOT_EXIST", "FileNotFoundException", "Mkdirs failed", "AccessDeniedException")


@dataclass(frozen=True, slots=True)
class Columns:
    """Names of columns and their types, in DuckDB's words."""

    names: tuple[str, ...]
    types: tuple[str, ...]

    def for_spark(self, table: str) -> str:
        """A schema for Spark.

        Raises:
            MathmillError: a column is of a type that no table of ours has.
        """
        unknown = [f"{name} {kind}" for name, kind in zip(self.names, self.types, strict=True) if kind not in _TYPES]
        if unknown:
            raise MathmillError(f"the table {table} has {', '.join(unknown)}, which Spark's queries do not read")
        return ", ".join(f"`{name}` {_TYPES[kind]}" for name, kind in zip(self.names, self.types, strict=True))

    def cast(self) -> str:
        """What selects them, under these types."""
        return ", ".join(
            f'CAST("{name}" AS {kind}) AS "{name}"' for name, kind in zip(self.names, self.types, strict=True)
        )


def plan(query: str, tables: Mapping[str, Path]) -> tuple[dict[str, Columns], Columns]:
    """The columns of each table, and those that DuckDB would give the result; nothing is run.

    Raises:
        MathmillError: the query means something else to Spark.
    """
    if "\\" in query:
        raise MathmillError(f"a query has a backslash, which begins an escape on Spark alone: {query}")
    with connected(tables) as connection:
        given = {name: _columns(connection.sql(f"SELECT * FROM {name}")) for name in tables}  # noqa: S608
        return given, _columns(connection.sql(query))


def _columns(relation: Any) -> Columns:
    return Columns(tuple(relation.columns), tuple(map(str, relation.types)))


def staged_parts(out: Path) -> Path:
    """The folder in which executors write the parts of `out`."""
    return temporary(out.with_name(f"{out.name}.{_PARTS}"))


def write_parts(session: Any, query: str, tables: Mapping[str, Path], given: Mapping[str, Columns], parts: Path) -> int:
    """Have Spark write the result's parts, in order; how many rows they hold.

    Raises:
        DiskFull: a disk of the cluster is full.
        ConfigError: an executor sees no table, or may not write beside the output.
        Exception: Spark's own, of a query that fails.
    """
    from py4j.protocol import Py4JJavaError
    from pyspark.sql import Observation
    from pyspark.sql.functions import count, lit

    shutil.rmtree(parts, ignore_errors=True)
    try:
        for name, folder in tables.items():
            where = _GLOB.sub(r"\\\1", str(folder.absolute()))
            reader = session.read.schema(given[name].for_spark(name)).option("pathGlobFilter", "*.parquet")
            reader.parquet(f"file:{where}").createOrReplaceTempView(name)
        counted = Observation()
        rows = session.sql(query).observe(counted, count(lit(1)).alias("rows"))
        rows.write.parquet(f"file:{parts.absolute()}", compression="zstd")
        return int(counted.get["rows"])
    except Py4JJavaError as error:
        said = str(error)
        if "No space left" in said:
            raise DiskFull(f"no space left while writing {parts.parent}: free some space and run again") from error
        if any(words in said for words in _NOT_SHARED):
            raise ConfigError(
                f"Spark's executors do not reach {parts.parent} as this machine does: choose a folder that all nodes "
                "share, for a run in a store by MATHMILL_SCRATCH, and look with `mathmill engine check`"
            ) from error
        raise
    finally:
        for name in tables:
            session.catalog.dropTempView(name)


def join_parts(parts: Path, rows: int, columns: Columns, out: Path, memory_mb: int, threads: int) -> None:
    """Make `out` of the parts.

    Raises:
        MathmillError: this node does not see all rows that were written.
        DiskFull: there is no room for the result.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    files = sorted(parts.glob("*.parquet"))
    found = sum(int(pq.read_metadata(path).num_rows) for path in files)
    if found != rows:
        raise MathmillError(
            f"Spark wrote {rows:,} rows for {out}, and {found:,} are there: see that all nodes share this folder, "
            "under this path"
        )
    reader = pa.RecordBatchReader.from_batches(pq.read_schema(files[0]), _groups(files))
    query = f"SELECT {columns.cast()} FROM {_PARTS}"  # noqa: S608
    query_to_folder(query, {_PARTS: reader}, out, memory_mb, threads)


def _groups(files: list[Path]) -> Iterator[pa.RecordBatch]:
    """The rows of some files, as many at a time as DuckDB puts into a group."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    held: list[pa.RecordBatch] = []
    for path in files:
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(ROWS_A_GROUP):
                held.append(batch)
                if sum(map(len, held)) >= ROWS_A_GROUP:
                    whole = pa.Table.from_batches(held).combine_chunks()
                    yield from whole.slice(0, ROWS_A_GROUP).to_batches()
                    held = whole.slice(ROWS_A_GROUP).to_batches()
    if held:
        yield from pa.Table.from_batches(held).combine_chunks().to_batches()
