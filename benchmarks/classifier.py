"""The classifier on real pages: quality, speed, what training costs, poisoning, and the loop.

    python -m benchmarks.classifier [--only PART ...] [--crawl DIR] [--scratch DIR] [--workers 2] [--draws 10 11 ..]

`quality`, `speed`, `training`, `poisoning`, `loop`, `loop_poisoning`: each is told in `benchmarks/classifier_PART.py`
(training with speed). Pages come from the crawl by our own extraction, labels by address; figures are of labels of high
confidence where nothing else is said, with 95 % intervals of a bootstrap over sites. `--scratch` keeps the extracted
pages for the next call (some 150 s of work); without it a temporary folder is used. `--quick` leaves out what takes
gigabytes or minutes: DeepSeekMath's own settings, and the larger half of the table of training.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

from benchmarks.classifier_crawl import (
    SMALL,
    CrawlPage,
    CrossFit,
    crawl_pages,
    cross_fit,
    feature_lines,
    ours,
    plain,
    plain_line,
)
from benchmarks.classifier_loop import print_loop
from benchmarks.classifier_loop_poisoning import print_loop_poisoning
from benchmarks.classifier_poisoning import print_poisoning
from benchmarks.classifier_quality import print_quality
from benchmarks.classifier_speed import print_speed, print_training
from tests.shared import CRAWL

PARTS = ("quality", "speed", "training", "poisoning", "loop", "loop_poisoning")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the parts that are named, or all; the tables go to standard output."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", choices=PARTS, default=PARTS, metavar="PART", help=", ".join(PARTS))
    parser.add_argument("--crawl", type=Path, default=CRAWL, help="folder of the labelled crawl")
    parser.add_argument("--scratch", type=Path, help="keep extracted pages here")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--draws", type=int, nargs="+", default=list(range(10, 15)), help="of seed sites, in the loop")
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args(arguments)
    if not (options.crawl / "labels.jsonl.gz").is_file():
        print(f"no labelled crawl at {options.crawl}: name its folder with --crawl", file=sys.stderr)
        return 66
    with tempfile.TemporaryDirectory() as temporary:
        pages = crawl_pages(options.crawl, options.scratch or Path(temporary), options.workers)
        fits = _Fits([page for page in pages if page.sure], Path(temporary))
        if "quality" in options.only:
            print_quality(fits.pages, fits.kept, fits.plain, Path(temporary), slow=not options.quick)
        if "speed" in options.only:
            print_speed(fits.pages, Path(temporary))
        if "training" in options.only:
            print_training(fits.pages, Path(temporary), slow=not options.quick)
        if "poisoning" in options.only:
            print_poisoning(fits.pages, fits.kept, fits.plain, Path(temporary))
        if "loop" in options.only:
            print_loop(pages, options.draws, Path(temporary), options.workers)
        if "loop_poisoning" in options.only:
            print_loop_poisoning(pages, Path(temporary), options.workers)
    return 0


class _Fits:
    """Models that more than one part looks at, trained when the first does."""

    def __init__(self, pages: Sequence[CrawlPage], scratch: Path) -> None:
        self.pages, self._scratch = pages, scratch

    @cached_property
    def kept(self) -> CrossFit:
        """Our features with formulas."""
        return cross_fit(self.pages, feature_lines(self.pages), ours(SMALL), self._scratch / "kept")

    @cached_property
    def plain(self) -> CrossFit:
        """fastText by hand."""
        lines = [plain_line(page.text) for page in self.pages]
        return cross_fit(self.pages, lines, plain(SMALL), self._scratch / "plain")


if __name__ == "__main__":
    sys.exit(main())
