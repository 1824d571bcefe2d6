"""A benchmark's Run: what is missing is asked of the model, kept Problem by Problem, then judged and counted at once.

It can be killed at any moment; the same command goes on, with another batch size if wished, generates nothing twice and
ends in the same tables. Judging costs about a millisecond a completion beside the seconds that it took to make.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path

from mathmill.data.errors import InputMissing, Stopped
from mathmill.data.progress import progress_shown
from mathmill.data.runs import Run
from mathmill.eval.harness.board import Board
from mathmill.eval.harness.journal import Journal
from mathmill.eval.harness.prepare import Prepared
from mathmill.eval.harness.publishing import (
    BENCHMARK,
    UNIT,
    Finished,
    completions_of,
    corpus_of,
    finish,
    has_completions,
    publish,
    read_results,
)
from mathmill.eval.harness.regrade import judged_again
from mathmill.eval.harness.report import Asked, make_report
from mathmill.eval.harness.scoring import Settled, settle
from mathmill.eval.harness.tables import problems_asked, shown_prompt
from mathmill.eval.models.base import Completion, Model


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
        done = run.ledger.is_done(UNIT)
        missing = _wanted(prepared, journal) - (_asked_before(folder) if done else set())
        fresh, was_done = 0, run.is_done and not missing
        if missing:
            if done:  # what was looked for in a corpus is looked for there again
                corpus = corpus or (Path(found) if (found := corpus_of(folder)) else None)
            if done or has_completions(run):
                journal.append_all(completions_of(folder))
            before = len(journal.done)
            settled = _complete(prepared, model, journal)
            fresh = len(journal.done) - before
            publish(run, make_report(_asked(prepared, model, settled), settled, corpus))
        elif corpus is not None and str(corpus) != corpus_of(folder):
            publish(run, judged_again(prepared.recipe, run, journal, corpus))
        journal.remove()
        results = read_results(folder)
        if not run.is_done:
            finish(run, results, time.perf_counter() - began, fresh)
        return Finished(folder, results, fresh, was_done)


def _wanted(prepared: Prepared, journal: Journal) -> set[str]:
    """The Problems that results have to be of: those that are to be asked, and any that were."""
    kept = {problem.id for problem in prepared.problems if len(journal.done.get(problem.id, ())) == _n(prepared)}
    return kept | {problem.id for problem in prepared.problems[: prepared.first]}


def _n(prepared: Prepared) -> int:
    return prepared.recipe.sampling.n


def _asked_before(folder: Path) -> set[str]:
    """The Problems that the tables of a benchmark are of."""
    return {problem.id for problem in problems_asked(folder)[0]}


def _complete(prepared: Prepared, model: Model, journal: Journal) -> dict[str, Settled]:
    """Every Problem that is wanted settled, after the missing completions were made."""
    task, problems = prepared.recipe.task, {problem.id: problem for problem in prepared.problems}
    wanted = _wanted(prepared, journal)
    kept = {name: each for name, each in journal.done.items() if name in wanted and len(each) == _n(prepared)}
    todo = [prompt for prompt in prepared.prompts if prompt.id in wanted and prompt.id not in kept]
    board = Board(task.name, len(wanted), len(kept))
    settled: dict[str, Settled] = {}

    def take(name: str, completions: Sequence[Completion], fresh: bool) -> None:
        settled[name] = settle(problems[name], completions, task.stated)
        board.add(settled[name].graded, fresh)

    try:
        with progress_shown(board.outlook):
            for name, completions in kept.items():
                take(name, completions, fresh=False)
            if todo:  # else a server need not be there any more
                with closing(model.generate(todo, prepared.recipe.sampling)) as answers:
                    for position, completions in answers:
                        journal.append(todo[position].id, completions)
                        take(todo[position].id, completions, fresh=True)
    except (Stopped, InputMissing) as stopped:
        told = f"{stopped}; {task.name}: {len(journal.done):,} of {len(wanted):,} problems are finished and kept"
        raise Stopped(told, stopped.exit_code - 128) if isinstance(stopped, Stopped) else InputMissing(told) from None
    return settled


def _asked(prepared: Prepared, model: Model, settled: Mapping[str, Settled]) -> Asked:
    return Asked(
        prepared.recipe,
        tuple(problem for problem in prepared.problems if problem.id in settled),
        tuple(shown_prompt(prompt) for prompt in prepared.prompts if prompt.id in settled),
        prepared.total,
        prepared.origin,
        (*prepared.notes, *model.notes),
    )
