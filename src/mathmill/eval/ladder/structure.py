"""Answers that are more than one value: words, quantities, lists, sets, tuples, matrices, equations."""

from __future__ import annotations

from fractions import Fraction

from mathmill.eval.ladder.rungs import Compare, all_of, correct, matched, wrong
from mathmill.eval.syntax import trees as t
from mathmill.eval.syntax.vocabulary import DIGIT_WORDS
from mathmill.eval.units import unit_of
from mathmill.eval.values.exact import form_of
from mathmill.eval.values.numeric import symbols_of
from mathmill.eval.values.polynomials import Undecided
from mathmill.eval.verdict import Verdict

_ARTICLES = frozenset({"a", "an", "the"})
_NO_ANSWER_WORDS = {"no solution", "no solutions", "none", "no real solution", "no real solutions", "empty set"}
_MOST_SIGNS = 3


def solved(tree: t.Tree) -> t.Tree:
    """What stands for an answer in `x = 5`: the side without the name."""
    if isinstance(tree, t.Relation) and set(tree.relations) == {"="} and _is_name(tree.terms[0]):
        return tree.terms[1] if len(tree.terms) == 2 else t.Relation(tree.terms[1:], tree.relations[1:])
    return tree


def _is_name(tree: t.Tree) -> bool:
    """A letter, or a function of letters such as `f(x)`."""
    if isinstance(tree, t.Product):
        name, *arguments = tree.factors
        return isinstance(name, t.Symbol) and len(arguments) == 1 and isinstance(arguments[0], t.Symbol | t.Items)
    return isinstance(tree, t.Symbol)


def compare_signs(answer: t.Tree, gold: t.Tree, compare: Compare) -> Verdict | None:
    r"""`\pm` stands for two answers, which are compared as a list."""
    left, right = _both_signs(answer), _both_signs(gold)
    if left == [answer] and right == [gold]:
        return None
    return compare(_as_list(left), _as_list(right))


def _as_list(trees: list[t.Tree]) -> t.Tree:
    return trees[0] if len(trees) == 1 else t.Items("list", tuple(trees))


def _both_signs(tree: t.Tree) -> list[t.Tree]:
    """A tree with `\\pm` as the two that it stands for, lists of them taken apart."""
    if isinstance(tree, t.Items) and tree.kind in ("list", "either"):
        return [each for item in tree.items for each in _both_signs(item)] if _has_sign(tree) else [tree]
    if not _has_sign(tree):
        return [tree]
    return [_with_sign(tree, upper) for upper in (True, False)]


def _has_sign(tree: t.Tree) -> bool:
    return isinstance(tree, t.PlusMinus) or any(map(_has_sign, t.children(tree)))


def _with_sign(tree: t.Tree, upper: bool) -> t.Tree:
    if isinstance(tree, t.PlusMinus):
        value = _with_sign(tree.value, upper)
        return value if upper == (tree.upper == "plus") else t.Negative(value)
    return t.rebuilt(tree, lambda child: _with_sign(child, upper))


def compare_words(answer: t.Tree, gold: t.Tree, compare: Compare) -> Verdict | None:
    """Words are the same words, without articles; a number word is its number."""
    if not isinstance(answer, t.Words) and not isinstance(gold, t.Words):
        return None
    left, right = _spoken(answer), _spoken(gold)
    if isinstance(left, t.Words) != isinstance(right, t.Words):
        return wrong("words", "words for a formula or a formula for words")
    if isinstance(left, t.Words) and isinstance(right, t.Words):
        return correct("words") if left == right else wrong("words", f"{left.text!r} is not {right.text!r}")
    return compare(left, right)


def _spoken(tree: t.Tree) -> t.Tree:
    if not isinstance(tree, t.Words):
        return tree
    words = [word for word in tree.text.split() if word not in _ARTICLES]
    text = " ".join(words)
    if text in DIGIT_WORDS:
        return t.Number(Fraction(DIGIT_WORDS[text]))
    return t.Constant("empty_set") if text in _NO_ANSWER_WORDS else t.Words(text)


def compare_quantities(answer: t.Tree, gold: t.Tree, compare: Compare) -> Verdict | None:
    """Values with units: converted where both have one, and where one has none the numbers alone."""
    if isinstance(gold, t.Percent) and not isinstance(answer, t.Percent | t.Quantity):
        verdict = compare(answer, gold.value)  # a question for a percentage is answered by its number
        return verdict if verdict.correct else None
    if not isinstance(answer, t.Quantity) and not isinstance(gold, t.Quantity):
        return None
    (left, unit), (right, other) = _parted(answer), _parted(gold)
    if unit is None or other is None:
        if unit == "degree" or other == "degree":  # half a turn is pi, and 180 as well
            verdict = compare_plain(answer, gold, compare)
            if verdict is not None:
                return verdict
        verdict = compare(left, right)
        return Verdict(verdict.outcome, verdict.method, verdict.detail or "one of the two has no unit")
    known, expected = unit_of(unit), unit_of(other)
    if known is None or expected is None:
        if _stem(unit) != _stem(other):
            return wrong("unit", f"{unit} is not {other}")
        return compare(left, right)
    if known.dimensions != expected.dimensions:
        return wrong("unit", f"{unit} and {other} measure different things")
    return compare(_scaled(left, known.factor), _scaled(right, expected.factor))


def compare_plain(answer: t.Tree, gold: t.Tree, compare: Compare) -> Verdict | None:
    """An angle in degrees and one in radians."""
    try:
        return correct("exact", "degrees as radians") if (form_of(answer) - form_of(gold)).is_zero else None
    except Undecided:
        return None


def _parted(tree: t.Tree) -> tuple[t.Tree, str | None]:
    if isinstance(tree, t.Quantity):
        return tree.value, tree.unit
    if isinstance(tree, t.Negative):
        value, unit = _parted(tree.value)
        return t.Negative(value), unit
    return tree, None


def _stem(unit: str) -> str:
    return unit.lower().rstrip("s")


def _scaled(tree: t.Tree, factor: Fraction) -> t.Tree:
    return tree if factor == 1 else t.Product((t.Number(factor), tree))


def compare_items(answer: t.Tree, gold: t.Tree, compare: Compare) -> Verdict | None:
    """Lists, sets, tuples, vectors and matrices."""
    if isinstance(answer, t.Items) and answer.kind == "either" and not _has_several(gold):
        return Verdict("ambiguous", "items", "one of several answers")
    left, right = _entries(answer), _entries(gold)
    if left is None and right is None:
        return None
    if left is None or right is None:
        return wrong("items", "one value for several, or several for one")
    (kind, answers), (wanted, golds) = left, right
    if len(answers) != len(golds):
        return wrong("items", f"{len(answers)} values for {len(golds)}")
    named = _named(answers, golds)
    if named is not None:
        answers, golds = named
    elif "rows" in (kind, wanted) and kind != wanted:
        return wrong("items", "a matrix of another shape")
    elif kind in ("list", "set") and wanted in ("list", "set"):
        return matched("items", answers, golds, compare)
    return all_of("items", (compare(a, b) for a, b in zip(answers, golds, strict=True)))


def _has_several(tree: t.Tree) -> bool:
    entries = _entries(tree)
    return entries is not None and len(entries[1]) > 1


def _entries(tree: t.Tree) -> tuple[str, list[t.Tree]] | None:
    """How several values stand, in order or not, and what they are."""
    match tree:
        case t.Items("list" | "either" | "set" as kind, items):
            return "set" if kind == "set" else "list", list(items)
        case t.Items(_, items):
            return "tuple", list(items)
        case t.Interval(low, high, True, True):
            return "tuple", [low, high]
        case t.Matrix(rows):
            if len(rows) == 1 or len(rows[0]) == 1:
                return "tuple", [entry for row in rows for entry in row]
            return "rows", [t.Items("tuple", row) for row in rows]
    return None


def _named(answers: list[t.Tree], golds: list[t.Tree]) -> tuple[list[t.Tree], list[t.Tree]] | None:
    """`x = 1, y = 2` and `(1, 2)` or `y = 2, x = 1`: by name where both name them, else in the order of names."""
    left, right = _by_name(answers), _by_name(golds)
    if left is None and right is None:
        return None
    if left is not None and right is not None:
        return ([left[name] for name in sorted(left)], [right[name] for name in sorted(right)]) if set(left) == set(right) else None
    ordered = [side[name] for side in (left, right) if side is not None for name in sorted(side)]
    return (ordered, golds) if left is not None else (answers, ordered)


def _by_name(trees: list[t.Tree]) -> dict[str, t.Tree] | None:
    named = {}
    for tree in trees:
        if not isinstance(tree, t.Relation) or tree.relations != ("=",) or not isinstance(tree.terms[0], t.Symbol):
            return None
        named[tree.terms[0].name] = tree.terms[1]
    return named if len(named) == len(trees) > 1 else None


def compare_relations(answer: t.Tree, gold: t.Tree, compare: Compare) -> Verdict | None:
    """Equations and inequalities of several unknowns, written the other way or multiplied; `x = 5` is its value."""
    if not isinstance(answer, t.Relation) and not isinstance(gold, t.Relation):
        return None
    left, right = solved(answer), solved(gold)
    if not isinstance(left, t.Relation) and not isinstance(right, t.Relation):
        if left is not answer and right is not gold and _names(answer) != _names(gold):
            return _as_equation(answer, gold) or wrong("relation", "the value of something else")
        verdict = compare(left, right)
        return verdict if verdict.correct else _as_equation(answer, gold) or verdict
    if isinstance(left, t.Relation) and not isinstance(right, t.Relation) and left is not answer:
        return _chain(left, right, compare)
    if not isinstance(answer, t.Relation) or not isinstance(gold, t.Relation):
        return wrong("relation", "a relation for a value, or a value for a relation")
    return _as_equation(answer, gold) or _term_by_term(answer, gold, compare)


def _names(tree: t.Tree) -> object:
    return tree.terms[0] if isinstance(tree, t.Relation) else None


def _chain(chain: t.Relation, gold: t.Tree, compare: Compare) -> Verdict:
    """`x = 2 + 3 = 5`: every link has to hold."""
    if set(chain.relations) != {"="}:
        return wrong("relation", "a relation for a value")
    return all_of("relation", (compare(term, gold) for term in chain.terms))


def _as_equation(answer: t.Tree, gold: t.Tree) -> Verdict | None:
    """Whether two equations of several unknowns, or inequalities, are multiples of each other."""
    if not isinstance(answer, t.Relation) or not isinstance(gold, t.Relation):
        return None
    if len(answer.terms) != 2 or len(gold.terms) != 2 or len(symbols_of(gold)) < 2:
        return None
    flipped = {"<": ">", ">": "<", "<=": ">=", ">=": "<="}
    relation, wanted = answer.relations[0], gold.relations[0]
    try:
        sides = [form_of(side) for side in (*answer.terms, *gold.terms)]
        left, right = sides[0] - sides[1], sides[2] - sides[3]
        if right.is_zero or left.is_zero:
            return None
        ratio = (left * right.inverse()).rational()
    except Undecided:
        return None
    if ratio is None:
        return None
    if (relation if ratio > 0 else flipped.get(relation, relation)) != wanted:
        return wrong("relation", "the other way round")
    return correct("relation", "a multiple" if ratio != 1 else "")


def _term_by_term(answer: t.Relation, gold: t.Relation, compare: Compare) -> Verdict:
    backwards = {"<": ">", ">": "<", "<=": ">=", ">=": "<=", "=": "=", "!=": "!=", "~": "~"}
    ways = [answer]
    if all(relation in backwards for relation in answer.relations):
        flipped = tuple(backwards[relation] for relation in reversed(answer.relations))
        ways.append(t.Relation(tuple(reversed(answer.terms)), flipped))
    verdicts = [
        all_of("relation", (compare(a, b) for a, b in zip(way.terms, gold.terms, strict=True)))
        for way in ways
        if way.relations == gold.relations
    ]
    return next((v for v in verdicts if v.correct), verdicts[0] if verdicts else wrong("relation", "another relation"))


