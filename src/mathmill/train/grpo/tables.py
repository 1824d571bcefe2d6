"""What an exploration's completions said, what the judge saw in them, and what they were worth, as one table.

RUN/completions/
  exploration-00000012.parquet   a row a completion, groups in the order of their Problems

The same rollouts give the same bytes, and a file appears whole or not at all: what a killed run does again replaces it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from mathmill.data.columns import TableWriter
from mathmill.data.errors import DamagedInput, InputMissing
from mathmill.data.files import Output, Staging
from mathmill.data.shards import count_parquet, parquet_schema
from mathmill.eval.verdict import Verdict
from mathmill.train.rollout.records import Group, Rollout

COMPLETIONS = "completions"
_NAME = "exploration-{:08}.parquet"
_NUMBER = re.compile(r"exploration-(\d{8,})\.parquet")
_REWARD = "reward_"

#: Column -> (Arrow type, what it holds). Each reward has a column of its own behind these.
COLUMNS: dict[str, tuple[str, str]] = {
    "exploration": ("int64", "number of the exploration"),
    "problem": ("string", "id of the Problem"),
    "sample": ("int32", "number of the completion, from 0"),
    "prompt": ("string", "what the policy was given"),
    "completion": ("string", "what it said, as it was graded"),
    "tokens": ("int32", "tokens of the completion, the one that ended it too"),
    "finish": ("string", "eos, stop or length (cut off)"),
    "gold": ("string", "the Problem's gold"),
    "outcome": ("string", "verdict; only `correct` is paid"),
    "method": ("string", "the rung of the judge that decided"),
    "detail": ("string", "what it saw"),
    "total": ("double", "the reward: all parts with their weights; null where it is not known, and nothing is trained"),
    "advantage": ("double", "mean over the tokens; null where nothing is trained"),
    "alive": ("bool", "whether its group has variance, so that it is trained on"),
    "logprob": ("double", "mean of its tokens' logprobs when it was drawn"),
    "steps": ("string", "with process supervision, JSON: span, reward and verdict of each step"),
}


@dataclass(frozen=True, slots=True)
class Told:
    """What is known of a Group beside its rollouts, each in their order."""

    group: Group
    prompt: str
    verdicts: Sequence[Verdict]
    parts: dict[str, Sequence[float | None]]
    totals: Sequence[float | None]
    advantages: Sequence[float | None]
    alive: bool
    steps: Sequence[Sequence[Any]] | None = None  # `mathmill.train.reward.process.Step`


def write_completions(folder: Path, exploration: int, told: Iterable[Told]) -> Output:
    """Write the table of an exploration into a Run's folder, in place of any that is there.

    Raises:
        CannotCreate, DiskFull: it cannot be written.
    """
    groups = list(told)
    rewards = list(dict.fromkeys(name for each in groups for name in each.parts))
    columns = COLUMNS | {_REWARD + name: ("double", f"the reward {name}, before its weight") for name in rewards}
    name = f"{COMPLETIONS}/{_NAME.format(exploration)}"
    staging = Staging(folder)
    with TableWriter(staging.stage(name, count_parquet), parquet_schema(columns)) as writer:
        for each in groups:
            for row in _rows(exploration, each):
                writer.add(row)
    return staging.publish({name: writer.count})[name]


def _rows(exploration: int, told: Told) -> Iterator[dict[str, Any]]:
    for at, rollout in enumerate(told.group.rollouts):
        verdict = told.verdicts[at]
        yield {
            "exploration": exploration,
            "problem": rollout.problem,
            "sample": rollout.sample,
            "prompt": told.prompt,
            "completion": _written(rollout.text),
            "tokens": len(rollout),
            "finish": rollout.finish,
            "gold": told.group.problem.gold,
            "outcome": verdict.outcome,
            "method": verdict.method,
            "detail": _written(verdict.detail),
            "total": told.totals[at],
            "advantage": told.advantages[at],
            "alive": told.alive,
            "logprob": _mean_logprob(rollout),
            "steps": None if told.steps is None else _steps(told.steps[at]),
            **{_REWARD + name: values[at] for name, values in told.parts.items()},
        }


def _written(text: str) -> str:
    """A text that can be written: some tokenizers make half a character."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def _mean_logprob(rollout: Rollout) -> float | None:
    return float(rollout.logprobs.mean(dtype="float64")) if len(rollout) else None


def _steps(steps: Sequence[Any]) -> str:
    told = [
        {"start": each.start, "end": each.end, "reward": each.reward, "outcome": each.outcome, "detail": each.detail}
        for each in steps
    ]
    return orjson.dumps(told).decode()


def explorations_of(folder: Path) -> list[int]:
    """The numbers of the explorations whose completions a Run's folder has, in order."""
    names = (_NUMBER.fullmatch(path.name) for path in (folder / COMPLETIONS).glob("*.parquet"))
    return sorted(int(found[1]) for found in names if found)


def read_completions(folder: Path, exploration: int) -> list[dict[str, Any]]:
    """The rows of an exploration, each reward under its own name in `rewards`, steps as a list or None.

    Raises:
        InputMissing: there is no such table; the message says which there are.
        DamagedInput: it is no such table.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    path = folder / COMPLETIONS / _NAME.format(exploration)
    if not path.is_file():
        there = explorations_of(folder)
        known = f"has explorations {there[0]:,} to {there[-1]:,}" if there else "has none"
        raise InputMissing(f"{folder} has no completions of exploration {exploration:,}: it {known}")
    try:
        rows: list[dict[str, Any]] = pq.read_table(path).to_pylist()
    except (pa.ArrowInvalid, OSError) as error:
        raise DamagedInput(f"{path} is no table of completions ({error}): take it away, or run again") from error
    return [_read(row) for row in rows]


def _read(row: dict[str, Any]) -> dict[str, Any]:
    rewards = {name.removeprefix(_REWARD): value for name, value in row.items() if name.startswith(_REWARD)}
    plain = {name: value for name, value in row.items() if not name.startswith(_REWARD)}
    return {**plain, "rewards": rewards, "steps": orjson.loads(row["steps"]) if row.get("steps") else None}
