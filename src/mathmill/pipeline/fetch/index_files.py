"""The index of a crawl read where it lies, as files: no server has to look anything up.

    cluster.idx       a line for each block: KEY TIME<tab>FILE<tab>OFFSET<tab>LENGTH<tab>NUMBER, sorted
    cdx-00000.gz ..   the blocks, a gzip member each, of some 3,000 sorted lines: KEY TIME {"url": .., "offset": ..}

A binary search over `cluster.idx` (100 MB and more) finds the first block in question; its pieces are kept, so that the
next search begins with fewer requests. Blocks that lie side by side are read together.
"""

from __future__ import annotations

import re
import zlib
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import NamedTuple

from mathmill.data.errors import DamagedInput
from mathmill.pipeline.fetch.captures import BadLine, Capture, parse_line
from mathmill.pipeline.fetch.crawls import inflated
from mathmill.pipeline.fetch.pace import Pace
from mathmill.pipeline.fetch.servers import Server
from mathmill.pipeline.fetch.surt import after

_PIECE = 1 << 16  # bytes of cluster.idx that are read at once
_KEPT = 256  # pieces of it in memory: 16 MB
_TOGETHER = 4 << 20  # bytes of blocks that are read at once
_MOST_PACKED, _MOST_BLOCK = 16 << 20, 128 << 20  # bytes of a block, as stored and inflated
_LINE = re.compile(rb"([^\t]+)\t(cdx-\d{5}\.gz)\t(\d{1,15})\t(\d{1,10})(?:\t[^\t]*)?")


class Block(NamedTuple):
    """A part of the index."""

    key: bytes  # its first line's: key and time
    file: str
    offset: int
    length: int


class IndexFiles:
    """The index files of one crawl."""

    def __init__(self, server: Server, crawl: str) -> None:
        self._server = server
        self._folder = f"cc-index/collections/{crawl}/indexes"
        self._cluster = f"{self._folder}/cluster.idx"
        self._pieces: OrderedDict[int, bytes] = OrderedDict()

    @property
    def pace(self) -> Pace:
        return self._server.pace

    @cached_property
    def _size(self) -> int:
        return self._server.size(self._cluster)

    def captures(self, beginnings: Iterable[str]) -> Iterator[Capture]:
        """All captures whose keys begin so, sorted where the beginnings are; each once if none lies within another.

        Raises:
            DamagedInput: the index is damaged.
            InputMissing: it cannot be had.
        """
        for beginning in beginnings:
            first = beginning.encode()
            end = after(first)
            for lines in self._blocks_of(list(self.blocks(first, end))):
                for line in lines:
                    if first <= line < end:
                        yield self._capture(line)

    def blocks(self, first: bytes, end: bytes) -> Iterator[Block]:
        """The blocks that may hold keys from `first` up to `end`: the last one that begins before, and all between."""
        before: Block | None = None
        for block in self._from(self._search(first)):
            if block.key >= end:
                break
            if block.key < first:
                before = block
                continue
            if before is not None:
                yield before
                before = None
            yield block
        if before is not None:
            yield before

    def _search(self, first: bytes) -> int:
        """The last piece of `cluster.idx` whose first whole line is less than `first`, or the first piece."""
        low, high = 0, max(1, -(-self._size // _PIECE))
        while high - low > 1:
            middle = (low + high) // 2
            begins = self._first_line(middle)
            if begins is not None and begins < first:
                low = middle
            else:
                high = middle
        return low

    def _first_line(self, piece: int) -> bytes | None:
        """The first line that begins in a piece, as far as its key; None where there is none."""
        data = self._piece(piece)
        at = data.find(b"\n") + 1 if piece else 0
        if (not at and piece) or at >= len(data):  # the end of a line at the end of the file, and no other
            return None
        line = data[at:] if data.find(b"\n", at) >= 0 else data[at:] + self._piece(piece + 1)
        return line.partition(b"\t")[0]

    def _from(self, piece: int) -> Iterator[Block]:
        """The blocks of all whole lines from the first that begins in a piece."""
        rest = b""
        skip = piece > 0
        while data := self._piece(piece):
            lines = (rest + data).split(b"\n")
            rest = lines.pop()
            if len(rest) > _PIECE:
                raise self._damaged("a line is too long")
            for line in lines[1:] if skip else lines:
                yield self._block(line)
            skip = False
            piece += 1
        if rest:
            yield self._block(rest)

    def _block(self, line: bytes) -> Block:
        found = _LINE.fullmatch(line)
        if found is None or not 0 < int(found[4]) <= _MOST_PACKED:
            raise self._damaged(f"a line is {line[:100]!r}")
        return Block(found[1], found[2].decode(), int(found[3]), int(found[4]))

    def _piece(self, number: int) -> bytes:
        first = number * _PIECE
        if first >= self._size:
            return b""
        if number not in self._pieces:
            self._pieces[number] = self._server.read(self._cluster, first, min(first + _PIECE, self._size))
            if len(self._pieces) > _KEPT:
                self._pieces.popitem(last=False)
        self._pieces.move_to_end(number)
        return self._pieces[number]

    def _blocks_of(self, blocks: list[Block]) -> Iterator[list[bytes]]:
        """The lines of each block."""
        for run in _joined(blocks):
            start = run[0].offset
            path = f"{self._folder}/{run[0].file}"
            data = self._server.read(path, start, run[-1].offset + run[-1].length)
            for block in run:
                part = data[block.offset - start : block.offset - start + block.length]
                try:
                    yield inflated(part, _MOST_BLOCK).splitlines()
                except (ValueError, zlib.error) as error:
                    raise DamagedInput(
                        f"{path} is damaged at byte {block.offset:,} ({error}): try again later"
                    ) from error

    def _capture(self, line: bytes) -> Capture:
        try:
            return parse_line(line)
        except BadLine as error:
            raise DamagedInput(f"{self._folder}: a line of the index is wrong ({error}): {line[:200]!r}") from error

    def _damaged(self, why: str) -> DamagedInput:
        return DamagedInput(f"{self._cluster} is no index of blocks ({why}): try again later")


def _joined(blocks: list[Block]) -> Iterator[list[Block]]:
    """Blocks that lie side by side in a file, up to so many bytes."""
    run: list[Block] = []
    for block in blocks:
        last = run[-1] if run else None
        side_by_side = last is not None and (last.file, last.offset + last.length) == (block.file, block.offset)
        if run and (not side_by_side or block.offset + block.length - run[0].offset > _TOGETHER):
            yield run
            run = []
        run.append(block)
    if run:
        yield run
