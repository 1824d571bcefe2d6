"""Spark on a cluster of processes: the local engine's bytes, and deaths of all kinds."""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mathmill.data.engine import Failure, WorkerDied
from mathmill.data.errors import ConfigError, MathmillError
from mathmill.pipeline import commands
from mathmill.pipeline.engines.choice import EngineChoice
from mathmill.pipeline.engines.spark import SparkEngine
from tests.once import once
from tests.pipeline.engines.deeds import double, visit
from tests.pipeline.engines.seam import LAWS, Law, write
from tests.pipeline.engines.spark_cluster import SparkCluster, below, gone, parent, spark_cluster
from tests.pipeline.test_passes_run import digest, write_crawl
from tests.warm import COMMAND

pytest.importorskip("pyspark", reason="needs the extra spark")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("java") is None, reason="needs Java"),
]


@pytest.fixture(scope="module")
def cluster() -> Iterator[SparkCluster]:
    with spark_cluster(1, 1) as cluster:
        yield cluster


@pytest.fixture(scope="module")
def crawl(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return once(tmp_path_factory, "crawl-with-copies", write_crawl)


def started(cluster: SparkCluster, crawl: Path, out: Path) -> subprocess.Popen[str]:
    options = ("recipe.toml", "--out", out, "--engine", "spark", "--memory", 512, "--address", cluster.address)
    return subprocess.Popen(
        [*COMMAND, "pipeline", "run", *map(str, options)],
        cwd=crawl,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


@pytest.fixture
def engine(cluster: SparkCluster) -> Iterator[SparkEngine]:
    engine = SparkEngine(None, 512, cluster.address)
    yield engine
    engine.close()


@pytest.fixture(scope="module")
def lasting(cluster: SparkCluster) -> Iterator[SparkEngine]:
    """One session for all laws; it comes first, and ends before others ask for the cluster's cores."""
    engine = SparkEngine(None, 512, cluster.address)
    yield engine
    engine.close()


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.__name__)
def test_the_seam(lasting: SparkEngine, law: Law, tmp_path: Path) -> None:
    law(lasting, tmp_path)
    if law is LAWS[-1]:
        lasting.close()


def test_a_run_is_that_of_the_local_engine(cluster: SparkCluster, crawl: Path, tmp_path: Path) -> None:
    process = started(cluster, crawl, tmp_path / "run")
    _, err = process.communicate(timeout=600)
    assert process.returncode == 0, err
    assert "WARN" not in err
    assert digest(tmp_path / "run") == digest(crawl / "first/run")


# Each ends something above a process that works on an item; there are the daemon, Java, and the node's worker.
def killed_process(cluster: SparkCluster, pid: int) -> None:
    os.kill(pid, signal.SIGKILL)


def killed_executor(cluster: SparkCluster, pid: int) -> None:
    os.kill(parent(parent(pid)), signal.SIGKILL)


def removed_node(cluster: SparkCluster, pid: int) -> None:
    executor = parent(parent(pid))
    lost = next(each for each in cluster.workers if each.pid == parent(executor))
    cluster.workers.remove(lost)
    for each in (lost.pid, executor):
        os.kill(each, signal.SIGKILL)
    lost.wait()
    cluster.add_worker(1)  # which joins while the rest is worked on


@pytest.mark.parametrize("accident", [killed_process, killed_executor, removed_node], ids=lambda each: each.__name__)
def test_nothing_is_lost_with_a(
    cluster: SparkCluster, engine: SparkEngine, tmp_path: Path, accident: Callable[[SparkCluster, int], None]
) -> None:
    items = [(tmp_path, number, 4.0 if number else 0.5) for number in range(6)]
    found = []
    for item, result in engine.map(visit, items):
        found.append((item, result))
        if len(found) == 1:
            accident(cluster, next(pid for pid in visitors(tmp_path, result)))
    assert sorted(found) == [(item, item[1]) for item in items]
    assert len(list(tmp_path.iterdir())) > len(items), "nothing was hit"


def visitors(folder: Path, done: object) -> Iterator[int]:
    """The process of an item that is worked on, as soon as there is one."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        yield from (int(path.suffix[1:]) for path in folder.iterdir() if path.stem != str(done))
        time.sleep(0.05)


def end_the_executor(number: int) -> int:
    """At three, ends the executor above this process."""
    if number == 3:
        os.kill(parent(os.getppid()), signal.SIGKILL)
        time.sleep(60)
    time.sleep(0.2)
    return number


def test_an_item_that_ends_executors_fails_alone(engine: SparkEngine) -> None:
    found = dict(engine.map(end_the_executor, range(8)))
    failure = found.pop(3)
    assert isinstance(failure, Failure)
    assert isinstance(failure.error, WorkerDied)
    assert found == {number: number for number in range(8) if number != 3}


def test_a_driver_that_is_killed_leaves_nothing_behind_and_goes_on(
    cluster: SparkCluster, crawl: Path, tmp_path: Path
) -> None:
    out = tmp_path / "run"
    driver = started(cluster, crawl, out)
    deadline = time.monotonic() + 300
    while not list(out.glob("near_duplicates_stars_b05/*.parquet")) and time.monotonic() < deadline:
        time.sleep(0.05)
    processes = [pid for above in (driver.pid, *(worker.pid for worker in cluster.workers)) for pid in below(above)]
    assert len(processes) > 2
    driver.kill()
    driver.communicate()
    gone(processes)
    assert not (out / "manifest.json").exists()
    again = started(cluster, crawl, out)
    _, err = again.communicate(timeout=600)
    assert again.returncode == 0, err
    assert digest(out) == digest(crawl / "first/run")


HERE = Path("/proc/self/cwd")  # another folder for each process: so it is on nodes that share none


def test_a_table_that_executors_do_not_see_is_told(
    cluster: SparkCluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / "t", "a.parquet", [1])
    monkeypatch.chdir(tmp_path)
    engine = SparkEngine(None, 512, cluster.address)  # its Java starts here; its executors' in folders of their own
    try:
        with pytest.raises(ConfigError, match=r"executors do not reach .* choose a folder that all nodes share"):
            engine.sql("SELECT n FROM t ORDER BY n", {"t": HERE / "t"}, tmp_path / "out")
        engine.check_folder(tmp_path)
    finally:
        engine.close()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["t"]


def test_a_run_in_a_store_is_refused_at_once_where_executors_do_not_see_its_tables(
    cluster: SparkCluster, crawl: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The copy of the run's folder is below one that only this process has open, under this number."""
    descriptor = os.open(tmp_path, os.O_RDONLY)
    number = fcntl.fcntl(descriptor, fcntl.F_DUPFD, 200)
    monkeypatch.setattr(commands, "run_folder", lambda _: Path(f"/proc/self/fd/{number}/run"))
    monkeypatch.chdir(crawl)
    recipe, choice = commands.load(Path("recipe.toml"), [], []), EngineChoice("spark", None, 512, cluster.address)
    try:
        with pytest.raises(ConfigError, match=r"have to see the run's tables in .* and do not on .* MATHMILL_SCRATCH"):
            commands.run(recipe, Path("s3:/bucket/run"), choice, 0.0)
    finally:
        os.close(descriptor)
        os.close(number)
    assert list((tmp_path / "run").iterdir()) == []


def test_a_cluster_that_ends_is_told(tmp_path: Path) -> None:
    with spark_cluster(1) as small:
        engine = SparkEngine(None, 512, small.address)
        assert list(engine.map(double, [1])) == [(1, 2)]
        engine._session.java.kill()  # type: ignore[union-attr]
        with pytest.raises(MathmillError, match=r"Spark on spark://.* has ended"):
            list(engine.map(double, range(3)))
        engine.close()
        assert list(engine.map(double, [2])) == [(2, 4)]
        engine.close()
