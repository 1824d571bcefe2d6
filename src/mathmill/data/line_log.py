"""Lines appended one by one, each on disk before the next: what a killed process wrote is what is there.

A line cut short by a crash is no line; the next one takes its place.
"""

from __future__ import annotations

import os
from pathlib import Path

from mathmill.data.files import writing


class LineLog:
    """A file of lines that only grows; one process writes it at a time."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._whole_bytes = 0

    def read(self) -> list[bytes]:
        """The whole lines, without their ends; none if there is no file."""
        if not self._path.exists():
            return []
        data = self._path.read_bytes()
        self._whole_bytes = data.rfind(b"\n") + 1
        return data[: self._whole_bytes].split(b"\n")[:-1]

    def append(self, *lines: bytes) -> None:
        """Write lines, in which there is no line feed, and wait until they are on disk.

        Raises:
            DiskFull, CannotCreate: it cannot be written.
        """
        with writing(self._path), self._path.open("r+b" if self._path.exists() else "x+b") as file:
            file.truncate(self._whole_bytes)
            file.seek(self._whole_bytes)
            file.writelines(line + b"\n" for line in lines)
            file.flush()
            os.fsync(file.fileno())
            self._whole_bytes = file.tell()

    def settle(self) -> None:
        """Every line is on disk already."""

    def close(self) -> None:
        """There is nothing to do."""

    def remove(self) -> None:
        """Forget all lines."""
        with writing(self._path):
            self._path.unlink(missing_ok=True)
        self._whole_bytes = 0
