"""The loop of GRPO and its family: explore, reward, compare, step; from where the newest good checkpoint is.

RUN/
  metrics.jsonl, timings.jsonl    a line a step (`mathmill.train.checkpoint.metrics_log`)
  completions/, validation/       what was said, and what it was worth (`mathmill.train.grpo.tables`, `.validate`)
  checkpoints/step-00000120/      after so many steps; between the steps of an exploration with its rollouts
  bad/step-00000012.jsonl         the rows of a step whose loss or gradient was not finite

This file imports torch at its head. Only functions import it.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from mathmill.data.errors import MathmillError, Stopped
from mathmill.data.progress import progress_shown
from mathmill.data.terminal import mind
from mathmill.eval.models.memory import peak_bytes
from mathmill.train.bad_rows import dump_rows
from mathmill.train.checkpoint.state import Trained
from mathmill.train.grpo.buffer import Buffer, buffer_from
from mathmill.train.grpo.explore import explore
from mathmill.train.grpo.group_loss import GroupLoss
from mathmill.train.grpo.job import GroupJob
from mathmill.train.grpo.validate import figures, write_validation
from mathmill.train.keeper import Keeper, Position, Tables
from mathmill.train.loop import end_hopeless, finite, is_due, stop_together
from mathmill.train.objective.loss import metrics_of, token_weights
from mathmill.train.parallel.processes import first_of
from mathmill.train.signals import Asked, noting_signals
from mathmill.train.step import Stepped, Stepper, make_optimizer
from mathmill.train.watch.alarms import listen
from mathmill.train.watch.board import Board

_ACCURACY = "validation_accuracy"  # by which the best weights are told


@dataclass(slots=True)
class GroupPosition(Position):
    """Where a run is: in its newest exploration, too."""

    explorations: int = 0  # begun
    made: int = 0  # steps of the newest one
    left: dict[str, Any] = field(default_factory=dict)  # `Buffer.notes` of it, unless all its steps are made
    baseline: dict[str, float] = field(default_factory=dict)  # of rewards, where it runs on
    alarms: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class _Going:
    """A run on its way."""

    job: GroupJob
    at: GroupPosition
    stepper: Stepper
    asked: Asked
    buffer: Buffer | None

    def tables(self) -> Tables:
        """What a checkpoint needs beside model and optimizer."""
        reference = self.job.reference.tables() if self.job.reference else {}
        return {**reference, **({"rollouts": self.buffer.tables()} if self.buffer else {})}


def run_explorations(job: GroupJob, microbatch: int) -> GroupPosition:
    """Make all steps that are not made, saving checkpoints; where the run then is.

    Raises:
        Stopped: by a signal, after a checkpoint was saved.
        DiskFull, CannotCreate: something could not be written; the last good checkpoint stays.
        MathmillError: three steps in a row were not finite, or an alarm rang that ends the run.
        ConfigError: the checkpoint is of another run; a completion does not fit into memory; a reward fails.
        JudgeInTrouble: verdicts time out too often.
    """
    recipe, world = job.recipe, job.world
    optimizer = make_optimizer(recipe.optimizer, job.policy.model)
    frozen = any(not parameter.requires_grad for parameter in job.policy.model.parameters())
    saves = partial(is_due, steps=job.steps, every=recipe.saving.every)
    keeper = Keeper(job.folder, Trained(job.policy.model, optimizer, frozen), world, recipe.saving.keep, saves)
    at = keeper.resume(GroupPosition(microbatch, job.feed.state(), recipe.machine.microbatch))
    if recipe.machine.microbatch not in (0, at.asked):  # else what was found is kept, since bytes hang on it
        at.microbatch = at.asked = recipe.machine.microbatch
    job.feed.load(at.feed)
    if job.reference:
        job.reference.load(keeper.tables)
    if at.done and world.is_first:
        mind(f"it goes on from step {at.done:,} of {job.steps:,}")
    stepper = Stepper(job.policy, job.spread, optimizer, recipe.optimizer.clip, recipe.seed, at.microbatch, world)
    board = Board(job.steps, at.done)
    with ExitStack() as held:
        asked = held.enter_context(noting_signals())
        held.enter_context(keeper.begin(at))
        if world.is_first:
            held.enter_context(progress_shown(board.outlook))
        going = _Going(job, at, stepper, asked, buffer_from(keeper.tables["rollouts"], at.left) if at.left else None)
        try:
            if not at.offset:
                keeper.note(at, {"step": 0, **_validated(going)}, {})
            while at.done < job.steps:
                stop_together(asked, world)
                metrics, timings = _advance(going)
                keeper.note(at, metrics, timings)
                job.trackers.log(at.done, {**metrics, **timings})
                board.add(metrics, timings)
                end_hopeless(job.folder, at)
                _heed(going, metrics)
                if saves(at.done) or at.best[:1] == [at.done]:
                    keeper.save(at, going.tables())
        except Stopped as stopped:
            keeper.save(at, going.tables())
            told = f"{stopped}; {at.done:,} of {job.steps:,} steps are done and saved"
            raise Stopped(told, stopped.exit_code - 128) from None
    return at


def _advance(going: _Going) -> tuple[dict[str, Any], dict[str, Any]]:
    """One step, before which there may be an exploration; its metrics and timings."""
    job, at = going.job, going.at
    began = time.perf_counter()
    explored: Mapping[str, Any] = {}
    if going.buffer is None:
        found = explore(job, at.explorations, at.baseline, at.microbatch, _check(going))
        explored, going.buffer = found.metrics, found.buffer
        # Only now: what stops an exploration leaves the run where it was before it.
        at.baseline, at.feed = dict(found.baseline), job.feed.state()
        at.explorations, at.made, at.left = at.explorations + 1, 0, found.buffer.notes()
    drawn = time.perf_counter()
    stepped, rows_tokens = _step(going)
    ended = time.perf_counter()
    at.done, at.made, at.tokens = at.done + 1, at.made + 1, at.tokens + rows_tokens
    at.bad = at.bad + 1 if stepped.skipped else 0
    if at.made == job.recipe.exploration.steps:
        going.buffer, at.left = None, {}
        if job.reference:
            job.reference.follow(at.explorations)
    metrics = {**_metrics(going, stepped), **explored}
    if is_due(at.done, job.steps, job.recipe.evaluation.every):
        metrics |= _validated(going)
    timings = {
        "seconds": ended - began,
        "tokens_a_second": rows_tokens / (ended - began),
        "peak_mb": round(peak_bytes(str(job.policy.device)) / 1e6),
        "step_seconds": ended - drawn,
        **({"exploration_seconds": drawn - began} if explored else {}),
    }
    return metrics, timings


def _step(going: _Going) -> tuple[Stepped, int]:
    """One step on a minibatch of what was drawn, and the tokens of its rows; none where nothing has anything to say."""
    job, at, buffer = going.job, going.at, going.buffer
    assert buffer is not None
    recipe, parts = job.recipe, job.recipe.exploration.minibatches
    seed = recipe.seed + at.explorations
    minibatch = buffer.minibatch(at.made, parts, seed)
    if not minibatch:
        return Stepped(0.0, 0.0, 0, None), 0
    lengths = [len(each.completion_ids) for each in minibatch]
    # A minibatch stands for its part of all that was drawn, so that their losses average to that of the whole.
    whole = buffer.rollouts / parts, buffer.tokens / parts
    weights = token_weights(lengths, recipe.objective.loss.mean, recipe.rollout.max_new_tokens, whole)
    loss = GroupLoss(
        {each.origin: each for each in minibatch},
        {each.origin: weight for each, weight in zip(minibatch, weights, strict=True)},
        recipe.objective.loss,
        recipe.objective.kl,
        recipe.rollout.temperature,
        job.policy.device,
    )
    going.stepper.microbatch = at.microbatch
    rows = [each.row for each in minibatch]
    rate = recipe.schedule.at(at.done, job.steps)
    stepped = going.stepper(at.done, rows, rate, _check(going), loss)
    at.microbatch = going.stepper.microbatch
    if stepped.skipped and job.world.is_first:
        dump_rows(job.folder, at.done + 1, rows, stepped, job.policy.tokenizer)
    return stepped, sum(len(each) for row in rows for each in row)


def _metrics(going: _Going, stepped: Stepped) -> dict[str, Any]:
    job, at = going.job, going.at
    sums = dict(stepped.sums)
    metrics: dict[str, Any] = {
        "step": at.done,
        "loss": finite(stepped.loss),
        "rate": job.recipe.schedule.at(at.done - 1, job.steps),
        "gradient_norm": finite(stepped.gradient_norm),
        "tokens": stepped.tokens,
        "tokens_seen": at.tokens,
        "epoch": round(job.feed.epoch, 6),
    }
    if sums.get("tokens"):
        metrics["entropy"] = sums["entropy"] / sums["tokens"]
        metrics |= {name: finite(value) for name, value in metrics_of(sums).items()}
        if at.made == 1:  # nothing has changed since they were drawn
            metrics["sampler_gap"] = sums["gap"] / sums["tokens"]
    if stepped.router_loss is not None:
        metrics["router_loss"] = finite(stepped.router_loss)
    if stepped.skipped:
        metrics["skipped"] = True
    return metrics


def _validated(going: _Going) -> dict[str, Any]:
    """How the policy does on held-out Problems; the position notes where that was best.

    The first process asks all of them: greedy completions and votes are of whole Problems, and few.
    """
    job, at = going.job, going.at
    if not job.held_out:
        return {}
    found: dict[str, float] = {}
    if job.world.is_first:
        answered = job.validator(job.engine, job.held_out, _check(going))
        write_validation(job.folder, at.done, answered)
        found = figures(answered)
    found = first_of(found)
    if at.done and (not at.best or found[_ACCURACY] > at.best[1]):
        at.best = [at.done, found[_ACCURACY]]
    return found


def _heed(going: _Going, metrics: Mapping[str, Any]) -> None:
    """Say what alarms have to say of a step that an exploration, or a validation, came before.

    Raises:
        MathmillError: one of them ends the run.
    """
    job, at = going.job, going.at
    deaths = {"worker_deaths": job.scorer.trouble.deaths} if "exploration" in metrics else {}
    raised, at.alarms = listen(job.recipe.alarms, at.alarms, {**metrics, **deaths})
    for alarm in raised:
        if job.world.is_first:
            mind(f"alarm: {alarm}")
        if alarm.stops:
            raise MathmillError(f"alarm: {alarm}. alarms.stop names it, so the run ends; what is saved stays")


def _check(going: _Going) -> Any:
    return going.asked.check if going.job.world.size == 1 else _nothing


def _nothing() -> None:
    pass
