"""WARC shards as a crawler writes them, the same bytes for the same input, and damage done on purpose.

Every exchange becomes a request, a response and a metadata record, each a gzip member of its own. Dates and record ids
come from the position in the made-up crawl, never from the clock. Not a general WARC writer: that is warcio, which
does the writing here.
"""

from __future__ import annotations

import base64
import hashlib
import io
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from mathmill.demo.transport import Headers

_FIRST_DATE = datetime(2025, 3, 1)


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request of the made-up crawl and what came back.

    `number` is its place in the crawl and gives the date and the record ids. `revisit_of` is the earlier exchange whose
    body came again; the body is then not stored.
    """

    number: int
    url: str
    status: str
    headers: Headers
    body: bytes
    revisit_of: Exchange | None = None

    @property
    def date(self) -> str:
        """When it happened, as WARC writes dates."""
        return (_FIRST_DATE + timedelta(seconds=7 * self.number)).strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass(frozen=True, slots=True)
class Span:
    """Bytes `offset` to `offset + length` of a shard."""

    offset: int
    length: int


def pack_shard(name: str, exchanges: Sequence[Exchange], *, metadata: bool = True) -> tuple[bytes, list[Span]]:
    """The bytes of a `.warc.gz` shard, and where each exchange's response lies.

    Without `metadata` no such records are written, so that the last member is a response.
    """
    out = io.BytesIO()
    writer = WARCWriter(out, gzip=True)
    _write(
        writer, "warcinfo", "", _warc_headers(name, 0, "warcinfo"), b"software: mathmill demo\r\nformat: WARC File\r\n"
    )
    spans = []
    for exchange in exchanges:
        _write_request(writer, exchange)
        start = out.tell()
        _write_response(writer, exchange)
        spans.append(Span(start, out.tell() - start))
        if metadata:
            headers = _warc_headers(exchange.url, exchange.number, "metadata", exchange.date)
            headers["WARC-Concurrent-To"] = _record_id(exchange.url, exchange.number, "response")
            _write(writer, "metadata", exchange.url, headers, b"fetchTimeMs: 120\r\n")
    return out.getvalue(), spans


def damage(shard: bytes, span: Span) -> bytes:
    """The shard with bytes in the middle of one member inverted: it no longer inflates to what its checksum says."""
    middle = span.offset + span.length // 2
    hurt = bytes(byte ^ 0xFF for byte in shard[middle : middle + 24])
    return shard[:middle] + hurt + shard[middle + 24 :]


def truncate(shard: bytes, span: Span) -> bytes:
    """The shard cut off in the middle of one member, as when a disk was full."""
    return shard[: span.offset + span.length // 2]


def _record_id(url: str, number: int, kind: str) -> str:
    digest = hashlib.blake2b(f"{kind} {number} {url}".encode(), digest_size=16).digest()
    return f"<urn:uuid:{uuid.UUID(bytes=digest, version=4)}>"


def _warc_headers(url: str, number: int, kind: str, date: str | None = None) -> dict[str, str]:
    return {
        "WARC-Record-ID": _record_id(url, number, kind),
        "WARC-Date": date or _FIRST_DATE.strftime("%Y-%m-%dT%H:%M:%SZ"),
    }


def _write(
    writer: WARCWriter, kind: str, url: str, headers: dict[str, str], body: bytes, http: StatusAndHeaders | None = None
) -> None:
    record = writer.create_warc_record(
        url, kind, payload=io.BytesIO(body), length=len(body), warc_headers_dict=headers, http_headers=http
    )
    writer.write_record(record)


def _write_request(writer: WARCWriter, exchange: Exchange) -> None:
    parts = urlsplit(exchange.url)
    fields = [("Host", parts.netloc), ("User-Agent", "mathmill-demo/1.0"), ("Accept-Encoding", "gzip, br")]
    http = StatusAndHeaders(f"GET {parts.path or '/'} HTTP/1.1", fields, is_http_request=True)
    headers = _warc_headers(exchange.url, exchange.number, "request", exchange.date)
    headers["WARC-Concurrent-To"] = _record_id(exchange.url, exchange.number, "response")
    _write(writer, "request", exchange.url, headers, b"", http)


def _write_response(writer: WARCWriter, exchange: Exchange) -> None:
    http = StatusAndHeaders(exchange.status, [("Server", "demo"), *exchange.headers], protocol="HTTP/1.1")
    headers = _warc_headers(exchange.url, exchange.number, "response", exchange.date)
    if exchange.revisit_of is None:
        _write(writer, "response", exchange.url, headers, exchange.body, http)
        return
    earlier = exchange.revisit_of
    digest = "sha1:" + base64.b32encode(hashlib.sha1(earlier.body, usedforsecurity=False).digest()).decode()
    record = writer.create_revisit_record(
        exchange.url, digest, earlier.url, earlier.date, http_headers=http, warc_headers_dict=headers
    )
    writer.write_record(record)
