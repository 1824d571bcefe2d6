"""The commands of benchmarks, on one that was replayed."""

from __future__ import annotations

from pathlib import Path
from types import MappingProxyType

import orjson
import pytest
from typer.testing import CliRunner

from mathmill.cli import app
from mathmill.data.errors import ConfigError, DamagedInput, InputMissing, MathmillError, Stopped
from mathmill.eval.harness.commands import _checked, _folders, _slug
from mathmill.eval.harness.prepare import Wanted, prepare
from mathmill.eval.harness.run import run_benchmark
from mathmill.eval.models.base import Sampling
from mathmill.eval.tasks.find import find_tasks
from tests.eval.harness.replay import ANSWERS, TASKS, Replay, said, write_problems
from tests.eval.models import tiny


def measure(folder: Path, model: Replay, **wanted: object) -> Path:
    data = write_problems(folder.parent / "data")
    task = find_tasks([str(TASKS)])[0]
    run_benchmark(prepare(task, model, Wanted(data=data, **wanted)), model, folder)  # type: ignore[arg-type]
    return folder


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Benchmarks named one, two (another model), sampled, some (a limit) and killed."""
    home = tmp_path_factory.mktemp("commands") / "runs"
    home.mkdir()
    better = {**ANSWERS, "own/test/3": said("The answer is 1024."), "own/test/0": said("The answer is 3.")}
    measure(home / "one", Replay(ANSWERS))
    measure(home / "two", Replay(better, name="better"))
    measure(home / "sampled", Replay(ANSWERS), sampling=Sampling(n=2, temperature=1.0))
    measure(home / "some", Replay(ANSWERS), limit=2)

    def stop(answered: int) -> None:
        if answered == 2:
            raise Stopped("stopped by SIGINT", 2)

    with pytest.raises(Stopped):
        measure(home / "killed", Replay(ANSWERS, interrupt=stop))
    return home


def told(*arguments: str | Path) -> str:
    """What a command prints on standard output."""
    done = CliRunner().invoke(app, [*map(str, arguments)], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.stdout


def error_of(*arguments: str | Path) -> MathmillError:
    with pytest.raises(MathmillError) as raised:
        CliRunner().invoke(app, [*map(str, arguments)], catch_exceptions=False)
    return raised.value


def test_ls_lists_benchmarks_finished_or_not(runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(runs)
    lines = told("eval", "ls", ".").splitlines()
    assert lines[0].split()[:2] == ["run", "problems"]
    rows = {Path(line.split()[0]).name: line for line in lines[1:7] if line}
    assert "50.00 %" in rows["one"]
    assert "33.33 %" in rows["one"]
    assert rows["some"].endswith("no score")
    assert "unfinished, 2 problems kept" in rows["killed"]
    assert "no score: only some of the problems were asked" in lines[-1]
    listed = {Path(each["run"]).name: each for each in orjson.loads(told("eval", "ls", runs, "--json"))}
    assert listed["killed"]["finished"] == 2
    assert listed["two"]["metrics"]["accuracy"]["value"] == 3 / 6


def test_one_damaged_benchmark_hides_no_other(tmp_path: Path) -> None:
    for name in ("one", "lost", "torn"):
        measure(tmp_path / name, Replay(ANSWERS))
    (tmp_path / "lost" / "results.json").unlink()
    (tmp_path / "torn" / "results.json").write_bytes(b'{"task')
    listed = {Path(each["run"]).name: each["state"] for each in orjson.loads(told("eval", "ls", tmp_path, "--json"))}
    assert listed == {"lost": "damaged", "one": "done", "torn": "damaged"}
    assert told("eval", "ls", tmp_path).count(" damaged\n") == 2
    assert isinstance(error_of("eval", "show", tmp_path / "torn"), DamagedInput)


def test_runs_of_other_kinds_are_not_listed(tmp_path: Path) -> None:
    assert "no benchmarks" in told("eval", "ls", tmp_path)
    assert isinstance(error_of("eval", "ls", tmp_path / "nowhere"), InputMissing)


def test_runs_commands_know_benchmarks(runs: Path) -> None:
    assert "benchmark" in told("runs", "ls", runs)
    assert "are as they were committed" in told("runs", "check", runs / "one")
    shown = told("runs", "show", runs / "one")
    assert "benchmark" in shown
    assert "accuracy" in shown


def test_show_prints_figures_and_completions_with_the_rule(runs: Path) -> None:
    shown = told("eval", "show", runs / "some", "-n", "9")
    assert "NOT A SCORE: only 2 of 6 problems were asked" in shown
    assert "answer   5  (found by box)" in shown
    assert "verdict  correct by number" in shown
    assert "not in the task's own form" in shown
    whole = told("eval", "show", runs / "one", "--problem", "own/test/5", "--prompt", "--characters", "9")
    assert "Q: What is 7 + 0?\nA: The answer is 7.\n\nQ: What is 8" in whole
    assert " ten time […]" in whole
    assert "length after 8 tokens" in whole
    assert "vote     none" not in whole


@pytest.mark.parametrize(
    ("options", "count"),
    [
        (["--outcome", "correct"], 3),
        (["--outcome", "no_answer"], 2),
        (["--rule", "box"], 1),
        (["--finish", "length"], 1),
        (["--subject", "powers", "--outcome", "wrong"], 1),
        (["-n", "2"], 2),
        (["--problem", "own/test/0"], 1),
    ],
)
def test_show_chooses_completions(options: list[str], count: int, runs: Path) -> None:
    shown = orjson.loads(
        told("eval", "show", runs / "one", "--json", *(["-n", "9"] if "-n" not in options else []), *options)
    )
    assert len(shown["completions"]) == count
    assert shown["results"]["task"] == "own-2shot"


def test_show_draws_the_same_completions_with_the_same_seed(runs: Path) -> None:
    draws = [
        [
            row["problem"]
            for row in orjson.loads(told("eval", "show", runs / "one", "--json", "--seed", seed))["completions"]
        ]
        for seed in ("1", "1", "2")
    ]
    assert draws[0] == draws[1] != draws[2]


def test_show_of_a_benchmark_under_way_shows_what_was_said(runs: Path) -> None:
    shown = told("eval", "show", runs / "killed", "-n", "9")
    assert "is not finished: 2 problems are kept, and nothing is judged yet" in shown
    assert "own/test/5, sample 0: length after 8 tokens\n ten times ten is ten" in shown
    one = orjson.loads(told("eval", "show", runs / "killed", "--problem", "own/test/4", "--json"))
    assert (one["finished"], [each["problem"] for each in one["problems"]]) == (2, ["own/test/4"])


def test_show_says_what_is_wrong(runs: Path) -> None:
    assert "no outcome 'right'" in str(error_of("eval", "show", runs / "one", "--outcome", "right"))
    assert "no rule 'boxed': there are box, hash" in str(error_of("eval", "show", runs / "one", "--rule", "boxed"))
    assert "no finish 'cut'" in str(error_of("eval", "show", runs / "one", "--finish", "cut"))
    assert "such as own/test/" in str(error_of("eval", "show", runs / "one", "--problem", "12"))
    assert "nothing to choose by" in str(error_of("eval", "show", runs / "killed", "--outcome", "wrong"))
    assert isinstance(error_of("eval", "show", runs / "nowhere"), InputMissing)


def test_hostile_text_is_shown_and_not_obeyed(tmp_path: Path) -> None:
    hostile = {**ANSWERS, "own/test/0": said("\x1b[31mred [bold]bold\u202e The answer is 2.")}
    run = measure(tmp_path / "run", Replay(hostile))
    shown = told("eval", "show", run, "--problem", "own/test/0")
    assert "[31mred [bold]bold" in shown
    assert "\x1b" not in shown
    assert "\u202e" not in shown


def test_compare_lists_what_was_fixed_and_broken(runs: Path) -> None:
    shown = told("eval", "compare", runs / "one", runs / "two")
    assert "difference +0.00 points" in shown
    assert "McNemar's exact test" in shown
    assert "1 fixed:\n  own/test/3  0 -> 1" in shown
    assert "1 broken:\n  own/test/0  1 -> 0" in shown
    found = orjson.loads(told("eval", "compare", runs / "one", runs / "two", "--json", "--strict"))
    assert (found["problems"], found["unlike"], len(found["fixed"])) == (6, [], 1)


def test_compare_says_what_else_differs(runs: Path) -> None:
    shown = told("eval", "compare", runs / "some", runs / "sampled")
    assert "note: they differ in sampling.n: 1 -> 2" in shown
    assert "left out: 0 problems of the first run alone, 4 of the second" in shown


def test_compare_says_how_a_model_was_run_and_which_code_judged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Coarse(Replay):
        facts = MappingProxyType({"name": "other", "backend": "replay", "dtype": "float16"})

    first = measure(tmp_path / "first", Replay(ANSWERS))
    monkeypatch.setattr("mathmill.eval.harness.publishing.code_version", lambda: "0.0.0+older")
    second = measure(tmp_path / "second", Coarse(ANSWERS))
    shown = told("eval", "compare", first, second)
    assert 'note: they differ in model.dtype: null -> "float16"' in shown
    assert "note: they differ in the version of mathmill that judged them" in shown
    monkeypatch.undo()
    told("eval", "regrade", second)
    assert "the version of mathmill" not in told("eval", "compare", first, second)


def test_compare_refuses_other_problems(runs: Path, tmp_path: Path) -> None:
    data = tmp_path / "other.jsonl"
    for gold, words in (("7", "have other golds"), ("2", "")):
        data.write_bytes(orjson.dumps({"id": "own/test/0", "question": "What is 1 + 1?", "answer": gold}))
        model = Replay(ANSWERS)
        wanted = Wanted(data=data, shots=write_problems(tmp_path / "data"))
        other = tmp_path / f"run{gold}"
        run_benchmark(prepare(find_tasks([str(TASKS)])[0], model, wanted), model, other)
        if words:
            assert words in str(error_of("eval", "compare", runs / "one", other))
    data.write_bytes(orjson.dumps({"id": "strange", "question": "What is 1 + 1?", "answer": "2"}))
    model = Replay({"strange": said("2")})
    run_benchmark(prepare(find_tasks([str(TASKS)])[0], model, wanted), model, tmp_path / "strange")
    assert "no problem in common" in str(error_of("eval", "compare", runs / "one", tmp_path / "strange"))


def lenient(completion: str, gold: str) -> bool:
    """A grader that is content if the gold stands anywhere in the completion."""
    return gold in completion


def test_disagree_lists_what_another_grader_decides(runs: Path) -> None:
    shown = told("eval", "disagree", runs / "one", "--grader", "tests.eval.harness.test_commands:lenient")
    assert "1 decided otherwise" in shown
    assert "own/test/2" in shown
    assert isinstance(error_of("eval", "disagree", runs / "one", "--grader", "nobody"), ConfigError)


def test_folders_say_what_figures_depend_on(tmp_path: Path) -> None:
    data = write_problems(tmp_path / "data")
    task, model = find_tasks([str(TASKS)])[0], Replay(ANSWERS, name="owner/model", template=True)

    def name(**wanted: object) -> str:
        ready = prepare(task, model, Wanted(data=data, **wanted))  # type: ignore[arg-type]
        return str(_folders([ready], model, None)[0])

    assert name() == "runs/eval/owner--model/own-2shot"
    assert name(chat="yes", limit=3, max_new_tokens=9).endswith("own-2shot-chat-9tokens")
    assert name(sampling=Sampling(n=4, temperature=0.6, seed=5)).endswith("own-2shot-n4-t0.6-seed5")


def test_no_task_begins_where_a_later_one_would_be_refused(tmp_path: Path) -> None:
    data, model = write_problems(tmp_path / "data"), Replay(ANSWERS)
    ready = [prepare(task, model, Wanted(data=data)) for task in find_tasks([str(TASKS)])]
    folders = _checked(ready, model, tmp_path / "runs")
    assert not (tmp_path / "runs").exists()
    measure(folders[1], model)
    with pytest.raises(ConfigError, match="holds a run of another recipe"):
        _checked(ready, model, tmp_path / "runs")


def test_golds_out_of_whole_solutions(tmp_path: Path) -> None:
    path, model = tmp_path / "raw.jsonl", tiny.write(tmp_path / "model", "llama")
    path.write_bytes(orjson.dumps({"question": "1 + 999?", "answer": "It is so.\n#### 1,000"}))
    command = ["eval", "run", str(model), "--task", "gsm8k-0shot", "--data", str(path), "--max-new-tokens", "4"]
    assert "--gold-from hash" in str(error_of(*command))
    told(*command, "--gold-from", "hash", "--out", str(tmp_path / "run"))
    assert "gold     1000" in told("eval", "show", tmp_path / "run")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--samples", "2"], "2 samples at temperature 0 are all the same"),
        (["--task", "gsm8k-0shot", "--data", str(TASKS)], r"one file of problems, and the tasks ask 2 sets"),
    ],
)
def test_what_can_be_told_without_a_model_is_told_first(options: list[str], words: str) -> None:
    assert words in str(error_of("eval", "run", "./no-model", "--task", str(TASKS), *options))


@pytest.mark.parametrize(
    ("name", "slug"),
    [("a/b", "a--b"), ("../..", "model"), ("model:v1 x", "model--v1--x"), ("Qwen2.5-0.5B", "Qwen2.5-0.5B")],
)
def test_a_model_s_name_is_no_path(name: str, slug: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert _slug(name) == slug
