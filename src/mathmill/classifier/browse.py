"""A look into what the classifier's commands made: domains of a round or of scores, patterns, rounds of a loop."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from mathmill.classifier.calibrated import Calibrated, read_calibrated
from mathmill.classifier.domains import DomainCount, DomainRule, judge_domains
from mathmill.classifier.mining import PATTERNS
from mathmill.classifier.model import FILE, read_about
from mathmill.classifier.patterns import Pattern
from mathmill.classifier.review import read_review
from mathmill.classifier.rounds import ROUND_KIND
from mathmill.classifier.score import SCORES_KIND
from mathmill.classifier.scoring import to_logit
from mathmill.classifier.thresholds import Threshold
from mathmill.data.errors import ConfigError, InputMissing
from mathmill.data.runs import MANIFEST, load_manifest
from mathmill.data.store.mounts import is_there, names_in, shown
from mathmill.data.tables import ask, table_rows

_ROUND = re.compile(r"round-(\d+)")


@dataclass(frozen=True, slots=True)
class Domains:
    """The domains of a folder, those with most kept pages first."""

    folder: Path
    counts: tuple[DomainCount, ...]
    threshold: float | None  # of scores; a round has a cut of its own


def find_domains(folder: Path, threshold: float | None = None) -> Domains:
    """The domains of a round, of the last finished round of a loop, or of scores cut at `threshold`.

    Without a `threshold` that of the classifier which made the scores is taken.

    Raises:
        InputMissing: there is no such folder, or nothing is finished in it.
        ConfigError: it is a run of another kind, a threshold for a round, or none for scores of a classifier that has
            none.
    """
    folder = last_round(folder) or folder
    manifest = load_manifest(folder)
    if manifest["kind"] == SCORES_KIND:
        cut = _threshold_then(manifest) if threshold is None else threshold
        if cut is None:
            raise ConfigError(
                f"{folder} was scored by a classifier without a threshold, or by one that is not there now: say which "
                "pages count as kept, as with "
                "--threshold 0.5, or calibrate it (`mathmill classifier calibrate`)"
            )
        return _by_kept(folder, judge_domains(_count(folder, cut), DomainRule()), cut)
    if manifest["kind"] != ROUND_KIND:
        raise ConfigError(
            f"{folder} is a run of kind {manifest['kind']!r}: name a folder of `mathmill classifier iterate`, a round "
            "in it, or scores"
        )
    if threshold is not None:
        raise ConfigError(f"{folder} is a round, which has a cut of its own: leave --threshold out")
    rows = table_rows(folder / "domains/part-0.parquet", [field.name for field in fields(DomainCount)])
    return _by_kept(folder, [DomainCount(**row) for row in rows], None)


def _threshold_then(manifest: dict[str, Any]) -> float | None:
    """The threshold of the classifier that made scores, if that is still in its folder."""
    folder = Path(manifest["config"]["classifier"])
    if not is_there(folder / FILE) or read_about(folder).sha256 != manifest["files"]["model"]:
        return None
    return threshold_of(folder)


def _by_kept(folder: Path, counts: Sequence[DomainCount], threshold: float | None) -> Domains:
    order = sorted(counts, key=lambda count: (-count.kept, -count.pages, count.domain))
    return Domains(folder, tuple(order), threshold)


def _count(folder: Path, threshold: float) -> list[dict[str, Any]]:
    """Of each domain the pages that have a score, and those that are kept."""
    query = """SELECT domain, count(*) AS pages, sum((logit >= $cut)::INT)::BIGINT AS kept
               FROM scores WHERE domain <> '' AND NOT empty GROUP BY domain"""
    return ask(folder, "scores", query, {"cut": to_logit(threshold)})


def find_rounds(folder: Path) -> list[Path]:
    """The folders of the finished rounds of a loop, the first one first."""
    named = [(int(match[1]), folder / name) for name in names_in(folder) if (match := _ROUND.fullmatch(name))]
    return [path for _, path in sorted(named) if is_there(path / MANIFEST)]


def last_round(folder: Path) -> Path | None:
    """The last finished round in the folder of a loop; None where it is no loop's, or none is finished."""
    rounds = find_rounds(folder)
    return rounds[-1] if rounds else None


def find_patterns(folder: Path) -> tuple[Path, list[Pattern]]:
    """The review file of a round, or of the last finished round of a loop, and its patterns with their counts.

    Raises:
        InputMissing: there is none.
        ConfigError: it does not read.
    """
    place = last_round(folder) or folder
    reviewed = place.parent / "review" / f"{place.name}.toml"
    path = reviewed if is_there(reviewed) else place / PATTERNS
    if not is_there(path):
        raise InputMissing(
            f"no patterns in {shown(place)}: name a folder of `mathmill classifier iterate`, or a round in it"
        )
    patterns = read_review(path)
    # Counts are for persons to see, so `read_review` leaves them out; entries are in the same order.
    entries = tomllib.loads(path.read_text(encoding="utf-8-sig"))["pattern"] if patterns else []
    return path, [_counted(pattern, entry) for pattern, entry in zip(patterns, entries, strict=True)]


def _counted(pattern: Pattern, entry: dict[str, Any]) -> Pattern:
    counts = {name: entry[name] for name in ("pages", "kept", "low", "uncollected") if name in entry}
    return replace(pattern, **counts)


def threshold_of(classifier: Path) -> float | None:
    """The threshold of a classifier, as a score; None where it has none.

    Raises:
        ConfigError: there is no classifier, or its calibration does not read.
    """
    calibrated = calibrated_of(classifier, read_about(classifier).calibration)
    return calibrated.threshold.score if calibrated and isinstance(calibrated.threshold, Threshold) else None


def calibrated_of(classifier: Path, tree: dict[str, Any] | None) -> Calibrated | None:
    """The `calibration` of a `classifier.json`, None where there is none."""
    return None if tree is None else read_calibrated(tree, f"{classifier / FILE}, calibration")
