"""Formulas of a tree, collected in the order in which placeholders are asked for them."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from mathmill.pipeline.dom.parse import parse
from mathmill.pipeline.formulas.delimited import Formula

TOKEN = re.compile(r"zqf\d+z")


def collected(markup: str, protect: Callable[[Any, Callable[[Formula, Any], str]], None]) -> tuple[list[Formula], Any]:
    """What `protect(tree, token_for)` finds in markup, and the tree that it leaves."""
    tree = parse(markup)
    assert tree is not None
    found: list[Formula] = []

    def token_for(formula: Formula, holder: Any) -> str:
        assert holder.getroottree().getroot() is tree
        found.append(formula)
        return f"zqf{len(found) - 1}z"

    protect(tree, token_for)
    return found, tree
