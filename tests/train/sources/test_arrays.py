"""Files that are one list in JSON."""

from __future__ import annotations

import io
import json

import pytest

from mathmill.data.errors import DamagedInput
from mathmill.train.sources.arrays import array_rows, is_array

ROWS = [{"query": "3 + 4?", "n": {"a": [1, "]"]}}, {}, {"query": 'é, 三 \\ " ] ,'}]


@pytest.mark.parametrize("indent", [None, 1, 4])
@pytest.mark.parametrize("head", ["", "\ufeff", "\n  "])
@pytest.mark.parametrize("ascii_only", [True, False])
def test_rows(indent: int | None, head: str, ascii_only: bool) -> None:
    file = io.BytesIO((head + json.dumps(ROWS, indent=indent, ensure_ascii=ascii_only)).encode())
    assert is_array(file)
    assert list(array_rows("a.json", file)) == [(f"row {number}", row) for number, row in enumerate(ROWS, 1)]


def test_an_empty_list() -> None:
    assert list(array_rows("a.json", io.BytesIO(b"[ ]"))) == []


@pytest.mark.parametrize("text", [b'{"a": ["b"]}\n', b"", b"PAR1["])
def test_what_is_no_list(text: bytes) -> None:
    assert not is_array(io.BytesIO(text))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (b'[{"a": 1}', "a.json, row 2: a comma is missing or too many"),
        (b'[{"a": 1} {"a": 2}]', "row 2: a comma is missing"),
        (b'[,{"a": 1}]', "row 1: a comma is missing or too many"),
        (b'[{"a": 1},', "row 2 is no JSON (Expecting value"),
        (b'[{"a": 1}, {"a"', "row 2 is no JSON"),
        (b"[1]", "row 1 is no JSON object"),
        (b'[{"a": "\xff"}]', "is not UTF-8 text (invalid start byte at 8)"),
        (b'[{"a": ' + b"[" * 100_000, "row 1 is no JSON"),
    ],
)
def test_damaged_lists(text: bytes, told: str) -> None:
    with pytest.raises(DamagedInput) as raised:
        list(array_rows("a.json", io.BytesIO(text)))
    assert told in str(raised.value)
