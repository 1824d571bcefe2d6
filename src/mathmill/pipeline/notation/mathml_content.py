r"""Content MathML as LaTeX: what a formula means (`apply`, `plus`, `int`) written as it is read.

For pages that have no presentation beside it. Takes pieces, gives pieces; parentheses stand where the order of
operations needs them and nowhere else.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from mathmill.pipeline.notation.mathml_letters import braced, concat
from mathmill.pipeline.notation.mathml_operators import FUNCTIONS
from mathmill.pipeline.notation.mathml_rows import EMPTY, FRACTION, FUNCTION, ROW, Piece

# How tightly an expression holds together.
_RELATION, _SUM, _PRODUCT, _POWER, ATOM = 1, 2, 3, 4, 9

# Operators between their arguments: LaTeX, and how tightly they bind.
_INFIX: Mapping[str, tuple[str, int]] = {
    "plus": ("+", _SUM), "times": ("", _PRODUCT), "eq": ("=", _RELATION), "neq": (r"\ne", _RELATION),
    "lt": ("<", _RELATION),
    "gt": (">", _RELATION), "leq": (r"\le", _RELATION), "geq": (r"\ge", _RELATION), "approx": (r"\approx", _RELATION),
    "equivalent": (r"\equiv", _RELATION), "implies": (r"\Rightarrow", _RELATION), "in": (r"\in", _RELATION),
    "notin": (r"\notin", _RELATION), "subset": (r"\subseteq", _RELATION), "prsubset": (r"\subset", _RELATION),
    "notsubset": (r"\not\subseteq", _RELATION), "notprsubset": (r"\not\subset", _RELATION), "tendsto": (r"\to",
    _RELATION),
    "factorof": (r"\mid", _RELATION), "and": (r"\land", _SUM), "or": (r"\lor", _SUM), "xor": (r"\oplus", _SUM),
    "union": (r"\cup", _SUM), "intersect": (r"\cap", _PRODUCT), "setdiff": (r"\setminus", _SUM),
    "rem": (r"\bmod", _PRODUCT),
    "cartesianproduct": (r"\times", _PRODUCT), "vectorproduct": (r"\times", _PRODUCT),
    "scalarproduct": (r"\cdot", _PRODUCT),
    "outerproduct": (r"\otimes", _PRODUCT), "compose": (r"\circ", _PRODUCT),
}  # fmt: skip
_AROUND: Mapping[str, tuple[str, str]] = {
    "abs": ("|", "|"), "floor": (r"\lfloor ", r"\rfloor"), "ceiling": (r"\lceil ", r"\rceil"), "card": ("|", "|"),
    "mean": (r"\langle ", r"\rangle"), "conjugate": (r"\overline{", "}"), "exp": ("e^{", "}"),
    "quotient": (r"\lfloor ", r"\rfloor"),
}  # fmt: skip
_BEHIND: Mapping[str, str] = {"factorial": "!", "transpose": "^T", "inverse": "^{-1}"}
_BEFORE: Mapping[str, str] = {
    "not": r"\neg", "divergence": r"\nabla\cdot", "grad": r"\nabla", "curl": r"\nabla\times",
    "laplacian": r"\nabla^2",
}  # fmt: skip
_WITH_LIMITS: Mapping[str, str] = {"sum": r"\sum", "product": r"\prod", "int": r"\int", "limit": r"\lim"}
_QUANTIFIERS: Mapping[str, str] = {"forall": r"\forall", "exists": r"\exists"}
# Functions without a command of their own.
_SPELLED = (
    "arccot", "arcsec", "arccsc", "sech", "csch", "arcsinh", "arccosh", "arctanh", "lcm", "median", "mode", "moment",
    "selector", "domain", "codomain", "image",
)  # fmt: skip
_NAMES: Mapping[str, str] = {
    "real": r"\Re", "imaginary": r"\Im", "determinant": r"\det", "sdev": r"\sigma",
    "variance": r"\operatorname{Var}", "ident": r"\mathrm{id}", "diff": r"\mathrm{d}",
    "partialdiff": r"\partial", "minus": "-", "divide": "/", "root": r"\sqrt{\,}", "power": r"\uparrow",
    **{name: f"\\operatorname{{{name}}}" for name in _SPELLED},
    **{name: f"\\{name}" for name in FUNCTIONS if name not in ("limsup", "liminf")},
}  # fmt: skip
CONSTANTS: Mapping[str, str] = {
    "pi": r"\pi", "exponentiale": "e", "imaginaryi": "i", "infinity": r"\infty", "emptyset": r"\emptyset",
    "reals": r"\mathbb{R}",
    "integers": r"\mathbb{Z}", "rationals": r"\mathbb{Q}", "naturalnumbers": r"\mathbb{N}",
    "complexes": r"\mathbb{C}",
    "primes": r"\mathbb{P}", "true": r"\text{true}", "false": r"\text{false}", "eulergamma": r"\gamma",
    "notanumber": r"\text{NaN}",
}  # fmt: skip
OPERATORS = frozenset({*_INFIX, *_AROUND, *_BEHIND, *_BEFORE, *_WITH_LIMITS, *_QUANTIFIERS, *_NAMES})
_QUALIFIERS = frozenset(
    {"bvar", "lowlimit", "uplimit", "interval", "condition", "degree", "logbase", "domainofapplication", "momentabout"}
)
_BRACKETS = {"open": ("(", ")"), "closed": ("[", "]"), "open-closed": ("(", "]"), "closed-open": ("[", ")")}


@dataclass(frozen=True, slots=True)
class Meaning:
    """An applied operator: its name, its arguments, what qualifies it."""

    operator: Piece
    arguments: tuple[Piece, ...]
    bound: tuple[Piece, ...]
    qualifiers: Mapping[str, str]


def operator(tag: str) -> Piece:
    """An element that names an operator or a constant."""
    if tag in CONSTANTS:
        return Piece(CONSTANTS[tag], tag=tag)
    latex = (
        _NAMES.get(tag)
        or _INFIX.get(tag, ("",))[0]
        or _BEFORE.get(tag)
        or _WITH_LIMITS.get(tag)
        or _QUANTIFIERS.get(tag)
    )
    return Piece(latex or f"\\operatorname{{{tag}}}", FUNCTION, tag, tag=tag)


def apply(parts: Sequence[Piece]) -> Piece:
    """An operator and what it is applied to, as one piece."""
    if not parts:
        return EMPTY
    rest = parts[1:]
    arguments = tuple(part for part in rest if part.tag not in _QUALIFIERS and part)
    # Only an integral or a sum runs over an interval; elsewhere it is an argument.
    if parts[0].tag not in _WITH_LIMITS:
        arguments = tuple(part for part in rest if part and (part.tag not in _QUALIFIERS or part.tag == "interval"))
    meaning = Meaning(
        parts[0],
        arguments,
        tuple(part for part in rest if part.tag == "bvar"),
        {part.tag: part.latex for part in rest if part.tag in _QUALIFIERS},
    )
    return _written(meaning.operator.tag, meaning)


def _written(tag: str, meaning: Meaning) -> Piece:
    if tag in _WITH_LIMITS:
        return _with_limits(meaning)
    if tag in _QUANTIFIERS:
        return _quantified(meaning)
    special = _SPECIAL.get(tag)
    if special:
        return special(meaning)
    if tag in _INFIX and len(meaning.arguments) > 1:
        return _infix(*_INFIX[tag], meaning.arguments)
    first = meaning.arguments[0] if meaning.arguments else EMPTY
    if tag in _AROUND and first:
        before, after = _AROUND[tag]
        inner = _fraction(meaning).latex if tag == "quotient" else first.latex
        return Piece(
            before.strip() + inner + after if not before[-1].isspace() else concat(before.strip(), inner, after)
        )
    if tag in _BEHIND and first:
        return _content(within(first, ATOM) + _BEHIND[tag], _POWER)
    if tag in _BEFORE and first:
        return _content(concat(_BEFORE[tag], within(first, _PRODUCT)), _PRODUCT)
    return _function(meaning)


def within(piece: Piece, least: int) -> str:
    """A piece in parentheses if it holds together less tightly than `least`."""
    return f"({piece.latex})" if piece.binding < least else piece.latex


def _content(latex: str, binding: int) -> Piece:
    return Piece(latex, ROW, binding=binding)


def _infix(sign: str, binding: int, arguments: Sequence[Piece]) -> Piece:
    out = [within(arguments[0], binding)]
    for argument in arguments[1:]:
        text = within(argument, binding + (binding == _RELATION))
        if sign == "+" and text.startswith("-"):
            out.append(text)
        elif not sign and text[0].isdigit():
            out += [r"\cdot", text]
        elif not sign and text[0] == "-":
            out.append(f"({text})")
        else:
            out += [sign, text]
    return _content(concat(*out), binding)


def _minus(meaning: Meaning) -> Piece:
    arguments = meaning.arguments
    if len(arguments) < 2:
        return _content(concat("-", *(within(one, _PRODUCT) for one in arguments)), _SUM)
    return _content(concat(within(arguments[0], _SUM), "-", within(arguments[1], _PRODUCT)), _SUM)


def _fraction(meaning: Meaning) -> Piece:
    over, under = _two(meaning)
    return Piece(f"\\frac{{{over.latex}}}{{{under.latex}}}", FRACTION, tall=True)


def _power(meaning: Meaning) -> Piece:
    core, exponent = _two(meaning)
    return _content(concat(within(core, ATOM), f"^{braced(exponent.latex)}"), _POWER)


def _root(meaning: Meaning) -> Piece:
    core, _ = _two(meaning)
    degree = meaning.qualifiers.get("degree", "2")
    return Piece(f"\\sqrt{{{core.latex}}}" if degree == "2" else f"\\sqrt[{degree}]{{{core.latex}}}")


def _log(meaning: Meaning) -> Piece:
    if "logbase" in meaning.qualifiers:
        latex = f"\\log_{braced(meaning.qualifiers['logbase'])}"
        return _function(replace(meaning, operator=Piece(latex, FUNCTION)))
    return _function(meaning)


def _derivative(meaning: Meaning) -> Piece:
    """The derivative of the first argument by the bound variables."""
    d = r"\partial" if meaning.operator.tag == "partialdiff" else "d"
    core = meaning.arguments[-1] if meaning.arguments else EMPTY
    if not meaning.bound:
        return _content(f"{within(core, ATOM)}'", _POWER)
    degrees = [bound.core or "1" for bound in meaning.bound]
    order = meaning.qualifiers.get("degree") or _added(degrees)
    over = concat(d + ("" if order == "1" else f"^{braced(order)}"), within(core, _PRODUCT))
    under = concat(
        *(
            concat(d, bound.latex) + ("" if degree == "1" else f"^{braced(degree)}")
            for bound, degree in zip(meaning.bound, degrees, strict=True)
        )
    )
    return Piece(f"\\frac{{{over}}}{{{under}}}", FRACTION, tall=True)


def _added(degrees: Sequence[str]) -> str:
    numbers = [int(degree) for degree in degrees if degree.isdecimal() and len(degree) < 9]
    letters = [degree for degree in degrees if not (degree.isdecimal() and len(degree) < 9)]
    return "+".join([*letters, *([str(sum(numbers))] if numbers else [])])


def _with_limits(meaning: Meaning) -> Piece:
    """A sum, a product, an integral, a limit."""
    tag, has = meaning.operator.tag, meaning.qualifiers
    variable = ",".join(bound.latex for bound in meaning.bound)
    low = has.get("lowlimit", "")
    high = has.get("uplimit", "")
    if "interval" in has and "," in has["interval"]:
        low, _, high = has["interval"][1:-1].partition(",")
    under = has.get("condition") or has.get("domainofapplication") or low
    if low and under == low and variable and tag != "int":
        under = concat(variable, r"\to" if tag == "limit" else "=", low)
    core = meaning.arguments[-1] if meaning.arguments else EMPTY
    scripts = (f"_{braced(under)}" if under else "") + (f"^{braced(high)}" if high else "")
    inner = within(core, _PRODUCT) if tag != "int" else core.latex
    measure = concat(r"\,d", variable) if tag == "int" and variable else ""
    head = _WITH_LIMITS[tag] + scripts
    apart = " " if scripts[-1:].isalnum() and inner[:1].isalnum() else ""
    return _content(concat(head + apart, inner, measure), _SUM)


def _quantified(meaning: Meaning) -> Piece:
    variables = ",".join(bound.latex for bound in meaning.bound)
    condition = meaning.qualifiers.get("condition", "")
    claim = meaning.arguments[-1].latex if meaning.arguments else ""
    return _content(
        concat(_QUANTIFIERS[meaning.operator.tag], condition or variables, ":" if claim else "", claim), _RELATION
    )


def _selector(meaning: Meaning) -> Piece:
    core, *indices = meaning.arguments or (EMPTY,)
    return Piece(
        concat(within(core, ATOM), f"_{braced(','.join(index.latex for index in indices))}" if indices else "")
    )


def _function(meaning: Meaning) -> Piece:
    name = within(meaning.operator, ATOM) if meaning.operator.binding < _POWER else meaning.operator.latex
    inner = ",".join(argument.latex for argument in meaning.arguments)
    if meaning.operator.tag == "diff" or not inner:
        return Piece(name, FUNCTION)
    only = meaning.arguments[0]
    bare = (
        meaning.operator.kind == FUNCTION and len(meaning.arguments) == 1 and only.binding == ATOM and only.kind != ROW
    )
    if bare:
        return _content(concat(name, inner), _PRODUCT)
    return Piece(f"{name}({inner})")


def _two(meaning: Meaning) -> tuple[Piece, Piece]:
    padded = (*meaning.arguments, EMPTY, EMPTY)
    return padded[0], padded[1]


_SPECIAL: Mapping[str, Callable[[Meaning], Piece]] = {
    "minus": _minus, "divide": _fraction, "power": _power, "root": _root, "log": _log, "diff": _derivative,
    "partialdiff": _derivative, "selector": _selector,
}  # fmt: skip


def container(tag: str, parts: Sequence[Piece], attributes: Mapping[str, str]) -> Piece:
    """An element of content MathML that holds others and is no application: sets, vectors, intervals,
    bound variables."""
    if tag == "apply":
        return apply(parts)
    if tag == "bvar":
        degree = next((part.latex for part in parts if part.tag == "degree"), "")
        return Piece(concat(*(part.latex for part in parts if part.tag != "degree")), core=degree, tag=tag)
    inner = ",".join(part.latex for part in parts if part.tag not in ("bvar", "condition") and part)
    if tag in ("set", "list"):
        condition = next((part.latex for part in parts if part.tag == "condition"), "")
        bound = ",".join(part.latex for part in parts if part.tag == "bvar")
        said = concat(inner or bound, r"\mid", condition) if condition else inner
        return Piece(f"\\{{{said}\\}}" if tag == "set" else f"({said})", tag=tag)
    if tag == "interval":
        left, right = _BRACKETS.get(attributes.get("closure", "closed"), ("[", "]"))
        return Piece(left + inner + right, tag=tag)
    if tag == "lambda":
        bound = ",".join(part.latex for part in parts if part.tag == "bvar")
        return Piece(concat(bound, r"\mapsto", inner), ROW, binding=_RELATION)
    if tag in _ENVIRONMENTS:
        return _environment(tag, parts)
    if tag in _ROWS:
        return Piece(inner, core=" & ".join(part.latex for part in parts), tag=tag)
    return Piece(
        concat(*(part.latex for part in parts)), tag=tag, binding=parts[0].binding if len(parts) == 1 else ATOM
    )


_ENVIRONMENTS = {"matrix": "pmatrix", "vector": "pmatrix", "piecewise": "cases"}
_ROWS = frozenset({"matrix", "matrixrow", "vector", "piecewise", "piece", "otherwise"})
CONTAINERS = frozenset({"apply", "set", "list", "lambda", "declare", "reln", "fn", *_ROWS, *_QUALIFIERS})


def _line(part: Piece) -> str:
    """A row of a matrix or of cases; what is no row is one of one cell."""
    if part.tag == "otherwise":
        return f"{part.latex} & \\text{{otherwise}}"
    return part.core if part.tag in ("matrixrow", "piece") else part.latex


def _environment(tag: str, parts: Sequence[Piece]) -> Piece:
    lines = [_line(part) for part in parts if part]
    if not lines:
        return EMPTY
    body = r" \\ ".join(f"{{}}{line}" if line.startswith(("[", "*")) else line for line in lines)
    return Piece(f"\\begin{{{_ENVIRONMENTS[tag]}}} {body} \\end{{{_ENVIRONMENTS[tag]}}}", tag=tag, tall=True)


def number(pieces: Sequence[str], kind: str) -> Piece:
    """A `cn` whose digits are separated by `sep`: a rational, a float, a complex number."""
    first, second = [*pieces, "", ""][:2]
    if kind == "rational":
        return Piece(f"\\frac{{{first}}}{{{second}}}", FRACTION, tall=True)
    if kind == "e-notation":
        return _content(f"{first}\\cdot 10^{braced(second)}", _PRODUCT)
    if kind == "complex-cartesian":
        return _content(f"{first}{second}i" if second.startswith("-") else f"{first}+{second}i", _SUM)
    if kind == "complex-polar":
        return _content(concat(first, f"e^{{{second}i}}"), _PRODUCT)
    return Piece(concat(*pieces))
