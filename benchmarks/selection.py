"""What selection costs: counting tokens, beside transformers; and finding the cuts, beside sorting everything.

    python -m benchmarks.selection [RUN] [--crawl FOLDER] [--tokenizer FOLDER] [--pages N] [--rows N ..] [--memory MB]

Counts the tokens of the first N pages of a run's corpus (made here from the crawl's shards if none is named) by each
counter, and by a tokenizer (that of `benchmarks.small_model` where it is there) beside transformers' own call on the
same pages in the same process; says on how many pages they differ.

Says what the table of ranks costs a Document of the run's first shard, beside reading it.

Then generates tables of ranks (scores at random, sites of a Zipf law, four languages, a budget of half the tokens, two
languages named, at most 100 Documents a site) and finds the cuts in them: by our Reduces, once with the engine's memory
as it is by default and once with less; by one query of DuckDB that sorts everything (windows); and by Python's own
sort. Each runs in a process of its own, whose peak memory is told, and all must keep the same Documents and tokens.
Prints Markdown.
"""

from __future__ import annotations

import argparse
import multiprocessing
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import islice, pairwise
from math import log
from pathlib import Path
from typing import Any

from benchmarks.small_model import DEFAULT as SMALL
from mathmill.data.cuts import order_key
from mathmill.data.page_files import Pages, read_pages
from mathmill.data.peak_memory import peak_bytes
from mathmill.data.runs import Run
from mathmill.data.shards import parquet_schema, write_parquet
from mathmill.data.tokens import FREE, find_counter
from mathmill.pipeline.engines.local import LocalEngine
from mathmill.pipeline.passes.base import PassTask, Work, WorkingShard
from mathmill.pipeline.selection.budget import find_cuts
from mathmill.pipeline.selection.choosing import Choice, choose_shard, count_chosen
from mathmill.pipeline.selection.ranks import COLUMNS, RANKS, Ranking, domain_reduces, rank_shard
from mathmill.pipeline.selection.select import DomainCap, Select

CAP = 100
SHARES = {"en": 0.8, "zh": 0.2}
A_SHARD = 50_000
TOKENS = 600  # a Document, on average


def print_counters(texts: Sequence[str], tokenizer: str) -> None:
    """Time and tokens of each counter."""
    size = sum(len(text.encode()) for text in texts)
    print(f"Counting the tokens of {len(texts):,} pages of {size / 1e6:.1f} MB, processor time in one process:\n")
    print("| counter | µs a page | MB a second | tokens | pages that differ |\n|---|---:|---:|---:|---:|")
    found: dict[str, list[int]] = {}
    seconds: dict[str, float] = {}

    def measure(name: str, count: Callable[[], list[int]]) -> None:
        began = time.process_time()
        found[name] = count()
        seconds[name] = time.process_time() - began

    for name in FREE:
        measure(f"`{name}`", lambda name=name: list(find_counter(name).count(texts)))  # type: ignore[misc]
    if tokenizer:
        import transformers

        counter, peer = find_counter(tokenizer), transformers.AutoTokenizer.from_pretrained(tokenizer)
        peer(texts[0])
        measure("the tokenizer", lambda: list(counter.count(texts)))
        # Not all in one call: the ids and masks of a corpus do not fit into memory.
        parts = [texts[at : at + 1000] for at in range(0, len(texts), 1000)]
        measure(
            "transformers' own call",
            lambda: [len(ids) for part in parts for ids in peer(list(part), add_special_tokens=False)["input_ids"]],
        )
    for name, counts in found.items():
        differ = ""
        if name.startswith("the tokenizer"):
            pairs = zip(counts, found["transformers' own call"], strict=True)
            differ = f"{sum(one != other for one, other in pairs):,}"
        took = seconds[name]
        print(f"| {name} | {1e6 * took / len(texts):.0f} | {size / 1e6 / took:.1f} | {sum(counts):,} | {differ} |")


def print_ranking(run: Path) -> None:
    """What the table of ranks costs a Document, beside reading it."""
    documents = sorted((run / "documents").iterdir())[0]
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        (folder / "documents").symlink_to(documents.parent.resolve())
        task = PassTask(folder, WorkingShard("one", 0, f"documents/{documents.name}", ""), (), Select())
        ranking = Ranking("formulas", True, None, {}, None, find_counter("bytes"))
        rank_shard(task, ranking)  # loads libraries, and the list of suffixes
        began = time.process_time()
        count = sum(1 for _ in task.documents())
        read = time.process_time() - began
        rank_shard(task, ranking)
        ranked = time.process_time() - began - 2 * read
        size = (folder / RANKS / "one.parquet").stat().st_size
    print(
        f"\nReading {count:,} Documents takes {1e6 * read / count:.0f} µs each; counting bytes and writing ranks then"
    )
    print(f"{1e6 * ranked / count:.0f} µs and {size / count:.0f} bytes each.")


def generate(folder: Path, rows: int) -> None:
    """Tables of ranks."""
    import numpy as np

    draws = np.random.default_rng(rows)
    (folder / RANKS).mkdir(parents=True)
    for shard, begin in enumerate(range(0, rows, A_SHARD)):
        count = min(A_SHARD, rows - begin)
        values = draws.beta(0.5, 0.5, count)
        sites = draws.zipf(1.3, count) % 10**7
        tokens = draws.lognormal(np.log(TOKENS) - 0.5, 1.0, count).astype(int)
        languages = draws.choice(["en", "zh", "de", "fr"], count, p=[0.7, 0.15, 0.1, 0.05])
        parts = {"en": 0, "zh": 1}
        made = (
            {
                "place": at,
                "id": f"{hash_:032x}",
                "domain": f"site-{site}.org",
                "language": language,
                "part": parts.get(language, -1),
                "value": value,
                "key": order_key(value),
                "tokens": length if language in parts else 0,
                "reason": "" if language in parts else "other_language",
            }
            for at, (hash_, site, language, value, length) in enumerate(
                zip(
                    draws.integers(0, 2**63, count).tolist(),
                    sites.tolist(),
                    languages.tolist(),
                    values.tolist(),
                    tokens.tolist(),
                    strict=True,
                )
            )
        )
        write_parquet(folder / RANKS / f"s{shard:05}.parquet", made, parquet_schema(COLUMNS))


def config_of(rows: int) -> Select:
    return Select(tokens=rows * TOKENS // 2, languages=SHARES, per_domain=DomainCap(documents=CAP))


def ours(folder: Path, rows: int, memory_mb: int) -> dict[str, float]:
    """Find the cuts, then write the effects; what was kept, and seconds of both."""
    config = config_of(rows)
    names = sorted(path.stem for path in (folder / RANKS).glob("*.parquet"))
    shards = tuple(WorkingShard(name, number, "", "") for number, name in enumerate(names))
    engine = LocalEngine(1, memory_mb)
    with tempfile.TemporaryDirectory(dir=folder.parent) as scratch, Run(Path(scratch) / "run", config, "corpus") as run:
        (run.folder / RANKS).symlink_to(folder / RANKS)
        work = Work(run, engine, shards, (), config)
        began = time.process_time()
        for reduce in domain_reduces(CAP, None):
            work.reduce(reduce)
        cuts = tuple(find_cuts(work, config.tokens, config.shares, "leave", True))
        found = time.process_time() - began
        choice = Choice("score", None, config.names, config.per_domain, cuts)
        for shard in shards:
            task = PassTask(run.folder, shard, (), config)
            run.ledger.append(f"select/{shard.name}", choose_shard(task, choice), {"source": ""})
        count_chosen(work)
        return {
            "documents": sum(cut.documents for cut in cuts),
            "tokens": sum(cut.tokens for cut in cuts),
            "seconds": found,
            "effects": time.process_time() - began - found,
        }


_SORTED = f"""
WITH capped AS (
  SELECT *, row_number() OVER (PARTITION BY domain ORDER BY key DESC, id) AS nth
  FROM read_parquet('{{files}}') WHERE reason = ''
), ranked AS (
  SELECT part, tokens, sum(tokens) OVER (PARTITION BY part ORDER BY key DESC, id) AS total
  FROM capped WHERE nth <= {CAP}
)
SELECT count(*), sum(tokens) FROM ranked
WHERE total <= CASE part WHEN 0 THEN {{en}} ELSE {{zh}} END
"""


def by_duckdb(folder: Path, rows: int, memory_mb: int) -> dict[str, float]:
    """One query that sorts everything, within the same memory."""
    import duckdb

    budget = config_of(rows).tokens or 0
    query = _SORTED.format(files=folder / RANKS / "*.parquet", en=budget * 8 // 10, zh=budget * 2 // 10)
    began = time.process_time()
    settings: dict[str, Any] = {"memory_limit": f"{memory_mb}MB", "threads": 1, "temp_directory": str(folder / "spill")}
    with duckdb.connect(config=settings) as connection:
        [(documents, tokens)] = connection.execute(query).fetchall()
    return {"documents": documents, "tokens": int(tokens), "seconds": time.process_time() - began}


def by_python(folder: Path, rows: int, memory_mb: int) -> dict[str, float]:
    """Everything in memory, sorted."""
    import pyarrow.parquet as pq

    budget = config_of(rows).tokens or 0
    left = [budget * 8 // 10, budget * 2 // 10]
    began = time.process_time()
    columns = ["key", "id", "domain", "part", "tokens", "reason"]
    table = pq.read_table(folder / RANKS, columns=columns).to_pydict()
    ranked = sorted(
        (-key, id_, domain, part, tokens)
        for key, id_, domain, part, tokens, reason in zip(*table.values(), strict=True)
        if not reason
    )
    of_domain: dict[str, int] = {}
    open_ = [True, True]
    documents = kept = 0
    for _, _, domain, part, tokens in ranked:
        of_domain[domain] = of_domain.get(domain, 0) + 1
        if of_domain[domain] <= CAP and open_[part]:
            open_[part] = tokens <= left[part]
            if open_[part]:
                left[part] -= tokens
                documents, kept = documents + 1, kept + tokens
    return {"documents": documents, "tokens": kept, "seconds": time.process_time() - began}


def apart(work: Callable[..., dict[str, float]], folder: Path, rows: int, memory_mb: int) -> dict[str, float]:
    """What `work` gives in a process of its own, and the peak of its memory in MB."""
    context = multiprocessing.get_context("spawn")
    queue = context.Queue()
    process = context.Process(target=_measured, args=(queue, work, folder, rows, memory_mb))
    process.start()
    found: dict[str, float] = queue.get()
    process.join()
    return found


def _measured(queue: Any, work: Callable[..., dict[str, float]], folder: Path, rows: int, memory_mb: int) -> None:
    found = work(folder, rows, memory_mb)
    queue.put({**found, "peak": peak_bytes() / 2**20})


def print_growth(sizes: Sequence[int], little: int) -> None:
    """Seconds and memory by size, and how they grow."""
    ways = {
        "ours, 2,048 MB for DuckDB": (ours, 2048),
        f"ours, {little:,} MB": (ours, little),
        "DuckDB sorts, 2,048 MB": (by_duckdb, 2048),
        f"DuckDB sorts, {little:,} MB": (by_duckdb, little),
        "Python sorts": (by_python, 0),
    }
    print("\nFinding the cuts: processor time, one thread; peak memory of the process; then the writing of effects:\n")
    print(f"| rows | {' | '.join(ways)} |\n|---:|{'---:|' * len(ways)}")
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for rows in sizes:
        with tempfile.TemporaryDirectory() as scratch:
            folder = Path(scratch) / "tables"
            generate(folder, rows)
            cells = []
            ends = set()
            for name, (work, memory) in ways.items():
                found = apart(work, folder, rows, memory)
                ends.add((found["documents"], found["tokens"]))
                seconds[name].append(found["seconds"])
                effects = f", {1e6 * found['effects'] / rows:.0f} µs each" if "effects" in found else ""
                cells.append(f"{found['seconds']:.2f} s, {found['peak']:,.0f} MB{effects}")
            print(f"| {rows:,} | {' | '.join(cells)} |", flush=True)
            if len(ends) > 1:
                raise SystemExit(f"not all keep the same: {ends}")
    print(f"\nGrowth exponents from size to size ({', '.join(ways)}): ", end="")
    print("; ".join(", ".join(f"{each:.2f}" for each in _exponents(sizes, took)) for took in seconds.values()))


def _exponents(sizes: Sequence[int], seconds: Sequence[float]) -> Iterator[float]:
    for (size, took), (larger, longer) in pairwise(zip(sizes, seconds, strict=True)):
        yield log(longer / took) / log(larger / size)


def main() -> int:
    """Run the benchmark; the tables go to standard output."""
    # Here and not above: the processes whose memory is told import this module.
    from benchmarks.decontamination import make_run
    from tests.shared import CRAWL

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path, nargs="?", help="a run of the pipeline whose pages are counted")
    parser.add_argument("--crawl", type=Path, default=CRAWL, help="folder of shards for a run where none is named")
    parser.add_argument("--tokenizer", default=str(SMALL) if SMALL.is_dir() else "", help="folder of a tokenizer")
    parser.add_argument("--pages", type=int, default=2_000)
    parser.add_argument("--rows", type=int, nargs="+", default=[100_000, 300_000, 1_000_000, 3_000_000])
    parser.add_argument("--memory", type=int, default=256, help="MB of the engine where it has little")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        run = options.run or make_run(options.crawl, Path(scratch) / "run")
        texts = [page.text for page in islice(read_pages(Pages(run=run)), options.pages)]
        print_counters(texts, options.tokenizer)
        print_ranking(run)
    print_growth(options.rows, options.memory)
    return 0


if __name__ == "__main__":
    sys.exit(main())
