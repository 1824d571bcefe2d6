"""Tiny models in training, what identifies their states to the bit, and what happens to what they save."""

from __future__ import annotations

import hashlib
import os
import random
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import numpy as np
import torch

from mathmill.data import files
from mathmill.train.checkpoint import folder, parts
from mathmill.train.checkpoint.rng import random_states
from mathmill.train.checkpoint.state import State, Trained, capture

OPTIMIZERS: dict[str, Callable[[Any], torch.optim.Optimizer]] = {
    "adamw": lambda groups: torch.optim.AdamW(groups, lr=1e-2, weight_decay=0.1),
    "amsgrad": lambda groups: torch.optim.AdamW(groups, lr=1e-2, amsgrad=True, betas=(0.8, 0.95)),
    "momentum": lambda groups: torch.optim.SGD(groups, lr=1e-2, momentum=0.9, nesterov=True),
    "sgd": lambda groups: torch.optim.SGD(groups, lr=1e-2),
}


class Tiny(torch.nn.Module):
    """Tied weights, a buffer, dropout, and a frozen layer."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding = torch.nn.Embedding(11, 8)
        self.frozen = torch.nn.Linear(8, 8).requires_grad_(False)
        self.norm = torch.nn.BatchNorm1d(8)
        self.dropout = torch.nn.Dropout(0.3)
        self.head = torch.nn.Linear(8, 11, bias=False)
        self.head.weight = self.embedding.weight

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        hidden: torch.Tensor = self.head(self.dropout(self.norm(self.frozen(self.embedding(tokens)).tanh())))
        return hidden


def seed_all(seed: int) -> None:
    random.seed(seed)
    np.random.seed(seed)
    torch.manual_seed(seed)


def made(
    optimizer: str = "adamw",
    dtype: torch.dtype = torch.float32,
    seed: int = 1,
    trained_only: bool = False,
) -> Trained:
    seed_all(seed)
    model = Tiny()
    with torch.no_grad():
        model.frozen.weight.copy_(torch.linspace(-1, 1, 64).reshape(8, 8))  # as of a base that is loaded anew
        model.frozen.bias.zero_()
    model.to(dtype)
    groups = [
        {"params": [model.norm.bias, model.norm.weight], "weight_decay": 0.0},
        {"params": [model.embedding.weight]},
    ]
    return Trained(model, OPTIMIZERS[optimizer](groups), trained_only)


def train(trained: Trained, steps: int) -> list[float]:
    """Steps whose data hang on all three generators; the losses."""
    losses = []
    for _ in range(steps):
        tokens = torch.randint(11, (16,))
        targets = (tokens + np.random.randint(3) + random.randrange(2) + int(random.gauss(0, 1) > 0)) % 11
        targets[0] = int(np.random.normal() > 0)
        loss = torch.nn.functional.cross_entropy(trained.model(tokens).float(), targets)
        trained.optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        trained.optimizer.step()
        losses.append(loss.item())
    return losses


def bits(value: Any) -> Any:
    """A tree with each tensor as its type, shape and bytes, and each number as its type and text."""
    if isinstance(value, torch.Tensor):
        return (
            str(value.dtype),
            tuple(value.shape),
            value.detach().contiguous().view(-1).view(torch.uint8).numpy().tobytes(),
        )
    if isinstance(value, dict):
        # in no order: two dicts are equal whatever theirs
        return type(value), sorted(
            ((repr(bits(key)), bits(item)) for key, item in value.items()), key=lambda pair: pair[0]
        )
    if isinstance(value, list | tuple):
        return type(value), [bits(item) for item in value]
    return type(value), repr(value)


def everything(trained: Trained) -> Any:
    """All that decides how the training goes on, to the bit."""
    return (
        bits(dict(trained.model.state_dict())),
        bits(trained.optimizer.state_dict()),
        random_states(),
    )


def saved_state(step: int) -> State:
    """A state that differs from step to step; that of a step is always the same."""
    trained = made(seed=step)
    train(trained, 1)
    return capture(step, trained, {"metrics": step})


def hashes_of(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}


def in_process(work: Callable[[], object], kill_at: str = "") -> int:
    """How the work ended in a process of its own: its exit code, or less than 0 for a signal."""
    pid = os.fork()
    if not pid:
        code = 99
        try:
            os.setsid()
            os.environ["MATHMILL_KILL_AT"] = kill_at
            work()
            code = 0
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def in_process_until_line(number: int, work: Callable[[], object]) -> int:
    """As `in_process`, but killed before the `number`-th line that is run of what saves checkpoints."""
    left = number

    def trace(frame: FrameType, event: str, argument: Any) -> Any:
        nonlocal left
        if Path(frame.f_code.co_filename) not in _SAVING:
            return None
        if event == "line":
            left -= 1
            if not left:
                os.kill(os.getpid(), signal.SIGKILL)
        return trace

    def traced() -> None:
        sys.settrace(trace)
        work()

    return in_process(traced)


KILLED = -signal.SIGKILL
_SAVING = {Path(str(module.__file__)) for module in (files, folder, parts)}
