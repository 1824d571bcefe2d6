"""Files in an object store, against a server that runs here and goes away at times."""

from __future__ import annotations

import re
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from mathmill.data.errors import CannotCreate, ConfigError, InputMissing, Locked, MathmillError
from mathmill.data.store import store as module
from mathmill.data.store.store import PATIENCE, Store
from tests.data.store.s3_server import S3Server

ODD_NAMES = (
    "a b.txt",
    "50%+1.txt",
    "ü/é'\"&<>.txt",
    "a=b?c#d;e,f.txt",
    "..hidden/.x.tmp",
    "日本.parquet",
    "a~!$()*@.txt",
)


def test_what_is_put_is_there_whole(s3: S3Server, tmp_path: Path) -> None:
    store = Store("s3://bucket/whole/run/")
    path = tmp_path / "file"
    path.write_bytes(b"some bytes")
    put = store.put(path, "folder/file")
    assert store.entry("folder/file") == put
    assert store.fetch("folder/file", tmp_path / "back", put.mark)
    assert (tmp_path / "back").read_bytes() == b"some bytes"
    again = store.put_bytes(b"others", "folder/file")
    assert again.mark != put.mark
    assert not store.fetch("folder/file", tmp_path / "back", put.mark)  # it is another now
    held = store.held("folder/file")
    assert held is not None
    assert (held.data, held.entry) == (b"others", again)
    assert -1 <= held.age < 60
    store.remove(["folder/file", "never/there"])
    assert store.entry("folder/file") is None
    assert store.held("folder/file") is None
    assert not store.fetch("folder/file", tmp_path / "back", put.mark)


def test_names_with_odd_characters_are_names(s3: S3Server) -> None:
    store = Store("s3://bucket/odd/x y+%ü")
    put = {name: store.put_bytes(name.encode(), name) for name in ODD_NAMES}
    assert store.walk() == put
    for name in ODD_NAMES:
        folder, _, last = name.rpartition("/")
        files, _ = store.listing(folder)
        assert files[last] == put[name] == store.entry(name)
    files, folders = store.listing("")
    assert folders == {"ü", "..hidden"}
    assert len(files) == len(ODD_NAMES) - 2
    store.remove(ODD_NAMES)
    assert not store.walk()


def test_a_listing_comes_in_pages(s3: S3Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOTO_S3_DEFAULT_MAX_KEYS", "7")
    store = Store("s3://bucket/pages")
    names = [f"many/{number:03}" for number in range(40)] + [f"deep/{number}/x" for number in range(20)]
    for name in names:
        store.put_bytes(b"x", name)
    assert sorted(store.walk()) == sorted(names)
    assert len(store.listing("many")[0]) == 40
    assert len(store.listing("deep")[1]) == 20
    monkeypatch.setattr(module, "_AT_ONCE", 9)
    store.remove(names)
    assert not store.walk()


@pytest.mark.slow
def test_more_than_a_thousand_files_are_listed_and_removed(s3: S3Server) -> None:
    store = Store("s3://bucket/thousand")
    names = [f"many/{number:05}" for number in range(1_050)]
    for name in names:
        store.put_bytes(b"x", name)
    assert len(store.listing("many")[0]) == 1_050
    store.remove(names)
    assert not store.walk()


def test_a_large_file_is_put_in_pieces(s3: S3Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_PIECE", 5 << 20)
    store, path = Store("s3://bucket/large"), tmp_path / "large"
    path.write_bytes(bytes(range(256)) * (11 << 12))
    put = store.put(path, "large")
    assert store.entry("large") == put
    assert store.fetch("large", tmp_path / "back", put.mark)
    assert (tmp_path / "back").read_bytes() == path.read_bytes()


def test_only_one_can_create_and_only_what_is_known_is_replaced(s3: S3Server) -> None:
    store = Store("s3://bucket/lock")
    first = store.create("lock", b"one")
    assert first is not None
    assert store.create("lock", b"two") is None
    second = store.replace("lock", b"three", first.mark)
    assert second is not None
    assert store.replace("lock", b"four", first.mark) is None
    assert store.replace("none", b"five", first.mark) is None


@pytest.mark.parametrize("address", ["s3://", "s3:///x", "gs://b/x", "s3://b/a//c", "s3://b/../c", "s3://b/.", "b/x"])
def test_what_is_no_place_is_refused(address: str) -> None:
    with pytest.raises(ConfigError, match="names no place for files"):
        Store(address)


@pytest.mark.parametrize("address", ["gs://b/x", "hf://a/b", "file:///x"])
def test_other_stores_are_said_to_be_none(address: str) -> None:
    with pytest.raises(ConfigError, match="of all stores s3:// alone is supported: write s3://bucket/runs/x"):
        Store(address)


@pytest.mark.parametrize("address", ["s3://bucket", "s3://bucket/", "s3://bucket/a/b/"])
def test_a_place_has_no_slash_at_its_end(address: str) -> None:
    assert Store(address).address == address.rstrip("/")


def test_a_bucket_that_is_not_there_is_named(s3: S3Server) -> None:
    store = Store("s3://nobucket/x")
    with pytest.raises(InputMissing, match=r"cannot read s3://nobucket/x .*: make the bucket first"):
        store.listing("")
    with pytest.raises(CannotCreate, match=r"cannot write s3://nobucket/x/f .*: make the bucket first"):
        store.put_bytes(b"x", "f")


def test_a_missing_client_is_named() -> None:
    program = (
        "import sys; sys.modules['s3fs'] = None; from mathmill.cli import main; "
        "sys.argv = ['mathmill', 'runs', 'ls', 's3://bucket/x']; main()"
    )
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    assert ended.returncode == 2
    assert re.fullmatch(
        "mathmill: s3://bucket/x is read and written by s3fs, .*: run pip install s3fs .*", ended.stderr.strip()
    )


@pytest.mark.parametrize("endpoint", ["127.0.0.1:9", "http://", "ftp://127.0.0.1:9", "http://127.0.0.1:99999"])
def test_an_endpoint_that_is_none_is_told_at_once(s3: S3Server, monkeypatch: pytest.MonkeyPatch, endpoint: str) -> None:
    import fsspec

    monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
    fsspec.get_filesystem_class("s3").clear_instance_cache()
    with pytest.raises(InputMissing, match=r"AWS_ENDPOINT_URL if it is set \(it begins with http:// or https://\)"):
        Store("s3://bucket/x").listing("")
    fsspec.get_filesystem_class("s3").clear_instance_cache()


def test_missing_credentials_are_told_at_once(s3: S3Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    import fsspec

    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "none"))
    fsspec.get_filesystem_class("s3").clear_instance_cache()
    began = time.monotonic()
    with pytest.raises(InputMissing, match="give credentials, such as with AWS_PROFILE"):
        Store("s3://bucket/x").listing("")
    assert time.monotonic() - began < 5
    fsspec.get_filesystem_class("s3").clear_instance_cache()


@pytest.mark.parametrize(
    ("act", "kind"),
    [(lambda store: store.put_bytes(b"x", "f"), CannotCreate), (lambda store: store.entry("f"), InputMissing)],
)
def test_a_server_that_is_away_is_waited_for_so_long(
    s3: S3Server, monkeypatch: pytest.MonkeyPatch, act: object, kind: type[MathmillError]
) -> None:
    monkeypatch.setenv(PATIENCE, "0.7")
    store = Store("s3://bucket/away", was_reached=True)
    s3.stop()
    try:
        began = time.monotonic()
        with pytest.raises(kind, match="run the same command again when it answers; what is done is kept"):
            act(store)  # type: ignore[operator]
        assert 0.25 < time.monotonic() - began < 10
    finally:
        s3.start()


def test_a_server_that_comes_back_is_gone_on_with(s3: S3Server) -> None:
    store = Store("s3://bucket/back", was_reached=True)
    s3.stop()
    timer = threading.Timer(0.3, s3.start)
    timer.start()
    try:
        assert store.put_bytes(b"x", "f") == store.entry("f")
    finally:
        timer.join()


def test_the_guards_are_asked_at_each_try(s3: S3Server) -> None:
    """A lock may be lost while a server is waited for; what is read is read all the same."""
    store = Store("s3://bucket/guarded", was_reached=True)
    asked = []

    def guard() -> None:
        asked.append(1)
        if len(asked) == 3:
            raise Locked("it was lost")

    store.guards.append(guard)
    assert store.entry("f") is None
    s3.stop()
    try:
        with pytest.raises(Locked, match="it was lost"):
            store.put_bytes(b"x", "f")
    finally:
        s3.start()
    assert len(asked) == 3
    assert store.entry("f") is None


def test_one_try_is_one_request(s3: S3Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """So that the guards are asked before each."""
    from werkzeug.serving import WSGIRequestHandler

    seen = []

    def busy(handler: WSGIRequestHandler) -> None:
        seen.append(handler.path)
        handler.send_response(503)
        handler.send_header("Content-Length", "0")
        handler.send_header("Connection", "close")  # the body was not read: it must not begin the next request
        handler.end_headers()
        handler.close_connection = True

    monkeypatch.setenv(PATIENCE, "0")
    store = Store("s3://bucket/once", was_reached=True)
    store.entry("f")
    monkeypatch.setattr(WSGIRequestHandler, "run_wsgi", busy)
    with pytest.raises(CannotCreate):
        store.put_bytes(b"x", "f")
    assert len(seen) == 1


@pytest.mark.parametrize("date", [None, "", "today"])
def test_a_server_that_does_not_tell_the_time_says_no_age(
    s3: S3Server, monkeypatch: pytest.MonkeyPatch, date: str | None
) -> None:
    store = Store("s3://bucket/dateless")
    store.put_bytes(b"x", "f")
    call = store._system.call_s3

    def dateless(method: str, **given: object) -> object:
        answer = call(method, **given)
        headers = answer["ResponseMetadata"]["HTTPHeaders"]
        headers.pop("date")
        headers |= {} if date is None else {"date": date}
        return answer

    monkeypatch.setattr(store._system, "call_s3", dateless)
    held = store.held("f")
    assert held is not None
    assert (held.data, held.age) == (b"x", 0)


@pytest.mark.parametrize("said", ["nan", "inf", "-1", "soon"])
def test_a_patience_that_is_none_is_refused(monkeypatch: pytest.MonkeyPatch, said: str) -> None:
    monkeypatch.setenv(PATIENCE, said)
    with pytest.raises(ConfigError, match=f"{PATIENCE}='{said}' is no number of seconds"):
        Store("s3://bucket/x").entry("f")
