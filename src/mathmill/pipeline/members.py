"""A byte stream seen through a sliding window, and sound gzip members of common size inflated whole.

This is what lies below records: positions, checksums and limits, and nothing of WARC or ARC. Members are
inflated by libdeflate, CRC and length checked, all or nothing; what is large or damaged is left to `streams`.
"""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Callable

import numpy as np
from deflate import DeflateError, crc32, deflate_decompress

from mathmill.data.config import Config

GZIP_MAGIC = b"\x1f\x8b\x08"
ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"
READ_AHEAD = 1 << 18  # bytes that a refill of a window gathers at least, so that joining stays linear
REWIND = 4 << 20  # bytes kept behind the position of a stream that may turn out damaged
FIRST_PIECE = 16 << 10
EXACT_LIMIT = 1 << 20  # compressed bytes inflated at once
WHOLE_LIMIT = 4 << 20  # bytes inflated by the fast way before the bounded one takes over


class ArchiveLimits(Config):
    """What one archive may ask of us; everything beyond is a lost span with its reason."""

    block_bytes: int = 32 << 20  # a record's block; Common Crawl cuts payloads at 1 MiB (5 MiB since 2025)
    header_bytes: int = 1 << 20  # a record's header
    body_bytes: int = 16 << 20  # a page, its encodings undone
    ratio: int = 300  # inflated bytes to a compressed one, looked at beyond `ratio_from`
    ratio_from: int = 64 << 20
    nesting: int = 2  # compressed streams inside one another: 2 reads a .warc.gz that was gzipped once more
    encodings: int = 3  # HTTP content encodings undone on one body


# Spans that never held a record, so that nothing was lost with them.
HARMLESS = {
    "padding": "zero bytes or blank lines",
    "empty_member": "an empty compressed member",
    "skippable_frame": "a zstd frame that holds no data",
}

LOST_REASONS = {
    **HARMLESS,
    "truncated": "the file ends inside a member or record",
    "damaged_member": "a compressed member does not inflate",
    "bad_checksum": "a compressed member inflates but its checksum or length does not agree",
    "ratio_too_high": "a compressed member expands beyond the limit",
    "nested_too_deep": "compressed streams inside compressed streams, beyond the limit",
    "record_too_large": "a record's block is larger than the limit",
    "bad_header": "a record header without a usable Content-Length, or without an end",
    "wrong_length": "a record's length reaches into the next record or ends before its block does",
    "not_a_record": "an intact compressed member that holds no record",
    "garbage": "bytes that are no member and no record",
    "not_an_archive": "the file holds nothing that looks like an archive",
}


_TRAILER = struct.Struct("<II")  # CRC-32 and length modulo 2**32 of a member's content, RFC 1952
_PADDING = re.compile(rb"[\r\n\0]+")


class Window:
    """The part of a byte stream that is held in memory.

    `data[pos:]` is what comes next; `base` is the stream position of `data[0]`.
    """

    __slots__ = ("_pull", "base", "data", "ended", "pos")

    def __init__(self, pull: Callable[[], bytes], data: bytes = b"") -> None:
        """`pull` gives the next bytes, b"" at the end; `data` is what is there already."""
        self._pull = pull
        self.data = data
        self.pos = 0
        self.base = 0
        self.ended = False

    @property
    def at(self) -> int:
        """Stream position of what comes next."""
        return self.base + self.pos

    def fill(self, size: int, back: int = 0) -> int:
        """Hold `size` bytes from `pos` on, fewer only at the end; returns how many are held.

        `back` bytes before `pos` stay in memory, so that `seek` can return to them.
        """
        held = len(self.data) - self.pos
        if held >= size or self.ended:
            return held
        drop = max(0, self.pos - back)
        pieces = [self.data[drop:]]
        self.base += drop
        self.pos -= drop
        self.data = b""  # free what is dropped before more is read
        wanted = max(size, READ_AHEAD)
        while held < wanted:
            piece = self._pull()
            if not piece:
                self.ended = True
                break
            pieces.append(piece)
            held += len(piece)
        self.data = b"".join(pieces)
        return held

    def seek(self, at: int) -> None:
        """Go to stream position `at`, or to the nearest one still or already held."""
        self.pos = min(max(at - self.base, 0), len(self.data))

    def skip(self, size: int) -> int:
        """Pass over `size` bytes without gathering them; returns how many there were."""
        left = size
        while left:
            step = min(left, self.fill(1))
            if not step:
                break
            self.pos += step
            left -= step
        return size - left


def skip_padding(window: Window) -> int:
    """Pass over zero bytes and blank lines, however many; returns how many there were."""
    start = window.at
    while window.fill(1):
        padding = _PADDING.match(window.data, window.pos)
        if padding is None:
            break
        window.pos = padding.end()
    return window.at - start


def no_more() -> bytes:
    """The `pull` of a window that holds its whole stream."""
    return b""


def member_starts(data: bytes) -> list[int]:
    """Indices at which `data` holds the first bytes of a gzip header, some of them by chance, in order."""
    count = len(data)
    if count < 3:
        return []
    found = []
    hits = np.empty(count // 2, bool)
    # Two bytes at a time at both alignments: five times as fast as `bytes.find` for so rare a word.
    for shift in (0, 1):
        words = np.frombuffer(data, "<u2", (count - shift) // 2, shift)
        found.append(np.flatnonzero(np.equal(words, 0x8B1F, out=hits[: len(words)])) * 2 + shift)
    starts = np.sort(np.concatenate(found))
    starts = starts[starts < count - 2]
    third = np.frombuffer(data, np.uint8)[starts + 2]
    indices: list[int] = starts[third == 8].tolist()
    return indices


def inflate_exact(data: bytes, start: int, end: int) -> bytearray | None:
    """The content of the gzip member that is `data[start:end]`; None unless these bytes are just that.

    Only for the plain ten-byte header. CRC and length are taken from the last eight bytes, so that they also
    say that nothing follows the member. The fastest way there is; what it refuses is for `inflate_whole`.
    """
    if not 18 <= end - start <= EXACT_LIMIT or data[start + 3]:
        return None
    crc, size = _TRAILER.unpack_from(data, end - 8)
    if not 0 < size <= WHOLE_LIMIT:  # asked for no bytes, `deflate_decompress` does not look at what it is given
        return None
    try:
        content = deflate_decompress(data[start + 10 : end - 8], size)  # refuses to give more than `size`
    except DeflateError:
        return None
    return content if len(content) == size and crc32(content) == crc else None


def inflate_whole(window: Window) -> tuple[bytes, int] | None:
    """The content of the gzip member at `window.pos` and its compressed length, checked by CRC and length.

    None when it is damaged, cut short, or larger than `WHOLE_LIMIT`: `GzipStream` then tells more. The
    window does not move.
    """
    inflater = zlib.decompressobj(zlib.MAX_WBITS | 16)
    contents, total, used = list[bytes](), 0, 0
    while not inflater.eof:
        if total > WHOLE_LIMIT or window.fill(used + 1) <= used:
            return None
        start = window.pos + used
        piece = memoryview(window.data)[start : start + FIRST_PIECE]
        try:
            contents.append(inflater.decompress(piece))
        except zlib.error:
            return None
        total += len(contents[-1])
        used += len(piece)
    return b"".join(contents), used - len(inflater.unused_data)


def gzip_header_length(window: Window) -> int | None:
    """Bytes of the gzip header at `window.pos` (RFC 1952); None if it is none or is not whole within 64 KiB."""
    held = min(window.fill(1 << 16, REWIND), 1 << 16)
    head = window.data[window.pos : window.pos + held]
    if held < 18 or not head.startswith(GZIP_MAGIC) or head[3] & 0xE0:
        return None
    flags, length = head[3], 10
    if flags & 4:
        length += 2 + int.from_bytes(head[10:12], "little")
    for flag in (8, 16):  # file name and comment, each ended by NUL
        if flags & flag:
            length = head.find(b"\0", length) + 1
            if not length:
                return None
    if flags & 2:
        length += 2
    return length if length < held else None
