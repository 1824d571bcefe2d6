"""Opening and reading local files, and files behind http and s3 servers that run here."""

from __future__ import annotations

import http.server
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from mathmill.data import storage
from mathmill.data.errors import ConfigError, InputMissing
from mathmill.data.storage import expand, local_folder, open_source, stat
from mathmill.data.store.store import Store
from mathmill.pipeline.archives import read_archive
from tests.pipeline.making import lost_of, members, numbers_of, responses

DATA = os.urandom(300_000)


def _read(path: str | Path, size: int = 65536) -> bytes:
    with open_source(path) as source:
        return b"".join(iter(lambda: source.read(size), b""))


def test_local_files_are_read_from_front_to_back(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(DATA)
    assert _read(path) == DATA
    with open_source(path) as source:
        assert source.size == len(DATA)
    assert stat(path)[0] == len(DATA)


@pytest.mark.parametrize("folder", ["s3://bucket/run", Path("s3://bucket/run")])
def test_an_address_is_no_folder(folder: str | Path) -> None:
    with pytest.raises(ConfigError, match=r"^s3://bucket/run is an address"):
        local_folder(folder)
    assert local_folder("C:/run") == Path("C:/run")


def test_what_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputMissing, match="no file at"):
        _read(tmp_path / "none")
    with pytest.raises(InputMissing, match="is a folder"):
        _read(tmp_path)
    with pytest.raises(InputMissing, match="no file at"):
        expand([tmp_path / "none.warc.gz"])
    with pytest.raises(InputMissing, match="no file matches"):
        expand([f"{tmp_path}/*.warc.gz"])
    with pytest.raises(InputMissing, match="cannot open"):
        _read("nosuchscheme://bucket/file")


def test_globs_are_sorted_and_files_taken_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("b.gz", "a.gz", "[x].gz", "deep/c.gz"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    found = expand([f"{tmp_path}/a.gz", f"{tmp_path}/[ab].gz", f"{tmp_path}/[x].gz", f"{tmp_path}/**/c.gz"])
    assert [Path(name).name for name in found] == ["a.gz", "b.gz", "[x].gz", "c.gz"]
    monkeypatch.chdir(tmp_path)
    assert expand(["*.gz"]) == ["[x].gz", "a.gz", "b.gz"]


class _Handler(http.server.BaseHTTPRequestHandler):
    """Serves `data`; can refuse ranges, and break off the first answers."""

    protocol_version = "HTTP/1.1"
    data = DATA
    ranges = True
    breaks = 0  # how many GET answers end early

    def do_HEAD(self) -> None:
        self._head(200, 0, len(self.data))

    def do_GET(self) -> None:
        kind = type(self)
        if self.path != "/file.warc.gz":
            self.send_error(404)
            return
        asked = self.headers.get("Range", "")
        start, stop = 0, len(self.data)
        if kind.ranges and asked.startswith("bytes="):
            first, _, last = asked[6:].partition("-")
            start, stop = int(first), min(int(last or stop), stop - 1) + 1
        self._head(206 if kind.ranges and asked else 200, start, stop)
        if kind.breaks:
            kind.breaks -= 1
            self.wfile.write(self.data[start : start + (stop - start) // 2])
            self.close_connection = True
            return
        self.wfile.write(self.data[start:stop])

    def _head(self, status: int, start: int, stop: int) -> None:
        if self.path != "/file.warc.gz":
            self.send_error(404)
            return
        self.send_response(status)
        self.send_header("Content-Length", str(stop - start))
        if type(self).ranges:
            self.send_header("Accept-Ranges", "bytes")
            self.send_header("Content-Range", f"bytes {start}-{stop - 1}/{len(self.data)}")
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Keep the tests' output clean."""


@contextmanager
def _serving(data: bytes, ranges: bool = True, breaks: int = 0) -> Iterator[str]:
    handler = type("Handler", (_Handler,), {"data": data, "ranges": ranges, "breaks": breaks})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))  # looks so often whether to end
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/file.warc.gz"
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(storage, "PAUSE", 0.01)


@pytest.mark.parametrize("ranges", [True, False])
def test_http_files_are_read(ranges: bool) -> None:
    with _serving(DATA, ranges) as url:
        assert _read(url) == DATA
        assert stat(url)[0] == len(DATA)


@pytest.mark.parametrize("ranges", [True, False])
def test_a_read_that_breaks_off_is_taken_up_again(ranges: bool) -> None:
    with _serving(DATA, ranges, breaks=2) as url:
        assert _read(url) == DATA


@pytest.mark.parametrize("ranges", [True, False])
def test_a_read_that_ends_short_is_no_end(ranges: bool) -> None:
    with _serving(DATA, ranges, breaks=10**6) as url, pytest.raises(InputMissing, match="run the same command again"):
        _read(url)


def test_http_errors_are_told_in_one_line() -> None:
    with _serving(DATA) as url, pytest.raises(InputMissing, match="no file at"):
        _read(url.replace("file", "other"))
    with pytest.raises(InputMissing, match="cannot open"):
        _read(url)


def test_an_archive_is_read_over_http() -> None:
    with _serving(members(responses(20))) as url:
        items = list(read_archive(url))
    assert numbers_of(items) == list(range(20))
    assert not lost_of(items)


def test_s3_files_are_listed_and_read(address: str) -> None:
    for name, data in {"b.warc.gz": members(responses(3)), "a.warc.gz": members(responses(20)), "c.txt": b""}.items():
        Store(address).put_bytes(data, name)
    found = expand([f"{address}/*.warc.gz"])
    assert found == [f"{address}/a.warc.gz", f"{address}/b.warc.gz"]
    assert numbers_of(list(read_archive(found[0]))) == list(range(20))
    with pytest.raises(InputMissing, match="no file at"):
        _read(f"{address}/none")
    with pytest.raises(InputMissing, match="no file matches"):
        expand([f"{address}/*.arc"])


@pytest.mark.parametrize("address", ["ftp://a/b", "gs://a/b", "foo://a", ""])
def test_addresses_that_are_not_read_are_refused(address: str) -> None:
    with pytest.raises(ConfigError, match="archives are read from paths, https:// and s3://"):
        expand([address])
