"""What `mathmill train sample` prints: what is kept and why the rest is not, or with --dry-run what would be done."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from mathmill.data.terminal import clean, counted, one_line, print_json, print_table
from mathmill.eval.harness.tables import shown_prompt
from mathmill.train.sample.layout import REJECTED_FOLDER, SAMPLED_FOLDER, SOLUTIONS_FOLDER
from mathmill.train.sample.plan import DROPPED, Plan
from mathmill.train.sample.run import Sampled

#: The exit code where everything went well and no solution was kept: there is nothing to train on.
NOTHING_KEPT = 1
_ADVICE = {
    "truncated": "allow more tokens (draws.max_new_tokens), or ask a policy that knows where to end",
    "unstated": "ask by a task whose form of an answer the policy knows, or set keep.stated=false",
    "doubtful": "set a smaller keep.least_right",
    "bad_gold": "look at the golds of the Problems",
}
_SHARES = (("pass rate", "pass_rate"), ("solved at least once", "solved"))


def show_sampled(done: Sampled, as_json: bool) -> int:
    """Print what a run of samples came to; the exit code."""
    metrics = done.results["metrics"]
    if as_json:
        print_json({"run": str(done.folder), **done.results})
    else:
        _print(done)
    if metrics["kept"]:
        return 0
    most = max(metrics["rejected"], key=lambda name: metrics["rejected"][name])
    where = done.folder / (REJECTED_FOLDER if done.results["keep"]["rejected"] else SAMPLED_FOLDER)
    said = f"most are {most}" if metrics["solutions"] else "the model refused all Problems"
    todo = _ADVICE.get(most, "ask as the policy was taught (task, chat), or ask a better policy")
    told = (
        f"nothing was kept of {counted(metrics['solutions'], 'solution')} ({said}): read some in {where}, then {todo}"
    )
    print(f"mathmill: {one_line(told)}", file=sys.stderr)
    return NOTHING_KEPT


def _print(done: Sampled) -> None:
    results, metrics = done.results, done.results["metrics"]
    print(f"{_how(results)}\n{one_line(results['model']['name'])}, {one_line(results['origin'])}\n")
    print_table(("figure", "value", "95 % interval"), list(_figures(metrics)))
    print()
    print_table(("solutions", "number", "share"), list(_fates(metrics)))
    for title, name in (("pass rate", "by_pass_rate"), ("level", "by_level"), ("subject", "by_subject")):
        if metrics[name]:
            print()
            print_table((title, "problems", "with a kept one", "kept"), [_row(*item) for item in metrics[name].items()])
    print()
    for note in _notes(results):
        print(f"note: {one_line(note)}")
    told = "nothing to do: it was done already" if done.was_done else f"asked {counted(done.fresh, 'problem')} now"
    print(f"{done.folder}: {told}; train on {done.folder / SOLUTIONS_FOLDER}" if metrics["kept"] else f"{done.folder}")


def _row(name: str, each: Mapping[str, Any]) -> tuple[Any, ...]:
    return name, each["problems"], each["problems_with_kept"], each["kept"]


def _how(results: Mapping[str, Any]) -> str:
    protocol, metrics = results["protocol"], results["metrics"]
    sampling = protocol["sampling"]
    asked = "in a chat" if protocol["chat"] else "in plain text"
    shots = f" behind {counted(protocol['shots'], 'shot')}" if protocol["shots"] else ""
    drawn = f"{counted(sampling['n'], 'sample')} at temperature {sampling['temperature']:g}, seed {sampling['seed']}"
    problems = counted(metrics["asked"], "problem")
    return f"{results['task']}, version {results['version']}: {problems} {asked}{shots}, {drawn}"


def _figures(metrics: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    for title, name in _SHARES:
        if (each := metrics[name]) is not None:
            yield title, f"{100 * each['value']:.2f} %", f"{100 * each['low']:.2f} to {100 * each['high']:.2f}"
    mean, of_kept = metrics["tokens"]["mean"], metrics["tokens"]["mean_of_kept"]
    if mean is not None:
        kept = "" if of_kept is None else f", {of_kept:,.0f} of a kept one"
        yield "tokens", f"{metrics['tokens']['total']:,}", f"{mean:,.0f} of a solution{kept}"


def _fates(metrics: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    total = metrics["solutions"]
    counts = {"kept": metrics["kept"], **{name: count for name, count in metrics["rejected"].items() if count}}
    for name, count in {**counts, "drawn": total}.items():
        yield name, f"{count:,}", f"{count / total:.1%}" if total else ""


def _notes(results: Mapping[str, Any]) -> Iterator[str]:
    yield from results["notes"]
    for name, count in results["metrics"]["dropped"].items():
        yield f"{counted(count, 'problem')} not asked, {name}: {DROPPED[name]}"


def show_plan(plan: Plan, folder: Path, as_json: bool) -> None:
    """What would be done, with the first prompt."""
    state = plan.run(folder).inspect()
    sampling = plan.claim.sampling
    first = next(prompt for prompt in plan.prompts if prompt.id not in plan.dropped)
    if as_json:
        print_json(
            {
                "run": str(folder),
                "state": state,
                "problems": len(plan.problems),
                "dropped": dict(plan.dropped),
                "solutions": plan.asked * sampling.n,
                "config": plan.claim.model_dump(mode="json"),
                "notes": list(plan.notes),
                "first_prompt": shown_prompt(first),
            }
        )
        return
    task = plan.claim.task
    drawn = f"{counted(sampling.n, 'sample')} each at temperature {sampling.temperature:g}, seed {sampling.seed}"
    print(
        f"{task.name}, version {task.version}: {plan.asked:,} of {counted(len(plan.problems), 'problem')} of", end=" "
    )
    print(f"{one_line(plan.origin)}, {drawn}: {counted(plan.asked * sampling.n, 'solution')} of at most", end=" ")
    print(f"{counted(sampling.max_new_tokens, 'token')}\n{folder}: {state}")
    for name, count in sorted(Counter(plan.dropped.values()).items()):
        print(f"{counted(count, 'problem')} will not be asked, {name}: {DROPPED[name]}")
    for note in plan.notes:
        print(f"note: {one_line(note)}")
    print(f"\nThe first prompt:\n\n{clean(shown_prompt(first))}\n\nNothing was changed.")
