"""The figures of a run of samples: what was drawn, what is kept and why the rest is not, and how hard Problems are.

Every solution is counted once: drawn = kept + rejected by reason; and every Problem: all = asked + dropped by reason.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from mathmill.eval.harness.graded import Graded
from mathmill.eval.harness.intervals import estimate
from mathmill.eval.verdict import OUTCOMES
from mathmill.train.sample.keeping import KEPT, REASONS

UNKNOWN = "unknown"
#: Bands of the pass rate, from the hardest: name and the highest rate that belongs to it.
BANDS = (("0", 0.0), ("to 1/4", 0.25), ("to 1/2", 0.5), ("to 3/4", 0.75), ("below 1", 1.0 - 1e-12), ("1", 1.0))


def counts_of(graded: Sequence[Graded], reasons: Sequence[str]) -> dict[str, Any]:
    """What a part adds to the figures: solutions with why each is not kept."""
    kept = [each for each, reason in zip(graded, reasons, strict=True) if reason == KEPT]
    return {
        "outcomes": _told(Counter(each.outcome for each in graded), OUTCOMES),
        "rejected": _told(Counter(reason for reason in reasons if reason != KEPT), REASONS),
        "truncated": sum(each.finish == "length" for each in graded),
        "kept": len(kept),
        "tokens": sum(each.tokens for each in graded),
        "kept_tokens": sum(each.tokens for each in kept),
    }


def _told(counts: Mapping[str, int], names: Iterable[str]) -> dict[str, int]:
    return {name: counts.get(name, 0) for name in names}


def measure(parts: Sequence[Mapping[str, Any]], problems: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The figures of all parts; `problems` are rows of the table of Problems, without texts."""
    asked = [row for row in problems if not row["dropped"]]
    drawn = sum(row["samples"] for row in asked)
    kept, n = sum(part["kept"] for part in parts), max((row["samples"] for row in asked), default=0)
    tokens, kept_tokens = (sum(part[name] for part in parts) for name in ("tokens", "kept_tokens"))
    return {
        "problems": len(problems),
        "asked": len(asked),
        "dropped": dict(sorted(Counter(row["dropped"] for row in problems if row["dropped"]).items())),
        "solutions": drawn,
        "outcomes": _sums((part["outcomes"] for part in parts), OUTCOMES),
        "truncated": sum(part["truncated"] for part in parts),
        "kept": kept,
        "rejected": _sums((part["rejected"] for part in parts), REASONS),
        "problems_with_kept": sum(row["kept"] > 0 for row in asked),
        "pass_rate": _mean([row["pass_rate"] for row in asked], n),
        "solved": _mean([float(row["correct"] > 0) for row in asked], n),
        "tokens": {
            "total": tokens,
            "mean": tokens / drawn if drawn else None,
            "mean_of_kept": kept_tokens / kept if kept else None,
        },
        "by_pass_rate": _by(asked, lambda row: _band(row["pass_rate"]), [name for name, _ in BANDS]),
        "by_level": _known(asked, "level"),
        "by_subject": _known(asked, "subject"),
    }


def _sums(parts: Iterable[Mapping[str, int]], names: Iterable[str]) -> dict[str, int]:
    """Counts of all parts, in the order of these names: a ledger that is read again has them in another."""
    return _told(sum(map(Counter, parts), Counter[str]()), names)


def _mean(values: Sequence[float], n: int) -> dict[str, Any] | None:
    return estimate(values, n).as_dict() if values else None


def _band(rate: float) -> str:
    return next(name for name, highest in BANDS if rate <= highest)


def _known(rows: Sequence[Mapping[str, Any]], name: str) -> dict[str, Any]:
    """By what is known of some Problems; empty where nothing is of any."""
    values = {row[name] or UNKNOWN for row in rows}
    if values <= {UNKNOWN}:
        return {}
    return _by(rows, lambda row: row[name] or UNKNOWN, sorted(values, key=_natural))


def _by(
    rows: Sequence[Mapping[str, Any]], name_of: Callable[[Mapping[str, Any]], str], names: Iterable[str]
) -> dict[str, Any]:
    groups: dict[str, list[Mapping[str, Any]]] = {name: [] for name in names}
    for row in rows:
        groups[name_of(row)].append(row)
    return {name: _group(group) for name, group in groups.items()}


def _group(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    return {
        "problems": len(rows),
        "pass_rate": sum(row["pass_rate"] for row in rows) / len(rows) if rows else None,
        "problems_with_kept": sum(row["kept"] > 0 for row in rows),
        "kept": sum(row["kept"] for row in rows),
    }


def _natural(name: str) -> tuple[bool, list[tuple[int, str]]]:
    """A key that puts 2 before 10, and what is unknown last."""
    return name == UNKNOWN, [(int(digits or 0), word) for digits, word in re.findall(r"(\d{1,18})|(\D+)", name)]
