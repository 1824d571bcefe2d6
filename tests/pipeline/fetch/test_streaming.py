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
from mathmill.pipeline.commands import check_plan, load
from mathmill.pipeline.fetch.recipe import Fetching
from mathmill.pipeline.fetch.servers import Access
from mathmill.pipeline.fetch.streaming import find_streams, meet_server, read_stream_address
from mathmill.pipeline.inputs import ArchiveInput, find_inputs, on_disk
from mathmill.pipeline.plan.sample import draw_archives
from mathmill.pipeline.recipe import PipelineRecipe
from mathmill.pipeline.runner import run_pipeline
from tests.pipeline.fetch.crawl_server import CRAWL, QUICK, Mood, Served, crawl_server
from tests.pipeline.fetch.test_archives_run import digest
from tests.pipeline.fetch.test_archives_run import run as fetch
from tests.pipeline.making import members, responses
from tests.warm import InlineEngine, cold, warm

TOLD_APART = {"config.json", "manifest.json", "README.md", "listings.json.gz"}  # they tell the recipe, or the draw


@pytest.fixture(autouse=True)
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MATHMILL_SCRATCH", str(tmp_path / "scratch"))
    return tmp_path / "scratch"


DRAW = f"cc:{CRAWL}/warc?shards=3"


def recipe(served: Served, *archives: str, **more: object) -> PipelineRecipe:
    fetching = {"mirror": served.url, **more}
    return PipelineRecipe.model_validate({"archives": archives or (DRAW,), "fetching": fetching})


def write_recipe(served: Served, path: Path) -> Path:
    path.write_text(f'archives = ["{DRAW}"]\n\n[fetching]\nmirror = "{served.url}"\n')
    return path


def inputs_of(recipe: PipelineRecipe) -> list[ArchiveInput]:
    return find_inputs(recipe.archives, find_streams(recipe.archives, recipe.fetching, {}))


def left_in(scratch: Path) -> list[str]:
    return [path.name for path in scratch.rglob("*") if path.is_file()]


def asked_archives(served: Served) -> list[str]:
    return [name for method, name, _ in served.asked if method == "GET" and "segments" in name]


def test_a_streamed_run_is_the_run_on_downloaded_archives(served: Served, tmp_path: Path, scratch: Path) -> None:
    fetch(served, tmp_path / "fetched", shards=3)
    run_pipeline(recipe(served, f"{tmp_path}/fetched/archives/*.gz"), tmp_path / "one/run", InlineEngine(1))
    served.asked.clear()
    run_pipeline(recipe(served), tmp_path / "two/run", InlineEngine(1))
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
    run_pipeline(recipe(served), tmp_path / "run", InlineEngine(1))
    served.asked.clear()
    assert run_pipeline(recipe(served), tmp_path / "run", InlineEngine(1)).fresh == 0
    assert not served.asked


def test_a_killed_run_fetches_what_is_missing(served: Served, tmp_path: Path, scratch: Path) -> None:
    run_pipeline(recipe(served), tmp_path / "reference/run", InlineEngine(1))
    path = write_recipe(served, tmp_path / "recipe.toml")
    command = ["pipeline", "run", str(path), "--out", str(tmp_path / "run")]
    served.asked.clear()
    for point in ("after_ledger:3", "written"):  # behind the second archive, and in the third
        assert warm(*command, environment={"MATHMILL_KILL_AT": point})[0] == -signal.SIGKILL, point
    assert len(left_in(scratch)) == 1
    code, _, err = warm(*command)
    assert code == 0, err
    assert len(asked_archives(served)) == 3
    assert left_in(scratch) == []
    assert digest(tmp_path / "run") == digest(tmp_path / "reference/run")


def test_a_run_goes_on_from_another_server_and_stays_done_at_another_rate(served: Served, tmp_path: Path) -> None:
    run_pipeline(recipe(served), tmp_path / "reference/run", InlineEngine(1))
    path, out = write_recipe(served, tmp_path / "recipe.toml"), tmp_path / "run"
    command = ("pipeline", "run", path, "--out", out)
    assert warm(*command, environment={"MATHMILL_KILL_AT": "after_ledger:3"})[0] == -signal.SIGKILL
    with crawl_server(served.files) as other:
        mirror = ("--set", f"fetching.mirror={other.url}", "--set", "fetching.rate=50")
        code, out_text, err = warm(*command, *mirror)
        assert code == 0, err
        assert "1 archive in" in out_text
        assert len(asked_archives(other)) == 1
        assert not other.asked_for(f"crawl-data/{CRAWL}/warc.paths.gz"), "the draw is noted"
        served.asked.clear()
        other.asked.clear()
        before = (out / "manifest.json").stat().st_mtime_ns
        code, out_text, err = warm(*command, *mirror, "--set", "fetching.rate=2")
        assert (code, "every archive is done already" in out_text) == (0, True), err
        assert (out / "manifest.json").stat().st_mtime_ns == before, "nobody wrote it again"
        assert not served.asked and not other.asked
    assert digest(out) == digest(tmp_path / "reference/run")


def test_a_server_that_does_not_answer_is_told_before_any_work(
    served: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = next(path for path in served.files if path.endswith("00001.warc.gz"))
    served.files[path] = b""
    with pytest.raises(InputMissing, match="1 of 3 archives failed"):
        run_pipeline(recipe(served), tmp_path / "run", InlineEngine(1))
    ledger = (tmp_path / "run/ledger.jsonl").read_bytes()
    nobody = recipe(served, mirror="http://127.0.0.1:9")
    monkeypatch.setattr("mathmill.pipeline.fetch.streaming.Access", lambda mirror, _: Access(mirror, 1_000, QUICK))
    for work in (check_plan, lambda recipe, out: run_pipeline(recipe, out, InlineEngine(1))):
        with pytest.raises(
            InputMissing, match=r"^http://127.0.0.1:9/crawl-data.* at the last of 4 .*check the address"
        ):
            work(nobody, tmp_path / "run")
    assert (tmp_path / "run/ledger.jsonl").read_bytes() == ledger


@pytest.mark.parametrize("mood", ["busy", "asks_to_wait", "forbidden", "error_page"])
def test_a_server_that_refuses_has_answered(served: Served, mood: str) -> None:
    path = next(path for path in served.files if path.endswith("00001.warc.gz"))
    served.moods[path] = Mood(mood)
    meet_server(Fetching(mirror=served.url), [path])
    assert len(served.asked_for(path)) == 1
    meet_server(Fetching(mirror=served.url), [path])
    assert len(served.asked_for(path)) == 1, "it is known from then on"


def test_a_worker_has_one_archive_at_a_time(served: Served, tmp_path: Path, scratch: Path) -> None:
    seen = []
    chosen = recipe(served)
    for archive in inputs_of(chosen):
        assert archive.size is None
        with on_disk(archive, chosen.fetching, tmp_path) as here:
            assert Path(here.uri).stat().st_size == here.size
            seen.append(len(left_in(scratch)))
    assert seen == [1, 1, 1]


def test_archives_can_be_kept_and_are_found_again(served: Served, tmp_path: Path, scratch: Path) -> None:
    kept = recipe(served, keep=f"{tmp_path}/kept")
    run_pipeline(kept, tmp_path / "one", InlineEngine(1))
    assert len(left_in(tmp_path / "kept")) == 3
    served.asked.clear()
    run_pipeline(kept, tmp_path / "two", InlineEngine(1))
    assert asked_archives(served) == []
    paths = [f"cc:{path}" for path in served.files if "segments" in path]
    nobody = recipe(served, *paths, keep=f"{tmp_path}/kept", mirror="http://127.0.0.1:9")
    assert run_pipeline(nobody, tmp_path / "three", InlineEngine(1)).fresh == 3, "nobody needs to be asked"


def test_an_archive_that_cannot_be_had_leaves_the_others(
    served: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mathmill.pipeline.fetch.streaming.Access", lambda *_: served.access)
    path = next(path for path in served.files if path.endswith("00001.warc.gz"))
    served.moods[path] = Mood("busy")
    with pytest.raises(InputMissing, match=r"1 of 3 archives failed, the others are done: cc:crawl-data/.*SlowDown"):
        run_pipeline(recipe(served), tmp_path / "run", InlineEngine(1))
    served.moods.clear()
    assert run_pipeline(recipe(served), tmp_path / "run", InlineEngine(1)).fresh == 1


def test_an_archive_that_is_damaged_in_the_crawl_counts_its_losses(served: Served, tmp_path: Path) -> None:
    path = next(path for path in served.files if path.endswith("00001.warc.gz"))
    whole = members(responses(200))
    served.files[path] = whole[:-30]
    result = run_pipeline(recipe(served), tmp_path / "run", InlineEngine(1))
    assert result.tally.bytes_lost > 0
    assert result.tally.bytes_in == sum(len(data) for name, data in served.files.items() if "segments" in name)


def test_a_dry_run_says_what_would_be_fetched(served: Served, tmp_path: Path) -> None:
    plan = check_plan(recipe(served, f"cc:{CRAWL}/warc?shards=2"), tmp_path / "run")
    assert (plan.archives, plan.to_do, plan.unsized, plan.bytes_in) == (2, 2, 2, 0)
    assert asked_archives(served) == []
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("said", "kind", "shards", "seed"),
    [
        (f"cc:{CRAWL}", "warc", None, 0),
        (f"cc:{CRAWL}/wet?shards=7", "wet", 7, 0),
        (f"cc:crawl-data/{CRAWL}/segments/1/warc/a.warc.gz", "warc", None, 0),
        (f"cc:{CRAWL}/warc?seed=3", "warc", None, 3),
    ],
)
def test_an_address_says_crawl_kind_and_draw(said: str, kind: str, shards: int | None, seed: int) -> None:
    stream = read_stream_address(said)
    assert (stream.crawl, stream.kind, stream.shards, stream.seed) == (CRAWL, kind, shards, seed)


@pytest.mark.parametrize(
    ("setting", "wrong"),
    [
        ("mirror=ftp://example.org", "fetching.mirror: .* is no address of a server"),
        ("mirror=s3://", "fetching.mirror: .* names no bucket"),
        ("keep=s3://bucket/kept", "fetching.keep: archives stay in a folder of the machine"),
        ("rate=fast", "fetching.rate: must be a valid number"),
        ("rate=0", "fetching.rate: must be greater than or equal to 0.001"),
        ("rate=nan", "fetching.rate: "),
        ("rate=inf", "fetching.rate: "),
        ("from=https://example.org", "unknown key 'fetching.from'; known are mirror, keep, rate"),
    ],
)
def test_how_archives_come_is_checked(served: Served, tmp_path: Path, setting: str, wrong: str) -> None:
    with pytest.raises(ConfigError, match=wrong):
        load(write_recipe(served, tmp_path / "recipe.toml"), (), [f"fetching.{setting}"])


@pytest.mark.parametrize(
    ("said", "wrong"),
    [
        ("cc:", "is no crawl"),
        ("cc:2024-10/warc", "is no crawl"),
        (f"cc:{CRAWL}/pdf", "no kind of archive"),
        (f"cc:{CRAWL}/warc?shards=0", "1 or more"),
        (f"cc:{CRAWL}/warc?shards=many", "write it as"),
        (f"cc:{CRAWL}/warc?shard=3", "nothing is called 'shard'"),
        (f"cc:{CRAWL}/warc?rate=2", "nothing is called 'rate' there: it takes shards, seed$"),
        ("cc:crawl-data/../../etc/passwd", "is no crawl"),
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
    assert len(inputs_of(recipe(served))) == 3
    assert "reading the listing  waiting: " in capsys.readouterr().err


def test_archives_of_a_crawl_and_files_are_inputs_side_by_side(served: Served, tmp_path: Path) -> None:
    (tmp_path / "a.warc.gz").write_bytes(members(responses(2)))
    found = inputs_of(recipe(served, str(tmp_path / "a.warc.gz"), f"cc:{CRAWL}/warc?shards=2"))
    assert [archive.size is None for archive in found] == [True, True, False]
    with pytest.raises(ConfigError, match="has 3 warc archives: ask for no more"):
        inputs_of(recipe(served, f"cc:{CRAWL}/warc?shards=4"))


def test_one_archive_can_be_named(served: Served, tmp_path: Path) -> None:
    path = next(path for path in served.files if path.endswith("00001.warc.gz"))
    chosen = recipe(served, f"cc:{path}")
    (archive,) = inputs_of(chosen)
    with on_disk(archive, chosen.fetching, tmp_path) as here:
        assert Path(here.uri).read_bytes() == served.files[path]


def test_archives_of_one_name_are_told_apart(served: Served, tmp_path: Path) -> None:
    contents = [members(responses(number)) for number in (2, 3)]
    paths = [f"crawl-data/{CRAWL}/segments/{number}/warc/a.warc.gz" for number in (1, 2)]
    served.files |= dict(zip(paths, contents, strict=True))
    addresses = [f"cc:{path}" for path in paths]
    chosen = recipe(served, *addresses, keep=f"{tmp_path}/kept")
    (alone,) = inputs_of(recipe(served, addresses[0]))
    both = {archive.uri: archive for archive in inputs_of(chosen)}
    assert both[alone.uri] == alone  # whatever else is drawn
    for path, content in zip(paths, contents, strict=True):
        with on_disk(both[f"cc:{path}"], chosen.fetching, tmp_path) as here:
            assert Path(here.uri).read_bytes() == content


def test_a_process_keeps_to_its_rate_from_archive_to_archive(served: Served, tmp_path: Path) -> None:
    chosen = recipe(served, rate=10)
    archives = inputs_of(chosen)
    began = time.monotonic()
    for archive in archives:
        with on_disk(archive, chosen.fetching, tmp_path):
            pass
    assert time.monotonic() - began >= 0.2
    assert len(served.asked) == 4


def test_a_worker_of_a_run_in_a_store_finds_what_another_left(
    served: Served, tmp_path: Path, scratch: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen = recipe(served)
    archive = inputs_of(chosen)[0]
    sent = pickle.dumps(run_folder("s3://bucket/runs/one"))
    folders, places = set(), set()
    for _ in range(2):
        monkeypatch.setattr(mounts, "_mounts", {})  # another process knows none
        folders.add(folder := pickle.loads(sent))
        with on_disk(archive, chosen.fetching, folder) as here:
            places.add(here.uri)
    assert (len(folders), len(places)) == (2, 1)
    assert run_folder("s3://bucket/runs/two") not in folders


def test_a_plan_draws_of_archives_that_can_be_named(served: Served, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"of a crawl, say \?shards=N in its address"):
        draw_archives(recipe(served), 2)
    path = write_recipe(served, tmp_path / "recipe.toml")
    code, _, err = warm("pipeline", "plan", path, "--sample", "2", "--out", tmp_path / "kept")
    assert (code, "say ?shards=N in its address" in err) == (2, True), err
    assert asked_archives(served) == []
    assert not list(tmp_path.glob("kept/*"))


def test_what_killed_runs_left_long_ago_goes(served: Served, tmp_path: Path, scratch: Path) -> None:
    (scratch / "archives").mkdir(parents=True)
    for name, age in {"old": 8 * 86_400, "new": 6 * 86_400}.items():
        (scratch / "archives" / name).touch()
        os.utime(scratch / "archives" / name, (time.time() - age, time.time() - age))
    chosen = recipe(served)
    with on_disk(inputs_of(chosen)[0], chosen.fetching, tmp_path):
        assert len(left_in(scratch)) == 2
    assert left_in(scratch) == ["new"]


@pytest.mark.slow
def test_workers_of_the_command_fetch_for_themselves(served: Served, tmp_path: Path, scratch: Path) -> None:
    run_pipeline(recipe(served), tmp_path / "reference/run", InlineEngine(1))
    command = [
        "pipeline",
        "run",
        str(write_recipe(served, tmp_path / "recipe.toml")),
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
