"""`make demo`: the main job end to end on the made-up web, with a look at what went in and what came out."""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from mathmill.classifier.figures import read_report
from mathmill.classifier.show import print_report
from mathmill.classifier.show_rounds import print_rounds
from mathmill.data.browse import dropped_examples, sample
from mathmill.data.errors import CannotCreate
from mathmill.data.runs import find_runs
from mathmill.data.terminal import clean, one_line
from mathmill.demo.comparing import compare
from mathmill.demo.school import learn, pages_recipe
from mathmill.demo.world import World, write_world
from mathmill.pipeline.commands import run
from mathmill.pipeline.dedup.exact import ExactDuplicates
from mathmill.pipeline.dedup.near import NearDuplicates
from mathmill.pipeline.dedup.site_lines import SiteLines
from mathmill.pipeline.engines.choice import EngineChoice
from mathmill.pipeline.engines.local import LocalEngine
from mathmill.pipeline.explain import describe, explain
from mathmill.pipeline.harvest.harvest import Harvest
from mathmill.pipeline.recipe import Audit, PipelineRecipe
from mathmill.pipeline.show import show_result

PAGES, SHARDS = 600, 4
_ERROR_BUDGET = 0.05  # two of its archives are damaged on purpose
PASSES = (ExactDuplicates(), SiteLines(), NearDuplicates(), Harvest())
_SHOWN = 600  # characters of a kept page


def make_world(folder: Path, pages: int, shards: int, seed: int) -> World:
    """Write the made-up web and say what is in it."""
    world = write_world(folder, seed=seed, pages=pages, shards=shards)
    size = sum(path.stat().st_size for path in world.shards)
    print(f"made up {world.pages:,} pages in {len(world.shards)} archives ({size:,} bytes) in {folder}")
    return world


def take_tour(folder: Path, workers: int) -> None:
    """Make the web in `folder`/web, run the pipeline to `folder`/run, and show both.

    Raises:
        CannotCreate: `folder`/run holds something that is no run.
    """
    began = time.perf_counter()
    _heading("1. A made-up web, as web archives")
    world = make_world(folder / "web", PAGES, SHARDS, seed=0)
    _heading("2. The pipeline: archives in, a corpus of mathematics out")
    out = folder / "run"
    _clear(out)
    recipe = PipelineRecipe(archives=(str(folder / "web" / "*.warc.gz"),), audit=Audit(rate=0.2), passes=PASSES)
    show_result(run(recipe, out, EngineChoice(workers=workers), _ERROR_BUDGET), as_json=False)
    _heading("3. Against the truth about the made-up web")
    compare(out, world)
    _heading("4. A classifier that learns from that corpus, in two rounds")
    _learn(folder, world, workers)
    _heading("5. Three pages that were kept")
    for row in sample(out, 3, seed=1):
        _show_page(row)
    _heading("6. A page that was dropped, explained")
    for line in _explained_drop(out):
        print(clean(line))
    activate = "" if shutil.which("mathmill") else f" (first: . {Path(sys.executable).parent}/activate)"
    print(f"\n{time.perf_counter() - began:.0f} s. Look on with{activate}:")
    print(f"  mathmill data sample {out}      more kept pages")
    print(f"  mathmill data dropped {out}     what was dropped, and why")
    print(f"  mathmill explain {out} URL      what happened to a page")
    print(f"  mathmill pipeline duplicates {out}    which pages were copies of which")
    print(f"  mathmill pipeline problems {out}      the problems found in its pages")
    print(f"  mathmill classifier domains {folder / 'loop'}    which sites the classifier found to be mathematics")


def _learn(folder: Path, world: World, workers: int) -> None:
    """Extract every page, run the loop on them, and show what its rounds came to."""
    _clear(folder / "pages")
    _clear(folder / "loop", of=folder / "loop" / "pages")
    print("every page with its text, mathematics or not:")
    made = run(pages_recipe(world), folder / "pages", EngineChoice(workers=workers), _ERROR_BUDGET)
    print(f"{made.funnel.kept:,} pages in {made.folder}\n")
    result = learn(world, folder / "run", folder / "pages", folder / "loop", LocalEngine(workers))
    print_rounds(result.rounds)
    print()
    print_report(read_report(result.classifier))
    print(f"\nclassifier: {result.classifier}; what a person may review: {result.review}")


def _heading(text: str) -> None:
    print(f"\n{text}\n{'-' * len(text)}")


def _clear(out: Path, of: Path | None = None) -> None:
    """Take an earlier demo's folder away, which is a run or has the run `of` in it, and nothing else."""
    if not out.exists():
        return
    if (of or out) not in find_runs(out):
        raise CannotCreate(f"{out} is in the way and no run of mathmill's: name another folder")
    shutil.rmtree(out)


def _show_page(row: dict[str, Any]) -> None:
    text = clean(row["text"])
    print(f"{one_line(row['url'])}  ({row['language']}, {row['formulas']} formulas)\n")
    print(text if len(text) <= _SHOWN else text[:_SHOWN] + " […]", end="\n\n")


def _explained_drop(out: Path) -> Iterable[str]:
    """A page that came far before it was dropped: late stages have the more to tell."""
    for stage in ("evidence", "quality", "cheap_text", "byte_gate"):
        found = dropped_examples(out, {"outcome": "dropped", "stage": stage}, n=1)
        if found:
            return describe(explain(out, found[0]["url"])[0])
    return ["no page was dropped"]
