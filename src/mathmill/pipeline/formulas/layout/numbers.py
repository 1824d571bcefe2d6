"""A formula that its page turns out to display, and the number typed into it or shown beside it."""

from __future__ import annotations

from dataclasses import replace

from mathmill.pipeline.formulas.delimited import Formula
from mathmill.pipeline.notation.latex import clean


def displayed(formula: Formula, number: str = "") -> Formula:
    """The formula as one on a line of its own, its number outside of it, or else `number`, which stands beside it."""
    cleaned = clean(formula.latex, display=True)
    latex, typed = (cleaned.latex, cleaned.number) if cleaned.number and not formula.number else (formula.latex, "")
    return replace(formula, latex=latex, display=True, number=formula.number or typed or number)
