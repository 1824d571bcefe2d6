"""Tasks by name, group and file."""

from __future__ import annotations

import re
from collections import Counter
from importlib.resources import files
from pathlib import Path

import pytest

from mathmill.data.errors import ConfigError, InputMissing
from mathmill.eval.tasks.find import all_tasks, find_task, find_tasks, read_family, task_groups

FAMILIES = sorted(
    (file.name for file in files("mathmill.eval.tasks").iterdir() if file.name.endswith(".toml")),
)
OWN = """
version = 1
about = "Sums of mine."
protocol = "My own."
ask = "{question}"
chat = true
max_new_tokens = 64
limit_from = "They are short."
stated = ["box"]
[[task]]
name = "my-sums"
problems = { key = "my/sums" }
[[task]]
name = "my-gsm8k"
problems = "gsm8k/test"
version = 2
"""


@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_can_be_read(family: str) -> None:
    tasks = read_family((files("mathmill.eval.tasks") / family).read_text(encoding="utf-8"), family)
    assert tasks
    assert {task.name for task in tasks} <= {task.name for task in all_tasks()}


def test_tasks_have_names_of_their_own() -> None:
    names = Counter(task.name for task in all_tasks())
    assert names.most_common(1)[0][1] == 1
    assert list(names) == sorted(names)
    assert not names.keys() & task_groups().keys()
    for group, members in task_groups().items():
        assert len(members) > 1, group


def test_names_and_groups_are_found_once_and_in_order() -> None:
    found = find_tasks(["math-4shot", "mgsm-8shot", "mgsm-de-8shot", "gsm8k-8shot"])
    assert [task.name for task in found][:2] == ["math-4shot", "mgsm-bn-8shot"]
    assert len(found) == 13
    assert find_task("gsm8k-8shot") == found[-1]


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("gsm8k-8-shot", "did you mean gsm8k-8shot or"),
        ("GSM8K-8SHOT", "did you mean gsm8k-8shot or"),
        ("mgsm8shot", "did you mean mgsm-8shot or"),
        ("hellaswag", "no task is called 'hellaswag'; `mathmill eval tasks` lists them all"),
        ("", "no task is called ''; "),
        ("a\x1b[2Jb" * 100, "`mathmill eval tasks` lists them all"),
    ],
)
def test_an_unknown_name_is_answered_with_the_nearest(name: str, told: str) -> None:
    with pytest.raises(ConfigError) as refused:
        find_task(name)
    assert told in str(refused.value)
    assert str(refused.value).isprintable() and len(str(refused.value)) < 300


def test_a_group_is_no_task() -> None:
    with pytest.raises(ConfigError, match=re.escape("mgsm-8shot stands for 11 tasks: name one, such as mgsm-bn-8shot")):
        find_task("mgsm-8shot")


def test_tasks_of_ones_own_come_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    path.write_text(OWN, encoding="utf-8")
    sums, grade_school = find_tasks([str(path)])
    assert (sums.name, sums.version, sums.problems.key) == ("my-sums", 1, "my/sums")
    assert (grade_school.name, grade_school.version, grade_school.problems.problems) == ("my-gsm8k", 2, 1_319)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[[task]", "own.toml is not TOML"),
        ("version = 1", "has no task"),
        ('task = "sums"', "write each task as [[task]]"),
        (OWN.replace("max_new_tokens", "max_tokens"), "unknown key 'max_tokens', did you mean 'max_new_tokens'"),
        (OWN.replace('"gsm8k/test"', '"gsm8k/exam"'), "did you mean gsm8k/test"),
    ],
)
def test_a_file_that_is_none_is_refused(text: str, told: str, tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as refused:
        find_tasks([str(path)])
    assert told in str(refused.value)


def test_a_file_that_is_not_there_or_no_text_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputMissing, match="cannot read the tasks in"):
        find_tasks([str(tmp_path / "none.toml")])
    (tmp_path / "bytes.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match="not UTF-8"):
        find_tasks([str(tmp_path / "bytes.toml")])


def test_names_may_be_joined() -> None:
    assert [task.name for task in find_tasks(["gsm8k-8shot, math-4shot"])] == ["gsm8k-8shot", "math-4shot"]


def test_a_task_of_one_s_own_has_a_name_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    built_in = (files("mathmill.eval.tasks") / "gsm8k_5shot.toml").read_text(encoding="utf-8")
    path.write_text(built_in, encoding="utf-8")
    with pytest.raises(ConfigError, match="gsm8k-5shot is a task of mathmill's; call yours something else"):
        find_tasks([str(path)])
