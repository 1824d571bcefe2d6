"""The check of an engine: what its nodes are, whether they are alike and meet in a folder, and a small job."""

from __future__ import annotations

import shutil
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import orjson
import pytest

from mathmill.data.engine import Failure
from mathmill.data.store.store import Store
from mathmill.pipeline.engines.check import report
from mathmill.pipeline.engines.check.probe import MeetingPlace, NodeFacts, look
from mathmill.pipeline.engines.ray import RayEngine
from mathmill.pipeline.engines.ray_cluster import OtherCode
from tests.data.store.s3_server import BUCKET
from tests.pipeline.engines.clusters import add_node, ray_cluster
from tests.pipeline.test_runner import wait_for
from tests.warm import cold

SOURCE = Path(__file__).resolve().parents[3] / "src"


def test_this_machine_is_told_and_proved(tmp_path: Path) -> None:
    out = tmp_path / "runs/first"
    code, stdout, err = cold("engine", "check", "--out", out, "--json")
    assert (code, err) == (0, "")
    found = orjson.loads(stdout)
    (node,) = found["nodes"]
    assert node["facts"]["code"] == look("").code
    assert node["cores"] >= 1 and node["facts"]["memory"] > 1 << 28 and node["facts"]["scratch_free"] > 0
    assert [step["name"] for step in found["steps"]][1:] == [
        "items that do nothing",
        "an item that raises",
        "an item that kills its worker",
        "a query",
    ]
    assert found["problems"] == []
    assert not list(tmp_path.iterdir()), "the check leaves nothing"


def test_a_folder_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    code, _, err = cold("engine", "check", "--out", tmp_path / "file/runs")
    assert code == 73
    assert "cannot write" in err


MINE = look("")


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        (MINE, ""),
        (replace(MINE, code="0.1.0+other"), "has mathmill 0.1.0+other, this machine"),
        (replace(MINE, python="2.7.1"), "has Python 2.7.1, this machine"),
        (replace(MINE, libraries={**MINE.libraries, "duckdb": "0.1"}), "has duckdb 0.1, this machine"),
        (replace(MINE, libraries={**MINE.libraries, "duckdb": ""}), "has duckdb not installed"),
        (replace(MINE, folder="does not see what the driver wrote there"), "all nodes have to see it"),
        (replace(MINE, answer="answer-1"), "it is another folder of the same path"),
        (
            Failure(ModuleNotFoundError("No module named 'mathmill'")),
            "has another mathmill than this machine, or none (No",
        ),
        (Failure(OtherCode("0.1.0+other")), "has mathmill 0.1.0+other, this machine"),
    ],
)
def test_what_is_wrong_with_a_node_is_said(facts: NodeFacts | Failure, words: str) -> None:
    problem = report._seen("one", 4, facts, MINE, ["answer-1"]).problem
    assert words in problem if words else problem == ""


def who_sees_what_is_shown(folder: str, elsewhere: str) -> None:
    place = MeetingPlace.below(folder)
    wrong, name = place.answer()
    assert wrong == "" and place.missing([name]) == []
    assert place.missing(["answer-2"]) == ["answer-2"]
    assert MeetingPlace(elsewhere).answer()[0] == "does not see what the driver wrote there"
    place.remove()


def test_nodes_meet_in_a_folder(tmp_path: Path) -> None:
    who_sees_what_is_shown(str(tmp_path / "a/b"), str(tmp_path / "c"))
    assert not list(tmp_path.iterdir()), "a node makes no folder, and the driver takes its own away"


def test_nodes_meet_under_an_address(address: str) -> None:
    who_sees_what_is_shown(address, f"{address}-2/.check")
    assert not Store(BUCKET).walk()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("file", "old", "new", "row"),
    [
        ("data/errors.py", "from __future__", "# another line\nfrom __future__", "duckdb "),
        ("pipeline/engines/check/report.py", "_look_at", "_look_elsewhere", "has mathmill 0"),
    ],
)
def test_a_node_with_other_code_is_named(tmp_path: Path, file: str, old: str, new: str, row: str) -> None:
    pytest.importorskip("ray", reason="needs the extra ray")
    shutil.copytree(SOURCE, tmp_path / "src")
    changed = tmp_path / "src/mathmill" / file
    changed.write_text(changed.read_text().replace(old, new))
    with ray_cluster(1) as cluster, pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(tmp_path / "src"))
        add_node(cluster, 1)
        patch.undo()
        arguments = ("--engine", "ray", "--address", cluster.address)
        code, stdout, err = cold("engine", "check", *arguments)
        assert code == 2
        assert "install the same on all nodes" in err
        assert "the small job was not tried" in stdout
        (told,) = (line for line in stdout.splitlines() if line.endswith("  no"))
        assert row in told
        assert "+" in told.partition(row)[0] and look("").code not in told.partition(row)[0], "its own code"


@pytest.mark.slow
def test_a_folder_that_a_node_does_not_see_is_named(tmp_path: Path) -> None:
    """The second node is started below a mount of its own, as if its disk were another."""
    pytest.importorskip("ray", reason="needs the extra ray")
    private = ["unshare", "--mount", "--propagation", "private"]
    if subprocess.run([*private, "true"], capture_output=True).returncode:
        pytest.skip("cannot mount here: it needs root")
    runs = tmp_path / "runs"
    runs.mkdir()
    with ray_cluster(1) as cluster:
        join = f"{sys.executable} -m ray.scripts.scripts start --address={cluster.address} --num-cpus=1 --block"
        script = f"mount -t tmpfs tmpfs {runs} && exec {join}"
        node = subprocess.Popen([*private, "sh", "-c", script], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            with closing(RayEngine(None, 512, cluster.address)) as engine:
                wait_for(lambda: len(engine.on_each_node(_nothing)) == 2, 60)
            arguments = ("--engine", "ray", "--address", cluster.address, "--out", runs)
            code, _, err = cold("engine", "check", *arguments)
        finally:
            node.terminate()
            node.wait()
    assert code == 2, err
    assert "does not see what the driver wrote there: all nodes have to see it" in err


def _nothing(node: object) -> None:
    pass


@pytest.mark.slow
def test_an_address_is_told_and_proved(address: str) -> None:
    code, stdout, err = cold("engine", "check", "--out", address)
    assert code == 0, err
    assert f"{address} is seen and written from every node" in stdout
    assert not Store(BUCKET).walk()
