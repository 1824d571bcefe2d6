"""The tables and files of the pass `near_duplicates`, and how they are written and read in bounded memory."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from mathmill.data.files import writing
from mathmill.data.shards import parquet_schema
from mathmill.pipeline.dedup.copies import COPY_COLUMNS

if TYPE_CHECKING:
    import pyarrow as pa

USE = "near_duplicates"
BANDS, COPIES, STARS, COMPONENTS = (f"{USE}_{what}" for what in ("bands", "copies", "stars", "components"))
STREAMS, MEMBERS, CONFIRMED, TALLIES, FOUND = (
    f"{USE}_{what}" for what in ("streams", "members", "confirmed", "tallies", "found")
)

Columns = Mapping[str, tuple[str, str]]

STREAM_COLUMNS: Columns = {
    "row": ("int64", "shard << 24 | place"),
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
MEMBER_COLUMNS: tuple[str, ...] = ("component", *COPY_COLUMNS, "shard", "first", "count", "stream")
_ROWS = 10_000


def band_names(bands: int) -> list[str]:
    """The columns of bands."""
    return [f"b{band:02}" for band in range(bands)]


class Table:
    """A Parquet file that is written row by row, ten thousand in memory; several can be open at a time."""

    def __init__(self, path: Path, columns: Columns) -> None:
        import pyarrow.parquet as pq

        self._path = path
        self._schema = parquet_schema(columns)
        self._rows: list[Mapping[str, Any]] = []
        self.count = 0
        with writing(path):
            self._writer = pq.ParquetWriter(path, self._schema, compression="zstd")

    def add(self, row: Mapping[str, Any]) -> None:
        self._rows.append(row)
        if len(self._rows) == _ROWS:
            self._flush()

    def _flush(self) -> None:
        import pyarrow as pa

        if self._rows:
            with writing(self._path):
                self._writer.write_table(pa.Table.from_pylist(self._rows, schema=self._schema))
            self.count += len(self._rows)
            self._rows = []

    def __enter__(self) -> Table:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self._flush()
        with writing(self._path):
            self._writer.close()


def batches(folder: Path, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
    """A table's rows by batches, in the order of its files and rows."""
    import pyarrow.parquet as pq

    for path in sorted(folder.glob("*.parquet")):
        with pq.ParquetFile(path) as file:
            yield from file.iter_batches(columns=list(columns))


def part_of(folder: Path, columns: Sequence[str], first: int, count: int) -> pa.Table:
    """So many rows of a table from a place on; groups of rows outside of it are not read."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    parts: list[pa.Table] = []
    begin = 0
    for path in sorted(folder.glob("*.parquet")):
        with pq.ParquetFile(path) as file:
            for group in range(file.num_row_groups):
                rows = file.metadata.row_group(group).num_rows
                low, high = max(first - begin, 0), min(first + count - begin, rows)
                if low < high:
                    parts.append(file.read_row_group(group, columns=list(columns)).slice(low, high - low))
                begin += rows
            schema = file.schema_arrow
    return pa.concat_tables(parts) if parts else schema.empty_table().select(list(columns))
