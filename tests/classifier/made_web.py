"""A made-up web of pages: sites of mathematics, of other things, and of both in branches; as JSON lines in shards."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson

MATHEMATICS = "theorem lemma proof integral matrix vector group ring field prime limit series converges $x^2$ $f(x)$"
OTHERS = "recipe butter travel hotel football goal election shoes discount weather garden music guitar kitchen review"
COMMON = "the of and to in we that for with this from page about more"


def text(is_math: bool, name: str) -> str:
    """A page's text, from its name."""
    draw = random.Random(name)
    words = (MATHEMATICS if is_math else OTHERS).split()
    return " ".join(draw.choice(words if draw.random() < 0.4 else COMMON.split()) for _ in range(40))


def pages(seeds: int = 12, sites: int = 8, each: int = 15) -> Iterator[dict[str, Any]]:
    """Pages with `is_math` and `seed`: one site of seeds; then sites of mathematics, of others, and of two branches."""
    for at in range(seeds):
        yield _page(f"https://seed.example/{at}", True, seed=True)
    for site in range(sites):
        for at in range(each):
            yield _page(f"https://math{site}.example/notes/{at}", True)
            yield _page(f"https://other{site}.example/item/{at}", False)
            yield _page(f"https://both{site}.example/questions/{at}", True)
            yield _page(f"https://both{site}.example/shop/{at}", False)


def _page(url: str, is_math: bool, seed: bool = False) -> dict[str, Any]:
    return {"url": url, "text": text(is_math, url), "is_math": is_math, "seed": seed}


def write(folder: Path, rows: list[dict[str, Any]], shards: int = 2) -> None:
    """Write `crawl-N.jsonl` (all pages but the seeds), `seeds.jsonl` and `labels.jsonl` (of the last two sites of each
    kind)."""
    folder.mkdir(parents=True, exist_ok=True)
    crawl = [row for row in rows if not row["seed"]]
    for shard in range(shards):
        _write(folder / f"crawl-{shard}.jsonl", crawl[shard::shards])
    _write(folder / "seeds.jsonl", [row for row in rows if row["seed"]])
    _write(folder / "labels.jsonl", [row for row in crawl if row["url"].split(".")[0][-1] in "4567"])


def _write(path: Path, rows: list[dict[str, Any]]) -> None:
    path.write_bytes(b"".join(orjson.dumps(row) + b"\n" for row in rows))
