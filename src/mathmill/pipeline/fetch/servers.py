"""The files of a crawl by their paths in it, behind https or s3: small ones whole, ranges, and archives as a stream.

`whole` and `read` try again by themselves until the server's patience ends; `stream` does not, since whoever writes the
pieces down goes on where they ended.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from mathmill.data.errors import ConfigError, InputMissing
from mathmill.pipeline.fetch.client import Answer, Client, Span
from mathmill.pipeline.fetch.hosts import DATA, INDEX, Hosts, origin_of
from mathmill.pipeline.fetch.pace import Attempts, Pace, Patience
from mathmill.pipeline.fetch.troubles import NoSuchRange, NotThere, Trouble

RATE = 5.0  # requests a second that may begin, where nobody says
LEAST_RATE = 0.001
_RANGE = 8 << 20  # bytes of an object that are asked for at once
_MOST_SMALL = 256 << 20  # bytes of any answer that is held in memory


@dataclass(frozen=True, slots=True)
class Access:
    """Where a crawl is read from and how fast: how the work is done, and no part of what it comes to."""

    mirror: str = ""  # in the place of Common Crawl's own hosts: https://HOST, http://HOST:PORT or s3://BUCKET
    rate: float = RATE  # requests a second that may begin
    patience: Patience = field(default_factory=Patience)

    def check(self) -> None:
        """Say at once what is wrong with the mirror.

        Raises:
            ConfigError: it is no address.
        """
        if self.mirror and not self.mirror.startswith("s3://"):
            origin_of(self.mirror)
        if self.mirror.removeprefix("s3://").strip("/") == "" and self.mirror:
            raise ConfigError(f"{self.mirror!r} names no bucket: write s3://BUCKET")


class Server(Protocol):
    """The files of crawls."""

    @property
    def pace(self) -> Pace:
        """What all its requests wait for."""
        ...

    def size(self, path: str) -> int:
        """Bytes of a file.

        Raises:
            InputMissing: it is not there, or the server does not say.
        """
        ...

    def whole(self, path: str, most: int = _MOST_SMALL) -> bytes:
        """A small file."""
        ...

    def read(self, path: str, first: int, end: int) -> bytes:
        """Just these bytes of a file.

        Raises:
            NotThere, NoSuchRange, Unreachable: they cannot be had.
        """
        ...

    def stream(self, path: str, first: int, mark: str) -> Any:
        """A context manager whose value is an `Answer`: a file from `first` on, or from its start if it is another now.

        Raises:
            Trouble: it may be had later.
        """
        ...

    def stop(self) -> None:
        """End all requests at once."""
        ...


def open_server(access: Access) -> Server:
    """The server of the crawls' files.

    Raises:
        ConfigError: the mirror is no address.
    """
    access.check()
    pace = Pace(access.rate, access.patience)
    if access.mirror.startswith("s3://"):
        return ObjectStore(access.mirror, pace)
    return HttpServer(access.mirror or DATA, Client(Hosts((access.mirror,) if access.mirror else ()), pace))


def open_index(access: Access) -> HttpServer:
    """The server that lists crawls and looks addresses up.

    Raises:
        ConfigError: the mirror is no address, or a bucket, which answers no questions.
    """
    access.check()
    if access.mirror.startswith("s3://"):
        raise ConfigError(
            f"{access.mirror} is a bucket, and answers no questions: leave --mirror out for this, or read the index "
            "files, which needs no server"
        )
    hosts = Hosts((access.mirror,) if access.mirror else ())
    patience = replace(access.patience, unmet_silence=access.patience.silence)  # it has to search before it answers
    return HttpServer(access.mirror or INDEX, Client(hosts, Pace(access.rate, patience)))


@dataclass(frozen=True, slots=True)
class HttpServer:
    """Files below an http or https address."""

    base: str
    client: Client

    @property
    def pace(self) -> Pace:
        return self.client.pace

    def size(self, path: str) -> int:
        found: int | None = self._tried(path, Span(), "HEAD", lambda answer: answer.size)
        if found is None:
            raise InputMissing(f"{self._url(path)}: the server does not say how large it is")
        return found

    def whole(self, path: str, most: int = _MOST_SMALL) -> bytes:
        data: bytes = self._tried(path, Span(), "GET", lambda answer: answer.read(most))
        return data

    def read(self, path: str, first: int, end: int) -> bytes:
        def part(answer: Answer) -> bytes:
            if answer.first != first or answer.size != min(end, answer.total or end) - first:
                raise Trouble(f"{self._url(path)}: the server sends the whole file where a part of it was asked for")
            if answer.size != end - first:
                raise NoSuchRange(f"{self._url(path)} has fewer bytes than were asked for")
            return answer.read(end - first)

        data: bytes = self._tried(path, Span(first, end), "GET", part)
        return data

    @contextmanager
    def stream(self, path: str, first: int, mark: str) -> Iterator[Answer]:
        with self.client.get(self._url(path), Span(first, None, mark)) as answer:
            yield answer

    def stop(self) -> None:
        self.client.stop()

    def _url(self, path: str) -> str:
        return f"{self.base.rstrip('/')}/{path}"

    def _tried(self, path: str, span: Span, method: str, take: Any) -> Any:
        attempts = Attempts(self.pace, self._url(path)[:200])
        while True:
            try:
                with self.client.get(self._url(path), span, method) as answer:
                    return take(answer)
            except Trouble as trouble:
                attempts.failed(trouble)


@dataclass(frozen=True, slots=True)
class ObjectStore:
    """Files below an s3 address, through fsspec with the user's credentials."""

    base: str
    pace: Pace

    def size(self, path: str) -> int:
        return int(self._tried(path, lambda system, name: system.info(name)["size"]))

    def whole(self, path: str, most: int = _MOST_SMALL) -> bytes:
        size = self.size(path)
        if size > most:
            raise InputMissing(
                f"{self._url(path)} has {size:,} bytes, more than {most:,}: that is not what it should be"
            )
        return self.read(path, 0, size)

    def read(self, path: str, first: int, end: int) -> bytes:
        data = bytes(self._tried(path, lambda system, name: system.cat_file(name, start=first, end=end)))
        if len(data) != end - first:
            raise NoSuchRange(f"{self._url(path)} has fewer bytes than were asked for")
        return data

    @contextmanager
    def stream(self, path: str, first: int, mark: str) -> Iterator[Answer]:
        info = self._tried(path, lambda system, name: system.info(name))
        total, now = int(info["size"]), str(info.get("ETag") or info.get("LastModified") or "")
        begin = first if now == mark or not mark else 0
        yield Answer(self._url(path), begin, total - begin, total, now, self._pieces(path, begin, total))

    def _pieces(self, path: str, first: int, total: int) -> Iterator[bytes]:
        for begin in range(first, total, _RANGE):
            yield self.read(path, begin, min(begin + _RANGE, total))

    def stop(self) -> None:
        self.pace.stop()

    def _url(self, path: str) -> str:
        return f"{self.base.rstrip('/')}/{path}"

    def _tried(self, path: str, ask: Any) -> Any:
        system, name = _file_system(self._url(path))
        attempts = Attempts(self.pace, self._url(path))
        while True:
            self.pace.turn()
            try:
                found = ask(system, name)
                self.pace.met = True
                return found
            except FileNotFoundError:
                raise NotThere(f"no file at {self._url(path)}: check the name") from None
            except PermissionError as error:
                raise InputMissing(
                    f"{self._url(path)} may not be read ({error}): are there credentials, such as AWS_PROFILE names?"
                ) from error
            except _failures() as error:
                if _is_beyond(error):
                    raise NoSuchRange(f"{self._url(path)} has fewer bytes than were asked for") from error
                _check_settings(self._url(path), error)
                said = " ".join(str(error).split())[:300] or type(error).__name__
                trouble = Trouble(said, crowded="SlowDown" in said, unmet=_is_unmet(error))
                self.pace.met |= trouble.crowded
                attempts.failed(trouble)


def _file_system(url: str) -> tuple[Any, str]:
    import fsspec  # heavy: brings asyncio and the client of s3

    try:
        system, name = fsspec.core.url_to_fs(url)
    except ImportError as error:
        raise ConfigError(
            f"{url} is read by s3fs, which cannot be loaded here ({error}): run pip install s3fs with the Python of "
            "mathmill"
        ) from error
    return system, name


def _check_settings(url: str, error: BaseException) -> None:
    """Go on where waiting may help.

    Raises:
        InputMissing: there are no credentials.
        ConfigError: the client cannot ask anybody as it is set up.
    """
    from botocore import exceptions as boto  # type: ignore[import-untyped]

    if isinstance(error, boto.NoCredentialsError | boto.PartialCredentialsError | boto.ProfileNotFound):
        raise InputMissing(
            f"{url} cannot be read without credentials ({error}): give some, such as with AWS_PROFILE or "
            "AWS_ACCESS_KEY_ID"
        ) from error
    if isinstance(error, ValueError) and str(error).startswith("Invalid endpoint"):
        raise ConfigError(
            f"{url} cannot be read ({error}): AWS_ENDPOINT_URL begins with http:// or https://"
        ) from error


def _is_unmet(error: BaseException) -> bool:
    from botocore import exceptions as boto

    return isinstance(error, boto.EndpointConnectionError | boto.ConnectTimeoutError)


def _failures() -> tuple[type[BaseException], ...]:
    """What fsspec's client of s3 raises when a request fails."""
    from aiohttp import ClientError
    from botocore.exceptions import BotoCoreError  # type: ignore[import-untyped]
    from fsspec.exceptions import FSTimeoutError

    return (OSError, ValueError, ClientError, BotoCoreError, FSTimeoutError)


def _is_beyond(error: BaseException) -> bool:
    return "InvalidRange" in str(error) or "not satisfiable" in str(error)
