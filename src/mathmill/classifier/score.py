"""Scores of pages at hand: what `mathmill classifier score` makes, a Run with one table a shard.

SCORES/                      a Run of kind "scores"
  scores/SHARD.parquet       one row a page, in the shard's order: `COLUMNS`
  histogram/part-0.parquet   pages and tokens by score, to 0.01 log-odds

Local shards are scored side by side, and each is committed by itself. A stream (a data set on the hub, or the first so
many pages of files) is scored by this process and committed every `PART` pages; killed and rerun, it is read again from
its begin, but what is committed is not scored again.
"""

from __future__ import annotations

import itertools
import time
from collections import deque
from collections.abc import Container
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mathmill.classifier.features import Features
from mathmill.classifier.model import load_classifier
from mathmill.classifier.page_scores import ScoreTask, Written, score_shard, write_scores
from mathmill.data.config import Config
from mathmill.data.engine import Engine
from mathmill.data.errors import InputMissing
from mathmill.data.page_files import Pages, fingerprint, page_shards, pinned, read_pages
from mathmill.data.progress import Outlook, progress_shown
from mathmill.data.records import Reduce
from mathmill.data.runs import NEW, Run, code_version
from mathmill.data.store.mounts import run_folder
from mathmill.data.store.shipping import shipping
from mathmill.data.units import hashes, is_made_from, mapped, reduce_unit, source_hash

SCORES_KIND = "scores"
PART = 100_000  # pages of a stream in one table
BIN = 10_000  # millionths of log-odds
_TABLES = "scores"

HISTOGRAM = Reduce(
    name="histogram",
    reads=("scores",),
    query=f"""
SELECT CAST(floor(logit / {BIN}) AS BIGINT) AS bin, count(*) AS pages, CAST(sum(tokens) AS BIGINT) AS tokens
FROM scores WHERE NOT empty GROUP BY CAST(floor(logit / {BIN}) AS BIGINT) ORDER BY bin
""",  # noqa: S608
)


class ScoreRecipe(Config):
    """What scores depend on, but for the bytes of the model and the pages: their hashes are in the Run."""

    classifier: Path
    features: Features
    pages: Pages


@dataclass(frozen=True, slots=True)
class ScoreResult:
    """Scores that are done: pages and tokens in all, and what this execution did of it."""

    folder: Path
    pages: int
    empty: int
    tokens: int
    fresh: int  # pages that this execution scored
    seconds: float


def score_run(classifier: Path, pages: Pages, folder: Path) -> Run:
    """The Run that `score` would make, not opened.

    Raises what `load_classifier` and `pinned` do.
    """
    loaded = load_classifier(classifier)
    recipe = ScoreRecipe(classifier=classifier, features=loaded.features, pages=pinned(pages))
    return Run(folder, recipe, SCORES_KIND, {"model": loaded.sha256})


def score(classifier: Path, pages: Pages, folder: Path, engine: Engine) -> ScoreResult:
    """Score `pages` into `folder`, or finish what is there.

    Shards that changed, came or went since an earlier execution are done again, added or taken out.

    Raises:
        ConfigError, InputMissing, DamagedInput: the classifier or the pages cannot be read, or there is no page.
        Locked, CannotCreate, DiskFull: as `Run`.
        MathmillError: shards failed; the others are done.
    """
    began, folder = time.perf_counter(), run_folder(folder)
    engine = shipping(engine, folder)
    try:
        run = score_run(classifier, pages, folder)
        if run.inspect() == NEW:
            _check_pages(run)  # a folder that was begun for nothing would be in the way of the right command
        with run:
            run.clear_leftovers((_TABLES, HISTOGRAM.name))
            inputs, fresh = (_score_stream if is_stream(pages) else _score_shards)(run, engine)
            totals = {name: sum(line[name] for line in _lines(run).values()) for name in ("pages", "empty", "tokens")}
            reduce_unit(run, engine, HISTOGRAM, hashes(run, _TABLES))
            seconds = time.perf_counter() - began
            if not run.is_done:
                run.finish(inputs, {"seed": None, "counts": totals}, {"seconds": seconds, "pages": fresh})
            return ScoreResult(folder, **totals, fresh=fresh, seconds=seconds)
    finally:
        engine.close()


def _check_pages(run: Run) -> None:
    """Make sure that there are pages, and that the columns which they are looked for in are there."""
    pages = _recipe(run).pages
    if next(read_pages(pages), None) is None:
        raise InputMissing(f"no page to score in {told(pages)}: name others")


def is_stream(pages: Pages) -> bool:
    """Whether pages come one after the other, and not in shards that can be read side by side."""
    return bool(pages.hub or pages.most)


def told(pages: Pages) -> str:
    """Where pages are from, in words."""
    return str(pages.run or pages.hub or ", ".join(pages.files))


def _score_shards(run: Run, engine: Engine) -> tuple[list[dict[str, Any]], int]:
    """Score what is not done, take out what is gone; the inputs, and how many pages were scored now."""
    recipe = _recipe(run)
    tasks = [
        ScoreTask(number, source, recipe.pages, recipe.classifier, run.folder)
        for number, source in enumerate(page_shards(recipe.pages))
    ]
    inputs = [{"name": task.shard, "sha256": task.source.sha256} for task in tasks]
    _retire_all_but(run, {_unit(task.shard) for task in tasks})
    todo = [task for task in tasks if not is_made_from(run, _unit(task.shard), _source(task))]
    fresh = 0
    for task, written in mapped(engine, score_shard, todo, "scores", len(tasks)):
        _commit(run, _unit(task.shard), _source(task), written)
        fresh += written.pages
    return inputs, fresh


def _source(task: ScoreTask) -> str:
    return source_hash(task.number, task.source.sha256)


def _score_stream(run: Run, _: Engine) -> tuple[list[dict[str, Any]], int]:
    """Score pages as they come, in this process; the inputs, and how many pages were scored now."""
    recipe = _recipe(run)
    source = fingerprint(recipe.pages)
    if run.is_done and all(is_made_from(run, unit, source) for unit in _lines(run)):
        return [{"pages": source}], 0
    classifier, documents = load_classifier(recipe.classifier), read_pages(recipe.pages)
    units: list[str] = []
    fresh = 0
    with progress_shown(lambda: _outlook(len(units) * PART, recipe.pages.most)):
        while first := list(itertools.islice(documents, 1)):
            part = itertools.chain(first, itertools.islice(documents, PART - 1))
            name = f"part-{len(units):06}"
            if is_made_from(run, _unit(name), source):
                deque(part, maxlen=0)
            else:
                written = write_scores(run.folder, name, len(units), part, classifier)
                _commit(run, _unit(name), source, written)
                fresh += written.pages
            units.append(_unit(name))
    _retire_all_but(run, units)
    return [{"pages": source}], fresh


def _outlook(pages: int, most: int | None) -> Outlook:
    """How far a stream is, told in whole parts."""
    return Outlook(min(pages / most, 1.0) if most else 0.0, f"{pages:,} pages and more", None)


def _recipe(run: Run) -> ScoreRecipe:
    assert isinstance(run.config, ScoreRecipe)
    return run.config


def _unit(name: str) -> str:
    return f"{_TABLES}/{name}"


def _lines(run: Run) -> dict[str, dict[str, Any]]:
    """The lines of the ledger that are of tables of scores, by unit."""
    return {unit: line for unit, line in run.ledger.lines.items() if unit.startswith(_unit(""))}


def _commit(run: Run, unit: str, source: str, written: Written) -> None:
    counts = {"pages": written.pages, "empty": written.empty, "tokens": written.tokens}
    run.ledger.append(unit, written.outputs, {"source": source, "code": code_version(), **counts})


def _retire_all_but(run: Run, units: Container[str]) -> None:
    """Take out the tables of pages that are inputs no longer."""
    for unit in [unit for unit in _lines(run) if unit not in units]:
        run.ledger.retire(unit)
