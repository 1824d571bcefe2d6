"""One archive, whole: fetched in as many pieces as it takes, checked, and only then given its name.

    NAME.part        the bytes so far
    NAME.part.json   what they are a part of: path, size and the server's mark
    NAME.damaged     a file that had the name and was no whole archive, and is other bytes than the server has

What comes is looked at from its first bytes on: a page that tells an error is no archive, whatever status it has. When
all bytes are there, every member is inflated. A damaged download is fetched once more; damaged again, it is the
server's copy that is damaged.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import orjson

from mathmill.data.errors import DamagedInput, DiskFull, InputMissing, MathmillError
from mathmill.data.files import file_sha256, reach, sync_file, sync_folder, write_whole, writing
from mathmill.pipeline.archives import read_archive
from mathmill.pipeline.fetch.client import Answer
from mathmill.pipeline.fetch.pace import Attempts
from mathmill.pipeline.fetch.servers import Server
from mathmill.pipeline.fetch.troubles import NoSuchRange, Trouble
from mathmill.pipeline.members import GZIP_MAGIC, LOST_REASONS
from mathmill.pipeline.warc import LostSpan

_MOST = 64 << 30  # bytes of an archive; Common Crawl's have about one GB
_GAIN = 1 << 20  # bytes beyond all that came before that make up for the failures before them
_BEGINS = 4_096  # bytes in which an archive, or an error's words, begin
# What a download can do to an archive; other losses (a record beyond the limits) were made by its writer.
_DAMAGE = frozenset(("truncated", "damaged_member", "bad_checksum", "garbage", "not_an_archive", "not_a_record"))


@dataclass(frozen=True, slots=True)
class Fetched:
    """A whole archive."""

    path: Path
    size: int
    sha256: str
    records: int


def fetch_archive(server: Server, path: str, to: Path, take_damaged: bool = False) -> Fetched:
    """Bring the archive at `path` of a crawl to the file `to`, or finish what an earlier call began.

    A whole archive that has this name is taken as it is. With `take_damaged` one is taken all the same that came twice
    with the same damage, or once as it was here, and begins as an archive: it is damaged in the crawl.

    Raises:
        DamagedInput: it is damaged where it is.
        InputMissing: it cannot be had.
        DiskFull, CannotCreate: the folder cannot take it.
    """
    with writing(to):
        to.parent.mkdir(parents=True, exist_ok=True)
    if (found := _whole(to, server)) is not None:
        return found
    with _part_of(to) as part:
        if (found := _whole(to, server)) is not None:  # another process had the part until now
            return found
        old = file_sha256(to) if to.is_file() else ""
        digest, records = _checked(server, path, part, old if take_damaged else None)
        with writing(to):
            sync_file(part.path)
            reach("verified")
            if old not in ("", digest):  # it may be somebody's own
                to.replace(to.with_name(f"{to.name}.damaged"))
            part.path.replace(to)
            part.note.unlink(missing_ok=True)
            sync_folder(to.parent)
            reach("renamed")
    return Fetched(to, to.stat().st_size, digest, records)


def _whole(path: Path, server: Server) -> Fetched | None:
    """The archive that a file is, whose process died before it told, or that was kept; None if it is not whole."""
    if not path.is_file():
        return None
    records, damage = look_over(path, server)
    return None if damage else Fetched(path, path.stat().st_size, file_sha256(path), records)


def _checked(server: Server, path: str, part: _Part, taken: str | None) -> tuple[str, int]:
    """Fetch a part until it is whole; its hash and its records.

    `taken` is the hash of damaged bytes that are the crawl's own if they come once more; None if none are taken.

    Raises:
        DamagedInput: it is damaged where it is.
    """
    seen = set[str]()
    while True:
        _complete(server, path, part)
        records, damage = look_over(part.path, server)
        digest = file_sha256(part.path)
        if not damage or (taken is not None and records and digest in {taken, *seen}):
            return digest, records
        part.empty()
        if seen:
            raise DamagedInput(
                f"{path} is damaged ({damage}), and was so when it was fetched again: leave it out, or try later"
            )
        seen.add(digest)


def look_over(path: Path, server: Server) -> tuple[int, str]:
    """How many records an archive holds, and what damage a download may have done to it; "" for none.

    Ends where the server's pace is stopped.
    """
    with path.open("rb") as file:
        if not file.read(3).startswith(GZIP_MAGIC):
            return 0, "it is not compressed as archives are"
    records, damage = 0, ""
    for item in read_archive(path):
        server.pace.check()
        if not isinstance(item, LostSpan):
            records += 1
        elif item.reason in _DAMAGE and not damage:
            damage = f"{LOST_REASONS[item.reason]}, at byte {item.offset:,}"
    return records, damage if records else damage or "it holds no record"


@dataclass(slots=True)
class _Part:
    """The bytes of a file that are here, and what they are a part of."""

    path: Path
    file: BinaryIO

    @property
    def note(self) -> Path:
        return self.path.with_name(f"{self.path.name}.json")

    def held(self, of: str) -> tuple[int, dict[str, Any]]:
        """How many bytes of the file `of` are here, and what is known of it; another's are forgotten."""
        try:
            note = orjson.loads(self.note.read_bytes())
            have = self.path.stat().st_size
            if note["path"] == of and have <= note["size"]:
                return have, note
        except (FileNotFoundError, orjson.JSONDecodeError, KeyError, TypeError):
            pass
        self.empty()
        return 0, {"path": of, "size": -1, "mark": ""}

    def begin(self, note: dict[str, Any]) -> None:
        self.empty()
        write_whole(self.note, orjson.dumps(note))

    def empty(self) -> None:
        with writing(self.path):
            self.file.truncate(0)
            self.note.unlink(missing_ok=True)

    def add(self, piece: bytes) -> None:
        with writing(self.path):
            self.file.write(piece)
            self.file.flush()


@contextmanager
def _part_of(to: Path) -> Iterator[_Part]:
    """The part of a file, which this process alone writes to while it has it."""
    path = to.with_name(f"{to.name}.part")
    with _held(path) as file:
        try:
            yield _Part(path, file)
        finally:
            if _is_at(path, file) and not path.stat().st_size:
                path.unlink()


@contextmanager
def _held(path: Path) -> Iterator[BinaryIO]:
    """The file at `path`, locked. Between its opening and its lock another process may have given it its name."""
    while True:
        with writing(path), path.open("ab") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise MathmillError(f"{path} is being fetched by another process: wait for it to end") from None
            if _is_at(path, file):
                yield file
                return


def _is_at(path: Path, file: BinaryIO) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(file.fileno()))
    except FileNotFoundError:
        return False


def _complete(server: Server, path: str, part: _Part) -> None:
    """Fetch what is missing of a part."""
    attempts = Attempts(server.pace, path)
    furthest = 0
    while True:
        have, note = part.held(path)
        if have == note["size"]:
            return
        if have >= furthest + _GAIN:  # not less, or a server that sends it anew each time would be asked for ever
            furthest = have
            attempts.gained()
        try:
            with server.stream(path, have, note["mark"]) as answer:
                _append(path, part, note, answer)
        except NoSuchRange:
            part.empty()
            attempts.failed(Trouble(f"{path} is shorter than what was here of it"))
        except Trouble as trouble:
            attempts.failed(trouble)


def _append(path: str, part: _Part, note: dict[str, Any], answer: Answer) -> None:
    if answer.total is None:
        raise InputMissing(
            f"{path}: the server does not say how large it is, so that nobody could tell when it is whole"
        )
    if not 0 < answer.total <= _MOST:
        raise InputMissing(f"{path} has {answer.total:,} bytes: that is no archive of a crawl")
    begins = b""
    if answer.first and (answer.total, answer.mark) != (note["size"], note["mark"]):
        part.empty()
        raise Trouble(f"{path} is another file now than when its fetching began")
    for piece in answer.pieces:
        if not answer.first and len(begins) < 3:
            begins += piece
            if len(begins) < 3 and answer.total > 2:
                continue
            _check_begins(path, begins)
            _check_room(part.path, answer.total)
            part.begin({"path": path, "size": answer.total, "mark": answer.mark})
            piece = begins
        part.add(piece)


def _check_begins(path: str, begins: bytes) -> None:
    """An archive is compressed; what is not, tells in words why it is none.

    Raises:
        Trouble: it is none.
    """
    if not begins.startswith(GZIP_MAGIC):
        words = begins[:_BEGINS].decode("ascii", "replace")
        said = "".join(c if c.isprintable() else " " for c in words)[:120]
        raise Trouble(f"{path}: the server sends no archive ({said!r})", crowded=True)


def _check_room(path: Path, size: int) -> None:
    free = shutil.disk_usage(path.parent).free
    if free < size:
        raise DiskFull(
            f"{path.parent} has {free:,} bytes free, the archive has {size:,}: free some space, or choose another disk "
            "with --out, and for a run that fetches its archives with MATHMILL_SCRATCH"
        )
