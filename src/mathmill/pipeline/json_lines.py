"""Pages as lines of JSON in, their text as lines of JSON out: extraction for any other tool's pipeline.

A line in is `{"url": ..., "html": ...}`, with `content_type` if it is known; the line out has `url`, `title`, `text`
and `formulas`, and whatever else the line in had. Lines come back in order, one for each that is not blank, so that
two files can be joined; one that cannot be read, or whose page kills its process by time or memory, has an `error`,
which begins with the line's number in its file.
Lines are taken in batches, each extracted in a page process (`isolate`), so memory does not grow with the file.
`mathmill.data.json_lines` reads the lines; this opens no files and prints nothing.
"""

from __future__ import annotations

import tempfile
import threading
import traceback
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Any, cast

import orjson

from mathmill.data.errors import DiskFull
from mathmill.data.json_lines import NESTED_TOO_DEEP, Line, parsed
from mathmill.data.terminal import one_line
from mathmill.pipeline.extraction import extract
from mathmill.pipeline.isolate import Condemned, ItemLimits, isolated

# Lines of one batch, and the bytes from which on it takes no more.
BATCH_LINES, BATCH_BYTES = 1_000, 64_000_000


@dataclass(frozen=True, slots=True)
class Batch:
    """Lines in a file of their own, and what is made of each; a source for `mathmill.pipeline.isolate`."""

    path: Path
    make: Callable[[bytes], Any]

    def __call__(self, skip: int, count: int | None) -> Iterator[Any]:
        return self._made(skip, count)

    def _made(self, skip: int, count: int | None) -> Iterator[Any]:
        with self.path.open("rb") as lines:
            for line in islice(lines, skip, None if count is None else skip + count):
                yield self.make(line)


def extract_line(line: bytes) -> dict[str, Any]:
    """What a line of JSON gives; where it is not what it should be, an empty text and the `error`.

    Of a key that a line has twice the last counts. Half of an escaped surrogate pair is read as U+FFFD.
    """
    try:
        page = parsed(line)
    except orjson.JSONDecodeError as error:
        return _failed(None, f"not JSON ({error})")
    if not isinstance(page, dict):
        return _failed(None, "not an object with the keys url and html")
    url, html, content_type = page.get("url"), page.get("html"), page.get("content_type")
    if not isinstance(html, str):
        return _failed(url, "html is missing" if html is None else "html is not a string")
    others = {name: value for name, value in page.items() if name not in ("html", "content_type", "error")}
    try:
        orjson.dumps(others)
    except orjson.JSONEncodeError:  # at 255 levels, where reading goes on to 1,024
        return _failed(url, NESTED_TOO_DEEP)
    extraction = extract(html, url if isinstance(url, str) else None, str(content_type or ""))
    formulas = [asdict(each) for each in extraction.formulas]
    return others | {"url": url, "title": extraction.title, "text": extraction.text, "formulas": formulas}


def extract_lines(lines: Iterable[Line], limits: ItemLimits, workers: int = 1) -> Generator[dict[str, Any], None, None]:
    """What each of `lines` gives, in order; `workers` batches at a time. Close it to end the batches in work early.

    Raises:
        DiskFull: the temporary file of a batch could not be written.
    """
    running: deque[Future[list[dict[str, Any]]]] = deque()
    stopped = threading.Event()
    with ThreadPoolExecutor(workers) as pool:
        try:
            for batch in _batches(lines):
                running.append(pool.submit(_extract_batch, batch, limits, stopped))
                if len(running) > workers:
                    yield from running.popleft().result()
            while running:
                yield from running.popleft().result()
        finally:
            stopped.set()


def _batches(lines: Iterable[Line]) -> Iterator[list[Line]]:
    batch: list[Line] = []
    size = 0
    for line in lines:
        batch.append(line)
        size += len(line.data)
        if len(batch) == BATCH_LINES or size >= BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _extract_batch(lines: list[Line], limits: ItemLimits, stopped: threading.Event) -> list[dict[str, Any]]:
    """What each of `lines` gives; less once `stopped` is set."""
    found: list[dict[str, Any]] = []
    with _written(lines) as path, _results(Batch(path, _outcome), limits) as results:
        for line in lines:
            if stopped.is_set():
                break
            result = next(results)
            if line.error:
                result = _failed(None, line.error)
            elif isinstance(result, Condemned):
                result = _condemned(line, result, limits)
            if "error" in result:
                result["error"] = f"line {line.number}: {result['error']}"
            found.append(result)
    return found


def _outcome(line: bytes) -> dict[str, Any]:
    """As `extract_line`; where that has a bug, it costs this line alone."""
    try:
        return extract_line(line)
    except MemoryError:
        raise  # the page's memory limit: this process ends and says so
    except Exception as error:  # noqa: BLE001  # told in the line's `error` and by the exit code, never a result
        frame = traceback.extract_tb(error.__traceback__)[-1]
        told = one_line(f"{type(error).__name__}: {error}", 300)
        return _failed(_address(line), f"page_error {told} at {frame.name}:{frame.lineno}")


@contextmanager
def _written(lines: Iterable[Line]) -> Iterator[Path]:
    """A file with a line for each of `lines`, blank where that could not be read."""
    with ExitStack() as stack:
        try:
            path = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="mathmill-"))) / "lines.jsonl"
            with path.open("wb") as file:
                file.writelines(line.data if line.data.endswith(b"\n") else line.data + b"\n" for line in lines)
        except OSError as error:
            raise DiskFull(
                f"cannot write to {tempfile.gettempdir()} ({error.strerror}): free some space there, "
                "or name another folder in TMPDIR"
            ) from error
        yield path


def _results(batch: Batch, limits: ItemLimits) -> closing[Generator[Any, None, None]]:
    """What a page process makes of a batch; it is ended on leaving."""
    return closing(cast("Generator[Any, None, None]", isolated(batch, limits)))


def _condemned(line: Line, result: Condemned, limits: ItemLimits) -> dict[str, Any]:
    """The outcome of a page that killed its process; its address is read in another, since that may kill too."""
    with _written([line]) as path, _results(Batch(path, _address), limits) as results:
        url = next(results)
    error = f"{result.reason} {orjson.dumps(result.evidence).decode()}"
    return _failed(None if isinstance(url, Condemned) else url, error)


def _address(line: bytes) -> Any:
    page = parsed(line)
    return page.get("url") if isinstance(page, dict) else None


def _failed(url: Any, error: str) -> dict[str, Any]:
    address = url if isinstance(url, str | int | float) else None
    return {"url": address, "title": "", "text": "", "formulas": [], "error": error}
