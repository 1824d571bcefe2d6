r"""Formulas that a page holds as elements and attributes: scripts, MathML, `data-latex` and the like.

Each function is one family of sources: it replaces the formulas that it finds by placeholders, the most faithful
spelling of each, together with all that was rendered from it. They run in the order of `FAMILIES`, so that what one has
replaced the next does not see. Formulas in text are `text_runs`' business, pictures are that of `pictures`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache, lru_cache
from itertools import islice
from typing import Any

from mathmill.pipeline.dom.elements import classes, etree, has_one_child, remains_in
from mathmill.pipeline.formulas.delimited import Formula, formula
from mathmill.pipeline.formulas.islands import drop_rendered_before, is_displayed, outermost, replace
from mathmill.pipeline.formulas.plausible import is_strong, looks_like_tex
from mathmill.pipeline.formulas.text_runs import TokenFor
from mathmill.pipeline.notation import asciimath, mathml
from mathmill.pipeline.notation.glyphs import read_glyphs

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
_GLYPH_MARKS = ("mjx-", "katex-html", 'class="MathJax', "class='MathJax", "class=MathJax")
_GLYPH_CLASSES = frozenset({"MathJax", "MathJax_SVG", "katex", "mjx-chtml"})
_NO_FORMULA = frozenset({"true", "false", "none", "null", "inline", "block", "display", "yes", "no"})
# Elements that hold TeX as their text; the sure ones hold nothing else.
_TEX_TAGS = (
    *("d-math", "dt-math", "math-renderer", "tex-math"),
    *("eq", "eqn", "la-tex", "math-tex", "tex", "x-latex", "x-tex"),
)
_SURE_TAGS = frozenset({"d-math", "dt-math", "math-renderer", "tex-math"})
_TEX_CLASSES = frozenset([
    "Equation", "InlineEquation", "display-math", "displaymath", "equation", "formula", "inline-math", "inlinemath",
    "jax", "js-render-math", "katex-src", "language-math", "latex", "math", "math-block", "math-display",
    "math-inline", "math-tex", "mathjax", "maths", "tex", "tex2jax_process",
])  # fmt: skip
_TEX_CLASSED = frozenset({"code", "div", "p", "pre", "span"})
_PREFIXED = re.compile(r"<([A-Za-z][\w.-]{0,20}:math)(?=[\s>])")
_DELIMITED = re.compile(
    r"\s*(?:\$\$(?P<dollars>.+)\$\$|\\\[(?P<bracket>.+)\\\]|\$`(?P<ticks>[^$]+)`\$|\$(?P<dollar>[^$]+)\$|\\\((?P<paren>.+)\\\))\s*",
    re.DOTALL,
)
_DOCUMENT = re.compile(r"\\begin\{document\}(.*?)(?:\\end\{document\}|\Z)", re.DOTALL)
_SPOKEN = re.compile(r"(?<![\\A-Za-z{])[A-Za-z]{3,}")
_MAKES_TEX = re.compile(r"[\\^_{]")
# How Wiris writes MathML into attributes.
_WIRIS = str.maketrans({"«": "<", "»": ">", "¨": '"', "§": "&", "`": "'"})
MOST_CHARS = 20_000  # of one formula
# An element shows little more than the formula in its attribute: so many characters for each of its own, and so many.
SHOWN_TIMES, SHOWN_CHARS = 8, 300
# Formulas in elements of these classes that can only be TeX, from which on the others need not look like it.
LEAST_SURE = 2

Family = Callable[[Any, str, TokenFor], None]


def tex_attributes(tree: Any, page: str, token_for: TokenFor) -> None:
    """`data-latex="x"` and its kin: what the page's script or editor rendered from."""
    for element in _with_attributes(tree, page, _TEX_ATTRIBUTES):
        found = _attribute_formula(element)
        if found is not None and remains_in(tree, element) and _shows_one(element, found):
            replace(element, token_for(found, element.getparent()), found.display)


def scripts(tree: Any, page: str, token_for: TokenFor) -> None:
    """`<script type="math/tex">`, `math/asciimath` and `math/mml`, with what MathJax 2 rendered of them."""
    if "math/" not in page:
        return
    for script in [s for s in tree.iter("script") if (s.get("type") or "").strip().lower().startswith("math/")]:
        kind = script.get("type").strip().lower().replace(" ", "")
        rendered = drop_rendered_before(script)
        found = _script_formula(script.text or "", kind, rendered)
        if found is None:
            script.clear(keep_tail=True)
        else:
            replace(script, token_for(found, script.getparent()), found.display)


def mathml_elements(tree: Any, page: str, token_for: TokenFor) -> None:
    """`<math>`: its TeX where it carries it as an annotation or alttext, else what we make of its elements."""
    if "math" not in page:
        return
    prefixed = islice((match[1].lower() for match in _PREFIXED.finditer(page)), 8) if ":math" in page else ()
    tags = ["math", *set(prefixed)]
    # What stands around a formula is looked at before any of them is replaced.
    for element, whole, met in [(math, *outermost(math)) for math in tree.iter(*tags)]:
        if not remains_in(tree, element) or whole.getparent() is None:
            continue
        found = _math_formula(element, "display" in met or is_displayed(element), met)
        if found is not None:
            replace(whole, token_for(found, whole.getparent()), found.display)
        else:
            whole.clear(keep_tail=True)


def markup_attributes(tree: Any, page: str, token_for: TokenFor) -> None:
    """`data-mathml` of glyphs that MathJax 2 drew, `data-asciimath`: attributes with another notation than TeX."""
    # Like `mathml_elements`: what stands around each is looked at before any is replaced.
    for element, whole, met in [(e, *outermost(e)) for e in _with_attributes(tree, page, _MARKUP_ATTRIBUTES)]:
        display = "display" in met or is_displayed(element)
        name = next(name for name in _MARKUP_ATTRIBUTES if element.get(name))
        latex, number = _converted(element.get(name), name != "data-asciimath")
        found = formula(latex, display, name.replace("-", "_"), number)
        if found is not None and remains_in(tree, element) and whole.getparent() is not None:
            replace(whole, token_for(found, whole.getparent()), display)


def rendered_glyphs(tree: Any, page: str, token_for: TokenFor) -> None:
    """What MathJax and KaTeX drew on a server, where they left nothing but glyphs."""
    if not any(mark in page for mark in _GLYPH_MARKS):
        return
    for element in [*tree.iter("mjx-container"), *_classed(tree, _GLYPH_CLASSES)]:
        if not len(element) or not remains_in(tree, element):
            continue
        math = read_glyphs(element)
        if math is not None:
            whole, met = outermost(element)
            found = _math_formula(math, "display" in met or is_displayed(math), {"glyphs"})
            if found is not None and whole.getparent() is not None:
                replace(whole, token_for(found, whole.getparent()), found.display)


def named_elements(tree: Any, page: str, token_for: TokenFor) -> None:
    """Elements whose tag or class says that their text is TeX without delimiters: `<d-math>`, `<code class="math">`."""
    tags = [tag for tag in _TEX_TAGS if f"<{tag}" in page]
    named = list(tree.iter(*tags)) if tags else []
    named += [element for element in _classed(tree, _TEX_CLASSES) if element.tag in _TEX_CLASSED]
    taken = [(element, made) for element in named if (made := _named_formula(element)) is not None]
    sure = sum(is_strong(made.latex) for _, made in taken)
    for element, made in taken:
        vouched = element.tag in _SURE_TAGS or is_strong(made.latex)
        if vouched or (sure >= LEAST_SURE and looks_like_tex(made.latex)):
            parent = element.getparent()
            whole = parent if parent is not None and parent.tag == "pre" and has_one_child(parent) else element
            if remains_in(tree, element) and whole.getparent() is not None:
                replace(whole, token_for(made, whole.getparent()), made.display)


FAMILIES: tuple[Family, ...] = (
    tex_attributes,
    scripts,
    mathml_elements,
    markup_attributes,
    rendered_glyphs,
    named_elements,
)


def _with_attributes(tree: Any, page: str, names: tuple[str, ...]) -> list[Any]:
    met = set(_ATTRIBUTE.findall(page))
    there = tuple(name for name in names if name in met)
    return list(_having(there)(tree)) if there else []


@cache
def _having(names: tuple[str, ...]) -> Any:
    # MathJax 4 notes on each part of a formula in MathML what it was made of; the whole is `mathml_elements`' business.
    return _xpath(f"descendant::*[{' or '.join(f'@{name}' for name in names)}][not(ancestor::math)]")


def _classed(tree: Any, wanted: frozenset[str]) -> list[Any]:
    """The elements that have one of the `wanted` classes, in reading order."""
    return [element for element in _having(("class",))(tree) if not wanted.isdisjoint(_names(element.get("class")))]


@lru_cache(4096)
def _names(classes: str) -> frozenset[str]:
    return frozenset(classes.split())


def _xpath(path: str) -> Any:
    return etree().XPath(path)


def _attribute_formula(element: Any) -> Formula | None:
    name = next((name for name in _TEX_ATTRIBUTES if element.get(name)), None)
    if name is None:
        return None
    value = element.get(name)[:MOST_CHARS].strip()
    if value.lower() in _NO_FORMULA or "://" in value:
        return None
    if name in _VAGUE and not (is_strong(value) or _SAYS_MATHEMATICS.search(f"{element.tag} {element.get('class')}")):
        return None
    latex, display = _without_delimiters(value)
    return formula(latex, display or is_displayed(element) or element.tag in ("div", "p"), name.replace("-", "_"))


def _shows_one(element: Any, found: Formula) -> bool:
    """Whether an element shows the formula in its attribute, and is no container that merely has such an attribute."""
    if len(element.text_content()) > SHOWN_TIMES * len(found.latex) + SHOWN_CHARS:
        return len(list(islice(element.iter("math"), 2))) == 1 or len(list(islice(element.iter("svg"), 2))) == 1
    return len(list(islice(element.iter("math"), 2))) < 2


def _script_formula(text: str, kind: str, rendered: bool) -> Formula | None:
    display = "mode=display" in kind
    if kind.startswith("math/tex"):
        return formula(text, display, "mathjax2" if rendered else "script_tex_display" if display else "script_tex")
    if kind.startswith("math/asciimath"):
        return formula(_converted(text, False)[0], display, "script_asciimath")
    if kind.startswith(("math/mml", "math/mathml")):
        math = mathml.read(text)
        return _math_formula(math, display or is_displayed(math), {"script"}) if math is not None else None
    return None


def _math_formula(math: Any, display: bool, met: set[str]) -> Formula | None:
    """The formula of a `math` element; `met` names the classes and tags around it."""
    annotation = next((a for a in math.iter() if _is_tex_annotation(a)), None)
    if annotation is not None and (
        made := formula("".join(annotation.itertext()), display, _math_source(met, "annotation"))
    ):
        return made
    alttext = math.get("alttext") or ""
    if alttext and not _is_spoken(alttext) and (made := formula(alttext, display, _math_source(met, "alttext"))):
        return made
    return formula(mathml.to_latex(math), display, _math_source(met, "mathml"), mathml.label(math))


def _is_tex_annotation(element: Any) -> bool:
    tag = element.tag
    return isinstance(tag, str) and tag.endswith("annotation") and "tex" in (element.get("encoding") or "").lower()


def _is_spoken(alttext: str) -> bool:
    """Whether an `alttext` is words for a screen reader."""
    return not _MAKES_TEX.search(alttext) and bool(_SPOKEN.search(alttext))


def _math_source(met: set[str], source: str) -> str:
    if "glyphs" in met:
        return "glyphs"
    for prefix, name in (("katex", "katex"), ("mwe-", "mwe_math"), ("mjx-", "mathjax3"), ("script", "script_mathml")):
        if any(name_met.startswith(prefix) for name_met in met):
            return name
    return source


def _converted(text: str, is_mathml: bool) -> tuple[str, str]:
    """LaTeX and number of MathML or AsciiMath that a page gives as text."""
    if not is_mathml:
        return asciimath.to_latex(text[:MOST_CHARS].strip().strip("`")), ""
    math = mathml.read(text.translate(_WIRIS) if "«" in text else text)
    return (mathml.to_latex(math), mathml.label(math)) if math is not None else ("", "")


def _named_formula(element: Any) -> Formula | None:
    """The formula that is an element's whole text; delimited text is `text_runs`' business, unless it would skip it."""
    text = (element.text or "")[: MOST_CHARS + 1]
    if len(element) or not text.strip() or len(text) > MOST_CHARS or element.getparent() is None:
        return None
    names = classes(element)
    in_code = element.tag in ("code", "pre")
    if document := _DOCUMENT.search(text):
        text = document[1]
    latex, display = _without_delimiters(text)
    if latex != text.strip() and not (in_code or element.tag in _TEX_TAGS):
        return None
    display = display or is_displayed(element) or element.get("block") is not None or element.tag == "eqn"
    display = (
        display or element.tag == "div" or (in_code and (element.tag == "pre" or element.getparent().tag == "pre"))
    )
    return formula(latex, display or bool(names & {"Equation", "display"}), "element")


def _without_delimiters(text: str) -> tuple[str, bool]:
    """A formula without the delimiters around the whole of it, and whether these are of displayed ones."""
    match = _DELIMITED.fullmatch(text)
    if match is None or match.lastgroup is None:
        return text.strip(), False
    inner = match[match.lastgroup]
    if match.lastgroup != "dollar" and any(mark in inner for mark in ("$$", "\\]", "\\)")):  # several, side by side
        return text.strip(), False
    return inner.strip(), match.lastgroup in ("dollars", "bracket")
