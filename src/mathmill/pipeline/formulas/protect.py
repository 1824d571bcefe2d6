"""Formulas out of a page before its body is sought, placeholders in their stead, and back again.

A placeholder is a word of letters and digits that does not occur in the page, so it passes through
any text extractor as a word does. Elements and pictures that hold a formula are replaced first, then delimited TeX in
the text between them, then what is written with `sup` and `sub` alone. `restore` accounts for every placeholder.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from dataclasses import replace as replaced
from functools import cache
from typing import Any

from mathmill.pipeline.dom.elements import INLINE, etree, has_one_child, remove
from mathmill.pipeline.formulas import elements, pictures, word
from mathmill.pipeline.formulas.delimited import Formula
from mathmill.pipeline.formulas.layout.equations import equations
from mathmill.pipeline.formulas.layout.numbers import displayed
from mathmill.pipeline.formulas.paragraphs import make_paragraphs
from mathmill.pipeline.formulas.plausible import hashed, is_sure_hashed
from mathmill.pipeline.formulas.raised.find import protect_raised
from mathmill.pipeline.formulas.renderers import Renderer
from mathmill.pipeline.formulas.text_runs import protect_text

# Characters of a `class` or `style` that are read; what stands around each of many formulas is read each time.
MOST_ATTRIBUTE = 2_000
_LONG_VALUE = re.compile(rf"=(?:\"[^\"]{{{MOST_ATTRIBUTE}}}|'[^']{{{MOST_ATTRIBUTE}}}|[^\s\"'>]{{{MOST_ATTRIBUTE}}})")
# A page with none of these in its source holds no formula that we know.
_MARKS = (
    *("$", "\\", "math", "<su", "<SU", "latex", "codecogs", "formula", "equation", "tex]", "TEX]", "tex=", "tex.cgi"),
    *("tex.gif", '"tex', "data-expr", "data-tex", "cht=tx", "asciimath", "katex", "mjx-", "MathJax", "MATH", "LATEX"),
    *("SCIIMath", '"intbl"', "reqn", "{eq}", "amath ", "tex.z-dn", "ltx_Math", "m:oMath", "m:omath"),
)
_FAMILIES = (*elements.FAMILIES, word.word_equations, pictures.images, pictures.vector_images)
_UNSEEN = re.compile(r"display\s{0,9}:\s{0,9}none|visibility\s{0,9}:\s{0,9}hidden", re.IGNORECASE)
_UNSEEN_CLASSES = re.compile(r"\b(?:hidden|screen-reader-text|sr-only|visually-hidden|visuallyhidden)\b")
_DEFINES = re.compile(r"\\(?:DeclareMathOperator|[egx]?def|let|(?:new|provide|renew)command)(?![A-Za-z])")
_SHOUTED = re.compile(r"<[A-Z]")
_HIDING = ("aria-hidden", "class", "hidden", "style")
MOST_TOKEN = 80  # characters of a text's end that are looked at for a placeholder
_MOST_WRAPPERS = 4  # elements around one of two twins that hold nothing else
_MOST_HIDDEN = 6  # elements around a formula that are looked at for one that hides it
# Sources that do not hold TeX: what is made of them is our reading, and gives way to TeX beside it.
_READINGS = frozenset(
    {"glyphs", "mathml", "omml", "mathjax3", "data_mathml", "data_asciimath", "script_mathml", "script_asciimath"}
)
_LOOSE = re.compile(
    r"\\(?:left|right|[bB]igg?[lrm]?|displaystyle|textstyle|mathrm|operatorname|text|limits|,|;|:|!|quad|qquad)|[{}\s]"
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


def may_hold_formulas(html: str) -> bool:
    """A cheap test that spares a page without any the search."""
    if any(mark in html for mark in _MARKS):
        return True
    return "#" in html and any(is_sure_hashed(match[1]) for match in hashed(html))


def protect(tree: Any, renderer: Renderer, page: str) -> Protected:
    """Replace the formulas in `tree`, which is changed; `page` is what placeholders must not occur in."""
    stem = _unused_stem(page, tree.text_content())
    if _LONG_VALUE.search(page):
        _cut_attributes(tree)
    pattern = re.compile(f"{stem}(\\d+)z")
    found: list[Formula] = []
    holders: list[Any] = []

    def token_for(formula: Formula, holder: Any) -> str:
        found.append(_without_placeholders(formula, stem, pattern, found))
        holders.append(holder)
        return f"{stem}{len(found) - 1}z"

    # Families look into the source for names of tags and attributes, which a page may shout.
    source = page + page.lower() if _SHOUTED.search(page) else page
    for family in _FAMILIES:
        family(tree, source, token_for)
    protect_text(tree, renderer, page, token_for)
    protect_raised(tree, page, token_for, pattern)
    if not found:
        return Protected.none(tree)
    if len({formula.source for formula in found}) > 1:
        _drop_twins(tree, pattern, found)
    for token, number in equations(tree, pattern, lambda token: found[_index(token, pattern)].latex).items():
        at = _index(token, pattern)
        found[at] = displayed(found[at], number)
    _reveal(holders, pattern, found)
    make_paragraphs(holders)
    order = [int(number) for number in pattern.findall(tree.text_content())]
    return Protected(tree, tuple(found[i] for i in order), tuple(f"{stem}{i}z" for i in order), stem, pattern)


def _index(token: str, pattern: re.Pattern[str]) -> int:
    return int(pattern.fullmatch(token)[1])  # type: ignore[index]


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
        written = protected.formulas[index].delimited()
        if "|" in written and text.startswith("| ", text.rfind("\n", 0, match.start()) + 1):
            written = _without_bars(written)
        return left + written + right

    restored = protected.token.sub(put_back, text)
    return Restored(restored, tuple(protected.formulas[i] for i in kept))


def _without_bars(written: str) -> str:
    """A formula for a cell of a Markdown table, whose bars would end the cell; `array` needs those of its columns."""
    if "{array}" in written:
        return written
    return written.replace("\\|", "\\Vert ").replace("|", "\\vert ")


def _joins(before: str, start: int, text: str, protected: Protected) -> bool:
    """Whether a dollar right here would be read as part of what stands before it."""
    if before == "z":  # two formulas side by side
        return any(match.end() == start for match in protected.token.finditer(text, max(0, start - 80), start))
    return before.isascii() and (before.isalnum() or before in ("$", "\\"))


def _without_placeholders(formula: Formula, stem: str, token: re.Pattern[str], found: list[Formula]) -> Formula:
    """A formula with those that stand inside of it, and were replaced before it, as what they are."""
    if stem not in formula.latex and stem not in formula.number:
        return formula
    inner = re.compile(rf"\\(?:text|mathrm)\{{\s*{token.pattern}\s*\}}|{token.pattern}")
    latex = inner.sub(lambda match: found[int(match[1] or match[2])].latex, formula.latex)
    return replaced(formula, latex=latex, number=token.sub("", formula.number))


def _cut_attributes(tree: Any) -> None:
    for element in _with_long_attributes()(tree):
        for name in ("class", "style"):
            if len(value := element.get(name) or "") > MOST_ATTRIBUTE:
                element.set(name, value[:MOST_ATTRIBUTE])


@cache
def _with_long_attributes() -> Any:
    long = " or ".join(f"string-length(@{name}) > {MOST_ATTRIBUTE}" for name in ("class", "style"))
    return etree().XPath(f"descendant-or-self::*[{long}]")


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


def _drop_twins(tree: Any, token: re.Pattern[str], found: list[Formula]) -> None:
    """Where two sources of one formula stand side by side, the one that carries TeX stays, else the first."""
    before: tuple[Any, Formula] | None = None
    for element in list(tree.iter("span", "p")):
        match = token.fullmatch((element.text or "").strip()) if not len(element) else None
        if match is None:
            continue
        formula = found[int(match[1])]
        beside = (_right_before(element, token), token.match((element.tail or "").lstrip()))
        if any(each is not None and _is_same(found[int(each[1])], formula) for each in beside):
            remove(element)
            continue
        if before is not None and _are_twins(before[0], element) and _is_same(before[1], formula):
            worse_first = before[1].source in _READINGS and formula.source not in _READINGS
            remove(before[0] if worse_first else element)
            if not worse_first:
                continue
        before = (element, formula)


def _right_before(element: Any, token: re.Pattern[str]) -> re.Match[str] | None:
    """The placeholder in text that an element follows at once, though from within an element of its own."""
    while element.getprevious() is None and element.getparent() is not None:
        text = element.getparent().text or ""
        if text.strip() or element.getparent().tag not in INLINE:
            break
        element = element.getparent()
    else:
        text = element.getprevious().tail or "" if element.getprevious() is not None else ""
    tail = text[-MOST_TOKEN:].rstrip()
    return next((match for match in token.finditer(tail) if match.end() == len(tail)), None)


def _are_twins(element: Any, other: Any) -> bool:
    """Whether nothing stands between two elements; the first may be wrapped in one more, the second in a few."""
    if (element.tail or "").strip():
        return False
    behind = element.getnext()
    if behind is None and has_one_child(element.getparent()) and not (element.getparent().text or "").strip():
        element = element.getparent()
        behind = None if (element.tail or "").strip() else element.getnext()
    for _ in range(_MOST_WRAPPERS):
        if behind is None or behind is other:
            break
        inside = has_one_child(behind) and not (behind.text or "").strip()
        behind = behind[0] if inside else None
    return behind is other


def _is_same(formula: Formula, other: Formula) -> bool:
    return formula.source != other.source and _LOOSE.sub("", formula.latex) == _LOOSE.sub("", other.latex)


def _reveal(holders: Iterable[Any], token: re.Pattern[str], found: Sequence[Formula]) -> None:
    """Let formulas be seen where they alone are hidden, as sources beside a picture are; not those for their macros."""
    for holder in dict.fromkeys(holders):
        node = holder
        for _ in range(_MOST_HIDDEN):
            if node is None or node.tag in ("body", "html"):
                break
            if _is_hidden(node) and _holds_formulas_alone(node.text_content(), token, found):
                for name in _HIDING:
                    node.attrib.pop(name, None)
            node = node.getparent()


def _holds_formulas_alone(text: str, token: re.Pattern[str], found: Sequence[Formula]) -> bool:
    """Whether a text is nothing but placeholders, of formulas that define no macro."""
    if token.sub("", text).strip():
        return False
    return not any(_DEFINES.search(found[int(number)].latex) for number in token.findall(text))


def _is_hidden(element: Any) -> bool:
    get = element.get
    if get("hidden") is not None or get("aria-hidden") == "true":
        return True
    return bool(_UNSEEN.search(get("style") or "") or _UNSEEN_CLASSES.search(get("class") or ""))
