"""Metrics of a run that went on have the bytes of one that never stopped."""

from __future__ import annotations

import os
import resource
from pathlib import Path

import pytest

from mathmill.data.errors import CannotCreate, DamagedInput, DiskFull
from mathmill.train.checkpoint.metrics_log import METRICS, TIMINGS, MetricsLog
from tests.train.checkpoint.training import in_process


def steps(log: MetricsLog, first: int, last: int, seconds: float = 0.5) -> None:
    for step in range(first, last + 1):
        log.append({"step": step, "loss": 1 / step}, {"step": step, "seconds": seconds})


def test_going_on_from_a_checkpoint_gives_the_bytes_of_an_unbroken_run(tmp_path: Path) -> None:
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    whole.mkdir()
    broken.mkdir()
    with MetricsLog(whole) as log:
        steps(log, 1, 10)

    with MetricsLog(broken) as log:
        steps(log, 1, 5)
        offset = log.settle()
        steps(log, 6, 8)
    (broken / METRICS).write_bytes((broken / METRICS).read_bytes() + b'{"step": 9, "lo')
    with MetricsLog(broken, offset) as log:
        assert (broken / METRICS).stat().st_size == offset
        steps(log, 6, 10, seconds=0.7)
    assert (broken / METRICS).read_bytes() == (whole / METRICS).read_bytes()
    assert (broken / TIMINGS).read_bytes().count(b"\n") == 13


def test_a_line_of_the_timings_that_was_cut_short_is_none(tmp_path: Path) -> None:
    with MetricsLog(tmp_path) as log:
        steps(log, 1, 1)
        offset = log.settle()
    with (tmp_path / TIMINGS).open("ab") as file:
        file.write(b'{"sec')
    with MetricsLog(tmp_path, offset) as log:
        steps(log, 2, 2)
    assert (tmp_path / TIMINGS).read_bytes() == b'{"seconds":0.5,"step":1}\n{"seconds":0.5,"step":2}\n'


def test_a_run_begun_anew_has_no_lines(tmp_path: Path) -> None:
    with MetricsLog(tmp_path) as log:
        steps(log, 1, 3)
    with MetricsLog(tmp_path) as log:
        assert log.offset == 0
    assert (tmp_path / METRICS).read_bytes() == (tmp_path / TIMINGS).read_bytes() == b""


def test_lines_are_there_at_once(tmp_path: Path) -> None:
    def write() -> None:
        log = MetricsLog(tmp_path)
        steps(log, 1, 2)
        os._exit(7)  # without closing anything

    assert in_process(write) == 7
    assert (tmp_path / METRICS).read_bytes() == b'{"loss":1.0,"step":1}\n{"loss":0.5,"step":2}\n'


@pytest.mark.parametrize("held", [None, b"", b'{"step":1}', b'{"step":1,"loss":1}\n'])
def test_metrics_that_are_not_those_of_the_checkpoint_are_refused_and_left(held: bytes | None, tmp_path: Path) -> None:
    if held is not None:
        (tmp_path / METRICS).write_bytes(held)
    with pytest.raises(DamagedInput, match="11 bytes of whole lines"):
        MetricsLog(tmp_path, 11)
    assert not (tmp_path / TIMINGS).exists()
    if held is not None:
        assert (tmp_path / METRICS).read_bytes() == held


def test_a_full_disk_is_told_and_the_lines_before_stay(tmp_path: Path) -> None:
    with MetricsLog(tmp_path) as log:
        steps(log, 1, 2)
        offset = log.settle()

    def write() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (offset + 5, resource.RLIM_INFINITY))
        try:
            with MetricsLog(tmp_path, offset) as log:
                steps(log, 3, 3)
        except DiskFull as error:
            os._exit(error.exit_code)

    assert in_process(write) == 74
    with MetricsLog(tmp_path, offset) as log:
        steps(log, 3, 3)
    assert (tmp_path / METRICS).read_bytes().splitlines()[2] == b'{"loss":0.3333333333333333,"step":3}'


def test_no_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(CannotCreate, match=METRICS):
        MetricsLog(tmp_path / "nothing")
