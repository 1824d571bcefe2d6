"""The card of a run of samples: what it is, how to train on it, what it was made from, how much there is, limits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from mathmill.data.markdown import foreign, table_lines
from mathmill.data.terminal import one_line
from mathmill.eval.tasks.find import all_tasks
from mathmill.train.sample.keeping import REASONS
from mathmill.train.sample.layout import REJECTED_FOLDER, SOLUTIONS_FOLDER
from mathmill.train.sample.plan import DROPPED

_USE = """
```python
from datasets import load_dataset

solutions = load_dataset("PATH/TO/THIS/FOLDER", "solutions", split="train")
```

`rejected` has the others, each with the reason. Tables that `datasets` reads by
`load_dataset("parquet", data_files="..")` are `problems/*.parquet`, every Problem with its pass rate, and
`sampled/*.parquet`, every solution that was drawn.

To train on them with mathmill, name the folder in a recipe of `mathmill train sft`, together with the solutions that
the set itself has, and with other runs of samples if there are some:

```toml
[[sources]]
run = "PATH/TO/THIS/FOLDER"
{task}```
"""
_LIMITS = """
- A right answer does not make a right solution: some reach it by wrong steps, or by luck. `keep.least_right` leaves out
  Problems where few are right, and `pass_rate` of each row tells how many were.
- Easy Problems give most of the solutions. `keep.most` and `keep.most_easy` even that out, and a later run can ask only
  hard ones (`problems.run` with `problems.pass_rate`).
- The questions belong to their authors, and what a model writes may be under its licence: mind both before you publish.
"""


def sample_card(results: Mapping[str, Any]) -> str:
    """The card (README.md) by which the hub and `datasets.load_dataset` read the folder."""
    metrics = results["metrics"]
    told = (
        f"{metrics['kept']:,} right solutions of {metrics['problems_with_kept']:,} Problems, of "
        f"{metrics['solutions']:,} that were drawn for {metrics['asked']:,}. Every final answer was compared with the "
        "gold by mathmill's verifier."
    )
    lines = [
        *_front(results),
        f"# Solutions by {one_line(results['model']['name'], 200)}, verified\n",
        told,
        _use(results)
        if metrics["kept"]
        else "\nNone was kept: `rejected` has what the policy said, with the reasons.\n",
        "## Made from\n",
        *_made_from(results),
        "\n## What is kept, and what is not\n",
        *table_lines(("solutions", "number", "why"), _fates(metrics)),
        "\n## How hard the Problems are\n",
        *_hardness(metrics),
        "\n## Limits",
        _LIMITS,
    ]
    return "\n".join(lines)


def _use(results: Mapping[str, Any]) -> str:
    """How to train on the rows; chats have their words in them, and problems are asked as they were here."""
    named = results["task"] if results["task"] in (task.name for task in all_tasks()) else "PATH/TO/YOUR/TASKS.toml"
    return _USE.format(task="" if results["protocol"]["chat"] else f'task = "{named}"\n')


def _front(results: Mapping[str, Any]) -> Iterator[str]:
    metrics = results["metrics"]
    rejected = results["keep"]["rejected"] and metrics["kept"] < metrics["solutions"]
    tables = [name for name, is_there in ((SOLUTIONS_FOLDER, metrics["kept"]), (REJECTED_FOLDER, rejected)) if is_there]
    if tables:
        yield "---\nconfigs:"
        yield from (f"- config_name: {name}\n  data_files: {name}/*.jsonl" for name in tables)
        yield "---"


def _made_from(results: Mapping[str, Any]) -> Iterator[str]:
    protocol = results["protocol"]
    sampling = protocol["sampling"]
    yield f"- Problems: {foreign(results['origin'])}"
    shots = f", behind {protocol['shots']} shots" if protocol["shots"] else ""
    asked = "in a chat" if protocol["chat"] else "in plain text"
    yield f"- asked as the task {results['task']}, version {results['version']}, {asked}{shots}"
    if protocol["system"]:
        yield f"- with a system prompt, which is not in the rows: {foreign(protocol['system'])}"
    facts = {name: value for name, value in results["model"].items() if name != "name"}
    yield f"- policy: {', '.join(f'{name} {foreign(value)}' for name, value in sorted(facts.items()))}"
    drawn = {name: sampling[name] for name in ("n", "temperature", "top_p", "top_k", "max_new_tokens", "seed")}
    yield f"- drawn with {', '.join(f'{name} {value}' for name, value in drawn.items())}"
    rules = {name: value for name, value in results["keep"].items() if name != "rejected" and value not in (None, [])}
    yield f"- kept by {foreign(', '.join(f'{name} {value}' for name, value in rules.items()))}"
    yield from (f"- {one_line(note)}" for note in results["notes"])


def _fates(metrics: Mapping[str, Any]) -> Iterator[tuple[str, int, str]]:
    yield "kept", metrics["kept"], "right, stated, whole and new"
    yield from ((name, count, REASONS[name]) for name, count in metrics["rejected"].items() if count)


def _hardness(metrics: Mapping[str, Any]) -> Iterator[str]:
    if metrics["dropped"]:
        yield from (
            f"- {count:,} Problems not asked, {name}: {DROPPED[name]}" for name, count in metrics["dropped"].items()
        )
        yield ""
    columns = ("Problems", "mean pass rate", "with a kept solution", "kept")
    for title, name in (("pass rate", "by_pass_rate"), ("level", "by_level"), ("subject", "by_subject")):
        if metrics[name]:
            yield from table_lines((title, *columns), (_row(part, each) for part, each in metrics[name].items()))
            yield ""


def _row(name: str, each: Mapping[str, Any]) -> tuple[Any, ...]:
    rate = "" if each["pass_rate"] is None else f"{each['pass_rate']:.3f}"
    return foreign(name), each["problems"], rate, each["problems_with_kept"], each["kept"]
