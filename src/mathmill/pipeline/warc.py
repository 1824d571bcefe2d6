"""WARC and ARC records out of a plain byte stream, every byte accounted for.

`PlainHeads` is the fast way for one record that fills its member; it takes only headers written as all
known crawlers write them. Everything else goes through `records`: headers by warcio, lengths
doubted, and the next record looked for where one is broken. What is compressed is not known here
(`members`), nor what a page is (`pages`).
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from warcio.statusandheaders import StatusAndHeadersParser, StatusAndHeadersParserException

from mathmill.pipeline.arc import LINE_BYTES, arc_fields, arc_line_end, find_arc
from mathmill.pipeline.members import ArchiveLimits, Window, skip_padding

# Where a record may start when its place is not known: the version line and a first header field.
WARC_START = re.compile(rb"WARC/(?:1\.[01]|0\.1[0-9])[ \t]*\r?\n(?:WARC|Content)-[A-Za-z-]{2,40}[ \t]*:", re.IGNORECASE)
_BLANK_LINE = re.compile(rb"\n\r?\n")
_PADDING = re.compile(rb"[\r\n\0]*")
_START_LENGTH = 64  # bytes in which WARC_START matches whole
_SEARCHED = 1 << 18  # bytes searched at once for the next record
_VERSIONS = ["WARC/1.1", "WARC/1.0", "WARC/0.17", "WARC/0.18", "WARC/"]


class Record(NamedTuple):
    """One record of an archive.

    `offset` and `length` are its byte span in the file as stored. Records of one member share its span
    in proportion to their inflated size: the spans of a file's records and lost spans always join without
    gap or overlap from 0 to the file's end. A record's span takes in blank lines and padding next to it.
    """

    kind: str  # WARC-Type in lower case, "" where there was none; ARC documents are "response"
    url: str  # WARC-Target-URI without angle brackets, "" where there was none
    date: str  # WARC-Date as written; "" where there was none
    head: bytes  # the header as stored, parsed by `headers`
    block: bytes
    offset: int
    length: int

    @property
    def headers(self) -> list[tuple[str, str]]:
        """Names and values as stored, in order; those of an ARC line under WARC's names."""
        return head_fields(self.head)

    def header(self, name: str) -> str | None:
        """The first value of a header field, whatever the case of its name."""
        wanted = name.lower()
        return next((value for field, value in self.headers if field.lower() == wanted), None)


@dataclass(frozen=True, slots=True)
class LostSpan:
    """Bytes of a file that gave no record: `length` bytes from `offset` on, and why (`members.LOST_REASONS`)."""

    offset: int
    length: int
    reason: str


class Head(NamedTuple):
    """What the header of a record says that reading on needs."""

    kind: str
    url: str
    date: str
    size: int | None  # bytes of the block, None where that is not said


Item = Record | LostSpan


class PlainHeads:
    """Reads single records whose headers are written as all known crawlers write them, fast.

    Each writer puts its header fields in a few orders. For each order met there is one regular expression,
    by which a header is checked and read in one go.
    """

    def __init__(self) -> None:
        self._orders: dict[int, list[_Order]] = {}
        self._learned = 0

    def read(self, content: bytes | bytearray, offset: int, length: int) -> Record | None:
        """The record that `content` consists of; None unless it is plainly written and nothing else is there."""
        if len(content) <= _TELLING:
            return None
        for match, groups in self._orders.get(content[_TELLING], ()):  # noqa: B007 (used behind the loop)
            found = match(content)
            if found:
                break
        else:
            learned = self._learn(content)
            if learned is None:
                return None
            found, groups = learned
        head, name, url, date, digits, block = found.group(*groups)
        kind = _KINDS.get(name)
        if kind is None or int(digits) != len(block):
            return None
        # Makes a Record at half the cost of Record(...): there are 50,000 of them a second.
        return _new(Record, (kind, str(url, "ascii"), str(date, "ascii"), head, block, offset, length))

    def _learn(self, content: bytes | bytearray) -> tuple[re.Match[bytes], tuple[int, ...]] | None:
        """The match of a new order of fields and its groups; None when the header is not plain."""
        end = content.find(b"\r\n\r\n", 0, _PLAIN_HEAD)
        if end < 0 or self._learned >= _ORDERS:
            return None
        names = [line[: line.find(b":") + 1] for line in bytes(content[:end]).split(b"\r\n")[1:]]
        if len(names) > _LINES or any(name.lower() in _LOWER and name not in _FIELDS for name in names):
            return None
        # The first of several equal fields counts, the others are lines like any.
        lines = [
            _FIELDS[name] if name in _FIELDS and names.index(name) == index else re.escape(name) + _VALUE
            for index, name in enumerate(names)
        ]
        no_url = b"" if b"WARC-Target-URI:" in names else b"(?P<url>)"
        order = re.compile(b"(?P<head>" + _VERSION + b"".join(lines) + no_url + b")" + _BLOCK)
        found = order.match(content)
        # A line without a name would let a folded one in.
        if found is None or b"" in names or not {"kind", "date", "size"} <= order.groupindex.keys():
            return None
        self._learned += 1
        groups = tuple(order.groupindex[name] for name in ("head", "kind", "url", "date", "size", "block"))
        self._orders.setdefault(content[_TELLING], []).append((order.match, groups))
        return found, groups


# How to match an order of fields, and the groups of header, kind, URL, date, length and block in it.
_Order = tuple[Callable[[bytes | bytearray], re.Match[bytes] | None], tuple[int, ...]]
_new = tuple.__new__
_TELLING = 23  # index of a byte that tells most orders apart: the third of the kind, where WARC-Type comes first
_PLAIN_HEAD = 1 << 14  # bytes of a header that the fast way looks at
_LINES = 64
_ORDERS = 200  # a writer has a handful
_VERSION = rb"WARC/1\.[01]\r\n"
_VALUE = rb".*\n"
_BLOCK = rb"\r\n(?P<block>(?s:.*))\r\n\r\n\Z"
_FIELDS = {
    b"WARC-Type:": rb"WARC-Type: (?P<kind>[a-z]+)\r\n",
    b"WARC-Target-URI:": rb"WARC-Target-URI: (?P<url>[!-;=-~][!-~]*)\r\n",
    b"WARC-Date:": rb"WARC-Date: (?P<date>[!-~]*)\r\n",
    b"Content-Length:": rb"Content-Length: (?P<size>[0-9]{1,15})\r\n",
}
_LOWER = frozenset(name.lower() for name in _FIELDS)
_KINDS = {
    name.encode(): name
    for name in ("warcinfo", "response", "resource", "request", "metadata", "revisit", "conversion", "continuation")
}


def holds_record(content: bytes) -> bool:
    """Whether `content` begins as an archive does, blank lines aside."""
    text = content.lstrip(b"\r\n\0")
    return text[:5].upper() == b"WARC/" or arc_line_end(text, 0) > 0


def find_warc(data: bytes, start: int, stop: int) -> int:
    """Index of the first WARC header in `data[start:stop]`; -1 for none."""
    found = WARC_START.search(data, start, stop)
    return found.start() if found else -1


def parse_head(head: bytes) -> Head | None:
    """Kind, URL, date and length of any WARC header or ARC line; None when it is neither."""
    fields: dict[str, str] = {}
    for name, value in head_fields(head):
        fields.setdefault(name.lower(), value)
    if not fields:
        return None
    url = fields.get("warc-target-uri", "").strip()
    if url.startswith("<") and url.endswith(">"):
        url = url[1:-1]
    digits = fields.get("content-length", "").strip()
    size = int(digits) if digits.isascii() and digits.isdigit() and len(digits) <= 15 else None
    kind = fields.get("warc-type", "").strip().lower()
    return Head(kind, url.replace(" ", "%20"), fields.get("warc-date", "").strip(), size)


def head_fields(head: bytes) -> list[tuple[str, str]]:
    """Names and values of a WARC header (by warcio) or an ARC line; empty when it is neither."""
    if head[:5].upper() != b"WARC/":
        return list((arc_fields(head) or {}).items())
    try:
        parsed = StatusAndHeadersParser(_VERSIONS).parse(io.BytesIO(head + b"\r\n"))
    except (StatusAndHeadersParserException, EOFError):
        return []
    return [(str(name), str(value)) for name, value in parsed.headers]


def records(window: Window, limits: ArchiveLimits, sound: Callable[[], bool] = lambda: False) -> Iterator[Item]:
    """All records of a stream of records and what lies between; offsets are positions in the stream.

    `sound` is asked at the stream's end: if a checksum vouches for it, a block that ends early is the
    writer's error in Content-Length and no loss.
    """
    walk = _Walk(window, limits, sound)
    while window.fill(1):
        yield walk.step()


class _Walk:
    """A walk over one stream. Each step gives the next item, whose span starts where the last one ended."""

    def __init__(self, window: Window, limits: ArchiveLimits, sound: Callable[[], bool]) -> None:
        self.window = window
        self.limits = limits
        self.sound = sound
        self.is_arc = False  # so from the first ARC header on: a file is one or the other

    def step(self) -> Item:
        window, start = self.window, self.window.at
        skip_padding(window)
        if not window.fill(1):
            return LostSpan(start, window.at - start, "padding")
        head = self._take_head()
        if isinstance(head, str):
            self._find_next()
            return LostSpan(start, window.at - start, head)
        parsed = parse_head(head)
        if parsed is None or parsed.size is None:
            # The header's end is known, and no intact record can start before it.
            self._find_next()
            return LostSpan(start, window.at - start, "bad_header")
        if parsed.size > self.limits.block_bytes:
            self._find_next(parsed.size)
            skip_padding(self.window)
            return LostSpan(start, window.at - start, "record_too_large")
        return self._take_block(start, head, parsed)

    def _take_head(self) -> bytes | str:
        """Pass over the header here and give it, or a lost reason; then the next record is to be searched for."""
        window = self.window
        window.fill(LINE_BYTES)
        data, pos = window.data, window.pos
        if data[pos : pos + 5].upper() == b"WARC/":
            self.is_arc = False
            return self._take_warc_head()
        line_end = arc_line_end(data, pos)
        if line_end:
            self.is_arc = True
            window.pos = line_end
            return data[pos:line_end]
        return "garbage"

    def _take_warc_head(self) -> bytes | str:
        window, seen = self.window, 0
        while True:
            held = window.fill(seen + 1)
            blank = _BLANK_LINE.search(window.data, window.pos + max(0, seen - 2))
            if blank:
                break
            if held == seen or held > self.limits.header_bytes:
                # No blank line at all: an intact record cannot start before the last version line seen.
                window.pos += max(5, window.data.rfind(b"WARC/", window.pos + 5) - window.pos)
                return "truncated" if window.ended else "bad_header"
            seen = held
        head = window.data[window.pos : blank.end()]
        inner = head.rfind(b"\nWARC/1.")
        if inner > 0 and WARC_START.match(head, inner + 1):
            # A header that lost its end runs on into the next one: that one may be whole.
            window.pos += inner + 1
            return "bad_header"
        window.pos = blank.end()
        return head[: blank.start() + 1]

    def _take_block(self, start: int, head: bytes, parsed: Head) -> Item:
        window, size = self.window, parsed.size or 0
        held = window.fill(size + _START_LENGTH + 4)
        whole = held >= size
        if not whole or not self._at_boundary(window.pos + size):
            # The length is wrong, or what follows is damaged: a record inside the block decides.
            found = self._search(window.pos, window.pos + min(held, size + _START_LENGTH))
            if found >= 0 and found < window.pos + size:
                window.pos = found
                return LostSpan(start, window.at - start, "wrong_length")
        block = window.data[window.pos : window.pos + min(size, held)]
        window.pos += len(block)
        if not whole:
            if not self.sound():
                return LostSpan(start, window.at - start, "truncated")
            block = block.removesuffix(b"\r\n\r\n")
        skip_padding(self.window)
        return Record(parsed.kind, parsed.url, parsed.date, head, block, start, window.at - start)

    def _at_boundary(self, pos: int) -> bool:
        """Whether a record starts or the stream ends at index `pos`, blank lines aside."""
        window = self.window
        padding = _PADDING.match(window.data, pos)
        after = padding.end() if padding else pos
        if after >= len(window.data):
            return True
        return holds_record(window.data[after : after + LINE_BYTES])

    def _search(self, start: int, stop: int) -> int:
        """Index of the first record start in `data[start:stop]`; -1 for none."""
        return find_arc(self.window.data, start, stop) if self.is_arc else find_warc(self.window.data, start, stop)

    def _find_next(self, size: int | None = None) -> None:
        """Pass on to the next record start, or over `size` bytes if that is less, or to the end."""
        window, left = self.window, size
        while held := window.fill(_SEARCHED if left is None else min(left, _SEARCHED)):
            stop = window.pos + (held if left is None else min(held, left))
            found = self._search(window.pos, min(stop + _START_LENGTH, len(window.data)))
            if 0 <= found < stop:
                window.pos = found
                return
            # A start may straddle the end of what is held.
            step = stop - window.pos if window.ended or left is not None else max(1, held - LINE_BYTES)
            window.pos += step
            if left is not None:
                left -= step
                if not left:
                    return
