"""lm-evaluation-harness as a process of its own: what to evaluate comes in as lines of JSON, what it found goes out.

Run by `benchmarks.lm_eval_peer` with the interpreter of the peer's own virtual environment, where nothing of mathmill
is installed; so this file imports only the standard library and the peer. Its arguments: a folder with tasks in
YAML, the model's folder (empty for none: then every completion is made up and only the prompts mean something), its
precision, the batch size, and the threads of torch.

The first line out is `{"ready": SECONDS}`, the time of loading. A line in has `tasks`, each with the positions that
are wanted, `gen_kwargs` as its command line has them, and whether to `predict_only`, which grades nothing. The line
out has `samples` as lm-evaluation-harness logs them, and seconds: `wall` and `cpu` of `generate_until`, and `judging`,
on the clock, of what comes after it (filters, graders, means). It is called as its users do, `simple_evaluate` with a
loaded `HFLM`, less the bootstrap of its standard errors.
"""

from __future__ import annotations

import json
import logging
import os
import sys
import time
from typing import Any


def main() -> int:
    """Serve until standard input ends."""
    folder, model, dtype, batch, threads = sys.argv[1:]
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what the peer prints is no answer
    logging.disable(logging.WARNING)
    os.environ.update(HF_HUB_OFFLINE="1", HF_DATASETS_OFFLINE="1", TOKENIZERS_PARALLELISM="false")
    import torch
    from lm_eval.evaluator import simple_evaluate
    from lm_eval.tasks import TaskManager

    torch.set_num_threads(int(threads))
    manager = TaskManager(include_path=folder, include_defaults=False)
    began = time.perf_counter()
    peer = _model(model, dtype, int(batch))
    print(json.dumps({"ready": time.perf_counter() - began}), file=answers, flush=True)
    for line in sys.stdin:
        asked = json.loads(line)
        clock = _timed(peer)
        found = simple_evaluate(
            peer, tasks=list(asked["tasks"]), samples=asked["tasks"], gen_kwargs=asked["gen_kwargs"],
            task_manager=manager, bootstrap_iters=0, log_samples=True, predict_only=asked["predict_only"],
        )  # fmt: skip
        judging = time.perf_counter() - clock.pop("ended")
        reply = {**clock, "judging": judging, "samples": found["samples"]}
        print(json.dumps(reply, default=str), file=answers, flush=True)
    return 0


def _model(folder: str, dtype: str, batch: int) -> Any:
    if not folder:
        from lm_eval.models.dummy import DummyLM

        return DummyLM()
    from lm_eval.models.huggingface import HFLM

    return HFLM(pretrained=folder, dtype=dtype, batch_size=batch, device="cpu")


def _timed(peer: Any) -> dict[str, float]:
    """Wrap the model's own `generate_until`; what its next call takes appears in what is returned."""
    clock: dict[str, float] = {}
    generate = type(peer).generate_until

    def timed(*given: Any, **named: Any) -> Any:
        wall, cpu = time.perf_counter(), time.process_time()
        made = generate(peer, *given, **named)
        clock.update(cpu=time.process_time() - cpu, ended=time.perf_counter())
        clock["wall"] = clock["ended"] - wall
        return made

    peer.generate_until = timed
    return clock


if __name__ == "__main__":
    sys.exit(main())
