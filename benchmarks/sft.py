"""Tuning with mathmill beside TRL's SFTTrainer: one model, the same rows in the same steps, one process each.

    python -m benchmarks.sft [--vocabulary V ..] [--rows R] [--steps S] [--microbatch M ..] [--repeat N]

A fresh Llama of each vocabulary learns made-up rows (lengths as of GSM8K, words drawn by Zipf's law; of each row only
the completion is trained), on the processor, in float32, with AdamW, a constant rate and clipped gradients; once with
one Example a row, once packed. TRL gets the Examples as mathmill cut and packed them, in its order, so that each step
holds the same tokens on both sides; its own shuffling is off, and so are its logs, checkpoints and recomputation of
activations. Its padding-free collator puts the packed rows of a microbatch end to end into a single one; an Example of
these sees no other, which is checked first, by gradients. "sorted": TRL gets the rows of a step by their length, as
mathmill lays them out by itself.

Sides take turns. Told are tokens a second without padding, over all steps but the first, as the median of N runs with
the least and the greatest; peak memory of the process before the finished model is saved, and how much of it there was
with the libraries alone; and by how much the loss of any step differs from mathmill's. Exit code 1 if that is more
than 1e-4, or if Examples see one another; time and memory do not count.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from benchmarks.sft_sides import Cost, Job

PATIENCE = 1800.0  # seconds for one run of a side
CLOSE = 1e-4  # losses that are the same
LARGE = 128_000  # a vocabulary from which on half of TRL's memory is aimed at


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--vocabulary", type=int, nargs="+", default=[8_192, 131_072])
    parser.add_argument("--width", type=int, default=256)
    parser.add_argument("--layers", type=int, default=4)
    parser.add_argument("--length", type=int, default=512, help="tokens of a row at most")
    parser.add_argument("--rows", type=int, default=16, help="of a step")
    parser.add_argument("--steps", type=int, default=5)
    parser.add_argument("--microbatch", type=int, nargs="+", default=[8, 1], help="rows that go through at once")
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    given = parser.parse_args(arguments)
    failed = not _apart()
    for vocabulary in given.vocabulary:
        for packed in (False, True):
            failed |= _compared(given, vocabulary, packed)
    return int(failed)


def _apart() -> bool:
    """Whether an Example that TRL packed sees no other."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.sft_sides", "apart"], capture_output=True, text=True, timeout=PATIENCE
    )
    found = {**json.loads(done.stdout)} if not done.returncode else {}
    for how, share in found.items():
        print(f"TRL, {how}: gradient of an Example by the one before it in its row: {share:.3g} of its own")
    return bool(found) and not found["bfd"]


def _compared(given: argparse.Namespace, vocabulary: int, packed: bool) -> bool:
    """Run all sides of one model and form of rows; whether losses differ."""
    steps = {name: getattr(given, name) for name in ("width", "layers", "length", "rows", "steps", "threads")}
    plain = Job(vocabulary=vocabulary, packed=packed, microbatch=given.microbatch[0], **steps)
    sides: dict[tuple[str, int], Job] = {}
    for rows in given.microbatch:
        sides["mathmill", rows] = sides["TRL", rows] = replace(plain, microbatch=rows)
        if not packed and rows > 1:
            sides["TRL, sorted", rows] = replace(plain, microbatch=rows, sorts=True)
    costs: dict[tuple[str, int], list[Cost]] = {side: [] for side in sides}
    with tempfile.TemporaryDirectory(prefix="mathmill-sft-") as name:
        folder = Path(name)
        _part("make", folder, plain)
        tokens = [
            sum(len(ids) for row in step for ids, _ in row) for step in json.loads((folder / "steps.json").read_bytes())
        ]
        for _ in range(given.repeat):
            for side, job in sides.items():
                costs[side].append(_part("ours" if side[0] == "mathmill" else "trl", folder, job))
    return _told(plain, costs, tokens)


def _part(part: str, folder: Path, job: Job) -> Cost:
    """What a part cost, in a process of its own."""
    path = folder / "job.json"
    job.write(path)
    command = [sys.executable, "-m", "benchmarks.sft_sides", part, str(folder), str(path)]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=PATIENCE)
    if done.returncode:
        raise SystemExit(f"{part} failed:\n{done.stdout[-3000:]}")
    cost = path.with_suffix(".cost.json")
    return Cost(**json.loads(cost.read_bytes())) if cost.exists() else Cost([], [], 0.0, 0.0)


def _told(job: Job, costs: dict[tuple[str, int], list[Cost]], tokens: Sequence[int]) -> bool:
    """Print the table of one model and form of rows; whether losses differ."""
    same = next(iter(costs.values()))[0].losses
    form = "packed" if job.packed else "one Example a row"
    print(
        f"\nvocabulary {job.vocabulary:,}, {form}, {job.rows} rows of at most {job.length} a step, {len(tokens)} steps "
        f"of {statistics.mean(tokens):,.0f} tokens; loss {same[0]:.4f} to {same[-1]:.4f}\n"
    )
    print("| side | rows at once | tokens/s | of | peak MB | of that libraries | largest difference of a loss |")
    print("|---|---:|---:|---|---:|---:|---:|")
    speeds, peaks, worst = {}, {}, 0.0
    for (side, rows), runs in costs.items():
        each = [sum(tokens[1:]) / sum(run.seconds[1:]) for run in runs]
        differs = max(abs(a - b) for run in runs for a, b in zip(run.losses, same, strict=True))
        worst = max(worst, differs)
        speeds[side, rows] = statistics.median(each)
        peaks[side, rows] = statistics.median(run.peak_mb for run in runs)
        libraries = statistics.median(run.libraries_mb for run in runs)
        print(
            f"| {side} | {rows} | {speeds[side, rows]:,.0f} | {min(each):,.0f} to {max(each):,.0f}, n = {len(each)} | "
            f"{peaks[side, rows]:,.0f} | {libraries:,.0f} | {differs:.1e} |",
            flush=True,
        )
    _aims(job, speeds, peaks)
    print(f"losses within {CLOSE:g}: {'yes' if worst <= CLOSE else 'NO'}", flush=True)
    return worst > CLOSE


def _aims(job: Job, speeds: dict[tuple[str, int], float], peaks: dict[tuple[str, int], float]) -> None:
    """Say what was aimed at: TRL's speed at its best, and half of its memory with the same rows at once."""
    ours, theirs = (
        max(speed for (side, _), speed in speeds.items() if (side == "mathmill") is mine) for mine in (True, False)
    )
    print(f"\nas fast as TRL, each at its best: {'yes' if ours >= theirs else 'NO'} ({ours / theirs:.2f})")
    for side, rows in peaks:
        if side == "mathmill":
            share = peaks[side, rows] / peaks["TRL", rows]
            reached = "" if job.vocabulary < LARGE else f"; at most half: {'yes' if share <= 0.5 else 'NO'}"
            print(f"memory with {rows} rows at once: {share:.2f} of TRL's{reached}")


if __name__ == "__main__":
    sys.exit(main())
