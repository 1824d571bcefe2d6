"""What a benchmark is before the first token: chats, notes, settings, and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest

from mathmill.data.errors import ConfigError
from mathmill.eval.models.base import Sampling
from tests.eval.harness.measuring import measured, prepared
from tests.eval.harness.replay import ANSWERS, Replay


def test_what_greedy_draws_do_not_depend_on_makes_no_other_run(data: Path) -> None:
    def recipe(**sampling: Any) -> object:
        return prepared(data, Replay(ANSWERS), sampling=Sampling(**sampling)).recipe

    assert recipe(seed=3, top_p=0.5, top_k=7) == recipe()
    assert recipe(temperature=1.0, seed=3) != recipe(temperature=1.0)


def test_a_system_prompt_is_text(data: Path) -> None:
    with pytest.raises(ConfigError, match="--system holds bytes that are no UTF-8"):
        prepared(data, Replay(ANSWERS), system="a\udcffb")


@pytest.mark.parametrize(
    ("task", "template", "chat", "is_chat", "words"),
    [
        (0, False, "auto", False, ""),
        (0, True, "auto", False, ""),
        (0, True, "yes", True, "meant to be asked in plain text"),
        (1, True, "auto", True, ""),
        (1, False, "auto", False, "no chat template, so it was asked in plain text"),
        (1, True, "no", False, "meant to be asked in a chat"),
    ],
)
def test_a_chat_where_task_and_model_want_one(
    task: int, template: bool, chat: str, is_chat: bool, words: str, data: Path
) -> None:
    ready = prepared(data, Replay(ANSWERS, template=template), task, chat=chat)
    assert ready.recipe.chat == is_chat
    assert all(isinstance(prompt.given, tuple) == is_chat for prompt in ready.prompts)
    assert words in " ".join(ready.notes)
    assert bool(ready.notes) == bool(words)


def test_a_chat_without_a_template_is_refused(data: Path) -> None:
    with pytest.raises(ConfigError, match="the tokenizer of replay has no chat template"):
        prepared(data, Replay(ANSWERS), chat="yes")


def test_what_a_reader_should_know_is_noted(data: Path, tmp_path: Path) -> None:
    path = tmp_path / "fewer.jsonl"
    path.write_bytes(orjson.dumps({"id": "own/test/0", "question": "What is 1 + 1?", "answer": "2"}))
    assert "known to have 6 problems, and 1 were found" in " ".join(prepared(path, Replay(ANSWERS), shots=data).notes)
    # What has fewer problems than the set is no score of it, though no limit was set.
    few = measured(tmp_path / "run", path, shots=data)
    assert few.results["stamp"] == "NOT A SCORE: only 1 of 6 problems were asked"


def test_a_task_without_shots_takes_none(data: Path) -> None:
    with pytest.raises(ConfigError, match="own-0shot has no shots"):
        prepared(data, Replay(ANSWERS), 1, shots=data)
