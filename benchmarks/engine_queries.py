"""A query of one band over all Documents on each engine: processor time, wall time and memory, cold and warm.

    python -m benchmarks.engine_queries [--documents N] [--engines local spark] [--workers N] [--queries N] [--rounds N]

The table has 14 bands of random keys, of which every tenth row shares its own with another; the query is the one that
near-duplicates ask of each band. An engine is started anew for one query, and for `1 + queries`: what one costs is the
start, Java's included, with the first query; the difference is that of warm ones. Given are the median and, in
brackets, the least and the largest of the rounds. Prints Markdown. What an item costs that does nothing is in
`python -m benchmarks.engines --engines local spark`.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections import defaultdict
from contextlib import closing
from pathlib import Path

import numpy as np

from benchmarks.engines import installed, spread
from benchmarks.watch import Cost, watch

_BANDS = 14
_ROWS_A_FILE = 250_000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--documents", type=int, default=1_000_000)
    parser.add_argument("--engines", nargs="+", choices=("local", "spark"), default=["local", "spark"])
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--queries", type=int, default=3)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--turn", nargs=3, metavar=("ENGINE", "FOLDER", "TIMES"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.turn:
        kind, folder, times = options.turn
        turn(kind, options.workers, Path(folder), int(times))
        return
    with tempfile.TemporaryDirectory() as temporary:
        write_bands(Path(temporary) / "bands", options.documents)
        costs: defaultdict[tuple[str, int], list[Cost]] = defaultdict(list)
        engines = installed(options.engines)
        for _ in range(options.rounds):
            for kind in engines:
                for times in (1, 1 + options.queries):
                    command = [sys.executable, "-m", "benchmarks.engine_queries", "--workers", str(options.workers)]
                    costs[kind, times].append(watch([*command, "--turn", kind, temporary, str(times)]))
        print(f"{options.documents:,} Documents, {options.queries} warm queries, {options.rounds} rounds.\n")
        print_costs(engines, costs, options.queries)


def write_bands(folder: Path, documents: int) -> None:
    """The table of bands, as shards would have written it."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    from mathmill.pipeline.dedup.near_tables import band_names

    folder.mkdir()
    lots = np.random.default_rng(0)
    for first in range(0, documents, _ROWS_A_FILE):
        rows = np.arange(first, min(first + _ROWS_A_FILE, documents))
        columns = {"row": rows}
        for name in band_names(_BANDS):
            columns[name] = lots.integers(0, 1 << 62, len(rows))
            columns[name][::10] = np.roll(columns[name], 5)[::10]
        pq.write_table(pa.table(columns), folder / f"part-{first:09d}.parquet", compression="zstd")


def turn(kind: str, workers: int, folder: Path, times: int) -> None:
    """One engine, from its start to its end, asked for some bands one after the other."""
    from mathmill.pipeline.dedup.candidates import stars
    from mathmill.pipeline.dedup.near_tables import BANDS, band_names
    from mathmill.pipeline.engines.choice import EngineChoice, make_engine

    names = band_names(_BANDS)
    with (
        tempfile.TemporaryDirectory(dir=folder) as out,
        closing(make_engine(EngineChoice(kind, workers))) as engine,
    ):
        for number in range(times):
            query = stars(names[number % _BANDS]).query
            engine.sql(query, {BANDS: folder / "bands"}, Path(out) / str(number))


def print_costs(engines: list[str], costs: dict[tuple[str, int], list[Cost]], queries: int) -> None:
    """A row for each engine."""
    print("| engine | core-seconds of start and first query | of a warm query | seconds of a warm query | peak MB |")
    print("|---|---:|---:|---:|---:|")
    for kind in engines:
        first, all_of_them = costs[kind, 1], costs[kind, 1 + queries]
        pairs = list(zip(first, all_of_them, strict=True))
        cells = (
            spread([each.cpu_seconds for each in first], ".1f"),
            spread([(more.cpu_seconds - one.cpu_seconds) / queries for one, more in pairs], ".2f"),
            spread([(more.wall_seconds - one.wall_seconds) / queries for one, more in pairs], ".2f"),
            spread([each.peak_mb for each in all_of_them], ",.0f"),
        )
        print(f"| {kind} | {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
