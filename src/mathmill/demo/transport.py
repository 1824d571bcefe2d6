"""How a page of the made-up web becomes the bytes of an HTTP response: charset, declarations, encodings.

Servers are careless: charsets go undeclared or are declared wrongly, and bodies come chunked, compressed or both.
"""

from __future__ import annotations

import gzip
from dataclasses import dataclass
from random import Random

import brotli

from mathmill.demo.languages import LEGACY_CHARSETS

Headers = tuple[tuple[str, str], ...]

# Where a page names its charset. `wrong`: the document says UTF-8 and is not.
DECLARATIONS = ("header", "both", "meta", "none", "wrong")
ENCODINGS = ("identity", "gzip", "chunked", "chunked gzip", "br", "stored decoded")
_ENCODING_WEIGHTS = (60, 12, 10, 6, 4, 8)


@dataclass(frozen=True, slots=True)
class Transport:
    """The true charset, where it is declared (`DECLARATIONS`) and how the body is sent (`ENCODINGS`)."""

    charset: str
    declared: str
    encoding: str

    def head(self) -> str:
        """The `meta` element that declares a charset, or nothing."""
        name = {"both": self.charset, "meta": self.charset, "wrong": "utf-8"}.get(self.declared)
        return f'<meta charset="{name}">' if name else ""

    def content_type(self) -> str:
        """The value of the Content-Type header."""
        return f"text/html; charset={self.charset}" if self.declared in ("header", "both") else "text/html"


def draw_transport(rng: Random, language: str, turn: int) -> Transport:
    """How a server sends a page in a language: mostly UTF-8 and declared, now and then neither.

    Every second `turn` of a language other than English takes one of its legacy charsets, each in turn.
    """
    encoding = rng.choices(ENCODINGS, _ENCODING_WEIGHTS)[0]
    legacy = LEGACY_CHARSETS.get(language, ())
    if legacy and turn % 2:
        return Transport(legacy[turn // 2 % len(legacy)], rng.choice(DECLARATIONS), encoding)
    if rng.random() > 0.98:
        return Transport("utf-16", "none", encoding)  # its byte order mark says so
    return Transport("utf-8", rng.choices(DECLARATIONS[:4], (40, 40, 15, 5))[0], encoding)


def encode_page(html: str, transport: Transport) -> bytes:
    """The page's bytes; characters that the charset lacks become character references."""
    return html.encode(transport.charset, "xmlcharrefreplace")


def send(body: bytes, content_type: str, encoding: str) -> tuple[Headers, bytes]:
    """Headers and body as they went over the wire, or as a crawler that decodes stored them."""
    headers: list[tuple[str, str]] = [("Content-Type", content_type)]
    if encoding == "stored decoded":
        headers += [("X-Crawl-Content-Encoding", "gzip"), ("Content-Length", str(len(body)))]
        return tuple(headers), body
    if "gzip" in encoding:
        body = gzip.compress(body, mtime=0)
        headers.append(("Content-Encoding", "gzip"))
    elif encoding == "br":
        body = brotli.compress(body, quality=4)
        headers.append(("Content-Encoding", "br"))
    if "chunked" in encoding:
        body = _chunked(body)
        headers.append(("Transfer-Encoding", "chunked"))
    else:
        headers.append(("Content-Length", str(len(body))))
    return tuple(headers), body


def _chunked(body: bytes, size: int = 1400) -> bytes:
    parts = [body[start : start + size] for start in range(0, len(body), size)]
    return b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"
