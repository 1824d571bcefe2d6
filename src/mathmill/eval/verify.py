"""Whether an answer is the gold answer, cheapest look first.

The rungs, as `Verdict.method` names them: `number` (plain numerals), `string` (the same text), `choice` (letters of
options), then the trees that both are read into: `tree`, `words`, `clock`, `family`, `residue`, `set`, `relation`,
`base`, `ratio`, `unit`, `items`, `matrix`, `exact`, `rounded`, `numeric`, `identity`, and at last a proof by `sympy` in
another process. docs/verifier.md says what each of them knows.
"""

from __future__ import annotations

import re
from functools import lru_cache

from mathmill.eval.ladder.compare import compare
from mathmill.eval.ladder.numbers import compare_numerals
from mathmill.eval.ladder.rungs import correct, wrong
from mathmill.eval.ladder.texts import compare_letters, counted, loosened, squeezed
from mathmill.eval.ladder.trace import Ask, Step, Trace, ask_plainly
from mathmill.eval.limits import MAX_CHARS, TooLarge, Unparsable
from mathmill.eval.syntax.parser import parse
from mathmill.eval.syntax.tokens import tokens_of
from mathmill.eval.syntax.trees import Quantity, Tree, Words
from mathmill.eval.syntax.wrappers import says_something, unwrapped
from mathmill.eval.verdict import Verdict

_SIGNS = frozenset({"!", "'", "^"})  # what a text of words may say beside what is kept of it
_MISSING = frozenset({"nan", "NaN"})  # what tables write where they have nothing
_STARS = re.compile(r"( ?)\*\*( ?)")
_BEFORE_POWER = re.compile(r"[\w)}\]]")
_BEHIND_POWER = re.compile(r"[-\w({\\]")
_NAMED = re.compile(r"([a-df-hj-zA-Z])\s*=")
_LONE_DOLLARS = re.compile(r"(?<!\\)\$")


def verify(answer: str, gold: str) -> Verdict:
    """Whether `answer` is the answer `gold`; both as they were written, LaTeX or plain text.

    What a text says never raises: what cannot be judged has an outcome of its own. Only `correct` pays.

    Raises:
        TypeError: one of them is no text.
        JudgeInTrouble: a proof is needed, and no worker can be started here.
        ConfigError: a setting of the workers is wrong.
    """
    for text in (answer, gold):
        if not isinstance(text, str):
            raise TypeError(f"answer and gold have to be texts, and one is of the type {type(text).__name__}")
    return _verified(answer, gold, ask_plainly)


def explain(answer: str, gold: str) -> tuple[Verdict, list[Step]]:
    """The verdict of `verify` with the steps that led to it."""
    trace = Trace()
    return _verified(answer, gold, trace), trace.steps


def _verified(answer: str, gold: str, ask: Ask) -> Verdict:
    verdict = ask("numerals", compare_numerals, answer, gold)
    if verdict is not None:
        return verdict
    if (unfit := _unfit(answer, gold)) is not None:
        return unfit
    given, wanted = unwrapped(_powers_kept(answer)), unwrapped(_powers_kept(gold))
    return (
        ask("string", _same_text, given, wanted)
        or ask("unwrapped", _numerals, given, wanted)
        or ask("letters", compare_letters, given, wanted)
        or _compared(given, wanted, ask)
    )


def _same_text(answer: str, gold: str) -> Verdict | None:
    return correct("string") if answer == gold else None


def _numerals(answer: str, gold: str) -> Verdict | None:
    """The verdict on `x = 42` and `42`, without reading them into trees; None where one is something else."""
    named, asked = _NAMED.match(answer), _NAMED.match(gold)
    if named and asked and named[1] != asked[1]:
        return None
    return compare_numerals(answer[named.end() if named else 0 :], gold[asked.end() if asked else 0 :])


def _powers_kept(text: str) -> str:
    """A text without bold type, whose `x**2` is `x^2`, so that it is not taken for such."""
    if "**" not in text:
        return text
    text = text.strip()
    if text.startswith("**") and text.endswith("**") and len(text) > 4:
        inner = text[2:-2]
        text = inner if all(_is_power(inner, stars) for stars in _STARS.finditer(inner)) else text
    parts, at, opened = list[str](), 0, 0  # `opened` is where bold type may begin
    for stars in _STARS.finditer(text):
        is_power = not opened and _is_power(text, stars)
        parts += [text[at : stars.start()], "^" if is_power else stars[0]]
        at = stars.end()
        if opened:
            parts[opened] = parts[opened].replace("**", "")
            parts[-1] = parts[-1].replace("**", "")
        opened = len(parts) - 1 if not opened and not is_power and not stars[2] else 0
    return "".join([*parts, text[at:]])


def _is_power(text: str, stars: re.Match[str]) -> bool:
    """Whether two stars stand between base and exponent, as near to the one as to the other."""
    start, end = stars.span()
    is_between = start > 0 and _BEFORE_POWER.match(text, start - 1) and _BEHIND_POWER.match(text, end)
    return bool(is_between) and stars[1] == stars[2]


def _unfit(answer: str, gold: str) -> Verdict | None:
    """The verdict where one of the two is nothing that could be compared."""
    if len(gold) > MAX_CHARS:
        return Verdict("bad_gold", "gold", f"more than {MAX_CHARS:,} characters")
    if gold in _MISSING or not says_something(gold):
        return Verdict("bad_gold", "gold", "empty")
    if len(answer) > MAX_CHARS:
        return Verdict("too_large", "answer", f"more than {MAX_CHARS:,} characters")
    return None if says_something(answer) else Verdict("no_answer", "answer", "empty")


def _compared(answer: str, gold: str, ask: Ask) -> Verdict:
    if squeezed(answer) == squeezed(gold):
        return correct("string")
    right, left = ask("read", _read_gold, gold), ask("read", _read, answer)
    unread = right if isinstance(right, Verdict) else left if isinstance(left, Verdict) else None
    if unread is not None and loosened(answer) == loosened(gold):
        return correct("string", "the same text but for case and stops")
    if isinstance(right, Verdict):
        return right
    if isinstance(left, Verdict):
        return left
    if isinstance(left, Words) and isinstance(right, Words) and left == right:
        return _same_words(answer, gold)
    return compare(left, right, _prove, ask)


def _read(text: str) -> Tree | Verdict:
    """The tree of an answer, or the verdict on one that has none."""
    try:
        return _tree(text)
    except TooLarge as reason:
        return Verdict("too_large", "answer", str(reason))
    except Unparsable as reason:
        return Verdict("unparsable", "answer", str(reason))


def _same_words(answer: str, gold: str) -> Verdict:
    """The same words, which may leave out signs: these have to be the same too."""
    if _signs(answer) == _signs(gold):
        return correct("words")
    return wrong("words", "the same words with other signs")


def _signs(text: str) -> list[str]:
    return [token.text for token in tokens_of(text) if token.text in _SIGNS]


@lru_cache(maxsize=1_024)  # many answers are judged by one gold
def _read_gold(text: str) -> Tree | Verdict:
    read = _read(text)
    return Verdict("bad_gold", "gold", read.detail) if isinstance(read, Verdict) else read


def _tree(text: str) -> Tree:
    """The tree of a text, read without its inner dollars where it cannot be read with them.

    Raises:
        TooLarge, Unparsable: as `parse`.
    """
    try:
        tree = parse(text)
    except Unparsable:
        if not _LONE_DOLLARS.search(text):
            raise
        tree = parse(text := _LONE_DOLLARS.sub(" ", text))
    if isinstance(tree, Words) and (parts := counted(text)) is not None:
        number, noun = parse(parts[0]), parts[1]
        return Quantity(number, noun) if noun else number
    return tree


def _prove(answer: Tree, gold: Tree) -> Verdict:
    from mathmill.eval.workers import prove

    return prove(answer, gold)
