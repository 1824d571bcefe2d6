"""Numbers that carry something: a unit, a percent sign, a base, a ratio's colon."""

from __future__ import annotations

from fractions import Fraction
from itertools import takewhile

from mathmill.eval.ladder.clocks import compare_clocks
from mathmill.eval.ladder.rungs import Compare, all_of, correct, wrong
from mathmill.eval.syntax import trees as t
from mathmill.eval.units import Unit, unit_of
from mathmill.eval.values.exact import based_value, form_of
from mathmill.eval.values.numeric import symbols_of
from mathmill.eval.values.polynomials import Undecided
from mathmill.eval.verdict import Verdict

_DEGREES = frozenset({"degree", "degrees", "deg"})
_DOZENS = frozenset({"dozen", "dozens"})
_SIGNS = {r"\mu": "\u03bc", r"\Omega": "ohm"}
_SIGNED = "\u03bc"
_TEMPERATURES = {"C": "Celsius", "F": "Fahrenheit"}
_Dimensions = tuple[tuple[str, int], ...]
_ANGLES = {(("angle", 1),), (("radian", 1),)}
_ES = ("xes", "shes", "ches", "sses", "uses")
_VALUES = (t.Number, t.Quotient, t.Mixed, t.Negative, t.Root, t.Power)


def compare_bases(answer: t.Tree, gold: t.Tree, compare: Compare) -> Verdict | None:
    """A gold that is written in a base asks for an answer in that base; what is asked in base ten is a number."""
    if not isinstance(gold, t.InBase):
        return None
    if not isinstance(answer, t.InBase) or answer.base != gold.base:
        return wrong("base", f"base {gold.base} is asked for")
    try:
        same = based_value(answer) == based_value(gold)
    except ValueError:
        return wrong("base", f"no numeral of base {gold.base}")
    return correct("base") if same else wrong("base", "another number")


def compare_ratios(answer: t.Tree, gold: t.Tree, compare: Compare) -> Verdict | None:
    """`4:6`, `2:3` and `2/3`: terms in proportion; a ratio of two may be a quotient."""
    if (clocks := compare_clocks(answer, gold)) is not None:
        return clocks
    if not (_is_ratio(answer) or _is_ratio(gold)):
        return None
    left, right = _terms(answer), _terms(gold)
    if isinstance(answer, t.Quantity | t.Percent) or isinstance(gold, t.Quantity | t.Percent):
        return wrong("ratio", "a ratio for a quantity, or a quantity for a ratio")
    if left is None or right is None:
        return compare(_quotient(answer), _quotient(gold)) if {len(left or right or ())} == {2} else None
    if len(left) != len(right):
        return wrong("ratio", f"{len(left)} terms for {len(right)}")
    if _may_be_time(right):
        return all_of("ratio", (compare(a, b) for a, b in zip(left, right, strict=True)))
    return _in_proportion(left, right, compare)


def _in_proportion(left: tuple[t.Tree, ...], right: tuple[t.Tree, ...], compare: Compare) -> Verdict:
    """Whether terms are the same multiple of others: zeros stand where zeros stand, and not all are such.

    The others are crossed with a term that is surely not zero: zero times anything is in every proportion.
    """
    zero = t.Number(Fraction(0))
    pairs = list(zip(left, right, strict=True))
    signs = [(compare(a, zero), compare(b, zero)) for a, b in pairs]
    if any(a.correct != b.correct for a, b in signs):
        return wrong("ratio", "zero for another term, or another term for zero")
    at = next((at for at, sign in enumerate(signs) if {each.outcome for each in sign} == {"wrong"}), None)
    if at is None:
        return wrong("ratio", "no term that is surely not zero")
    pivot, other = pairs.pop(at)
    return all_of("ratio", (compare(t.Product((a, other)), t.Product((b, pivot))) for a, b in pairs))


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
    if {type(answer), type(gold)} == {t.Percent, t.Quantity}:
        return wrong("unit", "a percentage for a quantity, or a quantity for a percentage")
    (left, unit), (right, other) = _parted(answer), _parted(gold)
    if unit is None and other is None:
        return _with_prefix(answer, gold, compare)
    if unit is None and other is not None:
        left, unit = _lettered(left)
    elif other is None:
        right, other = _lettered(right)
    if unit in _DOZENS and other is None:
        return compare(_scaled(left, Fraction(12)), right)
    if other in _DOZENS and unit is None:
        return _dozens(left, right, compare)
    if unit is None or other is None:
        return _as_turns(answer, gold) or _without(left, unit, right, other, compare)
    return _converted(left, unit, right, other, compare)


def _dozens(answer: t.Tree, dozens: t.Tree, compare: Compare) -> Verdict:
    """2 and 24 for `2 dozen`."""
    verdict = compare(answer, dozens)
    return verdict if verdict.correct else compare(answer, _scaled(dozens, Fraction(12)))


def _without(left: t.Tree, unit: str | None, right: t.Tree, other: str | None, compare: Compare) -> Verdict:
    """Values one of which has a unit, which may be letters that were taken for one: `3/2 kT` and `3kT/2`."""
    verdict = compare(left, right)
    if not verdict.correct and symbols_of(right if other is None else left):
        as_letters = compare(_unread(left, unit), _unread(right, other))
        verdict = as_letters if as_letters.correct else verdict
    return Verdict(verdict.outcome, verdict.method, verdict.detail or "one of the two has no unit")


def _unread(value: t.Tree, unit: str | None) -> t.Tree:
    """A value times the letters of what was taken for its unit."""
    if unit is None or not unit.isalpha():
        return value
    return t.Product((value, *(t.Symbol(r"\mu" if letter in _SIGNED else letter) for letter in unit)))


def _with_prefix(answer: t.Tree, gold: t.Tree, compare: Compare) -> Verdict | None:
    r"""`4\mu F` and `4000 nF`: letters that spell one unit on both sides, where a sign says that they are no names."""
    (left, unit), (right, other) = _lettered(answer), _lettered(gold)
    if unit is None or other is None or unit == other or not any(name[0] in _SIGNED for name in (unit, other)):
        return None
    return _converted(left, unit, right, other, compare)


def _converted(left: t.Tree, unit: str, right: t.Tree, other: str, compare: Compare) -> Verdict:
    known, expected = unit_of(unit), unit_of(other)
    if known is None or expected is None:
        if _stem(unit) != _stem(other):
            return wrong("unit", f"{unit} is not {other}")
        return compare(left, right)
    if {known.dimensions, expected.dimensions} == _ANGLES:
        return compare(_in_radians(left, known), _in_radians(right, expected))
    if _TEMPERATURES.get(unit) == other or _TEMPERATURES.get(other) == unit:
        return compare(left, right)
    is_open = _is_unit_of_length(known.dimensions) != _is_unit_of_length(expected.dimensions)
    if _as_length(known.dimensions) != _as_length(expected.dimensions):
        return wrong("unit", f"{unit} and {other} measure different things")
    if known.factor == expected.factor or is_open:
        return compare(left, right)
    return compare(_scaled(left, known.factor), _scaled(right, expected.factor))


def _in_radians(tree: t.Tree, unit: Unit) -> t.Tree:
    if dict(unit.dimensions) == {"radian": 1}:
        return tree
    return t.Product((t.Number(Fraction(1, 180)), t.Constant("pi"), tree))


def _is_unit_of_length(dimensions: _Dimensions) -> bool:
    """Whether this is `units`, or such squared: of whatever length the question measures in."""
    return any(name == "unit" for name, _ in dimensions)


def _as_length(dimensions: _Dimensions) -> _Dimensions:
    return tuple(("length" if name == "unit" else name, exponent) for name, exponent in dimensions)


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
    if not isinstance(over, t.Product):
        return tree, None
    values = tuple(takewhile(_is_plain_value, over.factors))
    letters = list(over.factors[len(values) :])
    if not values:
        return tree, None
    first = values[0] if len(values) == 1 else t.Product(values)
    if len(letters) == 1 and isinstance(part := letters[0], t.Quotient):  # `3 m/s` as 3 times m/s
        letters, under = [part.numerator], part.denominator
    spelled = "".join(map(_letter, letters)) if all(map(_letter, letters)) else ""
    if under is not None:
        spelled = f"{spelled}/{_letter(under)}" if spelled and _letter(under) else ""
    return (first, spelled) if spelled and unit_of(spelled) is not None else (tree, None)


def _is_plain_value(tree: t.Tree) -> bool:
    return isinstance(tree, _VALUES) and not symbols_of(tree)


def _letter(tree: t.Tree) -> str:
    match tree:
        case t.Symbol(name) if name in _SIGNS:
            return _SIGNS[name]
        case t.Symbol(name) if len(name) == 1:
            return name
        case t.Power(t.Symbol(name), t.Number(power)) if len(name) == 1 and power in (2, 3):
            return f"{name}^{power}"
        case t.Product(factors) if all(isinstance(factor, t.Symbol) for factor in factors):
            return "".join(map(_letter, factors))
    return ""


def _stem(unit: str) -> str:
    """A noun without what makes it plural: `cities` and `city`, `boxes` and `box`."""
    noun = unit.lower()
    if noun.endswith("ies") and len(noun) > 4:
        return noun[:-3] + "y"
    if noun.endswith(_ES):
        return noun[:-2]
    return noun if noun.endswith(("ss", "us")) else noun.removesuffix("s")


def _scaled(tree: t.Tree, factor: Fraction) -> t.Tree:
    return tree if factor == 1 else t.Product((t.Number(factor), tree))
