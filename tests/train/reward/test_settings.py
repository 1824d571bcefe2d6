"""What a recipe says of rewards."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

from mathmill.data.config import Config, config_hash, resolve
from mathmill.data.errors import ConfigError
from mathmill.train.reward.overlong import overlong
from mathmill.train.reward.settings import ONLY_ACCURACY, Accuracy, Overlong, Own, Rewards, Stated, Steps


class Recipe(Config):
    rewards: Rewards = ONLY_ACCURACY


def read(*rewards: Any) -> Recipe:
    return resolve({"rewards": list(rewards)}, Recipe, "a.toml")


def test_each_kind_is_found_by_its_use() -> None:
    rewards = read(
        {"use": "accuracy"},
        {"use": "stated", "rules": ["box"], "weight": 0.1},
        {"use": "overlong", "soft": 128, "weight": 0.5},
        {"use": "steps"},
        {"use": "my_rewards.py:brief", "weight": -0.1},
        {"use": "package.module:function", "seconds": 2},
    ).rewards
    assert [type(each) for each in rewards] == [Accuracy, Stated, Overlong, Steps, Own, Own]
    assert rewards[4] == Own(use="my_rewards.py:brief", weight=-0.1)
    assert Recipe().rewards == (Accuracy(),)


def test_a_recipe_is_the_same_after_it_was_written_down() -> None:
    recipe = read({"use": "accuracy"}, {"use": "overlong", "soft": 9}, {"use": "a/b.py:c", "seconds": 3})
    again = Recipe.model_validate(recipe.model_dump(mode="json"))
    assert again == recipe
    assert config_hash(again) == config_hash(recipe)


@pytest.mark.parametrize(
    ("rewards", "said"),
    [
        ([{"use": "acuracy"}], "did you mean 'accuracy'"),
        ([{"weight": 1}], "says no use"),
        ([{"use": "accuracy", "wieght": 1}], "did you mean"),
        ([{"use": "accuracy"}, {"use": "accuracy"}], "stands there twice"),
        ([{"use": "steps"}], "nothing says what a whole completion is worth"),
        ([{"use": "accuracy", "weight": 0}], "nothing says what a whole completion is worth"),
        ([], "at least 1 item"),
        ([{"use": "overlong"}], "soft is missing"),
        ([{"use": "overlong", "soft": 0}], "greater than 0"),
        ([{"use": "stated", "rules": ["last"]}], "'box', 'hash', 'final' or 'phrase'"),
        ([{"use": "my.py:"}], "match pattern"),
        ([{"use": "my.py:f", "seconds": 0}], "greater than 0"),
        (["accuracy"], "must be a table of keys"),
    ],
)
def test_what_does_not_fit_is_told(rewards: list[Any], said: str) -> None:
    with pytest.raises(ConfigError, match="rewards") as raised:
        read(*rewards)
    assert said in str(raised.value)


@pytest.mark.parametrize(
    ("tokens", "reward"),
    [(1, 0.0), (80, 0.0), (81, -0.05), (90, -0.5), (99, -0.95), (100, -1.0), (101, -1.0), (10**6, -1.0)],
)
def test_overlong_is_the_papers_equation(tokens: int, reward: float) -> None:
    assert overlong(tokens, longest=100, soft=20) == pytest.approx(reward)


def test_a_soft_length_above_the_longest_punishes_from_the_first_token() -> None:
    assert overlong(1, longest=10, soft=20) == pytest.approx(-0.55)


def test_settings_are_read_without_torch_and_sympy() -> None:
    code = (
        "import sys, mathmill.train.reward.settings, mathmill.train.watch.alarms\n"
        "print([name for name in ('torch', 'transformers', 'sympy') if name in sys.modules])"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120)
    assert told.stdout == "[]\n"
