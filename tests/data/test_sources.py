from __future__ import annotations

import subprocess
import sys

import pytest

from mathmill.data.errors import ConfigError
from mathmill.data.problems import load_problems
from mathmill.data.sources import LAYOUT, Columns, Source, all_sources, load_source, parse_columns
from tests.shared import BENCHMARKS, needs_benchmarks

# Not in the layout of a data folder: another selection, and texts that only an address has.
ELSEWHERE = {"calc_mawps/test", "fewshot/minerva_math_4shot_mended"}


def test_sources_have_a_place() -> None:
    sources = all_sources()
    assert len(sources) == 51
    for key, source in sources.items():
        assert source.key == key
        assert bool(source.url) == bool(source.sha256)
        assert not (source.hub and source.url)
    assert {key for key, source in sources.items() if not source.hub and not source.url} == {
        "mawps/test",
        "cmath/distractor",
        "aime_deepscaler/train",
        "comp_math_24_25/test",
    }


@needs_benchmarks
def test_every_source_is_read_from_the_data_folder() -> None:
    differ = {}
    for key, source in all_sources().items():
        if key not in ELSEWHERE:
            loaded = load_problems(source, BENCHMARKS)
            assert all(problem.question.strip() and problem.gold for problem in loaded.problems)
            assert loaded.problems[0].id == source.id_of(0)
            if len(loaded.problems) != source.problems:
                differ[key] = len(loaded.problems)
    assert differ == {"olympiadbench/test": 675}  # the hub has one problem less


@needs_benchmarks
def test_every_file_of_the_data_folder_has_a_source() -> None:
    files = {str(path.relative_to(BENCHMARKS)).removesuffix(".jsonl.gz") for path in BENCHMARKS.rglob("*.jsonl.gz")}
    assert files == {source.path for key, source in all_sources().items() if key not in ELSEWHERE}


def test_an_unknown_name_is_told_the_nearest() -> None:
    with pytest.raises(ConfigError, match=r"'gsm8k/tset': did you mean gsm8k/test"):
        load_source("gsm8k/tset")
    with pytest.raises(ConfigError, match="there are gsm8k/train, "):
        load_source("??")


def test_ids_are_numbered_as_a_source_says() -> None:
    assert load_source("gsm8k/test").id_of(3) == "gsm8k/test/3"
    assert load_source("asdiv/full").id_of(0) == "asdiv/full/nluds-0001"
    assert load_source("mgsm/exemplars/sw").id_of(7) == "mgsm/exemplar/sw/8"


def test_columns_are_named_on_the_command_line() -> None:
    assert parse_columns("question=problem, gold=final") == LAYOUT.model_copy(
        update={"question": "problem", "gold": "final"}
    )
    assert parse_columns("id=", Columns(gold="x")) == Columns(gold="x", id="")


@pytest.mark.parametrize("text", ["problem", "questions=problem", "question=", "", "gold"])
def test_columns_that_are_none_are_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="--columns"):
        parse_columns(text)


@pytest.mark.parametrize(
    "tree", [{"local": "../secret"}, {"local": "/etc/x"}, {"url": "file:///etc/x"}, {"sha256": "1"}]
)
def test_a_source_stays_in_its_place(tree: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        Source.model_validate({"key": "a", **tree})


def test_importing_is_light() -> None:
    heavy = {"datasets", "yaml", "pyarrow", "huggingface_hub", "urllib.request"}
    code = f"import sys, mathmill.data.problems; print(*{heavy} & {{*sys.modules}})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
