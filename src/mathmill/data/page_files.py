"""Where pages come from: a corpus Run, files of JSON lines or Parquet, or a data set on the hub; as Documents.

Local pages are in shards, so that callers may read them side by side; those of the hub are one stream. Nothing here
reads more than a few rows at once, and a page's text is given out as long as it is.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from os.path import commonpath
from pathlib import Path
from typing import Any

from pydantic import Field, PositiveInt, model_validator

from mathmill.data.config import Config, canonical_json
from mathmill.data.errors import ConfigError, DamagedInput, InputMissing
from mathmill.data.files import file_sha256
from mathmill.data.hub import HubSet
from mathmill.data.hub_stream import hub_files, hub_table_at, hub_tables
from mathmill.data.json_lines import opened
from mathmill.data.ledger import Ledger
from mathmill.data.page_tables import page_table
from mathmill.data.records import Document, document_id
from mathmill.data.runs import committed_outputs, find_runs, load_manifest
from mathmill.data.storage import expand, is_remote
from mathmill.data.store.mounts import at_hand, shown
from mathmill.data.table_files import Table

#: What a folder's files of pages end with; a file that is named itself may end otherwise.
ENDINGS = (".jsonl", ".jsonl.gz", ".jsonl.zst", ".parquet")
_CORPUS = "corpus"  # the kind of run, and the folder of its pages


class Pages(Config):
    """Where pages come from: exactly one of `run`, `files` and `hub`.

    An id that a row has (a text in the column `id`) is its Document's; other Documents are known by address and text.
    """

    run: Path | None = Field(default=None, description="folder of a finished corpus run: the pages that it kept")
    files: tuple[str, ...] = Field(default=(), description="files, globs, and folders (all their files of pages)")
    hub: str = Field(default="", pattern=r"^([\w.\-]+(/[\w.\-]+)?)?$", description="id of a data set on the hub")
    config: str = Field(default="", description="of the data set on the hub")
    split: str = Field(default="train", min_length=1, description="of the data set on the hub")
    revision: str = Field(default="", description="full commit of the data set (a branch or tag is followed)")
    text: str = Field(default="text", min_length=1, description="the column with a page's text")
    url: str = Field(default="url", description="the column with a page's address; empty where there is none")
    most: PositiveInt | None = Field(default=None, description="pages at most: the first ones")

    @model_validator(mode="after")
    def _one_source(self) -> Pages:
        named = [name for name in ("run", "files", "hub") if getattr(self, name)]
        if len(named) != 1:
            raise ValueError(f"name exactly one of run, files and hub (got {' and '.join(named) or 'none'})")
        for name in ("config", "split", "revision"):
            if not self.hub and getattr(self, name) != type(self).model_fields[name].default:
                raise ValueError(f"{name} is of a data set on the hub, and pages come from {named[0]}")
        if self.run and (self.text, self.url) != ("text", "url"):
            raise ValueError("text and url name columns of files; those of a run are known")
        return self


@dataclass(frozen=True, slots=True)
class PageShard:
    """A local file of pages: a name that no other has (fit for a file's), where it is, and its SHA-256 in hex."""

    name: str
    path: Path
    sha256: str


def page_shards(pages: Pages) -> list[PageShard]:
    """The local files that pages are in, sorted by name. `most` counts over all of them, and is not obeyed here.

    Raises:
        InputMissing: the run is not there or unfinished, a path is not there, or a glob or folder has no files.
        ConfigError: it is a run of another kind, a run named as files, two files of one name, or a hub's data set.
        DamagedInput: a file of the run is not as the run left it.
    """
    if pages.run:
        return _run_shards(pages.run)
    if pages.files:
        return _file_shards(pages.files)
    raise ConfigError(f"the data set {pages.hub} on the hub is one stream and has no local files: download them first")


def read_shard(shard: PageShard, pages: Pages) -> Iterator[Document]:
    """The Documents of a shard, in its order, all of them; None as a text or address is "".

    Raises:
        InputMissing: it cannot be opened.
        ConfigError: its columns are others, or it is packed in another way than with gzip or zstd.
        DamagedInput: a line or row of it is no page; the message says which.
    """
    with opened(shard.path) as file:
        yield from _documents(page_table(str(shard.path), file, _wanted(pages)), pages)


def hub_shards(pages: Pages) -> tuple[str, ...]:
    """The addresses of the files that a hub's data set is in, in its order; raises what `hub_stream.hub_files` does."""
    return hub_files(_hub_set(pages)).addresses


def read_hub_shard(address: str, pages: Pages) -> Iterator[Document]:
    """The Documents in one of the `hub_shards`, in its order; raises what `hub_stream.hub_table_at` does."""
    with hub_table_at(_hub_set(pages), address, _wanted(pages)) as table:
        yield from _documents(table, pages)


def read_pages(pages: Pages) -> Iterator[Document]:
    """The Documents of all shards or of the hub's data set, in order, `most` of them at most.

    Raises what `page_shards`, `read_shard` and `hub_stream.hub_tables` do.
    """
    return islice(_all_pages(pages), pages.most)


def fingerprint(pages: Pages) -> str:
    """A SHA-256 over what would be read: names and hashes of files (not where they are), or the hub's commit.

    Asks the hub unless `revision` is a full commit. Raises what `page_shards` and `hub_stream.hub_files` do.
    """
    facts: dict[str, Any] = {"text": pages.text, "url": pages.url, "most": pages.most}
    if pages.hub:
        facts |= {"hub": pages.hub, "config": pages.config, "split": pages.split, "commit": pinned(pages).revision}
    else:
        facts["shards"] = [[shard.name, shard.sha256] for shard in page_shards(pages)]
    return hashlib.sha256(canonical_json(facts)).hexdigest()


def pinned(pages: Pages) -> Pages:
    """The same pages, of a hub's data set as of the full commit that `revision` stands for now: write it down.

    Raises what `hub_stream.hub_files` does.
    """
    if not pages.hub or _is_commit(pages.revision):
        return pages
    return pages.model_copy(update={"revision": hub_files(_hub_set(pages)).commit})


def _is_commit(revision: str) -> bool:
    return len(revision) == 40 and set(revision) <= set("0123456789abcdef")


def _hub_set(pages: Pages) -> HubSet:
    return HubSet(pages.hub, pages.config, pages.split, pages.revision)


def _all_pages(pages: Pages) -> Iterator[Document]:
    if pages.hub:
        for table in hub_tables(_hub_set(pages), _wanted(pages)):
            yield from _documents(table, pages)
        return
    for shard in page_shards(pages):
        yield from read_shard(shard, pages)


def _run_shards(folder: Path) -> list[PageShard]:
    manifest = load_manifest(folder)
    if manifest["kind"] != _CORPUS:
        raise ConfigError(f"{shown(folder)} is a run of kind {manifest['kind']!r}: name one of `mathmill pipeline run`")
    outputs = committed_outputs(Ledger(folder))
    if outputs != manifest["outputs"]:
        raise InputMissing(f"{shown(folder)} is an unfinished run: run its command again to finish it")
    shards = []
    for name, output in outputs.items():
        if name.startswith(f"{_CORPUS}/"):
            path = at_hand(folder / name)
            if not path.is_file() or path.stat().st_size != output["size"]:
                raise DamagedInput(
                    f"{path} is not as its run left it: `mathmill runs check {shown(folder)}` tells more"
                )
            shards.append(PageShard(_stem(path.name), path, output["sha256"]))
    return sorted(shards, key=lambda shard: shard.name)


def _file_shards(patterns: tuple[str, ...]) -> list[PageShard]:
    paths = {path.resolve(): path for pattern in patterns for path in _matches(pattern)}
    # By resolved paths, so that names do not hang on the folder that a command is run in, or on links.
    root = Path(commonpath([path.parent for path in paths]))
    names = {path: _stem(path.relative_to(root).as_posix()).replace("/", "-") for path in paths}
    twice = [name for name, count in Counter(names.values()).items() if count > 1]
    if twice:
        both = " and ".join(str(path) for path, name in names.items() if name == twice[0])
        raise ConfigError(f"{both} would both be the shard {twice[0]}: name one of them, or rename it")
    shards = [PageShard(names[path], shown, _sha256(path)) for path, shown in paths.items()]
    return sorted(shards, key=lambda shard: shard.name)


def _matches(pattern: str) -> list[Path]:
    """The files that a path, glob or folder names."""
    if not pattern or is_remote(pattern):
        raise ConfigError(f"cannot read pages from {pattern!r}: name files of this machine; download others first")
    folder = Path(pattern)
    if not _is_folder(folder):
        return [Path(name) for name in expand([pattern])]
    runs = find_runs(folder)
    if runs:
        raise ConfigError(f"{runs[0]} is a run's folder, not one of files: name it as `run`")
    found = sorted(
        path
        for path in folder.rglob("*")
        if path.name.endswith(ENDINGS)
        and path.is_file()
        and not any(part.startswith(".") for part in path.relative_to(folder).parts)
    )
    if not found:
        raise InputMissing(f"no file of pages in {folder}: they end with {', '.join(ENDINGS)}; name others themselves")
    return found


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:  # a name too long, a folder above it that must not be read: whoever opens it says so
        return False


def _stem(name: str) -> str:
    return next((name.removesuffix(ending) for ending in reversed(ENDINGS) if name.endswith(ending)), name)


def _sha256(path: Path) -> str:
    try:
        status = path.stat()
        return _hash_of(path, status.st_size, status.st_mtime_ns)
    except OSError as error:
        raise InputMissing(f"cannot read {path} ({error.strerror}): check that it may be read") from error


@lru_cache(maxsize=1 << 14)
def _hash_of(path: Path, _size: int, _modified: int) -> str:
    return file_sha256(path)


def _wanted(pages: Pages) -> set[str]:
    return {pages.text, pages.url, "id"} - {""}


def _documents(table: Table, pages: Pages) -> Iterator[Document]:
    for field, name in (("text", pages.text), ("url", pages.url)):
        if table.names and name and name not in table.names:
            instead = "" if field == "text" else ', or url = "" where pages have none'
            raise ConfigError(
                f"{table.origin} has no column {name!r}, where each page's {field} was expected; it has "
                f'{", ".join(table.names)[:300]}: say which it is with {field} = "NAME"{instead}'
            )
    for place, row in table.rows:
        text = _cell(table, place, row, pages.text)
        url = _cell(table, place, row, pages.url) if row.get(pages.url) is not None else ""
        own, meta = row.get("id"), row.get("meta")
        named = own if isinstance(own, str) and own else document_id(url, "", text.encode("utf-8", "surrogatepass"))
        yield Document(named, text, url, meta if isinstance(meta, dict) else {})


def _cell(table: Table, place: str, row: Mapping[str, Any], name: str) -> str:
    value = row.get(name)
    if isinstance(value, str):
        return value
    if value is None and name in row:
        return ""
    said = f"{name!r} is no text but {type(value).__name__}" if name in row else f"there is no {name!r}"
    raise DamagedInput(f"{table.origin}, {place}: {said}: mend or remove it, or name another column")
