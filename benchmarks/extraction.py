"""Our extraction and its peers on the same real pages in one run: speed, formulas kept, article text.

    python -m benchmarks.extraction [--crawl FOLDER] [--urls FILE | --all] [--every N] [--systems NAME ...]
                                    [--out FOLDER] [--json]

Pages are decoded beforehand; each page is given to every system in turn before the next page is looked at, so that
other work on the machine slows all of them alike. Seconds are of the processor, of one process; those of the peer
that lives in an environment of its own (`benchmarks.peer_environments`) are measured inside its process. Scores come
from `scoring/score_extractor.py` beside the crawl, where that is there: `recall` of formulas between delimiters,
`precision` of these, both by kind of source, F1 against article texts made by hand. What each wrote stays in
`--out` as lines of `{"url", "text"}`.

The sample of 2,000 pages with all peers takes some ten minutes, `--all` (13,241 pages) about an hour.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from benchmarks.pages import labelled_pages
from benchmarks.peers import PEERS, open_peers
from mathmill.data.records import BODY, CONTENT_TYPE
from mathmill.pipeline.decode import decode_html
from mathmill.pipeline.extraction import Extraction, extract_html
from tests.shared import CRAWL, SHARED

OURS = "mathmill"
SCORER = SHARED / "scoring" / "score_extractor.py"
COMPARED_WITH = ("trafilatura", "openwebmath")
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

# A system takes HTML and URL and gives the text and the processor seconds.
System = Callable[[str, str], tuple[str, float]]


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

    def balance(self) -> bool:
        return self.found == self.restored + self.in_boilerplate


@dataclass(slots=True)
class Speed:
    """Pages that were given to all, and by system the seconds that it took and its exceptions."""

    pages: int = 0
    seconds: dict[str, float] = field(default_factory=dict)
    raised: dict[str, int] = field(default_factory=dict)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the comparison; the exit code is 1 if formulas are not all accounted for."""
    options = _options(arguments)
    urls = _urls(options)
    accounts = Accounts()
    with tempfile.TemporaryDirectory() as temporary:
        out = options.out or Path(temporary)
        out.mkdir(parents=True, exist_ok=True)
        with open_peers([name for name in options.systems if name != OURS]) as peers:
            systems: dict[str, System] = {OURS: _ours(accounts)} if OURS in options.systems else {}
            systems |= {peer.name: peer for peer in peers}
            speed = extract_all(systems, _pages(options.crawl, urls), out)
            speed.raised = {peer.name: peer.raised for peer in peers}
        scores = {}
        if SCORER.exists():
            (out / "urls.txt").write_text("\n".join(urls), encoding="utf-8")
            scores = {name: _score(options.crawl, out, name) for name in systems}
    if options.json:
        sys.stdout.buffer.write(
            orjson.dumps({"pages": speed.pages, "seconds": speed.seconds, "scores": scores}) + b"\n"
        )
    else:
        print_speed(speed)
        if OURS in systems:
            print_accounts(accounts)
        if scores:
            print_scores(scores)
        else:
            print(f"no scorer at {SCORER}: scores are left out")
    return int(not accounts.balance())


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--crawl", type=Path, default=CRAWL)
    pages = parser.add_mutually_exclusive_group()
    pages.add_argument("--urls", type=Path, help="a file of URLs, one a line; the crawl's sample by default")
    pages.add_argument("--all", action="store_true", help="every labelled page of the crawl")
    parser.add_argument("--every", type=int, default=1, help="take every Nth of the URLs")
    parser.add_argument("--systems", nargs="+", choices=[OURS, *PEERS], default=[OURS, *PEERS], metavar="NAME")
    parser.add_argument("--out", type=Path, help="a folder for what was extracted; a temporary one by default")
    parser.add_argument("--json", action="store_true")
    return parser.parse_args(arguments)


def _urls(options: argparse.Namespace) -> list[str]:
    """The URLs to extract, in an order that is always the same."""
    if options.all:
        listed = [labelled.document.url for labelled in labelled_pages(options.crawl)]
    else:
        path = options.urls or options.crawl / "sample-2000-urls.txt"
        listed = [url for url in path.read_text(encoding="utf-8").split("\n") if url.strip()]
    chosen: list[str] = listed[:: options.every]
    return chosen


def _pages(crawl: Path, urls: Iterable[str]) -> Iterator[tuple[str, str]]:
    """URL and HTML of the labelled pages with these URLs, as the shards have them; a page at a time in memory."""
    wanted = set(urls)
    for labelled in labelled_pages(crawl):
        document = labelled.document
        if document.url in wanted:
            yield document.url, decode_html(document.meta[BODY], document.meta[CONTENT_TYPE]).html


def _ours(accounts: Accounts) -> System:
    extract_html("<p>warm</p>", "")  # imports and caches are not counted

    def extract(html: str, url: str) -> tuple[str, float]:
        began = time.process_time()
        extraction = extract_html(html, url)
        spent = time.process_time() - began
        accounts.add(extraction)
        return extraction.text, spent

    return extract


def extract_all(systems: dict[str, System], pages: Iterable[tuple[str, str]], out: Path) -> Speed:
    """Give each page to all systems in turn; texts go to `out`. Who comes first goes round."""
    speed = Speed(seconds=dict.fromkeys(systems, 0.0))
    files = {name: (out / f"{name}.jsonl").open("wb") for name in systems}
    order = list(systems)
    for url, html in pages:
        order.append(order.pop(0))
        for name in order:
            text, seconds = systems[name](html, url)
            speed.seconds[name] += seconds
            # A peer may write half of a surrogate pair, which JSON in UTF-8 cannot hold.
            text = text.encode("utf-8", "replace").decode()
            files[name].write(orjson.dumps({"url": url, "text": text}) + b"\n")
        speed.pages += 1
        if speed.pages % 500 == 0:
            print(f"{speed.pages} pages", file=sys.stderr)
    for file in files.values():
        file.close()
    return speed


def _score(crawl: Path, out: Path, name: str) -> dict[str, Any]:
    command = [sys.executable, str(SCORER), "--crawl", str(crawl), "--pred", str(out / f"{name}.jsonl")]
    command += ["--urls", str(out / "urls.txt"), "--json"]
    scores: dict[str, Any] = orjson.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    return scores


def print_speed(speed: Speed) -> None:
    """Pages a second of one core, and how many times as fast as those who matter most."""
    others = [name for name in COMPARED_WITH if speed.seconds.get(name)]
    print(
        f"{speed.pages} pages\n{'':24}{'pages/s':>10}"
        + "".join(f"{f'x {name}':>16}" for name in others)
        + f"{'raised':>10}"
    )
    for name, spent in speed.seconds.items():
        ratios = "".join(f"{speed.seconds[other] / spent:>16.2f}" for other in others)
        print(f"{name:24}{speed.pages / spent:10.1f}{ratios}{speed.raised.get(name, 0):>10}")


def print_accounts(accounts: Accounts) -> None:
    """Where the formulas that ours found have gone."""
    print(f"formulas found {accounts.found} = restored {accounts.restored} (rescued {accounts.rescued})", end=" ")
    print(f"+ in boilerplate {accounts.in_boilerplate}")
    print("pages by method:", ", ".join(f"{method} {n}" for method, n in accounts.methods.most_common()))
    print("restored by source:", ", ".join(f"{source} {n}" for source, n in accounts.sources.most_common()))


def print_scores(scores: dict[str, dict[str, Any]]) -> None:
    """The scorer's measures, and the recall of each kind of source."""
    print(f"\n{'':24}" + "".join(f"{name:>22}" for name in scores))
    for measure in MEASURES:
        print(f"{measure:24}" + "".join(f"{score[measure]!s:>22}" for score in scores.values()))
    first = next(iter(scores.values()))
    for kind, row in first["by_kind"].items():
        cells = "".join(f"{score['by_kind'][kind]['recall']:>22}" for score in scores.values())
        print(f"recall {kind:17}{cells}   of {row['gold']}")


if __name__ == "__main__":
    sys.exit(main())
