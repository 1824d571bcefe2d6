"""From what executions cost to the laws by which each step grows."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from mathmill.pipeline.dedup.banding import HASHES
from mathmill.pipeline.dedup.near_tables import (
    COMPONENTS,
    CONFIRMED,
    FOUND,
    MEMBERS,
    STARS,
    STREAMS,
    TALLIES,
    USE,
    band_names,
)
from mathmill.pipeline.harvest.collect import PROBLEMS
from mathmill.pipeline.plan.driver import DRIVER, driver_laws
from mathmill.pipeline.plan.growth import Grown
from mathmill.pipeline.plan.laws import (
    CANDIDATES,
    DOCUMENTS,
    PAGES,
    Law,
    MapWork,
    QueryWork,
    Size,
    Step,
    fitted,
    serial_share,
)
from mathmill.pipeline.plan.meter import ItemSpent, MapSpent, QuerySpent
from mathmill.pipeline.plan.sample import Execution, Sample

READ, DECISIONS, CORPUS = "read", "decisions", "corpus"
_ARCHIVES = "archives"  # the group of works that are parts of one shard
_OF_PAGES = ("records", "aside")
_OF_CANDIDATES = (
    COMPONENTS,
    STREAMS,
    MEMBERS,
    CONFIRMED,
    TALLIES,
    FOUND,
    USE,
    *(f"{STARS}_{band}" for band in band_names(HASHES)),
)
_READ = ("documents", *_OF_PAGES)


def stage_unit(stage: str) -> str:
    """The unit of pages that reach a stage."""
    return f"{stage} pages"


def size_of(execution: Execution, stages: Iterable[str]) -> Size:
    """How large an execution was."""
    reached = {stage_unit(stage): execution.entered.get(stage, 0) for stage in stages}
    candidates = execution.meeting.candidates if execution.meeting else 0
    units = {PAGES: execution.pages, DOCUMENTS: execution.left, CANDIDATES: candidates}
    return Size(execution.shards, {**units, **reached})


def fit(sample: Sample) -> tuple[Step, ...]:
    """The steps of a run, in the order in which they are made."""
    return tuple(_Fit(sample).steps())


class _Fit:
    """The three executions side by side."""

    def __init__(self, sample: Sample) -> None:
        self._sample = sample
        self._runs = (sample.few, sample.many, sample.full)
        self._size = size_of(sample.full, sample.stages)
        self._step_of_call = {
            each.name: self._step_of_map(each) if isinstance(each, MapSpent) else self._step_of(each.name)
            for run in self._runs
            for each in run.calls
        }

        self._made = {
            each.name: each.folders if isinstance(each, MapSpent) else {each.name}
            for run in self._runs
            for each in run.calls
        }

    def steps(self) -> Iterator[Step]:
        laws = driver_laws(
            self._runs,
            self._size,
            lambda name: self._step_of_call[name],
            lambda name: _unit_of(self._made.get(name, ())),
        )
        yield from self._archive_steps()
        for name in (*self._sample.full.pass_seconds, DECISIONS, CORPUS, DRIVER):
            maps, queries = tuple(self._map_works(name)), tuple(self._query_works(name))
            yield Step(name, maps, queries, laws.get(name, Law()), *self._traffic(name))

    def _archive_steps(self) -> Iterator[Step]:
        """Reading, each stage and the audit: parts of one map."""
        ((spent,), (empty,)) = (self._maps(READ, run) for run in (self._sample.full, self._sample.many))
        begin, idle = _start_and_item(empty)
        stages: dict[str, float] = dict.fromkeys(self._sample.stages, 0.0)
        for tally in self._sample.full.tallies.values():
            for stage, seconds in tally["seconds"].items():
                stages[stage] = stages.get(stage, 0.0) + seconds
        rest = max(sum(_seconds(spent, begin)) - idle * self._size.shards - sum(stages.values()), 0.0)
        held, driver = self._worker_mb(spent), spent.driver_seconds / len(spent.items)
        shared = MapWork("", _ARCHIVES, Law(), Law(a_shard=1.0), driver, held)

        def step(name: str, law: Law, begin: float, *traffic: Law) -> Step:
            work = replace(shared, step=name, cpu_seconds=law, begin=begin)
            return Step(name, (work,), (), Law(), *traffic)

        disk, files, _ = self._traffic(READ)
        shared = replace(shared, files=disk)  # the archive itself apart
        reading = Law(a_shard=idle, a_unit={PAGES: rest / self._size.units[PAGES]})
        yield step(READ, reading, begin, disk, files, Law())
        for stage, seconds in stages.items():
            unit = stage_unit(stage) if stage_unit(stage) in self._size.units else PAGES  # the audit is no stage
            law = Law(a_unit={unit: seconds / max(self._size.units[unit], 1)})
            yield step(stage, law, 0.0, Law(), Law(), Law())

    def _step_of(self, folder: str) -> str:
        if folder in _READ:
            return READ
        return self._sample.folders.get(folder, CORPUS if folder == CORPUS else DECISIONS)

    def _step_of_map(self, spent: MapSpent) -> str:
        return next((self._step_of(folder) for folder in sorted(spent.folders)), DECISIONS)

    def _maps(self, step: str, run: Execution) -> list[MapSpent]:
        return [spent for spent in run.maps if self._step_of_call[spent.name] == step]

    def _queries(self, step: str, run: Execution) -> list[QuerySpent]:
        return [spent for spent in run.queries if self._step_of_call[spent.name] == step]

    def _map_works(self, step: str) -> Iterator[MapWork]:
        idle = {spent.name: spent for spent in self._maps(step, self._sample.many)}
        shards = set(self._sample.full.tallies)
        for spent in self._maps(step, self._sample.full):
            begin, fixed = _start_and_item(idle[spent.name]) if spent.name in idle else (0.0, 0.0)
            more = max(sum(_seconds(spent, begin)) - fixed * len(spent.items), 0.0)
            by_shard = {item.name for item in spent.items} == shards
            unit = _unit_of(spent.folders)
            units = max(self._size.units[unit], 1)
            parts = self._sample.parts.get(spent.name, len(spent.items))
            items = Law(a_shard=1.0) if by_shard else Law(a_unit={unit: parts / units})
            yield MapWork(
                step,
                f"{step} {spent.name}",
                Law(items.fixed * fixed, items.a_shard * fixed, {unit: more / units}),
                items,
                spent.driver_seconds / max(len(spent.items), 1),
                self._worker_mb(spent),
                begin,
                self._bytes(spent, idle.get(spent.name), _on_disk),
            )

    def _worker_mb(self, spent: MapSpent) -> float:
        """What a worker held at most while this map was on; where that was too short, what it held when last seen."""
        memory = self._sample.full.memory
        during = [seen.below_mb for seen in memory if spent.began.wall <= seen.at <= spent.ended.wall]
        before = [seen.below_mb for seen in memory if seen.at < spent.began.wall][-1:]
        return max(during or before, default=0.0) / self._sample.workers

    def _query_works(self, step: str) -> Iterator[QueryWork]:
        idle = {spent.name: spent for spent in self._queries(step, self._sample.many)}
        for spent in self._queries(step, self._sample.full):
            unit = _unit_of(spent.tables)
            grown = self._sample.grown.get(spent.name, ())
            work = query_work(
                step, unit, idle.get(spent.name), spent, grown, self._size.units[unit], self._sample.workers
            )
            runs = [[each for each in run.queries if each.name == spent.name] for run in self._runs]
            read = self._law(unit, [sum(each.read_bytes for each in queries) for queries in runs])
            written = [sum(each.written_bytes for each in queries) for queries in runs]
            yield replace(work, files=read + self._law(_unit_of({spent.name}), written))

    def _traffic(self, step: str) -> tuple[Law, Law, Law]:
        """Bytes on disk, files, and bytes that are read of what others wrote."""
        disk = files = Law()
        folders = {name.partition("/")[0] for run in self._runs for name in run.outputs}
        for folder in sorted(each for each in folders if self._step_of(each) == step):
            unit = _unit_of((folder,))
            sizes = [_sizes(run, folder) for run in self._runs]
            disk += self._law(unit, [sum(each) for each in sizes])
            files += self._files(folder, unit, [len(each) for each in sizes])
        between = Law()
        for unit in (PAGES, DOCUMENTS, CANDIDATES):
            asked = ([each for each in self._queries(step, run) if _unit_of(each.tables) == unit] for run in self._runs)
            between += self._law(unit, [sum(each.read_bytes for each in queries) for queries in asked])
        idle = {spent.name: spent for spent in self._maps(step, self._sample.many)}
        for spent in self._maps(step, self._sample.full):
            between += self._bytes(spent, idle.get(spent.name), _read_of_others)
        return disk, files, between

    def _bytes(self, spent: MapSpent, idle: MapSpent | None, of_items: Callable[[MapSpent], list[float]]) -> Law:
        """What the items of a map come to together."""
        fixed = _mean(of_items(idle)) if idle else 0.0
        more = max(_mean(of_items(spent)) - fixed, 0.0) * len(spent.items)
        by_shard = {item.name for item in spent.items} == set(self._sample.full.tallies)
        unit = _unit_of(spent.folders)
        if by_shard and unit == CANDIDATES:  # all Documents of a shard are read for those among them
            unit = DOCUMENTS
        return Law(0.0, fixed * by_shard, {unit: more / max(self._size.units[unit], 1)})

    def _files(self, folder: str, unit: str, counts: Sequence[float]) -> Law:
        if folder == CORPUS:
            return Law(a_unit={DOCUMENTS: self._sample.parts[CORPUS] / self._size.units[DOCUMENTS]})
        if folder == PROBLEMS:  # one for each kind and side of the split
            return Law(fixed=counts[-1])
        return self._law(unit, counts)

    def _law(self, unit: str, values: Sequence[float]) -> Law:
        few, many, full = values
        runs = self._sample
        return fitted(unit, (runs.few.shards, few), (runs.many.shards, many), (full, self._size))


def _unit_of(folders: Collection[str]) -> str:
    """What grows in tables: pages where one of them has some, candidates where all have."""
    if set(_OF_PAGES) & set(folders):
        return PAGES
    return CANDIDATES if folders and set(folders) <= set(_OF_CANDIDATES) else DOCUMENTS


def query_work(
    step: str, unit: str, empty: QuerySpent | None, spent: QuerySpent, grown: Sequence[Grown], units: float, cores: int
) -> QueryWork:
    """How a query grows: by the largest of its grown tables, or where there is none by the sample's own."""
    fixed, held = (empty.cpu_seconds, empty.peak_mb) if empty else (0.0, 0.0)
    sizes = [Grown(1, 1, spent.cpu_seconds, spent.wall_seconds, spent.peak_mb), *grown]
    before = Grown(0, 0, fixed, 0.0, held)
    off, found = 0.0, None
    for last, each in pairwise([before, *sizes]):
        work = QueryWork(
            step,
            unit,
            fixed,
            max(each.cpu_seconds - fixed, 0.0),
            units * each.times,
            each.rows,
            each.peak_mb,
            max(each.peak_mb - last.peak_mb, 0.0) / (units * (each.times - last.times)) if units else 0.0,
            serial_share(each.cpu_seconds, each.wall_seconds, cores),
        )
        if found is not None and last.times > 1:  # the sample's own tables are too small to tell
            off = abs(found.cpu_at(Size(0, {unit: work.measured})) / max(each.cpu_seconds, 1e-9) - 1)
        found = work
    assert found is not None
    return replace(found, off=off)


def _sizes(run: Execution, folder: str) -> list[int]:
    return [size for name, size in run.outputs.items() if name.partition("/")[0] == folder]


def _on_disk(spent: MapSpent) -> list[float]:
    """Bytes that each item has on its worker's disk where that shares none with others: what it reads and writes."""
    written = [sum(item.written.values()) for item in _warm(spent.items)]
    return [read + own for read, own in zip(_read_of_others(spent), written, strict=True)]


def _read_of_others(spent: MapSpent) -> list[float]:
    """Bytes that each item read; what it wrote it read twice itself, to count the rows and for the hash."""
    return [max(item.cost.read_bytes - 2 * sum(item.written.values()), 0) for item in _warm(spent.items)]


def _start_and_item(empty: MapSpent) -> tuple[float, float]:
    """Seconds that a worker takes before its first item, and those of an item without a page."""
    item = _mean([each.cost.cpu_seconds for each in _warm(empty.items)])
    firsts = [each.cost.cpu_seconds for each in empty.items if each.cost.is_first]
    return max(_mean(firsts) - item, 0.0) if len(firsts) < len(empty.items) else 0.0, item


def _seconds(spent: MapSpent, begin: float) -> list[float]:
    """Processor seconds of each item, without what its worker did before its first."""
    return [max(item.cost.cpu_seconds - begin * item.cost.is_first, 0.0) for item in spent.items]


def _warm(items: Sequence[ItemSpent]) -> Sequence[ItemSpent]:
    """Items before which their worker had worked on another; all where there is none."""
    return [item for item in items if not item.cost.is_first] or items


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0
