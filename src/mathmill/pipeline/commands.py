"""What `mathmill pipeline run` does before and around the run: recipe, checks, engine."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import orjson

from mathmill.data.config import load_recipe
from mathmill.data.errors import ConfigError, DiskFull
from mathmill.data.ledger import Ledger
from mathmill.data.storage import is_address, open_source
from mathmill.data.store.mounts import mount_of, run_folder, shown
from mathmill.pipeline.decontaminate.decontaminate import Decontaminate
from mathmill.pipeline.engines.choice import EngineChoice, ReservesMemory, SharesFolders, make_engine
from mathmill.pipeline.fetch.streaming import find_streams, meet_server, noted_paths
from mathmill.pipeline.harvest.harvest import UNCLEAN, Harvest
from mathmill.pipeline.inputs import find_inputs, paths_to_fetch
from mathmill.pipeline.language import UNDETERMINED, Language, identifier, near_codes
from mathmill.pipeline.members import GZIP_MAGIC, ZSTD_MAGIC
from mathmill.pipeline.recipe import PipelineRecipe
from mathmill.pipeline.runner import RunResult, is_shard_done, open_run, run_pipeline
from mathmill.pipeline.selection.select import OTHER, Select

ZSTD_SKIPPABLE = b"\x2a\x4d\x18"


@dataclass(frozen=True, slots=True)
class Sought:
    """A benchmark that a pass looks for."""

    use: str
    name: str
    problems: int
    sha256: str  # over its problems
    origin: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run would do."""

    archives: int
    to_do: int  # archives that no earlier execution finished
    bytes_in: int  # of those whose size is known before they are read
    unsized: int  # archives that are fetched from a crawl, whose size is not
    folder: str
    state: str  # new, unfinished or done
    suspect: tuple[str, ...]  # inputs that do not begin as an archive does
    free_bytes: int
    benchmarks: tuple[Sought, ...]  # that the passes look for
    minds: tuple[str, ...]  # what to think of before the run
    recipe: str  # resolved, as JSON

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def load(recipe: Path, archives: Sequence[str], settings: Sequence[str]) -> PipelineRecipe:
    """Read a recipe; `archives`, if any are given, take the place of the recipe's own.

    Raises:
        InputMissing, ConfigError: see `mathmill.data.config.load_recipe`.
    """
    resolved = load_recipe(recipe, PipelineRecipe, settings)
    return resolved.model_copy(update={"archives": tuple(archives)}) if archives else resolved


def check_plan(recipe: PipelineRecipe, folder: Path) -> Plan:
    """Check the inputs, the stages and the disk without changing anything.

    Raises:
        InputMissing: an archive is not there, or the server of archives does not answer.
        ConfigError: a stage cannot start, such as for a model file that is missing, a pass names a language that no
            page can have, or the folder is another run's.
        DiskFull: the free space is less than the run may need.
    """
    inputs = find_inputs(recipe.archives, find_streams(recipe.archives, recipe.fetching, noted_paths(folder)))
    _start_stages(recipe)
    _check_languages(recipe)
    size = sum(archive.size or 0 for archive in inputs)
    parent = next(path for path in (folder.absolute(), *folder.absolute().parents) if path.is_dir())
    free = shutil.disk_usage(parent).free
    needed = size // 4  # kept text and tables: 3 % of a crawl, a quarter where everything is mathematics
    if mount_of(folder) is not None:
        needed = 0  # they are in the store, whose size nobody tells
    if free < needed:
        raise DiskFull(
            f"{parent} has {free:,} bytes free, the run may need {needed:,}: choose another folder with --out"
        )
    state = open_run(folder, recipe).inspect()
    ledger = Ledger(folder)
    to_do = [archive for archive in inputs if not is_shard_done(ledger, archive)]
    meet_server(recipe.fetching, paths_to_fetch(to_do))
    return Plan(
        archives=len(inputs),
        to_do=len(to_do),
        bytes_in=size,
        unsized=sum(archive.size is None for archive in inputs),
        folder=shown(folder),
        state=state,
        suspect=tuple(archive.uri for archive in inputs if archive.size and not _begins_as_archive(archive.uri)),
        free_bytes=free,
        benchmarks=tuple(_sought(recipe)),
        minds=tuple(_minds(recipe)),
        recipe=_resolved(recipe),
    )


def _resolved(recipe: PipelineRecipe) -> str:
    """The recipe with all its defaults, and with what is no part of a run."""
    told = {**recipe.model_dump(mode="json"), "fetching": recipe.fetching.model_dump(mode="json")}
    return orjson.dumps(told, option=orjson.OPT_INDENT_2).decode()


def _sought(recipe: PipelineRecipe) -> Iterator[Sought]:
    for each in recipe.passes:
        looking = each.against if isinstance(each, Harvest) else each
        for found in looking.benchmarks() if isinstance(looking, Decontaminate) else ():
            yield Sought(each.use, found.name, len(found.problems), found.fingerprint, found.origin)


def _minds(recipe: PipelineRecipe) -> Iterator[str]:
    """What a recipe leaves open that its maker may not have meant."""
    clean = False  # whether a pass so far looked for benchmarks
    for each in recipe.passes:
        clean = clean or isinstance(each, Decontaminate)
        if isinstance(each, Harvest) and each.against is None and not clean:
            yield UNCLEAN


def _begins_as_archive(uri: str) -> bool:
    with open_source(uri) as source:
        begins = source.read(16)
    return begins.startswith((GZIP_MAGIC, ZSTD_MAGIC, b"WARC/", b"filedesc:")) or begins[1:4] == ZSTD_SKIPPABLE


def run(recipe: PipelineRecipe, folder: Path, choice: EngineChoice, error_budget: float) -> RunResult:
    """Run the recipe on the engine that was chosen."""
    _start_stages(recipe)
    _check_languages(recipe)
    engine = make_engine(choice)
    try:  # what only a query needs is to be told before the work on shards, and not behind it
        if recipe.passes and isinstance(engine, ReservesMemory):
            engine.check_memory()
        if is_address(folder) and isinstance(engine, SharesFolders):
            engine.check_folder(run_folder(folder))  # its tables lie on this machine
    except BaseException:
        engine.close()
        raise
    return run_pipeline(recipe, folder, engine, error_budget)


def _start_stages(recipe: PipelineRecipe) -> None:
    """Let each stage load what it needs, so that a missing file shows here and not on the first page."""
    for stage in recipe.stages:
        for _ in stage([]):
            raise AssertionError(f"{stage.use} made a page out of none")


def _check_languages(recipe: PipelineRecipe) -> None:
    """A language that the stage cannot tell would have a share of the budget that nothing fills.

    Raises:
        ConfigError: `select` names one.
    """
    named = sorted({name for each in recipe.passes if isinstance(each, Select) for name in each.languages} - {OTHER})
    stage = next((each for each in recipe.stages if isinstance(each, Language)), None)
    if not named or stage is None:
        return
    told = set(stage.keep) or {*identifier(stage.model).languages, UNDETERMINED}
    for code in (name for name in named if name not in told):
        why = f"keeps only {', '.join(stage.keep)}" if stage.keep else f"knows no such code{near_codes(code, told)}"
        raise ConfigError(f"passes.select.languages: no page can be of {code!r}: the stage language {why}")
