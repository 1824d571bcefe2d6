"""The finished corpus: a Parquet file for each shard that kept something, and the card that describes them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from mathmill.data.config import canonical_json
from mathmill.data.files import Output, Staging
from mathmill.data.records import Document
from mathmill.data.shards import count_parquet, parquet_schema, read_documents, write_parquet
from mathmill.pipeline.funnel import Funnel, loss_words

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


def corpus_card(name: str, funnel: Funnel, facts: dict[str, str]) -> str:
    """The dataset card (README.md) that the hub and `datasets.load_dataset` read."""
    return "\n".join(
        [
            "---",
            "configs:",
            "- config_name: default",
            "  data_files:",
            "  - split: train",
            "    path: corpus/*.parquet",
            "tags:",
            "- mathematics",
            "---",
            f"# {name}",
            "",
            f"{funnel.kept:,} pages of mathematics from {funnel.records:,} web archive records, written by mathmill.",
            "",
            "```python",
            "from datasets import load_dataset",
            "",
            'pages = load_dataset("PATH/TO/THIS/FOLDER", split="train")',
            "```",
            "",
            "The pages belong to their authors: mind their licences before you publish any of this.",
            "",
            "## Made from",
            "",
            *(f"- {key}: {value}" for key, value in facts.items()),
            "",
            "## Columns",
            "",
            "| column | type | holds |",
            "|---|---|---|",
            *(f"| {column} | {kind} | {doc} |" for column, (kind, doc) in COLUMNS.items()),
            "",
            "## What was dropped, and why",
            "",
            "| stage | pages in | dropped | reasons | pages out |",
            "|---|---:|---:|---|---:|",
            *_funnel_lines(funnel),
            "",
            f"Lost to damaged archives: {funnel.lost_spans:,} spans, {funnel.lost_bytes:,} bytes.",
            "",
            "## What the gates cost",
            "",
            "A seeded sample of what each gate rejects went through the full path all the same; what that path itself",
            "cannot see is not counted.",
            "",
            "| gate | rejected | sampled | worth keeping | share of the corpus lost (95 % interval) |",
            "|---|---:|---:|---:|---|",
            *(
                f"| {loss.gate} | {loss.rejected:,} | {loss.sampled:,} | {loss.sampled_kept:,} | "
                f"{loss_words(asdict(loss))} |"
                for loss in funnel.gates
            ),
            "",
        ]
    )


def _funnel_lines(funnel: Funnel) -> Iterator[str]:
    for step in funnel.steps:
        gone = {**step.dropped, **step.errored}
        reasons = ", ".join(f"{reason} {count:,}" for reason, count in gone.items())
        yield f"| {step.stage} | {step.entered:,} | {sum(gone.values()):,} | {reasons} | {step.left:,} |"
