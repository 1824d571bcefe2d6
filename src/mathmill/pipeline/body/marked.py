"""The body of a page with mathematics: the element around its formulas, and that element without boilerplate.

Where formulas are marked in a page's tree, they tell where the body is, for a tenth of what a body finder takes.
This is no body finder for other pages, and none for a page whose formulas stand in several places: it says
None rather than guess. It knows marks, not formulas, and makes no text; `structure` does.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from copy import copy
from functools import lru_cache
from itertools import islice
from typing import Any

from mathmill.pipeline.body.beside import BOILERPLATE, MOST_NAMES, is_beside, marks_beside
from mathmill.pipeline.body.code_blocks import settle_code
from mathmill.pipeline.body.references import is_reading_list, is_references, outermost_list, references_after
from mathmill.pipeline.dom.elements import HEADINGS, etree

# What a page's body never is; with these gone, the rest of a page is its body and some boilerplate.
_CLUTTER = (
    *BOILERPLATE,
    *("audio", "button", "canvas", "fieldset", "form", "head", "iframe", "input", "label", "link", "math", "menu"),
    *("meta", "noscript", "object", "script", "select", "style", "svg", "template", "textarea", "title", "video"),
)
_FORMATTING = (
    *("abbr", "acronym", "b", "bdi", "bdo", "big", "cite", "code", "data", "del", "dfn", "em", "font", "hgroup", "i"),
    *("img", "ins", "kbd", "mark", "nobr", "q", "s", "samp", "small", "span", "strike", "strong", "sub", "sup"),
    *("tbody", "thead", "time", "tt", "u", "var", "wbr"),
)
# Names (class or id) that the makers of pages give to the element around the body.
_BODY_NAME = re.compile(
    r"(?:(?:article|blog|body|doc|docs|e|entry|main|md|mw|page|post|ptx|story|text)[_-]{0,2})?"
    r"(?:article|body|content|contents|main|parser-output|text)(?:[_-]{1,2}(?:area|body|inner|main|text|wrap|wrapper))?"
    r"|document|entry|markdown(?:-body)?|post",
    re.IGNORECASE,
)
# What a body never is, however much of a short page's text it holds.
_NO_BODY = frozenset({"blockquote", "dd", "dl", "dt", "h1", "h2", "h3", "h4", "li", "ol", "p", "pre", "tr", "ul"})
_TITLE_NAME = re.compile(r"(?:article|entry|page|post)[-_]{1,2}title\b", re.IGNORECASE)
MOST_TITLE = 200  # characters of a title that stands before its body
_NAMED = (
    *("a", "details", "div", "dl", "figure", "h1", "h2", "h3", "h4", "h5", "header", "li", "ol", "p", "section"),
    *("table", "td", "ul"),
)
# Shares of the formulas that the body holds, of the page's text if its name says body, if it says nothing.
MARKED_SHARE = 0.95
NAMED_SHARE, NAMELESS_SHARE = 0.5, 0.8
# Around a body without a title, an element with one is the body if it has no more text than this against it.
TITLED_SHARE = 1.1
# An element with references must have this share of the text that it needs by itself.
LEAST_REFERRING = 0.4
MOST_TRIES = 3  # elements whose references are looked for
# Boilerplate inside a body is at most this share of its text, a list of links has at least this share of links.
BESIDE_SHARE, LINKED_SHARE = 0.3, 0.75
# Links from which on a division may be nothing but links, and what it then does not hold.
LEAST_LINKS = 4
_OF_TEXT = ("dd", "h1", "h2", "h3", "h4", "h5", "h6", "p", "pre", "table")


def marked_chain(tree: Any, mark: re.Pattern[str], beside: frozenset[str] = frozenset()) -> list[tuple[Any, int]]:
    """The elements that hold at least `MARKED_SHARE` of the marks in a tree, outermost first, each with its size.

    Each is a child of the one before, beginning with `tree`. Marks among `beside` do not count. A size is of text, in
    characters without blanks. Time is linear in text times depth.
    """
    text = tree.text_content()
    enough = MARKED_SHARE * _telling(text, mark, beside)
    chain = [(tree, _size(text))]
    while True:
        for child in chain[-1][0]:
            text = child.text_content()
            if len(text) >= enough and _telling(text, mark, beside) >= enough:
                chain.append((child, _size(text)))
                break
        else:
            return chain


def marked_root(tree: Any, mark: re.Pattern[str], beside: frozenset[str] = frozenset()) -> Any:
    """The smallest element that holds nearly all of the marks that are not among `beside`."""
    return marked_chain(tree, mark, beside)[-1][0]


def _telling(text: str, mark: re.Pattern[str], beside: frozenset[str]) -> int:
    """How many marks in a text tell where the body is."""
    return sum(1 for match in mark.finditer(text) if match.group() not in beside)


def _size(text: str) -> int:
    return len(text) - sum(map(text.count, " \n\t"))


def marked_body(tree: Any, mark: re.Pattern[str], stem: str) -> Any | None:
    """A copy of the element that is the body of a page whose formulas are marked, without boilerplate and formatting.

    None where no element is surely the body: it has to hold nearly all marks but those that stand beside a body
    (`beside`), and half of the text if it is named as bodies are, else most of it. Each match of `mark` begins with
    `stem`. `tree` stays as it is.
    """
    tree = copy(tree)
    settle_code(tree)
    page_title = _words(tree.find(".//title"))
    beside = marks_beside(tree, mark, stem)
    marks = _telling(tree.text_content(), mark, beside.marks)
    if not marks:
        return None
    for element in beside.elements:
        element.tag = "script"
    _strip_clutter(tree, stem)
    if _telling(tree.text_content(), mark, beside.marks) < MARKED_SHARE * marks:
        return None
    chain = marked_chain(tree, mark, beside.marks)
    at = _body_at(chain)
    if at is None:
        return None
    body, size = chain[at]
    title = _title_before(tree, body, page_title, mark)
    for references in references_after(body, chain[min(_outermost_at(chain), at)][0]):
        body.append(references)
    _clear_of_boilerplate(body, stem, size)
    if title is not None:
        body.insert(0, title)
        title.tail, body.text = body.text, None
    return body


def _strip_clutter(tree: Any, stem: str) -> None:
    """Take out of a tree what is never body, and the tags that only format, so that blocks hold their text."""
    for element in tree.iter(*BOILERPLATE):
        if is_references(element):
            element.tag = "div"
    etree().strip_elements(tree, *_CLUTTER, with_tail=False)
    most = BESIDE_SHARE * len(tree.text_content())
    for element in tree.iter("small", "span", "time"):
        if element.get("class") == "classifier":  # Sphinx's style sheet writes the colon
            element.text = f" : {element.text or ''}"
        elif element.attrib and is_beside(element):
            text = element.text_content()
            # A sign alone belongs to its sentence: the slash of a fraction that is drawn without one.
            if stem not in text and len(text) <= most and any(map(str.isalnum, text)):
                element.tag = "script"
    etree().strip_elements(tree, "script", with_tail=False)
    etree().strip_tags(tree, *_FORMATTING)


def _body_at(chain: Sequence[tuple[Any, int]]) -> int | None:
    """Which element of a `marked_chain` is the body: the innermost that is large enough, and its title.

    The references that follow an element count as its text.
    """
    outermost = _outermost_at(chain)
    tries = MOST_TRIES
    for i in range(len(chain) - 1, outermost - 1, -1):
        element, size = chain[i]
        if element.tag in _NO_BODY:
            continue
        enough = (NAMED_SHARE if _is_named_body(element) else NAMELESS_SHARE) * chain[0][1]
        if tries and LEAST_REFERRING * enough <= size < enough:
            tries -= 1
            size += sum(_size(each.text_content()) for each in references_after(element, chain[outermost][0]))
        if size >= enough:
            wider = (j for j in range(i, outermost - 1, -1) if chain[j][1] <= TITLED_SHARE * size)
            return next((j for j in wider if chain[j][0].find(".//h1") is not None), i)
    # Formulas that stand in several children of `body` itself: the page has no element around its text.
    return len(chain) - 1 if chain[-1][0].tag == "body" else None


def _outermost_at(chain: Sequence[tuple[Any, int]]) -> int:
    """Where in a chain the elements begin that may be a body."""
    return next((i for i, (element, _) in enumerate(chain) if element.tag not in ("html", "body")), len(chain))


def _title_before(tree: Any, body: Any, page_title: str, mark: re.Pattern[str]) -> Any | None:
    """A copy of the article's title where it stands before its body, which does not begin with a heading of its own."""
    if _begins_with_heading(body):
        return None
    found = None
    for element in tree.iter("h1", "h2", body.tag):
        if element is body:
            break
        if element.tag != body.tag and _is_title(element, page_title, mark):
            found = element
    if found is None:
        return None
    title = copy(found)
    title.tag = "h1"
    return title


def _begins_with_heading(body: Any) -> bool:
    for element in body.iter():
        if element.tag in HEADINGS:
            return True
        if (element.text or "").strip():
            return False
    return False


def _is_title(heading: Any, page_title: str, mark: re.Pattern[str]) -> bool:
    """Whether a heading is the title of the page's article: the page is called so, or its name says it."""
    words = _words(heading)
    if not words or len(words) > MOST_TITLE:
        return False
    named = _TITLE_NAME.search((heading.get("class") or "")[:MOST_NAMES]) or heading.get("itemprop") == "headline"
    return bool(named) or _begins_with(page_title, words, mark)


def _begins_with(page_title: str, words: str, mark: re.Pattern[str]) -> bool:
    """Whether a page is called as its heading, whose formulas are marks and any text in the page's title."""
    first, *others = (piece.strip() for piece in mark.sub("\0", words).split("\0"))
    if not page_title.startswith(first):
        return False
    at = len(first)
    for piece in others:
        at = page_title.find(piece, at)
        if at < 0:
            return False
        at += len(piece)
    return any((first, *others))


def _words(element: Any | None) -> str:
    return " ".join(element.text_content().split()) if element is not None else ""


def _is_named_body(element: Any) -> bool:
    if element.tag in ("main", "article") or element.get("role") == "main" or element.get("itemprop") == "articleBody":
        return True
    return _names_body(f"{element.get('class') or ''} {element.get('id') or ''}"[:MOST_NAMES])


@lru_cache(4096)
def _names_body(names: str) -> bool:
    return any(map(_BODY_NAME.fullmatch, names.split()))


def _clear_of_boilerplate(body: Any, mark: str, size: int) -> None:
    """Take out what is named as boilerplate or is a list of links, if it has no mark and is small against `size`."""
    for element in body.iter(*_NAMED):
        if element.attrib and element is not body and is_beside(element):
            text = element.text_content()
            if mark not in text and _size(text) <= BESIDE_SHARE * size:
                element.tag = "script"
    etree().strip_elements(body, "script", with_tail=False)
    _clear_of_links(body, mark)
    etree().strip_elements(body, "script", with_tail=False)
    etree().strip_tags(body, "a")


def _clear_of_links(body: Any, mark: str) -> None:
    """Make scripts of the lists and bars of links that are no reading lists."""
    linked: dict[Any, list[int]] = {}
    reading: dict[Any, bool] = {}
    for link in body.iter("a"):
        holder = next(islice(link.iterancestors("ul", "ol", "div"), 1), None)
        if holder is not None:
            linked.setdefault(holder, []).append(len(link.text_content()))
    for holder, lengths in linked.items():
        if holder.tag == "div" and not _may_be_links(holder, body, len(lengths)):
            continue
        text = holder.text_content()
        if sum(lengths) > LINKED_SHARE * _size(text) and mark not in text:
            outer = outermost_list(holder, body)
            if outer not in reading:
                reading[outer] = is_reading_list(outer, body)
            if not reading[outer]:
                holder.tag = "script"


def _may_be_links(block: Any, body: Any, links: int) -> bool:
    """Whether a division may be a bar of links: with paragraphs or headings it is a section of the text."""
    return block is not body and links >= LEAST_LINKS and next(block.iter(*_OF_TEXT), None) is None
