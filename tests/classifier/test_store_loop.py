"""A loop whose folder lies in object storage is the loop that a folder of this machine would hold."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
from pathlib import Path

import orjson
import pytest

from mathmill.classifier.iterate import iterate
from mathmill.classifier.train import train
from mathmill.data.engine import Engine
from mathmill.data.runs import check_outputs, find_runs
from mathmill.data.store import mounts
from mathmill.data.store.mounts import run_folder
from mathmill.pipeline.engines.local import LocalEngine
from tests.classifier import made_web
from tests.classifier.test_iterate import recipe
from tests.data.store.s3_server import S3Server
from tests.warm import InlineEngine


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("web")
    made_web.write(folder, list(made_web.pages()))
    return folder


def there(s3: S3Server, address: str) -> dict[str, bytes]:
    """The files of all runs of a loop but those that differ by machine or time."""
    found = s3.files(address)
    return {name: data for name, data in found.items() if "/ledger/" not in name and _is_same(name)}


def here(folder: Path) -> dict[str, bytes]:
    files = [path for path in folder.rglob("*") if path.is_file() and _is_same(path.name)]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def _is_same(name: str) -> bool:
    return name.rpartition("/")[2] not in ("ledger.jsonl", "timings.json", "lock")


def _hashes(files: dict[str, bytes]) -> dict[str, str]:
    return {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}


def test_a_training_in_a_store_is_the_same(web: Path, address: str, s3: S3Server, tmp_path: Path) -> None:
    wanted = recipe(web, labels=None)
    train(wanted, tmp_path / "run", InlineEngine(1))
    train(wanted, run_folder(address), InlineEngine(1))
    assert _hashes(there(s3, address)) == _hashes(here(tmp_path / "run"))


@pytest.mark.slow
@pytest.mark.parametrize("engine", [InlineEngine(1), LocalEngine(2)])
def test_a_loop_in_a_store_is_the_same(
    web: Path, address: str, s3: S3Server, tmp_path: Path, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = recipe(web)
    iterate(wanted, tmp_path / "run", InlineEngine(1))
    loop = iterate(wanted, run_folder(address), engine)
    assert loop.classifier == run_folder(address) / "classifier"
    assert _hashes(there(s3, address)) == _hashes(here(tmp_path / "run"))
    monkeypatch.setattr(mounts, "_mounts", {})  # as another process sees it
    again = iterate(recipe(web, rounds=3), run_folder(address), engine)
    assert len(again.rounds) == 3
    iterate(recipe(web, rounds=3), tmp_path / "run", InlineEngine(1))
    assert _hashes(there(s3, address)) == _hashes(here(tmp_path / "run"))
    monkeypatch.setattr(mounts, "_mounts", {})
    runs = find_runs(run_folder(address))
    assert [run.name for run in runs] == ["classifier", "pages", "round-1", "round-2", "round-3"]
    assert not [fault for run in runs for fault in check_outputs(run)]


@pytest.mark.slow
def test_a_loop_that_is_killed_goes_on(web: Path, address: str, s3: S3Server, tmp_path: Path) -> None:
    wanted = recipe(web)
    iterate(wanted, tmp_path / "run", InlineEngine(1))
    program = (
        "import sys; from mathmill.classifier.iterate import iterate\n"
        "from mathmill.classifier.recipe import LoopRecipe\n"
        "from mathmill.pipeline.engines.local import LocalEngine\n"
        "if __name__ == '__main__':\n"
        "    iterate(LoopRecipe.model_validate_json(sys.argv[1]), sys.argv[2], LocalEngine(2))\n"
    )
    (tmp_path / "loop.py").write_text(program)
    command = [
        sys.executable,
        str(tmp_path / "loop.py"),
        orjson.dumps(wanted.model_dump(mode="json")).decode(),
        address,
    ]
    for point in ("before_ledger:3", "after_ledger:9", "renamed:14", "whole:4", ""):
        environment = {**os.environ, **({"MATHMILL_KILL_AT": point} if point else {})}
        done = subprocess.run(
            command, env=environment, start_new_session=True, capture_output=True, text=True, timeout=300
        )
        assert done.returncode in ((0, -signal.SIGKILL) if point else (0,)), done.stderr
    assert _hashes(there(s3, address)) == _hashes(here(tmp_path / "run"))
