"""Whole runs on Ray: the local engine's bytes, whatever dies on the way. Each is a command as people start it."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import orjson
import pytest

from mathmill.data.errors import MathmillError
from mathmill.pipeline.commands import load
from mathmill.pipeline.engines.ray import RayEngine
from mathmill.pipeline.runner import run_pipeline
from mathmill.pipeline.shard_task import ShardTask, run_shard
from tests.archives import html_of, write_archive
from tests.once import once
from tests.pipeline.engines.clusters import ray_cluster, ray_folder
from tests.pipeline.test_passes_run import QUESTION, RECIPE, digest, site, with_banner, with_question
from tests.pipeline.test_runner import start, wait_for
from tests.warm import cold

pytest.importorskip("ray", reason="needs the extra ray")

ARCHIVES, PAGES = 4, 240


def write_crawl(folder: Path) -> None:
    """Some seconds of work, in which pages come twice and an exam is quoted, and its run by the local engine."""
    (folder / "web").mkdir()
    for number in range(ARCHIVES):
        pages = [(f"{site(n)}/{n}", html_of(n)) for n in range(number, ARCHIVES * PAGES, ARCHIVES)]
        pages += [
            ("https://copier.example/9", with_banner(html_of(9))),
            (f"https://leaker.example/{number}", with_question(html_of(99))),
        ]
        write_archive(folder / f"web/part-{number}.warc.gz", pages)
    (folder / "recipe.toml").write_text(RECIPE)
    (folder / "exam.jsonl").write_bytes(orjson.dumps({"question": QUESTION, "answer": "1428"}) + b"\n")
    code, _, err = cold("pipeline", "run", "recipe.toml", "--out", "local/run", "--workers", "2", cwd=folder)
    assert code == 0, err


@pytest.fixture(scope="module")
def crawl(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return once(tmp_path_factory, "crawl-for-engines", write_crawl)


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    with ray_cluster(1, 1) as cluster:
        yield cluster


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """A folder for one run; it is named as the local engine's, since a run's card bears its name."""
    return tmp_path / "run"


def command(out: Path, address: str) -> tuple[str | Path, ...]:
    return ("pipeline", "run", "recipe.toml", "--out", out, "--engine", "ray", "--address", address)


def children(parents: set[int]) -> Iterator[int]:
    """All processes below some, as they are now."""
    below: dict[int, list[int]] = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rsplit(")", 1)[1].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if fields[0] != "Z":
            below.setdefault(int(fields[1]), []).append(int(path.parent.name))
    todo = list(parents)
    while todo:
        for pid in below.get(todo.pop(), []):
            yield pid
            todo.append(pid)


def name_of(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").replace("\0", " ")
    except (FileNotFoundError, ProcessLookupError):
        return ""


def at_work(pids: Iterator[int]) -> list[int]:
    return [pid for pid in pids if name_of(pid).startswith("ray::answer")]


def in_the_middle(process: subprocess.Popen[str], out: Path) -> None:
    wait_for(lambda: list(out.glob("progress/*.json")), 60)
    assert process.poll() is None


def ended(process: subprocess.Popen[str]) -> None:
    _, err = process.communicate(timeout=120)
    assert process.returncode == 0, err


@pytest.mark.slow
def test_a_run_of_passes_gives_the_local_engines_bytes(crawl: Path, cluster: Any, out: Path) -> None:
    code, stdout, err = cold(*command(out, cluster.address), cwd=crawl)
    assert code == 0, err
    assert err.startswith(f"ray: the cluster at {cluster.address}, 2 nodes, 2 cores\n")
    assert stdout.startswith("stage"), "Ray prints nothing"
    assert digest(out) == digest(crawl / "local/run")


def kill_a_worker(cluster: Any) -> None:
    os.kill(at_work(children({os.getpid()}))[0], signal.SIGKILL)


def remove_a_node(cluster: Any) -> None:
    (second,) = cluster.worker_nodes
    cluster.remove_node(second, allow_graceful=False)


@pytest.mark.slow
@pytest.mark.parametrize("harm", [kill_a_worker, remove_a_node], ids=lambda harm: harm.__name__)
def test_harm_in_the_middle_leaves_no_trace(crawl: Path, out: Path, harm: Callable[[Any], None]) -> None:
    with ray_cluster(1, 1) as cluster:
        process = start(*command(out, cluster.address), cwd=crawl)
        in_the_middle(process, out)
        harm(cluster)
        ended(process)
        assert digest(out) == digest(crawl / "local/run")
        assert not list(out.rglob(".*.tmp"))


@pytest.mark.slow
def test_a_driver_that_is_killed_takes_its_work_along_and_goes_on_when_it_is_started_again(
    crawl: Path, cluster: Any, out: Path
) -> None:
    before = set(children({os.getpid()}))
    process = start(*command(out, cluster.address), cwd=crawl)
    in_the_middle(process, out)
    working = at_work(children({os.getpid()}))
    below = set(children(set(working)))
    assert working and below, "there are page processes"
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    gone = {*working, *below} - before
    wait_for(lambda: not any(map(name_of, gone)), 30)
    assert not [name_of(pid) for pid in gone if name_of(pid)]
    code, _, err = cold(*command(out, cluster.address), cwd=crawl)
    assert code == 0, err
    assert digest(out) == digest(crawl / "local/run")


def poisoned(name: str, task: ShardTask) -> Any:
    if task.archive.name == name:
        os.kill(os.getpid(), signal.SIGKILL)
    return run_shard(task)


class Poisoned(RayEngine):
    """An engine whose workers die of one archive."""

    def map(self, function: Any, items: Any) -> Any:
        return super().map(partial(poisoned, "part-2") if function is run_shard else function, items)


@pytest.mark.slow
def test_a_poison_shard_alone_fails(crawl: Path, cluster: Any, out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(crawl)
    recipe = load(Path("recipe.toml"), [], [])
    with pytest.raises(MathmillError, match=r"1 of 4 archives failed, .* web/part-2\.warc\.gz \(WorkerDied"):
        run_pipeline(recipe, out, Poisoned(None, 512, cluster.address))
    assert len(list((out / "records").glob("*.parquet"))) == ARCHIVES - 1
    with closing(RayEngine(None, 512, cluster.address)) as engine:
        assert run_pipeline(recipe, out, engine).fresh == 1
    assert digest(out) == digest(crawl / "local/run")


@pytest.mark.slow
def test_without_a_cluster_a_run_has_a_ray_of_its_own(crawl: Path, out: Path) -> None:
    with ray_folder():
        code, _, err = cold(*command(out, ""), "--workers", "2", cwd=crawl)
    assert code == 0, err
    assert err.startswith("ray: one of its own on this machine, 1 node, 2 cores\n")
    assert digest(out) == digest(crawl / "local/run")


@pytest.mark.slow
@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
@pytest.mark.parametrize("own", [True, False], ids=["of its own", "of a cluster"])
def test_a_signal_ends_a_run_cleanly(crawl: Path, cluster: Any, out: Path, own: bool, number: int, code: int) -> None:
    with ray_folder():
        process = start(*command(out, "" if own else cluster.address), cwd=crawl)
        in_the_middle(process, out)
        os.killpg(process.pid, number)
        _, err = process.communicate(timeout=20)
        assert process.returncode == code, err
        assert "archives finished and saved" in err
        assert "Traceback" not in err
        wait_for(lambda: not [pid for pid in children({os.getpid()}) if name_of(pid).startswith("ray::answer")], 20)
        assert not at_work(children({os.getpid()}))
