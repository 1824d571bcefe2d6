"""Equations of word processors: Office Math (OMML), as Microsoft Word saves it in a page.

A saved page keeps an equation in a conditional comment that only Word reads, and a picture of it for all others:
`<!--[if gte msEquation 12]><m:oMath>..</m:oMath><![endif]--><![if !msEquation]><img ..><![endif]>`.
`reveal_equations` makes elements of the page out of the comment, before it is parsed; `word_equations` is the family of
these elements, and of those that stand in a page without a comment. What OMML means is the business of `notation.omml`.
"""

from __future__ import annotations

import re
from typing import Any

from mathmill.pipeline.dom.elements import remains_in
from mathmill.pipeline.formulas.delimited import formula
from mathmill.pipeline.formulas.islands import replace
from mathmill.pipeline.formulas.text_runs import TokenFor
from mathmill.pipeline.notation import mathml, omml

_CONDITIONS = ("msEquation", "msequation")
_ELEMENTS = ("m:oMath", "m:omath", "M:OMATH")
# Comments, and the elements in which `<!--` is none; where the closing is missing each goes to the page's end.
_COMMENT = re.compile(
    r"<!--(?P<held>.*?)(?:-->|\Z)|<(?P<raw>script|style|textarea|title|xmp)(?=[\s>]).*?(?:</(?P=raw)|\Z)",
    re.DOTALL | re.IGNORECASE,
)
_FOR_WORD = re.compile(r"\[if\s[^\]<>!]{0,40}msEquation[^\]<>!]{0,40}\]>", re.IGNORECASE)
_END = "<![endif]"
_MATHEMATICS = re.compile(r"<(/?)(?:m:oMath(?:Para)?|(?:[a-z]{1,9}:)?math)(?=[\s>])", re.IGNORECASE)
_FALLBACK = re.compile(r"\s*<!(?:--)?\[if\s?!\s?\(?msEquation\)?\s?\](?:--)?>", re.IGNORECASE)
# Conditions of either kind, as a comment or not: where they begin, and where they end.
_CONDITION = re.compile(r"<!(?:--)?(?:<!)?\[(?:(?P<opens>if\s[^\]<>]{0,100})|endif)\](?:--)?>", re.IGNORECASE)


def reveal_equations(html: str) -> str:
    """`html` with the equations that conditional comments hold as elements, each without the picture that follows.

    Comments that hold no whole equation stay, and so do pictures whose end is not told. Time is linear in the page.
    """
    if not any(name in html for name in _CONDITIONS):
        return html
    kept: list[str] = []
    at = 0
    while (comment := _COMMENT.search(html, at)) is not None:
        equation = _equation(comment["held"] or "")
        kept.append(html[at : comment.start() if equation else comment.end()])
        kept.append(equation)
        at = _behind_fallback(html, comment.end()) if equation else comment.end()
    kept.append(html[at:])
    return "".join(kept)


def word_equations(tree: Any, page: str, token_for: TokenFor) -> None:
    """`<m:oMathPara>` and `<m:oMath>`: what a word processor left of its equations."""
    if not any(name in page for name in _ELEMENTS):
        return
    for element in list(tree.iter("m:omathpara", "m:omath")):
        if not remains_in(tree, element):  # one that is read with the paragraph around it
            continue
        math = omml.to_mathml(element)
        display = math.get("display") == "block"
        found = formula(mathml.to_latex(math), display, "omml", mathml.label(math))
        if found is not None:
            replace(element, token_for(found, element.getparent()), found.display)
        else:
            element.clear(keep_tail=True)


def _equation(held: str) -> str:
    """The elements that a comment holds for Word; '' where it holds no equation, or half of one."""
    condition = _FOR_WORD.match(held)
    if condition is None or not held.endswith(_END):
        return ""
    ends = [match[1] == "/" for match in _MATHEMATICS.finditer(held)]
    return held[condition.end() : -len(_END)] if ends and 2 * sum(ends) == len(ends) else ""


def _behind_fallback(html: str, at: int) -> int:
    """Where the page goes on behind the picture of an equation that ends at `at`."""
    fallback = _FALLBACK.match(html, at)
    if fallback is None:
        return at
    depth = 1
    for condition in _CONDITION.finditer(html, fallback.end()):
        opens = condition["opens"]
        if opens and _CONDITIONS[1] in opens.lower():  # the next equation: these never stand in one another
            return at
        depth += 1 if opens else -1
        if not depth:
            return condition.end()
    return at
