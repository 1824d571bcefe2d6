"""Near-duplicates: what is found, what is wrongly merged, and what it costs, beside datatrove and rensa.

    python -m benchmarks.dedup gold [--run RUN] [--show N]
    python -m benchmarks.dedup variants [--families N] [--seed N] [--systems NAME ...]
    python -m benchmarks.dedup speed [--documents N] [--systems NAME ...]
    python -m benchmarks.dedup scaling [--sizes N ...]

`gold`: the known duplicates of the labelled crawl, over the Documents of a run without passes (made in a temporary
folder where none is named). They were found on the visible text of pages, ours on extracted text, and what only one of
the two has is counted apart. Beside it, all pairs that exact Jaccard similarity finds in a sample, without bands. The
rules on variants were written with these pairs in sight.

`variants`: made-up families (`benchmarks.dedup_pages`); a copy that stays is missed, a variant that goes is wrongly
merged. Seeds 0 to 5 were looked at while the rules were written, the default is another.

`speed`: one process a system on the same made-up texts of a thousand words, a tenth of them near-copies, one system
after the other; processor seconds and peak memory of that process. Then what a Document's signature costs by itself.

`scaling`: the pass on made-up texts of 200 words, one process a size, and by what power of their number its time grows.

Peers live in an environment of their own (`python -m benchmarks.peer_environments dedup`). Prints Markdown.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise
from pathlib import Path

from benchmarks import dedup_gold
from benchmarks.dedup_pages import MadePage, bulk_pages, families
from benchmarks.peer_environments import DEDUP
from mathmill.pipeline.dedup.bands import text_bands
from mathmill.pipeline.dedup.minhash import band_keys, signature
from mathmill.pipeline.dedup.shingles import shingles, tokens
from tests.shared import CRAWL

OURS = ("ours", "ours_merging")
PEERS = ("datatrove", "rensa")
_WORKER = Path(__file__).with_name("dedup_worker.py")
_ROOT = Path(__file__).resolve().parents[1]
_A_FILE = 50_000  # documents in a file of the scaling, as a shard has


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one system made of some documents."""

    clusters: dict[str, str]
    seconds: float
    wall: float
    before_mb: float
    peak_mb: float


def outcome(system: str, source: Path, folder: Path) -> Outcome:
    """Run a system on a folder of JSON lines, in a process and an interpreter of its own."""
    python = sys.executable if system in OURS else str(DEDUP / "bin" / "python")
    done = subprocess.run(
        [python, str(_WORKER), system, str(source), str(folder)],
        capture_output=True,
        env={**os.environ, "PYTHONPATH": str(_ROOT)},
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"{system} failed: {done.stderr.decode()[-2000:]}")
    return Outcome(**json.loads(done.stdout))


def systems_there(names: Sequence[str]) -> list[str]:
    """Those of some systems that can run here; what is missing is told."""
    if not DEDUP.is_dir() and set(names) & set(PEERS):
        print("Without peers: `python -m benchmarks.peer_environments dedup` sets them up.\n")
    return [name for name in names if name in OURS or DEDUP.is_dir()]


def write_documents(folder: Path, texts: Iterable[str], a_file: int = _A_FILE) -> int:
    """Write texts as JSON lines, their numbers as ids."""
    folder.mkdir(parents=True)
    file, count = None, 0
    for count, text in enumerate(texts, 1):  # it is the result
        if (count - 1) % a_file == 0:
            if file:
                file.close()
            file = (folder / f"{(count - 1) // a_file:04}.jsonl").open("w", encoding="utf-8")
        assert file is not None
        file.write(json.dumps({"id": f"{count - 1:08}", "text": text}) + "\n")
    if file:
        file.close()
    return count


def print_variants(count: int, seed: int, systems: Sequence[str]) -> None:
    """Copies found and variants merged, in all and by what was done to the page."""
    made = list(families(count, seed))
    pages = [page for family in made for page in family]
    missed: defaultdict[str, Counter[str]] = defaultdict(Counter)
    merged: defaultdict[str, Counter[str]] = defaultdict(Counter)
    copies: Counter[str] = Counter()
    variants: Counter[str] = Counter()
    for one, other in _pairs(made):
        (copies if one.group == other.group else variants)[_kind(one, other)] += 1
    with tempfile.TemporaryDirectory() as temporary:
        source = Path(temporary, "documents")
        write_documents(source, (page.text for page in pages))
        number = {id(page): f"{at:08}" for at, page in enumerate(pages)}
        for system in systems:
            clusters = outcome(system, source, Path(temporary, system)).clusters
            for one, other in _pairs(made):
                together = clusters[number[id(one)]] == clusters[number[id(other)]]
                if one.group == other.group and not together:
                    missed[system][_kind(one, other)] += 1
                if one.group != other.group and together:
                    merged[system][_kind(one, other)] += 1
    print(f"{len(pages):,} made-up pages in {count:,} families (seed {seed}).\n")
    print(f"| pairs | of | {' | '.join(systems)} |\n|---|---:|{'---:|' * len(systems)}")
    for title, every, found in (("copies missed", copies, missed), ("variants merged", variants, merged)):
        whole = (f"**{found[system].total():,}** ({found[system].total() / every.total():.1%})" for system in systems)
        print(f"| **{title}** | {every.total():,} | {' | '.join(whole)} |")
        for kind, pairs in sorted(every.items()):
            print(f"| {title}: {kind} | {pairs:,} | {' | '.join(f'{found[each][kind]:,}' for each in systems)} |")


def _pairs(made: Sequence[Sequence[MadePage]]) -> Iterator[tuple[MadePage, MadePage]]:
    for family in made:
        yield from combinations(family, 2)


def _kind(one: MadePage, other: MadePage) -> str:
    """What was done to the later page: copies by their last change, variants by their first."""
    return other.how.split("+")[-1 if one.group == other.group else 0].replace("_", " ")


def print_speed(count: int, systems: Sequence[str]) -> None:
    """Processor seconds and memory of each system on the same pages."""
    with tempfile.TemporaryDirectory() as temporary:
        source = Path(temporary, "documents")
        write_documents(source, bulk_pages(0, count, words=1_000))
        print(f"{count:,} made-up texts of 1,000 words, one process each.\n")
        print("| system | processor seconds | documents/s | peak MB | of it before the work | documents left |")
        print("|---|---:|---:|---:|---:|---:|")
        for system in systems:
            found = outcome(system, source, Path(temporary, system))
            rate = count / found.seconds
            left = len(set(found.clusters.values()))
            print(
                f"| {system} | {found.seconds:,.1f} | {rate:,.0f} | {found.peak_mb:,.0f} | {found.before_mb:,.0f} "
                f"| {left:,} |",
                flush=True,
            )


def print_parts(count: int = 2_000) -> None:
    """Processor time of the parts of a Document's signature."""
    texts = list(bulk_pages(0, count, words=1_000))
    found = [shingles(tokens(text), 5) for text in texts]
    parts: dict[str, Callable[[], object]] = {
        "tokens": lambda: [tokens(text) for text in texts],
        "tokens, shingles, signature and bands": lambda: [text_bands(text, 5, 14, 8) for text in texts],
        "signature and bands alone": lambda: [band_keys(signature(each, 112), 14, 8) for each in found],
    }
    print("\n| of a text of 1,000 words | µs | texts/s |\n|---|---:|---:|")
    for name, work in parts.items():
        began = time.process_time()
        work()
        spent = (time.process_time() - began) / count
        print(f"| {name} | {1e6 * spent:,.0f} | {1 / spent:,.0f} |")


def print_scaling(sizes: Sequence[int]) -> None:
    """Time, memory and disk of the pass by the number of documents."""
    print("| documents | processor seconds | ms a document | peak MB | disk MB | grows by the power |")
    print("|---:|---:|---:|---:|---:|---:|")
    spent: list[tuple[int, float]] = []
    for size in sorted(sizes):
        with tempfile.TemporaryDirectory() as temporary:
            source = Path(temporary, "documents")
            write_documents(source, bulk_pages(0, size))
            found = outcome("ours", source, Path(temporary, "work"))
            run = Path(temporary, "work", "run")
            disk = sum(
                path.stat().st_size for path in run.rglob("*") if path.is_file() and "documents" not in path.parts
            )
        spent.append((size, found.seconds))
        power = "".join(f"{math.log(b[1] / a[1]) / math.log(b[0] / a[0]):.2f}" for a, b in pairwise(spent[-2:]))
        print(
            f"| {size:,} | {found.seconds:,.1f} | {1e3 * found.seconds / size:.2f} | {found.peak_mb:,.0f} "
            f"| {disk / 1e6:,.0f} | {power} |",
            flush=True,
        )


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one part; its tables go to standard output."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parts = parser.add_subparsers(dest="part", required=True)
    gold = parts.add_parser("gold")
    gold.add_argument("--crawl", type=Path, default=CRAWL, help="folder of the labelled crawl")
    gold.add_argument("--run", type=Path, help="a run of the pipeline over it, without passes")
    gold.add_argument("--sample", type=int, default=4_000, help="Documents in which all pairs are looked for")
    gold.add_argument("--show", type=int, default=0, help="pairs to be shown that only one of the two has")
    variants = parts.add_parser("variants")
    variants.add_argument("--families", type=int, default=1_000)
    variants.add_argument("--seed", type=int, default=11)
    speed = parts.add_parser("speed")
    speed.add_argument("--documents", type=int, default=40_000)
    for each in (variants, speed):
        each.add_argument("--systems", nargs="+", choices=[*OURS, *PEERS], default=[*OURS, *PEERS], metavar="NAME")
    scaling = parts.add_parser("scaling")
    scaling.add_argument("--sizes", type=int, nargs="+", default=[125_000, 250_000, 500_000, 1_000_000, 2_000_000])
    options = parser.parse_args(arguments)
    if options.part == "gold":
        return dedup_gold.print_gold(options.crawl, options.run, options.sample, options.show)
    if options.part == "variants":
        print_variants(options.families, options.seed, systems_there(options.systems))
    elif options.part == "speed":
        print_speed(options.documents, systems_there(options.systems))
        print_parts()
    else:
        print_scaling(options.sizes)
    return 0


if __name__ == "__main__":
    sys.exit(main())
