"""A benchmark from its Problems to its tables, killed and not."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest

from mathmill.data.errors import ConfigError, InputMissing, Locked, Stopped
from mathmill.data.runs import Run, check_outputs
from mathmill.eval.harness.browse import Choice, chosen
from mathmill.eval.harness.journal import JOURNAL
from mathmill.eval.harness.publishing import BENCHMARK, RESULTS, read_results
from mathmill.eval.harness.tables import graded_of
from tests.eval.harness.measuring import SAMPLED, bytes_of, interrupted, killed_at, measured, prepared
from tests.eval.harness.replay import ANSWERS, Replay


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


def test_a_context_that_is_too_short_is_told_before_anything_is_written(tmp_path: Path, data: Path) -> None:
    with pytest.raises(ConfigError, match="context is too short"):
        measured(tmp_path / "run", data, max_new_tokens=20_000)
    assert not (tmp_path / "run").exists()


def test_every_completion_is_in_the_table_in_order(tmp_path: Path, data: Path) -> None:
    finished = measured(tmp_path / "run", data, sampling=SAMPLED)
    rows = graded_of(finished.folder)
    assert [(row.problem, row.sample) for row in rows] == [(name, k) for name in ANSWERS for k in (0, 1)]
    assert [row.text for row in rows] == [each.text for name in ANSWERS for each in ANSWERS[name]]
    by_name = {(row.problem, row.sample): row for row in rows}
    boxed = by_name["own/test/1", 0]
    assert (boxed.answer, boxed.rule, boxed.outcome, boxed.strict) == ("5", "box", "correct", False)
    assert (by_name["own/test/4", 0].answer, by_name["own/test/4", 0].outcome) == (None, "no_answer")


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
