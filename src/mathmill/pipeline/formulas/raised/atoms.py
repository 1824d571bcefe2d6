r"""Inline HTML with `sup` and `sub` as a row of atoms: letters, numbers, signs, brackets, scripts, and where it breaks.

What reads here as an atom of mathematics is no formula yet: `raised` decides that. A word, a placeholder, a footnote's
mark, an ordinal, a charge, a genotype and an element that is not inline are breaks. Time is linear in the text.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

# Scripts in scripts that are read, and letters of a word as a subscript.
MAX_SCRIPTS, MAX_SCRIPT_WORD = 3, 8
INLINE = frozenset(
    ["b", "big", "em", "font", "i", "nobr", "small", "span", "strong", "sub", "sup", "tt", "u", "var", "wbr"]
)  # fmt: skip
_ITALIC, _BOLD, _SCRIPTS = frozenset({"i", "em", "var"}), frozenset({"b", "strong"}), frozenset({"sup", "sub"})
_SLANT = re.compile(r"font-style\s{0,9}:\s{0,9}italic", re.IGNORECASE)
_NOTE_CLASS = re.compile(r"foot|note|cite|citation|reference|\bfn", re.IGNORECASE)

# Chinese, Japanese and Korean are written without blanks, so their words end where Latin letters begin.
_EASTERN = r"\u2e80-\ufaff"
_LEX = re.compile(
    r"(?P<space>\s+)|(?P<unseen>[\u200b\u2060-\u2064\ufeff]+)|(?P<num>\d{1,3}(?:,\d{3})+(?!\d)|\d+(?:\.\d+)?)"
    rf"|(?P<word>[{_EASTERN}]+|[^\W\d_{_EASTERN}]+)|(?P<dots>\.\.\.|…|⋯)"
    r"|(?P<apart>['’]s\b)|(?P<prime>['’′″]+)|(?P<sign>.)",
    re.DOTALL,
)
_WORD = re.compile(r"[^\W\d_]{3,}")
_FUNCTIONS = frozenset(
    ["arccos", "arcsin", "arctan", "arg", "cos", "cosh", "cot", "deg", "det", "dim", "exp", "gcd", "inf", "ker", "lcm",
     "lg", "lim", "ln", "log", "max", "min", "mod", "sin", "sinh", "sup", "tan", "tanh"]
)  # fmt: skip
_MOD, _ROOT = r"\bmod", r"\sqrt"
_COMMANDS = {"lcm": r"\operatorname{lcm}", "mod": _MOD}  # where LaTeX has none of the function's name
_GREEK = dict(
    zip(
        "αβγδεζηθικλμνξπρστυφχψωΓΔΘΛΞΠΣΥΦΨΩϑϕϵϖϱµ∆",
        "alpha beta gamma delta varepsilon zeta eta theta iota kappa lambda mu nu xi pi rho sigma tau upsilon varphi"  # noqa: SIM905
        " chi psi omega Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega vartheta phi epsilon varpi varrho"
        " mu Delta".split(),
        strict=True,
    )
)
_LETTERLIKE = {"ℝ": r"\mathbb{R}", "ℕ": r"\mathbb{N}", "ℤ": r"\mathbb{Z}", "ℚ": r"\mathbb{Q}", "ℂ": r"\mathbb{C}",
               "ℓ": r"\ell", "ℏ": r"\hbar", "ℵ": r"\aleph"}  # fmt: skip
_SIGNS = {
    "rel": {"=": "=", "<": "<", ">": ">", "≠": r"\ne", "≤": r"\le", "≥": r"\ge", "≈": r"\approx", "≡": r"\equiv",
            "~": r"\sim", "∼": r"\sim", "≅": r"\cong", "∝": r"\propto", "∈": r"\in", "∉": r"\notin", "⊂": r"\subset",
            "⊆": r"\subseteq", "⊃": r"\supset", "⊇": r"\supseteq", "→": r"\to", "←": r"\leftarrow", "⇒": r"\Rightarrow",
            "⇔": r"\Leftrightarrow", "↔": r"\leftrightarrow", "↦": r"\mapsto", "∣": r"\mid",
            "∤": r"\nmid", "∥": r"\parallel", "⊥": r"\perp", "≃": r"\simeq", "⊊": r"\subsetneq", "⟶": r"\to",
            "⟹": r"\Rightarrow", "⟺": r"\Leftrightarrow", "≪": r"\ll", "≫": r"\gg",
            ":": ":"},
    "op": {"+": "+", "-": "-", "−": "-", "–": "-", "·": r"\cdot", "⋅": r"\cdot", "×": r"\times", "*": "*", "∗": "*",
           "/": "/", "⁄": "/", "÷": r"\div", "±": r"\pm",
           "∓": r"\mp", "∪": r"\cup", "∩": r"\cap", "∧": r"\wedge", "∨": r"\vee",
           "⊕": r"\oplus", "⊗": r"\otimes", "∘": r"\circ", "∖": r"\setminus"},
    "prefix": {"∑": r"\sum", "∏": r"\prod", "∫": r"\int", "√": r"\sqrt", "∂": r"\partial", "∇": r"\nabla",
               "∀": r"\forall", "∃": r"\exists", "¬": r"\neg"},
    "ord": {"∞": r"\infty", "∅": r"\emptyset", "|": "|", "‖": r"\|"},
    "open": {"(": "(", "[": "[", "{": r"\{", "⟨": r"\langle", "⌊": r"\lfloor", "⌈": r"\lceil"},
    "close": {")": ")", "]": "]", "}": r"\}", "⟩": r"\rangle", "⌋": r"\rfloor", "⌉": r"\rceil"},
    "comma": {",": ",", ";": ";"},
    "post": {"!": "!"},
    "money": dict.fromkeys("$€£¥", ""),
}  # fmt: skip
_SIGN = {char: (kind, latex) for kind, signs in _SIGNS.items() for char, latex in signs.items()}
PAIRS = {"(": ")", "[": "]", r"\{": r"\}", r"\langle": r"\rangle", r"\lfloor": r"\rfloor", r"\lceil": r"\rceil"}
# Two letters that are a word or a unit, not a product of two quantities.
_NO_PRODUCT_TEXT = """
al am an as at be by ca cf cd Dr cm de dl dm do du ed el en es et eV ft go ha he hl hr Hz id ie if il in is it Jr
kB kg kJ km kN kV kW la le lb me
mg mi ml mL mm ms mV mW my nd ne nm no ns of oh ok on or oz pH pm px rd se so st th to un up us vs we yd µg µl µm µs
μg μl μm μs
"""
_NO_PRODUCT = frozenset(_NO_PRODUCT_TEXT.split())
_INDICES = frozenset("ijklmnpqrs")
_ORDINALS = frozenset(["st", "nd", "rd", "th", "er", "re", "me", "ieme", "TM", "SM", "e", "o", "a", "os", "as"])
# `Ca^{2+}`, `p53^{-/-}`, `C^{++}`: a charge, a genotype, a name.
_CHARGE = re.compile(r"\d+[+-]|[+-]/[+-]|\+\+|--")
_MARKS = frozenset("abcdefgh*")
_FULL_WIDTH, _SLANTED = range(0xFF00, 0xFFF0), range(0x1D400, 0x1D7CC)  # the latter: mathematical letters
_COMMAND_END = re.compile(r"\\[A-Za-z]+\Z")


@dataclass(slots=True)
class Atom:
    """A piece of a line of text from `start` to `end`, each a slot's number and an offset in its text."""

    kind: (
        str  # num, id, func, op, rel, prefix, ord, open, close, comma, post, script; space; break, money: in no formula
    )
    latex: str
    start: tuple[int, int]
    end: tuple[int, int]
    italic: bool = False
    upright_greek: bool = False  # a Greek letter, though not in italics, or what is raised at one
    raised: bool = False  # of scripts: whether it is a superscript
    charged: bool = False  # of breaks: whether it is a charge or a genotype
    spaced: bool = False  # whether white space stands before it
    behind: str = ""  # kind of the atom before it
    behind_word: str = ""  # the word before it, if there is one of Latin letters


@dataclass(slots=True)
class Line:
    """The inline content of one element: its texts (element, whether as tail) and what they read as."""

    holder: Any
    slots: list[tuple[Any, bool]] = field(default_factory=list)
    atoms: list[Atom] = field(default_factory=list)

    def text(self, slot: int) -> str:
        element, tail = self.slots[slot]
        return (element.tail if tail else element.text) or ""

    def set_text(self, slot: int, text: str) -> None:
        element, tail = self.slots[slot]
        if tail:
            element.tail = text
        else:
            element.text = text


def read(holder: Any, token: re.Pattern[str]) -> Line:
    """The inline content of an element; what matches `token` is a word."""
    line = Line(holder)
    outer: list[list[Atom]] = []  # what the scripts that are open now are parts of
    italic = bold = 0
    target = line.atoms
    for what, element in _walk(holder):
        step = {"open": 1, "close": -1}.get(what, 0)
        if what == "break":
            target.append(Atom("break", "", (len(line.slots) - 1, 0), (len(line.slots) - 1, 0)))
        elif not step:
            line.slots.append((element, what == "tail"))
            _lex(line, italic > 0, bold > 0, bool(outer), target, token)
        elif is_italic(element):
            italic += step * _shows_letters(element)
        elif element.tag in _BOLD:
            bold += step * (len((element.text or "").strip()) == 1 and not len(element))
        elif element.tag in _SCRIPTS and step > 0:
            outer.append(target)
            target = []
        elif element.tag in _SCRIPTS:
            script = _script(element, target, len(outer), line)
            target = outer.pop()
            target.append(script)
    line.atoms = _spaced(line.atoms)
    return line


def _walk(holder: Any) -> Iterator[tuple[str, Any]]:
    """The texts of an element's inline content, between them where elements open, close, or are no part of it."""
    yield "text", holder
    stack = [(holder, iter(holder))]
    while stack:
        element, children = stack[-1]
        child = next(children, None)
        if child is None:
            stack.pop()
            if stack:
                yield "close", element
                yield "tail", element
        elif child.tag in INLINE:
            yield "open", child
            yield "text", child
            stack.append((child, iter(child)))
        else:
            yield "break", child
            yield "tail", child


def is_italic(element: Any) -> bool:
    """Whether an element sets its text in italics, by its tag or, as HeVeA and MediaWiki write it, its style."""
    return element.tag in _ITALIC or (element.tag == "span" and bool(_SLANT.search((element.get("style") or "")[:200])))


def _shows_letters(element: Any) -> bool:
    """Whether an element that is set in italics holds no words, so that its letters are quantities."""
    texts = [element.text or "", *((child.tail or "") for child in element)]
    return not any(word not in _FUNCTIONS for text in texts for word in _WORD.findall(text))


def _lex(line: Line, italic: bool, bold: bool, script: bool, atoms: list[Atom], token: re.Pattern[str]) -> None:
    """Read the last slot's text into atoms."""
    slot = len(line.slots) - 1
    text = line.text(slot)
    taken = [match.span() for match in token.finditer(text)]
    at = 0
    for piece in _LEX.finditer(text):
        kind, written = piece.lastgroup or "", piece.group()
        atom = Atom("break", "", (slot, piece.start()), (slot, piece.end()))
        while at < len(taken) and taken[at][1] <= piece.start():
            at += 1
        if at < len(taken) and taken[at][0] < piece.end():
            pass
        elif kind == "unseen":
            continue
        elif kind == "word":
            atoms.extend(_letters(written, atom, italic, bold, script, atoms))
            continue
        elif written == "." and _multiplies(atoms, text[piece.end() : piece.end() + 1]):
            atom.kind, atom.latex = "op", "."
        elif kind == "sign":
            atom.kind, atom.latex = _SIGN.get(written, ("break", ""))
        elif kind == "prime":
            atom.kind = "post" if atoms and atoms[-1].kind in ("id", "close", "script") else "break"
            atom.latex = "'" * (len(written) + written.count("″"))
        elif kind != "apart":
            atom.kind = {"dots": "ord"}.get(kind, kind)
            atom.latex = {"dots": r"\ldots", "space": " "}.get(kind) or written.replace(",", "{,}")
        atoms.append(atom)


def _multiplies(before: Sequence[Atom], behind: str) -> bool:
    """Whether a full stop is a product's: `a<sub>1</sub>.[x<sub>1</sub>]`."""
    return bool(before) and before[-1].kind in ("script", "close") and (behind in ("[", "(") or behind.islower())


def _letters(word: str, whole: Atom, italic: bool, bold: bool, script: bool, before: Sequence[Atom]) -> Iterator[Atom]:
    """A run of letters: a function's name, a product of quantities, or a word, which ends a formula."""
    name, (slot, at) = word.lower(), whole.start
    if name in _FUNCTIONS and word[1:] == name[1:]:
        latex = _COMMANDS.get(name) or f"\\{name}"
        yield Atom("func", latex, whole.start, whole.end)
        return
    latexes = [_letter(letter) for letter in word]
    if not all(latexes) or not (len(word) == 1 or _is_product(word, italic, script, before)):
        yield Atom("break", word if word.isascii() else "", whole.start, whole.end)
        return
    for i, latex in enumerate(latexes):
        slanted = italic or ord(word[i]) in _SLANTED
        greek = word[i] in _GREEK and not slanted
        symbol = rf"\mathbf{{{latex}}}" if bold else latex
        yield Atom("id", symbol, (slot, at + i), (slot, at + i + 1), slanted or latex[0] == "\\", greek)


def _is_product(word: str, italic: bool, script: bool, before: Sequence[Atom]) -> bool:
    """Whether letters in a row are quantities: two in italics, indices, or two behind a number or a sign."""
    if script and set(word) <= _INDICES:
        return len(word) <= 3
    if len(word) > 2 or word in _NO_PRODUCT:
        return False
    if italic or (script and word.islower()):
        return True
    last = next((atom for atom in reversed(before[-2:]) if atom.kind != "space"), None)
    if last is None or not word.islower():
        return False
    tight = last is before[-1] and last.kind in ("num", "close", "script", "open")
    return tight or last.kind in ("op", "rel", "prefix")


def _letter(letter: str) -> str:
    """A letter's LaTeX, empty if mathematics has no such letter."""
    if letter in _LETTERLIKE:
        return _LETTERLIKE[letter]
    plain = letter if letter.isascii() or letter in _GREEK else unicodedata.normalize("NFKC", letter)
    if plain in _GREEK:
        return f"\\{_GREEK[plain]}"
    return plain if len(plain) == 1 and plain.isascii() and ord(letter) not in _FULL_WIDTH else ""


def _script(element: Any, inner: list[Atom], depth: int, line: Line) -> Atom:
    """The atom of a `sup` or `sub` with what it holds; a break if that is no script."""
    raised = element.tag == "sup"
    atoms = _spaced(inner)
    slot = len(line.slots) - 1
    script = Atom("break", "", inner[0].start if inner else (slot, 0), (slot, len(line.text(slot))), raised=raised)
    if not atoms or depth > MAX_SCRIPTS or _NOTE_CLASS.search((element.get("class") or "")[:100]):
        return script
    kinds = {atom.kind for atom in atoms}
    upright = kinds == {"id"} and not any(atom.italic for atom in atoms)
    letters = "".join(atom.latex for atom in atoms)
    if kinds & {"break", "func", "money"}:
        word = not raised and len(atoms) == 1 and letters.lstrip("\\").isalpha() and len(letters) <= MAX_SCRIPT_WORD
        script.latex = (letters if "func" in kinds else rf"\mathrm{{{letters}}}") if word else ""
    elif raised and _CHARGE.fullmatch(letters):
        script.charged = True
    elif not (raised and upright and letters in _ORDINALS) and is_sound(atoms) and not _is_note(atoms, raised):
        script.latex = to_latex(atoms)
    script.kind = "script" if script.latex else "break"
    return script


def _spaced(atoms: list[Atom]) -> list[Atom]:
    """`atoms` without white space, each noting whether some stood before it."""
    kept: list[Atom] = []
    space = False
    for atom in atoms:
        if atom.kind == "space":
            space = True
            continue
        atom.spaced, space = space, False
        if kept:
            atom.behind = kept[-1].kind
            atom.behind_word = kept[-1].latex if kept[-1].kind == "break" else ""
        kept.append(atom)
    return kept


def _is_note(atoms: list[Atom], raised: bool) -> bool:
    """Whether a superscript is a mark of notes or affiliations: `[3]`, `(3)`, `3)`, `1, 2`, `a,b`, `b,*`."""
    kinds = {"mark" if atom.latex in _MARKS and not atom.italic else atom.kind for atom in atoms}
    listed = "comma" in kinds and kinds <= {"num", "comma", "mark"}
    return raised and (listed or kinds <= {"num", "open", "close", "comma"}) and len(atoms) > 1


def is_base(last: Atom | None, script: Atom) -> bool:
    """Whether `script` belongs to the atom before it."""
    if last is None or script.spaced:
        return False
    if last.kind == "script":
        return last.raised != script.raised
    if last.kind == "num" and script.raised and script.latex in ("*", "+"):
        return False
    return last.kind in ("id", "num", "close", "ord", "func", "post", "prefix") and last.latex != r"\ldots"


def is_sound(atoms: list[Atom]) -> bool:
    """Whether brackets are paired and scripts have a base."""
    opened: list[str] = []
    for before, atom in zip([None, *atoms], atoms, strict=False):
        if atom.kind == "open":
            opened.append(PAIRS[atom.latex])
        unpaired = atom.kind == "close" and (not opened or opened.pop() != atom.latex)
        if unpaired or (atom.kind == "script" and not is_base(before, atom)):
            return False
    return not opened


def to_latex(atoms: list[Atom]) -> str:
    """A formula's LaTeX."""
    parts: list[str] = []
    grouped: list[bool] = []  # of the brackets that are open, whether a command's braces stand for them
    for before, atom, after in zip([None, *atoms], atoms, [*atoms[1:], None], strict=False):
        latex = atom.latex
        rooted = before is not None and before.latex == _ROOT
        if atom.kind == "script":
            latex = ("^" if atom.raised else "_") + (latex if len(latex) == 1 else f"{{{latex}}}")
        elif atom.kind == "open":
            modulus = latex == "(" and after is not None and after.latex == _MOD
            grouped.append(rooted or modulus)
            latex = r"\pmod{" if modulus and not rooted else "{" if rooted else latex
        elif atom.kind == "close" and grouped and grouped.pop():
            latex = "}"
        elif latex == _ROOT and (after is None or after.kind not in ("open", "num", "id")):
            latex = r"\surd"
        elif latex == _MOD and parts and parts[-1].endswith(r"\pmod{"):
            continue
        elif rooted:
            latex = f"{{{latex}}}"
        joins = bool(parts) and latex[0].isalpha() and _COMMAND_END.search(parts[-1])
        blank = atom.spaced and atom.kind != "script" and not (parts and parts[-1].endswith(r"\pmod{"))
        parts.append((" " if parts and (joins or blank) else "") + latex)
    return "".join(parts)
