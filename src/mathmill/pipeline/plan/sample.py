"""The executions that a plan is told from: the recipe on archives without a page, and on a sample of the crawl.

Two runs on some empty archives tell what a shard costs however few pages it has, and what each query, pass and process
costs to begin with. The run on the sample tells the rest, and its tables, made larger,
how queries grow (`mathmill.pipeline.plan.growth`).
"""

from __future__ import annotations

import gzip
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import redirect_stderr
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from random import Random
from typing import Any

import orjson

from mathmill.data.engine import Engine
from mathmill.data.errors import ConfigError
from mathmill.data.ledger import Ledger
from mathmill.data.progress import Outlook, progress_shown
from mathmill.data.runs import load_manifest
from mathmill.data.tables import ask
from mathmill.data.terminal import counted
from mathmill.pipeline.corpus import CORPUS, write_corpus_file
from mathmill.pipeline.dedup.near import TOKENS_A_PARTITION, NearDuplicates
from mathmill.pipeline.dedup.near_clusters import confirm_partition
from mathmill.pipeline.fetch.streaming import is_stream
from mathmill.pipeline.inputs import find_inputs
from mathmill.pipeline.plan.growth import Grown, grown_queries
from mathmill.pipeline.plan.meeting import Meeting, find_meeting
from mathmill.pipeline.plan.memory import MemoryWatch, Seen
from mathmill.pipeline.plan.meter import MapSpent, MeteredEngine, Moment, QuerySpent, name_of, work_seconds
from mathmill.pipeline.recipe import PipelineRecipe
from mathmill.pipeline.runner import run_pipeline

FEW, MANY = 2, 40  # empty archives in the two runs without pages
#: Rows up to which queries are measured on tables that have grown.
ROWS = 1_000_000
_TOKEN_BYTES = 8
_EMPTY = (
    b"WARC/1.0\r\nWARC-Type: warcinfo\r\nWARC-Date: 2020-01-01T00:00:00Z\r\n"
    b"Content-Type: application/warc-fields\r\nContent-Length: 0\r\n\r\n\r\n\r\n"
)


@dataclass(frozen=True, slots=True)
class Execution:
    """One run of the recipe, and all that was noted of it."""

    tallies: Mapping[str, Mapping[str, Any]]  # shard -> its `Tally`
    entered: Mapping[str, int]  # stage or pass -> pages that reached it
    left: int  # by the cascade
    outputs: Mapping[str, int]  # file -> bytes
    units: int  # lines of the ledger
    corpus: Mapping[str, tuple[int, int, int]]  # archive -> pages, tokens and bytes of text in the corpus
    pass_seconds: Mapping[str, float]  # wall, in the order of the recipe
    maps: Sequence[MapSpent]
    queries: Sequence[QuerySpent]
    began: Moment
    ended: Moment
    cpu_seconds: float  # of all processes
    memory: Sequence[Seen]
    meeting: Meeting | None  # None where the recipe does not look for near-duplicates

    @property
    def calls(self) -> list[MapSpent | QuerySpent]:
        """Maps and queries in the order in which they were made."""
        return sorted([*self.maps, *self.queries], key=lambda call: call.began.wall)

    @property
    def wall_seconds(self) -> float:
        return self.ended.wall - self.began.wall

    @property
    def shards(self) -> int:
        return len(self.tallies)

    @property
    def pages(self) -> int:
        return sum(tally["pages"] for tally in self.tallies.values())

    @property
    def bytes_in(self) -> int:
        return sum(tally["bytes_in"] for tally in self.tallies.values())


@dataclass(frozen=True, slots=True)
class Sample:
    """All executions of a plan. `grown` has what queries of `full` cost on larger tables, by the folders they make."""

    few: Execution
    many: Execution
    full: Execution
    grown: Mapping[str, tuple[Grown, ...]]
    workers: int
    stages: tuple[str, ...]
    parts: Mapping[str, float]  # function -> its items, of maps that are not over shards; CORPUS: its files
    folders: Mapping[str, str]  # folder in a run -> the pass that writes in it


def draw_archives(recipe: PipelineRecipe, count: int | None) -> PipelineRecipe:
    """The recipe on `count` of its archives, drawn by its seed; None for all of them.

    Raises:
        InputMissing: as `find_inputs`.
        ConfigError: there are fewer, or they are a crawl's that are fetched as they are read.
    """
    if count is None:
        return recipe
    if any(map(is_stream, recipe.archives)):
        raise ConfigError("--sample draws of archives that can be named: of a crawl, say ?shards=N in its address")
    names = [archive.uri for archive in find_inputs(recipe.archives, {})]
    if count > len(names):
        raise ConfigError(
            f"--sample {count}: the recipe names only {counted(len(names), 'archive')}: name more with --input"
        )
    return recipe.model_copy(update={"archives": tuple(sorted(Random(recipe.seed).sample(names, count)))})


def take_sample(recipe: PipelineRecipe, folder: Path, inner: Engine, workers: int, rows: int = ROWS) -> Sample:
    """Run the recipe on its archives in `folder/sample`, and what is needed beside it in other folders there.

    Raises:
        ConfigError: no page of the sample is kept by the cascade.
        MathmillError: see `run_pipeline`.
    """
    with MemoryWatch() as watch:
        engine = MeteredEngine(inner, watch)
        _tell(1, f"the recipe on {FEW}, then on {MANY} archives without a page")
        with redirect_stderr(StringIO()):  # what there is to mind, the sample's run says again
            few, many = (_run_empty(recipe, folder / f"empty-{count}", engine, watch, count) for count in (FEW, MANY))
        _tell(2, "the recipe on the sample")
        full = execute(recipe, folder / "sample", engine, watch)
        if not full.left:
            raise ConfigError(
                f"none of {full.pages:,} pages of the sample is kept, so nothing is known of what comes behind the "
                "stages: take more archives, or others"
            )
        _tell(3, f"its {counted(len(full.queries), 'query', 'queries')} on tables of up to {rows:,} rows")
        grown = _grown(engine, full.queries, rows, folder)
    folders = {name: each.use for each in recipe.passes for name in each.folders}
    stages = tuple(stage.use for stage in recipe.stages)
    return Sample(few, many, full, grown, workers, stages, _parts(recipe, full), folders)


def _tell(phase: int, what: str) -> None:
    print(f"{phase}/3 {what}", file=sys.stderr, flush=True)


def _grown(
    engine: MeteredEngine, queries: Sequence[QuerySpent], rows: int, folder: Path
) -> dict[str, tuple[Grown, ...]]:
    began, found = time.monotonic(), dict[str, tuple[Grown, ...]]()

    def look() -> Outlook:
        done, whole = len(found), len(queries)
        left = (time.monotonic() - began) / done * (whole - done) if done else None
        return Outlook(done / max(whole, 1), f"{done} of {counted(whole, 'query', 'queries')}", left)

    with progress_shown(look):
        for spent, sizes in grown_queries(engine, queries, rows, folder):
            found[spent.name] = tuple(sizes)
    return found


def _parts(recipe: PipelineRecipe, full: Execution) -> dict[str, float]:
    """How many files of the corpus and partitions of candidates there would be, were each filled."""
    text = sum(size for _, _, size in full.corpus.values())
    tokens = sum(size for name, size in full.outputs.items() if name.endswith(".tokens")) / _TOKEN_BYTES
    files = text / (recipe.corpus.file_mb << 20)
    partitions = tokens / TOKENS_A_PARTITION
    return {CORPUS: files, name_of(write_corpus_file): files, name_of(confirm_partition): partitions}


def _run_empty(
    recipe: PipelineRecipe, folder: Path, engine: MeteredEngine, watch: MemoryWatch, count: int
) -> Execution:
    archives = folder.with_name(f"{folder.name}-archives")
    archives.mkdir(parents=True)
    for number in range(count):
        (archives / f"empty-{number:05}.warc.gz").write_bytes(gzip.compress(_EMPTY, mtime=0))
    names = tuple(str(path) for path in sorted(archives.iterdir()))
    return execute(recipe.model_copy(update={"archives": names}), folder, engine, watch)


def execute(recipe: PipelineRecipe, folder: Path, engine: MeteredEngine, watch: MemoryWatch) -> Execution:
    """Run the recipe in `folder`, with all its workers begun anew, and note what it cost."""
    maps, queries, seen = len(engine.maps), len(engine.queries), len(watch.seen)
    began, cpu = engine.now(), work_seconds()
    result = run_pipeline(recipe, folder, engine, error_budget=1.0)
    ended, cpu = engine.now(), engine.cpu_seconds - cpu
    ledger = Ledger(folder)
    prefix = "shard/"
    seconds = orjson.loads((folder / "timings.json").read_bytes())["pass_seconds"]
    return Execution(
        tallies={
            unit.removeprefix(prefix): line["tally"] for unit, line in ledger.lines.items() if unit.startswith(prefix)
        },
        entered={step.stage: step.entered for step in result.funnel.steps},
        left=result.funnel.passed,
        outputs={name: output["size"] for name, output in load_manifest(folder)["outputs"].items()},
        units=len(ledger.lines),
        corpus={row["archive"]: (row["pages"], row["tokens"], row["bytes"]) for row in ask(folder, CORPUS, _SIZES, {})},
        pass_seconds={each.use: seconds[each.use] for each in recipe.passes},
        maps=tuple(engine.maps[maps:]),
        queries=tuple(engine.queries[queries:]),
        began=began,
        ended=ended,
        cpu_seconds=cpu,
        memory=tuple(watch.seen[seen:]),
        meeting=find_meeting(folder) if any(isinstance(each, NearDuplicates) for each in recipe.passes) else None,
    )


# Where no pass counted tokens, a quarter of the bytes stands for them.
_SIZES = f"""
SELECT archive, count(*) AS pages, CAST(sum(coalesce(tokens, strlen(text) // 4)) AS BIGINT) AS tokens,
CAST(sum(strlen(text)) AS BIGINT) AS bytes
FROM {CORPUS} GROUP BY archive
"""  # noqa: S608
