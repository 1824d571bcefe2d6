"""What `mathmill eval run` does: one model, one Task after the other, a Run each."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from mathmill.data.errors import ConfigError
from mathmill.data.runs import Run
from mathmill.data.terminal import one_line
from mathmill.eval.harness.contamination import check_corpus
from mathmill.eval.harness.prepare import Prepared, Wanted, prepare
from mathmill.eval.harness.publishing import BENCHMARK, Finished
from mathmill.eval.harness.run import run_benchmark
from mathmill.eval.models.base import Model
from mathmill.eval.models.context import check_draws
from mathmill.eval.models.open import Means, open_model
from mathmill.eval.tasks.find import find_tasks

#: The folder below which benchmarks are kept, if no other is named.
HOME = Path("runs/eval")


@dataclass(frozen=True, slots=True)
class Order:
    """Tasks for a model; `out` is the folder of the one Task, or of the folders of several."""

    model: str
    tasks: Sequence[str]
    wanted: Wanted
    means: Means
    out: Path | None = None
    corpus: Path | None = None


def run_tasks(order: Order) -> list[Finished]:
    """Run each Task to its end.

    Raises:
        ConfigError, InputMissing, DamagedInput: as `find_tasks`, `open_model`, `prepare` and `run_benchmark`; no Task
            is begun before all are prepared.
    """
    with _prepared(order) as (model, prepared):
        finished = []
        for each, folder in zip(prepared, _checked(prepared, model, order.out), strict=True):
            asked = f"{each.total:,}" if each.first == each.total else f"{each.first:,} of {each.total:,}"
            told = f"{each.recipe.task.name}: {asked} problems of {each.origin} -> {folder}"
            print(one_line(told), file=sys.stderr, flush=True)
            finished.append(run_benchmark(each, model, folder, order.corpus))
        return finished


def plan_tasks(order: Order) -> tuple[list[Prepared], list[Path]]:
    """What `run_tasks` would do, and in which folders.

    Raises:
        ConfigError, InputMissing, DamagedInput: as `run_tasks`.
    """
    with _prepared(order) as (model, prepared):
        return prepared, _checked(prepared, model, order.out)


@contextmanager
def _prepared(order: Order) -> Iterator[tuple[Model, list[Prepared]]]:
    """Everything that can be found wrong is, cheapest first, before a token is made."""
    tasks = find_tasks(order.tasks)
    check_draws(order.wanted.sampling)
    _check_file(order.wanted.data, [task.problems.key for task in tasks])
    if order.corpus is not None:
        check_corpus(order.corpus)
    with closing(open_model(order.model, order.means)) as model:
        yield model, [prepare(task, model, order.wanted) for task in tasks]


def _check_file(data: Path | None, sets: Sequence[str]) -> None:
    """Make sure that a file of Problems is not taken for several sets."""
    if data is not None and data.is_file() and len(found := sorted(set(sets))) > 1:
        raise ConfigError(
            f"{data} is one file of problems, and the tasks ask {len(found)} sets ({', '.join(found)[:200]}): name a "
            "folder that holds them with --data, or run one task at a time"
        )


def _checked(prepared: Sequence[Prepared], model: Model, out: Path | None) -> list[Path]:
    """The folder of each Task, of which none holds anything else: no Task is begun if a later one would be refused."""
    folders = _folders(prepared, model, out)
    for each, folder in zip(prepared, folders, strict=True):
        Run(folder, each.recipe, BENCHMARK, each.files).inspect()
    return folders


def _folders(prepared: Sequence[Prepared], model: Model, out: Path | None) -> list[Path]:
    """The folder of each Task: one that says what the figures depend on, so that other settings go elsewhere."""
    if out is not None and len(prepared) == 1:
        return [out]
    home = out or HOME / _slug(model.facts["name"])
    return [home / _name(each) for each in prepared]


def _name(prepared: Prepared) -> str:
    recipe, sampling = prepared.recipe, prepared.recipe.sampling
    parts = [recipe.task.name]
    if recipe.chat != recipe.task.chat:
        parts.append("chat" if recipe.chat else "plain")
    if sampling.temperature:
        parts.append(f"n{sampling.n}-t{sampling.temperature:g}-seed{sampling.seed}")
    if sampling.max_new_tokens != recipe.task.max_new_tokens:
        parts.append(f"{sampling.max_new_tokens}tokens")
    return "-".join(parts)


def _slug(name: str) -> str:
    """A model's name as one of a folder: the last two parts of a path (`run1/checkpoint-500`) or of the hub's name."""
    parts = [part for part in Path(name).parts if part.strip("./\\")][-2:]
    return re.sub(r"[^\w.+-]+", "--", "--".join(parts)).strip("-.") or "model"
