"""The prompts of a Task, to the byte."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from itertools import repeat

from mathmill.data.errors import ConfigError
from mathmill.data.problems import Problem
from mathmill.eval.models.base import Message, Prompt
from mathmill.eval.tasks.shots import draw, shot_pool, solution
from mathmill.eval.tasks.task import INSTRUCTION, QUESTION, Task


def build_prompts(
    task: Task, problems: Sequence[Problem], shots: Sequence[Problem], chat: bool, system: str = ""
) -> list[Prompt]:
    """A prompt for each Problem, in their order.

    `problems` are the benchmark's from its first one on, since seeded shots depend on a Problem's place among them: the
    prompts of the first n are the first n prompts, and to ask some in the middle means to build all and choose. `shots`
    is everything that the Task's source of shots holds; the Task chooses. In plain text a `system` stands first.

    Raises:
        ConfigError: there are too few shots, one has no solution, or they are not those of the protocol.
    """
    chosen: Iterator[Sequence[Problem]] = repeat(())
    if task.shots is not None:
        pool = shot_pool(task.shots, shots)
        _check_shots(task, pool)
        chosen = draw(task.shots, pool, problems)
    made = zip(problems, chosen, strict=False)
    if chat:
        return [Prompt(each.id, tuple(_turns(task, each, before, system)), task.chat_stops) for each, before in made]
    head = system + task.between if system else ""
    return [
        Prompt(each.id, head + shots_text(task, before) + _asked(task.plain or task.ask, task, each), task.stops)
        for each, before in made
    ]


def shots_text(task: Task, shots: Sequence[Problem]) -> str:
    """Shots as they stand in a prompt of plain text."""
    return "".join(_asked(task.ask, task, shot) + task.gap + solution(shot) + task.between for shot in shots)


def _asked(template: str, task: Task, problem: Problem) -> str:
    """A question in a template's words; nothing that the question says is a place of the template."""
    before, after = template.replace(INSTRUCTION, task.instruction).split(QUESTION)
    return before + problem.question + after


def _turns(task: Task, problem: Problem, shots: Sequence[Problem], system: str) -> Iterator[Message]:
    if system:
        yield Message("system", system)
    for shot in shots:
        yield Message("user", _asked(task.ask, task, shot))
        yield Message("assistant", solution(shot))
    yield Message("user", _asked(task.ask, task, problem))


def _check_shots(task: Task, pool: Sequence[Problem]) -> None:
    """Refuse other shots than the protocol's, where it names them by their hash."""
    wanted = task.shots
    if wanted is None or not wanted.sha256:
        return
    text = shots_text(task, pool[: wanted.number])
    if hashlib.sha256(text.encode()).hexdigest() != wanted.sha256:
        raise ConfigError(
            f"the shots of {task.name} are not those of its protocol: their source holds other texts or another order. "
            f"Take {wanted.source.key} as it was published; a task with other shots is one of your own, in a TOML file"
        )
