"""Rows out of a file that is one list in JSON, as some data sets for tuning are; its text is in memory as a whole."""

from __future__ import annotations

import json
import re
from typing import BinaryIO

from mathmill.data.errors import ConfigError, DamagedInput
from mathmill.data.table_files import Rows

_MOST = 4 << 30  # bytes
_BETWEEN = re.compile(r"\s*([,\]]?)\s*")


def is_array(file: BinaryIO) -> bool:
    """Whether a file begins as a list does; it is at its beginning afterwards. A pipe is none."""
    if not file.seekable():
        return False
    head = file.read(64).removeprefix(b"\xef\xbb\xbf").lstrip()
    file.seek(0)
    return head.startswith(b"[")


def array_rows(origin: str, file: BinaryIO) -> Rows:
    """The objects in a list, one parsed at a time; `origin` is the file's name in messages.

    Raises:
        ConfigError: it is too large for memory.
        DamagedInput: it is no list of objects.
    """
    data = file.read(_MOST + 1)
    if len(data) > _MOST:
        raise ConfigError(f"{origin} is one list of more than {_MOST:,} bytes: write its rows as lines of JSON")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DamagedInput(f"{origin} is no JSON: it is not UTF-8 text ({error.reason} at {error.start:,})") from error
    del data
    decoder, at, number = json.JSONDecoder(), text.index("[") + 1, 0
    while True:
        between = _BETWEEN.match(text, at)
        assert between is not None
        if between[1] == "]":
            return
        number += 1
        if (between[1] == ",") != (number > 1):
            raise DamagedInput(f"{origin}, row {number}: a comma is missing or too many: copy or download it again")
        try:
            row, at = decoder.raw_decode(text, between.end())
        except (json.JSONDecodeError, RecursionError) as error:
            raise DamagedInput(f"{origin}, row {number} is no JSON ({error}): copy or download it again") from error
        if not isinstance(row, dict):
            raise DamagedInput(f"{origin}, row {number} is no JSON object: a list has to hold one object a row")
        yield f"row {number}", row
