"""`mathmill train doctor`: everything that a training needs, tried before its first step; nothing is changed.

This file imports torch at its head. Only functions import it.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch

from mathmill.data.errors import MathmillError
from mathmill.data.progress import duration
from mathmill.data.runs import DONE, NEW, UNFINISHED
from mathmill.data.store.mounts import shown
from mathmill.data.terminal import counted
from mathmill.eval.models.memory import free_bytes
from mathmill.train.batch.ends import Ends
from mathmill.train.doctor.findings import Report, stretches
from mathmill.train.doctor.trial import Trial, try_step
from mathmill.train.fitting import forecast, microbatch_of, remedies, room
from mathmill.train.parallel.processes import World
from mathmill.train.policy.load import Policy, open_policy
from mathmill.train.policy.memory import footprint
from mathmill.train.recipe import PretrainRecipe, SftRecipe
from mathmill.train.run import data_of, device_of, kind_of, run_of, seed_all, steps_of, texts_of
from mathmill.train.sources.feed import Row, TrainingData
from mathmill.train.step import row_tokens, trained_tokens

_SHOWN = 2  # Examples
_MANY = 0.05  # share of Examples that are cut or dropped, from which on a person should look
_FEW = 1_000  # held-out tokens
_TIGHT = 0.9  # share of what is free
_BLIND = 1.2  # times the loss of a blind guess: worse than that no trained model is


def examine(recipe: PretrainRecipe | SftRecipe, folder: Path, processes: int = 1) -> Report:
    """Try all that a training in `folder` would do, and one step without its update.

    `processes` are those of the training, each on a device like the one here; the step is tried by this one alone.
    """
    world = World(0, processes)
    report = Report()
    seed_all(recipe.seed)
    device = device_of(recipe.machine.device)
    try:
        _machine(report, device)
        policy = open_policy(recipe.policy, device, recipe.seed, texts_of(recipe))
        _policy(report, policy)
        _ends(report, policy.ends, policy.tokenizer)
        data = data_of(recipe, policy)
        _data(report, data)
        steps = _length(report, recipe, data)
        rows = data.feed.take(recipe.rows.step)
        _examples(report, rows, policy)
        microbatch = microbatch_of(recipe.rows, recipe.machine, policy, world)
        _memory(report, recipe, policy, microbatch, world)
        trial = try_step(recipe, policy, rows, microbatch)
        _loss(report, trial)
        _time(report, trial, steps, recipe, processes)
        _disk(report, trial, recipe, folder, policy)
        state = run_of(recipe, folder, policy, kind_of(recipe), data.fingerprint).inspect()
        report.add("folder", f"{shown(folder)}: {_STATES[state]}")
    except MathmillError as error:  # its message says what to do
        report.add("training", str(error), "wrong")
    return report


_STATES = {
    NEW: "nothing is there yet",
    UNFINISHED: "an unfinished run of this recipe, which would go on",
    DONE: "a finished run of this recipe: nothing would be done",
}


def _machine(report: Report, device: str) -> None:
    name = (
        torch.cuda.get_device_name() if device == "cuda" else f"{os.cpu_count()} cores, {torch.get_num_threads()} used"
    )
    report.add("machine", f"{device} ({name}), {free_bytes(device) / 1e9:.1f} GB free; torch {torch.__version__}")


def _policy(report: Report, policy: Policy) -> None:
    whole = sum(each.numel() for each in policy.model.parameters())
    trained = sum(each.numel() for each in policy.model.parameters() if each.requires_grad)
    report.figures |= {"parameters": whole, "trained_parameters": trained}
    report.add(
        "policy",
        f"{policy.name} ({policy.causal.config.model_type}): {whole:,} parameters, {trained:,} trained, computed in "
        f"{policy.precision}",
    )
    for note in policy.notes:
        report.add("policy", note, "mind")


def _ends(report: Report, ends: Ends, tokenizer: Any) -> None:
    def named(ids: Iterable[int]) -> str:
        return ", ".join(f"{tokenizer.convert_ids_to_tokens(each)} ({each})" for each in sorted(ids))

    report.figures |= {"eos": ends.eos, "ends_of_text": sorted(ends.of_text), "ends_of_turn": sorted(ends.of_turn)}
    report.add("ends", f"a text ends with {named([ends.eos])}; a model is stopped at {named(ends.of_text)}")
    if tokenizer.chat_template:
        report.add("ends", f"a turn of a chat is stopped at {named(ends.of_turn)}")
    else:
        report.add("ends", "there is no chat template: Examples are prompts and completions in plain text")
    same = ", which also ends a text: as padding it is never trained" if ends.pad in ends.of_text else ""
    report.add("ends", f"rows are filled with {named([ends.pad])}{same}")


def _data(report: Report, data: TrainingData) -> None:
    facts = data.facts
    report.figures["data"] = dict(facts)
    if "examples" in facts:
        given, cut, dropped = facts["examples"], facts["truncated"], facts["dropped"]
        report.add(
            "data",
            f"{given:,} Examples of {facts['tokens']:,} tokens, of which {facts['trained_tokens']:,} are trained; the "
            f"longest has {facts['longest']:,}",
        )
        if cut:
            report.add(
                "data",
                f"{cut:,} answers are longer than a row and lose their end: set rows.length to {facts['longest']:,}, "
                'or too_long = "dropped" in their source',
                "mind" if cut > _MANY * given else "ok",
            )
        for reason, count in dropped.items():
            told = _evidence(facts, reason)
            report.add("data", f"{count:,} dropped: {reason} ({told})", "mind" if count > _MANY * given else "ok")
    for name, rows in data.held_out.items():
        tokens = sum(map(trained_tokens, rows))
        report.add("held out", f"{tokens:,} tokens{f' of {name}' if name else ''} of which the loss is measured")
    few = sum(trained_tokens(row) for rows in data.held_out.values() for row in rows)
    if 0 < few < _FEW:
        report.add("held out", f"{few:,} tokens are too few to tell the best step by: hold out more", "mind")
    if not data.held_out:
        report.add("held out", "nothing is, so that nobody sees when a model learns by heart: set held_out", "mind")


def _evidence(facts: Any, reason: str) -> str:
    found = [each for source in facts["sources"] for each in source["evidence"].get(reason, [])]
    return "; ".join(found[:2])


def _length(report: Report, recipe: PretrainRecipe | SftRecipe, data: TrainingData) -> int:
    steps = steps_of(recipe.train, recipe.rows, data.feed)
    rows = data.feed.rows
    report.figures["steps"] = steps
    of = f", {steps * recipe.rows.step / rows:.2f} epochs of {rows:,} rows" if rows else ""
    report.add("length", f"{steps:,} steps of {recipe.rows.step:,} rows{of}")
    if recipe.schedule.warm_up >= steps:
        report.add(
            "length",
            f"the rate never reaches its highest: schedule.warm_up is {recipe.schedule.warm_up:,} of {steps:,} steps",
            "mind",
        )
    return steps


def _examples(report: Report, rows: list[Row], policy: Policy) -> None:
    some = [example for row in rows for example in row][:_SHOWN]
    report.examples = [list(stretches(each.input_ids, each.trained, policy.tokenizer)) for each in some]
    tokens, longest = sum(map(row_tokens, rows)), max(map(row_tokens, rows))
    bos = policy.tokenizer.bos_token_id
    twice = [each for row in rows for each in row if bos is not None and each.input_ids[:2] == (bos, bos)]
    if twice:
        report.add("examples", f"{twice[0].origin} begins with two BOS: take one out of the chat template", "wrong")
    report.add("examples", f"the first step has {tokens:,} tokens; its longest row has {longest:,}")


def _loss(report: Report, trial: Trial) -> None:
    report.figures |= trial.figures()
    if not trial.is_finite:
        report.add(
            "loss",
            f"{trial.loss:g}, and its gradient is {trial.gradient_norm:g} long: the weights are damaged, or "
            'policy.precision = "float32" is needed',
            "wrong",
        )
        return
    said = f"{trial.loss:.3f} nats before training; a blind guess has {trial.blind_loss:.2f}"
    if trial.loss > _BLIND * trial.blind_loss:
        report.add("loss", f"{said}: look whether the tokenizer is the model's", "mind")
    else:
        report.add("loss", said)


def _memory(report: Report, recipe: PretrainRecipe | SftRecipe, policy: Policy, microbatch: int, world: World) -> None:
    fits = recipe.rows, recipe.machine
    takes = forecast(footprint(policy, recipe.rows.packed), *fits, world, microbatch)
    has = room(policy, world)
    report.figures |= {"microbatch": microbatch, "forecast": asdict(takes), "room": has}
    said = f"about {takes.total / 1e9:.2f} GB with {microbatch} rows at once, of {has / 1e9:.1f} that can be had"
    if takes.total > has:
        report.add("memory", f"{said}: {remedies(*fits, policy, world)}", "wrong" if microbatch == 1 else "mind")
    elif takes.total > _TIGHT * has:
        report.add("memory", f"{said}, which is tight: {remedies(*fits, policy, world)}", "mind")
    else:
        report.add("memory", said)


def _time(report: Report, trial: Trial, steps: int, recipe: PretrainRecipe | SftRecipe, processes: int) -> None:
    seconds = trial.seconds / trial.rows * -(-recipe.rows.step // processes)
    report.figures |= {"seconds_a_step": seconds, "seconds": seconds * steps}
    report.add(
        "time",
        f"about {seconds:.3g} s a step ({trial.tokens / trial.seconds:,.0f} tokens/s), {duration(seconds * steps)} in "
        f"all by {counted(processes, 'process', 'processes')} on devices like this one, without evaluations and "
        "checkpoints",
    )


def _disk(report: Report, trial: Trial, recipe: PretrainRecipe | SftRecipe, folder: Path, policy: Policy) -> None:
    there = next(each for each in (folder.absolute(), *folder.absolute().parents) if each.exists())
    model = sum(each.numel() for each in policy.model.parameters()) * getattr(torch, policy.saved_in).itemsize
    # And the best, and then what is being written: another one, or the model, which of an adapter is far larger.
    needed = (recipe.saving.keep + 1) * trial.checkpoint_bytes + max(trial.checkpoint_bytes, model)
    report.figures["disk"] = needed
    free = shutil.disk_usage(there).free
    said = f"{needed / 1e9:.2f} GB of checkpoints and model, of {free / 1e9:.1f} free in {there}"
    if needed > free:
        report.add("disk", f"{said}: set a smaller saving.keep, or name another folder with --out", "wrong")
    else:
        report.add("disk", said)
