"""Which Problems are trained and which are measured, in which words, and in which order they come."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import orjson
import pytest

pytest.importorskip("transformers")

from mathmill.data.config import resolve
from mathmill.data.errors import ConfigError, MathmillError
from mathmill.eval.models.base import Message, Prompt
from mathmill.eval.models.tokens import Reader
from mathmill.train.grpo.feed import QuestionFeed
from mathmill.train.grpo.problems import GroupProblems, read_problems
from mathmill.train.grpo.problems_settings import ValidationSettings, Wording
from mathmill.train.rollout.records import Question
from mathmill.train.sample.recipe import Asked
from tests.eval.models import tiny
from tests.train.batch.made import CHATML, Named


def reader(template: str | None = None) -> Reader:
    return Reader("tiny", tiny.tokenizer(template), Named(tiny.config("llama")))


def rows(count: int = 20) -> list[dict[str, Any]]:
    return [{"id": f"own/{at}", "question": f"What is {at} + 1?", "answer": str(at + 1)} for at in range(count)]


def write(path: Path, some: list[dict[str, Any]]) -> Path:
    path.write_bytes(b"".join(orjson.dumps(row) + b"\n" for row in some))
    return path


def problems(
    path: Path, wording: dict[str, Any] | None = None, validation: dict[str, Any] | None = None, **of: Any
) -> GroupProblems:
    asked = resolve({"file": str(path), **of.pop("asked", {})}, Asked, "a test")
    return read_problems(
        asked,
        resolve(wording or {}, Wording, "a test"),
        resolve(validation or {}, ValidationSettings, "a test"),
        of.get("reader") or reader(),
        of.get("max_new_tokens", 64),
        of.get("seed", 0),
    )


def ids(questions: tuple[Question, ...]) -> list[str]:
    return [each.problem.id for each in questions]


def test_a_share_is_held_out_by_the_seed(tmp_path: Path) -> None:
    path = write(tmp_path / "own.jsonl", rows(100))
    found = problems(path)
    assert (len(found.trained), len(found.validation)) == (90, 10)
    assert not set(ids(found.trained)) & set(ids(found.validation))
    assert ids(problems(path).validation) == ids(found.validation) != ids(problems(path, seed=1).validation)
    assert len(problems(path, None, {"most": 4}).validation) == 4
    assert problems(path, None, {"share": 0}).validation == ()
    # What is held out does not hang on the Problems that stand beside it, but for where the cut is.
    fewer = problems(write(tmp_path / "fewer.jsonl", rows(100)[::-1]), None, {"most": 4})
    assert set(ids(fewer.validation)) <= set(ids(found.validation))


def test_copies_of_a_question_are_on_one_side(tmp_path: Path) -> None:
    copies = [{**row, "id": f"{row['id']}b", "question": f"  {row['question'].upper()} "} for row in rows(40)]
    found = problems(write(tmp_path / "own.jsonl", [*rows(40), *copies]))
    held = Counter(name.rstrip("b") for name in ids(found.validation))
    assert len(found.validation) == 8 and set(held.values()) == {2}


def test_a_set_of_its_own_to_measure_with(tmp_path: Path) -> None:
    path = write(tmp_path / "own.jsonl", rows(20))
    aside = write(tmp_path / "aside.jsonl", [{**row, "id": f"aside/{at}"} for at, row in enumerate(rows(22)[15:])])
    found = problems(path, None, {"problems": {"file": str(aside)}})
    assert ids(found.validation) == [f"aside/{at}" for at in range(7)]
    assert ids(found.trained) == [f"own/{at}" for at in range(15)]
    assert found.facts["sets"][0]["dropped"] == {"asked_in_validation": 5}
    few = problems(path, None, {"problems": {"file": str(aside)}, "most": 3})
    assert len(few.validation) == 3 and set(ids(few.validation)) < set(ids(found.validation))


@pytest.mark.parametrize(
    ("validation", "said"),
    [
        ({"problems": {"use": "gsm8k/test"}}, "what models are measured on"),
        ({"problems": {"file": "test.jsonl"}}, "is of math500/test, which models are measured on"),
        ({"problems": {"file": "own.jsonl"}}, "all Problems of .* are held out"),
        ({"problems": {"file": "own.jsonl"}, "share": 0.1}, "say share or problems, not both"),
        ({"share": 0.6}, "less than or equal to 0.5"),
        ({"temperature": 0}, "greater than or equal to 0.001"),
    ],
)
def test_what_is_refused(tmp_path: Path, validation: dict[str, Any], said: str) -> None:
    path = write(tmp_path / "own.jsonl", rows())
    write(tmp_path / "test.jsonl", [{"id": "math500/test/7", "question": "What?", "answer": "4"}])
    named = validation.get("problems", {})
    if "file" in named:
        named = {"file": str(tmp_path / named["file"])}
    with pytest.raises(MathmillError, match=said):
        problems(path, None, {**validation, **({"problems": named} if named else {})})


def test_a_test_is_not_trained_on(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="which models are measured on"):
        problems(write(tmp_path / "own.jsonl", [{"id": "math500/test/7", "question": "What?", "answer": "4"}]))


@pytest.mark.parametrize(
    ("template", "wording", "given"),
    [
        (None, {"ask": "Q: {question}\nA:"}, "Q: What is 0 + 1?\nA:"),
        (None, {"ask": "{question} =", "system": "Sums."}, "Sums.\n\nWhat is 0 + 1? ="),
        (CHATML, {"ask": "{question}"}, (Message("user", "What is 0 + 1?"),)),
        (CHATML, {"ask": "{question}", "chat": "no"}, "What is 0 + 1?"),
        (
            CHATML,
            {"ask": "{question}!", "system": "Sums."},
            (Message("system", "Sums."), Message("user", "What is 0 + 1?!")),
        ),
    ],
)
def test_words_of_ones_own(tmp_path: Path, template: str | None, wording: dict[str, Any], given: Any) -> None:
    found = problems(
        write(tmp_path / "own.jsonl", rows()), {**wording, "stops": ["\nQ:"]}, None, reader=reader(template)
    )
    asked = {each.problem.id: each.prompt for each in (*found.trained, *found.validation)}
    assert asked["own/0"] == Prompt("own/0", given, ("\nQ:",))
    assert found.stated == ("box", "hash", "final", "phrase")


@pytest.mark.parametrize("template", [None, CHATML])
def test_the_words_of_a_task_are_those_of_sampling(tmp_path: Path, template: str | None) -> None:
    from mathmill.eval.tasks.find import find_task
    from mathmill.eval.tasks.prompts import build_prompts

    found = problems(
        write(tmp_path / "own.jsonl", rows()), {"task": "gsm8k-0shot"}, {"share": 0}, reader=reader(template)
    )
    task = find_task("gsm8k-0shot")
    wanted = build_prompts(task, [each.problem for each in found.trained], [], template is not None)
    assert [each.prompt for each in found.trained] == wanted
    assert found.stated == task.stated == ("box",)
    assert problems(tmp_path / "own.jsonl", reader=reader(template)).stated == ("box",)  # the default


@pytest.mark.parametrize(
    ("wording", "said"),
    [
        ({"task": "gsm8k-0shot", "ask": "{question}"}, "say task or ask"),
        ({"ask": "Go!"}, "must hold {question} once"),
        ({"stops": ["\n"]}, "those of the task"),
        ({"ask": "{question}", "stops": [""]}, "would end every completion"),
        ({"ask": "{question}", "chat": "yes"}, "has no chat template"),
        ({"task": "gsm8k-0shot", "chat": "yes"}, 'leave chat = "yes" away'),
        ({"task": "gsm8k-0shott"}, "did you mean gsm8k-0shot"),
    ],
)
def test_words_that_cannot_be_asked(tmp_path: Path, wording: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        problems(write(tmp_path / "own.jsonl", rows()), wording)


def test_what_is_left_out_is_counted(tmp_path: Path) -> None:
    own = [
        *rows(5),
        {"id": "own/long", "question": "What is " + "1 + " * 300 + "1?", "answer": "301"},
        {"id": "own/gold", "question": "What is that?", "answer": "x^2 +"},
        {"id": "own/copy", "question": "How many apples are two apples and three apples together?", "answer": "5"},
    ]
    bench = write(tmp_path / "bench.jsonl", [{"question": own[-1]["question"], "answer": "5"}])
    found = problems(write(tmp_path / "own.jsonl", own), None, {"share": 0}, asked={"against": [str(bench)]})
    assert ids(found.trained) == [f"own/{at}" for at in range(5)]
    (told,) = found.facts["sets"]
    assert told["dropped"] == {"bad_gold": 1, "copied": 1, "prompt_too_long": 1}
    assert told["evidence"] == {"bad_gold": ["own/gold"], "copied": ["own/copy"], "prompt_too_long": ["own/long"]}


def test_a_prompt_and_its_completion_fit_to_the_token(tmp_path: Path) -> None:
    path, words = write(tmp_path / "own.jsonl", rows(1)), {"ask": "{question}"}
    (prompt,) = (each.prompt for each in problems(path, words, {"share": 0}).trained)
    room = 512 - len(reader().read([prompt])[0])
    assert len(problems(path, words, {"share": 0}, max_new_tokens=room).trained) == 1
    with pytest.raises(ConfigError, match=r"of 1 Problem of .* all are dropped: prompt_too_long 1"):
        problems(path, words, {"share": 0}, max_new_tokens=room + 1)
    with pytest.raises(ConfigError, match="context of tiny has 512 tokens and a completion may have 512"):
        problems(path, words, {"share": 0}, max_new_tokens=512)


def test_what_a_template_refuses(tmp_path: Path) -> None:
    template = "{% if '3 ' in messages[0].content %}{{ raise_exception('no') }}{% endif %}{{ messages[0].content }}"
    found = problems(
        write(tmp_path / "own.jsonl", rows(8)), {"ask": "{question}"}, {"share": 0}, reader=reader(template)
    )
    assert found.facts["sets"][0]["dropped"] == {"template_refuses": 1} and "own/3" not in ids(found.trained)
    with pytest.raises(ConfigError, match="refuses these messages"):
        problems(tmp_path / "own.jsonl", {"ask": "3 {question}"}, reader=reader(template))


def test_the_fingerprint_is_of_all_that_is_asked(tmp_path: Path) -> None:
    path = write(tmp_path / "own.jsonl", rows())
    other = write(tmp_path / "other.jsonl", [*rows()[:-1], {**rows()[-1], "answer": "21"}])
    same, another = problems(path), write(tmp_path / "moved.jsonl", rows())
    assert problems(another).fingerprint == same.fingerprint
    changed = (problems(other), problems(path, {"ask": "{question}"}), problems(path, seed=1))
    assert len({same.fingerprint, *(each.fingerprint for each in changed)}) == 4


def questions(count: int) -> list[Question]:
    from mathmill.data.problem_rows import Problem

    return [Question(Problem(f"p/{at}", "", "", {}), Prompt(f"p/{at}", "")) for at in range(count)]


def taken(feed: QuestionFeed, *counts: int) -> list[str]:
    return [each.problem.id for count in counts for each in feed.take(count)]


def test_epochs_come_in_an_order_of_the_seed() -> None:
    feed = QuestionFeed(questions(10), 3)
    first, second = taken(feed, 5, 5), taken(feed, 10)
    assert set(first) == set(second) == {f"p/{at}" for at in range(10)} and first != second
    assert taken(QuestionFeed(questions(10), 3), *[1] * 20) == first + second
    assert taken(QuestionFeed(questions(10), 4), 10) != first
    assert feed.epoch == 2 and len(feed) == 10


@pytest.mark.parametrize("count", [3, 7, 9, 10])
def test_what_is_taken_at_once_differs_and_all_come_as_often(count: int) -> None:
    feed = QuestionFeed(questions(10), 0)
    found: Counter[str] = Counter()
    for times in range(1, 41):
        some = taken(feed, count)
        assert len(set(some)) == count
        found.update(some)
        assert feed.epoch == pytest.approx(times * count / 10)
        assert max(found.values()) - min(found[f"p/{at}"] for at in range(10)) <= 2


def test_more_of_an_exploration_are_others() -> None:
    feed = QuestionFeed(questions(6), 0)
    some = feed.take(4)
    more = feed.take(4, {each.problem.id for each in some})
    assert len(more) == 2 and not {each.problem.id for each in some} & {each.problem.id for each in more}
    assert feed.take(3, {each.problem.id for each in questions(6)}) == []
    counts = Counter(taken(feed, 6) + [each.problem.id for each in [*some, *more]])
    assert set(counts.values()) == {2}
    with pytest.raises(ConfigError, match="an exploration asks 7 Problems, and 6 are there"):
        feed.take(7)


@pytest.mark.parametrize("before", [(), (4,), (7, 7), (7, 7, 7, 5)])
def test_it_goes_on_where_it_was(before: tuple[int, ...]) -> None:
    feed = QuestionFeed(questions(10), 1)
    taken(feed, *before)
    state = orjson.loads(orjson.dumps(feed.state()))
    other = QuestionFeed(questions(10), 1)
    other.load(state)
    assert taken(other, 7, 7, 7) == taken(feed, 7, 7, 7) and other.state() == feed.state()


def test_a_state_of_other_problems_is_refused() -> None:
    state = QuestionFeed(questions(10), 1).state()
    for feed in (QuestionFeed(questions(10), 2), QuestionFeed(questions(9), 1)):
        with pytest.raises(ConfigError, match="train into a new folder"):
            feed.load(state)
