"""What the command prints and refuses."""

from __future__ import annotations

import re
from pathlib import Path

import orjson
import pytest

from mathmill.data.errors import ConfigError
from mathmill.pipeline.fetch.show import bytes_of, size_in_words
from tests.pipeline.fetch.crawl_server import CRAWL, Mood, Served
from tests.warm import warm


def fetch(served: Served, *arguments: str | Path, cwd: Path | None = None) -> tuple[int, str, str]:
    return warm("fetch", *arguments, "--mirror", served.url, "--rate", "1000", cwd=cwd)


def test_without_arguments_crawls_are_listed(served: Served) -> None:
    code, out, _ = fetch(served)
    assert code == 0
    assert [line.split()[0] for line in out.splitlines()] == ["crawl", CRAWL, "CC-MAIN-2023-50"]
    assert orjson.loads(fetch(served, "--json")[1])[0]["id"] == CRAWL


def test_archives_and_records_go_into_folders_of_their_own(served: Served, tmp_path: Path) -> None:
    code, out, err = fetch(served, CRAWL, "--shards", "1", cwd=tmp_path)
    assert code == 0, err
    assert re.match(rf"1 archive with (?:29|31) records in runs/archives-{CRAWL}", out)
    assert f"mathmill pipeline run RECIPE --input 'runs/archives-{CRAWL}/archives/*.gz'" in out
    code, out, err = fetch(served, "--index", "math.example.org/*", cwd=tmp_path)  # of the latest crawl
    assert code == 0, err
    assert f"10 of 10 records in runs/records-{CRAWL}" in out
    assert "not asked for: 1 of other kinds" in out
    code, out, _ = warm("runs", "ls", "runs", cwd=tmp_path)
    assert code == 0
    assert [line.split()[1:3] for line in out.splitlines()[1:]] == [["archives", "done"], ["records", "done"]]


def test_both_ways_of_asking_the_index_fetch_the_same(served: Served, tmp_path: Path) -> None:
    for by in ("files", "server"):
        assert fetch(served, CRAWL, "--index", "*.example.org", "--by", by, "--out", tmp_path / by / "run")[0] == 0
    archives = [(tmp_path / by / "run/archives/records-00000.warc.gz").read_bytes() for by in ("files", "server")]
    assert archives[0] == archives[1]


def test_what_could_not_be_had_is_a_table(served: Served, tmp_path: Path) -> None:
    del served.files[next(path for path in served.files if "segments" in path)]
    code, out, _ = fetch(served, CRAWL, "--index", "*.example.org", "--out", tmp_path / "run")
    assert code == 0
    assert "not_there" in out
    assert "the crawl has no such archive" in out


def test_records_that_were_not_answered_for_are_an_exit_code(served: Served, tmp_path: Path) -> None:
    served.moods[next(path for path in served.files if "segments" in path)] = Mood("elsewhere")
    code, out, err = fetch(served, CRAWL, "--index", "*.example.org", "--out", tmp_path / "run")
    assert (code, "unreachable" in out) == (66, True), err
    assert "the others are done: run the same command again" in err
    served.moods.clear()
    assert fetch(served, CRAWL, "--index", "*.example.org", "--out", tmp_path / "run")[0] == 0


def test_a_dry_run_changes_nothing(served: Served, tmp_path: Path) -> None:
    code, out, _ = fetch(served, CRAWL, "--shards", "2", "--dry-run", cwd=tmp_path)
    assert (code, out.count("segments")) == (0, 2)
    assert re.search(r"2 archives of CC-MAIN-2024-10, about \d+\.\d kB -> ", out)
    code, out, _ = fetch(served, CRAWL, "--index", "*.example.org", "--dry-run", "--json", cwd=tmp_path)
    told = orjson.loads(out)
    assert (code, told["asked"], told["state"]) == (0, 30, "new")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--shards", "2"], "name a crawl"),
        ([CRAWL], "say either how many archives or how many bytes"),
        ([CRAWL, "--shards", "2", "--bytes", "1GB"], "say either how many archives or how many bytes"),
        ([CRAWL, "--shards", "2", "--index", "example.org/*"], "mathmill: --shards: of whole archives, not of records"),
        ([CRAWL, "--shards", "2", "--most", "5"], "mathmill: --most: of records: say which with --index"),
        ([CRAWL, "--index", "example.org/*", "--patterns", "x.toml"], "one of them"),
        ([CRAWL, "--index", "example.org*"], "a host does not end with"),
        ([CRAWL, "--bytes", "many"], "is no size"),
        ([CRAWL, "--shards", "2", "--kind", "pdf"], "kind"),
        (["2024-10", "--shards", "2"], "is no crawl"),
    ],
)
def test_options_that_make_no_sense_are_told(served: Served, tmp_path: Path, arguments: list[str], said: str) -> None:
    code, _, err = fetch(served, *arguments, cwd=tmp_path)
    assert (code, said in err) == (2, True), err
    assert not list(tmp_path.iterdir())


def test_a_dry_run_refuses_what_the_fetch_would(served: Served, tmp_path: Path) -> None:
    assert fetch(served, CRAWL, "--shards", "2", "--out", tmp_path / "run")[0] == 0
    code, _, err = fetch(served, CRAWL, "--bytes", "10kB", "--out", tmp_path / "run", "--dry-run")
    assert (code, "more than are asked for" in err) == (2, True), err


def test_a_folder_of_another_fetch_is_told_in_words_of_fetch(served: Served, tmp_path: Path) -> None:
    assert fetch(served, CRAWL, "--index", "math.example.org/*", "--out", tmp_path / "run")[0] == 0
    for more in ([], ["--dry-run"]):
        code, _, err = fetch(served, CRAWL, "--index", "*.example.org", "--seed", "3", "--out", tmp_path / "run", *more)
        assert (code, "holds a fetch with another --seed, another --index: choose" in err) == (2, True), err


def test_a_crawl_or_a_mirror_that_is_not_there_leaves_no_folder(served: Served, tmp_path: Path) -> None:
    for more in (["--shards", "1"], ["--index", "*.example.org"]):
        code, _, err = fetch(served, "CC-MAIN-2099-10", *more, cwd=tmp_path)
        assert (code, "no file at" in err) == (66, True), err
    code, _, err = fetch(served, CRAWL, "--index", "aaa.example.net/*", cwd=tmp_path)
    assert (code, "the index has no page under these addresses" in err) == (66, True), err
    assert not list(tmp_path.iterdir())


def test_archives_in_a_crawl_are_not_checked_there() -> None:
    code, _, err = warm("pipeline", "check", f"cc:{CRAWL}/warc?shards=1")
    assert (code, "fetch archives with `mathmill fetch CRAWL --shards N`" in err) == (2, True), err


@pytest.mark.parametrize(
    ("size", "words"),
    [(0, "0 bytes"), (999, "999 bytes"), (1_500, "1.5 kB"), (25 * 10**5, "2.5 MB"), (10**12, "1,000.0 GB")],
)
def test_sizes_are_told_in_their_unit(size: int, words: str) -> None:
    assert size_in_words(size) == words


def test_hosts_that_nobody_named_are_not_asked(tmp_path: Path) -> None:
    code, _, err = warm("fetch", CRAWL, "--shards", "1", "--mirror", "ftp://example.org", cwd=tmp_path)
    assert (code, "is no address of a server" in err) == (2, True)


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("50GB", 50 * 10**9),
        ("50GiB", 50 << 30),
        ("2 kib", 2048),
        ("1.5 tb", 15 * 10**11),
        ("800M", 8 * 10**8),
        ("7", 7),
    ],
)
def test_sizes_are_read(text: str, size: int) -> None:
    assert bytes_of(text) == size


@pytest.mark.parametrize("text", ["", "GB", "-1GB", "1Gi", "0GB", "1e9"])
def test_what_is_no_size_is_told(text: str) -> None:
    with pytest.raises(ConfigError, match="50GB"):
        bytes_of(text)
