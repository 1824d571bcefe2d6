"""A tiny policy that is right now and then: a fresh Llama that was shown small sums for some seconds, in a chat."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import orjson

from mathmill.train.policy.fresh import FreshModel, fresh_model
from mathmill.train.policy.vocabulary import make_tokenizer

#: Some of the sums that the policy is asked, and more than it was taught.
SUMS = [(left, right) for left in range(1, 7) for right in range(1, 7)]
_STEPS, _ROWS = 160, 48

TASK = r"""
[[task]]
name = "sums"
version = 1
about = "Sums."
protocol = "of these tests"
problems = {key = "sums/test"}
ask = "{question}"
plain = "User: {question}\n\nAssistant:"
chat = true
stops = ["\n\nUser:"]
max_new_tokens = 24
stated = ["box"]
"""


def solution(left: int, right: int, turned: bool = False) -> str:
    """One of two ways to solve a sum, of other equations."""
    first, second = (right, left) if turned else (left, right)
    return rf"{first} + {second} = {left + right}, so \boxed{{{left + right}}}."


def write_task(folder: Path) -> Path:
    path = folder / "sums.toml"
    path.write_text(TASK, encoding="utf-8")
    return path


def write_problems(path: Path, sums: Sequence[tuple[int, int]] = SUMS) -> Path:
    """A file of sums; the harder ones are of a higher level."""
    rows = [
        {
            "id": f"sums/train/{number}",
            "question": f"{left} + {right}",
            "answer": str(left + right),
            "level": 1 + (left + right > 6),
        }
        for number, (left, right) in enumerate(sums)
    ]
    path.write_bytes(b"".join(orjson.dumps(row) + b"\n" for row in rows))
    return path


def write_policy(folder: Path) -> Path:
    """A folder with the policy. Larger sums were shown less often, so that they are harder."""
    import torch

    tokenizer: Any
    shown = [(left, right) for left, right in SUMS for _ in range(max(1, 9 - left - right))]
    texts = [f"{left} + {right} {solution(left, right, turned)}" for left, right in SUMS for turned in (False, True)]
    tokenizer = make_tokenizer(texts, 320, 128)
    model = fresh_model(FreshModel(width=64, layers=2, heads=4, context=128), tokenizer, 3)
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)
    draw = random.Random(5)
    for _ in range(_STEPS):
        rows = [
            tokenizer.apply_chat_template(
                [
                    {"role": "user", "content": f"{left} + {right}"},
                    {"role": "assistant", "content": solution(left, right, draw.random() < 0.5)},
                ],
                tokenize=True,
                return_dict=False,
            )
            for left, right in draw.choices(shown, k=_ROWS)
        ]
        longest = max(map(len, rows))
        ids = torch.tensor([row + [tokenizer.pad_token_id] * (longest - len(row)) for row in rows])
        labels = ids.masked_fill(ids == tokenizer.pad_token_id, -100)
        loss = model(input_ids=ids, attention_mask=(labels != -100).long(), labels=labels).loss
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder
