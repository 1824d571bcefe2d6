"""The loop of training: the steps of a job in their order, from where its newest good checkpoint is.

RUN/
  metrics.jsonl, timings.jsonl     a line a step (`mathmill.train.checkpoint.metrics_log`)
  checkpoints/step-00000120/       after so many steps (`mathmill.train.checkpoint.folder`)
  bad/step-00000012.jsonl          the rows of a step whose loss or gradient was not finite

This file imports torch at its head. Only functions import it.
"""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from mathmill.data.errors import MathmillError, Stopped
from mathmill.data.progress import progress_shown
from mathmill.data.terminal import mind
from mathmill.eval.models.memory import peak_bytes
from mathmill.train.bad_rows import dump_rows
from mathmill.train.checkpoint.state import Trained
from mathmill.train.held_out import held_out_sum
from mathmill.train.keeper import Keeper, Position
from mathmill.train.parallel.processes import World, everyone
from mathmill.train.parallel.spread import Spread
from mathmill.train.policy.load import Policy
from mathmill.train.settings import Training
from mathmill.train.signals import Asked, noting_signals
from mathmill.train.sources.feed import Feed, Row
from mathmill.train.step import Stepper, make_optimizer, row_tokens
from mathmill.train.watch.board import Board
from mathmill.train.watch.trackers import Trackers
from mathmill.train.within_memory import within_memory

_MOST_BAD = 3  # steps in a row that are not finite, after which nothing is to be hoped for
_PARTS = 10  # of a run, after each of which it is saved and evaluated unless the recipe says otherwise


@dataclass(frozen=True, slots=True)
class Job:
    """What the loop needs; `folder` is the Run's, `held_out` are rows by part of which the loss is measured, if any."""

    folder: Path
    policy: Policy
    spread: Spread
    feed: Feed
    held_out: Mapping[str, Sequence[Row]]
    training: Training
    steps: int
    world: World
    trackers: Trackers


def run_steps(job: Job, microbatch: int) -> Position:
    """Do all steps that are not done, saving checkpoints; where the run then is.

    Raises:
        Stopped: by a signal, after a checkpoint was saved.
        DiskFull, CannotCreate: a checkpoint or metric could not be written; the last good checkpoint stays.
        MathmillError: three steps in a row were not finite.
        ConfigError: the checkpoint is of another run; as OutOfMemory, a row does not fit into memory.
    """
    training, world = job.training, job.world
    optimizer = make_optimizer(training.optimizer, job.policy.model)
    frozen = any(not parameter.requires_grad for parameter in job.policy.model.parameters())
    trained = Trained(job.policy.model, optimizer, trained_only=frozen)
    saves = partial(is_due, steps=job.steps, every=training.saving.every)
    keeper = Keeper(job.folder, trained, world, training.saving.keep, saves)
    at = keeper.resume(Position(microbatch, job.feed.state(), training.machine.microbatch))
    if training.machine.microbatch not in (0, at.asked):  # else what was found is kept, since bytes hang on it
        at.microbatch = at.asked = training.machine.microbatch
    job.feed.load(at.feed)
    if at.done and world.is_first:
        mind(f"it goes on from step {at.done:,} of {job.steps:,}")
    stepper = Stepper(job.policy, job.spread, optimizer, training.optimizer.clip, training.seed, at.microbatch, world)
    board = Board(job.steps, at.done)
    with ExitStack() as held:
        asked = held.enter_context(noting_signals())
        held.enter_context(keeper.begin(at))
        if world.rank == 0:
            held.enter_context(progress_shown(board.outlook))
        try:
            if not at.offset:
                keeper.note(at, {"step": 0, **_evaluated(job, at)}, {})
            while at.done < job.steps:
                stop_together(asked, world)
                metrics, timings = _step(job, at, stepper, asked)
                keeper.note(at, metrics, timings)
                job.trackers.log(at.done, {**metrics, **timings})
                board.add(metrics, timings)
                end_hopeless(job.folder, at)
                if saves(at.done) or at.best[:1] == [at.done]:
                    keeper.save(at)
        except Stopped as stopped:
            keeper.save(at)
            told = f"{stopped}; {at.done:,} of {job.steps:,} steps are done and saved"
            raise Stopped(told, stopped.exit_code - 128) from None
    return at


def _step(job: Job, at: Position, stepper: Stepper, asked: Asked) -> tuple[dict[str, Any], dict[str, Any]]:
    """One step, from its rows to its metrics and timings."""
    began = time.perf_counter()
    stepper.microbatch = at.microbatch
    rows = job.feed.take(job.training.rows.step)
    tokens = sum(map(row_tokens, rows))
    rate = job.training.schedule.at(at.done, job.steps)
    stepped = stepper(at.done, rows, rate, asked.check if job.world.size == 1 else None)
    seconds = time.perf_counter() - began
    at.microbatch, at.feed = stepper.microbatch, job.feed.state()
    at.done, at.tokens = at.done + 1, at.tokens + tokens
    at.bad = at.bad + 1 if stepped.skipped else 0
    if stepped.skipped and job.world.rank == 0:
        dump_rows(job.folder, at.done, rows, stepped, job.policy.tokenizer)
    metrics = {
        "step": at.done,
        "loss": finite(stepped.loss),
        "rate": rate,
        "gradient_norm": finite(stepped.gradient_norm),
        "tokens": stepped.tokens,
        "tokens_seen": at.tokens,
        "epoch": round(job.feed.epoch, 6),
    }
    if stepped.router_loss is not None:
        metrics["router_loss"] = finite(stepped.router_loss)
    if stepped.skipped:
        metrics["skipped"] = True
    if is_due(at.done, job.steps, job.training.evaluation.every):
        metrics |= _evaluated(job, at)
    peak_mb = peak_bytes(str(job.policy.device)) / 1e6
    return metrics, {"seconds": seconds, "tokens_a_second": tokens / seconds, "peak_mb": round(peak_mb)}


def _evaluated(job: Job, at: Position) -> dict[str, float | None]:
    """Held-out losses of the parts and of all together; the position notes where that was lowest."""
    if not job.held_out:
        return {}
    sums = {}
    for name, rows in job.held_out.items():
        measure = partial(held_out_sum, job.policy, job.spread, rows, job.world)
        least = 1 if job.world.size == 1 else at.microbatch
        sums[name], at.microbatch = within_memory(measure, at.microbatch, least, job.policy.device.type)
    loss = sum(total for total, _ in sums.values()) / sum(tokens for _, tokens in sums.values())
    if math.isfinite(loss) and at.done and (not at.best or loss < at.best[1]):
        at.best = [at.done, loss]
    parts = {f"validation_loss/{name}": finite(total / tokens) for name, (total, tokens) in sums.items() if name}
    return {"validation_loss": finite(loss), **parts}


def end_hopeless(folder: Path, at: Position) -> None:
    """End a run in which nothing is learnt any more.

    Raises:
        MathmillError: three steps in a row were not finite.
    """
    if at.bad >= _MOST_BAD:
        raise MathmillError(
            f"loss or gradient of steps {at.done - at.bad + 1} to {at.done} were not finite, and nothing is learnt any "
            f"more: their rows are in {folder / 'bad'}. Begin anew in another folder with a lower schedule.rate, a "
            'longer warm_up or policy.precision = "float32"'
        )


def stop_together(asked: Asked, world: World) -> None:
    """Obey a signal that any process was sent, all at the same step.

    One that comes while they agree is obeyed a step later: the others have already been told that there was none.
    """
    if world.size == 1:
        asked.check()
    elif agreed := max(everyone(asked.signum)):
        asked.signum = agreed
        asked.check()


def is_due(done: int, steps: int, every: int | None) -> bool:
    """Whether something is to be done after a step: every so many, or a tenth of all, and after the last."""
    return done == steps or done % (every or -(-steps // _PARTS)) == 0


def finite(value: float) -> float | None:
    """A number as JSON has it."""
    return value if math.isfinite(value) else None
