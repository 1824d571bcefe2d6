"""What `mathmill eval show` prints: completions of a benchmark, their golds, and the rule that decided."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, get_args

from mathmill.data.errors import ConfigError
from mathmill.data.tables import ask_tables
from mathmill.data.terminal import clean, one_line, print_json
from mathmill.eval.answers import Rule
from mathmill.eval.harness.journal import Journal
from mathmill.eval.harness.publishing import RESULTS, read_results
from mathmill.eval.harness.show import print_results
from mathmill.eval.models.base import Completion, Finish
from mathmill.eval.verdict import OUTCOMES

_FILTERS = ("outcome", "rule", "finish", "method")


@dataclass(frozen=True, slots=True)
class Choice:
    """Which completions to show: those that have all of what is set, `n` drawn with a seed; of one Problem all."""

    problem: str | None = None
    subject: str | None = None
    outcome: str | None = None
    rule: str | None = None
    finish: str | None = None
    method: str | None = None
    n: int = 3
    seed: int = 0


def show_completions(folder: Path, choice: Choice, characters: int, with_prompt: bool, as_json: bool) -> None:
    """The figures of a finished benchmark, and completions of it; of one under way what the model said so far.

    Raises:
        InputMissing: there is no finished benchmark.
        ConfigError: there is no such outcome, rule or finish, or no such Problem.
    """
    if not (folder / RESULTS).exists() and (kept := Journal(folder).done):
        _show_kept(folder, kept, choice, characters, as_json)
        return
    results = read_results(folder)
    rows = chosen(folder, choice)
    if choice.problem is not None and not rows:
        raise ConfigError(
            f"no completion of {one_line(choice.problem, 80)!r} in {folder} is so: ids are such as {_some_id(folder)}"
        )
    if as_json:
        print_json({"results": results, "completions": rows})
        return
    if choice.problem is None:
        print_results(results)
    if not rows and choice.n:
        print("\nno completion is so")
    for row in rows:
        print()
        _print_row(row, characters, with_prompt)


def _show_kept(
    folder: Path, kept: Mapping[str, Sequence[Completion]], choice: Choice, characters: int, as_json: bool
) -> None:
    """Completions of a benchmark that is not finished: nothing is judged yet."""
    if set_ := [name for name in (*_FILTERS, "subject") if getattr(choice, name) is not None]:
        raise ConfigError(f"{folder} is not finished, so --{set_[0]} has nothing to choose by: leave it away")
    names = sorted(kept, key=lambda name: hashlib.md5(f"{choice.seed}{name}".encode()).digest())[: choice.n]  # noqa: S324
    names = [name for name in kept if name == choice.problem] if choice.problem is not None else names
    if as_json:
        shown = [{"problem": name, "completions": list(map(asdict, kept[name]))} for name in names]
        print_json({"finished": len(kept), "problems": shown})
        return
    print(f"{folder} is not finished: {len(kept):,} problems are kept, and nothing is judged yet")
    for name in names:
        for sample, each in enumerate(kept[name]):
            print(f"\n{'=' * 8} {one_line(name)}, sample {sample}: {each.finish} after {each.tokens:,} tokens")
            print(_cut(each.text, characters))


def _cut(text: str, characters: int) -> str:
    text = clean(text)
    return text if not characters or len(text) <= characters else text[:characters] + " […]"


def chosen(folder: Path, choice: Choice) -> list[dict[str, Any]]:
    """The completions of a choice with their Problems, in the order of the draw; of one Problem in that of samples."""
    for name, known in (("outcome", OUTCOMES), ("rule", get_args(Rule)), ("finish", get_args(Finish))):
        if (value := getattr(choice, name)) is not None and value not in known:
            raise ConfigError(f"no {name} {one_line(value, 80)!r}: there are {', '.join(known)}")
    values: dict[str, Any] = {name: value for name in _FILTERS if (value := getattr(choice, name)) is not None}
    where = [f"c.{name} = ${name}" for name in values]
    for name, column in (("problem", "c.problem"), ("subject", "p.subject")):
        if (value := getattr(choice, name)) is not None:
            where.append(f"{column} = ${name}")
            values[name] = value
    order = (
        "c.sample" if choice.problem is not None else "md5($seed || c.problem || '/' || c.sample::VARCHAR), c.sample"
    )
    limit = "" if choice.problem is not None else "LIMIT $n"
    query = f"""SELECT c.*, p.question, p.gold, p.subject, p.level, p.prompt, p.voted, p.voted_correct, p.contaminated
                FROM completions c JOIN problems p ON c.problem = p.id
                WHERE {" AND ".join(where) or "true"} ORDER BY {order} {limit}"""  # noqa: S608
    if choice.problem is None:
        values |= {"seed": str(choice.seed), "n": choice.n}
    return ask_tables(folder, ("completions", "problems"), query, values)


def _some_id(folder: Path) -> str:
    rows = ask_tables(folder, ("problems",), "SELECT id FROM problems LIMIT 1", {})
    return str(rows[0]["id"]) if rows else "none"


def _print_row(row: Mapping[str, Any], characters: int, with_prompt: bool) -> None:
    known = ", ".join(str(row[name]) for name in ("subject", "level") if row[name])
    print(f"{'=' * 8} {one_line(row['problem'])}, sample {row['sample']}{f' ({one_line(known)})' if known else ''}")
    if with_prompt:
        print(clean(row["prompt"]))
        print("-" * 8)
    else:
        print(clean(row["question"]))
    print(f"{'-' * 8} {row['finish']} after {row['tokens']:,} tokens")
    print(_cut(row["text"], characters))
    print("-" * 8)
    answer = "none" if row["answer"] is None else one_line(row["answer"], 200)
    rule = f"  (found by {row['rule']})" if row["rule"] else ""
    print(f"answer   {answer}{rule}")
    print(f"gold     {one_line(row['gold'], 200)}")
    detail = f" ({one_line(row['detail'], 200)})" if row["detail"] else ""
    strict = "" if row["outcome"] != "correct" or row["strict"] else "; not in the task's own form"
    print(f"verdict  {row['outcome']} by {row['method']}{detail}{strict}")
    if row["voted"] is not None and row["voted"] != row["answer"]:
        print(f"vote     {one_line(row['voted'], 200)} ({'correct' if row['voted_correct'] else 'wrong'})")
    if row["contaminated"]:
        print("the corpus has text of this problem")
