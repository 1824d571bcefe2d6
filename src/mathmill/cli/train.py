"""The commands of `mathmill train`: a policy made better."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mathmill.cli.options import Json
from mathmill.data.errors import ConfigError
from mathmill.data.storage import local_folder

if TYPE_CHECKING:
    from mathmill.train.recipe import PretrainRecipe, SftRecipe

train_app = typer.Typer(no_args_is_help=True, help="Train a model, and let it make what it is trained on.")

Recipe = Annotated[Path, typer.Argument(metavar="RECIPE", help="TOML file, such as recipes/sft.toml")]
Out = Annotated[
    Path | None,
    typer.Option("--out", metavar="FOLDER", parser=local_folder, help="of the run; default runs/NAME-OF-RECIPE"),
]
Settings = Annotated[
    list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="over the recipe, as schedule.rate=1e-5")
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="check everything, change nothing")]


@train_app.command("pretrain")
def train_pretrain(
    recipe: Recipe, out: Out = None, settings: Settings = None, dry_run: DryRun = False, as_json: Json = False
) -> None:
    """Train on texts of a corpus and of other sources. Killed at any moment, the same command goes on."""
    from mathmill.train.recipe import load_training

    _train(load_training(recipe, settings or [], "pretrain"), out or Path("runs") / recipe.stem, dry_run, as_json)


@train_app.command("sft")
def train_sft(
    recipe: Recipe, out: Out = None, settings: Settings = None, dry_run: DryRun = False, as_json: Json = False
) -> None:
    """Tune a model on chats, completions or solved Problems. Killed at any moment, the same command goes on."""
    from mathmill.train.recipe import load_training

    _train(load_training(recipe, settings or [], "sft"), out or Path("runs") / recipe.stem, dry_run, as_json)


@train_app.command("grpo")
def train_grpo(recipe: Recipe, out: Out = None, settings: Settings = None, as_json: Json = False) -> None:
    """Train on verified answers: GRPO and its family. Killed at any moment, the same command goes on."""
    from mathmill.data.config import load_recipe
    from mathmill.train.grpo.recipe import GrpoRecipe

    resolved = load_recipe(recipe, GrpoRecipe, settings or [])
    from mathmill.train.grpo.run import train_groups
    from mathmill.train.parallel.processes import world
    from mathmill.train.show import show_trained

    finished = train_groups(resolved, out or Path("runs") / recipe.stem)
    if world().is_first:
        show_trained(finished, as_json)


@train_app.command("doctor")
def train_doctor(
    recipe: Recipe,
    out: Out = None,
    settings: Settings = None,
    processes: Annotated[int, typer.Option(min=1, metavar="N", help="that torchrun is to start in all")] = 1,
    as_json: Json = False,
) -> None:
    """Look at what `pretrain` or `sft` would do: prompts and masks, ends, memory, time. Exit code 2 if it cannot."""
    from mathmill.train.recipe import load_training

    _examine(load_training(recipe, settings or []), out or Path("runs") / recipe.stem, processes, as_json)


def _train(recipe: PretrainRecipe | SftRecipe, folder: Path, dry_run: bool, as_json: bool) -> None:
    if dry_run:
        _examine(recipe, folder, 1, as_json)
        return
    from mathmill.train.parallel.processes import world
    from mathmill.train.run import train
    from mathmill.train.show import show_trained

    finished = train(recipe, folder)
    if world().is_first:
        show_trained(finished, as_json)


def _examine(recipe: PretrainRecipe | SftRecipe, folder: Path, processes: int, as_json: bool) -> None:
    from mathmill.train.doctor.examine import examine
    from mathmill.train.doctor.show import show_report

    report = examine(recipe, folder, processes)
    show_report(report, as_json)
    raise typer.Exit(0 if report.is_well else ConfigError.exit_code)


@train_app.command("sample")
def train_sample(
    recipe: Recipe,
    out: Out = None,
    settings: Settings = None,
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Have a model solve Problems many times, and keep the solutions that are right. Exit code 1 if none is."""
    from mathmill.data.config import load_recipe
    from mathmill.train.sample.commands import plan_sample, sample
    from mathmill.train.sample.recipe import SampleRecipe
    from mathmill.train.sample.show import show_plan, show_sampled

    folder = out or Path("runs") / recipe.stem
    resolved = load_recipe(recipe, SampleRecipe, settings or [])
    if dry_run:
        show_plan(plan_sample(resolved, folder), folder, as_json)
    else:
        raise typer.Exit(show_sampled(sample(resolved, folder), as_json))
