"""What `mathmill eval compare` and `mathmill eval disagree` print."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from mathmill.data.errors import ConfigError
from mathmill.data.ledger import Ledger
from mathmill.data.runs import differences, load_claim
from mathmill.data.terminal import one_line, print_json, print_table
from mathmill.eval.harness.disagree import Comparison, disagreements
from mathmill.eval.harness.graders import Outside, check_grader
from mathmill.eval.harness.paired import Change, Paired, Test, paired
from mathmill.eval.harness.publishing import read_results
from mathmill.eval.harness.tables import golds_of_run, graded_of

_HOW = ("backend", "dtype")  # of a model's facts, those that say how it was run
_TESTS: dict[Test, str] = {"mcnemar_exact": "McNemar's exact test", "sign_flip": "exact sign-flip test"}


def show_comparison(first: Path, second: Path, strict: bool, n: int, as_json: bool) -> None:
    """The second benchmark against the first, on the Problems that both have.

    Raises:
        InputMissing: one is no finished benchmark.
        ConfigError: they have no Problem in common, or ask the same Problems for other golds.
    """
    results = [read_results(folder) for folder in (first, second)]
    golds = [golds_of_run(folder) for folder in (first, second)]
    common = golds[0].keys() & golds[1].keys()
    if not common:
        raise ConfigError(
            f"{first} ({results[0]['task']}) and {second} ({results[1]['task']}) have no problem in common: compare "
            "benchmarks of the same problems"
        )
    if changed := sorted(name for name in common if golds[0][name] != golds[1][name]):
        raise ConfigError(
            f"{len(changed):,} problems have other golds in {second} than in {first}, such as {changed[0]}: they are "
            "of other data; run one of the two again"
        )
    found = paired(graded_of(first, with_text=False), graded_of(second, with_text=False), strict)
    unlike = _unlike(first, second)
    if as_json:
        print_json({"first": str(first), "second": str(second), "unlike": unlike, **found.as_dict()})
        return
    _print_paired(found, (first, second), results, strict)
    for line in unlike:
        print(f"note: they differ in {one_line(line, 300)}")
    _print_changes("fixed", found.fixed, n)
    _print_changes("broken", found.broken, n)


def _unlike(first: Path, second: Path) -> list[str]:
    """What two benchmarks differ in beside which model it is, and which may be what makes the difference."""
    tasks = [load_claim(folder)["config"]["task"] for folder in (first, second)]
    if tasks[0]["name"] != tasks[1]["name"]:
        return [f"the task: {tasks[0]['name']}, {tasks[1]['name']}"]
    configs = []
    for folder in (first, second):
        config = load_claim(folder)["config"]
        how = {name: config["model"].get(name) for name in _HOW}
        configs.append(config | {"model": how})
    unlike = list(differences(*configs))
    codes = [{line.get("code") for line in Ledger(folder).lines.values()} for folder in (first, second)]
    if codes[0] != codes[1]:
        unlike.append("the version of mathmill that judged them: `mathmill eval regrade` judges each by this one")
    return unlike


def _print_paired(found: Paired, runs: Sequence[Path], results: Sequence[Mapping[str, Any]], strict: bool) -> None:
    for run, of, n, value in zip(runs, results, found.samples, (found.first, found.second), strict=True):
        kind = ("accuracy" if n == 1 else f"avg@{n}") + (", strict" if strict else "")
        print(f"{run}: {of['task']}, {one_line(of['model']['name'])}: {kind} {100 * value:.2f} % on these problems")
        if of["stamp"]:
            print(f"  {of['stamp']}")
    print()
    print(
        f"difference {100 * found.difference:+.2f} points, 95 % interval {100 * found.low:+.2f} to "
        f"{100 * found.high:+.2f}, p = {found.p:.3g} ({_TESTS[found.test]})"
    )
    print(
        f"{found.problems:,} problems in both: {found.better:,} better in the second run, {found.worse:,} worse, "
        f"{found.same:,} the same"
    )
    if found.only_first or found.only_second:
        print(f"left out: {found.only_first:,} problems of the first run alone, {found.only_second:,} of the second")


def _print_changes(name: str, changes: Sequence[Change], n: int) -> None:
    if not changes:
        return
    print(f"\n{len(changes):,} {name}{'' if len(changes) <= n else f', the first {n:,}'}:")
    for each in changes[:n]:
        print(f"  {one_line(each.problem)}  {each.first:.3g} -> {each.second:.3g}")


def show_disagreements(folder: Path, grader: str, n: int, characters: int, as_json: bool) -> None:
    """Where another grader decides otherwise about a benchmark's completions.

    Raises:
        InputMissing: it is no finished benchmark.
        ConfigError: there is no such grader.
    """
    read_results(folder)
    check_grader(grader)
    with Outside(grader) as other:
        found = disagreements(graded_of(folder), golds_of_run(folder), other)
    refused, asked = sum(found.refused.values()), found.both + found.ours + found.theirs + found.neither
    if refused == asked:
        told = ", ".join(sorted(found.refused))
        raise ConfigError(f"{grader} gave no verdict on any of {asked:,} completions ({told}): try it by itself")
    if as_json:
        print_json({"run": str(folder), "grader": grader, **found.as_dict()})
        return
    print_table(("", f"{grader}: correct", f"{grader}: not"), list(_table(found)))
    if found.refused:
        told = ", ".join(f"{count:,} {name}" for name, count in sorted(found.refused.items()))
        print(f"without a verdict of {grader}, counted as not correct: {told}")
    rows = found.rows[:n]
    if rows:
        print(f"\n{len(found.rows):,} decided otherwise{'' if len(rows) == len(found.rows) else f', the first {n:,}'}:")
        columns = ("problem", "sample", "gold", "answer", "mathmill", grader)
        print_table(columns, [_shown(row.as_dict(), characters) for row in rows])


def _table(found: Comparison) -> Iterator[tuple[str, int, int]]:
    yield "mathmill: correct", found.both, found.ours
    yield "mathmill: not", found.theirs, found.neither


def _shown(row: Mapping[str, Any], characters: int) -> tuple[Any, ...]:
    answer = "none" if row["answer"] is None else one_line(row["answer"], characters)
    ours = f"{row['outcome']} by {row['method']}"
    return row["problem"], row["sample"], one_line(row["gold"], characters), answer, ours, row["theirs"]
