r"""What a page's own renderer would typeset: the configuration of MathJax, KaTeX or AsciiMath, read as text.

A page says in its scripts (`configurations`) what opens a formula and where none is looked for; the names of MathJax's
combined components in a script's address say which notations are read. A page that names no delimiters gets the
renderer's own; whether inline `$` is among them is then not said (None). As in MathJax the last list of a name holds,
while KaTeX reads with every list that it is called with. Two options are not asked for: `processEscapes`, since `\$`
never opens a formula here (who writes it means a dollar), and `processRefs`, since a reference is no formula.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from mathmill.pipeline.formulas.configurations import (
    MOST_LIST,
    MOST_LISTS,
    Listed,
    Script,
    bracketed,
    lists,
    literals,
    naming,
    scripts_of,
    unescaped,
)

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
IGNORED = frozenset({"asciimath2jax_ignore", "mathjax_ignore", "no-mathjax", "nomathjax", "tex2jax_ignore"})
PROCESSED = frozenset({"arithmatex", "asciimath2jax_process", "mathjax_process", "tex2jax_process"})
EVERY_CLASS = ".*"
MOST_PAIRS = 12  # delimiters of its own that a page may have

_MATH_LISTS = naming("inlineMath|displayMath|delimiters")
_DELIMITERS = naming("delimiters")
_SKIPPED_LISTS = naming("skipHtmlTags|skipTags|ignoredTags")
_CLASS_LISTS = naming("ignoredClasses")
_CLASSES = re.compile(
    r"\b(?P<kind>ignore|process)(?:Html)?Class[\"']?\s{0,20}:\s{0,20}[\"'](?P<words>[^\"']{0,400})[\"']"
)
_SIDE = re.compile(
    r"\b(left|right|display)[\"']?\s{0,20}:\s{0,20}(\"(?:[^\"\\\n]|\\.){0,40}\"|'(?:[^'\\\n]|\\.){0,40}'|\w{1,5}|!\d)"
)
_SINGLE_DOLLARS = re.compile(r"\bprocessSingleDollars\s{0,9}:\s{0,9}(?:true|1)")
_ENVIRONMENTS = re.compile(r"\bprocessEnvironments[\"']?\s{0,9}:\s{0,9}(true|false|![01])")
_ASCIIMATH = re.compile(r"asciimath|[-_/=,]AM[-_](?:CHTML|HTMLorMML|SVG)|TeX-MML-AM|[-_]AM\b", re.IGNORECASE)
_ASCIIMATH_BLOCK = re.compile(r"\basciimath(?:2jax)?[\"']?\s{0,9}[:=]\s{0,9}(?=\{)", re.IGNORECASE)
_AM_DELIMITER = re.compile(r"\bAMdelimiter([12])\s{0,9}=\s{0,9}(\"(?:[^\"\\\n]|\\.){1,20}\"|'(?:[^'\\\n]|\\.){1,20}')")
_AM_OFF = re.compile(r"\b(AMusedelimiter2|translateASCIIMath)\s{0,9}=\s{0,9}false\b")
_AM_WITHIN = re.compile(r"\bAMdocumentId\s{0,9}=\s{0,9}[\"']([^\"'\s]{1,80})[\"']")
# What arXiv loads: a script of its own that has MathJax read, with dollars, elements of one class alone.
_TOGGLE, _TOGGLED = "mathjaxToggle", "mathjax"
# The components of MathJax that a script's address names: `?config=TeX-AMS_HTML,Safe`, `/tex-mml-chtml.js`.
_CONFIG = re.compile(r"[?&;]config=([\w,/.-]{1,200})", re.IGNORECASE)
_COMBINED = re.compile(r"/((?:tex|mml)-[\w-]{1,40})\.js\b")
_TEX_RENDERERS = re.compile(
    r"katex|jsmath|mathtex|temml|auto-render|\btex2jax\b|input/tex\b|\btex[\"']?\s{0,9}:\s{0,9}\{"
)


@dataclass(frozen=True, slots=True)
class Pair:
    """Two delimiters and whether what stands between them is displayed."""

    left: str
    right: str
    display: bool


# What every scan of a text knows already; a page's own delimiters are others than these.
STANDARD = (Pair("$", "$", False), Pair("$$", "$$", True), Pair("\\(", "\\)", False), Pair("\\[", "\\]", True))
_MATHJAX_OWN = {"inlineMath": [STANDARD[2]], "displayMath": [STANDARD[1], STANDARD[3]]}
# What AsciiMath's own script reads too, MathJax does not.
_AMATH = Pair("amath ", "endamath", False)
# Forgotten escapes: the string '\(' is a bare bracket, which no page means.
_SLIPS = {("(", ")"): ("\\(", "\\)"), ("[", "]"): ("\\[", "\\]")}


@dataclass(frozen=True, slots=True)
class Renderer:
    """What a page permits."""

    loaded: bool = False  # a renderer of TeX at all
    dollar: bool | None = None  # inline `$`; None: not said
    pairs: tuple[Pair, ...] = ()  # delimiters beyond the standard ones, or that mean something else here
    doubted: frozenset[str] = frozenset()  # standard opening delimiters that the page's own lists leave out
    environments: bool = True  # `\begin{align}` without delimiters
    asciimath: tuple[Pair, ...] = ()  # delimiters of AsciiMath
    asciimath_within: str = ""  # the `id` of the one element in which AsciiMath is read, if there is such an element
    skipped: frozenset[str] = NEVER | CODE  # names of elements
    ignored: frozenset[str] = IGNORED  # names of classes; `EVERY_CLASS` for any
    processed: frozenset[str] = PROCESSED


def renderer_of(html: str) -> Renderer:
    """What the page's own configuration of its renderer permits."""
    lower = html.lower()
    if not any(name in lower for name in NAMES):
        return Renderer()
    scripts = scripts_of(html)
    texts = [script.configuration for script in scripts if script.configuration]
    mathjax, katex = _tex_lists(texts)
    pairs = [pair for listed in (*mathjax.values(), katex) for pair in listed]
    dollar = any((pair.left, pair.right) == ("$", "$") for pair in pairs) or any(map(_SINGLE_DOLLARS.search, texts))
    said = dollar or "inlineMath" in mathjax or any(not pair.display for pair in katex)
    ignored, processed = _classes(texts)
    toggled = not said and any(_TOGGLE in script.attributes for script in scripts)
    if toggled:
        dollar, ignored, processed = True, ignored | {EVERY_CLASS}, processed | {_TOGGLED}
    environments = [found[1] for text in texts for found in _ENVIRONMENTS.finditer(text)]
    within = [found[1] for text in texts for found in _AM_WITHIN.finditer(text)]
    return Renderer(
        loaded=_reads_tex(scripts),
        dollar=dollar if said or toggled else None,
        pairs=tuple(pair for pair in dict.fromkeys(pairs) if pair not in STANDARD)[:MOST_PAIRS],
        doubted=_doubted(mathjax, katex),
        environments=not environments or environments[-1] in ("true", "!0"),
        asciimath=_asciimath(scripts, {pair.left for pair in pairs}),
        asciimath_within=within[-1] if within else "",
        skipped=_skipped(texts),
        ignored=ignored,
        processed=processed,
    )


def _tex_lists(texts: Sequence[str]) -> tuple[dict[str, list[Pair]], list[Pair]]:
    """What MathJax's lists of each name come to at last, of those that the page names, and all that KaTeX is given."""
    mathjax: dict[str, list[Pair]] = {}
    katex: list[Pair] = []
    for listed in lists(texts, _MATH_LISTS):
        if listed.name == "delimiters":
            katex += _sided_pairs(listed.text)
        elif pairs := _pairs(listed.text, listed.name == "displayMath"):
            own = mathjax.get(listed.name, _MATHJAX_OWN[listed.name])
            mathjax[listed.name] = _changed(own, listed, pairs)
    return mathjax, katex


def _changed(own: list[Pair], listed: Listed, pairs: list[Pair]) -> list[Pair]:
    if listed.change == "=":
        return pairs
    lefts = {pair.left for pair in pairs}
    return [pair for pair in own if pair.left not in lefts] + (pairs if listed.change == "+" else [])


def _pairs(listed: str, display: bool = False) -> list[Pair]:
    """The `[left, right]` lists of MathJax; environments are known without."""
    words = literals(listed)
    sides = (_SLIPS.get(pair, pair) for pair in zip(words[::2], words[1::2], strict=False))
    return [Pair(left, right, display) for left, right in sides if _is_delimiter(left) and right.strip()]


def _sided_pairs(listed: str) -> Iterator[Pair]:
    """The `{left, right, display}` objects of KaTeX's auto-render."""
    for piece in listed.split("}"):
        sides: dict[str, str] = dict(_SIDE.findall(piece))
        pair = unescaped(sides.get("left", "''")[1:-1]), unescaped(sides.get("right", "''")[1:-1])
        left, right = _SLIPS.get(pair, pair)
        if _is_delimiter(left) and right.strip():
            yield Pair(left, right, sides.get("display") in ("true", "!0"))


def _is_delimiter(left: str) -> bool:
    return bool(left.strip()) and not left.startswith("\\begin")


def _doubted(mathjax: dict[str, list[Pair]], katex: list[Pair]) -> frozenset[str]:
    """The standard delimiters that a page with lists of its own leaves out of them."""
    if not mathjax and not katex:
        return frozenset()
    read = {pair.left for pair in katex}
    if mathjax:
        read |= {pair.left for listed in (_MATHJAX_OWN | mathjax).values() for pair in listed}
    return frozenset(pair.left for pair in STANDARD if pair.left != "$") - read


def _reads_tex(scripts: Sequence[Script]) -> bool:
    """Whether the page's renderer reads TeX: not where MathJax is loaded for MathML or AsciiMath alone."""
    addresses = [script.attributes for script in scripts]
    names = [name for address in addresses for found in _CONFIG.finditer(address) for name in found[1].split(",")]
    names += [found[1] for address in addresses for found in _COMBINED.finditer(address)]
    named = [re.split(r"[-_]", name.lower()) for name in names]
    if not any("am" in parts or "mml" in parts for parts in named):
        return True
    if any("tex" in parts for parts in named) or any(parts[0] in ("default", "accessible") for parts in named):
        return True
    return any(_TEX_RENDERERS.search(f"{script.attributes} {script.configuration}".lower()) for script in scripts)


def _asciimath(scripts: Sequence[Script], taken: set[str]) -> tuple[Pair, ...]:
    """The delimiters of AsciiMath, where it is loaded, but for those that are TeX's."""
    if not any(_loads_asciimath(script) for script in scripts):
        return ()
    pairs, second = [Pair("`", "`", False)], list[Pair]()
    texts = [script.configuration for script in scripts]
    for listed in lists(_asciimath_blocks(texts), _DELIMITERS):
        pairs = _changed(pairs, listed, _pairs(listed.text)) or pairs
    for text in texts:
        for said in _AM_DELIMITER.finditer(text):
            mark = unescaped(said[2][1:-1])
            if mark.strip():
                first, second = said[1] == "1", second if said[1] == "1" else [Pair(mark, mark, False)]
                pairs = [Pair(mark, mark, False)] if first else pairs
        for off in _AM_OFF.finditer(text):
            pairs, second = (pairs, []) if off[1] == "AMusedelimiter2" else ([], [])
    if pairs and any("asciimathml" in script.attributes.lower() for script in scripts):
        second = [*second, _AMATH]
    return tuple(pair for pair in (*pairs, *second) if pair.left not in taken)[:MOST_PAIRS]


def _asciimath_blocks(texts: Sequence[str]) -> Iterator[str]:
    found = (block for text in texts for block in _ASCIIMATH_BLOCK.finditer(text))
    return (bracketed(block.string, block.end()) for block in islice(found, MOST_LISTS))


def _loads_asciimath(script: Script) -> bool:
    # A long script may speak of it further down for other reasons.
    return bool(_ASCIIMATH.search(script.attributes)) or "asciimath" in script.configuration[:MOST_LIST].lower()


def _classes(texts: Sequence[str]) -> tuple[frozenset[str], frozenset[str]]:
    """Names of classes that a renderer ignores, and of those that it reads again inside of these."""
    ignored, processed = set(IGNORED), set(PROCESSED)
    for listed in lists(texts, _CLASS_LISTS):
        ignored.update(literals(listed.text))
    for text in texts:
        for said in _CLASSES.finditer(text):
            # A regular expression by the book; only plain words are believed, since theirs is not ours to run.
            words = {word for word in said["words"].split("|") if re.fullmatch(r"[\w-]+|\.\*", word)}
            (ignored if said["kind"] == "ignore" else processed).update(words)
    return frozenset(ignored), frozenset(processed)


def _skipped(texts: Sequence[str]) -> frozenset[str]:
    """Names of the elements in which a renderer does not look."""
    skipped = NEVER | CODE
    for listed in lists(texts, _SKIPPED_LISTS):
        names = {name.lower() for name in literals(listed.text)}
        if listed.change == "=":
            skipped = NEVER | names
        else:
            skipped = skipped | names if listed.change == "+" else skipped - (names - NEVER)
    return skipped
