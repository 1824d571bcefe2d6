"""Whether two trees are proved equal, proved unequal, or neither, in a bounded processor time."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

import sympy as sp

from mathmill.eval.limits import TooLarge
from mathmill.eval.proof.functions import Inexpressible
from mathmill.eval.proof.proofs import LIMITS, WAYS, evaluated
from mathmill.eval.proof.symbolic import expression, nodes_of, symbols_for
from mathmill.eval.proof.timing import OutOfTime, within
from mathmill.eval.syntax import trees as t
from mathmill.eval.values.defined import divisors

# What sympy's algorithms raise where they do not know on, beside their own errors.
_FAILURES = (
    ArithmeticError,
    AttributeError,
    LookupError,
    NotImplementedError,
    RecursionError,
    TypeError,
    ValueError,
    sp.PolynomialError,
    sp.core.evalf.PrecisionExhausted,
)
_INFINITE = (sp.S.ComplexInfinity, sp.S.NaN, sp.S.Infinity, sp.S.NegativeInfinity)
# Where unknowns are put: negative too, where roots and absolute values show themselves.
_POINTS = (17, 12), (-13, 9), (-29, 10), (-2, 7)
_WHOLE = (2, 3), (5, 4), (3, 7), (4, 1)


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found out: `unknown` where every way was tried, `slow` where one was left for its time."""

    outcome: Literal["equal", "unequal", "unknown", "slow", "large"]
    detail: str = ""


def compare(answer: t.Tree, gold: t.Tree, seconds: float) -> Finding:
    """Look for a proof that two trees are equal, or one that they are not, for so many seconds of processor time.

    Infinite sums, integrals and limits are taken for what sympy says they are.
    """
    end = time.process_time() + seconds
    try:
        symbols = symbols_for(answer, gold)
        left, right = within(seconds, lambda: (expression(answer, symbols), expression(gold, symbols)))
        if symbols:
            apart = _differ(answer, gold, symbols, end)
        else:
            apart = "apart" if _in_part(end, 4, lambda: _is_nonzero(left - right)) else ""
        if apart:
            return Finding("unequal", apart)
        if not _in_part(end, 3, lambda: _is_defined(answer, gold, symbols)):
            return Finding("unknown", "what is divided by is not seen to be other than nought")
        return _proof(left, right, end)
    except TooLarge as reason:
        return Finding("large", str(reason))
    except Inexpressible as reason:
        return Finding("unknown", str(reason))
    except OutOfTime:
        return Finding("slow", "the processor time of a proof was not enough")
    except _FAILURES as error:
        return Finding("unknown", f"sympy gave up: {type(error).__name__}")


def is_proved_equal(answer: t.Tree, gold: t.Tree, seconds: float) -> bool | None:
    """Whether two trees are equal; None where neither that nor the contrary is proved."""
    return {"equal": True, "unequal": False}.get(compare(answer, gold, seconds).outcome)


def _in_part(end: float, share: int, work: Callable[[], bool]) -> bool:
    """What `work` returns, or False when it takes more than its share of the time that is left."""
    try:
        return within((end - time.process_time()) / share, work)
    except OutOfTime:
        return False


def _differ(answer: t.Tree, gold: t.Tree, symbols: Mapping[str, Any], end: float) -> str:
    """Where two trees have values that are proved to lie apart, in words; nothing if that is not known."""
    real = not any(node == t.Constant("i") for tree in (answer, gold) for node in nodes_of(tree))

    def apart_at(point: Mapping[str, Any]) -> bool:
        try:
            return _is_nonzero(expression(answer, point, real) - expression(gold, point, real))
        except (Inexpressible, TooLarge):
            return False

    for point in _points(symbols):
        if (real or all(value > 0 for value in point.values())) and _in_part(end, 4, partial(apart_at, point)):
            return "apart" + "".join(f", {name} = {value}" for name, value in point.items())
    return ""


def _is_defined(answer: t.Tree, gold: t.Tree, symbols: Mapping[str, Any]) -> bool:
    """Whether all that the trees divide by is proved not to be nought together at some point.

    Else a proof says nothing: that `a - bc` is nought is not that `a/b` is c.
    """
    trees = [under for tree in (answer, gold) for under in divisors(tree)]
    if not trees:
        return True
    bounds = [node for tree in (answer, gold) for node in nodes_of(tree) if isinstance(node, t.Bound)]
    whole = {node.variable.name: node.operator in ("sum", "prod") or None for node in bounds}
    inner = {name: sp.Dummy(name, real=True, integer=counts) for name, counts in whole.items()}

    def is_sure(tree: t.Tree, point: Mapping[str, Any]) -> bool:
        try:
            return _is_nonzero(evaluated(expression(tree, point)))
        except (Inexpressible, TooLarge, *_FAILURES):
            return False

    return any(all(is_sure(tree, point) for tree in trees) for point in _points({**inner, **symbols}))


def _points(symbols: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Rational numbers for the unknowns, the same in every process."""
    for (over, under), whole in zip(_POINTS, _WHOLE, strict=True):
        point = {}
        for at, (name, symbol) in enumerate(symbols.items()):
            sign = -1 if over < 0 and not symbol.is_positive and at % 3 < 2 else 1
            point[name] = sp.Rational(sign * (abs(over) + at), under)
            if symbol.is_integer:
                point[name] = sp.Integer(whole[at % 2] + at // 2)
        yield point


def _is_nonzero(value: Any) -> bool:
    """Whether a number is proved not to be nought: by an evaluation whose error is known to be smaller than itself."""
    if value.has(*LIMITS, sp.S.ComplexInfinity, sp.S.NaN) or not value.is_number:
        return False
    try:
        shown = value.evalf(3, maxn=30, strict=True)
    except _FAILURES:
        return False
    return any(part.is_Number and part.is_finite and part != 0 for part in shown.as_real_imag())


def _proof(left: Any, right: Any, end: float) -> Finding:
    slow = False
    unevaluated = left.has(*LIMITS) or right.has(*LIMITS)
    if unevaluated:
        left, right = within((end - time.process_time()) * 0.8, lambda: (evaluated(left), evaluated(right)))
    if left.has(*_INFINITE) or right.has(*_INFINITE):
        return _infinite(left, right)
    apart = left - right
    if apart is sp.S.Zero:
        return Finding("equal", "evaluated")
    if unevaluated and _is_nonzero(apart):
        return Finding("unequal", "apart when evaluated")
    for way, part in WAYS:
        try:
            if within((end - time.process_time()) * part, partial(way, apart)) is sp.S.Zero:
                return Finding("equal", way.__name__)
        except OutOfTime:
            slow = True
        except _FAILURES:  # the other ways are still open
            continue
    if slow:
        return Finding("slow", "no proof in the time that there was")
    return Finding("unknown", "equal at the points looked at, and no proof found")


def _infinite(left: Any, right: Any) -> Finding:
    infinite = [each in (sp.S.Infinity, sp.S.NegativeInfinity) for each in (left, right)]
    if all(infinite):
        return Finding("equal" if left == right else "unequal", "infinite")
    if any(infinite) and (left.is_finite or right.is_finite):
        return Finding("unequal", "one is infinite")
    return Finding("unknown", "no finite values")
