"""A table out of a file: JSON lines (packed with gzip or zstd, or not), or Parquet. Rows come with their place."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import orjson

from mathmill.data.errors import ConfigError, DamagedInput, InputMissing
from mathmill.data.json_lines import opened, parsed, read_lines

Rows = Iterator[tuple[str, Mapping[str, Any]]]

# What a table of problems may hold at most. The largest benchmark known here has 12,500.
MAX_ROWS = 1_000_000
_MAX_PARQUET = 4 << 30  # bytes, unpacked, of the columns that are read
_MAGIC = b"PAR1"
_BATCH = 512  # rows of Parquet held at once


@dataclass(frozen=True, slots=True)
class Table:
    """Rows, each with its place in words (`line 3`); the names of all columns; and where it is from."""

    origin: str
    names: tuple[str, ...]
    rows: Rows


def table_file(path: Path, wanted: Collection[str]) -> Table:
    """The table in a file. Of Parquet files only the columns that are wanted are read.

    Raises:
        InputMissing: it cannot be opened.
        ConfigError: it is packed in another way.
        DamagedInput: it is empty, a line of it is no JSON object, or it is no whole Parquet file.
    """
    with opened(path) as file:
        is_parquet = file.read(4) == _MAGIC if file.seekable() else False
    return _parquet(path, wanted) if is_parquet else _json_lines(path)


def _json_lines(path: Path) -> Table:
    rows = _objects(path)
    first = next(rows, None)
    if first is None:
        raise DamagedInput(f"{path} is empty: name a file of JSON lines or Parquet with one problem a row")
    return Table(str(path), tuple(first[1]), chain([first], rows))


def _objects(path: Path) -> Rows:
    with opened(path) as file:
        for line in read_lines(file):
            place = f"line {line.number}"
            if line.error:
                raise DamagedInput(f"{path}, {place}: {line.error}: mend the file")
            try:
                row = parsed(line.data)
            except orjson.JSONDecodeError as error:
                raise DamagedInput(
                    f"{path}, {place} is no JSON ({error.msg}): mend or remove it; one problem is one line"
                ) from error
            if not isinstance(row, dict):
                raise DamagedInput(
                    f'{path}, {place} is no JSON object: a line has to look like {{"question": "..", "answer": ".."}}'
                )
            yield place, row


def _parquet(path: Path, wanted: Collection[str]) -> Table:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        file = pq.ParquetFile(path)
    except OSError as error:
        raise InputMissing(f"cannot read {path}: {error}") from error
    except pa.ArrowException as error:
        raise DamagedInput(f"{path} is no whole Parquet file ({_brief(error)}): copy or download it again") from error
    names = tuple(file.schema_arrow.names)
    if file.metadata.num_rows == 0:
        raise DamagedInput(f"{path} is empty: name a file of JSON lines or Parquet with one problem a row")
    chosen = [name for name in names if name in wanted]
    size = sum(
        group.column(at).total_uncompressed_size
        for group in map(file.metadata.row_group, range(file.metadata.num_row_groups))
        for at in range(group.num_columns)
        if group.column(at).path_in_schema.partition(".")[0] in chosen
    )
    if size > _MAX_PARQUET:
        raise ConfigError(f"{path} holds {size:,} bytes in {', '.join(chosen)}, more than {_MAX_PARQUET:,}: split it")
    return Table(str(path), names, _batches(path, file, chosen))


def _batches(path: Path, file: Any, chosen: list[str]) -> Rows:
    import pyarrow as pa

    number = 0
    try:
        for batch in file.iter_batches(batch_size=_BATCH, columns=chosen):
            for row in batch.to_pylist():
                number += 1
                yield f"row {number}", row
    except (OSError, UnicodeDecodeError, pa.ArrowException) as error:
        raise DamagedInput(
            f"{path} is damaged behind row {number} ({_brief(error)}): copy or download it again"
        ) from error


def _brief(error: Exception) -> str:
    return " ".join(str(error).split())[:200]
