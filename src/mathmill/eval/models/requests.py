"""Requests to a server, asked again while it may still answer. Its text is hostile: bounded, and shown cleaned."""

from __future__ import annotations

import asyncio
import json
import os
import random
import re
import socket
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from mathmill.data.errors import ConfigError
from mathmill.data.terminal import one_line
from mathmill.eval.models.wire import Unpromised, error_text

if TYPE_CHECKING:
    from aiohttp import AddrInfoType, ClientSession

KEYS = ("MATHMILL_API_KEY", "OPENAI_API_KEY")

# Statuses that another try may change: time out, conflict, too many requests; and what went wrong on their side, but
# for what the server says it cannot do at all (501, 505).
_AGAIN = frozenset({408, 409, 425, 429, *range(500, 600)}) - {501, 505}

# Seconds: of the first pause, of the longest, to connect, and for one answer, which may be a long completion that waits
# behind others.
_FIRST_PAUSE = 0.5
_LONGEST_PAUSE = 30.0
_CONNECT = 30.0
_ANSWER = 3600.0

# Seconds that failures are borne with before a run, when somebody may be looking.
_FIRST_PATIENCE = 10.0

# Bytes of an error that are read.
_ERROR_BYTES = 65_536


class Refused(Exception):
    """The server answered that it will not; another try would not change that."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(f"HTTP {status}{': ' * bool(message)}{message}")
        self.status, self.message = status, message


class Gone(Exception):
    """The server does not answer, and patience has ended; the message says why, `status` is its last one or 0."""

    def __init__(self, message: str, status: int = 0) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True, slots=True)
class Link:
    """A server's address, the key that it wants, and how many seconds failures are borne with."""

    url: str
    key: str = field(default="", repr=False)
    patience: float = 300.0

    @property
    def root(self) -> str:
        """The address without `/v1`: where servers have what is not OpenAI's."""
        return self.url.removesuffix("/v1")

    @property
    def briefly(self) -> Link:
        """The same with less patience, for what is asked before a run."""
        return replace(self, patience=min(self.patience, _FIRST_PATIENCE))


def link_to(address: str, patience: float) -> Link:
    """The server at an address such as `http://localhost:8000/v1`, with the key of the environment.

    Raises:
        ConfigError: that is no such address, or the key cannot be sent.
    """
    try:
        parts = urlsplit(address)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        parts, usable = None, False
    if parts is not None and (parts.username is not None or parts.password is not None):
        raise ConfigError(f"the server's address holds a user or a password: set {KEYS[0]} and leave it out there")
    if parts is None or not usable or parts.query or parts.fragment or re.search(r"\s", address):
        shown = one_line(address.partition("?")[0], 200)
        raise ConfigError(f"{shown} is no server's address: give one such as http://localhost:8000/v1")
    name = next((name for name in KEYS if os.environ.get(name)), "")
    key = os.environ.get(name, "").strip()
    if not re.fullmatch("[!-~]*", key):
        raise ConfigError(f"{name} holds characters that no key has: set it to the key alone")
    return Link(address.rstrip("/"), key, patience)


@asynccontextmanager
async def session_for(link: Link, connections: int) -> AsyncIterator[ClientSession]:
    """Connections to the server; all are closed when it ends."""
    from aiohttp import ClientSession, ClientTimeout, DummyCookieJar, TCPConnector

    headers = {"Accept": "application/json", "Accept-Encoding": "identity", "User-Agent": "mathmill"}
    if link.key:
        headers["Authorization"] = f"Bearer {link.key}"
    async with ClientSession(
        connector=TCPConnector(limit=connections, socket_factory=_socket),
        timeout=ClientTimeout(total=_ANSWER, sock_connect=_CONNECT),
        headers=headers,
        cookie_jar=DummyCookieJar(),
        auto_decompress=False,  # none was asked for, and what inflates is not bounded by what was read
    ) as session:
        yield session


def _socket(address: AddrInfoType) -> socket.socket:
    """A socket that notices within minutes that the other machine is gone."""
    family, kind, protocol, _, _ = address
    made = socket.socket(family, kind, protocol)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for option, value in (("TCP_KEEPIDLE", 60), ("TCP_KEEPINTVL", 15), ("TCP_KEEPCNT", 8)):
        if hasattr(socket, option):
            made.setsockopt(socket.IPPROTO_TCP, getattr(socket, option), value)
    made.setblocking(False)
    return made


async def ask(session: ClientSession, link: Link, url: str, body: Mapping[str, Any] | None, most: int) -> Any:
    """What the server answers at `url`: GET, or POST of `body` as JSON; of at most `most` bytes.

    Pauses double from half a second, with jitter, and are as long as `Retry-After` wants them.

    Raises:
        Refused: it will not.
        Gone: it failed for `link.patience` seconds.
        Unpromised: its answer is not JSON, or too long.
    """
    from aiohttp import ClientError, ClientSSLError

    data = None if body is None else json.dumps(body).encode()
    began, tries = 0.0, 0
    while True:
        wanted, status = 0.0, 0
        try:
            status, headers, content = await _once(session, url, data, most)
        except ClientSSLError as error:
            raise Gone(one_line(error, 200)) from error
        except (ClientError, OSError, TimeoutError) as error:
            why = _reason(error)
        else:
            if 200 <= status < 300:
                return _parsed(content, headers, url)
            message = _error(content, headers, link)
            if status not in _AGAIN:
                raise Refused(status, message)
            why, wanted = f"HTTP {status}{': ' * bool(message)}{message}", _retry_after(headers)
        began = began if tries else time.monotonic()
        left = began + link.patience - time.monotonic()
        pause = max(wanted, min(_FIRST_PAUSE * 2 ** min(tries, 10), _LONGEST_PAUSE) * random.uniform(0.5, 1.5))
        if left <= 0 or wanted > left:
            later = f", and asks to be left alone for {wanted:,.0f} s" if wanted > max(left, 0) else ""
            raise Gone(
                f"{why}{later}; {tries + 1} tr{'ies' if tries else 'y'} in {link.patience - left:,.0f} s", status
            )
        await asyncio.sleep(min(pause, left))
        tries += 1


async def _once(
    session: ClientSession, url: str, data: bytes | None, most: int
) -> tuple[int, Mapping[str, str], bytes]:
    method, headers = ("GET", {}) if data is None else ("POST", {"Content-Type": "application/json"})
    async with session.request(method, url, data=data, headers=headers, allow_redirects=False) as response:
        allowed = most if 200 <= response.status < 300 else _ERROR_BYTES
        content = bytearray()
        async for part in response.content.iter_chunked(65_536):
            content += part
            if len(content) > allowed:
                if allowed == most:
                    raise Unpromised(f"it is longer than {most:,} bytes")
                break
        return response.status, response.headers, bytes(content[:allowed])


def _parsed(content: bytes, headers: Mapping[str, str], url: str) -> Any:
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        kind = one_line(headers.get("Content-Type", "bytes of no type"), 60)
        begin = one_line(content[:60].decode(errors="replace"), 60)
        raise Unpromised(f'it is no JSON but {kind}, "{begin}": does the address end in /v1?') from None


def _error(content: bytes, headers: Mapping[str, str], link: Link) -> str:
    """What an answer that is an error says; never the key, which some servers say again."""
    if link.key:
        content = content.replace(link.key.encode(), b"***")
    if place := headers.get("Location"):
        return one_line(f"moved to {_bare(place)}: give an address that answers itself", 300)
    try:
        return error_text(json.loads(content))
    except (ValueError, RecursionError):
        text = content[:4096].decode(errors="replace")
        title = re.search(r"<title>([^<]{1,200})", text, re.IGNORECASE)
        return one_line(title[1] if title else re.sub(r"<[^<>]{0,200}>", " ", text), 200)


def _bare(place: str) -> str:
    """An address without what may be secret in it."""
    try:
        parts = urlsplit(place)
        return f"{parts.scheme}://{parts.hostname}{parts.path}" if parts.hostname else parts.path
    except ValueError:
        return "another place"


def _retry_after(headers: Mapping[str, str]) -> float:
    """Seconds that the server wants to be left alone: a number or a date (RFC 9110, section 10.2.3)."""
    said = headers.get("Retry-After", "").strip()
    if re.fullmatch(r"\d{1,9}(?:\.\d{1,9})?", said):
        return float(said)
    try:
        return max(parsedate_to_datetime(said).timestamp() - time.time(), 0.0)
    except (ValueError, TypeError, OverflowError):
        return 0.0


def _reason(error: BaseException) -> str:
    if isinstance(error, TimeoutError):
        return f"no connection in {_CONNECT:.0f} s, or no answer in {_ANSWER:,.0f} s"
    number = error.errno if isinstance(error, OSError) else None
    if number and number > 0:
        return os.strerror(number).lower()
    return one_line(error, 200) or type(error).__name__
