"""Whole runs: what comes out is the same whatever the order, the workers or the deaths on the way.

The run to compare with is one of the command as people start it, and so are those of several workers, of deaths at any
time, of signals and of a full disk; all others are `warm`.
"""

from __future__ import annotations

import hashlib
import os
import random
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import orjson
import pyarrow.parquet as pq
import pytest

from mathmill.data.files import COMMIT_POINTS
from mathmill.data.runs import check_outputs, load_manifest
from mathmill.data.shards import read_documents
from mathmill.pipeline.archives import read_archive
from mathmill.pipeline.warc import Record
from tests.archives import html_of, write_archive, write_crawl
from tests.once import once
from tests.warm import COMMAND, cold, warm

LATER_POINTS = ("before_ledger:4", "after_ledger:5", "whole:3")


def start(*arguments: str | Path, cwd: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*COMMAND, *map(str, arguments)],
        cwd=cwd,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def digest(folder: Path) -> dict[str, str]:
    """Hashes of all that a run's recipe and inputs decide: everything but the ledger, its order and the timings."""
    mine = {"ledger.jsonl", "timings.json", "lock"}
    files = [path for path in sorted(folder.rglob("*")) if path.is_file() and path.name not in mine]
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.fixture(scope="module")
def crawl(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a small crawl, a recipe, and a finished run to compare with."""
    return once(tmp_path_factory, "crawl", run_crawl)


def run_crawl(folder: Path) -> None:
    write_crawl(folder / "web")
    (folder / "recipe.toml").write_text('archives = ["web/*.warc.gz"]\n[audit]\nrate = 0.2\n')
    began = time.monotonic()
    code, _, err = cold("pipeline", "run", "recipe.toml", "--out", "reference/run", "--workers", "1", cwd=folder)
    assert code == 0, err
    (folder / "seconds").write_text(str(time.monotonic() - began))


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """A folder for one run; it is named as the reference's, since a run's card bears its name."""
    return tmp_path / "run"


def run(crawl: Path, out: Path, *more: str, **environment: str) -> tuple[int, str, str]:
    return warm("pipeline", "run", "recipe.toml", "--out", out, *more, cwd=crawl, environment=environment)


def run_cold(crawl: Path, out: Path, *more: str, **environment: str) -> tuple[int, str, str]:
    return cold("pipeline", "run", "recipe.toml", "--out", out, *more, cwd=crawl, environment=environment)


def test_the_lessons_are_kept_and_the_news_is_not(crawl: Path, tmp_path: Path) -> None:
    import datasets

    corpus = datasets.load_dataset(str(crawl / "reference/run"), split="train", cache_dir=str(tmp_path / "cache"))
    assert sorted(corpus["url"]) == sorted(f"http://example.org/{n // 30}/{n % 30}" for n in range(0, 90, 3))
    assert all("$" in text for text in corpus["text"])
    assert (crawl / "reference/run/README.md").read_text().startswith("---\nconfigs:")


def test_records_and_bytes_are_conserved(crawl: Path) -> None:
    run = crawl / "reference/run"
    manifest = load_manifest(run)
    table = pq.read_table(run / "records").to_pylist()
    assert manifest["counts"]["records"] == len(table) == 180
    assert manifest["counts"]["kept"] + manifest["counts"]["dropped"] == 180
    assert sum(row["length"] for row in table) == sum(path.stat().st_size for path in (crawl / "web").iterdir())
    kept = [document.id for path in sorted((run / "documents").iterdir()) for document in read_documents(path)]
    assert kept == [row["id"] for row in table if row["outcome"] == "kept"]
    assert check_outputs(run) == []


# `test_passes_run` compares a run of two workers with runs of none: that is the shorter check.
@pytest.mark.slow
@pytest.mark.parametrize("workers", ["2", "4"])
def test_any_number_of_workers_gives_the_same_bytes(crawl: Path, out: Path, workers: str) -> None:
    assert run_cold(crawl, out, "--workers", workers)[0] == 0
    assert digest(out) == digest(crawl / "reference/run")


def test_any_order_of_archives_gives_the_same_corpus(crawl: Path, out: Path) -> None:
    names = [f"web/crawl-{shard:05d}.warc.gz" for shard in (2, 0, 1)]
    assert run(crawl, out, *(part for name in names for part in ("--input", name)))[0] == 0
    mine, theirs = digest(out), digest(crawl / "reference/run")
    for name in ("config.json", "manifest.json", "README.md"):  # they tell the recipe, which names the archives
        mine.pop(name), theirs.pop(name)
    assert mine == theirs


def test_a_finished_run_is_left_as_it_is(crawl: Path, out: Path) -> None:
    folder = shutil.copytree(crawl / "reference/run", out)
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*.*") if path.is_file()}
    code, stdout, _ = run(crawl, folder)
    assert code == 0
    assert "no archive was read" in stdout
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*.*") if path.is_file()} == before


def test_deaths_at_all_points_of_a_commit_leave_no_trace(crawl: Path, out: Path) -> None:
    for point in ("synced:2", *COMMIT_POINTS):
        assert run(crawl, out, MATHMILL_KILL_AT=point)[0] == -signal.SIGKILL, point
    code, _, err = run(crawl, out)
    assert code == 0, err
    assert digest(out) == digest(crawl / "reference/run")
    assert not list(out.rglob(".*.tmp"))


@pytest.mark.slow
@pytest.mark.parametrize("point", [*COMMIT_POINTS, "synced:2", *LATER_POINTS])
def test_death_at_any_point_of_a_commit_leaves_no_trace(crawl: Path, out: Path, point: str) -> None:
    code, _, _ = run_cold(crawl, out, "--workers", "2", MATHMILL_KILL_AT=point)
    assert code == -signal.SIGKILL
    code, _, err = run_cold(crawl, out, "--workers", "2")
    assert code == 0, err
    assert digest(out) == digest(crawl / "reference/run")
    assert not list(out.rglob(".*.tmp"))


@pytest.mark.parametrize("deaths", [1, pytest.param(6, marks=pytest.mark.slow)])
def test_death_at_random_times_leaves_no_trace(crawl: Path, out: Path, deaths: int) -> None:
    times = random.Random(0)
    whole = float((crawl / "seconds").read_text())  # what a run takes on this machine
    for _ in range(deaths):
        process = start("pipeline", "run", "recipe.toml", "--out", out, "--workers", "2", cwd=crawl)
        time.sleep(times.uniform(0.2, 0.9) * whole)
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
    assert run(crawl, out)[0] == 0
    assert digest(out) == digest(crawl / "reference/run")


def workers_of(process: subprocess.Popen[str]) -> Iterator[int]:
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rsplit(")", 1)[1].split()
        except FileNotFoundError:
            continue
        if int(fields[2]) == process.pid and fields[0] != "Z":  # of the run's process group, and not dead
            yield int(path.parent.name)


def wait_for(happened: Callable[[], object], seconds: float) -> None:
    """Wait until it has happened, or for as long as that."""
    deadline = time.monotonic() + seconds
    while not happened() and time.monotonic() < deadline:
        time.sleep(0.02)


def test_workers_do_not_outlive_a_driver_that_is_killed_alone(crawl: Path, out: Path) -> None:
    process = start("pipeline", "run", "recipe.toml", "--out", out, "--workers", "2", cwd=crawl)
    wait_for(lambda: list(out.glob("progress/*.json")), 60)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    wait_for(lambda: not list(workers_of(process)), 30)
    assert list(workers_of(process)) == []
    assert run(crawl, out)[0] == 0
    assert digest(out) == digest(crawl / "reference/run")


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal_ends_a_run_cleanly_within_ten_seconds(crawl: Path, out: Path, number: int, code: int) -> None:
    slow = [(f"http://example.org/{n}", html_of(0)) for n in range(3000)]
    archive = write_archive(out.parent / "slow.warc.gz", slow)
    process = start("pipeline", "run", "recipe.toml", "--out", out, "--input", archive, cwd=crawl)
    wait_for(lambda: list(out.glob("progress/*.json")), 60)
    os.kill(process.pid, number)
    _, err = process.communicate(timeout=10)  # as a rule it takes a fifth of a second
    assert process.returncode == code
    assert "0 of 1 archive finished and saved" in err
    assert len(err.strip().splitlines()) == 1
    wait_for(lambda: not list(workers_of(process)), 30)
    assert list(workers_of(process)) == []


def test_another_recipe_in_the_same_folder_is_refused_with_the_difference(crawl: Path, out: Path) -> None:
    shutil.copytree(crawl / "reference/run", out)
    code, _, err = run(crawl, out, "--set", "audit.rate=0.3")
    assert code == 2
    assert "config.audit.rate: 0.2 -> 0.3" in err


def test_an_archive_that_changed_is_done_again_and_only_that_one(crawl: Path, out: Path) -> None:
    web = out.parent / "web"
    write_crawl(web)
    arguments = ("--input", str(web / "*.warc.gz"))
    assert run(crawl, out, *arguments)[0] == 0
    before = (out / "ledger.jsonl").read_bytes()
    os.utime(web / "crawl-00001.warc.gz")
    assert "no archive was read" in run(crawl, out, *arguments)[1]
    write_archive(web / "crawl-00001.warc.gz", [("http://example.org/new", html_of(3))])
    assert run(crawl, out, *arguments)[0] == 0
    added = [orjson.loads(line)["unit"] for line in (out / "ledger.jsonl").read_bytes()[len(before) :].splitlines()]
    expected = "shard/crawl-00001 decisions/crawl-00001 sizes corpus/train-00000.parquet funnel decided README.md"
    assert added == expected.split()
    assert load_manifest(out)["counts"]["kept"] == 21


def test_an_archive_that_is_added_is_the_only_one_read(crawl: Path, out: Path) -> None:
    web = out.parent / "web"
    write_crawl(web, shards=1)
    arguments = ("--input", str(web / "*.warc.gz"))
    assert run(crawl, out, *arguments)[0] == 0
    write_crawl(web, shards=3)
    code, stdout, _ = run(crawl, out, *arguments)
    assert code == 0
    assert "2 archives in" in stdout
    assert load_manifest(out)["counts"]["kept"] == 30


def test_an_archive_that_is_an_input_no_longer_is_taken_out(crawl: Path, out: Path) -> None:
    web = out.parent / "web"
    write_crawl(web, shards=3)
    arguments = ("--input", str(web / "*.warc.gz"))
    assert run(crawl, out, *arguments)[0] == 0
    (web / "crawl-00001.warc.gz").unlink()
    (web / "b").mkdir()
    code, stdout, _ = run(crawl, out, *arguments)
    assert code == 0
    assert "taken out, since they are inputs no longer: crawl-00001" in stdout
    assert load_manifest(out)["counts"]["kept"] == 20
    assert not list(out.rglob("*crawl-00001*"))
    assert check_outputs(out) == []


def test_a_shard_that_was_killed_before_its_ledger_line_and_then_left_out_does_not_count(
    crawl: Path, out: Path
) -> None:
    web = out.parent / "web"
    write_crawl(web, shards=2)
    arguments = ("--input", str(web / "*.warc.gz"))
    assert run(crawl, out, *arguments, MATHMILL_KILL_AT="before_ledger:2")[0] == -signal.SIGKILL
    assert len(list((out / "records").glob("*.parquet"))) == 2
    (web / "crawl-00001.warc.gz").unlink()
    code, _, err = run(crawl, out, *arguments)
    assert code == 0, err
    assert load_manifest(out)["counts"]["kept"] == 10
    assert check_outputs(out) == []


def test_a_damaged_manifest_is_made_anew(crawl: Path, out: Path) -> None:
    assert run(crawl, out)[0] == 0
    whole = (out / "manifest.json").read_bytes()
    for harm in (b"[]", whole[:-20]):
        (out / "manifest.json").write_bytes(harm)
        assert run(crawl, out)[0] == 0
        assert (out / "manifest.json").read_bytes() == whole


def test_a_corpus_with_an_archive_that_gave_nothing_opens(crawl: Path, tmp_path: Path) -> None:
    import datasets

    archive = write_archive(tmp_path / "news.warc.gz", [("http://example.org/n", html_of(1))])
    (tmp_path / "empty.warc.gz").write_bytes(b"")
    inputs = ("--input", str(archive), "--input", str(tmp_path / "empty.warc.gz"), "--input", "web/crawl-00000.warc.gz")
    out = tmp_path / "out[1]*"  # a name that globs must not take for a pattern
    code, _, err = run(crawl, out, *inputs)
    assert code == 0, err
    assert warm("data", "stats", out, cwd=crawl)[0] == 0
    out.rename(tmp_path / "plain")  # datasets reads the folder's name as a pattern
    corpus = datasets.load_dataset(str(tmp_path / "plain"), split="train", cache_dir=str(tmp_path / "cache"))
    assert len(corpus) == 10


def test_a_look_into_the_corpus(crawl: Path) -> None:
    run = crawl / "reference/run"
    figures = orjson.loads(warm("data", "stats", run, "--json", cwd=crawl)[1])
    assert (figures["documents"], figures["languages"]) == (30, [{"name": "en", "documents": 30}])
    assert figures["sites"] == [{"name": "example.org", "documents": 30}]
    assert sum(row["formulas"] for row in figures["sources"]) == figures["formulas"] > 0
    assert all(row["unbalanced"] == 0 for row in figures["sources"])
    samples = [warm("data", "sample", run, "--json", "--seed", seed, cwd=crawl)[1] for seed in ("0", "0", "1")]
    assert samples[0] == samples[1] != samples[2]
    assert all(row["formula_sources"] for row in orjson.loads(samples[0]))
    code, stdout, _ = warm("data", "dropped", run, "--stage", "nothing", cwd=crawl)
    assert code == 0
    assert "nothing that was left out has stage 'nothing'" in stdout


@pytest.fixture(
    params=["20k", *(pytest.param(room, marks=pytest.mark.slow) for room in ("60k", "80k", "100k"))]
)  # full in a shard, between shards, in the corpus, at the manifest
def tiny_disk(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Path]:
    folder = tmp_path / "tiny"
    folder.mkdir()
    if subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={request.param}", "tmpfs", folder], capture_output=True
    ).returncode:
        pytest.skip("cannot mount a small disk here: it needs root")
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)


def test_a_full_disk_ends_with_74_and_the_run_goes_on_when_there_is_room(crawl: Path, tiny_disk: Path) -> None:
    code, _, err = run_cold(crawl, tiny_disk / "run", "--workers", "1")
    assert code == 74, err
    assert "free some space" in err
    assert len(err.strip().splitlines()) == 1
    subprocess.run(["mount", "-o", "remount,size=50m", tiny_disk], check=True)
    assert run(crawl, tiny_disk / "run")[0] == 0
    assert digest(tiny_disk / "run") == digest(crawl / "reference/run")


@pytest.fixture
def read_only(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "fixed"
    folder.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "ro", "tmpfs", folder], capture_output=True).returncode:
        pytest.skip("cannot mount a read-only disk here: it needs root")
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)


def test_a_folder_that_cannot_be_written_ends_with_73(crawl: Path, read_only: Path) -> None:
    code, _, err = run(crawl, read_only / "run")
    assert code == 73
    assert len(err.strip().splitlines()) == 1


def test_a_second_run_on_the_folder_ends_with_75(crawl: Path, out: Path) -> None:
    from mathmill.data.ledger import FolderLock

    out.mkdir()
    with FolderLock(out):
        code, _, err = run(crawl, out)
    assert code == 75
    assert f"process {os.getpid()}" in err


@pytest.mark.parametrize("pattern", ["web/nothing-*.warc.gz", "web/nothing.warc.gz", "web"])
def test_missing_input_ends_with_66_and_makes_no_folder(crawl: Path, out: Path, pattern: str) -> None:
    code, _, err = run(crawl, out, "--input", pattern)
    assert code == 66
    assert len(err.strip().splitlines()) == 1
    assert not out.exists()


def test_damage_over_the_budget_ends_with_65_and_a_larger_budget_finishes(crawl: Path, out: Path) -> None:
    (out.parent / "not.warc.gz").write_bytes(b"this is no archive at all" * 40)
    arguments = ("--input", "web/crawl-00000.warc.gz", "--input", str(out.parent / "not.warc.gz"))
    code, _, err = run(crawl, out, *arguments)
    assert code == 65
    assert "--error-budget" in err
    code, stdout, _ = run(crawl, out, *arguments, "--error-budget", "0.5")
    assert code == 0
    assert "no archive was read" in stdout
    assert load_manifest(out)["counts"] == {"dropped": 50, "kept": 10, "lost": 1, "pages": 30, "records": 60}


def test_a_page_that_takes_too_much_is_set_aside_and_costs_itself_only(crawl: Path, out: Path) -> None:
    proof = "".join(f"<p>A proof that \\(x^2 = {n}\\) is solvable.</p>" for n in range(24_000))
    huge = html_of(3).replace("</article>", proof + "</article>")
    pages = [(f"http://example.org/{n}", huge if n == 3 else html_of(n)) for n in range(9)]
    archive = write_archive(out.parent / "huge.warc.gz", pages)
    limits = ("--set", "page.megabytes=16", "--error-budget", "0.2")
    code, _, err = run_cold(crawl, out, "--input", str(archive), "--workers", "1", *limits)
    assert code == 0, err
    assert load_manifest(out)["counts"] == {"dropped": 15, "errored": 1, "kept": 2, "pages": 9, "records": 18}
    (row,) = (row for row in pq.read_table(out / "records").to_pylist() if row["outcome"] == "errored")
    assert (row["url"], row["reason"]) == ("http://example.org/3", "page_memory")
    (aside,) = read_archive(out / "aside/huge.warc.gz")
    assert isinstance(aside, Record)
    assert aside.block.endswith(huge.encode())
