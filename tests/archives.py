"""Small archives for tests, written byte by byte from pages made here."""

from __future__ import annotations

import gzip
from collections.abc import Iterable
from pathlib import Path

LESSON = """<html><head><title>Lesson {n}</title></head><body><article><h1>Quadratic equations {n}</h1>
<p>We solve the equation \\(x^2 - {n}x = 0\\) by factoring. The product \\(x (x - {n})\\) is zero exactly when one
of its factors is zero, so the solutions are \\(x = 0\\) and \\(x = {n}\\). The discriminant is
\\(b^2 - 4ac\\), which tells us as much.</p>
<p>In general, the formula \\[x = \\frac{{-b \\pm \\sqrt{{b^2 - 4ac}}}}{{2a}}\\] gives both roots of a quadratic
polynomial \\(a x^2 + b x + c\\) with \\(a \\ne 0\\), as one proves by completing the square,
theorem {n} of the last lesson.</p>
</article></body></html>"""
NEWS = """<html><head><title>News {n}</title></head><body><article><h1>The town hall, part {n}</h1>
<p>The mayor opened the new library on Monday, and about {n} people came to see it. There was music and cake, and a
speech that was longer than announced.</p></article></body></html>"""


def html_of(n: int) -> str:
    """Every third page is a lesson, the others are news."""
    return (LESSON if n % 3 == 0 else NEWS).format(n=n)


def record(kind: str, url: str, block: bytes, number: int = 0) -> bytes:
    """One WARC record, uncompressed."""
    head = [
        "WARC/1.0",
        f"WARC-Type: {kind}",
        f"WARC-Record-ID: <urn:uuid:{number:032x}>",
        "WARC-Date: 2026-01-01T00:00:00Z",
        f"WARC-Target-URI: {url}",
        f"Content-Type: application/http; msgtype={kind}",
        f"Content-Length: {len(block)}",
    ]
    return "\r\n".join(head).encode() + b"\r\n\r\n" + block + b"\r\n\r\n"


def response(body: bytes, content_type: str = "text/html; charset=utf-8") -> bytes:
    """The block of a response record."""
    return f"HTTP/1.1 200 OK\r\nContent-Type: {content_type}\r\n\r\n".encode() + body


def write_archive(path: Path, pages: Iterable[tuple[str, str]]) -> Path:
    """A `.warc.gz`, a member a record, with a request and a response for each (address, HTML)."""
    with path.open("wb") as file:
        for number, (url, html) in enumerate(pages):
            request = record("request", url, b"GET / HTTP/1.1\r\nHost: example.org\r\n\r\n", 2 * number)
            answer = record("response", url, response(html.encode()), 2 * number + 1)
            for member in (request, answer):
                file.write(gzip.compress(member, mtime=0))
    return path


def write_crawl(folder: Path, shards: int = 3, pages: int = 30) -> list[Path]:
    """Shards of lessons and news under example.org."""
    folder.mkdir(parents=True, exist_ok=True)
    return [
        write_archive(
            folder / f"crawl-{shard:05d}.warc.gz",
            ((f"http://example.org/{shard}/{n}", html_of(n + shard * pages)) for n in range(pages)),
        )
        for shard in range(shards)
    ]
