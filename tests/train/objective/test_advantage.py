from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mathmill.data.errors import ConfigError
from mathmill.train.objective.advantage import advantages_of, alive_groups, running_mean
from mathmill.train.objective.settings import AdvantageSettings

Group = Sequence[float | None]
GROUP = AdvantageSettings()
CENTRED = AdvantageSettings(scale="none")
OTHERS = AdvantageSettings(baseline="others", scale="none")
NONE = AdvantageSettings(baseline="none", scale="none")
RUNNING = AdvantageSettings(baseline="running", scale="none")


def of(group: Group, settings: AdvantageSettings, **more: Any) -> list[float]:
    found: list[float] = advantages_of([group], settings, **more).values[0].tolist()
    return found


def test_a_group_by_hand() -> None:
    # Mean 1/4; squares of differences 9/16 + 3/16 = 3/4; over n - 1 1/4, over n 3/16.
    exact = AdvantageSettings(eps=0.0)
    assert of([1, 0, 0, 0], exact) == pytest.approx([1.5, -0.5, -0.5, -0.5])
    over_n = AdvantageSettings(eps=0.0, divisor="n")
    assert of([1, 0, 0, 0], over_n) == pytest.approx([3**0.5, *[-(3**-0.5)] * 3])
    assert of([1, 0, 0, 0], GROUP)[0] == pytest.approx(0.75 / (0.5 + 1e-4), rel=1e-15)
    assert of([1, 0, 0, 0], CENTRED) == [0.75, -0.25, -0.25, -0.25]
    assert of([1, 0, 0, 0], OTHERS) == pytest.approx([1, -1 / 3, -1 / 3, -1 / 3])
    assert of([1, 0, 0, 0], NONE) == [1, 0, 0, 0]
    assert of([1, 0, 0, 0], RUNNING, baseline={"sum": 1.0, "weight": 4.0}) == [0.75, -0.25, -0.25, -0.25]


def test_the_std_of_all_rewards() -> None:
    settings = AdvantageSettings(scale="batch_std", eps=0.5)
    groups: list[Group] = [[1.0, 0.0], [4.0, 4.0], [None, 3.0]]
    found = advantages_of(groups, settings)
    std = statistics.stdev([1, 0, 4, 4, 3])
    assert found.values[0].tolist() == pytest.approx([0.5 / (std + 0.5), -0.5 / (std + 0.5)])
    assert found.alive == (True, False, False)
    assert [each.tolist() for each in found.values[1:]] == [[0, 0], [0, 0]]


DEAD: dict[str, Group] = {
    "one": [1.0],
    "none": [],
    "nothing known": [None, None],
    "one known": [None, 1.0, None],
    "all right": [1.0, 1.0, 1.0],
    "all wrong": [0.0, 0.0],
    "the same but for rounding": [0.1 + 0.2, 0.3, 0.3],
    "large and the same": [1e100, 1e100],
    "known ones the same": [0.5, None, 0.5],
}


@pytest.mark.parametrize("group", DEAD.values(), ids=DEAD.keys())
@pytest.mark.parametrize("settings", [GROUP, CENTRED, OTHERS, AdvantageSettings(scale="batch_std", eps=0.0)])
def test_dead_groups_say_nothing(group: Group, settings: AdvantageSettings) -> None:
    found = advantages_of([group, [1.0, 0.0]], settings)
    assert found.alive == (False, True)
    assert found.values[0].tolist() == [0.0] * len(group)
    assert found.trained == ((False,) * len(group), (True, True))


def test_without_a_group_to_compare_with_what_is_known_is_alive() -> None:
    for settings in (NONE, RUNNING, AdvantageSettings(baseline="critic", scale="none")):
        assert alive_groups([[1.0], [1.0, 1.0], [0.0, None], [None], []], settings) == (True, True, True, False, False)


@pytest.mark.parametrize("settings", [GROUP, CENTRED, OTHERS, NONE, RUNNING])
def test_a_reward_of_none_is_as_if_it_were_not_there(settings: AdvantageSettings) -> None:
    with_none = advantages_of([[1.0, None, 0.0, 0.5, None]], settings, {"sum": 2.0, "weight": 4.0})
    without = advantages_of([[1.0, 0.0, 0.5]], settings, {"sum": 2.0, "weight": 4.0})
    assert with_none.values[0][[0, 2, 3]].tolist() == without.values[0].tolist()
    assert with_none.values[0][[1, 4]].tolist() == [0, 0]
    assert with_none.trained == ((True, False, True, True, False),)
    assert with_none.baseline == without.baseline


def test_a_running_baseline_is_of_explorations_before() -> None:
    settings = AdvantageSettings(baseline="running", scale="none", decay=0.5)
    first = advantages_of([[1.0, 0.0], [1.0, None]], settings)
    assert [each.tolist() for each in first.values] == [[1, 0], [1, 0]]
    assert running_mean(first.baseline) == pytest.approx(2 / 3)
    second = advantages_of([[1.0]], settings, first.baseline)
    assert second.values[0].tolist() == pytest.approx([1 / 3])
    assert running_mean(second.baseline) == pytest.approx((0.5 * 2 / 3 + 1) / 1.5)
    nothing = advantages_of([[None]], settings, second.baseline)
    assert nothing.baseline == second.baseline
    assert advantages_of([[1.0, 0.0]], GROUP, {}).baseline == {}


def test_costs_are_taken_off_but_do_not_wake_a_group() -> None:
    costs = [[0.1, 0.3], [5.0, 7.0]]
    found = advantages_of([[1.0, 0.0], [1.0, 1.0]], OTHERS, costs=costs)
    assert found.values[0].tolist() == pytest.approx([1.2, -1.2])
    assert found.values[1].tolist() == [0, 0]
    assert found.alive == (True, False)
    everywhere = AdvantageSettings(scale="batch_std", eps=0.0)
    unknown = advantages_of([[1.0, 0.0], [1.0, 1.0]], everywhere, costs=[[0.0, 0.0], [math.nan, math.nan]])
    assert unknown.values[0].tolist() == pytest.approx([1, -1])  # over the std of 1, 0, 1 and 1
    assert of([1.0, 0.0], AdvantageSettings(eps=0.0), costs=[[1.0, 0.0]]) == [0, 0]
    assert of([1.0, None], NONE, costs=[[0.25, math.nan]]) == [0.75, 0]


@pytest.mark.parametrize("reward", [math.nan, math.inf, -math.inf])
def test_a_reward_that_is_no_number_is_refused(reward: float) -> None:
    with pytest.raises(ConfigError, match="finite"):
        advantages_of([[0.0, reward]], GROUP)


def test_a_critic_is_asked_elsewhere() -> None:
    with pytest.raises(ConfigError, match="gae"):
        advantages_of([[0.0, 1.0]], AdvantageSettings(baseline="critic", scale="none"))


rewards = st.lists(st.one_of(st.none(), st.integers(-8, 8).map(lambda n: n / 4)), max_size=8)


@given(group=rewards, data=st.data())
def test_laws_of_groups(group: list[float | None], data: st.DataObject) -> None:
    for settings in (GROUP, CENTRED, OTHERS):
        found = np.array(of(group, settings))
        assert found.sum() == pytest.approx(0, abs=1e-9)
        order = data.draw(st.permutations(range(len(group))))
        moved = of([group[at] for at in order], settings)
        assert moved == pytest.approx([found[at] for at in order], abs=1e-12)
        shifted = of([None if reward is None else reward + 3 for reward in group], settings)
        assert shifted == pytest.approx(found, abs=1e-9)
    known = sum(reward is not None for reward in group)
    if known > 1:
        assert of(group, OTHERS) == pytest.approx(np.array(of(group, CENTRED)) * known / (known - 1))
