"""What each gate before the full extraction lets pass and loses, the classifier's among them, and what each step costs.

    python -m benchmarks.gates [--crawl FOLDER] [--shards N] [--timed N] [--workers N] [--bar SCORE] [--scratch FOLDER]

Pages are those of the first N shards, through runs of the pipeline. They are dealt to five folds by their registered
domain, and a page is judged by models that saw the other folds alone. The gate's model is trained on cheap text and,
beside it, on extracted text; both score cheap text, and cascades use the latter for gate and judge. Shares are of pages
labelled with high confidence, with 95 % intervals over sites (1,000 resamples). The bars of the gates' table were fixed
beforehand; those of the last cascade (evidence from 1, classifier from 0.001) were chosen on these pages.

What a cascade costs is processor time of each step, measured once on a random sample of the pages with every gate
open, and added up over the pages that reach the step: what two cascades share costs both the same. At the end the
cascade with both gates is run as a whole, a run a fold, and must end each page where the table says. Prints Markdown.
"""

from __future__ import annotations

import argparse
import itertools
import random
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.classifier_crawl import FOLDS
from benchmarks.gate_pages import CHEAP, EXTRACTED, Bench, Crawl, deal, ends_of, read_crawl, run, score_by, train
from benchmarks.pages import load_labels
from mathmill.classifier.curves import Bools, Floats, from_columns
from mathmill.classifier.evidence import Evidence
from mathmill.classifier.features import line
from mathmill.classifier.model import load_classifier
from mathmill.classifier.resampling import Estimate, bootstrap, bootstrap_difference, draws, estimate
from mathmill.classifier.stage import ClassifierGate, Classify
from mathmill.data.page_files import Pages, read_pages
from mathmill.data.records import Document, Stage
from mathmill.data.stats import wilson_interval
from mathmill.pipeline.archives import read_archive
from mathmill.pipeline.cheap_text import CheapText
from mathmill.pipeline.decode import Decode
from mathmill.pipeline.extract import Extract
from mathmill.pipeline.gates import ByteGate
from mathmill.pipeline.language import Language
from mathmill.pipeline.pages import page
from mathmill.pipeline.quality import Quality
from mathmill.pipeline.recipe import AnyStage, PipelineRecipe
from mathmill.pipeline.warc import LostSpan
from tests.shared import CRAWL

BARS = (1e-5, 1e-4, 1e-3, 1e-2, 1e-1)
RESAMPLES = 1_000
TIMED = 1_000  # pages on which the parts of the gate's time are measured
STEPS = (
    "read", "byte_gate", "decode", "cheap_text", "language", "classifier_gate", "extract", "evidence", "classifier",
    "quality",
)  # fmt: skip
KEPT = "kept"
LOOSE = 1.0  # evidence that the first gate asks for where the classifier's comes behind it
MIDDLE = 0.5  # the score that the judge of extracted text asks for


@dataclass(frozen=True, slots=True)
class Cascade:
    """Steps in order, each with the pages that it would let pass."""

    name: str
    steps: tuple[tuple[str, Bools], ...]

    def reached(self) -> Iterator[tuple[str, Bools]]:
        """Which pages reach each step, and at last which are kept."""
        alive = np.ones(len(self.steps[0][1]), np.bool_)
        for step, passes in self.steps:
            yield step, alive
            alive = alive & passes
        yield KEPT, alive


def share_over_sites(hits: Bools, sites: Sequence[str]) -> Estimate:
    """The share of pages that `hits` is true of, with its interval over sites.

    Where it is none or all of them, resamples are all alike: the interval is then Wilson's with a site for a page.
    """
    names = sorted(set(sites))
    place = {name: at for at, name in enumerate(names)}
    at = np.array([place[site] for site in sites], np.int64)
    pages = np.bincount(at, minlength=len(names)).astype(np.float64)
    found = np.bincount(at, weights=hits.astype(np.float64), minlength=len(names))
    resampled = np.array([weights @ found / (weights @ pages) for weights in draws(len(names), RESAMPLES, seed=0)])
    share = estimate(float(found.sum() / pages.sum()), resampled, len(names), least=0.0)
    if 0 < found.sum() < pages.sum():
        return share
    low, high = wilson_interval(len(names) if found.any() else 0, len(names))
    return share.model_copy(update={"low": low, "high": high})


def told(found: Estimate) -> str:
    """A share in percent with its interval."""
    return f"{100 * (found.value or 0):.2f} % ({100 * found.low:.2f} to {100 * found.high:.2f})"


def print_gates(crawl: Crawl, scores: dict[str, Floats]) -> None:
    """What would go on to full extraction, gate by gate."""
    sites = [label.site for label in crawl.labels]
    mathematics, others = crawl.is_math & crawl.sure, ~crawl.is_math & crawl.sure
    gates: dict[str, Bools] = {"none": np.ones(len(sites), np.bool_)}
    gates |= {f"evidence, {least:g}": crawl.evidence >= least for least in (1.0, 3.0)}
    for kind, found in scores.items():
        gates |= {f"classifier on {kind}, {bar:g}": found >= bar for bar in BARS}
    found = scores[EXTRACTED]
    gates |= {
        f"both: evidence, {least}; classifier on {EXTRACTED}, {bar:g}": gates[f"evidence, {least}"] & (found >= bar)
        for least in (1, 3)
        for bar in BARS[2:]
    }
    counted = [f"{int(chosen.sum()):,} pages of {_sites(crawl, chosen)} sites" for chosen in (mathematics, others)]
    print(f"\nGates on cheap text: mathematics, {counted[0]}; others, {counted[1]}.")
    print(
        f"Of all {len(sites):,} labelled pages, unsure ones among them, {crawl.is_math.mean():.0%} are mathematics.\n"
    )
    print("| gate on cheap text | all pages | other pages | mathematics (recall) | lost |")
    print("|---|---:|---|---|---:|")
    for name, passed in gates.items():
        recall, load = (
            share_over_sites(passed[chosen], [sites[at] for at in np.flatnonzero(chosen)])
            for chosen in (mathematics, others)
        )
        lost = int((mathematics & ~passed).sum())
        print(f"| {name} | {passed.mean():.1%} | {told(load)} | {told(recall)} | {lost:,} |")
    kept = np.flatnonzero(crawl.sure)
    columns = {
        kind: from_columns(crawl.is_math[kept], np.maximum(found, 0)[kept], [sites[at] for at in kept])
        for kind, found in scores.items()
    }
    for kind, pages in columns.items():
        precision = bootstrap(pages, None, RESAMPLES).average_precision
        print(f"\nAverage precision on cheap text of the models trained on {kind}: {told(precision)}.")
    difference = bootstrap_difference(columns[CHEAP], columns[EXTRACTED], (MIDDLE, MIDDLE), RESAMPLES).average_precision
    print(f"The latter less the former, in the same resamples: {told(difference)}.")


def _sites(crawl: Crawl, chosen: Bools) -> int:
    return len({crawl.labels[at].site for at in np.flatnonzero(chosen)})


def cascades(crawl: Crawl, gate: Floats, judge: Floats, bar: float) -> list[Cascade]:
    """Without a gate, with either, with both; `gate` and `judge` are scores of cheap and of extracted text."""
    every = np.ones(len(crawl.urls), np.bool_)
    start = (("decode", every), ("cheap_text", every), ("language", every))
    by_evidence = ("byte_gate", "decode", "cheap_text", "language", "extract", "evidence", "quality")
    evidence = tuple((stage, ~crawl.ends_at(stage)) for stage in by_evidence)
    before = evidence[0], start[0], ("cheap_text", crawl.evidence >= LOOSE), start[2]
    gated = ("classifier_gate", gate >= bar), ("extract", judge >= 0), ("classifier", judge >= MIDDLE)
    return [
        Cascade("no gate", (*start, ("extract", every))),
        Cascade("evidence (recipes/corpus.toml)", evidence),
        Cascade(f"classifier, bar {bar:g}", (*start, *gated)),
        Cascade(f"both, evidence {LOOSE:g}, bar {bar:g}", (*before, *gated)),
    ]


def stages_of_both(bench: Bench, fold: int, bar: float) -> tuple[AnyStage, ...]:
    """The cascade with both gates for the pages of a fold."""
    model = bench.model(EXTRACTED, fold)
    gate, judge = ClassifierGate(model=model, min_score=bar), Classify(model=model, min_score=MIDDLE)
    return ByteGate(), Decode(), CheapText(min_score=LOOSE), Language(), gate, Extract(), judge


def measure_times(
    bench: Bench, crawl: Crawl, shards: Sequence[Path], timed: int
) -> tuple[list[int], dict[str, Floats]]:
    """Places of a sample of pages, and the processor seconds of every step on each, with every gate open."""
    place = {url: at for at, url in enumerate(crawl.urls)}
    chosen = set(random.Random(0).sample(crawl.urls, min(timed, len(crawl.urls))))
    drawn = {place[document.url]: (document, reading) for document, reading in _pages(shards) if document.url in chosen}
    places = sorted(drawn, key=crawl.folds.__getitem__)  # a fold after the other, for its model is loaded once
    seconds: dict[str, list[float]] = defaultdict(list)
    for at in places:
        document, reading = drawn[at]
        stages = (*stages_of_both(bench, crawl.folds[at], 0.0), Evidence(min_score=0), Quality(min_chars=0))
        if at == places[0]:
            _times(stages, document)  # loads what is loaded once
        spent = {"read": reading} | _times(stages, document)
        for step in STEPS:
            seconds[step].append(spent.get(step, 0.0))
    return places, {step: np.array(column) for step, column in seconds.items()}


def _times(stages: Sequence[Stage], document: Document) -> dict[str, float]:
    """Processor seconds of each stage on a page, every gate open; the last is `extract` where that finds no text."""
    spent = {}
    for stage in stages:
        list(stage([]))  # loads a model
        began = time.process_time()
        (result,) = stage([document])
        spent[stage.use] = time.process_time() - began
        document = result if isinstance(result, Document) else result.document
        if stage.use == "extract" and not isinstance(result, Document):
            break
    return spent


def _pages(shards: Sequence[Path]) -> Iterator[tuple[Document, float]]:
    """The pages of archives, and the processor seconds that reading each took, with the records before it."""
    began = time.process_time()
    for shard in shards:
        for record in read_archive(shard):
            found = None if isinstance(record, LostSpan) else page(record, shard.name)
            if isinstance(found, Document):
                yield found, time.process_time() - began
                began = time.process_time()


def print_costs(crawl: Crawl, found: Sequence[Cascade], places: list[int], seconds: dict[str, Floats]) -> None:
    """Milliseconds a page by step and in all, as the crawl is and where 2 % of the pages are mathematics."""
    is_math = crawl.is_math[places]
    sure = crawl.sure[places]
    print(f"\nMilliseconds of processor time a page of all {len(places):,} (share of them that reach the step):\n")
    print(f"| step | {' | '.join(cascade.name for cascade in found)} |\n|---|{'---:|' * len(found)}")
    costs = []
    for cascade in found:
        reached = {step: pages[places] for step, pages in cascade.reached()} | {"read": np.ones(len(places), np.bool_)}
        costs.append({step: (seconds[step] * reached[step], reached[step].mean()) for step in STEPS if step in reached})
    for step in STEPS:
        cells = (f"{1e3 * cost[step][0].mean():.2f} ({cost[step][1]:.0%})" if step in cost else "" for cost in costs)
        print(f"| {step} | {' | '.join(cells)} |")
    whole = [sum((spent for spent, _ in cost.values()), np.zeros(len(places))) for cost in costs]
    print(f"| **whole** | {' | '.join(f'**{1e3 * each.mean():.2f}**' for each in whole)} |")
    mixed = [0.02 * each[is_math & sure].mean() + 0.98 * each[~is_math & sure].mean() for each in whole]
    print(f"| whole, 2 % mathematics | {' | '.join(f'{1e3 * each:.2f}' for each in mixed)} |")


def print_losses(crawl: Crawl, found: Sequence[Cascade]) -> None:
    """Where pages of mathematics are lost, and how many others are kept."""
    mathematics, others = crawl.is_math & crawl.sure, ~crawl.is_math & crawl.sure
    sites = [crawl.labels[at].site for at in np.flatnonzero(mathematics)]
    print(f"\nOf {int(mathematics.sum()):,} pages of mathematics and {int(others.sum()):,} others:\n")
    print("| cascade | mathematics lost by | recall | others kept |\n|---|---|---|---:|")
    for cascade in found:
        masks = list(cascade.reached())
        lost = {
            step: int((mathematics & alive & ~after).sum()) for (step, alive), (_, after) in itertools.pairwise(masks)
        }
        told_lost = ", ".join(f"{step} {count:,}" for step, count in lost.items() if count) or "none"
        kept = masks[-1][1]
        recall = share_over_sites(kept[mathematics], sites)
        print(f"| {cascade.name} | {told_lost} | {told(recall)} | {int((others & kept).sum()):,} |")


def check_against_runs(bench: Bench, crawl: Crawl, expected: Cascade, bar: float) -> None:
    """Run the cascade with both gates for each fold, and compare where each page ends."""
    ends: dict[str, str] = {}
    for fold in range(FOLDS):
        ends |= ends_of(run(bench, f"both-{bar:g}-{fold}", fold, stages_of_both(bench, fold, bar)))
    masks = list(expected.reached())
    said = np.full(len(crawl.urls), "", dtype=object)
    for (step, alive), (_, after) in itertools.pairwise(masks):
        said[alive & ~after] = step
    same = sum(ends[url] == end for url, end in zip(crawl.urls, said, strict=True))
    print(f"\nWhole runs of `{expected.name}`: {same:,} of {len(crawl.urls):,} pages end where the table says.")


def print_parts(bench: Bench, cheap: Path) -> None:
    """What the gate's time is made of, and what batches would spare."""
    pages = list(read_pages(Pages(run=cheap, most=TIMED)))
    classifier = load_classifier(bench.model(EXTRACTED, 0))
    lines = [line(page.text, classifier.features) for page in pages]
    raw = [text + "\n" for text in lines if text]
    predict, many = classifier.fasttext.f.predict, classifier.fasttext.f.multilinePredict
    gate = ClassifierGate(model=bench.model(EXTRACTED, 0), min_score=0.5)
    parts: dict[str, Callable[[], object]] = {
        "features of the text": lambda: [line(page.text, classifier.features) for page in pages],
        "the raw binding, a line a call": lambda: [predict(text, 2, 0.0, "strict") for text in raw],
        "the raw binding, all lines in one call": lambda: many(raw, 2, 0.0, "strict"),
        "`score_lines`, a line a call": lambda: [classifier.score_lines([text]) for text in lines],
        "`score_lines`, all lines in one call": lambda: classifier.score_lines(lines),
        "the stage, a page a call, as in the cascade": lambda: [list(gate([page])) for page in pages],
        "the stage, all pages in one call": lambda: list(gate(pages)),
    }
    print(f"\nProcessor time of the gate, {len(pages):,} pages of cheap text, median of five:\n")
    print("| what | µs a page |\n|---|---:|")
    taken: dict[str, list[float]] = {name: [] for name in parts}
    for _ in range(5):
        for name, work in parts.items():
            began = time.process_time()
            work()
            taken[name].append(time.process_time() - began)
    for name, seconds in taken.items():
        print(f"| {name} | {1e6 * sorted(seconds)[2] / len(pages):.0f} |")


def main() -> int:
    """Run the benchmark; the tables go to standard output."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--crawl", type=Path, default=CRAWL, help="folder of the labelled crawl")
    parser.add_argument("--shards", type=int, default=3, help="shards of it that are read")
    parser.add_argument("--timed", type=int, default=400, help="pages that every step is timed on")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--bar", type=float, default=1e-3, help="score that the gate of the whole runs asks for")
    parser.add_argument("--scratch", type=Path, help="folder to work in; what it holds already is not made again")
    options = parser.parse_args()
    shards = sorted(options.crawl.glob("*.warc.gz"))[: options.shards]
    if not shards:
        print(f"no labelled crawl at {options.crawl}: name its folder with --crawl", file=sys.stderr)
        return 66
    with tempfile.TemporaryDirectory() as temporary:
        bench = Bench(options.scratch or Path(temporary), options.workers, load_labels(options.crawl))
        deal(shards, bench)
        first = (Decode(), CheapText(min_score=0))
        cheap = run(bench, "cheap", "*", first)
        full = run(bench, "full", "*", (*first, Language(), Extract()))
        crawl = read_crawl(bench, cheap, full, run(bench, "evidence", "*", PipelineRecipe().stages))
        for kind in (CHEAP, EXTRACTED):
            train(bench, crawl, kind)
        scores = {kind: score_by(bench, crawl, kind, CHEAP) for kind in (CHEAP, EXTRACTED)}
        print_gates(crawl, scores)
        judge = score_by(bench, crawl, EXTRACTED, EXTRACTED)
        found = cascades(crawl, scores[EXTRACTED], judge, options.bar)
        print_costs(crawl, found, *measure_times(bench, crawl, shards, options.timed))
        print_losses(crawl, found)
        print_parts(bench, cheap)
        check_against_runs(bench, crawl, found[-1], options.bar)
    return 0


if __name__ == "__main__":
    sys.exit(main())
