"""What the commands `runs` and `data` print."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mathmill.data.browse import dropped_counts, dropped_examples, sample, stats
from mathmill.data.errors import DamagedInput
from mathmill.data.runs import MANIFEST, check_outputs, find_runs, load_manifest
from mathmill.data.terminal import clean, one_line, print_json, print_table


def show_runs(folder: Path, as_json: bool) -> None:
    """The runs in a folder, finished or not."""
    rows = []
    for run in find_runs(folder):
        manifest = load_manifest(run) if (run / MANIFEST).exists() else {}
        kept = manifest.get("counts", {}).get("kept", 0)
        state = "done" if manifest else "unfinished"
        rows.append((str(run), manifest.get("kind", ""), state, manifest.get("run", ""), kept))
    columns = ("run", "kind", "state", "id", "kept")
    if as_json:
        print_json([dict(zip(columns, row, strict=True)) for row in rows])
    else:
        print_table(columns, rows)


def show_check(folder: Path) -> None:
    """Whether everything that a run wrote is there and unchanged.

    Raises:
        DamagedInput: something is not.
    """
    wrong = check_outputs(folder)
    for line in wrong:
        print(line)
    if wrong:
        raise DamagedInput(f"{len(wrong)} outputs of {folder} are not sound: run its recipe again to make them anew")
    print(f"{folder}: all {len(load_manifest(folder)['outputs'])} outputs are as they were committed")


def show_sample(folder: Path, n: int, seed: int, characters: int, as_json: bool) -> None:
    """A random sample of the kept pages."""
    rows = sample(folder, n, seed)
    if as_json:
        print_json(rows)
        return
    for row in rows:
        text = clean(row["text"])
        print(one_line(row["url"]))
        print(f"  {one_line(row['title'] or 'no title')} | {row['language']} | {row['formulas']} formulas")
        print()
        print(text if not characters or len(text) <= characters else text[:characters] + " […]")
        print()


def show_stats(folder: Path, as_json: bool) -> None:
    """Counts of a corpus."""
    figures = stats(folder)
    if as_json:
        print_json(figures)
        return
    print_table(
        ("figure", "value"), [(name, one_line(value)) for name, value in figures.items() if not isinstance(value, list)]
    )
    for name in ("languages", "sites"):
        print()
        print_table((name, "documents"), [(row["name"], row["documents"]) for row in figures[name]])


def show_dropped(folder: Path, where: Mapping[str, str], n: int, seed: int, as_json: bool) -> None:
    """Counts of what did not make it, and examples."""
    counts, examples = dropped_counts(folder), dropped_examples(folder, where, n, seed)
    if as_json:
        print_json({"counts": counts, "examples": examples})
        return
    columns = ("outcome", "stage", "reason", "records", "bytes")
    print_table(columns, [[row[column] for column in columns] for row in counts])
    for row in examples:
        print()
        _print_example(row)


def _print_example(row: Mapping[str, Any]) -> None:
    print(one_line(row["url"] or "no address"))
    place = f"{row['length']:,} bytes at {row['offset']:,} of {row['archive']}"
    print(f"  {row['outcome']} by {row['stage']}: {row['reason']} {one_line(row['evidence'], 300)} ({place})")
