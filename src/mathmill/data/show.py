"""What the commands `runs` and `data` print."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson

from mathmill.data.browse import dropped_counts, dropped_examples, sample, stats
from mathmill.data.errors import DamagedInput
from mathmill.data.runs import MANIFEST, check_outputs, find_runs, load_claim, load_manifest
from mathmill.data.store.mounts import is_there, shown
from mathmill.data.terminal import clean, counted, measured_words, one_line, print_json, print_table
from mathmill.data.unfinished import tell_unfinished


def show_runs(folder: Path, as_json: bool) -> None:
    """The runs in a folder, finished or not."""
    rows, kept = [], []
    for run in find_runs(folder):
        manifest = load_manifest(run) if is_there(run / MANIFEST) else {}
        state = "done" if manifest else "unfinished"
        counts = manifest.get("counts", {})
        count = counts.get("kept", counts.get("completions"))  # others keep nothing of what they read, or are not done
        rows.append((shown(run), load_claim(run)["kind"], state, manifest.get("run", ""), count))
        steps = manifest.get("outcome", {}).get("steps")  # of a training, which has no count
        kept.append(("-" if steps is None else counted(steps, "step")) if count is None else count)
    columns = ("run", "kind", "state", "id", "kept")
    if as_json:
        print_json([dict(zip(columns, row, strict=True)) for row in rows])
    elif rows:
        print_table(columns, [(*row[:-1], said) for row, said in zip(rows, kept, strict=True)])
    else:
        print(f"no runs in {shown(folder)}")


def show_check(folder: Path, as_json: bool) -> None:
    """Whether everything that a run wrote is there and unchanged.

    Raises:
        DamagedInput: something is not.
    """
    wrong = check_outputs(folder)
    if as_json:
        print_json({"run": shown(folder), "wrong": wrong})
    for line in () if as_json else wrong:
        print(line)
    if wrong:
        raise DamagedInput(
            f"{counted(len(wrong), 'output')} of {shown(folder)} cannot be trusted: run its recipe again to have it "
            "made anew"
        )
    if not as_json:
        print(f"{shown(folder)}: all {len(load_manifest(folder)['outputs'])} outputs are as they were committed")


def show_sample(folder: Path, n: int, seed: int, characters: int, as_json: bool) -> None:
    """A random sample of the kept pages."""
    rows = sample(folder, n, seed)
    tell_unfinished(folder)
    for row in rows:
        if characters and len(row["text"]) > characters:
            row["text"] = row["text"][:characters] + " […]"
    if as_json:
        print_json([row | {"formula_sources": orjson.loads(row["formula_sources"])} for row in rows])
        return
    for row in rows:
        print(one_line(row["url"]))
        print(f"  {one_line(row['title'] or 'no title')} | {row['language']} | {counted(row['formulas'], 'formula')}")
        print()
        print(clean(row["text"]))
        print()


def show_stats(folder: Path, as_json: bool) -> None:
    """Counts of a corpus."""
    figures = stats(folder)
    tell_unfinished(folder)
    if as_json:
        print_json(figures)
        return
    print_table(
        ("figure", "value"), [(name, one_line(value)) for name, value in figures.items() if not isinstance(value, list)]
    )
    print()
    columns = ("sources of formulas", "formulas", "unbalanced")
    print_table(columns, [(row["name"], row["formulas"], row["unbalanced"]) for row in figures["sources"]])
    for name in ("languages", "sites"):
        print()
        print_table((name, "documents"), [(row["name"], row["documents"]) for row in figures[name]])


def show_dropped(folder: Path, where: Mapping[str, str], n: int, seed: int, as_json: bool) -> None:
    """Counts of what did not make it, and examples."""
    counts, examples = dropped_counts(folder, where), dropped_examples(folder, where, n, seed)
    tell_unfinished(folder)
    if as_json:
        print_json({"counts": counts, "examples": examples})
        return
    columns = ("outcome", "stage", "reason", "records", "bytes")
    if counts or not where:
        print_table(columns, [[row[column] for column in columns] for row in counts])
    else:
        print(f"nothing that was left out has {' and '.join(f'{name} {value!r}' for name, value in where.items())}")
    for row in examples:
        print()
        _print_example(row)


def _print_example(row: Mapping[str, Any]) -> None:
    place = f"{row['archive']}, {counted(row['length'], 'byte')} from {row['offset']:,} on"
    print(one_line(row["url"] or place))
    evidence = orjson.loads(row["evidence"]) if row["evidence"] else {}
    print(f"  {row['outcome']} by {row['stage']}: {row['reason']}; {measured_words(evidence)}")
    if row["url"]:
        print(f"  {place}")
