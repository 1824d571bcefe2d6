"""What the commands of the judge print."""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields, replace
from fractions import Fraction
from pathlib import Path
from types import FrameType

import orjson

from mathmill.data.errors import DamagedInput
from mathmill.data.json_lines import opened, read_lines
from mathmill.data.terminal import one_line, print_json
from mathmill.eval.answers import find_answer
from mathmill.eval.grade import grade
from mathmill.eval.json_lines import judge_lines
from mathmill.eval.syntax import trees as t
from mathmill.eval.verdict import Verdict
from mathmill.eval.verify import read_gold, verify
from mathmill.eval.workers import Statistics, statistics

_WIDTH = 300  # of a line that shows text of others
_MOST_STEPS = 100
_NOTHING = "not for it to say"
_RUNG = re.compile("(?:compare|equal)_(\\w+)")
_OTHERS = {("mathmill.eval.syntax.parser", "parse"): "read", ("mathmill.eval.workers", "prove"): "proof"}


@dataclass(frozen=True, slots=True)
class Step:
    """Something that was asked on the way to a verdict, and what came of it; parts of an answer are deeper."""

    asked: str
    told: str
    depth: int = 0


def show_verdict(answer: str, gold: str, as_json: bool) -> bool:
    """A verdict, step by step; returned is whether the answer is correct."""
    verdict = verify(answer, gold)
    taken = steps(answer, gold)
    if as_json:
        print_json({"answer": answer, "gold": gold, **asdict(verdict), "steps": [asdict(step) for step in taken]})
        return verdict.correct
    shown = [step for step in taken if not step.depth or step.told != _NOTHING]
    width = max(2 * step.depth + len(step.asked) for step in (*shown, Step("answer", "")))
    for step in (Step("answer", answer), Step("gold", gold), *shown):
        print(f"{'  ' * step.depth + step.asked:{width}}  {one_line(step.told, _WIDTH)}")
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


def show_judged_lines(file: Path, strict: bool) -> None:
    """The verdict on each line of a file of JSON lines, as JSON lines; counts on stderr.

    Raises:
        DamagedInput: a line could not be judged.
    """
    outcomes: Counter[str] = Counter()
    first, before = "", statistics()
    with opened(file) as source:
        for judged in judge_lines(read_lines(source), strict):
            sys.stdout.buffer.write(orjson.dumps(judged) + b"\n")
            outcomes[judged.get("outcome", "error")] += 1
            first = first or judged.get("error", "")
    counts = ", ".join(f"{count:,} {outcome}" for outcome, count in outcomes.most_common())
    print(f"{outcomes.total():,} lines{': ' if counts else ''}{counts}{_proofs_since(before)}", file=sys.stderr)
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


def steps(answer: str, gold: str) -> list[Step]:
    """How `verify` comes to its verdict: what it read of both sides, and which rungs it asked until one decided.

    It is watched while it does so, so what is told is what happened.
    """
    read_gold.cache_clear()  # what was read before is read again, so that it is told
    watch = _Watch([], [])
    before = sys.getprofile()
    sys.setprofile(watch)
    try:
        verify(answer, gold)
    finally:
        sys.setprofile(before)
    return watch.steps


@dataclass(frozen=True, slots=True)
class _Watch:
    """Hears of every call and return, and keeps those of rungs and of the parser."""

    steps: list[Step]
    open: list[tuple[FrameType, int]]  # rungs that are being asked, with the place of their step

    def __call__(self, frame: FrameType, event: str, value: object) -> None:
        if event == "call" and len(self.steps) < _MOST_STEPS and (asked := _asked(frame)) is not None:
            self.open.append((frame, len(self.steps)))
            self.steps.append(Step(asked, "", len(self.open) - 1))
        elif event == "return" and self.open and self.open[-1][0] is frame:
            _, place = self.open.pop()
            self.steps[place] = replace(self.steps[place], told=_told(frame, value))


def _asked(frame: FrameType) -> str | None:
    """What is asked by a call; None for calls of no interest."""
    module, name = frame.f_globals.get("__name__", ""), frame.f_code.co_qualname
    if not module.startswith("mathmill.eval."):
        return None
    rung = _RUNG.fullmatch(name)
    return rung[1] if rung is not None else _OTHERS.get((module, name))


def _told(frame: FrameType, value: object) -> str:
    """What came of a call."""
    if frame.f_code.co_name == "parse":
        text = frame.f_locals["text"]
        return f"{text} is {described(value) if isinstance(value, t.Tree) else 'nothing that can be read'}"
    sides = [frame.f_locals.get(name) for name in frame.f_code.co_varnames[:2]]
    return f"{_in_words(value)}: {' against '.join(map(_side, sides))}" if isinstance(value, Verdict) else _NOTHING


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
