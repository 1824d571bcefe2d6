"""Unicode's normal forms of foreign text, in linear time.

`unicodedata.normalize` sorts a run of combining marks by insertion, which costs the square of its length: half an hour
for a page that is a megabyte of them. No writing system stacks more than a few, so longer runs are taken in pieces.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Literal

_MOST = 64  # marks of a run that are sorted together
# Marks are neither word characters nor space; so are signs, which normalise one by one and may stand in any piece.
_LONG = re.compile(rf"(?s:.)?[^\w\s\x00-\x7f]{{{_MOST + 1},}}")  # with the letter before


def normal_form(form: Literal["NFC", "NFKC"], text: str) -> str:
    """A text in a normal form, but for runs of more than 64 marks: of these each 64."""
    if text.isascii():
        return text
    parts: list[str] = []
    at = 0
    for run in _LONG.finditer(text):
        parts.append(unicodedata.normalize(form, text[at : run.start()]))
        pieces = range(run.start(), run.end(), _MOST)
        parts += [unicodedata.normalize(form, text[start : min(start + _MOST, run.end())]) for start in pieces]
        at = run.end()
    return "".join([*parts, unicodedata.normalize(form, text[at:])])
