"""Engines side by side: shards an hour, and what an engine costs a shard by itself.

    python -m benchmarks.engines [--crawl DIR | --pages N --shards N] [--engines local ray] [--workers 1 2]
                                 [--rounds N] [--items N]

An engine whose library is not installed is left out, with a word. Queries are in `benchmarks.engine_queries`.

Without `--crawl` the shards are those of the made-up web of `mathmill demo`, so that anyone can run it again.

The work is the recipe's cascade on all shards (`map` of shard work, no passes), by wall clock, after two shards a
worker that nobody times; and functions that do nothing. Start-up is a column of its own. In each round every engine has
its turn with every number of workers, one after the other; a ratio is taken within a round. Given are the median and,
in brackets, the least and the largest of the rounds. Prints Markdown.
"""

from __future__ import annotations

import argparse
import importlib.util
import shutil
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import TypeVar

# What is imported here every page process of the local engine imports again, as the script that it was started by; the
# command's own script is light.
from mathmill.data.engine import Engine, Failure

I = TypeVar("I")  # noqa: E741
R = TypeVar("R")

_LIBRARY = {"ray": "ray", "spark": "pyspark"}
_OWN = {"ray": "local"}  # an address by which an engine starts a cluster of its own, whatever runs on this machine


@dataclass(frozen=True, slots=True)
class Timed:
    """One turn of an engine: seconds."""

    start: float  # until the first item is back
    items: float
    shards: float


def main() -> None:
    from mathmill.demo.world import write_world

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--crawl", type=Path, help="folder of *.warc.gz")
    parser.add_argument("--recipe", type=Path, default=Path("recipes/corpus.toml"))
    parser.add_argument("--pages", type=int, default=2_400, help="of the made-up web")
    parser.add_argument("--shards", type=int, default=12, help="of the made-up web")
    parser.add_argument("--engines", nargs="+", choices=("local", "ray", "spark"), default=["local", "ray"])
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--items", type=int, default=1_000)
    options = parser.parse_args()
    engines = installed(options.engines)
    with tempfile.TemporaryDirectory() as temporary:
        crawl = options.crawl or Path(temporary) / "web"
        if not options.crawl:
            write_world(crawl, pages=options.pages, shards=options.shards)
        archives = sorted(crawl.glob("*.warc.gz"))
        if not archives:
            sys.exit(f"no *.warc.gz in {crawl}: name a folder of shards by --crawl")
        turns: defaultdict[tuple[int, str], list[Timed]] = defaultdict(list)
        for number in range(options.rounds):
            for workers in options.workers:
                for kind in engines if number % 2 == 0 else reversed(engines):
                    out = Path(temporary) / f"{kind}-{workers}-{number}"
                    turns[workers, kind].append(turn(kind, workers, options.recipe, archives, options.items, out))
                    print(f"{kind}, {workers}: {turns[workers, kind][-1]}", file=sys.stderr)
        size = sum(path.stat().st_size for path in archives) / 1e6
        what = "of the made-up web" if not options.crawl else f"of {options.crawl.name}"
        print(f"{len(archives)} shards {what}, {size:,.1f} MB; {options.items:,} items; {options.rounds} rounds.\n")
        print_turns(turns, engines[0], len(archives), options.items)


def installed(kinds: Sequence[str]) -> list[str]:
    """Those engines that can be started here; says on stderr which cannot."""
    found = []
    for kind in kinds:
        if kind in _LIBRARY and importlib.util.find_spec(_LIBRARY[kind]) is None:
            print(f"{kind} is left out: pip install 'mathmill[{kind}]'", file=sys.stderr)
        elif kind == "spark" and shutil.which("java") is None:
            print("spark is left out: it needs a Java runtime, 17 or 21", file=sys.stderr)
        else:
            found.append(kind)
    return found or sys.exit("none of these engines is installed")


def turn(kind: str, workers: int, recipe: Path, archives: Sequence[Path], items: int, out: Path) -> Timed:
    """One engine with some workers, from its start to its end."""
    from mathmill.pipeline.commands import load
    from mathmill.pipeline.engines.choice import EngineChoice, make_engine
    from mathmill.pipeline.inputs import find_inputs
    from mathmill.pipeline.shard_task import ShardTask, run_shard

    out.mkdir()
    inputs = find_inputs([str(path) for path in archives], {})
    resolved = load(recipe, [], [])
    tasks = [ShardTask(archive, resolved, out) for archive in inputs]
    first = [ShardTask(archive, resolved, out) for archive in inputs[: 2 * workers]]
    engine = make_engine(EngineChoice(kind, workers, address=_OWN.get(kind, "")))
    with closing(engine):
        start = seconds(lambda: drain(engine, null, range(workers)))
        drain(engine, run_shard, first)  # each worker starts its server of page processes
        return Timed(
            start=start,
            items=seconds(lambda: drain(engine, null, range(items))),
            shards=seconds(lambda: drain(engine, run_shard, tasks)),
        )


def null(number: int) -> int:
    return number


def drain(engine: Engine, function: Callable[[I], R], items: Sequence[I]) -> None:
    for item, result in engine.map(function, items):
        if isinstance(result, Failure):
            raise SystemExit(f"{item} failed: {result.error}")


def seconds(work: Callable[[], None]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def print_turns(turns: dict[tuple[int, str], list[Timed]], first: str, shards: int, items: int) -> None:
    """A row for each number of workers and engine; ratios are to the first engine."""
    print(f"| workers | engine | shards an hour | times {first} | ms an item that does nothing | seconds to start |")
    print("|---:|---|---:|---:|---:|---:|")
    for (workers, kind), timed in sorted(turns.items(), key=lambda each: each[0][0]):
        base = turns[workers, first]
        rate = spread([3_600 * shards / each.shards for each in timed], ",.0f")
        ratio = spread([one.shards / each.shards for one, each in zip(base, timed, strict=True)], ".2f")
        each_item = spread([1e3 * each.items / items for each in timed], ".2f")
        print(f"| {workers} | {kind} | {rate} | {ratio} | {each_item} | {spread([t.start for t in timed], '.1f')} |")


def spread(values: Sequence[float], form: str) -> str:
    return f"{median(values):{form}} ({min(values):{form}} to {max(values):{form}})"


if __name__ == "__main__":
    main()
