"""Small archives for tests, written with warcio from pages made here."""

from __future__ import annotations

import io
from collections.abc import Iterable
from pathlib import Path

from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

LESSON = """<html><head><title>Lesson {n}</title></head><body><article><h1>Quadratic equations {n}</h1>
<p>We solve the equation \\(x^2 - {n}x = 0\\) by factoring. The product \\(x (x - {n})\\) is zero exactly when one of its
factors is zero, so the solutions are \\(x = 0\\) and \\(x = {n}\\). The discriminant \\(b^2 - 4ac\\) tells us as much.</p>
<p>In general, the formula \\[x = \\frac{{-b \\pm \\sqrt{{b^2 - 4ac}}}}{{2a}}\\] gives both roots of a quadratic polynomial
\\(a x^2 + b x + c\\) with \\(a \\ne 0\\), as one proves by completing the square, theorem {n} of the last lesson.</p>
</article></body></html>"""
NEWS = """<html><head><title>News {n}</title></head><body><article><h1>The town hall, part {n}</h1>
<p>The mayor opened the new library on Monday, and about {n} people came to see it. There was music and cake, and a speech
that was longer than announced.</p></article></body></html>"""


def html_of(n: int) -> str:
    """Every third page is a lesson, the others are news."""
    return (LESSON if n % 3 == 0 else NEWS).format(n=n)


def write_archive(path: Path, pages: Iterable[tuple[str, str]]) -> Path:
    """A `.warc.gz` with a request and a response for each (address, HTML)."""
    with path.open("wb") as file:
        writer = WARCWriter(file, gzip=True)
        for number, (url, html) in enumerate(pages):
            headers = {"WARC-Date": "2026-01-01T00:00:00Z", "WARC-Record-ID": f"<urn:uuid:{number:032x}>"}
            request = StatusAndHeaders("GET / HTTP/1.1", [("Host", "example.org")], is_http_request=True)
            writer.write_record(
                writer.create_warc_record(url, "request", http_headers=request, warc_headers_dict=dict(headers))
            )
            response = StatusAndHeaders("200 OK", [("Content-Type", "text/html; charset=utf-8")], protocol="HTTP/1.1")
            body = io.BytesIO(html.encode())
            writer.write_record(
                writer.create_warc_record(
                    url, "response", payload=body, http_headers=response, warc_headers_dict=headers
                )
            )
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
