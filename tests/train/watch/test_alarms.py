"""Alarms: series in which each is raised, and those that are near to it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest

from mathmill.train.watch.alarms import (
    ACCURACY,
    ALARMS,
    DEAD,
    DEATHS,
    ENTROPY,
    GAP,
    LENGTH,
    PASS,
    REWARD,
    TIMED_OUT,
    TRUNCATED,
    Alarm,
    AlarmSettings,
    listen,
)

Line = dict[str, float | None]
Column = Sequence[float | None]


def lines(columns: dict[str, Column]) -> list[Line]:
    """A line an exploration; None where nothing was measured."""
    count = max(map(len, columns.values()))
    return [{name: values[at] for name, values in columns.items() if at < len(values)} for at in range(count)]


def heard(series: Sequence[Line], settings: AlarmSettings | None = None) -> list[Alarm]:
    """All that is raised, the state going through JSON each time, as a checkpoint would have it."""
    state: dict[str, Any] = {}
    found = []
    for step, line in enumerate(series, 1):
        raised, state = listen(settings or AlarmSettings(), json.loads(json.dumps(state)), {"step": step, **line})
        found += raised
    return found


def falling(start: float, end: float, count: int = 30) -> list[float]:
    return [start + (end - start) * at / (count - 1) for at in range(count)]


FIRES: list[tuple[str, list[Line], str]] = [
    ("entropy_collapse", lines({ENTROPY: [1.0] * 5 + [0.09] * 5}), "entropy is 0.09 nats a token, and was 1"),
    ("entropy_collapse", lines({ENTROPY: [0.5] * 5 + [0.0] * 5}), "entropy is 0 nats"),
    ("pass_collapse", lines({PASS: [0.80, None, 0.78, None, 0.50]}), "is 0.500, and was 0.800 at step 1"),
    ("pass_collapse", lines({PASS: [0.60, 0.90, 0.79]}), "is 0.790, and was 0.900 at step 2"),
    ("dead_groups", lines({DEAD: [0.3, 0.34, 0.34, 0.35, 0.35]}), "34% of the groups"),
    ("verifier", lines({TIMED_OUT: [0.03] * 5}), "3.00% of verdicts timed out"),
    ("verifier", lines({TIMED_OUT: [0.0] * 5, DEATHS: [0.0, 0.0, 0.0, 0.0, 0.06]}), "1.20% as many dead workers"),
    ("length_explosion", lines({LENGTH: [100.0] * 5 + [310.0] * 5}), "have 310 tokens, and had 100"),
    ("length_explosion", lines({TRUNCATED: [0.1] * 5 + [0.28] * 5}), "28% are cut off, and 10% were"),
    ("length_explosion", lines({TRUNCATED: [0.0] * 5 + [0.26] * 5}), "26% are cut off, and 0% were"),
    (
        "reward_hacking",
        lines({REWARD: [0.3] * 5 + [0.6] * 5, ACCURACY: [*[None] * 4, 0.5, *[None] * 4, 0.44]}),
        "fell from 0.500 at step 5 to 0.440, while the reward went from 0.300 to 0.600",
    ),
    ("sampler_disagrees", lines({GAP: [0.06] * 5}), "0.06 nats a token apart"),
]

NEAR: list[tuple[str, list[Line]]] = [
    ("entropy at a tenth", lines({ENTROPY: [1.0] * 5 + [0.11] * 20})),
    ("entropy of one exploration", lines({ENTROPY: [1.0] * 10 + [0.01] + [1.0] * 10})),
    ("entropy that falls slowly to a fifth", lines({ENTROPY: falling(1.0, 0.2)})),
    ("pass@k just above its bound", lines({PASS: [0.80, 0.71, 0.71]})),
    ("pass@k that rises", lines({PASS: [0.50, 0.80, 1.0]})),
    ("a third of dead groups", lines({DEAD: [1 / 3] * 20})),
    ("one exploration of dead groups", lines({DEAD: [0.1] * 4 + [1.0] + [0.1] * 10})),
    ("too few explorations", lines({DEAD: [1.0] * 4, ENTROPY: [1.0, 0.0, 0.0, 0.0], LENGTH: [1.0, 9.0, 9.0, 9.0]})),
    ("some time-outs", lines({TIMED_OUT: [0.019] * 20, DEATHS: [0.009] * 20})),
    ("thought that grows to almost three times", lines({LENGTH: falling(100.0, 290.0)})),
    ("many cut off from the beginning", lines({TRUNCATED: [0.3] * 5 + [0.5] * 10})),
    ("few cut off, and more than at first", lines({TRUNCATED: [0.01] * 5 + [0.2] * 10})),
    (
        "accuracy and reward fall together",
        lines({REWARD: [0.6] * 5 + [0.3] * 5, ACCURACY: [*[None] * 4, 0.5, *[None] * 4, 0.3]}),
    ),
    (
        "accuracy falls by chance",
        lines({REWARD: [0.3] * 5 + [0.6] * 5, ACCURACY: [*[None] * 4, 0.5, *[None] * 4, 0.46]}),
    ),
    ("reward and accuracy rise", lines({REWARD: falling(0.1, 0.9), ACCURACY: falling(0.1, 0.8)})),
    ("accuracy without a reward", lines({ACCURACY: [0.9, 0.1]})),
    ("two engines in bfloat16", lines({GAP: [0.03] * 20})),
    ("nothing measured", lines({"loss": [1.0] * 20})),
]


@pytest.mark.parametrize(("name", "series", "said"), FIRES)
def test_raised_once_with_its_numbers(name: str, series: list[Line], said: str) -> None:
    raised = heard(series + series[-1:] * 5)
    assert [each.name for each in raised] == [name]
    assert raised[0].step == len(series)
    assert said in raised[0].saw
    assert str(raised[0]) == f"{name} at step {len(series)}: {raised[0].saw}; {raised[0].advice}"
    assert not raised[0].stops


@pytest.mark.parametrize("series", [series for _, series in NEAR], ids=[name for name, _ in NEAR])
def test_near_misses(series: list[Line]) -> None:
    assert heard(series) == []


def test_every_alarm_is_raised_by_some_series() -> None:
    assert {name for name, _, _ in FIRES} == set(ALARMS)


def test_raised_again_only_after_it_recovered() -> None:
    dead, fewer, few = [0.5] * 5, [0.31] * 5, [0.2] * 5
    assert len(heard(lines({DEAD: dead + fewer + dead}))) == 1  # within a tenth of the threshold
    assert [each.step for each in heard(lines({DEAD: dead + few + dead}))] == [5, 13]


def test_alarms_that_stop_say_so() -> None:
    settings = AlarmSettings(stop=("pass_collapse",))
    series = lines({PASS: [0.9, 0.5, 0.5, 0.5, 0.5], DEAD: [0.9] * 5})
    assert [(each.name, each.stops) for each in heard(series, settings)] == [
        ("pass_collapse", True),
        ("dead_groups", False),
    ]


def test_several_at_once_come_in_the_order_of_their_names() -> None:
    series = lines({DEAD: [0.9] * 5, GAP: [0.9] * 5, ENTROPY: [1.0] * 5, TIMED_OUT: [1.0] * 5})
    assert [each.name for each in heard(series)] == ["dead_groups", "verifier", "sampler_disagrees"]


def test_the_state_that_was_given_is_left_as_it_was() -> None:
    state: dict[str, Any] = {}
    for step in range(1, 8):
        before = json.dumps(state)
        _, following = listen(AlarmSettings(), state, {"step": step, DEAD: 0.5, PASS: 0.5, REWARD: 0.5})
        assert json.dumps(state) == before
        state = following


def test_memory_is_bounded() -> None:
    state: dict[str, Any] = {}
    sizes = set()
    for step in range(1, 200):
        _, state = listen(
            AlarmSettings(), state, {"step": 5, **dict.fromkeys((DEAD, ENTROPY, PASS), 0.5), LENGTH: step}
        )
        sizes.add(sum(map(len, state["last"].values())) + sum(map(len, state["first"].values())))
    assert max(sizes) == 6 * 5
