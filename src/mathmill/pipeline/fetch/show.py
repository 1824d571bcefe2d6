"""What `mathmill fetch` does and prints."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from mathmill.data.config import resolve
from mathmill.data.errors import ConfigError
from mathmill.data.terminal import counted, one_line, print_json, print_table
from mathmill.pipeline.fetch.archives_run import (
    ARCHIVES,
    ArchivesResult,
    draw_archives,
    open_archives_run,
    run_archives,
)
from mathmill.pipeline.fetch.crawls import Crawl, check_crawl, list_crawls
from mathmill.pipeline.fetch.index_api import IndexServer
from mathmill.pipeline.fetch.index_files import IndexFiles
from mathmill.pipeline.fetch.pace import waits_shown
from mathmill.pipeline.fetch.ranges import REASONS
from mathmill.pipeline.fetch.recipe import ArchivesRecipe, RecordsRecipe
from mathmill.pipeline.fetch.records_run import (
    RecordsResult,
    check_came,
    find_captures,
    open_records_run,
    run_records,
)
from mathmill.pipeline.fetch.servers import Access, Server, open_index, open_server

_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([KMGT]?)B?", re.IGNORECASE)
_UNITS = {"": 1, "K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}
_SHOWN = 20

#: How many captures the index has and a fetch does not ask for, by reason.
LEFT = {
    "not_asked_for": "addresses beside the patterns",
    "not_a_page": "answers that are no page: redirects, errors",
    "other_mime": "of other kinds",
    "same_address": "older visits to an address",
    "beyond_most": "more than --most",
    "too_large": "too large to be a page",
}


@dataclass(frozen=True, slots=True)
class Manner:
    """How a fetch is done: into which folder, where from, how fast, and whether at all."""

    out: Path | None
    access: Access
    parallel: int
    by: Literal["files", "server"]  # how the index is asked
    dry_run: bool
    as_json: bool

    def folder(self, kind: str, crawl: str) -> Path:
        """The run's folder: as it was named, or one for each kind of fetch and crawl."""
        return self.out or Path("runs") / f"{kind}-{crawl}"


def show_crawls(access: Access, as_json: bool) -> None:
    """The crawls that there are, the latest first."""
    crawls = _crawls(access)
    if as_json:
        print_json([crawl.as_dict() for crawl in crawls])
        return
    rows = [(crawl.id, crawl.name, crawl.begins[:10], crawl.ends[:10]) for crawl in crawls]
    print_table(("crawl", "name", "from", "to"), rows)


def _crawls(access: Access) -> list[Crawl]:
    index = open_index(access)
    with waits_shown("reading the list of crawls", index.pace):
        return list_crawls(index)


def show_fetch(crawl: str, asked: Mapping[str, Any], manner: Manner) -> None:
    """Fetch archives or records of a crawl, and tell what came; `asked` are the options as they were given.

    Raises:
        ConfigError: they do not go together.
        InputMissing, DamagedInput: something did not come.
    """
    given = {name: value for name, value in asked.items() if value not in (None, ())}
    if given.keys() & {"index", "patterns"}:
        crawl = check_crawl(crawl) if crawl else _crawls(manner.access)[0].id
        _show_records(resolve({"crawl": crawl, **given}, RecordsRecipe, "mathmill fetch"), manner)
        return
    if "bytes" in given:
        given["bytes"] = bytes_of(given["bytes"])
    _show_archives(resolve({"crawl": check_crawl(crawl), **given}, ArchivesRecipe, "mathmill fetch"), manner)


def bytes_of(text: str) -> int:
    """A size such as 50GB as a number of bytes.

    Raises:
        ConfigError: it is none.
    """
    found = _SIZE.fullmatch(text.strip())
    if found is None:
        raise ConfigError(f"{text!r} is no size: write it as 50GB or 800MB")
    return int(float(found[1]) * _UNITS[found[2].upper()])


def _show_archives(recipe: ArchivesRecipe, manner: Manner) -> None:
    server, folder = open_server(manner.access), manner.folder("archives", recipe.crawl)
    if not manner.dry_run:
        _tell_archives(run_archives(recipe, folder, server, manner.parallel), manner)
        return
    state = open_archives_run(recipe, folder).inspect()
    paths = draw_archives(recipe, server)
    if manner.as_json:
        print_json({"run": str(folder), "state": state, "archives": paths})
        return
    print(f"{counted(len(paths), 'archive')} of {recipe.crawl} -> {folder} ({state})")
    for path in paths[:_SHOWN]:
        print(f"  {path}")
    if len(paths) > _SHOWN:
        print(f"  and {len(paths) - _SHOWN:,} more")
    print("Nothing was changed.")


def _tell_archives(result: ArchivesResult, manner: Manner) -> None:
    if manner.as_json:
        told = {"archives": result.archives, "records": result.records, "bytes": result.bytes, "fresh": result.fresh}
        print_json({"run": str(result.folder), **told})
        return
    print(
        f"{counted(result.archives, 'archive')} with {counted(result.records, 'record')} in {result.folder}, "
        f"{result.bytes / 1e9:,.2f} GB, {result.fresh:,} of them fetched now"
    )
    _tell_next(result.folder)


def _show_records(recipe: RecordsRecipe, manner: Manner) -> None:
    server, folder = open_server(manner.access), manner.folder("records", recipe.crawl)
    index = _index(recipe, server, manner)
    if not manner.dry_run:
        result = run_records(recipe, folder, server, index, manner.parallel)
        _tell_records(result, manner)
        check_came(result)
        return
    state = open_records_run(recipe, folder).inspect()
    captures, left = find_captures(recipe, index)
    size = sum(capture.length for capture in captures)
    if manner.as_json:
        told = {"run": str(folder), "state": state, "asked": len(captures)}
        print_json({**told, "bytes": size, "left": dict(left)})
        return
    print(f"{counted(len(captures), 'record')} of {recipe.crawl}, {size / 1e6:,.1f} MB -> {folder} ({state})")
    _print_left(left)
    print("Nothing was changed.")


def _index(recipe: RecordsRecipe, server: Server, manner: Manner) -> IndexFiles | IndexServer:
    if manner.by == "server":
        return IndexServer(open_index(manner.access), recipe.crawl)
    return IndexFiles(server, recipe.crawl)


def _tell_records(result: RecordsResult, manner: Manner) -> None:
    if manner.as_json:
        counts = {"asked": result.asked, "got": result.got, "failed": result.failed, "left": result.left}
        print_json({"run": str(result.folder), **counts, "bytes": result.bytes, "fresh": result.fresh})
        return
    print(
        f"{result.got:,} of {counted(result.asked, 'record')} in {result.folder}, {result.bytes / 1e6:,.1f} MB, "
        f"{result.fresh:,} of them asked for now"
    )
    if result.failed:
        print()
        print_table(
            ("failed", "records", "why"),
            [(reason, count, one_line(REASONS[reason])) for reason, count in result.failed.items()],
        )
        print()
    _print_left(result.left)
    if result.got:
        _tell_next(result.folder)


def _print_left(left: Mapping[str, int]) -> None:
    for reason, count in left.items():
        print(f"  not asked for: {count:,} {LEFT[reason]}")


def _tell_next(folder: Path) -> None:
    print(f"Next: mathmill pipeline run RECIPE --input '{folder / ARCHIVES}/*.gz'")
