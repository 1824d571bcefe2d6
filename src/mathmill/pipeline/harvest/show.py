"""What `mathmill pipeline problems RUN` prints: how many problems a run found, and some of them."""

from __future__ import annotations

import hashlib
import heapq
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mathmill.data.errors import InputMissing
from mathmill.data.tables import folder_rows
from mathmill.data.terminal import clean, counted, one_line, print_json, print_table
from mathmill.data.unfinished import check_pass, tell_unfinished
from mathmill.pipeline.harvest.collect import GRADED, SOLUTIONS, is_collected, problem_rows, yield_of
from mathmill.pipeline.harvest.rows import FOUND

_LEFT = ("outcome", "why", "kind", "url", "document", "begins", "ends")


def problems_of_run(folder: Path, n: int, seed: int, outcome: str = "") -> dict[str, Any]:
    """The yield of a run, and a seeded sample of `n` problems; with `outcome` of the candidates that ended so.

    Raises:
        InputMissing: no harvest is in the run, or it is not done, or no candidate ended so.
    """
    check_pass(folder, "harvest")
    if not is_collected(folder):
        raise InputMissing(f'{folder} has no problems: have it made with `[[passes]]`, `use = "harvest"` in its recipe')
    found = yield_of(folder)
    if outcome and outcome not in found["outcomes"]:
        known = ", ".join(found["outcomes"]) or "none at all"
        raise InputMissing(f"no candidate in {folder} ended as {outcome!r}: there are {known}")
    rows = _left(folder, outcome) if outcome and outcome not in ("graded", "solution") else _kept(folder, outcome)
    drawn = heapq.nsmallest(n, rows, key=lambda row: _lot(seed, row))
    return {"yield": found, "sample": drawn}


def show_problems(folder: Path, n: int, seed: int, outcome: str, as_json: bool) -> None:
    """Print them; raises what `problems_of_run` does."""
    found = problems_of_run(folder, n, seed, outcome)
    tell_unfinished(folder)
    if as_json:
        print_json(found)
        return
    counts = found["yield"]
    print(
        f"{counted(counts['graded'], 'problem')} with a gold, {counts['solutions']:,} with a solution alone, "
        f"of {counted(counts['candidates'], 'candidate')}"
    )
    print_table(("outcome", "candidates"), counts["outcomes"].items())
    for name in ("kinds", "languages", "sites"):
        print_table((name, "graded", "solution"), ((key, *grades.values()) for key, grades in counts[name].items()))
    for row in found["sample"]:
        print()
        _print_one(row)


def _print_one(row: dict[str, Any]) -> None:
    if "question" not in row:
        print(f"{row['outcome']} ({one_line(row['why'])}), {row['kind']}: {one_line(row['url'])}")
        print(f"  characters {row['begins']:,} to {row['ends']:,} of {row['document']}")
        return
    print(f"{row['id']}, {row['kind']} by {row['structure']}, {row['lang']}: {one_line(row['url'])}")
    print(clean(row["question"]))
    if row["answer"]:
        print(f"  gold (by {row['found']}, {row['confirmed']}): {one_line(row['answer'])}")
    if row["read_answer"]:
        print(f"  no gold, but read out of prose (by {row['found']}): {one_line(row['read_answer'])}")
    print(f"  solution: {one_line(row['solution'], 500)}")


def _kept(folder: Path, outcome: str) -> Iterator[dict[str, Any]]:
    for grade, name in (("graded", GRADED), ("solution", SOLUTIONS)):
        if outcome in ("", grade):
            yield from problem_rows(folder, name)


def _left(folder: Path, outcome: str) -> Iterator[dict[str, Any]]:
    yield from (row for row in folder_rows(folder / FOUND, _LEFT) if row["outcome"] == outcome)


def _lot(seed: int, row: dict[str, Any]) -> bytes:
    name = f"{seed}/{row['document']}/{row['begins']}/{row['ends']}"
    return hashlib.blake2b(name.encode(), digest_size=8).digest()
