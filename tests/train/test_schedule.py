import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mathmill.train.schedule import Schedule

SHAPES = ("constant", "linear", "cosine", "stairs")


@pytest.mark.parametrize(
    ("shape", "warm_up", "least", "rates"),
    [
        ("constant", 0, 0.0, [1.0] * 10),
        ("constant", 4, 0.0, [0.25, 0.5, 0.75, *[1.0] * 7]),
        ("linear", 0, 0.0, [1.0, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1]),
        ("linear", 2, 0.1, [0.5, 1.0, 1.0, 0.8875, 0.775, 0.6625, 0.55, 0.4375, 0.325, 0.2125]),
        ("cosine", 0, 0.5, [0.75 + 0.25 * math.cos(math.pi * step / 10) for step in range(10)]),
        ("stairs", 0, 0.0, [*[1.0] * 8, 0.1**0.5, 0.1]),
    ],
)
def test_rates_are_those_of_the_shape(shape: str, warm_up: int, least: float, rates: list[float]) -> None:
    schedule = Schedule.model_validate({"rate": 2e-4, "shape": shape, "warm_up": warm_up, "least": least})
    assert [schedule.at(step, 10) / 2e-4 for step in range(10)] == pytest.approx(rates, abs=1e-12)


@given(st.sampled_from(SHAPES), st.integers(0, 30), st.floats(0, 1), st.integers(1, 60))
def test_a_rate_rises_to_the_highest_and_then_only_falls(shape: str, warm_up: int, least: float, steps: int) -> None:
    schedule = Schedule.model_validate({"rate": 1.0, "shape": shape, "warm_up": warm_up, "least": least})
    rates = [schedule.at(step, steps) for step in range(steps)]
    assert rates[0] > 0
    assert max(rates) <= 1.0 + 1e-12
    assert rates[:warm_up] == sorted(rates[:warm_up])
    assert all(later <= rate + 1e-12 for rate, later in zip(rates[warm_up:], rates[warm_up + 1 :], strict=False))


@pytest.mark.parametrize("step", [-1, 10])
def test_a_step_outside_of_the_run_is_a_bug(step: int) -> None:
    with pytest.raises(ValueError, match="none of 10"):
        Schedule().at(step, 10)
