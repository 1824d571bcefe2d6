from __future__ import annotations

import gzip
import json
import os
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard

from mathmill.data.config import Config, resolve
from mathmill.data.errors import ConfigError, DamagedInput, InputMissing, MathmillError
from mathmill.data.files import Staging
from mathmill.data.page_files import Pages, PageShard, fingerprint, page_shards, pinned, read_pages, read_shard
from mathmill.data.records import Document, document_id
from mathmill.data.runs import Run
from mathmill.data.shards import count_documents, count_parquet, parquet_schema, write_parquet

PACKED: dict[str, Callable[[bytes], bytes]] = {
    ".jsonl": bytes,
    ".jsonl.gz": gzip.compress,
    ".jsonl.zst": zstandard.ZstdCompressor().compress,
}
OWN = Document("7f" * 16, "Let $x = 1$.", "https://a.org/1", {"language": "en"})
ROWS = [
    {"id": OWN.id, "text": OWN.text, "url": OWN.url, "meta": OWN.meta},
    {"text": "Two\n$y$", "url": "https://b.org/2", "id": 5},
    {"text": None, "url": None},
]
PAGES = [
    OWN,
    Document(document_id("https://b.org/2", "", b"Two\n$y$"), "Two\n$y$", "https://b.org/2", {}),
    Document(document_id("", "", b""), "", "", {}),
]


def lines(*rows: Any) -> bytes:
    return b"".join(json.dumps(row).encode() + b"\n" for row in rows)


def written(path: Path, *rows: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    ending = next(ending for ending in reversed(PACKED) if path.name.endswith(ending))
    path.write_bytes(PACKED[ending](lines(*rows)))
    return path


class Recipe(Config):
    seed: int = 0


COLUMNS = dict.fromkeys(("id", "text", "url"), ("string", ""))


def run_of(folder: Path, shards: dict[str, list[Document]], kind: str = "corpus", finish: bool = True) -> Path:
    """A run that wrote these shards of Documents, beside other files."""
    with Run(folder, Recipe(), kind) as run:
        for name, documents in shards.items():
            staging = Staging(folder)
            output = f"corpus/{name}.parquet"
            rows = [{"id": document.id, "text": document.text, "url": document.url} for document in documents]
            write_parquet(staging.stage(output, count_parquet), rows, parquet_schema(COLUMNS))
            other = staging.stage(f"documents/{name}.jsonl.zst", count_documents)
            other.write_bytes(zstandard.ZstdCompressor().compress(b'{"text": "no page", "url": ""}\n'))
            outputs = staging.publish({output: len(documents), f"documents/{name}.jsonl.zst": 1})
            run.ledger.append(name, outputs, {})
        if finish:
            run.finish([], {}, {})
    return folder


def test_pages_of_a_run_are_the_documents_that_it_kept(tmp_path: Path) -> None:
    one = OWN.without_meta("language")
    other = one.with_text("Other")
    folder = run_of(tmp_path / "run", {"b": [one, other], "a": [other]})
    pages = Pages(run=folder)
    shards = page_shards(pages)
    assert [shard.name for shard in shards] == ["a", "b"]
    assert [len(shard.sha256) for shard in shards] == [64, 64]
    assert list(read_shard(shards[1], pages)) == [one, other]
    assert list(read_pages(pages)) == [other, one, other]
    assert list(read_pages(Pages(run=folder, most=2))) == [other, one]
    assert fingerprint(pages) == fingerprint(Pages(run=run_of(tmp_path / "again", {"b": [one, other], "a": [other]})))
    assert fingerprint(pages) != fingerprint(Pages(run=folder, most=2))
    assert pinned(pages) == pages


def test_runs_that_cannot_be_read_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputMissing, match="no run at"):
        page_shards(Pages(run=tmp_path / "gone"))
    with pytest.raises(InputMissing, match="unfinished run: run its command again"):
        page_shards(Pages(run=run_of(tmp_path / "half", {"a": [OWN]}, finish=False)))
    with pytest.raises(ConfigError, match="is a run of kind 'benchmark': name one of"):
        page_shards(Pages(run=run_of(tmp_path / "scores", {}, kind="benchmark")))
    done = run_of(tmp_path / "done", {"a": [OWN], "b": [OWN]})
    with pytest.raises(ConfigError, match="done is a run's folder, not one of files: name it as `run`"):
        page_shards(Pages(files=(str(tmp_path),)))
    (done / "corpus" / "b.parquet").unlink()
    with pytest.raises(DamagedInput, match=r"b\.parquet is not as its run left it: `mathmill runs check"):
        page_shards(Pages(run=done))
    with (done / "ledger.jsonl").open("ab") as ledger:
        ledger.write(b'{"unit": "b", "outputs": {}, "retired": true}\n')
    with pytest.raises(InputMissing, match="unfinished run"):
        page_shards(Pages(run=done))


@pytest.mark.parametrize("ending", PACKED)
def test_json_lines(tmp_path: Path, ending: str) -> None:
    path = written(tmp_path / f"pages{ending}", *ROWS)
    pages = Pages(files=(str(path),))
    shard = page_shards(pages)[0]
    assert (shard.name, shard.path) == ("pages", path)
    assert list(read_shard(shard, pages)) == list(read_pages(pages)) == PAGES


def test_parquet_with_other_columns(tmp_path: Path) -> None:
    columns = {"content": ["One", "Two", None], "link": [None, "https://b.org/", ""], "other": [b"\xff", b"", None]}
    pq.write_table(pa.table(columns), tmp_path / "a.parquet", row_group_size=2)
    pages = Pages(files=(str(tmp_path),), text="content", url="link")
    texts = [(document.text, document.url) for document in read_pages(pages)]
    assert texts == [("One", ""), ("Two", "https://b.org/"), ("", "")]
    assert [document.url for document in read_pages(pages.model_copy(update={"url": ""}))] == ["", "", ""]
    assert fingerprint(pages) != fingerprint(pages.model_copy(update={"url": ""}))


def test_folders_and_globs_give_sorted_shards(tmp_path: Path) -> None:
    for name in ("b/2.jsonl", "b/c/1.jsonl.zst", "a.jsonl.gz", ".hidden.jsonl", ".git/x.jsonl"):
        written(tmp_path / name, {"text": name, "url": ""})
    (tmp_path / "notes.txt").write_text("no page")
    whole = page_shards(Pages(files=(str(tmp_path),)))
    assert [shard.name for shard in whole] == ["a", "b-2", "b-c-1"]
    assert [document.text for document in read_pages(Pages(files=(str(tmp_path),)))][1:] == [
        "b/2.jsonl",
        "b/c/1.jsonl.zst",
    ]
    some = page_shards(Pages(files=(f"{tmp_path}/b/**/*.zst", f"{tmp_path}/b", f"{tmp_path}/b/../b/2.jsonl")))
    assert [shard.name for shard in some] == ["2", "c-1"]
    named = written(tmp_path / "b" / "x.jsonl", *ROWS).rename(tmp_path / "b" / "x.json")
    assert page_shards(Pages(files=(str(named),)))[0].name == "x.json"


def test_what_is_read_is_known_by_content_and_not_by_place(tmp_path: Path) -> None:
    first, second = (written(tmp_path / name / "pages.jsonl", *ROWS) for name in ("one", "two"))
    before = fingerprint(Pages(files=(str(first),)))
    assert before == fingerprint(Pages(files=(str(second),)))
    written(first, ROWS[1])
    os.utime(first, ns=(1, 1))
    assert before != fingerprint(Pages(files=(str(first),)))


@pytest.mark.parametrize(
    ("tree", "told"),
    [
        ({}, "name exactly one of run, files and hub (got none)"),
        ({"run": "a", "hub": "b/c"}, "name exactly one of run, files and hub (got run and hub)"),
        ({"files": ["a"], "split": "test"}, "split is of a data set on the hub, and pages come from files"),
        ({"run": "a", "text": "content"}, "text and url name columns of files"),
        ({"hub": "https://a.org/b"}, "hub: "),
        ({"hub": "a/b", "most": 0}, "most: "),
    ],
)
def test_one_source_is_named(tree: dict[str, Any], told: str) -> None:
    with pytest.raises(ConfigError) as raised:
        resolve(tree, Pages, "seeds")
    assert told in str(raised.value)


def test_paths_that_are_no_pages_are_told(tmp_path: Path) -> None:
    named = {f"{tmp_path}/gone": "no file at", f"{tmp_path}/*.jsonl": "no file matches", "": "cannot read .* ''"}
    for name, said in (named | {"a" * 5_000: "cannot look at"}).items():
        with pytest.raises(MathmillError, match=said):
            page_shards(Pages(files=(name,)))
    with pytest.raises(InputMissing, match=r"no file of pages in .*: they end with \.jsonl, "):
        page_shards(Pages(files=(str(tmp_path),)))
    with pytest.raises(ConfigError, match=r"cannot read pages from 's3://b/a\.jsonl': .* download others"):
        page_shards(Pages(files=("s3://b/a.jsonl",)))
    with pytest.raises(ConfigError, match="has no local files: download"):
        page_shards(Pages(hub="a/b"))
    written(tmp_path / "a.jsonl", *ROWS)
    written(tmp_path / "a.jsonl.gz", *ROWS)
    with pytest.raises(ConfigError, match="would both be the shard a: name one of them"):
        page_shards(Pages(files=(str(tmp_path),)))


@pytest.mark.parametrize(
    ("data", "error", "told"),
    [
        (b'{"text": "a", "url": "b"}\n{"text": "c', DamagedInput, "line 2 is no JSON ("),
        (b'{"text": "a", "url": "b"}\n\n["c"]\n', DamagedInput, "line 3 is no JSON object: "),
        (lines({"text": "a", "url": "b"}, {"url": "b"}), DamagedInput, "line 2: there is no 'text': "),
        (lines({"text": ["a"], "url": "b"}), DamagedInput, "line 1: 'text' is no text but list: "),
        (lines({"text": "a", "url": 5}), DamagedInput, "line 1: 'url' is no text but int: "),
        (lines({"content": "a", "url": "b"}), ConfigError, "no column 'text', where each page's text was expected; "),
        (lines({"content": "a", "url": "b"}), ConfigError, 'it has content, url: say which it is with text = "NAME"'),
        (lines({"text": "a", "link": "b"}), ConfigError, 'url = "NAME", or url = "" where pages have none'),
        (gzip.compress(lines(*ROWS) * 99)[:-20], DamagedInput, "damaged from here on"),
        (b"PAR1 and no more", DamagedInput, "is no whole Parquet file"),
        (b"BZh91AY", ConfigError, "bunzip2"),
    ],
)
def test_damage_is_told_in_one_line(tmp_path: Path, data: bytes, error: type[MathmillError], told: str) -> None:
    path = tmp_path / "pages.jsonl"
    path.write_bytes(data)
    with pytest.raises(error) as raised:
        list(read_pages(Pages(files=(str(path),))))
    assert told in str(raised.value) and "\n" not in str(raised.value)


def test_what_stands_before_damage_is_given_out(tmp_path: Path) -> None:
    path = tmp_path / "pages.parquet"
    texts = [f"{number:05}" * 2_000 for number in range(300)]
    pq.write_table(pa.table({"text": texts, "url": texts}), path, compression="none", use_dictionary=False)
    data = bytearray(path.read_bytes())
    data[2_000_000:2_100_000] = b"\xff" * 100_000
    path.write_bytes(data)
    got: list[str] = []
    with pytest.raises(DamagedInput, match=r"pages\.parquet is damaged behind row \d+ \("):
        got.extend(document.text for document in read_pages(Pages(files=(str(path),))))


def test_empty_files_have_no_pages(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(b"\n")
    pq.write_table(
        pa.table({"text": pa.array([], pa.string()), "url": pa.array([], pa.string())}), tmp_path / "b.parquet"
    )
    assert list(read_pages(Pages(files=(str(tmp_path),)))) == []


def test_only_the_rows_that_are_asked_for_are_read(tmp_path: Path) -> None:
    path = tmp_path / "pages.jsonl"
    path.write_bytes(lines(*ROWS) + b"damage")
    assert list(islice(read_pages(Pages(files=(str(path),))), 3)) == PAGES
    assert list(read_pages(Pages(files=(str(path),), most=3))) == PAGES


def test_a_shard_that_went_away_is_told(tmp_path: Path) -> None:
    shard = PageShard("a", tmp_path / "a.jsonl", "0" * 64)
    with pytest.raises(InputMissing, match=r"cannot read .*a\.jsonl"):
        list(read_shard(shard, Pages(files=("a",))))
