"""What pages lay equations out with, as `equations` and `tables` read it: text of elements, numbers, classes."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from mathmill.pipeline.dom.elements import walk
from mathmill.pipeline.notation.latex_numbers import shown

_DIGITS = r"(?:[A-Z]{1,2}[.\-]?)?\d{1,4}(?:[.\-–:]\d{1,4}){0,4}\s?[a-z]?['′*]{0,3}"
_EQ = r"(?:Eq(?:uation|n)?\.?\s*)?"
_STARS = r"[*⋆†‡§#]{1,3}"
_ROMAN, _LETTERS = r"[ivxIVX]{1,5}", r"[A-Za-z]['′]?"
# A number as pages show it: in a cell of its own, behind a formula, or bare where the page says that it is one.
# Letters alone are the choices of a question, unless the page says that they are a number.
_NUMBER = re.compile(rf"\(\s*{_EQ}(?:{_DIGITS}|{_STARS}|{_ROMAN})\s*\)|\[\s*{_DIGITS}\s*\]")
_BARE_NUMBER = re.compile(rf"{_NUMBER.pattern}|\(\s*(?:{_LETTERS})\s*\)|{_EQ}{_DIGITS}")
_BESIDE = rf"(\(\s*{_EQ}(?:{_DIGITS}|{_STARS})\s*\)|\[\s*{_DIGITS}\s*\])"
_NUMBER_LAST = re.compile(rf"(?:\A|(?<=[\s.,;…])){_BESIDE}\Z")
_NUMBER_FIRST = re.compile(rf"\A{_BESIDE}(?=\s|\Z)")
_NUMBER_CLOSE = re.compile(rf"\A{_BESIDE}")
# The heading of an equation, as DocBook and AsciiDoc have it.
_HEADING_LAST = re.compile(rf"(?:\A|(?<=\s))(Equation\s{_DIGITS})[.:]?\Z")
_HEADING_FIRST = re.compile(rf"\A(Equation\s{_DIGITS})[.:]?(?=\s|\Z)")
# Dots that lead the eye to the number.
_LEADERS = re.compile(r"[\s.…·]{0,80}(?:…|\.{4}|·{3})[\s.…·]{0,80}\Z")
_SEVERAL = re.compile(rf"(?:{_NUMBER.pattern})(?:[\s,]*(?:{_NUMBER.pattern})){{1,7}}")
_PERMALINKS = " ¶§#\u200b\uf0c1\ue157"
# Classes of elements that hold an equation, and of those that hold its number.
EQUATION_CLASS = re.compile(
    r"(?:ltx_)?(?:eqn?_?(?:table|row|block)?|equation(?:group|array|-array|-star|-wrapper|-container|-contents)?)"
    r"|align(?:ed|-star)?|gather(?:-star)?|multline(?:-star)?|eqnarray(?:-star)?|math-?display|display-?(?:math|equation|formula)"
    r"|(?:html-)?disp-formula(?:-info|-group)?|displayed-?equation|numblk|math-?(?:block|equation)|formula|informal-?equation"
    r"|stemblock|ql-(?:center|left|right)-displayed-equation|(?:c-)?article-equation|maruku-equation",
    re.IGNORECASE,
)
_NUMBER_CLASS = re.compile(
    r"(?:ltx_|maruku-)?(?:eqn?-?_?(?:no|num|nr|number|tag)|tag_equation|eqn_eqno|equation-?_?(?:number|label|num|no|tag)|eqnumber)"
    r"|ql-(?:left|right)-eqno|eqnos-number|(?:c-)?article-equation__number",
    re.IGNORECASE,
)
_TO_THE_RIGHT = re.compile(r"(?:float|text-align)\s?:\s?right|\bright\s?:\s?0", re.IGNORECASE)
_PERMALINK_CLASSES = frozenset({"headerlink", "anchor-link", "permalink"})
# Elements around which text is apart although it has no blank.
_APART = frozenset({"br", "dd", "div", "p", "td", "th"})
_UNSEEN = frozenset({"script", "style", "template", "svg", "math", "noscript"})
WORD = re.compile(r"[^\W\d_]{2,}")
_RELATION = re.compile(r"[=<>≤≥≈≡∼~→⇒⇔:≔∈⊂⊆+−-]{1,3}")
# The same as a formula of its own, space apart; signs of sums are not among them, since tables align these too.
_RELATION_LATEX = re.compile(
    r"(?:\\(?:[lg](?:eq?|t|eqslant)|neq?|approx|sim|simeq|cong|equiv|to|in|subset|subseteq|(?:long)?rightarrow|Rightarrow"
    r"|Leftrightarrow|iff|implies|propto|mapsto|coloneqq)|[=<>≤≥≈≡:]){1,3}"
)
_SPACE_LATEX = re.compile(r"\\q?quad(?![A-Za-z])|\\[,;:!> ]|\{\}|\s")
# How much of an element is looked at: beginnings and ends of elements inside, characters.
MOST_STEPS, MOST_CHARS = 300, 600
# Characters of a number, with what brackets it, of an element's classes and style, and of a relation's LaTeX.
MOST_NUMBER, MOST_CLASSES, MOST_RELATION = 40, 200, 30


@dataclass(frozen=True, slots=True)
class Row:
    """What one row or block shows: its text without the number, its placeholders in order, its number or ''."""

    text: str
    tokens: tuple[str, ...]
    number: str
    cells: int = 1  # that show anything beside the number
    formula_cells: int = 1
    related: bool = False  # whether a cell is a sign such as `=`, with another behind it


@dataclass(frozen=True, slots=True)
class Formulas:
    """The placeholders of a page: what they look like, which stand for a relation alone, which for a number."""

    token: re.Pattern[str]
    relations: frozenset[str]
    numbers: Mapping[str, str]

    @classmethod
    def of(cls, token: re.Pattern[str], tokens: Sequence[str], latex_of: Callable[[str], str] | None) -> Formulas:
        """What `latex_of` tells of these placeholders."""
        relations: set[str] = set()
        numbers: dict[str, str] = {}
        for name in tokens if latex_of else ():
            latex = latex_of(name) if latex_of else ""
            if len(latex) > MOST_RELATION or not latex:
                continue
            if _RELATION_LATEX.fullmatch(_SPACE_LATEX.sub("", latex)):
                relations.add(name)
            elif latex[0] in "(\\" and (number := shown(latex))[:1] == "(" and _NUMBER.fullmatch(number):
                numbers[name] = number
        return cls(token, frozenset(relations), numbers)

    def number(self, text: str, bare: bool) -> str:
        """The number that a text is, as the page shows it; '' where it is none."""
        text = text.rstrip(_PERMALINKS)
        if text in self.numbers:
            return self.numbers[text]
        return text if (_BARE_NUMBER if bare else _NUMBER).fullmatch(text) else ""

    def without_number(self, text: str, leading: bool) -> tuple[str, str]:
        """A text without the number at its end, or with `leading` at its beginning, and that number or ''."""
        text = text.rstrip(_PERMALINKS)
        end = text[-MOST_NUMBER:]
        if match := _NUMBER_LAST.search(end) or (leading and _HEADING_LAST.search(end)):
            return _LEADERS.sub("", text[: len(text) - len(end) + match.start()]).rstrip(), match.group(1)
        if not leading:
            return text, ""
        match = _NUMBER_FIRST.match(text) or _HEADING_FIRST.match(text) or _NUMBER_CLOSE.match(text)
        if match and (match.re is not _NUMBER_CLOSE or self.token.match(text, match.end())):
            return text[match.end() :].lstrip(), match.group(1)
        return text, ""

    def is_relation(self, text: str) -> bool:
        """Whether a text is a sign such as `=` and nothing else."""
        return text in self.relations or _RELATION.fullmatch(text) is not None


def several_numbers(text: str) -> str:
    """Numbers side by side, `(1)(2)`, with commas between them; '' where a text is anything else."""
    if not _SEVERAL.fullmatch(text):
        return ""
    return ", ".join(match.group() for match in _NUMBER.finditer(text))


def without_permalinks(text: str) -> str:
    """A text without the signs at its end that link to it."""
    return text.rstrip(_PERMALINKS)


def says_number(element: Any) -> bool:
    """Whether an element's class says that it holds an equation's number."""
    return has_class(element, _NUMBER_CLASS)


def is_at_the_right(element: Any) -> bool:
    """Whether an element's own attributes put it at the right edge."""
    style = (element.get("style") or "")[:MOST_CLASSES]
    return (element.get("align") or "").lower() == "right" or _TO_THE_RIGHT.search(style) is not None


def has_class(element: Any, pattern: re.Pattern[str]) -> bool:
    """Whether one of an element's classes is of this form."""
    classes = element.get("class")
    return bool(classes) and len(classes) <= MOST_CLASSES and _fits(pattern, classes)


@lru_cache(4096)
def _fits(pattern: re.Pattern[str], classes: str) -> bool:
    return any(map(pattern.fullmatch, classes.split()))


def text_of(element: Any, without: Any | None = None) -> str | None:
    """An element's visible text on one line, without that of one element inside; None where it is long."""
    parts: list[str] = []
    steps = length = 0
    nodes = walk(element)
    for event, node in nodes:
        if event == "start":
            if node.tag in _UNSEEN or node is without or _is_permalink(node):
                nodes.skip_subtree()
                continue
            piece = node.text
        else:
            piece = node.tail if node is not element else None
        if node is not element and _is_apart(node):
            parts.append(" ")
        if piece:
            parts.append(piece)
            length += len(piece.strip())
        steps += 1
        if steps > MOST_STEPS or length > MOST_CHARS:
            return None
    return " ".join("".join(parts).split())


def _is_apart(element: Any) -> bool:
    style = element.get("style") or ""
    if element.tag in _APART or "float" in style or "absolute" in style:
        return True
    return element.getparent() is not None and "flex" in (element.getparent().get("style") or "")


def _is_permalink(element: Any) -> bool:
    return element.tag == "a" and bool(_PERMALINK_CLASSES & set((element.get("class") or "").split()))
