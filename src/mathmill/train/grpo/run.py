"""A Run of GRPO or one of its family, from its recipe to a model that others load.

RUN/
  config.json, manifest.json, ..   as of every Run (`mathmill.data.runs`)
  metrics.jsonl, timings.jsonl, checkpoints/, completions/, validation/, bad/   see `mathmill.train.grpo.loop`
  curve.svg                        loss, rate and gradient by step
  model/                           loads with `from_pretrained`

This file imports torch at its head. Only functions import it.
"""

from __future__ import annotations

import time
from contextlib import ExitStack
from pathlib import Path

from mathmill.data.errors import ConfigError
from mathmill.data.runs import Run
from mathmill.data.store.mounts import shown
from mathmill.data.terminal import mind
from mathmill.eval.models.tokens import Reader
from mathmill.train.checkpoint.together import frozen_weights
from mathmill.train.finish import UNIT, About, finish
from mathmill.train.fitting import microbatch_of, remedies
from mathmill.train.grpo.feed import QuestionFeed
from mathmill.train.grpo.job import GroupJob
from mathmill.train.grpo.loop import run_explorations
from mathmill.train.grpo.problems import GroupProblems, read_problems
from mathmill.train.grpo.recipe import EXPLORING, GrpoRecipe
from mathmill.train.grpo.reference import Reference
from mathmill.train.grpo.validate import Validator
from mathmill.train.parallel.processes import World, first_of, joined, world
from mathmill.train.parallel.spread import spread
from mathmill.train.policy.forward import PolicyModule
from mathmill.train.policy.load import Policy, open_policy
from mathmill.train.reward.own import own_fingerprint
from mathmill.train.reward.places import Decode
from mathmill.train.reward.scorer import Scorer
from mathmill.train.reward.settings import Form, Own
from mathmill.train.rollout.local import LocalEngine
from mathmill.train.run import device_of, run_of, seed_all
from mathmill.train.settings import Rows
from mathmill.train.watch.trackers import Told, open_trackers
from mathmill.train.within_memory import OutOfMemory


def train_groups(recipe: GrpoRecipe, folder: Path) -> Path:
    """Train in `folder`, or finish what is there; the folder.

    Raises:
        ConfigError: recipe, Problems and model do not go together, or the folder holds another run.
        InputMissing, DamagedInput: model or Problems cannot be read.
        Locked, CannotCreate, DiskFull: as `Run`; the last good checkpoint stays.
        Stopped: by a signal, after a checkpoint was saved.
        MathmillError: training does not go on, for one of the reasons that `run_explorations` tells.
    """
    here = world()
    device = device_of(recipe.machine.device)
    with joined(here, device), ExitStack() as held:
        seed_all(recipe.seed)
        policy = open_policy(recipe.policy, device, recipe.seed)
        _check_spread(recipe, here)
        problems = problems_of(recipe, policy)
        run = run_of(recipe, folder, policy, EXPLORING, _fingerprint(recipe, problems))
        if here.is_first:
            held.enter_context(run)
        if first_of(here.is_first and run.is_done and run.ledger.is_done(UNIT)):
            if here.is_first:
                mind(f"{shown(run.folder)} is finished: nothing is done")
            return run.folder
        if here.is_first:
            run.reopen()
            run.clear_leftovers(())
        return _trained(recipe, run, policy, problems, here, held)


def _trained(
    recipe: GrpoRecipe, run: Run, policy: Policy, problems: GroupProblems, here: World, held: ExitStack
) -> Path:
    began = time.perf_counter()
    fits = rows_of(recipe, policy, problems), recipe.machine, policy, here
    # Measured first: a model that is spread over processes answers only where all of them ask.
    microbatch, advice = microbatch_of(*fits), remedies(*fits)
    job = _job(recipe, run.folder, policy, problems, here, held)
    try:
        at = run_explorations(job, microbatch)
    except OutOfMemory as error:
        raise OutOfMemory(f"{error}: {advice}") from None
    frozen = frozen_weights(policy.model, here)
    if here.is_first:
        prompt = problems.trained[0].prompt.given
        facts = {**problems.facts, "epochs": round(job.feed.epoch, 4), "explorations": at.explorations}
        about = About([_name(recipe)], prompt if isinstance(prompt, str) else "", facts)
        finish(run, policy, at, recipe.evaluation.export, about, time.perf_counter() - began, frozen)
    return run.folder


def problems_of(recipe: GrpoRecipe, policy: Policy) -> GroupProblems:
    """The Problems of a recipe, in words that a policy is asked in. Raises what `read_problems` does."""
    reader = Reader(policy.name, policy.tokenizer, policy.causal)
    longest = recipe.rollout.max_new_tokens
    return read_problems(recipe.problems, recipe.wording, recipe.validation, reader, longest, recipe.seed)


def rows_of(recipe: GrpoRecipe, policy: Policy, problems: GroupProblems) -> Rows:
    """What a step is made of, at its largest."""
    reader = Reader(policy.name, policy.tokenizer, policy.causal)
    return recipe.rows(max(map(len, reader.read([each.prompt for each in problems.trained]))))


def _job(
    recipe: GrpoRecipe, folder: Path, policy: Policy, problems: GroupProblems, here: World, held: ExitStack
) -> GroupJob:
    told = Told(folder, recipe.watching.project, folder.resolve().name, recipe.model_dump(mode="json"))
    trackers = held.enter_context(open_trackers(recipe.watching.trackers if here.is_first else (), told))
    module = spread(PolicyModule(policy), recipe.machine.parallel, here, str(policy.device), policy.precision)
    form = Form(stated=problems.stated, longest=recipe.rollout.max_new_tokens)
    scorer = held.enter_context(Scorer(recipe.rewards, recipe.judging, form, _decode(policy)))
    is_new = recipe.policy.lora is not None and recipe.policy.lora.start is None
    explorations = recipe.train.count(len(problems.trained), recipe.exploration.problems)
    sampling = recipe.validation.sampling(recipe.rollout.sampling(recipe.seed))
    return GroupJob(
        folder=folder,
        policy=policy,
        spread=module,
        engine=LocalEngine(policy, recipe.rollout.rows),
        scorer=scorer,
        reference=Reference(policy, recipe.objective.reference, is_new) if recipe.objective.kl.coefficient else None,
        feed=QuestionFeed(problems.trained, recipe.seed),
        held_out=problems.validation,
        validator=Validator(sampling, recipe.validation.greedy, problems.stated),
        recipe=recipe,
        steps=explorations * recipe.exploration.steps,
        world=here,
        trackers=trackers,
    )


def _check_spread(recipe: GrpoRecipe, here: World) -> None:
    """Refuse what cannot be done here.

    Raises:
        ConfigError: a value model is asked for, or groups are to be drawn from shares of weights.
    """
    if recipe.objective.advantage.baseline == "critic":
        raise ConfigError(
            "a value model (algorithm ppo) is not trained yet: choose another algorithm, such as grpo or rloo"
        )
    if here.size > 1 and recipe.machine.parallel == "fsdp":
        raise ConfigError(
            "groups are drawn in the process that trains, which needs whole weights: set machine.parallel to ddp"
        )


def _decode(policy: Policy) -> Decode:
    tokenizer = policy.tokenizer
    return lambda ids: str(tokenizer.decode(ids, skip_special_tokens=True))


def _fingerprint(recipe: GrpoRecipe, problems: GroupProblems) -> str:
    """Of Problems and of what rewards them: functions of one's own by their source."""
    hashes = [own_fingerprint(each.use) for each in recipe.rewards if isinstance(each, Own)]
    return " ".join([problems.fingerprint, *hashes])


def _name(recipe: GrpoRecipe) -> str:
    """What a card, whose reader has another machine, calls the Problems."""
    of = recipe.problems
    return of.use or Path(of.file or of.run or "").name
