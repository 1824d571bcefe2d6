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
from dataclasses import dataclass, replace
from functools import lru_cache

from mathmill.pipeline.formulas.plausible import (
    is_definition,
    is_money,
    is_reference,
    is_tight,
    looks_like_asciimath,
    looks_like_tex,
)
from mathmill.pipeline.formulas.renderers import STANDARD, Pair
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
    r"\\\\|\\(?P<kind>begin|end)\{(?P<name>[A-Za-z]{1,20}\*?)\}|\\[()\[\]$%{}]|\$\$?|(?!\{/?eq\})[{}]|\n[ \t\r\f]*\n"
    r"|(?P<tag>\[/?(?i:i?tex|latex|math)\]|\{/?eq\}|</math>|<math(?: display=\"(?:block|inline)\")?>)"
)
# GitHub's and GitLab's way to write a formula in a line: $`..`$
_TICKED = re.compile(r"\$`([^`]{1,2000})`\$")
# Environments that no renderer sets in a line of text.
_DISPLAYED = re.compile(
    r"\\begin\{(?:align|alignat|displaymath|eqnarray|equation|flalign|gather|IEEEeqnarray|multline)\*?\}"
)
_WORDPRESS = "latex "  # what WordPress wants behind a dollar
# What it may be told behind a formula: its size and colours, the address' date.
_WORDPRESS_OPTIONS = re.compile(
    r"(?:&(?:amp;)?(?:s=[+-]?\d{1,2}|[bf]g=(?:[0-9A-Fa-f]{3,8}|T|transparent)|c=\d{1,9})\s{0,9}){1,6}\Z"
)
_MARKUP = re.compile(r"</?[A-Za-z][A-Za-z0-9]{0,20}[\s/>]")  # MathML that a page explains: `<math><mi>`
_DISPLAYSTYLE = re.compile(r"\s*\\displaystyle(?![A-Za-z])")
# What may stand beside a formula that has a line for itself, and the characters that are looked at for it.
MOST_BESIDE = 80
_LINE_END = re.compile(r"[^\S\n]{0,80}[.,;:]?[^\S\n]{0,80}(?:\(\d[\w.]{0,6}\))?[^\S\n]{0,80}(?:\n|\Z)")


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
    cleaned = clean(latex, display)
    if not cleaned.latex or is_definition(cleaned.latex):
        return None
    display = display or _DISPLAYED.match(cleaned.latex) is not None
    return Formula(cleaned.latex, display, source, cleaned.number or number, cleaned.balanced)


@dataclass(frozen=True, slots=True)
class Span:
    """A formula at `text[start:end]`, delimiters included; None where nothing is to stand in its place.

    That is so of text that only defines macros, and of the delimiters around a mere reference, which is text.
    """

    start: int
    end: int
    formula: Formula | None


@dataclass(frozen=True, slots=True)
class _Opener:
    """What belongs to an opening delimiter; `doubted`: the page's renderer does not vouch for it."""

    closer: str
    source: str
    display: bool
    doubted: bool = False


@dataclass(frozen=True, slots=True)
class Grammar:
    """The delimiters of a page: its tokens as a pattern, what each opens, whether environments need none."""

    token: re.Pattern[str]
    openers: Mapping[str, _Opener]
    environments: bool = True


_STANDARD = {
    "$": _Opener("$", DOLLAR, False),
    "$$": _Opener("$$", DOUBLE_DOLLAR, True),
    "\\(": _Opener("\\)", PAREN, False),
    "\\[": _Opener("\\]", BRACKET, True),
    "[tex]": _Opener("[/tex]", TEX_TAG, True),
    "[itex]": _Opener("[/itex]", TEX_TAG, False),
    "[latex]": _Opener("[/latex]", TEX_TAG, False),
    "[math]": _Opener("[/math]", TEX_TAG, False),
    "{eq}": _Opener("{/eq}", TEX_TAG, False),
    "<math>": _Opener("</math>", TEX_TAG, False),
    '<math display="inline">': _Opener("</math>", TEX_TAG, False),
    '<math display="block">': _Opener("</math>", TEX_TAG, True),
}


@lru_cache(256)
def grammar(
    pairs: tuple[Pair, ...] = (),
    asciimath: tuple[Pair, ...] = (),
    doubted: frozenset[str] = frozenset(),
    environments: bool = True,
) -> Grammar:
    """The grammar of a page, by what its `Renderer` says: delimiters of its own, of AsciiMath, those left out."""
    openers = {left: replace(opener, doubted=left in doubted) for left, opener in _STANDARD.items()}
    for pair in pairs:
        source = next((_STANDARD[own.left].source for own in STANDARD if own.left == pair.left), OWN_DELIMITERS)
        openers[pair.left] = _Opener(pair.right, source, pair.display)
    openers |= {pair.left: _Opener(pair.right, ASCIIMATH, pair.display) for pair in asciimath}
    own = {side for pair in (*pairs, *asciimath) for side in (pair.left, pair.right)} - _STANDARD.keys()
    tokens = "|".join([*map(re.escape, sorted(own, key=len, reverse=True)), _TOKENS])
    return Grammar(re.compile(tokens), openers, environments)


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
        self.token, self.openers, self.environments = delimiters.token, delimiters.openers, delimiters.environments
        self.vain = VAIN_TOKENS
        self.next_closer: dict[str, int] = {}

    def spans(self) -> Iterator[Span]:
        position = 0
        while (found := self.token.search(self.text, position)) and self.vain > 0:
            spans, position = self._from(found)
            yield from spans

    def _from(self, found: re.Match[str]) -> tuple[tuple[Span, ...], int]:
        """What the token `found` opens, if anything, and where to go on."""
        name = found["name"] if found["kind"] == "begin" and self.environments else None
        if name in _ENVIRONMENTS:
            span = self._environment(found, name)
            return (span,) if span else (), span.end if span else found.end()
        opener = self.openers.get(_written(found))
        if opener is None:
            return (), found.end()
        if opener.source == DOLLAR and (ticked := _TICKED.match(self.text, found.start())):
            spans = self._spans(found.start(), ticked.end(), ticked[1], opener)
            return spans, ticked.end() if spans else found.end()
        if opener.source == DOLLAR and not self.dollar and not self.text.startswith(_WORDPRESS, found.end()):
            return (), found.end()
        closed = self._close(found.end(), opener.closer, MAX_DISPLAY if opener.display else MAX_INLINE)
        if closed is None:
            self.vain -= 1
            return (), found.end()
        return self._closed(found, opener, *closed)

    def _closed(self, found: re.Match[str], opener: _Opener, stop: int, end: int) -> tuple[tuple[Span, ...], int]:
        """What stands between the token `found` and its closer at `text[stop:end]`, and where to go on."""
        latex, after = self.text[found.end() : stop], self.text[end : end + 1]
        before = self.text[found.start() - 1 : found.start()] if found.start() else ""
        if not latex.strip():
            # Behind a figure a dollar is a mark of money, and the next one may open a formula.
            return (), stop if before.isdigit() else end
        if opener.source == TEX_TAG and (inner := latex.lower().rfind(_written(found))) >= 0:
            return (), found.end() + inner  # a word that the text speaks of; the last one before the closer opens
        single = found.group() == opener.closer == "$"
        money = single and is_money(latex, after, before)
        spans = () if money else self._spans(found.start(), end, latex, opener)
        self.vain -= not spans
        # What closes no formula may open the next: `$HOME and $x$`. Backticks come in pairs around code too, and so do
        # dollars that stand as a formula's do.
        paired = opener.source == ASCIIMATH if not single else not money and is_tight(latex, after)
        return spans, end if spans or paired else found.end()

    def _spans(self, start: int, end: int, latex: str, opener: _Opener) -> tuple[Span, ...]:
        """The formula `latex` of `text[start:end]`, or its delimiters where it is a reference; nothing if neither."""
        source, display = opener.source, opener.display
        if source == DOLLAR and latex.startswith(_WORDPRESS):
            written = _WORDPRESS_OPTIONS.sub("", latex[len(_WORDPRESS) :])
            return (Span(start, end, formula(written, display, WORDPRESS_DOLLAR)),)
        if source == ASCIIMATH:
            if not looks_like_asciimath(latex):
                return ()
            return (Span(start, end, formula(asciimath_to_latex(latex), display, source)),)
        if source == TEX_TAG:
            return self._tagged(start, end, latex, opener)
        vouched = (self.dollar_trusted if source == DOLLAR else self.trusted) and not opener.doubted
        if is_reference(latex):
            return self._around(start, end, latex)
        if not vouched and not looks_like_tex(latex if source == DOLLAR else latex.strip()):
            return ()
        return (Span(start, end, formula(latex, display, source)),)

    def _tagged(self, start: int, end: int, latex: str, opener: _Opener) -> tuple[Span, ...]:
        """The formula between two words in brackets, which are the page's own, if not a renderer's."""
        if is_reference(latex):
            return self._around(start, end, latex)
        display, closer = opener.display, opener.closer
        # `[math]` alone may be a heading's, and no renderer reads `<math>` in the text.
        vouched = closer not in ("[/math]", "</math>") or (closer == "[/math]" and self.trusted)
        if not vouched and not looks_like_tex(latex.strip()):
            return ()
        if closer == "</math>" and _MARKUP.search(latex):
            return ()
        if closer == "[/tex]":
            display = _has_own_line(self.text, start, end)
        elif closer == "{/eq}" and (style := _DISPLAYSTYLE.match(latex)):  # there on every formula
            latex = latex[style.end() :]
        return (Span(start, end, formula(latex, display, TEX_TAG)),)

    def _around(self, start: int, end: int, inside: str) -> tuple[Span, ...]:
        """The delimiters around what stands inside of `text[start:end]`."""
        first = self.text.index(inside, start)
        return Span(start, first, None), Span(first + len(inside), end, None)

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
            looked, position, what = looked + 1, token.end(), _written(token)
            if what == closer and depth <= 0 and not nested:
                return token.start(), token.end()
            if what == closer * 2 and depth <= 0:  # two formulas side by side
                return token.start(), token.start() + len(closer)
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
            known = self._next(closer, start)
            self.next_closer[closer] = known
        return known

    def _next(self, closer: str, start: int) -> int:
        if closer.startswith("[/"):  # in any case
            found = re.compile(re.escape(closer), re.IGNORECASE).search(self.text, start)
            at = found.start() if found else -1
        else:
            at = self.text.find(closer, start)
        return at if at >= 0 else len(self.text) + MAX_DISPLAY + 1


def _has_own_line(text: str, start: int, end: int) -> bool:
    """Whether nothing stands beside `text[start:end]` in its line but what ends a sentence, or a number."""
    before = text[max(0, start - MOST_BESIDE) : start]
    begins = "\n" in before or start <= MOST_BESIDE
    return begins and not before.rpartition("\n")[2].strip() and _LINE_END.match(text, end) is not None


def _written(token: re.Match[str]) -> str:
    """A token as the grammar has it: words in brackets stand there in any case."""
    return token.group().lower() if token["tag"] else token.group()
