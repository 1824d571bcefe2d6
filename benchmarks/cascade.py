"""The cascade against trafilatura on every page: time, loss of the gates, recall and precision.

    python -m benchmarks.cascade [--crawl FOLDER] [--pages N] [--mix N] [--seed N]

One process, one run, processor seconds. Times are of random pages, blocks of them given to ours
and to trafilatura in turn. trafilatura gets its pages decoded for nothing and default settings; reading the archive
is counted on both sides. `as it is` is a sample of the labelled pages; `2 % mathematics` a sample of which 2 %
are labelled mathematics and the rest labelled as none, as in a real crawl. A fifth of what is labelled as none
is of low confidence, mostly pages of mathematical software with a few formulas, so the mix is also drawn
without these. Losses are of pages labelled mathematics with high confidence, with 95 % Wilson intervals, on tuning
sites, reporting sites, and all.
"""

from __future__ import annotations

import argparse
import logging
import random
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import trafilatura

from benchmarks.pages import LabelledPage, labelled_pages
from mathmill.data.records import BODY, HTML, Document, Stage
from mathmill.data.stats import wilson_interval
from mathmill.pipeline.decode import Decode
from mathmill.pipeline.recipe import PipelineRecipe
from tests.shared import CRAWL

KEPT = "kept"
READ = "read"
MIX_SHARE = 0.02
BLOCK = 20  # pages given to one side before the other has its turn: neither works in cold caches


@dataclass(slots=True)
class Times:
    """Processor seconds of one set of pages: ours by stage, and trafilatura's."""

    pages: int = 0
    mathematics: int = 0
    megabytes: float = 0.0
    ours: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    reached: Counter[str] = field(default_factory=Counter)
    theirs: float = 0.0


def walk(stages: Sequence[Stage], document: Document, times: Times | None = None) -> str:
    """Where a page ends: the stage that dropped it, or `KEPT`."""
    for stage in stages:
        began = time.process_time()
        (result,) = stage([document])
        if times is not None:
            times.ours[stage.use] += time.process_time() - began
            times.reached[stage.use] += 1
        if not isinstance(result, Document):
            return stage.use
        document = result
    return KEPT


def measure_times(stages: Sequence[Stage], pages: Sequence[LabelledPage]) -> Times:
    """Ours and trafilatura in turn on blocks of pages, ours first on every second block."""
    times = Times(pages=len(pages), mathematics=sum(page.label.is_math for page in pages))
    for start in range(0, len(pages), BLOCK):
        block = pages[start : start + BLOCK]
        if start // BLOCK % 2:
            _time_ours(stages, block, times)
            _time_theirs(block, times)
        else:
            _time_theirs(block, times)
            _time_ours(stages, block, times)
    return times


def _time_ours(stages: Sequence[Stage], block: Sequence[LabelledPage], times: Times) -> None:
    for page in block:
        times.megabytes += len(page.document.meta[BODY]) / 1e6
        times.ours[READ] += page.read_seconds
        times.reached[READ] += 1
        walk(stages, page.document, times)


def _time_theirs(block: Sequence[LabelledPage], times: Times) -> None:
    for decoded in Decode()(page.document for page in block):
        assert isinstance(decoded, Document)
        html: str = decoded.meta[HTML]
        began = time.process_time()
        trafilatura.extract(html)
        times.theirs += time.process_time() - began
    times.theirs += sum(page.read_seconds for page in block)


def print_times(name: str, times: Times) -> None:
    """One line a stage, then both sides and their ratio."""
    total = sum(times.ours.values())
    print(f"\n{name}: {times.pages} pages, {times.mathematics} of them mathematics, {times.megabytes:.1f} MB")
    print(f"{'stage':<12}{'pages':>8}{'ms a page reached':>20}{'ms a page of all':>18}")
    for stage, seconds in times.ours.items():
        reached = times.reached[stage]
        print(f"{stage:<12}{reached:>8}{1e3 * seconds / reached:>20.3f}{1e3 * seconds / times.pages:>18.3f}")
    for side, seconds in (("mathmill", total), ("trafilatura", times.theirs)):
        pace = f"{times.pages / seconds:.0f} pages/s, {times.megabytes / seconds:.2f} MB/s"
        print(f"{side:<12}{1e3 * seconds / times.pages:.3f} ms a page, {pace}")
    print(f"ratio       {times.theirs / total:.1f}")


def print_losses(stages: Sequence[Stage], ends: Sequence[tuple[LabelledPage, str]]) -> None:
    """What each stage drops of the pages that are mathematics with high confidence."""
    for name, belongs in SPLITS.items():
        of = [end for page, end in ends if page.label.is_math and page.label.sure and belongs(page)]
        print(f"\nmathematics lost, {name} ({len(of)} pages of high confidence)")
        gates = {stage.use for stage in stages if getattr(stage, "is_gate", False)}
        _print_share("gates together", sum(end in gates for end in of), len(of))
        for stage in stages:
            lost = of.count(stage.use)
            if lost or stage.use in gates:
                _print_share(stage.use, lost, len(of))


def print_scores(ends: Sequence[tuple[LabelledPage, str]]) -> None:
    """Recall and precision of what is kept; pages of low confidence apart."""
    for name, belongs in SPLITS.items():
        here = [(page.label, end == KEPT) for page, end in ends if belongs(page)]
        sure = Counter((label.is_math, kept) for label, kept in here if label.sure)
        low = Counter((label.is_math, kept) for label, kept in here if not label.sure)
        print(f"\nkept, {name}")
        _print_share("recall", sure[True, True], sure[True, True] + sure[True, False])
        _print_share("precision", sure[True, True], sure[True, True] + sure[False, True])
        _print_share("low confidence, mathematics, kept", low[True, True], low[True, True] + low[True, False])
        _print_share("low confidence, none, kept", low[False, True], low[False, True] + low[False, False])


def _print_share(name: str, hits: int, n: int) -> None:
    low, high = wilson_interval(hits, n)
    share = hits / n if n else float("nan")
    print(f"  {name:<34}{hits:>6} of {n:<6}{100 * share:7.2f} %   ({100 * low:.2f} to {100 * high:.2f})")


SPLITS: dict[str, Callable[[LabelledPage], bool]] = {
    "tuning sites": lambda page: page.label.tuning,
    "reporting sites": lambda page: not page.label.tuning,
    "all sites": lambda page: True,
}


def draw_mix(pages: Sequence[LabelledPage], n: int, draw: random.Random, sure: bool = False) -> list[LabelledPage]:
    """`n` pages, 2 % of them mathematics, in random order; `sure` takes labels of high confidence only."""
    fit = [page for page in pages if page.label.sure or not sure]
    mathematics = [page for page in fit if page.label.is_math]
    others = [page for page in fit if not page.label.is_math]
    few = min(round(n * MIX_SHARE), len(mathematics))
    mix = draw.sample(mathematics, few) + draw.sample(others, min(n - few, len(others)))
    draw.shuffle(mix)
    return mix


def ends_of(stages: Sequence[Stage], pages: Iterable[LabelledPage]) -> list[tuple[LabelledPage, str]]:
    """Where each page ends."""
    return [(page, walk(stages, page.document)) for page in pages]


def main() -> int:
    """Run the benchmark; the tables go to standard output."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--crawl", type=Path, default=CRAWL, help="folder of the labelled crawl")
    parser.add_argument("--pages", type=int, default=1_000, help="pages timed of the set as it is")
    parser.add_argument("--mix", type=int, default=2_000, help="pages timed of each mix with 2 %% mathematics")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    if not options.crawl.is_dir():
        print(f"no labelled crawl at {options.crawl}: name its folder with --crawl", file=sys.stderr)
        return 66
    logging.disable(logging.CRITICAL)  # trafilatura warns of every page it gives up on
    stages = PipelineRecipe(archives=()).stages
    pages = list(labelled_pages(options.crawl))
    print(f"{len(pages)} labelled pages from {len({page.label.site for page in pages})} sites, seed {options.seed}")
    draw = random.Random(options.seed)
    measure_times(stages, draw.sample(pages, 20))  # loads models
    mixes = {
        "2 % mathematics": draw_mix(pages, options.mix, draw),
        "2 % mathematics, labels of high confidence": draw_mix(pages, options.mix, draw, sure=True),
    }
    for name, mix in mixes.items():
        print_times(name, measure_times(stages, mix))
    print_times("the set as it is", measure_times(stages, draw.sample(pages, min(options.pages, len(pages)))))
    ends = ends_of(stages, pages)
    print_losses(stages, ends)
    print_scores(ends)
    return 0


if __name__ == "__main__":
    sys.exit(main())
