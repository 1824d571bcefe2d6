"""Compressed members and frames inflated piece by piece, in bounded memory, as far as they are sound.

Slower than inflating a whole member (`members`), this gives what comes before damage, to the byte, checks
what checksums there are, and knows the place in the compressed stream that each content byte came from.
"""

from __future__ import annotations

import struct
import zlib
from bisect import bisect_left
from collections.abc import Callable
from typing import Protocol

import zstandard

from mathmill.pipeline.members import REWIND, ArchiveLimits, Window, gzip_header_length, skip_padding

PIECE = 8 << 10  # compressed bytes inflated at once: at most 8.5 MB come out (deflate expands 1032-fold)


class CompressedStream(Protocol):
    """A compressed member or frame being inflated; `pull` feeds a `Window`."""

    start: int
    end: int  # position in the outer stream up to which compressed bytes were read
    damage: str | None  # a lost reason once the stream broke, None while or after it was sound
    total: int  # content bytes so far
    proven: int  # content bytes that a checksum vouches for

    def pull(self) -> bytes:
        """The next content bytes; b"" at the end, sound or not."""
        ...

    def origin(self, at: int) -> int:
        """Position in the outer stream that content position `at` came from."""
        ...


class _Stream:
    """What gzip and zstd streams share: the limit on the ratio, and where each content byte came from.

    Inside a piece the origin is interpolated: a record in the middle of a member has no byte span of its
    own, and this gives it a share such that neighbours join without gap or overlap.
    """

    def __init__(self, outer: Window, limits: ArchiveLimits) -> None:
        self.outer = outer
        self.start = self.end = outer.at
        self.damage: str | None = None
        self.proven = 0
        self.done = False
        self.total = 0
        self._limits = limits
        self._contents: list[int] = [0]
        self._origins: list[int] = [self.start]

    def origin(self, at: int) -> int:
        index = bisect_left(self._contents, at)
        if index == 0:
            return self._origins[0]
        if index == len(self._contents):
            return self._origins[-1]
        low, high = self._contents[index - 1], self._contents[index]
        first, last = self._origins[index - 1], self._origins[index]
        return first + (at - low) * (last - first) // (high - low)

    def _note(self, size: int) -> None:
        """`size` content bytes came out of the compressed bytes up to the outer position."""
        self.end = self.outer.at
        if not size:
            return
        self.total += size
        self._contents.append(self.total)
        self._origins.append(self.end)
        limits = self._limits
        if self.total > limits.ratio_from and self.total > limits.ratio * (self.end - self.start):
            self._stop("ratio_too_high")

    def _stop(self, damage: str | None) -> None:
        self.end = self.outer.at
        self.damage = damage
        self.done = True


class GzipStream(_Stream):
    """A gzip member at the outer window's position, inflated piece by piece.

    Slower than `inflate_whole`, but it gives what comes before damage, to the byte, in bounded memory. When
    the member is sound and `joins` says that the next one goes on with its content, that is read as well:
    some writers start a member wherever they flush.
    """

    def __init__(self, outer: Window, limits: ArchiveLimits, joins: Callable[[Window], bool]) -> None:
        super().__init__(outer, limits)
        self._joins = joins
        self._begin()

    def _begin(self) -> None:
        self._inflater = zlib.decompressobj(-zlib.MAX_WBITS)
        self._crc = 0
        self._before = self.total  # content bytes of the members before this one
        header = gzip_header_length(self.outer)
        if header is None:
            self._stop("truncated" if self.outer.ended and self.outer.fill(64) < 64 else "damaged_member")
        else:
            self.outer.pos += header

    def pull(self) -> bytes:
        """The next content bytes, at most some 8 MB; b"" at the end, sound or not."""
        content = b""
        while not content and not self.done:
            held = self.outer.fill(1, REWIND)
            if not held:
                self._stop("truncated")
                break
            pos = self.outer.pos
            content = self._inflate(self.outer.data[pos : pos + PIECE])
        return content

    def _inflate(self, piece: bytes) -> bytes:
        before = self._inflater.copy()
        try:
            content = self._inflater.decompress(piece)
            used = len(piece) - len(self._inflater.unused_data)
            broken = False
        except zlib.error:
            content, used = _inflate_to_damage(before, piece)
            broken = True
        self.outer.pos += used
        self._crc = zlib.crc32(content, self._crc)
        self._note(len(content))
        if broken:
            self._stop("damaged_member")
        elif self._inflater.eof and not self.done:
            self._finish()
        return content

    def _finish(self) -> None:
        """Check the trailer: CRC-32 and length modulo 2**32, little endian (RFC 1952)."""
        if self.outer.fill(8, REWIND) < 8:
            self.outer.pos = len(self.outer.data)
            self._stop("truncated")
            return
        pos = self.outer.pos
        crc, size = struct.unpack("<II", self.outer.data[pos : pos + 8])
        self.outer.pos += 8
        if crc != self._crc or size != (self.total - self._before) & 0xFFFFFFFF:
            self._stop("bad_checksum")
            return
        self.proven = self.total
        if self._joins(self.outer):
            self._begin()
        else:
            skip_padding(self.outer)
            self._stop(None)


class WholeContent:
    """A member inflated before, seen as a `CompressedStream`."""

    def __init__(self, content: bytes, start: int, length: int) -> None:
        self.start = start
        self.end = start + length
        self.damage: str | None = None
        self.proven = len(content)
        self.total = len(content)
        self._left = content

    def pull(self) -> bytes:
        """All of the content, then b""."""
        content, self._left = self._left, b""
        return content

    def origin(self, at: int) -> int:
        return self.start + at * (self.end - self.start) // max(1, self.total)


def _inflate_to_damage(inflater: zlib._Decompress, piece: bytes) -> tuple[bytes, int]:
    """All that comes out of `piece` before zlib refuses it, byte by byte, and how many bytes went in."""
    contents = []
    for index in range(len(piece)):
        try:
            contents.append(inflater.decompress(piece[index : index + 1]))
        except zlib.error:
            return b"".join(contents), index
    return b"".join(contents), len(piece)


class ZstdStream(_Stream):
    """A zstd frame at the outer window's position, inflated block by block (at most 128 KiB each, RFC 8878)."""

    def __init__(self, outer: Window, limits: ArchiveLimits, dictionary: bytes | None) -> None:
        super().__init__(outer, limits)
        held = outer.fill(18, REWIND)
        head = outer.data[outer.pos : outer.pos + min(held, 18)]
        try:
            parameters = zstandard.get_frame_parameters(head)
            length = zstandard.frame_header_size(head)
        except zstandard.ZstdError:
            self._stop("truncated" if held < 18 else "damaged_member")
            return
        self._checksum = parameters.has_checksum
        self._last = False
        words = zstandard.ZstdCompressionDict(dictionary) if dictionary else None
        # 128 MiB is what the zstd tool itself accepts without being told
        self._inflater = zstandard.ZstdDecompressor(dict_data=words, max_window_size=1 << 27).decompressobj()
        self._feed(length)

    def pull(self) -> bytes:
        """The next content bytes; b"" at the end, sound or not."""
        content = b""
        while not content and not self.done:
            if self._last:
                self._finish()
                break
            if self.outer.fill(3, REWIND) < 3:
                self.outer.pos = len(self.outer.data)
                self._stop("truncated")
                break
            pos = self.outer.pos
            block = int.from_bytes(self.outer.data[pos : pos + 3], "little")
            last, kind, size = block & 1, block >> 1 & 3, block >> 3
            if kind == 3:
                self._stop("damaged_member")
                break
            content = self._feed(3 + (1 if kind == 1 else size))
            self._last = bool(last)
        return content

    def _finish(self) -> None:
        """Check the content's checksum, where the frame has one."""
        if self._checksum:
            self._feed(4)
        if not self.done:
            self.proven = self.total if self._checksum else 0
            self._stop(None)

    def _feed(self, length: int) -> bytes:
        if self.outer.fill(length, REWIND) < length:
            self.outer.pos = len(self.outer.data)
            self._stop("truncated")
            return b""
        pos = self.outer.pos
        try:
            content = self._inflater.decompress(self.outer.data[pos : pos + length])
        except zstandard.ZstdError as error:
            self._stop("bad_checksum" if "checksum" in str(error) else "damaged_member")
            return b""
        self.outer.pos += length
        self._note(len(content))
        return content
