from __future__ import annotations

import gzip
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard

from mathmill.data.errors import ConfigError, DamagedInput, InputMissing, MathmillError
from mathmill.data.problems import Columns, Problem, Source, load_problems, parse_columns

SUMS = Source(key="sums/test")
ROWS = [
    {"id": "sums/test/0", "question": "1 + 1?", "answer": "2", "solution": "1 + 1 = 2", "level": 1, "note": "x"},
    {"id": "sums/test/1", "question": "2 + 2?", "answer": 4, "subject": "Sums", "level": "Level 5"},
    {"id": "sums/test/2", "question": "3 + 3?", "answer": 6.0, "level": "Level ?", "solution": None},
]
PROBLEMS = [
    Problem("sums/test/0", "1 + 1?", "2", {"solution": "1 + 1 = 2", "level": 1}),
    Problem("sums/test/1", "2 + 2?", "4", {"subject": "Sums", "level": 5}),
    Problem("sums/test/2", "3 + 3?", "6", {}),
]


@pytest.fixture(autouse=True)
def _no_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MATHMILL_DATA", raising=False)


def lines(*rows: Any) -> bytes:
    return b"".join(json.dumps(row).encode() + b"\n" for row in rows)


def written(path: Path, *rows: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(lines(*rows))
    return path


PACKED: dict[str, Callable[[bytes], bytes]] = {
    "": lambda data: data,
    ".gz": gzip.compress,
    ".zst": zstandard.ZstdCompressor().compress,
}


@pytest.mark.parametrize("ending", PACKED)
def test_json_lines_of_a_folder(tmp_path: Path, ending: str) -> None:
    (tmp_path / "sums").mkdir()
    (tmp_path / "sums" / f"test.jsonl{ending}").write_bytes(PACKED[ending](lines(*ROWS)))
    loaded = load_problems(SUMS, tmp_path)
    assert loaded.problems == PROBLEMS
    assert loaded.origin == str(tmp_path / "sums" / f"test.jsonl{ending}")
    assert (loaded.expected, loaded.without_gold) == (0, 0)


def test_parquet_with_named_columns(tmp_path: Path) -> None:
    path = tmp_path / "mine.parquet"
    rows = {"problem": ["1 + 1?", "2 + 2?"], "final": [["2"], ["1", "3"]], "other": [b"\xff", None]}
    pq.write_table(pa.table(rows), path)
    loaded = load_problems(SUMS, path, columns=Columns(question="problem", gold="final"))
    assert loaded.problems == [Problem("sums/test/0", "1 + 1?", "2", {}), Problem("sums/test/1", "2 + 2?", "1, 3", {})]


def test_golds_of_a_file_by_a_rule(tmp_path: Path) -> None:
    path = written(tmp_path / "mine.jsonl", {"q": "1 + 999?", "s": "It is so.\n#### 1,000"})
    loaded = load_problems(SUMS, path, columns=Columns(question="q", gold="s", solution="s"), gold_from="hash")
    assert loaded.problems == [Problem("sums/test/0", "1 + 999?", "1000", {"solution": "It is so.\n#### 1,000"})]


def test_whole_solutions_are_no_golds(tmp_path: Path) -> None:
    path = written(tmp_path / "raw.jsonl", ROWS[0], {"question": "1 + 999?", "answer": "It is so.\n#### 1,000"})
    with pytest.raises(
        ConfigError, match=r"the gold of sums/test/1 in 'answer' is a whole solution: .*--gold-from hash"
    ):
        load_problems(SUMS, path)


def test_a_folder_may_have_other_columns(tmp_path: Path) -> None:
    written(tmp_path / "sums" / "test.jsonl", {"problem": "1 + 1?", "answer": "So \\boxed{2}."})
    loaded = load_problems(SUMS, tmp_path, columns=parse_columns("question=problem"), gold_from="last_box")
    assert loaded.problems == [Problem("sums/test/0", "1 + 1?", "2", {})]


def test_the_environment_names_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written(tmp_path / "sums" / "test.jsonl", *ROWS)
    monkeypatch.setenv("MATHMILL_DATA", str(tmp_path))
    assert load_problems(SUMS).problems == PROBLEMS


def test_some_rows_of_a_file(tmp_path: Path) -> None:
    written(tmp_path / "all.jsonl", *({"question": lang, "answer": 1, "lang": lang} for lang in ("de", "en", "de")))
    source = Source(key="all/de", local="all", where={"lang": "de"}, ids="all/de/##", first=1, lang="de")
    assert [problem.id for problem in load_problems(source, tmp_path).problems] == ["all/de/01", "all/de/02"]
    with pytest.raises(DamagedInput, match="has no problem of all/fr: "):
        load_problems(source.model_copy(update={"key": "all/fr", "where": {"lang": "fr"}}), tmp_path)


def test_choices_become_the_last_line(tmp_path: Path) -> None:
    path = written(tmp_path / "a.jsonl", {"question": "1 + 1?", "options": ["A)1", "B)2"], "answer": "B"})
    assert load_problems(SUMS, path, columns=Columns(options="options")).problems[0].question == "1 + 1?\nA)1 B)2"


def test_equal_problems_have_one_fingerprint(tmp_path: Path) -> None:
    folder = written(tmp_path / "sums" / "test.jsonl", *ROWS)
    table = tmp_path / "same.parquet"
    pq.write_table(pa.table({"question": [p.question for p in PROBLEMS], "answer": ["2", "4", "6"]}), table)
    plain = written(tmp_path / "same.jsonl", *({"question": p.question, "answer": int(p.gold)} for p in PROBLEMS))
    turned = written(tmp_path / "turned.jsonl", *reversed(ROWS))
    prints = [load_problems(SUMS, path).fingerprint for path in (folder, table, plain, turned)]
    assert len(prints[0]) == 64
    assert prints[1] == prints[2]
    assert len(set(prints)) == 3


def test_problems_without_gold_are_counted_where_that_is_wished(tmp_path: Path) -> None:
    golds: list[Any] = ["1", "", None, [], "5"]
    path = written(tmp_path / "a.jsonl", *({"question": "?", "answer": gold} for gold in golds))
    with pytest.raises(DamagedInput, match=r"3 of 5 problems in .* the first is sums/test/1: .*--skip-without-gold"):
        load_problems(SUMS, path)
    loaded = load_problems(SUMS, path, skip_without_gold=True)
    assert ([problem.id for problem in loaded.problems], loaded.without_gold) == (["sums/test/0", "sums/test/4"], 3)


@pytest.mark.parametrize(
    ("data", "error", "told"),
    [
        (b"", DamagedInput, "is empty: "),
        (b"\n\n", DamagedInput, "is empty: "),
        (b'{"question": "1 + 1?", "answer": "2"}\n{"question": "2 +', DamagedInput, r"line 2 is no JSON \(.*: mend"),
        (b"[1, 2]\n", DamagedInput, "line 1 is no JSON object: a line has to look like"),
        (
            lines({"problem": "?", "final": 1}),
            ConfigError,
            "'question'.* it has problem, final: .*--columns question=NAME",
        ),
        (lines({"question": "?", "final": 1}), ConfigError, "'answer'.* it has question, final: .*--columns gold=NAME"),
        (lines({"question": "", "answer": 1}), DamagedInput, "line 1 has no question: "),
        (lines({"question": ["?"], "answer": 1}), DamagedInput, "line 1: 'question' is a list and no text"),
        (lines({"question": "?", "answer": {"value": 1}}), DamagedInput, "line 1: the gold in 'answer' is a dict"),
        (lines({"question": "?", "answer": True}), DamagedInput, "the gold in 'answer' is a bool"),
        (lines({"question": "?" * 1_000_001, "answer": 1}), DamagedInput, "line 1 has more than 1,000,000 characters"),
        (
            lines(*[{"id": "x", "question": "?", "answer": 1}] * 2),
            DamagedInput,
            "line 2: a second .* id 'x': .*--columns",
        ),
        (gzip.compress(lines(*ROWS))[:-20], DamagedInput, "damaged from here on"),
        (b"PAR1 and no more", DamagedInput, "is no whole Parquet file"),
        (b"BZh91AY", ConfigError, "bunzip2"),
    ],
)
def test_bad_files_are_told_in_one_line(tmp_path: Path, data: bytes, error: type[MathmillError], told: str) -> None:
    path = tmp_path / "mine.jsonl"
    path.write_bytes(data)
    with pytest.raises(error, match=told) as raised:
        load_problems(SUMS, path)
    assert str(path) in str(raised.value) or error is ConfigError
    assert "\n" not in str(raised.value)
    helps_anybody, option, _ = str(raised.value).partition("--")
    assert not option or re.search(r": .+, or in `mathmill eval run` ", helps_anybody), "not all callers have options"


def test_damaged_parquet_is_told(tmp_path: Path) -> None:
    path = tmp_path / "mine.parquet"
    pq.write_table(
        pa.table({"question": ["?" * 99] * 999, "answer": [1] * 999}), path, compression="none", use_dictionary=False
    )
    data = bytearray(path.read_bytes())
    data[4:60] = b"\xff" * 56
    path.write_bytes(data)
    with pytest.raises(DamagedInput, match="is damaged behind row"):
        load_problems(SUMS, path)
    pq.write_table(pa.table({"question": pa.array([], pa.string())}), path)
    with pytest.raises(DamagedInput, match="is empty"):
        load_problems(SUMS, path)


def test_what_is_not_there_is_told_with_what_was_looked_for(tmp_path: Path) -> None:
    with pytest.raises(InputMissing, match=r"no sums/test\.jsonl\.gz .* in .*--data, .* or MATHMILL_DATA"):
        load_problems(SUMS, tmp_path)
    with pytest.raises(InputMissing, match=r"there is no .*gone: .*--data"):
        load_problems(SUMS, tmp_path / "gone")
    with pytest.raises(InputMissing, match=r"no data set on the hub .* sums/test: .*sums/test\.jsonl\.gz"):
        load_problems(SUMS)
