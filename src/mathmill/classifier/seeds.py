"""The seed set: a seeded draw of the pages that the first round takes for mathematics.

Which pages are drawn hangs on their addresses and the seed, not on their order. A set of any size is read as a stream;
memory holds addresses of what is drawn, with `per_domain` so many of each domain, and not what is read.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator
from itertools import chain
from pathlib import Path
from typing import Any

from mathmill.classifier.draws import Reservoir, lot, smallest
from mathmill.classifier.features import Features, line
from mathmill.classifier.line_files import LineWriter, count_lines, read_lines
from mathmill.classifier.recipe import Positives
from mathmill.data.domains import registered_domain
from mathmill.data.errors import ConfigError
from mathmill.data.files import Output, Staging, temporary, writing
from mathmill.data.page_files import read_pages
from mathmill.data.shards import count_parquet, parquet_schema, write_parquet

LINES, TABLE = "seeds.zst", "seeds.parquet"

#: Column -> (Arrow type, what it holds).
COLUMNS: dict[str, tuple[str, str]] = {
    "id": ("string", "the Document's id"),
    "url": ("string", "its address"),
    "domain": ("string", "registered domain of the address"),
}


def draw_seeds(
    positives: Positives, features: Features, seed: int, away: Collection[str], folder: Path
) -> tuple[dict[str, Output], dict[str, Any]]:
    """Draw the seed set and publish it in `folder`: lines, and a table in the same order; what was read, by fate.

    Pages of the domains `away` are passed over, and pages of which no features are left; each address counts once.

    Raises:
        ConfigError: nothing is left to draw.
        InputMissing, DamagedInput: the pages cannot be read.
    """
    staging = Staging(folder)
    spool = temporary(folder / "seeds-read")
    counts = dict.fromkeys(("read", "held_out", "empty"), 0)
    with LineWriter(spool) as writer:
        drawn = _draw(positives, features, seed, away, writer, counts)
    if not drawn:
        raise ConfigError(
            f"no page to begin with: of {counts['read']:,} pages of the seed set {counts['held_out']:,} are of "
            f"held-out domains and {counts['empty']:,} without text: name other pages as positives.pages"
        )
    with LineWriter(staging.stage(LINES, count_lines)) as lines:
        for at, words in enumerate(read_lines(spool)):
            if at in drawn:
                lines.write(words)
    with writing(spool):
        spool.unlink()
    rows = [drawn[at] for at in sorted(drawn)]
    write_parquet(staging.stage(TABLE, count_parquet), rows, parquet_schema(COLUMNS))
    return staging.publish({LINES: len(rows), TABLE: len(rows)}), {"seeds": counts | {"drawn": len(rows)}}


def _draw(
    positives: Positives,
    features: Features,
    seed: int,
    away: Collection[str],
    writer: LineWriter,
    counts: dict[str, int],
) -> dict[int, dict[str, str]]:
    """What is drawn, by its place among the lines that were written: a line is written when its page looks like it."""
    most = min(positives.count, positives.per_domain or positives.count)
    reservoirs: defaultdict[str, Reservoir[tuple[int, dict[str, str]]]] = defaultdict(lambda: Reservoir(most))
    for document in read_pages(positives.pages):
        counts["read"] += 1
        domain = registered_domain(document.url)
        name = document.url or document.id
        drawn = lot(seed, "seed", name)
        if domain in away:
            counts["held_out"] += 1
            continue
        reservoir = reservoirs[domain if positives.per_domain else ""]
        if not reservoir.wants(name, drawn):
            continue
        words = line(document.text, features)
        if not words:
            counts["empty"] += 1
            continue
        reservoir.take(name, drawn, (writer.rows, {"id": document.id, "url": document.url, "domain": domain}))
        writer.write(words)
    entries: Iterator[tuple[int, str, tuple[int, dict[str, str]]]] = chain.from_iterable(
        reservoir.entries() for reservoir in reservoirs.values()
    )
    return dict(smallest(entries, positives.count))
