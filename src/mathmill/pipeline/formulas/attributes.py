"""Formulas that a page holds in attributes: what its script or editor renders from, or rendered.

The notations are TeX (`data-latex`, `data-tex`), MathML and AsciiMath (`data-mathml`, `data-asciimath`), and JSON
around TeX (Substack). Families of sources, as `elements` lists them; attributes of images are `images`' business.
"""

from __future__ import annotations

import re
from itertools import islice
from typing import Any

import orjson

from mathmill.pipeline.dom.elements import classes, remains_in
from mathmill.pipeline.dom.parse import forbidden_replaced
from mathmill.pipeline.formulas.delimited import Formula, formula
from mathmill.pipeline.formulas.islands import is_displayed, outermost, replace
from mathmill.pipeline.formulas.lookups import classed, having
from mathmill.pipeline.formulas.named import MOST_CHARS, without_delimiters
from mathmill.pipeline.formulas.plausible import is_strong
from mathmill.pipeline.formulas.text_runs import TokenFor
from mathmill.pipeline.notation import asciimath, mathml

# Attributes that hold a formula's TeX; the vague ones are believed where a class or tag says mathematics.
_TEX_ATTRIBUTES = (
    *("data-latex", "data-tex", "data-expr", "data-katex", "data-latex-source", "data-original-latex"),
    *("data-tex-source", "data-math", "data-formula", "data-equation", "data-value"),
)
_VAGUE = frozenset({"data-value", "data-math", "data-formula", "data-equation"})
_MARKUP_ATTRIBUTES = ("data-mathml", "data-mml", "data-asciimath")
_SAYS_MATHEMATICS = re.compile(r"math|\btex|latex|formula|equation", re.IGNORECASE)
_ATTRIBUTE = re.compile(
    rf"(?:{'|'.join(sorted((*_TEX_ATTRIBUTES, *_MARKUP_ATTRIBUTES), key=len, reverse=True))})(?=\s{{0,9}}=)"
)
_NO_FORMULA = frozenset({"true", "false", "none", "null", "inline", "block", "display", "yes", "no"})
_SUBSTACK = frozenset({"latex-rendered"})
# How Wiris writes MathML into attributes.
_WIRIS = str.maketrans({"«": "<", "»": ">", "¨": '"', "§": "&", "`": "'"})
# An element shows little more than the formula in its attribute: so many characters for each of its own, and so many.
SHOWN_TIMES, SHOWN_CHARS = 8, 300


def tex_attributes(tree: Any, page: str, token_for: TokenFor) -> None:
    """`data-latex="x"` and its kin: what the page's script or editor rendered from."""
    for element in _with_attributes(tree, page, _TEX_ATTRIBUTES):
        found = _attribute_formula(element)
        if found is not None and remains_in(tree, element) and _shows_one(element, found):
            replace(element, token_for(found, element.getparent()), found.display)


def json_attributes(tree: Any, page: str, token_for: TokenFor) -> None:
    """`<div class="latex-rendered" data-attrs="{..}">`, Substack's block, whose JSON holds the TeX."""
    if "latex-rendered" not in page:
        return
    for element in classed(tree, _SUBSTACK):
        latex = _persistent_expression(element.get("data-attrs") or "")
        found = formula(latex, True, "data_attrs") if latex else None
        if found is not None and remains_in(tree, element) and _shows_one(element, found):
            replace(element, token_for(found, element.getparent()), found.display)


def markup_attributes(tree: Any, page: str, token_for: TokenFor) -> None:
    """`data-mathml` of glyphs that MathJax 2 drew, `data-asciimath`: attributes with another notation than TeX."""
    # What stands around each is looked at before any is replaced.
    for element, whole, met in [(e, *outermost(e)) for e in _with_attributes(tree, page, _MARKUP_ATTRIBUTES)]:
        display = "display" in met or is_displayed(element)
        name = next(name for name in _MARKUP_ATTRIBUTES if element.get(name))
        latex, number = converted(element.get(name), name != "data-asciimath")
        found = formula(latex, display, name.replace("-", "_"), number)
        if found is not None and remains_in(tree, element) and whole.getparent() is not None:
            replace(whole, token_for(found, whole.getparent()), display)


def converted(text: str, is_mathml: bool) -> tuple[str, str]:
    """LaTeX and number of MathML or AsciiMath that a page gives as text."""
    if not is_mathml:
        return asciimath.to_latex(text[:MOST_CHARS].strip().strip("`")), ""
    math = mathml.read(text.translate(_WIRIS) if "«" in text else text)
    return (mathml.to_latex(math), mathml.label(math)) if math is not None else ("", "")


def _with_attributes(tree: Any, page: str, names: tuple[str, ...]) -> list[Any]:
    met = set(_ATTRIBUTE.findall(page))
    there = tuple(name for name in names if name in met)
    return list(having(there)(tree)) if there else []


def _attribute_formula(element: Any) -> Formula | None:
    name = next((name for name in _TEX_ATTRIBUTES if element.get(name)), None)
    if name is None:
        return None
    value = element.get(name)[:MOST_CHARS].strip()
    if value.lower() in _NO_FORMULA or "://" in value:
        return None
    if name in _VAGUE and not (is_strong(value) or _SAYS_MATHEMATICS.search(f"{element.tag} {element.get('class')}")):
        return None
    latex, display = without_delimiters(value)
    if latex.endswith("\\\\") and "ztext-math" in classes(element):  # Zhihu's way of saying display
        latex, display = latex[:-2].rstrip(), True
    return formula(latex, display or is_displayed(element) or element.tag in ("div", "p"), name.replace("-", "_"))


def _persistent_expression(attributes: str) -> str:
    """The TeX in Substack's JSON; nothing where it is too long, or no such JSON."""
    if len(attributes) > 2 * MOST_CHARS:
        return ""
    try:
        found = orjson.loads(attributes)
    except orjson.JSONDecodeError:
        return ""
    expression = found.get("persistentExpression") if isinstance(found, dict) else None
    return forbidden_replaced(expression[:MOST_CHARS]) if isinstance(expression, str) else ""


def _shows_one(element: Any, found: Formula) -> bool:
    """Whether an element shows the formula in its attribute, and is no container that merely has such an attribute."""
    if len(element.text_content()) > SHOWN_TIMES * len(found.latex) + SHOWN_CHARS:
        return len(list(islice(element.iter("math"), 2))) == 1 or len(list(islice(element.iter("svg"), 2))) == 1
    return len(list(islice(element.iter("math"), 2))) < 2
