"""What `mathmill eval tasks` prints."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from mathmill.data.errors import InputMissing
from mathmill.data.problems import load_problems
from mathmill.data.terminal import clean, one_line, print_json, print_table
from mathmill.eval.models.base import Prompt
from mathmill.eval.tasks.find import all_tasks, find_tasks, task_groups
from mathmill.eval.tasks.prompts import build_prompts
from mathmill.eval.tasks.task import Task


def show_tasks(name: str | None, as_json: bool, data: Path | None = None) -> None:
    """All Tasks as a table; or with a `name` the whole protocol of one, and its first prompt if its data can be had.

    The name of a group, or of a file with several, shows the table of its Tasks. `data` is a folder, or a
    file of Problems, as `load_problems` takes it.

    Raises:
        ConfigError: nothing has that name.
    """
    tasks = all_tasks() if name is None else find_tasks([name])
    if name is not None and len(tasks) == 1:
        _show_task(tasks[0], as_json, data)
    elif as_json:
        print_json([_in_brief(task) for task in tasks])
    else:
        print_table(
            ["task", "problems", "shots", "asked", "new tokens", "stated"],
            [_row(task) for task in tasks],
        )
        if name is None:
            print("\nGroups, which stand for all of their tasks:")
            for group, names in task_groups().items():
                print(f"  {group}: {', '.join(names)}")


def _row(task: Task) -> list[Any]:
    return [
        task.name,
        task.problems.problems or "?",
        _shots(task),
        "chat" if task.chat else "plain",
        task.max_new_tokens,
        ", ".join(task.stated),
    ]


def _shots(task: Task) -> str:
    if task.shots is None:
        return "none"
    return f"{task.shots.number} {'fixed' if task.shots.draw == 'first' else 'drawn'}"


def _quoted(texts: tuple[str, ...]) -> str:
    return " ".join(json.dumps(text, ensure_ascii=False) for text in texts) or "none"


def _in_brief(task: Task) -> dict[str, Any]:
    return {
        "name": task.name,
        "version": task.version,
        "about": task.about,
        "groups": task.groups,
        "protocol": task.protocol,
        "source": task.problems.key,
        "problems": task.problems.problems or None,
        "shots": task.shots.number if task.shots else 0,
        "chat": task.chat,
        "stops": task.stops,
        "max_new_tokens": task.max_new_tokens,
        "stated": task.stated,
    }


def _show_task(task: Task, as_json: bool, data: Path | None) -> None:
    if not as_json:
        for told, text in _told(task):
            print(f"{told:10}  {one_line(text)}")
        sys.stdout.flush()  # the hub may take its time to be out of reach
    try:
        prompt, why_not = _first_prompt(task, data), ""
    except InputMissing as error:
        prompt, why_not = None, str(error)
    if as_json:
        given = None if prompt is None else prompt.given
        shown = given if given is None or isinstance(given, str) else [asdict(turn) for turn in given]
        words = {"about": task.about, "protocol": task.protocol, "groups": task.groups, "limit_from": task.limit_from}
        print_json({**task.model_dump(mode="json"), **words, "first_prompt": shown, "why_no_prompt": why_not or None})
        return
    print()
    if prompt is None:
        print(f"The first prompt cannot be shown: {one_line(why_not)}")
    elif isinstance(prompt.given, str):
        print(f"The first prompt, between the lines:\n{'-' * 80}\n{clean(prompt.given)}\n{'-' * 80}")
    else:
        print("The first prompt, by turns:")
        for turn in prompt.given:
            print(f"{'-' * 30} {turn.role}\n{clean(turn.content)}")


def _first_prompt(task: Task, data: Path | None) -> Prompt:
    problems = load_problems(task.problems, data).problems
    folder = data if data is not None and data.is_dir() else None  # a file of Problems says nothing of shots
    shots = load_problems(task.shots.source, folder).problems if task.shots else []
    return build_prompts(task, problems[:1], shots, task.chat)[0]


def _told(task: Task) -> list[tuple[str, str]]:
    """The protocol in lines."""
    source = task.problems
    hub = f"; on the hub {source.hub} {' '.join(source.configs)} {source.split}" if source.hub else "; not on the hub"
    lines = [
        ("task", f"{task.name}, version {task.version}"),
        ("about", task.about or "nothing is said"),
        ("protocol", task.protocol or "nothing is said"),
        ("problems", f"{source.problems:,} of {source.key}{hub}" if source.problems else f"{source.key}{hub}"),
        ("shots", _shots(task)),
        ("asked", json.dumps(task.ask, ensure_ascii=False) + (" in a chat" if task.chat else "")),
    ]
    if task.shots is not None:
        drawn = "the first" if task.shots.draw == "first" else f"drawn for each problem with the seed {task.shots.seed}"
        lines[-2] = ("shots", f"{task.shots.number} of {task.shots.source.key}, {drawn}")
        lines.append(("joined", f"solutions behind {_quoted((task.gap,))}, shots by {_quoted((task.between,))}"))
    if task.plain:
        lines.append(("plain text", json.dumps(task.plain, ensure_ascii=False)))
    if task.instruction:
        lines.append(("instructed", task.instruction))
    lines += [
        ("stops", _quoted(task.stops) + f"; in a chat {_quoted(task.chat_stops)}"),
        ("new tokens", f"{task.max_new_tokens:,}" + (f". {task.limit_from}" if task.limit_from else "")),
        ("stated", f"an answer that is found by {' or '.join(task.stated)}"),
        ("groups", ", ".join(task.groups) or "none"),
    ]
    return lines
