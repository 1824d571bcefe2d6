"""A benchmark from its Problems to its tables, killed and not."""

from __future__ import annotations

import hashlib
import os
import signal
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import orjson
import pytest

from mathmill.data.errors import ConfigError, DamagedInput, InputMissing, Locked, Stopped
from mathmill.data.problems import Problem
from mathmill.data.runs import Run, check_outputs
from mathmill.eval.answers import Rule
from mathmill.eval.harness.browse import Choice, chosen
from mathmill.eval.harness.journal import JOURNAL
from mathmill.eval.harness.prepare import Prepared, Wanted, prepare
from mathmill.eval.harness.publishing import BENCHMARK, RESULTS, Finished, read_results
from mathmill.eval.harness.regrade import regrade
from mathmill.eval.harness.run import run_benchmark
from mathmill.eval.harness.scoring import judge
from mathmill.eval.harness.tables import graded_of
from mathmill.eval.models.base import Sampling
from mathmill.eval.tasks.find import find_tasks
from tests.eval.harness.replay import ANSWERS, TASKS, Replay, said, write_problems

SAMPLED = Sampling(n=2, temperature=1.0)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return write_problems(tmp_path / "data")


def prepared(data: Path, model: Replay, task: int = 0, **wanted: Any) -> Prepared:
    return prepare(find_tasks([str(TASKS)])[task], model, Wanted(data=data, **wanted))


def measured(folder: Path, data: Path, model: Replay | None = None, **wanted: Any) -> Finished:
    model = model or Replay(ANSWERS)
    return run_benchmark(prepared(data, model, **wanted), model, folder)


def bytes_of(folder: Path) -> dict[str, str]:
    """A hash of every file of a run that has to be the same each time."""
    own = {"timings.json", "ledger.jsonl", "lock"}
    files = (path for path in folder.rglob("*") if path.is_file() and path.name not in own)
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def interrupted(after: int) -> Callable[[int], None]:
    def interrupt(answered: int) -> None:
        if answered == after:
            raise Stopped("stopped by SIGTERM", signal.SIGTERM)

    return interrupt


def test_figures_are_those_of_the_completions(tmp_path: Path, data: Path) -> None:
    metrics = measured(tmp_path / "run", data).results["metrics"]
    assert (metrics["problems"], metrics["samples"]) == (6, 1)
    # 2, a boxed 5 and 0.25 are correct; the boxed one is not in the form that the task states.
    assert metrics["accuracy"]["value"] == 3 / 6
    assert metrics["strict_accuracy"]["value"] == 2 / 6
    assert metrics["truncated"]["value"] == 1 / 6
    assert metrics["no_answer"]["value"] == 2 / 6
    assert metrics["outcomes"] == {**dict.fromkeys(metrics["outcomes"], 0), "correct": 3, "wrong": 1, "no_answer": 2}
    assert {name: (each["n"], each["value"]) for name, each in metrics["subjects"].items()} == {
        "fractions": (1, 1.0),
        "powers": (2, 0.0),
        "sums": (3, 2 / 3),
    }
    assert {name: each["n"] for name, each in metrics["levels"].items()} == {"1": 3, "2": 2, "unknown": 1}


def test_several_samples_have_pass_and_majority(tmp_path: Path, data: Path) -> None:
    finished = measured(tmp_path / "run", data, sampling=SAMPLED)
    metrics = finished.results["metrics"]
    assert metrics["accuracy"]["value"] == pytest.approx((1 + 2 + 2 + 0 + 1 + 1) / 12)
    assert metrics["pass"]["pass@2"]["value"] == pytest.approx(5 / 6)
    # A tie goes to the first vote: 2 before 3; who says nothing does not vote.
    assert metrics["majority"]["maj@2"]["value"] == pytest.approx(5 / 6)
    votes = {(row["problem"], row["sample"]): row["vote"] for row in chosen(finished.folder, Choice(n=100))}
    assert votes["own/test/2", 0] == votes["own/test/2", 1] == 0
    assert (votes["own/test/0", 0], votes["own/test/0", 1]) == (0, 1)
    assert votes["own/test/4", 0] is None


def test_a_finished_benchmark_is_not_asked_again(tmp_path: Path, data: Path) -> None:
    first = measured(tmp_path / "run", data)
    model = Replay(ANSWERS)
    second = measured(tmp_path / "run", data, model)
    assert (first.fresh, second.fresh, model.asked) == (6, 0, [])
    assert first.results == second.results
    assert check_outputs(tmp_path / "run") == []


@pytest.mark.parametrize("after", range(6))
def test_what_was_answered_is_not_asked_again_and_the_tables_are_the_same(
    after: int, tmp_path: Path, data: Path
) -> None:
    whole = measured(tmp_path / "whole", data, sampling=SAMPLED)
    model = Replay(ANSWERS, interrupt=interrupted(after))
    with pytest.raises(Stopped, match=f"{after} of 6 problems are finished and kept") as stopped:
        measured(tmp_path / "run", data, model, sampling=SAMPLED)
    assert stopped.value.exit_code == 143
    with pytest.raises(InputMissing, match="no finished benchmark"):
        read_results(tmp_path / "run")
    again = Replay(ANSWERS)
    assert measured(tmp_path / "run", data, again, sampling=SAMPLED).fresh == 6 - after
    assert sorted([*model.asked, *again.asked]) == sorted(ANSWERS)
    assert bytes_of(tmp_path / "run") == bytes_of(whole.folder)


def killed_at(point: str, work: Callable[[], object]) -> bool:
    """Whether the work, done in a process of its own, was killed at a point of a commit."""
    pid = os.fork()
    if not pid:
        os.setsid()
        os.environ["MATHMILL_KILL_AT"] = point
        work()
        os._exit(0)
    status = os.waitpid(pid, 0)[1]
    return os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL


_COMMITS = ["written", "synced:1", "synced:3", "verified", "renamed", "before_ledger", "after_ledger"]


@pytest.mark.parametrize(
    "point", [*(f"answered:{n}" for n in (1, 4, 6)), *_COMMITS, *(f"whole:{n}" for n in (1, 2, 3))]
)
def test_death_at_any_point_leaves_no_trace(point: str, tmp_path: Path, data: Path) -> None:
    whole = measured(tmp_path / "whole", data, sampling=SAMPLED)
    assert killed_at(point, lambda: measured(tmp_path / "run", data, sampling=SAMPLED))
    again = Replay(ANSWERS)
    measured(tmp_path / "run", data, again, sampling=SAMPLED)
    left = {"answered:1": 5, "answered:4": 2, "whole:1": 6}.get(point, 0)
    assert len(again.asked) == left
    assert bytes_of(tmp_path / "run") == bytes_of(whole.folder)
    assert check_outputs(tmp_path / "run") == []


@pytest.mark.parametrize("lost", [RESULTS, "problems/problems.parquet", "manifest.json"])
def test_what_can_be_made_again_is_not_asked_again(lost: str, tmp_path: Path, data: Path) -> None:
    run = measured(tmp_path / "run", data).folder
    before = bytes_of(run)
    for damage in (Path.unlink, lambda path: path.write_bytes(b'{"')):
        damage(run / lost)
        model = Replay(ANSWERS)
        assert measured(run, data, model).fresh == 0
        assert model.asked == []
        assert bytes_of(run) == before


def test_completions_that_somebody_changed_are_asked_again(tmp_path: Path, data: Path) -> None:
    run, other = measured(tmp_path / "run", data).folder, measured(tmp_path / "other", data, sampling=SAMPLED).folder
    before = bytes_of(run)
    table = "completions/completions.parquet"
    (run / table).write_bytes((other / table).read_bytes())
    assert measured(run, data).fresh == 6
    assert bytes_of(run) == before


def test_a_torn_or_damaged_line_of_the_journal_costs_its_problem(tmp_path: Path, data: Path) -> None:
    whole = measured(tmp_path / "whole", data)
    with pytest.raises(Stopped):
        measured(tmp_path / "run", data, Replay(ANSWERS, interrupt=interrupted(4)))
    journal = tmp_path / "run" / JOURNAL
    lines = journal.read_bytes().splitlines(keepends=True)
    journal.write_bytes(lines[0] + b'{"problem": 1}\n' + lines[2] + lines[3][:-9])
    assert measured(tmp_path / "run", data).fresh == 4
    assert bytes_of(tmp_path / "run") == bytes_of(whole.folder)


def test_other_settings_are_refused_in_the_same_folder(tmp_path: Path, data: Path) -> None:
    measured(tmp_path / "run", data, limit=2)
    for changed, words in (
        ({"limit": 2, "max_new_tokens": 5}, r"sampling\.max_new_tokens: 16 -> 5"),
        ({"limit": 2, "system": "Think."}, r"files\.prompts"),
    ):
        with pytest.raises(ConfigError, match=words):
            measured(tmp_path / "run", data, **changed)
    with pytest.raises(ConfigError, match=r"model\.name"):
        measured(tmp_path / "run", data, Replay(ANSWERS, name="other"), limit=2)


def test_what_greedy_draws_do_not_depend_on_makes_no_other_run(data: Path) -> None:
    def recipe(**sampling: Any) -> object:
        return prepared(data, Replay(ANSWERS), sampling=Sampling(**sampling)).recipe

    assert recipe(seed=3, top_p=0.5, top_k=7) == recipe()
    assert recipe(temperature=1.0, seed=3) != recipe(temperature=1.0)


def test_a_system_prompt_is_text(data: Path) -> None:
    with pytest.raises(ConfigError, match="--system holds bytes that are no UTF-8"):
        prepared(data, Replay(ANSWERS), system="a\udcffb")


def test_changed_problems_are_refused_in_the_same_folder(tmp_path: Path, data: Path) -> None:
    measured(tmp_path / "run", data)
    path = tmp_path / "other.jsonl"
    path.write_bytes(orjson.dumps({"id": "own/test/0", "question": "What is 1 + 1?", "answer": "3"}))
    with pytest.raises(ConfigError, match=r"files\.problems"):
        measured(tmp_path / "run", path, shots=data)


def test_one_process_at_a_time(tmp_path: Path, data: Path) -> None:
    ready = prepared(data, Replay(ANSWERS))
    with Run(tmp_path / "run", ready.recipe, BENCHMARK, ready.files), pytest.raises(Locked):
        measured(tmp_path / "run", data)


def test_a_limit_is_stamped_as_no_score(tmp_path: Path, data: Path) -> None:
    results = measured(tmp_path / "some", data, limit=2).results
    assert results["stamp"] == "NOT A SCORE: only 2 of 6 problems were asked"
    assert results["metrics"]["problems"] == 2
    # A limit that leaves nothing out changes nothing.
    assert measured(tmp_path / "all", data, limit=6).results["stamp"] == ""
    assert bytes_of(tmp_path / "all") == bytes_of(measured(tmp_path / "plain", data).folder)


def test_who_asked_some_problems_goes_on_with_the_others(tmp_path: Path, data: Path) -> None:
    model = Replay(ANSWERS)
    assert measured(tmp_path / "run", data, model, limit=2).results["asked"] == 2
    assert measured(tmp_path / "run", data, model, limit=4).fresh == 2
    finished = measured(tmp_path / "run", data, model)
    assert (finished.fresh, finished.results["stamp"]) == (2, "")
    assert sorted(model.asked) == sorted(ANSWERS)
    assert bytes_of(tmp_path / "run") == bytes_of(measured(tmp_path / "whole", data).folder)
    # What is there stays there.
    assert measured(tmp_path / "run", data, model, limit=2).was_done


def test_who_is_killed_while_going_on_loses_nothing(tmp_path: Path, data: Path) -> None:
    measured(tmp_path / "run", data, limit=2)
    with pytest.raises(Stopped, match="5 of 6 problems"):
        measured(tmp_path / "run", data, Replay(ANSWERS, interrupt=interrupted(3)))
    # With the limit that it began with, all that was answered since is there as well.
    limited = measured(tmp_path / "run", data, limit=2)
    assert (limited.fresh, limited.results["asked"]) == (0, 5)
    assert measured(tmp_path / "run", data).fresh == 1
    assert bytes_of(tmp_path / "run") == bytes_of(measured(tmp_path / "whole", data).folder)


@pytest.mark.parametrize(
    ("task", "template", "chat", "is_chat", "words"),
    [
        (0, False, "auto", False, ""),
        (0, True, "auto", False, ""),
        (0, True, "yes", True, "meant to be asked in plain text"),
        (1, True, "auto", True, ""),
        (1, False, "auto", False, "no chat template, so it was asked in plain text"),
        (1, True, "no", False, "meant to be asked in a chat"),
    ],
)
def test_a_chat_where_task_and_model_want_one(
    task: int, template: bool, chat: str, is_chat: bool, words: str, data: Path
) -> None:
    ready = prepared(data, Replay(ANSWERS, template=template), task, chat=chat)
    assert ready.recipe.chat == is_chat
    assert all(isinstance(prompt.given, tuple) == is_chat for prompt in ready.prompts)
    assert words in " ".join(ready.notes)
    assert bool(ready.notes) == bool(words)


def test_a_chat_without_a_template_is_refused(data: Path) -> None:
    with pytest.raises(ConfigError, match="the tokenizer of replay has no chat template"):
        prepared(data, Replay(ANSWERS), chat="yes")


def test_what_a_reader_should_know_is_noted(data: Path, tmp_path: Path) -> None:
    path = tmp_path / "fewer.jsonl"
    path.write_bytes(orjson.dumps({"id": "own/test/0", "question": "What is 1 + 1?", "answer": "2"}))
    assert "known to have 6 problems, and 1 were found" in " ".join(prepared(path, Replay(ANSWERS), shots=data).notes)
    # What has fewer problems than the set is no score of it, though no limit was set.
    few = measured(tmp_path / "run", path, shots=data)
    assert few.results["stamp"] == "NOT A SCORE: only 1 of 6 problems were asked"


def test_a_context_that_is_too_short_is_told_before_anything_is_written(tmp_path: Path, data: Path) -> None:
    with pytest.raises(ConfigError, match="context is too short"):
        measured(tmp_path / "run", data, max_new_tokens=20_000)
    assert not (tmp_path / "run").exists()


def test_a_task_without_shots_takes_none(data: Path) -> None:
    with pytest.raises(ConfigError, match="own-0shot has no shots"):
        prepared(data, Replay(ANSWERS), 1, shots=data)


def test_every_completion_is_in_the_table_in_order(tmp_path: Path, data: Path) -> None:
    finished = measured(tmp_path / "run", data, sampling=SAMPLED)
    rows = graded_of(finished.folder)
    assert [(row.problem, row.sample) for row in rows] == [(name, k) for name in ANSWERS for k in (0, 1)]
    assert [row.text for row in rows] == [each.text for name in ANSWERS for each in ANSWERS[name]]
    by_name = {(row.problem, row.sample): row for row in rows}
    boxed = by_name["own/test/1", 0]
    assert (boxed.answer, boxed.rule, boxed.outcome, boxed.strict) == ("5", "box", "correct", False)
    assert (by_name["own/test/4", 0].answer, by_name["own/test/4", 0].outcome) == (None, "no_answer")


def write_corpus(folder: Path) -> Path:
    """A corpus of one document, which has one of the Problems."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    (folder / "corpus").mkdir(parents=True)
    text = "An exercise: what is one less\nthan nothing? Nobody knows."
    table = pa.table({"id": ["d"], "text": [text], "url": ["https://example.org/"]})
    pq.write_table(table, folder / "corpus" / "a.parquet")
    return folder


def test_a_corpus_is_looked_in_again_when_a_run_goes_on(tmp_path: Path, data: Path) -> None:
    model, corpus = Replay(ANSWERS), write_corpus(tmp_path / "corpus-run")
    run_benchmark(prepared(data, model, limit=2), model, tmp_path / "run", corpus)
    finished = measured(tmp_path / "run", data, model)
    assert finished.results["contamination"]["contaminated"] == 1
    assert regrade(finished.folder).results == finished.results


def test_a_corpus_that_has_a_problem_fills_the_column(tmp_path: Path, data: Path) -> None:
    corpus = write_corpus(tmp_path / "corpus-run")
    model = Replay(ANSWERS)
    measured(tmp_path / "run", data, model)
    # The corpus is looked at afterwards too, without asking the model again.
    finished = run_benchmark(prepared(data, model), model, tmp_path / "run", corpus)
    assert len(model.asked) == 6
    assert finished.results["contamination"]["contaminated"] == 1
    rows = {row["problem"]: row["contaminated"] for row in chosen(finished.folder, Choice(n=10))}
    assert rows["own/test/4"] is True
    assert rows["own/test/0"] is False
    metrics = finished.results["metrics"]
    assert (metrics["contaminated"]["n"], metrics["clean"]["n"]) == (1, 5)
    assert check_outputs(finished.folder) == []
    assert (tmp_path / "run" / RESULTS).is_file()


def test_regrading_asks_nobody_and_gives_the_same_by_the_same_judge(tmp_path: Path, data: Path) -> None:
    finished = measured(tmp_path / "run", data, sampling=SAMPLED)
    before = bytes_of(finished.folder)
    again = regrade(finished.folder)
    assert again.results == finished.results
    assert bytes_of(finished.folder) == before
    assert check_outputs(finished.folder) == []
    # And the run is still the one that its command goes on with.
    assert measured(tmp_path / "run", data, sampling=SAMPLED).fresh == 0


def test_what_is_not_finished_is_not_regraded(tmp_path: Path, data: Path) -> None:
    with pytest.raises(Stopped):
        measured(tmp_path / "run", data, Replay(ANSWERS, interrupt=interrupted(2)))
    with pytest.raises(InputMissing, match="run its command again to finish it"):
        regrade(tmp_path / "run")


@pytest.mark.parametrize("point", ["synced:2", "renamed", "before_ledger", "after_ledger", "whole:1"])
def test_death_while_judging_again_costs_no_completion(point: str, tmp_path: Path, data: Path) -> None:
    corpus = write_corpus(tmp_path / "corpus-run")

    def asked_again(folder: Path, model: Replay) -> Finished:
        return run_benchmark(prepared(data, model), model, folder, corpus)

    def regraded(folder: Path, _: Replay) -> Finished:
        return regrade(folder, corpus)

    whole = asked_again(measured(tmp_path / "whole", data).folder, Replay(ANSWERS))
    for again in (asked_again, regraded):
        run, model = measured(tmp_path / again.__name__, data).folder, Replay(ANSWERS)
        assert killed_at(point, partial(asked_again, run, Replay(ANSWERS)))
        again(run, model)
        assert model.asked == []
        assert bytes_of(run) == bytes_of(whole.folder)
        assert check_outputs(run) == []


def test_tables_that_somebody_changed_are_not_judged_again(tmp_path: Path, data: Path) -> None:
    run = measured(tmp_path / "run", data).folder
    for table in ("completions/completions.parquet", "problems/problems.parquet"):
        other = measured(tmp_path / table.partition("/")[0], data, sampling=SAMPLED).folder
        (run / table).write_bytes((other / table).read_bytes())
        with pytest.raises(DamagedInput, match="not those that were committed"):
            regrade(run)


@pytest.mark.parametrize(
    ("text", "stated", "strict", "correct"),
    [
        (r"So \boxed{5}. The answer is 5.", "phrase", True, True),
        (r"So \boxed{5}." + "\n#### 5", "hash", True, True),
        (r"So \boxed{5}.", "hash", False, True),
        ("#### 5\nThe answer is 5.", "phrase", True, True),
        (r"It is \boxed{4}. The answer is 5.", "phrase", True, False),
        ("five times one is 5", "phrase", False, True),
    ],
)
def test_strict_looks_for_the_form_that_the_task_states(text: str, stated: Rule, strict: bool, correct: bool) -> None:
    [graded] = judge(Problem("p", "?", "5", {}), said(text), (stated,))
    assert (graded.strict, graded.correct) == (strict, correct)


def test_a_model_that_moved_is_the_same_model(tmp_path: Path, data: Path) -> None:
    class Weights(Replay):
        @property
        def facts(self) -> dict[str, str]:
            return {**super().facts, "weights": "abc"}

    first = Weights(ANSWERS, name="here", interrupt=interrupted(3))
    with pytest.raises(Stopped):
        measured(tmp_path / "run", data, first)
    assert measured(tmp_path / "run", data, Weights(ANSWERS, name="there")).fresh == 3


def test_a_server_that_moved_is_the_same_server(tmp_path: Path, data: Path) -> None:
    class Served(Replay):
        @property
        def facts(self) -> dict[str, str]:
            return {**super().facts, "address": f"http://host{len(self.asked)}/v1"}

    model = Served(ANSWERS)
    assert measured(tmp_path / "run", data, model).results["model"]["name"] == "replay at http://host0/v1"
    assert measured(tmp_path / "run", data, model).was_done
