"""How a budget of tokens is shared out among languages, some of which may have too little."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Literal

#: What becomes of the share of a language that cannot fill it: it stays empty, the others get it in proportion to their
#: shares, or everything shrinks until the shares are met.
Unfilled = Literal["leave", "give", "shrink"]


def shared_out(
    tokens: int | None, shares: Mapping[int, Fraction], available: Mapping[int, int], unfilled: Unfilled
) -> dict[int, int]:
    """The budget of each part, in tokens, rounded down; together at most `tokens`.

    `available` says what each part has. Without `tokens` a budget has no end: only `shrink` makes one of it.
    """
    if unfilled == "shrink":
        bounds = [Fraction(available.get(part, 0)) / share for part, share in shares.items()]
        whole = min([*bounds, *([Fraction(tokens)] if tokens is not None else [])])
        return {part: int(whole * share) for part, share in shares.items()}
    assert tokens is not None
    if unfilled == "leave":
        return {part: int(tokens * share) for part, share in shares.items()}
    return _given(tokens, shares, available)


def _given(tokens: int, shares: Mapping[int, Fraction], available: Mapping[int, int]) -> dict[int, int]:
    """Parts that have no more than is theirs get what they have; what is over is shared among the rest, and so on."""
    budgets: dict[int, int] = {}
    left = tokens
    wanting = dict(shares)
    while wanting:
        unit = left / sum(wanting.values())
        short = [part for part, share in wanting.items() if available.get(part, 0) <= unit * share]
        if not short:
            return budgets | {part: int(unit * share) for part, share in wanting.items()}
        for part in short:
            budgets[part] = available.get(part, 0)
            left -= budgets[part]
            del wanting[part]
    return budgets
