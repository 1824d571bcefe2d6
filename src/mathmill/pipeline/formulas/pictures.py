"""Formulas that a page shows as pictures: images whose address or alternative text holds TeX, SVG with a title.

`images` reads one image; here is what stands around it: the lazy-loading twin in a `noscript`, a picture that is alone
in its block and so displayed, the comment in which LaTeX2HTML repeats the TeX of an image. Of an SVG the title,
description and label are read, and the MathML that Wiris puts into its address, never its paths.
"""

from __future__ import annotations

import re
from dataclasses import replace as replaced
from typing import Any
from urllib.parse import unquote

from mathmill.pipeline.dom.elements import has_one_child, remains_in, remove
from mathmill.pipeline.formulas.attributes import converted
from mathmill.pipeline.formulas.delimited import Formula, formula
from mathmill.pipeline.formulas.images import image_formula, place_of, tex_formula
from mathmill.pipeline.formulas.islands import is_rendered, outermost, replace, stands_alone
from mathmill.pipeline.formulas.layout.numbers import displayed
from mathmill.pipeline.formulas.plausible import is_strong, looks_like_tex
from mathmill.pipeline.formulas.text_runs import TokenFor

# Titles of SVGs that can only be TeX, from which on the others need not look like it: `x` is an icon's title too.
LEAST_SURE = 2
MOST_TITLE = 2_000
_IMAGES = ("img", "object", "embed", "amp-img")
COMMENT, VECTOR = "image_comment", "data_mathml"
# What LaTeX2HTML writes before an image, and the image right behind it.
_MATH_COMMENT = "<!-- MATH"
_OPENS = ("$", "\\(", "\\[", "\\begin{")
_IMAGE_BEHIND = re.compile(
    r"\s{0,20}(?:<span[^<>]{0,80}>\s{0,20})?<img\s(?:[^<>]{0,800}\s)?src=[\"']?([^\"'<>\s]{1,400})", re.IGNORECASE
)
# What an SVG's address begins with, what Wiris begins its MathML with in it, and characters that are looked at.
_VECTOR_ADDRESS, _MATHML_COMMENT = "data:image/svg+xml", "<!--MathML:"
MOST_ADDRESS = 60_000


def images(tree: Any, page: str, token_for: TokenFor) -> None:
    """`<img>` and the like, each formula once where a `noscript` repeats it for readers without scripts."""
    if not any(f"<{tag}" in page for tag in (*_IMAGES, "IMG")):
        return
    commented = _commented(page)
    # What stands around a picture is looked at before any of them is replaced.
    for image, whole, met in [(image, *outermost(image)) for image in tree.iter(*_IMAGES)]:
        found = _picture_formula(image, commented) if remains_in(tree, image) else None
        if found is None or (made := formula(found.latex, found.display, found.source, found.number)) is None:
            continue
        parent = image.getparent()
        if parent.tag == "noscript" and has_one_child(parent):
            _drop_placeholder_beside(parent)
            whole = parent
        elif parent.tag == "noscript":
            parent.tag = "span"  # several of them, which no script of ours is going to show
        else:
            _drop_twin(whole)
        # `\displaystyle` is how the formula looks; in running text it says nothing of its place, as classes do.
        said = place_of(image)
        placed = said if said is not None else made.display and not found.latex.startswith("\\displaystyle")
        if placed or "display" in met or stands_alone(whole):
            made = displayed(made)
        elif made.display:
            made = replaced(made, display=False)
        replace(whole, token_for(made, whole.getparent()), made.display)


def vector_images(tree: Any, page: str, token_for: TokenFor) -> None:
    """`<svg>` whose title, description or label is TeX."""
    if "<svg" not in page:
        return
    titled = [(svg, made, *outermost(svg)) for svg in tree.iter("svg") if (made := _svg_formula(svg)) is not None]
    sure = sum(is_strong(made.latex) for _, made, _, _ in titled)
    for svg, made, whole, met in titled:
        believed = is_strong(made.latex) or (sure >= LEAST_SURE and looks_like_tex(made.latex))
        if believed and remains_in(tree, svg) and whole.getparent() is not None:
            if "display" in met or stands_alone(whole):
                made = displayed(made)
            replace(whole, token_for(made, whole.getparent()), made.display)


def _picture_formula(image: Any, commented: dict[str, str]) -> Formula | None:
    """The formula of a picture: its attributes say it, or its address as SVG, or a comment for its address."""
    if found := image_formula(image) or _address_formula(image.get("src") or ""):
        return found
    latex = commented.get(image.get("src") or "") if commented else None
    return tex_formula(latex, COMMENT) if latex else None


def _address_formula(url: str) -> Formula | None:
    """The formula whose MathML stands in a comment of an SVG that is its own address."""
    if url[: len(_VECTOR_ADDRESS)].lower() != _VECTOR_ADDRESS or "MathML" not in url[:MOST_ADDRESS]:
        return None
    markup, closed, _ = unquote(url[:MOST_ADDRESS]).partition(_MATHML_COMMENT)[2].partition("-->")
    latex, number = converted(markup.strip(), is_mathml=True) if closed else ("", "")
    return formula(latex, False, VECTOR, number) if latex else None


def _commented(page: str) -> dict[str, str]:
    """The TeX in comments of LaTeX2HTML by the address of the image behind each; '' where two give another for one."""
    found: dict[str, str] = {}
    for piece in page.split(_MATH_COMMENT)[1:]:
        latex, _, behind = piece.partition("-->")
        latex = latex.lstrip(":").strip()
        if latex.startswith(_OPENS) and (image := _IMAGE_BEHIND.match(behind)):
            found[image[1]] = latex if found.get(image[1], latex) == latex else ""
    return found


def _drop_placeholder_beside(noscript: Any) -> None:
    """Take out the image before or behind a `noscript`, into which a script would load what that holds."""
    held = image_formula(noscript[0])
    for beside in (noscript.getprevious(), noscript.getnext()):
        if beside is not None and beside.tag in _IMAGES and image_formula(beside) in (None, held):
            remove(beside)
            return


def _drop_twin(image: Any) -> None:
    """Take out a `noscript` behind an image that holds just one image: the same for readers without scripts."""
    behind = image.getnext()
    if behind is None or behind.tag != "noscript" or (image.tail or "").strip():
        return
    if has_one_child(behind) and behind[0].tag in _IMAGES and not (behind.text or "").strip():
        remove(behind)


def _svg_formula(svg: Any) -> Formula | None:
    title = svg.get("aria-label") or next(
        (text for tag in ("title", "desc") if (node := svg.find(tag)) is not None and (text := node.text_content())), ""
    )
    title = title.strip()
    if not title or len(title) > MOST_TITLE or is_rendered(svg):
        return None
    return formula(title.strip("$"), False, "svg")
