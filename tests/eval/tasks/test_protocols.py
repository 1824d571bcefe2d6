"""That Tasks are what they say: the field's protocols, to the byte."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import cache

import orjson
import pytest

from mathmill.data.problems import Problem, load_problems
from mathmill.data.sources import Source, load_source
from mathmill.eval.answers import find_answer
from mathmill.eval.grade import grade
from mathmill.eval.models.base import Message
from mathmill.eval.tasks.find import all_tasks, find_task, find_tasks
from mathmill.eval.tasks.prompts import build_prompts
from mathmill.eval.tasks.shots import shot_pool, solution
from mathmill.eval.tasks.task import Task
from tests.shared import BENCHMARKS, needs_benchmarks

TASKS = all_tasks()
FIXED = [task for task in TASKS if task.shots is not None and task.shots.draw == "first"]

# What lm-evaluation-harness 0.4.13 sends for every problem of its tasks gsm8k_cot (3.0), gsm8k (3.0) and the seven of
# minerva_math (3.1), fewshot seed 1234, one process: the prompts of `simple_evaluate` as it logs them, with the data of
# this folder (`benchmarks.lm_eval_peer`, no model), in the order of its test file; sha256 of them with a NUL between.
THEIRS = {
    "gsm8k-8shot": "9a08edd9368fad0c8e3a7d85f65d607fcbc6566b30b3ef3e479a4d6c11eaf204",
    "gsm8k-5shot": "84119a05b6c77e92415182c7963444e153dd2df04e05e238744f26b105c0a8b6",
    "math-4shot": "60b1b11957db04b25989f6895bf438e5baf08a33ecce21e13adab41818111775",
}
THEIR_UNTIL = {
    "gsm8k-8shot": ("Q:", "</s>", "<|im_end|>"),
    "gsm8k-5shot": ("Question:", "</s>", "<|im_end|>"),
    "math-4shot": ("Problem:",),
}
# The turns of its `fewshot_context` with `fewshot_as_multiturn` for the first 100 problems of gsm8k_cot, gsm8k and
# minerva_math_algebra; sha256 of them as JSON.
THEIR_CHATS = {
    "gsm8k-8shot": "e8b2e4af3ef0407b3fb0920da798fc037fedf327912e628b5b56cbd80f9862fe",
    "gsm8k-5shot": "3fc9949547679fa954ef9c64fa6290b99536b1c043e1268e472e4c763f8e8976",
    "math-4shot": "e51fc5157bdfc57a385eba3de756d2e180c012274de614035f1fddc57f6eb6c6",
}

# Exemplars whose text goes on behind the answer; they are sent as their authors published them.
FLAWED = {"mgsm/exemplar/te/3", "mgsm/exemplar/te/4"}


@cache
def _loaded(key: str) -> tuple[Problem, ...]:
    return tuple(load_problems(load_source(key), BENCHMARKS).problems)


def loaded(source: Source) -> tuple[Problem, ...]:
    return _loaded(source.key)


def shots_of(task: Task) -> Sequence[Problem]:
    return loaded(task.shots.source) if task.shots else ()


def test_what_the_field_measures_is_there() -> None:
    named = (
        "gsm8k-8shot gsm8k-5shot gsm8k-0shot math-4shot math-0shot math500-4shot math500-0shot aqua-0shot cmath-0shot"
    )
    sets = "svamp asdiv mawps gsm-hard"
    assert find_tasks([*named.split(), *(f"{each}-{shots}shot" for each in sets.split() for shots in (8, 0))])
    zero = "aime24 aime25 aime-validation amc23 amc-validation olympiadbench minerva-ocw gaokao2023en college-math"
    assert find_tasks([f"{each}-0shot" for each in zero.split()])
    languages = {"bn", "de", "en", "es", "fr", "ja", "ru", "sw", "te", "th", "zh"}
    for shots in ("0shot", "8shot"):
        assert {task.problems.key for task in find_tasks([f"mgsm-{shots}"])} == {f"mgsm/{each}" for each in languages}


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.name)
def test_a_name_says_how_many_shots_there_are(task: Task) -> None:
    assert task.name.endswith(f"-{task.shots.number if task.shots else 0}shot")
    assert task.problems.problems or task.problems.key == "own", "it is known how many there are"
    assert task.max_new_tokens > 256, "256 cuts solutions of every set off"
    assert task.about and task.protocol and task.limit_from
    assert task.chat is (task.shots is None)
    if task.shots is None:
        assert task.stops == ("\n\nUser:",) and not task.chat_stops and task.stated == ("box",)
        assert task.plain == f"User: {task.ask}\n\nAssistant:"
        assert r"\boxed{}" in task.instruction
    else:
        assert {"Q:", "Question:", "Problem:"} & set(task.stops) or task.name.startswith("mgsm")
        assert task.stops == task.chat_stops
        assert task.shots.sha256 or task.shots.draw == "seeded"


def test_a_question_is_asked_with_the_instruction_in_the_users_turn() -> None:
    asked = [Problem("a", "What is 1 + 1?", "2", {})]
    english = Message("user", "What is 1 + 1?\nPlease reason step by step, and put your final answer within \\boxed{}.")
    assert build_prompts(find_task("gsm8k-0shot"), asked, [], chat=True)[0].given == (english,)
    plain = "User: What is 1 + 1?\n请通过逐步推理来解答问题，并把最终答案放置于\\boxed{}中。\n\nAssistant:"
    assert build_prompts(find_task("cmath-0shot"), asked, [], chat=False)[0].given == plain


@needs_benchmarks
@pytest.mark.parametrize("name", THEIRS)
def test_prompts_are_those_of_lm_evaluation_harness(name: str) -> None:
    task = find_task(name)
    prompts = build_prompts(task, loaded(task.problems), shots_of(task), chat=False)
    assert all(prompt.stops == THEIR_UNTIL[name] for prompt in prompts)
    texts = [prompt.given for prompt in prompts if isinstance(prompt.given, str)]
    assert hashlib.sha256("\0".join(texts).encode()).hexdigest() == THEIRS[name]


@needs_benchmarks
@pytest.mark.parametrize("name", THEIR_CHATS)
def test_chats_are_those_of_lm_evaluation_harness(name: str) -> None:
    task = find_task(name)
    asked = [each for each in loaded(task.problems) if name != "math-4shot" or each.meta["subject"] == "Algebra"]
    prompts = build_prompts(task, asked[:100], shots_of(task), chat=True)
    turns = [[{"role": turn.role, "content": turn.content} for turn in prompt.given] for prompt in prompts]  # type: ignore[union-attr]
    assert hashlib.sha256(orjson.dumps(turns)).hexdigest() == THEIR_CHATS[name]


@needs_benchmarks
@pytest.mark.parametrize("task", FIXED, ids=lambda task: task.name)
def test_shots_say_their_answers_in_the_stated_form_and_no_stop_is_in_them(task: Task) -> None:
    assert task.shots is not None
    for shot in shot_pool(task.shots, shots_of(task)):
        found = find_answer(solution(shot))
        assert found is not None and found.rule in task.stated
        assert grade(solution(shot), shot.gold, strict=True).correct is (shot.id not in FLAWED)
        assert not any(stop in solution(shot) for stop in task.stops)


@needs_benchmarks
@pytest.mark.parametrize("task", FIXED, ids=lambda task: task.name)
def test_no_shot_is_among_the_problems(task: Task) -> None:
    asked = {"".join(filter(str.isalnum, each.question)).lower() for each in loaded(task.problems)}
    assert task.shots is not None
    for shot in shot_pool(task.shots, shots_of(task)):
        assert "".join(filter(str.isalnum, shot.question)).lower() not in asked
    prompt = build_prompts(task, loaded(task.problems)[:1], shots_of(task), chat=True)[0]
    assert len(prompt.given) == 2 * task.shots.number + 1


@needs_benchmarks
def test_solutions_of_gsm8k_say_their_answers_in_the_stated_form_and_no_stop_is_in_them() -> None:
    task = find_task("gsm8k-5shot")
    train = {each.question for each in shots_of(task)}
    for each in (*shots_of(task), *loaded(task.problems)):
        found = find_answer(solution(each))
        assert found is not None and found.rule == "hash" and found.text.replace(",", "") == each.gold
        assert not any(stop in solution(each) for stop in task.stops)
    assert not any(each.question in train for each in loaded(task.problems))


@needs_benchmarks
@pytest.mark.parametrize("task", find_tasks(["mgsm-8shot"]), ids=lambda task: task.name)
def test_the_prompt_of_mgsm_is_the_authors_exemplars(task: Task) -> None:
    exemplars = shots_of(task)
    prompt = build_prompts(task, loaded(task.problems)[:1], exemplars, chat=False)[0].given
    assert isinstance(prompt, str)
    theirs = "".join(f"{shot.question}\n{solution(shot)}\n\n" for shot in exemplars)
    assert prompt.startswith(theirs)
    asked = prompt.removeprefix(theirs)
    assert loaded(task.problems)[0].question in asked
    question_word, answer_word = asked.split(loaded(task.problems)[0].question)
    assert all(shot.question.startswith(question_word) for shot in exemplars)
    assert all(solution(shot).startswith(answer_word.removeprefix("\n")) for shot in exemplars)
    assert question_word.strip() in task.stops
