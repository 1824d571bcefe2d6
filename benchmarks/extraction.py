"""Our extraction and plain trafilatura on the same pages in one run: speed, formulas kept, article text.

    python -m benchmarks.extraction [--crawl FOLDER] [--urls FILE] [--every N] [--out FOLDER]

Pages are decoded beforehand and given to both in turn; seconds are of CPU, of one process. trafilatura runs
with its default settings (txt). Scores come from `scoring/score_extractor.py` beside the crawl, where that is there:
`recall` of formulas between delimiters, `precision` of these, F1 against article texts made by hand.
What each wrote stays in `--out` as lines of `{"url", "text"}`.
"""

from __future__ import annotations

import argparse
import logging
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson
import trafilatura

from benchmarks.pages import labelled_pages
from mathmill.data.records import BODY, CONTENT_TYPE
from mathmill.pipeline.decode import decode_html
from mathmill.pipeline.extract import Extraction, extract_html
from tests.shared import CRAWL, SHARED

SCORER = SHARED / "scoring" / "score_extractor.py"
MEASURES = (
    "recall",
    "precision",
    "f1",
    "found",
    "macro_recall",
    "main_f1",
    "main_pages",
    "empty",
    "false_per_nonmath_page",
)


@dataclass(slots=True)
class Accounts:
    """What became of the formulas that ours found, over all pages."""

    found: int = 0
    restored: int = 0
    rescued: int = 0
    in_boilerplate: int = 0
    methods: Counter[str] = field(default_factory=Counter)
    sources: Counter[str] = field(default_factory=Counter)

    def add(self, extraction: Extraction) -> None:
        self.found += extraction.found
        self.restored += len(extraction.formulas)
        self.rescued += extraction.rescued
        self.in_boilerplate += extraction.in_boilerplate
        self.methods[extraction.method] += 1
        self.sources.update(formula.source for formula in extraction.formulas)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the comparison; the exit code is 1 if formulas are not all accounted for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--crawl", type=Path, default=CRAWL)
    parser.add_argument("--urls", type=Path, help="a file of URLs, one a line; the crawl's sample by default")
    parser.add_argument("--every", type=int, default=1, help="take every Nth of the URLs")
    parser.add_argument("--out", type=Path, help="a folder for what was extracted; a temporary one by default")
    options = parser.parse_args(arguments)
    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)
    listed = (options.urls or options.crawl / "sample-2000-urls.txt").read_text(encoding="utf-8").split("\n")
    urls = [url for url in listed if url.strip()][:: options.every]
    pages = _pages(options.crawl, set(urls))
    accounts = Accounts()

    def ours(html: str, url: str) -> str:
        extraction = extract_html(html, url)
        accounts.add(extraction)
        return extraction.text

    with tempfile.TemporaryDirectory() as temporary:
        out = options.out or Path(temporary)
        out.mkdir(parents=True, exist_ok=True)
        systems: dict[str, Callable[[str, str], str]] = {"mathmill": ours, "trafilatura": _theirs}
        seconds = _extract_all(systems, [(url, pages[url]) for url in urls if url in pages], out)
        _print_speed(seconds, len(pages), accounts)
        if SCORER.exists():
            (out / "urls.txt").write_text("\n".join(urls), encoding="utf-8")
            _print_scores({name: _score(options.crawl, out, name) for name in systems})
        else:
            print(f"no scorer at {SCORER}: scores are left out")
    return int(accounts.found != accounts.restored + accounts.in_boilerplate)


def _pages(crawl: Path, wanted: set[str]) -> dict[str, str]:
    """The decoded pages by URL."""
    found = {}
    for labelled in labelled_pages(crawl):
        document = labelled.document
        if document.url in wanted:
            found[document.url] = decode_html(document.meta[BODY], document.meta[CONTENT_TYPE]).html
    return found


def _theirs(html: str, url: str) -> str:
    try:
        return trafilatura.extract(html, url=url) or ""
    except ValueError:  # a page that lxml refuses counts as empty for it
        return ""


def _extract_all(
    systems: dict[str, Callable[[str, str], str]], pages: Sequence[tuple[str, str]], out: Path
) -> dict[str, float]:
    """CPU seconds by system; texts go to `out`."""
    seconds = dict.fromkeys(systems, 0.0)
    files = {name: (out / f"{name}.jsonl").open("wb") for name in systems}
    for extract in systems.values():  # imports and caches are not counted
        extract("<p>warm</p>", "")
    for url, html in pages:
        for name, extract in systems.items():
            began = time.process_time()
            text = extract(html, url)
            seconds[name] += time.process_time() - began
            files[name].write(orjson.dumps({"url": url, "text": text}) + b"\n")
    for file in files.values():
        file.close()
    return seconds


def _score(crawl: Path, out: Path, name: str) -> dict[str, Any]:
    command = [sys.executable, str(SCORER), "--crawl", str(crawl), "--pred", str(out / f"{name}.jsonl")]
    command += ["--urls", str(out / "urls.txt"), "--json"]
    scores: dict[str, Any] = orjson.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    return scores


def _print_speed(seconds: dict[str, float], pages: int, accounts: Accounts) -> None:
    for name, spent in seconds.items():
        print(f"{name:14} {pages / spent:8.1f} pages/s")
    ratio = seconds["trafilatura"] / seconds["mathmill"]
    print(f"mathmill takes 1/{ratio:.2f} of trafilatura's time")
    print(f"formulas found {accounts.found} = restored {accounts.restored} (rescued {accounts.rescued})", end=" ")
    print(f"+ in boilerplate {accounts.in_boilerplate}")
    print("pages by method:", ", ".join(f"{method} {n}" for method, n in accounts.methods.most_common()))
    print("restored by source:", ", ".join(f"{source} {n}" for source, n in accounts.sources.most_common()))


def _print_scores(scores: dict[str, dict[str, Any]]) -> None:
    print(f"\n{'':24}" + "".join(f"{name:>14}" for name in scores))
    for measure in MEASURES:
        print(f"{measure:24}" + "".join(f"{score[measure]!s:>14}" for score in scores.values()))
    first = next(iter(scores.values()))
    for kind, row in first["by_kind"].items():
        cells = "".join(f"{score['by_kind'][kind]['recall']:>14}" for score in scores.values())
        print(f"recall {kind:17}{cells}   of {row['gold']}")


if __name__ == "__main__":
    sys.exit(main())
