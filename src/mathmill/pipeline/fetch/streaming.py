"""Archives of a crawl as inputs of a run: each worker fetches its own, which goes when its shard is made.

    cc:CC-MAIN-2024-10/warc?shards=100&seed=0

names 100 archives drawn by lot, or all of them without `shards`; `cc:crawl-data/..warc.gz` is one, by its path. How
they come is said apart (`Fetching`), and may be said anew by each execution. What an archive is to a run is its path in
the crawl: no server is asked about those that are done, and the size of one is known when it is here.
"""

from __future__ import annotations

import gzip
import hashlib
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path, PurePosixPath
from urllib.parse import parse_qsl

import orjson

from mathmill.data.errors import ConfigError, InputMissing
from mathmill.data.runs import Run
from mathmill.data.store.kept_files import scratch_folder
from mathmill.data.store.mounts import at_hand, is_there, shown
from mathmill.data.units import make_unit, publish_files, source_hash
from mathmill.pipeline.fetch.crawls import Kind, archive_paths, check_crawl, drawn, is_path, kind_of
from mathmill.pipeline.fetch.download import Fetched, fetch_archive
from mathmill.pipeline.fetch.pace import waits_shown
from mathmill.pipeline.fetch.recipe import Fetching
from mathmill.pipeline.fetch.servers import Access, Server, open_server
from mathmill.pipeline.fetch.troubles import NotThere

SCHEME = "cc:"
_LISTINGS = "listings.json.gz"
_FORGOTTEN = 7 * 86_400  # seconds after which what a killed run left is nobody's
_KEYS = ("shards", "seed")


@dataclass(frozen=True, slots=True)
class Stream:
    """What a `cc:` address says."""

    crawl: str
    kind: Kind
    shards: int | None
    seed: int
    path: str = ""  # of one archive, in the place of a draw


def is_stream(address: str) -> bool:
    """Whether an input is archives of a crawl, to be fetched."""
    return address.startswith(SCHEME)


def read_stream_address(address: str) -> Stream:
    """What a `cc:` address says.

    Raises:
        ConfigError: it is wrong.
    """
    place, _, query = address.removeprefix(SCHEME).partition("?")
    crawl, _, kind = place.partition("/")
    try:
        said = dict(parse_qsl(query, keep_blank_values=True, strict_parsing=True)) if query else {}
        shards = int(said["shards"]) if "shards" in said else None
        seed = int(said.get("seed", "0"))
    except ValueError as error:
        raise ConfigError(f"{address!r}: {error}: write it as {_EXAMPLE}") from error
    if unknown := sorted(said.keys() - set(_KEYS)):
        raise ConfigError(f"{address!r}: nothing is called {unknown[0]!r} there: it takes {', '.join(_KEYS)}")
    if (shards is not None and shards < 1) or seed < 0:
        raise ConfigError(f"{address!r}: shards are 1 or more, and a seed is 0 or more")
    if place.startswith("crawl-data/") and is_path(place) and not said:
        return Stream(place.split("/")[1], "warc", None, 0, place)
    return Stream(check_crawl(crawl), kind_of(kind or "warc"), shards, seed)


_EXAMPLE = f"{SCHEME}CC-MAIN-2024-10/warc?shards=100&seed=0"


def find_streams(
    addresses: Sequence[str], fetching: Fetching, noted: Mapping[str, Sequence[str]]
) -> dict[str, list[str]]:
    """The paths of the archives that each `cc:` address among `addresses` names; raises what `stream_paths` does."""
    return {address: stream_paths(address, fetching, noted) for address in addresses if is_stream(address)}


def stream_paths(address: str, fetching: Fetching, noted: Mapping[str, Sequence[str]]) -> list[str]:
    """The paths of the archives that a `cc:` address names, out of the run's note where it has one.

    Raises:
        ConfigError: the address is wrong, or the crawl has not so many.
        InputMissing, DamagedInput: the listing cannot be had.
    """
    stream = read_stream_address(address)
    if address in noted:
        return list(noted[address])
    if stream.path:
        return [stream.path]
    server = _server_of(fetching)
    with waits_shown("reading the listing", server.pace):
        order = drawn(archive_paths(server, stream.crawl, stream.kind), stream.seed)
    if stream.shards is not None and stream.shards > len(order):
        raise ConfigError(f"{address!r}: {stream.crawl} has {len(order):,} {stream.kind} archives: ask for no more")
    return order[: stream.shards]


def noted_paths(folder: Path) -> dict[str, list[str]]:
    """What a run noted of its `cc:` addresses, by address; nothing where it did not begin."""
    if not is_there(folder / _LISTINGS):
        return {}
    try:
        noted: dict[str, list[str]] = orjson.loads(gzip.decompress(at_hand(folder / _LISTINGS).read_bytes()))
    except (OSError, EOFError, orjson.JSONDecodeError):
        return {}
    return noted


def note_paths(run: Run, paths: Mapping[str, Sequence[str]]) -> None:
    """Note in a run which archives its `cc:` addresses name, so that no listing is asked for again."""
    if paths:
        data = gzip.compress(orjson.dumps(paths, option=orjson.OPT_SORT_KEYS), mtime=0)
        make_unit(run, "listings", source_hash(paths), lambda: (publish_files(run.folder, {_LISTINGS: data}), {}))


def meet_server(fetching: Fetching, paths: Iterable[str]) -> None:
    """See, before any work, that the server of archives answers, unless it has or they are here.

    Raises:
        InputMissing: nobody answers, or there are no credentials.
    """
    path = next((path for path in paths if not fetching.keep or not (Path(fetching.keep) / path).is_file()), "")
    known = _server_of(fetching).pace
    if not path or known.met:
        return
    access = _access(fetching)
    server = open_server(replace(access, patience=replace(access.patience, is_heard=True)))
    with waits_shown("looking for the server", server.pace):
        try:
            server.size(path)
        except NotThere:
            pass  # this archive alone
        except InputMissing:
            if not server.pace.met:
                raise
    known.met = True


@contextmanager
def fetched(fetching: Fetching, path: str, run_folder: Path) -> Iterator[Fetched]:
    """The archive at `path` of a crawl, on this machine's disk for as long as the block lasts, or kept.

    One that is damaged in the crawl itself is read like any damaged archive: what is lost counts as lost.

    Raises:
        InputMissing, DamagedInput: it cannot be had.
        DiskFull, CannotCreate: the disk cannot take it.
    """
    to = _place(fetching, path, run_folder)
    if not fetching.keep:
        _sweep(to.parent)
    server = _server_of(fetching)
    server.pace.met = True  # by the command: an outage when a worker begins is one as any other
    found = fetch_archive(server, path, to, take_damaged=True)
    try:
        yield found
    finally:
        if not fetching.keep:
            to.unlink(missing_ok=True)


def _server_of(fetching: Fetching) -> Server:
    return _server(_access(fetching))


def _access(fetching: Fetching) -> Access:
    return Access(fetching.mirror, fetching.rate)


@lru_cache(maxsize=8)
def _server(access: Access) -> Server:
    """One for all archives of a process: how fast it may ask, and how long it was asked to wait, holds for each."""
    return open_server(access)


def _place(fetching: Fetching, path: str, run_folder: Path) -> Path:
    """Where an archive lies: apart for each run, so that none takes another's away.

    A run in a store is known by its address: its folder here is another one for each worker.
    """
    if fetching.keep:
        return Path(fetching.keep) / path
    scratch = scratch_folder() / "archives"
    token = hashlib.sha256(f"{shown(run_folder.absolute())}:{path}".encode()).hexdigest()[:12]
    return scratch / f"{token}-{PurePosixPath(path).name}"


def _sweep(scratch: Path) -> None:
    """Remove what runs left that were killed and never begun again."""
    for path in scratch.glob("*"):
        with suppress(OSError):  # another worker's at this moment
            if time.time() - path.stat().st_mtime > _FORGOTTEN:
                path.unlink()
