"""The same from a bucket: listings, archives, index and records, through fsspec."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from mathmill.data.errors import ConfigError, InputMissing
from mathmill.data.store.store import Store
from mathmill.pipeline.fetch.archives_run import run_archives
from mathmill.pipeline.fetch.index_files import IndexFiles
from mathmill.pipeline.fetch.recipe import ArchivesRecipe, Fetching, RecordsRecipe
from mathmill.pipeline.fetch.records_run import run_records
from mathmill.pipeline.fetch.servers import Access, open_index, open_server
from mathmill.pipeline.fetch.streaming import find_streams
from mathmill.pipeline.fetch.troubles import NoSuchRange, NotThere
from mathmill.pipeline.inputs import find_inputs, on_disk
from tests.data.store.s3_server import BUCKET, S3Server
from tests.pipeline.fetch.crawl_server import CRAWL, QUICK, Served, make_crawl
from tests.pipeline.fetch.test_archives_run import digest

MIRROR = f"{BUCKET}/mirror"


@pytest.fixture(scope="module")
def access(s3: S3Server) -> Access:
    """A crawl in a bucket, behind a server that runs here."""
    store = Store(MIRROR)
    for path, data in make_crawl().items():
        store.put_bytes(data, path)
    return Access(MIRROR, 1_000, QUICK)


def test_archives_of_a_bucket_are_those_of_a_server(access: Access, served: Served, tmp_path: Path) -> None:
    recipe = ArchivesRecipe(crawl=CRAWL, bytes=20_000)
    run_archives(recipe, tmp_path / "one/run", open_server(access), 2)
    run_archives(recipe, tmp_path / "two/run", open_server(served.access), 2)
    assert digest(tmp_path / "one/run") == digest(tmp_path / "two/run")


def test_records_of_a_bucket_are_those_of_a_server(access: Access, served: Served, tmp_path: Path) -> None:
    recipe = RecordsRecipe(crawl=CRAWL, index=("*.example.org",))
    for name, each in {"one": access, "two": served.access}.items():
        server = open_server(each)
        result = run_records(recipe, tmp_path / name / "run", server, IndexFiles(server, CRAWL), 2)
        assert result.got == result.asked == 30
    assert digest(tmp_path / "one/run") == digest(tmp_path / "two/run")


def test_a_bucket_streams(access: Access, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MATHMILL_SCRATCH", str(tmp_path))
    fetching, address = Fetching(mirror=MIRROR), f"cc:{CRAWL}/warc"
    archives = find_inputs([address], find_streams([address], fetching, {}))
    assert len(archives) == 3
    with on_disk(archives[0], fetching, tmp_path) as here:
        assert Path(here.uri).stat().st_size == here.size


def test_what_a_bucket_does_not_have_is_told(access: Access) -> None:
    server = open_server(access)
    path = next(path for path in make_crawl() if "segments" in path)
    with pytest.raises(NotThere, match=f"no file at {MIRROR}/crawl-data/none"):
        server.size("crawl-data/none")
    with pytest.raises(NoSuchRange):
        server.read(path, 10**6, 10**6 + 9)
    with pytest.raises(NoSuchRange):
        server.read(path, server.size(path) - 5, server.size(path) + 5)
    with pytest.raises(InputMissing, match="more than 10"):
        server.whole(path, 10)


@pytest.mark.parametrize(
    ("name", "value", "error", "said"),
    [
        ("AWS_SHARED_CREDENTIALS_FILE", "/dev/null", InputMissing, "cannot be read without credentials"),
        ("AWS_ENDPOINT_URL", "127.0.0.1:9", ConfigError, "AWS_ENDPOINT_URL begins with http:// or https://"),
        ("AWS_ENDPOINT_URL", "http://127.0.0.1:9", InputMissing, "check the address, or the network"),
    ],
)
def test_a_bucket_that_cannot_be_asked_is_told_in_words(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, error: type[Exception], said: str
) -> None:
    import fsspec

    monkeypatch.delenv("AWS_PROFILE", raising=False)
    for key in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(key, "testing")
        if name == "AWS_SHARED_CREDENTIALS_FILE":
            monkeypatch.delenv(key)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    monkeypatch.setenv(name, value)
    fsspec.filesystem("s3").clear_instance_cache()
    with pytest.raises(error, match=said):
        open_server(Access(BUCKET, 1_000, replace(QUICK, attempts=30))).size("a/b")
    fsspec.filesystem("s3").clear_instance_cache()


def test_a_bucket_answers_no_questions(access: Access) -> None:
    with pytest.raises(ConfigError, match="is a bucket, and answers no questions"):
        open_index(access)
