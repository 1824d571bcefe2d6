"""The judge beside math-verify: golds, mutations, attacks, hostile answers and speed, in one run.

    python -m benchmarks.verifier [--only PART ...] [--count N] [--seed N] [--no-peer] [--kinds] [--show N]

`golds`: MATH's and GSM8K's solutions graded by their own golds, and every gold of `../shared/benchmarks` by itself.
`mutations`: `--count` golds of MATH, each rewritten equivalently or minimally broken (`benchmarks.mutations`, which
shares nothing with the judge); `--kinds` tells them by kind. `adversarial`: the attacks of the package, none of which
may be paid, and `verifier_cases.jsonl`, two sets of pairs with verdicts by writers who knew nothing of the code.
`hostile`: `benchmarks.hostile_answers`. `speed`: the mutations again, on the clock and in processor time, each judge in
one process with its proofs' processes, after a first proof that is told apart.

Every judge lives in a process of its own, which is killed after ten seconds for an item, and has 4 GiB. math-verify
(extra `bench`) gets a sample where all would take long; the tables say of how many. `--show` prints so many
verdicts of ours of each part that are wrong. The exit code is 1 if ours misses a figure that does not hang on speed.
"""

from __future__ import annotations

import argparse
import gzip
import random
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from benchmarks.hostile_answers import hostile_answers
from benchmarks.judges import OURS, PEER, Item, Judge, Judged, has_peer
from benchmarks.mutations.drawing import draw_mutations
from mathmill.eval.attacks import read_attacks
from tests.shared import BENCHMARKS

PARTS = ("golds", "mutations", "adversarial", "hostile", "speed")
CASES = Path(__file__).with_name("verifier_cases.jsonl")
# Of these math-verify gets a sample of so many: it takes milliseconds for a gold, and seconds for many of the others.
PEER_SAMPLE = {"every gold": 5_000, "attacks": 600, "hostile": 120}
HANG, LONG, NOTABLE = 5_000.0, 1_000.0, 200.0  # milliseconds


@dataclass(slots=True)
class Report:
    """Figures that are to be reached, and whether they were; the misses of ours that are shown."""

    show: int
    figures: list[tuple[str, str, bool]] = field(default_factory=list)
    failed: bool = False

    def reach(self, what: str, found: str, reached: bool, timing: bool = False) -> None:
        self.figures.append((what, found, reached))
        self.failed |= not reached and not timing

    def misses(self, title: str, judged: Iterable[Judged]) -> None:
        wrong = [each for each in judged if not each.right]
        for each in wrong[: self.show]:
            verdict = "paid" if each.pays else "refused"
            texts = f"{each.item.text[:200]!r} for {each.item.gold[:200]!r}"
            print(f"  {title}, {each.item.kind}: {verdict} ({each.method}): {texts}")


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", choices=PARTS, default=list(PARTS), metavar="PART")
    parser.add_argument("--count", type=int, default=1_500, help="mutations")
    parser.add_argument("--seed", type=int, default=4)
    parser.add_argument("--peer", action=argparse.BooleanOptionalAction, default=True)
    parser.add_argument("--kinds", action="store_true", help="tell mutations and cases by kind")
    parser.add_argument("--show", type=int, default=0, help="print so many wrong verdicts of ours of each table's row")
    options = parser.parse_args(arguments)
    if not BENCHMARKS.is_dir() and {"golds", "mutations", "speed"} & {*options.only}:
        parser.error(f"no benchmarks at {BENCHMARKS}; set MATHMILL_SHARED to the folder above, or --only hostile")
    names = [OURS, PEER] if options.peer and has_peer() else [OURS]
    report = Report(options.show)
    if "golds" in options.only:
        _golds(names, report)
    if {"mutations", "speed"} & {*options.only}:
        _mutations(names, report, options)
    if "adversarial" in options.only:
        _adversarial(names, report, options)
    if "hostile" in options.only:
        _hostile(names, report, options)
    _table(
        ["to reach", "found", "reached"], [[what, found, "yes" if yes else "NO"] for what, found, yes in report.figures]
    )
    return int(report.failed)


def rows_of(*files: str) -> list[dict[str, Any]]:
    """The rows of benchmark files such as `math/test`."""
    return [orjson.loads(line) for file in files for line in gzip.open(BENCHMARKS / f"{file}.jsonl.gz")]


def math_golds() -> list[str]:
    """The gold answers of MATH."""
    return [row["answer"] for row in rows_of("math/train", "math/test")]


def _golds(names: Sequence[str], report: Report) -> None:
    sets: dict[str, list[Item]] = {}
    for name, title in (("math", "MATH, solutions"), ("gsm8k", "GSM8K, solutions")):
        rows = rows_of(f"{name}/train", f"{name}/test")
        sets[title] = [Item(row["answer"], row["solution"], kind=row["id"], completion=True) for row in rows]
    files = [f"{path.parent.name}/{path.name.removesuffix('.jsonl.gz')}" for path in sorted(BENCHMARKS.glob("*/*.gz"))]
    every = [row for file in files for row in rows_of(file) if "answer" in row]
    sets["every gold"] = [Item(row["answer"], row["answer"], kind=row.get("id", "")) for row in every]
    table = []
    for title, items in sets.items():
        found = _side_by_side(names, items, title)
        cells = [f"{sum(each.right for each in judged):,} of {len(judged):,}" for judged in found.values()]
        table.append([f"{title} of {len(files)} files, by itself" if title == "every gold" else title, *cells])
        report.misses(title, found[OURS])
        paid = sum(each.right for each in found[OURS])
        least = 12_495 if title.startswith("MATH") else len(items)
        report.reach(f"{title}: {least:,} of {len(items):,}", f"{paid:,}", paid >= least)
    _table(["golds paid", *names], table)


def _side_by_side(names: Sequence[str], items: Sequence[Item], title: str) -> dict[str, list[Judged]]:
    """Every judge, at the same time: nothing is timed."""
    share = {OURS: items, PEER: [items[at] for at in _sample(len(items), title)]}
    with ThreadPoolExecutor(len(names)) as threads:
        return dict(zip(names, threads.map(lambda name: _judged(name, share[name], title)[0], names), strict=True))


def _sample(count: int, title: str) -> list[int]:
    """Which of so many items the peer gets."""
    return sorted(random.Random(0).sample(range(count), min(count, PEER_SAMPLE.get(title, count))))


@dataclass(frozen=True, slots=True)
class Cost:
    """What a judge took: milliseconds of its first proof, processor seconds of all after it."""

    first: float
    used: float


def _judged(name: str, items: Sequence[Item], title: str) -> tuple[list[Judged], Cost]:
    judge = Judge(name)
    try:
        before = judge.used()
        judged = judge.all(items, title)
        return judged, Cost(judge.first, judge.used() - before)
    finally:
        judge.close()


def _mutations(names: Sequence[str], report: Report, options: argparse.Namespace) -> None:
    drawn = draw_mutations(math_golds(), options.count, options.seed)
    items = [Item(each.gold, each.answer, each.pays, each.kind) for each in drawn]
    found = {name: _judged(name, items, "mutations") for name in names}
    ours = found[OURS][0]
    if "mutations" in options.only:
        _verdicts("mutations", {name: judged for name, (judged, _) in found.items()}, items)
        if options.kinds:
            _by_kind({name: judged for name, (judged, _) in found.items()})
        report.misses("mutations", ours)
        accepted, refused = _wrong(ours)
        report.reach("mutations, wrong accepted: 0", f"{accepted:,}", accepted == 0)
        most = sum(item.pays for item in items) / 1_000
        report.reach("mutations, right refused: at most 0.1 %", f"{refused:,}", refused <= most)
    if "speed" in options.only:
        _speed(found, report)


def _speed(found: dict[str, tuple[list[Judged], Cost]], report: Report) -> None:
    rows = []
    for name, (judged, cost) in found.items():
        times = sorted(each.milliseconds for each in judged)
        wall, count = sum(times) / 1_000, len(times)
        median, high = _quantile(times, 0.5), _quantile(times, 0.99)
        rows.append([name, count, f"{median:.2f}", f"{high:.1f}", f"{times[-1]:.0f}", f"{count / wall:,.0f}",
                     f"{count / cost.used if cost.used else 0:,.0f}", f"{cost.first:,.0f}"])  # fmt: skip
        if name == OURS:
            report.reach("median: at most 0.5 ms", f"{median:.2f} ms", median <= 0.5, timing=True)
            report.reach("99th percentile: at most 20 ms", f"{high:.1f} ms", high <= 20, timing=True)
            rate = min(count / wall, count / max(cost.used, 1e-9))
            report.reach("a second and core: 1,000", f"{rate:,.0f}", rate >= 1_000, timing=True)
    _table(
        [
            "speed, on mutations",
            "n",
            "median ms",
            "p99 ms",
            "max ms",
            "a second",
            "a second and core",
            "first proof ms",
        ],
        rows,
    )


def _quantile(ordered: Sequence[float], share: float) -> float:
    return ordered[min(int(share * len(ordered)), len(ordered) - 1)]


def _wrong(judged: Iterable[Judged]) -> tuple[int, int]:
    """How many were paid that should not be, and refused that should be paid."""
    wrong = [each for each in judged if not each.right]
    return sum(each.pays for each in wrong), sum(not each.pays for each in wrong)


def _verdicts(title: str, found: dict[str, list[Judged]], items: Sequence[Item]) -> None:
    rows = []
    for name, judged in found.items():
        accepted, refused = _wrong(judged)
        to_pay = sum(each.item.pays for each in judged)
        rows.append([name, len(judged), f"{sum(each.right for each in judged) / len(judged):.2%}",
                     f"{accepted} of {len(judged) - to_pay}", f"{refused} of {to_pay}"])  # fmt: skip
    _table([title, "n", "right", "wrong accepted", "right refused"], rows)


def _by_kind(found: dict[str, list[Judged]]) -> None:
    drawn = Counter((not each.item.pays, each.item.kind) for each in found[OURS])
    missed = {name: Counter((not each.item.pays, each.item.kind) for each in judged if not each.right)
              for name, judged in found.items()}  # fmt: skip
    rows = [
        ["must not pay" if kind[0] else "must pay", kind[1], drawn[kind], *(missed[name][kind] for name in found)]
        for kind in sorted(drawn)
    ]
    _table(["", "kind", "n", *(f"{name} wrong" for name in found)], rows)


def _adversarial(names: Sequence[str], report: Report, options: argparse.Namespace) -> None:
    attacks = [Item(each.gold, each.text, False, each.kind, each.is_completion) for each in read_attacks()]
    accepted, _ = _pairs(names, "attacks", attacks, report, options)
    report.reach("attacks paid: 0", f"{accepted:,}", accepted == 0)
    rows = list(map(orjson.loads, CASES.open("rb")))
    for number in sorted({row["set"] for row in rows}):
        title = f"cases by another hand, set {number}"
        cases = [Item(row["gold"], row["pred"], row["pays"], row["kind"]) for row in rows if row["set"] == number]
        accepted, refused = _pairs(names, title, cases, report, options)
        right = 1 - (accepted + refused) / len(cases)
        report.reach(f"{title}, right: 95 %", f"{right:.2%}", right >= 0.95)
        share = accepted / len(cases)
        report.reach(f"{title}, wrong accepted: at most 1 %", f"{share:.2%}", share <= 0.01)


def _pairs(
    names: Sequence[str], title: str, items: Sequence[Item], report: Report, options: argparse.Namespace
) -> tuple[int, int]:
    """How many of these pairs ours accepted wrongly and refused wrongly, after the table of all."""
    found = _sampled(names, items, title)
    _verdicts(title, found, items)
    if options.kinds:
        _by_kind({OURS: found[OURS]})
    report.misses(title, found[OURS])
    return _wrong(found[OURS])


def _sampled(names: Sequence[str], items: Sequence[Item], title: str) -> dict[str, list[Judged]]:
    """Ours on all items, and where the peer gets a sample, on that besides."""
    found = {OURS: _judged(OURS, items, title)[0]}
    if PEER not in names:
        return found
    chosen = _sample(len(items), title)
    if len(chosen) < len(items):
        found[f"{OURS}, the peer's sample"] = [found[OURS][at] for at in chosen]
    found[PEER] = _judged(PEER, [items[at] for at in chosen], title)[0]
    return found


def _hostile(names: Sequence[str], report: Report, options: argparse.Namespace) -> None:
    items = [Item(each.gold, each.answer, each.pays, each.kind) for each in hostile_answers()]
    found = _sampled(names, items, "hostile")
    rows = []
    for name, judged in found.items():
        times = [each.milliseconds for each in judged]
        over = [sum(time > bound for time in times) for bound in (HANG, LONG, NOTABLE)]
        crashed = sum(each.crashed for each in judged)
        rows.append([name, len(judged), *over, f"{max(times):,.0f}", crashed, _wrong(judged)[0]])
    _table(["hostile", "n", "hangs, over 5 s", "over 1 s", "over 0.2 s", "max ms", "crashes", "wrong accepted"], rows)
    report.misses("hostile", found[OURS])
    slowest = sorted(found[OURS], key=lambda each: -each.milliseconds)[: report.show]
    for each in slowest:
        print(f"  {each.milliseconds:8,.0f} ms, {each.item.kind}: {each.item.text[:80]!r} ({each.method})")
    longest = slowest[0].milliseconds if slowest else max(each.milliseconds for each in found[OURS])
    hangs = sum(each.milliseconds > HANG or each.crashed for each in found[OURS])
    report.reach("hostile, hangs and crashes: 0", f"{hangs}", hangs == 0)
    report.reach("hostile, each under 200 ms", f"{longest:,.0f} ms", longest < NOTABLE, timing=True)
    accepted = _wrong(found[OURS])[0]
    report.reach("hostile, wrong accepted: 0", f"{accepted}", accepted == 0)


def _table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    print(f"\n| {' | '.join(head)} |\n|{'---|' * len(head)}")
    for row in rows:
        print(f"| {' | '.join(map(str, row))} |")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
