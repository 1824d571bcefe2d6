"""Completions graded: the final answer is found and verified against the gold answer.

The verdict is that of `verify` on the answer that `find_answer` found, and its `detail` begins with the rule that
found it, as in `found by box; ...`. Where there is nothing to verify the method is `answer`: the outcome is
`no_answer`, or `ambiguous` for several answers that differ.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import replace

from mathmill.eval.answers import RULES, Found, Rule, find_answer
from mathmill.eval.syntax.wrappers import unwrapped
from mathmill.eval.verdict import Verdict
from mathmill.eval.verify import verify

# A value with the letter of its option before it, as in `(B) 12`, `\textbf{(B)}\ 12`, `B. 12`.
_OPTION = re.compile(
    r"[\s$]*(?:\\(?:text|textbf|mathrm|mathbf|bf|rm)\s?)?\{?(?:\([A-J]\)|[A-J][).:](?=[\s}\\]))"
    r"\s?\}?(?:(?<=\s)|[.:~\s]|\\[ ,;:]|\\q?quad){1,9}(?P<value>(?![-+*/^_=<>]\s)[^\s}+*/^_=<>.:~].*)",
    re.DOTALL,
)
_LETTER = re.compile(r"(?:\\text(?:bf)?\s?)?\{?\(?[A-J]\)?\}?[\s.]*")
# Where a question wants two values and its gold answer is one (16 of MATH's), the last of two is paid; whoever is paid
# for the last of many need not know which it is.
_MOST_PARTS = 2
_MOST_FORMS = 3  # of one answer beside each other; it bounds how often one completion is verified
# What stands behind a letter is no value if it is another option.
_OTHER = re.compile(r"\(?\b[A-J]\b(?:[).:]|\W*\Z)|\b(?:and|or)\b")


def grade(completion: str, gold: str, strict: bool = False, rules: Collection[Rule] = RULES) -> Verdict:
    """Whether the final answer of a completion is the gold answer.

    `strict` takes no answer that was only guessed, and none of several that are not together what is asked for. `rules`
    are those of `find_answer` by which an answer is looked for.

    Raises:
        TypeError: one of them is no text.
        JudgeInTrouble, ConfigError: as `verify`.
    """
    if not isinstance(completion, str):
        raise TypeError(f"a completion has to be a text, and this is of the type {type(completion).__name__}")
    found = find_answer(completion, rules)
    if found is None:
        return Verdict("no_answer", "answer", "the completion gives none")
    if strict and found.rule == "last":
        return Verdict("no_answer", "answer", "only a guess by last, and this grader is strict")
    verdict = _judged(found, gold, strict)
    return replace(verdict, detail="; ".join(filter(None, (f"found by {found.rule}", verdict.detail))))


def _judged(found: Found, gold: str, strict: bool) -> Verdict:
    several = found.choices or found.parts
    if not several:
        return _verified(found.text, gold)
    if len(several) <= _MOST_FORMS and all(verify(each, found.text).correct for each in several[:-1]):
        return _verified(found.text, gold)
    together = verify(", ".join(several), gold)
    if together.correct:
        return together
    if len(found.parts) == _MOST_PARTS and not strict:
        return _verified(found.text, gold)
    return Verdict("ambiguous", "answer", f"{len(several)} answers that differ")


def _verified(answer: str, gold: str) -> Verdict:
    """The verdict on an answer; one such as `(B) 12` is its value, unless the gold answer is a letter itself."""
    option = _OPTION.fullmatch(answer)
    if (
        option is None
        or _OTHER.search(option["value"])
        or _OPTION.fullmatch(gold)
        or _LETTER.fullmatch(unwrapped(gold))
    ):
        return verify(answer, gold)
    return verify(option["value"], gold)
