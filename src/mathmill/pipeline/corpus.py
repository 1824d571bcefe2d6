"""The finished corpus: Parquet files of train and validation pages, and the card that describes them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mathmill.data.config import canonical_json
from mathmill.data.files import Output, Staging
from mathmill.data.markdown import table_lines
from mathmill.data.records import Document
from mathmill.data.runs import Run
from mathmill.data.shards import count_parquet, parquet_schema, write_parquet
from mathmill.data.tables import folder_rows
from mathmill.data.units import source_hash
from mathmill.pipeline.funnel import LOSS_COLUMNS, STEP_COLUMNS, Funnel, loss_cells, step_cells
from mathmill.pipeline.passes.base import SPLITS, TRAIN, Pass, WorkingShard, judged, state
from mathmill.pipeline.passes.decisions import SIZES

CORPUS = "corpus"
HARVEST, PROBLEMS = "harvest", "problems"  # a pass, and the folder of what it finds

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
    "copies": ("int32", "Documents that were one with it before copies were dropped, itself counted; null if unknown"),
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
        if size > left:
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
    staging = Staging(task.folder)
    name = f"{CORPUS}/{task.shard}"
    rows = write_parquet(staging.stage(name, count_parquet), _rows(task), parquet_schema(COLUMNS))
    return staging.publish({name: rows})


def _rows(task: CorpusTask) -> Iterator[dict[str, Any]]:
    for shard in task.shards:
        for _, result in judged(task.folder, shard, task.passes):
            if isinstance(result, Document) and result.meta.get("split", TRAIN) == task.split:
                yield _row(result)


def _row(document: Document) -> dict[str, Any]:
    meta = document.meta
    row: dict[str, Any] = {name: meta.get(name) for name in COLUMNS}
    sources = canonical_json(dict(meta.get("formula_sources", {}))).decode()
    return row | {"id": document.id, "text": document.text, "url": document.url, "formula_sources": sources}


_CARD_USE = """
```python
from datasets import load_dataset

pages = load_dataset("PATH/TO/THIS/FOLDER", split="train")
```

The pages belong to their authors: mind their licences before you publish any of this.
"""


def corpus_card(
    name: str, funnel: Funnel, facts: Mapping[str, str], cards: Mapping[str, Iterable[str]], has_validation: bool
) -> str:
    """The dataset card (README.md) that the hub and `datasets.load_dataset` read; `cards` is what each pass says."""
    values = funnel.as_dict()
    sets = {"default": {split: f"{CORPUS}/{split}-*.parquet" for split in (SPLITS if has_validation else (TRAIN,))}}
    if HARVEST in cards:
        sets |= {name: {TRAIN: f"{PROBLEMS}/{name}.parquet"} for name in ("graded", "solutions")}
    columns = [(column, kind, doc) for column, (kind, doc) in COLUMNS.items()]
    return "\n".join(
        [
            *_front_matter(sets),
            f"# {name}\n",
            f"{funnel.kept:,} pages of mathematics from {funnel.records:,} web archive records, written by mathmill.",
            _CARD_USE,
            "## Made from\n",
            *(f"- {key}: {value}" for key, value in facts.items()),
            "\n## Columns\n",
            *table_lines(("column", "type", "holds"), columns),
            "\n## What was dropped, and why\n",
            *table_lines(STEP_COLUMNS, map(step_cells, values["steps"])),
            f"\nLost to damaged archives: {funnel.lost_spans:,} spans, {funnel.lost_bytes:,} bytes.",
            *(line for use, lines in cards.items() for line in (f"\n## {use}\n", *lines)),
            "\n## What the gates cost\n",
            "A seeded sample of what each gate rejects went through the full path all the same; what that path itself",
            "cannot see is not counted.\n",
            *table_lines(LOSS_COLUMNS, map(loss_cells, values["gates"])),
            "",
        ]
    )


def _front_matter(sets: Mapping[str, Mapping[str, str]]) -> Iterator[str]:
    """What the hub and `datasets` read: by configuration and split, which files."""
    yield from ("---", "configs:")
    for name, files in sets.items():
        yield f"- config_name: {name}"
        yield "  data_files:"
        for split, path in files.items():
            yield f"  - split: {split}\n    path: {path}"
    yield from ("tags:", "- mathematics", "---")
