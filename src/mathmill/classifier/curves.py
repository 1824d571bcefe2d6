"""How well scores tell mathematics from other pages: the precision-recall curve and what is read off it.

A page is kept where its score is at or above a threshold, so pages of equal score are kept or left together: they are
one block here, and no figure depends on the order of pages. Intervals in this file are Wilson's over pages. Pages of
one site resemble each other, so these are too narrow for a claim about sites never seen: those are in
`mathmill.classifier.resampling`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import compress
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from mathmill.data.config import Config
from mathmill.data.stats import wilson_interval

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


class Scored(NamedTuple):
    """A labelled page with its score: `site` is its registered domain, `score` in [0, 1]."""

    id: str
    site: str
    is_math: bool
    score: float
    tokens: int


@dataclass(frozen=True, slots=True, eq=False)
class ScoredPages:
    """Labelled, scored pages as columns of one length; `sites` are places in `site_names`, which is sorted.

    `ids` is empty where pages came without any.
    """

    is_math: Bools
    scores: Floats
    sites: Ints
    tokens: Ints
    site_names: tuple[str, ...]
    ids: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.scores)

    def where(self, chosen: Bools) -> ScoredPages:
        """The pages that `chosen` is true of, with the sites that they are on."""
        present, sites = np.unique(self.sites[chosen], return_inverse=True)
        return ScoredPages(
            is_math=self.is_math[chosen],
            scores=self.scores[chosen],
            sites=sites.astype(np.int64),
            tokens=self.tokens[chosen],
            site_names=tuple(self.site_names[site] for site in present),
            ids=tuple(compress(self.ids, chosen.tolist())),
        )


class Curve(NamedTuple):
    """A precision-recall curve, one point a distinct score, from the highest score down.

    Of the pages with a score of at least `scores[i]`, `kept[i]` in number, `hits[i]` are mathematics.
    """

    scores: Floats
    kept: Ints
    hits: Ints

    @property
    def mathematics(self) -> int:
        """How many pages are mathematics, kept or not."""
        return int(self.hits[-1]) if len(self.hits) else 0

    @property
    def precision(self) -> Floats:
        """Of the pages kept, the share that is mathematics."""
        return self.hits / self.kept

    @property
    def recall(self) -> Floats:
        """Of the mathematics, the share that is kept; not a number where there is none."""
        return self.hits / self.mathematics if self.mathematics else np.full(len(self.hits), np.nan)


class Share(Config):
    """`hits` of `n` pages, with the 95 % Wilson interval over pages; of no pages the share is None and in (0, 1)."""

    hits: int
    n: int
    value: float | None
    low: float
    high: float


class AtThreshold(Config):
    """What a threshold keeps of labelled pages: how many of `pages`, how many tokens, how precise and how complete."""

    score: float
    pages: int
    kept: int
    tokens: int
    precision: Share
    recall: Share


def scored_pages(pages: Iterable[Scored]) -> ScoredPages:
    """The columns of labelled, scored pages.

    Raises:
        ValueError: a score is no number in [0, 1], or a count of tokens is negative.
    """
    rows = list(pages)
    return from_columns(
        [row.is_math for row in rows],
        [row.score for row in rows],
        [row.site for row in rows],
        [row.tokens for row in rows],
        [row.id for row in rows],
    )


def from_columns(
    is_math: Sequence[bool] | Bools,
    scores: Sequence[float] | Floats,
    sites: Sequence[str],
    tokens: Sequence[int] | Ints | None = None,
    ids: Sequence[str] = (),
) -> ScoredPages:
    """Labelled, scored pages out of columns; without `tokens` every page has none.

    Raises:
        ValueError: columns differ in length, a score is no number in [0, 1], or a count of tokens is negative.
    """
    checked = _checked(scores)
    counts = np.zeros(len(checked), np.int64) if tokens is None else np.asarray(tokens, np.int64)
    names = sorted(set(sites))
    place = {name: at for at, name in enumerate(names)}
    pages = ScoredPages(
        is_math=np.asarray(is_math, np.bool_),
        scores=checked,
        sites=np.fromiter((place[site] for site in sites), np.int64, len(sites)),
        tokens=counts,
        site_names=tuple(names),
        ids=tuple(ids),
    )
    lengths = {len(column) for column in (pages.is_math, pages.scores, pages.sites, pages.tokens)}
    if len(lengths) > 1 or len(ids) not in (0, len(pages)):
        raise ValueError(f"columns of pages differ in length: {sorted(lengths | {len(ids)})}")
    if (counts < 0).any():
        raise ValueError("a page has fewer than no tokens")
    return pages


def pr_curve(is_math: Sequence[bool] | Bools, scores: Sequence[float] | Floats) -> Curve:
    """The precision-recall curve, one point a distinct score; empty where there are no pages.

    Raises:
        ValueError: a score is no number in [0, 1], or there are more or fewer labels than scores.
    """
    labels, values = np.asarray(is_math, np.bool_), _checked(scores)
    if labels.shape != values.shape:
        raise ValueError(f"{len(labels)} labels for {len(values)} scores")
    order = np.argsort(-values, kind="stable")
    ends = block_ends(values[order])
    return Curve(values[order][ends], ends + 1, np.cumsum(labels[order], dtype=np.int64)[ends])


def average_precision(is_math: Sequence[bool] | Bools, scores: Sequence[float] | Floats) -> float:
    """The sum over the curve's points of precision there times the recall that the point adds.

    A sum of steps without interpolation, ties as one point: what scikit-learn's `average_precision_score` is documented
    to compute (user guide, "Precision, recall and F-measures"). Not a number where no page is mathematics.

    Raises:
        ValueError: a score is no number in [0, 1], or there are more or fewer labels than scores.
    """
    curve = pr_curve(is_math, scores)
    return area(curve.kept, curve.hits)


def area(kept: npt.NDArray[Any], hits: npt.NDArray[Any]) -> float:
    """Average precision out of the pages (or their weights) kept, and mathematics among them, at a curve's points."""
    if len(hits) == 0 or not hits[-1]:
        return float("nan")
    gains = np.diff(hits, prepend=0)
    rising = np.flatnonzero(gains)  # elsewhere nothing is added, and before the first page kept may be 0
    return float((gains[rising] * (hits[rising] / kept[rising])).sum() / hits[-1])


def block_ends(ordered: Floats) -> Ints:
    """Of scores in order, the place of the last of each run of equal ones."""
    if not len(ordered):
        return np.zeros(0, np.int64)
    return np.append(np.flatnonzero(np.diff(ordered)), len(ordered) - 1).astype(np.int64)


def at_threshold(pages: ScoredPages, score: float) -> AtThreshold:
    """What keeping pages with a score of at least `score` keeps."""
    kept = pages.scores >= score
    hits = int((kept & pages.is_math).sum())
    return AtThreshold(
        score=score,
        pages=len(pages),
        kept=int(kept.sum()),
        tokens=int(pages.tokens[kept].sum()),
        precision=share(hits, int(kept.sum())),
        recall=share(hits, int(pages.is_math.sum())),
    )


def share(hits: int, n: int) -> Share:
    """`hits` of `n` with its Wilson interval."""
    low, high = wilson_interval(hits, n)
    return Share(hits=hits, n=n, value=hits / n if n else None, low=low, high=high)


def wilson_low(hits: Ints, n: Ints, z: float = 1.959964) -> Floats:
    """The lower bound of `mathmill.data.stats.wilson_interval` of each of many shares; every `n` is above 0."""
    part = hits / n
    half = z * np.sqrt(part * (1 - part) / n + z * z / (4.0 * n * n))
    return np.asarray(np.maximum(0.0, (part + z * z / (2 * n) - half) / (1 + z * z / n)), np.float64)


def _checked(scores: Sequence[float] | Floats) -> Floats:
    values = np.asarray(scores, np.float64)
    if not ((values >= 0) & (values <= 1)).all():
        raise ValueError("a score is no number in [0, 1]")
    return values
