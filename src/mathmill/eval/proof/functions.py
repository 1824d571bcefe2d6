"""The functions that a tree can call, as sympy constructors that check what they would evaluate."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import sympy as sp

from mathmill.eval.limits import TooLarge

MAX_FACTORIAL = 2_000


class Inexpressible(Exception):  # not an error: the proof is not tried
    """A tree is no single value or of a kind that is not known here; the message says why."""


def _limited(function: Callable[..., Any]) -> Callable[..., Any]:
    def called(*arguments: Any) -> Any:
        if any(argument.is_number and abs(argument) > MAX_FACTORIAL for argument in arguments):
            raise TooLarge(f"a factorial or binomial of more than {MAX_FACTORIAL:,}")
        return function(*arguments)

    return called


def _whole(function: Callable[..., int]) -> Callable[..., Any]:
    def called(*arguments: Any) -> Any:
        if not all(argument.is_Integer for argument in arguments):
            raise Inexpressible("no whole numbers")
        return sp.Integer(function(*map(int, arguments)))

    return called


def _real(function: Callable[..., Any]) -> Callable[..., Any]:
    def called(*arguments: Any) -> Any:
        if not all(argument.is_extended_real for argument in arguments):
            raise Inexpressible("an order of what may not be real")
        return function(*arguments)

    return called


def _of_complex(function: Callable[..., Any]) -> Callable[..., Any]:
    """An unknown beside i is real, as the letters of `a+bi` are; one whose parts are asked for need not be."""

    def called(value: Any) -> Any:
        if value.free_symbols and not value.has(sp.I):
            raise Inexpressible("whether an unknown is real")
        return function(value)

    return called


def _logarithm(value: Any, base: Any = sp.E) -> Any:
    if value.is_zero or base.is_zero or base == 1:
        raise Inexpressible("a logarithm that has no value")
    return sp.log(value) if base == sp.E else sp.Mul(sp.log(value), sp.Pow(sp.log(base), sp.S.NegativeOne))


# What is named `arcsin` here is `asin` in sympy; what is not listed has one name.
_CIRCULAR = ("sin", "cos", "tan", "cot", "sec", "csc", "sinh", "cosh", "tanh", "coth", "sech", "csch")
FUNCTIONS: Mapping[str, Callable[..., Any]] = MappingProxyType(
    {name: getattr(sp, name) for name in _CIRCULAR}
    | {f"arc{name}": getattr(sp, f"a{name}") for name in _CIRCULAR}
    | {
        "exp": sp.exp,
        "ln": _logarithm,
        "log": _logarithm,
        "log10": lambda value: _logarithm(value, sp.Integer(10)),
        "abs": sp.Abs,
        "floor": _real(sp.floor),
        "ceil": _real(sp.ceiling),
        "sign": _real(sp.sign),
        "re": _of_complex(sp.re),
        "im": _of_complex(sp.im),
        "arg": _of_complex(sp.arg),
        "factorial": _limited(sp.factorial),
        "double_factorial": _limited(sp.factorial2),
        "binomial": _limited(sp.binomial),
        "gcd": _whole(math.gcd),
        "lcm": _whole(math.lcm),
        "max": _real(sp.Max),
        "min": _real(sp.Min),
    }
)
