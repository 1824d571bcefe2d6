"""A tree's visible text with its structure as light Markdown: headings, lists, quotes, code, tables.

Nothing here looks for a page's body or knows formulas: a formula's placeholder is a word that passes through.
There are no marks for emphasis, links and inline code, because these stand inside and beside formulas, where they
would become part of them; images leave nothing. Each element is met once, none by recursion, so that time is linear.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from mathmill.pipeline.body.code_blocks import PREFORMATTED, code_text, fenced, is_code
from mathmill.pipeline.body.list_marks import ListMarks
from mathmill.pipeline.body.markdown_tables import is_data, table_lines
from mathmill.pipeline.dom.elements import walk

# What shows no text of its own. `head` is not among them: where a page forgets to end it, libxml2 puts the body there.
_UNSEEN = frozenset(
    ["title", "iframe", "math", "noembed", "noframes", "object", "script", "style", "svg", "template", "textarea"]
)
_LINES = (
    *("address", "article", "aside", "body", "caption", "center", "details", "div", "fieldset", "footer", "form"),
    *("frame", "header", "html", "legend", "main", "menu", "nav", "noscript", "optgroup", "option", "section"),
    *("select", "summary", "tbody", "tfoot", "thead", "tr"),
)
_PARAGRAPHS = ("figcaption", "figure", "p")
# Of these one may stand in a definition that is shown as such; documentation puts whole pages into one.
_BLOCKS_OF_DEFINITIONS = frozenset(
    {"blockquote", "div", "dl", "figure", "h3", "ol", "p", "pre", "section", "table", "ul"}
)
# Characters of indentation beyond which nested lists and quotes go no deeper.
MOST_INDENTED = 40
# What a heading's link to itself shows, in front of the heading's words or behind them.
_SELF_LINK = re.compile(r"\A# (?=\S)|(?: [#\u00a7]| ?[\u00b6\U0001f517])\Z")


def to_text(tree: Any, leaving_out: frozenset[str] = frozenset()) -> str:
    """What a reader sees of a tree (lxml, of HTML), as text with light Markdown.

    `leaving_out` names further tags that do not count, such as `beside.BOILERPLATE`. White space is collapsed as
    browsers do, non-breaking spaces too; only in code blocks do indentation and empty lines stay as they are.
    The tree stays as it is.
    """
    writer = _Writer(_UNSEEN | leaving_out)
    unseen, line = writer.unseen, writer.line
    begins, ends = _BEGINS.get, _ENDS.get
    steps = walk(tree)
    for event, element in steps:
        tag = element.tag
        if event == "start":
            if tag in unseen:
                steps.skip_subtree()
                continue
            if (begin := begins(tag)) and begin(writer, element):
                steps.skip_subtree()
            elif text := element.text:
                line.append(text)
            continue
        if (end := ends(tag)) and tag not in unseen:
            end(writer)
        if (text := element.tail) and element is not tree:
            line.append(text)
    writer.flush()
    return "\n".join(writer.lines)


class _Writer:
    """Lines written so far, the line that grows, and what stands before the next one."""

    def __init__(self, unseen: frozenset[str]) -> None:
        self.unseen = unseen
        self.lines: list[str] = []
        self.line: list[str] = []  # pieces of text as they stand in the page
        self.gap = 0  # line ends between the last line and the next, 2 for an empty line
        self.rule = False  # a horizontal rule stands before the next line
        self.prefix = self.last_prefix = ""  # what each line begins with: indentation and marks of quotes
        self.first: str | None = None  # what the next line begins with instead: it has a list item's mark
        self.heading = 0
        self.outer: list[tuple[str, str | None]] = []  # prefix and first of the items and quotes around
        self.lists: list[ListMarks] = []

    def flush(self) -> bool:
        """Write the line that grew; False where it was blank."""
        if not self.line:
            return False
        text = " ".join("".join(self.line).split())
        self.line.clear()
        if not text:
            return False
        if self.heading:
            text = f"{'#' * self.heading} {_SELF_LINK.sub('', text) or text}"
            self.heading = 0  # what follows a block inside a heading is text
        self.write((text,))
        return True

    def part(self, gap: int) -> None:
        """What follows stands `gap` line ends below what was written."""
        self.flush()
        self.gap = max(self.gap, gap)

    def write(self, lines: Iterable[str]) -> None:
        """Add lines of one block, behind marks and indentation, apart from the block before."""
        if self.lines and self.gap > 1:
            self.lines.append(_shared(self.last_prefix, self.prefix))
            if self.rule:
                self.lines += [f"{self.prefix}---", self.prefix.rstrip()]
        self.gap, self.rule = 0, False
        for text in lines:
            if self.first is not None:
                self.lines.append(self.first + text)
                self.first = None
            else:
                self.lines.append(self.prefix + text if text else self.prefix.rstrip())
        self.last_prefix = self.prefix

    def enter(self, mark: str, continued: str) -> None:
        """Begin an item or quote: `mark` before its first line, `continued` before the others."""
        self.outer.append((self.prefix, self.first))
        if len(self.prefix) < MOST_INDENTED:
            self.first = (self.prefix if self.first is None else self.first) + mark
            self.prefix += continued

    def leave(self) -> None:
        """End the innermost item or quote; without any line it leaves no mark."""
        written = self.first is None
        self.prefix, first = self.outer.pop()
        self.first = None if written else first


def _shared(before: str, after: str) -> str:
    """What an empty line between two blocks begins with: the marks of quotes that are around both."""
    length = 0
    for one, other in zip(before, after, strict=False):
        if one != other:
            break
        length += 1
    return before[:length].rstrip()


# What happens where an element begins; True where it was written as a whole.
_Begin = Callable[[_Writer, Any], bool]
_End = Callable[[_Writer], None]


def _begin_line(writer: _Writer, _: Any) -> bool:
    writer.part(1)
    return False


def _end_line(writer: _Writer) -> None:
    writer.part(1)


def _begin_paragraph(writer: _Writer, _: Any) -> bool:
    # A definition's first paragraph stands right below its term, as bare text there does.
    writer.flush()
    writer.part(1 if writer.first is not None and writer.first.endswith(": ") else 2)
    return False


def _end_paragraph(writer: _Writer) -> None:
    writer.part(2)


def _begin_division(writer: _Writer, element: Any) -> bool:
    writer.part(1)
    return bool(element.attrib) and is_code(element) and _begin_code(writer, element)


def _break(writer: _Writer, _: Any) -> bool:
    if writer.heading:
        writer.line.append(" ")
    elif writer.flush():
        writer.gap = max(writer.gap, 1)
    else:
        writer.gap = min(2, writer.gap + 1)
    return False


def _rule(writer: _Writer, _: Any) -> bool:
    writer.part(2)
    writer.rule = bool(writer.lines)
    return False


def _begin_heading(level: int) -> _Begin:
    def begin(writer: _Writer, _: Any) -> bool:
        writer.part(2)
        writer.heading = level
        return False

    return begin


def _end_heading(writer: _Writer) -> None:
    writer.part(2)
    writer.heading = 0


def _begin_list(writer: _Writer, element: Any) -> bool:
    writer.part(1 if writer.lists else 2)
    writer.lists.append(ListMarks.of(element))
    return False


def _end_list(writer: _Writer) -> None:
    writer.lists.pop()
    writer.part(1 if writer.lists else 2)


def _begin_item(writer: _Writer, element: Any) -> bool:
    writer.part(1)
    mark = writer.lists[-1].next(element) if writer.lists else "- "
    writer.enter(mark, " " * len(mark))
    return False


def _end_item(writer: _Writer) -> None:
    writer.part(1)
    writer.leave()


def _begin_term(writer: _Writer, _: Any) -> bool:
    writer.part(1)
    if writer.lists:
        writer.lists[-1].terms = True
    return False


def _begin_definition(writer: _Writer, element: Any) -> bool:
    """A definition is marked only under a term, without one it indents; one of several blocks is text of its own."""
    blocks = [child.tag for child in element.iterchildren() if child.tag in _BLOCKS_OF_DEFINITIONS]
    several = len(blocks) > 1 or blocks == ["dl"] or blocks == ["table"]
    writer.part(2 if several else 1)
    mark = ": " if writer.lists and writer.lists[-1].terms and not several else ""
    writer.enter(mark, " " * len(mark))
    return False


def _begin_quote(writer: _Writer, _: Any) -> bool:
    writer.part(2)
    writer.enter("> ", "> ")
    return False


def _end_quote(writer: _Writer) -> None:
    writer.part(2)
    writer.leave()


def _begin_code(writer: _Writer, element: Any) -> bool:
    writer.part(2)
    writer.heading = 0
    code = code_text(element, writer.unseen)
    if code:
        writer.write(fenced(code))
    writer.gap = max(writer.gap, 2)
    return True


def _begin_table(writer: _Writer, element: Any) -> bool:
    writer.part(2)
    if is_code(element):
        return _begin_code(writer, element)
    if not is_data(element):
        return False
    writer.heading = 0
    captions, lines = table_lines(element, writer.unseen)
    for block in (*([caption] for caption in captions), lines):
        if block:
            writer.write(block)
            writer.gap = 2
    return True


def _begin_cell(writer: _Writer, _: Any) -> bool:
    """A cell of a layout table goes on in its row's line, unless blocks end it."""
    writer.line.append(" ")
    return False


def _table_of(
    tags: Mapping[Sequence[str], tuple[_Begin | None, _End | None]],
) -> tuple[dict[str, _Begin], dict[str, _End]]:
    begins = {tag: begin for names, (begin, _) in tags.items() for tag in names if begin}
    ends = {tag: end for names, (_, end) in tags.items() for tag in names if end}
    return begins, ends


_BEGINS, _ENDS = _table_of(
    {
        _LINES: (_begin_line, _end_line),
        _PARAGRAPHS: (_begin_paragraph, _end_paragraph),
        ("div",): (_begin_division, _end_line),
        ("br",): (_break, None),
        ("hr",): (_rule, None),
        **{(f"h{level}",): (_begin_heading(level), _end_heading) for level in range(1, 7)},
        ("dir", "dl", "menu", "ol", "ul"): (_begin_list, _end_list),
        ("li",): (_begin_item, _end_item),
        ("dt",): (_begin_term, _end_line),
        ("dd",): (_begin_definition, _end_item),
        ("blockquote",): (_begin_quote, _end_quote),
        tuple(sorted(PREFORMATTED)): (_begin_code, _end_paragraph),
        ("table",): (_begin_table, _end_paragraph),
        ("td", "th"): (_begin_cell, None),
    }
)
