r"""Whether a stretch with a `sup` or `sub` is mathematics: surely, only beside other mathematics, or never.

Never (text): molecules (`H_2O`), isotopes (`\delta^{13}C`), units (`25 m^2`, `mg L^{-1}`), names with a number
(`p53`, `T_H1`, `S_N2`) or glued to a word (`IL-2R_\alpha`, `C_{1-6}alkyl`), notes on numbers (`0.5^b`), logos.

The page decides (`is_mathematical`): upright letters with scripts alone (`T_m`, `F_1`, `K_0`), Greek ones too
(`\beta_2-agonist`), powers that may be amounts (`10^6` cells, `5 \times 10^{-3}`, `11^3`), marks that notes are as
often. A page is mathematical if it has other formulas, and as many as it has molecules, charges, genotypes and units.

Surely: letters in italics with scripts, an operator or relation with a letter, functions, `2^n`, `2^{64}`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from mathmill.pipeline.formulas.raised.atoms import Atom, Line

# Formulas that make a page mathematical.
LEAST_MATHEMATICS = 2
# The least exponent that is no note's mark, and digits of a number that has one.
LEAST_EXPONENT, LEAST_YEAR = 4, 3
_UNITS = frozenset("mshgkKAJWVNLlTHFCdt")
_UNIT_WORDS = frozenset(
    ["CFU", "Hz", "Pa", "cm", "dm", "g", "kDa", "kJ", "kPa", "kW", "kcal", "kg", "km", "mL", "mM", "meq", "mg", "min",
     "ml", "mm", "mmol", "mol", "ng", "nm", "nmol", "pg", "pmol"]
)  # fmt: skip
_ELEMENTS = frozenset("HBCDNOFPSKVYIWU")
# What says something else as often where it is raised: behind any letter, behind upright ones and numbers.
_NOTES, _NOTE_LETTERS = frozenset({"*", "+", "-", "1"}), frozenset("abcdefgho0")
_EXPONENTS, _MINUTES = frozenset("nkxijprN"), frozenset({"15", "30", "45"})
_PLAIN_SIGNS = frozenset({"-", "/", "*"})  # that stand between words and numbers as well
_COUNT, _CHARGE, _SIGN = re.compile(r"\d+"), re.compile(r"\d*[+-]"), re.compile(r"[+-]")
_POWER_OF_TEN = re.compile(r"(?:[\d.{},]+ ?(?:\\times|\\cdot|\*) ?)?10\^(?:\d|\{-?\d+\})")
_LOGO = re.compile(r"(?:L\^[Aa])?T_[Ee]X|\d*\^nd|\d+\^e")
_STATE = re.compile(r"\((?:aq|[gls])\)(?: |\Z)")  # of matter, in reactions: `2H_2O(l)`
_MOST_EMPTY = 8  # texts between tags that are skipped to see what stands beside a formula


def is_text(atoms: Sequence[Atom], latex: str, line: Line) -> bool:
    """Whether it is no mathematics on any page, though it reads as a formula, whose LaTeX is `latex`."""
    if _LOGO.fullmatch(latex) or _is_glued(atoms, line) or _is_noted(atoms):
        return True
    if _STATE.search(latex) and not any(atom.italic for atom in atoms):
        return True
    return _is_name(atoms) and not _is_joined(atoms, tight=False)


def is_science(atoms: Sequence[Atom]) -> bool:
    """Whether it is a molecule, an isotope or a unit."""
    return _is_chemical(atoms) or _is_isotope(atoms) or _is_measure(atoms)


def is_mathematical(formulas: int, science: int) -> bool:
    """Whether a page with so many formulas that are none of the doubtful, and marks of science, is of mathematics."""
    return formulas >= max(LEAST_MATHEMATICS, science)


def marks_of_science(atoms: Sequence[Atom]) -> Iterator[Atom]:
    """Charges, genotypes, signs and numbers that names bear: `Fe^{3+}`, `Tal1^{-/-}`, `CD4^+`, `IC_{50}`."""
    for before, atom in pairwise(atoms):
        name = before.latex if before.kind == "break" else before.behind_word if before.kind == "num" else ""
        scripted = name != name.lower() and atom.kind in ("script", "break") and not atom.spaced
        if atom.charged or (scripted and (_SIGN if atom.raised else _COUNT).fullmatch(atom.latex)):
            yield atom


def is_doubtful(atoms: Sequence[Atom]) -> bool:
    """Whether the scripts may as well be marks of notes, charges or stars, and nothing else tells of mathematics."""
    if any(atom.kind in ("func", "prefix") for atom in atoms) or _is_joined(atoms):
        return False
    return all(_is_mark(before, atom) for before, atom in pairwise(atoms) if atom.kind == "script")


def is_sure(atoms: Sequence[Atom], latex: str, line: Line) -> bool:
    """Whether it can only be mathematics, on any page."""
    if _POWER_OF_TEN.fullmatch(latex):
        return False
    joined = _is_joined(atoms)
    plain = not _is_joined(atoms, tight=False)  # if so, upright Greek letters may name proteins
    letters = [atom for atom in atoms if atom.kind == "id" and not (plain and atom.upright_greek)]
    small = any(atom.italic or atom.latex.islower() or "bf{" in atom.latex for atom in letters)
    if joined and small:
        return True
    return any(_tells(before, atom, joined, small, atom is atoms[-1], line) for before, atom in pairwise(atoms))


def is_evidence(atoms: Sequence[Atom]) -> bool:
    """Whether a sure formula makes its page mathematical: numbers with exponents are found anywhere."""
    return any(atom.kind in ("id", "func", "prefix") for atom in atoms)


def _tells(before: Atom, atom: Atom, joined: bool, small: bool, is_last: bool, line: Line) -> bool:
    """Whether a pair of neighbours can only be mathematics."""
    if atom.kind != "script":
        return atom.kind == "open" and before.kind in ("id", "script", "func") and not atom.spaced and small
    if before.kind == "num":
        return joined or _is_power(before, atom, line)
    if before.kind in ("func", "prefix"):
        return not is_last
    quantity = before.kind in ("id", "post", "script") and before.italic and not before.upright_greek
    return quantity and not (atom.raised and atom.latex in _NOTES)


def _is_glued(atoms: Sequence[Atom], line: Line) -> bool:
    """Whether it is a part of a word: `Trp53`, `IL-2R`, `alkyl` behind `C_{1-6}`."""
    first, last = atoms[0], atoms[-1]
    if first.kind in ("id", "num") and (not first.italic or first.upright_greek) and not first.spaced:
        before = _before(first, line)
        if _is_latin(before[-1:]) or (before[-1:] in ("-", "‑") and _is_latin(before[-2:-1]) and len(before) > 1):
            return True
    base = next((atom for atom in reversed(atoms) if atom.kind != "script"), first)
    return last.kind == "script" and base.kind != "num" and not base.italic and _is_latin(_behind(last, line))


def _is_latin(letter: str) -> bool:
    return letter.isascii() and letter.isalnum()


def _before(atom: Atom, line: Line) -> str:
    """The two characters before an atom, whatever tags stand between."""
    slot, offset = atom.start
    found = line.text(slot)[max(0, offset - 2) : offset]
    for earlier in range(slot - 1, max(-1, slot - 1 - _MOST_EMPTY), -1):
        if len(found) > 1:
            break
        found = line.text(earlier)[-2:] + found
    return found


def _behind(atom: Atom, line: Line) -> str:
    """The character behind an atom, whatever tags stand between."""
    slot, offset = atom.end
    found = line.text(slot)[offset : offset + 1]
    for later in range(slot + 1, min(len(line.slots), slot + 1 + _MOST_EMPTY)):
        if found:
            break
        found = line.text(later)[:1]
    return found


def _is_name(atoms: Sequence[Atom]) -> bool:
    """Whether a number stands right behind a letter or subscript, as in names: `p53`, `T_H1`, `S_N2`."""
    for before, atom, after in zip(atoms, atoms[1:], [*atoms[2:], None], strict=False):
        if atom.kind == "num" and not atom.spaced and (before.kind == "id" or before.kind == "script"):
            power = after is not None and after.kind == "script" and not _COUNT.fullmatch(after.latex)
            if not power and not before.raised:
                return True
    return False


def _is_noted(atoms: Sequence[Atom]) -> bool:
    """Whether letters are raised at a number that has no powers: `0.5^b`, `0.001^b`."""
    return any(
        atom.kind == "script" and atom.raised and before.kind == "num" and "." in before.latex
        and atom.latex in _NOTE_LETTERS and atom.latex.isalpha()
        for before, atom in pairwise(atoms)
    )  # fmt: skip


def _is_chemical(atoms: Sequence[Atom]) -> bool:
    """Whether all letters are upright symbols of elements with numbers, or it is a common molecule."""
    letters = [atom for atom in atoms if atom.kind == "id"]
    if not letters or not all(atom.latex in _ELEMENTS for atom in letters):
        return False
    scripts = [atom for atom in atoms if atom.kind == "script"]
    lowered = [script.latex for script in scripts if not script.raised]
    listed = any(atom.kind in ("op", "rel", "comma", "ord") for atom in atoms)
    compound = len(letters) > 1 and bool(lowered) and not listed
    if compound and len(lowered) == len(scripts):
        return True
    if not all((_CHARGE if script.raised else _COUNT).fullmatch(script.latex) for script in scripts):
        return False
    element = not any(atom.italic or atom.latex == "D" for atom in letters)
    return compound or (element and "0" not in lowered and "1" not in lowered)


def _is_isotope(atoms: Sequence[Atom]) -> bool:
    r"""Whether it is the share of an isotope: `\delta^{13}C`, `\Delta^{14}C`."""
    if len(atoms) < 3 or atoms[0].latex not in (r"\delta", r"\Delta"):
        return False
    script, element = atoms[1], atoms[2]
    return script.raised and bool(_COUNT.fullmatch(script.latex)) and element.latex in _ELEMENTS and not element.italic


def _is_measure(atoms: Sequence[Atom]) -> bool:
    """Whether it is a unit: upright letters as in `25 m<sup>2</sup>` or `W/m<sup>2</sup>`."""
    letters = [atom for atom in atoms if atom.kind == "id"]
    if any(atom.italic or atom.latex not in _UNITS for atom in letters) or not letters:
        return False
    if any(atom.kind not in ("id", "script", "op", "num") or atom.latex in ("+",) for atom in atoms):
        return False
    exponents = all(re.fullmatch(r"-?[1-4]", atom.latex) and atom.raised for atom in atoms if atom.kind == "script")
    counted = atoms[0].behind in ("id", "num", "script") or any(atom.kind == "num" for atom in atoms)
    counted = counted or atoms[0].behind_word in _UNIT_WORDS
    return exponents and (counted or "m" in [atom.latex for atom in letters] or len(letters) > 1)


def _is_joined(atoms: Sequence[Atom], tight: bool = True) -> bool:
    """Whether a sign between two atoms tells of mathematics; `24/7`, `10:30` and `2001-2003` have signs as well.

    Without `tight`, neither do slashes, hyphens and stars that are not set off by blanks: `G_0/G_1`.
    """
    for before, atom, after in zip(atoms, atoms[1:], atoms[2:], strict=False):
        if atom.kind == "op" and atom.latex in _PLAIN_SIGNS:
            between = tight and (before.kind == "script" or before.italic or after.italic)
            if between or (atom.spaced and after.spaced):
                return True
        elif atom.kind in ("op", "rel") and atom.latex not in (":", "."):
            return True
    return False


def _is_mark(base: Atom, script: Atom) -> bool:
    """Whether a script says something else as often: `1998^3`, `24/7^1`, `30^0`, `12^b`, `J^1`, `A^+`."""
    latex = script.latex
    if not script.raised or latex in _NOTES:
        return script.raised and (latex == "1" or not base.italic)
    if base.kind == "num":
        behind = base.behind in ("op", "rel") and not _is_binary_or_decimal(base, latex)
        counted = len(base.latex) >= LEAST_YEAR or behind or latex[0] == "0"
        return (latex.isdigit() and counted) or latex in _NOTE_LETTERS
    initial = base.kind == "id" and len(base.latex) == 1 and base.latex.isupper()
    return not base.italic and (latex in _NOTE_LETTERS or (initial and latex.replace("{,}", "").isdigit()))


def _is_power(base: Atom, script: Atom, line: Line) -> bool:
    r"""Whether a number and its superscript are a power and not a number with a mark, minutes, cents: `2^{-3}`."""
    latex = script.latex
    if not script.raised or latex in _NOTES:
        return False
    if not latex.isdigit():
        return len(latex) > 1 or latex in _EXPONENTS
    return line.holder.tag not in ("td", "th") and _is_binary_or_decimal(base, latex)


def _is_binary_or_decimal(base: Atom, exponent: str) -> bool:
    """Whether it is a power of two or ten that is no time, price or number with a note."""
    if base.latex not in ("2", "10") or not exponent.isdigit() or exponent in _MINUTES:
        return False
    return exponent[0] != "0" and int(exponent[:4]) >= LEAST_EXPONENT
