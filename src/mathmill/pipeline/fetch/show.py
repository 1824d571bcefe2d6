"""What `mathmill fetch` does and prints."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from mathmill.data.config import resolve
from mathmill.data.errors import ConfigError, InputMissing
from mathmill.data.runs import Run, load_claim
from mathmill.data.store.mounts import is_there
from mathmill.data.terminal import counted, one_line, print_json, print_table
from mathmill.pipeline.fetch.archives_run import (
    ARCHIVES,
    ArchivesResult,
    open_archives_run,
    plan_archives,
    run_archives,
)
from mathmill.pipeline.fetch.crawls import Crawl, check_crawl, kind_of, list_crawls
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

_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*(?:([KMGT]?)(I?)B|([KMGT]?))", re.IGNORECASE)
_POWERS = {"": 0, "K": 1, "M": 2, "G": 3, "T": 4}
_SHOWN = 20
_SIZED = 3  # archives whose size is asked for, to tell that of all

#: The options by the fields of the recipes; those of one recipe are not taken with the other.
_OPTIONS = {
    "crawl": "crawl",
    "seed": "--seed",
    "kind": "--kind",
    "shards": "--shards",
    "bytes": "--bytes",
    "index": "--index",
    "patterns": "--patterns",
    "mimes": "--mime",
    "most": "--most",
}
_MEASURES = ("shards", "bytes")  # of a run, and may change

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
    _check_options(given)
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
    base = 1024 if found[3] else 1000
    size = int(float(found[1]) * base ** _POWERS[(found[2] or found[4] or "").upper()])
    if size < 1:
        raise ConfigError(f"{text!r} is no size of anything: write it as 50GB or 800MB")
    return size


def _check_options(given: Mapping[str, Any]) -> None:
    """Say in the words of the command line which options do not go together."""
    of_records = bool(given.keys() & {"index", "patterns"})
    mine, other = (RecordsRecipe, ArchivesRecipe) if of_records else (ArchivesRecipe, RecordsRecipe)
    beside = [_OPTIONS[name] for name in given if name in other.model_fields and name not in mine.model_fields]
    if beside and of_records:
        raise ConfigError(f"{', '.join(beside)}: of whole archives, not of records: leave out these or the addresses")
    if beside:
        raise ConfigError(f"{', '.join(beside)}: of records: say which with --index PATTERN or --patterns FILE")
    if of_records and {"index", "patterns"} <= given.keys():
        raise ConfigError("say which addresses: --index PATTERN or --patterns FILE, one of them")
    if not of_records and len(given.keys() & set(_MEASURES)) != 1:
        raise ConfigError("say either how many archives or how many bytes: --shards N or --bytes 50GB")
    kind_of(given.get("kind", "warc"))


def _check_folder(run: Run) -> None:
    """Say in the words of the command line what another fetch in a folder was told.

    Raises:
        ConfigError: the folder is not this fetch's.
    """
    if not is_there(run.folder / "config.json"):
        return
    claim = load_claim(run.folder)
    mine = run.config.model_dump(mode="json")
    changed = [name for name in mine if name not in _MEASURES and claim["config"].get(name) != mine[name]]
    if claim["kind"] == run.kind and changed:
        words = ", ".join(f"another {_OPTIONS[name]}" for name in changed)
        raise ConfigError(f"{run.folder} holds a fetch with {words}: choose another folder with --out")


def size_in_words(size: int) -> str:
    """Bytes as GB, MB or kB, whichever is not below 1."""
    for unit, name in ((10**9, "GB"), (10**6, "MB"), (10**3, "kB")):
        if size >= unit:
            return f"{size / unit:,.1f} {name}"
    return counted(size, "byte")


def _show_archives(recipe: ArchivesRecipe, manner: Manner) -> None:
    server, folder = open_server(manner.access), manner.folder("archives", recipe.crawl)
    run = open_archives_run(recipe, folder)
    _check_folder(run)
    if not manner.dry_run:
        _tell_archives(run_archives(recipe, folder, server, manner.parallel), manner)
        return
    state, paths = run.inspect(), list(plan_archives(recipe, folder, server))
    size = _size_of_all(paths, server)
    if manner.as_json:
        print_json({"run": str(folder), "state": state, "archives": paths, "about_bytes": size})
        return
    about = "of a size the server does not say" if size is None else f"about {size_in_words(size)}"
    print(f"{counted(len(paths), 'archive')} of {recipe.crawl}, {about} -> {folder} ({state})")
    for path in paths[:_SHOWN]:
        print(f"  {path}")
    if len(paths) > _SHOWN:
        print(f"  and {len(paths) - _SHOWN:,} more")
    print("Nothing was changed.")


def _size_of_all(paths: Sequence[str], server: Server) -> int | None:
    """Bytes of archives, by the mean of the first of them; None where the server does not say."""
    asked = paths[:_SIZED]
    try:
        with waits_shown("asking how large archives are", server.pace):
            return sum(server.size(path) for path in asked) * len(paths) // len(asked)
    except InputMissing:
        return None


def _tell_archives(result: ArchivesResult, manner: Manner) -> None:
    if manner.as_json:
        told = {"archives": result.archives, "records": result.records, "bytes": result.bytes, "fresh": result.fresh}
        print_json({"run": str(result.folder), **told})
        return
    print(
        f"{counted(result.archives, 'archive')} with {counted(result.records, 'record')} in {result.folder}, "
        f"{size_in_words(result.bytes)}, {result.fresh:,} of them fetched now"
    )
    _tell_next(result.folder)


def _show_records(recipe: RecordsRecipe, manner: Manner) -> None:
    server, folder = open_server(manner.access), manner.folder("records", recipe.crawl)
    index = _index(recipe, server, manner)
    run = open_records_run(recipe, folder)
    _check_folder(run)
    if not manner.dry_run:
        result = run_records(recipe, folder, server, index, manner.parallel)
        _tell_records(result, manner)
        check_came(result)
        return
    state = run.inspect()
    captures, left = find_captures(recipe, index)
    size = sum(capture.length for capture in captures)
    if manner.as_json:
        told = {"run": str(folder), "state": state, "asked": len(captures)}
        print_json({**told, "bytes": size, "left": dict(left)})
        return
    print(f"{counted(len(captures), 'record')} of {recipe.crawl}, {size_in_words(size)} -> {folder} ({state})")
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
        f"{result.got:,} of {counted(result.asked, 'record')} in {result.folder}, {size_in_words(result.bytes)}, "
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
