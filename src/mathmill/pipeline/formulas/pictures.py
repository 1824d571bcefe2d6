"""Formulas that a page shows as pictures: images whose address or alternative text holds TeX, SVG with a title.

`images` reads one image; here is what stands around it: the lazy-loading twin in a `noscript`, a picture that is alone
in its block and so displayed. Of an SVG the title, description and label are read, never its paths.
"""

from __future__ import annotations

from dataclasses import replace as replaced
from typing import Any

from mathmill.pipeline.dom.elements import has_one_child, remains_in, remove
from mathmill.pipeline.formulas.delimited import Formula, formula
from mathmill.pipeline.formulas.images import image_formula
from mathmill.pipeline.formulas.islands import is_rendered, outermost, replace, stands_alone
from mathmill.pipeline.formulas.plausible import is_strong, looks_like_tex
from mathmill.pipeline.formulas.text_runs import TokenFor

# Titles of SVGs that can only be TeX, from which on the others need not look like it: `x` is an icon's title too.
LEAST_SURE = 2
MOST_TITLE = 2_000
_IMAGES = ("img", "object", "embed", "amp-img")


def images(tree: Any, page: str, token_for: TokenFor) -> None:
    """`<img>` and the like, each formula once where a `noscript` repeats it for readers without scripts."""
    if not any(f"<{tag}" in page for tag in (*_IMAGES, "IMG")):
        return
    # What stands around a picture is looked at before any of them is replaced.
    for image, whole, met in [(image, *outermost(image)) for image in tree.iter(*_IMAGES)]:
        found = image_formula(image) if remains_in(tree, image) else None
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
        # `\displaystyle` is how the formula looks; in running text it says nothing of its place.
        placed = made.display and not found.latex.startswith("\\displaystyle")
        made = replaced(made, display=placed or "display" in met or stands_alone(whole))
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
            made = replaced(made, display="display" in met or stands_alone(whole))
            replace(whole, token_for(made, whole.getparent()), made.display)


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
