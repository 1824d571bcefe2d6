"""What `mathmill eval ls` prints: the benchmarks in a folder, finished or not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mathmill.data.errors import DamagedInput, InputMissing
from mathmill.data.runs import MANIFEST, find_runs, load_claim
from mathmill.data.terminal import print_json, print_table
from mathmill.eval.harness.journal import Journal
from mathmill.eval.harness.publishing import BENCHMARK, read_results
from mathmill.eval.harness.show import COLUMNS, row_of


def show_benchmarks(folder: Path, as_json: bool) -> None:
    """The benchmarks in a folder.

    Raises:
        InputMissing: there is no such folder.
    """
    listed = [_listed(run) for run in find_runs(folder) if load_claim(run)["kind"] == BENCHMARK]
    if as_json:
        print_json(listed)
    elif not listed:
        print(f"no benchmarks in {folder}: `mathmill eval run MODEL --task TASK` makes one")
    else:
        print_table(COLUMNS, [_row(each) for each in listed])
        if any(each.get("stamp") for each in listed):
            print("\nno score: only some of the problems were asked")


def _listed(run: Path) -> dict[str, Any]:
    state = "unfinished"
    if (run / MANIFEST).exists():
        try:
            return {"run": str(run), "state": "done", **read_results(run)}
        except (InputMissing, DamagedInput):
            state = "damaged"
    recipe = load_claim(run)["config"]
    return {
        "run": str(run),
        "state": state,
        "task": recipe["task"]["name"],
        "version": recipe["task"]["version"],
        "model": recipe["model"],
        "finished": len(Journal(run).done),
    }


def _row(listed: dict[str, Any]) -> tuple[Any, ...]:
    if listed["state"] == "done":
        return row_of(listed["run"], listed)
    state = listed["state"]
    if state == "unfinished":
        state = f"unfinished, {listed['finished']:,} problems kept"
    return (listed["run"], "", "", "", "", "", state)
