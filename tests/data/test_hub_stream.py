"""Pages of data sets on the hub, over the wire: in a process of their own that a small hub on this machine serves."""

from __future__ import annotations

import gzip
import io
import json
import random
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mathmill.data.page_files import Pages, fingerprint, pinned
from mathmill.data.records import document_id
from tests.data.hub_server import COMMIT, ask, hub

# Time is not waited for: between its attempts the hub's library sleeps, and here says how long.
ASK = """
import json, sys, time
slept = []
time.sleep = slept.append
from mathmill.data.errors import MathmillError
from mathmill.data.page_files import Pages, fingerprint, pinned, read_pages
for line in sys.stdin:
    pages, got = Pages.model_validate_json(line), []
    slept.clear()
    try:
        for document in read_pages(pages):
            got.append([document.id, document.text, document.url])
        print(json.dumps({"got": got, "revision": pinned(pages).revision, "fingerprint": fingerprint(pages)}))
    except MathmillError as error:
        print(json.dumps({"got": got, "error": type(error).__name__, "said": str(error), "slept": sum(slept)}))
"""
TEXTS = [f"Page {number} has $x = {number}$." for number in range(7)]


def parquet(texts: list[str], group: int, **columns: Any) -> bytes:
    data = io.BytesIO()
    urls = [f"https://a.org/{number}" for number in range(len(texts))]
    pq.write_table(pa.table({"url": urls, "text": texts, **columns}), data, row_group_size=group)
    return data.getvalue()


def noise(rows: int, size: int) -> list[str]:
    """Texts that no packing makes smaller than half their characters."""
    rng = random.Random(0)
    return [rng.randbytes(size // 2).hex() for _ in range(rows)]


LINES = "".join(json.dumps({"content": text, "link": None, "id": f"p/{at}"}) + "\n" for at, text in enumerate(TEXTS))
GROUP = 10 * 100_000  # bytes of the texts in a group of rows
LARGE = parquet(noise(40, 100_000), 10, other=noise(40, 50_000))
REPOS: dict[str, dict[str, bytes]] = {
    "open-web-math/open-web-math": {
        "README.md": b"---\nconfigs:\n- config_name: default\n  data_files: data/train-*\n---\n",
        "data/train-00000-of-00002.parquet": parquet(TEXTS[:4], 2, date=["2023"] * 4, metadata=["{}"] * 4),
        "data/train-00001-of-00002.parquet": parquet(TEXTS[4:], 2, date=["2023"] * 3, metadata=["{}"] * 3),
    },
    "team/lines": {"data/train.jsonl.gz": gzip.compress(LINES.encode())},
    "team/large": {"train.parquet": LARGE},
    "team/rows": {"train.csv": b"text,url\na,b\n"},
    "team/script": {"script.py": b"raise SystemExit('this was run')"},
}
SETS = {
    "all": Pages(hub="open-web-math/open-web-math"),
    "lines": Pages(hub="team/lines", text="content", url=""),
    "first": Pages(hub="team/large", most=12),
    "dying": Pages(hub="team/large"),
    "columns": Pages(hub="open-web-math/open-web-math", text="content"),
    "split": Pages(hub="open-web-math/open-web-math", split="test"),
}
REFUSED = {
    "revision": Pages(hub="open-web-math/open-web-math", revision="f" * 40),
    "rows": Pages(hub="team/rows"),
    "gone": Pages(hub="team/gone"),
    "gated": Pages(hub="team/gated"),
    "script": Pages(hub="team/script"),
}


def streamed(home: Path, endpoint: str, sets: Mapping[str, Pages], **environment: str) -> dict[str, Any]:
    """What a fresh process reads of each, or what it had read when an error came, and its name and words."""
    (home / "team" / "lines").mkdir(parents=True)  # a folder of the same name is not the data set
    return ask(ASK, sets, home, endpoint, **environment)


def test_pages_are_streamed_from_the_hub(tmp_path: Path) -> None:
    # Of four groups of rows: two are asked for, then one is to be had.
    last = int(3.3 * GROUP)
    with hub(REPOS, dying={"team/large": last}) as served:
        got = streamed(tmp_path, served.url, SETS)
    urls = [f"https://a.org/{number}" for number in (0, 1, 2, 3, 0, 1, 2)]
    pages = [[document_id(url, "", text.encode()), text, url] for text, url in zip(TEXTS, urls, strict=True)]
    assert got["all"]["got"] == pages
    assert got["all"]["revision"] == COMMIT
    assert got["lines"]["got"] == [[f"p/{number}", text, ""] for number, text in enumerate(TEXTS)]
    assert len(got["first"]["got"]) == 12
    there = len(got["dying"]["got"])
    assert 0 < there <= 10
    assert got["dying"]["got"] == got["first"]["got"][:there]
    assert served.sent["team/large"] == last
    assert 5 < got["dying"]["slept"] < 60  # seconds in which it might have come back
    for name, kind, words in (
        ("dying", "InputMissing", "cannot read the data set team/large on the hub (RemoteProtocolError: "),
        ("columns", "ConfigError", "no column 'content', where each page's text was expected; it has url, text, date"),
        ("split", "ConfigError", "has no split 'test': it has train"),
    ):
        assert got[name]["error"] == kind, got[name]
        assert words in got[name]["said"]
        assert "\n" not in got[name]["said"]


@pytest.mark.slow
def test_what_cannot_be_streamed_says_why(tmp_path: Path) -> None:
    with hub(REPOS, frozenset({"team/gated"})) as served:
        got = streamed(tmp_path, served.url, REFUSED)
    for name, kind, words in (
        ("revision", "ConfigError", "has no revision 'ffff"),
        ("rows", "ConfigError", "team/rows on the hub is neither Parquet nor JSON lines"),
        ("gone", "InputMissing", "the data set team/gone on the hub is not there"),
        ("gated", "InputMissing", "the data set team/gated on the hub is gated"),
        ("script", "InputMissing", "is a script, and none is run: download its files and name them with `files`"),
    ):
        assert got[name]["error"] == kind, got[name]
        assert words in got[name]["said"]
        assert "\n" not in got[name]["said"]


@pytest.mark.slow
def test_without_a_network_it_says_what_to_do(tmp_path: Path) -> None:
    with hub(REPOS) as served:
        got = streamed(tmp_path, served.url, {"": SETS["all"]}, HF_HUB_OFFLINE="1")[""]
    assert got["error"] == "InputMissing"
    assert "HF_HUB_OFFLINE" in got["said"] and "name them with `files`" in got["said"]
    assert served.asked == []


def test_what_is_pinned_needs_no_network_to_be_known() -> None:
    pages = SETS["all"].model_copy(update={"revision": COMMIT})
    assert pinned(pages) == pages
    assert len({fingerprint(pages), fingerprint(pages.model_copy(update={"revision": "f" * 40}))}) == 2
