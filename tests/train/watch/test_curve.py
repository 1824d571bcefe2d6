"""The picture of a training: the same bytes for the same metrics, small, and drawn from whatever there is."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import orjson
import pytest

from mathmill.data.errors import DamagedInput, InputMissing
from mathmill.train.watch.curve import draw_curve, read_metrics


def step(number: int, **more: Any) -> dict[str, Any]:
    loss = 1 + 3 * math.exp(-number / 50) + 0.1 * math.sin(number)
    measured = {
        "step": number,
        "loss": loss,
        "rate": 1e-5,
        "gradient_norm": 0.5,
        "tokens": 9,
        "tokens_seen": 9 * number,
    }
    return measured | more


def written(folder: Path, lines: list[dict[str, Any]]) -> Path:
    path = folder / "metrics.jsonl"
    path.write_bytes(b"".join(orjson.dumps(line) + b"\n" for line in lines))
    return path


BEFORE = {"step": 0, "validation_loss": 4.5}
NOT_FINITE = step(2, loss=None, gradient_norm=None, skipped=True)
CASES: dict[str, list[dict[str, Any]]] = {
    "nothing yet": [],
    "held-out loss alone": [BEFORE],
    "one step": [step(1)],
    "few steps": [BEFORE, step(1), NOT_FINITE, step(3, validation_loss=4.0), step(4, validation_loss=None)],
    "nothing finite": [step(1) | NOT_FINITE],
    "parts of what is held out": [
        step(at, validation_loss=2.0, **{f"validation_loss/part_{part}": 1.0 + part / at for part in range(7)})
        for at in range(1, 9)
    ],
    "many steps": [step(number) for number in range(1, 3000)],
    "metrics of another trainer": [{"step": 1, "reward": 0.5}],
}


@pytest.mark.parametrize("lines", CASES.values(), ids=CASES)
def test_a_picture(lines: list[dict[str, Any]], tmp_path: Path) -> None:
    metrics = written(tmp_path, lines)
    for name in ("one.svg", "two.svg"):
        draw_curve(metrics, tmp_path / name)
    data = (tmp_path / "one.svg").read_bytes()
    assert data == (tmp_path / "two.svg").read_bytes()
    assert len(data) < 100_000
    assert b"<dc:date>" not in data and b"DOCTYPE" not in data and b"nan" not in data
    assert ElementTree.fromstring(data).tag == "{http://www.w3.org/2000/svg}svg"


def test_a_line_that_was_cut_short_is_not_there(tmp_path: Path) -> None:
    metrics = written(tmp_path, [step(1), step(2)])
    whole = metrics.read_bytes()
    metrics.write_bytes(whole + b'{"step": 3, "lo')
    assert [line["step"] for line in read_metrics(metrics)] == [1, 2]


@pytest.mark.parametrize("line", ["3", "{", '{"loss": 1.0}', '{"step": "one"}', "null", ""])
def test_what_is_not_of_a_step_is_named(line: str, tmp_path: Path) -> None:
    metrics = written(tmp_path, [step(1)])
    metrics.write_text(metrics.read_text() + line + "\n")
    with pytest.raises(DamagedInput, match=r"line 2 of .*metrics\.jsonl is not the metrics of a step"):
        draw_curve(metrics, tmp_path / "curve.svg")


def test_without_metrics_there_is_no_picture(tmp_path: Path) -> None:
    with pytest.raises(InputMissing, match=r"no metrics at .*metrics\.jsonl"):
        draw_curve(tmp_path / "metrics.jsonl", tmp_path / "curve.svg")
