"""What `mathmill eval run` prints: the figures of benchmarks, with everything that a reader should know of them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mathmill.data.terminal import clean, one_line, print_json, print_table
from mathmill.eval.harness.prepare import Prepared
from mathmill.eval.harness.publishing import Finished
from mathmill.eval.harness.tables import shown_prompt

_SHARES = (("truncated", "truncated"), ("no answer", "no_answer"))
_MUCH = 0.05  # of the completions; with more truncated, the figure is also one of the limit
COLUMNS = ("run", "problems", "accuracy", "95 % interval", "strict", "truncated", "state")


def show_finished(finished: Sequence[Finished], as_json: bool) -> None:
    """What benchmarks came to."""
    if as_json:
        print_json([{"run": str(each.folder), **each.results} for each in finished])
        return
    for position, each in enumerate(finished):
        if position:
            print()
        print_results(each.results)
        told = "nothing to do: it was done already" if each.was_done else f"asked {each.fresh:,} of them now"
        print(f"\n{each.folder}: {told}; `mathmill eval show {each.folder}` shows completions")
    if len(finished) > 1:
        print()
        print_table(COLUMNS, [row_of(str(each.folder), each.results) for each in finished])
        print(f"\n{_mean([each.results['metrics']['accuracy'] for each in finished])}")


def _mean(accuracies: Sequence[Mapping[str, Any]]) -> str:
    """The mean over tasks, each counting the same; its error is that of the tasks' own, taken as independent."""
    mean = sum(each["value"] for each in accuracies) / len(accuracies)
    error = math.sqrt(sum((each["stderr"] or 0.0) ** 2 for each in accuracies)) / len(accuracies)
    return f"mean accuracy of {len(accuracies)} tasks: {100 * mean:.2f} %, standard error {100 * error:.2f}"


def print_results(results: Mapping[str, Any]) -> None:
    """The figures of a benchmark, the stamp first where they are no score."""
    metrics = results["metrics"]
    print(f"{results['task']}, version {results['version']}: {one_line(results['model']['name'])}, {_how(results)}")
    if results["stamp"]:
        print(results["stamp"])
    print()
    print_table(("figure", "value", "95 % interval"), list(_figures(metrics)))
    for name, said in (("subject", "subjects"), ("level", "levels")):
        if metrics[said]:
            print()
            rows = [(part, each["n"], _percent(each), _interval(each)) for part, each in metrics[said].items()]
            print_table((name, "problems", "accuracy", "95 % interval"), rows)
    print()
    counts = ", ".join(f"{count:,} {name}" for name, count in metrics["outcomes"].items() if count)
    tokens = f"{metrics['tokens']['mean']:,.0f} tokens on average, median {metrics['tokens']['median']:,.0f}"
    print(f"{metrics['problems'] * metrics['samples']:,} completions ({tokens}): {counts}")
    for note in _notes(results):
        print(f"note: {one_line(note)}")


def _how(results: Mapping[str, Any]) -> str:
    protocol = results["protocol"]
    sampling = protocol["sampling"]
    asked = "in a chat" if protocol["chat"] else "in plain text"
    shots = f" behind {protocol['shots']} shots" if protocol["shots"] else ""
    if not sampling["temperature"]:
        return f"{results['asked']:,} problems {asked}{shots}, greedy"
    drawn = f"{sampling['n']} samples at temperature {sampling['temperature']:g}"
    return f"{results['asked']:,} problems {asked}{shots}, {drawn}"


def _figures(metrics: Mapping[str, Any]) -> Sequence[tuple[str, str, str]]:
    samples = metrics["samples"]
    name = "accuracy" if samples == 1 else f"avg@{samples}"
    chosen = [(name, metrics["accuracy"]), (f"{name}, strict", metrics["strict_accuracy"])]
    if samples > 1:
        chosen += [
            (each, value) for kind in ("pass", "majority") for each, value in metrics[kind].items() if each[-2:] != "@1"
        ]
    chosen += [(name, metrics[key]) for name, key in _SHARES]
    chosen += [
        (f"{name} on {kind} problems ({metrics[kind]['n']:,})", metrics[kind])
        for kind in ("clean", "contaminated")
        if metrics[kind]
    ]
    return [(name, _percent(each), _interval(each)) for name, each in chosen]


def _percent(estimate: Mapping[str, Any]) -> str:
    return f"{100 * estimate['value']:.2f} %"


def _interval(estimate: Mapping[str, Any]) -> str:
    return f"{100 * estimate['low']:.2f} to {100 * estimate['high']:.2f}"


def _notes(results: Mapping[str, Any]) -> list[str]:
    notes = list(results["notes"])
    found = results["contamination"]
    if found:
        notes.append(
            f"text of {found['contaminated'] or 'no'} problem{'s' * (found['contaminated'] != 1)} is in the "
            f"{found['documents']:,} documents of {found['corpus']}; {found['unchecked']:,} are too short to look for"
        )
    truncated = results["metrics"]["truncated"]["value"]
    if truncated > _MUCH:
        limit = results["protocol"]["sampling"]["max_new_tokens"]
        notes.append(
            f"{truncated:.0%} of the completions are truncated at {limit:,} tokens: a larger --max-new-tokens may "
            "change the figures"
        )
    return notes


def row_of(run: str, results: Mapping[str, Any]) -> tuple[Any, ...]:
    """A finished benchmark as a row of `COLUMNS`."""
    metrics = results["metrics"]
    return (
        run,
        metrics["problems"],
        _percent(metrics["accuracy"]),
        _interval(metrics["accuracy"]),
        _percent(metrics["strict_accuracy"]),
        _percent(metrics["truncated"]),
        "no score" if results["stamp"] else "done",
    )


def show_prepared(prepared: Sequence[Prepared], folders: Sequence[Path], as_json: bool) -> None:
    """What benchmarks would do, with the first prompt of each."""
    if as_json:
        print_json([_planned(*each) for each in zip(prepared, folders, strict=True)])
        return
    for each, folder in zip(prepared, folders, strict=True):
        recipe = each.recipe
        print(
            f"{recipe.task.name}, version {recipe.task.version}: {each.first:,} of {each.total:,} problems of "
            f"{one_line(each.origin)} -> {folder}"
        )
        for note in each.notes:
            print(f"note: {one_line(note)}")
        print(f"the first prompt, between the lines:\n{'-' * 80}\n{clean(shown_prompt(each.prompts[0]))}\n{'-' * 80}")
    print("Nothing was changed.")


def _planned(prepared: Prepared, folder: Path) -> dict[str, Any]:
    return {
        "run": str(folder),
        "recipe": prepared.recipe.model_dump(mode="json"),
        "problems": prepared.first,
        "total": prepared.total,
        "origin": prepared.origin,
        "notes": list(prepared.notes),
        "first_prompt": shown_prompt(prepared.prompts[0]),
    }
