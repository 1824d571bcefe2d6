"""A training Run, from its recipe to a model that others load.

RUN/
  config.json, manifest.json, ..   as of every Run (`mathmill.data.runs`)
  metrics.jsonl, timings.jsonl, checkpoints/, bad/   see `mathmill.train.loop`
  curve.svg                        losses by step
  model/                           loads with `from_pretrained`

This file imports torch at its head. Only functions import it.
"""

from __future__ import annotations

import math
import random
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import torch

from mathmill.data.errors import ConfigError
from mathmill.data.files import file_sha256
from mathmill.data.runs import Run
from mathmill.data.store.mounts import shown
from mathmill.data.terminal import mind
from mathmill.train import pretrain, sft
from mathmill.train.batch.examples import Encoder
from mathmill.train.batch.packing import check_packs
from mathmill.train.checkpoint.together import frozen_weights
from mathmill.train.finish import UNIT, About, finish
from mathmill.train.fitting import microbatch_of, remedies
from mathmill.train.loop import Job, run_steps
from mathmill.train.parallel.processes import World, first_of, joined, world
from mathmill.train.parallel.spread import spread
from mathmill.train.policy.adapters import CONFIG, WEIGHTS
from mathmill.train.policy.forward import PolicyModule
from mathmill.train.policy.load import Policy, open_policy
from mathmill.train.policy.settings import PolicySettings
from mathmill.train.recipe import PRETRAINING, TUNING, PretrainRecipe, SftRecipe
from mathmill.train.settings import LATER, Course, Length, Rows
from mathmill.train.show import lost_words
from mathmill.train.sources.feed import Feed, TrainingData
from mathmill.train.watch.trackers import Told, open_trackers
from mathmill.train.within_memory import OutOfMemory


def train(recipe: PretrainRecipe | SftRecipe, folder: Path) -> Path:
    """Train in `folder`, or finish what is there; the folder.

    Raises:
        ConfigError: recipe, data and model do not go together, or the folder holds another run.
        InputMissing, DamagedInput: model or data cannot be read.
        Locked, CannotCreate, DiskFull: as `Run`; the last good checkpoint stays.
        Stopped: by a signal, after a checkpoint was saved.
        MathmillError: training does not go on, for one of the reasons that `run_steps` tells.
    """
    here = world()
    device = device_of(recipe.machine.device)
    with joined(here, device), ExitStack() as held:
        seed_all(recipe.seed)
        policy = open_policy(recipe.policy, device, recipe.seed, texts_of(recipe))
        data = data_of(recipe, policy)
        run = run_of(recipe, folder, policy, kind_of(recipe), data.fingerprint)
        if here.is_first:
            held.enter_context(run)
        if first_of(here.is_first and run.is_done and run.ledger.is_done(UNIT)):
            if here.is_first:
                mind(f"{shown(run.folder)} is finished: nothing is done")
            return run.folder
        if here.is_first:
            run.reopen()
            run.clear_leftovers(())
            _tell_doubts(recipe, data)
        began = time.perf_counter()
        # Measured first: a model that is spread over processes answers only where all of them ask.
        fits = recipe.rows, recipe.machine, policy, here
        microbatch, advice = microbatch_of(*fits), remedies(*fits)
        job = _job(recipe, run.folder, policy, data, here, held)
        try:
            at = run_steps(job, microbatch)
        except OutOfMemory as error:
            raise OutOfMemory(f"{error}: {advice}") from None
        frozen = frozen_weights(policy.model, here)
        if here.is_first:
            about = About(data.names, data.prompt, {**data.facts, **data.feed.told()})
            finish(run, policy, at, recipe.evaluation.export, about, time.perf_counter() - began, frozen)
        return run.folder


def _job(
    recipe: PretrainRecipe | SftRecipe, folder: Path, policy: Policy, data: TrainingData, here: World, held: ExitStack
) -> Job:
    steps = steps_of(recipe.train, recipe.rows, data.feed)
    told = Told(folder, recipe.watching.project, folder.resolve().name, recipe.model_dump(mode="json"))
    trackers = held.enter_context(open_trackers(recipe.watching.trackers if here.is_first else (), told))
    module = spread(PolicyModule(policy), recipe.machine.parallel, here, str(policy.device), policy.precision)
    return Job(folder, policy, module, data.feed, data.held_out, recipe, steps, here, trackers)


def _tell_doubts(recipe: PretrainRecipe | SftRecipe, data: TrainingData) -> None:
    """Say what a person would rather know before hours than after."""
    steps = steps_of(recipe.train, recipe.rows, data.feed)
    if recipe.schedule.warm_up >= steps:
        mind(f"the rate never reaches its highest: schedule.warm_up is {recipe.schedule.warm_up:,} of {steps:,} steps")
    if lost := lost_words(data.facts):
        mind(f"{lost}; `mathmill train doctor` tells why")


def steps_of(length: Length, rows: Rows, feed: Feed) -> int:
    """How many steps a training has.

    Raises:
        ConfigError: epochs are asked for of a stream.
    """
    if length.steps is not None:
        return length.steps
    if length.tokens is not None:
        return -(-length.tokens // (rows.step * rows.length))
    assert length.epochs is not None
    if feed.rows is None:
        raise ConfigError(
            "train.epochs: nobody knows how many rows an epoch of a mix has before it is read: say train.tokens or "
            "train.steps"
        )
    return max(1, math.ceil(length.epochs * feed.rows / rows.step - 1e-9))


def device_of(wanted: str) -> str:
    """The kind of device that is trained on."""
    return ("cuda" if torch.cuda.is_available() else "cpu") if wanted == "auto" else wanted


def seed_all(seed: int) -> None:
    """Begin with the same random generators in every process; what is drawn on purpose has seeds of its own."""
    random.seed(seed)
    np.random.seed(seed % 2**32)
    torch.manual_seed(seed)


def run_of(recipe: Course, folder: Path, policy: Policy, kind: str, fingerprint: str) -> Run:
    """The Run of a training, not entered; what was resolved on this machine is part of it, on any it goes on at.

    `fingerprint` is that of what is trained on.
    """
    settings = recipe.policy.model_copy(update={"precision": policy.precision})
    files = {"policy": policy.facts["weights"], "data": fingerprint, **_beside(settings)}
    return Run(folder, recipe.model_copy(update={"policy": settings}), kind, files, {name: {} for name in LATER})


def kind_of(recipe: PretrainRecipe | SftRecipe) -> str:
    """The kind of a recipe's Run."""
    return PRETRAINING if isinstance(recipe, PretrainRecipe) else TUNING


def _beside(settings: PolicySettings) -> dict[str, str]:
    """What else a policy is opened from, by its hash: adapters, and a template of chats."""
    adapters = dict(settings.adapters)
    if settings.lora and settings.lora.start:
        adapters[settings.lora.name] = settings.lora.start
    files = {f"adapter {name} {each}": folder / each for name, folder in adapters.items() for each in (CONFIG, WEIGHTS)}
    if settings.chat_template:
        files["chat template"] = settings.chat_template
    return {name: file_sha256(path) for name, path in files.items()}


def data_of(recipe: PretrainRecipe | SftRecipe, policy: Policy) -> TrainingData:
    """What a recipe trains on, in the tokens of a policy.

    Raises:
        ConfigError: texts cannot be packed for this model, or as `pretrain.data` and `sft.data`.
        InputMissing, DamagedInput: as these.
    """
    if recipe.rows.packed:
        check_packs(policy.name, policy.model, policy.ends)
    encoder = Encoder(policy.name, policy.tokenizer, policy.ends, recipe.rows.length)
    if isinstance(recipe, PretrainRecipe):
        return pretrain.data(recipe, encoder)
    return sft.data(recipe, encoder)


def texts_of(recipe: PretrainRecipe | SftRecipe) -> Iterator[str]:
    """What the tokenizer of a fresh policy is made of, if the recipe names none."""
    return pretrain.texts(recipe) if isinstance(recipe, PretrainRecipe) else sft.texts(recipe)
