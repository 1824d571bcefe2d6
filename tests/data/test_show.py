"""What `runs ls` prints."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest

from mathmill.data.config import Config
from mathmill.data.runs import Run
from mathmill.data.show import show_runs

COUNTS: dict[str, dict[str, int] | None] = {
    "archives": {"archives": 2, "records": 9},
    "benchmark": {"completions": 3},
    "corpus": {"pages": 5, "kept": 4},
    "poor": {"pages": 5, "kept": 0},
    "unfinished": None,
}
KEPT = (None, 3, 4, 0, None)


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
