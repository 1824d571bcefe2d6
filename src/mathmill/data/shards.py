"""Files of Documents: zstd-compressed JSON lines while a pipeline works, Parquet when it is done."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

import orjson
import zstandard

from mathmill.data.columns import TableWriter
from mathmill.data.config import canonical_json
from mathmill.data.files import Output, Staging, writing
from mathmill.data.records import Document
from mathmill.data.store.mounts import at_hand

if TYPE_CHECKING:
    import pyarrow as pa

ZSTD_LEVEL = 3


class DocumentWriter:
    """Writes one working shard: a JSON object a line, keys sorted, in one zstd frame with a checksum.

    The same Documents give the same bytes.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self.rows = 0
        with writing(path):
            self._file = path.open("wb")
            compressor = zstandard.ZstdCompressor(level=ZSTD_LEVEL, write_checksum=True)
            self._stream = compressor.stream_writer(self._file)

    def write(self, document: Document) -> None:
        line = canonical_json(
            {"id": document.id, "text": document.text, "url": document.url, "meta": dict(document.meta)}
        )
        with writing(self._path):
            self._stream.write(line + b"\n")
        self.rows += 1

    def __enter__(self) -> DocumentWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is not None:
            self._file.close()  # not the stream: its last bytes would fail again on a full disk
            return
        with writing(self._path):
            self._stream.close()  # type: ignore[no-untyped-call]


def read_documents(path: Path) -> Iterator[Document]:
    """The Documents of a working shard, in order."""
    with at_hand(path).open("rb") as file, zstandard.ZstdDecompressor().stream_reader(file) as stream:
        for line in io.BufferedReader(stream):
            yield Document(**orjson.loads(line))


def count_documents(path: Path) -> int:
    """How many Documents a working shard holds; reads all of it, so the checksum is proved as well."""
    rows = 0
    with path.open("rb") as file, zstandard.ZstdDecompressor().stream_reader(file) as stream:
        while piece := stream.read(1 << 20):
            rows += piece.count(b"\n")
    return rows


def parquet_schema(columns: Mapping[str, tuple[str, str]]) -> pa.Schema:
    """The schema of a table of ours: column -> (Arrow type by name, what it holds); the latter goes into the file."""
    import pyarrow as pa

    return pa.schema(
        [pa.field(name, pa.type_for_alias(kind), metadata={"doc": doc}) for name, (kind, doc) in columns.items()]
    )


def write_parquet(path: Path, rows: Iterable[Mapping[str, Any]], schema: pa.Schema) -> int:
    """Write rows as one Parquet file and return how many; see `TableWriter`."""
    with TableWriter(path, schema) as writer:
        for row in rows:
            writer.add(row)
    return writer.count


def publish_table(
    folder: Path, name: str, rows: Iterable[Mapping[str, Any]], columns: Mapping[str, tuple[str, str]]
) -> dict[str, Output]:
    """Write and publish rows as the Parquet file `name` of a folder; `columns` as for `parquet_schema`."""
    staging = Staging(folder)
    count = write_parquet(staging.stage(name, count_parquet), rows, parquet_schema(columns))
    return staging.publish({name: count})


def count_parquet(path: Path) -> int:
    """How many rows a Parquet file holds, by its footer."""
    import pyarrow.parquet as pq

    return int(pq.read_metadata(path).num_rows)
