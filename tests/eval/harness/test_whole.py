"""The command as people start it, with a real model: killed, gone on with by another batch, and never asked twice."""

from __future__ import annotations

from pathlib import Path

import orjson
from typer.testing import CliRunner

from mathmill.cli import app
from mathmill.eval.harness.journal import JOURNAL
from tests.eval.harness.measuring import bytes_of
from tests.eval.harness.replay import TASKS, write_problems
from tests.eval.models import tiny
from tests.warm import cold


def test_a_real_model_killed_and_gone_on_with(tmp_path: Path) -> None:
    data, model = write_problems(tmp_path / "data"), tiny.write(tmp_path / "model", "llama", tiny.TEMPLATE)
    command = ["eval", "run", str(model), "--task", str(TASKS), "--data", str(data), "--dtype", "float32"]
    command += ["--samples", "3", "--temperature", "0.8", "--seed", "5", "--max-new-tokens", "12", "--json"]

    killed = cold(
        *command, "--out", tmp_path / "runs", "--batch-size", "2", environment={"MATHMILL_KILL_AT": "answered:4"}
    )
    assert killed[0] == -9
    folder = tmp_path / "runs" / "own-2shot-n3-t0.8-seed5-12tokens"
    before = (folder / JOURNAL).read_bytes()
    assert before.count(b"\n") == 4

    results = {}
    for name, size in (("runs", "7"), ("whole", "auto")):
        done = CliRunner().invoke(app, [*command, "--out", str(tmp_path / name), "--batch-size", size])
        assert done.exit_code == 0, done.output
        results[name] = orjson.loads(done.stdout)
    assert [each["metrics"] for each in results["runs"]] == [each["metrics"] for each in results["whole"]]
    for each in results["runs"]:
        run = Path(each["run"])
        assert bytes_of(run) == bytes_of(tmp_path / "whole" / run.name)
    assert {each["protocol"]["chat"] for each in results["runs"]} == {False, True}
    assert all(each["metrics"]["samples"] == 3 for each in results["runs"])


def test_a_dry_run_shows_the_first_prompt_and_changes_nothing(tmp_path: Path) -> None:
    data, model = write_problems(tmp_path / "data"), tiny.write(tmp_path / "model", "llama")
    command = ["eval", "run", str(model), "--task", str(TASKS), "--data", str(data), "--out", str(tmp_path / "runs")]
    done = CliRunner().invoke(app, [*command, "--dry-run", "--limit", "2"], catch_exceptions=False)
    assert "own-2shot, version 1: 2 of 6 problems" in done.stdout
    assert "Q: What is 7 + 0?\nA: The answer is 7." in done.stdout
    assert "no chat template, so it was asked in plain text" in done.stdout
    assert "Nothing was changed." in done.stdout
    assert not (tmp_path / "runs").exists()
