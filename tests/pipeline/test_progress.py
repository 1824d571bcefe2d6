"""What is said of a run under way."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from mathmill.pipeline.progress import Heartbeat, ProgressBoard, Standing
from mathmill.pipeline.provenance import Tally


def tally(kept: int, dropped: int, requests: int, lost: int) -> Tally:
    counted = Tally()
    for outcome, n, is_page in (("kept", kept, True), ("dropped", dropped, True), ("dropped", requests, False)):
        for _ in range(n):
            counted.count({"outcome": outcome, "reason": "", "length": 10, "id": "1" if is_page else ""}, {})
    if lost:
        counted.count({"outcome": "lost", "reason": "truncated", "length": lost, "id": ""}, {})
    return counted


def test_records_that_are_no_pages_do_not_count() -> None:
    assert Standing.of(tally(2, 3, 5, 7)) == Standing(pages=5, kept=2, dropped=3, lost_bytes=7, bytes=107)


def test_finished_shards_and_those_in_work_add_up(tmp_path: Path) -> None:
    board = ProgressBoard(tmp_path, total_bytes=1000, done_bytes=500)
    Heartbeat(tmp_path, "a").beat(tally(1, 2, 0, 0))
    board.finish(tally(3, 4, 0, 0))
    (tmp_path / "progress/torn.json").write_text('{"pages": ')
    assert board.standing() == Standing(pages=10, kept=4, dropped=6, lost_bytes=0, bytes=100)


def test_a_line_says_share_rate_counts_and_time_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter([100.0, *[110.0] * 9])
    monkeypatch.setattr("mathmill.pipeline.progress.time.monotonic", lambda: next(clock))
    board = ProgressBoard(tmp_path, total_bytes=2000, done_bytes=500)
    line = str(board.outlook_of(Standing(pages=50, kept=10, dropped=40, lost_bytes=7, bytes=500)))
    assert re.sub(r" +", " ", line).strip() == "50% 50 pages (5/s) kept 10 dropped 40 lost 7 bytes about 20 s left"


def test_before_anything_is_read_no_time_is_promised(tmp_path: Path) -> None:
    assert "time left unknown" in str(ProgressBoard(tmp_path, 1000, 0).outlook_of(Standing()))


def test_archives_of_unknown_size_count_as_those_that_are_finished_do(tmp_path: Path) -> None:
    board = ProgressBoard(tmp_path, total_bytes=100, done_bytes=100, unsized=4)
    assert (board.outlook().share, board.outlook().seconds_left) == (0.0, None)
    board.finish(tally(1, 4, 0, 0))  # 50 bytes
    assert board.outlook().share == (100 + 50) / (100 + 4 * 50)
    for _ in range(3):
        board.finish(tally(1, 4, 0, 0))
    assert (board.outlook().share, board.outlook().seconds_left) == (1.0, 0.0)


def test_what_a_killed_execution_left_does_not_count(tmp_path: Path) -> None:
    Heartbeat(tmp_path, "old").beat(tally(9, 9, 0, 0))
    assert ProgressBoard(tmp_path, 1000, 0).standing() == Standing()
