"""Requests begin no faster than allowed; waits grow, end, and are shared where a server is crowded."""

from __future__ import annotations

import threading
import time

import pytest

from mathmill.data.errors import MathmillError
from mathmill.pipeline.fetch.pace import Attempts, Pace, Patience
from mathmill.pipeline.fetch.troubles import Trouble, Unreachable


def test_requests_of_all_threads_together_keep_the_rate() -> None:
    pace = Pace(50, Patience())
    began = time.monotonic()

    def ask() -> None:
        for _ in range(5):
            pace.turn()

    threads = [threading.Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert time.monotonic() - began >= 14 / 50


def test_attempts_end_and_gains_begin_anew() -> None:
    attempts = Attempts(Pace(1_000, Patience(attempts=3, pause=0.001)), "a file")
    for _ in range(2):
        attempts.failed(Trouble("no answer"))
    attempts.gained()
    for _ in range(2):
        attempts.failed(Trouble("no answer"))
    with pytest.raises(Unreachable, match="a file: no answer, at the last of 3 attempts"):
        attempts.failed(Trouble("no answer"))


def test_a_server_that_was_never_met_is_given_up_soon() -> None:
    pace = Pace(1_000, Patience(attempts=6, unmet=3, pause=0.001))
    nobody = Trouble("cannot connect", unmet=True)
    attempts = Attempts(pace, "a file")
    for _ in range(2):
        attempts.failed(nobody)
    with pytest.raises(Unreachable, match="the last of 3 attempts: check the address") as told:
        attempts.failed(nobody)
    assert "--rate" not in str(told.value)
    pace.met = True
    attempts = Attempts(pace, "a file")
    for _ in range(5):
        attempts.failed(nobody)
    with pytest.raises(Unreachable, match="the last of 6 attempts: run the same command again later, with a lower"):
        attempts.failed(Trouble("SlowDown", crowded=True))


def test_pauses_double_up_to_the_longest(monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    pace = Pace(1_000, Patience(attempts=9, pause=1, longest=10))
    monkeypatch.setattr(pace, "sleep", slept.append)
    attempts = Attempts(pace, "a file")
    for _ in range(6):
        attempts.failed(Trouble("no answer"))
    for pause, due in zip(slept, [1, 2, 4, 8, 10, 10], strict=True):
        assert due / 2 <= pause <= due * 1.5
    assert len(set(slept)) == 6  # not in step with others
    attempts.failed(Trouble("busy", after=20))
    assert slept[-1] == 20
    attempts.failed(Trouble("busy", after=10**9))
    assert slept[-1] == 600


def test_a_crowded_server_makes_all_wait() -> None:
    pace = Pace(1_000, Patience(pause=0.2, longest=0.2))
    Attempts(pace, "one").failed(Trouble("too fast", crowded=True))
    began = time.monotonic()
    other = threading.Thread(target=Attempts(pace, "two").failed, args=(Trouble("too fast", crowded=True),))
    other.start()
    time.sleep(0.05)
    assert pace.waiting == "  waiting: too fast"
    pace.turn()
    assert time.monotonic() - began >= 0.1
    other.join()


def test_a_stop_ends_all_waits() -> None:
    pace = Pace(0.01, Patience())
    pace.turn()
    threading.Timer(0.1, pace.stop).start()
    began = time.monotonic()
    with pytest.raises(MathmillError, match="stopped"):
        pace.turn()
    assert time.monotonic() - began < 5
