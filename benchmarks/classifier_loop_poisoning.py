"""What a site without mathematics can gain from the loop by stuffing its pages, and what that costs all others.

One draw of `benchmarks.classifier_loop`: three seed sites and a crawl, in which one site without mathematics is as it
is, or has at the end of each page a list of 25 words of mathematics ten times, or five formulas, or these while its
pages are spread over 17 new registered domains beside its own, so that what they say stands on many. The same with few
of its pages, as the whole site is an eighth of the crawl and so of the negatives of round 1, which teach what is added
to it as no sign of mathematics. Seeds, tested pages, ids of pages and with them all lots are those of the site as it
is; the budget is a share of the crawl's tokens, and grows a little with what was added.

Told by round: how many of its domains are taken for mathematics, what is kept of its pages, the accepted patterns on
it, how many of its pages the next round takes for mathematics (`join_per_domain` a domain at most), how many words the
model was taught, and average precision on sites never seen, with the paired change. Intervals are over sites and say
nothing of the chance in training; loops with other seeds, and one without the site, show how far that alone goes.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path

from benchmarks.classifier_crawl import CrawlPage, counts_of, feature_lines, number, scored, scores_of, told
from benchmarks.classifier_loop import RULES, Draw, make_draw, recipe_of
from benchmarks.classifier_poisoning import FORMULAS, STUFFED, WORDS
from mathmill.classifier.curves import ScoredPages
from mathmill.classifier.iterate import LoopResult, iterate, review_file
from mathmill.classifier.model import load_classifier
from mathmill.classifier.recipe import LoopRecipe
from mathmill.classifier.resampling import bootstrap, bootstrap_difference
from mathmill.classifier.review import read_review
from mathmill.classifier.seed_set import Before, DrawTask, draw, take
from mathmill.classifier.seeds import TABLE
from mathmill.classifier.vocabulary import FILE, read_vocabulary
from mathmill.data.runs import load_manifest
from mathmill.data.tables import table_rows
from mathmill.pipeline.engines.local import LocalEngine

NUMBER = 10  # of the draw
SITE = "libreoffice.org"  # of those without mathematics it has the most pages
ROUNDS = 3
NEW_DOMAINS = 17
SEEDS = (11, 12)  # other seeds of the loop on the same draw
SMALLER = (100, 30)  # pages of a site that has few, so that hardly any of them is a negative
FEW = 50  # pages of one domain that may join, in place of 300


@dataclass(frozen=True, slots=True)
class Case:
    """What is done to the site's pages, and what else differs from the loop as it is."""

    name: str
    added: str = ""  # to the end of each page
    domains: int = 1  # over which the pages are spread, its own with them
    most: int | None = None  # of its pages that the crawl has, drawn by a seed; all where it is None
    join_per_domain: int | None = None  # the recipe's where it is None
    seed: int = NUMBER
    beside: str = "as it is"  # the case that it is compared with


LIST, SOME, BOTH = f" {WORDS}" * STUFFED, f" {FORMULAS}", f" {WORDS} {FORMULAS}" * STUFFED
CASES = (
    Case("as it is"),
    *(Case(f"seed {seed}", seed=seed) for seed in SEEDS),
    Case("without the site", most=0),
    Case(f"list of 25 words {STUFFED} times", LIST),
    Case("5 formulas", SOME),
    *(Case(f"5 formulas, seed {seed}", SOME, seed=seed, beside=f"seed {seed}") for seed in SEEDS),
    Case(f"5 formulas, {NEW_DOMAINS} new domains", SOME, 1 + NEW_DOMAINS),
    Case(f"join_per_domain = {FEW}", join_per_domain=FEW),
    Case(f"5 formulas, join_per_domain = {FEW}", SOME, join_per_domain=FEW, beside=f"join_per_domain = {FEW}"),
    *(
        Case(f"{most} pages{name}", added, most=most, beside=f"{most} pages" if name else "without the site")
        for most in SMALLER
        for name, added in (("", ""), (", list", LIST), (", 5 formulas", SOME), (", list and formulas 10 times", BOTH))
    ),
    Case(f"100 pages, 5 formulas, join_per_domain = {FEW}", SOME, 1, 100, FEW, beside="without the site"),
    Case(f"540 pages, 5 formulas, {NEW_DOMAINS} new domains", SOME, 1 + NEW_DOMAINS, 540, beside="without the site"),
)


@dataclass(frozen=True, slots=True, eq=False)
class RoundGain:
    """What a round gave to the site, and what it is worth on sites never seen."""

    domains: int  # of the site, in the crawl
    is_math: int  # of these
    pages: int
    kept: int  # of these
    patterns: int  # accepted, on its domains
    joining: int  # of its pages, among the positives of the next round
    positives: int  # of the next round
    words: frozenset[str]  # that the model was taught
    scored: ScoredPages  # the tested pages


def print_loop_poisoning(pages: Sequence[CrawlPage], scratch: Path, workers: int) -> None:
    """The table."""
    made = make_draw(pages, NUMBER)
    victims = [page for page in made.crawl if page.site == SITE]
    share = sum(len(page.text) for page in victims) / sum(len(page.text) for page in made.crawl)
    print(f"\nDraw {made.number}: seeds {', '.join(made.seeds)}; crawl {counts_of(made.crawl)}; tested on "
          f"{counts_of(made.tested)}. The site: {SITE}, {len(victims):,} pages, {number(share)} of the crawl's "
          f"characters.\n")  # fmt: skip
    print("| its pages | round | domains taken for mathematics | pages kept | accepted patterns | in the next seed set "
          "(share of positives) | words taught, new ones | average precision, sites never seen (95 % over sites) | "
          "change, paired, to |\n|---|---:|---|---|---:|---|---:|---|---|")  # fmt: skip
    lines = feature_lines(made.tested)
    found: dict[str, list[RoundGain]] = {}
    for at, case in enumerate(CASES):
        found[case.name] = list(_gains(made, case, lines, scratch / f"poisoned-{at}", workers))
        for number_, (now, beside) in enumerate(zip(found[case.name], found[case.beside], strict=True), 1):
            print(f"| {case.name} | {number_} | {_cells(now, beside, case)} |", flush=True)


def _cells(now: RoundGain, beside: RoundGain, case: Case) -> str:
    change = ""
    if now is not beside:
        figure = bootstrap_difference(beside.scored, now.scored, (0.5, 0.5)).average_precision
        change = f"{told(figure, sign=True)}, {case.beside}"
    return (
        f"{now.is_math} of {now.domains} | {now.kept:,} of {now.pages:,} | {now.patterns} | "
        f"{now.joining:,} ({number(now.joining / now.positives)}) | "
        f"{len(now.words):,}, {len(now.words - beside.words):,} | "
        f"{told(bootstrap(now.scored, None).average_precision)} | {change}"
    )


def names_of(site: str, domains: int) -> list[str]:
    """The registered domains of a site that is spread: its own, and new ones under the same suffix."""
    label, _, suffix = site.partition(".")
    return [site, *(f"{label}-stuffed-{at}.{suffix}" for at in range(1, domains))]


def attacked(pages: Sequence[CrawlPage], site: str, case: Case) -> list[CrawlPage]:
    """The crawl with the site's pages as the case has them; spread over domains in turn, in the order of addresses."""
    urls = sorted(page.document.url for page in pages if page.site == site)
    if case.most is not None:
        urls = sorted(random.Random(NUMBER).sample(urls, case.most))
    names = names_of(site, case.domains)
    moved = {url: names[at % len(names)] for at, url in enumerate(urls)}
    there = [page for page in pages if page.site != site or page.document.url in moved]
    return [_changed(page, moved[page.document.url], case.added) if page.site == site else page for page in there]


def _changed(page: CrawlPage, domain: str, added: str) -> CrawlPage:
    document = page.document
    url = document.url.replace(page.site, domain, 1)
    return page._replace(document=replace(document, text=document.text + added, url=url), site=domain)


def _gains(made: Draw, case: Case, lines: Sequence[str], folder: Path, workers: int) -> Iterator[RoundGain]:
    """Run the loop of a case, and tell of each of its rounds."""
    changed = replace(made, crawl=attacked(made.crawl, SITE, case))
    domains = names_of(SITE, case.domains)
    recipe = recipe_of(changed, RULES[0], folder)
    join = case.join_per_domain or recipe.join_per_domain
    recipe = recipe.model_copy(update={"rounds": ROUNDS, "seed": case.seed, "join_per_domain": join})
    result = iterate(recipe, folder / "out", LocalEngine(workers))
    for at in range(1, ROUNDS + 1):
        own = result.folder / f"round-{at}"
        judged = list(table_rows(own / "domains" / "part-0.parquet", ["domain", "pages", "kept", "is_math"]))
        ours = [row for row in judged if row["domain"] in domains]
        patterns = read_review(review_file(result.folder, at))
        positives = _next_positives(result, at, recipe)
        yield RoundGain(
            domains=len(ours),
            is_math=sum(row["is_math"] for row in ours),
            pages=sum(row["pages"] for row in ours),
            kept=sum(row["kept"] for row in ours),
            patterns=sum(pattern.decision == "accept" for pattern in patterns if pattern.domain in domains),
            joining=sum(positives[domain] for domain in domains),
            positives=positives.total(),
            words=read_vocabulary(own / FILE),
            scored=scored(made.tested, scores_of(load_classifier(own))(lines)),
        )


def _next_positives(result: LoopResult, at: int, recipe: LoopRecipe) -> Counter[str]:
    """The positives of the round after round `at`, by domain: drawn as that round would, without making it."""
    own, pages = result.folder / f"round-{at}", result.folder / "pages"
    manifest = load_manifest(own)
    before = Before(own, manifest["cut"], manifest["reach"], review_file(result.folder, at))
    shards = sorted(table.stem for table in (pages / "pages").glob("*.parquet"))
    tasks = (DrawTask(shard, pages, recipe, at + 1, before, below=0) for shard in shards)
    drawn = take(chain.from_iterable(map(draw, tasks)), recipe)
    joining = Counter(each.domain for each in drawn if each.origin == "pattern")
    return joining + Counter(row["domain"] for row in table_rows(pages / TABLE, ["domain"]))
