r"""Elements whose class says that they are one formula in HTML: `<span class="texhtml"><i>x</i> = 2</span>`.

MediaWiki writes `texhtml`, pandoc `math inline` and `math display`, LaTeX2HTML `MATH`, docutils `formula`. The whole
element is the formula, with scripts or without, as far as all of it reads as one (`atoms`); what does not is
left to `raised`. Elements of these classes that hold TeX or MathML are `elements`' business, which comes before.

`texhtml` vouches for whatever it holds; the others must hold markup that only mathematics has: letters in italics or
scripts. Elements around a formula that MediaWiki's templates place (`sfrac`, roots, stacked scripts) are read as what
they show. Each element looks at `MOST_ELEMENTS` others at most, so time is linear in the page.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from copy import deepcopy
from itertools import islice
from typing import Any

from mathmill.pipeline.dom.elements import etree, has_one_child, remove
from mathmill.pipeline.formulas.delimited import Formula
from mathmill.pipeline.formulas.islands import replace, stands_alone
from mathmill.pipeline.formulas.raised.atoms import Atom, is_sound, read, to_latex
from mathmill.pipeline.formulas.raised.doubts import is_doubtful, is_science
from mathmill.pipeline.formulas.text_runs import TokenFor

SUP_SUB = "sup_sub"  # the source's name
TEXHTML = "texhtml"
MOST_ELEMENTS, MOST_CHARS = 200, 1_000  # in one formula
MOST_WORD, MOST_WORDS = 12, 2  # letters of a word that stands for an operator, and such words in one formula
_NAMED = frozenset({TEXHTML, "math", "MATH", "formula"})
# How a class stands in the source: first or last.
_WRITTEN = ('="{}', ' {}"', "='{}")
_IN_SOURCE = (TEXHTML, *(written.format(name) for name in ("math", "MATH", "formula") for written in _WRITTEN))
_TAGS = frozenset({"b", "big", "em", "i", "span", "var"})
# XPath is asked for what may be one, since it is faster than Python at that.
_CANDIDATES = f"descendant::*[@class][{' or '.join(f'contains(@class, {name!r})' for name in sorted(_NAMED))}]"
MOST_CLASS = 200  # characters of a `class` that are read
_PROSE = frozenset(["and", "as", "else", "for", "if", "in", "is", "of", "on", "or", "otherwise", "then", "to", "when",
                    "where", "with"])  # fmt: skip
_SLASHES = frozenset("/⁄∕")
_SINGLE = re.compile(r"\s*(?:[^\W_]|\d+)\s*")


def may_be_stacked(page: str) -> bool:
    """A cheap test of a page's source for elements that `protect_stacked` reads."""
    return "intbl" in page


def may_be_named(page: str) -> bool:
    """A cheap test of a page's source for elements that `protect_named` reads."""
    return any(written in page for written in _IN_SOURCE)


def protect_named(tree: Any, token_for: TokenFor, token: re.Pattern[str]) -> None:
    """Replace elements that are formulas by what `token_for(formula, holder)` gives; `tree` is changed.

    `token` matches the placeholders of formulas that other sources have taken.
    """
    inside: set[Any] = set()
    for element in _named(tree):
        if element in inside or element.getparent() is None:
            continue
        latex, stop = _latex(element, token)
        if latex:
            inside.update(element.iter())
            element.tail = stop + (element.tail or "")
            display = _is_displayed(element)
            replace(element, token_for(Formula(latex, display, SUP_SUB), element.getparent()), display)


def protect_stacked(tree: Any, token_for: TokenFor, token: re.Pattern[str]) -> None:
    """Replace `<span class="intbl"><em>1</em><strong>2</strong></span>` (Maths is Fun) likewise."""
    for element in tree.xpath("descendant::span[@class='intbl'][count(*) = 2][em and strong]"):
        over, under = (_part(child, token) for child in element)
        if over and under:
            formula = Formula(rf"\frac{{{over}}}{{{under}}}", stands_alone(element), SUP_SUB)
            replace(element, token_for(formula, element.getparent()), formula.display)
        else:  # words above words
            element[0].tail = "/"


def _part(element: Any, token: re.Pattern[str]) -> str:
    """The LaTeX of all that an element holds, empty if that is no formula."""
    holder = etree().Element("div")
    holder.append(deepcopy(element))
    holder[0].tag, holder[0].tail = "span", None
    atoms = read(holder, token).atoms
    if not atoms or any(atom.kind in ("break", "money") for atom in atoms) or not is_sound(atoms):
        return ""
    return to_latex(atoms)


def _named(tree: Any) -> Iterator[Any]:
    """The elements that a class calls formulas, in reading order."""
    for element in tree.xpath(_CANDIDATES):
        if element.tag in _TAGS and not _NAMED.isdisjoint(element.get("class")[:MOST_CLASS].split()):
            yield element


def _latex(element: Any, token: re.Pattern[str]) -> tuple[str, str]:
    """The LaTeX of all that an element holds, empty if that is no formula, and the full stop behind it."""
    if len(list(islice(element.iter(), MOST_ELEMENTS + 1))) > MOST_ELEMENTS:
        return "", ""
    if sum(map(len, islice(element.itertext(), 2 * MOST_ELEMENTS))) > MOST_CHARS:
        return "", ""
    holder = _straightened(element)
    atoms = read(holder, token).atoms
    stop = ""
    if atoms and atoms[-1].kind == "break" and "".join(holder.itertext()).rstrip().endswith("."):
        atoms.pop()
        stop = "."
    vouched = TEXHTML in element.get("class")[:MOST_CLASS].split()
    if vouched:
        _name_operators(atoms)
    if not atoms or any(atom.kind in ("break", "money") for atom in atoms) or not is_sound(atoms) or is_science(atoms):
        return "", ""
    tells = any(atom.kind == "script" or (atom.italic and not atom.upright_greek) for atom in atoms)
    return (to_latex(atoms), stop) if vouched or (tells and not is_doubtful(atoms)) else ("", "")


def _straightened(element: Any) -> Any:
    """A copy of an element, in another, without what templates need to place fractions, roots and scripts."""
    copy = deepcopy(element)
    copy.tail = None
    holder = etree().Element("div")
    holder.append(copy)
    for inner in list(copy.iter("a", "abbr", "br", "span")):
        text = (inner.text or "").strip()
        if inner.tag == "br":
            remove(inner)
        elif inner.tag != "span":
            inner.tag = "span"
        elif text in _SLASHES and not len(inner):
            inner.text = "/"
            for side in (inner.getprevious(), inner.getnext()):
                _bracket(side)
        elif _text_before(inner).endswith("√"):
            _bracket(inner)
    return holder


def _text_before(element: Any) -> str:
    """What stands right before an element, within the same parent."""
    before = element.getprevious()
    text = before.tail if before is not None else element.getparent().text
    return str(text or "").rstrip()


def _bracket(element: Any | None) -> None:
    """Brackets around what an element holds, unless it is one letter or number."""
    if element is None or _SINGLE.fullmatch("".join(element.itertext())):
        return
    element.text = f"({element.text or ''}"
    if len(element):
        element[-1].tail = f"{element[-1].tail or ''})"
    else:
        element.text += ")"


def _name_operators(atoms: list[Atom]) -> None:
    """Let words stand for operators: `Aut(G)`, `SL(2, R)`; not where there is nothing else, or many."""
    words = [atom for atom in atoms if atom.kind == "break"]
    if len(words) == len(atoms) or len(words) > MOST_WORDS:
        return
    for word in words:
        if 1 < len(word.latex) <= MOST_WORD and word.latex.isalpha() and word.latex not in _PROSE:
            word.kind, word.latex = "func", rf"\operatorname{{{word.latex}}}"


def _is_displayed(element: Any) -> bool:
    """Whether a formula stands on a line of its own: MediaWiki sets such a line as the definition of nothing."""
    if "display" in element.get("class")[:MOST_CLASS].split() or stands_alone(element):
        return True
    parent = element.getparent()
    alone = parent.tag == "dd" and has_one_child(parent) and not (parent.text or "").strip()
    return alone and not (element.tail or "").strip(" \t\r\n.,;:")
