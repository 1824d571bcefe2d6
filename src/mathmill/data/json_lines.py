"""Lines of JSON, compressed or not, from files and pipes: each with its number, or why it cannot be read.

Damage costs a line, or ends the file with a line that says so. What lines hold is for their readers.
"""

from __future__ import annotations

import gzip
import io
import re
import sys
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import orjson
import zstandard

from mathmill.data.errors import ConfigError, InputMissing

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

# Of one line; a longer one is passed over. To parse one takes eight times as much memory.
LINE_BYTES = 64_000_000

_BOM = b"\xef\xbb\xbf"
_UNREAD = {b"BZh": "bunzip2 -c", b"\xfd7zXZ": "xz -dc", b"PK\x03\x04": "unzip -p"}  # by first bytes, what unpacks them
_PIECE = 4 << 10  # compressed bytes inflated at once: zstd makes at most 128 MB of them (RFC 8878, 3.1.1.2)
_WINDOW = 1 << 27  # what the zstd tool itself accepts without being told
NESTED_TOO_DEEP = "it is nested too deep to be written again"
# An escaped pair of surrogates, a lone one (in the group), or any other escape.
_ESCAPE = re.compile(
    rb"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(u[dD][89a-fA-F][0-9a-fA-F]{2})|.)"
)


@dataclass(frozen=True, slots=True)
class Line:
    """A line that is not blank: its number in the file from 1, its bytes, or why these could not be read."""

    number: int
    data: bytes
    error: str = ""


@contextmanager
def opened(file: Path) -> Iterator[BinaryIO]:
    """A file, or standard input for `-`.

    Raises:
        InputMissing: it cannot be read.
    """
    advice = "name a file, or - for standard input"
    if str(file) == "-":
        if sys.stdin is None:
            raise InputMissing(f"standard input is closed: {advice}")
        yield sys.stdin.buffer
        return
    try:
        with file.open("rb") as source:
            yield source
    except OSError as error:
        if error.filename != str(file):
            raise
        raise InputMissing(f"cannot read {file} ({error.strerror}): {advice}") from error


def read_lines(source: BinaryIO) -> Iterator[Line]:
    """The lines of a file of JSON lines that are not blank; of gzip and zstd files those inside.

    Where a compressed file is damaged, its last line says so.

    Raises:
        ConfigError: it is compressed in another way.
    """
    file = io.BufferedReader(_inflated(source), 1 << 16)
    number = 0
    while True:
        number += 1
        try:
            data = file.readline(LINE_BYTES + 1)
            too_long = len(data) > LINE_BYTES
            while data and len(data) > LINE_BYTES and not data.endswith(b"\n"):
                data = file.readline(LINE_BYTES + 1) or b"\n"
        except (EOFError, gzip.BadGzipFile, zlib.error, zstandard.ZstdError) as error:
            yield Line(number, b"", f"the compressed file is damaged from here on ({error})")
            return
        if not data:
            return
        if number == 1:
            data = data.removeprefix(_BOM)
        if too_long:
            yield Line(number, b"", f"it is longer than {LINE_BYTES:,} bytes")
        elif data and not data.isspace():
            yield Line(number, data)


def parsed(line: bytes) -> Any:
    """The value of a line of JSON.

    Raises:
        orjson.JSONDecodeError: it is none.
        MemoryError: it takes more memory than there is.
    """
    try:
        return orjson.loads(line)
    except orjson.JSONDecodeError as error:
        if "Not enough memory" in error.msg:
            raise MemoryError from error
        if (whole := without_surrogates(line)) == line:
            raise
        return orjson.loads(whole)


def without_surrogates(line: bytes) -> bytes:
    """A line of JSON in which lone surrogates, which are no characters, are replacement characters."""
    if b"\\ud" not in line and b"\\uD" not in line:
        return line
    return _ESCAPE.sub(lambda found: b"\\ufffd" if found[1] else found[0], line)


def _inflated(source: BinaryIO) -> io.RawIOBase:
    head = source.read(6)  # less only if there is no more
    for first, command in _UNREAD.items():
        if head.startswith(first):
            raise ConfigError(f"lines of JSON may be packed with gzip or zstd: unpack others with `{command} FILE |`")
    if head.startswith(b"\x1f\x8b"):
        return _Pieces(_ungzipped(chain([head], _pieces(source, 1 << 16))))
    if head.startswith((b"\x28\xb5\x2f\xfd", b"\x50\x2a\x4d\x18")):  # a frame, or the skippable one before it
        return _Pieces(_unzstd(chain([head], _pieces(source, _PIECE))))
    return _Pieces(chain([head], _pieces(source, 1 << 20)))


def _pieces(source: BinaryIO, size: int) -> Iterator[bytes]:
    read = getattr(source, "read1", source.read)  # of a pipe what is there, without waiting for `size`
    while piece := read(size):
        yield piece


def _ungzipped(pieces: Iterator[bytes]) -> Iterator[bytes]:
    with gzip.GzipFile(fileobj=io.BufferedReader(_Pieces(pieces))) as file:
        yield from iter(lambda: file.read1(1 << 16), b"")


def _unzstd(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """The content of all frames.

    Raises:
        EOFError: the last one is not whole.
        zstandard.ZstdError: one is damaged.
    """
    inflater, whole = None, True
    for piece in pieces:
        while piece:
            inflater = inflater or zstandard.ZstdDecompressor(max_window_size=_WINDOW).decompressobj()
            yield inflater.decompress(piece)
            whole, piece = inflater.eof, inflater.unused_data
            inflater = None if whole else inflater
    if not whole:
        raise EOFError("it ends inside a frame")


class _Pieces(io.RawIOBase):
    """A stream of bytes that come in pieces of any size."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._left = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        view = memoryview(buffer)
        while not self._left:
            piece = next(self._pieces, None)
            if piece is None:
                return 0
            self._left = memoryview(piece)
        size = min(len(view), len(self._left))
        view[:size] = self._left[:size]
        self._left = self._left[size:]
        return size
