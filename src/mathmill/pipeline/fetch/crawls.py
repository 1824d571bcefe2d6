"""Which crawls there are, which archives each has, and a draw of them."""

from __future__ import annotations

import hashlib
import re
import zlib
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any, Literal, get_args

import orjson

from mathmill.data.errors import ConfigError, DamagedInput
from mathmill.pipeline.fetch.servers import Server

Kind = Literal["warc", "wet", "wat"]

#: The name of a crawl of Common Crawl's, such as CC-MAIN-2024-10.
CRAWL = re.compile(r"CC-[A-Z]{2,12}-[0-9][0-9-]{3,18}")

_LIST, _MOST_LISTED = "collinfo.json", 8 << 20
_MOST_PACKED, _MOST_BYTES, _MOST_PATHS = 16 << 20, 128 << 20, 500_000  # of a listing of archives
_MOST_MEMBERS = 1_000  # of what is inflated; each costs a look at all that is behind it
_PATH = re.compile(r"[A-Za-z0-9][A-Za-z0-9._=-]*(?:/[A-Za-z0-9][A-Za-z0-9._=-]*)+")
_LONGEST = 500  # characters of a path
# With the time at which its segment began and ended, and its number in it.
_TOLD_APART = re.compile(
    r"crawl-data/[^/]+/segments/[0-9.]+/(?:warc|wet|wat)/CC-MAIN-\d{14}-\d{14}-\d{5}\.warc(?:\.w[ea]t)?\.gz", re.ASCII
)


@dataclass(frozen=True, slots=True)
class Crawl:
    """A crawl as Common Crawl lists it."""

    id: str
    name: str
    begins: str  # "" where the list does not say
    ends: str

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def check_crawl(name: str) -> str:
    """The name of a crawl.

    Raises:
        ConfigError: no crawl is named so.
    """
    if not CRAWL.fullmatch(name):
        raise ConfigError(
            f"{name[:80]!r} is no crawl: write CC-MAIN-YYYY-WW, such as CC-MAIN-2024-10; `mathmill fetch` lists them"
        )
    return name


def list_crawls(index: Server) -> list[Crawl]:
    """All crawls, in the order of the list, which begins with the latest.

    Raises:
        DamagedInput: the list is not what it should be.
        InputMissing: it cannot be had.
    """
    try:
        listed = orjson.loads(index.whole(_LIST, _MOST_LISTED))
    except orjson.JSONDecodeError as error:
        raise DamagedInput(f"the list of crawls is no JSON ({error}): try again later") from error
    if not isinstance(listed, list):
        raise DamagedInput("the list of crawls is no list: try again later")
    told = [row for row in listed if isinstance(row, dict) and CRAWL.fullmatch(str(row.get("id", "")))]
    if not told:
        raise DamagedInput("the list of crawls names none: try again later")
    return [Crawl(row["id"], *(str(row.get(key, "")) for key in ("name", "from", "to"))) for row in told]


def archive_paths(server: Server, crawl: str, kind: Kind) -> list[str]:
    """The paths of all archives of a crawl, in the order of its listing.

    Raises:
        DamagedInput: the listing is damaged, or names what is no file of the crawl.
        InputMissing: it cannot be had.
    """
    name = f"crawl-data/{check_crawl(crawl)}/{kind}.paths.gz"
    try:
        lines = inflated(server.whole(name, _MOST_PACKED), _MOST_BYTES).decode("ascii").split()
    except (ValueError, zlib.error) as error:
        raise DamagedInput(f"{name} is no listing of archives ({error}): try again later") from error
    wrong = next((path for path in lines if not is_path(path) or not path.startswith("crawl-data/")), None)
    if wrong is not None or not lines or len(lines) > _MOST_PATHS:
        raise DamagedInput(f"{name} lists {wrong!r:.200}, no archive of a crawl" if wrong else f"{name} lists nothing")
    return lines


def is_path(path: str) -> bool:
    """Whether this is a plain relative path, as all files of a crawl have."""
    return len(path) <= _LONGEST and _PATH.fullmatch(path) is not None


def archive_name(path: str) -> str:
    """The name of an archive outside of the crawl's folders, which hangs on its path alone.

    Since 2016 the names of a crawl's archives tell them apart; others stand behind eight digits of the path's hash.
    """
    name = path.rpartition("/")[2]
    return name if _TOLD_APART.fullmatch(path) else f"{hashlib.sha256(path.encode()).hexdigest()[:8]}-{name}"


def drawn(paths: Iterable[str], seed: int) -> list[str]:
    """The paths in an order by lot, which hangs on the seed and on each path, not on the listing's order."""
    return sorted(set(paths), key=lambda path: (hashlib.blake2b(f"{seed}:{path}".encode()).digest(), path))


def kind_of(word: str) -> Kind:
    """A kind of archive.

    Raises:
        ConfigError: there is none of that name.
    """
    for kind in get_args(Kind):
        if kind == word:
            return kind  # type: ignore[no-any-return]
    raise ConfigError(f"{word!r} is no kind of archive: a crawl has {', '.join(get_args(Kind))}")


def inflated(data: bytes, most: int) -> bytes:
    """The content of gzip members.

    Raises:
        ValueError: it is cut short, has more than `most` bytes, or is in too many members.
        zlib.error: it is damaged.
    """
    parts, size = list[bytes](), 0
    while data:
        member = zlib.decompressobj(zlib.MAX_WBITS | 16)
        part = member.decompress(data, most - size + 1)
        size += len(part)
        if size > most:
            raise ValueError(f"more than {most:,} bytes")
        if not member.eof:
            raise ValueError("cut short")
        parts.append(part)
        if len(parts) > _MOST_MEMBERS:
            raise ValueError(f"more than {_MOST_MEMBERS:,} members")
        data = member.unused_data
    return b"".join(parts)
