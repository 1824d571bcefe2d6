"""ARC, the format before WARC: a one-line header before each document (Internet Archive, 1996).

Version 1 has five fields, version 2 ten; the length is the last of both, and the URL may hold spaces,
so that a line is read from its right end. Only header lines are known here; `warc.records` walks them.
"""

from __future__ import annotations

import re

# A line that may be an ARC header. Anchored and without a choice inside, so that hostile lines cost linear
# time; `arc_fields` decides.
_LINE = re.compile(rb"^(?:filedesc://|https?://|ftp://|dns:)[^\r\n]{20,16000}\r?\n", re.MULTILINE)
LINE_BYTES = 16 << 10  # bytes of a header line at most

_STAMP = re.compile(r"\d{8,14}")


def arc_fields(line: bytes) -> dict[str, str] | None:
    """The fields of an ARC header line by WARC's names; None when it is no such line.

    `WARC-Type` is "warcinfo" for the version block at the head of a file, else "response".
    """
    text = _decode(line.rstrip(b"\r\n"))
    for width in (5, 10):
        parts = text.rsplit(" ", width - 1)
        if len(parts) != width or not parts[-1].isascii() or not parts[-1].isdigit() or len(parts[-1]) > 12:
            continue
        if not _STAMP.fullmatch(parts[2]) or ":" not in parts[0]:
            continue
        return {
            "WARC-Type": "warcinfo" if parts[0].startswith("filedesc://") else "response",
            "WARC-Target-URI": parts[0].replace(" ", "%20"),
            "WARC-IP-Address": parts[1],
            "WARC-Date": arc_date(parts[2]),
            "Content-Type": parts[3],
            "Content-Length": parts[-1],
        }
    return None


def arc_line_end(data: bytes, pos: int) -> int:
    """Index behind the ARC header line at `data[pos]`; 0 when there is none."""
    end = data.find(b"\n", pos, pos + LINE_BYTES) + 1
    return end if end and arc_fields(data[pos:end]) is not None else 0


def find_arc(data: bytes, start: int, stop: int) -> int:
    """Index of the first ARC header line in `data[start:stop]`; -1 for none."""
    lines = _LINE.finditer(data, start, stop)
    return next((line.start() for line in lines if arc_fields(line[0]) is not None), -1)


def arc_date(stamp: str) -> str:
    """An ARC date (up to YYYYMMDDhhmmss, UTC) written as WARC does; missing parts are the earliest."""
    full = stamp + "00000101000000"[len(stamp) :]
    return f"{full[:4]}-{full[4:6]}-{full[6:8]}T{full[8:10]}:{full[10:12]}:{full[12:14]}Z"


def _decode(line: bytes) -> str:
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError:
        return line.decode("latin-1")
