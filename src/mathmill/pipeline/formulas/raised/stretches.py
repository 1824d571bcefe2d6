r"""The stretches of a line of atoms that may be one formula each, before it is asked what they are.

A line is parted at its words, at brackets without a partner, and at commas: each item of a list is a formula of
its own (`x_1`, `x_2` and `x_3`), as are the clauses of a sentence (`a = x_1`, `b = x_2`). Commas join only

- within brackets: `(x_1, x_2)`, `f(x, y) = x^y`, `\{x_1, x_2\}`;
- in a sequence with dots: `x_1, x_2, \ldots, x_n`, from its first member of the kind (the same letter, or numbers) to
  the one behind the dots, and the relation before it: `i = 1, \ldots, n`;
- right between two digits, where they are a decimal point.

Neither knows what a formula means nor whether it is one (`doubts`). Time is linear in the line.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from mathmill.pipeline.formulas.raised.atoms import PAIRS, Atom, Line, is_base

_OPERANDS = frozenset({"num", "id", "ord", "close", "script", "post"})
_STARTS = frozenset({"num", "id", "ord", "open", "func", "prefix"})
_ARTICLES = frozenset("aAI")
_DOTS = r"\ldots"


def stretches(line: Line) -> Iterator[list[Atom]]:
    """Stretches of a line's atoms that have a script and begin and end as a formula does, in reading order."""
    for stretch in _between_words(line.atoms):
        for part in _at_commas(_without_lone_brackets(stretch)):
            atoms = _trimmed(part, line)
            if any(atom.kind == "script" for atom in atoms):
                yield atoms


def _between_words(atoms: list[Atom]) -> Iterator[list[Atom]]:
    """Stretches of a line between its words, and between neighbours that are not one formula."""
    stretch: list[Atom] = []
    for atom, after in zip(atoms, [*atoms[1:], None], strict=True):
        last = stretch[-1] if stretch else None
        if atom.kind == "script" and not is_base(last, atom):
            _put_before(atom, after)
        elif atom.kind in ("script", "post") and last is not None:
            atom.italic, atom.upright_greek = last.italic, last.upright_greek
        if atom.kind in ("break", "money") or (last is not None and _is_apart(stretch, atom)):
            if not (_is_price(stretch) or (atom.kind == "money" and last is not None and last.kind == "script")):
                yield stretch
            stretch = []
        if atom.kind not in ("break", "money"):
            stretch.append(atom)
    if not _is_price(stretch):
        yield stretch


def _put_before(script: Atom, after: Atom | None) -> None:
    """Make a script without a base one of the letter behind it, as in `_2F_1`, or a break."""
    if not script.raised and after is not None and after.kind == "id" and after.italic and not after.spaced:
        inner = script.latex if len(script.latex) == 1 else f"{{{script.latex}}}"
        script.kind, script.latex, script.italic = "id", f"{{}}_{inner}", True
    else:
        script.kind = "break"


def _is_price(stretch: list[Atom]) -> bool:
    return len(stretch) > 1 and stretch[0].behind == "money" and stretch[1].kind == "script"


def _is_apart(stretch: list[Atom], atom: Atom) -> bool:
    """Whether white space before `atom` parts two formulas: `let <i>x</i><sup>2</sup> a square`."""
    last = stretch[-1]
    applied = next((one for one in reversed(stretch[-3:]) if one.kind != "script"), last)
    if applied.kind in ("func", "prefix"):  # to what follows its scripts
        return False
    if not atom.spaced or last.kind not in _OPERANDS or atom.kind not in _STARTS or last.latex == _DOTS:
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
    """A stretch parted at its commas, but for sequences with dots."""
    items, commas = _items(stretch)
    start = 0
    dots = [i for i, item in enumerate(items) if len(item) == 1 and item[0].latex == _DOTS]
    for at in dots:
        if at < start:  # what stands behind other dots
            continue
        first = _first_of_sequence(items, at, start)
        yield from items[start:first]
        start = min(at + 2, len(items))
        sequence = list(items[first])
        for i in range(first + 1, start):
            sequence += [commas[i - 1], *items[i]]
        yield sequence
    yield from items[start:]


def _items(stretch: list[Atom]) -> tuple[list[list[Atom]], list[Atom]]:
    """What stands between the commas outside of brackets, and these commas."""
    items: list[list[Atom]] = [[]]
    commas: list[Atom] = []
    depth = 0
    for before, atom, after in zip([None, *stretch], stretch, [*stretch[1:], None], strict=False):
        depth += {"open": 1, "close": -1}.get(atom.kind, 0)
        if atom.kind == "comma" and depth <= 0 and not _is_decimal(before, atom, after):
            commas.append(atom)
            items.append([])
        else:
            items[-1].append(atom)
    return items, commas


def _is_decimal(before: Atom | None, comma: Atom, after: Atom | None) -> bool:
    """Whether a comma is a decimal point: `2,5`."""
    if before is None or after is None or comma.spaced or after.spaced:
        return False
    return before.kind == "num" and after.kind == "num"


def _first_of_sequence(items: list[list[Atom]], dots: int, start: int) -> int:
    """The first item, not before `start`, of the sequence whose dots are the item `dots`."""
    if dots == start:
        return start
    first, kind = dots - 1, _kind(items[dots - 1], last=True)
    while first > start and _kind(items[first]) == kind == _kind(items[first - 1], last=True):
        first -= 1  # as long as no relation has been met, `i = 1`
    return first


def _kind(item: list[Atom], last: bool = False) -> str:
    """What an item begins with, a number or which letter; with `last`, what its right side does, if it has two."""
    relations = [i for i, atom in enumerate(item) if atom.kind == "rel"] if last else []
    side = item[relations[-1] + 1 :] if relations else item
    if not side:
        return ""
    return "num" if side[0].kind == "num" else side[0].latex


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
