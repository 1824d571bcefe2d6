r"""The demo's subset of LaTeX as a tree, written as MathML, AsciiMath, HTML and rendered glyphs.

Reads what `mathmill.demo.arithmetic` and `mathmill.demo.algebra` write and what the lessons say: numbers, letters,
operators, scripts, fractions, roots, binomials, residues and small matrices. Not a LaTeX reader for foreign
pages; it raises on anything outside the subset, so that a slip in a lesson is seen at once.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from html import escape

SYMBOLS = {
    "cdot": "⋅", "times": "×", "div": "÷", "pm": "±", "le": "≤", "ge": "≥", "ne": "≠", "equiv": "≡", "int": "∫",
    "sum": "∑", "to": "→", "infty": "∞", "ldots": "…", "in": "∈", "mid": "∣", "approx": "≈",
}  # fmt: skip
LETTERS = {"pi": "π", "alpha": "α", "beta": "β", "varphi": "φ", "Delta": "Δ"}
FUNCTIONS = ("log", "ln", "sin", "cos", "det", "gcd", "lim")
ASCII = {
    "⋅": "*", "×": "xx", "÷": "-:", "±": "+-", "≤": "<=", "≥": ">=", "≠": "!=", "≡": "-=", "∫": "int", "∑": "sum",
    "→": "->", "∞": "oo", "…": "...", "∈": "in", "∣": "|", "≈": "~~", "′": "'", "π": "pi", "α": "alpha", "β": "beta",
    "φ": "phi", "Δ": "Delta",
}  # fmt: skip

_TOKEN = re.compile(r"\\(?:[A-Za-z]+|.)|\d+|[A-Za-z]|\S")


@dataclass(frozen=True, slots=True)
class Node:
    """A piece of a formula: `kind` names it, `text` is its glyphs if it is a leaf, `parts` what it is made of.

    Leaves: number, identifier, function, operator, space. Others: row, fraction, binomial, root, sub, sup, subsup and
    matrix (made of rows, these of cells).
    """

    kind: str
    text: str = ""
    parts: tuple[Node, ...] = ()


@lru_cache(maxsize=4096)
def parse(latex: str) -> Node:
    """The tree of a formula.

    Raises:
        ValueError: the formula is outside the demo's subset of LaTeX.
    """
    tokens = _TOKEN.findall(latex)
    tokens.reverse()
    row = _row(tokens, frozenset())
    if tokens:
        raise ValueError(f"{tokens[-1]!r} is left over in the formula {latex!r}")
    return row


def _row(tokens: list[str], stops: frozenset[str]) -> Node:
    parts: list[Node] = []
    while tokens and tokens[-1] not in stops:
        word = tokens.pop()
        if word in "^_":
            parts.append(_script(parts.pop() if parts else Node("row"), word, _argument(tokens)))
        else:
            parts.extend(_atoms(word, tokens))
    return parts[0] if len(parts) == 1 else Node("row", parts=tuple(parts))


def _script(base: Node, mark: str, script: Node) -> Node:
    if mark == "^" and base.kind == "sub":
        return Node("subsup", parts=(*base.parts, script))
    return Node("sup" if mark == "^" else "sub", parts=(base, script))


def _argument(tokens: list[str]) -> Node:
    if not tokens:
        raise ValueError("a formula ends where an argument should be")
    word = tokens.pop()
    if word != "{":
        return next(_atoms(word, tokens))
    inner = _row(tokens, frozenset("}"))
    if not tokens:
        raise ValueError("a brace is not closed")
    tokens.pop()
    return inner


def _atoms(word: str, tokens: list[str]) -> Iterator[Node]:
    name = word[1:]
    if word == "{":
        tokens.append(word)
        yield _argument(tokens)
    elif word.isdecimal():
        yield Node("number", word)
    elif word.isalpha():
        yield Node("identifier", word)
    elif not word.startswith("\\"):
        if word in "}&":
            raise ValueError(f"{word!r} stands alone in a formula")
        yield Node("operator", {"-": "−", "'": "′"}.get(word, word))
    elif name in SYMBOLS:
        yield Node("operator", SYMBOLS[name])
    elif name in LETTERS:
        yield Node("identifier", LETTERS[name])
    elif name in FUNCTIONS:
        yield Node("function", name)
    elif name in (",", "quad"):
        yield Node("space", " ")
    else:
        yield from _commands(name, tokens)


def _commands(name: str, tokens: list[str]) -> Iterator[Node]:
    if name in ("frac", "binom"):
        over = _argument(tokens)
        yield Node("fraction" if name == "frac" else "binomial", parts=(over, _argument(tokens)))
    elif name == "sqrt":
        yield Node("root", parts=(_argument(tokens),))
    elif name == "pmod":
        yield from (Node("operator", "("), Node("function", "mod"), Node("space", " "), _argument(tokens))
        yield Node("operator", ")")
    elif name == "begin":
        _expect("{pmatrix}", tokens)
        yield _matrix(tokens)
    else:
        raise ValueError(f"the demo's formulas have no \\{name}")


def _matrix(tokens: list[str]) -> Node:
    rows: list[Node] = []
    cells: list[Node] = []
    while True:
        cells.append(_row(tokens, frozenset(("&", "\\\\", "\\end"))))
        if not tokens:
            raise ValueError("a matrix is not closed")
        stop = tokens.pop()
        if stop != "&":
            rows.append(Node("row", parts=tuple(cells)))
            cells = []
        if stop == "\\end":
            _expect("{pmatrix}", tokens)
            return Node("matrix", parts=tuple(rows))


def _expect(text: str, tokens: list[str]) -> None:
    for letter in text:
        if not tokens or tokens.pop() != letter:
            raise ValueError(f"a formula lacks {text}")


_MATHML_LEAVES = {"number": "mn", "identifier": "mi", "function": "mi", "operator": "mo"}
_MATHML_SHAPES = {
    "row": "mrow",
    "fraction": "mfrac",
    "root": "msqrt",
    "sub": "msub",
    "sup": "msup",
    "subsup": "msubsup",
}


def mathml(node: Node) -> str:
    """Presentation MathML without the `math` element around it."""
    if node.kind in _MATHML_LEAVES:
        tag = _MATHML_LEAVES[node.kind]
        return f"<{tag}>{escape(node.text)}</{tag}>"
    if node.kind == "space":
        return '<mspace width="0.17em"></mspace>'
    if node.kind == "binomial":
        over, under = map(mathml, node.parts)
        return f'<mrow><mo>(</mo><mfrac linethickness="0">{over}{under}</mfrac><mo>)</mo></mrow>'
    if node.kind == "matrix":
        rows = "".join(
            "<mtr>" + "".join(f"<mtd>{mathml(cell)}</mtd>" for cell in row.parts) + "</mtr>" for row in node.parts
        )
        return f"<mrow><mo>(</mo><mtable>{rows}</mtable><mo>)</mo></mrow>"
    tag = _MATHML_SHAPES[node.kind]
    return f"<{tag}>" + "".join(map(mathml, node.parts)) + f"</{tag}>"


def asciimath(node: Node) -> str:
    """AsciiMath; white space around every piece that has letters."""
    if not node.parts:
        return ASCII.get(node.text, "-" if node.text == "−" else node.text)
    if node.kind == "row":
        return re.sub(r"\( | (?=[),])", lambda m: m[0].strip(), " ".join(map(asciimath, node.parts)))
    if node.kind == "matrix":
        return "(" + ", ".join("(" + ", ".join(map(asciimath, row.parts)) + ")" for row in node.parts) + ")"
    parts = [asciimath(part) for part in node.parts]
    if node.kind == "fraction":
        return f"({parts[0]})/({parts[1]})"
    if node.kind == "binomial":
        return f"(({parts[0]}),({parts[1]}))"
    if node.kind == "root":
        return f"sqrt({parts[0]})"
    base, *scripts = parts
    marks = {"sub": "_", "sup": "^", "subsup": "_^"}[node.kind]
    return base + "".join(f"{mark}({script})" for mark, script in zip(marks, scripts, strict=True))


def sup_sub(node: Node) -> str:
    """HTML with `<i>`, `<sup>` and `<sub>`, as people write mathematics without any mathematical markup."""
    if node.kind == "identifier":
        return f"<i>{node.text}</i>"
    if node.kind == "operator":
        spaced = node.text in "+−=<>≤≥≡⋅×±≈"
        return f" {escape(node.text)} " if spaced else escape(node.text)
    if not node.parts:
        return escape(node.text)
    return _linear(node, sup_sub, ("<sub>{}</sub>", "<sup>{}</sup>"))


def glyphs(node: Node, leaf: Callable[[Node], str]) -> str:
    """What a renderer leaves in the page: each leaf as `leaf` writes it, in reading order."""
    if not node.parts:
        return leaf(node)
    return "".join(glyphs(part, leaf) for part in node.parts)


def _linear(node: Node, write: Callable[[Node], str], scripts: tuple[str, str]) -> str:
    if node.kind == "matrix":
        return "(" + "; ".join(", ".join(map(write, row.parts)) for row in node.parts) + ")"
    parts = [write(part) for part in node.parts]
    if node.kind == "row":
        return "".join(parts)
    if node.kind == "fraction":
        over, under = (
            f"({text})" if part.kind == "row" else text for text, part in zip(parts, node.parts, strict=True)
        )
        return f"{over}/{under}"
    if node.kind == "binomial":
        return f"C({parts[0]}, {parts[1]})"
    if node.kind == "root":
        return f"√({parts[0]})"
    low, high = scripts
    shapes = {"sub": (low,), "sup": (high,), "subsup": (low, high)}[node.kind]
    return parts[0] + "".join(shape.format(part) for shape, part in zip(shapes, parts[1:], strict=True))
