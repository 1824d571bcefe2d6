"""The judge under attack: what it makes of texts that must never be paid, and whether it still pays honest ones.

A judge that refuses everything pays for no attack either. So honest answers are judged first: every gold for itself,
unless nobody can be judged by it (`bad_gold`), and some in other words, one of which needs a proof. One that is refused
is a failure of the run, with an exit code of its own.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mathmill.data.terminal import one_line, print_json, print_table
from mathmill.eval.attacks import Attack, read_attacks
from mathmill.eval.grade import grade
from mathmill.eval.verdict import OUTCOMES, Verdict
from mathmill.eval.verify import verify
from mathmill.eval.workers import Statistics, statistics

SLOW = 0.2  # seconds that no verdict should take

_PAID, _REFUSED = 2, 70  # exit codes
_SLOWEST = 5  # attacks that are shown
_WIDTH = 60  # characters of a text that is shown


@dataclass(frozen=True, slots=True)
class Judged:
    """An attack, what the judge said of it, and the milliseconds that it took."""

    attack: Attack
    verdict: Verdict
    ms: float


@dataclass(frozen=True, slots=True)
class Report:
    """What came of attacks: of each of them, how many honest answers there were, those refused, and proofs' deaths."""

    judged: tuple[Judged, ...]
    controls: int
    refused: tuple[Judged, ...]
    workers: Statistics

    @property
    def paid(self) -> list[Judged]:
        return [each for each in self.judged if each.verdict.correct]

    @property
    def slow(self) -> list[Judged]:
        """Those that took longer than `SLOW`."""
        return [each for each in self.judged if each.ms > 1_000 * SLOW]

    @property
    def slowest(self) -> list[Judged]:
        return sorted(self.judged, key=lambda each: -each.ms)[:_SLOWEST]

    @property
    def exit_code(self) -> int:
        """2 if an attack was paid, else 70 if an honest answer was refused, else 0."""
        return _PAID if self.paid else _REFUSED if self.refused else 0


HONEST = tuple(
    Attack(0, "honest", gold, text, is_completion)
    for gold, text, is_completion in [
        ("42", r"\frac{84}{2}", False),
        (r"50\%", "0.5", False),
        (r"(2,\infty)", "x>2", False),
        (r"\sqrt{8}", r"2\sqrt{2}", False),
        ("(x+1)^2", "x^2+2x+1", False),
        (r"\frac{1}{2}", r"\lim_{x\to 0} \frac{\sin x}{2x}", False),  # by proof; workers are ready from then on
        ("42", r"So it is $x=\boxed{42}$.", True),
        ("42", "The answer is 42.", True),
        ("42", "6 times 7\n#### 42", True),
    ]
)


def run(attacks: Iterable[Attack]) -> Report:
    """Judge honest answers to the same golds, then the attacks."""
    attacks = list(attacks)
    golds = dict.fromkeys(attack.gold for attack in attacks)
    honest = [judge(control) for control in (*HONEST, *(Attack(0, "honest", gold, gold) for gold in golds))]
    controls = [each for each in honest if each.verdict.outcome != "bad_gold"]
    refused = tuple(each for each in controls if not each.verdict.correct)
    before = statistics()
    judged = tuple(judge(attack) for attack in attacks)
    return Report(judged, len(controls), refused, _since(before, statistics()))


def judge(attack: Attack) -> Judged:
    """One attack judged. What the judge raises, which is a bug of its own, names the line in a note."""
    text = attack.text
    start = time.perf_counter()
    try:
        verdict = grade(text, attack.gold) if attack.is_completion else verify(text, attack.gold)
    except Exception as error:
        asked = f"line {attack.line}" if attack.line else "an honest answer"
        error.add_note(f"while judging {asked}, with the gold {one_line(attack.gold, _WIDTH)}")
        raise
    return Judged(attack, verdict, 1_000 * (time.perf_counter() - start))


def show_stress(file: Path | None, as_json: bool) -> int:
    """Run the attacks of a file and print what came of it; returned is the exit code.

    Raises:
        InputMissing, DamagedInput: as `read_attacks`.
    """
    report = run(read_attacks(file))
    if as_json:
        print_json(_as_json(report))
    else:
        _print(report)
    return report.exit_code


def _since(before: Statistics, now: Statistics) -> Statistics:
    return Statistics(
        now.proofs - before.proofs, now.timed_out - before.timed_out, now.deaths - before.deaths,
        now.started - before.started, now.seconds - before.seconds,
    )  # fmt: skip


def _by_kind(report: Report) -> dict[str, Counter[str]]:
    kinds: dict[str, Counter[str]] = {}
    for each in report.judged:
        kinds.setdefault(each.attack.kind, Counter())[each.verdict.outcome] += 1
    return kinds


def _outcomes(report: Report) -> dict[str, int]:
    counts = Counter(each.verdict.outcome for each in report.judged)
    return {outcome: counts[outcome] for outcome in OUTCOMES if counts[outcome]}


def _as_json(report: Report) -> dict[str, Any]:
    return {
        "attacks": len(report.judged),
        "paid": list(map(_row, report.paid)),
        "outcomes": _outcomes(report),
        "kinds": {kind: {"attacks": counts.total(), **counts} for kind, counts in _by_kind(report).items()},
        "controls": report.controls,
        "refused": list(map(_row, report.refused)),
        "slowest": list(map(_row, report.slowest)),
        "over_200_ms": list(map(_row, report.slow)),
        "proofs": report.workers.proofs,
        "timed_out": report.workers.timed_out,
        "deaths": report.workers.deaths,
    }


def _row(judged: Judged) -> dict[str, Any]:
    """An attack as a line of the file says it, with the verdict."""
    attack, verdict = judged.attack, judged.verdict
    row = {"line": attack.line, "kind": attack.kind, "gold": attack.gold}
    row["completion" if attack.is_completion else "pred"] = attack.piece
    more = {"repeat": attack.repeat, "before": attack.before, "after": attack.after}
    row |= {key: value for key, value in more.items() if value not in (1, "")}
    return row | {
        "outcome": verdict.outcome, "method": verdict.method, "detail": verdict.detail, "ms": round(judged.ms, 3),
    }  # fmt: skip


def _print(report: Report) -> None:
    kinds, outcomes = _by_kind(report), _outcomes(report)
    print_table(
        ["kind", "attacks", *outcomes],
        ([kind, counts.total(), *(counts[outcome] for outcome in outcomes)] for kind, counts in kinds.items()),
    )
    _print_each(f"The slowest of them; {len(report.slow):,} took more than {SLOW} s", report.slowest)
    if report.refused:
        _print_each("Honest answers that were refused", report.refused)
    if report.paid:
        _print_each("Attacks that were paid", report.paid)
    workers = report.workers
    print(f"\n{len(report.judged):,} attacks of {len(kinds):,} kinds: {len(report.paid):,} paid")
    print(f"{report.controls:,} honest answers: {len(report.refused):,} refused")
    print(f"{workers.proofs:,} proofs: {workers.timed_out:,} timed out, {workers.deaths:,} workers died")


def _print_each(title: str, judged: Iterable[Judged]) -> None:
    print()
    print_table(
        ["line", "kind", "gold", "text", "outcome", "method", "ms"],
        (
            [
                each.attack.line or "", each.attack.kind, one_line(each.attack.gold, _WIDTH),
                one_line(each.attack.text, _WIDTH), each.verdict.outcome, each.verdict.method, f"{each.ms:.1f}",
            ]
            for each in judged
        ),
        title,
    )  # fmt: skip
