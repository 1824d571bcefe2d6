r"""Scripts of MathML as LaTeX: sub and super, under and over, accents, arrows with text, prescripts.

Takes pieces, gives pieces. Conditions under a sum or a limit are `_` and `^`; marks are accents; all else is
`\overset` and `\underset`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from mathmill.pipeline.notation.mathml_letters import braced, concat
from mathmill.pipeline.notation.mathml_operators import OVER_ACCENTS, STRETCHED_ARROWS, UNDER_ACCENTS
from mathmill.pipeline.notation.mathml_rows import (
    BIG,
    BRACE,
    EMPTY,
    FENCE,
    FUNCTION,
    OPERATOR,
    ORDINARY,
    PRIME,
    ROW,
    SCRIPTS,
    WORD,
    Piece,
    argument,
    base,
    forced,
    script_text,
)

# Kinds that stay what they are with scripts.
_KEPT = frozenset({BIG, FENCE, FUNCTION, OPERATOR})
_PRIMES = r"\prime"
_SPACE = re.compile(r"(?:\\[,:;! ]|\\q?quad|[~\s])*")


def scripts(core: Piece, low: Piece, high: Piece) -> Piece:
    """`core` with a subscript and a superscript, either of which may be empty."""
    low, high = (EMPTY if _SPACE.fullmatch(script.latex) else script for script in (low, high))
    if not low and not high:
        return core
    if core.kind == WORD and core.limits:
        core = replace(core, latex=f"\\operatorname*{{{core.core}}}", kind=FUNCTION, fonts=())
    lower = f"_{argument(low)}" if low else ""
    prime = high.kind == PRIME
    upper = _superscript(high) if high else ""
    # A subscript and then a superscript, or a prime and then a subscript, are set to the same letter.
    stacked = core.kind == SCRIPTS and ((core.core == "low" and not low) or (core.core == "prime" and not high))
    clash = (bool(low) and core.lowered) or (bool(high) and core.raised and core.kind in _KEPT)
    latex = f"{{{forced(core)}}}" if clash else core.latex if stacked else base(core)
    kind = core.kind if core.kind in _KEPT and not clash else SCRIPTS
    what = core.core if kind != SCRIPTS else "low" if not high and not stacked else "prime" if prime and not low else ""
    return Piece(
        concat(latex, lower, upper),
        kind,
        what,
        tall=core.tall or (core.kind == BIG),
        side=core.side,
        grows=core.grows,
        raised=bool(high) or (core.raised and not clash),
        lowered=bool(low) or (core.lowered and not clash),
        tag=core.tag,
    )


def _superscript(high: Piece) -> str:
    """A superscript with its mark; primes stand before the rest of it, without one."""
    latex = script_text(high)
    primes = len(latex) - len(latex.lstrip("'"))
    rest = latex[primes:].lstrip()
    if rest.startswith(("^", "_", "{}'")):
        return f"^{{{concat(_PRIMES * primes, rest)}}}"
    return "'" * primes + (f"^{braced(rest)}" if rest else "")


def under_over(core: Piece, low: Piece, high: Piece, wide: tuple[bool | None, bool | None] = (None, None)) -> Piece:
    """`core` with something under and over it; `wide` says of each whether the page lets it stretch."""
    if not low and not high:
        return core
    if _takes_limits(core):
        return scripts(core, low, high)
    if core.core in STRETCHED_ARROWS and core.kind == OPERATOR and core.grows is not False:
        return _arrow(core, low, high)
    if high:
        core = _over(core, high, wide[1])
    return _under(core, low) if low else core


def _takes_limits(core: Piece) -> bool:
    return core.limits or core.kind in (BIG, BRACE)


def _arrow(core: Piece, low: Piece, high: Piece) -> Piece:
    option = script_text(low)
    if "]" in option:
        option = f"{{{option}}}"
    latex = STRETCHED_ARROWS[core.core] + (f"[{option}]" if low else "") + f"{{{script_text(high)}}}"
    return Piece(latex, ORDINARY)


def _over(core: Piece, high: Piece, wide: bool | None) -> Piece:
    mark = high.core if high.kind in (OPERATOR, PRIME, ORDINARY) else ""
    names = OVER_ACCENTS.get(mark or high.latex)
    if names is None or (core.kind == OPERATOR and mark in "→←") or not core:
        return _set_over("overset", high, core)
    stretched = wide if wide is not None else not _is_narrow(core)
    latex = f"\\{names[stretched]}{{{forced(core)}}}"
    kind = BRACE if names[0] in ("overbrace", "overbracket") else ORDINARY
    return Piece(latex, kind, tall=core.tall)


def _under(core: Piece, low: Piece) -> Piece:
    mark = low.core if low.kind in (OPERATOR, ORDINARY) else ""
    if core.kind == WORD and core.fonts == ("mathrm",) and len(core.core) > 1:
        return scripts(replace(core, limits=True), low, EMPTY)
    name = UNDER_ACCENTS.get(mark)
    if name is None or not core:
        if core.kind == FUNCTION:
            return scripts(core, low, EMPTY)
        return _set_over("underset", low, core)
    kind = BRACE if name in ("underbrace", "underbracket") else ORDINARY
    return Piece(f"\\{name}{{{forced(core)}}}", kind, tall=core.tall)


def _set_over(command: str, what: Piece, core: Piece) -> Piece:
    kind = core.kind if core.kind == OPERATOR else ORDINARY
    return Piece(f"\\{command}{{{script_text(what)}}}{{{forced(core)}}}", kind, tall=True)


def _is_narrow(core: Piece) -> bool:
    """Whether an accent over one letter is meant."""
    if core.kind == ROW:
        return False
    letters = core.core if core.fonts else core.latex
    return len(letters) == 1 or (letters.startswith("\\") and letters[1:].isalpha())


def multiscripts(parts: Sequence[Piece]) -> Piece:
    """`mmultiscripts`: a base, pairs of scripts behind it, and after `mprescripts` those before it."""
    if not parts:
        return EMPTY
    split = next((at for at, part in enumerate(parts) if part.tag == "mprescripts"), len(parts))
    core = parts[0] if split else EMPTY
    behind = _pairs(parts[1:split])
    before = "".join(_script_pair(*pair, at > 0) for at, pair in enumerate(_pairs(parts[split + 1 :])))
    if len(behind) == 1:
        core = scripts(core, *behind[0])
    elif behind:
        marks = "".join(_script_pair(*pair, at > 0) for at, pair in enumerate(behind))
        core = Piece(base(core) + marks, SCRIPTS, raised=True)
    if not before:
        return core
    return Piece(concat("{}" + before, core.latex), SCRIPTS, raised=core.raised)


def _pairs(parts: Sequence[Piece]) -> list[tuple[Piece, Piece]]:
    """Sub and super in turn; a last one without its partner is a subscript."""
    padded = [*parts, EMPTY] if len(parts) % 2 else parts
    return [pair for pair in zip(padded[::2], padded[1::2], strict=True) if pair[0] or pair[1]]


def _script_pair(low: Piece, high: Piece, apart: bool) -> str:
    lower = f"_{argument(low)}" if low else ""
    upper = _superscript(high) if high else ""
    return ("{}" if apart else "") + lower + upper
