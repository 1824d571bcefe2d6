from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest

from mathmill.classifier.labels import NOTHING, held_out
from mathmill.classifier.recipe import Labels
from mathmill.data.errors import ConfigError, DamagedInput, InputMissing, MathmillError

ROWS = [
    {"url": "https://a.org/1", "is_math": True, "sure": "high"},
    {"url": "https://www.b.com/2", "is_math": 0, "sure": "high"},
    {"url": "https://c.net/3", "is_math": False, "sure": "low"},
]


def labels(folder: Path, rows: list[dict[str, Any]], **more: Any) -> Labels:
    file = folder / "labels.jsonl"
    file.write_bytes(b"".join(orjson.dumps(row) + b"\n" for row in rows))
    return Labels(file=file, **more)


def test_labels_by_address_and_all_domains_of_the_file(tmp_path: Path) -> None:
    found = held_out(labels(tmp_path, ROWS, where={"sure": "high"}))
    assert found.labels == {"https://a.org/1": True, "https://www.b.com/2": False}
    assert found.domains == {"a.org", "b.com", "c.net"}  # a page that no label was chosen for is still held out


def test_without_labels_nothing_is_held_out() -> None:
    assert held_out(None) is NOTHING


@pytest.mark.parametrize(
    ("rows", "more", "error", "message"),
    [
        ([*ROWS, {**ROWS[0], "is_math": False}], {}, DamagedInput, "both labels"),
        ([*ROWS, {**ROWS[0], "is_math": "yes"}], {}, DamagedInput, "line 4: is_math is 'yes': write true or false"),
        (ROWS, {"label": "math"}, ConfigError, "no column 'math'"),
        (ROWS, {"where": {"sure": "low"}}, ConfigError, "0 are mathematics and 1 are not"),
    ],
)
def test_labels_that_do_not_serve(
    tmp_path: Path, rows: list[dict[str, Any]], more: dict[str, Any], error: type[MathmillError], message: str
) -> None:
    with pytest.raises(error, match=message):
        held_out(labels(tmp_path, rows, **more))


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(InputMissing, match=r"no labels at .*none\.jsonl"):
        held_out(Labels(file=tmp_path / "none.jsonl"))
