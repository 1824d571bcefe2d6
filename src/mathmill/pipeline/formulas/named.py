"""Elements whose tag, class or language says that their text is TeX: `<d-math>`, `<code class="math">`.

Few names prove it: the sure ones are those that one program writes around formulas and nothing else. Under any
other name the text has to be what can hardly be anything but TeX, or stand beside several that are. Delimited text is
`text_runs`' business, unless it would skip it.
"""

from __future__ import annotations

import re
from itertools import islice
from typing import Any

from mathmill.pipeline.dom.elements import INLINE, classes, has_one_child, remains_in
from mathmill.pipeline.formulas.delimited import ASCIIMATH, Formula, formula
from mathmill.pipeline.formulas.islands import is_displayed, replace, stands_alone
from mathmill.pipeline.formulas.lookups import classed, code_text, having, holds_only, own_text
from mathmill.pipeline.formulas.plausible import is_strong, looks_like_asciimath, looks_like_tex
from mathmill.pipeline.formulas.text_runs import TokenFor
from mathmill.pipeline.notation import asciimath

# Elements that hold TeX as their text; the sure ones hold nothing else.
_TEX_TAGS = (
    *("d-math", "dt-math", "embed-katex", "math-renderer", "tex-math"),
    *("eq", "eqn", "la-tex", "math-tex", "tex", "x-latex", "x-tex"),
)
_SURE_TAGS = frozenset({"d-math", "dt-math", "embed-katex", "math-renderer", "tex-math"})
_SURE_CLASSES = frozenset([
    "katex-block", "katex-eq", "katex-error", "katex-inline", "mathquill-embedded-latex", "mathquill-rendered-math",
    "reqn", "wp-katex-eq",
])  # fmt: skip
_TEX_CLASSES = _SURE_CLASSES | frozenset([
    "Equation", "InlineEquation", "display-math", "displaymath", "equation", "formula", "inline-math", "inlinemath",
    "jax", "js-render-math", "katex-src", "language-math", "latex", "math", "math-block", "math-display",
    "math-inline", "math-tex", "mathjax", "maths", "tex", "tex2jax_process",
])  # fmt: skip
_TEX_CLASSED = frozenset({"code", "div", "p", "pre", "span"})
_MATHQUILL = frozenset({"mathquill-embedded-latex", "mathquill-rendered-math"})
_CODE_TAGS = frozenset({"code", "pre"})
# What says that code is written in the language of mathematics.
_LANGUAGE = re.compile(r"data-math-style|lang\s{0,9}=\s{0,9}[\"']?math\b")
_LANGUAGE_TAGS = frozenset({"code", "div", "pre"})
_STYLES = frozenset({"display", "inline"})
# Elements that hold nothing but an element of TeX.
_WRAPPERS = frozenset({"embed-katex", "eq", "eqn", "pre"})
_DELIMITED = re.compile(
    r"\s*(?:\$\$(?P<dollars>.+)\$\$|\\\[(?P<bracket>.+)\\\]|\$`(?P<ticks>[^$]+)`\$|\$(?P<dollar>[^$]+)\$|\\\((?P<paren>.+)\\\))\s*",
    re.DOTALL,
)
_DOCUMENT = re.compile(r"\\begin\{document\}(.*?)(?:\\end\{document\}|\Z)", re.DOTALL)
# Single letters, figures and marks: no word in it.
_NO_WORD = re.compile(r"[^A-Za-z]{0,80}(?:[A-Za-z][^A-Za-z]{1,80}){0,40}[A-Za-z]?")
# What an element around `tex-math` says of the formula's place.
_PLACES = {"inline-formula": False, "disp-formula": True}
_NEAR = 4  # elements around `tex-math` that are asked
_MOST_HELD = 3  # elements around one that may hold the same formula
MOST_CHARS = 20_000  # of one formula
# Formulas in elements of these classes that can only be TeX, from which on the others need not look like it.
LEAST_SURE = 2


def named_elements(tree: Any, page: str, token_for: TokenFor) -> None:
    """Elements whose tag, class or language says that their text is TeX: `<d-math>`, `<code class="reqn">`."""
    taken: dict[Any, Formula] = {}
    for element in _named(tree, page):
        # One formula may be named several times: the block, the code in it.
        held = element in taken or any(around in taken for around in islice(element.iterancestors(), _MOST_HELD))
        if not held and (made := text_formula(element)) is not None:
            taken[element] = made
    sure = sum(is_strong(made.latex) for made in taken.values())
    for element, made in taken.items():
        believed = _is_vouched(element, made) or (sure >= LEAST_SURE and looks_like_tex(made.latex))
        whole = _whole(element)
        if believed and remains_in(tree, element) and whole.getparent() is not None:
            replace(whole, token_for(made, whole.getparent()), made.display)


def asciimath_elements(tree: Any, page: str, token_for: TokenFor) -> None:
    """`<span class="asciimath">`, Discourse's, that holds nothing but AsciiMath."""
    if "asciimath" not in page:
        return
    for element in classed(tree, frozenset({"asciimath"})):
        text = (own_text(element) or "").strip().strip("`") if element.tag in ("div", "span") else ""
        if not text or not looks_like_asciimath(text) or not remains_in(tree, element):
            continue
        display = element.tag == "div" or is_displayed(element)
        found = formula(asciimath.to_latex(text), display, ASCIIMATH)
        if found is not None and element.getparent() is not None:
            replace(element, token_for(found, element.getparent()), found.display)


def text_formula(element: Any) -> Formula | None:
    """The formula that is an element's whole text; None for delimited text that `text_runs` sees."""
    names = classes(element)
    text = _source(element, names)
    if text is None or not text.strip() or len(text) > MOST_CHARS or element.getparent() is None:
        return None
    in_code = element.tag in _CODE_TAGS or _is_language(element) or not _SURE_CLASSES.isdisjoint(names)
    if document := _DOCUMENT.search(text):
        text = document[1]
    latex, display = without_delimiters(text)
    if latex != text.strip() and not (in_code or element.tag in _TEX_TAGS):
        return None
    place = _place(element) if element.tag == "tex-math" else None
    return formula(latex, place if place is not None else display or _is_block(element, names), "element")


def without_delimiters(text: str) -> tuple[str, bool]:
    """A formula without the delimiters around the whole of it, and whether these are of displayed ones."""
    match = _DELIMITED.fullmatch(text)
    if match is None or match.lastgroup is None:
        return text.strip(), False
    inner = match[match.lastgroup]
    if match.lastgroup != "dollar" and any(mark in inner for mark in ("$$", "\\]", "\\)")):  # several, side by side
        return text.strip(), False
    return inner.strip(), match.lastgroup in ("dollars", "bracket")


def _named(tree: Any, page: str) -> list[Any]:
    tags = [tag for tag in _TEX_TAGS if f"<{tag}" in page]
    named = list(tree.iter(*tags)) if tags else []
    if _LANGUAGE.search(page):
        said = having(("data-math-style", "data-lang", "lang"))(tree)
        named += [e for e in said if _is_language(e) and not _is_held(e)]
    of_class = classed(tree, _TEX_CLASSES)
    # Docutils' literal is `tt.math`; with other classes `tt` holds code about TeX.
    return named + [e for e in of_class if e.tag in _TEX_CLASSED or (e.tag == "tt" and "math" in classes(e))]


def _is_language(element: Any) -> bool:
    """Whether an attribute says that an element's text is in the language of mathematics, as fences of Markdown do."""
    if element.get("data-math-style") in _STYLES:
        return element.tag in _TEX_CLASSED
    return element.tag in _LANGUAGE_TAGS and "math" in (element.get("data-lang"), element.get("lang"))


def _is_held(element: Any) -> bool:
    """Whether an element is a part of code that is in the language of mathematics as a whole."""
    return any(_is_language(around) for around in islice(element.iterancestors(), _MOST_HELD))


def _is_vouched(element: Any, made: Formula) -> bool:
    """Whether an element holds a formula for sure, whatever else the page holds."""
    if element.tag in _SURE_TAGS or is_strong(made.latex):
        return True
    if not _is_language(element) and _SURE_CLASSES.isdisjoint(classes(element)):
        return False
    return looks_like_tex(made.latex) or _NO_WORD.fullmatch(made.latex) is not None


def _source(element: Any, names: set[str]) -> str | None:
    """The text of an element that may be TeX; None where it holds other elements."""
    first = next(iter(element), None)
    if first is not None and not _MATHQUILL.isdisjoint(names) and "selectable" in classes(first):
        return own_text(first)
    if _is_language(element) or (first is not None and first.tag == "pre" and "katex-eq" in names):
        return code_text(element)
    return own_text(element)


def _whole(element: Any) -> Any:
    """The outermost element that holds nothing but this one and says no more than it."""
    parent = element.getparent()
    while parent is not None and parent.tag in _WRAPPERS and has_one_child(parent):
        if parent.tag != "pre" and not holds_only(parent, 1):
            break
        element, parent = parent, parent.getparent()
    return element


def _is_block(element: Any, names: set[str]) -> bool:
    """Whether an element's formula stands on a line of its own."""
    parent = element.getparent()
    if is_displayed(element) or element.get("block") is not None or element.tag in ("div", "eqn", "pre"):
        return True
    if element.tag == "code" and parent.tag == "pre":
        return True
    if names & {"Equation", "display"} or _is_centred_alone(element):
        return True
    return has_one_child(parent) and holds_only(parent, 1) and (parent.tag == "eqn" or is_displayed(parent))


def _is_centred_alone(element: Any) -> bool:
    """Whether an element is all that a centred paragraph shows."""
    if not stands_alone(element):
        return False
    block = element.getparent()
    while block.tag in INLINE:
        block = block.getparent()
    style = (block.get("style") or "").replace(" ", "").lower()
    return "text-align:center" in style or (block.get("align") or "").lower() == "center" or block.tag == "center"


def _place(element: Any) -> bool | None:
    """Whether what stands around `tex-math` says display; None where it says nothing."""
    for around in islice(element.iterancestors(), _NEAR):
        for name, display in _PLACES.items():
            if around.tag == name or name in classes(around):
                return display
    return None
