"""The crawl as `benchmarks.gates` needs it: archives a fold, runs of the pipeline on them, models a fold, scores."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np
import orjson
import pyarrow.parquet as pq

from benchmarks.classifier_crawl import FOLDS, fold_of, train_ours
from benchmarks.pages import Label
from mathmill.classifier.curves import Bools, Floats
from mathmill.classifier.features import Features, line
from mathmill.classifier.model import load_classifier
from mathmill.classifier.settings import FastText
from mathmill.data.domains import registered_domain
from mathmill.data.page_files import Pages, read_pages
from mathmill.pipeline.archives import read_archive
from mathmill.pipeline.engines.local import LocalEngine
from mathmill.pipeline.recipe import AnyStage, Audit, PipelineRecipe
from mathmill.pipeline.runner import run_pipeline
from mathmill.pipeline.warc import LostSpan

SETTINGS = FastText(dim=16, lr=0.3, word_ngrams=2, min_count=2, bucket=200_000)
CHEAP, EXTRACTED = "cheap text", "extracted text"


@dataclass(frozen=True, slots=True)
class Bench:
    """What all parts of the benchmark need."""

    scratch: Path
    workers: int
    labels: dict[str, Label]

    def archives(self, fold: int | str) -> str:
        return str(self.scratch / f"archives/fold-{fold}" / "*.warc.gz")

    def model(self, kind: str, fold: int) -> Path:
        return self.scratch / "models" / kind.partition(" ")[0] / f"fold-{fold}"


@dataclass(slots=True)
class Crawl:
    """The labelled pages as columns; `lines` of cheap and of extracted text, "" where there is none."""

    urls: list[str]
    labels: list[Label]  # with the registered domain as the site
    folds: list[int]
    evidence: Floats  # of the cheap text
    ends: list[str]  # the stage of recipes/corpus.toml that drops the page; "" if it is kept
    lines: dict[str, list[str]]  # CHEAP, EXTRACTED

    @property
    def is_math(self) -> Bools:
        return np.array([label.is_math for label in self.labels])

    @property
    def sure(self) -> Bools:
        return np.array([label.sure for label in self.labels])

    def ends_at(self, stage: str) -> Bools:
        return np.array([end == stage for end in self.ends])


def deal(shards: Sequence[Path], bench: Bench) -> None:
    """Write the records of each fold's sites as archives of their own: the members of the shards, byte by byte."""
    for shard in shards:
        with ExitStack() as stack:
            files = [stack.enter_context(_archive(bench, fold, shard.name)) for fold in range(FOLDS)]
            source = stack.enter_context(shard.open("rb"))
            for record in read_archive(shard):
                if not isinstance(record, LostSpan) and record.url:
                    source.seek(record.offset)
                    files[fold_of(registered_domain(record.url))].write(source.read(record.length))


def _archive(bench: Bench, fold: int, name: str) -> IO[bytes]:
    folder = bench.scratch / f"archives/fold-{fold}"
    folder.mkdir(parents=True, exist_ok=True)
    return (folder / f"{fold}-{name}").open("wb")


def run(bench: Bench, name: str, fold: int | str, stages: tuple[AnyStage, ...]) -> Path:
    """A run of the pipeline on the pages of a fold ("*" for all), nothing audited."""
    recipe = PipelineRecipe(archives=(bench.archives(fold),), stages=stages, audit=Audit(rate=0))
    folder = bench.scratch / "runs" / name
    run_pipeline(recipe, folder, LocalEngine(bench.workers))
    return folder


def read_crawl(bench: Bench, cheap: Path, full: Path, evidence: Path) -> Crawl:
    """The pages of three runs: cheap text of every page, every page extracted, and recipes/corpus.toml."""
    extracted = {document.url: document.text for document in read_pages(Pages(run=full))}
    values = {row["url"]: orjson.loads(row["trace"])["cheap_text"]["value"] for row in _rows(cheap)}
    ends = ends_of(evidence)
    documents = {
        document.url: document.text for document in read_pages(Pages(run=cheap)) if document.url in bench.labels
    }
    sites = {url: registered_domain(url) for url in documents}
    labels = [(bench.labels[url], sites[url]) for url in documents]
    return Crawl(
        urls=list(documents),
        labels=[Label(label.is_math, label.sure, site) for label, site in labels],
        folds=[fold_of(site) for site in sites.values()],
        evidence=np.array([values[url] for url in documents]),
        ends=[ends[url] for url in documents],
        lines={
            CHEAP: [line(text, Features()) for text in documents.values()],
            EXTRACTED: [line(extracted.get(url, ""), Features()) for url in documents],
        },
    )


def _rows(run: Path) -> Iterator[dict[str, Any]]:
    """Provenance of the pages of a run; of captures of one address the last counts."""
    rows = pq.read_table(run / "records", columns=["url", "id", "stage", "trace"]).to_pylist()
    return (row for row in rows if row["id"])


def ends_of(run: Path) -> dict[str, str]:
    """Address -> the stage that dropped the page, "" where it was kept."""
    return {row["url"]: row["stage"] for row in _rows(run)}


def train(bench: Bench, crawl: Crawl, kind: str) -> None:
    """A model a fold, trained on one kind of text of all labelled pages of the other folds."""
    rows = list(zip(crawl.folds, crawl.labels, crawl.lines[kind], strict=True))
    for fold in range(FOLDS):
        examples = ((label.is_math, text) for other, label, text in rows if other != fold and text)
        train_ours(examples, SETTINGS, bench.model(kind, fold))


def score_by(bench: Bench, crawl: Crawl, model: str, text: str) -> Floats:
    """Scores of `text` by models that were trained on other folds' `model` text; -1 where a page is empty."""
    scores = np.full(len(crawl.urls), -1.0)
    for fold in range(FOLDS):
        classifier = load_classifier(bench.model(model, fold))
        here = [at for at, other in enumerate(crawl.folds) if other == fold]
        found = classifier.score_lines([crawl.lines[text][at] for at in here])
        scores[here] = [-1.0 if score is None else score for score in found]
    return scores
