"""The tables and files of the pass `near_duplicates`, and how they are written and read in bounded memory."""

from __future__ import annotations

import itertools
from array import array
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, TypeAlias

from mathmill.data.files import writing
from mathmill.data.shards import parquet_schema
from mathmill.pipeline.dedup.copies import COPY_COLUMNS

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
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
_ROWS = 4_096

Values: TypeAlias = "array[int] | list[str]"
_KINDS: Mapping[str, Callable[[], Values]] = {"int64": lambda: array("q"), "int32": lambda: array("i"), "string": list}


def band_names(bands: int) -> list[str]:
    """The columns of bands."""
    return [f"b{band:02}" for band in range(bands)]


class Table:
    """A Parquet file that is written row by row, four thousand in memory; several can be open at a time.

    Columns are held as Arrow wants them, since an Arrow table that is made of Python objects loads pandas where that is
    installed: 46 MB and half a second in every worker.
    """

    def __init__(self, path: Path, columns: Columns) -> None:
        import pyarrow.parquet as pq

        self._path = path
        self._schema = parquet_schema(columns)
        self._values = _empty(columns)
        self.count = 0
        texts = [name for name, values in self._values.items() if isinstance(values, list)]
        with writing(path):
            self._writer = pq.ParquetWriter(path, self._schema, compression="zstd", use_dictionary=texts)

    def add(self, row: Mapping[str, Any]) -> None:
        for name, values in self._values.items():
            values.append(row[name])
        self.count += 1
        if self.count % _ROWS == 0:
            self._flush()

    def _flush(self) -> None:
        import pyarrow as pa

        columns = [arrow_column(values) for values in self._values.values()]
        with writing(self._path):
            self._writer.write_table(pa.Table.from_arrays(columns, schema=self._schema))
        self._values = {name: _fresh(values) for name, values in self._values.items()}

    def __enter__(self) -> Table:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None and self.count % _ROWS:
            self._flush()
        with writing(self._path):
            self._writer.close()


def _empty(columns: Columns) -> dict[str, Values]:
    return {name: _KINDS[kind]() for name, (kind, _) in columns.items()}


def _fresh(values: Values) -> Values:
    return array(values.typecode) if isinstance(values, array) else []


def arrow_column(values: Values) -> pa.Array:
    """An array or a list of strings as an Arrow array of the same type."""
    import pyarrow as pa

    if isinstance(values, array):
        kind = pa.int64() if values.typecode == "q" else pa.int32()
        return pa.Array.from_buffers(kind, len(values), [None, pa.py_buffer(values)])
    parts = [value.encode() for value in values]
    ends = array("i", itertools.accumulate(map(len, parts), initial=0))
    return pa.Array.from_buffers(pa.string(), len(parts), [None, pa.py_buffer(ends), pa.py_buffer(b"".join(parts))])


def int64s(column: pa.Array | pa.ChunkedArray) -> npt.NDArray[np.int64]:
    """A column of 64-bit numbers without gaps; `to_numpy` loads pandas."""
    import numpy as np

    chunks = getattr(column, "chunks", [column])
    parts = [np.frombuffer(each.buffers()[1], np.int64)[each.offset : each.offset + len(each)] for each in chunks]
    return parts[0] if len(parts) == 1 else np.concatenate([np.empty(0, np.int64), *parts])


def batches(folder: Path, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
    """A table's rows by batches, in the order of its files and rows."""
    import pyarrow.parquet as pq

    for path in sorted(folder.glob("*.parquet")):
        with pq.ParquetFile(path) as file:
            yield from file.iter_batches(_ROWS, columns=list(columns))


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
