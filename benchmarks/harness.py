"""Our benchmark harness beside lm-evaluation-harness: one model, the same problems, one run.

    python -m benchmarks.harness [--model FOLDER] [--only PART ...] [--problems 100] [--sampled 16] [--samples 4]

`prompts`: every prompt of GSM8K (8-shot and 5-shot) and of MATH (4-shot), byte for byte, with its stop strings; needs
no model. `gsm8k`, `math`: `--problems` of GSM8K (8-shot) and of MATH (4-shot; evenly spread over the test file), one
greedy completion each: texts, verdicts, accuracy and time. Where texts differ, the gap of the model's logits between
the tokens at which they part is told, beside what another layout of the same tokens changes in the logits: the batches
of the two are laid out otherwise, so their floats are summed otherwise. `samples`: `--samples` completions of each of
`--sampled` problems of GSM8K at temperature 0.8, in lm-evaluation-harness by `repeats` of its task, which are so many
equal prompts.

Precision, batch size, most new tokens and threads are the same. Both have loaded the model before and have made a
first completion; then they take turns in blocks of two batches, and who is first goes round, so that noise hits both.
Told is the time of generating and, apart, of judging. lm-evaluation-harness leaves transformers' default in force that
only the 50 likeliest tokens are drawn, so ours does it here too. The model is that of `benchmarks.small_model`; the
peer lives in an environment of `benchmarks.peer_environments`. The exit code is 1 if prompts differ, or greedy texts in
a way that is not explained; time does not count.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.harness_differences import Logits, accuracy, peer_verdict, shown, why
from benchmarks.harness_turns import PAIRS, Asked, Both, asked_of, take_turns
from benchmarks.lm_eval_peer import LmEval, Sampled
from benchmarks.peer_environments import LM_EVAL
from benchmarks.small_model import DEFAULT
from mathmill.eval.harness.graded import Graded
from mathmill.eval.harness.scoring import judge
from mathmill.eval.models.base import Completion, Prompt, Sampling
from mathmill.eval.models.local import LocalModel, LocalOptions
from tests.shared import BENCHMARKS

PARTS = ("prompts", "gsm8k", "math", "samples")
GREEDY = {"gsm8k": "gsm8k-8shot", "math": "math-4shot"}
TEMPERATURE, TOP_K = 0.8, 50


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the tables."""
    options = _options(arguments)
    if not LM_EVAL.is_dir():
        print(
            "lm-evaluation-harness is left out; to install it: python -m benchmarks.peer_environments", file=sys.stderr
        )
        return 0
    failed = False
    if "prompts" in options.only:
        failed |= _prompts()
    if {"prompts"} != {*options.only}:
        if not options.model.is_dir():
            print(f"no model at {options.model}: python -m benchmarks.small_model, or --model FOLDER", file=sys.stderr)
            return int(failed)
        failed |= _models(options)
    return int(failed)


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, default=DEFAULT, metavar="FOLDER")
    parser.add_argument("--only", nargs="+", choices=PARTS, default=list(PARTS), metavar="PART")
    parser.add_argument("--problems", type=int, default=100, help="of GSM8K and of MATH, greedy")
    parser.add_argument("--sampled", type=int, default=16, help="problems of GSM8K with several completions")
    parser.add_argument("--samples", type=int, default=4, help="completions of each of those")
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--dtype", choices=("float32", "bfloat16"), default="float32")
    parser.add_argument("--most", type=int, default=128, help="new tokens of a completion")
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--show", type=int, default=40, help="print so many differences of each kind")
    options = parser.parse_args(arguments)
    if not BENCHMARKS.is_dir():
        parser.error(f"no benchmarks at {BENCHMARKS}; set MATHMILL_SHARED to the folder above")
    return options


def _prompts() -> bool:
    peer = LmEval(None)
    rows, failed = [], False
    try:
        peer.start()
        for ours, theirs in PAIRS.items():
            asked = asked_of(ours)
            made = {each.index: each for each in peer.evaluate(theirs, range(len(asked.problems))).samples}
            wrong = [at for at, prompt in enumerate(asked.prompts) if prompt.given != made[at].prompt]
            same = {each.until for each in made.values()} == {asked.task.stops}
            rows.append(
                [f"{ours}, {theirs}", f"{len(made) - len(wrong):,} of {len(made):,}", "equal" if same else "DIFFER"]
            )
            failed |= bool(wrong) or not same
            if wrong:
                _first_difference(asked.prompts[wrong[0]], made[wrong[0]])
    finally:
        peer.close()
    _table(["prompts, lm-evaluation-harness 0.4.13", "equal to the byte", "stop strings"], rows)
    return failed


def _first_difference(prompt: Prompt, theirs: Sampled) -> None:
    assert isinstance(prompt.given, str)
    pairs = enumerate(zip(prompt.given, theirs.prompt, strict=False))
    at = next((at for at, (a, b) in pairs if a != b), min(len(prompt.given), len(theirs.prompt)))
    for whose, text in (("ours", prompt.given), ("theirs", theirs.prompt)):
        print(f"{prompt.id}, byte {at} of {whose}: {text[max(at - 40, 0) : at + 40]!r}")


def _models(options: argparse.Namespace) -> bool:
    import torch

    torch.set_num_threads(options.threads)
    began = time.perf_counter()
    model = LocalModel(str(options.model), LocalOptions(dtype=options.dtype, device="cpu", batch_size=options.batch))
    loading = time.perf_counter() - began
    peer = LmEval(options.model, options.dtype, options.batch, options.threads, repeats=(1, options.samples))
    failed = False
    try:
        peer.start()
        print(f"loading the model: ours {loading:.1f} s, lm-evaluation-harness {peer.loading:.1f} s")
        for part, name in GREEDY.items():
            if part in options.only:
                failed |= _greedy(peer, model, name, options)
        if "samples" in options.only:
            _several(peer, model, options)
    finally:
        peer.close()
        model.close()
    return failed


def _greedy(peer: LmEval, model: LocalModel, name: str, options: argparse.Namespace) -> bool:
    asked = asked_of(name)
    step = max(len(asked.problems) // options.problems, 1) if name.startswith("math") else 1
    indices = list(range(0, len(asked.problems), step))[: options.problems]
    both = take_turns(peer, model, asked, indices, Sampling(max_new_tokens=options.most))
    failed = _texts(asked, both, options)
    _verdicts(asked, both, options)
    ours = [graded[0] for graded in both.ours.values()]
    theirs = accuracy(list(both.theirs.values()))
    n = len(ours)
    rows = [
        [who, ", ".join(f"{kind} {share:.3f}" for kind, share in shares.items())]
        for who, shares in (("lm-evaluation-harness", theirs), ("mathmill", _accuracy(ours)))
    ]
    _table([f"accuracy, {name}, n = {n}", "not a score: few problems, few tokens"], rows)
    _times(f"{name}, {n} problems, greedy", both, n, 1.0)
    return failed


def _accuracy(graded: Sequence[Graded]) -> dict[str, float]:
    right = {"strict": [each.strict for each in graded], "flexible": [each.correct for each in graded]}
    return {kind: sum(verdicts) / len(graded) for kind, verdicts in right.items()}


def _several(peer: LmEval, model: LocalModel, options: argparse.Namespace) -> None:
    asked = asked_of("gsm8k-8shot")
    n = options.samples
    sampling = Sampling(n=n, temperature=TEMPERATURE, top_k=TOP_K, max_new_tokens=options.most)
    both = take_turns(peer, model, asked, list(range(options.sampled)), sampling)
    theirs = {at: [Completion(text, "stop", 0) for text in each.responses] for at, each in both.theirs.items()}
    judged = {at: judge(asked.problems[at], made, asked.task.stated) for at, made in theirs.items()}
    completions = options.sampled * n
    rows = [
        [who, f"{sum(len(each.text) for each in graded) / len(graded):.0f}", f"{sum(each.correct for each in graded)}"]
        for who, graded in (
            ("lm-evaluation-harness", [each for samples in judged.values() for each in samples]),
            ("mathmill", [each for samples in both.ours.values() for each in samples]),
        )
    ]
    _table([f"{completions} completions", "characters of one", "right by our judge"], rows)
    _times(f"gsm8k-8shot, {options.sampled} problems, {n} samples of each", both, completions, 1.5)


def _texts(asked: Asked, both: Both, options: argparse.Namespace) -> bool:
    """Tell how many greedy texts are equal and explain the others."""
    pairs = {at: (both.theirs[at].responses[0], both.ours[at][0].text) for at in both.ours}
    differ = [at for at, (theirs, ours) in pairs.items() if theirs != ours]
    print(f"\n{asked.task.name}: {len(pairs) - len(differ)} of {len(pairs)} greedy texts are equal to the byte")
    if not differ:
        return False
    logits, rows, failed = Logits(options.model, options.dtype), [], False
    for at in differ:
        parting = logits.parting(both.theirs[at].prompt, *pairs[at])
        failed |= not parting.explained
        found = "float error" if parting.explained else "NOT EXPLAINED"
        cells = [f"{parting.gap:.2g}", f"{parting.noise:.2g}", found]
        rows.append([asked.problems[at].id, str(parting.place), parting.theirs, parting.ours, *cells])
    head = ["texts part", "token", "theirs", "ours", "gap of logits", "change by layout", "so it is"]
    _table(head, rows[: options.show])
    return failed


def _verdicts(asked: Asked, both: Both, options: argparse.Namespace) -> None:
    """Tell the problems on which the verdicts differ, with what each harness took as the answer."""
    rows = []
    for at, (graded, *_) in both.ours.items():
        sampled, gold = both.theirs[at], asked.problems[at].gold
        paid, extracted = peer_verdict(sampled)
        if paid == graded.correct:
            continue
        theirs, ours = (f"{shown(text or 'none', 40)}: {'paid' if pays else 'refused'}" for text, pays in (
            (extracted, paid), (graded.answer, graded.correct)))  # fmt: skip
        equal = sampled.responses[0] == graded.text
        rows.append([asked.problems[at].id, shown(gold, 30), theirs, ours, why(sampled, graded, gold, equal)])
    print(f"\n{asked.task.name}: {len(rows)} of {len(both.ours)} verdicts differ")
    if rows:
        _table(["verdicts differ", "gold", "theirs", "ours", "because"], rows[: options.show])


def _times(title: str, both: Both, completions: int, least: float) -> None:
    """Tell what both cost, and whether we are at least so many times as fast."""
    ours, theirs = both.cost, both.peer_cost
    ratios = [a / b for a, b in zip(theirs.walls, ours.walls, strict=True)]
    rows = [
        [who, f"{cost.wall:.1f}", f"{cost.cpu:.1f}", f"{cost.wall / completions:.2f}", f"{cost.judging:.1f}"]
        for who, cost in (("lm-evaluation-harness", theirs), ("mathmill", ours))
    ]
    rows.append(["ratio", f"{theirs.wall / ours.wall:.2f}", f"{theirs.cpu / ours.cpu:.2f}", "", ""])
    _table([title, "seconds", "of processor", "a completion", "judging"], rows)
    print(f"\nratio on the clock of each of {len(ratios)} blocks: {min(ratios):.2f} to {max(ratios):.2f}")
    print(f"to reach: {least:.1f} on the clock: {'yes' if theirs.wall >= least * ours.wall else 'NO'}", flush=True)


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    print(f"\n| {' | '.join(head)} |\n|{' --- |' * len(head)}")
    for row in rows:
        print("| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
