"""What `mathmill pipeline plan` prints."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from mathmill.data.terminal import counted, print_json, print_table
from mathmill.pipeline.plan.forecast import Forecast, StepForecast
from mathmill.pipeline.plan.laws import PAGES
from mathmill.pipeline.plan.plan import Plan

_COLUMNS = ("share %", "one node or core alone", "worker MB", "query GB", "disk GB", "files", "in GB", "between GB")
_ENOUGH_ARCHIVES = 5
_FULL_ARCHIVE = 10_000  # pages; Common Crawl's have some 30,000


def show_plan(plan: Plan, as_json: bool) -> None:
    """The forecast of a dump step by step, and of the whole crawl in sum."""
    if as_json:
        print_json(plan.as_dict())
    else:
        _print(plan)
    sys.stdout.flush()
    for each in minds(plan):
        print(f"mind: {each}", file=sys.stderr, flush=True)


def _print(plan: Plan) -> None:
    sample, dump, cluster = plan.sampled, plan.dump, plan.dump.cluster
    print(
        f"sample: {counted(sample['archives'], 'archive')}, {counted(sample['pages'], 'page')}, "
        f"{sample['bytes'] / sample['pages'] / 1000:.1f} kB a page as stored, {sample['kept_share']:.1%} kept by the "
        f"stages; {sample['cpu_seconds']:,.0f} core-seconds with {counted(sample['workers'], 'worker')}"
    )
    print(
        f"forecast: {dump.size.shards:,.0f} shards, {_count(dump.size.units[PAGES])} pages, on {cluster.cores:,} cores "
        f"of {counted(cluster.nodes, 'node')} with {cluster.memory_mb / 1024:,.0f} GB each\n"
    )
    unit, word = (3600, "hours") if dump.total("core_seconds") >= 3600 else (1, "seconds")
    rows = [_cells(step, unit) for step in dump.steps]
    print_table(("step", f"core-{word}", f"wall {word}", *_COLUMNS), [*rows, _sum_cells(dump, unit)])
    print()
    _print_sums(plan)
    print()
    for line in _lines(plan):
        print(line)


def _cells(step: StepForecast, unit: int) -> tuple[str | float, ...]:
    return (
        step.step,
        _short(step.core_seconds / unit),
        _short(step.wall_seconds / unit),
        _short(100 * step.share),
        _short(step.serial_seconds / unit),
        round(step.worker_mb),
        _short(step.query_mb / 1024),
        _short(step.disk_bytes / 1e9),
        round(step.files),
        _short(step.in_bytes / 1e9),
        _short(step.between_bytes / 1e9),
    )


def _sum_cells(forecast: Forecast, unit: int) -> tuple[str | float, ...]:
    summed = {name: forecast.total(name) for name in StepForecast.__slots__[1:]}
    largest = {name: forecast.largest(name) for name in ("worker_mb", "query_mb")}
    return _cells(StepForecast("all", **{**summed, **largest}), unit)


def _print_sums(plan: Plan) -> None:
    rows = [
        (
            _count(forecast.size.units[PAGES]),
            round(forecast.size.shards),
            _short(forecast.total("core_seconds") / 3600),
            _short(forecast.total("wall_seconds") / 3600),
            _short(forecast.least_wall_seconds / 3600),
            _short(forecast.total("in_bytes") / 1e12),
            _short(forecast.total("disk_bytes") / 1e12),
            _count(forecast.total("files")),
            _count(outcome.pages),
            _count(outcome.tokens),
        )
        for forecast, outcome in ((plan.dump, plan.dump_outcome), (plan.whole, plan.whole_outcome))
    ]
    columns = ("pages", "shards", "core-hours", "wall hours", "at least", "in TB", "disk TB", "files")
    print_table((*columns, "corpus pages", "tokens"), rows)


def _lines(plan: Plan) -> Iterator[str]:
    """What the tables do not say."""
    dump, sure, outcome = plan.dump, plan.sureness, plan.dump_outcome
    yield (
        f"95 % intervals over the sample's archives: core-hours {_interval(sure.core_seconds)}, kept Documents "
        f"{_interval(sure.documents)}, tokens {_interval(sure.tokens)}; queries forecast themselves at four times the "
        f"rows within {sure.queries:.0%}"
    )
    alone = dump.total("serial_seconds") / max(dump.total("wall_seconds"), 1e-9)
    yield (
        f"{alone:.0%} of the wall time is the driver's, a query's on one node, or one last item's: with any number of "
        f"cores the run takes {dump.least_wall_seconds / 3600:,.2f} hours"
    )
    first = sum(step.wall_seconds for step in dump.steps if step.worker_mb and not step.between_bytes)
    if first:
        yield f"the download keeps up with the work at {dump.total('in_bytes') * 8 / first / 1e9:,.2f} Gbit/s in all"
    yield from _memory_lines(dump)
    if plan.sampled["copies_share"]:
        yield (
            f"{plan.sampled['copies_share']:.1%} of the kept pages of the sample are copies; of a larger crawl more "
            "are, so the corpus will be smaller than this, and what is kept of candidates for near-duplicates larger"
        )
    if outcome.is_cut:
        yield "the selection's budget is met: the corpus is cut to it"


def _memory_lines(dump: Forecast) -> Iterator[str]:
    cluster = dump.cluster
    workers, query = dump.largest("worker_mb") * cluster.node_cores, dump.largest("query_mb")
    yield (
        f"memory of a node: {workers / 1024:,.0f} GB for its workers; the largest query holds {query / 1024:,.1f} GB "
        "where --memory allows it, and spills what is beyond"
    )
    if workers > cluster.memory_mb:
        yield f"that is more than the {cluster.memory_mb / 1024:,.0f} GB of a node: run fewer workers there"


def minds(plan: Plan) -> Iterator[str]:
    """What a reader of the plan may not think of."""
    sample, question = plan.sampled, plan.question
    if question.kept_share is None:
        yield (
            f"the forecast is for pages like the sample's, of which {sample['kept_share']:.1%} are kept; where the "
            "sample was chosen for its mathematics say --kept-share (of a whole dump some 0.02)"
        )
    if sample["archives"] < _ENOUGH_ARCHIVES:
        yield f"{counted(sample['archives'], 'archive')} tell little of how archives differ: take ten or more"
    if question.pages_per_shard is None and sample["pages"] / sample["archives"] < _FULL_ARCHIVE:
        yield (
            f"the sample's archives hold {sample['pages'] / sample['archives']:,.0f} pages each; those of Common Crawl "
            "some 30,000: say --pages-per-shard where the dump's are larger"
        )


def _interval(half: float | None) -> str:
    return "unknown" if half is None else f"± {half:.0%}"


def _count(number: float) -> str:
    for size, word in ((1e12, "T"), (1e9, "B"), (1e6, "M")):
        if number >= size:
            return f"{number / size:,.3g} {word}"
    return f"{number:,.0f}"


def _short(value: float) -> float:
    """A value to three digits, as tables are read."""
    return float(f"{value:.3g}") if abs(value) < 1000 else round(value)
