"""Rows and texts of data sets on the hub: in a process of their own that a small hub on this machine serves."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mathmill.data.config import Config
from mathmill.data.page_files import Pages
from mathmill.train.sources.settings import MixPart, TuningColumns, TuningSource
from tests.data.hub_server import COMMIT, ask, hub

ROOT = Path(__file__).parents[3]
# What is trained of a source: origins, and the first Example decoded.
TUNING = """
import json, sys, time
time.sleep = lambda seconds: None
from mathmill.data.errors import MathmillError
from mathmill.train.sources.settings import TuningSource
from mathmill.train.sources.tuning import read_tuning
from tests.train.batch.made import CHATML, encoder, shown
for line in sys.stdin:
    try:
        tuning = read_tuning([TuningSource.model_validate_json(line)], encoder(1000, CHATML), 0)
        store = tuning.examples
        origins = [store[at].origin for at in range(len(store))]
        print(json.dumps({"origins": origins, "first": shown(encoder(), store[0]), "counts": tuning.counts}))
    except MathmillError as error:
        print(json.dumps({"error": type(error).__name__, "said": str(error)}))
"""
# The origins of two epochs' rows, taken at once, and in two processes' worth of pieces with a state between them.
MIX = """
import json, sys
from mathmill.train.sources.mix import read_mix
from mathmill.train.sources.settings import MixPart
from tests.train.batch.made import encoder
parts = [MixPart.model_validate_json(line) for line in sys.stdin]
def feed():
    return read_mix(parts, encoder(60), 3, 60, True, 200)
def origins(rows):
    return [[example.origin for example in row] for row in rows]
whole = feed()
rows = origins(whole.take(18))
one = feed()
before = origins(one.take(7))
other = feed()
other.load(json.loads(json.dumps(one.state())))
after = origins(other.take(11))
print(json.dumps({"rows": rows, "pieces": before + after, "told": whole.told(), "fingerprint": whole.fingerprint}))
for _ in parts[1:]:
    print("null")
"""
CHAT = [{"role": "user", "content": "3 + 4?"}, {"role": "assistant", "content": "7."}]


def parquet(rows: list[dict[str, Any]]) -> bytes:
    data = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows), data)
    return data.getvalue()


def jsonl(rows: list[dict[str, Any]]) -> bytes:
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


def pages(part: int) -> list[dict[str, Any]]:
    return [{"id": f"{part}/{at}", "url": "", "text": f"Page {at} has $x = {at}$."} for at in range(9)]


REPOS: dict[str, dict[str, bytes]] = {
    "team/chats": {
        "data/train-00000-of-00002.parquet": parquet([{"messages": CHAT, "source": "a"}] * 2),
        "data/train-00001-of-00002.parquet": parquet(
            [{"messages": CHAT[:1], "source": "a"}, {"messages": CHAT, "source": "a"}]
        ),
    },
    "team/pairs": {"train.jsonl": jsonl([{"id": 4, "query": "3 + 4 =", "response": " 7"}])},
    "team/list": {"train.json": json.dumps([{"query": "3 + 4 =", "response": " 7"}] * 2, indent=1).encode()},
    "team/pages": {f"data/train-{at:05}.parquet": parquet(pages(at)) for at in range(3)},
}
SOURCES: dict[str, Config] = {
    "chats": TuningSource(hub="team/chats"),
    "pairs": TuningSource(hub="team/pairs", columns=TuningColumns(prompt="query", completion="response")),
    "list": TuningSource(hub="team/list", columns=TuningColumns(prompt="query", completion="response")),
    "columns": TuningSource(hub="team/pairs"),
    "gone": TuningSource(hub="team/gone"),
}


def asked(program: str, questions: dict[str, Config], home: Path, endpoint: str) -> dict[str, Any]:
    return ask(program, questions, home, endpoint, PYTHONPATH=str(ROOT))


@pytest.mark.slow
def test_rows_of_the_hub(tmp_path: Path) -> None:
    with hub(REPOS) as served:
        got = asked(TUNING, SOURCES, tmp_path, served.url)
    assert got["chats"]["origins"] == [
        "train-00000-of-00002/1",
        "train-00000-of-00002/2",
        "train-00001-of-00002/2",
    ]
    assert got["chats"]["first"] == "<s>user\n3 + 4?<|im_end|>\nassistant\n[7.<|im_end|>]\n"
    assert got["chats"]["counts"]["dropped"] == {"no_assistant_turn": 1}
    assert got["pairs"]["origins"] == ["4"]
    assert got["pairs"]["first"] == "<s>3 + 4 =[ 7</s>]"
    assert got["list"]["origins"] == ["train/1", "train/2"]
    assert got["columns"]["error"] == "ConfigError"
    assert "has the columns id, query, response, and the columns of no form" in got["columns"]["said"]
    assert got["gone"]["error"] == "InputMissing"
    assert "team/gone on the hub is not there" in got["gone"]["said"]


@pytest.mark.slow
def test_texts_of_the_hub_are_streamed(tmp_path: Path) -> None:
    parts: dict[str, Config] = {
        "pages": MixPart(name="pages", weight=3, pages=Pages(hub="team/pages", revision=COMMIT)),
        "first": MixPart(name="first", weight=1, pages=Pages(hub="team/pages", most=2)),
    }
    with hub(REPOS) as served:
        got = asked(MIX, parts, tmp_path, served.url)["pages"]
        again = asked(MIX, parts, tmp_path, served.url)["pages"]
    assert got == again
    assert got["pieces"] == got["rows"]
    told = {each["part"]: each for each in got["told"]["parts"]}
    assert told["pages"]["epochs"] > 1
    assert told["pages"]["share"] == pytest.approx(0.75, abs=0.03)
    assert {name for row in got["rows"] for name in row} == {f"{part}/{at}" for part in range(3) for at in range(9)}
    assert not list(tmp_path.rglob("*.parquet"))  # nothing of it stays on disk
