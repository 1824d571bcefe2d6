"""Finished scores, read again: how they are spread, and what a threshold keeps of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mathmill.classifier.score import BIN, HISTOGRAM, SCORES_KIND
from mathmill.classifier.scoring import to_logit, to_score
from mathmill.classifier.thresholds import TokensByScore
from mathmill.data.errors import ConfigError
from mathmill.data.runs import load_manifest
from mathmill.data.tables import ask

QUANTILES = (0.01, 0.05, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99)


@dataclass(frozen=True, slots=True)
class Kept:
    """What a threshold keeps of scored pages."""

    threshold: float
    pages: int
    tokens: int


def load_scores(folder: Path) -> dict[str, Any]:
    """The manifest of a finished Run of scores.

    Raises:
        InputMissing: there is none, or it is not finished.
        ConfigError: it is a run of another kind.
    """
    manifest = load_manifest(folder)
    if manifest["kind"] != SCORES_KIND:
        raise ConfigError(f"{folder} is a run of kind {manifest['kind']!r}: name one of `mathmill classifier score`")
    return manifest


def quantiles(folder: Path, shares: Sequence[float] = QUANTILES) -> list[tuple[float, float]]:
    """For each share the score that so many of the scored pages do not exceed, to 0.01 log-odds."""
    rows = ask(folder, HISTOGRAM.name, f"SELECT bin, pages FROM {HISTOGRAM.name} ORDER BY bin", {})  # noqa: S608
    total = sum(row["pages"] for row in rows)
    found: list[tuple[float, float]] = []
    seen = 0
    for row in rows:
        seen += row["pages"]
        while len(found) < len(shares) and seen >= shares[len(found)] * total:
            found.append((shares[len(found)], to_score(row["bin"] * BIN + BIN // 2)))
    return found


def kept_by(folder: Path, threshold: float) -> Kept:
    """What a threshold keeps: pages of at least its log-odds, in millionths."""
    query = """SELECT count(*) AS pages, coalesce(sum(tokens), 0)::BIGINT AS tokens
               FROM scores WHERE NOT empty AND logit >= $cut"""
    [row] = ask(folder, "scores", query, {"cut": to_logit(threshold)})
    return Kept(threshold, row["pages"], row["tokens"])


def tokens_by_score(folder: Path) -> TokensByScore:
    """Tokens of all scored pages by score, in bins of 0.01 log-odds."""
    import numpy as np

    rows = ask(folder, HISTOGRAM.name, f"SELECT bin, tokens FROM {HISTOGRAM.name} ORDER BY bin", {})  # noqa: S608
    scores = np.array([to_score(row["bin"] * BIN) for row in rows], np.float64)
    return TokensByScore(scores, np.array([row["tokens"] for row in rows], np.int64))
