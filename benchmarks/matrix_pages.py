r"""The pages of the matrix: the 32 ways in which the web writes mathematics, in five kinds of pages.

Rows 1 to 26, 29, 31 and 32 are ways to write a formula, 27, 28 and 30 are about what formulas stand in. A page says
everything in the one way of its row: in running text, on lines of their own, in list items and in a table, among
words, prices, chemistry and footnote marks, with the boilerplate of `mathmill.demo.skeletons` around. Ways that
only know one kind of formula (`$..$` in the line, `$$..$$` on its own) get pages with that kind alone. A page knows
its formulas and words in reading order. Everything is drawn from `seed/row/skeleton/number`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from html import escape
from random import Random
from typing import Literal

from mathmill.demo.lessons import REMARKS
from mathmill.demo.markup import BY_NAME, FURTHER, Markup
from mathmill.demo.skeletons import SKELETONS, Frame, crowd

Kinds = Literal["both", "inline", "display"]
# What a page says of its formula: LaTeX; only its content, so that LaTeX has to be made of it; or plain letters with
# raised and lowered ones, where nothing says where it begins and ends.
States = Literal["latex", "content", "raised"]
Structure = Literal["", "code", "table", "list"]


@dataclass(frozen=True, slots=True)
class Row:
    """One way of writing: its name, the markup, which kinds of formulas it has, what it states."""

    name: str
    markup: Markup
    kinds: Kinds = "both"
    states: States = "latex"
    structure: Structure = ""


@dataclass(frozen=True, slots=True)
class Expected:
    """A formula of a page: the LaTeX that it was made from, and whether it stands on its own line."""

    latex: str
    display: bool


Token = str | int


@dataclass(slots=True)
class MatrixPage:
    """One page and the truth about it.

    `tokens` are the article's words, and numbers for `formulas[number]`, in reading order; `lines` are what the rules
    on structure look for: lines of code, rows of cells or list items, each as (words or cells).
    """

    html: str = ""
    formulas: list[Expected] = field(default_factory=list)
    tokens: list[Token] = field(default_factory=list)
    lines: list[tuple[str, ...]] = field(default_factory=list)


def _row(name: str, kinds: Kinds = "both", states: States = "latex", markup: str = "") -> Row:
    return Row(name, BY_NAME[markup or name], kinds, states)


ROWS: tuple[Row, ...] = (
    _row("dollar", "inline"),
    _row("parentheses", "inline"),
    _row("double_dollar", "display", markup="dollar"),
    _row("short_div", "display"),
    _row("raw_less"),
    _row("escaped_less"),
    _row("align", "display"),
    _row("script", "inline"),
    _row("script_display", "display", markup="script"),
    _row("script_asciimath", "inline", "content"),
    _row("script_mathml", "both", "content"),
    _row("mathjax2"),
    _row("katex"),
    _row("alttext"),
    _row("mathml", "both", "content"),
    _row("mediawiki"),
    _row("img_tex"),
    _row("wordpress"),
    _row("codecogs"),
    _row("mimetex"),
    _row("data_latex"),
    _row("data_expr", "inline"),
    _row("math_container"),
    _row("tex_tags"),
    _row("mathjax3", "both", "content"),
    _row("sup_sub", "inline", "raised"),
    Row("code", BY_NAME["dollar"], structure="code"),
    Row("data_table", BY_NAME["dollar"], structure="table"),
    _row("layout_table", "display"),
    Row("list_items", BY_NAME["dollar"], structure="list"),
    _row("svg"),
    _row("noscript", "inline"),
)
# Ways in which a line of its own is not told from a line's part.
_INLINE_ONLY = ("asciimath_backticks", "zhihu", "zhihu_image", "quill", "wiris")
_CONTENT_ONLY = ("asciimath_backticks", "prefixed_mathml", "mathjax2_svg", "wiris")
FURTHER_ROWS: tuple[Row, ...] = (
    _row("dollar_mathjax3"),
    _row("dollar_katex"),
    _row("mathml_annotation"),
    *(
        _row(
            markup.name,
            "inline" if markup.name in _INLINE_ONLY else "both",
            "content" if markup.name in _CONTENT_ONLY else "latex",
        )
        for markup in FURTHER
    ),
)

_LETTERS = ("a", "b", "c", "k", "m", "n", "p", "q", "t", "u", "v", "x", "y", "z")
_GREEK = (r"\alpha", r"\beta", r"\gamma", r"\lambda", r"\theta", r"\pi", r"\sigma", r"\Delta")
_RELATIONS = ("=", "=", "=", r"\le", r"\ge", "<", ">", r"\ne", r"\approx")
_SENTENCES = (
    "We now look at {} and ask when it can fail.",
    "From the definition it follows that {} for every choice of the constants.",
    "The reader may check that {} is the only case left.",
    "Suppose that {} holds; then the claim is proved.",
    "In the last section we saw {} without a proof.",
)
_ITEMS = ("The first case is {} as above.", "If that fails, try {} again.", "What remains is {} and nothing else.")
_DISPLAYS = ("Putting both together gives", "After one more step we find", "The general rule reads")
_AFTER = ("which is what we wanted.", "and the proof is complete.", "for all large values.")
_DECOYS = (
    'The workbook costs $5 and the solutions cost $10 in the shop, as the seller told us last year.<sup><a href="#fn1"'
    ">1</a></sup>",
    "Pure water, or H<sub>2</sub>O, freezes later than salt water; a bottle of it was sold for $2 or $3 apiece.",
    "It was settled in the 19<sup>th</sup> century, and a first edition brings $400 to $900 today.<sup>[2]</sup>",
)
_CODE = (
    ("def total(values):", "    result = 0", "    for value in values:", "        if value > 0:",
     "            result += value", "    return result"),
    ("while left < right:", "    middle = (left + right) // 2", "    if good(middle):", "        right = middle",
     "    else:", "        left = middle + 1"),
    ("awk '{", "    sum += $1", "    if ($2 > 0)", "        print $2, sum", "}' table.txt"),
)  # fmt: skip


def make_page(row: Row, skeleton: str, seed: int, number: int) -> MatrixPage:
    """Draw one page of a row in one of `SKELETONS`."""
    rng = Random(f"{seed}/{row.name}/{skeleton}/{number}")
    page = _Writer(rng, row)
    remarks = rng.sample(REMARKS, 12)
    page.words("p", " ".join(remarks[:3]))
    for _ in range(2):
        page.statement()
    page.raw(rng.choice(_DECOYS))
    page.structure()
    page.words("p", " ".join(remarks[3:6]))
    for _ in range(2):
        page.statement()
    page.words("p", " ".join(remarks[6:9]))
    if row.kinds != "display":
        page.short()
    page.words("p", " ".join(remarks[9:]))
    head = f'<meta charset="utf-8">\n{row.markup.head}'
    title = rng.choice(("Notes on a small problem", "An inequality and its use", "Two ways to the same end"))
    frame = Frame("sums.example", title, "en", head, "\n".join(page.blocks))
    page.page.html = crowd(rng, SKELETONS[skeleton](rng, frame))
    return page.page


class _Writer:
    """Writes an article block by block, and its truth beside it."""

    def __init__(self, rng: Random, row: Row) -> None:
        self.rng, self.row = rng, row
        self.page = MatrixPage()
        self.blocks: list[str] = []

    def words(self, tag: str, text: str) -> None:
        self.blocks.append(f"<{tag}>{self._say(text)}</{tag}>")

    def raw(self, html: str) -> None:
        """A paragraph that looks like mathematics in places and is none; only its plain words are asked for."""
        self.blocks.append(f"<p>{html}</p>")
        start = html.split("<")[0].replace("$", "")
        self.page.tokens += words_of(start.rsplit(" ", 1)[0])

    def statement(self) -> None:
        """A sentence with a formula in it, or one before a formula on a line of its own."""
        inline = self.row.kinds == "inline" or (self.row.kinds == "both" and self.rng.random() < 0.5)
        if self.row.kinds == "both" and len(self.page.formulas) < 2:
            inline = not self.page.formulas  # at least one of each
        if inline:
            before, after = self.rng.choice(_SENTENCES).split("{}")
            self.blocks.append(f"<p>{self._say(before)}{self._formula(False)}{self._say(after)}</p>")
            return
        before, after = self.rng.choice(_DISPLAYS), self.rng.choice(_AFTER)
        start, formula = self._say(before), self._formula(True)
        if formula.startswith(("<div", "<p", "<table")):
            self.blocks.append(f"<p>{start}</p>\n{formula}\n<p>{self._say(after)}</p>")
        else:
            self.blocks.append(f"<p>{start}\n{formula}\n{self._say(after)}</p>")

    def short(self) -> None:
        """A sentence with the shortest of formulas."""
        before, after = "Write ", " for the number of steps."
        latex = "x_{0}" if self.row.states == "raised" else self.rng.choice(("N", "R", "T"))
        self.blocks.append(f"<p>{self._say(before)}{self._write(latex, False)}{self._say(after)}</p>")

    def structure(self) -> None:
        """List items and a table where formulas stand in lines; code where the row is about it."""
        if self.row.structure == "code":
            lines = self.rng.choice(_CODE)
            self.page.lines += [(line,) for line in lines]
            self.blocks.append(f"<pre><code>{escape(chr(10).join(lines), quote=False)}\n</code></pre>")
        if self.row.kinds != "display":
            self._items()
            self._table()

    def _items(self) -> None:
        done = []
        for item in self.rng.sample(_ITEMS, 3):
            before, after = item.split("{}")
            done.append(f"<li>{self._say(before)}{self._formula(False)}{self._say(after)}</li>")
            if self.row.structure == "list":
                self.page.lines.append((before, self.page.formulas[-1].latex, after))
        self.blocks.append("<ul>\n" + "\n".join(done) + "\n</ul>")

    def _table(self) -> None:
        names = ("Case", "Condition", "Cost of it")
        done = "<tr>" + "".join(f"<th>{self._say(name)}</th>" for name in names) + "</tr>"
        if self.row.structure == "table":
            self.page.lines.append(names)
        for case in self.rng.sample(("smooth", "convex", "bounded", "discrete"), 3):
            cost = self.rng.choice(("rather low", "very high", "about the same"))
            cells = f"<td>{self._say(case)}</td><td>{self._formula(False)}</td><td>{self._say(cost)}</td>"
            done += f"\n<tr>{cells}</tr>"
            if self.row.structure == "table":
                self.page.lines.append((case, self.page.formulas[-1].latex, cost))
        self.blocks.append(f'<table class="wikitable">\n{done}\n</table>')

    def _say(self, text: str) -> str:
        self.page.tokens += words_of(text)
        return escape(text, quote=False)

    def _formula(self, display: bool) -> str:
        """A formula that neither is part of another of this page nor has one as its part."""
        known = ["".join(formula.latex.split()) for formula in self.page.formulas]
        while True:
            latex = draw_formula(self.rng, self.row)
            squeezed = "".join(latex.split())
            if not any(squeezed in other or other in squeezed for other in known):
                return self._write(latex, display)

    def _write(self, latex: str, display: bool) -> str:
        self.page.tokens.append(len(self.page.formulas))
        html = self.row.markup.write(latex, display)
        if self.row.name == "align":
            latex = latex.replace(" = ", " &= ", 1)
        self.page.formulas.append(Expected(latex, display))
        if self.row.name == "layout_table":  # its number stands behind the formula
            self.page.tokens.append(html.rpartition("(")[2].partition(")")[0])
        return html


def words_of(text: str) -> list[str]:
    """The words of a text, in small letters, without anything between them."""
    return "".join(letter if letter.isalnum() else " " for letter in text.lower()).split()


def draw_formula(rng: Random, row: Row) -> str:
    """Draw the LaTeX of a formula that the markup of a row can write."""
    if row.states == "raised":
        return _raised(rng)
    if row.name in ("raw_less", "escaped_less"):
        return f"{_expression(rng, 1)} < {rng.choice(_LETTERS)}_{{{rng.randint(1, 9)}}} + {_expression(rng, 1)}"
    if row.name == "align":
        return f"{_expression(rng, 2)} = {_expression(rng, 2)}"
    return rng.choice((_equation, _equation, _equation, _big, _matrix, _wordy, _limit))(rng)


def _raised(rng: Random) -> str:
    x, y, z = rng.sample(_LETTERS, 3)
    left = rng.choice((f"{x}^{{{rng.randint(2, 9)}}}", f"{x}_{{{rng.randint(1, 9)}}}", f"{x}_{{n}}^{{2}}"))
    relation, sign = rng.choice(("=", "<", r"\le")), rng.choice("+-")
    return f"{left} {sign} {rng.randint(2, 30)}{y}^{{{rng.randint(2, 9)}}} {relation} {z}_{{{rng.randint(1, 9)}}}"


def _equation(rng: Random) -> str:
    return f"{_expression(rng, 2)} {rng.choice(_RELATIONS)} {_expression(rng, 2)}"


def _big(rng: Random) -> str:
    k, n = rng.sample(("i", "j", "k", "m", "n"), 2)
    sign = rng.choice((r"\sum", r"\prod"))
    if rng.random() < 0.3:
        return rf"\int_{{0}}^{{{rng.choice(_GREEK)}}} {_expression(rng, 1)} \, d{rng.choice('xyt')} = {_atom(rng)}"
    return rf"{sign}_{{{k} = 1}}^{{{n}}} {_expression(rng, 1)} = {_expression(rng, 1)}"


def _matrix(rng: Random) -> str:
    rows = r" \\ ".join(" & ".join(_atom(rng) for _ in range(2)) for _ in range(2))
    kind = rng.choice(("pmatrix", "bmatrix"))
    return rf"{rng.choice('ABM')} = \begin{{{kind}}} {rows} \end{{{kind}}} + {_atom(rng)}"


def _wordy(rng: Random) -> str:
    return rf"{_expression(rng, 1)} = {_atom(rng)} \text{{ for all }} {rng.choice(_LETTERS)} > {rng.randint(1, 99)}"


def _limit(rng: Random) -> str:
    x = rng.choice("xyt")
    return rf"\lim_{{{x} \to \infty}} \frac{{{_expression(rng, 1)}}}{{{_atom(rng)}}} = {_expression(rng, 0)}"


def _expression(rng: Random, depth: int) -> str:
    if depth == 0:
        return _atom(rng)
    inner = [_expression(rng, depth - 1) for _ in range(2)]
    shape = rng.choice(("sum", "sum", "fraction", "root", "cube", "power", "function", "binomial"))
    return {
        "sum": f"{inner[0]} {rng.choice('+-')} {inner[1]}",
        "fraction": rf"\frac{{{inner[0]}}}{{{inner[1]}}} + {_atom(rng)}",
        "root": rf"\sqrt{{{inner[0]} + {_atom(rng)}}}",
        "cube": rf"\sqrt[3]{{{inner[0]}}}",
        "power": f"({inner[0]} + {_atom(rng)})^{{{rng.randint(2, 5)}}}",
        "function": rf"\{rng.choice(('sin', 'cos', 'log', 'exp'))}({inner[0]})",
        "binomial": rf"\binom{{{rng.choice('mnpq')}}}{{{rng.choice('ijk')}}} + {inner[0]}",
    }[shape]


def _atom(rng: Random) -> str:
    x = rng.choice(_LETTERS)
    return rng.choice(
        (
            x,
            str(rng.randint(2, 99)),
            rng.choice(_GREEK),
            f"{rng.randint(2, 9)}{x}^{{{rng.randint(2, 9)}}}",
            f"{x}_{{{rng.choice('ijk')}}}",
            f"{x}_{{{rng.randint(1, 9)}}}^{{2}}",
        )
    )
