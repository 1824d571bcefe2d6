"""Recipes: defaults < recipe < --set; unknown keys and bad values are named."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import pytest
from pydantic import Field

from mathmill.data.config import Config, apply_override, config_hash, load_recipe
from mathmill.data.errors import ConfigError, InputMissing


class Sieve(Config):
    use: Literal["sieve"] = "sieve"
    holes: int = 3


class Press(Config):
    use: Literal["press"] = "press"
    weight: float = 1.5


class Mill(Config):
    name: str
    seed: int = 0
    stages: tuple[Annotated[Sieve | Press, Field(discriminator="use")], ...] = (Sieve(), Press())


def write(folder: Path, text: str) -> Path:
    path = folder / "mill.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_defaults_then_recipe_then_overrides(tmp_path: Path) -> None:
    path = write(tmp_path, 'name = "a"\nseed = 1\n[[stages]]\nuse = "sieve"\n[[stages]]\nuse = "press"\nweight = 2')
    mill = load_recipe(path, Mill, ["seed=2", "stages.sieve.holes=9", "name=b c"])
    assert mill == Mill(name="b c", seed=2, stages=(Sieve(holes=9), Press(weight=2.0)))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("seed = 1", "name: Field required"),
        ('name = "a"\nsede = 1', "unknown key 'sede', did you mean 'seed'?"),
        ('name = "a"\n[[stages]]\nuse = "sieve"\nhole = 1', "did you mean 'holes'?"),
        ('name = "a"\nseed = "x"', "seed: Input should be a valid integer"),
        ('name = "a', "is not TOML"),
        ('name = "a"\n[[stages]]\nuse = "grater"', "'sieve', 'press'"),
    ],
)
def test_a_bad_recipe_is_refused_in_words(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(ConfigError) as raised:
        load_recipe(write(tmp_path, text), Mill)
    assert message in str(raised.value)
    assert "\n" not in str(raised.value)


def test_a_missing_recipe_is_missing_input(tmp_path: Path) -> None:
    with pytest.raises(InputMissing, match=r"no recipe at .*nowhere\.toml"):
        load_recipe(tmp_path / "nowhere.toml", Mill)


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("seed", "write it as key=value"),
        ("=1", "write it as key=value"),
        ("name.first=1", "'name' holds no keys|name holds no keys"),
        ("stages.grater.x=1", "it lists sieve"),
    ],
)
def test_a_bad_override_is_refused_in_words(override: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        apply_override({"name": "a", "stages": [{"use": "sieve"}]}, override)


def test_the_hash_follows_every_value() -> None:
    base = Mill(name="a")
    assert config_hash(base) == config_hash(Mill(name="a", seed=0))
    others = [Mill(name="b"), Mill(name="a", seed=1), Mill(name="a", stages=(Press(), Sieve()))]
    assert len({config_hash(mill) for mill in [base, *others]}) == 4
