"""Which Problems may be asked: sets to train on, files, and what other runs left; never a benchmark's test."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import orjson
import pytest

from mathmill.data.errors import ConfigError, InputMissing, MathmillError
from mathmill.data.shards import parquet_schema, write_parquet
from mathmill.train.sample.problems import Benchmarks, load_asked
from mathmill.train.sample.recipe import Asked

ROWS: list[dict[str, Any]] = [
    {"id": "sums/1", "question": "How many apples are two apples and three apples together?", "answer": "5"},
    {"id": "sums/2", "question": "What is 2 + 2?", "answer": "4"},
]


def write(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    text = b"".join(orjson.dumps(row) + b"\n" for row in rows)
    path.write_bytes(gzip.compress(text, mtime=0) if path.suffix == ".gz" else text)
    return path


def test_a_set_to_train_on(tmp_path: Path) -> None:
    write(tmp_path / "gsm8k" / "train.jsonl.gz", ROWS)
    loaded = load_asked(Asked(use="gsm8k/train", data=tmp_path))
    assert [problem.id for problem in loaded.problems] == ["sums/1", "sums/2"]


def test_a_file_with_columns_of_its_own(tmp_path: Path) -> None:
    path = write(tmp_path / "mine.jsonl", [{"problem": "2 + 2?", "worked": "It is 4. #### 4"}])
    asked = Asked(file=path, columns={"question": "problem", "gold": "worked"}, gold_from="hash")
    (problem,) = load_asked(asked).problems
    assert (problem.id, problem.question, problem.gold) == ("mine/0", "2 + 2?", "4")


def test_harvested_problems_of_the_train_split(tmp_path: Path) -> None:
    schema = parquet_schema(dict.fromkeys(("id", "question", "answer"), ("string", "")))
    for split, row in zip(("train", "validation"), ROWS, strict=True):
        path = tmp_path / "corpus" / "problems" / f"graded-{split}.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        write_parquet(path, [row], schema)
    assert [problem.id for problem in load_asked(Asked(run=tmp_path / "corpus")).problems] == ["sums/1"]
    with pytest.raises(ConfigError, match="no run of samples"):
        load_asked(Asked(run=tmp_path / "corpus", pass_rate=(0, 0.5)))


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"use": "gsm8k/test"}, "gsm8k/test is what models are measured on"),
        ({"use": "cmath/dev"}, "what is there to train on: gsm8k/train, math/train"),
        ({"use": "gsm8k/trian"}, "did you mean gsm8k/train"),
        ({"file": "gsm8k/test.jsonl.gz"}, "is of gsm8k/test, which models are measured on"),
        ({"file": "mine.jsonl"}, "mine.jsonl, math500/test/7 is of math500/test"),
        ({"run": "nothing"}, "no problems/graded-train.parquet in"),
    ],
)
def test_what_is_refused(tmp_path: Path, asked: dict[str, Any], said: str) -> None:
    write(tmp_path / "gsm8k" / "test.jsonl.gz", ROWS)
    write(tmp_path / "mine.jsonl", [*ROWS, {"id": "math500/test/7", "question": "What?", "answer": "4"}])
    below = {name: value if name == "use" else tmp_path / value for name, value in asked.items()}
    with pytest.raises(MathmillError, match=said):
        load_asked(Asked(**below))


@pytest.mark.parametrize(
    ("question", "copied"),
    [
        ("How many apples are two apples and three apples together?", True),
        ("Tell me this. How MANY apples are two apples and three apples together? Hurry up.", True),
        ("How many apples are two apples and three apples together, if Ann eats one of them on her way home?", True),
        ("How many pears are nine pears and six pears together?", False),
        ("What is 2 + 2?", True),
        ("What is 2 + 3?", False),
    ],
)
def test_problems_of_benchmarks_are_found(tmp_path: Path, question: str, copied: bool) -> None:
    write(tmp_path / "gsm8k" / "test.jsonl.gz", ROWS)
    path = write(tmp_path / "mine.jsonl", [{"question": question, "answer": "5"}])
    benchmarks = Benchmarks(["gsm8k/test"], tmp_path)
    assert list(benchmarks.fingerprints) == ["against gsm8k/test"]
    assert bool(benchmarks.copied(load_asked(Asked(file=path)).problems)) is copied


def test_no_benchmark_to_look_for(tmp_path: Path) -> None:
    problems = load_asked(Asked(file=write(tmp_path / "mine.jsonl", ROWS))).problems
    assert Benchmarks([], None).copied(problems) == {}
    with pytest.raises(InputMissing):
        Benchmarks(["gsm8k/test"], tmp_path)


@pytest.mark.parametrize(
    ("tree", "said"),
    [
        ({}, "exactly one of use, file and run .got none"),
        ({"use": "gsm8k/train", "file": "a.jsonl"}, "got use and file"),
        ({"use": "gsm8k/train", "gold_from": "hash"}, "gold_from is of a file, and Problems come from `use`"),
        ({"file": "a.jsonl", "pass_rate": [0, 1]}, None),
        ({"file": "a.jsonl", "pass_rate": [0, 0.5]}, "pass_rate is of a run"),
        ({"run": "runs/a", "pass_rate": [0.5, 0.2]}, "from 0 to 1"),
    ],
)
def test_what_a_recipe_may_say(tree: dict[str, Any], said: str | None) -> None:
    if said is None:
        Asked(**tree)
    else:
        with pytest.raises(ValueError, match=said):
            Asked(**tree)
