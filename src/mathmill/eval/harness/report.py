"""What a finished benchmark says: its results as plain values, and the rows of its tables.

All of it follows from the recipe, the Problems and the completions, in the order of the Problems; nothing hangs on the
order in which they were finished, on batches, or on how often the benchmark was killed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from mathmill.data.problems import Problem
from mathmill.data.terminal import one_line
from mathmill.eval.harness.contamination import Contamination, contaminated
from mathmill.eval.harness.graded import Graded
from mathmill.eval.harness.metrics import measure
from mathmill.eval.harness.recipe import BenchmarkRecipe
from mathmill.eval.harness.scoring import Settled
from mathmill.eval.harness.tables import completion_rows, described
from mathmill.eval.harness.voting import Vote


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked: the Problems with the prompt of each as text, how many there are in all, and what to note."""

    recipe: BenchmarkRecipe
    problems: tuple[Problem, ...]
    prompts: tuple[str, ...]
    total: int
    origin: str
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """Results, and the rows of the tables of Problems and completions."""

    results: dict[str, Any]
    problems: list[dict[str, Any]]
    completions: list[dict[str, Any]]


def make_report(asked: Asked, settled: Mapping[str, Settled], corpus: Path | None) -> Report:
    """Count everything; `settled` has all completions of all Problems. With a `corpus`, look for the Problems in it.

    Raises:
        InputMissing, ConfigError, DamagedInput: as `contaminated`.
    """
    groups = {problem.id: settled[problem.id].graded for problem in asked.problems}
    votes = {name: settled[name].vote for name in groups}
    found = None if corpus is None else contaminated(asked.problems, corpus)
    hits = {} if found is None else {name: found.of(name) for name in groups}
    metrics = measure((each for group in groups.values() for each in group), asked.problems, votes, hits)
    by_sample = {name: votes[name].by_sample(len(group)) for name, group in groups.items()}
    return Report(
        _results(asked, metrics.as_dict(), _contamination(found, corpus)),
        list(_problem_rows(asked, groups, votes, found)),
        list(completion_rows(groups, by_sample)),
    )


def _results(asked: Asked, metrics: dict[str, Any], contamination: dict[str, Any] | None) -> dict[str, Any]:
    recipe = asked.recipe
    return {
        "task": recipe.task.name,
        "version": recipe.task.version,
        "model": {**recipe.model, "name": recipe.name},
        "stamp": stamp(len(asked.problems), asked.total),
        "asked": len(asked.problems),
        "total": asked.total,
        "origin": asked.origin,
        "protocol": {
            "shots": recipe.task.shots.number if recipe.task.shots else 0,
            "chat": recipe.chat,
            "system": recipe.system,
            "sampling": recipe.sampling.model_dump(mode="json"),
            "stated": list(recipe.task.stated),
        },
        "notes": list(asked.notes),
        "contamination": contamination,
        "metrics": metrics,
    }


def stamp(asked: int, total: int) -> str:
    """What is written on figures that are no score, since only some Problems were asked; empty on a score."""
    return "" if asked == total else f"NOT A SCORE: only {asked:,} of {total:,} problems were asked"


def _contamination(found: Contamination | None, corpus: Path | None) -> dict[str, Any] | None:
    if found is None:
        return None
    return {
        "corpus": str(corpus),
        "documents": found.documents,
        "contaminated": len(found.hits),
        "unchecked": len(found.unchecked),
    }


def _problem_rows(
    asked: Asked, groups: Mapping[str, Sequence[Graded]], votes: Mapping[str, Vote], found: Contamination | None
) -> Iterator[dict[str, Any]]:
    for problem, prompt in zip(asked.problems, asked.prompts, strict=True):
        group, winner = groups[problem.id], votes[problem.id].winner
        hit = None if found is None else found.hits.get(problem.id)
        yield described(problem) | {
            "prompt": prompt,
            "completions": len(group),
            "correct": sum(each.correct for each in group),
            "strict": sum(each.strict for each in group),
            "truncated": sum(each.finish == "length" for each in group),
            "voted": None if winner is None else winner.answer,
            "voted_correct": winner is not None and winner.correct,
            "contaminated": None if found is None else found.of(problem.id),
            "contaminated_by": None if hit is None else orjson.dumps(hit.as_dict()).decode(),
        }


_CARD = """---
configs:
- config_name: completions
  data_files: completions/*.parquet
- config_name: problems
  data_files: problems/*.parquet
---
# {task} of {model}

{stamp}Accuracy {value:.2f} % (95 % interval {low:.2f} to {high:.2f}), by mathmill; all figures are in `results.json`.

```python
from datasets import load_dataset

completions = load_dataset("PATH/TO/THIS/FOLDER", "completions", split="train")
```

The questions belong to their authors: mind the licence of the benchmark before you publish them.
"""


def card(results: Mapping[str, Any]) -> str:
    """The card (README.md) by which the hub and `datasets.load_dataset` read the folder."""
    accuracy = {name: 100 * results["metrics"]["accuracy"][name] for name in ("value", "low", "high")}
    told = f"{results['stamp']}.\n\n" if results["stamp"] else ""
    return _CARD.format(task=results["task"], model=one_line(results["model"]["name"]), stamp=told, **accuracy)
