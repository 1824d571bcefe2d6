"""Answers or completions as lines of JSON in, their verdicts as lines of JSON out.

A line in is `{"gold": .., "pred": ..}`, pred being an answer, or `{"gold": .., "completion": ..}`; the line out is the
same with `outcome`, `method` and `ms`, the milliseconds that it took. An answer or a gold may be a number, of as many
digits as it likes, and an answer null, which is none. A gold may be a solution that says it, see `find_gold`. Lines
come back in order, one for each that is not blank, so that two files can be joined; one that cannot be judged has an
`error` in place of a verdict, which begins with its number in the file.
This reads bytes that others opened and unpacked; it opens no files and prints nothing.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterable, Iterator
from typing import Any

import orjson

from mathmill.data.json_lines import NESTED_TOO_DEEP, Line, parsed, without_surrogates
from mathmill.eval.golds import find_gold
from mathmill.eval.grade import grade
from mathmill.eval.verify import verify

# Digits that a machine's number may not hold, or a form of it that it does not keep.
_PRECISE = re.compile(rb"\d[\d.]{14}|\d[eE]")
_VERDICT = ("outcome", "method", "ms", "error")  # of an earlier verdict on the same line nothing stays


class Numeral(str):
    """A number as it was written, which is how it is judged and written again."""

    __slots__ = ()


def written(judged: dict[str, Any]) -> bytes:
    """A judged line as JSON."""
    return orjson.dumps(judged, default=_fragment, option=orjson.OPT_PASSTHROUGH_SUBCLASS)


def _fragment(numeral: Numeral) -> orjson.Fragment:
    return orjson.Fragment(numeral.encode())


def judge_lines(lines: Iterable[Line], strict: bool = False) -> Iterator[dict[str, Any]]:
    """Each line with its verdict or its `error`; `strict` as for `grade`."""
    for line in lines:
        judged = {"error": line.error} if line.error else judge_line(line.data, strict)
        if "error" in judged:
            judged["error"] = f"line {line.number}: {judged['error']}"
        yield judged


def judge_line(data: bytes, strict: bool = False) -> dict[str, Any]:
    """What a line of JSON says with `outcome`, `method` and `ms`, or with an `error`."""
    try:
        line = parsed(data)
    except orjson.JSONDecodeError as error:
        return {"error": f"not JSON ({error})"}
    except MemoryError:
        return {"error": "it takes more memory than there is"}
    if not isinstance(line, dict):
        return {"error": "not an object with the keys gold and pred or completion"}
    try:
        orjson.dumps(line)
    except orjson.JSONEncodeError:  # at 255 levels, where reading goes on to 1,024
        return {"error": NESTED_TOO_DEEP}
    if _PRECISE.search(data):
        line = json.loads(without_surrogates(data), parse_int=Numeral, parse_float=Numeral)
    kept = {name: value for name, value in line.items() if name not in _VERDICT}
    problem = _problem(line)
    return kept | ({"error": problem} if problem else _judged(line, strict))


def _problem(line: dict[str, Any]) -> str:
    """What is wrong with a line; empty if nothing is."""
    if not _is_answer(line.get("gold")):
        return "gold is missing" if line.get("gold") is None else "gold is neither a string nor a number"
    if "pred" in line and "completion" in line:
        return "it has both pred and completion: leave one out"
    if "completion" in line:
        completion = line["completion"]
        is_text = isinstance(completion, str) and not isinstance(completion, Numeral)
        return "" if is_text else "completion is not a string"
    if "pred" not in line:
        return "pred or completion is missing"
    return "" if line["pred"] is None or _is_answer(line["pred"]) else "pred is neither a string nor a number"


def _is_answer(value: object) -> bool:
    return isinstance(value, str | int | float) and not isinstance(value, bool)


def _judged(line: dict[str, Any], strict: bool) -> dict[str, Any]:
    gold = find_gold(str(line["gold"])) or str(line["gold"])
    start = time.perf_counter()
    if "completion" in line:
        verdict = grade(line["completion"], gold, strict)
    else:
        verdict = verify("" if line["pred"] is None else str(line["pred"]), gold)
    milliseconds = 1_000 * (time.perf_counter() - start)
    return {"outcome": verdict.outcome, "method": verdict.method, "ms": round(milliseconds, 3)}
