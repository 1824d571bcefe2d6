"""Pages with a label and a score: found by address in pages at hand, or in scores that were made before."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from mathmill.classifier.curves import Scored, ScoredPages, scored_pages
from mathmill.classifier.examples import SEED_SET
from mathmill.classifier.labels import HeldOut, held_out
from mathmill.classifier.model import Classifier, load_classifier
from mathmill.classifier.page_scores import scored
from mathmill.classifier.recipe import Labels
from mathmill.classifier.score import is_stream
from mathmill.classifier.scoring import to_logit, to_score
from mathmill.data.domains import registered_domain
from mathmill.data.engine import Engine
from mathmill.data.page_files import Pages, PageShard, page_shards, read_pages, read_shard
from mathmill.data.records import Document
from mathmill.data.store.mounts import is_there, parts
from mathmill.data.tables import table_rows
from mathmill.data.tokens import bytes_tokens
from mathmill.data.units import mapped


class Found(NamedTuple):
    """A page that has a label; `logit` are the log-odds of its score in millionths, None where it is empty."""

    url: str
    tokens: int
    logit: int | None


@dataclass(frozen=True, slots=True)
class FindTask:
    """One local shard in which labelled pages are looked for."""

    source: PageShard
    pages: Pages
    labels: Labels
    classifier: Path

    @property
    def shard(self) -> str:
        return self.source.name


def find_in_pages(pages: Pages, labels: Labels, classifier: Path, engine: Engine) -> list[Found]:
    """The labelled ones of some pages, scored; in the pages' order.

    Raises what `held_out`, `load_classifier`, `read_pages` and `mapped` do.
    """
    if is_stream(pages):
        return list(_found(read_pages(pages), held_out(labels).labels, load_classifier(classifier)))
    tasks = [FindTask(shard, pages, labels, classifier) for shard in page_shards(pages)]
    next(read_pages(pages), None)  # columns that are not there are told once, and not for each shard
    by_shard = {task.shard: found for task, found in mapped(engine, find_in_shard, tasks, "labelled pages")}
    return [each for shard in sorted(by_shard) for each in by_shard[shard]]


def find_in_shard(task: FindTask) -> list[Found]:
    """The labelled pages of one shard, scored."""
    labels = held_out(task.labels).labels
    return list(_found(read_shard(task.source, task.pages), labels, load_classifier(task.classifier)))


def _found(documents: Iterable[Document], urls: Collection[str], classifier: Classifier) -> Iterator[Found]:
    wanted = (document for document in documents if document.url in urls)
    for document, score in scored(wanted, classifier):
        yield Found(document.url, bytes_tokens(document.text), None if score is None else to_logit(score))


def find_in_scores(folder: Path, labels: HeldOut) -> list[Found]:
    """The labelled pages of a finished Run of scores, in its order."""
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    wanted = pa.array(sorted(labels.labels), pa.string())
    found: list[Found] = []
    for path in parts(folder / "scores"):
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(columns=list(Found._fields)):
                rows = batch.filter(pc.is_in(batch.column("url"), value_set=wanted)).to_pylist()
                found += (Found(**row) for row in rows)
    return found


def trained_domains(classifier: Path) -> frozenset[str] | None:
    """The registered domains of the pages that a classifier was trained on; None where its folder does not say."""
    path = classifier / SEED_SET
    if not is_there(path):
        return None
    return frozenset(row["domain"] for row in table_rows(path, ["domain"]))


@dataclass(frozen=True, slots=True)
class Labelled:
    """Labelled, scored pages that a classifier may be judged by, and what became of the other labels."""

    pages: ScoredPages
    missing: int  # labels whose page is not there
    empty: int  # pages without features, which have no score and count as 0
    trained: int  # pages of domains that were trained on
    trained_sites: int  # how many domains these are
    is_known: bool  # whether it is known what was trained on


def labelled_pages(found: Iterable[Found], labels: HeldOut, trained: frozenset[str] | None) -> Labelled:
    """Put labels and scores together; of pages with one address the first counts."""
    first: dict[str, Found] = {}
    for each in found:
        first.setdefault(each.url, each)
    rows: list[Scored] = []
    left_out: list[str] = []
    empty = 0
    for url, each in sorted(first.items()):
        site = registered_domain(url)
        if site in (trained or ()):
            left_out.append(site)
            continue
        empty += each.logit is None
        score = 0.0 if each.logit is None else to_score(each.logit)
        rows.append(Scored(url, site, labels.labels[url], score, each.tokens))
    missing = len(labels.labels) - len(first)
    return Labelled(scored_pages(rows), missing, empty, len(left_out), len(set(left_out)), trained is not None)
