"""Answers in words: names, weekdays, `no solution`, numbers that are spelled out."""

from __future__ import annotations

from fractions import Fraction

from mathmill.eval.ladder.rungs import Compare, correct, wrong
from mathmill.eval.syntax import trees as t
from mathmill.eval.syntax.vocabulary import DIGIT_WORDS
from mathmill.eval.verdict import Verdict

_ARTICLES = frozenset({"a", "an", "the"})
_NOTHING = frozenset([
    "no solution", "no solutions", "none", "no real solution", "no real solutions", "no answer exists", "empty set",
    "no roots", "no real roots", "there is no solution", "there are no solutions", "no such number exists",
])  # fmt: skip
_EVERYTHING = frozenset([
    "all real numbers", "all reals", "all real", "real numbers", "reals", "set of all real numbers",
    "set of real numbers", "all real values", "every real number",
])  # fmt: skip
_TENS = {
    name: 10 * count
    for count, name in enumerate(["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"], 2)
}
_THOUSANDS = {"thousand": 1_000, "million": 10**6, "billion": 10**9}


def compare_words(answer: t.Tree, gold: t.Tree, compare: Compare) -> Verdict | None:
    """Words are the same words, without articles; a number word is its number."""
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
    if not isinstance(tree, t.Words):
        return tree
    words = [word for word in tree.text.split() if word not in _ARTICLES] or tree.text.split()
    text = " ".join(words)
    if (number := spelled_number(words)) is not None:
        return t.Number(Fraction(number))
    if text in _NOTHING:
        return t.Constant("empty_set")
    return t.Constant("reals") if text in _EVERYTHING else t.Words(text)


def spelled_number(words: list[str]) -> int | None:
    """The whole number that is spelled out, such as `two hundred and seven`; None for other words."""
    total = group = 0
    last = 0  # what the word before was worth: tens go before digits, and nothing twice
    for word in (word for word in words if word != "and"):
        if word in _THOUSANDS and group:
            total, group, last = total + group * _THOUSANDS[word], 0, 0
        elif word == "hundred" and 0 < group < 10:
            group, last = group * 100, 100
        elif word in _TENS and last in (0, 100):
            group, last = group + _TENS[word], 10
        elif word in DIGIT_WORDS and last in ((0, 10, 100) if DIGIT_WORDS[word] < 10 else (0, 100)):
            group, last = group + DIGIT_WORDS[word], 1
        else:
            return None
    return total + group if words and words[0] != "and" and words[-1] != "and" else None


def _spelled(tree: t.Tree) -> str | None:
    """The word that single letters side by side make, as `Bob` may be read as a product."""
    factors = tree.factors if isinstance(tree, t.Product) else (tree,)
    letters = [each.name for each in factors if isinstance(each, t.Symbol | t.Constant) and len(each.name) == 1]
    return "".join(letters).lower() if len(letters) == len(factors) else None
