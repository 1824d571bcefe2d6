r"""`<var>` as an element of TeX: AtCoder's statements, whose script renders every one of them.

Elsewhere `var` holds names of variables and places to fill in, so that nothing is read unless several on the page can
only be TeX: a command of mathematics (`1 \leq N`) at least once, and letters with scripts (`A_i`, `10^5`).
"""

from __future__ import annotations

import re
from typing import Any

from mathmill.pipeline.formulas.delimited import formula
from mathmill.pipeline.formulas.islands import replace
from mathmill.pipeline.formulas.text_runs import TokenFor

_COMMAND = re.compile(
    r"\\(?:[lg]eq?|neq?|lt|gt|times|[lcdv]dots|dots|cdot|frac|sqrt|sum|prod|max|min|bmod|mod|mathrm|mathbf|text|in|infty"
    r"|oplus|lfloor|lceil|left|dfrac|leqq|geqq)(?![A-Za-z])"
)
_SCRIPTED = re.compile(r"(?<![A-Za-z_])[A-Za-z0-9)}\]][_^](?:\{|[A-Za-z0-9](?![A-Za-z_]))")
_WORDS = re.compile(r"[A-Za-z]{3,}[ ,]+[A-Za-z]{3,}")
MOST_CHARS = 2_000  # of one formula
# Those that can only be TeX, and of how many on the page at least one has to be.
LEAST_SURE, MOST_PLAIN = 2, 20


def variables(tree: Any, page: str, token_for: TokenFor) -> None:
    """Every `<var>` of a page on which several hold what can only be TeX."""
    if "<var" not in page or "\\" not in page:
        return
    found = [(var, text) for var in tree.iter("var") if not len(var) and (text := _text(var))]
    commands = [bool(_COMMAND.search(text)) for _, text in found]
    sure = sum(command or bool(_SCRIPTED.search(text)) for (_, text), command in zip(found, commands, strict=True))
    if not any(commands) or sure < LEAST_SURE or sure * MOST_PLAIN < len(found):
        return
    for (var, text), command in zip(found, commands, strict=True):
        made = formula(text, False, "element") if command or not _WORDS.search(text) else None
        if made is not None:
            replace(var, token_for(made, var.getparent()), made.display)


def _text(var: Any) -> str:
    text = (var.text or "").strip()
    return text if len(text) <= MOST_CHARS else ""
