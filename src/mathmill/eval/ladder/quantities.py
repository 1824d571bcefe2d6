"""Numbers that carry something: a unit, a percent sign, a base, a ratio's colon."""

from __future__ import annotations

from fractions import Fraction

from mathmill.eval.ladder.rungs import Compare, all_of, correct, wrong
from mathmill.eval.syntax import trees as t
from mathmill.eval.units import unit_of
from mathmill.eval.values.exact import form_of
from mathmill.eval.values.polynomials import Undecided
from mathmill.eval.verdict import Verdict

_DEGREES = frozenset({"degree", "degrees", "deg"})
_DOZENS = frozenset({"dozen", "dozens"})
_TEMPERATURES = {"C": "Celsius", "F": "Fahrenheit"}
_VALUES = (t.Number, t.Quotient, t.Mixed, t.Negative, t.Root, t.Power)


def compare_bases(answer: t.Tree, gold: t.Tree, compare: Compare) -> Verdict | None:
    """A gold that is written in a base asks for an answer in that base; what is asked in base ten is a number."""
    if not isinstance(gold, t.InBase):
        return None
    if not isinstance(answer, t.InBase) or answer.base != gold.base:
        return wrong("base", f"base {gold.base} is asked for")
    try:
        same = int(answer.digits, answer.base) == int(gold.digits, gold.base)
    except ValueError:
        return wrong("base", f"no numeral of base {gold.base}")
    return correct("base") if same else wrong("base", "another number")


def compare_ratios(answer: t.Tree, gold: t.Tree, compare: Compare) -> Verdict | None:
    """`4:6`, `2:3` and `2/3`: terms in proportion; a ratio of two may be a quotient."""
    if not (_is_ratio(answer) or _is_ratio(gold)):
        return None
    left, right = _terms(answer), _terms(gold)
    if left is None or right is None:
        return compare(_quotient(answer), _quotient(gold)) if {len(left or right or ())} == {2} else None
    if len(left) != len(right):
        return wrong("ratio", f"{len(left)} terms for {len(right)}")
    if _may_be_time(right):
        return all_of("ratio", (compare(a, b) for a, b in zip(left, right, strict=True)))
    crossed = (
        compare(t.Product((a, right[0])), t.Product((b, left[0]))) for a, b in zip(left[1:], right[1:], strict=True)
    )
    return all_of("ratio", crossed)


def _may_be_time(terms: tuple[t.Tree, ...]) -> bool:
    """Hours and minutes: `3:30` is not `4:40`, though in proportion."""
    first, *rest = (term.value if isinstance(term, t.Number) else -1 for term in terms)
    return 0 <= first <= 24 and all(value == 0 or 10 <= value < 60 for value in rest)


def _is_ratio(tree: t.Tree) -> bool:
    return isinstance(tree, t.Call) and tree.function == "ratio"


def _terms(tree: t.Tree) -> tuple[t.Tree, ...] | None:
    return tree.arguments if isinstance(tree, t.Call) and tree.function == "ratio" else None


def _quotient(tree: t.Tree) -> t.Tree:
    terms = _terms(tree)
    return t.Quotient(terms[0], terms[1]) if terms else tree


def compare_quantities(answer: t.Tree, gold: t.Tree, compare: Compare) -> Verdict | None:
    """Values with units: converted where both have one, and where one has none the numbers alone."""
    if isinstance(gold, t.Percent) and not isinstance(answer, t.Percent | t.Quantity):
        verdict = compare(answer, gold.value)  # a question for a percentage is answered by its number
        return verdict if verdict.correct else None
    (left, unit), (right, other) = _parted(answer), _parted(gold)
    if unit is None and other is None:
        return _with_letters(answer, gold, compare)
    if unit is None and other is not None:
        left, unit = _lettered(left)
    elif other is None:
        right, other = _lettered(right)
    if unit in _DOZENS and other is None:
        return compare(_scaled(left, Fraction(12)), right)
    if other in _DOZENS and unit is None:
        return _dozens(left, right, compare)
    if unit is None or other is None:
        return _as_turns(answer, gold) or _bare(compare(left, right))
    return _converted(left, unit, right, other, compare)


def _dozens(answer: t.Tree, dozens: t.Tree, compare: Compare) -> Verdict:
    """2 and 24 for `2 dozen`."""
    verdict = compare(answer, dozens)
    return verdict if verdict.correct else compare(answer, _scaled(dozens, Fraction(12)))


def _bare(verdict: Verdict) -> Verdict:
    return Verdict(verdict.outcome, verdict.method, verdict.detail or "one of the two has no unit")


def _with_letters(answer: t.Tree, gold: t.Tree, compare: Compare) -> Verdict | None:
    """`10 m` for 10: letters that spell a unit, where the other is a plain number."""
    if isinstance(gold, t.Number) == isinstance(answer, t.Number):
        return None
    (left, unit), (right, other) = _lettered(answer), _lettered(gold)
    return _bare(compare(left, right)) if unit is not None or other is not None else None


def _converted(left: t.Tree, unit: str, right: t.Tree, other: str, compare: Compare) -> Verdict:
    known, expected = unit_of(unit), unit_of(other)
    if known is None or expected is None:
        if _stem(unit) != _stem(other):
            return wrong("unit", f"{unit} is not {other}")
        return compare(left, right)
    if not known.dimensions or not expected.dimensions:  # `units`: of whatever the question measures in
        return compare(left, right)
    if known.dimensions != expected.dimensions:
        return wrong("unit", f"{unit} and {other} measure different things")
    if known.factor == expected.factor:
        return compare(left, right)
    return compare(_scaled(left, known.factor), _scaled(right, expected.factor))


def _as_turns(answer: t.Tree, gold: t.Tree) -> Verdict | None:
    """An angle in degrees and the same one in radians."""
    if not any(isinstance(tree, t.Quantity) and tree.unit in _DEGREES for tree in (answer, gold)):
        return None
    try:
        return correct("exact", "degrees as radians") if (form_of(answer) - form_of(gold)).is_zero else None
    except Undecided:
        return None


def _parted(tree: t.Tree) -> tuple[t.Tree, str | None]:
    """A value and its unit, what stands in several units summed in the smallest."""
    match tree:
        case t.Quantity(t.Product((t.Quantity(more, larger), less)), unit):
            big, small = unit_of(larger), unit_of(unit)
            if big and small and big.dimensions == small.dimensions and big.factor > small.factor:
                return t.Sum((_scaled(more, big.factor / small.factor), less)), unit
            return tree.value, unit
        case t.Quantity(value, unit):
            return value, unit
        case t.Product((t.Quantity(value, "degree"), t.Symbol(name))) if name in _TEMPERATURES:
            return value, _TEMPERATURES[name]
        case t.Negative(inner):
            value, unit_or_none = _parted(inner)
            return t.Negative(value), unit_or_none
    return tree, None


def _lettered(tree: t.Tree) -> tuple[t.Tree, str | None]:
    """A number and letters behind it that spell a unit, as `10 m`, `10cm`, `5 m^2`, `60 km/h` may be read."""
    over, under = tree, None
    if isinstance(tree, t.Quotient):
        over, under = tree.numerator, tree.denominator
    if not isinstance(over, t.Product) or not isinstance(over.factors[0], _VALUES):
        return tree, None
    first, *letters = over.factors
    if len(letters) == 1 and isinstance(part := letters[0], t.Quotient):  # `3 m/s` as 3 times m/s
        letters, under = [part.numerator], part.denominator
    spelled = "".join(map(_letter, letters)) if all(map(_letter, letters)) else ""
    if under is not None:
        spelled = f"{spelled}/{_letter(under)}" if spelled and _letter(under) else ""
    return (first, spelled) if spelled and unit_of(spelled) is not None else (tree, None)


def _letter(tree: t.Tree) -> str:
    match tree:
        case t.Symbol(name) if len(name) == 1:
            return name
        case t.Power(t.Symbol(name), t.Number(power)) if len(name) == 1 and power in (2, 3):
            return f"{name}^{power}"
        case t.Product(factors) if all(isinstance(factor, t.Symbol) for factor in factors):
            return "".join(map(_letter, factors))
    return ""


def _stem(unit: str) -> str:
    return unit.lower().rstrip("s")


def _scaled(tree: t.Tree, factor: Fraction) -> t.Tree:
    return tree if factor == 1 else t.Product((t.Number(factor), tree))
