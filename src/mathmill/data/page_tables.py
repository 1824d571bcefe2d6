"""Rows of pages out of an open file: JSON lines (packed with gzip or zstd, or not), or Parquet, a few at a time.

A table of pages may be of any size and may be empty; one of problems (`mathmill.data.table_files`) is held whole.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, BinaryIO

from mathmill.data.table_files import (
    BATCH,
    RowKind,
    Table,
    is_parquet,
    json_rows,
    json_table,
    parquet_file,
    parquet_rows,
)

PAGE = RowKind("page", '{"text": "..", "url": ".."}')
_BUFFER = 8 << 20  # bytes of a column fetched at once: few requests where the file is far away, and bounded memory
_BATCH_BYTES = 1 << 20  # of rows held at once, by the file's own average


def page_table(origin: str, file: BinaryIO, wanted: Collection[str]) -> Table:
    """The table in a file that can be sought in and stays open while rows are taken; `origin` is its name in messages.

    Of Parquet files only the columns that are wanted are read; of JSON lines the names are those of the first row,
    none where the file is empty. Rows raise what this does.

    Raises:
        ConfigError: it is packed in another way.
        DamagedInput: a line of it is no JSON object, or it is no whole Parquet file.
    """
    if not is_parquet(file):
        return json_table(origin, json_rows(origin, file, PAGE)) or Table(origin, (), iter(()))
    # No reading ahead: a table that is left in the middle has to leave nothing running.
    table = parquet_file(origin, file, buffer_size=_BUFFER, pre_buffer=False)
    names = tuple(table.schema_arrow.names)
    chosen = [name for name in names if name in wanted]
    return Table(origin, names, parquet_rows(origin, table, chosen, _batch_rows(table)))


def _batch_rows(table: Any) -> int:
    groups = [table.metadata.row_group(at) for at in range(table.num_row_groups)]
    largest = max((group.total_byte_size / group.num_rows for group in groups if group.num_rows), default=0.0)
    return max(1, min(BATCH, int(_BATCH_BYTES / max(largest, 1.0))))
