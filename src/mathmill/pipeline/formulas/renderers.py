r"""What a page's own renderer would typeset: the configuration of MathJax, KaTeX or AsciiMath, read as text.

A page says in its scripts what opens a formula and where none is looked for. Nothing is executed: lists of string
literals are read from behind their names, and anything else is left alone. A page that names no delimiters gets
the renderer's own; whether inline `$` is among them is then not said (None).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape
from itertools import islice

NAMES = (
    "mathjax",
    "katex",
    "jsmath",
    "mathtex",
    "tex-mml",
    "tex-chtml",
    "tex-svg",
    "auto-render",
    "asciimath",
    "temml",
)
# Elements in which no renderer looks, whatever its configuration says of others.
NEVER = frozenset(
    ["annotation", "annotation-xml", "math", "noscript", "script", "select", "style", "svg", "textarea", "title"]
)
CODE = frozenset({"code", "pre"})
IGNORED = frozenset({"mathjax_ignore", "no-mathjax", "nomathjax", "tex2jax_ignore"})
PROCESSED = frozenset({"arithmatex", "mathjax_process", "tex2jax_process"})
EVERY_CLASS = ".*"
# Characters of one list in a configuration and lists of one script that are looked at, and delimiters of its own
# that a page may have.
MOST_LIST, MOST_LISTS, MOST_PAIRS = 2_000, 40, 12

_SCRIPT = re.compile(r"<script\b([^<>]{0,4000})>(.*?)(?:</script|\Z)", re.DOTALL | re.IGNORECASE)
_MATH_LIST = re.compile(r"\b(inlineMath|displayMath|delimiters)[\"']?\s{0,20}:\s{0,20}(?=\[)")
_CLASSES = re.compile(
    r"\b(?P<kind>ignore|process)(?:Html)?Class(?:es)?[\"']?\s{0,20}:\s{0,20}[\"'](?P<words>[^\"']{0,400})[\"']"
    r"|\bignoredClasses[\"']?\s{0,20}:\s{0,20}(?P<list>\[[^\]]{0,400}\])"
)
_SKIPPED = re.compile(
    r"\b(?:skip(?:Html)?Tags|ignoredTags)[\"']?\s{0,20}:\s{0,20}(?:\[(?P<list>[^\]]{0,400})\]|\{(?P<changes>[^}]{0,400})\})"
)
_REMOVED = re.compile(r"[\"']\[-\][\"']\s{0,20}:\s{0,20}\[([^\]]{0,400})\]")
_LITERAL = re.compile(r"\"((?:[^\"\\\n]|\\.){0,40})\"|'((?:[^'\\\n]|\\.){0,40})'")
_COMMENT = re.compile(r"/\*.{0,400}?\*/|(?<![:\"'\\])//[^\n]{0,400}", re.DOTALL)
_SIDE = re.compile(
    r"\b(left|right|display)[\"']?\s{0,20}:\s{0,20}(\"(?:[^\"\\\n]|\\.){0,40}\"|'(?:[^'\\\n]|\\.){0,40}'|\w{1,5})"
)
_SINGLE_DOLLARS = re.compile(r"\bprocessSingleDollars\s{0,9}:\s{0,9}(?:true|1)")
_ASCIIMATH = re.compile(r"asciimath|[-_/=,]AM[-_](?:CHTML|HTMLorMML|SVG)|TeX-MML-AM|[-_]AM\b", re.IGNORECASE)
_ESCAPE = re.compile(r"\\(.)")


@dataclass(frozen=True, slots=True)
class Pair:
    """Two delimiters and whether what stands between them is displayed."""

    left: str
    right: str
    display: bool


# What every scan of a text knows already; a page's own delimiters are others than these.
STANDARD = frozenset({("$", "$"), ("$$", "$$"), ("\\(", "\\)"), ("\\[", "\\]")})


@dataclass(frozen=True, slots=True)
class Renderer:
    """What a page permits."""

    loaded: bool = False  # a renderer at all
    dollar: bool | None = None  # inline `$`; None: not said
    pairs: tuple[Pair, ...] = ()  # delimiters beyond the standard ones
    asciimath: bool = False  # text between backticks
    skipped: frozenset[str] = NEVER | CODE  # names of elements
    ignored: frozenset[str] = IGNORED  # names of classes; `EVERY_CLASS` for any
    processed: frozenset[str] = PROCESSED


def renderer_of(html: str) -> Renderer:
    """What the page's own configuration of its renderer permits."""
    lower = html.lower()
    if not any(name in lower for name in NAMES):
        return Renderer()
    scripts = [_COMMENT.sub(" ", text) if "/" in text else text for text in _configurations(html)]
    pairs = list(dict.fromkeys(pair for script in scripts for pair in _pairs(script)))
    dollar = any((pair.left, pair.right) == ("$", "$") for pair in pairs) or any(map(_SINGLE_DOLLARS.search, scripts))
    said = dollar or any(not pair.display for pair in pairs)
    ignored, processed = _classes(scripts)
    return Renderer(
        loaded=True,
        dollar=dollar if said else None,
        pairs=tuple(pair for pair in pairs if (pair.left, pair.right) not in STANDARD)[:MOST_PAIRS],
        asciimath=any(_ASCIIMATH.search(tag) for tag in _script_tags(html)),
        skipped=_skipped(scripts),
        ignored=ignored,
        processed=processed,
    )


def _configurations(html: str) -> Iterator[str]:
    """The texts in which a page configures its renderer."""
    for script in _SCRIPT.finditer(html):
        attributes, text = script.groups()
        if "math" in text or "Math" in text or "delimiters" in text:
            yield text
        if "onload" in attributes:
            yield unescape(attributes)


def _script_tags(html: str) -> Iterator[str]:
    for script in _SCRIPT.finditer(html):
        attributes, text = script.groups()
        yield attributes
        if "sciimath" in text or "sciiMath" in text:
            yield text[:MOST_LIST]


def _pairs(script: str) -> Iterator[Pair]:
    for named in islice(_MATH_LIST.finditer(script), MOST_LISTS):
        listed = _bracketed(script, named.end())
        if named[1] == "delimiters":
            yield from _sided_pairs(listed)
        else:
            words = [_unescaped(a or b) for a, b in _LITERAL.findall(listed)]
            for left, right in zip(words[::2], words[1::2], strict=False):
                if left.strip() and right.strip():
                    yield Pair(left, right, named[1] == "displayMath")


def _sided_pairs(listed: str) -> Iterator[Pair]:
    """The `{left, right, display}` objects of KaTeX's auto-render."""
    for piece in listed.split("}"):
        sides: dict[str, str] = dict(_SIDE.findall(piece))
        left, right = (_unescaped(sides.get(side, "''")[1:-1]) for side in ("left", "right"))
        if left.strip() and right.strip() and not left.startswith("\\begin"):
            yield Pair(left, right, sides.get("display") in ("true", "!0"))


def _bracketed(text: str, start: int) -> str:
    """The list that begins at `start`, brackets in string literals aside."""
    depth, quote, position = 0, "", start
    end = min(len(text), start + MOST_LIST)
    while position < end:
        character = text[position]
        if quote:
            position += character == "\\"
            quote = "" if character == quote else quote
        elif character in "\"'":
            quote = character
        elif character in "[]":
            depth += 1 if character == "[" else -1
            if not depth:
                break
        position += 1
    return text[start : position + 1]


def _unescaped(literal: str) -> str:
    return _ESCAPE.sub(r"\1", literal)


def _classes(scripts: list[str]) -> tuple[frozenset[str], frozenset[str]]:
    """Names of classes that a renderer ignores, and of those that it reads again inside of these."""
    ignored, processed = set(IGNORED), set(PROCESSED)
    for script in scripts:
        for said in _CLASSES.finditer(script):
            if said["list"]:
                ignored.update(a or b for a, b in _LITERAL.findall(said["list"]))
                continue
            # A regular expression by the book; only plain words are believed, since theirs is not ours to run.
            words = {word for word in said["words"].split("|") if re.fullmatch(r"[\w-]+|\.\*", word)}
            (ignored if said["kind"] == "ignore" else processed).update(words)
    return frozenset(ignored), frozenset(processed)


def _skipped(scripts: list[str]) -> frozenset[str]:
    """Names of the elements in which a renderer does not look."""
    skipped = NEVER | CODE
    for script in scripts:
        for said in _SKIPPED.finditer(script):
            if said["list"] is not None:
                names = {(a or b).lower() for a, b in _LITERAL.findall(said["list"])}
                skipped = NEVER | names
            elif removed := _REMOVED.search(said["changes"]):
                skipped -= {(a or b).lower() for a, b in _LITERAL.findall(removed[1])} - NEVER
    return skipped
