"""What flows through a pipeline: Documents, and Documents that were dropped.

A Stage takes Documents and gives Documents or Dropped ones; it is pure (no files, counters or
logging), so the runner alone counts, times, routes and writes. A Reduce is the other kind of step:
it looks at all shards at once.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol

# Keys of `Document.meta` that live only between the archive and extraction; they are never written.
BODY = "body"  # bytes: the page as the server sent it, transfer and content encodings undone
HTML = "html"  # str: the page decoded
CONTENT_TYPE = "content_type"  # str: the HTTP Content-Type header as sent, "" where there was none
TRANSIENT = (BODY, HTML, CONTENT_TYPE)

# The key under which Stages note what they measured; see `Document.noting`.
TRACE = "trace"


@dataclass(frozen=True, slots=True)
class Document:
    """One page.

    `id` comes from origin and content (`document_id`), never from position. `text` is empty until a
    Stage makes some. `meta` holds plain data only (JSON types; bytes under the transient keys).
    """

    id: str
    text: str
    url: str
    meta: Mapping[str, Any]

    def with_text(self, text: str, **meta: Any) -> Document:
        """A copy with another text and `meta` updated."""
        return replace(self, text=text, meta={**self.meta, **meta})

    def with_meta(self, **meta: Any) -> Document:
        """A copy with `meta` updated."""
        return replace(self, meta={**self.meta, **meta})

    def without_meta(self, *keys: str) -> Document:
        """A copy without the named keys of `meta`, present or not."""
        return replace(self, meta={k: v for k, v in self.meta.items() if k not in keys})

    def noting(self, stage: str, **measured: Any) -> Document:
        """A copy that remembers what `stage` measured, so that `mathmill explain` can tell it.

        By convention `value` is what was compared and `threshold` what it was compared with.
        """
        trace = {**self.meta.get(TRACE, {}), stage: measured}
        return self.with_meta(**{TRACE: trace})


@dataclass(frozen=True, slots=True)
class Dropped:
    """A rejected Document and why.

    `reason` is a snake_case name from a small fixed set per stage; `evidence` the values behind it.
    """

    document: Document
    stage: str
    reason: str
    evidence: Mapping[str, Any]


class Stage(Protocol):
    """A frozen config that is callable; one result for each Document taken, in the same order."""

    @property
    def use(self) -> str:
        """The name under which recipes, reasons and reports know this stage."""
        ...

    def __call__(self, documents: Iterable[Document]) -> Iterator[Document | Dropped]: ...


@dataclass(frozen=True, slots=True)
class Reduce:
    """A global step: from the tables of finished shards to one small table, read by an ordinary Stage or report later.

    `query` is portable SQL (no `list()`, no `unnest`, no hash functions) over the tables that `reads` names; each is a
    folder of Parquet files in the run, and so is the result, under `name`.
    """

    name: str
    reads: tuple[str, ...]
    query: str


def document_id(url: str, date: str, body: bytes) -> str:
    """32 hex digits from a page's origin (URL and capture date) and content."""
    digest = hashlib.blake2b(body, digest_size=16)
    digest.update(b"\0" + url.encode("utf-8", "surrogatepass") + b"\0" + date.encode("utf-8", "surrogatepass"))
    return digest.hexdigest()
