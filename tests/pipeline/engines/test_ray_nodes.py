"""Nodes of a Ray cluster that come and go, each time in a cluster of its own; all of it is slow."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from mathmill.data.engine import Failure, WorkerDied
from mathmill.data.errors import MathmillError
from mathmill.pipeline.engines import ray as ray_engine
from mathmill.pipeline.engines.ray import RayEngine
from tests.pipeline.engines.clusters import STORE_BYTES, add_node, ray_cluster, ray_folder
from tests.pipeline.engines.deeds import die_then_stay, double, sleep_long, visit
from tests.pipeline.test_runner import wait_for
from tests.warm import cold

pytest.importorskip("ray", reason="needs the extra ray")


@pytest.mark.slow
def test_items_of_a_node_that_goes_away_are_done_elsewhere_and_a_new_node_is_used(tmp_path: Path) -> None:
    with ray_cluster(1, 1) as cluster:
        (second,) = cluster.worker_nodes
        found: list[Any] = []
        with closing(RayEngine(None, 512, cluster.address)) as engine:
            for item, result in engine.map(visit, [(tmp_path, n, 0.5) for n in range(48)]):
                found.append(result)
                assert item[1] == result
                if len(found) == 8:
                    before = {path.suffix for path in tmp_path.iterdir()}
                    cluster.remove_node(second, allow_graceful=False)
                if len(found) == 12:
                    add_node(cluster, 2)
        assert sorted(found) == list(range(48))
        assert len(before) == 2
        assert {path.suffix for path in tmp_path.iterdir()} - before, "the new node did nothing"


@pytest.mark.slow
def test_an_item_below_which_nodes_go_away_again_and_again_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ray_engine, "_NODES", 3)
    with ray_cluster(0) as cluster, closing(RayEngine(None, 512, cluster.address)) as engine:
        assert len(engine.on_each_node(nothing)) == 1
        with ThreadPoolExecutor(1) as pool:
            found = pool.submit(lambda: list(engine.map(visit, [(tmp_path, 0, 600.0)])))
            for count in range(1, 4):
                node = add_node(cluster, 1)
                wait_for(partial(is_visited, tmp_path, count), 60)
                cluster.remove_node(node, allow_graceful=False)
            ((_, result),) = found.result(60)
        assert isinstance(result, Failure) and isinstance(result.error, WorkerDied)
        assert "the node that it ran on went away, 3 times" in str(result.error)


@pytest.mark.slow
def test_an_item_that_is_bound_to_a_node_is_done_elsewhere_when_that_goes_away(tmp_path: Path) -> None:
    with ray_cluster(0, 1) as cluster, closing(RayEngine(None, 512, cluster.address)) as engine:
        (first,) = cluster.worker_nodes
        with ThreadPoolExecutor(1) as pool:
            found = pool.submit(lambda: list(engine.map(die_then_stay, [tmp_path])))
            wait_for(partial(is_visited, tmp_path, 2), 60)
            cluster.remove_node(first, allow_graceful=False)
            add_node(cluster, 1)
            assert found.result(60) == [(tmp_path, "alive")]


@pytest.mark.slow
def test_an_item_that_waits_for_a_core_of_its_node_says_so_and_is_done_elsewhere_when_that_goes_away(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(ray_engine, "_TELL_SECONDS", 1.0)
    monkeypatch.setattr(ray_engine, "_BEAT_SECONDS", 0.5)
    with ray_cluster(0, 1) as cluster, closing(RayEngine(None, 512, cluster.address)) as engine:
        (first,) = cluster.worker_nodes
        assert len(engine.on_each_node(nothing)) == 2
        ray = engine._joined().ray
        ray.remote(sleep_long).options(num_cpus=1, max_retries=0).remote(0)
        wait_for(lambda: not ray.available_resources().get("CPU", 0), 60)
        with engine._flight(double, {"num_cpus": 1}, is_apart=True) as flight, ThreadPoolExecutor(1) as pool:
            found = pool.submit(lambda: [result for _, result in flight.over([1])])
            wait_for(lambda: "waiting for a core that another job holds" in capsys.readouterr().err, 60)
            assert flight._running
            cluster.remove_node(first, allow_graceful=False)
            add_node(cluster, 1)
            assert found.result(60) == [2]


def nothing(node: object) -> None:
    pass


@pytest.mark.slow
def test_a_cluster_without_a_core_is_given_up_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ray_engine, "_PATIENCE_SECONDS", 1.0)
    monkeypatch.setattr(ray_engine, "_BEAT_SECONDS", 0.5)
    said = "had no node that gives 1 core and 0 MB to work: see `ray status`"
    with (
        ray_cluster(0) as cluster,
        closing(RayEngine(None, 512, cluster.address)) as engine,
        pytest.raises(MathmillError, match=said),
    ):
        list(engine.map(double, [1]))


def is_visited(folder: Path, times: int) -> bool:
    return len(list(folder.iterdir())) >= times


@pytest.mark.slow
def test_a_head_of_this_machine_that_asks_for_a_token_is_shown_it(tmp_path: Path) -> None:
    (tmp_path / ".ray").mkdir()
    (tmp_path / ".ray/auth_token").write_text("0123456789abcdef" * 4)
    with ray_folder(), pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOME", str(tmp_path))
        noted = Path(os.environ["RAY_TMPDIR"], "ray/ray_current_cluster")
        start = f"-m ray.scripts.scripts start --head --port=0 --num-cpus=1 --object-store-memory={STORE_BYTES} --block"
        head = subprocess.Popen([sys.executable, *start.split()], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            wait_for(noted.exists, 60)
            address = "127.0.0.1:" + noted.read_text().rpartition(":")[2].strip()
            for named in ("", address):
                code, _, err = cold("engine", "check", "--engine", "ray", "--address", named)
                assert code == 0, err
        finally:
            head.terminate()
            head.wait()
