"""What a Task may be."""

from __future__ import annotations

from typing import Any

import pytest

from mathmill.data.config import canonical_json, config_hash
from mathmill.data.errors import ConfigError
from mathmill.eval.tasks.task import Task
from tests.eval.tasks.made import FIXED, task


def test_a_source_may_be_named_or_written_out() -> None:
    assert task(problems="gsm8k/test").problems.problems == 1_319
    assert task(problems={"key": "my/own", "local": "sums"}).problems.path == "sums"


def test_a_task_comes_back_from_json_without_the_words_on_it() -> None:
    made = task(problems="gsm8k/test", shots={**FIXED, "repairs": [{"old": "a", "new": ""}]})
    again = Task.model_validate_json(canonical_json(made.model_dump(mode="json")))
    assert again == made.model_copy(update={"about": "", "protocol": "", "limit_from": ""})
    assert config_hash(again) == config_hash(made)
    assert config_hash(task(version=2)) != config_hash(task())


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"name": "GSM8K"}, "name: "),
        ({"version": 0}, "version: must be greater than or equal to 1"),
        ({"ask": "Q: {problem}"}, "must hold {question} once"),
        ({"ask": "{question} {question}"}, "must hold {question} once"),
        ({"ask": ""}, "ask is empty"),
        ({"stops": ["Q:", ""]}, "an empty string would end every completion"),
        ({"shots": FIXED, "stops": []}, "stops are empty"),
        ({"shots": FIXED, "plain": "{question}"}, "plain is for Tasks without shots"),
        ({"stated": ["last"]}, "which is a guess"),
        ({"stated": []}, "stated: "),
        ({"stated": ["boxed"]}, "stated"),
        ({"instruction": "Think."}, "need each other"),
        ({"ask": "{question} {instruction}"}, "need each other"),
        ({"problems": "gsm8k/tset"}, "did you mean gsm8k/test"),
        ({"shots": {**FIXED, "source": "fewshot/gsm8k"}}, "fewshot/gsm8k_cot_8shot"),
        ({"shots": {**FIXED, "sha256": "0"}}, "shots.sha256"),
        ({"shot": FIXED}, "did you mean 'shots'"),
    ],
)
def test_a_task_that_cannot_be_is_refused(changes: dict[str, Any], told: str) -> None:
    with pytest.raises(ConfigError) as refused:
        task(**changes)
    assert told in str(refused.value)
    assert "\n" not in str(refused.value)
