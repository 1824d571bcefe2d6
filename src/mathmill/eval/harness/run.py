"""A benchmark's Run: what is missing is asked of the model, kept Problem by Problem, then judged and counted at once.

It can be killed at any moment; the same command goes on, with another batch size if wished, generates nothing twice and
ends in the same tables. Judging costs about a millisecond a completion beside the seconds that it took to make.
"""

from __future__ import annotations

import importlib.metadata
import time
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from mathmill.data.errors import DamagedInput, InputMissing, Stopped
from mathmill.data.files import Staging, file_sha256, writing
from mathmill.data.progress import progress_shown
from mathmill.data.runs import Run, code_version, load_claim
from mathmill.data.shards import count_parquet, parquet_schema, write_parquet
from mathmill.eval.harness.board import Board
from mathmill.eval.harness.journal import Journal
from mathmill.eval.harness.prepare import Prepared
from mathmill.eval.harness.recipe import BenchmarkRecipe
from mathmill.eval.harness.report import Asked, Report, card, make_report
from mathmill.eval.harness.scoring import Settled, settle
from mathmill.eval.harness.tables import COMPLETIONS, PROBLEMS, graded_of, problems_asked, shown_prompt
from mathmill.eval.models.base import Completion, Model

#: The kind of these Runs, and the file in their folder that holds the figures.
BENCHMARK = "benchmark"
RESULTS = "results.json"

CARD = "README.md"
COMPLETIONS_FILE, PROBLEMS_FILE = "completions/completions.parquet", "problems/problems.parquet"
# The one unit of the ledger: everything that is made of the completions, once they are all there.
_UNIT = "results"
_PACKAGES = ("torch", "transformers", "vllm", "datasets", "sympy")


@dataclass(frozen=True, slots=True)
class Finished:
    """A benchmark that is done: its results, how many Problems this execution asked, and if it was done before it."""

    folder: Path
    results: Mapping[str, Any]
    fresh: int
    was_done: bool


def run_benchmark(prepared: Prepared, model: Model, folder: Path, corpus: Path | None = None) -> Finished:
    """Ask what is missing, judge everything, and write the tables; with a `corpus`, look for the Problems in it.

    Raises:
        ConfigError, Locked, CannotCreate, DiskFull: as `Run`.
        InputMissing: a server died; what it answered is kept.
        Stopped: by a signal; what is finished is kept.
    """
    began = time.perf_counter()
    with Run(folder, prepared.recipe, BENCHMARK, prepared.files) as run:
        run.clear_leftovers(("completions", "problems"))
        journal = Journal(folder)
        fresh, was_done = 0, run.is_done
        if not run.ledger.is_done(_UNIT):
            if not journal.done and _has_completions(run):
                journal.append_all(_completions_of(folder))
            before = len(journal.done)
            settled = _complete(prepared, model, journal)
            fresh = len(journal.done) - before
            _publish(run, make_report(_asked(prepared, model), settled, corpus))
        elif corpus is not None and str(corpus) != _corpus_of(folder):
            _publish(run, _judged_again(prepared.recipe, run, journal, corpus))
        journal.remove()
        results = read_results(folder)
        if not run.is_done:
            _finish(run, results, time.perf_counter() - began, fresh)
        return Finished(folder, results, fresh, was_done)


def read_results(folder: Path) -> dict[str, Any]:
    """The results of a finished benchmark.

    Raises:
        InputMissing: there is none.
        DamagedInput: its file is none of ours any more.
    """
    try:
        results: dict[str, Any] = orjson.loads((folder / RESULTS).read_bytes())
    except orjson.JSONDecodeError as error:
        raise DamagedInput(
            f"{folder / RESULTS} is damaged ({error}): run the command of the benchmark again, which asks nothing twice"
        ) from None
    except (FileNotFoundError, NotADirectoryError):
        raise InputMissing(
            f"no finished benchmark at {folder}: name a folder that `mathmill eval run` wrote "
            "(`mathmill eval ls` lists them), or run its command again to finish it"
        ) from None
    return results


def _complete(prepared: Prepared, model: Model, journal: Journal) -> dict[str, Settled]:
    """Every Problem settled, after the missing completions were made."""
    problems = {problem.id: problem for problem in prepared.problems}
    task, sampling = prepared.recipe.task, prepared.recipe.sampling
    kept = {name: each for name, each in journal.done.items() if name in problems and len(each) == sampling.n}
    todo = [prompt for prompt in prepared.prompts if prompt.id not in kept]
    board = Board(task.name, len(problems), len(kept))
    settled: dict[str, Settled] = {}

    def take(name: str, completions: Sequence[Completion], fresh: bool) -> None:
        settled[name] = settle(problems[name], completions, task.stated)
        board.add(settled[name].graded, fresh)

    try:
        with progress_shown(board.outlook):
            for name, completions in kept.items():
                take(name, completions, fresh=False)
            if todo:  # else a server need not be there any more
                with closing(model.generate(todo, sampling)) as answers:
                    for position, completions in answers:
                        journal.append(todo[position].id, completions)
                        take(todo[position].id, completions, fresh=True)
    except (Stopped, InputMissing) as stopped:
        told = f"{stopped}; {task.name}: {len(journal.done):,} of {len(problems):,} problems are finished and kept"
        raise Stopped(told, stopped.exit_code - 128) if isinstance(stopped, Stopped) else InputMissing(told) from None
    return settled


def regrade(folder: Path, corpus: Path | None = None) -> Finished:
    """Judge the completions of a finished benchmark again, by the judge as it is now, and count anew; asks no model.

    With a `corpus` look for the Problems in it, else in the one that they were looked for in before.

    Raises:
        InputMissing: there is no finished benchmark, or no corpus.
        DamagedInput: its tables are not those that were committed.
        Locked, CannotCreate, DiskFull: as `Run`.
    """
    began = time.perf_counter()
    name, claim = read_results(folder)["model"]["name"], load_claim(folder)
    recipe, before = _recipe_of(claim["config"], name), _corpus_of(folder)
    with Run(folder, recipe, BENCHMARK, claim["files"]) as run:
        journal = Journal(folder)
        _publish(run, _judged_again(recipe, run, journal, corpus or (Path(before) if before else None)))
        journal.remove()
        results = read_results(folder)
        _finish(run, results, time.perf_counter() - began, 0)
        return Finished(folder, results, 0, was_done=False)


def _recipe_of(config: dict[str, Any], name: str) -> BenchmarkRecipe:
    """The recipe that a run of a model of this name was begun with; what a Task tells people is not kept in it."""
    told = dict.fromkeys(("about", "protocol", "limit_from"), "not kept")
    return BenchmarkRecipe.model_validate({**config, "name": name, "task": {**told, **config["task"]}})


def _judged_again(recipe: BenchmarkRecipe, run: Run, journal: Journal, corpus: Path | None) -> Report:
    """A report of what is there; its completions are in the journal too, until their new tables are committed."""
    results, (problems, prompts) = read_results(run.folder), problems_asked(run.folder)
    if run.ledger.is_done(_UNIT):
        journal.append_all(_completions_of(run.folder))
    elif not journal.done.keys() >= {each.id for each in problems}:
        raise DamagedInput(
            f"the tables in {run.folder} are not those that were committed: `mathmill runs check` tells more"
        )
    settled = {each.id: settle(each, journal.done[each.id], recipe.task.stated) for each in problems}
    asked = Asked(recipe, problems, prompts, results["total"], results["origin"], tuple(results["notes"]))
    return make_report(asked, settled, corpus)


def _has_completions(run: Run) -> bool:
    """Whether the table of completions is as it was committed, though another file of the unit is not."""
    committed = run.ledger.lines.get(_UNIT, {"outputs": {}})["outputs"].get(COMPLETIONS_FILE)
    path = run.folder / COMPLETIONS_FILE
    return committed is not None and path.is_file() and file_sha256(path) == committed["sha256"]


def _completions_of(folder: Path) -> dict[str, list[Completion]]:
    """What a benchmark's table of completions has of each Problem."""
    kept: dict[str, list[Completion]] = {}
    for each in graded_of(folder):
        kept.setdefault(each.problem, []).append(Completion(each.text, each.finish, each.tokens))
    return kept


def _corpus_of(folder: Path) -> str:
    """The corpus in which the Problems of a finished benchmark were looked for; empty if nobody looked."""
    return str((read_results(folder)["contamination"] or {"corpus": ""})["corpus"])


def _asked(prepared: Prepared, model: Model) -> Asked:
    return Asked(
        prepared.recipe,
        prepared.problems,
        tuple(map(shown_prompt, prepared.prompts)),
        prepared.total,
        prepared.origin,
        (*prepared.notes, *model.notes),
    )


def _publish(run: Run, report: Report) -> None:
    """Write tables and results, and commit them."""
    run.reopen()
    staging = Staging(run.folder)
    tables = ((COMPLETIONS_FILE, COMPLETIONS, report.completions), (PROBLEMS_FILE, PROBLEMS, report.problems))
    rows = {
        name: write_parquet(staging.stage(name, count_parquet), each, parquet_schema(columns))
        for name, columns, each in tables
    }
    texts = {
        RESULTS: orjson.dumps(report.results, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE),
        CARD: card(report.results).encode(),
    }
    for name, text in texts.items():
        path = staging.stage(name, lambda _: 1)
        with writing(path):
            path.write_bytes(text)
    run.ledger.append(
        _UNIT, staging.publish(rows | dict.fromkeys(texts, 1)), {"code": code_version(), "finished": time.time()}
    )


def _finish(run: Run, results: Mapping[str, Any], seconds: float, fresh: int) -> None:
    metrics = results["metrics"]
    counts = {"problems": metrics["problems"], "completions": metrics["problems"] * metrics["samples"]}
    facts = {"seed": results["protocol"]["sampling"]["seed"], "counts": counts, "results": dict(results)}
    run.finish([], facts, {"seconds": seconds, "problems": fresh, "versions": _versions()})


def _versions() -> dict[str, str]:
    versions = {}
    for package in _PACKAGES:
        try:
            versions[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            continue
    return versions
