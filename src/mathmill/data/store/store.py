"""Whole files under an address such as s3://bucket/runs/x: put, fetched, listed and removed by name.

A file appears whole or not at all, and who asks after that sees it. What fails for a moment (no connection, a server
that is busy) is tried again for some minutes, as many as MATHMILL_PATIENCE says in seconds; what fails for good is told
at once. Before each try to write the store's guards are asked. Nothing is remembered here:
`mathmill.data.store.mounts` does that.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

from mathmill.data.environment import number_from
from mathmill.data.errors import CannotCreate, ConfigError, InputMissing, MathmillError, OutOfReach
from mathmill.data.files import writing
from mathmill.data.store.errors import ABSENT, CHANGED, PASSES, Trouble, trouble_of

PATIENCE = "MATHMILL_PATIENCE"
_SECONDS = 300.0  # that a store may be out of reach: a server that is started anew, a switch that is exchanged
_FIRST_SECONDS = 10.0  # of one that was never reached: its address may be wrong
_LONGEST_PAUSE = 15.0
_PIECE = 32 << 20  # bytes; larger files are put in pieces. 10,000 of them are allowed
_READ = 1 << 20
_AT_ONCE = 1_000  # names in one request to remove

R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Entry:
    """A file of a store: bytes, and a mark that is another when they are others (the server's ETag)."""

    size: int
    mark: str


@dataclass(frozen=True, slots=True)
class Held:
    """A small file of a store as it is: its bytes, and seconds since it was written, by the server's clock.

    They are 0 where the server does not tell the time.
    """

    data: bytes
    entry: Entry
    age: float


class Store:
    """The files whose names begin with an address; names are relative to it, with `/`.

    All methods raise:
        InputMissing: it cannot be read: no such bucket, no right to, out of reach.
        CannotCreate: it cannot be written, for the same reasons.
    """

    def __init__(self, address: str, was_reached: bool = False) -> None:
        """`was_reached` says that somebody reached this address before, so that it is worth some patience."""
        scheme, _, rest = address.partition("://")
        bucket, _, prefix = rest.partition("/")
        prefix = prefix.strip("/")
        if scheme.lower() != "s3":
            raise ConfigError(
                f"{address!r} names no place for files: of all stores s3:// alone is supported: write "
                "s3://bucket/runs/x, or the path of a folder of this machine"
            )
        if not bucket or not {"", ".", ".."}.isdisjoint(prefix.split("/")[bool(not prefix) :]):
            raise ConfigError(f"{address!r} names no place for files: write it as s3://bucket/runs/x")
        self.address = f"s3://{bucket}/{prefix}".rstrip("/")
        self._bucket, self._prefix = bucket, f"{prefix}/" if prefix else ""
        self._was_reached = was_reached
        self.guards: list[Callable[[], None]] = []  # that raise where nothing may be written any more

    def entry(self, name: str) -> Entry | None:
        """A file's size and mark; None if there is none."""
        found = self._ask("head_object", name)
        return None if found is None else Entry(int(found["ContentLength"]), found["ETag"])

    def listing(self, folder: str) -> tuple[dict[str, Entry], frozenset[str]]:
        """The files that lie in a folder itself, by their names there, and the names of the folders in it."""
        files: dict[str, Entry] = {}
        folders: set[str] = set()
        for page in self._pages(folder, Delimiter="/"):
            files |= _entries(page, len(self._prefix + _slashed(folder)))
            folders |= {each["Prefix"].rstrip("/").rpartition("/")[2] for each in page.get("CommonPrefixes", ())}
        return files, frozenset(folders)

    def walk(self, folder: str = "") -> dict[str, Entry]:
        """All files below a folder, by their names from the address on."""
        files: dict[str, Entry] = {}
        for page in self._pages(folder):
            files |= _entries(page, len(self._prefix))
        return files

    def fetch(self, name: str, path: Path, mark: str) -> bool:
        """Write a file's bytes to `path`, which is whole only if this returns True: not if the file is another now."""

        def fetched() -> bool:
            answer = self._system.call_s3("get_object", Bucket=self._bucket, Key=self._prefix + name, IfMatch=mark)
            with writing(path), path.open("wb") as file:
                for piece in self._read(answer["Body"]):
                    file.write(piece)
            return path.stat().st_size == int(answer["ContentLength"])

        return self._patiently(fetched, name, InputMissing) or False

    def held(self, name: str) -> Held | None:
        """A small file; None if there is none."""

        def read() -> Held:
            answer = self._system.call_s3("get_object", Bucket=self._bucket, Key=self._prefix + name)
            data = b"".join(self._read(answer["Body"]))
            return Held(data, Entry(len(data), answer["ETag"]), _age(answer))

        return self._patiently(read, name, InputMissing)

    def put(self, path: Path, name: str) -> Entry:
        """Put a file of this machine there, in the place of one that is there."""
        size = path.stat().st_size
        if size <= _PIECE:
            return self.put_bytes(path.read_bytes(), name)
        upload = {"UploadId": self._write("create_multipart_upload", name)["UploadId"]}
        try:
            parts: list[dict[str, Any]] = []
            with path.open("rb") as file:
                while data := file.read(_PIECE):
                    number = len(parts) + 1
                    answer = self._write("upload_part", name, **upload, PartNumber=number, Body=data)
                    parts.append({"PartNumber": number, "ETag": answer["ETag"]})
            answer = self._write("complete_multipart_upload", name, **upload, MultipartUpload={"Parts": parts})
        except BaseException:  # also if the command is stopped: pieces that nobody sees would be paid for
            with suppress(MathmillError):
                self._write("abort_multipart_upload", name, **upload)
            raise
        return Entry(size, answer["ETag"])

    def put_bytes(self, data: bytes, name: str) -> Entry:
        """Put bytes there, in the place of those that are there."""
        return Entry(len(data), self._write("put_object", name, Body=data)["ETag"])

    def create(self, name: str, data: bytes) -> Entry | None:
        """Put bytes there if there is no such file; None if there is one, which may be of a request that was lost."""
        return self._put_if(name, data, IfNoneMatch="*")

    def replace(self, name: str, data: bytes, mark: str) -> Entry | None:
        """Put bytes in the place of those with this mark; None if there are others, or none."""
        return self._put_if(name, data, IfMatch=mark)

    def _put_if(self, name: str, data: bytes, **condition: str) -> Entry | None:
        answer = self._ask("put_object", name, CannotCreate, Body=data, **condition)
        return None if answer is None else Entry(len(data), answer["ETag"])

    def remove(self, names: Iterable[str]) -> None:
        """Remove files; those that are not there are no error."""
        keys = [{"Key": self._prefix + name} for name in names]
        for start in range(0, len(keys), _AT_ONCE):
            some = {"Objects": keys[start : start + _AT_ONCE], "Quiet": True}
            answer = self._patiently(self._called("delete_objects", Delete=some), "", CannotCreate) or {}
            if failed := answer.get("Errors"):
                raise CannotCreate(f"cannot remove {failed[0]['Key']} in {self.address}: {failed[0].get('Message')}")

    def _pages(self, folder: str, **given: str) -> Iterator[Mapping[str, Any]]:
        further: dict[str, str] = {}
        while True:
            asked = {"Prefix": self._prefix + _slashed(folder), **given, **further}
            page = self._patiently(self._called("list_objects_v2", **asked), folder, InputMissing) or {}
            yield page
            if not page.get("IsTruncated"):
                return
            further = {"ContinuationToken": page["NextContinuationToken"]}

    def _write(self, method: str, name: str, **given: Any) -> Mapping[str, Any]:
        answer = self._ask(method, name, CannotCreate, **given)
        if answer is None:
            raise CannotCreate(f"cannot write {self.address}/{name}: the server lost it on the way: run again")
        return answer

    def _ask(
        self, method: str, name: str, kind: type[MathmillError] = InputMissing, **given: Any
    ) -> Mapping[str, Any] | None:
        """The answer to a request about one file; None if it is not there, or is another than was asked for."""
        return self._patiently(self._called(method, Key=self._prefix + name, **given), name, kind)

    def _called(self, method: str, **given: Any) -> Callable[[], Mapping[str, Any]]:
        def call() -> Mapping[str, Any]:
            answer: Mapping[str, Any] = self._system.call_s3(method, Bucket=self._bucket, **given)
            return answer

        return call

    def _patiently(self, ask: Callable[[], R], name: str, kind: type[MathmillError]) -> R | None:
        patience = _patience()
        until = time.monotonic() + (patience if self._was_reached else min(patience, _FIRST_SECONDS))
        pause = 0.2
        while True:
            try:
                if kind is CannotCreate:  # each time: one may have lost the right while the server was away
                    for guard in self.guards:
                        guard()
                answer = ask()
            except MathmillError:
                raise
            except Exception as error:
                trouble = trouble_of(error)
                if trouble.kind in (ABSENT, CHANGED):
                    self._was_reached = True
                    return None
                if trouble.kind != PASSES or time.monotonic() + pause > until:
                    self._was_reached = False  # what is still asked on the way out is not worth such a wait
                    raise self._told(trouble, name, kind) from error
            else:
                self._was_reached = True
                return answer
            time.sleep(pause * random.uniform(0.5, 1))  # so that workers do not come back all at once
            pause = min(2 * pause, _LONGEST_PAUSE)

    def _told(self, trouble: Trouble, name: str, kind: type[MathmillError]) -> MathmillError:
        place = f"{self.address}/{name}".rstrip("/")
        if kind is InputMissing and trouble.kind == PASSES:
            kind = OutOfReach
        return kind(f"cannot {'write' if kind is CannotCreate else 'read'} {place} ({trouble.said}): {trouble.advice}")

    def _read(self, body: Any) -> Iterator[bytes]:
        from fsspec.asyn import sync

        try:
            while piece := sync(self._system.loop, body.read, _READ):
                yield piece
        finally:
            body.close()

    @cached_property
    def _system(self) -> Any:
        import fsspec  # heavy: brings asyncio and the client

        # Neither the client nor fsspec tries again: how long to wait is decided here, and the guards are asked before.
        config = {"connect_timeout": 10, "read_timeout": 60, "retries": {"max_attempts": 0}, "max_pool_connections": 32}
        try:
            system = fsspec.filesystem("s3", config_kwargs=config)
        except ImportError as error:
            raise ConfigError(
                f"{self.address} is read and written by s3fs, which cannot be loaded here ({error}): run pip install "
                "s3fs with the Python of mathmill"
            ) from error
        system.retries = 1
        return system


def _entries(page: Mapping[str, Any], cut: int) -> dict[str, Entry]:
    # A key that ends with "/" is a folder as some tools make one, and no file.
    return {
        each["Key"][cut:]: Entry(int(each["Size"]), each["ETag"])
        for each in page.get("Contents", ())
        if not each["Key"].endswith("/")
    }


def _slashed(folder: str) -> str:
    return f"{folder}/" if folder else ""


def _age(answer: Mapping[str, Any]) -> float:
    try:
        now = parsedate_to_datetime(answer["ResponseMetadata"]["HTTPHeaders"]["date"])
        return float((now - answer["LastModified"]).total_seconds())
    except (KeyError, ValueError, TypeError):  # no such header, or none that says a time and its zone
        return 0.0


def _patience() -> float:
    return number_from(PATIENCE, _SECONDS, "seconds")
