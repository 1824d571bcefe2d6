from __future__ import annotations

import statistics

import numpy as np
import pytest

from mathmill.data.errors import ConfigError
from mathmill.train.objective.advantage import advantages_of
from mathmill.train.objective.settings import AdvantageSettings
from mathmill.train.objective.steps import Steps, step_advantages, still_to_come

EXACT = AdvantageSettings(eps=0.0)


def test_two_rollouts_by_hand() -> None:
    # Rewards 1 1 0 and 1 0: mean 3/5; squares 3 * 4/25 + 2 * 9/25 = 30/25; over n - 1 3/10.
    group = [Steps(6, (1, 3, 5), (1.0, 1.0, 0.0)), Steps(4, (2, 3), (1.0, 0.0))]
    found = step_advantages([group], EXACT)
    right, wrong = 0.4 / 0.3**0.5, -0.6 / 0.3**0.5
    first = [2 * right + wrong] * 2 + [right + wrong] * 2 + [wrong] * 2
    assert found.values[0][0].tolist() == pytest.approx(first)
    assert found.values[0][1].tolist() == pytest.approx([right + wrong] * 3 + [wrong])
    assert found.alive == (True,)
    assert found.trained == ((True, True),)
    stated = step_advantages([group], AdvantageSettings(eps=0.1, divisor="n")).values[0][1][3]
    assert stated == pytest.approx(-0.6 / (0.24**0.5 + 0.1))


def test_a_token_behind_the_last_step_has_nothing_to_come_and_two_steps_may_end_at_one() -> None:
    assert still_to_come([1, 1, 2], np.array([1.0, 2.0, 4.0]), 5).tolist() == [7, 7, 4, 0, 0]


def test_with_one_step_at_the_end_it_is_supervision_by_outcome() -> None:
    rewards = [1.0, 0.0, None, 0.25]
    lengths = [3, 5, 2, 1]
    group = [Steps(length, (length - 1,), (reward,)) for length, reward in zip(lengths, rewards, strict=True)]
    for settings in (AdvantageSettings(), AdvantageSettings(scale="none"), AdvantageSettings(scale="batch_std")):
        by_steps, by_outcome = step_advantages([group], settings), advantages_of([rewards], settings)
        assert by_steps.trained == by_outcome.trained
        for found, whole, length in zip(by_steps.values[0], by_outcome.values[0], lengths, strict=True):
            assert found.tolist() == pytest.approx([whole] * length)


def test_what_nobody_decided_is_no_part_of_the_pool() -> None:
    undecided = [Steps(4, (0, 2, 3), (1.0, None, 0.0)), Steps(2, (0, 1), (0.5, 1.0)), Steps(3, (0, 2), (0.0, None))]
    decided = [Steps(4, (0, 3), (1.0, 0.0)), Steps(2, (0, 1), (0.5, 1.0))]
    found, expected = step_advantages([undecided], EXACT), step_advantages([decided], EXACT)
    for one, other in zip(found.values[0], expected.values[0], strict=False):
        assert one.tolist() == other.tolist()
    assert found.values[0][2].tolist() == [0, 0, 0]
    assert found.trained == ((True, True, False),)


def test_dead_groups() -> None:
    same = [Steps(2, (0, 1), (1.0, 1.0)), Steps(3, (2,), (1.0,))]
    lone = [Steps(2, (1,), (1.0,))]
    nobody = [Steps(2, (0, 1), (1.0, None)), Steps(1, (), ()), Steps(0, (-1,), (1.0,))]
    one_that_differs = [Steps(2, (0, 1), (1.0, 0.0))]
    found = step_advantages([same, lone, nobody, one_that_differs], EXACT)
    assert found.alive == (False, False, False, True)
    for group, values in zip((same, lone, nobody), found.values, strict=False):
        assert [each.tolist() for each in values] == [[0.0] * each.length for each in group]
    assert found.trained[:3] == ((False, False), (False,), (False, False, False))
    plain = step_advantages([same, lone, nobody], AdvantageSettings(baseline="none", scale="none"))
    assert plain.alive == (True, True, False)
    assert plain.values[0][0].tolist() == [2, 1]


def test_the_std_of_all_groups() -> None:
    groups = [[Steps(2, (0, 1), (1.0, 0.0))], [Steps(1, (0,), (5.0,)), Steps(1, (0,), (3.0,))]]
    found = step_advantages(groups, AdvantageSettings(scale="batch_std", eps=0.0))
    std = statistics.stdev([1, 0, 5, 3])
    assert found.values[0][0].tolist() == pytest.approx([0, -0.5 / std])
    assert found.values[1][0].tolist() == pytest.approx([1 / std])


@pytest.mark.parametrize(
    ("steps", "told"),
    [
        (Steps(3, (3,), (1.0,)), "token 3 of 3"),
        (Steps(3, (-1,), (1.0,)), "token -1 of 3"),
        (Steps(3, (0, 1), (1.0,)), "2 steps end and 1 are rewarded"),
        (Steps(3, (0, 1), (float("nan"), 1.0)), "finite"),
    ],
)
def test_steps_that_do_not_fit(steps: Steps, told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        step_advantages([[steps]], EXACT)


def test_only_a_group_compares_steps() -> None:
    with pytest.raises(ConfigError, match="others"):
        step_advantages([], AdvantageSettings(baseline="others"))
