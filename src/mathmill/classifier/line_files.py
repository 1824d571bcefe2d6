"""Files of fastText lines, one a page: what `features.line` made, kept so that no round has to make it again."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import zstandard

from mathmill.data.files import writing
from mathmill.data.shards import ZSTD_LEVEL
from mathmill.data.store.mounts import at_hand


class LineWriter:
    """Writes lines into one zstd frame with a checksum; the same lines give the same bytes."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.rows = 0

    def __enter__(self) -> LineWriter:
        with writing(self._path):
            self._file = self._path.open("wb")
        self._stream = zstandard.ZstdCompressor(level=ZSTD_LEVEL, write_checksum=True).stream_writer(self._file)
        return self

    def write(self, words: str) -> None:
        with writing(self._path):
            self._stream.write(words.encode() + b"\n")
        self.rows += 1

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        if kind is not None:
            self._file.close()  # not the stream: its last bytes would fail again on a full disk
            return
        with writing(self._path):
            self._stream.close()  # type: ignore[no-untyped-call]


def read_lines(path: Path) -> Iterator[str]:
    """The lines of a file, without their line breaks; an empty one for a page of which nothing is left."""
    with at_hand(path).open("rb") as file, zstandard.ZstdDecompressor().stream_reader(file) as stream:
        for data in io.BufferedReader(stream):
            yield data[:-1].decode()


def count_lines(path: Path) -> int:
    """How many lines a file holds; reads all of it, so the checksum is proved as well."""
    return sum(1 for _ in read_lines(path))
