"""The run: every archive through the cascade, all Documents through the passes, then corpus, funnel and manifest.

Every unit of work is committed on its own, so the run can be killed at any moment and started again
with the same command; what is done is not done again. Cost: about the sum of the stages' per page
(see docs/results.md); memory does not grow with the number of shards.
"""

from __future__ import annotations

import shutil
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from mathmill.data.config import config_hash
from mathmill.data.engine import Engine, Failure
from mathmill.data.errors import CannotCreate, DamagedInput, DiskFull, InputMissing, Locked, MathmillError, Stopped
from mathmill.data.files import file_sha256
from mathmill.data.ledger import Ledger
from mathmill.data.progress import progress_shown
from mathmill.data.runs import Run, code_version, committed_outputs
from mathmill.data.store.mounts import run_folder, shown
from mathmill.data.store.shipping import shipping
from mathmill.data.terminal import counted
from mathmill.data.units import make_unit, map_units, publish_files, source_hash
from mathmill.pipeline.card import Sources, corpus_card
from mathmill.pipeline.cascade import is_gate
from mathmill.pipeline.corpus import CORPUS, corpus_source, corpus_tasks, write_corpus_file
from mathmill.pipeline.fetch.streaming import find_streams, meet_server, note_paths, noted_paths
from mathmill.pipeline.funnel import FUNNEL, Funnel, read_funnel
from mathmill.pipeline.inputs import ArchiveInput, find_inputs, is_as_it_was, paths_to_fetch
from mathmill.pipeline.passes.base import Pass, Work, WorkingShard
from mathmill.pipeline.passes.decisions import DECIDED, DECISIONS, SIZES, decide
from mathmill.pipeline.progress import PROGRESS, ProgressBoard
from mathmill.pipeline.provenance import DROPPED, ERRORED, KEPT, LOST, Tally
from mathmill.pipeline.recipe import PipelineRecipe
from mathmill.pipeline.shard_task import ShardReceipt, ShardTask, documents_name, run_shard

CORPUS_KIND = "corpus"
_CARD = "README.md"
# Folders in which only units write, beside those of passes.
_OWNED = ("documents", "records", "aside", CORPUS, FUNNEL.name, DECISIONS, DECIDED.name, SIZES.name)


@dataclass(frozen=True, slots=True)
class RunResult:
    """What a run came to; `fresh` is how many archives this execution worked on, `fresh_pages` the pages in them."""

    folder: Path
    funnel: Funnel
    tally: Tally
    told: Mapping[str, Any]  # what each pass learnt, by name
    fresh: int
    fresh_pages: int
    gone: tuple[str, ...]  # archives of earlier executions that are inputs no longer: they were taken out
    seconds: float


def run_pipeline(recipe: PipelineRecipe, folder: Path, engine: Engine, error_budget: float = 0.01) -> RunResult:
    """Make the corpus that `recipe` describes in `folder`, or finish it.

    `error_budget` is the share of pages that may be errored, and of bytes that may be lost.

    Raises:
        InputMissing, ConfigError, Locked, CannotCreate, DiskFull: see `mathmill.data.errors`.
        DamagedInput: the error budget is exceeded; all work is kept, and the same command with a larger budget ends it.
        MathmillError: shards failed; the message lists them, the others are done.
    """
    began, folder = time.perf_counter(), run_folder(folder)
    streams = find_streams(recipe.archives, recipe.fetching, noted_paths(folder))
    inputs = find_inputs(recipe.archives, streams)
    with open_run(folder, recipe) as run:
        engine = shipping(engine, run.folder)
        try:
            owned = {*_OWNED, *_written(run), *(name for each in recipe.passes for name in each.folders)}
            run.clear_leftovers(owned)
            todo = [archive for archive in inputs if not is_shard_done(run.ledger, archive)]
            note_paths(run, streams)
            if todo:
                meet_server(recipe.fetching, paths_to_fetch(todo))
                run.reopen()
                _make_shards(run, recipe, engine, inputs, todo)
            gone = _retire_all_but(run, {archive.name for archive in inputs})
            shards = _shard_lines(run)
            tally = _total(shards)
            work = Work(run, engine, _working(shards), (), None)
            told, seconds = make_passes(work, recipe.passes)
            _make_corpus(work, recipe)
            funnel = _make_funnel(work, recipe)
            _check_funnel(run, funnel, tally)
            _check_budget(folder, tally, error_budget)
            cards: dict[str, list[str]] = {each.use: list(each.card(told[each.use])) for each in recipe.passes}
            _write_card(run, recipe, funnel, tally, shards, cards)
            if not run.is_done:
                run.clear_leftovers(owned)  # of workers that died on the way
                _finish(run, recipe, shards, tally, funnel, told, seconds)
            fresh_pages = sum(shards[archive.name]["tally"]["pages"] for archive in todo)
            return RunResult(folder, funnel, tally, told, len(todo), fresh_pages, gone, time.perf_counter() - began)
        finally:
            engine.close()


def open_run(folder: Path, recipe: PipelineRecipe) -> Run:
    """The Run of a recipe, of which passes and the cut into files may change: only what hangs on them is done again.

    Raises:
        InputMissing, ConfigError: a file or data set that a stage or pass names is not there.
    """
    paths = [path for stage in recipe.stages for path in getattr(stage, "files", ())]
    sets = {name: mark for each in recipe.passes for name, mark in each.identity().items()}
    files = {str(path): file_sha256(path) for path in paths}
    return Run(folder, recipe, CORPUS_KIND, files, {"passes": sets, "corpus": {}})


def is_shard_done(ledger: Ledger, archive: ArchiveInput) -> bool:
    """Whether the archive's shard is committed and the archive is what it was then."""
    unit = f"shard/{archive.name}"
    if not ledger.is_done(unit):
        return False
    return is_as_it_was(archive, ledger.lines[unit]["input"])


def _make_shards(
    run: Run, recipe: PipelineRecipe, engine: Engine, inputs: list[ArchiveInput], todo: list[ArchiveInput]
) -> None:
    names, lines = {archive.name for archive in todo}, run.ledger.lines
    before = sum(lines[f"shard/{each.name}"]["input"]["size"] for each in inputs if each.name not in names)
    total = before + sum(archive.size or 0 for archive in todo)
    board = ProgressBoard(run.folder, total, before, sum(archive.size is None for archive in todo))
    tasks = [ShardTask(archive, recipe, run.folder) for archive in todo]
    failed: list[tuple[str, Exception]] = []
    done = 0
    try:
        with progress_shown(board.outlook):
            for task, receipt in engine.map(run_shard, tasks):
                if isinstance(receipt, Failure):
                    if isinstance(receipt.error, DiskFull | CannotCreate | Locked):
                        raise receipt.error  # it would stop all others as well
                    failed.append((task.archive.uri, receipt.error))
                    continue
                _commit_shard(run, task.archive, receipt)
                board.finish(receipt.tally)
                done += 1
    except Stopped as stopped:
        finished = len(inputs) - len(todo) + done
        whole = counted(len(inputs), "archive")
        saved = f"{stopped}: {finished:,} of {whole} finished and saved, those in work start over"
        raise Stopped(saved, stopped.exit_code - 128) from None
    if failed:
        kind = InputMissing if all(isinstance(error, InputMissing) for _, error in failed) else MathmillError
        causes = "; ".join(f"{uri} ({type(error).__name__}: {error})" for uri, error in failed)
        raise kind(
            f"{len(failed):,} of {counted(len(todo), 'archive')} failed, the others are done: {causes}. "
            "Run the same command to try them again, or leave them out of the recipe"
        )


def _commit_shard(run: Run, archive: ArchiveInput, receipt: ShardReceipt) -> None:
    facts = {
        "input": archive.as_dict() | {"size": receipt.size, "fingerprint": receipt.fingerprint},
        "tally": receipt.tally.as_dict(),
        "config": config_hash(run.config),
        "code": code_version(),
        "finished": time.time(),
    }
    run.ledger.append(f"shard/{archive.name}", receipt.outputs, facts)


def _shard_lines(run: Run) -> dict[str, dict[str, Any]]:
    """Shard name -> its ledger line, sorted by name: nothing may hang on the order of execution."""
    prefix = "shard/"
    lines = run.ledger.lines
    return {unit.removeprefix(prefix): lines[unit] for unit in sorted(lines) if unit.startswith(prefix)}


def _retire_all_but(run: Run, names: set[str]) -> tuple[str, ...]:
    """Take the shards out that are inputs no longer: a corpus is what its recipe and its inputs make of it."""
    gone = tuple(name for name in _shard_lines(run) if name not in names)
    if gone:
        run.reopen()
    for unit in list(run.ledger.lines):
        folder, _, name = unit.partition("/")
        if name in gone and folder != CORPUS:
            run.ledger.retire(unit)
    return gone


def _retire_passes_but(run: Run, passes: Sequence[Pass]) -> None:
    """Take out what passes wrote that the recipe has no longer, or not so."""
    kept = {*_OWNED, *(name for each in passes for name in each.folders)}
    for unit, line in list(run.ledger.lines.items()):
        folders = _folders(line["outputs"] or [f"{unit}/"])  # a unit that wrote nothing is named as its folder
        if folders and not folders & kept:
            run.ledger.retire(unit)


def _written(run: Run) -> set[str]:
    """The folders that units of the ledger wrote in, those of passes among them that the recipe has no longer."""
    return _folders(committed_outputs(run.ledger))


def _folders(names: Iterable[str]) -> set[str]:
    return {folder for name in names for folder, mark, _ in [name.partition("/")] if mark}


def _working(shards: Mapping[str, dict[str, Any]]) -> tuple[WorkingShard, ...]:
    names = {name: documents_name(name) for name in shards}
    return tuple(
        WorkingShard(name, number, names[name], line["outputs"][names[name]]["sha256"])
        for number, (name, line) in enumerate(shards.items())
    )


def make_passes(work: Work, passes: Sequence[Pass]) -> tuple[dict[str, Any], dict[str, float]]:
    """Let each pass learn from what those before it left; what they tell, and the seconds that they took, by name."""
    seconds = {}
    for position, each in enumerate(passes):
        began = time.perf_counter()
        each.learn(replace(work, before=tuple(passes[:position]), by=each))
        seconds[each.use] = time.perf_counter() - began
    decide(work, passes)
    _retire_passes_but(work.run, passes)
    return {each.use: dict(each.told(work.run.folder)) for each in passes}, seconds


def _make_corpus(work: Work, recipe: PipelineRecipe) -> None:
    """Write the files of the corpus whose Documents are new, and take out those that it has no longer."""
    run = work.run
    work.reduce(SIZES)
    tasks = corpus_tasks(run.folder, work.shards, recipe.passes, recipe.corpus.file_mb << 20)
    due = {f"{CORPUS}/{task.shard}" for task in tasks}
    for unit in [unit for unit in run.ledger.lines if unit.startswith(f"{CORPUS}/") and unit not in due]:
        run.ledger.retire(unit)
    map_units(run, work.engine, CORPUS, write_corpus_file, tasks, lambda task: corpus_source(run, task))


def _make_funnel(work: Work, recipe: PipelineRecipe) -> Funnel:
    work.reduce(FUNNEL)
    work.reduce(DECIDED)
    stages, passes = [stage.use for stage in recipe.stages], [each.use for each in recipe.passes]
    return read_funnel(work.run.folder, stages, [stage.use for stage in recipe.stages if is_gate(stage)], passes)


def _total(shards: dict[str, dict[str, Any]]) -> Tally:
    total = Tally()
    for line in shards.values():
        total.add(Tally.from_dict(line["tally"]))
    return total


def _check_funnel(run: Run, funnel: Funnel, tally: Tally) -> None:
    """Make sure that all ways of counting agree: the shards' tallies, queries over their tables, the corpus's rows."""
    outputs = committed_outputs(run.ledger).items()
    rows = sum(output["rows"] for name, output in outputs if name.startswith(f"{CORPUS}/"))
    cascade = {"tally": tally.outcomes[KEPT], "records": funnel.passed}
    ends = {"decisions": funnel.kept, "funnel's last step": funnel.steps[-1].left, "corpus": rows}
    if len(set(cascade.values())) > 1 or len(set(ends.values())) > 1 or tally.records != funnel.records:
        raise MathmillError(f"kept pages do not add up: {cascade}, {ends}: please report a bug, with the run's folder")


def _check_budget(folder: Path, tally: Tally, budget: float) -> None:
    shares = {
        (ERRORED, "pages are errored"): tally.outcomes[ERRORED] / max(tally.pages, 1),
        (LOST, "bytes are lost"): tally.bytes_lost / max(tally.bytes_in, 1),
    }
    over = [(outcome, f"{share:.2%} of the {words}") for (outcome, words), share in shares.items() if share > budget]
    if over:
        raise DamagedInput(
            f"{' and '.join(words for _, words in over)}, the budget is {budget:.2%}: look at them with "
            f"`mathmill data dropped {shown(folder)} --outcome {over[0][0]}`, then run again with a larger "
            "--error-budget; what is done is kept"
        )


def _write_card(
    run: Run,
    recipe: PipelineRecipe,
    funnel: Funnel,
    tally: Tally,
    archives: Iterable[str],
    cards: Mapping[str, list[str]],
) -> None:
    sources = Sources(tuple(archives), tally.bytes_in, code_version())
    files = {name: output["rows"] for name, output in committed_outputs(run.ledger).items() if name != _CARD}
    card = corpus_card(run.folder.resolve().name, recipe, sources, funnel, cards, files)
    source = source_hash(card)
    make_unit(run, _CARD, source, lambda: (publish_files(run.folder, {_CARD: card.encode()}), {}))


def _finish(
    run: Run,
    recipe: PipelineRecipe,
    shards: dict[str, dict[str, Any]],
    tally: Tally,
    funnel: Funnel,
    told: Mapping[str, Any],
    pass_seconds: Mapping[str, float],
) -> None:
    inputs = [{key: line["input"][key] for key in ("name", "uri", "size", "fingerprint")} for line in shards.values()]
    outcomes = Counter(tally.outcomes) + Counter({DROPPED: funnel.passed - funnel.kept})
    counts = {"records": tally.records, "pages": tally.pages, **dict(sorted(outcomes.items())), KEPT: funnel.kept}
    facts = {"seed": recipe.seed, "counts": counts, "bytes": tally.bytes_in, "funnel": funnel.as_dict(), "passes": told}
    timings = {
        "stage_seconds": tally.seconds,
        "shard_seconds": tally.wall_seconds,
        "pass_seconds": pass_seconds,  # of this execution: what was done before is not done again
        "peak_mb": tally.peak_mb,
    }
    shutil.rmtree(run.folder / PROGRESS, ignore_errors=True)
    run.finish(inputs, facts, timings)
