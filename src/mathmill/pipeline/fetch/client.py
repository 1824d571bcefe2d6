"""One request over http or https: to a host that is allowed, answered in time, its body bounded and whole.

No retries here (`pace`, `servers`); nothing of crawls is known. A connection serves one request.
"""

from __future__ import annotations

import contextlib
import http.client
import re
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from functools import lru_cache
from urllib.parse import urljoin, urlsplit

from mathmill import __version__
from mathmill.data.errors import ConfigError, InputMissing
from mathmill.pipeline.fetch.hosts import Hosts, origin_of
from mathmill.pipeline.fetch.pace import Pace
from mathmill.pipeline.fetch.troubles import NoSuchRange, NotThere, Trouble

_PIECE = 1 << 18  # bytes read at once
_REDIRECTS = 3
_MOVED = frozenset((301, 302, 303, 307, 308))
_CROWDED = frozenset((403, 429, 503))  # Common Crawl says 403 too when it is asked too fast
_PASSING = _CROWDED | {408, 425, 500, 502, 504}
_EXPLAINED = 4_096  # bytes of an error's body that are looked at
_CONTENT_RANGE = re.compile(r"bytes (\d{1,18})-(\d{1,18})/(\d{1,18})")
_AGENT = f"mathmill/{__version__}"


@dataclass(frozen=True, slots=True)
class Span:
    """The bytes of a file that are asked for: from `first` up to `end`, its end where that is None.

    `mark` is what the server said of the file before: of another one the whole is sent instead.
    """

    first: int = 0
    end: int | None = None
    mark: str = ""

    @property
    def headers(self) -> dict[str, str]:
        if not self.first and self.end is None:
            return {}
        last = "" if self.end is None else str(self.end - 1)
        asked = {"Range": f"bytes={self.first}-{last}"}
        return {**asked, "If-Range": self.mark} if self.mark.startswith('"') else asked


@dataclass(frozen=True, slots=True)
class Answer:
    """A body that is about to be read."""

    url: str  # of the file
    first: int  # where in it the body begins
    size: int | None  # its bytes, None where the server does not say
    total: int | None  # bytes of the whole file
    mark: str  # changes when the file does; "" where the server has none
    pieces: Iterator[bytes]  # raises Trouble where they end early or come too slowly

    def read(self, most: int) -> bytes:
        """The whole body.

        Raises:
            InputMissing: it has more than `most` bytes.
            Trouble: it did not come whole.
        """
        held = bytearray()
        for piece in self.pieces:
            held += piece
            if len(held) > most:
                raise InputMissing(f"{self.url[:200]} has more than {most:,} bytes: that is not what was asked for")
        return bytes(held)


class Client:
    """Asks servers; safe for several threads."""

    def __init__(self, hosts: Hosts, pace: Pace) -> None:
        self._hosts = hosts
        self.pace = pace
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()

    @contextmanager
    def get(self, url: str, span: Span | None = None, method: str = "GET") -> Iterator[Answer]:
        """The answer to one request, redirects within its host followed.

        Raises:
            NotThere, NoSuchRange, InputMissing: it will not be had.
            ConfigError: its host, or its address, is not allowed.
            Trouble: it may be had later; also while the pieces are read.
        """
        wanted = span or Span()
        home = origin_of(url)
        for _ in range(_REDIRECTS + 1):
            self.pace.turn()
            with self._sent(url, wanted, method) as response:
                self.pace.met = True
                if response.status not in _MOVED:
                    yield self._answered(response, wanted, url)
                    return
                url = _redirected(url, response, home[1])
        raise InputMissing(f"{url[:200]}: more than {_REDIRECTS} redirects: check the address")

    def stop(self) -> None:
        """End all requests at once, and let none begin."""
        self.pace.stop()
        with self._lock:
            for each in self._open:
                _shut(each)

    @contextmanager
    def _sent(self, url: str, span: Span, method: str) -> Iterator[http.client.HTTPResponse]:
        parts = self._hosts.check(url)
        seconds = self.pace.silence
        plain = self._hosts.connect(url, seconds)
        plain.settimeout(self.pace.patience.silence)
        twin = plain.dup()  # ends the connection from another thread, whatever wraps the first
        with self._lock:
            self._open.add(twin)
        late = threading.Timer(seconds, _shut, (twin,))  # a head that drips would never be late by itself
        late.daemon = True
        began = time.monotonic()
        late.start()
        opened = contextlib.ExitStack()
        try:
            self.pace.check()  # a stop before this one was listed
            try:
                connection = _connection(plain, url)
                opened.callback(connection.close)
                target = f"{parts.path or '/'}{f'?{parts.query}' if parts.query else ''}"
                headers = {"Host": parts.netloc, "User-Agent": _AGENT, "Accept-Encoding": "identity"}
                connection.request(method, target, headers={**headers, **span.headers, "Connection": "close"})
                response = connection.getresponse()
                opened.callback(response.close)
            except ssl.SSLCertVerificationError as error:
                raise InputMissing(f"{url[:200]}: its certificate is not trusted ({error.verify_message})") from error
            except (http.client.InvalidURL, UnicodeError) as error:
                raise InputMissing(f"{url[:200]!r} is an address that cannot be asked ({error}): check it") from error
            except (OSError, http.client.HTTPException) as error:
                in_time = time.monotonic() - began < seconds
                said = str(error) or type(error).__name__ if in_time else f"for {seconds:g} seconds"
                raise Trouble(f"{url[:200]}: no answer ({said})", unmet=not in_time) from error
            finally:
                late.cancel()
            yield response
        finally:
            with self._lock:
                self._open.discard(twin)
            opened.close()
            for each in (plain, twin):
                _shut(each)
                each.close()

    def _answered(self, response: http.client.HTTPResponse, span: Span, url: str) -> Answer:
        _check_status(response, url)
        length = response.getheader("Content-Length", "")
        size = int(length) if length.isascii() and length.isdigit() and len(length) < 19 else None
        first, total = 0, size
        if response.status == 206:
            first, total, size = _range_of(response, span, url)
        mark = response.getheader("ETag") or response.getheader("Last-Modified") or ""
        return Answer(url, first, size, total, mark, self._pieces(response, size, url))

    def _pieces(self, response: http.client.HTTPResponse, size: int | None, url: str) -> Iterator[bytes]:
        came = recent = 0
        since = time.monotonic()
        patience = self.pace.patience
        while size is None or came < size:
            try:
                piece = response.read1(_PIECE if size is None else min(_PIECE, size - came))
            except (OSError, http.client.HTTPException, ValueError) as error:
                raise Trouble(
                    f"{url[:200]} broke off after {came:,} bytes ({error or type(error).__name__})"
                ) from error
            if not piece:
                break
            came += len(piece)
            recent += len(piece)
            yield piece
            spent = time.monotonic() - since
            if spent >= patience.window:
                if recent < patience.slowest * spent:
                    raise Trouble(f"{url[:200]} comes at {recent / spent:,.0f} bytes a second, too slowly")
                since, recent = time.monotonic(), 0
        if size is not None and came < size:
            raise Trouble(f"{url[:200]} ended after {came:,} of {size:,} bytes")


def _connection(plain: socket.socket, url: str) -> http.client.HTTPConnection:
    scheme, host, port = origin_of(url)
    connection = http.client.HTTPConnection(host, port)
    connection.auto_open = 0  # it must never look the host up by itself
    connection.sock = _tls().wrap_socket(plain, server_hostname=host) if scheme == "https" else plain
    return connection


@lru_cache(maxsize=1)
def _tls() -> ssl.SSLContext:
    return ssl.create_default_context()


def _shut(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)


def _redirected(url: str, response: http.client.HTTPResponse, host: str) -> str:
    """Where a redirect leads.

    Raises:
        InputMissing: to another host, or nowhere.
    """
    to = urljoin(url, response.getheader("Location", ""))
    try:
        same = origin_of(to)[1] == host
    except ConfigError:
        same = False
    if not same or (urlsplit(url).scheme, urlsplit(to).scheme) == ("https", "http"):
        raise InputMissing(f"{url[:200]} redirects to {to[:200]!r}, another host, which is not followed")
    return to


def _check_status(response: http.client.HTTPResponse, url: str) -> None:
    status = response.status
    if status in (200, 206):
        return
    if status == 416:
        raise NoSuchRange(f"{url[:200]} has fewer bytes than were asked for")
    try:
        body = response.read1(_EXPLAINED)
    except (OSError, http.client.HTTPException, ValueError):
        body = b""
    said = f"{url[:200]} answers {status}{_in_words(body)}"
    if status in (404, 410):
        raise NotThere(f"no file at {url[:200]}: check the name{_in_words(body)}")
    if status in _PASSING:
        raise Trouble(said, _retry_after(response), status in _CROWDED)
    raise InputMissing(f"{said}: check the address")


def _in_words(body: bytes) -> str:
    """What an error's body says, in brackets and short."""
    text = re.sub(rb"<[^>]{0,200}>", b" ", body).decode("utf-8", "replace")
    words = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return f" ({words[:120]})" if words else ""


def _retry_after(response: http.client.HTTPResponse) -> float | None:
    """Seconds that the server asks one to wait, said as a number or as a date."""
    said = response.getheader("Retry-After", "").strip()
    if said.isascii() and said.isdigit() and len(said) < 10:
        return float(said)
    try:
        return max(0.0, parsedate_to_datetime(said).timestamp() - time.time())
    except ValueError:
        return None


def _range_of(response: http.client.HTTPResponse, span: Span, url: str) -> tuple[int, int, int]:
    """Where the range begins, the bytes of the file and of the range.

    Raises:
        Trouble: it is another range than was asked for.
    """
    said = response.getheader("Content-Range", "")
    found = _CONTENT_RANGE.fullmatch(said)
    if found is None:
        raise Trouble(f"{url[:200]} answers with a part of the file and does not say which")
    first, last, total = (int(digits) for digits in found.groups())
    due = total if span.end is None else min(span.end, total)
    if first != span.first or last + 1 != due:
        raise Trouble(f"{url[:200]} answers with another part of the file than was asked for ({said})")
    return first, total, due - first
