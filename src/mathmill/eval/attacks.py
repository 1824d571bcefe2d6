r"""Attacks on the judge: texts that must never be paid, as lines of JSON.

An attack is an answer or a completion with a gold that it is not:

    {"kind": "chain", "gold": "42", "pred": "41=42"}
    {"kind": "several-boxes", "gold": "42", "completion": "\\boxed{41} or \\boxed{42}"}
    {"kind": "deep", "gold": "42", "pred": "(", "repeat": 100000, "after": "41"}

`kind` names a family, for counts. What is judged is `before`, then `pred` or `completion` as often as `repeat` says,
then `after`; `kind` and these three may be left out. Other keys are for people. The package has its own file,
`attacks.jsonl`.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any, BinaryIO

import orjson

from mathmill.data.errors import DamagedInput
from mathmill.data.json_lines import Line, opened, parsed, read_lines

MOST_CHARACTERS = 10_000_000  # of one attack, repeated

_ADVICE = 'a line is {"kind", "gold", "pred"} or {"kind", "gold", "completion"}, if need be with "repeat" and more'


@dataclass(frozen=True, slots=True)
class Attack:
    """A text that is not the answer `gold`, and its line in the file. An honest one, from no file, has line 0."""

    line: int
    kind: str
    gold: str
    piece: str
    is_completion: bool = False
    repeat: int = 1
    before: str = ""
    after: str = ""

    @property
    def text(self) -> str:
        return self.before + self.piece * self.repeat + self.after


def read_attacks(file: Path | None = None) -> list[Attack]:
    """The attacks of a file, which may be .gz or .zst, or of standard input for `-`; the package's own for None.

    Raises:
        InputMissing: it cannot be read.
        DamagedInput: a line is no attack, or there is none.
    """
    name = "attacks.jsonl" if file is None else str(file)
    with _source(file) as source:
        attacks = [_attack(line, name) for line in read_lines(source)]
    if not attacks:
        raise DamagedInput(f"{name} holds no attacks: {_ADVICE}")
    return attacks


@contextmanager
def _source(file: Path | None) -> Iterator[BinaryIO]:
    if file is not None:
        with opened(file) as source:
            yield source
    else:
        yield io.BytesIO(resources.files("mathmill.eval").joinpath("attacks.jsonl").read_bytes())


def _attack(line: Line, name: str) -> Attack:
    """What a line says.

    Raises:
        DamagedInput: it is no attack.
    """
    try:
        row = None if line.error else parsed(line.data)
        problem = line.error or _problem(row)
    except orjson.JSONDecodeError as error:
        row, problem = None, f"not JSON ({error})"
    except MemoryError:
        row, problem = None, "it takes more memory than there is"
    if row is None or problem:
        raise DamagedInput(f"{name} line {line.number}: {problem}; {_ADVICE}; mend or remove it, nothing was judged")
    piece = "completion" if "completion" in row else "pred"
    return Attack(
        line.number, row.get("kind", "other"), row["gold"], row[piece], piece == "completion",
        row.get("repeat", 1), row.get("before", ""), row.get("after", ""),
    )  # fmt: skip


def _problem(row: Any) -> str:
    """What is wrong with a line; empty if nothing is."""
    if not isinstance(row, dict):
        return "not an object"
    if "gold" not in row:
        return "gold is missing"
    if ("pred" in row) == ("completion" in row):
        return "it has both pred and completion" if "pred" in row else "pred or completion is missing"
    texts = ("kind", "gold", "pred", "completion", "before", "after")
    wrong = next((key for key in texts if not isinstance(row.get(key, ""), str)), None)
    if wrong is not None:
        return f"{wrong} is not a string"
    repeat = row.get("repeat", 1)
    if not isinstance(repeat, int) or isinstance(repeat, bool) or repeat < 1:
        return "repeat is not a whole number from 1"
    if repeat * len(row.get("pred", "") + row.get("completion", "")) > MOST_CHARACTERS:
        return f"it is longer than {MOST_CHARACTERS:,} characters, repeated"
    return ""
