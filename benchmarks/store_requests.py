"""Requests that a run under an s3:// address costs, counted at a server on this machine.

    python -m benchmarks.store_requests [--archives 6] [--workers 2]

Two runs, of so many archives and of twice as many, with the stages alone and with all seven passes: their difference is
what an archive costs, the rest what a run costs. Recipe and pages are those of `tests/pipeline/test_passes_run.py`.
Short units that end together share a line of the ledger, so its PUTs vary by some between executions. Prints Markdown.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

import orjson
from werkzeug.serving import WSGIRequestHandler

from mathmill.data.store.kept_files import SCRATCH
from tests.data.store.s3_server import s3_server
from tests.pipeline.test_passes_run import QUESTION, RECIPE, write_web
from tests.warm import cold

KINDS = ("PUT", "ledger", "HEAD", "GET", "LIST", "DELETE")


SEEN: Counter[str] = Counter()


def count(handler: WSGIRequestHandler, *_: Any) -> None:
    """Take note of a request that the server answered; stands in for the server's own log."""
    kind = "LIST" if "list-type=" in handler.path else "DELETE" if "?delete" in handler.path else handler.command
    SEEN[kind] += 1
    SEEN["ledger"] += kind == "PUT" and "/ledger/" in handler.path


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--archives", type=int, default=6)
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    print(f"| | {' | '.join('of these PUT for the ledger' if kind == 'ledger' else kind for kind in KINDS)} |")
    print("|---" * (len(KINDS) + 1) + "|")
    for name, recipe in (("stages alone", RECIPE.partition("[[passes]]")[0]), ("all seven passes", RECIPE)):
        small, large = (requests(recipe, many * options.archives, options.workers) for many in (1, 2))
        each = {kind: (large[kind] - small[kind]) / options.archives for kind in KINDS}
        print(f"| {name}, an archive | {' | '.join(f'{each[kind]:.1f}' for kind in KINDS)} |")
        rest = {kind: small[kind] - options.archives * each[kind] for kind in KINDS}
        print(f"| {name}, the rest of a run | {' | '.join(f'{rest[kind]:.0f}' for kind in KINDS)} |", flush=True)


def requests(recipe: str, archives: int, workers: int) -> Counter[str]:
    """What a run of so many archives asks."""
    with s3_server(), tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch, "crawl")
        write_web(folder / "web", archives)
        (folder / "recipe.toml").write_text(recipe)
        (folder / "exam.jsonl").write_bytes(orjson.dumps({"question": QUESTION, "answer": "1428"}) + b"\n")
        SEEN.clear()
        command = ["pipeline", "run", "recipe.toml", "--out", "s3://bucket/run", "--workers", str(workers)]
        code, _, err = cold(*command, cwd=folder, environment={SCRATCH: f"{scratch}/scratch"})
        if code:
            sys.exit(err)
        return SEEN.copy()


if __name__ == "__main__":
    WSGIRequestHandler.log_request = count  # type: ignore[assignment, method-assign]
    main()
