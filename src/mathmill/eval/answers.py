r"""The final answer of a completion: where it stands, and by which rule it was found.

The policy, first rule that applies:

1. `box`: the last `\boxed{..}` or `\fbox{..}` whose braces balance (`\boxed 5` too). Several boxes whose contents differ and
   between which stands nothing but `or` are no answer but a choice: `ambiguous`. A last box that is never closed, in a
   completion that was cut off, is no answer, and an empty one says nothing.
2. `hash`: what follows the last `####`, to the end of its line (GSM8K).
3. `final`: what follows the last `Final Answer:`, `The final answer is` (Minerva) or `**Answer:**`.
4. `phrase`: what follows the last `the answer is`, to the end of its sentence.
5. `last`: the last formula between dollars or brackets, else the last number of the text. A guess, marked as one:
   `strict` graders do not take it.

What stands inside `<think>..</think>` is thought and not said, unless nothing is said behind it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from mathmill.eval.syntax.wrappers import closing_brace, unwrapped

Rule = Literal["box", "hash", "final", "phrase", "last"]

# Characters from the end that are read; an answer that stands before them was not the final one.
MAX_COMPLETION = 100_000

_THOUGHT = re.compile(r"</(?:think|thinking|reasoning)>")
_BOX = re.compile(r"\\(?:boxed|fbox)\s*(?:(?P<brace>\{)|(?P<bare>[^\s{}$\\,.;]{1,40}|\\[a-zA-Z]+))")
_HASHES = re.compile(r"####[ \t]*(?P<answer>[^\n]*)")
_FINAL = re.compile(
    r"(?:final\s+answer(?:\s+is)?|(?<![a-z])answer)\s*(?:\*\*)?\s*[:\uff1a]\s*(?:\*\*)?|final\s+answer\s+is|correct\s+(?:answer|option)\s+is"
    r"|\u7b54\u6848(?:\u662f|\u4e3a)?[:\uff1a]?",
    re.IGNORECASE,
)
_PHRASE = re.compile(r"(?:answer|result|value|solution)\s+(?:to\s[^.\n]{1,80}\s)?(?:is|equals|=)(?:\s+therefore)?\s*[:\uff1a]?", re.IGNORECASE)
_SENTENCE_END = re.compile(r"(?<!\d)\.(?:\s|\Z)|(?<=\d)\.(?:\s+[A-Z]|\s*\Z)|\n|\bI hope\b|\bbecause\b|\bsince\b")
_FORMULA = re.compile(r"\$\$(?P<a>[^$]{1,2000})\$\$|\$(?P<b>[^$\n]{1,2000})\$|\\\((?P<c>.{1,2000}?)\\\)|\\\[(?P<d>.{1,2000}?)\\\]", re.DOTALL)
_NUMBER = re.compile(r"-?\$?\d[\d,]*(?:\.\d+)?(?:/\d+)?%?|-?\.\d+")
_OR = re.compile(r"[\s$.,;:]*(?:(?:[a-zA-Z]\s*=|\\text\s*\{|\}|either)[\s$]*)*\bor\b(?:[\s$.,:{}]|(?:[a-zA-Z]\s*=)|\\text)*", re.IGNORECASE)
_MOST_BETWEEN = 60  # characters between two boxes that may say `or`


@dataclass(frozen=True, slots=True)
class Found:
    """An answer as it was written, and the rule that found it; `choices` if it is one of several that it offers."""

    text: str
    rule: Rule
    choices: tuple[str, ...] = ()


def find_answer(completion: str) -> Found | None:
    """The final answer of a completion; None if it gives none."""
    said = completion[-MAX_COMPLETION:]
    thought = None
    for thought in _THOUGHT.finditer(said):
        pass
    if thought is not None and said[thought.end() :].strip():
        said = said[thought.end() :]
    return _boxed(said) or _behind(said, _HASHES) or _stated(said, _FINAL, "final") or _stated(said, _PHRASE, "phrase") or _last(said)


def _boxed(said: str) -> Found | None:
    boxes: list[tuple[int, int, str]] = []
    for match in _BOX.finditer(said):
        if boxes and match.start() < boxes[-1][1]:  # a box inside a box
            continue
        if match["bare"] is not None:
            boxes.append((match.start(), match.end(), match["bare"]))
        elif (end := closing_brace(said, match.end())) is not None:
            boxes.append((match.start(), end + 1, said[match.end() : end]))
    boxes = [box for box in boxes if box[2].strip()]
    if not boxes:
        return None
    choices = [boxes[-1][2]]
    for (_, end, content), (start, _, _) in zip(boxes[-2::-1], boxes[:0:-1], strict=False):
        between = said[end:start]
        if len(between) > _MOST_BETWEEN or not _OR.fullmatch(between):
            break
        choices.insert(0, content)
    return Found(boxes[-1][2].strip(), "box", tuple(choices) if len(choices) > 1 else ())


def _behind(said: str, pattern: re.Pattern[str]) -> Found | None:
    answers = [match["answer"].strip() for match in pattern.finditer(said)]
    return Found(answers[-1], "hash") if answers and answers[-1] else None


def _stated(said: str, pattern: re.Pattern[str], rule: Rule) -> Found | None:
    start = None
    for match in pattern.finditer(said):
        start = match.end()
    if start is None:
        return None
    rest = said[start : start + 2_000].lstrip()
    formula = _FORMULA.match(rest.lstrip("*_ "))
    if formula is not None:
        rest_behind = rest.lstrip("*_ ")[formula.end() :]
        end = _SENTENCE_END.search(rest_behind)
        tail = rest_behind[: end.start()] if end else rest_behind
        text = formula[0] + (tail if len(tail) < 40 else "")
    else:
        end = _SENTENCE_END.search(rest)
        text = rest[: end.start()] if end else rest
    text = unwrapped(text)
    return Found(text, rule) if text else None


def _last(said: str) -> Found | None:
    formulas = [next(part for part in match.groups() if part is not None) for match in _FORMULA.finditer(said)]
    if formulas:
        return Found(unwrapped(formulas[-1]), "last")
    numbers = _NUMBER.findall(said)
    return Found(numbers[-1].rstrip(","), "last") if numbers else None
