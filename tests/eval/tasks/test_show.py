"""What `mathmill eval tasks` prints."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest

from mathmill.data.errors import ConfigError
from mathmill.eval.tasks.find import all_tasks
from mathmill.eval.tasks.show import show_tasks

# Two Tasks that ask what a folder of two files holds.
OWN = """
version = 3
about = "Sums of mine."
protocol = "My own."
max_new_tokens = 64
limit_from = "They are short."
problems = { key = "my/sums" }
stops = ["Q:"]
[[task]]
name = "my-chat"
ask = "{question} {instruction}"
instruction = "Think."
chat = true
stated = ["box"]
[[task]]
name = "my-text"
ask = "Q: {question}\\nA:"
chat = false
stated = ["phrase"]
shots = { source = { key = "my/shots" }, number = 1 }
"""


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """A folder with data and Tasks, one a file."""
    (tmp_path / "my").mkdir()
    (tmp_path / "my/sums.jsonl").write_text('{"question": "What is 1 + 1?\\u001b[2J", "answer": "2"}\n')
    shot = '{"question": "What is 0 + 1?", "answer": "1", "solution": "The answer is 1."}\n'
    (tmp_path / "my/shots.jsonl").write_text(shot)
    head, chat, text = OWN.split("[[task]]\n")
    (tmp_path / "chat.toml").write_text(f"{head}[[task]]\n{chat}")
    (tmp_path / "text.toml").write_text(f"{head}[[task]]\n{text}")
    (tmp_path / "both.toml").write_text(OWN)
    return tmp_path


def test_all_tasks_are_listed_with_their_groups(capsys: pytest.CaptureFixture[str]) -> None:
    show_tasks(None, as_json=False)
    printed = capsys.readouterr().out
    for task in all_tasks():
        assert f"\n{task.name} " in printed
    row = next(line.split() for line in printed.splitlines() if line.startswith("gsm8k-8shot "))
    assert row == ["gsm8k-8shot", "1,319", "8", "fixed", "plain", "512", "phrase"]
    assert "competitions-0shot: aime24-0shot, aime25-0shot, amc23-0shot\n" in printed


def test_a_list_for_programs_names_what_counts(capsys: pytest.CaptureFixture[str]) -> None:
    show_tasks(None, as_json=True)
    listed = orjson.loads(capsys.readouterr().out)
    assert [each["name"] for each in listed] == [task.name for task in all_tasks()]
    drawn = next(each for each in listed if each["name"] == "gsm8k-5shot")
    assert (drawn["shots"], drawn["problems"], drawn["stated"], drawn["chat"]) == (5, 1_319, ["hash"], False)


def test_a_group_is_a_shorter_table(capsys: pytest.CaptureFixture[str]) -> None:
    show_tasks("mgsm-8shot", as_json=False)
    assert len(capsys.readouterr().out.splitlines()) == 12


def test_several_tasks_of_a_file_are_a_table(own: Path, capsys: pytest.CaptureFixture[str]) -> None:
    show_tasks(str(own / "both.toml"), as_json=False)
    assert [line.split()[:3] for line in capsys.readouterr().out.splitlines()[1:]] == [
        ["my-chat", "?", "none"],
        ["my-text", "?", "1"],
    ]


def test_a_task_in_plain_text_is_shown_with_its_first_prompt(own: Path, capsys: pytest.CaptureFixture[str]) -> None:
    show_tasks(str(own / "text.toml"), as_json=False, data=own)
    printed = capsys.readouterr().out
    assert "my-text, version 3\n" in printed
    assert "Q: What is 0 + 1?\nA: The answer is 1.\n\nQ: What is 1 + 1?\N{REPLACEMENT CHARACTER}[2J\nA:\n---" in printed


def test_a_task_in_a_chat_is_shown_by_turns(own: Path, capsys: pytest.CaptureFixture[str]) -> None:
    show_tasks(str(own / "chat.toml"), as_json=False, data=own)
    assert " user\nWhat is 1 + 1?\N{REPLACEMENT CHARACTER}[2J Think.\n" in capsys.readouterr().out


def test_programs_get_the_whole_protocol(own: Path, capsys: pytest.CaptureFixture[str]) -> None:
    show_tasks(str(own / "chat.toml"), as_json=True, data=own)
    shown = orjson.loads(capsys.readouterr().out)
    assert shown["first_prompt"] == [{"role": "user", "content": "What is 1 + 1?\x1b[2J Think."}]
    assert (shown["version"], shown["why_no_prompt"]) == (3, None)
    show_tasks(str(own / "text.toml"), as_json=True, data=own)
    assert orjson.loads(capsys.readouterr().out)["first_prompt"].endswith("\x1b[2J\nA:")


def test_without_data_the_protocol_is_shown_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    show_tasks("gsm8k-5shot", as_json=False, data=tmp_path)
    printed = capsys.readouterr().out
    assert "drawn for each problem with the seed 1234" in printed
    assert "The first prompt cannot be shown: no gsm8k/test.jsonl.gz" in printed
    show_tasks("gsm8k-0shot", as_json=True, data=tmp_path)
    shown = orjson.loads(capsys.readouterr().out)
    assert shown["first_prompt"] is None
    assert shown["why_no_prompt"].startswith("no gsm8k/test.jsonl.gz")


def test_an_unknown_task_is_refused() -> None:
    with pytest.raises(ConfigError, match="did you mean gsm8k-8shot"):
        show_tasks("gsm8k-9shot", as_json=False)
