"""Trackers: all work without an account or a network, none asks, and none ends a training or hides that it failed."""

from __future__ import annotations

import importlib.util
import os
import pty
import select
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from mathmill.data.errors import ConfigError
from mathmill.train.watch import trackers
from mathmill.train.watch.trackers import Told, Tracker, open_trackers

NAMES = ("tensorboard", "trackio", "wandb")
LOGGING = """
import sys
from pathlib import Path
from mathmill.train.watch.trackers import Told, open_trackers
name, folder, first, last = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
with open_trackers([name], Told(folder, "tests", "a run", {"rate": 1e-5, "parts": [{"weight": 0.5}]})) as opened:
    for step in range(first, last + 1):
        opened.log(step, {"step": step, "loss": first / step, "validation_loss": None, "skipped": True})
"""


def logged(name: str, folder: Path, first: int, last: int) -> tuple[str, str]:
    """Output and messages of a process that sends steps to a tracker, at a terminal and without an account."""
    if importlib.util.find_spec(name) is None:
        pytest.skip(f"{name} is not installed")
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("WANDB", "TRACKIO", "HF_"))}
    environment |= {"HOME": str(folder), "XDG_CONFIG_HOME": str(folder), "TRACKIO_DIR": str(folder / "trackio")}
    command = [sys.executable, "-c", LOGGING, name, str(folder), str(first), str(last)]
    ours, theirs = pty.openpty()  # where a package that wants to ask would wait for an answer
    os.set_blocking(ours, False)
    try:
        done = subprocess.run(
            command, stdin=theirs, stdout=subprocess.PIPE, stderr=theirs, text=True, env=environment, timeout=60
        )
        said = os.read(ours, 1 << 16).decode() if select.select([ours], [], [], 0)[0] else ""
    finally:
        os.close(ours)
        os.close(theirs)
    assert done.returncode == 0, said
    return done.stdout, said


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_each_takes_a_run_and_one_that_goes_on(name: str, tmp_path: Path) -> None:
    for first, last in ((1, 4), (3, 6)):
        output, said = logged(name, tmp_path, first, last)
        assert output == "" and "mind:" not in said
    kept = {
        "tensorboard": "tensorboard/events.*",
        "trackio": "trackio/tests.db",
        "wandb": "wandb/offline-run-*/*.wandb",
    }
    assert [path for path in tmp_path.glob(kept[name]) if path.stat().st_size]


@pytest.mark.slow
def test_wandb_without_an_account_stays_here_and_says_so(tmp_path: Path) -> None:
    _, said = logged("wandb", tmp_path, 1, 2)
    assert "wandb: offline" in said and f"wandb sync {tmp_path}/wandb/offline-run-" in said


def test_tensorboard_shows_each_step_once_as_it_was_done_last(tmp_path: Path) -> None:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    told = Told(tmp_path / "run", "tests", "a run", {"rate": 1e-5})
    for first in (1, 3):
        with open_trackers(["tensorboard"], told) as opened:
            for step in range(first, first + 3):
                opened.log(step, {"step": step, "loss": float(first), "rate": float("inf"), "skipped": step == 4})
    seen = EventAccumulator(str(tmp_path / "run" / "tensorboard")).Reload()
    assert sorted(seen.Tags()["scalars"]) == ["loss", "skipped"]
    assert [(each.step, each.value) for each in seen.Scalars("loss")] == [(1, 1), (2, 1), (3, 3), (4, 3), (5, 3)]
    assert [each.step for each in seen.Scalars("skipped") if each.value] == [4]
    assert b'{"rate":0.00001}' in seen.Tensors("config/text_summary")[0].tensor_proto.string_val[0]


def test_one_that_cannot_be_opened_is_told_of_once(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "tensorboard").write_text("a file where a folder should be")
    with open_trackers(["tensorboard"], Told(tmp_path, "tests", "a run", {})) as opened:
        for step in range(1, 4):
            opened.log(step, {"loss": 1.0})
    told = capfd.readouterr().err.splitlines()
    assert len(told) == 1 and told[0].startswith(
        "mind: tensorboard hears no more of this run from step 1 on (FileExists"
    )


@pytest.mark.parametrize(("fails_at", "told"), [(2, "from step 2 on (OSError: no space left)"), (0, "the end")])
def test_one_that_fails_later_is_told_of_once_and_others_go_on(
    fails_at: int, told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    seen: dict[str, list[int]] = {}

    def opener(name: str) -> Callable[[Told, int], Tracker]:
        def log(step: int, values: dict[str, float]) -> None:
            seen.setdefault(name, []).append(step)
            fail(name == "trackio" and step == fails_at)

        return lambda told, step: Tracker(log, lambda: fail(name == "trackio" and not fails_at))

    for name in NAMES:
        monkeypatch.setitem(trackers._OPENERS, name, opener(name))
    with trackers.Trackers(NAMES, Told(tmp_path, "tests", "a run", {})) as opened:
        for step in range(1, 5):
            opened.log(step, {"loss": 1.0})
    assert seen["tensorboard"] == seen["wandb"] == [1, 2, 3, 4]
    assert seen["trackio"] == ([1, 2] if fails_at else [1, 2, 3, 4])
    lines = capfd.readouterr().err.splitlines()
    assert len(lines) == 1 and told in lines[0] and "trackio" in lines[0]


def fail(really: bool) -> None:
    if really:
        raise OSError("no space left")


def test_one_that_is_not_installed_is_refused_before_anything_is_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "trackio", None)
    with pytest.raises(ConfigError, match="trackio is not installed: pip install trackio"):
        open_trackers(["trackio"], Told(tmp_path, "tests", "a run", {}))
    with pytest.raises(ConfigError, match="no tracker is called 'mlflow'; known are tensorboard, trackio, wandb"):
        open_trackers(["mlflow"], Told(tmp_path, "tests", "a run", {}))


def test_none_asked_for_writes_nothing(tmp_path: Path) -> None:
    with open_trackers([], Told(tmp_path, "tests", "a run", {})) as opened:
        opened.log(1, {"loss": 1.0})
    assert not list(tmp_path.iterdir())
