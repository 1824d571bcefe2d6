"""The gold answers of benchmarks are read, but for a few that are known to be no answers."""

from __future__ import annotations

import gzip
import json
from collections import Counter

import pytest

from mathmill.eval.limits import TooLarge, Unparsable
from mathmill.eval.syntax.parser import parse
from mathmill.eval.syntax.trees import Words
from tests.shared import BENCHMARKS, needs_benchmarks


@needs_benchmarks
@pytest.mark.parametrize(
    ("name", "most_unread", "most_words"),
    [
        ("math/train", 0, 30),
        ("math/test", 0, 34),
        ("gsm8k/test", 0, 0),
        ("olympiadbench/test", 0, 1),
        ("minerva_math/test", 1, 3),
        ("gaokao2023en/test", 0, 3),
        ("comp_math_24_25/test", 0, 3),
        ("asdiv/full", 1, 62),
        ("college_math/test", 22, 462),
    ],
)
def test_golds_are_read(name: str, most_unread: int, most_words: int) -> None:
    with gzip.open(BENCHMARKS / f"{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
        kinds = Counter(_kind(json.loads(line)["answer"]) for line in lines)
    assert kinds["unread"] <= most_unread
    assert kinds["words"] <= most_words


def _kind(answer: str) -> str:
    try:
        return "words" if isinstance(parse(answer), Words) else "read"
    except (TooLarge, Unparsable):
        return "unread"
