"""What the loss of a step costs at the model's head: our tiles, beside torch's cross entropy on full logits.

    python -m benchmarks.logprob [--vocabulary V ..] [--tokens N] [--hidden H] [--dtype D ..] [--repeat R]

One forward and backward, from hidden states and the head's weights to the gradients of both, on the processor. Each
side runs in a process of its own, the libraries warmed by a small step before. `ms` is the best of R steps, and wants
an idle machine; `MB` is the peak memory of the process over what it held before the first of them, and so has the
gradients in it, whose size is told beside. `entropies` also works out the entropy of each token, without a gradient.
`whole logits` is what a model's own head and `torch.nn.functional.cross_entropy` do, softmax in float32. The loss must
be the same. Prints Markdown.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from mathmill.data.peak_memory import peak_bytes

SIDES = ("token_logprobs", "token_logprobs, entropies", "whole logits")
PATIENCE = 600.0  # seconds for one side


def main() -> int:
    """Parse the command line; print the table, or in a process of its own the figures of one side."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.logprob")
    parser.add_argument("--vocabulary", type=int, nargs="+", default=[32_768, 262_144])
    parser.add_argument("--tokens", type=int, default=2048)
    parser.add_argument("--hidden", type=int, default=640)
    parser.add_argument("--dtype", nargs="+", default=["float32", "bfloat16"])
    parser.add_argument("--repeat", type=int, default=1)
    parser.add_argument("--side", choices=SIDES, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.side:
        print(json.dumps(measure(given)))
        return 0
    print_table(given)
    return 0


def print_table(given: argparse.Namespace) -> None:
    """A row for each dtype, vocabulary and side."""
    print(f"{given.tokens:,} tokens, hidden size {given.hidden}:\n")
    print("| dtype | vocabulary | side | ms | MB | of that gradients | loss |\n|---|---:|---|---:|---:|---:|---:|")
    for dtype in given.dtype:
        for vocabulary in given.vocabulary:
            losses = []
            for side in SIDES:
                found = in_process(side, vocabulary, dtype, given)
                losses.append(found["loss"])
                print(
                    f"| {dtype} | {vocabulary:,} | {side} | {found['ms']:,.0f} | {found['mb']:,.0f} | "
                    f"{found['gradients_mb']:,.0f} | {found['loss']:.5f} |",
                    flush=True,
                )
            assert max(losses) - min(losses) < 1e-4 * max(losses), "the sides do not agree"


def in_process(side: str, vocabulary: int, dtype: str, given: argparse.Namespace) -> dict[str, float]:
    """The figures of a side, measured in a new process."""
    command = [sys.executable, "-m", "benchmarks.logprob", "--side", side, "--vocabulary", str(vocabulary)]
    command += ["--tokens", str(given.tokens), "--hidden", str(given.hidden), "--dtype", dtype]
    command += ["--repeat", str(given.repeat)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, timeout=PATIENCE)
    figures: dict[str, float] = json.loads(done.stdout)
    return figures


def measure(given: argparse.Namespace) -> dict[str, float]:
    """Steps of one side in this process."""
    (vocabulary,), (dtype,) = given.vocabulary, given.dtype
    run(given.side, *inputs(1000, 64, 32, dtype))
    made = inputs(vocabulary, given.tokens, given.hidden, dtype)
    before = resident_mb()
    best, loss = float("inf"), 0.0
    for _ in range(given.repeat):
        began = time.perf_counter()
        loss = run(given.side, *made)
        best = min(best, time.perf_counter() - began)
    size = sum(each.numel() * each.element_size() for each in made[:2]) / 2**20
    return {"ms": 1000 * best, "mb": peak_bytes() / 2**20 - before, "gradients_mb": size, "loss": loss}


def inputs(vocabulary: int, tokens: int, hidden: int, dtype: str) -> tuple[Any, Any, Any]:
    """Hidden states, the weights of a head, and targets."""
    import torch

    torch.manual_seed(0)
    states = torch.randn(tokens, hidden).to(getattr(torch, dtype)).requires_grad_()
    weight = torch.empty(vocabulary, hidden, dtype=getattr(torch, dtype)).normal_(std=0.05).requires_grad_()
    return states, weight, torch.randint(vocabulary, (tokens,))


def run(side: str, states: Any, weight: Any, targets: Any) -> float:
    """One forward and backward; the loss."""
    from torch.nn.functional import cross_entropy, linear

    from mathmill.train.logprob import token_logprobs, token_loss

    states.grad = weight.grad = None
    sides: dict[str, Callable[[], Any]] = {
        SIDES[0]: lambda: token_loss(token_logprobs(states, weight, targets), len(targets)),
        SIDES[1]: lambda: token_loss(token_logprobs(states, weight, targets, with_entropy=True), len(targets)),
        SIDES[2]: lambda: cross_entropy(linear(states, weight).float(), targets),
    }
    loss = sides[side]()
    loss.backward()
    return float(loss.detach())


def resident_mb() -> float:
    """What this process holds of memory now."""
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise SystemExit("no VmRSS in /proc/self/status: run this on Linux")


if __name__ == "__main__":
    raise SystemExit(main())
