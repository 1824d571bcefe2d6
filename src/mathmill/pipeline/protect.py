"""Formulas out of a page before its body is sought, placeholders in their stead, and back again.

A placeholder is a word of letters and digits that does not occur in the page, so it passes through
any text extractor as a word does. Elements that hold a formula (scripts, MathML with its TeX, with
all that was rendered from it) are replaced first, then delimited TeX in the text between them.
What the renderers skip is skipped. `restore` accounts for every placeholder.

Here are the sources that carry TeX. A new source is one more function in `_ELEMENT_SOURCES`.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import islice
from typing import Any

from mathmill.pipeline.body import marked_chain
from mathmill.pipeline.formulas import Delimiters, Formula, is_definition, tidy
from mathmill.pipeline.text_runs import TokenFor, protect_text

# What stands around a formula's source and shows nothing but that formula.
_RENDERED = frozenset(
    [
        "MathJax",
        "MathJax_CHTML",
        "MathJax_Display",
        "MathJax_FullWidth",
        "MathJax_MathML",
        "MathJax_Preview",
        "MathJax_SVG",
        "MathJax_SVG_Display",
        "MathJax_PHTML",
        "MathJax_PlainSource",
        "MJXc-display",
        "MJX_Assistive_MathML",
        "mjx-chtml",
        "katex",
        "katex--display",
        "katex--inline",
        "katex-block",
        "katex-display",
        "katex-html",
        "katex-inline",
        "katex-mathml",
        "mwe-math-element",
        "mwe-math-element-block",
        "mwe-math-element-inline",
        "mwe-math-fallback-image-inline",
        "mwe-math-fallback-image-display",
        "mwe-math-mathml-a11y",
        "mwe-math-mathml-display",
        "mwe-math-mathml-inline",
    ]
)
# Elements that MathJax 2 leaves before a script: a preview, the glyphs, and one to spare.
_MOST_RENDERED = 3
_DISPLAY_CLASSES = frozenset(
    {"katex-display", "katex--display", "MathJax_Display", "mwe-math-mathml-display", "katex-block"}
)
_BLOCK_PARENTS = frozenset({"article", "blockquote", "body", "center", "div", "main", "section"})
_INLINE = frozenset(
    [
        "a",
        "abbr",
        "acronym",
        "b",
        "bdi",
        "bdo",
        "big",
        "br",
        "cite",
        "code",
        "data",
        "del",
        "dfn",
        "em",
        "font",
        "i",
        "img",
        "ins",
        "kbd",
        "label",
        "mark",
        "nobr",
        "q",
        "s",
        "samp",
        "small",
        "span",
        "strike",
        "strong",
        "sub",
        "sup",
        "time",
        "tt",
        "u",
        "var",
        "wbr",
    ]
)

_DOLLAR_ON = re.compile(
    r"[\"']\$[\"']\s*,\s*[\"']\$[\"']|left\s*:\s*[\"']\$[\"']|processSingleDollars\s*:\s*(?:true|1)"
)
_INLINE_SAID = re.compile(r"\binlineMath[\"']?\s*:\s*\[")
_RENDERERS = ("mathjax", "katex", "jsmath", "mathtex", "tex-mml", "tex-chtml", "tex-svg", "auto-render")
_OPENERS = ("$", "\\(", "\\[", "\\begin{")
_SCRIPT = re.compile(r"<script\b[^>]{0,4000}>(.*?)(?:</script|\Z)", re.DOTALL | re.IGNORECASE)
# Text that the HTML standard reads as a tag although a formula was meant: `$a<b$`.
_RAW_LESS = re.compile(
    r"<!--.*?(?:-->|\Z)|<(?P<raw>script|style|textarea)\b.*?(?:</(?P=raw)|\Z)"
    r"|<(?P<math>[A-Za-z][A-Za-z0-9]*(?:(?=[^\sA-Za-z0-9>/:_\"'=-])|(?=\s[^<>=\"']{0,300}[$\\]))"
    r"|[abipqsu](?=\s[^<>=\"']{0,300}<|\s+(?!(?:hidden|itemscope|nowrap|download|inert|autofocus)\b)[A-Za-z][^<>=\"'/]{0,80}>)"
    r"|[c-fhj-or-tv-z](?![A-Za-z0-9:_-]))",
    re.DOTALL | re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Protected:
    """A page's tree with placeholders, and the formulas they stand for, in reading order."""

    tree: Any
    formulas: tuple[Formula, ...]
    tokens: tuple[str, ...]
    stem: str  # what all placeholders begin with and nothing else in the page holds
    token: re.Pattern[str]

    @classmethod
    def none(cls, tree: Any) -> Protected:
        """A page without formulas."""
        return cls(tree, (), (), "", re.compile(r"(?!)"))


@dataclass(frozen=True, slots=True)
class Restored:
    """Text with its formulas back, and these in the order in which they stand."""

    text: str
    formulas: tuple[Formula, ...]


def delimiters(html: str) -> Delimiters:
    """What the page's own configuration of MathJax or KaTeX permits."""
    lower = html.lower()
    renderer = any(name in lower for name in _RENDERERS)
    if not renderer:
        return Delimiters(dollar=None, renderer=False)
    scripts = [script.group(1) for script in _SCRIPT.finditer(html)]
    if any(map(_DOLLAR_ON.search, scripts)):
        return Delimiters(dollar=True, renderer=True)
    return Delimiters(dollar=False if any(map(_INLINE_SAID.search, scripts)) else None, renderer=True)


def may_hold_formulas(html: str) -> bool:
    """A cheap test that spares a page without any the search."""
    return any(mark in html for mark in (*_OPENERS, "<math", "math/tex"))


def escape_raw_less(html: str) -> str:
    """Write `<` as `&lt;` where a formula's letter follows it and a parser would see a tag."""
    if not any(opener in html for opener in _OPENERS):
        return html
    return _RAW_LESS.sub(_escaped, html)


def _escaped(match: re.Match[str]) -> str:
    return match.group() if match.group("math") is None else "&lt;" + match.group("math")


def protect(tree: Any, allowed: Delimiters, page: str) -> Protected:
    """Replace the formulas in `tree`, which is changed; `page` is what placeholders must not occur in."""
    stem = _unused_stem(page, tree.text_content())
    found: list[Formula] = []
    holders: list[Any] = []

    def token_for(formula: Formula, holder: Any) -> str:
        found.append(formula)
        holders.append(holder)
        return f"{stem}{len(found) - 1}z"

    for source in _ELEMENT_SOURCES:
        source(tree, token_for)
    protect_text(tree, allowed, token_for)
    if found:
        _make_paragraphs(holders)
    pattern = re.compile(f"{stem}(\\d+)z")
    order = [int(number) for number in pattern.findall(tree.text_content())] if found else []
    return Protected(tree, tuple(found[i] for i in order), tuple(f"{stem}{i}z" for i in order), stem, pattern)


def restore(text: str, protected: Protected) -> Restored:
    """Put the formulas back into `text`, each once; a placeholder that occurs again gives nothing."""
    number = {token: i for i, token in enumerate(protected.tokens)}
    kept: list[int] = []
    seen: set[int] = set()

    def put_back(match: re.Match[str]) -> str:
        index = number.get(match.group())
        if index is None or index in seen:
            return ""
        seen.add(index)
        kept.append(index)
        before, after = text[max(0, match.start() - 1) : match.start()], text[match.end() : match.end() + 1]
        left = " " if _joins(before, match.start(), text, protected) else ""
        right = " " if after.isascii() and after.isdigit() else ""
        return left + protected.formulas[index].delimited() + right

    restored = protected.token.sub(put_back, text)
    return Restored(restored, tuple(protected.formulas[i] for i in kept))


def formula_root(protected: Protected) -> Any:
    """The smallest element that holds nearly all of the placeholders."""
    return marked_chain(protected.tree, protected.stem)[-1][0]


def _joins(before: str, start: int, text: str, protected: Protected) -> bool:
    """Whether a dollar right here would be read as part of what stands before it."""
    if before == "z":  # two formulas side by side
        return any(match.end() == start for match in protected.token.finditer(text, max(0, start - 80), start))
    return before.isascii() and (before.isalnum() or before in ("$", "\\"))


def _unused_stem(page: str, text: str) -> str:
    """What placeholders begin with: a short word, or one that a page cannot hold because it comes from its hash.

    `text` is the page's text, in which references are characters.
    """
    stem, salt = "zqf", 0
    while stem in page or stem in text:
        salt += 1
        digest = hashlib.blake2b(page.encode("utf-8", "surrogatepass"), digest_size=6, salt=salt.to_bytes(8, "big"))
        stem = f"zq{digest.hexdigest()}f"
    return stem


def _scripts(tree: Any, token_for: TokenFor) -> None:
    """`<script type="math/tex">`, with what MathJax 2 rendered of it."""
    for script in [s for s in tree.iter("script") if (s.get("type") or "").lower().startswith("math/tex")]:
        rendered = False
        for _ in range(_MOST_RENDERED):
            before = script.getprevious()
            if before is None or (before.tail or "").strip() or not _is_rendered(before):
                break
            _remove(before)
            rendered = True
        latex = tidy(script.text or "")
        display = "mode=display" in (script.get("type") or "").lower().replace(" ", "")
        if not latex or is_definition(latex):
            script.clear(keep_tail=True)
            continue
        source = "mathjax2" if rendered else "script_tex_display" if display else "script_tex"
        _replace(script, token_for(Formula(latex, display, source), script.getparent()), display)


def _mathml(tree: Any, token_for: TokenFor) -> None:
    """`<math>` that carries TeX as an annotation or alttext, with the glyphs and images beside it."""
    # What stands around a formula is looked at before any of them is replaced.
    for math, whole, classes in [(math, *_outermost(math)) for math in tree.iter("math")]:
        annotation = next((a for a in math.iter("annotation") if "tex" in (a.get("encoding") or "").lower()), None)
        latex = tidy("".join(annotation.itertext())) if annotation is not None else ""
        source = "annotation" if latex else "alttext"
        latex = latex or tidy(math.get("alttext") or "")
        if not latex or whole.getparent() is None:  # nothing to keep, or inside a formula that is replaced
            continue
        if is_definition(latex):
            whole.clear(keep_tail=True)
            continue
        display = "block" in (math.get("display") or "") or "display" in (math.get("mode") or "")
        display = display or bool(classes & _DISPLAY_CLASSES)
        for prefix, name in (("katex", "katex"), ("mwe-", "mwe_math"), ("mjx-", "mathjax3")):
            if any(c.startswith(prefix) for c in classes):
                source = name
        _replace(whole, token_for(Formula(latex, display, source), whole.getparent()), display)


_ELEMENT_SOURCES: tuple[Callable[[Any, TokenFor], None], ...] = (_scripts, _mathml)


def _is_rendered(element: Any) -> bool:
    return bool(_classes(element) & _RENDERED) or str(element.tag).startswith("mjx-")


def _outermost(element: Any) -> tuple[Any, set[str]]:
    """The outermost element that shows this formula only, and the classes met on the way."""
    classes: set[str] = set()
    whole, parent = element, element.getparent()
    while parent is not None and _is_rendered(parent) and len(list(islice(parent.iter("math"), 2))) < 2:
        whole = parent
        classes |= _classes(parent) | {str(parent.tag)}
        parent = parent.getparent()
    return whole, classes


def _classes(element: Any) -> set[str]:
    return set((element.get("class") or "").split())


def _replace(element: Any, token: str, display: bool) -> None:
    """A placeholder in an element's place; a paragraph where a display formula stands between blocks."""
    block = display and element.getparent().tag in _BLOCK_PARENTS
    element.clear(keep_tail=True)
    element.tag, element.text = "p" if block else "span", token


def _remove(element: Any) -> None:
    """Take an element out; the text that follows it stays."""
    parent, before, text = element.getparent(), element.getprevious(), element.tail or ""
    if before is not None:
        before.tail = (before.tail or "") + text
    else:
        parent.text = (parent.text or "") + text
    parent.remove(element)


def _make_paragraphs(holders: Iterable[Any]) -> None:
    """Give text with placeholders that stands in a `div` or the like a paragraph: body finders look for those."""
    for block in dict.fromkeys(_block_of(holder) for holder in holders):
        _keep_captions(block)
        if block is not None and block.tag in _BLOCK_PARENTS:
            _wrap_inline(block)


def _keep_captions(block: Any | None) -> None:
    """A caption with mathematics is text: body finders drop figures whole."""
    node = block
    for _ in range(4):
        if node is None:
            return
        if node.tag in ("figure", "figcaption"):
            node.tag = "div" if node.tag == "figure" else "p"
        if "caption" in (node.get("class") or ""):
            del node.attrib["class"]
        node = node.getparent()


def _block_of(element: Any) -> Any:
    while element is not None and element.tag in _INLINE:
        element = element.getparent()
    return element


def _wrap_inline(block: Any) -> None:
    """Put each stretch of text and inline elements among a block's children into a paragraph of its own."""
    children = list(block)
    if block.tag in ("div", "center") and all(child.tag in _INLINE for child in children):
        block.tag = "p"
        return
    paragraph = block.makeelement("p")
    paragraph.text, block.text = block.text, None
    block.insert(0, paragraph)
    made = [paragraph]
    for child in children:
        if child.tag in _INLINE:
            paragraph.append(child)
            continue
        paragraph = block.makeelement("p")
        paragraph.text, child.tail = child.tail, None
        child.addnext(paragraph)
        made.append(paragraph)
    for empty in made:
        if not len(empty) and not (empty.text or "").strip():
            block.remove(empty)
