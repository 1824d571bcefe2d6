"""What `mathmill pipeline plan` prints."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from mathmill.data.terminal import counted, print_json, print_table
from mathmill.pipeline.plan.digits import in_words, rounded
from mathmill.pipeline.plan.forecast import Forecast
from mathmill.pipeline.plan.laws import CANDIDATES, DOCUMENTS, PAGES
from mathmill.pipeline.plan.plan import Plan, Sureness

_HOUR = 3600  # core-seconds, from which on times are told in hours
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
        f"forecast: {dump.size.shards:,.0f} shards, {in_words(dump.size.units[PAGES])} pages, on {cluster.cores:,} "
        f"cores of {counted(cluster.nodes, 'node')} with {cluster.memory_mb / 1024:,.0f} GB each\n"
    )
    unit, word = (3600, "hours") if dump.total("core_seconds") >= _HOUR else (1, "seconds")
    _print_steps(dump, plan.sureness, unit, word)
    print()
    _print_core_counts(plan, unit, word)
    print()
    _print_sums(plan)
    print()
    for line in _lines(plan):
        print(line)


def _print_steps(dump: Forecast, sure: Sureness, unit: int, word: str) -> None:
    time, kept = sure.core_seconds, sure.documents
    columns = (
        (f"core-{word}", "core_seconds", unit, time),
        (f"wall {word}", "wall_seconds", unit, time),
        ("share %", "share", 0.01, time),
        ("one node or core alone", "serial_seconds", unit, time),
        ("worker MB", "worker_mb", 1, 0.0),
        ("query GB", "query_mb", 1024, kept),
        ("disk GB", "disk_bytes", 1e9, kept),
        ("files", "files", 1, 0.0),
        ("in GB", "in_bytes", 1e9, sure.archive_bytes),
        ("between GB", "between_bytes", 1e9, kept),
    )
    rows: list[list[str | float]] = [[step.step] for step in dump.steps]
    whole: list[str | float] = ["all"]
    for _, name, size, half in columns:
        summed = dump.largest(name) if name in ("worker_mb", "query_mb") else dump.total(name)
        for row, step in zip(rows, dump.steps, strict=True):
            row.append(rounded(getattr(step, name) / size, half, summed / size))
        whole.append(rounded(summed / size, 0.0 if name == "share" else half))  # shares are all
    print_table(("step", *(name for name, *_ in columns)), [*rows, whole])


def _print_core_counts(plan: Plan, unit: int, word: str) -> None:
    """Of the rows each is as sure as the others, and they are held against each other: two digits."""
    rows = [
        (
            each.cores,
            each.nodes,
            rounded(each.wall_seconds / unit, None),
            rounded(each.core_seconds / unit, None),
            rounded(each.held_core_seconds / unit, None),
            f"{each.alone_share:.0%}",
            "as asked" if each.cores == plan.dump.cluster.cores else "",
        )
        for each in plan.core_counts
    ]
    columns = (
        "on cores",
        "nodes",
        f"wall {word}",
        f"core-{word} worked",
        f"core-{word} held",
        "of the wall time alone",
    )
    print_table((*columns, ""), rows)


def _print_sums(plan: Plan) -> None:
    sure = plan.sureness
    time, kept, stored = sure.core_seconds, sure.documents, sure.archive_bytes
    rows = [
        (
            in_words(forecast.size.units[PAGES]),
            rounded(forecast.size.shards) if forecast is plan.whole else round(forecast.size.shards),
            rounded(forecast.total("core_seconds") / 3600, time),
            rounded(forecast.total("wall_seconds") / 3600, time),
            rounded(forecast.least_wall_seconds / 3600, time),
            rounded(forecast.total("in_bytes") / 1e12, stored),
            rounded(forecast.total("disk_bytes") / 1e12, kept),
            in_words(forecast.total("files")),
            in_words(outcome.pages, kept),
            in_words(outcome.tokens, sure.tokens),
        )
        for forecast, outcome in ((plan.dump, plan.dump_outcome), (plan.whole, plan.whole_outcome))
    ]
    columns = ("pages", "shards", "core-hours", "wall hours", "at least", "in TB", "disk TB", "files")
    print_table((*columns, "corpus pages", "tokens"), rows)


def _lines(plan: Plan) -> Iterator[str]:
    """What the tables do not say."""
    dump, sure, outcome = plan.dump, plan.sureness, plan.dump_outcome
    time = sure.core_seconds
    yield (
        f"95 % intervals over the sample's archives: core-hours {_interval(time)}, kept Documents "
        f"{_interval(sure.documents)}, tokens {_interval(sure.tokens)}; queries forecast themselves at four times the "
        f"rows within {sure.queries:.0%}"
    )
    alone = dump.total("serial_seconds") / max(dump.total("wall_seconds"), 1e-9)
    yield (
        f"{alone:.0%} of the wall time is the driver's, a query's on one node, or one last item's: with any number of "
        f"cores the run takes {in_words(dump.least_wall_seconds / 3600, time)} hours"
    )
    first = sum(step.wall_seconds for step in dump.steps if step.worker_mb and not step.between_bytes)
    if first:
        speed = dump.total("in_bytes") * 8 / first / 1e9
        yield f"the download keeps up with the work at {in_words(speed, time)} Gbit/s in all"
    yield from _memory_lines(dump, sure)
    yield from _disk_lines(plan)
    if plan.sampled["copies_share"]:
        yield (
            f"{plan.sampled['copies_share']:.1%} of the kept pages of the sample are copies; of a larger crawl more "
            "are, so the corpus will be smaller than this"
        )
    if plan.sampled["candidates_share"]:
        taken = dump.size.units[CANDIDATES] / dump.size.units[DOCUMENTS]
        yield (
            f"{taken:.0%} of the kept pages are taken to be candidates for near-duplicates, since "
            f"{plan.sampled['candidates_share']:.1%} of the sample's are and they become more with every page"
        )
    if outcome.is_cut:
        yield "the selection's budget is met: the corpus is cut to it"


def _memory_lines(dump: Forecast, sure: Sureness) -> Iterator[str]:
    cluster = dump.cluster
    workers, query = dump.largest("worker_mb") * cluster.node_cores, dump.largest("query_mb")
    yield (
        f"memory of a node: {in_words(workers / 1024)} GB for its workers; the largest query would hold "
        f"{in_words(query / 1024, sure.documents)} GB, and spills what is beyond --memory, {cluster.query_mb:,} MB"
    )
    if workers > cluster.memory_mb:
        yield f"that is more than the {cluster.memory_mb / 1024:,.0f} GB of a node: run fewer workers there"


def _disk_lines(plan: Plan) -> Iterator[str]:
    dump, kept, stored = plan.dump, plan.sureness.documents, plan.sureness.archive_bytes
    cores = dump.cluster.node_cores
    archives = dump.total("in_bytes") / dump.size.shards * cores
    files, tables = dump.largest("item_bytes") * cores, dump.largest("table_bytes")
    yield (
        f"scratch disk: {in_words(archives / 1e9, stored)} GB on each node for archives that are fetched as they are "
        f"read (cc:), else nothing; up to {in_words(dump.largest('spill_bytes') / 1e9, kept)} GB beside the tables for "
        "the query that spills most"
    )
    yield (
        f"with a folder in a store: on each node {in_words(files / 1e9, kept)} GB more for its workers' files, where a "
        f"query runs {in_words(tables / 1e9, kept)} GB for its tables, and what is kept of fetched files, "
        "MATHMILL_SCRATCH_GB at most"
    )
    asks = plan.requests
    yield (
        f"and requests: {in_words(asks.file_puts)} PUT for files, up to {in_words(asks.ledger_puts)} for the ledger, "
        f"{in_words(asks.gets)} GET or more (docs/storage.md has what is not counted here)"
    )


def minds(plan: Plan) -> Iterator[str]:
    """What a reader of the plan may not think of."""
    sample, question = plan.sampled, plan.question
    if question.pages_per_shard is None and sample["pages"] / sample["archives"] < _FULL_ARCHIVE:
        yield (
            f"the sample's archives hold {sample['pages'] / sample['archives']:,.0f} pages each; those of Common Crawl "
            "some 30,000: say --pages-per-shard where the dump's are larger"
        )
    if question.kept_share is None:
        yield (
            f"the forecast is for pages like the sample's, of which {sample['kept_share']:.1%} are kept; where the "
            "sample was chosen for its mathematics say --kept-share (of a whole dump some 0.02)"
        )
    if sample["candidates_share"] == 0:
        yield (
            "no two pages of the sample may be near-duplicates, so the run is taken to have none: of a dump up to "
            "all pages may meet another, with 8 bytes a token on disk"
        )
    if sample["archives"] < _ENOUGH_ARCHIVES:
        yield f"{counted(sample['archives'], 'archive')} tell little of how archives differ: take ten or more"


def _interval(half: float | None) -> str:
    return "unknown" if half is None else f"± {half:.0%}"
