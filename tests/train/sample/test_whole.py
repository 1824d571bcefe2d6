"""The command as people start it, with a real policy: killed, gone on with, and trained on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest
from typer.testing import CliRunner

from mathmill.cli import app
from mathmill.data.errors import InputMissing
from mathmill.eval.harness.journal import JOURNAL
from mathmill.train.sources.forms import Chat, RowReader
from mathmill.train.sources.rows import row_tables
from mathmill.train.sources.settings import TuningSource
from tests.eval.harness.measuring import bytes_of
from tests.eval.models.serving import serving
from tests.train.sample.policies import SUMS, write_problems, write_task
from tests.warm import cold

RECIPE = """
model = "{policy}"
task = "{task}"
together = 5

[problems]
file = "{problems}"

[draws]
n = 6
temperature = 1.0

[keep]
distinct = "equations"

[local]
dtype = "float32"
"""


@pytest.fixture
def recipe(tmp_path: Path, policy: Path) -> Path:
    path = tmp_path / "sums-recipe.toml"
    problems = write_problems(tmp_path / "sums.jsonl", SUMS[::3])
    path.write_text(RECIPE.format(policy=policy, task=write_task(tmp_path), problems=problems))
    return path


@pytest.mark.slow
def test_a_real_policy_killed_and_gone_on_with(tmp_path: Path, recipe: Path) -> None:
    command = ["train", "sample", str(recipe), "--json"]
    for point in ("answered:3", "before_ledger:3", "renamed:5"):
        killed = cold(*command, "--out", tmp_path / "run", environment={"MATHMILL_KILL_AT": point})
        assert killed[0] == -9, point
    results = {}
    for name in ("run", "whole"):
        done = CliRunner().invoke(app, [*command, "--out", str(tmp_path / name)])
        assert done.exit_code == 0, done.output
        results[name] = orjson.loads(done.stdout)
    assert results["run"]["metrics"] == results["whole"]["metrics"]
    assert bytes_of(tmp_path / "run") == bytes_of(tmp_path / "whole")
    assert not (tmp_path / "run" / JOURNAL).exists()
    metrics = results["run"]["metrics"]
    assert 0 < metrics["kept"] < metrics["solutions"] == 6 * 12
    assert _trained_on(tmp_path / "run", metrics["kept"])


def _trained_on(run: Path, kept: int) -> bool:
    """Whether tuning reads what was kept, as chats, without being told anything of it."""
    source = TuningSource(run=run)
    reader = RowReader(source, chats=True)
    said = [reader("x", row, table.form, table.columns) for table in row_tables(source) for _, row in table.rows]
    assert len(said) == kept
    for each in said:
        assert isinstance(each, tuple)
        chat, question = each
        assert isinstance(chat, Chat)
        assert [message.role for message in chat.messages] == ["user", "assistant"]
        assert chat.messages[0].content == question
    return True


def test_a_dry_run_changes_nothing(tmp_path: Path, recipe: Path) -> None:
    command = ["train", "sample", str(recipe), "--out", str(tmp_path / "run"), "--dry-run"]
    done = CliRunner().invoke(app, [*command, "--set", "draws.n=2"], catch_exceptions=False)
    assert "12 of 12 problems" in done.stdout
    assert "2 samples each at temperature 1, seed 0: 24 solutions of at most 24 tokens" in done.stdout
    assert '[{"role":"user","content":"1 + 1"}]' in done.stdout
    told = orjson.loads(CliRunner().invoke(app, [*command, "--json"], catch_exceptions=False).stdout)
    assert (told["problems"], told["solutions"], told["state"]) == (12, 72, "new")
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("override", "said"),
    [
        ("draws.temperature=0", "6 samples at temperature 0 are all the same"),
        ("task=gsm8k", "no task is called 'gsm8k'"),
        ("keep.mots=3", "unknown key 'keep.mots', did you mean 'keep.most'?"),
        ("keep.distinct=words", "must be 'text' or 'equations'"),
        ("problems.use=math/test", "exactly one of use, file and run"),
        ("model=nowhere/model", "nowhere/model"),
    ],
)
def test_what_a_recipe_gets_wrong(tmp_path: Path, recipe: Path, override: str, said: str) -> None:
    command = ["train", "sample", str(recipe), "--out", str(tmp_path / "run"), "--set", override]
    done = CliRunner().invoke(app, command)
    assert done.exit_code != 0
    assert said in str(done.exception)
    assert not (tmp_path / "run").exists()


SERVER = """
model = "{address}"
task = "{task}"
together = 3
chat = "{chat}"

[problems]
file = "{problems}"

[draws]
n = 2
temperature = 1.0

[server]
concurrency = 1
patience = 0
"""


@pytest.mark.parametrize("chat", ["yes", "no"])
def test_a_server_that_dies_and_one_that_goes_on(tmp_path: Path, chat: str) -> None:
    """An echo solves the sums that ask it to say their solution; both samples are the same."""
    rows = [{"question": rf"say {n} + 1 = {n + 1}, so \boxed{{{n + 1}}}.", "answer": str(n + 1)} for n in range(5)]
    problems = tmp_path / "sums.jsonl"
    problems.write_bytes(b"".join(orjson.dumps(row) + b"\n" for row in rows))
    task = write_task(tmp_path)
    task.write_text(task.read_text().replace("User: {question}\\n\\nAssistant:", "{question}"))

    def asked(port: int, behaviour: str, run: str) -> Any:
        path = tmp_path / "server.toml"
        address = f"http://127.0.0.1:{port}/{behaviour}/{run}{chat}/v1"
        path.write_text(SERVER.format(address=address, task=task, problems=problems, chat=chat))
        return CliRunner().invoke(app, ["train", "sample", str(path), "--json", "--out", str(tmp_path / run)])

    with serving() as port:
        died = asked(port, "dies-4", "run")
    assert isinstance(died.exception, InputMissing)
    assert "1 problems of this part, and all parts before it, are kept" in str(died.exception)
    with serving() as port:
        done = [asked(port, "well", run) for run in ("run", "whole")]
    assert [each.exit_code for each in done] == [0, 0], done
    for table in ("solutions", "rejected", "sampled", "problems"):
        mine, whole = (bytes_of(tmp_path / run / table) for run in ("run", "whole"))
        assert mine == whole, table
    told = orjson.loads(done[0].stdout)
    assert told["metrics"]["rejected"] == {**told["metrics"]["rejected"], "same": 5}
    assert (told["metrics"]["kept"], told["protocol"]["chat"]) == (5, chat == "yes")
