"""The part `gold` of `benchmarks.dedup`: near-duplicates against the known ones of the labelled crawl."""

from __future__ import annotations

import gzip
import random
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import orjson

from mathmill.data.config import Config
from mathmill.data.files import file_sha256
from mathmill.data.records import Document
from mathmill.data.runs import Run
from mathmill.data.shards import read_documents
from mathmill.demo.school import STAGES
from mathmill.pipeline.dedup.near import NearDuplicates
from mathmill.pipeline.dedup.near_marks import marked_tokens
from mathmill.pipeline.dedup.shingles import Hashes, shingles
from mathmill.pipeline.dedup.variants import Exchanged, exchanged, said
from mathmill.pipeline.engines.local import LocalEngine
from mathmill.pipeline.passes.base import Work, WorkingShard, judged
from mathmill.pipeline.recipe import Audit, PipelineRecipe
from mathmill.pipeline.runner import run_pipeline

Pair = tuple[str, str]


class Nothing(Config):
    """The recipe of a run that a benchmark makes by hand."""


@dataclass(frozen=True, slots=True)
class Known:
    """Pairs of addresses that are known duplicates, and how each came about."""

    exact: dict[Pair, str]
    near: dict[Pair, str]


def read_known(crawl: Path, there: Iterable[str]) -> Known:
    """The known duplicates among some addresses."""
    urls = set(there)
    known = Known({}, {})
    with gzip.open(crawl / "dups.jsonl.gz", "rb") as file:
        for group in map(orjson.loads, file):
            pairs = combinations(sorted(url for url in group["urls"] if url in urls), 2)
            getattr(known, group["kind"]).update(dict.fromkeys(pairs, ", ".join(group["how"])))
    return known


def print_gold(crawl: Path, run: Path | None, sample: int, show: int) -> int:
    """Print recall and precision in pairs; 66 where there is no crawl."""
    if not (crawl / "dups.jsonl.gz").is_file():
        print(f"no labelled crawl at {crawl}: name its folder with --crawl", file=sys.stderr)
        return 66
    with tempfile.TemporaryDirectory() as temporary:
        if run is None:
            run = Path(temporary, "cascade")
            archives = (str(crawl / "*.warc.gz"),)
            recipe = PipelineRecipe(archives=archives, audit=Audit(rate=0.0), stages=STAGES, passes=())
            run_pipeline(recipe, run, LocalEngine(2), 1.0)
        documents = sorted((run / "documents").glob("*.jsonl.zst"))
        pages, clusters, told = _deduplicated(documents, Path(temporary, "pass"))
    texts = _Texts(pages)
    print(f"{len(pages):,} Documents; {', '.join(f'{name} {count:,}' for name, count in told.items())}.\n")
    _print_known(read_known(crawl, pages), clusters, texts, show)
    _print_all_pairs(clusters, texts, sample)
    return 0


def _deduplicated(
    shards: Sequence[Path], folder: Path
) -> tuple[dict[str, Document], dict[str, str], Mapping[str, int]]:
    """Documents by address, the id of each one's survivor, and what the pass tells."""
    by = NearDuplicates()
    pages, clusters = {}, {}
    with Run(folder, Nothing(), "corpus") as run:
        (folder / "documents").symlink_to(shards[0].parent.resolve())
        working = tuple(
            WorkingShard(path.name.removesuffix(".jsonl.zst"), number, f"documents/{path.name}", file_sha256(path))
            for number, path in enumerate(shards)
        )
        by.learn(Work(run, LocalEngine(1), working, (), by))
        for shard, path in zip(working, shards, strict=True):
            fates = judged(folder, shard, (by,))
            for page, (_, fate) in zip(read_documents(path), fates, strict=True):
                pages[page.url] = page
                clusters[page.url] = fate.id if isinstance(fate, Document) else fate.evidence["survivor"]
        return pages, clusters, by.told(folder)


class _Texts:
    """Sets of shingles and tokens by address, made at need."""

    def __init__(self, pages: Mapping[str, Document]) -> None:
        self.pages = pages
        self._tokens: dict[str, Hashes] = {}

    def _found(self, url: str) -> Hashes:
        if url not in self._tokens:
            self._tokens[url] = marked_tokens(self.pages[url].text)
        return self._tokens[url]

    def shingles(self, url: str) -> set[int]:
        return set(shingles(self._found(url), 5).tolist())

    def similarity(self, pair: Pair) -> float:
        """Exact Jaccard similarity of two pages."""
        one, other = map(self.shingles, pair)
        return len(one & other) / len(one | other)

    def exchanged(self, pair: Pair) -> Exchanged:
        one, other = (said(self._found(url)) for url in pair)
        return exchanged(one, other)


def _print_known(known: Known, clusters: Mapping[str, str], texts: _Texts, show: int) -> None:
    ours = {pair for group in _groups(clusters).values() for pair in combinations(sorted(group), 2)}
    print("| known pairs | pairs | found | recall |\n|---|---:|---:|---:|")
    alike = {pair: texts.similarity(pair) for pair in (*known.exact, *known.near)}
    near_alike = {pair for pair in known.near if alike[pair] >= NearDuplicates().threshold}
    rows: dict[str, set[Pair]] = {"exact": set(known.exact), "near": set(known.near)}
    rows["near, extracted text at least 0.8 alike"] = near_alike
    rows["all"] = rows["exact"] | rows["near"]
    rows["all, extracted text at least 0.8 alike"] = {pair for pair in rows["all"] if alike[pair] >= 0.8}
    versions = "same page in several versions of the site"
    rows["all but versions of a site"] = {
        pair for pair in rows["all"] if known.near.get(pair, known.exact.get(pair)) != versions
    }
    for name, pairs in rows.items():
        found = len(pairs & ours)
        print(f"| {name} | {len(pairs):,} | {found:,} | {found / max(len(pairs), 1):.4f} |")
    missed = sorted(rows["all"] - ours)
    why = Counter(
        "less than 0.8 alike as extracted" if alike[pair] < 0.8
        else "quantities exchanged" if any(_counts(texts.exchanged(pair)))
        else "not met in a band"
        for pair in missed
    )  # fmt: skip
    print(f"\n{len(missed)} missed: {', '.join(f'{name} {count}' for name, count in why.most_common())}.")
    extra = sorted(ours - rows["all"])
    drawn = random.Random(0).sample(extra, min(len(extra), 1_000))
    similar = [texts.similarity(pair) for pair in drawn]
    same = Counter("1" if each == 1 else "0.8 to 1" if each >= 0.8 else "less" for each in similar)
    told = ", ".join(f"{name}: {count}" for name, count in sorted(same.items()))
    print(
        f"{len(ours):,} pairs of ours, {len(extra):,} of them not known. Alike, in {len(drawn):,} drawn, as "
        f"extracted: {told}."
    )
    for title, shown in (("missed", missed), ("not known", drawn)):
        for pair in shown[:show]:
            print(f"- {title}: {texts.similarity(pair):.3f} {_counts(texts.exchanged(pair))} {pair[0]} {pair[1]}")


def _counts(found: Exchanged) -> tuple[int, int]:
    return found.in_formulas, found.elsewhere


def _print_all_pairs(clusters: Mapping[str, str], texts: _Texts, sample: int) -> None:
    """Recall against all pairs of a sample, found through an index of all shingles."""
    urls = random.Random(1).sample(sorted(clusters), min(sample, len(clusters)))
    sets = {url: texts.shingles(url) for url in urls}
    holders: defaultdict[int, list[str]] = defaultdict(list)
    for url in urls:
        for shingle in sorted(sets[url])[: max(len(sets[url]) - -(-4 * len(sets[url]) // 5) + 1, 1)]:
            holders[shingle].append(url)  # a prefix in one order of all shingles is enough: one of it is shared
    tried = {
        (one, other) if one < other else (other, one)
        for each in holders.values()
        for one, other in combinations(each, 2)
    }
    alike = [pair for pair in tried if len(sets[pair[0]] & sets[pair[1]]) >= 0.8 * len(sets[pair[0]] | sets[pair[1]])]
    copies = [pair for pair in alike if not any(_counts(texts.exchanged(pair)))]
    found = sum(clusters[one] == clusters[other] for one, other in copies)
    refused = len(alike) - len(copies)
    print(
        f"\nAll pairs of {len(urls):,} Documents: {len(alike):,} are at least 0.8 alike, {refused:,} of them with "
        f"quantities exchanged; of the other {len(copies):,}, {found:,} are in one cluster "
        f"({found / max(len(copies), 1):.4f})."
    )


def _groups(clusters: Mapping[str, str]) -> dict[str, list[str]]:
    groups: defaultdict[str, list[str]] = defaultdict(list)
    for url, survivor in clusters.items():
        groups[survivor].append(url)
    return groups
