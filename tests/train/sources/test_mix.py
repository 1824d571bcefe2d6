"""Parts mixed by weight: the shares are right at every row, whatever the parts are like."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest

from mathmill.data.config import resolve
from mathmill.data.errors import ConfigError, MathmillError
from mathmill.data.page_files import Pages
from mathmill.train.sources.mix import MixFeed, held_out_of, read_mix
from mathmill.train.sources.settings import MixPart
from tests.train.batch.made import encoder
from tests.train.sources.made import lines, run_of

LENGTH = 100
# Of DeepSeekMath (arXiv 2402.03300, section 2.2.1): name, weight, texts, words of one.
PARTS = (
    ("math", 56, 200, 400),
    ("algebra", 4, 20, 20),
    ("papers", 10, 3, 9_000),
    ("code", 20, 100, 150),
    ("prose", 10, 300, 8),
)


def mixed(folder: Path, seed: int = 0) -> list[MixPart]:
    """DeepSeekMath's mix with texts of very different lengths: corpora, files and a folder of files."""
    rng = random.Random(seed)
    parts = []
    for name, weight, number, words in PARTS:
        rows = [
            {"id": f"{name}/{at}", "url": "", "text": " ".join(str(rng.randrange(1000)) for _ in range(size))}
            for at, size in enumerate(max(1, int(rng.expovariate(1 / words))) for _ in range(number))
        ]
        if name in ("math", "papers"):
            half = len(rows) // 2
            tables = {"corpus/train-00000.parquet": rows[:half], "corpus/train-00001.parquet": rows[half:]}
            pages = Pages(run=run_of(folder / name, "corpus", {**tables, "corpus/validation-00000.parquet": rows[:1]}))
        else:
            for at in range(3):
                lines(folder / name / f"{at}.jsonl", rows[at::3])
            pages = Pages(files=(str(folder / name),))
        parts.append(MixPart(name=name, weight=weight, pages=pages))
    return parts


def feed(
    parts: list[MixPart], seed: int = 0, length: int = LENGTH, packed: bool = True, window: int = 5_000
) -> MixFeed:
    return read_mix(parts, encoder(length), seed, length, packed, window)


def given(mix: MixFeed) -> dict[str, int]:
    return {told["part"]: told["trained_tokens"] for told in mix.told()["parts"]}


@pytest.mark.parametrize(("length", "packed"), [(20, True), (100, True), (100, False), (700, True)])
def test_shares_are_right_at_every_row(tmp_path: Path, length: int, packed: bool) -> None:
    mix = feed(mixed(tmp_path), length=length, packed=packed)
    weights = {name: weight / 100 for name, weight, _, _ in PARTS}
    for number in range(1, 150_000 // length):
        (row,) = mix.take(1)
        (part,) = {example.origin.partition("/")[0] for example in row}
        tokens = given(mix)
        total = sum(tokens.values())
        assert tokens[part] > 0
        if number == 1:
            assert part == "math"
        assert max(abs(tokens[name] - weights[name] * total) for name in weights) <= length
    told = {each["part"]: each for each in mix.told()["parts"]}
    assert told["algebra"]["epochs"] > 1 > told["math"]["epochs"]
    assert mix.epoch == pytest.approx(min(each["epochs"] for each in told.values()), abs=1e-4)
    assert mix.rows is None


@pytest.mark.parametrize("seed", range(3))
def test_it_goes_on_at_any_row_however_many_are_taken(tmp_path: Path, seed: int) -> None:
    parts, rng = mixed(tmp_path, seed), random.Random(seed)
    whole = feed(parts, seed).take(300)
    assert feed(parts, seed + 1).take(300) != whole
    one, at = feed(parts, seed), 0
    while at < 280:
        some = min(300 - at, rng.randrange(1, 90))
        assert one.take(some) == whole[at : at + some]
        at += some
        other = feed(parts, seed)
        other.load(json.loads(json.dumps(one.state())))
        assert other.take(300 - at) == whole[at:]
        assert len(json.dumps(one.state())) < 1_000


def test_the_fingerprint_is_of_all_that_decides_the_rows(tmp_path: Path) -> None:
    parts = mixed(tmp_path / "one")
    again = mixed(tmp_path / "two")
    base = feed(parts).fingerprint
    assert feed(again).fingerprint == base
    less = [parts[0].model_copy(update={"weight": 55.0}), *parts[1:]]
    aside = [parts[0].model_copy(update={"held_out": 0.1}), *parts[1:]]
    changed = [feed(less), feed(aside), feed(parts, 1), feed(parts, length=50), feed(parts, packed=False)]
    changed += [feed(parts, window=10), feed(parts[:4]), feed(mixed(tmp_path / "three", 1))]
    assert len({mix.fingerprint for mix in changed} | {base}) == 9


def test_held_out_texts_of_each_part(tmp_path: Path) -> None:
    parts = mixed(tmp_path)
    parts[3] = parts[3].model_copy(update={"held_out": 0.2})
    stores = held_out_of(parts, encoder(LENGTH), 0, tokens=3_000)
    assert set(stores) == {"math", "papers", "code"}
    assert all(0 < store.tokens < 3_000 + LENGTH for store in stores.values())
    held = {store[number].origin for store in stores.values() for number in range(len(store))}
    assert {name for name in held if name.startswith("math")} == {"math/0"}
    mix = feed(parts)
    while min(told["epochs"] for told in mix.told()["parts"] if told["part"] == "code") < 1:
        assert not {example.origin for row in mix.take(20) for example in row if example.origin[:4] == "code"} & held


@pytest.mark.parametrize(
    ("trees", "told"),
    [
        ([{"name": "a b", "pages": {"files": ["F"]}}], "name: "),
        ([{"name": "a", "pages": {"files": ["F"]}, "weight": 0}], "weight: "),
        ([{"name": "a", "pages": {"files": ["gone.jsonl"]}}], "no file at gone.jsonl"),
        ([{"name": "a", "pages": {"run": "VALIDATION"}}], "a has no pages of the split train: name another run"),
    ],
)
def test_mixes_that_cannot_be_read(tmp_path: Path, trees: list[dict[str, Any]], told: str) -> None:
    path = lines(tmp_path / "a.jsonl", [{"text": "It is 7.", "url": ""}])
    run = run_of(tmp_path / "run", "corpus", {"corpus/validation-00000.parquet": [{"id": "a", "text": "7", "url": ""}]})
    filled = json.loads(
        json.dumps(trees).replace('"F"', json.dumps(path)).replace('"VALIDATION"', json.dumps(str(run)))
    )
    with pytest.raises(MathmillError) as raised:
        feed([resolve(tree, MixPart, "recipe") for tree in filled])
    assert told in str(raised.value)


def test_the_state_of_another_mix_is_refused(tmp_path: Path) -> None:
    parts = mixed(tmp_path)
    state = feed(parts[:3]).state()
    with pytest.raises(ConfigError, match="the checkpoint is of a mix of algebra, math, papers, and this one is of"):
        feed(parts).load(state)
