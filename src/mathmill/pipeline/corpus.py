"""The finished corpus: Parquet files of train and validation pages."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mathmill.data.config import canonical_json
from mathmill.data.files import Output
from mathmill.data.records import Document
from mathmill.data.runs import Run
from mathmill.data.shards import publish_table
from mathmill.data.tables import folder_rows
from mathmill.data.units import source_hash
from mathmill.pipeline.passes.base import SPLITS, TRAIN, Pass, WorkingShard, judged, state
from mathmill.pipeline.passes.decisions import SIZES

CORPUS = "corpus"

#: Column -> (Arrow type, what it holds). Columns other than the first three come from `Document.meta`.
COLUMNS: dict[str, tuple[str, str]] = {
    "id": ("string", "32 hex digits from address, capture date and content"),
    "text": ("string", "the page's text, formulas as $...$ and $$...$$"),
    "url": ("string", "where the page was"),
    "title": ("string", "its title"),
    "date": ("string", "when it was captured (WARC-Date)"),
    "language": ("string", "language code, und where it could not be told"),
    "language_score": ("float64", "its probability, by the model that told it"),
    "math_score": ("float64", "the evidence for mathematics: about the number of formulas"),
    "score": ("float64", "the classifier's score, from 0 to 1; null where none was asked"),
    "probability": ("float64", "its calibrated probability that the page is mathematics; null where it has none"),
    "formulas": ("int32", "formulas in the text"),
    "formula_sources": ("string", "JSON: markup that formulas came from -> how many"),
    "extraction": ("string", "how the body was found"),
    "charset": ("string", "encoding of the page's bytes"),
    "copies": (
        "int32",
        "pages that were one with it before copies were dropped, itself counted; null if none were sought",
    ),
    "tokens": ("int64", "tokens of the text by the tokenizer of the selection; null where none was made"),
    "archive": ("string", "name of the archive that held the page"),
    "offset": ("int64", "first byte of its record there"),
    "length": ("int64", "bytes of its record there"),
}


@dataclass(frozen=True, slots=True)
class CorpusTask:
    """One file of the corpus: what passes leave of some working shards, in a split."""

    folder: Path
    shards: tuple[WorkingShard, ...]
    passes: tuple[Pass, ...]
    split: str
    number: int  # among the split's files

    @property
    def shard(self) -> str:
        """The file's name in the folder of the corpus."""
        return f"{self.split}-{self.number:05}.parquet"


def corpus_tasks(folder: Path, shards: Sequence[WorkingShard], passes: Sequence[Pass], most: int) -> list[CorpusTask]:
    """The files of the corpus, from the table that `SIZES` wrote: neighbouring shards share one until it holds `most`
    characters. There is always one of train.
    """
    sizes: dict[tuple[str, str], int] = {}
    for row in folder_rows(folder / SIZES.name, ["archive", "split", "characters"]):
        sizes[row["archive"], row["split"]] = row["characters"]
    tasks = []
    for split in SPLITS:
        groups = _groups([(shard, sizes[shard.name, split]) for shard in shards if (shard.name, split) in sizes], most)
        if not groups and split == TRAIN:
            groups = [()]
        tasks += [CorpusTask(folder, group, tuple(passes), split, number) for number, group in enumerate(groups)]
    return tasks


def _groups(sized: Iterable[tuple[WorkingShard, int]], most: int) -> list[tuple[WorkingShard, ...]]:
    groups: list[list[WorkingShard]] = []
    left = 0
    for shard, size in sized:
        if not groups or size > left:
            groups.append([])
            left = most
        groups[-1].append(shard)
        left -= size
    return [tuple(group) for group in groups]


def corpus_source(run: Run, task: CorpusTask) -> str:
    """A hash of all that decides what is in a file of the corpus."""
    return source_hash([[shard.name, *state(run, shard, task.passes)] for shard in task.shards])


def write_corpus_file(task: CorpusTask) -> dict[str, Output]:
    """Write and publish one file of the corpus."""
    return publish_table(task.folder, f"{CORPUS}/{task.shard}", _rows(task), COLUMNS)


def _rows(task: CorpusTask) -> Iterator[dict[str, Any]]:
    has_copies = any(each.use in ("exact_duplicates", "near_duplicates") for each in task.passes)
    for shard in task.shards:
        for _, result in judged(task.folder, shard, task.passes):
            if isinstance(result, Document) and result.meta.get("split", TRAIN) == task.split:
                yield _row(result, has_copies)


def _row(document: Document, has_copies: bool) -> dict[str, Any]:
    meta = {**document.meta, "copies": document.meta.get("copies", 1)} if has_copies else document.meta
    row: dict[str, Any] = {name: meta.get(name) for name in COLUMNS}
    sources = canonical_json(dict(meta.get("formula_sources", {}))).decode()
    return row | {"id": document.id, "text": document.text, "url": document.url, "formula_sources": sources}
