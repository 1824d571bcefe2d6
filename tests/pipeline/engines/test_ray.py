"""The engine of a Ray cluster, on two nodes of this machine."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures._base import DoneAndNotDoneFutures
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from mathmill.data.engine import Engine, Failure
from mathmill.data.errors import ConfigError
from mathmill.pipeline.engines import ray as ray_engine
from mathmill.pipeline.engines.check.report import check_engine
from mathmill.pipeline.engines.choice import EngineChoice, make_engine
from mathmill.pipeline.engines.ray import RayEngine
from tests.pipeline.engines.clusters import add_node, ray_cluster, ray_folder
from tests.pipeline.engines.deeds import die_at_three, die_in_company, double, here, processes_of, visit
from tests.pipeline.engines.seam import (
    LAWS,
    Law,
    results_may_be_large,
    what_a_function_raises_is_that_items_failure,
    write,
)

pytest.importorskip("ray", reason="needs the extra ray")


@pytest.fixture(scope="module", autouse=True)
def _short_beats() -> Iterator[None]:
    """Answers of which Ray does not tell, as happens on a busy machine, are looked for that often."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ray_engine, "_BEAT_SECONDS", 0.5)
        yield


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    with ray_cluster(1, 1) as cluster:
        yield cluster


@pytest.fixture(scope="module")
def engine(cluster: Any) -> Iterator[RayEngine]:
    with closing(RayEngine(None, 512, cluster.address)) as engine:
        yield engine


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.__name__)
def test_the_seam(engine: Engine, law: Law, tmp_path: Path) -> None:
    law(engine, tmp_path)


def test_answers_that_ray_does_not_tell_of_are_found(
    engine: RayEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ray_engine, "wait", lambda running, **_: DoneAndNotDoneFutures(set(), set(running)))
    results_may_be_large(engine, tmp_path)
    what_a_function_raises_is_that_items_failure(engine, tmp_path)
    assert dict(engine.map(die_at_three, range(2, 4))).keys() == {2, 3}


def test_paths_are_relative_to_where_the_driver_is(
    engine: RayEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").write_text(name)
        monkeypatch.chdir(tmp_path / name)
        assert list(engine.map(here, ["file"])) == [("file", name)]


def test_no_more_items_are_at_work_than_there_are_workers(cluster: Any, engine: RayEngine, tmp_path: Path) -> None:
    began = time.monotonic()
    with closing(RayEngine(1, 512, cluster.address)) as one:
        assert len(list(one.map(visit, [(tmp_path, n, 0.2) for n in range(4)]))) == 4
    assert time.monotonic() - began >= 0.8


@pytest.mark.slow
def test_what_may_have_killed_its_worker_is_done_one_a_node(cluster: Any, tmp_path: Path) -> None:
    """Nodes of two cores each, on which Ray's own ways to spread would put two side by side."""
    nodes = [add_node(cluster, 2), add_node(cluster, 2)]
    items = [(tmp_path, number) for number in range(9)]
    try:
        with closing(RayEngine(None, 512, cluster.address)) as engine:
            found = dict(engine.map(die_in_company, items))
    finally:
        for node in nodes:
            cluster.remove_node(node)
    assert found == dict.fromkeys(items, 0), "beside how many others it ran"
    assert len({path.read_text() for path in tmp_path.glob("*.again")}) > 1, "not all one after the other"


def test_nothing_of_ray_is_printed(engine: RayEngine, capfd: pytest.CaptureFixture[str]) -> None:
    assert isinstance(dict(engine.map(die_at_three, range(4)))[3], Failure)
    time.sleep(0.5)
    assert capfd.readouterr() == ("", "")


def test_signals_stay_with_the_command(cluster: Any, engine: RayEngine) -> None:
    assert list(engine.map(double, [1])) == [(1, 2)]
    engine.close()
    before = signal.signal(signal.SIGTERM, lambda *_: None)
    try:
        mine = signal.getsignal(signal.SIGTERM)
        assert list(engine.map(double, [1])) == [(1, 2)]
        assert signal.getsignal(signal.SIGTERM) is mine
    finally:
        signal.signal(signal.SIGTERM, before)


def test_a_node_with_other_code_is_refused(engine: RayEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ray_engine, "code_version", lambda: "0.0.0+other")
    with pytest.raises(ConfigError, match=r"has mathmill .* this machine 0\.0\.0\+other: install the same on all"):
        list(engine.map(double, range(5)))


def test_more_memory_than_a_node_has_is_refused(cluster: Any, engine: RayEngine, tmp_path: Path) -> None:
    write(tmp_path / "t", "a.parquet", [1])
    with pytest.raises(ConfigError, match=r"no node .* gives 99,000,000 MB to a query, the largest .* --memory"):
        RayEngine(None, 99_000_000, cluster.address).sql("SELECT n FROM t", {"t": tmp_path / "t"}, tmp_path / "out")
    with pytest.raises(ConfigError, match="no node of the cluster gives 99,000,000 MB"):
        RayEngine(None, 99_000_000, cluster.address).check_memory()


def test_the_check_tells_both_nodes_and_proves_them(cluster: Any, engine: RayEngine, tmp_path: Path) -> None:
    found = check_engine(EngineChoice("ray", None, 512, cluster.address), str(tmp_path))
    assert found.problems == []
    assert [node.cores for node in found.nodes] == [1, 1]
    assert {step.name: step.problem for step in found.steps}["a query"] == ""
    assert not list(tmp_path.iterdir())


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("127.0.0.1:PORT", "no Ray answers at 127.0.0.1:"),
        ("nonsense", "it is not HOST:PORT, add the port.*6379 by default"),
        ("localhost:99999", "no Ray answers at localhost:99999"),
        ("ray://localhost:10001", "run the command on a node of the cluster"),
        ("auto", "no Ray runs on this machine"),
    ],
)
def test_an_address_that_leads_nowhere_is_told_at_once(address: str, words: str) -> None:
    with ray_folder(), pytest.MonkeyPatch.context() as patch:
        patch.setattr("ray.is_initialized", lambda: False)  # as in a command of its own
        with pytest.raises(ConfigError, match=words):
            list(RayEngine(1, 512, address.replace("PORT", str(free_port()))).map(double, [1]))


def test_where_ray_is_not_installed_the_error_says_how_to(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    for work in (
        lambda: list(make_engine(EngineChoice("ray")).map(double, [1])),
        lambda: check_engine(EngineChoice("ray"), ""),
    ):
        with pytest.raises(ConfigError, match=r"pip install 'mathmill\[ray\]'"):
            work()


DRIVER = """
import sys
from pathlib import Path
from mathmill.pipeline.engines.ray import RayEngine
from tests.pipeline.engines.deeds import visit
for item, _ in RayEngine(None, 512, sys.argv[1]).map(visit, [(Path(sys.argv[2]), n, 600.0) for n in range(4)]):
    raise AssertionError(item)
"""


def wait_for(happened: Callable[[], object], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not happened() and time.monotonic() < deadline:
        time.sleep(0.05)


@pytest.mark.parametrize("own", [False, pytest.param(True, marks=pytest.mark.slow)], ids=["of a cluster", "of its own"])
def test_workers_end_soon_when_their_driver_is_killed(cluster: Any, tmp_path: Path, own: bool) -> None:
    with ray_folder():
        process = subprocess.Popen(
            [sys.executable, "-c", DRIVER, "" if own else cluster.address, tmp_path], start_new_session=True
        )
        wait_for(lambda: len(list(tmp_path.iterdir())) == 2, 60)
        workers = list(processes_of(tmp_path))
        assert len(workers) == 2
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        wait_for(lambda: not list(processes_of(tmp_path)), 30)
        assert list(processes_of(tmp_path)) == []
