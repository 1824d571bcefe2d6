"""Answers in words: names, weekdays, `no solution`, numbers that are spelled out."""

from __future__ import annotations

from fractions import Fraction

from mathmill.eval.ladder.choices import compare_choices
from mathmill.eval.ladder.integers import in_order, integers_said
from mathmill.eval.ladder.rungs import Compare, correct, wrong
from mathmill.eval.ladder.spelling import spelled_quantity, spelled_value
from mathmill.eval.syntax import trees as t
from mathmill.eval.syntax.number_sets import NEGATIVE, NOT_NEGATIVE, POSITIVE, joined
from mathmill.eval.verdict import Verdict

_ARTICLES = frozenset({"a", "an", "the"})
_NOTHING = frozenset([
    "no solution", "no solutions", "none", "no real solution", "no real solutions", "no answer exists", "empty set",
    "no roots", "no real roots", "there is no solution", "there are no solutions", "no such number exists",
    "there are no real solutions", "no real values", "no values", "no integer solutions", "empty",
])  # fmt: skip
_ENDLESS = frozenset([
    "infinitely many", "infinitely many solutions", "infinite", "infinite solutions", "infinite number of solutions",
    "there are infinitely many solutions", "infinite number", "infinitely",
])  # fmt: skip
# What a text says in other words, where that is words still.
_SAME = {
    "dne": "does not exist", "doesn't exist": "does not exist", "limit does not exist": "does not exist",
    "true": "yes", "false": "no",
}  # fmt: skip
_KINDS = {
    "real": "reals",
    "integer": "integers",
    "rational": "rationals",
    "complex": "complexes",
    "natural": "naturals",
}
_SIDES = {
    "positive": POSITIVE, "negative": NEGATIVE, "nonnegative": NOT_NEGATIVE, "non negative": NOT_NEGATIVE,
}  # fmt: skip
_TIMES = {"noon": "pm", "midnight": "am", "12 noon": "pm", "12 midnight": "am"}
_BEFORE_SETS = ("set of", "all", "any", "every")
_BEHIND_SETS = frozenset(["x", "values", "value", "of"])
_NUMBER_NOUNS = frozenset(["number", "numbers"])


def compare_words(answer: t.Tree, gold: t.Tree, compare: Compare) -> Verdict | None:
    """Words are the same words, without articles; a number word is its number, a choice's letter its option."""
    if (verdict := compare_choices(answer, gold, compare)) is not None:
        return verdict
    if {answer, gold} == {t.Symbol("R"), t.Constant("reals")}:
        return correct("words", "a letter for the real numbers")
    if not isinstance(answer, t.Words) and not isinstance(gold, t.Words):
        return None
    left, right = _meant(answer), _meant(gold)
    if isinstance(left, t.Words) and isinstance(right, t.Words):
        return correct("words") if left == right else wrong("words", f"{left.text!r} is not {right.text!r}")
    if not isinstance(left, t.Words) and not isinstance(right, t.Words):
        return compare(left, right)
    words, other = (left, right) if isinstance(left, t.Words) else (right, left)
    if isinstance(words, t.Words) and _spelled(other) == words.text:
        return correct("words", "letters side by side as a word")
    return wrong("words", "words for a formula or a formula for words")


def _meant(tree: t.Tree) -> t.Tree:
    """What words stand for, where that is mathematics; without articles where they are words."""
    if isinstance(tree, t.Product) and (text := _spelled(tree)) in _SAME:  # `DNE` as a product of letters
        return t.Words(_SAME[text])
    if not isinstance(tree, t.Words):
        return tree
    words = tree.text.split()
    if (number := spelled_value(words)) is not None:
        return t.Number(number)
    words = in_order([word for word in words if word not in _ARTICLES] or words)
    text = " ".join(words)
    if text in _NOTHING:
        return t.Constant("empty_set")
    if text in _ENDLESS:
        return t.Constant("infinity")
    if text in _TIMES:
        return t.Quantity(t.Number(Fraction(12)), _TIMES[text])
    found = _set_of_numbers(text) or integers_said(text) or _counted(words)
    return found or t.Words(_SAME.get(text, text))


def _counted(words: list[str]) -> t.Tree | None:
    """`seven apples`."""
    if (number := spelled_value(words)) is not None:
        return t.Number(number)
    if words[-1] == "percent" and (number := spelled_value(words[:-1])) is not None:
        return t.Percent(t.Number(number))
    counted = spelled_quantity(words)
    if counted is None:
        return None
    return t.Quantity(t.Number(counted[0]), counted[1])


def _set_of_numbers(text: str) -> t.Tree | None:
    """`all positive integers`, `real numbers`, `all real x`; None for other words."""
    for opening in _BEFORE_SETS * 2:
        text = text.removeprefix(f"{opening} ")
    side = next((name for name in _SIDES if text.startswith(f"{name} ")), "")
    kind, *rest = text.removeprefix(side).split() or [""]
    whole = _KINDS.get(kind.removesuffix("s"))
    is_all = not rest or (len(rest) == 1 and (rest[0] in _NUMBER_NOUNS or rest[0] in _BEHIND_SETS))
    is_all = is_all and (bool(rest) or kind.endswith("s") or kind == "real")
    if whole is None or not is_all:
        return None
    constant = t.Constant(whole)  # type: ignore[arg-type]
    return joined(constant, _SIDES[side]) if side else constant


def _spelled(tree: t.Tree) -> str | None:
    """The word that single letters side by side make, as `Bob` may be read as a product."""
    factors = tree.factors if isinstance(tree, t.Product) else (tree,)
    letters = [each.name for each in factors if isinstance(each, t.Symbol | t.Constant) and len(each.name) == 1]
    return "".join(letters).lower() if len(letters) == len(factors) else None
