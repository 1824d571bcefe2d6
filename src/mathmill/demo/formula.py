r"""The demo's subset of LaTeX as a tree, written as MathML, AsciiMath, HTML and rendered glyphs.

Reads what `mathmill.demo.arithmetic` and `mathmill.demo.algebra` write and what the lessons say: numbers, letters,
operators, scripts, fractions, roots, binomials, residues, words and small matrices. Not a LaTeX reader for foreign
pages; it raises on anything outside the subset, so that a slip in a lesson is seen at once. `normal` brings trees that
look alike in print to one form, so that a formula that went through MathML or AsciiMath can be compared with what it
was made from.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from html import escape

SYMBOLS = {
    "cdot": "⋅", "times": "×", "div": "÷", "pm": "±", "le": "≤", "ge": "≥", "ne": "≠", "equiv": "≡", "int": "∫",
    "sum": "∑", "to": "→", "infty": "∞", "ldots": "…", "in": "∈", "mid": "∣", "approx": "≈", "prod": "∏", "cup": "∪",
    "cap": "∩", "subset": "⊂", "Rightarrow": "⇒", "cdots": "⋯", "partial": "∂",
    # Other names of the same, as converters write them.
    "leq": "≤", "geq": "≥", "neq": "≠", "rightarrow": "→", "lt": "<", "gt": ">", "prime": "′", "dots": "…",
    "lbrace": "{", "rbrace": "}", "lbrack": "[", "rbrack": "]", "lparen": "(", "rparen": ")", "vert": "|",
}  # fmt: skip
LETTERS = {
    "pi": "π", "alpha": "α", "beta": "β", "varphi": "φ", "Delta": "Δ", "gamma": "γ", "delta": "δ", "theta": "θ",
    "lambda": "λ", "mu": "μ", "rho": "ρ", "sigma": "σ", "tau": "τ", "omega": "ω", "Gamma": "Γ", "Sigma": "Σ",
    "Omega": "Ω", "phi": "φ",
}  # fmt: skip
FUNCTIONS = ("log", "ln", "sin", "cos", "tan", "exp", "det", "gcd", "lim", "max", "min", "bmod")
MATRICES = {"pmatrix": "()", "bmatrix": "[]", "matrix": "", "array": "", "smallmatrix": ""}
ASCII = {
    "⋅": "*", "×": "xx", "÷": "-:", "±": "+-", "≤": "<=", "≥": ">=", "≠": "!=", "≡": "-=", "∫": "int", "∑": "sum",
    "→": "->", "∞": "oo", "…": "...", "∈": "in", "∣": "|", "≈": "~~", "′": "'", "π": "pi", "α": "alpha", "β": "beta",
    "φ": "phi", "Δ": "Delta", "∏": "prod", "∪": "uu", "∩": "nn", "⊂": "sub", "⇒": "=>", "⋯": "cdots", "∂": "del",
    **{glyph: name for name, glyph in LETTERS.items() if glyph not in "πφ"},
}  # fmt: skip

_TOKEN = re.compile(
    r"\\(?:text|mathrm|mathbf|operatorname\*?|textrm|mbox)\s*\{[^{}]*\}|\\begin\{array\}\s*\{[^{}]*\}|\\(?:[A-Za-z]+|.)"
    r"|\d+|[^\W\d_]|\S"
)


@dataclass(frozen=True, slots=True)
class Node:
    """A piece of a formula: `kind` names it, `text` is its glyphs if it is a leaf, `parts` what it is made of.

    Leaves: number, identifier, function, operator, space, words. Others: row, fraction, binomial, root (of the
    first part, its index the second if there is one), sub, sup, subsup and matrix (made of rows, these of cells; its
    text is the pair of its fences).
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
    if mark == "_" and base.kind == "sup":
        return Node("subsup", parts=(base.parts[0], script, base.parts[1]))
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
    elif word.endswith("}") and len(word) > 2:
        yield from _braced(word, tokens)
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
    elif name in (",", ";", ":", "!", " ", "quad", "qquad"):
        yield Node("space", " ")
    elif name in "{}|":
        yield Node("operator", name)
    elif name in ("left", "right", "displaystyle", "textstyle", "limits"):
        return  # sizes and styles say nothing about the content
    else:
        yield from _commands(name, tokens)


def _commands(name: str, tokens: list[str]) -> Iterator[Node]:
    if name in ("frac", "dfrac", "tfrac", "binom", "dbinom", "tbinom"):
        over = _argument(tokens)
        yield Node("fraction" if name.endswith("frac") else "binomial", parts=(over, _argument(tokens)))
    elif name == "genfrac":
        left, right, _, _, *stacked = (_argument(tokens) for _ in range(6))
        yield Node("matrix", left.text + right.text, tuple(Node("row", parts=(part,)) for part in stacked))
    elif name in ("underset", "overset"):
        script = _argument(tokens)
        yield _script(_argument(tokens), "_" if name == "underset" else "^", script)
    elif name in ("phantom", "hspace", "mspace"):
        _argument(tokens)
    elif name == "rule":
        _argument(tokens), _argument(tokens)
    elif name == "sqrt":
        index = _index(tokens)
        yield Node("root", parts=(_argument(tokens), *index))
    elif name == "pmod":
        yield from (Node("operator", "("), Node("function", "mod"), Node("space", " "), _argument(tokens))
        yield Node("operator", ")")
    elif name == "begin":
        kind = _environment(tokens)
        yield _matrix(tokens, kind)
    else:
        raise ValueError(f"the demo's formulas have no \\{name}")


def _braced(word: str, tokens: list[str]) -> Iterator[Node]:
    """What was read as one token: words, a function's name, the start of an array with its columns."""
    name, _, inner = word.rstrip("}").partition("{")
    if name == "\\begin":
        yield _matrix(tokens, "array")
    elif inner.strip() in FUNCTIONS or not name.startswith("\\text"):
        yield Node("function", inner.strip())
    else:
        yield Node("words", inner)


def _index(tokens: list[str]) -> tuple[Node, ...]:
    r"""The index of a root, `[3]` in `\sqrt[3]{x}`."""
    if not tokens or tokens[-1] != "[":
        return ()
    tokens.pop()
    index = _row(tokens, frozenset("]"))
    _expect("]", tokens)
    return (index,)


def _environment(tokens: list[str]) -> str:
    """The name in the braces after `begin`."""
    _expect("{", tokens)
    name = ""
    while tokens and tokens[-1] != "}":
        name += tokens.pop()
    _expect("}", tokens)
    if name not in MATRICES:
        raise ValueError(f"the demo's formulas have no environment {name!r}")
    return name


def _matrix(tokens: list[str], kind: str) -> Node:
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
            _expect(f"{{{kind}}}", tokens)
            return Node("matrix", MATRICES[kind], tuple(row for row in rows if row.parts != (Node("row"),)))


def _expect(text: str, tokens: list[str]) -> None:
    for letter in text:
        if not tokens or tokens.pop() != letter:
            raise ValueError(f"a formula lacks {text}")


_MATHML_LEAVES = {"number": "mn", "identifier": "mi", "function": "mi", "operator": "mo", "words": "mtext"}
_MATHML_SHAPES = {
    "row": "mrow",
    "fraction": "mfrac",
    "root": "msqrt",
    "sub": "msub",
    "sup": "msup",
    "subsup": "msubsup",
}
_WITH_LIMITS = frozenset({"∑", "∏", "lim", "max", "min"})


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
        table = f"<mtable>{rows}</mtable>"
        return f"<mrow><mo>{node.text[0]}</mo>{table}<mo>{node.text[1]}</mo></mrow>" if node.text else table
    tag = _MATHML_SHAPES[node.kind]
    if node.kind == "root" and len(node.parts) == 2:
        tag = "mroot"
    if node.parts and node.parts[0].text in _WITH_LIMITS:
        tag = {"msub": "munder", "msup": "mover", "msubsup": "munderover"}.get(tag, tag)
    return f"<{tag}>" + "".join(map(mathml, node.parts)) + f"</{tag}>"


def asciimath(node: Node) -> str:
    """AsciiMath; white space around every piece that has letters."""
    if node.kind == "words":
        return f'"{node.text}"'
    if not node.parts:
        return ASCII.get(node.text, "-" if node.text == "−" else node.text)
    if node.kind == "row":
        return re.sub(r"\( | (?=[),])", lambda m: m[0].strip(), " ".join(map(asciimath, node.parts)))
    if node.kind == "matrix":
        left, right = (node.text or "{}")[0], (node.text or "{}")[1]
        rows = (left + ", ".join(map(asciimath, row.parts)) + right for row in node.parts)
        return left + ", ".join(rows) + right
    parts = [asciimath(part) for part in node.parts]
    if node.kind == "fraction":
        return f"({parts[0]})/({parts[1]})"
    if node.kind == "binomial":
        return f"(({parts[0]}),({parts[1]}))"
    if node.kind == "root":
        return f"sqrt({parts[0]})" if len(parts) == 1 else f"root({parts[1]})({parts[0]})"
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


def normal(node: Node) -> Node:
    """One form for trees that print alike: what a formula says, whatever markup it went through.

    Rows are flattened, spaces dropped, the fences of matrices and binomials are operators of their own, names of
    functions and words are one kind; a script on a group is one on the group's last part, a prime is an operator.
    """
    return _joined(_pieces(node))


def _joined(pieces: list[Node]) -> Node:
    return pieces[0] if len(pieces) == 1 else Node("row", parts=tuple(pieces))


def _pieces(node: Node) -> list[Node]:
    """A node's normal form as members of the row that it stands in."""
    if node.kind == "space" or (node.kind == "row" and not node.parts):
        return []
    if node.kind == "row":
        return [piece for part in node.parts for piece in _pieces(part)]
    if node.kind in ("function", "words"):
        text = "".join(node.text.split())
        return [Node("words", {"bmod": "mod"}.get(text, text))] if text else []
    if node.kind in ("sub", "sup", "subsup"):
        return _scripted(node)
    if node.kind in ("matrix", "binomial"):
        rows = node.parts if node.kind == "matrix" else tuple(Node("row", parts=(part,)) for part in node.parts)
        fences = node.text if node.kind == "matrix" else "()"
        table = Node("matrix", parts=tuple(Node("row", parts=tuple(map(normal, row.parts))) for row in rows))
        return [Node("leaf", fences[0]), table, Node("leaf", fences[1])] if fences else [table]
    if node.kind in ("operator", "identifier"):
        return [Node("leaf", {"∣": "|", "·": "⋅"}.get(node.text, node.text))]
    return [Node(node.kind, node.text, tuple(map(normal, node.parts)))]


def _scripted(node: Node) -> list[Node]:
    base = _pieces(node.parts[0])
    scripts = tuple(map(normal, node.parts[1:]))
    if node.kind == "sup" and scripts[0] == Node("leaf", "′"):
        return [*base, scripts[0]]
    return [*base[:-1], Node(node.kind, parts=(base[-1] if base else Node("row"), *scripts))]
