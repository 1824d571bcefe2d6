"""The labelled crawl as the classifier's benchmarks see it: extracted pages with labels, folds by site, models a fold.

Pages are the crawl's, through our stages decode, language and extract, joined with the labels by address. The folds go
by a hash of the registered domain, so that a model is tested on sites that it never saw. Scores of all folds together
are *out of fold*: each page has that of the model which did not see its site.
"""

from __future__ import annotations

import gzip
import hashlib
import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import orjson

from mathmill.classifier.curves import Bools, Floats, ScoredPages, from_columns
from mathmill.classifier.features import Features, line
from mathmill.classifier.model import Classifier, load_classifier, model_name, write_classifier
from mathmill.classifier.resampling import Estimate
from mathmill.classifier.settings import MATH, OTHER, FastText
from mathmill.classifier.target import Target
from mathmill.classifier.thresholds import Threshold, choose_threshold
from mathmill.classifier.training import Trained, train_model
from mathmill.classifier.training_process import fit
from mathmill.data.domains import registered_domain
from mathmill.data.page_files import Pages, read_pages
from mathmill.data.records import Document
from mathmill.pipeline.decode import Decode
from mathmill.pipeline.engines.local import LocalEngine
from mathmill.pipeline.extract import Extract
from mathmill.pipeline.language import Language
from mathmill.pipeline.recipe import Audit, PipelineRecipe
from mathmill.pipeline.runner import run_pipeline

FOLDS = 5
SMALL = FastText(dim=64, lr=0.3, bucket=500_000)  # for one machine; DeepSeekMath's are the defaults
TARGET = Target(precision=0.95)
MOST_CHARS = 100_000  # of a page that plain fastText gets, as many as ours looks at
_NEVER = 2.0  # a threshold above every score

#: Gives the scores of lines, of pages' texts or of features.
Scorer = Callable[[Sequence[str]], Floats]


class CrawlPage(NamedTuple):
    """An extracted page with its label; `sure` where the label's confidence is high."""

    document: Document
    site: str  # registered domain
    is_math: bool
    sure: bool
    fold: int

    @property
    def text(self) -> str:
        return self.document.text


def crawl_pages(crawl: Path, scratch: Path, workers: int) -> list[CrawlPage]:
    """The labelled pages, each address once; a run of the pipeline that `scratch` holds already is not made again."""
    recipe = PipelineRecipe(
        archives=(str(crawl / "*.warc.gz"),), stages=(Decode(), Language(), Extract()), audit=Audit(rate=0)
    )
    folder = scratch / "all"
    run_pipeline(recipe, folder, LocalEngine(workers))
    with gzip.open(crawl / "labels.jsonl.gz") as lines:
        labels = {label["url"]: label for label in map(orjson.loads, lines)}
    return list(_labelled(read_pages(Pages(run=folder)), labels))


def _labelled(documents: Iterable[Document], labels: dict[str, Any]) -> Iterator[CrawlPage]:
    for document in documents:
        label = labels.pop(document.url, None)
        if label is not None:
            site = registered_domain(document.url)
            yield CrawlPage(document, site, label["is_math"], label["confidence"] == "high", fold_of(site))


def fold_of(site: str) -> int:
    """The fold of a registered domain."""
    return int.from_bytes(hashlib.blake2b(site.encode(), digest_size=4).digest(), "big") % FOLDS


def scored(pages: Sequence[CrawlPage], scores: Floats) -> ScoredPages:
    """Labels and scores as columns."""
    return from_columns(
        [page.is_math for page in pages],
        scores,
        [page.site for page in pages],
        ids=[page.document.url for page in pages],
    )


@dataclass(frozen=True, eq=False)
class CrossFit:
    """A classifier of each fold, trained on the other folds, and the scores that pages have out of fold."""

    pages: Sequence[CrawlPage]
    scorers: tuple[Scorer, ...]
    scores: Floats

    @cached_property
    def thresholds(self) -> Floats:
        """Of each fold the threshold chosen on the pages of the other folds, by their scores out of fold."""
        return thresholds_of(self.pages, self.scores)


#: Gets examples (True for mathematics) and a folder to write to, and gives what scores lines.
Learn = Callable[[Iterable[tuple[bool, str]], Path], Scorer]


def cross_fit(pages: Sequence[CrawlPage], lines: Sequence[str], learn: Learn, folder: Path) -> CrossFit:
    """Train on four folds and score the fifth, for each of the five."""
    folds = np.array([page.fold for page in pages])
    scores = np.zeros(len(pages))
    scorers = []
    for fold in range(FOLDS):
        examples = ((page.is_math, text) for page, text in zip(pages, lines, strict=True) if page.fold != fold)
        scorers.append(learn(examples, folder / f"fold-{fold}"))
        here = np.flatnonzero(folds == fold)
        scores[here] = scorers[fold]([lines[at] for at in here.tolist()])
    return CrossFit(pages, tuple(scorers), scores)


def thresholds_of(pages: Sequence[CrawlPage], scores: Floats) -> Floats:
    """See `CrossFit.thresholds`; above every score where none reaches the target."""
    everything = scored(pages, scores)
    folds = np.array([page.fold for page in pages])
    chosen = (choose_threshold(everything.where(folds != fold), TARGET) for fold in range(FOLDS))
    return np.array([each.score if isinstance(each, Threshold) else _NEVER for each in chosen])


def kept_by(pages: Sequence[CrawlPage], scores: Floats, thresholds: Floats) -> Bools:
    """Which pages have at least the threshold of their fold."""
    return np.asarray(scores >= thresholds[[page.fold for page in pages]], np.bool_)


def ours(settings: FastText) -> Learn:
    """Our classifier on lines of features; a page of which nothing is left has the score 0."""

    def learn(examples: Iterable[tuple[bool, str]], folder: Path) -> Scorer:
        return scores_of(train_ours(examples, settings, folder)[0])

    return learn


def train_ours(examples: Iterable[tuple[bool, str]], settings: FastText, folder: Path) -> tuple[Classifier, Trained]:
    """Train, write and load a classifier, and what its training took."""
    trained = train_model(examples, settings, folder / model_name(settings), folder)
    write_classifier(folder, Features(), settings, trained)
    return load_classifier(folder), trained


def scores_of(classifier: Classifier) -> Scorer:
    """The scores of lines as an array."""
    return lambda lines: np.array([score or 0.0 for score in classifier.score_lines(lines)], np.float64)


def plain(settings: FastText) -> Learn:
    """fastText by hand: labels before lines in a file, and the binding's own calls; nothing is neutralised."""

    def learn(examples: Iterable[tuple[bool, str]], folder: Path) -> Scorer:
        folder.mkdir(parents=True, exist_ok=True)
        rows = sorted(f"{MATH if is_math else OTHER} {text}\n" for is_math, text in examples)
        random.Random(settings.seed).shuffle(rows)
        (folder / "lines.txt").write_text("".join(rows), encoding="utf-8", errors="replace")
        model = fit(str(folder / "lines.txt"), settings, str(folder / "model.bin"))
        return lambda lines: np.array([_probability(model, text) for text in lines], np.float64)

    return learn


def _probability(model: Any, text: str) -> float:
    """The model's probability of mathematics; 0 where it knows no word and says nothing."""
    text = text.encode("utf-8", "replace").decode()
    found: dict[str, float] = {label: share for share, label in model.f.predict(f"{text}\n", -1, 0.0, "strict")}
    return min(1.0, found.get(MATH, 0.0))


def plain_line(text: str) -> str:
    """A page as a user would give it to fastText: lower case, in one line."""
    return " ".join(text[:MOST_CHARS].lower().split())


def feature_lines(pages: Sequence[CrawlPage], features: Features | None = None) -> list[str]:
    """Our line of each page."""
    return [line(page.text, features or Features()) for page in pages]


def number(value: float | None) -> str:
    """A share with three digits and no leading zero."""
    if value is None or np.isnan(value):
        return "none"
    text = f"{value:.3f}"
    return text.replace("0.", ".", 1) if text.lstrip("-").startswith("0.") else text


def told(found: Estimate, sign: bool = False) -> str:
    """A figure with its interval over sites."""
    if found.value is None:
        return "none"
    begin = "+" if sign and found.value >= 0 else ""
    return f"{begin}{number(found.value)} ({number(found.low)} to {number(found.high)})"


def counts_of(pages: Sequence[CrawlPage]) -> str:
    """How many pages of how many sites, and how much of it is mathematics."""
    mathematics = [page for page in pages if page.is_math]
    return (
        f"{len(pages):,} pages of {len({page.site for page in pages})} sites, {len(mathematics):,} of them mathematics "
        f"of {len({page.site for page in mathematics})} sites"
    )
