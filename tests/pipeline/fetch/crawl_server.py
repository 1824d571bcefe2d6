"""A crawl in Common Crawl's layout, made of small archives, behind a server of this machine that can misbehave.

with crawl_server(make_crawl()) as served:
    served.moods["crawl-data/.."] = Mood("busy", times=2)
    fetch_archive(open_server(served.access), ..)
"""

from __future__ import annotations

import base64
import contextlib
import gzip
import hashlib
import json
import re
import socket
import ssl
import struct
import threading
import time
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from mathmill.pipeline.fetch.pace import Patience
from mathmill.pipeline.fetch.servers import Access
from tests.archives import html_of, record, response

CRAWL = "CC-MAIN-2024-10"
INDEXES = f"cc-index/collections/{CRAWL}/indexes"
QUICK = Patience(attempts=4, pause=0.001, longest=0.01, silence=2.0, slowest=10_000, window=0.2)
SLOW_DOWN = (
    b'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>SlowDown</Code><Message>Please reduce your request rate.'
    b"</Message><RequestId>C6X3AAMQA0VP9EPC</RequestId></Error>"
)


@dataclass
class Mood:
    """How the server treats a file: in which way, and how many requests for it; then it behaves."""

    kind: str
    times: int = 10**9


@dataclass
class Served:
    """A server that runs: where, what it was asked, how it misbehaves, and the most requests at a time."""

    url: str
    files: dict[str, bytes]
    moods: dict[str, Mood] = field(default_factory=dict)
    asked: list[tuple[str, str, str]] = field(default_factory=list)  # method, path with query, range

    @property
    def access(self) -> Access:
        return Access(self.url, 1_000.0, QUICK)

    def asked_for(self, path: str) -> list[str]:
        """The ranges that were asked for of a file, "" for the whole."""
        return [span for _, name, span in self.asked if name == path]


@dataclass(frozen=True)
class Page:
    """A page of the crawl: its address and what is in its response."""

    url: str
    html: str
    status: str = "200"
    mime: str = "text/html"
    timestamp: str = "20240221000000"


def pages(count: int = 40) -> list[Page]:
    """Pages of three hosts of a domain and of one beside it, with a redirect and a picture among them."""
    hosts = ("math.example.org", "www.example.org", "example.org", "other.net")
    found = [
        Page(f"https://{hosts[n % 4]}/{'algebra' if n % 3 else 'news'}/Lesson-{n:03d}", html_of(n))
        for n in range(count)
    ]
    moved = Page("https://math.example.org/algebra/moved", "", status="301")
    picture = Page("https://math.example.org/algebra/plot.png", "not a page", mime="image/png")
    again = Page(found[4].url, html_of(99), timestamp="20240228000000")
    return [*found, moved, picture, again]


def make_crawl(archives: int = 3, listed: Sequence[Page] | None = None, block: int = 5) -> dict[str, bytes]:
    """The files of a crawl by path: archives, listings and an index of `block` lines a block."""
    paths = [
        f"crawl-data/{CRAWL}/segments/1707947473347.{n}/warc/CC-MAIN-20240220211055-20240221001055-{n:05d}.warc.gz"
        for n in range(archives)
    ]
    bodies = {path: bytearray(_info(number)) for number, path in enumerate(paths)}
    lines = []
    for number, page in enumerate(pages() if listed is None else listed):
        path = paths[number % archives]
        bodies[path] += gzip.compress(record("request", page.url, b"GET / HTTP/1.1\r\n\r\n", 2 * number), mtime=0)
        lines.append(_line(page, path, len(bodies[path]), member := _member(page, number)))
        bodies[path] += member
    listing = gzip.compress("".join(f"{path}\n" for path in paths).encode(), mtime=0)
    crawls = [
        {"id": CRAWL, "name": "February/March 2024 Index", "from": "2024-02-20T21:19:03", "to": "2024-03-05T11:13"}
    ]
    return {
        **{path: bytes(body) for path, body in bodies.items()},
        f"crawl-data/{CRAWL}/warc.paths.gz": listing,
        "collinfo.json": json.dumps(
            [*crawls, {"id": "CC-MAIN-2023-50", "name": "November/December 2023 Index"}]
        ).encode(),
        **index_files(sorted(lines), block),
    }


def index_files(lines: Sequence[bytes], block: int, files: int = 2) -> dict[str, bytes]:
    """The files of an index: blocks of sorted lines, and the lines that say where each is."""
    bodies = {f"cdx-{number:05d}.gz": bytearray() for number in range(files)}
    cluster = []
    per_file = block * -(-len(lines) // (block * files))
    for number, at in enumerate(range(0, len(lines), block), 1):
        name = f"cdx-{at // per_file:05d}.gz"
        data = gzip.compress(b"".join(line + b"\n" for line in lines[at : at + block]), mtime=0)
        key = b" ".join(lines[at].split(b" ")[:2])
        cluster.append(b"%s\t%s\t%d\t%d\t%d\n" % (key, name.encode(), len(bodies[name]), len(data), number))
        bodies[name] += data
    told = {f"{INDEXES}/{name}": bytes(body) for name, body in bodies.items()}
    return {**told, f"{INDEXES}/cluster.idx": b"".join(cluster)}


def _info(number: int) -> bytes:
    return gzip.compress(record("warcinfo", "", b"isPartOf: " + CRAWL.encode(), 10**6 + number), mtime=0)


def _member(page: Page, number: int) -> bytes:
    return gzip.compress(record("response", page.url, response(page.html.encode()), 2 * number + 1), mtime=0)


def surt(url: str) -> str:
    """The key of one of the addresses that are used here."""
    parts = urlsplit(url)
    host = re.sub(r"^www\d*\.", "", parts.netloc)
    query = f"?{parts.query}" if parts.query else ""
    return f"{','.join(reversed(host.split('.')))}){(parts.path.rstrip('/') or '/').lower()}{query.lower()}"


def _line(page: Page, path: str, offset: int, member: bytes) -> bytes:
    told = {
        "url": page.url,
        "mime": page.mime,
        "mime-detected": page.mime,
        "status": page.status,
        "digest": base64.b32encode(hashlib.sha1(page.html.encode()).digest()).decode(),
        "length": str(len(member)),
        "offset": str(offset),
        "filename": path,
        "languages": "eng",
        "encoding": "UTF-8",
    }
    return f"{surt(page.url)} {page.timestamp} {json.dumps(told)}".encode()


def index_lines(files: dict[str, bytes]) -> list[bytes]:
    """All lines of an index."""
    names = sorted(name for name in files if name.startswith(f"{INDEXES}/cdx-"))
    return [line for name in names for line in gzip.decompress(files[name]).splitlines()]


@contextmanager
def crawl_server(files: dict[str, bytes], pem: Path | None = None) -> Iterator[Served]:
    """Serve a crawl's files, its list of crawls and its index, until the block ends; over https with a key `pem`."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Handler) as server:
        server.daemon_threads = True
        if pem is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(pem)
            server.socket = context.wrap_socket(server.socket, server_side=True)
            server.handle_error = lambda *_: None  # type: ignore[method-assign]  # a client that does not trust it
        served = Served(f"http{'s' if pem else ''}://127.0.0.1:{server.server_port}", files)
        server.served = served  # type: ignore[attr-defined]
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield served
        finally:
            server.shutdown()
            thread.join()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: Any) -> None:
        pass

    def do_HEAD(self) -> None:
        self._answer()

    def do_GET(self) -> None:
        with contextlib.suppress(ConnectionError):
            self._answer()

    def _answer(self) -> None:
        served: Served = self.server.served  # type: ignore[attr-defined]
        path = self.path.lstrip("/")
        span = self.headers.get("Range", "")
        served.asked.append((self.command, path, span))
        mood = served.moods.get(path)
        data = served.files.get(path)
        if mood is not None and mood.times > 0:
            mood.times -= 1
            getattr(self, f"_{mood.kind}")(data or b"", span)
        elif path.startswith(f"{CRAWL}-index?"):
            self._look_up(served.files, {name: values[0] for name, values in parse_qs(urlsplit(path).query).items()})
        elif data is None:
            self._send(404, b"<Error><Code>NoSuchKey</Code></Error>")
        else:
            self._file(data, span)

    def _file(self, data: bytes, span: str) -> None:
        mark = f'"{hashlib.md5(data).hexdigest()}"'
        if self.headers.get("If-Range", mark) != mark:
            span = ""
        asked = re.fullmatch(r"bytes=(\d+)-(\d*)", span)
        if asked is None:
            self._send(200, data, ETag=mark)
            return
        first, last = int(asked[1]), min(int(asked[2] or len(data)), len(data) - 1)
        if first >= len(data):
            self._send(416, b"")
            return
        self._send(206, data[first : last + 1], ETag=mark, Content_Range=f"bytes {first}-{last}/{len(data)}")

    def _send(self, status: int, data: bytes, length: int | None = None, **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(data) if length is None else length))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    def _look_up(self, files: dict[str, bytes], asked: dict[str, str]) -> None:
        """What pywb's server does: pages of three lines of JSON."""
        key, kind = surt(f"http://{asked['url']}"), asked["matchType"]
        if kind == "domain":
            host = key.partition(")")[0]
            found = [line for line in index_lines(files) if line.startswith((f"{host})".encode(), f"{host},".encode()))]
        else:
            begins = f"{key} " if kind == "exact" else key
            found = [line for line in index_lines(files) if line.startswith(begins.encode())]
        count = -(-len(found) // 3)
        if not found:
            self._send(404, json.dumps({"message": f"No Captures found for: {asked['url']}"}).encode())
        elif asked.get("showNumPages"):
            self._send(200, json.dumps({"pages": count, "pageSize": 1, "blocks": count}).encode())
        else:
            page = found[3 * int(asked["page"]) :][:3]
            self._send(200, b"".join(_as_answer(line) for line in page))

    # ---- moods

    def _busy(self, data: bytes, span: str) -> None:
        self._send(503, SLOW_DOWN, Retry_After="0")

    def _asks_to_wait(self, data: bytes, span: str) -> None:
        self._send(429, b"", Retry_After="1")

    def _forbidden(self, data: bytes, span: str) -> None:
        self._send(403, b"<html>too many requests</html>")

    def _error_page(self, data: bytes, span: str) -> None:
        self._send(200, SLOW_DOWN)

    def _short(self, data: bytes, span: str) -> None:
        self._send(200, data[: len(data) // 2], len(data))
        self.close_connection = True

    def _short_part(self, data: bytes, span: str) -> None:
        """Half of what was asked for, as a part of it."""
        first = int(span[6:].partition("-")[0]) if span else 0
        end = int(span.rpartition("-")[2] or len(data) - 1) + 1 if span else len(data)
        headers = {"Content_Range": f"bytes {first}-{end - 1}/{len(data)}"} if span else {}
        mark = f'"{hashlib.md5(data).hexdigest()}"'
        self._send(206 if span else 200, data[first : (first + end) // 2], end - first, ETag=mark, **headers)
        self.close_connection = True

    def _pause_half(self, data: bytes, span: str) -> None:
        """Half of a file, and nothing more for as long as anybody waits."""
        self.send_response(200)
        self.send_header("Content-Length", str(len(data)))
        self.send_header("ETag", f'"{hashlib.md5(data).hexdigest()}"')
        self.end_headers()
        self.wfile.write(data[: len(data) // 2])
        self.wfile.flush()
        self.connection.settimeout(60)
        self.connection.recv(1)
        self.close_connection = True

    def _reset(self, data: bytes, span: str) -> None:
        self._send(200, data[: len(data) // 2], len(data))
        self.wfile.flush()
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()

    def _wrong_range(self, data: bytes, span: str) -> None:
        self._send(206, data[7:107], Content_Range=f"bytes 7-106/{len(data)}")

    def _no_ranges(self, data: bytes, span: str) -> None:
        self._send(200, data)

    def _drip(self, data: bytes, span: str) -> None:
        self._send(200, data[:1], len(data))
        for byte in data[1:]:
            time.sleep(0.05)
            self.wfile.write(bytes([byte]))

    def _drip_head(self, data: bytes, span: str) -> None:
        for byte in b"HTTP/1.1 200 OK\r\nX-Long: " + b"x" * 10_000:
            self.wfile.write(bytes([byte]))
            time.sleep(0.05)

    def _silent(self, data: bytes, span: str) -> None:
        time.sleep(10)

    def _elsewhere(self, data: bytes, span: str) -> None:
        self._send(302, b"", Location="http://127.0.0.2:9/crawl-data/other.warc.gz")

    def _round(self, data: bytes, span: str) -> None:
        self._send(302, b"", Location=self.path)

    def _aside(self, data: bytes, span: str) -> None:
        """To the same file by another path of the same host."""
        self._send(301, b"", Location=f"/{CRAWL}/../{self.path.lstrip('/')}".replace(f"/{CRAWL}/..", ""))

    def _blank_aside(self, data: bytes, span: str) -> None:
        self._send(302, b"", Location="/a b")

    def _foreign_aside(self, data: bytes, span: str) -> None:
        self._send(302, b"", Location="/Ã¼")

    def _endless(self, data: bytes, span: str) -> None:
        self.send_response(200)
        self.end_headers()
        self.close_connection = True
        while True:
            self.wfile.write(bytes(1 << 16))

    def _damaged(self, data: bytes, span: str) -> None:
        middle = len(data) // 2
        self._file(data[:middle] + bytes([data[middle] ^ 0xFF]) + data[middle + 1 :], span)

    def _throttled(self, data: bytes, span: str) -> None:
        """Some 6 MB a second."""
        first = int(span[6:].partition("-")[0]) if span else 0
        headers = {"Content_Range": f"bytes {first}-{len(data) - 1}/{len(data)}"} if span else {}
        self._send(206 if span else 200, b"", len(data) - first, ETag=f'"{hashlib.md5(data).hexdigest()}"', **headers)
        for at in range(first, len(data), 1 << 16):
            self.wfile.write(data[at : at + (1 << 16)])
            time.sleep(0.01)

    def _by_lot(self, data: bytes, span: str) -> None:
        """In one way after another, or well, in an order that hangs on what was asked so far."""
        served: Served = self.server.served  # type: ignore[attr-defined]
        kinds = ("busy", "forbidden", "error_page", "short", "short_part", "reset", "wrong_range", "damaged", "file")
        getattr(self, f"_{kinds[zlib.crc32(repr(served.asked).encode()) % len(kinds)]}")(data, span)


def _as_answer(line: bytes) -> bytes:
    key, timestamp, told = line.split(b" ", 2)
    return json.dumps({"urlkey": key.decode(), "timestamp": timestamp.decode(), **json.loads(told)}).encode() + b"\n"
