"""What `mathmill pipeline run` does before and around the run: recipe, checks, engine."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from mathmill.data.config import load_recipe
from mathmill.data.errors import DiskFull
from mathmill.data.runs import MANIFEST
from mathmill.pipeline.engines.local import LocalEngine
from mathmill.pipeline.inputs import find_inputs
from mathmill.pipeline.recipe import PipelineRecipe
from mathmill.pipeline.runner import RunResult, run_pipeline


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run would do."""

    archives: int
    bytes_in: int
    folder: str
    state: str  # new, unfinished or done
    stages: tuple[str, ...]
    free_bytes: int

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def load(recipe: Path, archives: Sequence[str], settings: Sequence[str]) -> PipelineRecipe:
    """Read a recipe; `archives`, if any are given, take the place of the recipe's own.

    Raises:
        InputMissing, ConfigError: see `mathmill.data.config.load_recipe`.
    """
    given = [f"archives={list(archives)!r}"] if archives else []
    return load_recipe(recipe, PipelineRecipe, [*settings, *given])


def check_plan(recipe: PipelineRecipe, folder: Path) -> Plan:
    """Check the inputs, the stages and the disk without changing anything.

    Raises:
        InputMissing: an archive is not there.
        ConfigError: a stage cannot start, such as for a model file that is missing.
        DiskFull: the free space is less than the run may need.
    """
    inputs = find_inputs(recipe.archives)
    _start_stages(recipe)
    size = sum(archive.size for archive in inputs)
    parent = next(path for path in (folder.absolute(), *folder.absolute().parents) if path.is_dir())
    free = shutil.disk_usage(parent).free
    needed = size // 4  # kept text and tables: 3 % of a crawl, a quarter where everything is mathematics
    if free < needed:
        raise DiskFull(
            f"{parent} has {free:,} bytes free, the run may need {needed:,}: choose another folder with --out"
        )
    state = "done" if (folder / MANIFEST).exists() else "unfinished" if folder.exists() else "new"
    return Plan(len(inputs), size, str(folder), state, tuple(stage.use for stage in recipe.stages), free)


def run(recipe: PipelineRecipe, folder: Path, workers: int, error_budget: float) -> RunResult:
    """Run the recipe on this machine."""
    _start_stages(recipe)
    return run_pipeline(recipe, folder, LocalEngine(workers), error_budget)


def _start_stages(recipe: PipelineRecipe) -> None:
    """Let each stage load what it needs, so that a missing file shows here and not on the first page."""
    for stage in recipe.stages:
        for _ in stage([]):
            raise AssertionError(f"{stage.use} made a page out of none")
