"""How fast pages are scored beside the bare binding, and what a training takes.

Speed: one process, processor time, the same pages for all, ways in turn; medians of the repeats, with the fastest and
the slowest. A training's seconds are processor time of its process, start and writing included.
"""

from __future__ import annotations

import random
import resource
import shutil
import statistics
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks.classifier_crawl import (
    SMALL,
    CrawlPage,
    counts_of,
    feature_lines,
    plain_line,
    scored,
    scores_of,
    told,
    train_ours,
)
from mathmill.classifier.features import Features, line
from mathmill.classifier.model import Classifier
from mathmill.classifier.resampling import bootstrap
from mathmill.classifier.settings import FastText

PAGES, REPEATS = 3_000, 7
TESTED = 0  # the fold that the models of the table of training never saw
DIMS, BUCKETS = (16, 64, 256), (100_000, 500_000, 2_000_000)
SLOW = 2**27  # numbers in a matrix; more are left out of a quick run

Way = Callable[[], object]


def print_speed(pages: Sequence[CrawlPage], scratch: Path) -> None:
    """Documents a second and core, of scoring lines, of features, and of both."""
    lines = feature_lines(pages)
    examples = ((page.is_math, text) for page, text in zip(pages, lines, strict=True))
    classifier, _ = train_ours(examples, SMALL, scratch / "speed")
    drawn = random.Random(0).sample(range(len(pages)), min(PAGES, len(pages)))
    texts, words = [pages[at].text for at in drawn], [lines[at] for at in drawn if lines[at]]
    tokens = sum(text.count(" ") + 1 for text in words) / len(words)
    print(f"\n{len(texts):,} pages, {sum(map(len, texts)) / len(texts):,.0f} characters and {tokens:,.0f} tokens each; "
          f"{SMALL.dim} dimensions, {SMALL.bucket:,} buckets; {REPEATS} repeats, processor time.\n")  # fmt: skip
    ways = _ways(classifier, texts, words)
    base = "f.predict, line by line"
    speeds = _speeds(ways, len(texts))
    print("| what | pages/s/core, median (min to max) | to f.predict |\n|---|---|---:|")
    for name, found in speeds.items():
        ratio = statistics.median(mine / theirs for mine, theirs in zip(found, speeds[base], strict=True))
        print(f"| {name} | {statistics.median(found):,.0f} ({min(found):,.0f} to {max(found):,.0f}) | {ratio:.2f} |")


def _ways(classifier: Classifier, texts: Sequence[str], words: Sequence[str]) -> dict[str, Way]:
    """Each gives the score of all pages, or the line of all."""
    model = classifier.fasttext
    ended = [f"{text}\n" for text in words]
    kept, removed = Features(), Features(formulas="removed")
    return {
        "f.predict, line by line": lambda: [model.f.predict(text, 2, 0.0, "strict") for text in ended],
        "model.predict, line by line": lambda: [model.predict(text, k=2) for text in words],
        "model.predict, all lines at once": lambda: model.predict(list(words), k=2),
        "Classifier.score_lines": lambda: classifier.score_lines(words),
        "features alone": lambda: [line(text, kept) for text in texts],
        "features alone, formulas removed": lambda: [line(text, removed) for text in texts],
        "lower case and one line, no features": lambda: [plain_line(text) for text in texts],
        "Classifier.score, features and all": lambda: classifier.score(texts),
    }


def _speeds(ways: dict[str, Way], pages: int) -> dict[str, list[float]]:
    """Pages a second of each way in each repeat; who is first goes round."""
    for way in ways.values():
        way()  # caches and tables are made once
    names = list(ways)
    speeds: dict[str, list[float]] = {name: [] for name in names}
    for repeat in range(REPEATS):
        first = repeat % len(names)
        for name in names[first:] + names[:first]:
            began = time.process_time()
            ways[name]()
            speeds[name].append(pages / (time.process_time() - began))
    return speeds


def print_training(pages: Sequence[CrawlPage], scratch: Path, slow: bool) -> None:
    """Time, memory and size by dimensions and buckets, and what they do for sites never seen."""
    lines = feature_lines(pages)
    trained_on = [at for at, page in enumerate(pages) if page.fold != TESTED]
    tested = [at for at, page in enumerate(pages) if page.fold == TESTED]
    megabytes = sum(len(lines[at]) for at in trained_on) / 1e6
    print(f"\nTrained on {counts_of([pages[at] for at in trained_on])}, {megabytes:.0f} MB of lines; tested on "
          f"{counts_of([pages[at] for at in tested])}.\n")  # fmt: skip
    print("| dim | buckets | words | processor s | peak MB | model MB | average precision (95 % over sites) |")
    print("|---:|---:|---:|---:|---:|---:|---|", flush=True)
    for settings in _grid(slow):
        folder = scratch / "training"
        examples = [(pages[at].is_math, lines[at]) for at in trained_on]
        began = _seconds_of_children()
        classifier, trained = train_ours(examples, settings, folder)
        seconds = _seconds_of_children() - began
        size = (folder / classifier.about.model.file).stat().st_size / 2**20
        scores = scores_of(classifier)([lines[at] for at in tested])
        found = bootstrap(scored([pages[at] for at in tested], scores), None).average_precision
        quantised = ", quantised" if settings.quantise else ""
        print(f"| {settings.dim} | {settings.bucket:,}{quantised} | {trained.words:,} | {seconds:.1f} | "
              f"{trained.peak_mb:,.0f} | {size:,.0f} | {told(found)} |", flush=True)  # fmt: skip
        shutil.rmtree(folder)


def _grid(slow: bool) -> list[FastText]:
    grid = [SMALL.model_copy(update={"dim": dim, "bucket": bucket}) for dim in DIMS for bucket in BUCKETS]
    grid.append(SMALL.model_copy(update={"quantise": True}))
    return [settings for settings in grid if slow or settings.dim * settings.bucket <= SLOW]


def _seconds_of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
