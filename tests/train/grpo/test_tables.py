"""The table of an exploration's completions."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from mathmill.data.errors import DamagedInput, InputMissing
from mathmill.eval.verdict import Verdict
from mathmill.train.grpo.tables import Told, explorations_of, read_completions, write_completions
from mathmill.train.reward.process import Step
from tests.train.reward.made import group

CORRECT, WRONG = Verdict("correct", "number", "found by box"), Verdict("wrong", "number", "71 is not 72")


def told(*texts: str, steps: Sequence[Sequence[Any]] | None = None) -> Told:
    count = len(texts)
    return Told(
        group=group(*texts),
        prompt="How many?\n",
        verdicts=[CORRECT, WRONG][:count],
        parts={"accuracy": [1.0, 0.0][:count], "own.py:brief": [-0.5, None][:count]},
        totals=[0.5, None][:count],
        advantages=[0.7, None][:count],
        alive=True,
        steps=steps,
    )


def test_what_is_written_is_read(tmp_path: Path) -> None:
    steps = [[Step(0, 9, "1 + 1", "2", 1.0, "correct", "number")], []]
    output = write_completions(tmp_path, 12, [told("It is é 72.", "No\ud800.", steps=steps), told("again")])
    assert output.rows == 3
    assert [path.name for path in (tmp_path / "completions").iterdir()] == ["exploration-00000012.parquet"]
    first, second, third = read_completions(tmp_path, 12)
    assert first == {
        "exploration": 12,
        "problem": "made/1",
        "sample": 0,
        "prompt": "How many?\n",
        "completion": "It is é 72.",
        "tokens": len("It is é 72.".encode()),
        "finish": "eos",
        "gold": "72",
        "outcome": "correct",
        "method": "number",
        "detail": "found by box",
        "total": 0.5,
        "advantage": 0.7,
        "alive": True,
        "logprob": -0.5,
        "steps": [{"start": 0, "end": 9, "reward": 1.0, "outcome": "correct", "detail": "number"}],
        "rewards": {"accuracy": 1.0, "own.py:brief": -0.5},
    }
    assert second["completion"] == "No?."
    assert (second["total"], second["advantage"], second["rewards"]["own.py:brief"]) == (None, None, None)
    assert (second["sample"], second["steps"]) == (1, [])
    assert third["steps"] is None


def test_the_same_rollouts_give_the_same_bytes_and_replace_what_is_there(tmp_path: Path) -> None:
    first = write_completions(tmp_path / "a", 3, [told("72", "71")])
    again = write_completions(tmp_path / "a", 3, [told("72", "71")])
    other = write_completions(tmp_path / "b", 3, (each for each in [told("72", "71")]))
    assert first == again == other
    assert write_completions(tmp_path / "a", 3, [told("72")]) != first
    assert len(read_completions(tmp_path / "a", 3)) == 1
    assert explorations_of(tmp_path / "a") == [3]


def test_files_are_put_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    for number in (10, 9, 123_456_789):
        write_completions(tmp_path, number, [told("72")])
    (tmp_path / "completions" / "notes.parquet").write_bytes(b"")
    assert explorations_of(tmp_path) == [9, 10, 123_456_789]
    assert explorations_of(tmp_path / "nothing") == []


def test_columns_say_what_they_hold(tmp_path: Path) -> None:
    write_completions(tmp_path, 0, [told("72")])
    schema = pq.read_schema(tmp_path / "completions" / "exploration-00000000.parquet")
    assert all(field.metadata[b"doc"] for field in schema)
    assert schema.names[-2:] == ["reward_accuracy", "reward_own.py:brief"]


def test_an_exploration_of_nothing_has_an_empty_table(tmp_path: Path) -> None:
    assert write_completions(tmp_path, 5, []).rows == 0
    assert read_completions(tmp_path, 5) == []


def test_logprobs_are_added_up_exactly(tmp_path: Path) -> None:
    one = told("x" * 3)
    one.group.rollouts[0].logprobs[:] = np.array([-0.1, -0.2, -0.4], np.float32)
    write_completions(tmp_path, 0, [one])
    assert read_completions(tmp_path, 0)[0]["logprob"] == pytest.approx(-0.7 / 3, abs=1e-8)


def test_what_is_missing_or_damaged_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputMissing, match="has none"):
        read_completions(tmp_path, 1)
    write_completions(tmp_path, 2, [told("72")])
    with pytest.raises(InputMissing, match="it has explorations 2 to 2"):
        read_completions(tmp_path, 1)
    path = tmp_path / "completions" / "exploration-00000002.parquet"
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(DamagedInput, match="no table of completions"):
        read_completions(tmp_path, 2)
