"""The finished corpus: a Parquet file for each shard, and the card that describes them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mathmill.data.config import canonical_json
from mathmill.data.files import Output, Staging
from mathmill.data.records import Document
from mathmill.data.shards import count_parquet, parquet_schema, read_documents, write_parquet
from mathmill.pipeline.funnel import LOSS_COLUMNS, STEP_COLUMNS, Funnel, loss_cells, step_cells

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
    "archive": ("string", "name of the archive that held the page"),
    "offset": ("int64", "first byte of its record there"),
    "length": ("int64", "bytes of its record there"),
}


@dataclass(frozen=True, slots=True)
class CorpusTask:
    """One working shard to be written as Parquet."""

    folder: Path
    documents: str  # name of the working shard in the folder
    out: str  # name of the Parquet file in the folder


def write_corpus_shard(task: CorpusTask) -> dict[str, Output]:
    """Write and publish one file of the corpus."""
    staging = Staging(task.folder)
    path = staging.stage(task.out, count_parquet)
    documents = read_documents(task.folder / task.documents)
    rows = write_parquet(path, (_row(document) for document in documents), parquet_schema(COLUMNS))
    return staging.publish({task.out: rows})


def _row(document: Document) -> dict[str, Any]:
    meta = document.meta
    row: dict[str, Any] = {name: meta.get(name) for name in COLUMNS}
    sources = canonical_json(dict(meta.get("formula_sources", {}))).decode()
    return row | {"id": document.id, "text": document.text, "url": document.url, "formula_sources": sources}


_CARD_HEAD = """---
configs:
- config_name: default
  data_files:
  - split: train
    path: corpus/*.parquet
tags:
- mathematics
---
"""
_CARD_USE = """
```python
from datasets import load_dataset

pages = load_dataset("PATH/TO/THIS/FOLDER", split="train")
```

The pages belong to their authors: mind their licences before you publish any of this.
"""


def corpus_card(name: str, funnel: Funnel, facts: Mapping[str, str]) -> str:
    """The dataset card (README.md) that the hub and `datasets.load_dataset` read."""
    values = funnel.as_dict()
    columns = [(column, kind, doc) for column, (kind, doc) in COLUMNS.items()]
    return "\n".join(
        [
            f"{_CARD_HEAD}# {name}\n",
            f"{funnel.kept:,} pages of mathematics from {funnel.records:,} web archive records, written by mathmill.",
            _CARD_USE,
            "## Made from\n",
            *(f"- {key}: {value}" for key, value in facts.items()),
            "\n## Columns\n",
            *_markdown_table(("column", "type", "holds"), columns),
            "\n## What was dropped, and why\n",
            *_markdown_table(STEP_COLUMNS, map(step_cells, values["steps"])),
            f"\nLost to damaged archives: {funnel.lost_spans:,} spans, {funnel.lost_bytes:,} bytes.",
            "\n## What the gates cost\n",
            "A seeded sample of what each gate rejects went through the full path all the same; what that path itself",
            "cannot see is not counted.\n",
            *_markdown_table(LOSS_COLUMNS, map(loss_cells, values["gates"])),
            "",
        ]
    )


def _markdown_table(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    yield f"| {' | '.join(columns)} |"
    yield f"|{'---|' * len(columns)}"
    for row in rows:
        yield f"| {' | '.join(f'{cell:,}' if isinstance(cell, int) else str(cell) for cell in row)} |"
