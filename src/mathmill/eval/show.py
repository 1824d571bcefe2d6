"""What the commands of the judge print."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, fields
from fractions import Fraction
from itertools import groupby
from pathlib import Path

from mathmill.data.errors import DamagedInput
from mathmill.data.json_lines import opened, read_lines
from mathmill.data.terminal import one_line, print_json
from mathmill.eval.answers import find_answer
from mathmill.eval.grade import grade
from mathmill.eval.json_lines import judge_lines, written
from mathmill.eval.ladder.trace import Step
from mathmill.eval.syntax import trees as t
from mathmill.eval.trouble import Trouble
from mathmill.eval.verdict import Verdict
from mathmill.eval.verify import explain
from mathmill.eval.workers import Statistics, statistics

_WIDTH = 300  # of a line that shows text of others
_NOTHING = "not for it to say"


def show_verdict(answer: str, gold: str, as_json: bool) -> bool:
    """A verdict, step by step; returned is whether the answer is correct."""
    verdict, steps = explain(answer, gold)
    if as_json:
        print_json({"answer": answer, "gold": gold, **asdict(verdict), "steps": list(map(_shown, steps))})
        return verdict.correct
    lines = [("answer", answer), ("gold", gold)]
    lines += _lines(steps)
    width = max(len(name) for name, _ in lines)
    for name, told in lines:
        print(f"{name:{width}}  {one_line(told, _WIDTH)}")
    print(_in_words(verdict))
    return verdict.correct


def show_grade(file: Path, gold: str, strict: bool, as_json: bool) -> bool:
    """The verdict on a completion, which is all of a file; returned is whether it is correct."""
    with opened(file) as source:
        completion = source.read().decode("utf-8", errors="replace")
    verdict = grade(completion, gold, strict)
    found = find_answer(completion)
    if as_json:
        print_json({"found": None if found is None else asdict(found), "gold": gold, **asdict(verdict)})
    else:
        several = () if found is None else found.choices or found.parts
        print(f"answer  {'none' if found is None else one_line(' | '.join(several) or found.text, _WIDTH)}")
        print(f"gold    {one_line(gold, _WIDTH)}")
        print(_in_words(verdict))
    return verdict.correct


def show_judged_lines(file: Path, strict: bool, max_trouble: float | None = None) -> None:
    """The verdict on each line of a file of JSON lines, as JSON lines; counts on stderr.

    Raises:
        DamagedInput: a line could not be judged.
        JudgeInTrouble: a larger share than `max_trouble` timed out; it stops there.
    """
    outcomes: Counter[str] = Counter()
    first, before, trouble = "", statistics(), Trouble(max_trouble)
    with opened(file) as source:
        for judged in judge_lines(read_lines(source), strict):
            sys.stdout.buffer.write(written(judged) + b"\n")
            outcomes[judged.get("outcome", "error")] += 1
            first = first or judged.get("error", "")
            if "outcome" in judged:
                trouble.add(judged["outcome"])
    counts = ", ".join(f"{count:,} {outcome}" for outcome, count in outcomes.most_common())
    print(f"{outcomes.total():,} lines{': ' if counts else ''}{counts}{_proofs_since(before)}", file=sys.stderr)
    trouble.check(at_least=1)
    if first:
        raise DamagedInput(
            f"{outcomes['error']} of {outcomes.total()} lines of {file} could not be judged and have an `error`, "
            f"the first is {first}"
        )


def _proofs_since(before: Statistics) -> str:
    """What the proofs that were asked for since then came to; empty if there were none."""
    now = statistics()
    proofs, late, deaths = now.proofs - before.proofs, now.timed_out - before.timed_out, now.deaths - before.deaths
    return f"; proofs: {proofs:,}, of these timed out: {late:,}, workers died: {deaths:,}" if proofs else ""


def _lines(steps: list[Step]) -> Iterator[tuple[str, str]]:
    """What was asked and what came of it; rungs that left it to the next share a line, or none among parts."""
    for leaves, some in groupby((step for step in steps if step.told or not step.depth), lambda step: not step.told):
        if leaves:
            yield "passed on", ", ".join(step.asked for step in some)
        else:
            yield from (("  " * step.depth + step.asked, _told(step)) for step in some)


def _shown(step: Step) -> dict[str, str | int]:
    """A step in words."""
    return {"asked": step.asked, "told": _told(step), "depth": step.depth}


def _told(step: Step) -> str:
    """What came of a step, and of which two sides."""
    sides = [_side(side) for side in step.sides[:2]]
    if step.asked == "read":
        return f"{sides[0]} is {_in_words(step.told) if isinstance(step.told, Verdict) else _side(step.told)}"
    if isinstance(step.told, Verdict):
        return f"{_in_words(step.told)}: {' against '.join(sides)}"
    return _NOTHING


def _side(value: object) -> str:
    return described(value) if isinstance(value, t.Tree) else str(value)


def _in_words(verdict: Verdict) -> str:
    detail = f" ({one_line(verdict.detail, _WIDTH)})" if verdict.detail else ""
    return f"{verdict.outcome} by {verdict.method}{detail}"


def described(tree: t.Tree) -> str:
    """A tree in one line, such as `sum(number 2, symbol x)`."""
    match tree:
        case t.Number(value):
            return _number(value)
        case t.Symbol(name) | t.Constant(name):
            return name
        case t.Words(text):
            return f'"{text}"'
        case t.Choice(letter):
            return f"({letter})"
    parts = [part for field in fields(tree) for part in _parts(getattr(tree, field.name))]
    return f"{type(tree).__name__.lower()}({', '.join(parts)})"


def _number(value: Fraction) -> str:
    if value.numerator.bit_length() + value.denominator.bit_length() > 1_000:
        return "a long number"
    return str(value)


def _parts(value: object) -> Iterator[str]:
    if isinstance(value, tuple):
        for each in value:
            yield from _parts(each)
    elif value is not None:
        yield described(value) if isinstance(value, t.Tree) else str(value)
