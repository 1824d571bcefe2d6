"""The archives of a run: their names, sizes and fingerprints, by which a rerun knows what has changed."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from mathmill.data.errors import ConfigError, InputMissing
from mathmill.data.files import file_sha256
from mathmill.data.storage import expand, is_remote, stat
from mathmill.pipeline.fetch.crawls import archive_name
from mathmill.pipeline.fetch.recipe import Fetching
from mathmill.pipeline.fetch.streaming import SCHEME, fetched, is_stream

_OTHERS = (".jsonl", ".jsonl.gz", ".jsonl.zst", ".json", ".parquet", ".csv", ".txt", ".pdf", ".zip")
_SUFFIXES = (".gz", ".zst", ".warc", ".arc", ".wet", ".wat")


@dataclass(frozen=True, slots=True)
class ArchiveInput:
    """One archive to be read."""

    name: str  # unique in the run: the file's name without its suffixes
    uri: str
    size: int | None  # bytes as stored, None where nobody knows before it is fetched
    modified: str  # changes when the file does: a time stamp, or what the server says in its place

    @property
    def is_fetched(self) -> bool:
        """Whether it is a crawl's, and comes here when it is read."""
        return is_stream(self.uri)

    def as_dict(self) -> dict[str, Any]:
        return {"name": self.name, "uri": self.uri, "size": self.size, "modified": self.modified}


def find_inputs(patterns: Sequence[str], streams: Mapping[str, Sequence[str]]) -> list[ArchiveInput]:
    """All archives that the patterns name, sorted by name, so that their order in a recipe does not matter.

    `streams` are the paths in a crawl that each `cc:` address among them names (see `find_streams`).

    Raises:
        InputMissing: a path is not there, or a glob matches nothing.
        ConfigError: a file is no archive, or an address is wrong.
    """
    if not patterns:
        raise ConfigError("no archives are named: give some with --input, or as `archives` in the recipe")
    streamed = dict.fromkeys(f"{SCHEME}{path}" for each in patterns if is_stream(each) for path in streams[each])
    plain = [pattern for pattern in patterns if not is_stream(pattern)]
    uris = [*streamed, *(expand(plain) if plain else ())]
    for uri in uris:
        if uri.lower().endswith(_OTHERS):
            raise ConfigError(
                f"{uri} is no web archive (WARC, ARC or WET): a run begins with archives. To read pages as text, "
                "`mathmill classifier score` takes JSON lines and Parquet"
            )
    for uri in uris:
        if not uri.isprintable() and not uri.encode("utf-8", "replace").decode() == uri:
            raise InputMissing(f"{uri!r}: rename the file, its name is not valid UTF-8")
    stems = Counter(_stem(uri) for uri in uris)
    found = []
    for uri in uris:
        size, modified = (None, "") if is_stream(uri) else stat(uri)
        found.append(ArchiveInput(_name(uri, stems), uri, size, modified))
    return sorted(found, key=lambda archive: archive.name)


def paths_to_fetch(archives: Iterable[ArchiveInput]) -> Iterator[str]:
    """The paths in their crawls of those archives that are fetched when they are read."""
    return (archive.uri.removeprefix(SCHEME) for archive in archives if archive.is_fetched)


def _stem(uri: str) -> str:
    name = archive_name(uri.removeprefix(SCHEME)) if is_stream(uri) else uri.rsplit("/", 1)[-1]
    while name.endswith(_SUFFIXES) and not name.startswith("."):
        name = name.rsplit(".", 1)[0]
    return "".join(character if character.isalnum() or character in "-_." else "_" for character in name)


def _name(uri: str, stems: Counter[str]) -> str:
    """The stem, and where several files share it, a hash of the address as well."""
    stem = _stem(uri)
    return stem if stems[stem] == 1 else f"{stem}-{hashlib.sha256(uri.encode()).hexdigest()[:8]}"


def is_as_it_was(archive: ArchiveInput, seen: Mapping[str, Any]) -> bool:
    """Whether the archive is what an earlier execution saw.

    An archive of a crawl is told by its path there, since those never change; all others by their content.
    """
    if archive.is_fetched:
        return bool(seen["uri"] == archive.uri)
    if seen["size"] != archive.size:
        return False
    return bool(seen["modified"] == archive.modified or seen["fingerprint"] == fingerprint(archive))


@contextmanager
def on_disk(archive: ArchiveInput, fetching: Fetching, run_folder: Path) -> Iterator[ArchiveInput]:
    """The archive as it can be read: one of a crawl is fetched for as long as the block lasts.

    Raises what `mathmill.pipeline.fetch.streaming.fetched` does.
    """
    if not archive.is_fetched:
        yield archive
        return
    with fetched(fetching, archive.uri.removeprefix(SCHEME), run_folder) as found:
        yield replace(archive, uri=str(found.path), size=found.size)


def fingerprint(archive: ArchiveInput) -> str:
    """What identifies the archive's content: the hash of a local file, a server's own mark for a remote one."""
    if is_remote(archive.uri):
        return f"remote:{archive.size}:{archive.modified}"
    try:
        return f"sha256:{file_sha256(Path(archive.uri))}"
    except OSError as error:
        raise InputMissing(f"cannot read {archive.uri}: {error.strerror or error}") from error
