r"""Formulas, and where they stand between delimiters in a piece of text: what opens one, what closes it.

This module knows strings, not pages: `text_runs` walks a page's tree and asks it. Inline `$..$` is the one
delimiter that means something else on most pages; the caller says whether the page permits it, and
`plausible` tells mathematics from money and prose.

Time is linear in the text: openers without a closer are remembered, and scans that end without a
formula share one budget.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from mathmill.pipeline.formulas.plausible import is_definition, is_money, looks_like_asciimath, looks_like_tex
from mathmill.pipeline.formulas.renderers import Pair
from mathmill.pipeline.notation.asciimath import to_latex as asciimath_to_latex
from mathmill.pipeline.notation.latex import clean

# Names of sources: the markup a formula came from.
DOLLAR, DOUBLE_DOLLAR, PAREN, BRACKET, ENVIRONMENT = "dollar", "double_dollar", "paren", "bracket", "environment"
TEX_TAG, WORDPRESS_DOLLAR, OWN_DELIMITERS, ASCIIMATH = "tex_tag", "wordpress_dollar", "own_delimiters", "asciimath"

# Characters between two delimiters beyond which they do not belong together.
MAX_INLINE, MAX_DISPLAY = 2_000, 20_000
# Openers without a formula, and tokens looked at for their closers, that one text may have.
VAIN_TOKENS = 50_000

_ENVIRONMENTS = frozenset(
    name + star
    for name in [
        "equation",
        "align",
        "alignat",
        "aligned",
        "alignedat",
        "array",
        "Bmatrix",
        "bmatrix",
        "cases",
        "darray",
        "dcases",
        "displaymath",
        "eqnarray",
        "flalign",
        "gather",
        "gathered",
        "IEEEeqnarray",
        "math",
        "matrix",
        "multline",
        "pmatrix",
        "smallmatrix",
        "split",
        "subequations",
        "Vmatrix",
        "vmatrix",
        "CD",
    ]
    for star in ("", "*")
)
_TOKENS = (
    r"\\\\|\\(?P<kind>begin|end)\{(?P<name>[A-Za-z]{1,20}\*?)\}|\\[()\[\]$%{}]|\$\$?|[{}]|\n[ \t\r\f]*\n"
    r"|\[/?(?:i?tex|latex|math)\]"
)
# Environments that no renderer sets in a line of text.
_DISPLAYED = re.compile(
    r"\\begin\{(?:align|alignat|displaymath|eqnarray|equation|flalign|gather|IEEEeqnarray|multline)\*?\}"
)
_WORDPRESS = "latex "  # what WordPress wants behind a dollar


@dataclass(frozen=True, slots=True)
class Formula:
    """One piece of mathematics: LaTeX without delimiters, whether it stands on its own line, its source.

    `number` is the equation's number as the page shows it, `balanced` whether braces, fences and environments are.
    """

    latex: str
    display: bool
    source: str
    number: str = ""
    balanced: bool = True

    def delimited(self) -> str:
        r"""`$..$` or `$$..$$`, the number behind; `\(..\)` or `\[..\]` where the LaTeX itself holds a dollar."""
        number = f" {self.number}" if self.number else ""
        if "$" in self.latex:
            return (f"\\[{self.latex}\\]" if self.display else f"\\({self.latex}\\)") + number
        return (f"$${self.latex}$$" if self.display else f"${self.latex}$") + number


def formula(latex: str, display: bool, source: str, number: str = "") -> Formula | None:
    """The formula that a page writes as `latex`, cleaned; None where nothing is typeset. `number` stands beside it."""
    cleaned = clean(latex)
    if not cleaned.latex or is_definition(cleaned.latex):
        return None
    display = display or _DISPLAYED.match(cleaned.latex) is not None
    return Formula(cleaned.latex, display, source, cleaned.number or number, cleaned.balanced)


@dataclass(frozen=True, slots=True)
class Span:
    """A formula at `text[start:end]`, delimiters included; None where the text only defines macros."""

    start: int
    end: int
    formula: Formula | None


@dataclass(frozen=True, slots=True)
class _Opener:
    """What belongs to an opening delimiter."""

    closer: str
    source: str
    display: bool


@dataclass(frozen=True, slots=True)
class Grammar:
    """The delimiters of a page: its tokens as a pattern, and what each opens."""

    token: re.Pattern[str]
    openers: Mapping[str, _Opener]


_STANDARD = {
    "$": _Opener("$", DOLLAR, False),
    "$$": _Opener("$$", DOUBLE_DOLLAR, True),
    "\\(": _Opener("\\)", PAREN, False),
    "\\[": _Opener("\\]", BRACKET, True),
    "[tex]": _Opener("[/tex]", TEX_TAG, True),
    "[itex]": _Opener("[/itex]", TEX_TAG, False),
    "[latex]": _Opener("[/latex]", TEX_TAG, False),
    "[math]": _Opener("[/math]", TEX_TAG, False),
}


@lru_cache(256)
def grammar(pairs: tuple[Pair, ...] = (), asciimath: bool = False) -> Grammar:
    """The grammar of a page with delimiters of its own, and AsciiMath between backticks."""
    openers = dict(_STANDARD) | {pair.left: _Opener(pair.right, OWN_DELIMITERS, pair.display) for pair in pairs}
    if asciimath:
        openers["`"] = _Opener("`", ASCIIMATH, False)
    own = {side for pair in pairs for side in (pair.left, pair.right)} | ({"`"} if asciimath else set())
    tokens = "|".join([*map(re.escape, sorted(own, key=len, reverse=True)), _TOKENS])
    return Grammar(re.compile(tokens), openers)


def find_spans(
    text: str, dollar: bool, trusted: bool, delimiters: Grammar | None = None, dollar_trusted: bool | None = None
) -> list[Span]:
    """All delimited formulas of `text` in order, without overlap.

    With `dollar` inline `$..$` counts where it is not money; unless `trusted` (a page that loads a renderer) only
    what looks like TeX counts, because then a delimiter may be anything. `dollar_trusted` says the same of
    inline `$`, where that is another matter.
    """
    believed = trusted if dollar_trusted is None else dollar_trusted
    return list(_Scan(text, dollar, trusted, believed, delimiters or grammar()).spans())


class _Scan:
    """One pass over one text; holds what later openers can learn from earlier ones."""

    def __init__(self, text: str, dollar: bool, trusted: bool, dollar_trusted: bool, delimiters: Grammar) -> None:
        self.text, self.dollar, self.trusted, self.dollar_trusted = text, dollar, trusted, dollar_trusted
        self.token, self.openers = delimiters.token, delimiters.openers
        self.vain = VAIN_TOKENS
        self.next_closer: dict[str, int] = {}

    def spans(self) -> Iterator[Span]:
        position = 0
        while (found := self.token.search(self.text, position)) and self.vain > 0:
            span, position = self._from(found)
            if span:
                yield span

    def _from(self, found: re.Match[str]) -> tuple[Span | None, int]:
        """The formula that the token `found` opens, if any, and where to go on."""
        name = found["name"] if found["kind"] == "begin" else None
        if name in _ENVIRONMENTS:
            span = self._environment(found, name)
            return span, span.end if span else found.end()
        opener = self.openers.get(found.group())
        if opener is None or (opener.source == DOLLAR and not self.dollar and not self._is_wordpress(found.end())):
            return None, found.end()
        limit = MAX_DISPLAY if opener.display else MAX_INLINE
        closed = self._close(found.end(), opener.closer, limit)
        if closed and not self.text[found.end() : closed[0]].strip():
            return None, closed[1]
        span = self._span(found, opener, *closed) if closed else None
        self.vain -= span is None
        if closed and opener.source == ASCIIMATH:  # backticks come in pairs around code too
            return span, closed[1]
        return span, span.end if span else found.end()

    def _is_wordpress(self, position: int) -> bool:
        return self.text.startswith(_WORDPRESS, position)

    def _span(self, found: re.Match[str], opener: _Opener, stop: int, end: int) -> Span | None:
        latex, source = self.text[found.end() : stop], opener.source
        if source == DOLLAR and latex.startswith(_WORDPRESS):
            return self._made(found, end, latex[len(_WORDPRESS) :], opener.display, WORDPRESS_DOLLAR)
        if source == ASCIIMATH:
            if not looks_like_asciimath(latex):
                return None
            return self._made(found, end, asciimath_to_latex(latex), opener.display, source)
        if source == DOLLAR and is_money(latex, self.text[end : end + 1]):
            return None
        # A word in brackets is the page's own, if not a renderer's; `[math]` alone may be a heading's.
        vouched = self.dollar_trusted if source == DOLLAR else self.trusted
        vouched = vouched or (source == TEX_TAG and opener.closer != "[/math]")
        if not vouched and not looks_like_tex(latex if source == DOLLAR else latex.strip()):
            return None
        if latex[0] == latex[-1] == "`" and len(latex) > 2:  # GitLab's $`..`$
            latex = latex[1:-1]
        return self._made(found, end, latex, opener.display, source)

    def _made(self, found: re.Match[str], end: int, latex: str, display: bool, source: str) -> Span:
        return Span(found.start(), end, formula(latex, display, source))

    def _environment(self, found: re.Match[str], name: str) -> Span | None:
        closed = self._close(found.end(), f"\\end{{{name}}}", MAX_DISPLAY)
        if closed is None:
            return None
        inside = name in ("math", "displaymath")
        latex = self.text[found.end() : closed[0]] if inside else self.text[found.start() : closed[1]]
        made = formula(latex, name != "math", ENVIRONMENT)
        return Span(found.start(), closed[1], made) if made else None

    def _close(self, start: int, closer: str, limit: int) -> tuple[int, int] | None:
        """Where the closer of an opener that ends at `start` begins and ends; braces in between are balanced."""
        if self._nearest(closer, start) > start + limit:
            return None
        depth, nested, position, looked = 0, 0, start, 0
        same_opener = closer.replace("\\end", "\\begin")
        while token := self.token.search(self.text, position, min(len(self.text), start + limit + len(closer))):
            looked, position, what = looked + 1, token.end(), token.group()
            if what == closer and depth <= 0 and not nested:
                return token.start(), token.end()
            if closer == "$" and what == "$$" and depth <= 0:  # two formulas side by side
                return token.start(), token.start() + 1
            if what in "{}":
                depth += 1 if what == "{" else -1
            elif what.startswith("\\") and what in (same_opener, closer):
                nested += 1 if what == same_opener else -1
            elif closer == "$" and what[0] == "\n":
                break
        self.vain -= looked
        return None

    def _nearest(self, closer: str, start: int) -> int:
        known = self.next_closer.get(closer, -1)
        if known < start:
            found = self.text.find(closer, start)
            known = found if found >= 0 else len(self.text) + MAX_DISPLAY + 1
            self.next_closer[closer] = known
        return known
