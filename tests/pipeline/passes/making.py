"""Passes on Documents made by a test, without a crawl before them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mathmill.data.config import Config
from mathmill.data.engine import Engine
from mathmill.data.files import file_sha256
from mathmill.data.records import Document, Dropped, document_id
from mathmill.data.runs import Run
from mathmill.data.shards import DocumentWriter
from mathmill.pipeline.passes.base import Pass, Work, WorkingShard, judged
from tests.warm import InlineEngine


class Nothing(Config):
    """The recipe of a run that a test makes by hand."""


def recipe_of(archives: str, **passes: str) -> str:
    """A recipe's TOML: passes by name, with the lines of their settings."""
    blocks = [f'[[passes]]\nuse = "{name}"\n{settings}' for name, settings in passes.items()]
    return "\n".join([f'archives = ["{archives}"]', *blocks])


def document(text: str, url: str = "https://example.org/", **meta: Any) -> Document:
    """A Document as the cascade leaves it; of its meta what is given, and the date by which copies are ranked."""
    values = {
        "formulas": 0,
        "date": "2024-01-01T00:00:00Z",
        "language": "en",
        "archive": "made",
        "offset": 0,
        "length": 1,
    }
    return Document(document_id(url, str(meta.get("date", "")), text.encode()), text, url, {**values, **meta})


def results(
    folder: Path, passes: Sequence[Pass], shards: Mapping[str, Sequence[Document]], engine: Engine | None = None
) -> list[Document | Dropped]:
    """What passes, each learning from what those before it left, make of the Documents; by shard's name and place."""
    with Run(folder, Nothing(), "corpus") as run:
        working = []
        for number, name in enumerate(sorted(shards)):
            path = run.folder / "documents" / f"{name}.jsonl.zst"
            path.parent.mkdir(exist_ok=True)
            with DocumentWriter(path) as writer:
                for page in shards[name]:
                    writer.write(page)
            working.append(WorkingShard(name, number, f"documents/{name}.jsonl.zst", file_sha256(path)))
        for position, each in enumerate(passes):
            each.learn(Work(run, engine or InlineEngine(1), tuple(working), tuple(passes[:position]), each))
        return [result for shard in working for _, result in judged(run.folder, shard, passes)]


def kept(found: Sequence[Document | Dropped]) -> list[str]:
    """The texts of those that stay."""
    return [each.text for each in found if isinstance(each, Document)]
