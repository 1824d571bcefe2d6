r"""Mathematics written with HTML alone: `<i>x</i><sup>2</sup> + 3<i>x</i> = 4` becomes the formula `x^2 + 3x = 4`.

A formula is here a stretch of inline text (`stretches`: one for each item of a list) that reads as one
(`atoms`: single letters, numbers, signs, brackets, names of functions) and holds a `sup` or `sub` that is a
script, or the whole of an element whose class says so (`named`). What raises footnote marks, ordinals, charges,
units and trademarks is left as it is; what might be either counts only on a page with other mathematics
(`doubts`). Precision comes first. This module knows neither TeX in the text (`text_runs`) nor Unicode
superscripts, and runs after all other sources: their placeholders are words to it, and evidence.

Each element and character is looked at a fixed number of times, so time is linear in the page.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from mathmill.pipeline.dom.elements import etree
from mathmill.pipeline.formulas.delimited import MAX_INLINE, Formula
from mathmill.pipeline.formulas.raised import doubts
from mathmill.pipeline.formulas.raised.atoms import INLINE, Atom, Line, is_sound, read, to_latex
from mathmill.pipeline.formulas.raised.named import (
    SUP_SUB,
    may_be_named,
    may_be_stacked,
    protect_named,
    protect_stacked,
)
from mathmill.pipeline.formulas.raised.stretches import stretches
from mathmill.pipeline.formulas.text_runs import TokenFor

# What elements without text are called until all go at once: one by one, each would copy the text behind it.
_EMPTIED = "emptied"
MOST_BESIDE = 6  # atoms beside a formula that stands alone: a full stop, a number in brackets
_SKIPPED = frozenset(
    ["a", "button", "cite", "code", "kbd", "math", "noscript", "option", "pre", "samp", "script", "select", "style",
     "svg", "template", "textarea", "title"]
)  # fmt: skip
_BLOCKS = frozenset({"blockquote", "center", "dd", "div", "p"})
_FORMULA_CLASSES = frozenset(
    ["block-math", "display-formula", "display-math", "displayformula", "displaymath", "eq", "equation", "formula",
     "math", "math-display"]
)  # fmt: skip
_AFTER = re.compile(r"\s*[.,;:]?\s*(?:[(\[]\d+(?:\.\d+)?[a-z]?[)\]])?\s*")


@dataclass(frozen=True, slots=True)
class _Candidate:
    """What reads as a formula: sure in itself, or only on a page with mathematics; whether it makes its page one."""

    line: Line
    atoms: list[Atom]
    formula: Formula
    sure: bool
    evidence: bool


def protect_raised(tree: Any, page: str, token_for: TokenFor, token: re.Pattern[str]) -> None:
    """Replace formulas written with `sup` and `sub` by what `token_for(formula, holder)` gives; `tree` is changed.

    `page` is its source, `token` matches the placeholders of formulas that other sources have taken. What is no formula
    stays as it is.
    """
    if may_be_stacked(page):
        protect_stacked(tree, token_for, token)
    if may_be_named(page):
        protect_named(tree, token_for, token)
    lines = [read(holder, token) for holder in _holders(tree)]
    found: list[_Candidate] = []
    science = 0
    for line in lines:
        candidates, marks = _candidates(line)
        found += candidates
        science += marks
    if not found:
        return
    evidence = sum(candidate.evidence for candidate in found)
    others = sum(1 for _ in islice(token.finditer(tree.text_content()), doubts.LEAST_MATHEMATICS + science))
    mathematical = doubts.is_mathematical(others + evidence, science)
    taken = [candidate for candidate in found if candidate.sure or mathematical]
    tokens = [token_for(candidate.formula, candidate.line.holder) for candidate in taken]
    for candidate, placeholder in zip(reversed(taken), reversed(tokens), strict=True):  # so that offsets stay true
        _write(candidate, placeholder)
    etree().strip_tags(tree, _EMPTIED)


def _holders(tree: Any) -> Iterator[Any]:
    """The elements whose inline content holds a `sup` or `sub`, in reading order, but where no formula is read."""
    above: dict[Any, Any | None] = {}  # element to its holder, None where it is skipped
    seen: set[Any] = set()
    for script in tree.iter("sup", "sub"):
        path, node = [], script
        while node is not None and node not in above and node.tag in INLINE:
            path.append(node)
            node = node.getparent()
        if node is not None and node not in above:
            skipped = node.tag in _SKIPPED or any(parent.tag in _SKIPPED for parent in node.iterancestors())
            above[node] = None if skipped else node
        holder = above[node] if node is not None else None
        above.update(dict.fromkeys(path, holder))
        if holder is not None and holder not in seen:
            seen.add(holder)
            yield holder


def _candidates(line: Line) -> tuple[list[_Candidate], int]:
    """The formulas of a line, in reading order, and how many marks of science it holds."""
    found: list[_Candidate] = []
    science = sum(1 for _ in doubts.marks_of_science(line.atoms))
    named = not _FORMULA_CLASSES.isdisjoint((line.holder.get("class") or "")[:200].split())
    for atoms in stretches(line):
        latex = to_latex(atoms) if is_sound(atoms) else ""
        if not latex or len(latex) > MAX_INLINE:
            continue
        if doubts.is_science(atoms):
            science += 1
        elif named or not (doubts.is_text(atoms, latex, line) or doubts.is_doubtful(atoms)):
            display = (named and line.holder.tag in _BLOCKS) or _is_alone(line, atoms)
            sure = named or doubts.is_sure(atoms, latex, line)
            evidence = sure and doubts.is_evidence(atoms)
            found.append(_Candidate(line, atoms, Formula(latex, display, SUP_SUB), sure, evidence))
    return found, science


def _is_alone(line: Line, atoms: list[Atom]) -> bool:
    """Whether a formula is all that a block holds, but for a full stop and a number."""
    if line.holder.tag not in _BLOCKS or len(line.atoms) - len(atoms) > MOST_BESIDE or atoms[0] is not line.atoms[0]:
        return False
    if any(child.tag not in INLINE for child in line.holder):
        return False
    (slot, offset), last = atoms[-1].end, len(line.slots)
    rest = line.text(slot)[offset:] + "".join(line.text(i) for i in range(slot + 1, last))
    return bool(_AFTER.fullmatch(rest))


def _write(candidate: _Candidate, placeholder: str) -> None:
    """Put a placeholder where a formula was, and mark the elements that this leaves empty."""
    line = candidate.line
    (first, start), (last, end) = candidate.atoms[0].start, candidate.atoms[-1].end
    rest = line.text(last)[end:]
    if first == last:
        line.set_text(first, line.text(first)[:start] + placeholder + rest)
        return
    line.set_text(first, line.text(first)[:start] + placeholder)
    for slot in range(first + 1, last):
        line.set_text(slot, "")
    line.set_text(last, rest)
    for slot in range(last, first, -1):
        element, tail = line.slots[slot]
        empty = not tail and not element.text and all(child.tag == _EMPTIED and not child.tail for child in element)
        if empty and element is not line.holder:
            element.tag = _EMPTIED
