"""A table out of a file: JSON lines (packed with gzip or zstd, or not), or Parquet. Rows come with their place."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any, BinaryIO

import orjson

from mathmill.data.errors import ConfigError, DamagedInput
from mathmill.data.json_lines import opened, parsed, read_lines

Rows = Iterator[tuple[str, Mapping[str, Any]]]

# What a table of problems may hold at most. The largest benchmark known here has 12,500.
MAX_ROWS = 1_000_000
BATCH = 512  # rows of Parquet held at once
_MAX_PARQUET = 4 << 30  # bytes, unpacked, of the columns that are read
_MAGIC = b"PAR1"


@dataclass(frozen=True, slots=True)
class Table:
    """Rows, each with its place in words (`line 3`); the names of all columns; and where it is from."""

    origin: str
    names: tuple[str, ...]
    rows: Rows


@dataclass(frozen=True, slots=True)
class RowKind:
    """What a row of a table is, for messages: in a word, how a line with one looks, and what files of them are."""

    name: str
    example: str
    files: str = "JSON lines or Parquet"


PROBLEM = RowKind("problem", '{"question": "..", "answer": ".."}')


def table_file(path: Path, wanted: Collection[str], kind: RowKind = PROBLEM) -> Table:
    """The table in a file that has rows. Of Parquet files only the columns that are wanted are read.

    Raises:
        InputMissing: it cannot be opened.
        ConfigError: it is packed in another way, or larger than fits in memory.
        DamagedInput: it is empty, a line of it is no JSON object, or it is no whole Parquet file.
    """
    with opened(path) as file:
        parquet = is_parquet(file)
    table = _parquet(path, wanted) if parquet else json_table(str(path), _lines(path, kind))
    if table is None:
        raise DamagedInput(f"{path} is empty: name a file of JSON lines or Parquet with one {kind.name} a row")
    return table


def is_parquet(file: BinaryIO) -> bool:
    """Whether a file begins as Parquet does; it is at its beginning afterwards. A pipe is not Parquet."""
    if not file.seekable():
        return False
    found = file.read(len(_MAGIC)) == _MAGIC
    file.seek(0)
    return found


def json_table(origin: str, rows: Rows) -> Table | None:
    """The table of `json_rows`, whose names are those of the first row; None if there is none. Raises as they do."""
    first = next(rows, None)
    return Table(origin, tuple(first[1]), chain([first], rows)) if first else None


def json_rows(origin: str, file: BinaryIO, kind: RowKind) -> Rows:
    """The objects in the lines of an open file; `origin` is its name in messages.

    Raises:
        ConfigError: it is packed in another way than with gzip or zstd.
        DamagedInput: a line cannot be read, or is no JSON object.
    """
    for line in read_lines(file):
        place = f"line {line.number}"
        if line.error:
            raise DamagedInput(f"{origin}, {place}: {line.error}: mend the file, or copy or download it again")
        try:
            row = parsed(line.data)
        except orjson.JSONDecodeError as error:
            rule = f"one {kind.name} is one line" + (f", and files are {kind.files}" if line.number == 1 else "")
            raise DamagedInput(f"{origin}, {place} is no JSON ({error.msg}): mend or remove it; {rule}") from error
        if not isinstance(row, dict):
            raise DamagedInput(f"{origin}, {place} is no JSON object: a line has to look like {kind.example}")
        yield place, row


def parquet_file(origin: str, source: Path | BinaryIO, **options: Any) -> Any:
    """The `pyarrow.parquet.ParquetFile` at a path or in an open file; `options` are pyarrow's.

    Raises:
        DamagedInput: it is no whole Parquet file.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        return pq.ParquetFile(source, **options)
    except (OSError, pa.ArrowException) as error:
        message = f"{origin} is no whole Parquet file ({_brief(error)}): copy or download it again"
        raise DamagedInput(message) from error


def parquet_rows(origin: str, table: Any, chosen: list[str], at_once: int = BATCH) -> Rows:
    """The rows of a `parquet_file`, its chosen columns alone, `at_once` in memory.

    Raises:
        DamagedInput: it is damaged behind a row, which the message names.
    """
    import pyarrow as pa

    number = 0
    try:
        # Without threads: a table that is left in the middle has to leave nothing running.
        for batch in table.iter_batches(batch_size=at_once, columns=chosen, use_threads=False):
            for row in batch.to_pylist():
                number += 1
                yield f"row {number}", row
    except (OSError, UnicodeDecodeError, pa.ArrowException) as error:
        message = f"{origin} is damaged behind row {number} ({_brief(error)}): copy or download it again"
        raise DamagedInput(message) from error


def _lines(path: Path, kind: RowKind) -> Rows:
    with opened(path) as file:
        yield from json_rows(str(path), file, kind)


def _parquet(path: Path, wanted: Collection[str]) -> Table | None:
    file = parquet_file(str(path), path)
    names = tuple(file.schema_arrow.names)
    if file.metadata.num_rows == 0:
        return None
    chosen = [name for name in names if name in wanted]
    size = sum(
        group.column(at).total_uncompressed_size
        for group in map(file.metadata.row_group, range(file.metadata.num_row_groups))
        for at in range(group.num_columns)
        if group.column(at).path_in_schema.partition(".")[0] in chosen
    )
    if size > _MAX_PARQUET:
        raise ConfigError(f"{path} holds {size:,} bytes in {', '.join(chosen)}, more than {_MAX_PARQUET:,}: split it")
    return Table(str(path), names, parquet_rows(str(path), file, chosen))


def _brief(error: Exception) -> str:
    return " ".join(str(error).split())[:200]
