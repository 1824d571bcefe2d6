"""`mathmill pipeline plan`: a sample is run here, and a dump and the whole crawl are forecast from it."""

from __future__ import annotations

import math
import os
import tempfile
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from mathmill.data.errors import ConfigError, Stopped
from mathmill.data.files import writing
from mathmill.data.storage import is_address, whole_address
from mathmill.pipeline.engines.local import LocalEngine
from mathmill.pipeline.fetch.streaming import find_streams, meet_server
from mathmill.pipeline.inputs import find_inputs, paths_to_fetch
from mathmill.pipeline.plan.fit import fit, size_of, stage_unit
from mathmill.pipeline.plan.forecast import Cluster, Forecast, StartUp, forecast
from mathmill.pipeline.plan.laws import CANDIDATES, DOCUMENTS, PAGES, Size, Step
from mathmill.pipeline.plan.requests import Requests, requests_of
from mathmill.pipeline.plan.sample import ROWS, Execution, Sample, draw_archives, take_sample
from mathmill.pipeline.plan.scaling import CoreCount, at_core_counts
from mathmill.pipeline.plan.spread import half_width
from mathmill.pipeline.recipe import PipelineRecipe
from mathmill.pipeline.selection.select import Select

#: Pages of DeepSeekMath's crawl (Shao et al. 2024, 2.1), the second size that is forecast.
WHOLE_CRAWL = 40e9
_COPIES = ("exact_duplicates", "near_duplicates")
_NODE_CORES, _CORE_MB = 64, 4096  # of a node, where nothing is said


@dataclass(frozen=True, slots=True)
class Question:
    """What a plan is asked for."""

    shards: int
    cores: int
    nodes: int | None = None
    node_gb: float | None = None
    bandwidth_gbit: float | None = None  # into the whole cluster
    pages_per_shard: float | None = None  # None: as the sample's archives have
    kept_share: float | None = None  # of the pages, that the stages keep; None: as of the sample
    query_mb: int = 2048  # that a query may hold before it spills

    @property
    def cluster(self) -> Cluster:
        nodes = self.nodes or math.ceil(self.cores / _NODE_CORES)
        memory = self.node_gb * 1024 if self.node_gb else self.cores / nodes * _CORE_MB
        bandwidth = self.bandwidth_gbit * 1e9 / 8 if self.bandwidth_gbit else None
        return Cluster(self.cores, nodes, int(memory), bandwidth, self.query_mb)


@dataclass(frozen=True, slots=True)
class Outcome:
    """The corpus that comes out of a run."""

    documents: float  # that the stages keep
    pages: float  # of the corpus
    tokens: float
    corpus_bytes: float  # of its files
    is_cut: bool  # the budget of the selection is met


@dataclass(frozen=True, slots=True)
class Sureness:
    """Half the 95 % interval of what was measured over the sample's shards, as a share; None where it has only one."""

    core_seconds: float | None
    documents: float | None
    tokens: float | None
    archive_bytes: float | None
    queries: float  # by how much forecasts of larger queries from smaller ones were off, weighted by their time


@dataclass(frozen=True, slots=True)
class Plan:
    """All that a plan tells."""

    question: Question
    sampled: Mapping[str, Any]
    dump: Forecast
    dump_outcome: Outcome
    whole: Forecast
    whole_outcome: Outcome
    sureness: Sureness
    core_counts: tuple[CoreCount, ...]  # the dump on clusters of other sizes
    requests: Requests  # of the dump's run, where its folder is in a store

    def as_dict(self) -> dict[str, Any]:
        return {
            "question": asdict(self.question),
            "sample": dict(self.sampled),
            "dump": {**self.dump.as_dict(), "outcome": asdict(self.dump_outcome)},
            "whole_crawl": {**self.whole.as_dict(), "outcome": asdict(self.whole_outcome)},
            "sureness": asdict(self.sureness),
            "core_counts": [asdict(each) for each in self.core_counts],
            "requests": asdict(self.requests),
        }


@dataclass(frozen=True, slots=True)
class Measuring:
    """How the sample is run."""

    archives: int | None = None  # drawn of those of the recipe; None: all
    workers: int | None = None  # None: as many as there are cores
    memory_mb: int = 2048  # of queries
    out: Path | None = None  # keeps the runs, `out/sample` among them
    rows: int = ROWS  # up to which tables are made larger


def make_plan(recipe: PipelineRecipe, question: Question, measuring: Measuring) -> Plan:
    """Run the recipe on a sample of its archives here, and forecast what was asked.

    Raises:
        ConfigError: more archives are wanted than there are, nothing is kept of them, or the folder is not empty.
        MathmillError: see `mathmill.pipeline.runner.run_pipeline`.
    """
    if question.nodes is not None and question.nodes > question.cores:
        raise ConfigError(f"--nodes {question.nodes:,} have not a core each of --cores {question.cores:,}: name fewer")
    drawn, out = draw_archives(recipe, measuring.archives), measuring.out
    # What is not there is told before minutes are spent.
    archives = find_inputs(drawn.archives, find_streams(drawn.archives, drawn.fetching, {}))
    meet_server(drawn.fetching, paths_to_fetch(archives))
    workers = measuring.workers or os.cpu_count() or 1
    if out is not None:
        _make_empty(out)
    with nullcontext(out) if out is not None else tempfile.TemporaryDirectory() as folder:
        engine = LocalEngine(workers, measuring.memory_mb)
        try:
            sample = take_sample(drawn, Path(folder), engine, workers, measuring.rows)
        except Stopped as stopped:
            told = str(stopped).partition(",")[0]
            raise Stopped(f"{told}: nothing is forecast, a plan measures anew", stopped.exit_code - 128) from None
    return planned(sample, question, _budget(recipe))


def _make_empty(out: Path) -> None:
    if is_address(out):
        raise ConfigError(
            f"{whole_address(out)} is an address, and a sample is run on this machine: name a folder of it"
        )
    with writing(out):
        out.mkdir(parents=True, exist_ok=True)
    if any(out.iterdir()):
        raise ConfigError(f"{out} is not empty: a plan measures anew, name another folder with --out")


def planned(sample: Sample, question: Question, budget: int | None = None) -> Plan:
    """The Plan from a sample; `budget` is how many tokens a selection keeps at most."""
    steps, full = fit(sample), sample.full
    start = start_up(sample, steps)
    a_shard = question.pages_per_shard or full.pages / full.shards
    a_page = full.bytes_in / full.pages
    dump = _scaled(sample, question.shards, question.shards * a_shard, question.kept_share)
    whole = _scaled(sample, WHOLE_CRAWL / a_shard, WHOLE_CRAWL, question.kept_share)
    made = [forecast(steps, size, question.cluster, a_page * size.units[PAGES], start) for size in (dump, whole)]
    counts = at_core_counts(steps, dump, question.cluster, a_page * dump.units[PAGES], start)
    outcomes = [_outcome(full, size, budget) for size in (dump, whole)]
    return Plan(
        question,
        _sampled(sample),
        made[0],
        outcomes[0],
        made[1],
        outcomes[1],
        _sureness(sample, steps, dump),
        counts,
        requests_of(sample, dump),
    )


def start_up(sample: Sample, steps: tuple[Step, ...]) -> StartUp:
    """What the first run took beyond what its steps take: processes begin, modules and models are loaded."""
    few = sample.few
    expected = forecast(steps, size_of(few, sample.stages), Cluster(sample.workers, 1, 0), 0.0)
    cpu = max(few.cpu_seconds - expected.total("core_seconds"), 0.0) / sample.workers
    return StartUp(cpu, max(few.wall_seconds - expected.total("wall_seconds"), 0.0))


def _scaled(sample: Sample, shards: float, pages: float, kept_share: float | None) -> Size:
    """A size with the sample's shares, or with another share of pages that the stages keep.

    Pages that are kept pass all stages. Of the others, as many as in the sample reach each stage.
    """
    full = sample.full
    kept = full.left / full.pages
    share = kept if kept_share is None else kept_share
    units = {PAGES: pages, DOCUMENTS: pages * share, CANDIDATES: 0.0}
    if full.meeting:
        units[CANDIDATES] = full.meeting.at(units[DOCUMENTS] / full.left, units[DOCUMENTS])
    for stage in sample.stages:
        others = (full.entered.get(stage, 0) - full.left) / max(full.pages - full.left, 1)
        units[stage_unit(stage)] = pages * (share + (1 - share) * others)
    return Size(shards, units)


def _outcome(full: Execution, size: Size, budget: int | None) -> Outcome:
    times = size.units[DOCUMENTS] / full.left
    pages, tokens, _ = (float(sum(column)) for column in zip((0, 0, 0), *full.corpus.values(), strict=True))
    stored = sum(bytes_ for name, bytes_ in full.outputs.items() if name.startswith("corpus/"))
    cut = min(budget / (tokens * times), 1.0) if budget and tokens else 1.0
    return Outcome(size.units[DOCUMENTS], pages * times * cut, tokens * times * cut, stored * times * cut, cut < 1.0)


def _budget(recipe: PipelineRecipe) -> int | None:
    return next((each.tokens for each in recipe.passes if isinstance(each, Select)), None)


def _sampled(sample: Sample) -> dict[str, Any]:
    full = sample.full
    return {
        "archives": full.shards,
        "pages": full.pages,
        "bytes": full.bytes_in,
        "kept_share": full.left / full.pages,
        "wall_seconds": full.wall_seconds,
        "cpu_seconds": full.cpu_seconds,
        "workers": sample.workers,
        "copies_share": sum(_dropped(full, name) for name in _COPIES) / full.left,
        "candidates_share": full.meeting.candidates / full.left if full.meeting else None,
        "driver_mb": max((seen.driver_mb for seen in full.memory), default=0.0),
        "queries": len(full.queries),
        "queries_grown": sum(bool(each) for each in sample.grown.values()),
    }


def _dropped(full: Execution, name: str) -> int:
    """Documents that a pass dropped."""
    left = [*(full.entered[each] for each in full.pass_seconds), sum(pages for pages, _, _ in full.corpus.values())]
    position = list(full.pass_seconds).index(name) if name in full.pass_seconds else -2
    return left[position] - left[position + 1] if position >= 0 else 0


def _sureness(sample: Sample, steps: tuple[Step, ...], size: Size) -> Sureness:
    full = sample.full
    names = list(full.tallies)
    spent = dict.fromkeys(names, 0.0)
    for each in full.maps:
        for item in each.items:
            if item.name in spent:
                spent[item.name] += item.cost.cpu_seconds
    tallies = [full.tallies[name] for name in names]
    pages = [float(tally["pages"]) for tally in tallies]
    queries = [each for step in steps for each in step.queries]
    time = sum(each.cpu_at(size) for each in queries)
    return Sureness(
        half_width([spent[name] for name in names], pages),
        half_width([tally["outcomes"].get("kept", 0) for tally in tallies], pages),
        half_width([full.corpus.get(name, (0, 0, 0))[1] for name in names], pages),
        half_width([float(tally["bytes_in"]) for tally in tallies], pages),
        sum(each.off * each.cpu_at(size) for each in queries) / time if time else 0.0,
    )
