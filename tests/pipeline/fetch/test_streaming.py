"""A run that fetches its archives makes the corpus that one on downloaded archives makes, and leaves none behind."""

from __future__ import annotations

import os
import pickle
import signal
import time
from pathlib import Path

import orjson
import pytest

from mathmill.data.errors import ConfigError, InputMissing
from mathmill.data.runs import check_outputs, load_manifest
from mathmill.data.store import mounts
from mathmill.data.store.mounts import run_folder
from mathmill.pipeline.commands import check_plan
from mathmill.pipeline.fetch.streaming import Via, find_streams, read_stream_address
from mathmill.pipeline.inputs import find_inputs, on_disk
from mathmill.pipeline.plan.sample import draw_archives
from mathmill.pipeline.recipe import PipelineRecipe
from mathmill.pipeline.runner import run_pipeline
from tests.pipeline.fetch.crawl_server import CRAWL, Mood, Served
from tests.pipeline.fetch.test_archives_run import digest
from tests.pipeline.fetch.test_archives_run import run as fetch
from tests.pipeline.making import members, responses
from tests.warm import InlineEngine, cold, warm

TOLD_APART = {"config.json", "manifest.json", "README.md", "listings.json.gz"}  # they tell the recipe, or the draw


@pytest.fixture(autouse=True)
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MATHMILL_SCRATCH", str(tmp_path / "scratch"))
    return tmp_path / "scratch"


def address(served: Served, more: str = "shards=3") -> str:
    return f"cc:{CRAWL}/warc?from={served.url}&{more}"


def recipe(*archives: str) -> PipelineRecipe:
    return PipelineRecipe(archives=archives)


def left_in(scratch: Path) -> list[str]:
    return [path.name for path in scratch.rglob("*") if path.is_file()]


def asked_archives(served: Served) -> list[str]:
    return [name for method, name, _ in served.asked if method == "GET" and "segments" in name]


def test_a_streamed_run_is_the_run_on_downloaded_archives(served: Served, tmp_path: Path, scratch: Path) -> None:
    fetch(served, tmp_path / "fetched", shards=3)
    run_pipeline(recipe(f"{tmp_path}/fetched/archives/*.gz"), tmp_path / "one/run", InlineEngine(1))
    served.asked.clear()
    run_pipeline(recipe(address(served)), tmp_path / "two/run", InlineEngine(1))
    assert len(asked_archives(served)) == 3
    assert left_in(scratch) == []
    one, two = digest(tmp_path / "one/run"), digest(tmp_path / "two/run")
    assert {name: mark for name, mark in one.items() if name not in TOLD_APART} == {
        name: mark for name, mark in two.items() if name not in TOLD_APART
    }
    read, streamed = load_manifest(tmp_path / "one/run"), load_manifest(tmp_path / "two/run")
    assert [{**row, "uri": ""} for row in read["inputs"]] == [{**row, "uri": ""} for row in streamed["inputs"]]
    assert all(row["uri"].startswith("cc:crawl-data/") for row in streamed["inputs"])
    assert read["counts"] == streamed["counts"]
    assert check_outputs(tmp_path / "two/run") == []


def test_a_rerun_asks_nothing(served: Served, tmp_path: Path) -> None:
    run_pipeline(recipe(address(served)), tmp_path / "run", InlineEngine(1))
    served.asked.clear()
    assert run_pipeline(recipe(address(served)), tmp_path / "run", InlineEngine(1)).fresh == 0
    assert not served.asked


def test_a_killed_run_fetches_what_is_missing(served: Served, tmp_path: Path, scratch: Path) -> None:
    run_pipeline(recipe(address(served)), tmp_path / "reference/run", InlineEngine(1))
    (tmp_path / "recipe.toml").write_text(f'archives = ["{address(served)}"]\n')
    command = ["pipeline", "run", str(tmp_path / "recipe.toml"), "--out", str(tmp_path / "run")]
    served.asked.clear()
    for point in ("after_ledger:3", "written"):  # behind the second archive, and in the third
        assert warm(*command, environment={"MATHMILL_KILL_AT": point})[0] == -signal.SIGKILL, point
    assert len(left_in(scratch)) == 1
    code, _, err = warm(*command)
    assert code == 0, err
    assert len(asked_archives(served)) == 3
    assert left_in(scratch) == []
    assert digest(tmp_path / "run") == digest(tmp_path / "reference/run")


def test_a_worker_has_one_archive_at_a_time(served: Served, tmp_path: Path, scratch: Path) -> None:
    seen = []
    for archive in find_inputs([address(served)]):
        assert archive.size is None
        with on_disk(archive, tmp_path) as here:
            assert Path(here.uri).stat().st_size == here.size
            seen.append(len(left_in(scratch)))
    assert seen == [1, 1, 1]


def test_archives_can_be_kept_and_are_found_again(served: Served, tmp_path: Path, scratch: Path) -> None:
    kept = address(served, f"shards=2&keep={tmp_path}/kept")
    run_pipeline(recipe(kept), tmp_path / "one", InlineEngine(1))
    assert len(left_in(tmp_path / "kept")) == 2
    served.asked.clear()
    run_pipeline(recipe(kept), tmp_path / "two", InlineEngine(1))
    assert asked_archives(served) == []


def test_an_archive_that_cannot_be_had_leaves_the_others(
    served: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mathmill.pipeline.fetch.streaming.Access", lambda *_: served.access)
    path = next(path for path in served.files if path.endswith("00001.warc.gz"))
    served.moods[path] = Mood("busy")
    with pytest.raises(InputMissing, match=r"1 of 3 archives failed, the others are done: cc:crawl-data/.*SlowDown"):
        run_pipeline(recipe(address(served)), tmp_path / "run", InlineEngine(1))
    served.moods.clear()
    assert run_pipeline(recipe(address(served)), tmp_path / "run", InlineEngine(1)).fresh == 1


def test_an_archive_that_is_damaged_in_the_crawl_counts_its_losses(served: Served, tmp_path: Path) -> None:
    path = next(path for path in served.files if path.endswith("00001.warc.gz"))
    whole = members(responses(200))
    served.files[path] = whole[:-30]
    result = run_pipeline(recipe(address(served)), tmp_path / "run", InlineEngine(1))
    assert result.tally.bytes_lost > 0
    assert result.tally.bytes_in == sum(len(data) for name, data in served.files.items() if "segments" in name)


def test_a_dry_run_says_what_would_be_fetched(served: Served, tmp_path: Path) -> None:
    plan = check_plan(recipe(address(served, "shards=2")), tmp_path / "run")
    assert (plan.archives, plan.to_do, plan.unsized, plan.bytes_in) == (2, 2, 2, 0)
    assert asked_archives(served) == []
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("said", "kind", "shards", "seed", "via"),
    [
        (f"cc:{CRAWL}", "warc", None, 0, Via()),
        (f"cc:{CRAWL}/wet?shards=7", "wet", 7, 0, Via()),
        (
            f"cc:crawl-data/{CRAWL}/segments/1/warc/a.warc.gz?from=https://example.org",
            "warc",
            None,
            0,
            Via("https://example.org"),
        ),
        (f"cc:{CRAWL}/warc?seed=3&from=s3://bucket/cc", "warc", None, 3, Via("s3://bucket/cc")),
        (f"cc:{CRAWL}/warc?rate=0.5", "warc", None, 0, Via(rate=0.5)),
    ],
)
def test_an_address_says_crawl_kind_and_draw(said: str, kind: str, shards: int | None, seed: int, via: Via) -> None:
    stream = read_stream_address(said)
    assert (stream.crawl, stream.kind, stream.shards, stream.seed, stream.via) == (CRAWL, kind, shards, seed, via)


@pytest.mark.parametrize(
    ("said", "wrong"),
    [
        ("cc:", "is no crawl"),
        ("cc:2024-10/warc", "is no crawl"),
        (f"cc:{CRAWL}/pdf", "no kind of archive"),
        (f"cc:{CRAWL}/warc?shards=0", "1 or more"),
        (f"cc:{CRAWL}/warc?shards=many", "write it as"),
        (f"cc:{CRAWL}/warc?shard=3", "nothing is called 'shard'"),
        (f"cc:{CRAWL}/warc?from=ftp://example.org", "no address of a server"),
        ("cc:crawl-data/../../etc/passwd", "is no crawl"),
        (f"cc:{CRAWL}/warc?from=s3://", "names no bucket"),
        (f"cc:{CRAWL}/warc?rate=fast", "write it as"),
        (f"cc:{CRAWL}/warc?rate=0", "0.001 or more"),
        (f"cc:{CRAWL}/warc?rate=nan", "0.001 or more"),
        (f"cc:{CRAWL}/warc?rate=inf", "0.001 or more"),
    ],
)
def test_an_address_that_is_wrong_is_told(said: str, wrong: str) -> None:
    with pytest.raises(ConfigError, match=wrong):
        read_stream_address(said)


def test_a_wait_for_the_listing_is_told(
    served: Served, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("mathmill.data.progress._LINE_SECONDS", 0.05)
    served.moods[f"crawl-data/{CRAWL}/warc.paths.gz"] = Mood("busy", times=1)
    assert len(find_inputs([address(served)])) == 3
    assert "reading the listing  waiting: " in capsys.readouterr().err


def test_archives_of_a_crawl_and_files_are_inputs_side_by_side(served: Served, tmp_path: Path) -> None:
    (tmp_path / "a.warc.gz").write_bytes(members(responses(2)))
    found = find_inputs([str(tmp_path / "a.warc.gz"), address(served, "shards=2")])
    assert [archive.size is None for archive in found] == [True, True, False]
    with pytest.raises(ConfigError, match="has 3 warc archives: ask for no more"):
        find_streams([address(served, "shards=4")], {})


def test_one_archive_can_be_named(served: Served, tmp_path: Path) -> None:
    path = next(path for path in served.files if path.endswith("00001.warc.gz"))
    (archive,) = find_inputs([f"cc:{path}?from={served.url}"])
    with on_disk(archive, tmp_path) as here:
        assert Path(here.uri).read_bytes() == served.files[path]


def test_archives_of_one_name_are_told_apart(served: Served, tmp_path: Path) -> None:
    contents = [members(responses(number)) for number in (2, 3)]
    paths = [f"crawl-data/{CRAWL}/segments/{number}/warc/a.warc.gz" for number in (1, 2)]
    served.files |= dict(zip(paths, contents, strict=True))
    addresses = [f"cc:{path}?from={served.url}&keep={tmp_path}/kept" for path in paths]
    (alone,) = find_inputs(addresses[:1])
    both = {archive.uri: archive for archive in find_inputs(addresses)}
    assert both[alone.uri] == alone  # whatever else is drawn
    for path, content in zip(paths, contents, strict=True):
        with on_disk(both[f"cc:{path}"], tmp_path) as here:
            assert Path(here.uri).read_bytes() == content


def test_a_process_keeps_to_its_rate_from_archive_to_archive(served: Served, tmp_path: Path) -> None:
    archives = find_inputs([address(served, "shards=3&rate=10")])
    began = time.monotonic()
    for archive in archives:
        with on_disk(archive, tmp_path):
            pass
    assert time.monotonic() - began >= 0.2
    assert len(served.asked) == 4


def test_a_worker_of_a_run_in_a_store_finds_what_another_left(
    served: Served, tmp_path: Path, scratch: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = find_inputs([address(served)])[0]
    sent = pickle.dumps(run_folder("s3://bucket/runs/one"))
    folders, places = set(), set()
    for _ in range(2):
        monkeypatch.setattr(mounts, "_mounts", {})  # another process knows none
        folders.add(folder := pickle.loads(sent))
        with on_disk(archive, folder) as here:
            places.add(here.uri)
    assert (len(folders), len(places)) == (2, 1)
    assert run_folder("s3://bucket/runs/two") not in folders


def test_a_plan_draws_of_archives_that_can_be_named(served: Served, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"of a crawl, say \?shards=N in its address"):
        draw_archives(recipe(address(served)), 2)
    (tmp_path / "recipe.toml").write_text(f'archives = ["{address(served)}"]\n')
    code, _, err = warm("pipeline", "plan", tmp_path / "recipe.toml", "--sample", "2", "--out", tmp_path / "kept")
    assert (code, "say ?shards=N in its address" in err) == (2, True), err
    assert asked_archives(served) == []
    assert not list(tmp_path.glob("kept/*"))


def test_what_killed_runs_left_long_ago_goes(served: Served, tmp_path: Path, scratch: Path) -> None:
    (scratch / "archives").mkdir(parents=True)
    for name, age in {"old": 8 * 86_400, "new": 6 * 86_400}.items():
        (scratch / "archives" / name).touch()
        os.utime(scratch / "archives" / name, (time.time() - age, time.time() - age))
    with on_disk(find_inputs([address(served)])[0], tmp_path):
        assert len(left_in(scratch)) == 2
    assert left_in(scratch) == ["new"]


@pytest.mark.slow
def test_workers_of_the_command_fetch_for_themselves(served: Served, tmp_path: Path, scratch: Path) -> None:
    run_pipeline(recipe(address(served)), tmp_path / "reference/run", InlineEngine(1))
    (tmp_path / "recipe.toml").write_text(f'archives = ["{address(served)}"]\n')
    command = [
        "pipeline",
        "run",
        str(tmp_path / "recipe.toml"),
        "--out",
        str(tmp_path / "run"),
        "--json",
        "--workers",
        "2",
    ]
    code, out, err = cold(*command, environment={"MATHMILL_SCRATCH": str(scratch)})
    assert code == 0, err
    assert orjson.loads(out)["archives_read"] == 3
    assert digest(tmp_path / "run") == digest(tmp_path / "reference/run")
    assert left_in(scratch) == []
