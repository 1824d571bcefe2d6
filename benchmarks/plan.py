"""`mathmill pipeline plan` put to the test: a run of four times the sample, forecast and measured.

    python -m benchmarks.plan [--crawl DIR] [--recipe recipes/corpus.toml] [--sample 5] [--factor 4] [--workers 2]

The crawl's archives are cut between records into several each, and dealt out by a seed: some are the sample, four times
as many others are the run. Without a crawl a made-up world is written and taken.

The forecast knows the run's number of archives and nothing else of it. Beside it stands the same forecast told how many
pages the run has and how many of them are kept, so that what is left is the error of the laws and not of the sample.
The measured run is the plain command, looked at from outside: wall time, processor seconds of all its processes (the
last moments of each are missed, about 2 %), memory as the sum of proportional shares. Wall time is told together with
what other processes took of the machine meanwhile: on one that others use, processor seconds are what to go by. One run
each, none repeated. Prints Markdown.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random

from benchmarks.watch import Cost, watch
from mathmill.demo.world import write_world
from mathmill.pipeline.archives import read_archive
from mathmill.pipeline.commands import load
from mathmill.pipeline.engines.local import LocalEngine
from mathmill.pipeline.plan.forecast import Forecast
from mathmill.pipeline.plan.plan import Plan, Question, planned
from mathmill.pipeline.plan.sample import Sample, take_sample
from tests.shared import CRAWL


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--crawl", type=Path, default=CRAWL)
    parser.add_argument("--recipe", type=Path, default=Path("recipes/corpus.toml"))
    parser.add_argument("--set", dest="settings", action="append", default=[], metavar="KEY=VALUE")
    parser.add_argument("--pieces", type=int, default=5, help="that each archive is cut into")
    parser.add_argument("--sample", type=int, default=5, help="pieces in the sample")
    parser.add_argument("--factor", type=int, default=4, help="the run's size in samples")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        pieces = cut(shards(options.crawl, Path(scratch)), options.pieces, Path(scratch, "pieces"))
        Random(options.seed).shuffle(pieces)
        wanted = options.sample * (1 + options.factor)
        if len(pieces) < wanted:
            sys.exit(f"{len(pieces)} pieces, {wanted} are needed: raise --pieces, or lower --sample")
        mine, run = pieces[: options.sample], pieces[options.sample : wanted]
        recipe = load(options.recipe, [str(path) for path in mine], options.settings)
        engine = LocalEngine(options.workers)
        sample = take_sample(recipe, Path(scratch, "plan"), engine, options.workers)
        command = [sys.executable, "-m", "mathmill.cli", "pipeline", "run", str(options.recipe), "--json"]
        inputs = [part for path in run for part in ("--input", str(path))]
        settings = [part for each in options.settings for part in ("--set", each)]
        out = Path(scratch, "run")
        busy = machine_seconds()
        cost = watch([*command, *inputs, *settings, "--out", str(out), "--workers", str(options.workers)])
        others = max(machine_seconds() - busy - cost.cpu_seconds, 0.0) / cost.wall_seconds
        compare(sample, Question(len(run), options.workers, 1), Measured.of(out, cost), sample.folders)
        print(f"\nWhile the run was measured other processes kept {others:.1f} of {os.cpu_count()} cores busy.")


def machine_seconds() -> float:
    """Processor seconds so far of all processes of the machine; Linux only."""
    user, nice, system = map(int, Path("/proc/stat").read_text().split(maxsplit=4)[1:4])
    return (user + nice + system) / os.sysconf("SC_CLK_TCK")


def shards(crawl: Path, scratch: Path) -> list[Path]:
    """The archives of a crawl, or of a made-up world."""
    found = sorted(crawl.glob("*.warc.gz"))
    return found or list(write_world(scratch / "world", pages=3_000, shards=6).shards)


def cut(archives: Sequence[Path], pieces: int, folder: Path) -> list[Path]:
    """Each archive in so many pieces of about as many records, stored bytes as they were."""
    folder.mkdir()
    made = []
    for archive in archives:
        ends = [record.offset + record.length for record in read_archive(archive)]
        data, begin = archive.read_bytes(), 0
        for number in range(1, pieces + 1):
            end = ends[len(ends) * number // pieces - 1]
            path = folder / f"{archive.name.partition('.')[0]}-{number}.warc.gz"
            path.write_bytes(data[begin:end])
            made.append(path)
            begin = end
    return made


@dataclass(frozen=True, slots=True)
class Measured:
    """What the run came to."""

    cost: Cost
    pages: int
    kept: int  # by the stages
    stage_seconds: Mapping[str, float]
    pass_seconds: Mapping[str, float]
    bytes: Mapping[str, int]  # folder of the run -> on disk

    @classmethod
    def of(cls, run: Path, cost: Cost) -> Measured:
        manifest = json.loads((run / "manifest.json").read_text())
        timings = json.loads((run / "timings.json").read_text())
        sizes: dict[str, int] = {}
        for name, output in manifest["outputs"].items():
            folder = name.partition("/")[0]
            sizes[folder] = sizes.get(folder, 0) + output["size"]
        kept = sum(output["rows"] for name, output in manifest["outputs"].items() if name.startswith("documents/"))
        return cls(cost, manifest["counts"]["pages"], kept, timings["stage_seconds"], timings["pass_seconds"], sizes)


def compare(sample: Sample, question: Question, measured: Measured, folders: Mapping[str, str]) -> None:
    """Forecast and measured, in all and step by step."""
    told = replace(
        question,
        pages_per_shard=measured.pages / question.shards,
        kept_share=measured.kept / measured.pages,
    )
    plans = planned(sample, question), planned(sample, told)
    full = sample.full
    print(
        f"Sample: {full.shards} archives, {full.pages:,} pages, {full.left / full.pages:.1%} kept. Run: "
        f"{question.shards} archives, {measured.pages:,} pages, {measured.kept / measured.pages:.1%} kept. "
        f"{question.cores} workers.\n"
    )
    print("| in all | measured | forecast | off | told pages and kept | off |\n|---|---:|---:|---:|---:|---:|")
    actual = {
        "wall seconds": measured.cost.wall_seconds,
        "core-seconds": measured.cost.cpu_seconds,
        "peak MB": measured.cost.peak_mb,
        "disk MB": sum(measured.bytes.values()) / 1e6,
    }
    forecasts = [totals(plan) for plan in plans]
    for name, value in actual.items():
        print_row(name, value, [each[name] for each in forecasts])
    print("\n| step | measured | forecast | off | told pages and kept | off |\n|---|---:|---:|---:|---:|---:|")
    for name, value, of in steps(measured, folders):
        print_row(name, value, [of(plan.dump) for plan in plans])


def totals(plan: Plan) -> dict[str, float]:
    """The forecast's own totals, in the units of the table."""
    dump = plan.dump
    return {
        "wall seconds": dump.total("wall_seconds"),
        "core-seconds": dump.total("core_seconds"),
        "peak MB": dump.largest("worker_mb") * dump.cluster.cores + float(plan.sampled["driver_mb"]),
        "disk MB": dump.total("disk_bytes") / 1e6,
    }


@dataclass(frozen=True, slots=True)
class Field:
    """One figure of one step of a forecast."""

    step: str
    name: str
    scale: float = 1.0

    def __call__(self, forecast: Forecast) -> float:
        found: float = sum(getattr(each, self.name) for each in forecast.steps if each.step == self.step)
        return found / self.scale


def steps(measured: Measured, folders: Mapping[str, str]) -> Iterator[tuple[str, float, Field]]:
    """Name, what was measured, and where the forecast has it."""
    for stage, seconds in measured.stage_seconds.items():
        yield f"{stage}, core-seconds", seconds, Field(stage, "core_seconds")
    for each, seconds in measured.pass_seconds.items():
        yield f"{each}, wall seconds", seconds, Field(each, "wall_seconds")
    disk: dict[str, int] = {}
    for folder, size in measured.bytes.items():
        step = folders.get(folder, "read" if folder in ("documents", "records", "aside") else folder)
        disk[step] = disk.get(step, 0) + size
    for step in ("read", *measured.pass_seconds, "corpus"):
        yield f"{step}, disk MB", disk.get(step, 0) / 1e6, Field(step, "disk_bytes", 1e6)


def print_row(name: str, value: float, forecasts: Sequence[float]) -> None:
    cells = (f"{each:,.1f} | {each / value - 1:+.0%}" if value else f"{each:,.1f} |" for each in forecasts)
    print(f"| {name} | {value:,.1f} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
