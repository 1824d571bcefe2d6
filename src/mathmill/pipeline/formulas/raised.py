r"""Mathematics written with HTML alone: `<i>x</i><sup>2</sup> + 3<i>x</i> = 4` becomes the formula `x^2 + 3x = 4`.

A formula is here a stretch of inline text that reads as one (`raised_atoms`: single letters, numbers, signs, brackets,
names of functions) and holds a `sup` or `sub` that is a script: what raises footnote marks, ordinals, charges, units
and trademarks is left as it is. What might be either counts only on a page with other mathematics. Precision comes
first. This module knows neither TeX in the text (`text_runs`) nor Unicode superscripts, and runs after all other
sources: their placeholders are words to it, and evidence.

Each element and character is looked at a fixed number of times, so time is linear in the page.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice, pairwise
from typing import Any

from mathmill.pipeline.dom.elements import remove
from mathmill.pipeline.formulas.delimited import MAX_INLINE, Formula
from mathmill.pipeline.formulas.raised_atoms import INLINE, PAIRS, Atom, Line, is_base, is_sound, read, to_latex
from mathmill.pipeline.formulas.text_runs import TokenFor

SUP_SUB = "sup_sub"
# Placeholders or sure formulas that make a page mathematical.
LEAST_MATHEMATICS = 2
# The least exponent that is no note's mark, and digits of a number that has one.
LEAST_EXPONENT, LEAST_YEAR = 4, 3
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
_OPERANDS = frozenset({"num", "id", "ord", "close", "script", "post"})
_STARTS = frozenset({"num", "id", "ord", "open", "func", "prefix"})
_ARTICLES = frozenset("aAI")
_UNITS = frozenset("mshgkKAJWVNLlTHFCdt")
_ELEMENTS = frozenset("HBCNOFPSKVYIWU")
_AFTER = re.compile(r"\s*[.,;:]?\s*(?:[(\[]\d+(?:\.\d+)?[a-z]?[)\]])?\s*")
# What says something else as often where it is raised: behind any letter, behind upright ones and numbers.
_NOTES, _NOTE_LETTERS = frozenset({"*", "+", "-", "1"}), frozenset("abcdefgho0")
_EXPONENTS, _MINUTES = frozenset("nkxijprN"), frozenset({"15", "30", "45"})
_PLAIN_SIGNS = frozenset({"-", "/", "*"})  # that stand between words and numbers as well
_COUNT, _CHARGE = re.compile(r"\d+"), re.compile(r"\d*[+-]")


@dataclass(frozen=True, slots=True)
class _Candidate:
    """What reads as a formula: sure in itself, or only on a page with mathematics."""

    line: Line
    atoms: list[Atom]
    formula: Formula
    sure: bool


def protect_raised(tree: Any, token_for: TokenFor, token: re.Pattern[str]) -> None:
    """Replace formulas written with `sup` and `sub` by what `token_for(formula, holder)` gives; `tree` is changed.

    `token` matches the placeholders of formulas that other sources have taken. What is no formula stays as it is.
    """
    lines = [read(holder, token) for holder in _holders(tree)]
    found = [candidate for line in lines for candidate in _candidates(line)]
    if not found:
        return
    others = sum(1 for _ in islice(token.finditer(tree.text_content()), LEAST_MATHEMATICS))
    mathematical = others + sum(candidate.sure for candidate in found) >= LEAST_MATHEMATICS
    taken = [candidate for candidate in found if candidate.sure or mathematical]
    tokens = [token_for(candidate.formula, candidate.line.holder) for candidate in taken]
    for candidate, placeholder in zip(reversed(taken), reversed(tokens), strict=True):  # so that offsets stay true
        _write(candidate, placeholder)


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


def _candidates(line: Line) -> Iterator[_Candidate]:
    """The formulas of a line that have a script, in reading order."""
    for stretch in _stretches(line.atoms):
        for part in _at_commas(_without_lone_brackets(stretch)):
            atoms = _trimmed(part, line)
            if not any(atom.kind == "script" for atom in atoms) or not is_sound(atoms):
                continue
            latex = to_latex(atoms)
            if len(latex) > MAX_INLINE or _is_chemical(atoms) or _is_measure(atoms):
                continue
            named = not _FORMULA_CLASSES.isdisjoint((line.holder.get("class") or "")[:200].split())
            display = (named and line.holder.tag in _BLOCKS) or _is_alone(line, atoms)
            doubtful = _is_doubtful(atoms)
            if not doubtful or named:
                yield _Candidate(line, atoms, Formula(latex, display, SUP_SUB), named or _is_sure(atoms, line))


def _stretches(atoms: list[Atom]) -> Iterator[list[Atom]]:
    """Stretches of a line between its words, and between neighbours that are not one formula."""
    stretch: list[Atom] = []
    for atom in atoms:
        last = stretch[-1] if stretch else None
        if atom.kind == "script" and not is_base(last, atom):
            atom.kind = "break"
        elif atom.kind in ("script", "post") and last is not None:
            atom.italic = last.italic
        if atom.kind in ("break", "money") or (last is not None and _is_apart(stretch, atom)):
            if not (_is_price(stretch) or (atom.kind == "money" and last is not None and last.kind == "script")):
                yield stretch
            stretch = []
        if atom.kind not in ("break", "money"):
            stretch.append(atom)
    if not _is_price(stretch):
        yield stretch


def _is_price(stretch: list[Atom]) -> bool:
    return len(stretch) > 1 and stretch[0].behind == "money" and stretch[1].kind == "script"


def _is_apart(stretch: list[Atom], atom: Atom) -> bool:
    """Whether white space before `atom` parts two formulas: `let <i>x</i><sup>2</sup> a square`."""
    last = stretch[-1]
    applied = next((one for one in reversed(stretch[-3:]) if one.kind != "script"), last)
    if applied.kind in ("func", "prefix"):  # to what follows its scripts
        return False
    if not atom.spaced or last.kind not in _OPERANDS or atom.kind not in _STARTS or last.latex == r"\ldots":
        return False
    bound = last.italic or last.kind == "close"
    if (bound and atom.italic) or atom.kind in ("func", "open", "prefix"):
        return False
    coefficient = last.kind == "num" and atom.italic and len(stretch) > 1 and stretch[-2].kind in ("op", "rel", "open")
    return not coefficient


def _without_lone_brackets(stretch: list[Atom]) -> list[Atom]:
    """The longest piece of a stretch between brackets without a partner."""
    opened: list[int] = []
    lone: list[int] = []
    for i, atom in enumerate(stretch):
        if atom.kind == "open":
            opened.append(i)
        elif atom.kind == "close":
            if opened and PAIRS[stretch[opened[-1]].latex] == atom.latex:
                opened.pop()
            else:
                lone.append(i)
    edges = sorted([-1, *lone, *opened, len(stretch)])
    start, end = max(pairwise(edges), key=lambda pair: pair[1] - pair[0])
    return stretch[start + 1 : end]


def _at_commas(stretch: list[Atom]) -> Iterator[list[Atom]]:
    """A stretch parted at its commas, but for lists of formulas such as `x_1, ..., x_n`."""
    part: list[Atom] = []
    pending: list[Atom] = []
    depth = 0
    for atom in stretch:
        depth += {"open": 1, "close": -1}.get(atom.kind, 0)
        if atom.kind != "comma" or depth > 0:
            pending.append(atom)
            continue
        if part and _is_listed(pending) and _is_listed(part):
            part += [*pending, atom]
        else:
            yield part
            part = [*pending, atom]
        pending = []
    if part and _is_listed(pending) and _is_listed(part):
        yield part + pending
    else:
        yield part
        yield pending


def _is_listed(atoms: list[Atom]) -> bool:
    """Whether a part between commas can be a member of a list of formulas."""
    return any(atom.kind in ("script", "rel") or atom.latex == r"\ldots" for atom in atoms)


def _trimmed(atoms: list[Atom], line: Line) -> list[Atom]:
    """Atoms from the first that can begin a formula to the last that can end one."""
    first, end = 0, len(atoms)
    while first < end and atoms[first].kind not in _STARTS:
        signed = atoms[first].latex in ("-", "+", r"\pm") and first + 1 < end and not atoms[first + 1].spaced
        if signed and (atoms[first].spaced or atoms[first] is line.atoms[0]) and atoms[first + 1].kind in _STARTS:
            break
        if atoms[first].kind == "rel" and atoms[first] is line.atoms[0]:
            break
        first += 1
    while end > first:
        last = atoms[end - 1]
        number = (
            end - first > 3 and last.kind == "close" and [a.kind for a in atoms[end - 3 : end - 1]] == ["open", "num"]
        )
        if number and atoms[end - 3].spaced:
            end -= 3
            continue
        article = last.latex in _ARTICLES and not last.italic and last.spaced and last is not line.atoms[-1]
        exclaimed = last.latex == "!" and atoms[end - 2].kind == "script"
        if last.kind in _OPERANDS and not article and not exclaimed:
            break
        end -= 1
    return atoms[first:end]


def _is_chemical(atoms: list[Atom]) -> bool:
    """Whether all letters are upright symbols of elements with numbers, or it is a common molecule."""
    letters = [atom for atom in atoms if atom.kind == "id"]
    if not letters or not all(atom.latex in _ELEMENTS for atom in letters):
        return False
    scripts = [atom for atom in atoms if atom.kind == "script"]
    lowered = [script.latex for script in scripts if not script.raised]
    compound = len(letters) > 1 and bool(lowered) and not any(atom.kind in ("op", "rel") for atom in atoms)
    if compound and len(lowered) == len(scripts):
        return True
    if not all((_CHARGE if script.raised else _COUNT).fullmatch(script.latex) for script in scripts):
        return False
    return compound or (not any(atom.italic for atom in letters) and "0" not in lowered and "1" not in lowered)


def _is_measure(atoms: list[Atom]) -> bool:
    """Whether it is a unit: upright letters as in `25 m<sup>2</sup>` or `W/m<sup>2</sup>`."""
    letters = [atom for atom in atoms if atom.kind == "id"]
    if any(atom.italic or atom.latex not in _UNITS for atom in letters) or not letters:
        return False
    if any(atom.kind not in ("id", "script", "op", "num") or atom.latex in ("+",) for atom in atoms):
        return False
    exponents = all(re.fullmatch(r"-?[1-4]", atom.latex) and atom.raised for atom in atoms if atom.kind == "script")
    counted = atoms[0].behind in ("id", "num", "script") or any(atom.kind == "num" for atom in atoms)
    return exponents and (counted or "m" in [atom.latex for atom in letters] or len(letters) > 1)


def _is_joined(atoms: list[Atom]) -> bool:
    """Whether a sign between two atoms tells of mathematics; `24/7`, `10:30` and `2001-2003` have signs as well."""
    for before, atom, after in zip(atoms, atoms[1:], atoms[2:], strict=False):
        if atom.kind == "op" and atom.latex in _PLAIN_SIGNS:
            between = before.kind == "script" or before.italic or after.italic
            if between or (atom.spaced and after.spaced):
                return True
        elif atom.kind in ("op", "rel") and atom.latex != ":":
            return True
    return False


def _is_doubtful(atoms: list[Atom]) -> bool:
    """Whether the scripts may as well be marks of notes, charges or stars, and nothing else tells of mathematics."""
    if any(atom.kind in ("func", "prefix") for atom in atoms) or _is_joined(atoms):
        return False
    return all(_is_mark(before, atom) for before, atom in pairwise(atoms) if atom.kind == "script")


def _is_mark(base: Atom, script: Atom) -> bool:
    """Whether a script says something else as often: `1998^3`, `24/7^1`, `30^0`, `12^b`, `J^1`, `A^+`."""
    latex = script.latex
    if not script.raised or latex in _NOTES:
        return script.raised and (latex == "1" or not base.italic)
    if base.kind == "num":
        counted = len(base.latex) >= LEAST_YEAR or base.behind in ("op", "rel") or latex[0] == "0"
        return (latex.isdigit() and counted) or latex in _NOTE_LETTERS
    initial = base.kind == "id" and len(base.latex) == 1 and base.latex.isupper()
    return not base.italic and (latex in _NOTE_LETTERS or (initial and latex.replace("{,}", "").isdigit()))


def _is_sure(atoms: list[Atom], line: Line) -> bool:
    """Whether it can only be mathematics, on any page."""
    joined = _is_joined(atoms)
    small = any(atom.kind == "id" and (atom.italic or atom.latex.islower() or "bf{" in atom.latex) for atom in atoms)
    if joined and small:
        return True
    for before, atom in pairwise(atoms):
        if atom.kind != "script":
            if atom.kind == "open" and before.kind in ("id", "script", "func") and not atom.spaced and small:
                return True
        elif (
            (before.kind == "num" and (joined or _is_power(before, atom, line)))
            or (
                before.kind in ("id", "post", "script") and before.italic and not (atom.raised and atom.latex in _NOTES)
            )
            or (before.kind in ("func", "prefix") and atom is not atoms[-1])
        ):
            return True
    return False


def _is_power(base: Atom, script: Atom, line: Line) -> bool:
    r"""Whether a number and its superscript are a power and not a number with a mark, minutes, cents: `10^{-3}`."""
    latex = script.latex
    if not script.raised or latex in _NOTES:
        return False
    if not latex.isdigit():
        return len(latex) > 1 or latex in _EXPONENTS
    if line.holder.tag in ("td", "th") or latex in _MINUTES or base.latex not in ("2", "10"):
        return False
    return latex[0] != "0" and int(latex[:4]) >= LEAST_EXPONENT


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
    """Put a placeholder where a formula was, and take out the elements that this leaves empty."""
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
        if not tail and not element.text and not len(element) and element is not line.holder:
            remove(element)
