"""The loop from three sites, beside one-shot training on the same three: what each round gains on sites never seen.

A draw holds one fold's sites out, whose pages are in nothing that the loop reads, and draws three sites with at least
20 pages of mathematics from the others; their pages of mathematics are the seeds, all pages of the other folds the
crawl.
Round 1 is the one-shot model: seeds against random pages of a crawl of which a quarter is mathematics. Each round is
judged on the held-out pages with labels of high confidence, at the score from which it kept pages of its crawl; no
label has a part in any of it but the choice of seeds. Settings were chosen on draws 0 to 9. Draw n holds out fold
n % 5, so that five draws test every site once. The mean of their average precisions has an interval of a bootstrap over
sites within each draw; the difference to round 1 is paired in the same resamples.

Patterns: by the labels, how much of what is under accepted patterns is mathematics, by whether the round had kept it,
and how much of what joins the seed set of the next round. Pages of low confidence are borderline and mostly labelled as
none; they are counted in the second figure of each pair.
"""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import orjson

from benchmarks.classifier_crawl import (
    FOLDS,
    SMALL,
    CrawlPage,
    counts_of,
    feature_lines,
    number,
    scored,
    scores_of,
    told,
)
from mathmill.classifier.curves import Floats, ScoredPages, area, average_precision, block_ends
from mathmill.classifier.decisions import Decisions
from mathmill.classifier.examples import SEED_SET
from mathmill.classifier.iterate import LoopResult, iterate, review_file
from mathmill.classifier.model import load_classifier
from mathmill.classifier.recipe import Keep, LoopRecipe, Negatives, Positives
from mathmill.classifier.resampling import bootstrap, bootstrap_difference, draws, estimate
from mathmill.classifier.review import read_review
from mathmill.data.page_files import Pages
from mathmill.data.tables import table_rows
from mathmill.pipeline.engines.local import LocalEngine

SEEDS, SEED_PAGES = 3, 20
ROUNDS = 4
KEEP = 0.5  # of the crawl's tokens: mathematics, a quarter of its pages, has 64 % of them
RESAMPLES = 1000
CRAWL_FILES = 4


@dataclass(frozen=True, slots=True)
class Rule:
    """What joins the seed set, what is never a negative, and which words count."""

    name: str
    joins: Literal["likely", "uncollected"]
    spare: Literal["domains", "kept"]
    min_domains: int


RULES = (
    Rule("ours", "likely", "domains", 20),
    Rule("ours with all words", "likely", "domains", 1),
    Rule("the paper's", "uncollected", "kept", 1),
)


@dataclass(frozen=True, slots=True)
class Draw:
    """What one draw is made of."""

    number: int
    seeds: tuple[str, ...]  # three sites
    crawl: Sequence[CrawlPage]
    tested: Sequence[CrawlPage]


@dataclass(frozen=True, slots=True, eq=False)
class RoundFigures:
    """A round of one draw: scores of the tested pages, where it cut, what it trained on, and its patterns."""

    scored: ScoredPages
    cut: float
    trained: tuple[ScoredPages, ScoredPages]  # positives, negatives
    joined: ScoredPages  # of the positives those under patterns of the round before
    under: ScoredPages  # pages of the crawl under accepted patterns of this round; a score of 1 where it kept them
    under_sure: ScoredPages  # of these, those with labels of high confidence
    joined_sure: ScoredPages


def print_loop(pages: Sequence[CrawlPage], numbers: Sequence[int], scratch: Path, workers: int) -> None:
    """The tables, for our rules and for the paper's."""
    made = [make_draw(pages, number) for number in numbers]
    for draw in made:
        print(f"\nDraw {draw.number}: seeds {', '.join(draw.seeds)}; crawl {counts_of(draw.crawl)}; tested on "
              f"{counts_of(draw.tested)}.")  # fmt: skip
    last: dict[str, list[RoundFigures]] = {}
    for rule in RULES:
        began = time.perf_counter()
        found = [_rounds_of(draw, rule, scratch / f"{rule.name}-{draw.number}", workers) for draw in made]
        seconds = (time.perf_counter() - began) / len(made)
        print(f"\n{rule.name}: joins = {rule.joins}, negatives.spare = {rule.spare}, min_domains = {rule.min_domains}; "
              f"{seconds:.0f} s a draw\n", flush=True)  # fmt: skip
        _print_rounds(found)
        _print_patterns(found)
        last[rule.name] = [rounds[-1] for rounds in found]
    ours = RULES[0].name
    for rule in RULES[1:]:
        change = _mean(last[ours], last[rule.name])
        print(f"\nMean average precision of the last round, {ours} to {rule.name}, paired: {change}.")


def make_draw(pages: Sequence[CrawlPage], number: int) -> Draw:
    """Draw `number`: its fold held out, three sites of the others."""
    crawl = [page for page in pages if page.fold != number % FOLDS]
    counts = Counter(page.site for page in crawl if page.is_math and page.sure)
    sites = sorted(site for site, count in counts.items() if count >= SEED_PAGES)
    seeds = random.Random(number).sample(sites, SEEDS)
    return Draw(number, tuple(seeds), crawl, [page for page in pages if page.sure and page.fold == number % FOLDS])


def recipe_of(draw: Draw, rule: Rule, folder: Path) -> LoopRecipe:
    """Write the draw's pages as files, and the recipe that reads them."""
    folder.mkdir(parents=True)
    seeds = [page for page in draw.crawl if page.site in draw.seeds and page.is_math and page.sure]
    _write(folder / "seeds.jsonl", seeds)
    files = [folder / f"crawl-{part}.jsonl" for part in range(CRAWL_FILES)]
    for part, file in enumerate(files):
        _write(file, draw.crawl[part::CRAWL_FILES])
    return LoopRecipe(
        seed=draw.number,
        crawl=Pages(files=tuple(map(str, files))),
        positives=Positives(pages=Pages(files=(str(folder / "seeds.jsonl"),))),
        negatives=Negatives(count=3_000, spare=rule.spare),
        min_domains=rule.min_domains,
        fasttext=SMALL.model_copy(update={"dim": 16}),
        keep=Keep(share=KEEP),
        joins=rule.joins,
        join_per_domain=300,
        rounds=ROUNDS,
        stop_at=1.0,
    )


def _write(file: Path, pages: Sequence[CrawlPage]) -> None:
    rows = ({"id": page.document.id, "url": page.document.url, "text": page.text} for page in pages)
    file.write_bytes(b"".join(orjson.dumps(row) + b"\n" for row in rows))


def _rounds_of(draw: Draw, rule: Rule, folder: Path, workers: int) -> list[RoundFigures]:
    result = iterate(recipe_of(draw, rule, folder), folder / "out", LocalEngine(workers))
    return list(_figures(draw, result))


def _figures(draw: Draw, result: LoopResult) -> Iterator[RoundFigures]:
    lines = feature_lines(draw.tested)
    by_url = {page.document.url: page for page in draw.crawl}
    urls = _urls(result.folder / "pages")
    for at, metrics in enumerate(result.rounds, 1):
        folder = result.folder / f"round-{at}"
        cut = metrics["crawl"]["score"]
        trained = list(table_rows(folder / SEED_SET, ["url", "is_math", "origin"]))
        decisions = Decisions(read_review(review_file(result.folder, at)))
        kept = _kept(folder, urls, metrics["crawl"]["logit"])
        under = [page for page in draw.crawl if decisions.accepts(page.document.url)]
        joined = [by_url[row["url"]] for row in trained if row["origin"] == "pattern"]
        yield RoundFigures(
            scored=scored(draw.tested, scores_of(load_classifier(folder))(lines)),
            cut=cut,
            trained=(_by(by_url, trained, True), _by(by_url, trained, False)),
            joined=_marked(joined),
            joined_sure=_marked([page for page in joined if page.sure]),
            under=_marked(under, kept),
            under_sure=_marked([page for page in under if page.sure], kept),
        )


def _urls(prepared: Path) -> dict[int, str]:
    """Address of each row of the crawl."""
    tables = sorted((prepared / "pages").glob("*.parquet"))
    return {row["row"]: row["url"] for table in tables for row in table_rows(table, ["row", "url"])}


def _kept(folder: Path, urls: dict[int, str], cut: int) -> frozenset[str]:
    """Addresses of the pages that a round kept."""
    tables = sorted((folder / "scores").glob("*.parquet"))
    rows = (row for table in tables for row in table_rows(table, ["row", "logit"]))
    return frozenset(urls[row["row"]] for row in rows if row["logit"] >= cut)


def _by(by_url: dict[str, CrawlPage], trained: Sequence[dict[str, Any]], is_math: bool) -> ScoredPages:
    return _marked([by_url[row["url"]] for row in trained if row["is_math"] == is_math])


def _marked(pages: Sequence[CrawlPage], kept: frozenset[str] | None = None) -> ScoredPages:
    """Pages with a score of 1, or of 0 where they are not of `kept`."""
    marks = [float(kept is None or page.document.url in kept) for page in pages]
    return scored(pages, np.array(marks, np.float64))


def _print_rounds(found: Sequence[Sequence[RoundFigures]]) -> None:
    """By round: average precision, precision and recall over all draws."""
    print("| round | average precision by draw | mean (95 % over sites) | to round 1, paired | precision at the cut | "
          "recall at the cut | positives, mathematics of them | negatives, mathematics of them |\n"
          "|---:|---|---|---|---|---|---|---|")  # fmt: skip
    for at in range(min(map(len, found))):
        now, first = [rounds[at] for rounds in found], [rounds[0] for rounds in found]
        each = " ".join(number(average_precision(r.scored.is_math, r.scored.scores)) for r in now)
        mean, gain = _mean(now), _mean(now, first) if at else ""
        figures = bootstrap(_pooled_at_cut(now), 0.5)
        trained = " | ".join(_trained(now, side) for side in (0, 1))
        print(f"| {at + 1} | {each} | {mean} | {gain} | {told(figures.precision)} | {told(figures.recall)} | "
              f"{trained} |", flush=True)  # fmt: skip
    last = [rounds[-1] for rounds in found]
    change = bootstrap_difference(_pooled_at_cut([rounds[0] for rounds in found]), _pooled_at_cut(last), (0.5, 0.5))
    print(f"\nLast round to the first at their cuts, paired: precision {told(change.precision, sign=True)}, recall "
          f"{told(change.recall, sign=True)}.")  # fmt: skip


def _pooled_at_cut(rounds: Sequence[RoundFigures]) -> ScoredPages:
    """The tested pages of all draws, with a score of 1 where the round's cut keeps them."""
    return _joined_columns([(each.scored, (each.scored.scores >= each.cut).astype(np.float64)) for each in rounds])


def _joined_columns(parts: Sequence[tuple[ScoredPages, Floats]]) -> ScoredPages:
    """Pages of several draws with other scores; a site that is in more than one draw is one site to a bootstrap."""
    names = sorted({name for pages, _ in parts for name in pages.site_names})
    place = {name: at for at, name in enumerate(names)}
    sites = [place[pages.site_names[site]] for pages, _ in parts for site in pages.sites]
    return ScoredPages(
        is_math=np.concatenate([pages.is_math for pages, _ in parts]),
        scores=np.concatenate([scores for _, scores in parts]),
        sites=np.array(sites, np.int64),
        tokens=np.concatenate([pages.tokens for pages, _ in parts]),
        site_names=tuple(names),
        ids=tuple(f"{at} {name}" for at, (pages, _) in enumerate(parts) for name in pages.ids),
    )


def _mean(rounds: Sequence[RoundFigures], first: Sequence[RoundFigures] | None = None) -> str:
    """The mean over draws, or by how much it is above that of `first`."""
    value = np.mean([average_precision(each.scored.is_math, each.scored.scores) for each in rounds])
    table = np.mean([_resampled(each.scored, at) for at, each in enumerate(rounds)], axis=0)
    if first is not None:
        value -= np.mean([average_precision(each.scored.is_math, each.scored.scores) for each in first])
        table -= np.mean([_resampled(each.scored, at) for at, each in enumerate(first)], axis=0)
    sites = sum(len(each.scored.site_names) for each in rounds)
    return told(estimate(float(value), table, sites, least=-1.0), sign=first is not None)


def _resampled(pages: ScoredPages, seed: int) -> Floats:
    """Average precision in each resample of sites; the same seed and sites give the same resamples."""
    order = np.argsort(-pages.scores, kind="stable")
    sites, is_math, ends = pages.sites[order], pages.is_math[order], block_ends(pages.scores[order])
    found = []
    for weights in draws(len(pages.site_names), RESAMPLES, seed):
        weight = weights[sites]
        found.append(area(np.cumsum(weight)[ends], np.cumsum(weight * is_math)[ends]))
    return np.array(found)


def _trained(rounds: Sequence[RoundFigures], side: int) -> str:
    sets = [each.trained[side] for each in rounds]
    pages, mathematics = sum(map(len, sets)), sum(int(each.is_math.sum()) for each in sets)
    return f"{pages / len(sets):,.0f}, {number(mathematics / pages)}"


def _print_patterns(found: Sequence[Sequence[RoundFigures]]) -> None:
    """By round: what is under accepted patterns, and what joined by those of the round before."""
    print("\nShare of mathematics, labels of high confidence (95 % over sites), n; / all labels, n\n")
    print("| round | uncollected, under accepted patterns | all under accepted patterns | joined this round's seeds |\n"
          "|---:|---|---|---|")  # fmt: skip
    for at in range(min(map(len, found))):
        now = [rounds[at] for rounds in found]
        left = _shares([(each.under_sure, each.under) for each in now], uncollected=True)
        everything = _shares([(each.under_sure, each.under) for each in now])
        print(f"| {at + 1} | {left} | {everything} | {_shares([(each.joined_sure, each.joined) for each in now])} |")


def _shares(pairs: Sequence[tuple[ScoredPages, ScoredPages]], uncollected: bool = False) -> str:
    shown = []
    for side in (0, 1):
        sets = [pair[side] for pair in pairs]
        parts = [pages.where(pages.scores < 0.5) if uncollected else pages for pages in sets]
        everything = _joined_columns([(pages, np.ones(len(pages))) for pages in parts])
        if not len(everything):
            return ""
        shown.append(f"{told(bootstrap(everything, 0.5).precision)}, {len(everything):,}")
    return " / ".join(shown)
