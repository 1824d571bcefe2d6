"""A run of samples: a policy is asked part by part, and what it got right is kept, by rules that may change later.

It can be killed at any moment: the same command goes on, asks nothing twice, and ends in the same bytes. With other
rules of what is kept (`--set keep.most=8`) it takes from what was drawn, and asks nothing at all.
"""

from __future__ import annotations

import importlib.metadata
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from mathmill.data.files import Output, Staging, writing
from mathmill.data.progress import progress_shown
from mathmill.data.runs import Run
from mathmill.data.shards import count_parquet, parquet_schema, write_parquet
from mathmill.data.tables import table_rows
from mathmill.data.units import is_made_from, make_unit, publish_files, source_hash
from mathmill.eval.harness.board import Board
from mathmill.eval.harness.journal import Journal
from mathmill.eval.models.base import Model
from mathmill.train.sample.card import sample_card
from mathmill.train.sample.drawing import Drawer, drawn, sampled_unit
from mathmill.train.sample.keeping import KEPT, pass_rate, select
from mathmill.train.sample.layout import CARD, FOLDERS, METRICS, PROBLEMS_FOLDER, REJECTED_FOLDER, SOLUTIONS_FOLDER
from mathmill.train.sample.metrics import counts_of, measure
from mathmill.train.sample.plan import REFUSED, Part, Plan
from mathmill.train.sample.rows import PROBLEMS, problem_row, solution_row

_KEEPING, _RESULTS = "kept", "results"  # units of the ledger
_PACKAGES = ("torch", "transformers", "vllm", "sympy")


@dataclass(frozen=True, slots=True)
class Sampled:
    """A run of samples that is done: its results, how many Problems this execution asked, if it was done before."""

    folder: Path
    results: Mapping[str, Any]
    fresh: int
    was_done: bool


def run_sample(plan: Plan, model: Model, folder: Path) -> Sampled:
    """Draw what is missing, keep what is right, and count.

    Raises:
        ConfigError, Locked, CannotCreate, DiskFull: as `Run`; or the model refuses too many Problems.
        InputMissing, Stopped, JudgeInTrouble: as `Drawer.draw`.
    """
    began = time.perf_counter()
    with plan.run(folder) as run:
        run.clear_leftovers(FOLDERS)
        was_done = run.is_done
        fresh = _draw(plan, model, run)
        for part in plan.parts():
            _keep(plan, run, part)
        results = _count(plan, run)
        if not run.is_done:
            counts = {name: results["metrics"][name] for name in ("problems", "asked", "solutions", "kept")}
            facts = {"seed": plan.claim.sampling.seed, "counts": counts, "results": results}
            seconds = time.perf_counter() - began
            run.finish(
                [{"problems": len(plan.problems)}], facts, {"seconds": seconds, "problems": fresh, **_versions()}
            )
        return Sampled(folder, results, fresh, was_done)


def _draw(plan: Plan, model: Model, run: Run) -> int:
    """Draw every part that is missing; how many Problems were asked."""
    journal = Journal(run.folder)
    done = sum(plan.asked_of(part) for part in plan.parts() if run.ledger.is_done(sampled_unit(part)))
    board = Board(plan.claim.task.name, plan.asked, done)
    drawer = Drawer(plan, model, run, journal, board)
    with progress_shown(board.outlook):
        for part in plan.parts():
            drawer.draw(part)
    journal.remove()
    return drawer.fresh


def _keep(plan: Plan, run: Run, part: Part) -> None:
    """Have the files of a part that hang on what is kept."""
    unit = f"{_KEEPING}/{part.number:05}"
    by = plan.keep.model_dump(mode="json"), dict(plan.beside.fingerprints)
    source = source_hash(*by, run.ledger.lines[sampled_unit(part)]["outputs"])
    if not is_made_from(run, unit, source):
        run.reopen()
        make_unit(run, unit, source, lambda: _write(plan, run, part))


def _write(plan: Plan, run: Run, part: Part) -> tuple[dict[str, Output], dict[str, Any]]:
    graded = drawn(run, part)
    tables: dict[str, list[dict[str, Any]]] = {
        name: [] for name in (SOLUTIONS_FOLDER, REJECTED_FOLDER, PROBLEMS_FOLDER)
    }
    everything, why = [], []
    for problem, prompt in zip(part.problems, part.prompts, strict=True):
        group = graded.get(problem.id, [])
        reasons = list(select(group, plan.keep, plan.beside.of(problem.question))) if group else []
        dropped = "" if group else plan.dropped.get(problem.id, REFUSED)
        tables[PROBLEMS_FOLDER].append(problem_row(problem, group, dropped, reasons.count(KEPT)))
        for each, reason in zip(group, reasons, strict=True):
            table = SOLUTIONS_FOLDER if reason == KEPT else REJECTED_FOLDER
            tables[table].append(solution_row(problem, prompt, each, pass_rate(group), reason))
        everything += group
        why += reasons
    if not plan.keep.rejected:
        tables[REJECTED_FOLDER].clear()
    staging, rows = Staging(run.folder), dict[str, int]()
    name = f"{PROBLEMS_FOLDER}/{part.name}.parquet"
    rows[name] = write_parquet(staging.stage(name, count_parquet), tables[PROBLEMS_FOLDER], parquet_schema(PROBLEMS))
    for folder in (SOLUTIONS_FOLDER, REJECTED_FOLDER):
        if tables[folder]:  # a file of no rows has no columns, and readers take it for another table
            name = f"{folder}/{part.name}.jsonl"
            rows[name] = _write_lines(staging.stage(name, _count_lines), tables[folder])
    return staging.publish(rows), {"counts": counts_of(everything, why)}


def _write_lines(path: Path, rows: Sequence[Mapping[str, Any]]) -> int:
    with writing(path), path.open("wb") as file:
        file.writelines(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE) for row in rows)
    return len(rows)


def _count_lines(path: Path) -> int:
    with path.open("rb") as file:
        return sum(1 for _ in file)


def _count(plan: Plan, run: Run) -> dict[str, Any]:
    """Write figures and card, unless they are there; the figures."""
    lines = [run.ledger.lines[f"{_KEEPING}/{part.number:05}"] for part in plan.parts()]
    source = source_hash([line["outputs"] for line in lines])
    if not is_made_from(run, _RESULTS, source):
        run.reopen()
        make_unit(run, _RESULTS, source, lambda: (_publish(plan, run, lines), {}))
    results: dict[str, Any] = orjson.loads((run.folder / METRICS).read_bytes())
    return results


def _publish(plan: Plan, run: Run, lines: Sequence[Mapping[str, Any]]) -> dict[str, Output]:
    said = dict.fromkeys(note for part in plan.parts() for note in run.ledger.lines[sampled_unit(part)]["notes"])
    results = {
        "task": plan.claim.task.name,
        "version": plan.claim.task.version,
        "model": {**plan.claim.model, "name": plan.claim.name},
        "origin": plan.origin,
        "protocol": {
            "shots": plan.claim.task.shots.number if plan.claim.task.shots else 0,
            "chat": plan.claim.chat,
            "system": plan.claim.system,
            "sampling": plan.claim.sampling.model_dump(mode="json"),
            "stated": list(plan.claim.task.stated),
        },
        "keep": plan.keep.model_dump(mode="json"),
        "notes": [*plan.notes, *said],
        "metrics": measure([line["counts"] for line in lines], list(_problem_rows(plan, run))),
    }
    told = orjson.dumps(results, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
    return publish_files(run.folder, {METRICS: told, CARD: sample_card(results).encode()})


def _problem_rows(plan: Plan, run: Run) -> Iterator[dict[str, Any]]:
    names = ("dropped", "samples", "correct", "kept", "pass_rate", "level", "subject")
    for part in plan.parts():
        yield from table_rows(run.folder / f"{PROBLEMS_FOLDER}/{part.name}.parquet", names)


def _versions() -> dict[str, dict[str, str]]:
    found = {}
    for package in _PACKAGES:
        try:
            found[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            continue
    return {"versions": found}
