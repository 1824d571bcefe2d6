"""Formulas in extracted text that match no label of the crawl: counted by site, some at random to be looked at.

    python -m benchmarks.extraction --systems mathmill --out FOLDER
    python -m benchmarks.unmatched FOLDER/mathmill.jsonl [--crawl FOLDER] [-n N] [--seed N]

The labels know what a page's own source says of its renderer. What stands against them as a false formula may be
mathematics whose renderer is configured elsewhere; only a reader can tell. Counting is that of
`scoring/score_extractor.py`: the first 200 formulas of a page, each label matched once.
"""

from __future__ import annotations

import argparse
import gzip
import importlib.util
import random
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson

from benchmarks.extraction import SCORER
from tests.shared import SHARED


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("texts", type=Path, metavar="FILE", help='lines of {"url", "text"}')
    parser.add_argument("--crawl", type=Path, default=SHARED / "crawl")
    parser.add_argument("-n", type=int, default=100)
    parser.add_argument("--seed", type=int, default=5)
    options = parser.parse_args()
    sites = {row["url"]: row["site"] for row in _rows(options.crawl / "labels.jsonl.gz")}
    total, unmatched = _unmatched(options.texts, options.crawl)
    print(f"{total} formulas, {len(unmatched)} match no label")
    for site, count in Counter(sites.get(url, "") for url, _ in unmatched).most_common(12):
        print(f"{count:8} {site}")
    for url, formula in random.Random(options.seed).sample(unmatched, min(options.n, len(unmatched))):
        print(f"{sites.get(url, ''):18} {' '.join(formula.split())[:120]}")
    return 0


def _unmatched(texts: Path, crawl: Path) -> tuple[int, list[tuple[str, str]]]:
    """How many formulas the texts hold, and those without a label, each with its URL."""
    scorer = _scorer()
    labels: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in _rows(crawl / "formulas.jsonl.gz"):
        labels[row["url"]] += row["formulas"]
    total, unmatched = 0, []
    for line in texts.read_bytes().splitlines():
        page = orjson.loads(line)
        formulas = [tex for tex, *_ in scorer.find_delimited(page["text"])][: scorer.CAP]
        total += len(formulas)
        tex, signatures = Counter[str](), Counter[str]()
        for written, signature in map(scorer.gold_keys, labels[page["url"]]):
            tex[written or ""] += 1
            signatures["".join(sorted(signature or ()))] += 1
        for formula in formulas:
            written, signature = scorer.norm(formula), "".join(sorted(scorer.sig(formula) or ()))
            if written and tex[written] > 0:
                tex[written] -= 1
            elif signature and signatures[signature] > 0:
                signatures[signature] -= 1
            else:
                unmatched.append((page["url"], formula))
    return total, unmatched


def _scorer() -> Any:
    spec = importlib.util.spec_from_file_location("score_extractor", SCORER)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.path.insert(0, str(SCORER.parent))
    spec.loader.exec_module(module)
    return module


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    with gzip.open(path) as lines:
        for line in lines:
            yield orjson.loads(line)


if __name__ == "__main__":
    sys.exit(main())
