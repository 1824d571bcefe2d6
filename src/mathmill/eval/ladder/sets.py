"""Sets of reals: intervals, unions, single points, inequalities of one unknown, all as segments of the line."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cmp_to_key

from mathmill.eval.ladder.rungs import Compare, all_of, wrong
from mathmill.eval.syntax import trees as t
from mathmill.eval.values.exact import form_of
from mathmill.eval.values.numeric import real_value, symbols_of
from mathmill.eval.values.polynomials import Undecided
from mathmill.eval.verdict import Verdict

_FLIPPED = {"<": ">", ">": "<", "<=": ">=", ">=": "<=", "!=": "!=", "=": "="}
_INFINITY = t.Constant("infinity")
_MINUS_INFINITY = t.Negative(_INFINITY)
_ORDERS = frozenset({"<", ">", "<=", ">=", "!="})


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of the line from `low` to `high`; a single point where they are one tree, both closed."""

    low: t.Tree
    high: t.Tree
    closed_low: bool
    closed_high: bool


def compare_sets(answer: t.Tree, gold: t.Tree, compare: Compare) -> Verdict | None:
    """Whether two sets of reals are the same; None where one of them is no such set or none is surely meant as one."""
    if not (is_set(answer) or is_set(gold)) or _unknowns(answer, gold) is None:
        return None
    if is_modular(answer) != is_modular(gold):
        return wrong("set", "a modulus on one side alone")
    try:
        left, right = segments_of(answer), segments_of(gold)
        if left is None or right is None:
            return None
        left, right = _joined(left), _joined(right)
    except Undecided:
        return None
    if len(left) != len(right):
        return wrong("set", f"{len(left)} pieces for {len(right)}")
    return all_of("set", (_same(a, b, compare) for a, b in zip(left, right, strict=True)))


def is_set(tree: t.Tree) -> bool:
    """Whether a tree can only be meant as a set of reals."""
    if isinstance(tree, t.Items):
        if tree.kind == "tuple" and len(tree.items) == 2:
            return tree.items[0] == _MINUS_INFINITY or tree.items[1] == _INFINITY
        return bool(tree.items) and all(map(is_set, tree.items))
    if isinstance(tree, t.Sum):
        return is_set(tree.terms[0])
    if isinstance(tree, t.Relation):
        return bool(_ORDERS & set(tree.relations)) or tree.relations == ("in",)
    if isinstance(tree, t.Constant):
        return tree.name in ("reals", "empty_set")
    return isinstance(tree, t.Interval | t.SetOperation | t.Builder)


def is_modular(tree: t.Tree) -> bool:
    r"""Whether a modulus stands behind a whole relation or list: `x > 2 \pmod{100}`, `1, 2 \pmod{100}`."""
    if isinstance(tree, t.Items):
        return len(tree.items) > 1 and all(_modulus(item) is not None for item in tree.items)
    return isinstance(tree, t.Relation) and _modulus(tree) is not None


def _modulus(tree: t.Tree) -> t.Tree | None:
    match tree:
        case t.Call("mod", (_, modulus)):
            return modulus
        case t.Relation((first, *_, t.Call("mod", (_, modulus)))):
            return modulus if symbols_of(first) else None
    return None


def _unknowns(answer: t.Tree, gold: t.Tree) -> frozenset[str] | None:
    """The unknown that inequalities are about, the same in both; None where they are about several."""
    names = symbols_of(answer) | symbols_of(gold)
    return names if len(names) <= 1 else None


def segments_of(tree: t.Tree) -> list[Segment] | None:
    """The segments of a set, as written; None where it is no set of reals.

    Raises:
        Undecided: its ends cannot be put in order.
    """
    match tree:
        case t.Interval(low, high, closed_low, closed_high):
            return _stretch(Segment(low, high, closed_low, closed_high))
        case t.Items("tuple", (low, high)):
            return _stretch(Segment(low, high, False, False))
        case t.Items("set", items):
            return None if any(map(is_set, items)) else [Segment(item, item, True, True) for item in items]
        case t.Constant("empty_set"):
            return []
        case t.Constant("reals"):
            return [Segment(_MINUS_INFINITY, _INFINITY, False, False)]
        case t.SetOperation("union", operands):
            parts = [segments_of(operand) for operand in operands]
            return None if any(part is None for part in parts) else [s for part in parts for s in part or []]
        case t.SetOperation("intersection", operands):
            return _common([segments_of(operand) for operand in operands])
        case t.SetOperation("difference", (whole, t.Items("set", points))) | t.Sum(
            (whole, t.Negative(t.Items("set", points)))
        ):
            return _common([segments_of(whole), *(_all_but(point) for point in points)])
        case t.Builder(t.Relation((element, whole), ("in",)), rule):
            return _common([segments_of(whole), segments_of(rule)]) if isinstance(element, t.Symbol) else None
        case t.Builder(t.Symbol(), rule):
            return segments_of(rule)
        case t.Relation():
            return _solutions(tree)
        case t.Items("either", items):
            return segments_of(t.SetOperation("union", items))
        case t.Items("list", items) if all(isinstance(item, t.Relation) for item in items):
            parts = [segments_of(item) for item in items]
            return _common(parts) or segments_of(t.SetOperation("union", items))  # `x < 1, x > 5` means either
        case t.Items("list", items) if all(map(is_set, items)):
            return _apart(segments_of(t.SetOperation("union", items)))
    return None


def _apart(segments: list[Segment] | None) -> list[Segment] | None:
    """Intervals with commas between them mean their union where they do not even touch."""
    return segments if segments is None or len(_joined(segments)) == len(segments) else None


def _stretch(segment: Segment) -> list[Segment] | None:
    """An interval that is one: `(3, 1)` is a point and not an empty set."""
    if symbols_of(segment.low) or symbols_of(segment.high):
        return [segment]
    return None if _is_empty(segment) else [segment]


def _solutions(tree: t.Relation) -> list[Segment] | None:
    """What a solved inequality says of its unknown: `x > 2`, `2 < x <= 3`, `x != 1`, `x = 3`, `x in (0,1)`."""
    if _is_about_size(tree):
        return _of_size(tree.relations[0], tree.terms[1])
    names = [term.name if isinstance(term, t.Symbol) else None for term in tree.terms]
    at = next((i for i, name in enumerate(names) if name), None)
    if at is None or len(names) > 3 or symbols_of(tree) != {names[at]}:
        return None
    if any(symbols_of(term) for i, term in enumerate(tree.terms) if i != at) and tree.relations != ("in",):
        return None  # `x < x^2` is not solved
    if tree.relations == ("in",):
        return segments_of(tree.terms[1]) if at == 0 else None
    parts = []
    for i, relation in enumerate(tree.relations):
        if i not in (at - 1, at) or relation not in _FLIPPED:
            return None
        bound = tree.terms[i + 1] if i == at else tree.terms[i]
        parts.append(_half_line(relation if i == at else _FLIPPED[relation], bound))
    return _common(list(parts))


def _is_about_size(tree: t.Relation) -> bool:
    """Whether this is solved but for the bars: `|x| < 2`."""
    match tree.terms:
        case (t.Call("abs", (t.Symbol(),)), bound):
            return not symbols_of(bound)
    return False


def _of_size(relation: str, bound: t.Tree) -> list[Segment] | None:
    """What `|x| < 2` or `|x| > 2` says of x; None where the bound is no positive number."""
    if relation not in _FLIPPED or _place(bound) <= 0:
        return None
    above, below = _half_line(relation, bound), _half_line(_FLIPPED[relation], t.Negative(bound))
    return _common([above, below]) if relation in ("<", "<=", "!=") else below + above


def _half_line(relation: str, bound: t.Tree) -> list[Segment]:
    if relation == "=":
        return [Segment(bound, bound, True, True)]
    if relation == "!=":
        return _all_but(bound)
    if relation in (">", ">="):
        return [Segment(bound, _INFINITY, relation == ">=", False)]
    return [Segment(_MINUS_INFINITY, bound, False, relation == "<=")]


def _all_but(point: t.Tree) -> list[Segment]:
    return [Segment(_MINUS_INFINITY, point, False, False), Segment(point, _INFINITY, False, False)]


def _common(parts: list[list[Segment] | None]) -> list[Segment] | None:
    """The intersection of sets."""
    if any(part is None for part in parts):
        return None
    common = [Segment(_MINUS_INFINITY, _INFINITY, False, False)]
    for part in parts:
        met = (_meet(a, b) for a in common for b in part or [])
        common = [segment for segment in met if segment is not None]
    return common


def _meet(a: Segment, b: Segment) -> Segment | None:
    low, closed_low = max(((a.low, a.closed_low), (b.low, b.closed_low)), key=lambda end: (_place(end[0]), not end[1]))
    high, closed_high = min(
        ((a.high, a.closed_high), (b.high, b.closed_high)), key=lambda end: (_place(end[0]), end[1])
    )
    met = Segment(low, high, closed_low, closed_high)
    return None if _is_empty(met) else met


def _is_empty(segment: Segment) -> bool:
    low, high = _place(segment.low), _place(segment.high)
    return low > high or (low == high and not (segment.closed_low and segment.closed_high))


def _place(end: t.Tree) -> Fraction | float:
    """Where an end lies, to be ordered by."""
    if end == _INFINITY:
        return float("inf")
    if end in (_MINUS_INFINITY, t.PlusMinus(_INFINITY)):
        return float("-inf")
    exact = None if symbols_of(end) else _rational(end)
    return real_value(end) if exact is None else exact


def _rational(end: t.Tree) -> Fraction | None:
    """An end that is a plain number, without evaluating it to many digits."""
    try:
        return form_of(end).rational()
    except Undecided:
        return None


def _joined(segments: list[Segment]) -> list[Segment]:
    """Segments in order, those that touch made one, empty ones left out."""
    if symbols_of(t.Items("list", tuple(end for each in segments for end in (each.low, each.high)))):
        return segments
    ordered = sorted((each for each in segments if not _is_empty(each)), key=cmp_to_key(_order))
    joined: list[Segment] = []
    for segment in ordered:
        if joined and _touch(joined[-1], segment):
            last = joined.pop()
            further = _place(segment.high), segment.closed_high
            end = segment if further > (_place(last.high), last.closed_high) else last
            segment = Segment(last.low, end.high, last.closed_low, end.closed_high)
        joined.append(segment)
    return joined


def _order(a: Segment, b: Segment) -> int:
    left, right = (_place(a.low), not a.closed_low), (_place(b.low), not b.closed_low)
    return (left > right) - (left < right)


def _touch(a: Segment, b: Segment) -> bool:
    end, start = _place(a.high), _place(b.low)
    return start < end or (start == end and (a.closed_high or b.closed_low))


def _same(a: Segment, b: Segment, compare: Compare) -> Verdict:
    if (a.closed_low, a.closed_high) != (b.closed_low, b.closed_high):
        return wrong("set", "an end belongs to one of them alone")
    return all_of("set", (compare(x, y) for x, y in ((a.low, b.low), (a.high, b.high))))
