"""The scores of a crawl: one task a shard of prepared lines, one table a shard."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mathmill.classifier.line_files import read_lines
from mathmill.classifier.model import ClassifierFile, open_model
from mathmill.classifier.prepared import lines_name, pages_name
from mathmill.data.files import Output, Staging
from mathmill.data.shards import count_parquet, parquet_schema, write_parquet
from mathmill.data.tables import table_rows

SCALE = 10**6  # log-odds in tables are integers in millionths, so that every engine sums and sorts them alike
MOST = 40 * SCALE  # beyond which a probability that is a float is 0 or 1
BATCH = 512  # lines scored at once

#: Column -> (Arrow type, what it holds). Pages without a score are not in the table.
COLUMNS: dict[str, tuple[str, str]] = {
    "row": ("int64", "the page's row, as in the table of pages"),
    "url": ("string", "its address"),
    "domain": ("string", "registered domain of its address"),
    "tokens": ("int64", "about the tokens of its text"),
    "logit": ("int64", "log-odds of its score, in millionths: finer near 0 and 1 than the score itself"),
}
_COPIED = ("row", "url", "domain", "tokens")


@dataclass(frozen=True, slots=True)
class ScoreTask:
    """One shard to be scored with the model in `folder`, of which `about` tells; `pages` is the folder of its lines."""

    shard: str
    pages: Path
    folder: Path
    about: ClassifierFile


def scores_name(shard: str) -> str:
    """Where the scores of a shard lie in a round's folder."""
    return f"scores/{shard}.parquet"


def score_shard(task: ScoreTask) -> dict[str, Output]:
    """Score every page of a shard that has features, and publish the table."""
    staging = Staging(task.folder)
    name = scores_name(task.shard)
    path = staging.stage(name, count_parquet)
    return staging.publish({name: write_parquet(path, _rows(task), parquet_schema(COLUMNS))})


def _rows(task: ScoreTask) -> Iterator[dict[str, Any]]:
    classifier = open_model(task.folder, task.about)
    lines = read_lines(task.pages / lines_name(task.shard))
    pages = table_rows(task.pages / pages_name(task.shard), [*_COPIED, "empty"])
    pairs = ((page, line) for page, line in zip(pages, lines, strict=True) if not page["empty"])
    while batch := list(itertools.islice(pairs, BATCH)):
        scores = classifier.score_lines([line for _, line in batch])
        for (page, _), score in zip(batch, scores, strict=True):
            if score is not None:
                yield {key: page[key] for key in _COPIED} | {"logit": to_logit(score)}


def to_logit(score: float) -> int:
    """The log-odds of a score in millionths."""
    if score in (0.0, 1.0):
        return MOST if score else -MOST
    return max(-MOST, min(MOST, round(math.log(score / (1 - score)) * SCALE)))


def to_score(logit: int) -> float:
    """The score that has these log-odds."""
    return 1 / (1 + math.exp(-logit / SCALE))


def least_score(logit: int) -> float:
    """The least score whose log-odds are rounded to these: `to_logit(score) >= logit` where `score >= least_score`."""
    return 1 / (1 + math.exp(-(logit - 0.5) / SCALE))
