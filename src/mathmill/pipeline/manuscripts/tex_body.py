r"""The body of a TeX source, its formulas put by, as Markdown-like text.

Sections become headings, lists lists, theorems paragraphs that begin with their name, tables rows of cells; what
only lays out goes. Groups and environments are kept on stacks, not in recursion, and every token is looked at once.
"""

from __future__ import annotations

import re

from mathmill.pipeline.formulas.delimited import Formula
from mathmill.pipeline.manuscripts.held import MARK, Held
from mathmill.pipeline.manuscripts.tex_characters import LETTERS, NAMED, accented, is_accent
from mathmill.pipeline.manuscripts.tex_macros import Groups
from mathmill.pipeline.notation.latex import clean

# Commands whose argument is text, with what stands before and behind it.
_AROUND = {
    "title": ("\n\n# ", "\n\n"),
    "part": ("\n\n# ", "\n\n"),
    "chapter": ("\n\n# ", "\n\n"),
    "section": ("\n\n## ", "\n\n"),
    "subsection": ("\n\n### ", "\n\n"),
    "subsubsection": ("\n\n#### ", "\n\n"),
    "paragraph": ("\n\n", " "),
    "subparagraph": ("\n\n", " "),
    "caption": ("\n\n", "\n\n"),
    "subcaption": ("\n\n", "\n\n"),
    "captionof": ("\n\n", "\n\n"),
    "frametitle": ("\n\n## ", "\n\n"),
    "footnote": (" (", ")"),
    "footnotetext": (" (", ")"),
    "enquote": ("“", "”"),
    "texttt": ("`", "`"),
    "url": ("", ""),
    "nolinkurl": ("", ""),
}
# Commands that go with so many arguments (and options).
_WITH_ONE = """
    label index nocite input include includeonly usepackage documentclass RequirePackage PassOptionsToPackage
    bibliography bibliographystyle printbibliography addbibresource vspace hspace includegraphics pagestyle
    thispagestyle pagenumbering hypersetup author date thanks address email institute affiliation affil keywords
    subjclass curraddr urladdr dedicatory orcid color pagecolor selectlanguage theoremstyle graphicspath
    captionsetup lstset usetikzlibrary geometry newcounter stepcounter refstepcounter newlength newsavebox
    usebox allowdisplaybreaks numberwithin vskip hskip cline cmidrule enlargethispage footnotemark phantom
    hphantom vphantom markright linespread glsentry hyphenation tikz titlespacing
"""
_WITH_TWO = """
    setlength addtolength setcounter addtocounter markboth fontsize newtheorem renewcommand newcommand
    pdfbookmark addcontentsline definecolor rule raisebox hypertarget bookmarksetup sisetup
"""
_GONE = {
    **dict.fromkeys(_WITH_ONE.split(), 1),
    **dict.fromkeys(_WITH_TWO.split(), 2),
    "addcontentsline": 3,
    "definecolor": 3,
    "allowdisplaybreaks": 0,
    "footnotemark": 0,
    "printbibliography": 0,
    "newtheoremstyle": 9,
}
# Commands whose first arguments go, and whose last is text.
_LAST = {"textcolor": 1, "colorbox": 1, "href": 1, "hyperref": 0, "multicolumn": 2, "multirow": 2, "parbox": 1}
_LAST |= {"makebox": 0, "framebox": 0, "scalebox": 1, "resizebox": 2, "texorpdfstring": 0, "hyperlink": 1}
# References, with the space before them.
_REFERENCE_NAMES = """
    cite citep citet citealp citeauthor citeyear parencite textcite autocite footcite ref eqref autoref cref
    Cref pageref nameref vref subref
"""
_REFERENCES = frozenset(_REFERENCE_NAMES.split())
_BREAKS = {"par": "\n\n", "newline": "\n", "linebreak": "\n", "newpage": "\n\n", "clearpage": "\n\n", "item": ""}
_BREAKS |= {"bigskip": "\n\n", "medskip": "\n\n", "smallskip": "\n\n", "hline": "", "tabularnewline": "\n"}
_LISTS = frozenset({"itemize", "enumerate", "description", "compactitem", "compactenum", "inparaenum", "list"})
_TABLES = {"tabular": 1, "tabularx": 2, "tabular*": 2, "tabulary": 2, "longtable": 1, "supertabular": 1}
# Arguments that other environments have.
_ARGUMENTS = {"minipage": 1, "multicols": 1, "wrapfigure": 2, "adjustbox": 1, "list": 2, "thebibliography": 1}
_THEOREM_NAMES = """
    theorem lemma proposition corollary definition remark example exercise problem solution claim conjecture
    axiom question answer note notation observation fact assumption algorithm hypothesis property proof abstract
"""
_THEOREMS = {
    **{name: name.capitalize() for name in _THEOREM_NAMES.split()},
    "thm": "Theorem", "theo": "Theorem", "lem": "Lemma", "lemm": "Lemma", "prop": "Proposition", "cor": "Corollary",
    "coro": "Corollary", "corol": "Corollary", "defn": "Definition", "defi": "Definition", "dfn": "Definition",
    "rem": "Remark", "rmk": "Remark", "ex": "Example", "exa": "Example", "exer": "Exercise", "conj": "Conjecture",
    "obs": "Observation", "prob": "Problem", "sol": "Solution",
}  # fmt: skip
_TOKEN = re.compile(
    rf"\\(?P<name>[A-Za-z@]+)\*?|\\(?P<sign>.)|(?P<brace>[{{}}])|(?P<mark>{MARK.pattern})|\n\s*+|~|---?|``?|''|&",
    re.DOTALL,
)
_CHARACTERS = {"~": " ", "--": "–", "---": "—", "``": "“", "''": "”", "`": "‘", "-": "-"}
_LITERAL = frozenset("%&#_{}")
_ENVIRONMENT = re.compile(r"\s{0,9}\{([^{}\n]{1,40})\}")
_SIZE = re.compile(r"[ ]?(?:[+-]?[0-9.]{1,9}(?:pt|cm|mm|em|ex|in)|\\[a-z]{4,9}skip)(?![A-Za-z])")
_STOP = re.compile(r"\s{0,80}([.,;:])")  # ends the sentence that a display formula ends
_INDENT = "\t"  # in the output until the end; the source's own are blanks
_MOST_INDENTS = 8
_SPACES = re.compile(" {2,}")
_EDGES = re.compile(" ?\n ?")
_BLANK_LINES = re.compile(r"\n{3,}")
_CELLS = " | "


def converted(source: str, held: Held, theorems: dict[str, str]) -> str:
    """The text of a body; what `held` put by stays put by. `theorems`: environments and their titles."""
    text = "".join(_Writer(source.replace("\t", " "), held, {**_THEOREMS, **theorems}).parts())
    text = _EDGES.sub("\n", _SPACES.sub(" ", text))
    return _BLANK_LINES.sub("\n\n", text).strip("\n ").replace(_INDENT, "  ")


class _Writer:
    """One walk over a body's tokens."""

    def __init__(self, source: str, held: Held, theorems: dict[str, str]) -> None:
        self.source, self.held, self.theorems = source, held, theorems
        self.groups = Groups(source)
        self.out: list[str] = []
        self.behind: dict[int, str] = {}  # position of a closing brace -> what is written for it
        self.lists: list[int] = []  # the next number of each open list, 0 where it has none
        self.position = 0
        self.tables = 0

    def parts(self) -> list[str]:
        """The text in pieces."""
        while token := _TOKEN.search(self.source, self.position):
            self.out.append(self.source[self.position : token.start()])
            self.position = token.end()
            if token["name"]:
                self._command(token["name"])
            elif token["sign"]:
                self._sign(token["sign"])
            elif token["mark"]:
                self._mark(token["mark"])
            elif token["brace"]:
                self.out.append(self.behind.pop(token.start(), ""))
            else:
                self._character(token.group())
        self.out.append(self.source[self.position :])
        return self.out

    def _character(self, character: str) -> None:
        if character[0] == "\n":
            self.out.append("\n\n" if character.count("\n") > 1 else " ")
        elif character == "&":
            self.out.append(_CELLS if self.tables else "&")
        else:
            self.out.append(_CHARACTERS[character])

    def _mark(self, mark: str) -> None:
        found = MARK.match(mark)
        block = found is not None and self.held.is_block(found)
        code = found is not None and block and self.held.formula(found) is None
        if block and not code and (stop := _STOP.match(self.source, self.position)):
            mark, self.position = mark + stop[1], stop.end()
        self.out.append(f"\n\n{mark}\n\n" if code else f"\n{mark}\n" if block else mark)

    def _sign(self, sign: str) -> None:
        if sign in _LITERAL:
            self.out.append(sign)
        elif sign == "$":
            self.out.append("\\$")  # a dollar that is money stays apart from those of formulas
        elif sign == "\\":
            option = self.groups.option(self.position)
            self.position = option[1] if option and len(option[0]) < 20 else self.position
            self.out.append("\n")
        elif is_accent(sign):
            self._accent(sign)
        elif sign in ",;: \n":
            self.out.append(" ")

    def _accent(self, command: str) -> None:
        argument = self.groups.argument(self.position)
        letter = accented(command, argument[0]) if argument and len(argument[0]) < 20 else None
        if argument and letter is not None and MARK.search(letter) is None and argument[0][0] not in "\ue000\ue001":
            self.out.append(letter)
            self.position = argument[1]

    def _command(self, name: str) -> None:
        if name in _AROUND:
            self._around(*_AROUND[name], arguments=1 if name == "captionof" else 0)
        elif name in ("begin", "end"):
            self._edge(name == "begin")
        elif name == "item":
            self._item()
        elif name in _GONE:
            self.position = self.groups.skip(self.position, _GONE[name])
            size = _SIZE.match(self.source, self.position) if name.endswith("skip") else None
            self.position = size.end() if size else self.position
        elif name in _REFERENCES:
            self.position = self.groups.skip(self.position, 1)
            self._drop_space()
        elif name in _LAST:
            self.position = self.groups.skip(self.position, _LAST[name])
            if name == "texorpdfstring":
                self._first_of_two()
        elif name in _BREAKS:
            self.out.append(_BREAKS[name])
        elif name in NAMED:
            self.out.append(NAMED[name])
            if name in LETTERS and self.source[self.position : self.position + 1] == " ":
                self.position += 1
        elif is_accent(name):
            self._accent(name)
        elif name == "ensuremath":
            self._ensured()
        else:
            self._unknown()

    def _unknown(self) -> None:
        """A command we know nothing of: it goes, with its options; the text in its braces stays."""
        if self.source[self.position : self.position + 1] == "[":
            self.position = self.groups.skip(self.position, 0)
        elif self.source[self.position : self.position + 1] == " " and self.out and self.out[-1][-1:] in ("", " "):
            self.position += 1

    def _around(self, before: str, behind: str, arguments: int) -> None:
        self.position = self.groups.skip(self.position, arguments)
        span = self.groups.span(self.position)
        if span is None:
            return
        self.out.append(before)
        self.behind[span[1]] = behind
        self.position = span[0]

    def _first_of_two(self) -> None:
        """Two ways to write one thing: the second goes."""
        first = self.groups.span(self.position)
        second = self.groups.span(first[2]) if first else None
        if first and second and second[2] - first[0] < 1_000:
            self.out.append(converted(self.source[first[0] : first[1]].replace("\\texorpdfstring", ""), self.held, {}))
            self.position = second[2]

    def _ensured(self) -> None:
        argument = self.groups.argument(self.position)
        latex = clean(argument[0]).latex if argument else ""
        if argument and latex and "\ue000" not in latex:
            formula = Formula(latex, False, "dollar")
            self.out.append(self.held.put(formula.delimited(), formula))
            self.position = argument[1]

    def _drop_space(self) -> None:
        """The space before a reference goes with it."""
        while self.out and not self.out[-1].rstrip(" "):
            self.out.pop()
        if self.out:
            self.out[-1] = self.out[-1].rstrip(" ")

    def _edge(self, begins: bool) -> None:
        named = _ENVIRONMENT.match(self.source, self.position)
        if named is None:
            return
        self.position, name = named.end(), named[1]
        if name in _TABLES:
            self.tables = max(0, self.tables + (1 if begins else -1))
        if not begins:
            if name in _LISTS and self.lists:
                self.lists.pop()
            self.out.append(" ∎\n\n" if name == "proof" and self.out[-1:] == ["∎"] else "\n\n")
        elif name in _LISTS:
            self.lists.append(1 if "enum" in name else 0)
            self.position = self.groups.skip(self.position, _ARGUMENTS.get(name, 0))
            self.out.append("\n\n" if len(self.lists) == 1 else "")
        elif title := self.theorems.get(name) or self.theorems.get(name.rstrip("*")):
            self._theorem(title)
        else:
            self.position = self.groups.skip(self.position, _TABLES.get(name, _ARGUMENTS.get(name, 0)))
            self.out.append("\n\n")

    def _theorem(self, title: str) -> None:
        option = self.groups.option(self.position)
        self.out.append(f"\n\n{title}")
        if option:
            self.position = option[1]
            self.out.append(f" ({converted(option[0], self.held, {})})" if option[0].strip() else "")
        self.out.append(". ")

    def _item(self) -> None:
        option = self.groups.option(self.position)
        self.position = option[1] if option else self.position
        number = self.lists[-1] if self.lists else 0
        if self.lists and number:
            self.lists[-1] += 1
        indent = _INDENT * min(len(self.lists) - 1, _MOST_INDENTS)
        label = f"{converted(option[0], self.held, {})} " if option and option[0].strip() else ""
        self.out.append(f"\n{indent}{f'{number}. ' if number and not label else '- '}{label}")
