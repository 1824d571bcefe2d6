"""A benchmark's Run: what is missing is asked of the model, kept Problem by Problem, then judged and counted at once.

It can be killed at any moment; the same command goes on, with another batch size if wished, generates nothing twice and
ends in the same tables. Judging costs about 0.3 ms a completion beside the seconds that it took to make.
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
from mathmill.eval.harness.graded import Graded
from mathmill.eval.harness.journal import Journal
from mathmill.eval.harness.prepare import Prepared
from mathmill.eval.harness.recipe import BenchmarkRecipe
from mathmill.eval.harness.report import Asked, Report, make_report
from mathmill.eval.harness.scoring import judge
from mathmill.eval.harness.tables import COMPLETIONS, PROBLEMS, graded_of, problems_asked, shown_prompt
from mathmill.eval.models.base import Completion, Model

#: The kind of these Runs, and the file in their folder that holds the figures.
BENCHMARK = "benchmark"
RESULTS = "results.json"

COMPLETIONS_FILE, PROBLEMS_FILE = "completions/completions.parquet", "problems/problems.parquet"
# The one unit of the ledger: everything that is made of the completions, once they are all there.
_UNIT = "results"
_PACKAGES = ("torch", "transformers", "vllm", "datasets", "sympy")


@dataclass(frozen=True, slots=True)
class Finished:
    """A benchmark that is done: its results, and how many Problems this execution asked."""

    folder: Path
    results: Mapping[str, Any]
    fresh: int


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
        fresh = 0
        if not run.ledger.is_done(_UNIT):
            if not journal.done and _has_completions(run):
                journal.append_all(_completions_of(folder))
            before = len(journal.done)
            graded = _complete(prepared, model, journal)
            fresh = len(journal.done) - before
            _publish(run, make_report(_asked(prepared, model), graded, corpus))
        elif corpus is not None and str(corpus) != _corpus_of(folder):
            _publish(run, _judged_again(prepared.recipe, run, journal, corpus))
        journal.remove()
        results = read_results(folder)
        if not run.is_done:
            _finish(run, results, time.perf_counter() - began, fresh)
        return Finished(folder, results, fresh)


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


def _complete(prepared: Prepared, model: Model, journal: Journal) -> dict[str, tuple[Graded, ...]]:
    """Every completion judged, after the missing ones were made."""
    problems = {problem.id: problem for problem in prepared.problems}
    stated = prepared.recipe.task.stated
    done = [name for name in problems if _is_whole(journal.done.get(name, ()), prepared)]
    board = Board(prepared.recipe.task.name, len(problems), len(done))
    graded = {name: judge(problems[name], journal.done[name], stated) for name in done}
    for each in graded.values():
        board.add(each, fresh=False)
    todo = [prompt for prompt in prepared.prompts if prompt.id not in graded]
    if not todo:
        return graded
    try:
        with progress_shown(board.outlook), closing(model.generate(todo, prepared.recipe.sampling)) as answers:
            for position, completions in answers:
                problem = problems[todo[position].id]
                journal.append(problem.id, completions)
                graded[problem.id] = judge(problem, completions, stated)
                board.add(graded[problem.id])
    except Stopped as stopped:
        kept = f"{stopped}: {len(graded):,} of {len(problems):,} problems are finished and kept"
        raise Stopped(kept, stopped.exit_code - 128) from None
    except InputMissing as missing:
        raise InputMissing(f"{missing} ({len(graded):,} of {len(problems):,} problems are kept in all)") from missing
    return graded


def _is_whole(completions: Sequence[Completion], prepared: Prepared) -> bool:
    return len(completions) == prepared.recipe.sampling.n


def regrade(folder: Path, corpus: Path | None = None) -> Finished:
    """Judge the completions of a finished benchmark again, by the judge as it is now, and count anew; asks no model.

    With a `corpus` look for the Problems in it, else in the one that they were looked for in before.

    Raises:
        InputMissing: there is no finished benchmark, or no corpus.
        DamagedInput: its tables are not those that were committed.
        Locked, CannotCreate, DiskFull: as `Run`.
    """
    began = time.perf_counter()
    read_results(folder)
    claim = load_claim(folder)
    recipe, before = _recipe_of(claim["config"]), _corpus_of(folder)
    with Run(folder, recipe, BENCHMARK, claim["files"]) as run:
        journal = Journal(folder)
        _publish(run, _judged_again(recipe, run, journal, corpus or (Path(before) if before else None)))
        journal.remove()
        results = read_results(folder)
        _finish(run, results, time.perf_counter() - began, 0)
        return Finished(folder, results, 0)


def _recipe_of(config: dict[str, Any]) -> BenchmarkRecipe:
    """The recipe that a run was begun with; what a Task tells people is not kept in it."""
    told = dict.fromkeys(("about", "protocol", "limit_from"), "not kept")
    return BenchmarkRecipe.model_validate({**config, "task": {**told, **config["task"]}})


def _judged_again(recipe: BenchmarkRecipe, run: Run, journal: Journal, corpus: Path | None) -> Report:
    """A report of what is there; its completions are in the journal too, until their new tables are committed."""
    results, (problems, prompts) = read_results(run.folder), problems_asked(run.folder)
    if run.ledger.is_done(_UNIT):
        journal.append_all(_completions_of(run.folder))
    elif not journal.done.keys() >= {each.id for each in problems}:
        raise DamagedInput(
            f"the tables in {run.folder} are not those that were committed: `mathmill runs check` tells more"
        )
    graded = {each.id: judge(each, journal.done[each.id], recipe.task.stated) for each in problems}
    asked = Asked(recipe, problems, prompts, results["total"], results["origin"], tuple(results["notes"]))
    return make_report(asked, graded, corpus)


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
    path = staging.stage(RESULTS, lambda _: 1)
    with writing(path):
        path.write_bytes(orjson.dumps(report.results, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))
    run.ledger.append(_UNIT, staging.publish(rows | {RESULTS: 1}), {"code": code_version(), "finished": time.time()})


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
