"""Recipes: defaults < recipe < --set; unknown keys and bad values are named."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import pytest
from pydantic import Field, field_validator

from mathmill.data.config import Config, apply_override, config_hash, load_recipe
from mathmill.data.errors import ConfigError, InputMissing


class Sieve(Config):
    use: Literal["sieve"] = "sieve"
    holes: int = 3
    keep: tuple[str, ...] = ()


class Press(Config):
    use: Literal["press"] = "press"
    weight: float = 1.5


class Drive(Config):
    watts: int = Field(default=9, gt=0)


class Mill(Config):
    name: str
    seed: int = 0
    grains: tuple[str, ...] = ()
    drive: Drive = Drive()
    stages: tuple[Annotated[Sieve | Press, Field(discriminator="use")], ...] = (Sieve(), Press())

    @field_validator("stages")
    @classmethod
    def _few(cls, stages: tuple[Sieve | Press, ...]) -> tuple[Sieve | Press, ...]:
        if len(stages) > 3:
            raise ValueError("too many stages: leave some out")
        return stages


def write(folder: Path, text: str) -> Path:
    path = folder / "mill.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_defaults_then_recipe_then_overrides(tmp_path: Path) -> None:
    path = write(tmp_path, 'name = "a"\nseed = 1\n[[stages]]\nuse = "sieve"\n[[stages]]\nuse = "press"\nweight = 2')
    mill = load_recipe(path, Mill, ["seed=2", "stages.sieve.holes=9", "name=b c"])
    assert mill == Mill(name="b c", seed=2, stages=(Sieve(holes=9), Press(weight=2.0)))


@pytest.mark.parametrize("place", ["parts.web.weight", "parts.0.weight"])
def test_overrides_find_tables_of_a_list_by_name_and_number(place: str) -> None:
    tree = {"parts": [{"name": "web", "weight": 1}, {"name": "code"}]}
    assert apply_override(tree, f"{place}=3") == place
    assert tree["parts"] == [{"name": "web", "weight": 3}, {"name": "code"}]
    with pytest.raises(ConfigError, match="lists no 'arxiv'; it lists web, code"):
        apply_override(tree, "parts.arxiv.weight=1")


def test_overrides_reach_into_the_default_stages(tmp_path: Path) -> None:
    path = write(tmp_path, 'name = "a"')
    assert load_recipe(path, Mill, ['stages.sieve.keep=["de"]']) == Mill(
        name="a", stages=(Sieve(keep=("de",)), Press())
    )
    assert load_recipe(path, Mill, ["drive.watts=5", "drive.watts=6"]) == Mill(name="a", drive=Drive(watts=6))


BAD_RECIPES = [
    ("seed = 1", "mill.toml: name is missing"),
    ('name = "a"\nsede = 1', "mill.toml: unknown key 'sede', did you mean 'seed'?"),
    ('name = "a"\nspeed_limit = 1', "unknown key 'speed_limit'; known are name, seed, grains, drive, stages"),
    ('name = "a"\nwatts = 1', "unknown key 'watts', did you mean 'drive.watts'?"),
    ('name = "a"\n[drive]\nwatt = 1', "unknown key 'drive.watt', did you mean 'drive.watts'?"),
    ('name = "a"\n[drive]\nwatts = 0', "drive.watts: must be greater than 0 (got 0)"),
    ('name = "a"\ndrive = 3', "drive: must be a table of keys (got 3)"),
    ('name = "a"\nseed = "x"', "seed: must be a valid integer (got 'x')"),
    ('name = "a"\nseed = 1.5', "seed: must be a valid integer (got 1.5)"),
    ('name = "a"\ngrains = "rye"', 'grains: write a list: ["rye"]'),
    ('name = "a"\n[grains]\nrye = 1', "grains: must be a list (got {'rye': 1})"),
    ('name = "a', "is not TOML"),
    (
        'name = "a"\n[[stages]]\nuse = "sieve"\nhole = 1',
        "unknown key 'stages.sieve.hole', did you mean 'stages.sieve.holes'?",
    ),
    (
        'name = "a"\n[[stages]]\nuse = "press"\n[[stages]]\nuse = "sieve"\nkeep = "de"',
        'stages.sieve.keep: write a list: ["de"]',
    ),
    (
        'name = "a"\n[[stages]]\nuse = "press"\n[[stages]]\nuse = "seive"',
        "stages.1: unknown use 'seive', did you mean 'sieve'?",
    ),
    ('name = "a"\n[[stages]]\nuse = "kiln"', "stages.0: unknown use 'kiln'; known are sieve, press"),
    ('name = "a"\n[[stages]]\nusee = "sieve"', "stages.0: says no use, did you mean 'use' by 'usee'?"),
    ('name = "a"\n[[stages]]\nholes = 3', "stages.0: says no use (got {'holes': 3})"),
    ('name = "a"\nstages = ["sieve"]', 'stages.0: write a table: {use = "sieve"}'),
    ('name = "a"\n[sieve]\nholes = 1', "unknown key 'sieve': write its keys where stages.sieve is listed"),
    ('name = "a"\n' + '[[stages]]\nuse = "sieve"\n' * 4, "mill.toml: stages: too many stages: leave some out"),
]


@pytest.mark.parametrize(("text", "message"), BAD_RECIPES)
def test_a_bad_recipe_is_refused_in_words(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(ConfigError) as raised:
        load_recipe(write(tmp_path, text), Mill)
    said = str(raised.value)
    assert message in said if message == "is not TOML" else said.endswith(message)
    assert "\n" not in said


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (["drive.watt=5"], "--set drive.watt=5: unknown key 'drive.watt', did you mean 'drive.watts'?"),
        (["drvie.watts=5"], "--set drvie.watts=5: unknown key 'drvie', did you mean 'drive'?"),
        (["drive.watts=5", "drive.watts=0"], "--set drive.watts=0: drive.watts: must be greater than 0 (got 0)"),
        (['sieve.keep=["de"]'], """--set sieve.keep=["de"]: unknown key 'sieve': write stages.sieve.keep=["de"]"""),
        (["stages.sieve.keep=de"], '--set stages.sieve.keep=de: stages.sieve.keep: write a list: ["de"]'),
        (["grains=a\nb"], """--set 'grains=a\\nb': grains: write a list: ["a\\nb"]"""),
        (
            ["drive.watts=7", "sede=1"],
            "mill.toml: seed: must be a valid integer (got 'x'); "
            "--set sede=1: unknown key 'sede', did you mean 'seed'?",
        ),
    ],
)
def test_a_fault_is_blamed_on_the_override_that_made_it(tmp_path: Path, overrides: list[str], message: str) -> None:
    text = 'name = "a"' + ('\nseed = "x"' if message.startswith("mill") else "")
    with pytest.raises(ConfigError) as raised:
        load_recipe(write(tmp_path, text), Mill, overrides)
    assert str(raised.value).removeprefix(f"{tmp_path}/") == message


def test_a_missing_recipe_is_missing_input(tmp_path: Path) -> None:
    with pytest.raises(
        InputMissing, match=r"no recipe at .*nowhere\.toml: name a .toml file, such as recipes/corpus.toml"
    ):
        load_recipe(tmp_path / "nowhere.toml", Mill)


def test_a_folder_is_no_recipe(tmp_path: Path) -> None:
    with pytest.raises(InputMissing) as raised:
        load_recipe(tmp_path, Mill)
    assert str(raised.value) == f"{tmp_path} is a folder: name a .toml file in it"


def test_a_file_that_is_not_text_is_no_recipe(tmp_path: Path) -> None:
    path = tmp_path / "mill.toml"
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match=r"is not TOML: it is not UTF-8 text"):
        load_recipe(path, Mill)


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("seed", "write it as key=value, such as --set page.seconds=5"),
        ("a..b=1", "write it as key=value"),
        ("=1", "write it as key=value"),
        ("name.first=1", "'name' holds no keys|name holds no keys"),
        ("stages.grater.x=1", "the recipe lists no 'grater'; it lists sieve"),
        ("stages.sieve=1", "stages is a list: name a key of one, as in stages.sieve.KEY=value"),
        ("stages.sieve.use=press", "which stages are used is for the recipe's file to say"),
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
