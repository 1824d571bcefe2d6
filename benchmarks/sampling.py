"""Groups of completions drawn by mathmill, beside transformers' `generate`: tokens a second, one model, side by side.

    python -m benchmarks.sampling [--prompt P ..] [--precision float32 bfloat16] [--top-p P] [--repeat N]

A fresh Llama (4.85 million parameters, vocabulary 512) says 128 tokens to each of 8 prompts 8 times; nothing ends them
sooner. Prompts are of P/2 to P tokens. `generate` has all 64 rows in one batch, padded on the left, and keeps no
logprobs; mathmill lets each prompt through the model once and keeps them. In bfloat16 both compute under autocast, the
weights float32, as in training. Both run in this process by turns, after a round that is not counted; told are the
median of N rounds, the least and the greatest, and the ratio of the medians with that of each round's two. What was
kept is compared with the logprobs of a training pass. Prints Markdown; exit code 1 if these differ. Peers share
nothing but the machine: run it on an idle one.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mathmill.eval.models.base import Sampling
    from mathmill.train.policy.load import Policy
    from mathmill.train.policy.settings import Precision
    from mathmill.train.rollout.local import LocalEngine
    from mathmill.train.rollout.records import Question, Rollout

PROBLEMS, GROUP, NEW = 8, 8, 128
CLOSE = {"float32": 1e-4, "bfloat16": 0.1}  # a logprob that is the same, in the mean for bfloat16


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--prompt", type=int, nargs="+", default=[64, 256])
    parser.add_argument("--precision", choices=tuple(CLOSE), nargs="+", default=["float32", "bfloat16"])
    parser.add_argument("--top-p", type=float, default=1.0)
    parser.add_argument("--top-k", type=int, default=0)
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    given = parser.parse_args(arguments)
    import torch

    torch.set_num_threads(given.threads)
    print(f"{PROBLEMS} prompts x {GROUP} samples x {NEW} tokens, {given.threads} threads\n")
    print("| precision | prompt | ours, tokens/s | generate, tokens/s | ratio | of each round | logprobs differ by |")
    print("|---|---:|---|---|---:|---|---:|")
    same = True
    for precision in given.precision:
        for prompt in given.prompt:
            same &= compared(given, precision, prompt)
    return int(not same)


def compared(given: argparse.Namespace, precision: Precision, prompt: int) -> bool:
    """Print a row; whether a training pass finds the logprobs that were kept."""
    from mathmill.eval.models.base import Sampling
    from mathmill.train.rollout.local import LocalEngine

    policy = fresh(precision, prompt + NEW + 8)
    asked = questions(policy, prompt)
    sampling = Sampling(n=GROUP, temperature=1.0, top_p=given.top_p, top_k=given.top_k, max_new_tokens=NEW, seed=1)
    engine = LocalEngine(policy)
    rollouts: list[Rollout] = []
    ours, theirs = [], []
    for number in range(given.repeat + 1):
        speed, rollouts = drawn(engine, asked, sampling, str(number))
        other = generated(policy, asked, sampling, number)
        if number:
            ours.append(speed)
            theirs.append(other)
    differs = difference(policy, rollouts)
    ratios = ", ".join(f"{mine / other:.2f}" for mine, other in zip(ours, theirs, strict=True))
    ratio = statistics.median(ours) / statistics.median(theirs)
    print(
        f"| {precision} | {prompt} | {told(ours)} | {told(theirs)} | {ratio:.2f} | {ratios} | {differs:.1e} |",
        flush=True,
    )
    return differs <= CLOSE[precision]


def told(speeds: Sequence[float]) -> str:
    """Median, spread and number of rounds."""
    return f"{statistics.median(speeds):,.0f} ({min(speeds):,.0f} to {max(speeds):,.0f}, n = {len(speeds)})"


def fresh(precision: Precision, context: int) -> Policy:
    """A policy with random weights that never ends by itself."""
    from dataclasses import replace

    import numpy as np
    import torch

    from mathmill.train.batch.ends import ends_of
    from mathmill.train.policy.fresh import FreshModel, fresh_model
    from mathmill.train.policy.load import Policy
    from mathmill.train.policy.vocabulary import make_tokenizer

    random = np.random.default_rng(0)
    letters = np.array(list("etaoinshrdlu"))
    texts = [" ".join("".join(random.choice(letters, 1 + rank % 7)) for rank in range(200)) for _ in range(100)]
    tokenizer = make_tokenizer(texts, 512, context)
    assert len(tokenizer) == 512, "the texts are too few for the vocabulary"
    shape = FreshModel(width=256, layers=6, heads=8, key_heads=4, inner=768, vocabulary=512, context=context)
    model = fresh_model(shape, tokenizer, 0)
    never: frozenset[int] = frozenset()
    ends = replace(ends_of("fresh", tokenizer, model), of_text=never, of_turn=never)
    return Policy(model.train(), tokenizer, ends, "fresh", torch.device("cpu"), precision, {}, ())


def questions(policy: Policy, longest: int) -> list[Question]:
    """Texts of half to all of so many tokens."""
    from mathmill.data.problem_rows import Problem
    from mathmill.eval.models.base import Prompt
    from mathmill.train.rollout.records import Question

    made = []
    for number in range(PROBLEMS):
        size = longest // 2 + (longest - longest // 2) * number // (PROBLEMS - 1)
        words = "".join(f" {(17 * number + 31 * word) % 10}" for word in range(longest))
        text = policy.tokenizer.decode(policy.tokenizer(words)["input_ids"][: size - 1], skip_special_tokens=True)
        made.append(Question(Problem(f"p/{number}", text, "", {}), Prompt(f"p/{number}", text)))
    return made


def drawn(engine: LocalEngine, asked: Sequence[Question], sampling: Sampling, draw: str) -> tuple[float, list[Rollout]]:
    """Tokens a second of mathmill, and what it drew."""
    began = time.perf_counter()
    groups = list(engine.groups(asked, sampling, draw))
    seconds = time.perf_counter() - began
    rollouts = [rollout for group in groups for rollout in group.rollouts]
    assert [len(each) for each in rollouts] == [NEW] * (PROBLEMS * GROUP), "a completion has ended early"
    return PROBLEMS * GROUP * NEW / seconds, rollouts


def generated(policy: Policy, asked: Sequence[Question], sampling: Sampling, seed: int) -> float:
    """Tokens a second of transformers."""
    import torch
    from transformers import GenerationConfig

    texts = [question.prompt.given for question in asked]
    policy.tokenizer.padding_side = "left"
    policy.tokenizer.pad_token = policy.tokenizer.pad_token or policy.tokenizer.eos_token
    settings = {
        "do_sample": True,
        "temperature": sampling.temperature,
        "top_k": sampling.top_k,
        "top_p": sampling.top_p,
        "max_new_tokens": NEW,
        "num_return_sequences": GROUP,
        "eos_token_id": None,
        "pad_token_id": policy.tokenizer.pad_token_id,
    }
    model: Any = policy.causal.eval()
    config_of: Any = GenerationConfig  # has no annotations
    before, model.generation_config = model.generation_config, config_of()
    torch.manual_seed(seed)
    began = time.perf_counter()
    given = policy.tokenizer(texts, return_tensors="pt", padding=True)
    with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16, enabled=policy.precision == "bfloat16"):
        made = model.generate(
            input_ids=given["input_ids"],
            attention_mask=given["attention_mask"],
            generation_config=config_of(**settings),
        )
    seconds = time.perf_counter() - began
    model.generation_config = before
    model.train()
    assert made.shape == (PROBLEMS * GROUP, given["input_ids"].shape[1] + NEW)
    return PROBLEMS * GROUP * NEW / seconds


def difference(policy: Policy, rollouts: Sequence[Rollout]) -> float:
    """How far logprobs of a training pass are from those kept: at most; in the mean in bfloat16."""
    import numpy as np
    import torch

    from mathmill.train.batch.examples import Example
    from mathmill.train.batch.packing import IGNORED, batch_of
    from mathmill.train.policy.forward import PolicyModule
    from mathmill.train.rollout.records import Kept

    rows = [
        [
            Example(
                (*each.prompt_ids, *each.completion_ids.tolist()),
                (*[False] * len(each.prompt_ids), *[True] * len(each)),
                each.problem,
            )
        ]
        for each in rollouts
    ]
    batch, kept = batch_of(rows, policy.ends.pad), [each.kept for each in rollouts if each.kept]
    targets = batch.targets_on()
    with torch.no_grad():
        found = PolicyModule(policy)(batch.inputs(), targets, kept=Kept.joined(kept).on() if kept else None)
    old = np.concatenate([each.logprobs for each in rollouts])
    apart = np.abs(found.logprobs[targets != IGNORED].numpy() - old)
    return float(apart.mean() if policy.precision == "bfloat16" else apart.max())


if __name__ == "__main__":
    sys.exit(main())
