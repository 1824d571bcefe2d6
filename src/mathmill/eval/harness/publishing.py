"""What a benchmark leaves in its folder: tables, results and card, written and committed together, and read again."""

from __future__ import annotations

import importlib.metadata
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from mathmill.data.errors import DamagedInput, InputMissing
from mathmill.data.files import Staging, file_sha256, writing
from mathmill.data.runs import Run, code_version
from mathmill.data.shards import count_parquet, parquet_schema, write_parquet
from mathmill.eval.harness.report import Report, card
from mathmill.eval.harness.tables import COMPLETIONS, PROBLEMS, graded_of
from mathmill.eval.models.base import Completion

#: The kind of these Runs, and the files in their folder.
BENCHMARK = "benchmark"
RESULTS, CARD = "results.json", "README.md"
COMPLETIONS_FILE, PROBLEMS_FILE = "completions/completions.parquet", "problems/problems.parquet"
#: The one unit of the ledger: everything that is made of the completions, once they are all there.
UNIT = "results"

_PACKAGES = ("torch", "transformers", "vllm", "datasets", "sympy")


@dataclass(frozen=True, slots=True)
class Finished:
    """A benchmark that is done: its results, how many Problems this execution asked, and if it was done before it."""

    folder: Path
    results: Mapping[str, Any]
    fresh: int
    was_done: bool


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


def has_completions(run: Run) -> bool:
    """Whether the table of completions is as it was committed, though another file of the unit is not."""
    committed = run.ledger.lines.get(UNIT, {"outputs": {}})["outputs"].get(COMPLETIONS_FILE)
    path = run.folder / COMPLETIONS_FILE
    return committed is not None and path.is_file() and file_sha256(path) == committed["sha256"]


def completions_of(folder: Path) -> dict[str, list[Completion]]:
    """What a benchmark's table of completions has of each Problem."""
    kept: dict[str, list[Completion]] = {}
    for each in graded_of(folder):
        kept.setdefault(each.problem, []).append(Completion(each.text, each.finish, each.tokens))
    return kept


def corpus_of(folder: Path) -> str:
    """The corpus in which the Problems of a finished benchmark were looked for; empty if nobody looked."""
    return str((read_results(folder)["contamination"] or {"corpus": ""})["corpus"])


def publish(run: Run, report: Report) -> None:
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
        UNIT, staging.publish(rows | dict.fromkeys(texts, 1)), {"code": code_version(), "finished": time.time()}
    )


def finish(run: Run, results: Mapping[str, Any], seconds: float, fresh: int) -> None:
    """Write the manifest of a benchmark whose tables are committed; `fresh` Problems were asked in `seconds`."""
    metrics = results["metrics"]
    counts = {"problems": metrics["problems"], "completions": metrics["problems"] * metrics["samples"]}
    facts = {"seed": results["protocol"]["sampling"]["seed"], "counts": counts, "results": dict(results)}
    # Of how many Problems is part of what a run is, though it may go on to more of them in the same folder.
    run.finish(
        [{"problems": metrics["problems"]}], facts, {"seconds": seconds, "problems": fresh, "versions": _versions()}
    )


def _versions() -> dict[str, str]:
    versions = {}
    for package in _PACKAGES:
        try:
            versions[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            continue
    return versions
