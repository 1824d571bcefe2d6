"""How good a classifier is on the held-out labelled pages of a crawl, whose domains it was never trained on."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import NonNegativeInt

from mathmill.classifier.calibrate import Report, split_sites, tune_and_report
from mathmill.classifier.curves import AtThreshold, ScoredPages, at_threshold, from_columns
from mathmill.classifier.model import Classifier
from mathmill.classifier.prepared import Prepared, labelled_name
from mathmill.classifier.recipe import TrainRecipe
from mathmill.classifier.resampling import Figures, bootstrap
from mathmill.classifier.thresholds import TokensByScore
from mathmill.data.config import Config
from mathmill.data.errors import ConfigError
from mathmill.data.tables import table_rows

_COLUMNS = ("id", "domain", "tokens", "is_math", "line")


class HeldOutFigures(Config):
    """The held-out labelled pages by a classifier's scores; `empty` ones have no score and are in no figure.

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
class Labelled:
    """The labelled pages of a crawl as columns, those with features only, and how many had none."""

    ids: tuple[str, ...]
    domains: tuple[str, ...]
    tokens: tuple[int, ...]
    is_math: tuple[bool, ...]
    lines: tuple[str, ...]
    empty: int


def read_labelled(pages: Prepared, recipe: TrainRecipe) -> Labelled | None:
    """The labelled pages among prepared ones, None where the recipe names no labels.

    Raises:
        ConfigError: they are too few to choose a threshold and to report on it.
    """
    if recipe.labels is None:
        return None
    rows = [
        row for shard in pages.shards for row in table_rows(pages.folder / labelled_name(shard), [*_COLUMNS, "empty"])
    ]
    full = [row for row in rows if not row["empty"]]
    columns = {name: tuple(row[name] for row in full) for name in _COLUMNS}
    labelled = Labelled(
        columns["id"], columns["domain"], columns["tokens"], columns["is_math"], columns["line"], len(rows) - len(full)
    )
    _check_halves(labelled, recipe)
    return labelled


def _check_halves(labelled: Labelled, recipe: TrainRecipe) -> None:
    sides = split_sites(labelled.domains, recipe.seed)
    for side, purpose in ((True, "choosing a threshold"), (False, "reporting on it")):
        labels = [is_math for is_math, is_here in zip(labelled.is_math, sides, strict=True) if is_here == side]
        if len(set(labels)) < 2:
            raise ConfigError(
                f"labels: {len(labelled.ids):,} pages of the crawl have a label, and on the half of their sites that "
                f"is for {purpose} {sum(labels)} are mathematics and {len(labels) - sum(labels)} are not; both are "
                "needed: label pages of more sites of this crawl, mend labels.where, or take another seed"
            )


def judge(
    labelled: Labelled,
    classifier: Classifier,
    recipe: TrainRecipe,
    cut: float | None = None,
    crawl: TokensByScore | None = None,
) -> Judgement:
    """Judge a classifier; `cut` is the score from which a round kept pages, `crawl` the tokens behind a score."""
    scores = [score or 0.0 for score in classifier.score_lines(labelled.lines)]
    scored = from_columns(labelled.is_math, scores, labelled.domains, labelled.tokens, labelled.ids)
    figures = HeldOutFigures(
        pages=len(scored),
        mathematics=int(scored.is_math.sum()),
        sites=len(scored.site_names),
        empty=labelled.empty,
        all_sites=bootstrap(scored, cut, seed=recipe.seed),
        at_cut=None if cut is None else at_threshold(scored, cut),
    )
    return Judgement(scored, figures, tune_and_report(scored, recipe.target, crawl, recipe.seed))
