"""`read_archive`: the records of a web archive in order, and every byte span that gave none.

    with open_source(path): file -> Window -> gzip members | zstd frames | plain stream -> records

Reads WARC 1.0 and 1.1 (and the drafts 0.17, 0.18) and ARC, a gzip member or zstd frame a record, many
records in one, uncompressed, and one inside another up to a limit. After damage it goes on at the next
member or record that can be made out. The spans of what it yields join without gap or overlap from the
first byte of the file to its last. It never raises for what is in a file, only for a file that cannot be read.
"""

from __future__ import annotations

import re
import zlib
from abc import ABC, abstractmethod
from bisect import bisect_right
from collections.abc import Callable, Iterator
from pathlib import Path

import zstandard

from mathmill.data.storage import READ_SIZE, open_source
from mathmill.pipeline.arc import find_arc
from mathmill.pipeline.members import (
    EXACT_LIMIT,
    FIRST_PIECE,
    GZIP_MAGIC,
    REWIND,
    WHOLE_LIMIT,
    ZSTD_MAGIC,
    ArchiveLimits,
    Window,
    gzip_header_length,
    inflate_exact,
    inflate_whole,
    member_starts,
    no_more,
    skip_padding,
)
from mathmill.pipeline.streams import CompressedStream, GzipStream, WholeContent, ZstdStream
from mathmill.pipeline.warc import Item, LostSpan, PlainHeads, Record, find_warc, holds_record, records

_SKIPPABLE = re.compile(rb"[\x50-\x5f]\x2a\x4d\x18", re.DOTALL)  # zstd skippable frames, RFC 8878 3.1.2
_DICTIONARY = b"\x5d\x2a\x4d\x18"  # the skippable frame that holds a .warc.zst file's dictionary
_DICTIONARY_BYTES = 8 << 20
_SEARCHED = 4 << 20  # bytes in which an archive must begin
_PROBE = 64  # content bytes that tell whether a member holds a record
_MISSES = 16  # members in a row that look right and are broken, before the search gives their bytes up


def read_archive(path: str | Path, limits: ArchiveLimits | None = None) -> Iterator[Record | LostSpan]:
    """The records of an archive and its lost spans, in order of offset, from a path or an https or s3 address.

    Memory stays bounded by `limits`, whatever the size of the file. What a damaged member gave before its
    damage is yielded if it held many records; a single record that its checksum does not vouch for is lost.

    Raises:
        InputMissing: there is no such file, or it cannot be read to its end.
    """
    with open_source(path) as source:
        window = Window(lambda: source.read(READ_SIZE))
        yield from read_stream(window, limits or ArchiveLimits())


def read_stream(
    window: Window, limits: ArchiveLimits, depth: int = 0, sound: Callable[[], bool] = lambda: False
) -> Iterator[Item]:
    """As `read_archive` for any stream, `depth` levels inside compressed ones; offsets are positions in it.

    `sound` tells at the stream's end whether a checksum vouches for it.
    """
    if not window.fill(1):
        return iter(())
    window.fill(FIRST_PIECE)
    begins = window.data[window.pos : window.pos + 4]
    if begins.startswith(GZIP_MAGIC):
        return _Gzip(window, limits, depth).items()
    if begins == ZSTD_MAGIC or _SKIPPABLE.match(begins):
        return _Zstd(window, limits, depth).items()
    if depth or holds_record(window.data[window.pos : window.pos + FIRST_PIECE]):
        return records(window, limits, sound)
    return _read_from_first(window, limits, depth)


def _read_from_first(window: Window, limits: ArchiveLimits, depth: int) -> Iterator[Item]:
    """Read a file whose beginning is damaged, or which is no archive at all."""
    window.fill(_SEARCHED)
    span = window.data, window.pos, len(window.data)
    warc, arc = find_warc(*span), find_arc(*span)
    packed = _find_gzip(window)
    if packed >= 0 and not 0 <= warc < packed and not 0 <= arc < packed:
        yield from _Gzip(window, limits, depth).items()
    elif warc >= 0 or arc >= 0:
        first = min(index for index in (warc, arc) if index >= 0)
        yield LostSpan(window.at, first - window.pos, "garbage")
        window.pos = first
        yield from records(window, limits)
    elif (frame := window.data.find(ZSTD_MAGIC, window.pos)) >= 0:
        yield LostSpan(window.at, frame - window.pos, "garbage")
        window.pos = frame
        yield from _Zstd(window, limits, depth).items()
    else:
        start = window.at
        while window.skip(READ_SIZE):
            pass
        yield LostSpan(start, window.at - start, "not_an_archive")


class _Packed(ABC):
    """What walks over gzip members and zstd frames share: from a compressed stream to records and spans."""

    def __init__(self, window: Window, limits: ArchiveLimits, depth: int) -> None:
        self.window = window
        self.limits = limits
        self.depth = depth

    def _read_member(self, stream: CompressedStream) -> Iterator[Item]:
        """The items of one member with spans in the outer stream, up to where the walk goes on."""
        at, held = stream.start, list[Item]()
        for item in self._content_items(stream):
            held.append(item)
            if stream.total > WHOLE_LIMIT:
                # Too much to wait for the checksum; the last item waits, for it may end with the member.
                for early in held[:-1]:
                    end = stream.origin(early.offset + early.length)
                    yield _moved(early, at, end - at)
                    at = end
                held = [item]
        if stream.damage is None:
            yield from _placed(held, stream, at)
        else:
            yield from self._salvaged(held, stream, at)

    def _content_items(self, stream: CompressedStream) -> Iterator[Item]:
        inner = Window(stream.pull)
        if self.depth + 1 < self.limits.nesting or not _is_packed(inner):
            return read_stream(inner, self.limits, self.depth + 1, lambda: stream.damage is None)
        return _lose_all(inner, "nested_too_deep")

    def _salvaged(self, held: list[Item], stream: CompressedStream, at: int) -> Iterator[Item]:
        """What a damaged member gave before its damage, then the lost span up to where the walk goes on.

        A lone record is kept only if a checksum vouches for it; of many, all that are complete.
        """
        many = at > stream.start or sum(isinstance(item, Record) for item in held) > 1
        while held and not (isinstance(held[-1], Record) and (many or _is_proven(held[-1], stream))):
            held.pop()
        reason = self._resume(stream, at)
        stop = self.window.at
        for item in held:
            # The next member may begin before the place that was reckoned to be this record's end.
            end = max(at, min(stream.origin(item.offset + item.length), stop - 1))
            yield _moved(item, at, end - at)
            at = end
        yield LostSpan(at, stop - at, reason)

    def _resume(self, stream: CompressedStream, at: int) -> str:
        """Pass on to the next member, which may begin inside what the damaged one seemed to span; why it was lost."""
        self.window.seek(max(stream.start + 1, at))
        self._find_next()
        if stream.damage == "truncated" and self.window.fill(1):
            return "damaged_member"  # the file goes on: what ended was sense
        return stream.damage or "damaged_member"

    @abstractmethod
    def _find_next(self) -> bool:
        """Go on to where the next member may begin; whether there is one."""


def _is_proven(item: Item, stream: CompressedStream) -> bool:
    return item.offset + item.length <= stream.proven


def _placed(held: list[Item], stream: CompressedStream, at: int) -> Iterator[Item]:
    """The items of a sound member, the last drawn out to the member's end."""
    if not held:
        yield LostSpan(at, stream.end - at, "empty_member")
    for index, item in enumerate(held):
        last = index == len(held) - 1
        end = stream.end if last else stream.origin(item.offset + item.length)
        if last and not index and at == stream.start and isinstance(item, LostSpan) and item.reason == "garbage":
            item = LostSpan(0, 0, "not_a_record")
        yield _moved(item, at, end - at)
        at = end


def _moved(item: Item, offset: int, length: int) -> Item:
    if isinstance(item, Record):
        return item._replace(offset=offset, length=length)
    return LostSpan(offset, length, item.reason)


def _is_packed(window: Window) -> bool:
    window.fill(4)
    begins = window.data[window.pos : window.pos + 4]
    return begins.startswith(GZIP_MAGIC) or begins == ZSTD_MAGIC


def _lose_all(window: Window, reason: str) -> Iterator[Item]:
    while window.skip(READ_SIZE):
        pass
    yield LostSpan(0, window.at, reason)


class _Gzip(_Packed):
    """A walk over gzip members."""

    def __init__(self, window: Window, limits: ArchiveLimits, depth: int) -> None:
        super().__init__(window, limits, depth)
        self.heads = PlainHeads()
        self.searched = b""  # the part of the stream in which `starts` were looked for
        self.starts: list[int] = []
        self.joined = False  # whether a member went on with the content of the one before
        self.misses = 0
        self.furthest = 0  # outer position up to which broken members were read

    def items(self) -> Iterator[Item]:
        window = self.window
        while window.fill(FIRST_PIECE):
            yield from self._plain_members()
            if window.fill(FIRST_PIECE):
                yield from self._any_member()

    def _plain_members(self) -> Iterator[Record]:
        """The records of the members from here on that hold one plainly written record each."""
        window, read = self.window, self.heads.read
        while window.data.startswith(GZIP_MAGIC, window.pos):
            data, base, start = window.data, window.base, window.pos
            if self.searched is not data:
                self.searched, self.starts = data, member_starts(data)
            ends = self.starts[bisect_right(self.starts, start) :]
            if window.ended:
                ends.append(len(data))
            for end in ends:
                content = inflate_exact(data, start, end)
                record = None if content is None else read(content, base + start, end - start)
                if record is None:
                    return
                start = window.pos = end
                yield record
            # The last member may go on beyond what is held.
            if window.ended or len(data) - start > EXACT_LIMIT:
                return
            window.fill(len(data) - start + 1)

    def _any_member(self) -> Iterator[Item]:
        """The items of the next member or of the garbage before it."""
        window = self.window
        if not window.data.startswith(GZIP_MAGIC, window.pos):
            yield self._garbage()
            return
        whole = inflate_whole(window)
        if whole is None:
            yield from self._slow_member()
            return
        self.misses = 0
        content, length = whole
        offset = window.at
        window.pos += length
        if not window.data.startswith(GZIP_MAGIC, window.pos):
            length += skip_padding(window)
        record = self.heads.read(content, offset, length)
        if record is not None:
            yield record
        elif _goes_on(window):
            self.joined = True
            window.seek(offset)
            yield from self._slow_member()
        else:
            yield from self._read_member(WholeContent(content, offset, length))

    def _slow_member(self) -> Iterator[Item]:
        """The items of a member that is large or damaged."""
        self.misses += 1
        stream = GzipStream(self.window, self.limits, _goes_on)
        yield from self._read_member(stream)
        if stream.damage is None:
            self.misses = 0

    def _resume(self, stream: CompressedStream, at: int) -> str:
        self.furthest = max(self.furthest, stream.end)
        # Nests of broken members would be searched for ever, and a bomb is what it seems.
        give_up = self.misses > _MISSES or stream.damage == "ratio_too_high"
        return super()._resume(stream, self.furthest if give_up else at)

    def _garbage(self) -> LostSpan:
        start = self.window.at
        only_zeros = self._find_next()
        return LostSpan(start, self.window.at - start, "padding" if only_zeros else "garbage")

    def _find_next(self) -> bool:
        """Pass on to the next member that holds a record, or to the end; whether only zeros were passed."""
        window, only_zeros = self.window, True
        while held := window.fill(FIRST_PIECE, REWIND):
            found = _find_gzip(window, self.joined)
            if found >= 0:
                only_zeros = only_zeros and not window.data[window.pos : found].strip(b"\0\r\n")
                window.pos = found
                break
            step = held if window.ended else max(1, held - FIRST_PIECE)
            only_zeros = only_zeros and not window.data[window.pos : window.pos + step].strip(b"\0\r\n")
            window.pos += step
        return only_zeros


class _Zstd(_Packed):
    """A walk over zstd frames."""

    def __init__(self, window: Window, limits: ArchiveLimits, depth: int) -> None:
        super().__init__(window, limits, depth)
        self.dictionary: bytes | None = None

    def items(self) -> Iterator[Item]:
        window = self.window
        while window.fill(4):
            begins = window.data[window.pos : window.pos + 4]
            if _SKIPPABLE.match(begins):
                yield self._skippable(begins == _DICTIONARY)
            elif begins == ZSTD_MAGIC:
                yield from self._frame()
            else:
                start = window.at
                self._find_next()
                yield LostSpan(start, window.at - start, "garbage")

    def _frame(self) -> Iterator[Item]:
        yield from self._read_member(ZstdStream(self.window, self.limits, self.dictionary))

    def _skippable(self, dictionary: bool) -> LostSpan:
        window, start = self.window, self.window.at
        held = window.fill(8)
        size = int.from_bytes(window.data[window.pos + 4 : window.pos + 8], "little")
        whole = held >= 8
        if whole and dictionary and self.dictionary is None and size <= _DICTIONARY_BYTES:
            window.fill(8 + size)
            self.dictionary = _unpacked(window.data[window.pos + 8 : window.pos + 8 + size])
        whole = window.skip(8 + size) == 8 + size and whole
        return LostSpan(start, window.at - start, "skippable_frame" if whole else "truncated")

    def _find_next(self) -> bool:
        window = self.window
        while held := window.fill(FIRST_PIECE, REWIND):
            found = window.data.find(ZSTD_MAGIC, window.pos)
            if found >= 0:
                window.pos = found
                return True
            window.pos += held if window.ended else max(1, held - 3)
        return False


def _unpacked(dictionary: bytes) -> bytes | None:
    """A dictionary as it is, or out of the zstd frame that the .warc.zst convention allows it to be in."""
    if not dictionary.startswith(ZSTD_MAGIC):
        return dictionary
    try:
        unpacked: bytes = (
            zstandard.ZstdDecompressor(max_window_size=_DICTIONARY_BYTES)
            .stream_reader(dictionary)
            .read(_DICTIONARY_BYTES)
        )
    except zstandard.ZstdError:
        return None
    return unpacked


def _goes_on(window: Window) -> bool:
    """Whether the next gzip member goes on with the content of the last one: it does not begin with a record."""
    window.fill(FIRST_PIECE, REWIND)
    if not window.data.startswith(GZIP_MAGIC, window.pos):
        return False
    content = _probe(window.data[window.pos : window.pos + FIRST_PIECE])
    return bool(content) and not holds_record(content) and not content.startswith(GZIP_MAGIC)


def _find_gzip(window: Window, anywhere: bool = False) -> int:
    """Index of the first gzip member held in the window whose content begins as a record; -1 for none.

    `anywhere`: this archive has members that begin inside a record, so that any sound one will do.
    """
    data, found = window.data, window.data.find(GZIP_MAGIC, window.pos)
    while found >= 0:
        if not data[found + 3] & 0xE0 if found + 3 < len(data) else False:
            content = _probe(data[found : found + FIRST_PIECE])
            if content and (holds_record(content) or content.startswith(GZIP_MAGIC)):
                return found
            if content and anywhere and inflate_whole(Window(no_more, data[found:])) is not None:
                return found
        found = data.find(GZIP_MAGIC, found + 1)
    return -1


def _probe(piece: bytes) -> bytes:
    """The first content bytes of what may be a gzip member; b"" when it is none."""
    header = gzip_header_length(Window(no_more, piece))
    if header is None:
        return b""
    try:
        return zlib.decompressobj(-zlib.MAX_WBITS).decompress(piece[header:], _PROBE)
    except zlib.error:
        return b""
