"""Formulas that a page holds as elements: scripts, MathML, what a renderer drew; and the order of all such families.

Each function is one family of sources: it replaces the formulas that it finds by placeholders, the most faithful
spelling of each, together with all that was rendered from it. They run in the order of `FAMILIES`, so that what one has
replaced the next does not see; `attributes`, `alternatives`, `named` and `variables` hold the others. Formulas in text
are `text_runs`' business, pictures are that of `pictures`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import islice
from typing import Any

from mathmill.pipeline.dom.elements import remains_in
from mathmill.pipeline.formulas.alternatives import alternatives
from mathmill.pipeline.formulas.attributes import converted, json_attributes, markup_attributes, tex_attributes
from mathmill.pipeline.formulas.delimited import Formula, formula
from mathmill.pipeline.formulas.islands import drop_rendered_before, is_displayed, outermost, replace
from mathmill.pipeline.formulas.lookups import classed
from mathmill.pipeline.formulas.named import MOST_CHARS, asciimath_elements, named_elements, without_delimiters
from mathmill.pipeline.formulas.plausible import is_strong, looks_like_tex
from mathmill.pipeline.formulas.text_runs import TokenFor
from mathmill.pipeline.formulas.variables import variables
from mathmill.pipeline.notation import mathml
from mathmill.pipeline.notation.glyphs import read_glyphs

_GLYPH_MARKS = ("mjx-", "katex-html", 'class="MathJax', "class='MathJax", "class=MathJax")
_GLYPH_CLASSES = frozenset({"MathJax", "MathJax_SVG", "katex", "mjx-chtml"})
_PREFIXED = re.compile(r"<([A-Za-z][\w.-]{0,20}:math)(?=[\s>])")
_SPOKEN = re.compile(r"(?<![\\A-Za-z{])[A-Za-z]{3,}")
_MAKES_TEX = re.compile(r"[\\^_{]")
# Words of two letters and more, which TeX writes as commands and speech does not.
_SPELLED = re.compile(r"(?<![\\A-Za-z])[A-Za-z]{2}")

Family = Callable[[Any, str, TokenFor], None]


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


def rendered_glyphs(tree: Any, page: str, token_for: TokenFor) -> None:
    """What MathJax and KaTeX drew on a server, where they left nothing but glyphs, or a label of them."""
    if not any(mark in page for mark in _GLYPH_MARKS):
        return
    for element in [*tree.iter("mjx-container"), *classed(tree, _GLYPH_CLASSES)]:
        if not len(element) or not remains_in(tree, element):
            continue
        label = _label(element)
        math = None if label else read_glyphs(element)
        if not label and math is None:
            continue
        whole, met = outermost(element)
        display = "display" in met or (math is not None and is_displayed(math))
        found = formula(label, display, "aria_label") if label else _math_formula(math, display, {"glyphs"})
        if found is not None and whole.getparent() is not None:
            replace(whole, token_for(found, whole.getparent()), found.display)


FAMILIES: tuple[Family, ...] = (
    tex_attributes,
    json_attributes,
    scripts,
    alternatives,
    mathml_elements,
    markup_attributes,
    rendered_glyphs,
    named_elements,
    asciimath_elements,
    variables,
)


def _label(element: Any) -> str:
    """The TeX by which MathJax 2 on a server (mathjax-node) names its glyphs; nothing where that is speech."""
    for box in islice(element.iter("span"), 3):
        label = (box.get("aria-label") or "")[:MOST_CHARS].strip()
        if label and "mjx-math" in (box.get("class") or "").split():
            return label if is_strong(label) or not _SPELLED.search(label) else ""
    return ""


def _script_formula(text: str, kind: str, rendered: bool) -> Formula | None:
    display = "mode=display" in kind
    if kind.startswith("math/tex"):
        return formula(text, display, "mathjax2" if rendered else "script_tex_display" if display else "script_tex")
    if kind.startswith("math/asciimath"):
        return formula(converted(text, False)[0], display, "script_asciimath")
    if kind.startswith(("math/mml", "math/mathml")):
        math = mathml.read(text)
        return _math_formula(math, display or is_displayed(math), {"script"}) if math is not None else None
    return None


def _math_formula(math: Any, display: bool, met: set[str]) -> Formula | None:
    """The formula of a `math` element; `met` names the classes and tags around it."""
    if not len(math) and (text := (math.text or "").strip()[:MOST_CHARS]) and (is_strong(text) or looks_like_tex(text)):
        return formula(without_delimiters(text)[0], display, "element")
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
