"""Pages as lines of JSON in, their text as lines of JSON out: extraction for any other tool's pipeline.

A line in is `{"url": ..., "html": ...}`, with `content_type` if it is known; the line out has `url`, `title`, `text`
and `formulas`, and whatever else the line in had. Lines come back in order, one for each that is not blank, so that
two files can be joined; one that cannot be read, or whose page kills its process by time or memory, has an `error`.
Lines are taken in batches, each extracted in a page process (`isolate`), so memory does not grow with the file.
"""

from __future__ import annotations

import tempfile
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import orjson

from mathmill.pipeline.extraction import extract
from mathmill.pipeline.isolate import Condemned, ItemLimits, isolated

# Lines of one batch, and the bytes from which on it takes no more.
BATCH_LINES, BATCH_BYTES = 1_000, 64_000_000


@dataclass(frozen=True, slots=True)
class Batch:
    """Lines in a file of their own; a source for `mathmill.pipeline.isolate`."""

    path: Path

    def __call__(self, skip: int, count: int | None) -> Iterator[dict[str, Any]]:
        return self._extracted(skip, count)

    def _extracted(self, skip: int, count: int | None) -> Iterator[dict[str, Any]]:
        with self.path.open("rb") as lines:
            for line in islice(lines, skip, None if count is None else skip + count):
                yield extract_line(line)


def extract_line(line: bytes) -> dict[str, Any]:
    """What a line of JSON gives; where it is not what it should be, an empty text and the `error`."""
    try:
        page = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        return _failed(None, f"not JSON ({error})")
    if not isinstance(page, dict):
        return _failed(None, "not an object with the keys url and html")
    url, html, content_type = page.get("url"), page.get("html"), page.get("content_type")
    if not isinstance(html, str):
        return _failed(url, "html is missing" if html is None else "html is not a string")
    extraction = extract(html, url if isinstance(url, str) else None, str(content_type or ""))
    others = {name: value for name, value in page.items() if name not in ("html", "content_type")}
    formulas = [asdict(each) for each in extraction.formulas]
    return others | {"url": url, "title": extraction.title, "text": extraction.text, "formulas": formulas}


def extract_lines(lines: Iterable[bytes], limits: ItemLimits, workers: int = 1) -> Iterator[dict[str, Any]]:
    """What each of `lines` gives, in order; `workers` batches at a time."""
    with ThreadPoolExecutor(workers) as pool:
        running: deque[Future[list[dict[str, Any]]]] = deque()
        for batch in _batches(lines):
            running.append(pool.submit(_extract_batch, batch, limits))
            if len(running) > workers:
                yield from running.popleft().result()
        for finished in running:
            yield from finished.result()


def _batches(lines: Iterable[bytes]) -> Iterator[list[bytes]]:
    batch: list[bytes] = []
    size = 0
    for line in lines:
        if line.isspace():
            continue
        batch.append(line)
        size += len(line)
        if len(batch) == BATCH_LINES or size >= BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _extract_batch(lines: list[bytes], limits: ItemLimits) -> list[dict[str, Any]]:
    with tempfile.NamedTemporaryFile(prefix="mathmill-", suffix=".jsonl") as file:
        file.writelines(line if line.endswith(b"\n") else line + b"\n" for line in lines)
        file.flush()
        results = isolated(Batch(Path(file.name)), limits)
        return [
            _condemned(lines[result.index], result) if isinstance(result, Condemned) else result
            for result in islice(results, len(lines))
        ]


def _condemned(line: bytes, result: Condemned) -> dict[str, Any]:
    """The outcome of a page that killed its process; its line was JSON, or it would not have come so far."""
    return _failed(orjson.loads(line).get("url"), f"{result.reason} {orjson.dumps(result.evidence).decode()}")


def _failed(url: Any, error: str) -> dict[str, Any]:
    return {"url": url, "title": "", "text": "", "formulas": [], "error": error}
