"""The tables and files of the pass `near_duplicates`, and how they are written and read in bounded memory."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from mathmill.data.columns import TableWriter
from mathmill.data.shards import parquet_schema
from mathmill.data.store.mounts import parts
from mathmill.pipeline.dedup.copies import COPY_COLUMNS

if TYPE_CHECKING:
    import pyarrow as pa

USE = "near_duplicates"
BANDS, STARS, COMPONENTS = (f"{USE}_{what}" for what in ("bands", "stars", "components"))
STREAMS, MEMBERS, CONFIRMED, TALLIES, FOUND = (
    f"{USE}_{what}" for what in ("streams", "members", "confirmed", "tallies", "found")
)

Columns = Mapping[str, tuple[str, str]]

STREAM_COLUMNS: Columns = {
    **COPY_COLUMNS,
    "shard": ("string", "name of the shard"),
    "first": ("int64", "place of its first token in the shard's file of tokens"),
    "count": ("int64", "how many there are"),
    "stream": ("int64", "a hash of all tokens"),
}
CONFIRMED_COLUMNS: Columns = {
    "row": ("int64", "shard << 24 | place"),
    "reason": ("string", "near_duplicate; empty for a survivor"),
    "evidence": ("string", "JSON: the values behind it"),
}
#: What one partition came to; told() adds them up.
TALLY_COLUMNS: Columns = {
    "documents": ("int64", "Documents that met another in a band"),
    "clusters": ("int64", "clusters of two or more"),
    "copies": ("int64", "Documents dropped"),
    "largest": ("int64", "Documents in the largest cluster"),
    "tested": ("int64", "pairs whose similarity was counted"),
    "confirmed": ("int64", "pairs that were found to be copies"),
    "refused": ("int64", "pairs alike enough that differ in quantities"),
    "parted": ("int64", "Documents that a third one had joined to one they are a variant of"),
    "unfinished": ("int64", "sets of Documents in which not all pairs were tested"),
}
MEMBER_COLUMNS: tuple[str, ...] = ("component", "rank", *STREAM_COLUMNS)
_ROWS = 4_096


def band_names(bands: int) -> list[str]:
    """The columns of bands."""
    return [f"b{band:02}" for band in range(bands)]


def table_writer(path: Path, columns: Columns) -> TableWriter:
    """A table that is written row by row; several can be open at a time."""
    return TableWriter(path, parquet_schema(columns), _ROWS)


def batches(folder: Path, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
    """A table's rows by batches, in the order of its files and rows."""
    import pyarrow.parquet as pq

    for path in parts(folder):
        with pq.ParquetFile(path) as file:
            yield from file.iter_batches(_ROWS, columns=list(columns))


def part_of(folder: Path, columns: Sequence[str], first: int, count: int) -> pa.Table:
    """So many rows of a table from a place on; groups of rows outside of it are not read."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    found: list[pa.Table] = []
    begin = 0
    for path in parts(folder):
        with pq.ParquetFile(path) as file:
            for group in range(file.num_row_groups):
                rows = file.metadata.row_group(group).num_rows
                low, high = max(first - begin, 0), min(first + count - begin, rows)
                if low < high:
                    found.append(file.read_row_group(group, columns=list(columns)).slice(low, high - low))
                begin += rows
            schema = file.schema_arrow
    return pa.concat_tables(found) if found else schema.empty_table().select(list(columns))
