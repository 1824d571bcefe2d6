r"""Formulas between TeX delimiters in a piece of text: what opens one, what closes it, what only looks so.

This module knows strings, not pages: `protect` walks a page's tree and asks it. Inline `$..$` is the
one delimiter that means something else on most pages; `Delimiters` says whether a page's own
MathJax or KaTeX configuration permits it, `looks_like_tex` tells mathematics from money and prose.

Time is linear in the text: openers without a closer are remembered, and scans that end without a
formula share one budget.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

# Names of sources: the markup a formula came from.
DOLLAR, DOUBLE_DOLLAR, PAREN, BRACKET, ENVIRONMENT = "dollar", "double_dollar", "paren", "bracket", "environment"

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
_TOKEN = re.compile(
    r"\\\\|\\(?P<kind>begin|end)\{(?P<name>[A-Za-z]{1,20}\*?)\}|\\[()\[\]$%{}]|\$\$?|[{}]|\n[ \t\r\f]*\n"
)
_CLOSERS = {"$": "$", "$$": "$$", "\\(": "\\)", "\\[": "\\]"}
_SOURCES = {"$": DOLLAR, "$$": DOUBLE_DOLLAR, "\\(": PAREN, "\\[": BRACKET}

_STRONG = re.compile(r"\\[A-Za-z]{2,}|\\[,;{}|]|[\w)\]}'|][_^][\\{\w(*+'-]")
_WORD = re.compile(r"(?<![\\A-Za-z])[A-Za-z]{3,}")
_SHORT = re.compile(r"[^\W\d_](?:['′*]|\d+)?")
_MONEY = re.compile(
    r"\s*\d[\d.,]*\s*(?:[kKmMbB]n?|million|billion)?(?:[\s,;:.!?/+-]+(?!mod\b)[A-Za-z]{2,}|[\s,;:.!?/-]*\Z)"
)
_DEFINES = re.compile(
    r"\\(?:(?:re|provide)?newcommand|(?:re)?newenvironment|DeclareMathOperator|[gex]?def|let|require|usepackage)\b\*?"
)
_OPTION = re.compile(r"\s*\[[^\]]*\]|\s+(?=[{\[])")
_NAME_OR_OPTION = re.compile(r"\s*(?:\\[A-Za-z]+|\\.|\[[^\]]*\]|#\d|=)|\s+(?=[{\[])")
_BLANK_LINES = re.compile(r"\n\s*\n")
_CDATA = re.compile(r"\A\s*%?\s*<!\[CDATA\[|%?\s*\]\]>\s*\Z")
_WRAPPINGS = 4
_DISPLAYSTYLE = re.compile(r"\A\{\s*\\(?:displaystyle|textstyle)\b\s*(.*)\}\Z", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Formula:
    """One piece of mathematics: LaTeX without delimiters, whether it stands on its own line, its source."""

    latex: str
    display: bool
    source: str

    def delimited(self) -> str:
        r"""`$..$` or `$$..$$`; `\(..\)` or `\[..\]` where the LaTeX itself holds a dollar."""
        if "$" in self.latex:
            return f"\\[{self.latex}\\]" if self.display else f"\\({self.latex}\\)"
        return f"$${self.latex}$$" if self.display else f"${self.latex}$"


@dataclass(frozen=True, slots=True)
class Span:
    """A formula at `text[start:end]`, delimiters included; None where the text only defines macros."""

    start: int
    end: int
    formula: Formula | None


@dataclass(frozen=True, slots=True)
class Delimiters:
    """What a page permits: inline `$` (None: not said), and whether it loads a renderer at all."""

    dollar: bool | None
    renderer: bool


def find_spans(text: str, dollar: bool, renderer: bool) -> list[Span]:
    """All delimited formulas of `text` in order, without overlap.

    With `dollar` inline `$..$` counts where it is not money; without `renderer` (a page that loads none,
    or plain text) only what looks like TeX counts, because then a delimiter may be anything.
    """
    return list(_Scan(text, dollar, renderer).spans())


def tidy(latex: str) -> str:
    r"""A formula's LaTeX as we keep it: no CDATA marks, blank lines or `{\displaystyle ..}` around it."""
    latex = _CDATA.sub("", latex.replace("\r", "")).strip() if "[" in latex else latex.replace("\r", "").strip()
    for _ in range(_WRAPPINGS):  # real pages have one or two; each costs a look at all that is inside
        if not (latex.startswith("{") and (inner := _DISPLAYSTYLE.match(latex)) and _balanced(inner.group(1))):
            break
        latex = inner.group(1).strip()
    latex = _BLANK_LINES.sub("\n", latex)
    # A comment needs its line's end; else a formula is one line, which survives tables and lists.
    return latex if "%" in latex else " ".join(latex.split("\n"))


def is_definition(latex: str) -> bool:
    """Whether nothing is typeset: definitions of macros alone."""
    position, found = 0, False
    while match := _DEFINES.match(latex, position):
        found = True
        position = _after_definition(latex, match.end())
    return found and not latex[position:].strip()


def looks_like_tex(latex: str) -> bool:
    """Whether text between delimiters is mathematics, where no renderer vouches for it."""
    words = len(_WORD.findall(latex))
    if _STRONG.search(latex):
        return words <= 8 or latex.count("\\") * 4 >= words
    if latex != latex.strip() or words > 1 or len(latex) > 80:
        return False
    return bool(_SHORT.fullmatch(latex)) or (not words and any(c in "=<>+*/^≤≥∈→" for c in latex))


def is_money(latex: str, after: str) -> bool:
    """Whether `$latex$` followed by `after` is an amount and prose: `$5 and $10`."""
    if after.isdigit():
        return True
    if latex.strip().isdigit() and latex == latex.strip():
        return False
    if _MONEY.match(latex) and not re.search(r"\\[A-Za-z]|\^", latex):
        return True
    return not _STRONG.search(latex) and len(_WORD.findall(latex)) > 4


def is_strong(latex: str) -> bool:
    """Whether text between two dollars can hardly be anything but TeX."""
    return bool(_STRONG.search(latex)) and len(_WORD.findall(latex)) <= 8


def sources(formulas: tuple[Formula, ...]) -> Mapping[str, int]:
    """How many formulas came from each source."""
    counts: dict[str, int] = {}
    for formula in formulas:
        counts[formula.source] = counts.get(formula.source, 0) + 1
    return counts


class _Scan:
    """One pass over one text; holds what later openers can learn from earlier ones."""

    def __init__(self, text: str, dollar: bool, renderer: bool) -> None:
        self.text, self.dollar, self.renderer = text, dollar, renderer
        self.vain = VAIN_TOKENS
        self.next_closer: dict[str, int] = {}

    def spans(self) -> Iterator[Span]:
        position = 0
        while (opener := _TOKEN.search(self.text, position)) and self.vain > 0:
            span, position = self._from(opener)
            if span:
                yield span

    def _from(self, opener: re.Match[str]) -> tuple[Span | None, int]:
        """The formula that `opener` opens, if any, and where to go on."""
        token = opener.group()
        name = opener.group("name") if opener.group("kind") == "begin" else None
        if name in _ENVIRONMENTS:
            span = self._environment(opener, name)
            return span, span.end if span else opener.end()
        if token not in _CLOSERS or (token == "$" and not self.dollar):
            return None, opener.end()
        closed = self._close(opener.end(), _CLOSERS[token], MAX_INLINE if token in ("$", "\\(") else MAX_DISPLAY)
        if closed and not self.text[opener.end() : closed[0]].strip():
            return None, closed[1]
        span = self._span(opener, *closed) if closed else None
        self.vain -= span is None
        return span, span.end if span else opener.end()

    def _span(self, opener: re.Match[str], stop: int, end: int) -> Span | None:
        token, latex = opener.group(), self.text[opener.end() : stop]
        if token == "$" and is_money(latex, self.text[end : end + 1]):
            return None
        if not self.renderer and not looks_like_tex(latex if token == "$" else latex.strip()):
            return None
        latex = tidy(latex)
        if is_definition(latex):
            return Span(opener.start(), end, None)
        return Span(opener.start(), end, Formula(latex, token in ("$$", "\\["), _SOURCES[token]))

    def _environment(self, opener: re.Match[str], name: str) -> Span | None:
        closed = self._close(opener.end(), f"\\end{{{name}}}", MAX_DISPLAY)
        if closed is None:
            return None
        inside = name in ("math", "displaymath")
        latex = self.text[opener.end() : closed[0]] if inside else self.text[opener.start() : closed[1]]
        formula = Formula(tidy(latex), name != "math", ENVIRONMENT)
        return Span(opener.start(), closed[1], formula) if formula.latex else None

    def _close(self, start: int, closer: str, limit: int) -> tuple[int, int] | None:
        """Where the closer of an opener that ends at `start` begins and ends; braces in between are balanced."""
        if self._nearest(closer, start) > start + limit:
            return None
        depth, nested, position, looked = 0, 0, start, 0
        same_opener = closer.replace("\\end", "\\begin")
        while token := _TOKEN.search(self.text, position, min(len(self.text), start + limit + len(closer))):
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


def _after_definition(latex: str, position: int) -> int:
    """The position after a definition's name, options and groups."""
    grouped = False
    while position < len(latex):
        if latex[position] == "{":
            position, grouped = _group_end(latex, position), True
        elif match := (_OPTION if grouped else _NAME_OR_OPTION).match(latex, position):
            position = match.end()
        else:
            break
    while position < len(latex) and latex[position].isspace():
        position += 1
    return position


def _group_end(latex: str, start: int) -> int:
    depth = 0
    for token in re.compile(r"\\.|[{}]", re.DOTALL).finditer(latex, start):
        depth += {"{": 1, "}": -1}.get(token.group(), 0)
        if depth == 0:
            return token.end()
    return len(latex)


def _balanced(latex: str) -> bool:
    """Whether no brace closes what was not opened, so that braces around it belonged together."""
    depth = 0
    for token in re.findall(r"\\.|[{}]", latex):
        depth += {"{": 1, "}": -1}.get(token, 0)
        if depth < 0:
            return False
    return depth == 0
