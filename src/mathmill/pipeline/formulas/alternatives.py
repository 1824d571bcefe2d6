"""One formula that a page holds in several notations side by side: of these the TeX is taken, and the others go.

JATS has `<alternatives>` around `<tex-math>`, MathML and a picture; Mathpix writes `<latex>`, `<asciimath>` and two
kinds of MathML into one element, of which one is shown; ScienceDirect, before 2015, had a text or picture and then
MathML. What a renderer made of a formula is `islands`' business, and twins that only look alike are that of `protect`.
"""

from __future__ import annotations

from dataclasses import replace as replaced
from itertools import islice
from typing import Any

from mathmill.pipeline.dom.elements import classes, remains_in, remove
from mathmill.pipeline.formulas.islands import is_displayed, replace
from mathmill.pipeline.formulas.lookups import classed, holds_only
from mathmill.pipeline.formulas.named import text_formula
from mathmill.pipeline.formulas.text_runs import TokenFor

_MATHPIX = frozenset({"math-block", "math-inline"})
# Notations of one formula; the most that anyone writes are these seven.
MOST_NOTATIONS = 12


def alternatives(tree: Any, page: str, token_for: TokenFor) -> None:
    """`<tex-math>` among JATS's alternatives, `<latex>` among Mathpix's; ScienceDirect's text twins go."""
    if "mathmlsrc" in page:
        for source in classed(tree, frozenset({"mathmlsrc"})):
            _drop_text_twin(source)
    tags = [tag for tag in ("tex-math", "latex") if f"<{tag}" in page]
    for element in list(tree.iter(*tags)) if tags else ():
        whole = element.getparent()
        if not remains_in(tree, element) or not _are_notations(whole, element.tag):
            continue
        found = text_formula(element)
        if found is not None and whole.getparent() is not None:
            display = found.display or is_displayed(whole)
            replace(whole, token_for(replaced(found, display=display), whole.getparent()), display)


def _are_notations(whole: Any, tag: str) -> bool:
    """Whether `whole` holds one formula in several notations, of which just one is a `tag`."""
    if tag == "tex-math" and whole.tag != "alternatives":
        return False
    if tag == "latex" and _MATHPIX.isdisjoint(classes(whole)):
        return False
    return len(list(islice(whole.iterchildren(tag), 2))) == 1 and holds_only(whole, MOST_NOTATIONS)


def _drop_text_twin(source: Any) -> None:
    """Take out the text or picture beside the MathML of one formula."""
    if len(list(islice(source.iter("math"), 2))) != 1:
        return
    for child in list(islice(source, MOST_NOTATIONS)):
        if "formulatext" in classes(child) and next(child.iter("math"), None) is None:
            remove(child)
