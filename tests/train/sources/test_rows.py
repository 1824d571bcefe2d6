"""Where rows come from, and what is told where they do not."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mathmill.data.config import resolve
from mathmill.data.errors import ConfigError, DamagedInput, InputMissing, MathmillError
from mathmill.data.runs import Run
from mathmill.train.sources.rows import row_tables
from mathmill.train.sources.settings import TuningSource
from tests.train.sources.made import Recipe, lines, run_of

CHAT = {"messages": [{"role": "user", "content": "Q"}, {"role": "assistant", "content": "A"}]}
PAIR = {"prompt": "Q", "completion": "A"}
PROBLEM = {"id": "p/1", "question": "3 + 4?", "solution": "It is 7.", "answer": "7", "hint": "Count."}


def read(chats: bool = True, **settings: Any) -> list[tuple[str, str, list[Any]]]:
    """Name, form and rows of each table of a source."""
    source = resolve(settings, TuningSource, "recipe")
    return [(table.name, table.form, [row for _, row in table.rows]) for table in row_tables(source, chats)]


@pytest.mark.parametrize(
    ("row", "form"),
    [(CHAT, "messages"), (PAIR, "completion"), (PROBLEM, "problem"), ({"text": "T", "url": ""}, "text")],
)
def test_the_form_of_rows_is_told_by_their_columns(tmp_path: Path, row: Any, form: str) -> None:
    path = lines(tmp_path / "rows.jsonl", [row, row])
    assert read(files=[path]) == [("rows", form, [row, row])]
    (tmp_path / "rows.jsonl.gz").write_bytes(gzip.compress(json.dumps(row).encode()))
    assert read(files=[str(tmp_path / "*.gz")]) == [("rows", form, [row])]
    (tmp_path / "rows.json").write_text(json.dumps([row, row], indent=1))
    assert read(files=[str(tmp_path / "rows.json")]) == [("rows", form, [row, row])]
    pq.write_table(pa.Table.from_pylist([row]), tmp_path / "rows.parquet")
    ((name, found, rows),) = read(files=[str(tmp_path / "rows.parquet")])
    assert (name, found) == ("rows", form)
    assert rows == [{key: value for key, value in row.items() if key not in ("url", "hint")}]


def test_a_row_that_can_be_read_in_several_forms(tmp_path: Path) -> None:
    path = lines(tmp_path / "kept.jsonl", [{**PROBLEM, **CHAT}])
    assert [form for _, form, _ in read(files=[path])] == ["messages"]
    assert [form for _, form, _ in read(chats=False, files=[path])] == ["problem"]
    assert [form for _, form, _ in read(files=[path], form="problem")] == ["problem"]
    chat = lines(tmp_path / "chat.jsonl", [CHAT])
    assert [form for _, form, _ in read(chats=False, files=[chat])] == ["messages"]


def test_columns_of_other_names(tmp_path: Path) -> None:
    path = lines(tmp_path / "a.jsonl", [{"query": "Q", "response": "A"}])
    ((_, form, rows),) = read(files=[path], columns={"prompt": "query", "completion": "response"})
    assert (form, rows) == ("completion", [{"query": "Q", "response": "A"}])
    with pytest.raises(
        ConfigError, match=r"a\.jsonl has the columns query, response, and the columns of no form are"
    ) as e:
        read(files=[path])
    assert 'such as columns = { prompt = "query", completion = "response" }' in str(e.value)
    with pytest.raises(
        ConfigError, match=r"no column 'solution', where solution was expected; it has the columns query, r"
    ):
        read(files=[path], form="problem", columns={"question": "query"})


@pytest.mark.parametrize(
    ("columns", "told"),
    [
        (("instruction", "output"), 'columns = { prompt = "instruction", completion = "output" }'),
        (("prompt", "response"), 'columns = { completion = "response" }'),
        (("problem", "solution"), 'columns = { question = "problem" }'),
        (("conversations",), 'columns = { messages = "conversations" }'),
        (("x", "y"), 'columns.question = "NAME"'),
    ],
)
def test_a_hint_maps_columns_as_others_name_them(tmp_path: Path, columns: tuple[str, ...], told: str) -> None:
    path = lines(tmp_path / "a.jsonl", [dict.fromkeys(columns, "Q")])
    with pytest.raises(ConfigError) as raised:
        read(files=[path])
    assert str(raised.value).endswith(f"such as {told}")


@pytest.mark.parametrize("packed", [False, True])
def test_files_without_rows_are_named(tmp_path: Path, packed: bool) -> None:
    path = tmp_path / "none"
    if packed:
        pq.write_table(pa.table({"text": pa.array([], pa.string())}), path)
    else:
        path.write_bytes(b"")
    with pytest.raises(ConfigError, match=f"nothing can be trained of mine: it has no rows in {path}"):
        read(files=[str(path)], name="mine")


def test_a_folder_has_its_files_in_order(tmp_path: Path) -> None:
    for name in ("b/rows", "a/rows", "c"):
        lines(tmp_path / f"{name}.jsonl", [{"text": name}])
    (tmp_path / "info.json").write_text("{}")
    (tmp_path / "empty.jsonl").write_text("")
    found = read(files=[str(tmp_path)])
    assert [(name, len(rows)) for name, _, rows in found] == [("a-rows", 1), ("b-rows", 1), ("c", 1), ("empty", 0)]
    assert read(files=[str(tmp_path / "c.jsonl"), str(tmp_path)])[0][0] == "c"


def test_problems_that_a_corpus_run_harvested(tmp_path: Path) -> None:
    problems = {
        "problems/graded-train.parquet": [PROBLEM],
        "problems/solutions-train.parquet": [{**PROBLEM, "id": "p/2", "answer": ""}],
        "problems/graded-validation.parquet": [{**PROBLEM, "id": "p/3"}],
        "corpus/train-00000.parquet": [{"id": "d", "text": "T", "url": ""}],
    }
    run = run_of(tmp_path / "run", "corpus", problems)
    found = read(run=run)
    assert [(name, form, [row["id"] for row in rows]) for name, form, rows in found] == [
        ("graded-train", "problem", ["p/1"]),
        ("solutions-train", "problem", ["p/2"]),
    ]
    assert [row["id"] for _, _, rows in read(run=run, split="validation") for row in rows] == ["p/3"]


def test_solutions_that_were_sampled(tmp_path: Path) -> None:
    row = {**PROBLEM, **CHAT, "id": "p/1#0"}
    kept = {"solutions/part-00000.jsonl": [row], "rejected/part-00000.jsonl": [{**row, "reason": "wrong"}]}
    run = run_of(tmp_path / "run", "sample", {**kept, "problems/part-00000.parquet": [PROBLEM]})
    assert read(run=run) == [("part-00000", "messages", [row])]


def test_runs_that_have_none(tmp_path: Path) -> None:
    with pytest.raises(InputMissing, match="no run at"):
        read(run=tmp_path / "gone")
    bare = run_of(tmp_path / "bare", "corpus", {"corpus/train-00000.parquet": [{"text": "T"}]})
    with pytest.raises(
        InputMissing, match="has no problem of the split 'train': add the pass `harvest`, or name another"
    ):
        read(run=bare)
    with pytest.raises(InputMissing, match="none kept no solution: set other rules with `keep`, or name another run"):
        read(run=run_of(tmp_path / "none", "sample", {"rejected/a.jsonl": [PROBLEM]}))
    with pytest.raises(ConfigError, match="is a run of kind 'benchmark': name one that harvested problems or kept sol"):
        read(run=run_of(tmp_path / "scores", "benchmark", {"solutions/a.jsonl": [PROBLEM]}))
    with Run(tmp_path / "half", Recipe(), "sample"):
        pass
    with pytest.raises(InputMissing, match="is an unfinished run"):
        read(run=tmp_path / "half")
    with pytest.raises(ConfigError, match="bare is a run's folder, not one of files: name it as `run`"):
        read(files=[str(tmp_path)])


def test_a_benchmark_is_not_trained_on(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"gsm8k/test is what models are measured on.*\(gsm8k/train, math/train"):
        read(problems="gsm8k/test")
    with pytest.raises(ConfigError, match=r"no problems are known as 'gsm8k': did you mean gsm8k/t"):
        read(problems="gsm8k")
    path = lines(tmp_path / "train.jsonl", [PROBLEM])
    ((name, form, rows),) = read(problems="gsm8k/train", data=path)
    assert (name, form) == ("gsm8k/train", "problem")
    assert rows == [{"id": "p/1", "question": "3 + 4?", "answer": "7", "solution": "It is 7."}]


@pytest.mark.parametrize(
    ("content", "error", "told"),
    [
        (b'{"text": "T"}\n{"text"', DamagedInput, "a.jsonl, line 2 is no JSON"),
        (
            b"prompt,completion",
            DamagedInput,
            "mend or remove it; one row is one line, and files are JSON lines, a list in JSON, or Parquet",
        ),
        (b"7", DamagedInput, 'a line has to look like {"messages": [..]} or'),
        (b'["text"]', DamagedInput, "a.jsonl, row 1 is no JSON object"),
        (
            gzip.compress(b'{"text": "T"}\n' * 999, mtime=0)[:-20],
            DamagedInput,
            "the compressed file is damaged from here on",
        ),
        (b"PAR1", DamagedInput, "is no whole Parquet file"),
    ],
)
def test_damaged_files(tmp_path: Path, content: bytes, error: type[MathmillError], told: str) -> None:
    (tmp_path / "a.jsonl").write_bytes(content)
    with pytest.raises(error) as raised:
        read(files=[str(tmp_path / "a.jsonl")])
    assert told in str(raised.value)


def test_files_that_are_not_there(tmp_path: Path) -> None:
    for name, told in (
        (f"{tmp_path}/gone", "no file at"),
        (str(tmp_path), "no file of rows in"),
        ("", "cannot read rows"),
    ):
        with pytest.raises(MathmillError, match=told):
            read(files=[name])
    with pytest.raises(ConfigError, match=r"cannot read rows from 's3://b/a\.jsonl': .*download others first"):
        read(files=["s3://b/a.jsonl"])
