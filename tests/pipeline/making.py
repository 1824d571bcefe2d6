"""Archives made for tests: records as bytes, and ways to store them."""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import zstandard

from mathmill.pipeline.archives import read_archive
from mathmill.pipeline.warc import LostSpan, Record

DATE = "2024-05-17T23:31:22Z"


def address(number: int) -> str:
    return f"https://example.org/page/{number}"


def html(number: int, filler: int = 40) -> bytes:
    """A page that carries its number and does not compress to nothing."""
    words = " ".join(format(zlib.crc32(f"{number}.{index}".encode()), "x") for index in range(filler))
    return f"<!doctype html><html><body>SENTINEL {number} {words}</body></html>".encode()


def answer(body: bytes, *fields: str, status: str = "200 OK", content_type: str = "text/html") -> bytes:
    lines = [f"HTTP/1.1 {status}", *([f"Content-Type: {content_type}"] if content_type else []), *fields]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def warc(block: bytes, url: str, *fields: str, kind: str = "response", version: str = "WARC/1.0") -> bytes:
    lines = [version, f"WARC-Type: {kind}", f"WARC-Target-URI: {url}", f"WARC-Date: {DATE}", *fields]
    lines += ["Content-Type: application/http; msgtype=response", f"Content-Length: {len(block)}"]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + block + b"\r\n\r\n"


def arc(block: bytes, url: str) -> bytes:
    return f"{url} 192.0.2.1 20080430204825 text/html {len(block)}\n".encode() + block + b"\n"


def responses(count: int) -> list[bytes]:
    return [warc(answer(html(number)), address(number)) for number in range(count)]


def member(content: bytes) -> bytes:
    return gzip.compress(content, mtime=0)


def frame(content: bytes) -> bytes:
    return zstandard.ZstdCompressor(write_checksum=True).compress(content)


def members(records: Iterable[bytes]) -> bytes:
    return b"".join(member(record) for record in records)


def frames(records: Iterable[bytes]) -> bytes:
    return b"".join(frame(record) for record in records)


def one_member(records: Iterable[bytes]) -> bytes:
    return member(b"".join(records))


def one_frame(records: Iterable[bytes]) -> bytes:
    return frame(b"".join(records))


def plain(records: Iterable[bytes]) -> bytes:
    return b"".join(records)


def odd_members(records: Iterable[bytes]) -> bytes:
    """Members cut from the stream of records wherever a buffer was full."""
    stream = io.BytesIO(b"".join(records))
    return b"".join(member(piece) for piece in iter(lambda: stream.read(700), b""))


STORED: dict[str, Callable[[Iterable[bytes]], bytes]] = {
    "warc.gz": members,
    "warc.zst": frames,
    "warc": plain,
    "one.warc.gz": one_member,
    "one.warc.zst": one_frame,
    "odd.warc.gz": odd_members,
}


def read(folder: Path, data: bytes) -> list[Record | LostSpan]:
    """All items of an archive with these bytes, whose spans are checked to join from first byte to last."""
    path = folder / "archive"
    path.write_bytes(data)
    items = list(read_archive(path))
    at = 0
    for item in items:
        assert item.offset == at
        assert item.length >= 0
        at += item.length
    assert at == len(data)
    return items


def records_of(items: Sequence[Record | LostSpan]) -> list[Record]:
    return [item for item in items if isinstance(item, Record)]


def lost_of(items: Sequence[Record | LostSpan]) -> list[LostSpan]:
    return [item for item in items if isinstance(item, LostSpan)]


def reasons_of(items: Sequence[Record | LostSpan]) -> list[str]:
    return [span.reason for span in lost_of(items)]


def numbers_of(items: Sequence[Record | LostSpan]) -> list[int]:
    """The numbers of the records of `responses` that came out whole."""
    found = []
    for record in records_of(items):
        number = record.url.removeprefix(address(0)[:-1])
        if number.isdecimal() and record.block == answer(html(int(number))):
            found.append(int(number))
    return found
