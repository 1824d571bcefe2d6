"""Code that a page shows as lines: which elements hold it, its text line by line, and its Markdown.

Known are `pre` and its kin, the tables and `div`s that highlighters make around or instead of it, and line
numbers, which are no part of the code. Inline code is text and nothing of this module's.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from mathmill.pipeline.dom.elements import classes, walk

PREFORMATTED = frozenset({"pre", "listing", "xmp"})
# Elements that end a line of code where they end, as highlighters set one around each line.
_LINES = frozenset({"div", "li", "p", "tr", "table"})
# Elements between which, and before whose first line, blank text is the page's own indentation.
_AROUND_LINES = frozenset({"div", "table", "tbody", "td", "tr"})
# Classes of cells, spans and the like that hold line numbers: Pygments, Rouge, Hugo, Hexo, Doxygen, GitHub, Crayon.
_GUTTERS = frozenset(
    (
        *("blob-num", "crayon-nums", "gl", "gutter", "hljs-ln-numbers", "line-number", "line-numbers"),
        *("line-numbers-rows", "lineno", "linenodiv", "linenos", "linenumber", "linenumbers", "ln", "lnt"),
        "rouge-gutter",
    )
)
# Classes of what is code without `pre`: Doxygen's block, GitHub's cells.
_FRAGMENT, _CODE_CELLS = "fragment", frozenset({"blob-code"})
_NUMBERS = re.compile(r"[\d\s]*")
_BACKTICKS = re.compile(r"`{3,}")
# Cells of a table looked at for a gutter; one of lines has two a line and its first says so.
_MOST_LOOKED_AT = 8


def code_text(element: Any, unseen: frozenset[str] = frozenset()) -> str:
    """The lines of code under `element`, indentation and empty lines kept, line numbers left out.

    `unseen` are tags that do not count. Without blanks at the ends of lines and empty lines around the code.
    """
    parts: list[str] = []
    steps = walk(element)
    for event, node in steps:
        tag = node.tag
        if event == "start":
            if tag in unseen or (node is not element and _is_gutter(node)):
                steps.skip_subtree()
            elif tag == "br":
                parts.append("\n")
            elif node.text and not (tag in _AROUND_LINES and not node.text.strip()):
                parts.append(node.text)
            continue
        if tag in _LINES and parts and not parts[-1].endswith("\n"):
            parts.append("\n")
        if node is not element and node.tail and not (tag in _AROUND_LINES and not node.tail.strip()):
            parts.append(node.tail)
    text = "".join(parts).replace("\r\n", "\n").replace("\r", "\n").replace("\xa0", " ")
    return "\n".join(line.rstrip() for line in text.split("\n")).strip("\n")


def fenced(code: str) -> list[str]:
    """The lines of a Markdown code block; its fence is longer than any in the code."""
    longest = max((len(run) for run in _BACKTICKS.findall(code)), default=2)
    fence = "`" * (longest + 1)
    return [fence, *code.split("\n"), fence]


def plain_code(element: Any) -> Any:
    """A new `pre` with nothing but the code that `element` shows, and no tail."""
    pre = element.makeelement("pre")
    pre.text = code_text(element)
    return pre


def settle_code(tree: Any) -> None:
    """Make each block of code in a tree a `plain_code`; passes that strip spans or classes then cannot spoil it."""
    for element in list(code_elements(tree)):
        parent = element.getparent()
        if parent is not None:
            pre = plain_code(element)
            pre.tail = element.tail
            parent.replace(element, pre)


def is_code(element: Any) -> bool:
    """Whether an element is a block of code with all that it holds."""
    tag = element.tag
    if tag in PREFORMATTED:
        return True
    if tag == "div":
        return _FRAGMENT in (element.get("class") or "").split() and element.find("div") is not None
    return tag == "table" and _is_code_table(element)


def code_elements(tree: Any) -> Iterator[Any]:
    """The outermost blocks of code in a tree, in order."""
    found: set[Any] = set()
    for element in tree.iter("pre", "listing", "xmp", "table", "div"):
        if is_code(element) and not any(outer in found for outer in element.iterancestors()):
            found.add(element)
            yield element


def _is_code_table(table: Any) -> bool:
    """Whether a table is a column of line numbers beside code."""
    cells = []
    for cell in table.iter("td", "th"):
        cells.append(cell)
        if _CODE_CELLS & classes(cell):
            return True
        if len(cells) == _MOST_LOOKED_AT:
            return False  # code beside its numbers takes two cells
    if len(cells) != 2 or cells[1].find(".//pre") is None:
        return False
    return _is_gutter(cells[0]) or bool(_NUMBERS.fullmatch(cells[0].text_content()))


def _is_gutter(element: Any) -> bool:
    if element.tag == "td" and element.getnext() is not None:
        following = element.getnext()
        if following.tag == "td" and (_GUTTERS & classes(element) or _is_numbers_beside(element, following)):
            return True
    return bool(element.attrib) and bool(_GUTTERS & classes(element)) and _is_numbers(element)


def _is_numbers_beside(cell: Any, code: Any) -> bool:
    return code.find(".//pre") is not None and _is_numbers(cell)


def _is_numbers(element: Any) -> bool:
    return bool(_NUMBERS.fullmatch("".join(element.itertext())))
