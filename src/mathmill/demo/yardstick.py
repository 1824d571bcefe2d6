"""The made-up web as a yardstick: what a plan measures a machine by where a person has no archives yet."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from mathmill.data.errors import ConfigError
from mathmill.demo.tour import PASSES
from mathmill.demo.world import write_world
from mathmill.pipeline.commands import load
from mathmill.pipeline.plan.plan import Question
from mathmill.pipeline.recipe import PipelineRecipe

PAGES, SHARDS = 1_200, 8
PAGES_PER_SHARD = 30_000.0  # of a dump of Common Crawl: 2.7 billion pages in 90,000 archives
KEPT_SHARE = 0.02  # of a dump's pages are mathematics, roughly


@contextmanager
def sample_of(
    recipe: Path | None, archives: Sequence[str], settings: Sequence[str], question: Question
) -> Iterator[tuple[PipelineRecipe, Question]]:
    """What a plan runs, and is asked: a person's recipe, or on a made-up web, for as long as the block lasts, ours.

    Raises:
        ConfigError: archives or settings are named, and no recipe.
        InputMissing, ConfigError: see `mathmill.pipeline.commands.load`.
    """
    if recipe is not None:
        yield load(recipe, archives, settings), question
        return
    if archives or settings:
        raise ConfigError("--input and --set go with a RECIPE: name one, such as recipes/corpus.toml")
    with tempfile.TemporaryDirectory() as folder:
        write_world(Path(folder), pages=PAGES, shards=SHARDS)
        print(
            f"mind: no RECIPE is named: the demo's, on {PAGES:,} made-up pages, stands for it, as if of a dump "
            f"({PAGES_PER_SHARD:,.0f} pages an archive, {KEPT_SHARE:.0%} kept). It measures this machine; what your "
            "pages cost, archives of your own tell",
            file=sys.stderr,
            flush=True,
        )
        yield (
            PipelineRecipe(archives=(f"{folder}/*.warc.gz",), passes=PASSES),
            replace(
                question,
                pages_per_shard=question.pages_per_shard or PAGES_PER_SHARD,
                kept_share=question.kept_share or KEPT_SHARE,
            ),
        )
