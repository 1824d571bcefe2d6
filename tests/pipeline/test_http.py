"""HTTP answers: heads as servers send them, and encodings that are not what they are said to be."""

from __future__ import annotations

import gzip
import zlib

import brotli
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from mathmill.pipeline.http import Body, dechunked, decoded_body, read_answer
from mathmill.pipeline.members import ArchiveLimits
from tests.pipeline.making import html

TEXT = html(7, filler=300)
LIMITS = ArchiveLimits()


def _raw(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(data) + packer.flush()


def _chunked(data: bytes, size: int = 100) -> bytes:
    chunks = (data[start : start + size] for start in range(0, len(data), size))
    return b"".join(b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in chunks) + b"0\r\n\r\n"


def _decoded(body: bytes, *fields: str, limits: ArchiveLimits = LIMITS) -> Body:
    block = "\r\n".join(["HTTP/1.1 200 OK", *fields]).encode() + b"\r\n\r\n" + body
    answer = read_answer(block)
    assert answer is not None
    return decoded_body(answer, block, limits)


CHUNKED, GZIP = "Transfer-Encoding: chunked", "Content-Encoding: gzip"
GZIPPED = gzip.compress(TEXT, mtime=0)

WHOLE = {
    "plain": (TEXT, [], ()),
    "gzip": (GZIPPED, [GZIP], ()),
    "x-gzip": (GZIPPED, ["Content-Encoding: x-gzip"], ()),
    "gzip of two members": (gzip.compress(TEXT[:99], mtime=0) + gzip.compress(TEXT[99:], mtime=0), [GZIP], ()),
    "gzip twice, said once": (gzip.compress(GZIPPED, mtime=0), [GZIP], ()),
    "gzip twice, said twice": (gzip.compress(GZIPPED, mtime=0), ["Content-Encoding: gzip, gzip"], ()),
    "gzip and not said": (GZIPPED, [], ()),
    "said gzip and plain": (TEXT, [GZIP], ("not_encoded",)),
    "zlib": (zlib.compress(TEXT), ["Content-Encoding: deflate"], ()),
    "raw deflate": (_raw(TEXT), ["content-encoding: Deflate"], ()),
    "said deflate and plain": (TEXT, ["Content-Encoding: deflate"], ("not_encoded",)),
    "br": (brotli.compress(TEXT), ["Content-Encoding: br"], ()),
    "said br and plain": (TEXT, ["Content-Encoding: br"], ("not_encoded",)),
    "zstd": (zstandard.compress(TEXT), ["Content-Encoding: zstd"], ()),
    "said zstd and plain": (TEXT, ["Content-Encoding: zstd"], ("not_encoded",)),
    "br of gzip": (brotli.compress(GZIPPED), ["Content-Encoding: gzip, br"], ()),
    "identity": (TEXT, ["Content-Encoding: identity"], ()),
    "unknown": (TEXT, ["Content-Encoding: sdch"], ("unknown_encoding",)),
    "crawler's own field": (TEXT, ["X-Crawl-Content-Encoding: gzip", "X-Crawl-Transfer-Encoding: chunked"], ()),
    "chunked": (_chunked(TEXT), [CHUNKED], ()),
    "chunked gzip": (_chunked(GZIPPED), [CHUNKED, GZIP], ()),
    "chunks with extensions": (b"%x;a=b\r\n%s\r\n0\r\n\r\n" % (len(TEXT), TEXT), [CHUNKED], ()),
    "chunks by newlines": (b"%X\n%s\n0\n\n" % (len(TEXT), TEXT), [CHUNKED], ()),
    "said chunked and plain": (TEXT, [CHUNKED], ("not_chunked",)),
    "chunk longer than the data": (b"fffff\r\n" + TEXT, [CHUNKED], ("chunks_cut",)),
    "chunks without an end": (b"%x\r\n%s\r\n" % (len(TEXT), TEXT), [CHUNKED], ("chunks_cut",)),
}


@pytest.mark.parametrize("name", WHOLE)
def test_whole_bodies_come_out_whole(name: str) -> None:
    body, fields, notes = WHOLE[name]
    assert _decoded(body, *fields) == Body(TEXT, notes)


@pytest.mark.parametrize(
    ("body", "encoding"),
    [
        (GZIPPED, "gzip"),
        (zlib.compress(TEXT), "deflate"),
        (brotli.compress(TEXT), "br"),
        (zstandard.compress(TEXT), "zstd"),
    ],
)
def test_of_a_cut_body_the_beginning_is_kept(body: bytes, encoding: str) -> None:
    found = _decoded(body[:-20], f"Content-Encoding: {encoding}")
    assert found.notes in (("encoding_cut",), ("not_encoded",))
    if encoding in ("gzip", "deflate"):
        assert TEXT.startswith(found.data)
        assert len(found.data) > len(TEXT) * 0.8


def test_bad_chunk_sizes_keep_what_there_is() -> None:
    notes: list[str] = []
    data = _chunked(TEXT).replace(b"\r\n64\r\n", b"\r\nxy\r\n", 1)
    assert dechunked(data, notes).startswith(TEXT[:100])
    assert notes == ["chunks_broken"]


@pytest.mark.parametrize("encoding", ["gzip", "br", "zstd", "deflate"])
def test_bombs_are_not_inflated(encoding: str) -> None:
    plain = bytes(100 << 20)
    packed = {"gzip": gzip.compress, "br": lambda data: brotli.compress(data, quality=1), "zstd": zstandard.compress}
    body = packed.get(encoding, zlib.compress)(plain)
    found = _decoded(body, f"Content-Encoding: {encoding}")
    assert found.too_large
    assert len(found.data) < 40 << 20


def test_large_bodies_are_said_to_be() -> None:
    limits = ArchiveLimits(body_bytes=1000)
    assert _decoded(TEXT, limits=limits).too_large
    assert _decoded(GZIPPED, GZIP, limits=limits).too_large
    assert not _decoded(TEXT).too_large


HEADS = [
    (b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\nbody", 200, "text/html"),
    (b"HTTP/1.0 404\r\n\r\nbody", 404, ""),
    (b"HTTP/1.1 200 OK\nContent-Type: text/html\n\nbody", 200, "text/html"),
    (b"http/1.1 200 ok\r\ncontent-type: text/html\r\n\r\nbody", 200, "text/html"),
    (
        b"HTTP/1.1 200 OK\r\nContent-Type: text/html;\r\n  charset=x\r\nnonsense\r\n\r\nbody",
        200,
        "text/html; charset=x",
    ),
    (b"HTTP/1.1 xyz\r\n\r\nbody", 0, ""),
    (b"HTTP/2 200\r\nContent-Type: a\r\nContent-Type: b\r\n\r\nbody", 200, "a"),
    (b"HTTP/1.1 200 OK\r\nX: " + b"y" * 200_000 + b"\r\nContent-Type: t\xe9\r\n\r\nbody", 200, "té"),
]


@pytest.mark.parametrize(("block", "status", "content_type"), HEADS, ids=range(len(HEADS)))
def test_heads_are_read_as_servers_send_them(block: bytes, status: int, content_type: str) -> None:
    found = read_answer(block)
    assert found is not None
    assert (found.status, found.text(b"content-type")) == (status, content_type)
    assert block[found.body_start :] == b"body"


def test_a_head_without_an_end_has_no_body() -> None:
    block = b"HTTP/1.1 200 OK\r\nContent-Type: text/html"
    found = read_answer(block)
    assert found is not None
    assert found.body_start == len(block)
    assert read_answer(b"<html>") is None


@given(st.binary(max_size=400), st.sampled_from(["gzip", "deflate", "br", "zstd", "gzip, br"]), st.booleans())
def test_any_bytes_give_some_body(data: bytes, encoding: str, chunked: bool) -> None:
    for start in (b"", b"\x1f\x8b\x08\0", b"\x28\xb5\x2f\xfd", b"5\r\n"):
        _decoded(start + data, f"Content-Encoding: {encoding}", *([CHUNKED] if chunked else []))
