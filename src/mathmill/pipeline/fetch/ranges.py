"""Single records out of the archives of a crawl, by the byte ranges that the index tells.

Records that lie close together in an archive are asked for at once. Each is checked before it is taken: a whole gzip
member, one response, of the address and with the payload that the index says.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from mathmill.data.errors import InputMissing
from mathmill.pipeline.archives import read_stream
from mathmill.pipeline.fetch.captures import Capture
from mathmill.pipeline.fetch.servers import Server
from mathmill.pipeline.fetch.troubles import NoSuchRange, NotThere, Unreachable
from mathmill.pipeline.members import GZIP_MAGIC, ArchiveLimits, Window, no_more
from mathmill.pipeline.warc import Record

GAP = 64 << 10  # bytes between two records that are fetched with them, to spare a request
TOGETHER = 16 << 20  # bytes of one request
_GIVEN_UP = 8  # requests unanswered, and no fewer than those answered, at which the server is taken to be down

REASONS = {
    "not_there": "the crawl has no such archive",
    "unreachable": "the server did not answer as it should; asked for again when the command is run again",
    "no_such_range": "the archive has fewer bytes than the index says",
    "damaged": "the bytes are no whole gzip member",
    "no_response": "the member holds no response, or more than one record",
    "other_address": "the record is of another address than the index says",
    "other_payload": "the record's payload has another digest than the index says",
}
UNREACHABLE = "unreachable"


@dataclass(frozen=True, slots=True)
class Had:
    """What became of one capture: its member, byte for byte, or the reason why there is none."""

    capture: Capture
    member: bytes
    reason: str  # "" or one of REASONS
    said: str = ""  # of the server, where it failed


def joined(captures: Sequence[Capture], gap: int = GAP, together: int = TOGETHER) -> list[list[Capture]]:
    """Captures in the order of their archives, in runs for one request each."""
    runs: list[list[Capture]] = []
    end = 0
    for capture in captures:
        run = runs[-1] if runs else []
        near = bool(run) and run[0].filename == capture.filename and capture.offset <= end + gap
        stop = capture.offset + capture.length
        if near and max(end, stop) - run[0].offset <= together:
            run.append(capture)
            end = max(end, stop)
        else:
            runs.append([capture])
            end = stop
    return runs


def fetch_records(server: Server, captures: Sequence[Capture], parallel: int) -> list[Had]:
    """What became of each capture, in their order; `parallel` requests at a time.

    Raises:
        Unreachable: the server answers hardly any request.
    """
    runs = joined(captures)
    had: list[Had] = []
    silent = 0
    with ThreadPoolExecutor(parallel) as pool:
        try:
            for number, found in enumerate(pool.map(lambda run: _fetch_run(server, run), runs), 1):
                silent += found[0].reason == UNREACHABLE
                if silent >= _GIVEN_UP and 2 * silent >= number:
                    raise Unreachable(f"{silent:,} of {number:,} requests were not answered: {found[0].said}")
                had += found
        except BaseException:
            server.stop()  # threads in their waits would be waited for
            pool.shutdown(wait=True, cancel_futures=True)
            raise
    return had


def _fetch_run(server: Server, run: list[Capture]) -> list[Had]:
    first = run[0].offset
    end = max(capture.offset + capture.length for capture in run)
    try:
        data = server.read(run[0].filename, first, end)
    except NoSuchRange as error:
        if len(run) > 1:  # those before the end are there
            return [had for capture in run for had in _fetch_run(server, [capture])]
        return [Had(run[0], b"", "no_such_range", str(error))]
    except InputMissing as error:
        reason = "not_there" if isinstance(error, NotThere) else UNREACHABLE
        return [Had(capture, b"", reason, str(error)) for capture in run]
    return list(_taken(run, data, first))


def _taken(run: list[Capture], data: bytes, first: int) -> Iterator[Had]:
    for capture in run:
        at = capture.offset - first
        member = data[at : at + capture.length]
        reason = refused(capture, member)
        yield Had(capture, b"" if reason else member, reason)


def refused(capture: Capture, member: bytes) -> str:
    """Why these bytes are not the record that the index tells of, one of REASONS; "" where they are."""
    if not member.startswith(GZIP_MAGIC):
        return "damaged"
    items = list(read_stream(Window(no_more, member), ArchiveLimits()))
    if not all(isinstance(item, Record) for item in items) or not items:
        return "damaged"
    record = items[0]
    if len(items) > 1 or not isinstance(record, Record) or record.kind != "response":
        return "no_response"
    if record.url != capture.url.replace(" ", "%20"):
        return "other_address"
    told = (record.header("WARC-Payload-Digest") or "").removeprefix("sha1:")  # old crawls may count otherwise than we
    return "" if capture.digest in ("", told, digest_of(record)) else "other_payload"


def digest_of(record: Record) -> str:
    """SHA-1 of what a response holds behind its HTTP header, in base 32 as the index has it."""
    payload = record.block.partition(b"\r\n\r\n")[2]
    return base64.b32encode(hashlib.sha1(payload, usedforsecurity=False).digest()).decode()
