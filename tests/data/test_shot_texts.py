from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from mathmill.data.errors import CannotCreate, DamagedInput, InputMissing
from mathmill.data.problems import Problem, Source, load_problems, load_source
from mathmill.data.shot_texts import shot_table
from tests.data.hub_server import hub

YAML = b"""
task: sums
fewshot_config:
  samples:
  - question: What is
      1 + 1?
    target: It is 2. The answer is 2.
"""
PROGRAM = rb"""
import sys
raise SystemExit("this was run")

def list_fewshot_samples() -> list[dict]:
    return [{"problem": "What is $1 + 1$?", "solution": "It is $\\boxed{2}$.", "few_shot": "1"}]

PATTERN = "\d"
"""
SHOT = Problem("s/0", "What is 1 + 1?", "2", {"solution": "It is 2. The answer is 2."})


@pytest.fixture(autouse=True)
def _cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("MATHMILL_DATA", "HF_HUB_OFFLINE", "HF_DATASETS_OFFLINE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def test_shots_of_files(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_bytes(YAML)
    (tmp_path / "a.py").write_bytes(PROGRAM)
    assert load_problems(Source(key="s"), tmp_path / "a.yaml").problems == [SHOT]
    assert load_problems(Source(key="s"), tmp_path / "a.py").problems == [
        Problem("s/0", "What is $1 + 1$?", "2", {"solution": r"It is $\boxed{2}$."})
    ]


@pytest.mark.parametrize(
    ("name", "data", "told"),
    [
        ("a.yaml", b"a: [", "is no YAML"),
        ("a.yaml", b"a: !!python/object/apply:os.system [ls]", "is no YAML"),
        ("a.yaml", b"[" * 1_000, "is no YAML"),
        ("a.yaml", b"task: x", "no list fewshot_config.samples"),
        ("a.yaml", b"- 1", "no list fewshot_config.samples"),
        ("a.yaml", b"fewshot_config: {samples: []}", "no list of 1 to"),
        ("a.yaml", b"fewshot_config: {samples: [1]}", "no list of 1 to"),
        ("a.yaml", b"\xff", "not UTF-8"),
        ("a.yaml", b"#" * 70_000, "larger than"),
        ("a.py", b"def f(): pass", "no function list_fewshot_samples"),
        ("a.py", b"def list_fewshot_samples():\n    return [open('x')]", "not return one list"),
        ("a.py", b"def list_fewshot_samples():\n    return 1", "no list of 1 to"),
        ("a.py", b"def list_fewshot_samples():\n    pass", "no list of 1 to"),
        ("a.py", b"def (", "not return one list"),
        ("a.py", b"x = " + b"(" * 5_000, "not return one list"),
        ("a.py", b"def list_fewshot_samples():\n    return " + b"-" * 60_000 + b"1", "not return one list"),
    ],
)
def test_bad_files_are_refused(tmp_path: Path, name: str, data: bytes, told: str) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(DamagedInput, match=told):
        shot_table(tmp_path / name)


def test_a_file_at_an_address_is_fetched_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with hub({"a/b": {"s.yaml": YAML, "large.yaml": b"#" * 70_000}}) as served:
        address = f"{served.url}/datasets/a/b/resolve/main"
        source = Source.model_validate(
            {
                **load_source("fewshot/gsm8k_cot_8shot").model_dump(),
                "key": "s",
                "url": f"{address}/s.yaml",
                "sha256": hashlib.sha256(YAML).hexdigest(),
            }
        )
        monkeypatch.setenv("HF_HUB_OFFLINE", "1")
        with pytest.raises(InputMissing, match=r"offline work is asked for: connect once, or .*--shots FILE"):
            load_problems(source)
        monkeypatch.delenv("HF_HUB_OFFLINE")
        first = load_problems(source)
        assert (first.problems, first.origin) == ([SHOT], source.url)
        other = source.model_copy(update={"sha256": "0" * 64})
        with pytest.raises(DamagedInput, match="its sha256 differs"):
            load_problems(other)
        with pytest.raises(DamagedInput, match="larger than"):
            load_problems(other.model_copy(update={"url": f"{address}/large.yaml"}))
        with pytest.raises(InputMissing, match=r"cannot fetch .*404"):
            load_problems(other.model_copy(update={"url": f"{address}/none.yaml"}))
        asked = len(served.asked)
        assert load_problems(source) == first
        assert len(served.asked) == asked
    monkeypatch.setenv("HF_DATASETS_OFFLINE", "1")
    assert load_problems(source) == first
    kept = next((tmp_path / "cache").rglob("*.yaml"))
    kept.write_bytes(b"changed")
    monkeypatch.delenv("HF_DATASETS_OFFLINE")
    with pytest.raises(InputMissing, match="cannot fetch"):
        load_problems(source)


def test_a_cache_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "cache").write_bytes(b"a file")
    with hub({"a/b": {"s.yaml": YAML}}) as served:
        url = f"{served.url}/datasets/a/b/resolve/main/s.yaml"
        with pytest.raises(CannotCreate, match="XDG_CACHE_HOME"):
            load_problems(Source(key="s", url=url, sha256=hashlib.sha256(YAML).hexdigest()))
