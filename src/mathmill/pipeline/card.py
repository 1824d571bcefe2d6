"""The card of a finished corpus: what it was made from and how, what was dropped, what each pass found."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase

from mathmill.data.config import Config, canonical_json, config_hash
from mathmill.data.markdown import foreign, table_lines
from mathmill.pipeline.corpus import COLUMNS, CORPUS
from mathmill.pipeline.funnel import LOSS_COLUMNS, STEP_COLUMNS, Funnel, loss_cells, step_cells
from mathmill.pipeline.passes.base import SPLITS, TRAIN
from mathmill.pipeline.recipe import PipelineRecipe

_PROBLEMS = ("graded", "solutions")  # what `harvest` writes
_NAMED = 20  # archives
_CARD_USE = """
```python
from datasets import load_dataset

pages = load_dataset("PATH/TO/THIS/FOLDER", split="train")
```

The pages belong to their authors: mind their licences before you publish any of this.
"""


@dataclass(frozen=True, slots=True)
class Sources:
    """What a corpus was made from: names of archives, bytes in them, and the code's version."""

    archives: tuple[str, ...]
    bytes_in: int
    code: str


def corpus_card(
    name: str,
    recipe: PipelineRecipe,
    sources: Sources,
    funnel: Funnel,
    cards: Mapping[str, Iterable[str]],
    files: Mapping[str, int],
) -> str:
    """The dataset card (README.md) that the hub and `datasets.load_dataset` read.

    `cards` is what each pass says; `files` are the run's, with their rows: of what has none `datasets` opens nothing.
    """
    values = funnel.as_dict()
    sets = dict(_sets(files))
    columns = [(column, kind, doc) for column, (kind, doc) in COLUMNS.items()]
    return "\n".join(
        [
            *_front_matter(sets),
            f"# {name}\n",
            f"{funnel.kept:,} pages of mathematics from {funnel.records:,} web archive records, written by mathmill.",
            _CARD_USE,
            "## Made from\n",
            *_made_from(recipe, sources),
            "\n## Settings\n",
            *table_lines(("stage or pass", "settings"), map(_settings, (*recipe.stages, *recipe.passes))),
            "\n## Parts\n",
            *table_lines(("configuration", "split", "rows"), _parts(sets, files)),
            "\n## Columns\n",
            *table_lines(("column", "type", "holds"), columns),
            "\n## What was dropped, and why\n",
            *table_lines(STEP_COLUMNS, map(step_cells, values["steps"])),
            f"\nLost to damaged archives: {funnel.lost_spans:,} spans, {funnel.lost_bytes:,} bytes.",
            *(line for use, lines in cards.items() for line in (f"\n## {use}\n", *lines)),
            "\n## What the gates cost\n",
            "A seeded sample of what each gate rejects went through the full path all the same; what that path itself",
            "cannot see is not counted.\n",
            *table_lines(LOSS_COLUMNS, map(loss_cells, values["gates"])),
            "",
        ]
    )


def _sets(files: Mapping[str, int]) -> Iterator[tuple[str, dict[str, str]]]:
    """By configuration and split the pattern of its files, of those that have rows; pages in any case."""
    parts = {split: f"{CORPUS}/{split}-*.parquet" for split in SPLITS}
    filled = {split: pattern for split, pattern in parts.items() if _rows_of(pattern, files)}
    yield "default", filled or {TRAIN: parts[TRAIN]}
    for name in _PROBLEMS:
        pattern = f"problems/{name}.parquet"
        if _rows_of(pattern, files):
            yield name, {TRAIN: pattern}


def _rows_of(pattern: str, files: Mapping[str, int]) -> int:
    return sum(rows for name, rows in files.items() if fnmatchcase(name, pattern))


def _parts(sets: Mapping[str, Mapping[str, str]], files: Mapping[str, int]) -> Iterator[tuple[str, str, int]]:
    for name, patterns in sets.items():
        for split, pattern in patterns.items():
            yield name, split, _rows_of(pattern, files)


def _front_matter(sets: Mapping[str, Mapping[str, str]]) -> Iterator[str]:
    """What the hub and `datasets` read: by configuration and split, which files."""
    yield from ("---", "configs:")
    for name, files in sets.items():
        yield f"- config_name: {name}"
        yield "  data_files:"
        for split, path in files.items():
            yield f"  - split: {split}\n    path: {path}"
    yield from ("tags:", "- mathematics", "---")


def _made_from(recipe: PipelineRecipe, sources: Sources) -> Iterator[str]:
    names = [foreign(archive) for archive in sources.archives[:_NAMED]]
    more = len(sources.archives) - len(names)
    yield f"- archives: {len(sources.archives):,}, {sources.bytes_in:,} bytes: {', '.join(names)}" + (
        f" and {more:,} more (manifest.json)" if more else ""
    )
    yield f"- recipe: `{config_hash(recipe)}` (config.json), seed {recipe.seed}"
    yield f"- code: mathmill {sources.code}"


def _settings(step: Config) -> tuple[str, str]:
    values = step.model_dump(mode="json", exclude={"use"}, exclude_none=True)
    said = ", ".join(f"{name} {canonical_json(value).decode()}" for name, value in values.items())
    return getattr(step, "use", ""), foreign(said)
