"""Equations and inequalities of several unknowns, and the names that answers are given."""

from __future__ import annotations

import re
from collections.abc import Sequence
from fractions import Fraction

from mathmill.eval.ladder.denominators import cleared, may_clear
from mathmill.eval.ladder.families import compare_families
from mathmill.eval.ladder.residues import compare_residues
from mathmill.eval.ladder.rounding import near, written_decimal
from mathmill.eval.ladder.rungs import Compare, all_of, correct, wrong
from mathmill.eval.ladder.sets import is_modular
from mathmill.eval.syntax import trees as t
from mathmill.eval.values.exact import are_equal, form_of
from mathmill.eval.values.numeric import symbols_of
from mathmill.eval.values.polynomials import Form, Polynomial, Undecided, fresh_work
from mathmill.eval.verdict import Verdict

# Letters that are functions where a number stands in brackets behind them; `x(2)` is twice x.
_FUNCTIONS = frozenset("fghpqFGHPQEV")
_GREEK_FUNCTIONS = frozenset(["\\zeta", "\\Gamma", "\\phi", "\\varphi", "\\sigma", "\\tau"])
_CALLED = re.compile(r"([a-z])\([a-z]\)")
_RATIOS = frozenset({"sin", "cos", "tan", "cot", "sec", "csc", "abs", "norm"})
_SHAPES = (r"\angle", r"\triangle")
_SEGMENT = re.compile(r"\\overline\{([A-Z]{2})\}")
_COMPLEX = (t.Symbol("z"), t.Symbol("w"))
_COORDINATES = frozenset({"x", "y", "z"})
_FLIPPED = {"<": ">", ">": "<", "<=": ">=", ">=": "<="}
_BACKWARDS = _FLIPPED | {sign: sign for sign in ("=", "!=", "~", "cong", "perp", "parallel")}
_EQUAL = frozenset({"=", "~", "cong"})
_OF_SEVERAL = frozenset({"max", "min", "sup", "inf", "gcd", "lcm"})


def compare_relations(answer: t.Tree, gold: t.Tree, compare: Compare) -> Verdict | None:
    """Equations and inequalities, written the other way or multiplied; `x = 5` is its value."""
    if not isinstance(answer, t.Relation) and not isinstance(gold, t.Relation):
        return compare_residues(answer, gold, compare)
    if (verdict := compare_residues(answer, gold, compare)) is not None:
        return verdict
    if is_modular(answer) != is_modular(gold):
        return wrong("residue", "a modulus on one side alone")
    if isinstance(answer, t.Relation) and (_is_tautology(answer) or _of_one(answer) != _of_one(gold)):
        return wrong("relation", "what always holds, or what is said of something else")
    if isinstance(answer, t.Relation) != isinstance(gold, t.Relation):
        if (verdict := compare_families(answer, gold, compare)) is not None:
            return verdict
        if (verdict := _compare_intervals(answer, gold, compare)) is not None:
            return verdict
        answer, gold = _listed(_turned(answer)), _listed(gold)
        if not isinstance(answer, t.Relation) and not isinstance(gold, t.Relation):
            return compare(answer, gold)
    answer, gold = _named_one_by_one(answer, gold), _named_one_by_one(gold, answer)
    answer, gold = _turned(answer), _turned(gold) if _is_named_tuple(answer) else gold
    answer = _of_the_same_letter(answer, gold)
    left, right = solved(answer), solved(gold)
    if isinstance(answer, t.Relation) and isinstance(gold, t.Relation):
        return _compare_two(answer, gold, left, right, compare)
    if isinstance(left, t.Relation) and not isinstance(right, t.Relation):
        return _chain(left, right, compare)
    if isinstance(right, t.Relation):
        return wrong("relation", "a value for a relation")
    return compare(left, right)


def _compare_two(answer: t.Relation, gold: t.Relation, left: t.Tree, right: t.Tree, compare: Compare) -> Verdict:
    same_name = left is not answer and right is not gold and _one_name(answer.terms[0], gold.terms[0])
    if same_name:
        if isinstance(left, t.Relation) and not isinstance(right, t.Relation):
            return _chain(left, right, compare)
        verdict = compare(left, right)
        if verdict.correct:
            return verdict
    return _as_multiple(answer, gold) or _term_by_term(answer, gold, compare)


def _is_tautology(tree: t.Relation) -> bool:
    """Whether an equation says nothing: `5 = 5`, `x = x`, `x = x + 0`."""
    if not set(tree.relations) <= _EQUAL:
        return False
    if len(set(tree.terms)) == 1:
        return True
    first, *others = tree.terms
    if not isinstance(first, t.Symbol) or not all(first.name in symbols_of(other) for other in others):
        return False
    try:
        return all(are_equal(form_of(first), form_of(other)) for other in others)
    except Undecided:
        return False


def _of_one(tree: t.Tree) -> frozenset[str]:
    r"""What of several values is asked of a single letter, as in `\max x = 2`, whose maximum is not the letter."""
    found = frozenset[str]().union(*map(_of_one, t.children(tree)))
    match tree:
        case t.Call(name, (argument, *others)) if name in _OF_SEVERAL and set(others) <= {argument}:
            if isinstance(argument, t.Items):
                return found
            return found | {name}
    return found


def solved(tree: t.Tree) -> t.Tree:
    """What stands for an answer in `x = 5`: the side without the name; any other tree as it is."""
    if not isinstance(tree, t.Relation) or not set(tree.relations) <= _EQUAL or not _is_name(tree.terms[0]):
        return tree
    if set(tree.relations) != {"="} and all(map(_is_shape, tree.terms)):
        return tree  # similar triangles
    return tree.terms[1] if len(tree.terms) == 2 else t.Relation(tree.terms[1:], tree.relations[1:])


def _listed(tree: t.Tree) -> t.Tree:
    r"""`x \in \{1, 2\}` as the set of its values; any other tree as it is."""
    match tree:
        case t.Relation((name, t.Items("set") as values), ("in",)) if _is_name(name):
            return values
        case t.Relation((t.Symbol(name), t.SetOperation() as values), ("in",)):
            return tree if name in symbols_of(values) else values
    return tree


def _compare_intervals(answer: t.Tree, gold: t.Tree, compare: Compare) -> Verdict | None:
    r"""`x \in [a, b)` and `[a, b)`; None where these are no intervals."""
    left, right = _interval(answer), _interval(gold)
    if left is None or right is None:
        return None
    if (left.closed_low, left.closed_high) != (right.closed_low, right.closed_high):
        return wrong("set", "an end belongs to one of them alone")
    return all_of("set", (compare(a, b) for a, b in ((left.low, right.low), (left.high, right.high))))


def _interval(tree: t.Tree) -> t.Interval | None:
    match tree:
        case t.Relation((t.Symbol(name), values), ("in",)):
            return None if name in symbols_of(values) else _interval(values)
        case t.Items("tuple", (low, high)):
            return t.Interval(low, high, False, False)
    return tree if isinstance(tree, t.Interval) else None


def _of_the_same_letter(answer: t.Tree, gold: t.Tree) -> t.Tree:
    """`f(t) = t^2` with the letter that the gold gives the function's argument."""
    match answer, gold:
        case (
            t.Relation((t.Product((t.Symbol(name), t.Symbol(letter))), value), ("=",)),
            t.Relation((t.Product((t.Symbol(function), t.Symbol(other))), _), ("=",)),
        ) if name == function and _is_function(name) and letter != other and letter in symbols_of(value):
            if other in symbols_of(value) or not (letter.islower() and other.islower()):
                return answer
            return t.with_symbol(answer, letter, t.Symbol(other))
    return answer


def _is_name(tree: t.Tree) -> bool:
    r"""Words, a letter, a segment `AB`, `f(x)` or `\sin A`, an inverse `f^{-1}(x)`, an angle, a tuple of letters."""
    match tree:
        case t.Symbol() | t.Words():
            return True
        case t.Call("ratio", terms):
            return all(map(_is_name, terms))
        case t.Call("abs" | "norm", (inner,)):
            return _is_name(inner) and (isinstance(inner, t.Product) or inner in _COMPLEX)  # `|x| = 5` says x or -x
        case t.Items("tuple", items):
            return all(isinstance(item, t.Symbol) for item in items)
        case t.Power(t.Symbol(), exponent):
            return exponent == t.Negative(t.Number(Fraction(1)))
        case t.Call(name, (t.Symbol(),)):
            return name in _RATIOS
        case t.Quotient(t.Product((t.Symbol("d"), *_)), t.Product((t.Symbol("d"), t.Symbol()))):
            return True
        case t.Product((t.Symbol("m"), shape)) if _is_shape(shape):
            return True
        case t.Product((t.Symbol("P"), t.Relation())):
            return True
        case t.Product((t.Symbol(first), t.Symbol("n" | "t"))) if first.isupper():
            return True
        case t.Product((t.Symbol(first), *rest)) if all(isinstance(each, t.Symbol) for each in rest):
            names = [first, *(each.name for each in rest if isinstance(each, t.Symbol))]
            return (_is_function(first) and len(names) == 2) or all(name[:1].isupper() for name in names)
        case t.Product((t.Symbol(name) | t.Power(t.Symbol(name)), t.Number() | t.Items())):
            return _is_function(name) or name in _GREEK_FUNCTIONS
        case t.Bound("lim", variable, t.Symbol() as body):
            return body != variable
        case t.Product((t.Power(t.Symbol(name), exponent), t.Symbol())):
            return name in _FUNCTIONS and exponent == t.Negative(t.Number(Fraction(1)))
    return False


def _is_shape(tree: t.Tree) -> bool:
    r"""`\angle ABC`, `\triangle ABC`."""
    return isinstance(tree, t.Symbol) and tree.name.startswith(_SHAPES)


def _is_function(name: str) -> bool:
    return name.rstrip("'").removesuffix("^-1") in _FUNCTIONS


def _one_name(left: t.Tree, right: t.Tree) -> bool:
    """Whether two sides name the same thing; `y` is what `f(x)` is."""
    left, right = _plain_name(left), _plain_name(right)
    if left == right:
        return True
    functions = [t.Product((t.Symbol("f"), t.Symbol("x"))), t.Symbol("y")]
    return left in functions and right in functions


def _plain_name(name: t.Tree) -> t.Tree:
    r"""`m\angle ABC` as the angle, `|AB|` and `\overline{AB}` as AB: the size of what is named; `y(x)` as y."""
    match name:
        case t.Product((t.Symbol("m"), shape)) if _is_shape(shape):
            return shape
        case t.Call("abs", (t.Product() as inner,)):
            return inner
        case t.Symbol(text) if (bar := _SEGMENT.fullmatch(text)) is not None:
            return t.Product(tuple(map(t.Symbol, bar[1])))
        case t.Symbol(text) if (called := _CALLED.fullmatch(text)) is not None:
            return t.Symbol(called[1])
    return name


def _named_one_by_one(tree: t.Tree, other: t.Tree) -> t.Tree:
    """`(x, y) = (1, 2)` as `x = 1, y = 2` where the other names its values so."""
    match tree:
        case t.Relation((t.Items("tuple", names), t.Items("tuple", values)), ("=",)) if len(names) == len(values):
            named = tuple(t.Relation(pair, ("=",)) for pair in zip(names, values, strict=True))
            if isinstance(other, t.Items) and by_name(other.items) is not None:
                return t.Items("list", named)
    return tree


def _is_named_tuple(tree: t.Tree) -> bool:
    """Whether this is `(x, y) = (1, 2)`."""
    return isinstance(tree, t.Relation) and isinstance(tree.terms[0], t.Items) and tree.terms[0].kind == "tuple"


def _turned(tree: t.Tree) -> t.Tree:
    """`(y, x) = (2, 1)` in the order of the letters, which is that of values without names, and so in a set of such."""
    match tree:
        case t.Relation((t.Items("tuple"), t.Matrix(rows)), ("=",)) if {len(row) for row in rows} == {1}:
            return _turned(t.Relation((tree.terms[0], t.Items("tuple", tuple(row[0] for row in rows))), ("=",)))
        case t.Relation((t.Items("tuple", names), t.Items("tuple") as values), ("=",)):
            return t.Relation((t.Items("tuple", _sorted(names, names)), _turned_as(names, values)), ("=",))
        case t.Relation((t.Items("tuple", names), t.Items("set", items)), ("in",)):
            values = t.Items("set", tuple(_turned_as(names, item) for item in items))
            return t.Relation((t.Items("tuple", _sorted(names, names)), values), ("in",))
    return tree


def _turned_as(names: tuple[t.Tree, ...], tree: t.Tree) -> t.Tree:
    is_point = isinstance(tree, t.Items) and tree.kind == "tuple"
    return t.Items("tuple", _sorted(names, tree.items)) if isinstance(tree, t.Items) and is_point else tree


def _sorted(names: tuple[t.Tree, ...], values: tuple[t.Tree, ...]) -> tuple[t.Tree, ...]:
    """Values in the order of their names if these are neighbours in the alphabet; else as they stand, as `(m, b)`."""
    letters = [name.name.lstrip("\\") for name in names if isinstance(name, t.Symbol)]
    if len(letters) != len(values) or len(letters) != len(names) or not _are_neighbours(letters):
        return values
    places = sorted(range(len(letters)), key=lambda at: _place_of(letters[at]))
    return tuple(values[at] for at in places)


def _are_neighbours(names: list[str]) -> bool:
    letters = sorted({name.partition("_")[0] for name in names})
    return all(len(letter) == 1 and ord(letter) - ord(letters[0]) == place for place, letter in enumerate(letters))


def by_name(trees: Sequence[t.Tree]) -> dict[str, t.Tree] | None:
    """The values of `x = 1, y = 2` by their names; None for what is named otherwise, or `x_1 = 1, x_2 = 2`."""
    named = {}
    for tree in trees:
        if not isinstance(tree, t.Relation) or tree.relations != ("=",):
            return None
        name, value = tree.terms
        if not isinstance(name, t.Symbol | t.Words):
            return None
        named[name.name if isinstance(name, t.Symbol) else f" {name.text}"] = value
    letters = {name.partition("_")[0] for name in named}
    return named if len(named) == len(letters) == len(trees) > 1 else None


def in_order(trees: Sequence[t.Tree]) -> tuple[t.Relation, ...] | None:
    """`y = 2, x = 1` and `x_2 = 2, x_1 = 1` in the order of letters, then of indices; None for other than such.

    What words name stays as it is written.
    """
    named = [tree for tree in trees if isinstance(tree, t.Relation) and tree.relations == ("=",)]
    names = [tree.terms[0] for tree in named]
    letters = [name.name.lstrip("\\") for name in names if isinstance(name, t.Symbol)]
    if len(named) != len(trees) or not all(isinstance(name, t.Symbol | t.Words) for name in names):
        return None
    if len(set(names)) != len(names):
        return None  # several values of one name
    if len(letters) != len(names):
        return tuple(named)
    ordered = sorted(zip(letters, named, strict=True), key=lambda pair: _place_of(pair[0]))
    return tuple(tree for _, tree in ordered)


def _place_of(name: str) -> tuple[str, int, str]:
    """Where a name stands among others: `x_2` before `x_10`."""
    letter, _, index = name.partition("_")
    digits = index.strip("{}")
    return letter, int(digits) if digits.isdecimal() and len(digits) < 10 else 0, index


def _chain(chain: t.Relation, gold: t.Tree, compare: Compare) -> Verdict:
    r"""`2 + 3 = 5`, `\frac{2}{3} \approx 0.667`: every link has to hold, an approximate one as far as it is written."""
    if not set(chain.relations) <= _EQUAL:
        return wrong("relation", "a relation for a value")
    if symbols_of(chain) - symbols_of(gold):
        return wrong("relation", "an equation for a value")
    # the last term that only equals signs lead to
    exact = next((at for at, sign in enumerate(chain.relations) if sign != "="), len(chain.relations))
    for term in chain.terms[exact + 1 :]:
        if (written := written_decimal(term)) is None or not near(chain.terms[0], term, written):
            return wrong("relation", "a link of the chain that does not hold")
    return all_of("relation", (compare(term, gold) for term in dict.fromkeys(chain.terms[: exact + 1])))


def _as_multiple(answer: t.Relation, gold: t.Relation) -> Verdict | None:
    """Whether two equations or inequalities are multiples of each other; None where that is not asked or not seen.

    A gold that is solved for its unknown asks for a solved answer: `2x + 3 = 7` is no answer where `x = 2` is. A line,
    curve or plane in x, y and z is the same one however it is written.
    """
    relation, wanted = answer.relations[0], gold.relations[0]
    if len(answer.terms) != 2 or len(gold.terms) != 2 or wanted not in ("=", "<", ">", "<=", ">="):
        return None
    unknowns = symbols_of(gold)
    if not unknowns:
        return None
    if wanted == "=" and solved(gold) is not gold and not (len(unknowns) > 1 and unknowns <= _COORDINATES):
        return None
    if wanted != "=" and len(unknowns) < 2:
        return None
    fresh_work()
    try:
        left, right = _difference(answer), _difference(gold)
        if not may_clear(left) and _ratio(left.under, right.under) is None:
            return None  # where what is below the answer is zero the answer does not hold, and the gold may
        if wanted == "=":
            ratio = _ratio(cleared(left), cleared(right))
        elif left.under == right.under:
            ratio = _ratio(left.over, right.over)
        else:
            return None
    except Undecided:
        return None
    if ratio is None:
        return None
    if (relation if ratio > 0 else _FLIPPED.get(relation, relation)) != wanted:
        return wrong("relation", "the other way round")
    return correct("relation", "" if ratio == 1 else "a multiple")


def _difference(relation: t.Relation) -> Form:
    return form_of(relation.terms[0]) - form_of(relation.terms[1])


def _ratio(left: Polynomial, right: Polynomial) -> Fraction | None:
    """How many times a sum is another one; None where it is no multiple, or nothing."""
    if not left or left.keys() != right.keys():
        return None
    ratios = {Fraction(left[product]) / right[product] for product in left}
    return ratios.pop() if len(ratios) == 1 else None


def _term_by_term(answer: t.Relation, gold: t.Relation, compare: Compare) -> Verdict:
    ways = [answer]
    if all(relation in _BACKWARDS for relation in answer.relations):
        flipped = tuple(_BACKWARDS[relation] for relation in reversed(answer.relations))
        ways.append(t.Relation(tuple(reversed(answer.terms)), flipped))
    verdicts = [
        all_of("relation", (compare(a, b) for a, b in zip(way.terms, gold.terms, strict=True)))
        for way in ways
        if way.relations == gold.relations
    ]
    if not verdicts:
        return wrong("relation", "another relation")
    return next((verdict for verdict in verdicts if verdict.correct), verdicts[0])
