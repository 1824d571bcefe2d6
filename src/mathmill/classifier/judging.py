"""How good a classifier is on the held-out labelled pages of a crawl, whose domains it was never trained on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pydantic import NonNegativeInt

from mathmill.classifier.calibrate import Report, split_sites, tune_and_report
from mathmill.classifier.curves import AtThreshold, ScoredPages, at_threshold, from_columns
from mathmill.classifier.model import Classifier
from mathmill.classifier.prepared import Prepared, labelled_name
from mathmill.classifier.recipe import TrainRecipe
from mathmill.classifier.resampling import Figures, bootstrap
from mathmill.classifier.target import Target
from mathmill.classifier.thresholds import TokensByScore
from mathmill.data.config import Config
from mathmill.data.errors import ConfigError
from mathmill.data.tables import table_rows

_COLUMNS = ("id", "domain", "tokens", "is_math", "line")


class HeldOutFigures(Config):
    """The held-out labelled pages by a classifier's scores; `empty` ones have none, and count as 0.

    `all_sites` is of all of them: average precision and, where a round kept the top of its crawl, precision and recall
    of that, which `at_cut` gives with intervals over pages. No label had a part in that cut.
    """

    pages: NonNegativeInt
    mathematics: NonNegativeInt
    sites: NonNegativeInt
    empty: NonNegativeInt
    all_sites: Figures
    at_cut: AtThreshold | None


@dataclass(frozen=True, slots=True)
class Judgement:
    """Held-out pages with their scores, their figures, and the report of a calibration and a threshold that were made
    on half of their sites."""

    scored: ScoredPages
    figures: HeldOutFigures
    report: Report


@dataclass(frozen=True, slots=True)
class HeldOutPages:
    """The labelled pages of a crawl as columns, each address once."""

    ids: tuple[str, ...]
    domains: tuple[str, ...]
    tokens: tuple[int, ...]
    is_math: tuple[bool, ...]
    lines: tuple[str, ...]  # empty ones too


def read_labelled(pages: Prepared, recipe: TrainRecipe) -> HeldOutPages | None:
    """The labelled pages among prepared ones, None where the recipe names no labels.

    Raises:
        ConfigError: they are too few to choose a threshold and to report on it.
    """
    if recipe.labels is None:
        return None
    rows: dict[str, dict[str, Any]] = {}
    for shard in pages.shards:
        for row in table_rows(pages.folder / labelled_name(shard), ["url", *_COLUMNS]):
            if row["id"] <= rows.get(row["url"], row)["id"]:  # of an address that was crawled twice one counts
                rows[row["url"]] = row
    columns = {name: tuple(row[name] for row in rows.values()) for name in _COLUMNS}
    labelled = HeldOutPages(columns["id"], columns["domain"], columns["tokens"], columns["is_math"], columns["line"])
    _check_halves(labelled, recipe)
    return labelled


def _check_halves(labelled: HeldOutPages, recipe: TrainRecipe) -> None:
    sides = split_sites(labelled.domains, recipe.seed)
    for side, purpose in ((True, "choosing a threshold"), (False, "reporting on it")):
        labels = [is_math for is_math, is_here in zip(labelled.is_math, sides, strict=True) if is_here == side]
        if len(set(labels)) < 2:
            raise ConfigError(
                f"labels: {len(labelled.ids):,} pages of the crawl have a label, and on the half of their sites that "
                f"is for {purpose} {sum(labels)} are mathematics and {len(labels) - sum(labels)} are not; both are "
                "needed: label pages of more sites of this crawl, mend labels.where, or take another seed"
            )


def score_held_out(pages: HeldOutPages, classifier: Classifier) -> tuple[ScoredPages, int]:
    """The pages with their scores, and how many of them have none: to a cascade these are lost, so they count as 0."""
    scores = classifier.score_lines(pages.lines)
    told = [score or 0.0 for score in scores]
    return from_columns(pages.is_math, told, pages.domains, pages.tokens, pages.ids), scores.count(None)


def judge(
    pages: ScoredPages,
    empty: int,
    target: Target,
    seed: int,
    cut: float | None = None,
    crawl: TokensByScore | None = None,
) -> Judgement:
    """Judge scored pages; `cut` is the score from which a round kept pages, `crawl` the tokens behind a score.

    Raises what `tune_and_report` does.
    """
    figures = HeldOutFigures(
        pages=len(pages),
        mathematics=int(pages.is_math.sum()),
        sites=len(pages.site_names),
        empty=empty,
        all_sites=bootstrap(pages, cut, seed=seed),
        at_cut=None if cut is None else at_threshold(pages, cut),
    )
    return Judgement(pages, figures, tune_and_report(pages, target, crawl, seed))
