"""A fetch of archives is a Run: the same draw, the same bytes, whatever happens on the way."""

from __future__ import annotations

import gzip
import hashlib
import random
import signal
import subprocess
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import orjson
import pytest

from mathmill.data.errors import ConfigError, DamagedInput, InputMissing, Locked
from mathmill.data.runs import check_outputs, load_manifest
from mathmill.pipeline.fetch.archives_run import ArchivesResult, run_archives
from mathmill.pipeline.fetch.crawls import archive_name, archive_paths, drawn
from mathmill.pipeline.fetch.recipe import ArchivesRecipe
from mathmill.pipeline.fetch.servers import Access, open_server
from tests.pipeline.fetch.crawl_server import CRAWL, Mood, Served, crawl_server, make_crawl
from tests.pipeline.making import members, responses
from tests.warm import COMMAND, warm

LISTING = f"crawl-data/{CRAWL}/warc.paths.gz"


def run(served: Served, out: Path, access: Access | None = None, **asked: int) -> ArchivesResult:
    recipe = ArchivesRecipe.model_validate({"crawl": CRAWL, **asked})
    return run_archives(recipe, out, open_server(access or served.access), 2)


def digest(folder: Path) -> dict[str, str]:
    """Hashes of all that a fetch's recipe and the crawl decide."""
    mine = {"ledger.jsonl", "timings.json", "lock"}
    files = [path for path in sorted(folder.rglob("*")) if path.is_file() and path.name not in mine]
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def archives_in(out: Path) -> list[str]:
    return sorted(path.name for path in (out / "archives").iterdir())


def test_the_archives_of_a_draw_come_and_lead_back_to_the_crawl(served: Served, tmp_path: Path) -> None:
    result = run(served, tmp_path / "run", shards=2)
    order = drawn(archive_paths(open_server(served.access), CRAWL, "warc"), 0)
    assert gzip.decompress((tmp_path / "run/listing.paths.gz").read_bytes()).decode().split() == order[:2]
    for path in order[:2]:
        assert (tmp_path / "run/archives" / Path(path).name).read_bytes() == served.files[path]
    manifest = load_manifest(tmp_path / "run")
    assert {row["uri"] for row in manifest["inputs"]} == {f"cc:{path}" for path in order[:2]}
    hashes = {f"sha256:{hashlib.sha256(served.files[path]).hexdigest()}" for path in order[:2]}
    assert {row["fingerprint"] for row in manifest["inputs"]} == hashes
    assert check_outputs(tmp_path / "run") == []
    assert (result.archives, result.fresh, result.bytes) == (2, 2, sum(len(served.files[p]) for p in order[:2]))


def test_a_finished_fetch_asks_nothing(served: Served, tmp_path: Path) -> None:
    run(served, tmp_path / "run", shards=2)
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "run").rglob("*.*")}
    served.asked.clear()
    assert run(served, tmp_path / "run", shards=2).fresh == 0
    assert not served.asked
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "run").rglob("*.*")} == before


def test_more_can_be_asked_for_later_and_fewer_not(served: Served, tmp_path: Path) -> None:
    run(served, tmp_path / "run", shards=1)
    assert run(served, tmp_path / "run", shards=3).fresh == 2
    run(served, tmp_path / "anew/run", shards=3)
    assert digest(tmp_path / "run") == digest(tmp_path / "anew/run")
    with pytest.raises(ConfigError, match="holds 1 archive more than are asked for: ask for at least 3"):
        run(served, tmp_path / "run", shards=2)
    with pytest.raises(ConfigError, match="has 3 warc archives: ask for no more"):
        run(served, tmp_path / "many", shards=4)
    with pytest.raises(ConfigError, match=r"run of another recipe \(config\.seed: 0 -> 1\)"):
        run(served, tmp_path / "run", shards=3, seed=1)


@pytest.mark.parametrize(
    ("shards", "error"),
    [(99, ConfigError), (1, ConfigError), (3, InputMissing)],
)
def test_a_fetch_that_is_refused_leaves_what_is_done(
    served: Served, tmp_path: Path, shards: int, error: type[Exception]
) -> None:
    run(served, tmp_path / "run", shards=2)
    before = digest(tmp_path / "run")
    if error is InputMissing:
        del served.files[LISTING]
    with pytest.raises(error):
        run(served, tmp_path / "run", shards=shards)
    assert digest(tmp_path / "run") == before
    assert "manifest.json" in before
    assert run(served, tmp_path / "run", shards=2).fresh == 0


def test_archives_of_one_name_keep_theirs_when_more_are_asked_for(served: Served, tmp_path: Path) -> None:
    data = next(data for path, data in served.files.items() if "segments" in path)
    paths = [f"crawl-data/{CRAWL}/segments/{n}/warc/CC-MAIN-20130516092621-00000-ip-10-0-0-1.warc.gz" for n in range(4)]
    served.files |= dict.fromkeys(paths, data)
    served.files[LISTING] = gzip.compress("\n".join(paths).encode(), mtime=0)
    names: list[str] = []
    for shards in (1, 2, 4):
        assert run(served, tmp_path / "run", shards=shards).fresh == shards - len(names)
        assert set(names) < set(archives_in(tmp_path / "run"))
        names = archives_in(tmp_path / "run")
    assert names == sorted(archive_name(path) for path in paths)


def test_a_budget_takes_what_fits(served: Served, tmp_path: Path) -> None:
    order = drawn(archive_paths(open_server(served.access), CRAWL, "warc"), 0)
    sizes = [len(served.files[path]) for path in order]
    assert run(served, tmp_path / "two", bytes=sum(sizes[:2])).archives == 2
    assert run(served, tmp_path / "one", bytes=sum(sizes[:2]) - 1).archives == 1
    with pytest.raises(ConfigError, match=f"has {sizes[0]:,} bytes, more than 10: allow that many at least"):
        run(served, tmp_path / "none", bytes=10)


@pytest.mark.parametrize(("mood", "kind"), [("busy", InputMissing), ("damaged", DamagedInput)])
def test_an_archive_that_cannot_be_had_leaves_the_others(
    served: Served, tmp_path: Path, mood: str, kind: type[Exception]
) -> None:
    path = next(path for path in served.files if path.endswith("00001.warc.gz"))
    served.moods[path] = Mood(mood)
    with pytest.raises(kind, match=r"1 of 3 archives could not be fetched, the others are here: .*00001.warc.gz"):
        run(served, tmp_path / "run", shards=3)
    assert len(archives_in(tmp_path / "run")) == 2
    assert not (tmp_path / "run/manifest.json").exists()
    served.moods.clear()
    assert run(served, tmp_path / "run", shards=3).fresh == 1
    assert (tmp_path / "run/manifest.json").exists()


# Of the listing, of an archive that is on its way, of one that is in its place, of the manifest.
POINTS = ["renamed", "verified:2", "renamed:2", "renamed:3", "before_ledger:2", "after_ledger:3", "whole:5"]


@pytest.mark.parametrize(
    "points", [("verified:2", "renamed:3", "after_ledger:3"), pytest.param(POINTS, marks=pytest.mark.slow)]
)
def test_deaths_on_the_way_cost_no_archive_that_was_whole(
    served: Served, tmp_path: Path, points: Sequence[str]
) -> None:
    run(served, tmp_path / "reference/run", shards=2)
    for point in points:
        out = tmp_path / point / "run"
        command = ["fetch", CRAWL, "--shards", "2", "--out", str(out), "--mirror", served.url, "--rate", "1000"]
        served.asked.clear()
        assert warm(*command, "--parallel", "1", environment={"MATHMILL_KILL_AT": point})[0] == -signal.SIGKILL, point
        code, told, err = warm(*command, "--json")
        assert code == 0, err
        assert orjson.loads(told)["archives"] == 2
        assert digest(out) == digest(tmp_path / "reference/run"), point
        assert check_outputs(out) == []
        assert sum(name.endswith("warc.gz") for _, name, _ in served.asked) == 2, point


def test_a_signal_ends_a_fetch_at_once_and_the_next_goes_on(tmp_path: Path) -> None:
    files = make_crawl(1)
    path = next(path for path in files if path.endswith("warc.gz") and "segments" in path)
    files[path] = data = members(responses(3_000))
    command = [*COMMAND, "fetch", CRAWL, "--shards", "1", "--out", str(tmp_path / "run")]
    with crawl_server(files) as served:
        served.moods[path] = Mood("pause_half", times=1)
        process = subprocess.Popen([*command, "--mirror", served.url], stderr=subprocess.PIPE, text=True)
        part = tmp_path / "run/parts" / f"{Path(path).name}.part"
        until = time.monotonic() + 60
        while not (part.exists() and part.stat().st_size >= len(data) // 2):
            assert time.monotonic() < until
            time.sleep(0.02)
        process.send_signal(signal.SIGTERM)
        began = time.monotonic()
        _, err = process.communicate(timeout=30)
        assert time.monotonic() - began < 10
        assert process.returncode == 143, err
        assert "the same command goes on" in err
        run(served, tmp_path / "run", shards=1)
        assert served.asked_for(path)[-1] == f"bytes={len(data) // 2}-"
    assert (tmp_path / "run/archives" / Path(path).name).read_bytes() == data


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_deaths_at_any_time_cost_what_was_under_way(tmp_path: Path, seed: int) -> None:
    files = make_crawl(2)
    archives = [path for path in files if "segments" in path]
    for number, path in enumerate(archives):
        files[path] = members(responses(12_000 + number))
    lots = random.Random(seed)
    with crawl_server(files) as served:
        served.moods.update({path: Mood("throttled") for path in archives})
        command = [*COMMAND, "fetch", CRAWL, "--shards", "2", "--out", str(tmp_path / "run"), "--mirror", served.url]
        for _ in range(4):
            process = subprocess.Popen(command, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
            time.sleep(lots.uniform(0.5, 2.0))
            process.kill()
            process.wait()
        assert subprocess.run(command, check=False, timeout=120).returncode == 0
    for path in archives:
        assert (tmp_path / "run/archives" / Path(path).name).read_bytes() == files[path]
    assert check_outputs(tmp_path / "run") == []


def test_one_process_at_a_time(served: Served, tmp_path: Path) -> None:
    from mathmill.pipeline.fetch.archives_run import open_archives_run

    recipe = ArchivesRecipe(crawl=CRAWL, shards=1)
    with open_archives_run(recipe, tmp_path / "run"), pytest.raises(Locked):
        run(served, tmp_path / "run", shards=1)


def test_a_slow_server_is_not_asked_faster_than_allowed(served: Served, tmp_path: Path) -> None:
    began = time.monotonic()
    run(served, tmp_path / "run", access=replace(served.access, rate=10), shards=3)
    assert time.monotonic() - began >= 0.3
    assert len(served.asked) == 4
