"""Pages set aside: those that killed their process or broke a stage, kept as an archive of their own."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from mathmill.data.files import Staging, writing
from mathmill.pipeline.archives import read_archive
from mathmill.pipeline.warc import Record


class AsideWriter:
    """Writes records as a `.warc.gz`, a member a record; without any record there is no file."""

    def __init__(self, staging: Staging, name: str, count: Callable[[Path], int]) -> None:
        self._staging = staging
        self._name = name
        self._count = count
        self._file: BinaryIO | None = None
        self._path = Path()
        self.rows = 0

    def write(self, record: Record) -> None:
        if self._file is None:
            self._path = self._staging.stage(self._name, self._count)
            with writing(self._path):
                self._file = self._path.open("wb")
        with writing(self._path):
            self._file.write(gzip.compress(as_warc(record), mtime=0))
        self.rows += 1

    def close(self) -> None:
        if self._file is not None:
            with writing(self._path):
                self._file.close()


def as_warc(record: Record) -> bytes:
    """The record as WARC 1.1 text, with a Content-Length that fits its block."""
    kept = [(name, value) for name, value in record.headers if name.lower() != "content-length"]
    lines = [f"{name}: {value}" for name, value in [*kept, ("Content-Length", str(len(record.block)))]]
    head = "WARC/1.1\r\n" + "\r\n".join(lines) + "\r\n\r\n"
    return head.encode("utf-8", "surrogateescape") + record.block + b"\r\n\r\n"


def count_aside(path: Path) -> int:
    """How many records an archive of pages set aside holds."""
    return sum(isinstance(item, Record) for item in read_archive(path))
