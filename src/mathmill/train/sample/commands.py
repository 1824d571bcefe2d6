"""What `mathmill train sample` does: everything that can be found wrong is, cheapest first, before a token is made."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from mathmill.data.terminal import counted, one_line
from mathmill.eval.models.base import Model
from mathmill.eval.models.context import check_draws
from mathmill.eval.models.open import open_model
from mathmill.eval.tasks.find import find_task
from mathmill.train.sample.plan import Plan, make_plan
from mathmill.train.sample.recipe import SampleRecipe
from mathmill.train.sample.run import Sampled, run_sample
from mathmill.train.sample.wording import recipe_words


def sample(recipe: SampleRecipe, folder: Path) -> Sampled:
    """Sample solutions, and keep what is right.

    Raises:
        ConfigError, InputMissing, DamagedInput: as `open_model`, `make_plan` and `run_sample`.
    """
    with recipe_words(), _planned(recipe, folder) as (plan, model):
        drawn = counted(plan.asked * plan.claim.sampling.n, "solution")
        told = f"{plan.claim.task.name}: {drawn} for {counted(plan.asked, 'problem')} of {plan.origin} -> {folder}"
        print(one_line(told), file=sys.stderr, flush=True)
        return run_sample(plan, model, folder)


def plan_sample(recipe: SampleRecipe, folder: Path) -> Plan:
    """What `sample` would do.

    Raises:
        ConfigError, InputMissing, DamagedInput: as `sample`.
    """
    with recipe_words(), _planned(recipe, folder) as (plan, _):
        return plan


@contextmanager
def _planned(recipe: SampleRecipe, folder: Path) -> Iterator[tuple[Plan, Model]]:
    find_task(recipe.task)
    check_draws(recipe.draws.as_sampling())
    with closing(open_model(recipe.model, recipe.means)) as model:
        plan = make_plan(recipe, model)
        plan.run(folder).inspect()
        yield plan, model
