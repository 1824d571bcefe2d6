"""Pages made of the words of `made_lines`, in shards and with labels; for the tests of the classifier's commands."""

from __future__ import annotations

from pathlib import Path

import orjson

from tests.classifier.made_lines import made_lines

SITES = 8


def made_pages(count: int, first: int = 0) -> list[dict[str, object]]:
    """As many pages, every other one mathematics, on sites that have both kinds; the last page is empty."""
    pages: list[dict[str, object]] = []
    for number, (is_math, line) in enumerate(made_lines(first + count)[first:], first):
        site = f"site{number // 2 % SITES}.example"
        page = {"url": f"http://{site}/{number}", "text": f"{line} {line}", "is_math": is_math}
        pages.append(page | ({"text": " "} if number == first + count - 1 else {}))
    return pages


def write_pages(folder: Path, shards: int = 3, each: int = 32) -> list[dict[str, object]]:
    """Write shards `pages-N.jsonl` and the labels of all their pages as `labels.jsonl`; the pages."""
    everything: list[dict[str, object]] = []
    folder.mkdir(parents=True, exist_ok=True)
    for shard in range(shards):
        pages = made_pages(each, shard * each)
        lines = (orjson.dumps({"url": page["url"], "text": page["text"]}) + b"\n" for page in pages)
        (folder / f"pages-{shard}.jsonl").write_bytes(b"".join(lines))
        everything += pages
    labels = (orjson.dumps({"url": page["url"], "is_math": page["is_math"]}) + b"\n" for page in everything)
    (folder / "labels.jsonl").write_bytes(b"".join(labels))
    return everything
