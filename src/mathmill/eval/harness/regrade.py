"""A finished benchmark judged again: by the judge as it is now, or with a look for its Problems in a corpus."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from mathmill.data.errors import DamagedInput
from mathmill.data.runs import Run, load_claim
from mathmill.eval.harness.journal import Journal
from mathmill.eval.harness.publishing import (
    BENCHMARK,
    UNIT,
    Finished,
    completions_of,
    corpus_of,
    finish,
    publish,
    read_results,
)
from mathmill.eval.harness.recipe import BenchmarkRecipe
from mathmill.eval.harness.report import Asked, Report, make_report
from mathmill.eval.harness.scoring import settle
from mathmill.eval.harness.tables import problems_asked


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
    recipe, before = _recipe_of(claim["config"], name), corpus_of(folder)
    with Run(folder, recipe, BENCHMARK, claim["files"]) as run:
        journal = Journal(folder)
        publish(run, judged_again(recipe, run, journal, corpus or (Path(before) if before else None)))
        journal.remove()
        results = read_results(folder)
        finish(run, results, time.perf_counter() - began, 0)
        return Finished(folder, results, 0, was_done=False)


def _recipe_of(config: dict[str, Any], name: str) -> BenchmarkRecipe:
    """The recipe that a run of a model of this name was begun with; what a Task tells people is not kept in it."""
    told = dict.fromkeys(("about", "protocol", "limit_from"), "not kept")
    return BenchmarkRecipe.model_validate({**config, "name": name, "task": {**told, **config["task"]}})


def judged_again(recipe: BenchmarkRecipe, run: Run, journal: Journal, corpus: Path | None) -> Report:
    """A report of what is there; its completions are in the journal too, until their new tables are committed."""
    results, (problems, prompts) = read_results(run.folder), problems_asked(run.folder)
    if run.ledger.is_done(UNIT):
        journal.append_all(completions_of(run.folder))
    elif not journal.done.keys() >= {each.id for each in problems}:
        raise DamagedInput(
            f"the tables in {run.folder} are not those that were committed: `mathmill runs check` tells more"
        )
    settled = {each.id: settle(each, journal.done[each.id], recipe.task.stated) for each in problems}
    asked = Asked(recipe, problems, prompts, results["total"], results["origin"], tuple(results["notes"]))
    return make_report(asked, settled, corpus)
