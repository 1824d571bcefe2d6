"""How well one-shot classifiers tell mathematics on sites that they never saw, beside what one would do instead.

Five folds by site; pages with labels of high confidence train and test. `plain fastText` gets the page's lower-cased
text and our settings; the evidence rule's score counts formulas, as the labels do. Precision and recall are at a
threshold chosen for a precision of .95 on the out-of-fold scores of the other four folds' sites.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.classifier_crawl import (
    FOLDS,
    SMALL,
    CrawlPage,
    CrossFit,
    counts_of,
    cross_fit,
    feature_lines,
    kept_by,
    number,
    ours,
    scored,
    thresholds_of,
    told,
)
from mathmill.classifier.curves import Bools, Floats, average_precision
from mathmill.classifier.evidence import Evidence
from mathmill.classifier.features import Features
from mathmill.classifier.resampling import Figures, bootstrap, bootstrap_difference
from mathmill.classifier.settings import FastText
from mathmill.data.records import Document

KEPT, REMOVED, PLAIN, EVIDENCE = "formulas kept", "formulas removed", "plain fastText", "evidence rule"
QUANTISED = "kept, quantised"
PAPER = "kept, DeepSeekMath's settings"
VARIANTS = {
    QUANTISED: SMALL.model_copy(update={"quantise": True}),
    "kept, dim 16": SMALL.model_copy(update={"dim": 16}),
    "kept, dim 256": SMALL.model_copy(update={"dim": 256}),
    PAPER: FastText(),
}
COMPARED = [(REMOVED, KEPT), (PLAIN, KEPT), (EVIDENCE, KEPT), *((KEPT, name) for name in VARIANTS)]


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """A system's scores on the pages, out of fold, and which of them it keeps."""

    scores: Floats
    kept: Bools


def print_quality(pages: Sequence[CrawlPage], kept: CrossFit, plain_fit: CrossFit, scratch: Path, slow: bool) -> None:
    """The tables of all systems; `kept` and `plain_fit` are of `formulas kept` and of plain fastText."""
    print(f"\n{counts_of(pages)}; {SMALL.dim} dimensions, {SMALL.bucket:,} buckets where nothing else is said.\n")
    print("| system | average precision (95 % over sites) | by fold | precision | recall |\n|---|---|---|---|---|")
    systems: dict[str, Judged] = {}
    for name, judged in _systems(pages, kept, plain_fit, scratch, slow):
        systems[name] = judged
        figures = _figures(pages, judged)
        folds = " ".join(number(value) for value in _by_fold(pages, judged.scores))
        print(f"| {name} | {told(figures.average_precision)} | {folds} | {told(figures.precision)} | "
              f"{told(figures.recall)} |", flush=True)  # fmt: skip
    print("\n| difference, paired over sites | average precision | precision | recall |\n|---|---|---|---|")
    for first, second in COMPARED:
        if first in systems and second in systems:
            print(f"| {second} - {first} | {_differences(pages, systems[first], systems[second])} |")


def _systems(
    pages: Sequence[CrawlPage], kept: CrossFit, plain_fit: CrossFit, scratch: Path, slow: bool
) -> Iterator[tuple[str, Judged]]:
    yield KEPT, _judged(pages, kept.scores)
    lines = feature_lines(pages, Features(formulas="removed"))
    yield REMOVED, _judged(pages, cross_fit(pages, lines, ours(SMALL), scratch / "removed").scores)
    yield PLAIN, _judged(pages, plain_fit.scores)
    evidence = evidence_scores(pages)
    ranks = evidence / (1 + evidence)  # a score here is within [0, 1]
    yield EVIDENCE, _judged(pages, ranks)
    yield f"{EVIDENCE}, at its own threshold", Judged(ranks, evidence >= Evidence().min_score)
    lines = feature_lines(pages)
    for name, settings in VARIANTS.items():
        if slow or name != PAPER:
            yield name, _judged(pages, cross_fit(pages, lines, ours(settings), scratch / "variant").scores)


def evidence_scores(pages: Sequence[CrawlPage]) -> Floats:
    """`Measured.score` as the stage `evidence` has it."""
    results = Evidence(min_score=0)(page.document for page in pages)
    return np.array([found.meta["math_score"] if isinstance(found, Document) else 0.0 for found in results])


def _judged(pages: Sequence[CrawlPage], scores: Floats) -> Judged:
    return Judged(scores, kept_by(pages, scores, thresholds_of(pages, scores)))


def _by_fold(pages: Sequence[CrawlPage], scores: Floats) -> list[float]:
    folds = np.array([page.fold for page in pages])
    labels = np.array([page.is_math for page in pages])
    return [average_precision(labels[folds == fold], scores[folds == fold]) for fold in range(FOLDS)]


def _figures(pages: Sequence[CrawlPage], judged: Judged) -> Figures:
    """Average precision by the scores, precision and recall by what was kept: a score of 1 or 0."""
    ranked = bootstrap(scored(pages, judged.scores), None)
    cut = bootstrap(scored(pages, judged.kept.astype(np.float64)), 0.5)
    return Figures(average_precision=ranked.average_precision, precision=cut.precision, recall=cut.recall)


def _differences(pages: Sequence[CrawlPage], first: Judged, second: Judged) -> str:
    ranked = bootstrap_difference(scored(pages, first.scores), scored(pages, second.scores), (0.5, 0.5))
    marks = [scored(pages, judged.kept.astype(np.float64)) for judged in (first, second)]
    cut = bootstrap_difference(marks[0], marks[1], (0.5, 0.5))
    return " | ".join(told(each, sign=True) for each in (ranked.average_precision, cut.precision, cut.recall))
