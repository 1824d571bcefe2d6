"""Rows of pages out of an open file: JSON lines (packed with gzip or zstd, or not), or Parquet, a few at a time.

A table of pages may be of any size and may be empty; one of problems (`mathmill.data.table_files`) is held whole.
"""

from __future__ import annotations

from collections.abc import Collection
from itertools import chain
from typing import Any, BinaryIO

import orjson

from mathmill.data.errors import DamagedInput
from mathmill.data.json_lines import parsed, read_lines
from mathmill.data.table_files import Rows, Table

_MAGIC = b"PAR1"
_BUFFER = 8 << 20  # bytes of a column fetched at once: few requests where the file is far away, and bounded memory
_BATCH_BYTES = 1 << 20  # of rows held at once, by the file's own average
_BATCH = 512  # rows held at once, however small they are


def page_table(origin: str, file: BinaryIO, wanted: Collection[str]) -> Table:
    """The table in a file that can be sought in and stays open while rows are taken; `origin` is its name in messages.

    Of Parquet files only the columns that are wanted are read; of JSON lines the names are those of the first row,
    none where the file is empty. Rows raise what this does.

    Raises:
        ConfigError: it is packed in another way.
        DamagedInput: a line of it is no JSON object, or it is no whole Parquet file.
    """
    is_parquet = file.read(len(_MAGIC)) == _MAGIC
    file.seek(0)
    if is_parquet:
        return _parquet(origin, file, wanted)
    rows = _objects(origin, file)
    first = next(rows, None)
    return Table(origin, tuple(first[1]), chain([first], rows)) if first else Table(origin, (), rows)


def _objects(origin: str, file: BinaryIO) -> Rows:
    for line in read_lines(file):
        place = f"line {line.number}"
        if line.error:
            raise DamagedInput(f"{origin}, {place}: {line.error}: mend the file, or fetch it again")
        try:
            row = parsed(line.data)
        except orjson.JSONDecodeError as error:
            raise DamagedInput(
                f"{origin}, {place} is no JSON ({error.msg}): mend or remove it; one page is one line"
            ) from error
        if not isinstance(row, dict):
            raise DamagedInput(
                f'{origin}, {place} is no JSON object: a line has to look like {{"text": "..", "url": ".."}}'
            )
        yield place, row


def _parquet(origin: str, file: BinaryIO, wanted: Collection[str]) -> Table:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        # Neither threads nor reading ahead: a table that is left in the middle has to leave nothing running.
        table = pq.ParquetFile(file, buffer_size=_BUFFER, pre_buffer=False)
    except (OSError, pa.ArrowException) as error:
        raise DamagedInput(f"{origin} is no whole Parquet file ({_brief(error)}): fetch it again") from error
    names = tuple(table.schema_arrow.names)
    chosen = [name for name in names if name in wanted]
    return Table(origin, names, _batches(origin, table, chosen))


def _batches(origin: str, table: Any, chosen: list[str]) -> Rows:
    import pyarrow as pa

    number = 0
    try:
        for batch in table.iter_batches(batch_size=_batch_rows(table), columns=chosen, use_threads=False):
            for row in batch.to_pylist():
                number += 1
                yield f"row {number}", row
    except (OSError, UnicodeDecodeError, pa.ArrowException) as error:
        raise DamagedInput(f"{origin} is damaged behind row {number} ({_brief(error)}): fetch it again") from error


def _batch_rows(table: Any) -> int:
    groups = [table.metadata.row_group(at) for at in range(table.num_row_groups)]
    largest = max((group.total_byte_size / group.num_rows for group in groups if group.num_rows), default=0.0)
    return max(1, min(_BATCH, int(_BATCH_BYTES / max(largest, 1.0))))


def _brief(error: Exception) -> str:
    return " ".join(str(error).split())[:200]
