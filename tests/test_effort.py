"""Work is judged by its best attempt, on a clock that is made up here."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import pytest

from tests.effort import ATTEMPTS, assert_linear, within


class Clock:
    """Processor seconds that pass only when work says so."""

    def __init__(self) -> None:
        self.now = 0.0
        self.made = 0

    def make(self, count: int = 0) -> int:
        self.now += 100.0  # which nobody may count
        self.made += 1
        return count

    def work(self, cost: Callable[[int], float], pauses: Iterable[float] = ()) -> Callable[[int], int]:
        left = iter(pauses)

        def done(count: int) -> int:
            self.now += cost(count) + next(left, 0.0)
            return count

        return done


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr("tests.effort.time.process_time", lambda: clock.now)
    return clock


@pytest.mark.parametrize(("pauses", "attempts"), [([], 1), ([0.5], 2), ([0.5] * (ATTEMPTS - 1), ATTEMPTS)])
def test_pauses_cost_another_attempt_and_no_more(clock: Clock, pauses: list[float], attempts: int) -> None:
    assert within(0.2, lambda: clock.make(7), clock.work(lambda _: 0.1, pauses)) == 7
    assert clock.made == attempts


def test_what_always_takes_too_long_fails(clock: Clock) -> None:
    with pytest.raises(AssertionError, match=r"0\.300 seconds at least in 5 attempts, where 0\.2 are allowed"):
        within(0.2, clock.make, clock.work(lambda _: 0.3, [0.5, 0.0]))


@pytest.mark.parametrize("factor", [1, 5])
def test_linear_time_passes_at_any_speed_and_with_a_pause_anywhere(clock: Clock, factor: int) -> None:
    for place in range(3):
        pauses = [0.5 * (at == place) for at in range(3)]
        assert_linear(100, 800, 0.05, clock.make, clock.work(lambda count: factor * 1e-4 * count, pauses))


def test_little_time_is_not_looked_into(clock: Clock) -> None:
    assert_linear(100, 800, 0.05, clock.make, clock.work(lambda count: 0.05 * (count == 800)))
    assert clock.made == 1


def test_quadratic_time_fails_with_pauses_too(clock: Clock) -> None:
    with pytest.raises(AssertionError, match="64 times as many, where 23 times are allowed"):
        assert_linear(100, 800, 0.05, clock.make, clock.work(lambda count: 1e-6 * count**2))
    with pytest.raises(AssertionError, match="64 times as many"):
        assert_linear(100, 800, 0.05, clock.make, clock.work(lambda count: 1e-6 * count**2, [0.5]))


def test_after_half_a_minute_no_more_is_tried(clock: Clock) -> None:
    with pytest.raises(AssertionError, match="in 1 attempts"):
        within(0.2, clock.make, clock.work(lambda _: 31.0))
    clock.made = 0
    with pytest.raises(AssertionError, match="64 times as many"):
        assert_linear(100, 800, 0.05, clock.make, clock.work(lambda count: 1e-4 * count**2))
    assert clock.made == 2
