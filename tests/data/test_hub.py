"""Data sets through `datasets` itself, in a process of their own that a small hub on this machine serves."""

from __future__ import annotations

import io
import json
import logging
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mathmill.data.hub import hub_quiet
from mathmill.data.problems import Columns, Problem, Source, load_problems, load_source
from tests.data.hub_server import COMMIT, ask, hub
from tests.shared import BENCHMARKS, needs_benchmarks

ASK = """
import json, sys
from dataclasses import asdict
from mathmill.data.errors import MathmillError
from mathmill.data.problems import Source, load_problems
for line in sys.stdin:
    try:
        print(json.dumps(asdict(load_problems(Source.model_validate_json(line)))))
    except MathmillError as error:
        print(json.dumps([type(error).__name__, str(error)]))
"""
MATH = load_source("math/test")
LETTERS = Columns(gold="correct")


def parquet(**columns: Any) -> bytes:
    data = io.BytesIO()
    pq.write_table(pa.table(columns), data)
    return data.getvalue()


def json_lines(**columns: Any) -> bytes:
    rows = (dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True))
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


def card(*files: tuple[str, str, str]) -> bytes:
    """What a data set says of its files: config, split, path."""
    configs = [
        {
            "config_name": name,
            "data_files": [{"split": split, "path": path} for config, split, path in files if config == name],
        }
        for name in dict.fromkeys(config for config, _, _ in files)
    ]
    return f"---\nconfigs: {json.dumps(configs)}\n---\n".encode()


def math_part(config: str) -> bytes:
    solution = [f"So it is $\\boxed{{{config}}}$."]
    return parquet(problem=["What is it?"], level=["Level 3"], type=[config.title()], solution=solution)


REPOS: dict[str, dict[str, bytes]] = {
    "openai/gsm8k": {
        "README.md": card(("main", "test", "main/test-0.parquet"), ("socratic", "test", "socratic/test-0.parquet")),
        "main/test-0.parquet": parquet(question=["1 + 999?", "1 + 1?"], answer=["So.\n#### 1,000", "So.\n#### 2"]),
        "socratic/test-0.parquet": parquet(question=["?"], answer=["#### 0"]),
    },
    "EleutherAI/hendrycks_math": {
        "README.md": card(*((name, "test", f"{name}.parquet") for name in MATH.configs)),
        **{f"{name}.parquet": math_part(name) for name in MATH.configs},
    },
    "ChilleD/SVAMP": {
        "train.jsonl": json_lines(
            ID=["chal-10", "chal-2"], Body=["One has 3.", "Two has 4"], Question=["Who?", "How?"], Answer=[3.0, 4.5]
        ),
        "test.jsonl": json_lines(ID=["chal-1"], Body=["Three has 5, "], Question=["why?"], Answer=[5.0]),
    },
    "EleutherAI/asdiv": {
        "README.md": card(("asdiv", "validation", "v.parquet")),
        "v.parquet": parquet(body=["One.", "Two.", "Six."], question=["a?", "b?", "c?"], answer=["9 (m)", "1;2", "3"]),
    },
    "deepmind/aqua_rat": {
        "README.md": card(("raw", "test", "raw.parquet")),
        "raw.parquet": parquet(question=["1 + 1?"], options=[["A)1", "B)2"]], rationale=["It is 2."], correct=["B"]),
    },
    "juletxara/mgsm": {
        "README.md": card(("sw", "test", "sw.parquet"), ("sw", "train", "sw-train.parquet")),
        "sw.parquet": parquet(question=["Ngapi?"], answer=pa.array([None], pa.string()), answer_number=[18]),
        "sw-train.parquet": parquet(question=["Swali: Ngapi?"], answer=["Jibu ni 11."], answer_number=[11]),
    },
    "Hothan/OlympiadBench": {
        "README.md": card(("OE_TO_maths_en_COMP", "train", "o.parquet")),
        "o.parquet": parquet(question=["?"], final_answer=[["1", "2"]], solution=[["a", "b"]], subfield=["Algebra"]),
    },
    "team/script": {"script.py": b"raise SystemExit('this was run')"},
}  # fmt: skip

SOURCES = {
    **{key: load_source(key) for key in ("gsm8k/test", "math/test", "svamp/test", "asdiv/test", "aqua/test")},
    **{key: load_source(key) for key in ("mgsm/sw", "mgsm/exemplars/sw", "olympiadbench/test")},
    "pinned": Source(key="pinned", hub="deepmind/aqua_rat", configs=("raw",), revision=COMMIT, columns=LETTERS),
    "columns": Source(key="columns", hub="openai/gsm8k", configs=("main",), columns=Columns(question="problem")),
    "config": Source(key="config", hub="openai/gsm8k", configs=("mani",)),
    "no config": Source(key="no config", hub="openai/gsm8k"),
    "split": Source(key="split", hub="openai/gsm8k", configs=("main",), split="dev"),
    "revision": Source(key="revision", hub="openai/gsm8k", configs=("main",), revision="f" * 40),
    "gone": Source(key="gone", hub="team/gone"),
    "gated": Source(key="gated", hub="team/gated"),
    "script": Source(key="script", hub="team/script"),
}  # fmt: skip


def loaded(home: Path, endpoint: str, sources: Mapping[str, Source], **environment: str) -> dict[str, Any]:
    """What a fresh process loads from each source, or the name and words of its error."""
    (home / "openai" / "gsm8k").mkdir(parents=True, exist_ok=True)  # a folder of the same name is not the data set
    return ask(ASK, sources, home, endpoint, **environment)


def told(answer: Any) -> list[tuple[str, str, str]]:
    return [(problem["id"], problem["question"], problem["gold"]) for problem in answer["problems"]]


def test_data_sets_come_from_the_hub(tmp_path: Path) -> None:
    with hub(REPOS, gated=frozenset({"team/gated"})) as served:
        got = loaded(tmp_path, served.url, SOURCES)
    assert any(line.startswith("GET /datasets/openai/gsm8k/resolve/") and "test-0" in line for line in served.asked)
    assert got["gsm8k/test"]["origin"] == f"hub:openai/gsm8k@{COMMIT}/main/test"
    assert got["gsm8k/test"]["expected"] == 1_319
    assert told(got["gsm8k/test"]) == [("gsm8k/test/0", "1 + 999?", "1000"), ("gsm8k/test/1", "1 + 1?", "2")]
    assert got["gsm8k/test"]["problems"][0]["meta"] == {"solution": "So.\n#### 1,000"}
    assert [problem["gold"] for problem in got["math/test"]["problems"]] == list(MATH.configs)
    assert got["math/test"]["problems"][6]["id"] == "math/test/6"
    assert got["math/test"]["problems"][6]["meta"]["subject"] == "Precalculus"
    assert got["math/test"]["problems"][6]["meta"]["level"] == 3
    assert told(got["svamp/test"]) == [
        ("svamp/test/0", "Three has 5, why?", "5"),
        ("svamp/test/1", "Two has 4. How?", "4.5"),
        ("svamp/test/2", "One has 3. Who?", "3"),
    ]
    assert told(got["asdiv/test"]) == [("asdiv/test/0", "One. a?", "9"), ("asdiv/test/1", "Six. c?", "3")]
    assert told(got["aqua/test"]) == [("aqua/test/0", "1 + 1?\nA)1 B)2", "B")]
    assert got["mgsm/sw"]["problems"][0]["meta"] == {"lang": "sw"}
    assert told(got["mgsm/exemplars/sw"]) == [("mgsm/exemplar/sw/1", "Swali: Ngapi?", "11")]
    assert got["mgsm/exemplars/sw"]["problems"][0]["meta"] == {"solution": "Jibu ni 11.", "lang": "sw"}
    assert told(got["olympiadbench/test"]) == [("olympiadbench/test/0", "?", "1, 2")]
    assert got["olympiadbench/test"]["problems"][0]["meta"] == {"solution": "a", "subject": "Algebra"}
    assert told(got["pinned"]) == [("pinned/0", "1 + 1?", "B")]
    for name, kind, words in (
        ("columns", "ConfigError", "'problem', where each problem's question was expected; it has question, answer: "),
        ("config", "ConfigError", "no config 'mani', split 'test' (BuilderConfig 'mani' not found"),
        ("no config", "ConfigError", "Config name is missing"),
        ("split", "ConfigError", "split 'dev' (Unknown split"),
        ("revision", "ConfigError", "has no revision 'ffff"),
        ("gone", "InputMissing", "the data set team/gone on the hub is not there"),
        ("gated", "InputMissing", "the data set team/gated on the hub is gated"),
        ("script", "InputMissing", "is a script, and none is run"),
    ):
        assert got[name][0] == kind, got[name]
        assert words in got[name][1]
        assert "\n" not in got[name][1] and "--" in got[name][1]


@pytest.mark.slow
@needs_benchmarks
def test_the_hub_and_a_folder_give_equal_problems(tmp_path: Path) -> None:
    keys = ("gsm8k/test", "math/test", "gsm_hard/test", "aqua/test")
    local = {key: load_problems(load_source(key), BENCHMARKS) for key in keys}
    gsm, math, hard, aqua = (local[key].problems for key in keys)
    parts = [[problem for problem in math if _config(problem) == name] for name in MATH.configs]
    repos = {
        "openai/gsm8k": REPOS["openai/gsm8k"]
        | {"main/test-0.parquet": parquet(question=_of(gsm, "question"), answer=_of(gsm, "solution"))},
        "EleutherAI/hendrycks_math": REPOS["EleutherAI/hendrycks_math"]
        | {f"{name}.parquet": _as_math(part) for name, part in zip(MATH.configs, parts, strict=True)},
        "reasoning-machines/gsm-hard": {
            "train.jsonl": json_lines(input=_of(hard, "question"), target=[float(problem.gold) for problem in hard])
        },
        "deepmind/aqua_rat": REPOS["deepmind/aqua_rat"] | {"raw.parquet": _as_choices(aqua)},
    }
    with hub(repos) as served:
        got = loaded(tmp_path, served.url, {key: load_source(key) for key in keys})
    assert {key: got[key]["fingerprint"] for key in keys} == {key: local[key].fingerprint for key in keys}


def _config(problem: Problem) -> str:
    return str(problem.meta["subject"]).lower().replace("&", "and").replace(" ", "_")


def _of(problems: list[Problem], name: str) -> list[Any]:
    return [problem.question if name == "question" else problem.meta[name] for problem in problems]


def _as_math(problems: list[Problem]) -> bytes:
    levels = [f"Level {level}" for level in _of(problems, "level")]
    columns = {"solution": _of(problems, "solution"), "type": _of(problems, "subject"), "level": levels}
    return parquet(problem=_of(problems, "question"), **columns)


def _as_choices(problems: list[Problem]) -> bytes:
    asked = [problem.question.rpartition("\n") for problem in problems]
    options = [re.split(r" (?=[B-E]\))", choices) for _, _, choices in asked]
    letters = [problem.gold for problem in problems]
    return parquet(
        question=[text for text, _, _ in asked], options=options, correct=letters, rationale=_of(problems, "solution")
    )


@pytest.mark.slow
def test_what_was_read_once_is_read_offline(tmp_path: Path) -> None:
    pinned = SOURCES["pinned"]
    with hub(REPOS) as served:
        first = loaded(tmp_path, served.url, {"": pinned})
    later = {"": pinned, "other": pinned.model_copy(update={"revision": "f" * 40}), "gone": SOURCES["gone"]}
    got = loaded(tmp_path, served.url, later, HF_HUB_OFFLINE="1")
    assert got[""] == first[""]
    assert got["other"][0] == "InputMissing" and "is asked for" in got["other"][1]
    assert got["gone"][0] == "InputMissing" and "cannot reach" in got["gone"][1]


def test_the_library_s_word_on_its_retries_is_not_printed(caplog: pytest.LogCaptureFixture) -> None:
    logger = logging.getLogger("huggingface_hub.utils._http")
    with hub_quiet():
        logger.warning("retrying")
    logger.warning("said")
    assert [record.message for record in caplog.records] == ["said"]
