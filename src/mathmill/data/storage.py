"""Where bytes come from: local paths, globs, https:// and s3:// addresses, read once from front to back.

Local files are read directly; everything with a scheme goes through fsspec. A remote read that ends
before the announced size is taken up again where it stopped, and is an error when that does not help:
the end of a connection is never taken for the end of a file. Nothing here is written.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Protocol, cast

from mathmill.data.errors import ConfigError, InputMissing

READ_SIZE = 256 << 10  # bytes asked for at once of a local file: they stay in the processor's cache
RANGE_SIZE = 8 << 20  # bytes asked for at once of a remote file: few requests, bounded memory
ATTEMPTS = 4  # reads of one range before a remote file is given up
PAUSE = 0.2  # seconds before the second attempt, doubled for each further one

_GLOB = frozenset("*?[")
_ADDRESS = re.compile("[A-Za-z][A-Za-z0-9+.-]+:(?=/)")  # one letter alone is a drive
_SCHEMES = frozenset({"", "http", "https", "s3"})


class Source(Protocol):
    """A file being read from front to back."""

    @property
    def size(self) -> int | None:
        """Bytes in all, None where the server does not say."""
        ...

    def read(self, size: int) -> bytes:
        """The next 1 to `size` bytes; b"" at the end and only there.

        Raises:
            InputMissing: the file cannot be read to its end.
        """
        ...


def is_remote(path: str | Path) -> bool:
    """Whether `path` names something with a scheme, to be read through fsspec."""
    return "://" in str(path)


def is_address(folder: str | Path) -> bool:
    """Whether `folder` has a scheme; of an address a path has one slash less, as in `s3:/bucket`."""
    return _ADDRESS.match(str(folder)) is not None


def whole_address(folder: str | Path) -> str:
    """An address with the slash that a path lost."""
    scheme, _, rest = str(folder).partition(":")
    return f"{scheme}://{rest.lstrip('/')}"


def local_folder(folder: str | Path) -> Path:
    """`folder` as a path.

    Raises:
        ConfigError: it is an address; `mathmill.data.store.mounts.run_folder` takes those of runs.
    """
    if is_address(folder):
        raise ConfigError(f"{whole_address(folder)} is an address, and a folder of this machine is wanted here")
    return folder if isinstance(folder, Path) else Path(folder)


def expand(patterns: Sequence[str | Path]) -> list[str]:
    """The files that paths, addresses and globs name: patterns in the order given, each glob's files sorted.

    A file that exists under the very name of a pattern is taken as that file; a file named twice is read once.

    Raises:
        InputMissing: a path is not there, or a glob matches nothing.
        ConfigError: an address has a scheme that is not read.
    """
    found: dict[str, None] = {}
    for pattern in patterns:
        text = str(pattern)
        scheme = text.partition("://")[0].lower() if is_remote(text) else ""
        if scheme not in _SCHEMES or not text:
            raise ConfigError(f"cannot read {text!r}: archives are read from paths, https:// and s3:// addresses")
        names = _expand_remote(text) if is_remote(text) else _expand_local(text)
        found.update(dict.fromkeys(names))
    return list(found)


def _expand_local(pattern: str) -> list[str]:
    path = Path(pattern)
    try:
        if path.is_file():
            return [pattern]
    except (OSError, ValueError) as error:  # a name too long, a folder that must not be read, a NUL
        raise InputMissing(f"cannot look at {pattern[:200]!r}: {error}") from error
    if _GLOB.isdisjoint(pattern):
        raise InputMissing(_not_a_file(path))
    root, relative = (Path(path.anchor), pattern[len(path.anchor) :]) if path.is_absolute() else (Path(), pattern)
    try:
        names = sorted(str(match) for match in root.glob(relative) if match.is_file())
    except (ValueError, NotImplementedError) as error:
        raise ConfigError(
            f"{pattern} is no pattern ({error}): `**` stands for whole folders, as in crawl/**/*.gz"
        ) from error
    if not names:
        raise InputMissing(f"no file matches {pattern}: check the path, and quote the pattern in the shell")
    return names


def _expand_remote(pattern: str) -> list[str]:
    # A "?" in an https address begins its query, so there only "*" makes a pattern.
    wild = "*" if pattern.startswith("http") else _GLOB
    if _GLOB.isdisjoint(pattern) or not any(character in pattern for character in wild):
        return [pattern]
    system, _ = _filesystem(pattern)
    with _reported(pattern):
        names = sorted(str(system.unstrip_protocol(match)) for match in system.glob(pattern))
    if not names:
        raise InputMissing(f"no file matches {pattern}: check the bucket and the path")
    return names


def stat(path: str | Path) -> tuple[int, str]:
    """Bytes of a file, and a mark that changes when it does: a time stamp, or the server's own (ETag and the like).

    Raises:
        InputMissing: it is not there, cannot be reached, or the server does not say its size.
    """
    if not is_remote(path):
        try:
            found = Path(path).stat()
        except OSError as error:
            raise InputMissing(f"cannot open {path}: {error.strerror or error}") from error
        return found.st_size, str(found.st_mtime_ns)
    system, inner = _filesystem(str(path))
    with _reported(str(path)):
        info = system.info(inner)
    if info.get("size") is None:
        raise InputMissing(f"{path}: the server does not say how large it is: download it first")
    marks = ("ETag", "etag", "LastModified", "last_modified", "mtime", "created")
    return int(info["size"]), next((str(info[mark]) for mark in marks if info.get(mark)), "")


def open_source(path: str | Path) -> AbstractContextManager[Source]:
    """Open a local path or an address for reading from front to back.

    Raises:
        InputMissing: it is not there, is a folder, or cannot be opened.
    """
    return _open_remote(str(path)) if is_remote(path) else _open_local(Path(path))


@dataclass(slots=True)
class _Local:
    file: BinaryIO
    size: int | None
    path: Path

    def read(self, size: int) -> bytes:
        try:
            return self.file.read(size)
        except OSError as error:
            raise InputMissing(f"cannot read {self.path}: {error.strerror or error}") from error


@contextmanager
def _open_local(path: Path) -> Iterator[Source]:
    try:
        file = path.open("rb", buffering=0)
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
        raise InputMissing(_not_a_file(path)) from None
    except (OSError, ValueError) as error:
        raise InputMissing(f"cannot open {path}: {error}") from error
    with file:
        yield _Local(cast(BinaryIO, file), path.stat().st_size, path)


def _not_a_file(path: Path) -> str:
    if path.is_dir():
        return f"{path} is a folder: name its files, such as '{path}/*.warc.gz'"
    return f"no file at {path}: check the path"


@dataclass(slots=True)
class _Remote:
    """A remote file: ranges where the server grants them, else one stream."""

    url: str
    system: Any
    path: str
    size: int | None
    ranges: bool
    position: int = 0
    file: Any = None

    held: bytes = b""  # a range that was fetched and not yet given out: from `given` on
    given: int = 0

    def read(self, size: int) -> bytes:
        if self.given == len(self.held):
            self.held, self.given = self._fetch(max(size, RANGE_SIZE)), 0
        data = self.held[self.given : self.given + size]
        self.given += len(data)
        return data

    def _fetch(self, size: int) -> bytes:
        if self.size is not None and self.position >= self.size:
            return b""
        pause, problem = PAUSE, ""
        for attempt in range(ATTEMPTS):
            if attempt:
                time.sleep(pause)
                pause *= 2
            try:
                data = self._range(size) if self.ranges else self._next(size)
            except FileNotFoundError:
                raise InputMissing(f"no file at {self.url}: check the address") from None
            except _network_errors() as error:
                self.close()
                problem = str(error) or type(error).__name__
                continue
            if data or self.size is None:
                self.position += len(data)
                return data
            self.close()
            problem = "the connection ended"
        raise InputMissing(
            f"{self.url} ended after {self.position} of {self.size or 'unknown'} bytes ({problem}): "
            "run the same command again"
        )

    def _range(self, size: int) -> bytes:
        assert self.size is not None
        end = min(self.position + size, self.size)
        data = bytes(self.system.cat_file(self.path, start=self.position, end=end))
        return data[: end - self.position]

    def _next(self, size: int) -> bytes:
        if self.file is None:
            self.file = self.system.open(self.path, "rb", block_size=0)
            self._skip(self.position)
        return bytes(self.file.read(size))

    def _skip(self, size: int) -> None:
        """Without ranges the only way back to where a stream broke off is from its start."""
        while size > 0:
            data = self.file.read(min(size, RANGE_SIZE))
            if not data:
                raise OSError("the connection ended")
            size -= len(data)

    def close(self) -> None:
        if self.file is not None:
            self.file.close()
            self.file = None


@contextmanager
def _open_remote(url: str) -> Iterator[Source]:
    system, path = _filesystem(url)
    with _reported(url):
        info = system.info(path)
    if info.get("type") == "directory":
        raise InputMissing(f"{url} is a folder: name its files, such as '{url.rstrip('/')}/*.warc.gz'")
    size = info.get("size")
    # Object stores always serve ranges; an http server says so ("partial" in fsspec's words).
    ranges = size is not None and bool(info.get("partial", not url.startswith("http")))
    remote = _Remote(url, system, path, size, ranges)
    try:
        yield remote
    finally:
        remote.close()


def _filesystem(url: str) -> tuple[Any, str]:
    import fsspec  # heavy: brings asyncio and, for http and s3, their clients

    try:
        system, path = fsspec.core.url_to_fs(url)
    except (ImportError, ValueError) as error:
        raise InputMissing(f"cannot open {url}: {error}") from error
    return system, path


@contextmanager
def _reported(url: str) -> Iterator[None]:
    """Tell any failure to reach `url` as one `InputMissing`."""
    try:
        yield
    except FileNotFoundError as error:
        # fsspec says so too when the server cannot be reached or refuses, and tells why in the cause.
        if error.__cause__ is not None and getattr(error.__cause__, "status", 0) not in (404, 410):
            raise InputMissing(f"cannot open {url}: {error.__cause__}") from error
        raise InputMissing(f"no file at {url}: check the address") from None
    except _network_errors() as error:
        of_stores = "check the credentials, such as those of AWS_PROFILE, and AWS_ENDPOINT_URL if it is set"
        advice = of_stores if url.startswith("s3:") else "check the address"
        raise InputMissing(f"cannot open {url} ({error or type(error).__name__}): {advice}") from error


def _network_errors() -> tuple[type[BaseException], ...]:
    """What fsspec's http and s3 clients raise when a request fails."""
    from aiohttp import ClientError
    from botocore.exceptions import BotoCoreError  # type: ignore[import-untyped]
    from fsspec.exceptions import FSTimeoutError

    return (OSError, ValueError, ClientError, BotoCoreError, FSTimeoutError)
