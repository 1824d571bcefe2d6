"""The rows of a step whose loss or gradient was not finite, put down for a person to look at."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mathmill.data.config import canonical_json
from mathmill.data.files import write_whole
from mathmill.data.terminal import mind
from mathmill.train.sources.feed import Row

if TYPE_CHECKING:
    from mathmill.train.step import Stepped

BAD = "bad"


def dump_rows(folder: Path, step: int, rows: Sequence[Row], stepped: Stepped, tokenizer: Any) -> None:
    """Write a line an Example, and say so on stderr.

    Raises:
        DiskFull, CannotCreate: they cannot be written.
    """
    path = folder / BAD / f"step-{step:08d}.jsonl"
    lines = [
        canonical_json(
            {
                "row": number,
                "origin": example.origin,
                "text": tokenizer.decode(example.input_ids),
                "input_ids": list(example.input_ids),
                "trained": [int(each) for each in example.trained],
            }
        )
        for number, row in enumerate(rows)
        for example in row
    ]
    write_whole(path, b"\n".join(lines) + b"\n")
    mind(
        f"step {step} is skipped: its loss is {stepped.loss:g} and its gradient is {stepped.gradient_norm:g} long; its "
        f"rows are in {path}"
    )
