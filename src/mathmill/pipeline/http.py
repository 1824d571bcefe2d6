"""An HTTP answer as crawlers store it: status, the few header fields that matter, and the body decoded.

Servers and crawlers lie about encodings, so each is undone only as far as the bytes agree: what says gzip
and is plain stays as it is (Common Crawl stores decoded payloads), and of a damaged encoding what came
out is kept and noted. Output is bounded. Character encodings are not known here (`decode`).
"""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass

import brotli
import zstandard

from mathmill.pipeline.members import GZIP_MAGIC, ZSTD_MAGIC, ArchiveLimits, inflate_exact

# Where output may grow to whatever the ratio of compressed to plain bytes is: small pages of white space exist.
_RATIO_FROM = 4 << 20
_ZSTD_PIECE = 512  # compressed bytes inflated at once: at most 16 MB come out
_TOO_FAR = "expands_too_far"
_HEADER_LIMIT = 1 << 20
_WANTED = frozenset({b"content-type", b"content-encoding", b"transfer-encoding", b"location"})
_WANTED_INITIALS = frozenset(b"cCtTlL")
_STATUS = re.compile(rb"HTTP/?[0-9.]*[ \t]+([0-9]{1,4})", re.IGNORECASE)
_BLANK_LINE = re.compile(rb"\n\r?\n")
_CHUNK_SIZE = re.compile(rb"[ \t]*([0-9a-fA-F]{1,8})[ \t]*(?:;[^\r\n]{0,1000})?\r?\n")


@dataclass(frozen=True, slots=True)
class Answer:
    """The head of an HTTP answer. `fields` holds the wanted ones by lower-case name, the first of equals."""

    status: int  # 0 where there was none that can be read
    fields: dict[bytes, bytes]
    body_start: int

    def text(self, name: bytes) -> str:
        """A header field as text, "" where there is none."""
        value = self.fields.get(name, b"")
        try:
            return value.decode("utf-8")
        except UnicodeDecodeError:
            return value.decode("latin-1")


@dataclass(frozen=True, slots=True)
class Body:
    """A body with its encodings undone. `notes` says what did not go as announced, in snake_case."""

    data: bytes
    notes: tuple[str, ...]
    too_large: bool = False


def read_answer(block: bytes) -> Answer | None:
    """The head of the HTTP answer that `block` begins with; None when it begins otherwise."""
    if block[:5].upper() != b"HTTP/":
        return None
    end = block.find(b"\r\n\r\n", 0, _HEADER_LIMIT)
    start = end + 4
    if end < 0 or block.find(b"\n\n", 0, end) >= 0:
        blank = _BLANK_LINE.search(block, 0, _HEADER_LIMIT)
        end, start = (blank.start(), blank.end()) if blank else (len(block), len(block))
    first, *lines = block[:end].split(b"\n")
    status = _STATUS.match(first)
    return Answer(int(status[1]) if status else 0, _fields(lines), start)


def _fields(lines: list[bytes]) -> dict[bytes, bytes]:
    fields: dict[bytes, bytes] = {}
    last = b""
    for line in lines:
        if line[:1] in (b" ", b"\t"):
            if last:
                fields[last] += b" " + line.strip()
            continue
        last = b""
        if line and line[0] in _WANTED_INITIALS:
            name, _, value = line.partition(b":")
            name = name.rstrip().lower()
            if name in _WANTED and name not in fields:
                last = name
                fields[name] = value.strip()
    return fields


def decoded_body(answer: Answer, block: bytes, limits: ArchiveLimits) -> Body:
    """The body of an answer with chunks and content encodings undone, at most `limits.body_bytes` of it."""
    fields = answer.fields
    data = block[answer.body_start :]
    notes: list[str] = []
    if b"chunked" in fields.get(b"transfer-encoding", b"").lower():
        data = dechunked(data, notes)
    names = [name.strip() for name in fields.get(b"content-encoding", b"").lower().split(b",")]
    names = [name for name in names if name not in (b"", b"identity", b"none")]
    if not names and not data.startswith(GZIP_MAGIC):
        return Body(data, tuple(notes), len(data) > limits.body_bytes)
    for name in reversed(names[-limits.encodings :] or [b"gzip"]):
        data = _undone(name, data, limits, notes)
    # Encoded twice and announced once: by a server and again by what stands before it.
    for _ in range(limits.encodings - 1):
        if not data.startswith(GZIP_MAGIC) or _TOO_FAR in notes:
            break
        data = _undone(b"gzip", data, limits, notes)
    return Body(data, tuple(dict.fromkeys(notes)), _TOO_FAR in notes or len(data) > limits.body_bytes)


def dechunked(data: bytes, notes: list[str]) -> bytes:
    """Chunks joined (RFC 9112 7.1). What is no chunk is kept as it is, and noted."""
    parts: list[bytes] = []
    pos = 0
    while pos < len(data):
        found = _CHUNK_SIZE.match(data, pos)
        if found is None:
            notes.append("chunks_broken" if parts else "not_chunked")
            parts.append(data[pos:])
            break
        size = int(found[1], 16)
        if size == 0:
            return b"".join(parts)
        start, pos = found.end(), found.end() + size
        parts.append(data[start:pos])
        if pos > len(data):
            break
        pos += 2 if data.startswith(b"\r\n", pos) else data.startswith(b"\n", pos)
    else:
        pos = len(data) + 1
    if pos > len(data):
        notes.append("chunks_cut")
    return b"".join(parts)


def _undone(name: bytes, data: bytes, limits: ArchiveLimits, notes: list[str]) -> bytes:
    """`data` with one content encoding undone; up to one byte more than the limit, which tells that it was reached."""
    bound = min(limits.body_bytes, max(_RATIO_FROM, limits.ratio * len(data)))
    name = name.removeprefix(b"x-")
    if name == b"gzip":
        plain = _gunzipped(data, bound) if data.startswith(GZIP_MAGIC) else None
    elif name == b"deflate":
        plain = _inflated(data, bound)
    elif name == b"br":
        plain = _unbrotlied(data, bound)
    elif name == b"zstd":
        plain = _unzstded(data, bound) if data.startswith(ZSTD_MAGIC) else None
    else:
        notes.append("unknown_encoding")
        return data
    if plain is None:
        notes.append("not_encoded")
        return data
    output, whole = plain
    if len(output) > bound:
        notes.append(_TOO_FAR)
        return output
    if not whole:
        notes.append("encoding_cut")
    return output


Plain = tuple[bytes, bool] | None  # output and whether it is whole; None when the bytes are not so encoded


def _gunzipped(data: bytes, bound: int) -> Plain:
    exact = inflate_exact(data, 0, len(data))
    if exact is not None:
        return bytes(exact), True
    parts: list[bytes] = []
    size, left = 0, data
    while left.startswith(GZIP_MAGIC):
        output, left, whole = _inflate(left, 31, bound + 1 - size)
        parts.append(output)
        size += len(output)
        if not whole or size > bound:
            return b"".join(parts), size > bound
    return b"".join(parts), True


def _inflated(data: bytes, bound: int) -> Plain:
    """Both things that go by the name of deflate: zlib streams (RFC 1950) and raw ones (RFC 1951)."""
    for wbits in (zlib.MAX_WBITS, -zlib.MAX_WBITS):
        output, _, whole = _inflate(data, wbits, bound + 1)
        # Text that is no deflate stream may give a few bytes before it breaks.
        if whole or len(output) >= len(data):
            return output, whole
    return None


def _inflate(data: bytes, wbits: int, bound: int) -> tuple[bytes, bytes, bool]:
    """Output of at most `bound` bytes, what is left of the input, and whether the stream came to its end."""
    inflater = zlib.decompressobj(wbits)
    parts: list[bytes] = []
    size = 0
    view = memoryview(data)
    for start in range(0, len(data), 1 << 12):
        try:
            output = inflater.decompress(view[start : start + (1 << 12)], max(1, bound - size))
        except zlib.error:
            return b"".join(parts), b"", False
        parts.append(output)
        size += len(output)
        if inflater.eof:
            return b"".join(parts), inflater.unused_data + bytes(view[start + (1 << 12) :]), True
        if size >= bound:
            break
    return b"".join(parts), b"", False


def _unbrotlied(data: bytes, bound: int) -> Plain:
    inflater = brotli.Decompressor()
    parts: list[bytes] = []
    size, ended = 0, False
    try:
        output = inflater.process(data, output_buffer_limit=1 << 16)
        while output and size <= bound:
            parts.append(output)
            size += len(output)
            ended = inflater.is_finished()
            if ended:
                break
            output = inflater.process(b"", output_buffer_limit=1 << 16)
    except brotli.error:
        pass
    whole = ended or size > bound
    # Plain text is often the beginning of some brotli stream: without an end it is believed only if it grew.
    if not whole and size <= len(data):
        return None
    return b"".join(parts), whole


def _unzstded(data: bytes, bound: int) -> Plain:
    inflater = zstandard.ZstdDecompressor(max_window_size=1 << 25).decompressobj()
    parts: list[bytes] = []
    size = 0
    try:
        for start in range(0, len(data), _ZSTD_PIECE):
            parts.append(inflater.decompress(data[start : start + _ZSTD_PIECE]))
            size += len(parts[-1])
            if inflater.eof or size > bound:
                return b"".join(parts), True
    except zstandard.ZstdError:
        pass
    return b"".join(parts), False
