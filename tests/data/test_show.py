"""What `runs ls` prints."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest

from mathmill.data.config import Config
from mathmill.data.runs import Run
from mathmill.data.show import show_runs
from mathmill.pipeline.show import show_run

COUNTS: dict[str, dict[str, int] | None] = {
    "archives": {"archives": 2, "records": 9},
    "benchmark": {"completions": 3},
    "corpus": {"pages": 5, "kept": 4},
    "poor": {"pages": 5, "kept": 0},
    "unfinished": None,
}
KEPT = (None, 3, 4, 0, None)
TRAINED = {
    "outcome": {"steps": 1200, "tokens": 5, "loss": 0.123456, "exported_step": 900},
    "data": {"examples": 9, "held_out": {"examples": 2}, "sources": [{"source": "s", "rows": 12, "dropped": {"x": 1}}]},
}


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    for name, counts in COUNTS.items():
        with Run(tmp_path / name, Config(), name) as run:
            if counts is not None:
                run.finish([], {"counts": counts}, {})
    return tmp_path


def test_a_run_that_keeps_nothing_of_what_it_reads_has_no_number(
    runs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    show_runs(runs, as_json=False)
    lines = capsys.readouterr().out.splitlines()[1:]
    assert [line.split()[-1] for line in lines] == ["-" if kept is None else str(kept) for kept in KEPT]


def test_for_programs_it_is_null(runs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    show_runs(runs, as_json=True)
    listed: list[dict[str, Any]] = orjson.loads(capsys.readouterr().out)
    assert [each["kept"] for each in listed] == list(KEPT)


def test_a_training_is_listed_with_its_steps(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with Run(tmp_path / "run", Config(), "tuning") as run:
        run.finish([], TRAINED, {})
    show_runs(tmp_path, as_json=False)
    assert capsys.readouterr().out.rstrip().endswith("1,200 steps")
    show_runs(tmp_path, as_json=True)
    assert orjson.loads(capsys.readouterr().out)[0]["kept"] is None
    show_run(tmp_path / "run", as_json=False)
    assert capsys.readouterr().out.splitlines()[1:] == [
        "0 outputs",
        "exported_step 900, loss 0.1235, steps 1,200, tokens 5",
        "s: rows 12, dropped 1 (x 1)",
        "held out: examples 2",
        "trained: examples 9",
    ]
