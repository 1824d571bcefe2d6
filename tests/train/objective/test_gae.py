from __future__ import annotations

import numpy as np
import pytest

from mathmill.data.errors import ConfigError
from mathmill.train.objective.gae import estimate, scaled_together, token_rewards
from mathmill.train.objective.settings import AdvantageSettings

PPO = AdvantageSettings(baseline="critic", scale="batch_std")


@pytest.fixture
def drawn() -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(3)
    return random.normal(size=9), random.normal(size=9)


@pytest.mark.parametrize(("gamma", "trace"), [(1.0, 0.95), (0.9, 0.5), (1.0, 0.0), (0.97, 1.0)])
def test_it_is_the_weighted_sum_of_the_errors_behind_a_token(
    drawn: tuple[np.ndarray, np.ndarray], gamma: float, trace: float
) -> None:
    rewards, values = drawn
    found = estimate(rewards, values, gamma, trace)
    behind = [*values[1:], 0.0]
    errors = [rewards[t] + gamma * behind[t] - values[t] for t in range(9)]
    for t in range(9):
        expected = sum((gamma * trace) ** (k - t) * errors[k] for k in range(t, 9))
        assert found.advantages[t] == pytest.approx(expected, abs=1e-12)
    assert found.returns == pytest.approx(found.advantages + values)


def test_by_hand() -> None:
    found = estimate(np.array([0.0, 1.0]), np.array([0.5, 0.25]), 1.0, 0.5)
    assert found.advantages.tolist() == [0.0 + 0.25 - 0.5 + 0.5 * 0.75, 0.75]
    assert found.returns.tolist() == [0.625, 1.0]


def test_limits(drawn: tuple[np.ndarray, np.ndarray]) -> None:
    rewards, values = drawn
    one_step = estimate(rewards, values, 0.9, 0.0)
    assert one_step.advantages == pytest.approx(rewards + 0.9 * np.append(values[1:], 0) - values)
    to_the_end = estimate(rewards, values, 1.0, 1.0)
    still_to_come = rewards[::-1].cumsum()[::-1]
    assert to_the_end.returns == pytest.approx(still_to_come)
    assert to_the_end.advantages == pytest.approx(still_to_come - values)


def test_nothing_and_a_single_token() -> None:
    assert estimate(np.zeros(0), np.zeros(0), 1.0, 0.95).advantages.tolist() == []
    assert estimate(np.array([2.0]), np.array([0.5]), 0.5, 0.5).advantages.tolist() == [1.5]


def test_rewards_stand_at_tokens_and_costs_are_taken_off() -> None:
    assert token_rewards(4, (3,), (1.0,)).tolist() == [0, 0, 0, 1]
    costs = np.array([0.5, 0.0, 0.25, 0.0])
    assert token_rewards(4, (1, 1, 2, 3), (1.0, 2.0, None, 1.0), costs).tolist() == [-0.5, 3, -0.25, 1]
    assert costs.tolist() == [0.5, 0, 0.25, 0]
    with pytest.raises(ConfigError, match="token 4 of 4"):
        token_rewards(4, (4,), (1.0,))


def test_all_tokens_of_an_exploration_are_scaled_together() -> None:
    found = scaled_together([np.array([1.0, 2.0]), np.array([6.0])], PPO.model_copy(update={"eps": 0.0}))
    assert np.concatenate(found).mean() == pytest.approx(0)
    assert np.concatenate(found).std(ddof=1) == pytest.approx(1)
    assert found[1][0] == pytest.approx(3 / 7**0.5)
    same = scaled_together([np.full(3, 2.0)], PPO.model_copy(update={"eps": 0.0}))
    assert same[0].tolist() == [0, 0, 0]
    assert scaled_together([], PPO) == []
    as_they_are = scaled_together([np.array([1.0, 2.0])], AdvantageSettings(baseline="critic", scale="none"))
    assert as_they_are[0].tolist() == [1, 2]
