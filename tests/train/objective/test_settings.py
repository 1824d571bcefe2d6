from __future__ import annotations

import subprocess
import sys
from typing import Any, get_args

import pytest

from mathmill.data.config import apply_override, resolve
from mathmill.data.errors import ConfigError
from mathmill.train.objective.algorithms import PRESETS, Algorithm, over
from mathmill.train.objective.settings import AdvantageSettings, KlSettings, LossSettings, Objective


@pytest.mark.parametrize("name", get_args(Algorithm))
def test_every_algorithm_is_possible_and_stays_what_it_was_when_written_out(name: Algorithm) -> None:
    objective = Objective(algorithm=name)
    assert Objective.model_validate_json(objective.model_dump_json()) == objective
    preset = PRESETS[name]
    assert preset.source and preset.says
    for table, values in preset.sets.items():
        for key, value in values.items():
            assert getattr(getattr(objective, table), key) == value


def parts(name: Algorithm) -> tuple[Any, ...]:
    made = Objective(algorithm=name)
    advantage, loss, kl = made.advantage, made.loss, made.kl
    return advantage.baseline, advantage.scale, loss.surrogate, loss.level, loss.bounds, loss.mean, loss.counts, kl


TABLE = {
    "reinforce": ("none", "none", "ratio", "token", (None, None), "constant", "all"),
    "reinforce_baseline": ("running", "none", "ratio", "token", (None, None), "constant", "all"),
    "rloo": ("others", "none", "ratio", "token", (None, None), "constant", "all"),
    "ppo": ("critic", "batch_std", "ratio", "token", (0.8, 1.2), "token", "all"),
    "grpo": ("group", "std", "ratio", "token", (0.8, 1.2), "sequence", "all"),
    "dr_grpo": ("group", "none", "ratio", "token", (0.8, 1.2), "constant", "all"),
    "dapo": ("group", "std", "ratio", "token", (0.8, 1.28), "token", "alive"),
    "gspo": ("group", "std", "ratio", "sequence", (1 - 3e-4, 1 + 4e-4), "sequence", "all"),
    "cispo": ("group", "std", "logprob", "token", (None, 5.0), "token", "all"),
}


@pytest.mark.parametrize("name", get_args(Algorithm))
def test_what_an_algorithm_is(name: Algorithm) -> None:
    *found, kl = parts(name)
    assert tuple(found) == TABLE[name]
    assert kl.coefficient == {"ppo": 0.02, "grpo": 0.04}.get(name, 0.0)
    assert kl.place == ("reward" if name in ("reinforce", "reinforce_baseline", "rloo", "ppo") else "loss")


def test_without_a_name_it_is_grpo() -> None:
    assert Objective() == Objective(algorithm="grpo")
    assert Objective().kl == KlSettings()
    assert Objective().advantage == AdvantageSettings()
    assert Objective().loss == LossSettings()


def test_a_recipe_overrides_parts() -> None:
    tree: dict[str, Any] = {"algorithm": "dr_grpo", "loss": {"clip_high": 0.28}}
    apply_override(tree, "kl.coefficient=0.1")
    found = resolve(tree, Objective, "recipe.toml")
    assert found.loss.bounds == (0.8, 1.28)
    assert (found.loss.mean, found.advantage.scale) == ("constant", "none")
    assert (found.kl.coefficient, found.kl.estimator) == (0.1, "k3")
    assert tree == {"algorithm": "dr_grpo", "loss": {"clip_high": 0.28}, "kl": {"coefficient": 0.1}}


def test_one_tree_over_another_changes_neither() -> None:
    below = {"a": {"b": 1, "c": 2}, "d": 3}
    assert over({"a": {"b": 5}, "e": 6}, below) == {"a": {"b": 5, "c": 2}, "d": 3, "e": 6}
    assert below == {"a": {"b": 1, "c": 2}, "d": 3}


REFUSED = {
    "unknown algorithm": ({"algorithm": "gpro"}, "algorithm"),
    "a table for a name": ({"algorithm": {"name": "grpo"}}, "algorithm"),
    "a table for a number": ({"loss": {"clip_low": {"to": 0.2}}}, "loss.clip_low"),
    "unknown key": ({"loss": {"clip": 0.2}}, "loss.clip"),
    "std of equal rewards": ({"algorithm": "reinforce", "advantage": {"scale": "std"}}, 'set scale = "none"'),
    "batch std without a baseline": ({"advantage": {"baseline": "running", "scale": "batch_std"}}, "their std is 0"),
    "critic by group": ({"algorithm": "ppo", "advantage": {"scale": "std"}}, "batch_std"),
    "k1 in the loss": ({"kl": {"estimator": "k1"}}, "corrected = true"),
    "corrected reward": ({"algorithm": "rloo", "kl": {"corrected": True}}, "no gradient"),
    "dual clip of weights": ({"algorithm": "cispo", "loss": {"dual_clip": 8.0}}, "surrogate logprob"),
    "dual clip within the clip": ({"loss": {"dual_clip": 1.1}}, "above 1 + clip_high (1.2)"),
    "dual clip without a clip": ({"loss": {"dual_clip": 3.0, "clip_high": 0.0}}, "no bound"),
    "no room below": ({"loss": {"clip_low": 1.0}}, "loss.clip_low"),
    "a reference for nothing": ({"algorithm": "dapo", "reference": {"kind": "average"}}, "kl.coefficient above 0"),
}


@pytest.mark.parametrize(("tree", "told"), REFUSED.values(), ids=REFUSED.keys())
def test_what_cannot_be_is_refused_in_words(tree: dict[str, Any], told: str) -> None:
    with pytest.raises(ConfigError) as refused:
        resolve(tree, Objective, "recipe.toml")
    assert told in str(refused.value)


@pytest.mark.parametrize(
    ("tree", "told"),
    [
        ({"algorithm": "grpo"}, None),
        ({"algorithm": "reinforce"}, None),
        ({"algorithm": "ppo"}, None),
        ({"algorithm": "rloo"}, "baseline is others"),
        ({"algorithm": "reinforce_baseline"}, "baseline is running"),
        ({"algorithm": "reinforce", "kl": {"coefficient": 0.1}}, "kl.place is reward"),
    ],
)
def test_under_which_objectives_steps_are_rewarded(tree: dict[str, Any], told: str | None) -> None:
    why = resolve(tree, Objective, "recipe.toml").steps_refused
    assert why is None if told is None else told in (why or "")


def test_settings_do_not_import_torch() -> None:
    asked = "import sys, mathmill.train.objective.settings; sys.exit('torch' in sys.modules or 'numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", asked], check=False, timeout=60).returncode == 0
