"""The line of progress of a training."""

from __future__ import annotations

from typing import Any

import pytest

from mathmill.train.watch import board
from mathmill.train.watch.board import Board


class Clock:
    """Seconds that pass only when told."""

    def __init__(self) -> None:
        self.now = 100.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(board, "time", made)
    return made


def after(clock: Clock, shown: Board, seconds: float, metrics: dict[str, Any], speed: float = 1000.0) -> None:
    clock.now += seconds
    shown.add({"loss": 2.0} | metrics, {"seconds": seconds, "tokens_a_second": speed, "peak_mb": 1500})


def test_before_the_first_step_nothing_is_foretold(clock: Clock) -> None:
    seen = Board(100, 40).outlook()
    assert (seen.share, seen.facts, seen.seconds_left) == (0.4, "step 40 of 100", None)


def test_steps_of_this_execution_foretell_the_rest(clock: Clock) -> None:
    shown = Board(1000, 400)
    after(clock, shown, 3.0, {"validation_loss": 3.21}, 1000.0)
    after(clock, shown, 1.0, {"loss": 1.23456}, 3000.0)
    seen = shown.outlook()
    assert seen.share == 0.402 and seen.seconds_left == 598 * 2.0
    assert seen.facts == "step 402 of 1,000  loss 1.2346  validation 3.2100  2,000 tokens/s  1.5 GB at most"
    assert str(seen).endswith("about 19 min 56 s left")


def test_the_pace_is_that_of_the_last_steps(clock: Clock) -> None:
    shown = Board(1000, 0)
    for _ in range(50):
        after(clock, shown, 10.0, {}, 10.0)
    for _ in range(50):
        after(clock, shown, 2.0, {}, 500.0)
    seen = shown.outlook()
    assert seen.seconds_left == 900 * 2.0 and "  500 tokens/s" in seen.facts


def test_what_was_not_finite_is_said(clock: Clock) -> None:
    shown = Board(10, 0)
    after(clock, shown, 1.0, {"loss": None, "skipped": True})
    assert "loss not finite  1 step skipped" in shown.outlook().facts
    after(clock, shown, 1.0, {"validation_loss": None})
    assert "loss 2.0000  1 step skipped" in shown.outlook().facts


def test_all_steps_done_leave_no_time(clock: Clock) -> None:
    shown = Board(2, 0)
    for _ in range(2):
        after(clock, shown, 5.0, {})
    assert (shown.outlook().share, shown.outlook().seconds_left) == (1.0, 0.0)


def test_where_rewards_are_trained_on_they_stand_in_the_place_of_the_loss(clock: Clock) -> None:
    shown = Board(10, 0)
    after(clock, shown, 2.0, {"reward": 0.25, "length": 18.5, "validation_accuracy": 0.5, "kl": None})
    after(clock, shown, 2.0, {"kl": 0.01})  # a second step of the same exploration
    facts = shown.outlook().facts
    assert facts == "step 2 of 10  reward 0.25  length 18.5  kl 0.01  validation 0.5000  1,000 tokens/s  1.5 GB at most"
