"""What rows say, in each form."""

from __future__ import annotations

from typing import Any

import pytest

from mathmill.data.config import resolve
from mathmill.data.errors import ConfigError
from mathmill.data.problems import Problem
from mathmill.eval.answers import find_answer
from mathmill.eval.models.base import Message
from mathmill.eval.tasks.find import find_task
from mathmill.eval.tasks.prompts import build_prompts
from mathmill.train.batch.examples import DroppedExample
from mathmill.train.sources.forms import Chat, RowReader, Told, Whole
from mathmill.train.sources.settings import Form, TuningColumns, TuningSource

GSM8K = "She sold 48/2 = <<48/2=24>>24 clips in May.\nShe sold 48+24 = <<48+24=72>>72 clips.\n#### 1,072"
BOXED = r"The sum is $3 + 4 = \boxed{7}$."


def read(form: Form, row: Any, chats: bool = True, **settings: Any) -> Any:
    """What a row says, without its question."""
    said = RowReader(source(**settings), chats)("o", row, form, TuningColumns())
    return said if isinstance(said, DroppedExample) else said[0]


def source(**settings: Any) -> TuningSource:
    return resolve({"files": ["a.jsonl"], **settings}, TuningSource, "recipe")


def turns(*said: tuple[str, str]) -> list[dict[str, str]]:
    return [{"role": role, "content": content} for role, content in said]


def chat(*said: tuple[Any, str], turns: Any = "all") -> Chat:
    return Chat(tuple(Message(role, content) for role, content in said), turns)


@pytest.mark.parametrize(
    ("settings", "row", "expected"),
    [
        ({}, turns(("user", "Q"), ("assistant", "A")), chat(("user", "Q"), ("assistant", "A"))),
        (
            {"turns": "last"},
            turns(("user", "Q"), ("assistant", "A")),
            chat(("user", "Q"), ("assistant", "A"), turns="last"),
        ),
        (
            {"system": "Be short."},
            [{"from": "human", "value": "Q"}, {"from": "gpt", "value": "A"}],
            chat(("system", "Be short."), ("user", "Q"), ("assistant", "A")),
        ),
        (
            {"system": "Be short."},
            turns(("system", "Be long."), ("user", "Q"), ("assistant", "A")),
            chat(("system", "Be long."), ("user", "Q"), ("assistant", "A")),
        ),
        (
            {},
            [{"role": "user", "content": [{"type": "text", "text": "Q"}]}, {"role": "assistant", "content": "A"}],
            chat(("user", "Q"), ("assistant", "A")),
        ),
        (
            {},
            turns(("user", "Q"), ("assistant", "1 + 1"), ("ipython", "2"), ("assistant", "It is 2.")),
            chat(("user", "Q"), ("assistant", "1 + 1"), ("tool", "2"), ("assistant", "It is 2.")),
        ),
        (
            {"tools": "blocks"},
            turns(("user", "Q"), ("assistant", "1 + 1"), ("tool", "2\n"), ("assistant", "It is 2.")),
            chat(("user", "Q"), ("assistant", "1 + 1\n```output\n2\n```\nIt is 2.")),
        ),
        ({}, turns(("user", "half \ud800"), ("assistant", "A")), chat(("user", "half ?"), ("assistant", "A"))),
    ],
)
def test_messages(settings: dict[str, Any], row: Any, expected: Chat) -> None:
    assert read("messages", {"messages": row}, **settings) == expected


@pytest.mark.parametrize(
    ("settings", "prompt", "completion", "expected"),
    [
        ({}, "Q", "A", Told("Q", "A")),
        ({"system": "Be short."}, "Q", "A", Told("Be short.\n\nQ", "A")),
        ({"chat": "yes"}, "Q", "A", chat(("user", "Q"), ("assistant", "A"))),
        ({}, turns(("user", "Q")), turns(("assistant", "A")), chat(("user", "Q"), ("assistant", "A"))),
        ({}, "Q", turns(("assistant", "A")), chat(("user", "Q"), ("assistant", "A"))),
        (  # what the prompt shows of an assistant is no completion
            {},
            turns(("user", "Q"), ("assistant", "A"), ("user", "Q2")),
            "A2",
            chat(("user", "Q"), ("assistant", "A"), ("user", "Q2"), ("assistant", "A2"), turns="last"),
        ),
    ],
)
def test_completions(settings: dict[str, Any], prompt: Any, completion: Any, expected: Any) -> None:
    assert read("completion", {"prompt": prompt, "completion": completion}, **settings) == expected


@pytest.mark.parametrize(
    ("settings", "chats", "expected"),
    [
        ({}, False, Told("Question: 3 + 4?\nAnswer:", " It is 7.")),
        ({}, True, chat(("user", "3 + 4?"), ("assistant", "It is 7."))),
        ({"chat": "no"}, True, Told("Question: 3 + 4?\nAnswer:", " It is 7.")),
        ({"ask": "{question} =\n", "chat": "no"}, True, Told("3 + 4? =\n", "It is 7.")),
        (
            {"ask": "Solve: {question}", "system": "S"},
            True,
            chat(("system", "S"), ("user", "Solve: 3 + 4?"), ("assistant", "It is 7.")),
        ),
        ({"ask": "Solve: {question}", "system": "S"}, False, Told("S\n\nSolve: 3 + 4?", " It is 7.")),
        ({"task": "gsm8k-5shot"}, True, Told("Question: 3 + 4?\nAnswer:", " It is 7.")),
        ({"fenced": "python"}, False, Told("Question: 3 + 4?\nAnswer:", " ```python\nIt is 7.\n```")),
    ],
)
def test_problems(settings: dict[str, Any], chats: bool, expected: Any) -> None:
    row = {"question": "3 + 4?", "solution": " It is 7.\n", "answer": "7"}
    assert read("problem", row, chats, **settings) == expected


@pytest.mark.parametrize("name", ["gsm8k-0shot", "math-4shot", "cmath-0shot", "aqua-0shot"])
@pytest.mark.parametrize("chats", [True, False])
def test_problems_are_asked_as_a_benchmark_asks_them(name: str, chats: bool) -> None:
    task = find_task(name)
    (prompt,) = build_prompts(
        task.model_copy(update={"shots": None}), [Problem("o", "3 + {question}?", "7", {})], [], chats and task.chat
    )
    said = read("problem", {"question": "3 + {question}?", "solution": "It is 7."}, chats, task=name)
    if isinstance(said, Chat):
        assert said.messages == (*prompt.given, Message("assistant", "It is 7."))
    else:
        assert said == Told(str(prompt.given), " It is 7.")
    assert isinstance(said, Chat) == (chats and task.chat)


@pytest.mark.parametrize(
    ("settings", "solution", "answer", "expected"),
    [
        ({}, GSM8K, "1072", GSM8K),
        (
            {"marks": "stripped"},
            GSM8K,
            "1072",
            "She sold 48/2 = 24 clips in May.\nShe sold 48+24 = 72 clips.\n#### 1,072",
        ),
        ({"ending": "phrase"}, "48 + 24 = 72.\n#### 1,072", "", "48 + 24 = 72.\nThe answer is 1072."),
        ({"ending": "boxed"}, "48 + 24 = 72.\n#### 1,072", "", "48 + 24 = 72.\nThe answer is $\\boxed{1072}$."),
        ({"ending": "boxed"}, BOXED, "7", BOXED),
        ({"ending": "phrase"}, BOXED, "7", BOXED + "\nThe answer is 7."),
        ({"ending": "phrase"}, BOXED, None, BOXED + "\nThe answer is 7."),
        ({"ending": "phrase"}, "It is 7. The answer is 7.", "7", "It is 7. The answer is 7."),
        ({"ending": "boxed"}, "The answer is 7.", None, "The answer is 7.\nThe answer is $\\boxed{7}$."),
        ({"ending": "phrase"}, "Clear.", 7.0, "Clear.\nThe answer is 7."),
    ],
)
def test_how_solutions_end(settings: dict[str, Any], solution: str, answer: Any, expected: str) -> None:
    said = read("problem", {"question": "Q", "solution": solution, "answer": answer}, False, **settings)
    assert said == Told("Question: Q\nAnswer:", f" {expected}")


@pytest.mark.parametrize(("ending", "rule"), [("boxed", "box"), ("phrase", "phrase")])
def test_benchmarks_find_the_answer_at_such_an_end(ending: str, rule: str) -> None:
    said = read("problem", {"question": "Q", "solution": GSM8K}, False, ending=ending)
    found = find_answer(said.completion)
    assert found is not None
    assert (found.text, found.rule) == ("1072", rule)


def test_texts() -> None:
    assert read("text", {"text": "Let $x = 1$."}) == Whole("Let $x = 1$.")


@pytest.mark.parametrize(
    ("form", "row", "settings", "reason", "evidence"),
    [
        ("messages", {"messages": "Q"}, {}, "malformed_row", "messages is no list of turns"),
        ("messages", {}, {}, "malformed_row", "messages is no list of turns"),
        ("messages", {"messages": [3]}, {}, "malformed_row", "turn 1 is a int"),
        (
            "messages",
            {"messages": turns(("critic", "Q"))},
            {},
            "malformed_row",
            "turn 1 has the role 'critic', and known are system, dev",
        ),
        ("messages", {"messages": [{"role": "user", "content": None}]}, {}, "malformed_row", "turn 1 has no text"),
        ("completion", {"prompt": "Q"}, {}, "malformed_row", "completion is not there"),
        ("completion", {"prompt": 3, "completion": "A"}, {}, "malformed_row", "prompt is a int"),
        ("text", {"text": None}, {}, "malformed_row", "text is not there"),
        ("problem", {"question": "Q", "solution": " \n"}, {}, "no_solution", "its solution is empty"),
        ("problem", {"question": "Q"}, {}, "no_solution", "its solution is empty"),
        ("problem", {"question": "Q", "solution": 7}, {}, "malformed_row", "solution is a int"),
        ("problem", {"question": "Q", "solution": "Clear."}, {"ending": "boxed"}, "no_answer", "nothing says"),
        (
            "problem",
            {"question": "Q", "solution": "Clear.", "answer": {"a": 1}},
            {"ending": "boxed"},
            "malformed_row",
            "its answer is a dict",
        ),
    ],
)
def test_rows_that_nothing_is_made_of(
    form: Form, row: Any, settings: dict[str, Any], reason: str, evidence: str
) -> None:
    dropped = read(form, row, **settings)
    assert isinstance(dropped, DroppedExample)
    assert (dropped.origin, dropped.reason) == ("o", reason)
    assert dropped.evidence.startswith(evidence)


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"files": []}, "name exactly one of files, hub, problems and run (got none)"),
        ({"problems": "gsm8k/train"}, "name exactly one of files, hub, problems and run (got files and problems)"),
        ({"config": "main"}, "config is of hub, and rows come from files"),
        ({"split": "test"}, "split is of hub or run, and rows come from files"),
        ({"data": "a"}, "data is of problems, and rows come from files"),
        ({"files": [], "problems": "gsm8k/train", "form": "text"}, "form is text, and rows of `problems` are problems"),
        ({"task": "gsm8k-0shot", "ask": "{question}"}, "say task or ask, not both"),
        ({"ask": "Solve."}, "ask must hold {question} once"),
        ({"column": {}}, "did you mean 'columns'?"),
    ],
)
def test_settings_that_do_not_fit(settings: dict[str, Any], told: str) -> None:
    with pytest.raises(ConfigError) as raised:
        source(**settings)
    assert told in str(raised.value)


def test_a_benchmark_that_is_not_there() -> None:
    with pytest.raises(ConfigError, match="no task is called 'gsm9k-0shot'; did you mean"):
        RowReader(source(task="gsm9k-0shot"), True)
