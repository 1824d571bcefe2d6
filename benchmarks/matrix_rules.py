r"""When a text has kept the mathematics of a matrix page: four rules, all applied to every extractor, ours too.

Strict: the delimited formulas of the text (read as Markdown renderers read them: `$..$`, `$$..$$`, `\(..\)`, `\[..\]`;
`\$` is a dollar, and a dollar after a blank or before a digit closes nothing) are exactly those of the article, each
once, in reading order, with what is displayed displayed and nothing else delimited, be it a price, a footnote mark or
chemistry. Every word of the article stands before and after each formula as on the page; words of boilerplate are not
counted against anybody. No rendered glyphs of a formula stand beside it. Where the page carries LaTeX, it is equal but
for white space, wrappers (`\displaystyle`, outer braces, environment) and braces around one token. Where it only states
content (MathML, AsciiMath), the LaTeX read back by `mathmill.demo.formula` gives the tree that the page was made from,
in `normal` form. Where letters are only raised and lowered, nothing says where a formula begins: then every script must
stand inside delimiters as one, and the formula, with delimiters taken away, must read as it was written.

Delimited: the strict rule on the formulas' content, number and order alone, whether or not what is displayed is told
apart, words are kept and structure is.

Loose, for extractors that write no delimiters: the LaTeX of every formula stands in the text exactly once, delimited or
not, in any order (formulas of under four characters are left out), and no glyphs of it beside it. Where the page only
states content, a delimited formula of that content counts too, and AsciiMath or raised and lowered characters in any
notation that keeps them apart (`x^2`, `x^{2}`, `x²`). Words are not looked at.

First: the loose rule for the page's first formula alone, which stands in a sentence of its own where the way of writing
has formulas in lines. It is what a page with a single formula would show, and forgives lost lists, tables and blocks.

Structure, for three rows, on top: lines of code with their indentation; cells of a table in one line, parted by `|`,
tabs or two blanks (strict: `|`); list items on lines of their own (strict: with a mark of a list in front), each with
its formula and no other's.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from benchmarks.matrix_pages import Expected, MatrixPage, Row, Token, words_of
from mathmill.demo.formula import LETTERS, SYMBOLS, asciimath, glyphs, normal, parse, sup_sub

LEAST_CHARS = 4

_DELIMITED = re.compile(
    r"\\\$|\$\$(?P<a>.+?)\$\$|\\\[(?P<b>.+?)\\\]|\\\((?P<c>.+?)\\\)"
    r"|\$(?=\S)(?P<d>(?:\\.|[^$\n\\])+?)(?<=\S)\$(?!\d)|(?P<e>\\begin\{(align\*?)\}.+?\\end\{\6\})",
    re.DOTALL,
)
_ONE_TOKEN = re.compile(r"\{(\\[A-Za-z]+|[A-Za-z0-9])\}")
_WRAPPERS = re.compile(
    r"\A(?:\$\$?(?P<a>[^$]*)\$\$?|\\\[(?P<b>.*)\\\]|\\\((?P<c>.*)\\\)|\\(?:display|text)style(?P<d>.*)"
    r"|\\begin\{(?P<n>align\*?|equation\*?|aligned)\}(?P<e>.*)\\end\{(?P=n)\})\Z"
)
_COMMAND = re.compile(r"\\([A-Za-z]+)")
_SCRIPT = re.compile(r"[_^]\(([^()]*)\)|([_^])([^{(])")
_OUTSIDE = re.compile(r"\b\w[_^][\w{(]|<su[bp]\b")
_RAISED = str.maketrans("²³¹⁰⁴⁵⁶⁷⁸⁹ⁿ", "2310456789n")
_LOWERED = str.maketrans("₀₁₂₃₄₅₆₇₈₉ₙ", "0123456789n")
_LIST_MARK = re.compile(r"\s*(?:[-*+•‣–·]|\d+[.)])\s+")
_CELL_EDGE = r"[ ]*(?:\||\t|[ ]{2})[ \t|]*"


@dataclass(frozen=True, slots=True)
class Delimited:
    """A formula between delimiters at `text[start:end]`."""

    start: int
    end: int
    latex: str
    display: bool


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a rule says of a text; `reason` names the first thing that is wrong, "" if it passed."""

    reason: str

    @property
    def passed(self) -> bool:
        return not self.reason


def find_delimited(text: str) -> list[Delimited]:
    """The formulas between delimiters, in order."""
    found = []
    for match in _DELIMITED.finditer(text):
        name = next((name for name in "abcde" if match[name] is not None), "")
        if name:  # else it is an escaped dollar
            found.append(Delimited(match.start(), match.end(), match[name], name in "abe"))
    return found


def canonical(latex: str) -> str:
    """LaTeX without white space, wrappers, and braces around one token."""
    latex = "".join(latex.split())
    while True:
        match = _WRAPPERS.match(latex)
        if match:
            latex = next(value for name, value in match.groupdict().items() if name != "n" and value is not None)
        elif latex.startswith("{") and latex.endswith("}") and _closes_last(latex):
            latex = latex[1:-1]
        else:
            return _ONE_TOKEN.sub(r"\1", latex)


def same_content(latex: str, other: str) -> bool:
    """Whether two formulas have one tree in `normal` form; False where one is outside the generator's language."""
    try:
        return normal(parse(latex)) == normal(parse(other))
    except ValueError:
        return False


def judge_strict(page: MatrixPage, row: Row, text: str) -> Verdict:
    """The strict rule."""
    if row.states == "raised":
        return _judge_raised(page, text)
    found = find_delimited(text)
    reason = (
        next(_differences(page, row, found), "")
        or _misplaced(page, text, found)
        or _glyphs_beside(page, _squeezed(_without(text, found)))
        or _structure(page, row, text, strict=True)
    )
    return Verdict(reason)


def judge_delimited(page: MatrixPage, row: Row, text: str) -> Verdict:
    """The strict rule on formulas alone, displayed or not."""
    if row.states == "raised":
        return _judge_raised(page, text)
    found = find_delimited(text)
    return Verdict(
        next((told for told in _differences(page, row, found) if "displayed" not in told), "")
        or _glyphs_beside(page, _squeezed(_without(text, found)))
    )


def judge_loose(page: MatrixPage, row: Row, text: str) -> Verdict:
    """The loose rule."""
    beside = "" if row.states == "raised" else _glyphs_beside(page, _squeezed(text))
    return Verdict(
        _not_once(page.formulas, row, text) or beside or _structure(page, row, text, strict=False),
    )


def judge_first(page: MatrixPage, row: Row, text: str) -> Verdict:
    """The loose rule for the first formula alone."""
    alone = MatrixPage(formulas=page.formulas[:1], lines=page.lines)
    return judge_loose(alone, row, text)


def _not_once(formulas: Sequence[Expected], row: Row, text: str) -> str:
    """The first formula that does not stand in the text exactly once."""
    squeezed = _squeezed(text)
    flat = _ONE_TOKEN.sub(r"\1", squeezed)
    found = find_delimited(text) if row.states == "content" else []
    shown = _notations(text) if row.states == "raised" else ""
    for formula in formulas:
        if len(canonical(formula.latex)) < LEAST_CHARS:
            continue
        times = flat.count(canonical(formula.latex))
        if row.states == "content" and not times:
            times = sum(same_content(one.latex, formula.latex) for one in found)
            times = times or squeezed.count(_squeezed(asciimath(parse(formula.latex))))
        if row.states == "raised" and not times:
            times = shown.count(_as_raised(formula.latex))
        if times != 1:
            return f"{formula.latex} stands there {times} times"
    return ""


def _closes_last(latex: str) -> bool:
    depth = 0
    for position, letter in enumerate(latex):
        depth += {"{": 1, "}": -1}.get(letter, 0)
        if not depth:
            return position == len(latex) - 1
    return False


def _squeezed(text: str) -> str:
    return "".join(text.split()).replace("−", "-")


def _without(text: str, found: list[Delimited]) -> str:
    for formula in reversed(found):
        text = f"{text[: formula.start]} {text[formula.end :]}"
    return text


def _differences(page: MatrixPage, row: Row, found: list[Delimited]) -> Iterator[str]:
    """How the delimited formulas differ from the article's, each difference told once."""
    for number, (expected, one) in enumerate(zip(page.formulas, found, strict=False)):
        if row.states == "content":
            same = same_content(one.latex, expected.latex)
        else:
            same = canonical(one.latex) == canonical(expected.latex)
        if not same:
            yield f"formula {number} should be {expected.latex} and is {one.latex}"
        elif one.display != expected.display:
            yield f"formula {number}, {expected.latex}, should {'' if expected.display else 'not '}be displayed"
    if len(found) != len(page.formulas):
        yield f"{len(found)} formulas instead of {len(page.formulas)}"


def _misplaced(page: MatrixPage, text: str, found: list[Delimited]) -> str:
    """The first word or formula of the article that is not where it should be."""
    tokens: list[Token] = []
    position = 0
    for number, formula in enumerate(found):
        tokens += [*words_of(text[position : formula.start]), number]
        position = formula.end
    return _not_in_order(page.tokens, [*tokens, *words_of(text[position:])])


def _not_in_order(expected: list[Token], tokens: list[Token]) -> str:
    rest = iter(tokens)
    for number, token in enumerate(expected):
        if token not in rest:
            return f"{token!r} is missing or elsewhere, after {expected[max(0, number - 4) : number]}"
    return ""


def _glyphs_beside(page: MatrixPage, squeezed: str) -> str:
    """Rendered glyphs of a formula that stand in the text besides its LaTeX."""
    known = "\n".join(canonical(formula.latex) for formula in page.formulas)
    for formula in page.formulas:
        shown = _squeezed(glyphs(parse(formula.latex.replace("&=", "=")), lambda node: node.text))
        if len(shown) > LEAST_CHARS and shown not in known and shown in squeezed:
            return f"the glyphs of {formula.latex} stand there too"
    return ""


def _structure(page: MatrixPage, row: Row, text: str, strict: bool) -> str:
    lines = text.split("\n")
    if row.structure == "code":
        code = [line for (line,) in page.lines]
        starts = [number for number, line in enumerate(lines) if line.strip() == code[0]]
        for start in starts:
            margin = len(lines[start]) - len(lines[start].lstrip())
            if [line[margin:].rstrip() for line in lines[start : start + len(code)]] == code:
                return ""
        return "the code has lost its lines or their indentation"
    if row.structure == "table":
        return next(
            (f"no row of a table for {cells}" for cells in page.lines if not _has_row(lines, cells, strict)), ""
        )
    if row.structure == "list":
        return next((f"no list item for {item}" for item in page.lines if not _has_item(page, lines, item, strict)), "")
    return ""


def _has_row(lines: list[str], cells: tuple[str, ...], strict: bool) -> bool:
    wanted = [_bare(cell) for cell in cells]
    if strict:
        return any([_bare(cell) for cell in line.strip().strip("|").split("|")] == wanted for line in lines)
    pattern = re.compile(_CELL_EDGE.join(r"[$\\()]*" + r"\s*".join(map(re.escape, cell.split())) + r"[$\\()]*"
                                         for cell in cells))  # fmt: skip
    return any(pattern.search(line) for line in lines)


def _bare(cell: str) -> str:
    return canonical(cell.strip().strip("*"))


def _has_item(page: MatrixPage, lines: list[str], item: tuple[str, ...], strict: bool) -> bool:
    others = [other for other in page.lines if other != item]
    for line in lines:
        if strict and not _LIST_MARK.match(line):
            continue
        words = words_of(line)
        inside = all(" ".join(words_of(part)) in " ".join(words) for part in (item[0], item[2]))
        flat = canonical(line)
        if inside and canonical(item[1]) in flat and not any(canonical(other[1]) in flat for other in others):
            return True
    return False


def _as_raised(latex: str) -> str:
    """How a formula reads in lines with `^{..}` and `_{..}`, symbols as characters."""
    html = re.sub(r"</?i>", "", sup_sub(parse(latex)))
    html = html.replace("<sup>", "^{").replace("<sub>", "_{").replace("</sup>", "}").replace("</sub>", "}")
    return _squeezed(html.replace("&lt;", "<").replace("&gt;", ">"))


def _notations(text: str) -> str:
    """A text squeezed, with symbols as characters and every notation of scripts as `^{..}` and `_{..}`."""
    text = _COMMAND.sub(lambda match: SYMBOLS.get(match[1]) or LETTERS.get(match[1]) or match[0], text)
    text = re.sub("[²³¹⁰⁴-⁹ⁿ]+", lambda match: f"^{{{match[0].translate(_RAISED)}}}", text)
    text = re.sub("[₀-₉ₙ]+", lambda match: f"_{{{match[0].translate(_LOWERED)}}}", text)
    text = re.sub(r"<(su[bp])>(.*?)</\1>", lambda match: f"{'_' if match[1] == 'sub' else '^'}{{{match[2]}}}", text)
    text = _SCRIPT.sub(lambda match: f"{match[0][0]}{{{match[1] or match[3]}}}", text)
    return _squeezed(text.replace("$", ""))


def _judge_raised(page: MatrixPage, text: str) -> Verdict:
    found = find_delimited(text)
    shown = _notations(text)
    if _OUTSIDE.search(_without(text, found)):
        return Verdict("a script stands outside delimiters")
    wanted = [_as_raised(formula.latex) for formula in page.formulas]
    position = 0
    for formula, raised in zip(page.formulas, wanted, strict=True):
        at = shown.find(raised, position)
        if at < 0 or (len(raised) >= LEAST_CHARS and shown.count(raised) != 1):
            return Verdict(f"{formula.latex} does not stand there once and in order")
        position = at + len(raised)
    for one in found:
        if one.display or not any(_notations(one.latex).strip(".,;") in raised for raised in wanted):
            return Verdict(f"{one.latex} is no formula of the page, or is displayed")
    words = [token for token in page.tokens if isinstance(token, str)]
    return Verdict(_not_in_order(list(words), list(words_of(_without(text, found)))))
