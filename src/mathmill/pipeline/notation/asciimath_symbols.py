r"""What AsciiMath's names mean in LaTeX, and a formula cut into them; nothing that reads its structure.

The names are those of asciimath.org with their TeX aliases. A name whose LaTeX is the same word needs no spelling out.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum, auto


class Kind(Enum):
    """What a symbol does in AsciiMath's grammar; OPERATOR is one with space around it, WORD is upright text."""

    ATOM = auto()
    NUMBER = auto()
    TEXT = auto()
    OPERATOR = auto()
    SIGN = auto()  # an operator that may stand in front: - and +-
    BIG = auto()  # takes limits, a space follows
    FUNCTION = auto()
    LETTER_FUNCTION = auto()  # f and g
    PUNCTUATION = auto()
    WORD = auto()
    LEFT = auto()
    RIGHT = auto()
    BAR = auto()
    UNARY = auto()
    BINARY = auto()
    INFIX = auto()
    PRIME = auto()


@dataclass(frozen=True, slots=True)
class Symbol:
    """A name's kind and LaTeX; `wide` is the accent for more than one letter, `right` closes what `latex` opens."""

    kind: Kind
    latex: str
    wide: str = ""
    right: str = ""


def _same(kind: Kind, names: str) -> dict[str, Symbol]:
    return {name: Symbol(kind, "\\" + name) for name in names.split()}


def _pairs(kind: Kind, pairs: str) -> dict[str, Symbol]:
    """`name command` pairs; a command is an alias of itself."""
    words = pairs.split()
    table: dict[str, Symbol] = {}
    for name, command in zip(words[::2], words[1::2], strict=True):
        table[name] = table.setdefault(command, Symbol(kind, "\\" + command))
    return table


_GREEK = """alpha beta chi delta Delta epsilon varepsilon eta gamma Gamma iota kappa lambda Lambda mu nu omega Omega phi
varphi Phi pi Pi psi Psi rho sigma Sigma tau theta vartheta Theta upsilon xi Xi zeta"""
_OPERATORS = """** ast *** star xx times |>< ltimes ><| rtimes |><| bowtie -: div @ circ o+ oplus ox otimes o. odot
^^ wedge vv vee nn cap uu cup != ne <= le >= ge lt= leq gt= geq -< prec -lt prec >- succ -<= preceq >-= succeq
mlt ll mgt gg in in !in notin sub subset sup supset sube subseteq supe supseteq -= equiv ~= cong ~~ approx ~ sim
prop propto => Rightarrow <=> Leftrightarrow
implies implies iff iff |-- vdash |== models -> to >-> rightarrowtail ->> twoheadrightarrow
>->> twoheadrightarrowtail |-> mapsto rarr rightarrow larr leftarrow harr leftrightarrow rArr Rightarrow lArr Leftarrow
hArr Leftrightarrow uarr uparrow darr downarrow divide div * cdot setminus setminus"""
_ATOMS = """AA forall EE exists _|_ bot TT top not neg del partial grad nabla O/ emptyset oo infty ... ldots
:. therefore :' because /_ angle /_\\ triangle epsi epsilon lamda lambda Lamda Lambda \\\\ backslash"""
_FUNCTIONS = "sin cos tan sinh cosh tanh cot sec csc arcsin arccos arctan coth exp log ln det gcd"
_NAMED = "sech csch lcm Sin Cos Tan Arcsin Arccos Arctan Sinh Cosh Tanh Cot Sec Csc Log Ln"
_FONTS = "bb mathbf bbb mathbb cc mathcal tt mathtt fr mathfrak sf mathsf rm mathrm"
_CHARACTERS = """α alpha β beta γ gamma δ delta ε varepsilon ζ zeta η eta θ theta ι iota κ kappa λ lambda μ mu ν nu
ξ xi π pi ρ rho σ sigma τ tau υ upsilon φ varphi ϕ phi χ chi ψ psi ω omega Γ Gamma Δ Delta Θ Theta Λ Lambda Ξ Xi Π Pi
Σ Sigma Φ Phi Ψ Psi Ω Omega ϵ epsilon ϑ vartheta × times ÷ div ± pm ∓ mp · cdot ⋅ cdot ∗ ast ∘ circ ⊕ oplus ⊗ otimes
≤ le ≥ ge ≠ ne ≡ equiv ≈ approx ≅ cong ∼ sim ∝ propto ∈ in ∉ notin ⊂ subset ⊃ supset ⊆ subseteq ⊇ supseteq ∩ cap
∪ cup ∧ wedge ∨ vee ¬ neg ∀ forall ∃ exists ∅ emptyset ∞ infty ∂ partial ∇ nabla ∠ angle → to ← leftarrow
↔ leftrightarrow ⇒ Rightarrow ⇐ Leftarrow ⇔ Leftrightarrow ↦ mapsto ∑ sum ∏ prod ∫ int ∮ oint … ldots ⋯ cdots
⟨ langle ⟩ rangle ⌊ lfloor ⌋ rfloor ⌈ lceil ⌉ rceil ⊥ bot ∴ therefore ∵ because − - ′ ' √ sqrt"""


def _table() -> dict[str, Symbol]:
    table = _same(Kind.ATOM, _GREEK + " aleph frown quad qquad cdots vdots ddots diamond square hbar")
    table |= _pairs(Kind.OPERATOR, _OPERATORS) | _pairs(Kind.ATOM, _ATOMS)
    table |= {name: Symbol(Kind.ATOM, f"\\mathbb{{{name[0]}}}") for name in ("CC", "NN", "QQ", "RR", "ZZ")}
    table |= {name: Symbol(Kind.ATOM, name) for name in ("dx", "dy", "dz", "dt")}
    table |= {name: Symbol(Kind.OPERATOR, name) for name in ("=", "<", ">", "+", ":=")}
    table |= {"lt": Symbol(Kind.OPERATOR, "<"), "gt": Symbol(Kind.OPERATOR, ">"), "//": Symbol(Kind.ATOM, "/")}
    table |= {"-": Symbol(Kind.SIGN, "-"), "+-": Symbol(Kind.SIGN, "\\pm"), "-+": Symbol(Kind.SIGN, "\\mp")}
    table |= {
        "pm": table["+-"],
        "mp": table["-+"],
        "mod": Symbol(Kind.OPERATOR, "\\bmod"),
        "'": Symbol(Kind.PRIME, "'"),
    }
    table |= {"\\ ": Symbol(Kind.ATOM, "\\ "), "prime": table["'"], "!": Symbol(Kind.ATOM, "!")}
    table |= {mark: Symbol(Kind.PUNCTUATION, mark) for mark in (",", ";", ":")}
    table |= {word: Symbol(Kind.WORD, word) for word in ("and", "or", "if")}
    table |= {mark: Symbol(Kind.INFIX, mark) for mark in ("/", "_", "^")}
    return table | _big_symbols() | _brackets() | _commands()


def _big_symbols() -> dict[str, Symbol]:
    table = _same(Kind.BIG, "sum prod int oint lim min max dim")
    table |= _pairs(Kind.BIG, "^^^ bigwedge vvv bigvee nnn bigcap uuu bigcup")
    table |= {name: Symbol(Kind.BIG, f"\\operatorname{{{name}}}") for name in ("lub", "glb")}
    table["Lim"] = Symbol(Kind.BIG, "\\operatorname*{Lim}")
    table |= _same(Kind.FUNCTION, _FUNCTIONS)
    table |= {name: Symbol(Kind.FUNCTION, f"\\operatorname{{{name}}}") for name in _NAMED.split()}
    return table | {name: Symbol(Kind.LETTER_FUNCTION, name) for name in ("f", "g")}


def _brackets() -> dict[str, Symbol]:
    lefts = {"(": "(", "[": "[", "{": "\\{", "(:": "\\langle", "<<": "\\langle", "langle": "\\langle", "{:": ""}
    lefts |= {"|__": "\\lfloor", "lfloor": "\\lfloor", "|~": "\\lceil", "lceil": "\\lceil", "lceiling": "\\lceil"}
    rights = {")": ")", "]": "]", "}": "\\}", ":)": "\\rangle", ">>": "\\rangle", "rangle": "\\rangle", ":}": ""}
    rights |= {"__|": "\\rfloor", "rfloor": "\\rfloor", "~|": "\\rceil", "rceil": "\\rceil", "rceiling": "\\rceil"}
    table = {name: Symbol(Kind.LEFT, latex) for name, latex in (lefts | {"|:": "|"}).items()}
    table |= {name: Symbol(Kind.RIGHT, latex) for name, latex in (rights | {":|": "|"}).items()}
    for mark, side in {"(": "left", "[": "left", ")": "right", "]": "right"}.items():
        table[side + mark] = table[mark]
    return table | {"|": Symbol(Kind.BAR, "|"), ":|:": Symbol(Kind.OPERATOR, "\\mid")}


def _commands() -> dict[str, Symbol]:
    """Commands with arguments. `right` and a `latex` that is no command: what stands around the argument."""
    unary = Kind.UNARY
    table = _pairs(unary, _FONTS + " ul underline ubrace underbrace obrace overbrace")
    del table["rm"]  # AsciiMath has only the long name: r and m are letters
    table |= _same(unary, "sqrt cancel dot ddot")
    for name, wide in (("hat", "widehat"), ("tilde", "widetilde"), ("vec", "overrightarrow"), ("bar", "overline")):
        table[name] = Symbol(unary, f"\\{name}", f"\\{wide}")
    table |= _same(unary, "overline")
    table |= {name: Symbol(unary, "\\overset{\\frown}") for name in ("overarc", "overparen")}
    for name, (left, right) in {"abs": ("|", "|"), "Abs": ("|", "|"), "norm": ("\\|", "\\|")}.items():
        table[name] = Symbol(unary, left, right=right)
    table["floor"] = Symbol(unary, "\\lfloor", right="\\rfloor")
    table["ceil"] = Symbol(unary, "\\lceil", right="\\rceil")
    binary = _same(Kind.BINARY, "root frac stackrel overset underset color")
    return table | binary


def _with_characters(table: dict[str, Symbol]) -> dict[str, Symbol]:
    words = _CHARACTERS.split()
    return table | {character: table[name] for character, name in zip(words[::2], words[1::2], strict=True)}


SYMBOLS = _with_characters(_table())
# The longest name that begins with a character.
_LONGEST = {name[0]: max(len(other) for other in SYMBOLS if other[0] == name[0]) for name in SYMBOLS}

_BLANK = re.compile(r"[\x00-\x20\x7f-\xa0\u200b-\u200f\u2028\u2029\ufeff\ud800-\udfff`]+")
_NUMBER = re.compile(r"[0-9]+(?:\.[0-9]+)?|\.[0-9]+")
_TEXT = re.compile(r"\\?(?:text|mbox)(?![A-Za-z])\s*(?=([({\[]))")
_CLOSERS = {"(": ")", "{": "}", "[": "]"}
_TEX_SPECIAL = {character: "\\" + character for character in "#$%&_{}"}
_TEXT_ESCAPES = str.maketrans(_TEX_SPECIAL | {"\\": "\\textbackslash{}", "^": "\\^{}", "~": "\\~{}"})


def tokens(text: str) -> list[Symbol]:
    """A formula's symbols, the longest name first, each letter one of its own; blanks are gone."""
    text = _BLANK.sub(" ", text).strip()
    found = []
    position = 0
    while position < len(text):
        token, position = _token(text, position)
        if token:
            found.append(token)
    return found


def _token(text: str, at: int) -> tuple[Symbol | None, int]:
    """The token at a position, if it is any, and where the next may begin."""
    first = text[at]
    if first == " ":
        return None, at + 1
    if first == '"':
        return _words(text, at)
    if first in "tm\\" and (command := _TEXT.match(text, at)):
        return _words(text, command.end())
    for length in range(min(_LONGEST.get(first, 0), len(text) - at), 0, -1):
        if symbol := SYMBOLS.get(text[at : at + length]):
            return symbol, at + length
    if number := _NUMBER.match(text, at):
        return Symbol(Kind.NUMBER, number.group()), number.end()
    if first == "\\":  # before a name it says nothing
        return (None, at + 1) if at + 1 < len(text) else (SYMBOLS["backslash"], at + 1)
    return Symbol(Kind.ATOM, _TEX_SPECIAL.get(first, first)), at + 1


def _words(text: str, opener: int) -> tuple[Symbol | None, int]:
    """The text between a quotation mark or bracket and its closer; a bracket that is not closed holds all the rest."""
    mark = text[opener]
    end = text.find(_CLOSERS.get(mark, mark), opener + 1)
    if end < 0:
        if mark == '"':
            return None, opener + 1
        end = len(text)
    words = text[opener + 1 : end].translate(_TEXT_ESCAPES)
    return (Symbol(Kind.TEXT, f"\\text{{{words}}}") if words else None), end + 1
