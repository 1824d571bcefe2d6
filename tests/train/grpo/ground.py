"""A tiny run of GRPO: a policy that knows nothing, paid for saying little, so that its groups differ from the start."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch

from mathmill.data.config import resolve
from mathmill.train.grpo.recipe import GrpoRecipe
from mathmill.train.grpo.run import train_groups
from mathmill.train.objective.algorithms import over
from tests.train.checkpoint.training import in_process
from tests.train.grpo import world


def write_ground(folder: Path) -> Path:
    """A folder with a policy and Problems."""
    world.write_policy(folder / "policy")
    world.write_solved(folder / "train.jsonl", world.sums("train", 40))
    world.write_solved(folder / "validation.jsonl", world.sums("validation", 6))
    return folder


def grpo_tree(ground: Path, **changes: Any) -> dict[str, Any]:
    """Four explorations of three groups of four, two steps each; `changes` are put over it."""
    tree = {
        "policy": {"start": str(ground / "policy"), "precision": "float32"},
        "problems": {"file": str(ground / "train.jsonl")},
        "wording": {"ask": world.ASK},
        "validation": {"problems": {"file": str(ground / "validation.jsonl")}, "samples": 2},
        "train": {"explorations": 4},
        "exploration": {"problems": 3, "minibatches": 2},
        "rollout": {"group": 4, "max_new_tokens": world.MAX_NEW_TOKENS},
        "rewards": [{"use": "accuracy"}, {"use": "overlong", "soft": world.MAX_NEW_TOKENS - 1}],
        "schedule": {"rate": 1e-3},
        "machine": {"device": "cpu", "microbatch": 2},
        "saving": {"every": 3},
        "evaluation": {"every": 4},
    }
    return over(changes, tree)


def grpo_recipe(ground: Path, **changes: Any) -> GrpoRecipe:
    """The recipe of `grpo_tree`."""
    return resolve(grpo_tree(ground, **changes), GrpoRecipe, "a test's recipe")


def killed(recipe: GrpoRecipe, folder: Path, kill_at: str = "") -> int:
    """How a run ended in a process of its own."""

    def work() -> None:
        torch.set_num_threads(1)  # threads of the process that this one is forked from are not there
        train_groups(recipe, folder)

    return in_process(work, kill_at)
