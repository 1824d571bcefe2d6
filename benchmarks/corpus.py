"""The whole run on real shards: recall and precision, speed, memory, growth with the input.

    python -m benchmarks.corpus [--crawl DIR] [--recipe recipes/corpus.toml] [--times 1 2 4] [--growth-shards 2]

The gates' rejects are sampled at 20 % here, so that their loss shows in the funnel. Growth is measured on some of the
shards, each read several times under other names. Prints Markdown tables.
The labels are the crawl's own; pages of low confidence are told apart.
"""

from __future__ import annotations

import argparse
import gzip
import json
import sys
import tempfile
from pathlib import Path

import pyarrow.parquet as pq

from benchmarks.watch import Cost, watch
from mathmill.data.stats import wilson_interval
from tests.shared import CRAWL


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--crawl", type=Path, default=CRAWL)
    parser.add_argument("--recipe", default="recipes/corpus.toml")
    parser.add_argument("--times", type=int, nargs="+", default=[1, 2, 4])
    parser.add_argument("--growth-shards", type=int, default=2, help="shards at one time the input")
    options = parser.parse_args()
    shards = sorted(options.crawl.glob("*.warc.gz"))
    if not shards:
        sys.exit(f"no *.warc.gz in {options.crawl}: name a folder of shards with labels.jsonl.gz by --crawl")
    with tempfile.TemporaryDirectory() as scratch:
        run = Path(scratch) / "run"
        cost = run_pipeline(options.recipe, shards, run, workers=1, audit=0.2)
        quality(run, options.crawl)
        funnel(run)
        speed(run, shards, cost)
        growth(options.recipe, shards[: options.growth_shards], options.times, Path(scratch))


def run_pipeline(recipe: str, shards: list[Path], out: Path, workers: int, audit: float = 0.005) -> Cost:
    inputs = [part for shard in shards for part in ("--input", str(shard))]
    command = [sys.executable, "-m", "mathmill.cli", "pipeline", "run", recipe, *inputs, "--out", str(out)]
    return watch([*command, "--workers", str(workers), "--set", f"audit.rate={audit}", "--json"])


def quality(run: Path, crawl: Path) -> None:
    """Recall and precision of the kept pages, by the labels."""
    with gzip.open(crawl / "labels.jsonl.gz", "rt", encoding="utf-8") as file:
        labels = {label["url"]: label for label in map(json.loads, file)}
    rows = pq.read_table(run / "records", columns=["url", "kind", "outcome", "stage"]).to_pylist()
    kept = {row["url"] for row in rows if row["kind"] == "response" and row["outcome"] == "kept"}
    print("\n| labels | mathematics | kept of them (recall, 95 %) | others | kept of them | precision (95 %) |")
    print("|---|---:|---|---:|---:|---|")
    for confidence in ("high", "low"):
        judged = {url: label["is_math"] for url, label in labels.items() if label["confidence"] == confidence}
        positive = {url for url, is_math in judged.items() if is_math}
        negative = judged.keys() - positive
        hits, false = len(kept & positive), len(kept & negative)
        print(
            f"| {confidence} confidence | {len(positive):,} | {share(hits, len(positive))} "
            f"| {len(negative):,} | {false:,} | {share(hits, hits + false)} |"
        )


def share(hits: int, n: int) -> str:
    low, high = wilson_interval(hits, n)
    return f"{hits:,} = {hits / max(n, 1):.2%} ({low:.2%} to {high:.2%})"


def funnel(run: Path) -> None:
    """The funnel and the gates' loss, as the run's card has them."""
    card = (run / "README.md").read_text(encoding="utf-8")
    print("\n" + card[card.index("| stage |") :].strip())


def speed(run: Path, shards: list[Path], cost: Cost) -> None:
    """Pages and megabytes a second and core, and where the time goes."""
    manifest = json.loads((run / "manifest.json").read_text())
    timings = json.loads((run / "timings.json").read_text())
    pages, megabytes = manifest["counts"]["pages"], sum(shard.stat().st_size for shard in shards) / 1e6
    print(f"\nOne worker: {pages:,} pages, {megabytes:,.1f} MB compressed, {cost.wall_seconds:.1f} s wall, "
          f"{cost.cpu_seconds:.1f} s processor, peak {cost.peak_mb:,.0f} MB in all processes")  # fmt: skip
    print(f"{pages / cost.cpu_seconds:,.0f} pages/s/core, {megabytes / cost.cpu_seconds:.2f} MB/s/core")
    print("\n| stage | seconds | ms a page that reaches it |\n|---|---:|---:|")
    entered = {step["stage"]: step["entered"] for step in manifest["funnel"]["steps"]}
    for stage, seconds in timings["stage_seconds"].items():
        each = f"{1000 * seconds / entered[stage]:.2f}" if entered.get(stage) else ""  # the audit is no stage
        print(f"| {stage} | {seconds:.1f} | {each} |")


def growth(recipe: str, shards: list[Path], times: list[int], scratch: Path) -> None:
    """Wall time and memory at several times the input, with one worker and with two."""
    print("\n| input | workers | wall s | processor s | peak MB | wall s a time |\n|---:|---:|---:|---:|---:|---:|")
    for workers in (1, 2):
        for factor in times:
            web = scratch / f"web-{factor}"
            web.mkdir(exist_ok=True)
            links = [web / f"{copy}-{shard.name}" for copy in range(factor) for shard in shards]
            for link in links:
                if not link.exists():
                    link.symlink_to(next(shard for shard in shards if link.name.endswith(shard.name)).resolve())
            cost = run_pipeline(recipe, links, scratch / f"run-{factor}-{workers}", workers)
            print(
                f"| {factor} | {workers} | {cost.wall_seconds:.1f} | {cost.cpu_seconds:.1f} "
                f"| {cost.peak_mb:,.0f} | {cost.wall_seconds / factor:.1f} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
