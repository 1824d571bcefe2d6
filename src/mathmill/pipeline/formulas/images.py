r"""Formulas that pages show as images: the TeX that an image's address spells, or that its alt text says.

Services that render TeX (WordPress, CodeCogs, mimeTeX, Zhihu, ..) take it in the address, which is what was rendered,
so it comes first; an alt text that says the same with more of its marks left is taken instead of a damaged address.
An alt text alone counts where class, parent or address call the image a formula, or where it can hardly be
anything but TeX. This module reads one element and changes nothing; what stands beside the image (a noscript
twin, MathML, an equation's number) is the caller's matter, and so are wrappers such as `\displaystyle`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any
from urllib.parse import unquote_to_bytes

from mathmill.pipeline.formulas.delimited import MAX_DISPLAY, Formula
from mathmill.pipeline.formulas.plausible import is_money, looks_like_tex

ALT, URL = "image_alt", "image_url"
WIKIMEDIA, QUICKLATEX, AOPS, MOODLE = "image_wikimedia", "image_quicklatex", "image_aops", "image_moodle"
# Characters of an address that are looked at, and addresses inside an address (a proxy's, an archive's).
MAX_URL, MAX_WRAPPED = 20_000, 3
# Characters of an element's classes that are looked at, and texts inside an `object`.
MAX_NAMES, MOST_TEXTS = 400, 20


@dataclass(frozen=True, slots=True)
class _Service:
    """Where a renderer of TeX has it: in a parameter, else in the whole query; whether `+` is a plus there."""

    source: str
    address: re.Pattern[str]
    keys: tuple[str, ...] = ()
    plus: bool = False


def _service(source: str, address: str, *keys: str, plus: bool = False) -> _Service:
    return _Service(source, re.compile(address, re.IGNORECASE), keys, plus)


_SERVICES = (
    _service("image_codecogs", r"codecogs\.com/(?:[\w-]+/){0,3}[\w-]+\.(?:latex|image|download|json)\Z", plus=True),
    _service("image_codecogs", r"codecogs\.com/(?:[\w-]+/){0,3}eqnedit\.php\Z", "latex", plus=True),
    _service("image_wordpress", r"(?:\A|/)latex\.php\Z", "latex"),
    _service("image_mimetex", r"(?:\A|/)[\w-]{0,9}tex\d?\.(?:cgi|exe)\Z", plus=True),
    _service("image_google_chart", r"google(?:apis)?\.com/chart\Z", "chl"),
    _service("image_github", r"render\.githubusercontent\.com/render/math\Z", "math"),
    _service("image_zhihu", r"zhihu\.com/equation\Z", "tex"),
    _service(URL, r"\bmath\.(?:now\.sh|vercel\.app)/?\Z", "from", "inline"),
    _service(URL, r"\btex\.z-dn\.net/?\Z", "f"),
    _service(URL, r"sciweavers\.org/[\w-]+\.php\Z", "eq"),
    _service(URL, r"(?:texrendr|latex2png|mathurl)\.com/[^?]{0,40}\Z", "eqn", "latex", "eq"),
    _service(MOODLE, r"/filter/(?:tex|algebra)/[\w-]+\.php\Z", "texexp", "algebra"),
)
# Services that take TeX as part of the path.
_IN_PATH = (
    ("image_upmath", re.compile(r"(?:i\.upmath\.me|tex\.s2cms\.(?:ru|com))/(?:svg|png|g)b?/", re.IGNORECASE)),
    (URL, re.compile(r"texify\.com/(?:img/|\?)?", re.IGNORECASE)),
)
_PICTURE_END = re.compile(r"\.(?:gif|png|svg)\Z", re.IGNORECASE)
_OTHER_KEYS = ("latex", "tex", "formula", "eq", "math", "equation", "texexp", "eqn", "expr")
_TEX_ADDRESS = re.compile(r"(?<![a-z])(?:la)?tex|math|formula|equation|eqn", re.IGNORECASE)

# A cheap test that spares other images the search.
_MAY_SPELL = re.compile(r"tex|codecogs|chart|math|equation|formula|eqn?=|expr=|sciweavers|algebra", re.IGNORECASE)
_BREAKS = re.compile(r"[\t\r\n]+")  # a browser drops them, and the blanks around an address
_ADDRESS = re.compile(
    r"(?:(?:https?:)?//(?P<host>[^/?#\s]{0,255}))?(?P<path>[^?#]*)(?:\?(?P<query>[^#]*))?", re.IGNORECASE
)
_PHOTON = re.compile(r"(?:https?:)?//i\d\.wp\.com/", re.IGNORECASE)
_INNER = re.compile(r"(?<=[/=?:_])(?:https?:/{1,2}|//(?=[\w-]+\.))|(?<==)https?%3A%2F%2F|(?<==)%2F%2F", re.IGNORECASE)
_ENTITY = re.compile(r"&(?:amp|#0{0,4}38);")
_TEX_ENTITY = re.compile(r"&(lt|gt|amp|quot|nbsp|space|plus|hash|#0{0,4}39|apos);")
_TEX_ENTITIES = {"lt": "<", "gt": ">", "amp": "&", "quot": '"', "nbsp": " ", "space": " ", "plus": "+", "hash": "#"}
# Parameters that may follow one that holds TeX, in which a bare `&` may stand as well.
_NEXT = (
    r"&(?:alternateColor|bc|bg|c|chco|chf|chld|chof|chs|cht|chts|color|dark|dpi|edit|fc|ff|fg|fit|format|fs|h|height|im"
    r"|inline|lossy|mode|quality|resize|s|size|ssl|strip|theme|w|width|zoom)=[^&]*"
)
_TRAILING = re.compile(rf"(?:{_NEXT})+\Z")
_TWICE_ENCODED = re.compile(r"%(?:5C|7B|5E|20|2B|3D)", re.IGNORECASE)
_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u200b-\u200f\ufeff\ufffe\uffff\ud800-\udfff]+")
# What a service is told about colour, font and size, before the formula.
_OPTIONS = re.compile(
    r"(?:[\s~]|\\!|\\(?:dpi|fs|usepackage|density|[bf]g)\s?\{[^{}]{0,40}\}|\\(?:\d{2,4}dpi|[bf]g_[A-Za-z]{1,20}|fn_[a-z]{1,9}"
    r"|tiny|scriptsize|footnotesize|small|normalsize|large|Large|LARGE|huge|Huge|inline|opaque|reverse|png|gif|jvn|cm)"
    r"(?![A-Za-z]))*"
)

_DELIMITED = re.compile(
    r"\\f\$(?P<a>.+)\\f\$|\\f[\[{](?P<A>.+)\\f[\]}]|\\\((?P<b>.+)\\\)|\\\[(?P<B>.+)\\\]|\$\$(?P<C>.+)\$\$|\$(?P<d>.+)\$"
    r"|\\begin\{(?:displaymath|equation\*?)\}(?P<D>.+)\\end\{(?:displaymath|equation\*?)\}|\\begin\{math\}(?P<e>.+)\\end\{math\}"
    r"|\[(?:tex|latex|math|itex)\](?P<f>.+)\[/(?:tex|latex|math|itex)\]"
    r"|\\begin\{(?=(?:align|eqnarray|flalign|gather|multline|split)[a-z]{0,2}\*?\})(?P<G>.+)"
    r"|\\begin\{(?=(?:array|cases|[bpvBV]?matrix)\})(?P<g>.+)",
    re.DOTALL,
)
_DISPLAY_CLASSES = frozenset([
    "block-math", "display", "displaymath", "display-math", "formulaDsp", "latex-display", "latexcenter", "math-block",
    "math-display", "mathdisplay", "mwe-math-fallback-image-display", "ql-img-displayed-equation", "tex-display",
])  # fmt: skip
# Classes of formulas within a line, whatever delimiters the alt text has; and pandoc's pair of classes.
_INLINE_CLASS = re.compile(r"InlineEquation|inline-?(?:eqn|equation|formula)|math-inline")
_INLINE_PAIR = frozenset({"math", "inline"})
# Classes that vouch for the alt text of an image, whatever it says; of its parents only those in `_OF_PARENTS`.
_TEX_CLASS = re.compile(
    r"(?:la)?tex(?:[-_]?(?:img|image|math|center|display|inline|render|formula|equation))?|teximg|texrender|mimetex|mathtex"
    r"|mwe-math-fallback-[\w-]+|formula(?:Inl|Dsp|[-_]?(?:img|image))?|(?:inline|display|block)[-_]?(?:formula|math|equation)"
    r"|ltx_Math|math(?:[-_]?(?:img|image|inline|display|tex|formula))?|equation(?:[-_]?(?:img|image))?|eqn?|numbered|inlineformula"
    r"|inlineequation|ee_img|latexmath|wp-?latex|ql-img-[\w-]+|png-math|imgmath|latexblock"
)
_OF_PARENTS = frozenset([
    "MathJax_Preview", "display-formula", "displaymath", "equation", "formulaDsp", "inline-formula", "latex", "math",
    "math-display", "math-inline", "mwe-math-element", "tex",
])  # fmt: skip
# Addresses of rendered formulas that do not spell them.
_RENDERED = (
    (WIKIMEDIA, re.compile(r"/media/math/render/|upload\.wikimedia\.org/math/|/images/math/[0-9a-f]/")),
    (QUICKLATEX, re.compile(r"quicklatex\.com[/-]|/ql-cache/")),
    (AOPS, re.compile(r"latex\.artofproblemsolving\.com/|artofproblemsolving\.com/.{0,80}/texer/")),
    (MOODLE, re.compile(r"/filter/(?:tex|algebra)/pix\.php")),
    (ALT, re.compile(r"(?:\A|/)_images/math/[0-9a-f]{20}|/form_\d+(?:_dark)?\.(?:png|svg)")),
    (ALT, re.compile(r"/latex(?:render|_cache|-cache)/")),
)
_NOT_TEX = re.compile(
    r"(?:an? |the )?(?:alt|diagram|display|eqn?|equation|figure|formulae?|graph|icon|image|img|inline|latex|logo|maths?"
    r"|mathematics|mathml|photo|picture|plot|png|render(?:ed)?|svg|tex)"
    r"(?:[ _-]?(?:\d+|formula|image|equation|expression|rendering|text))*|.*\.(?:png|gif|jpe?g|svg|webp)"
    r"|(?:eqn?s?|equations?|formulae?)\.?\s?[(\[]?\s?(?:[A-Z]{1,2}[.-]?)?\d{1,4}(?:[.\u2013-]\d{1,4}){0,3}[a-z]?\s?[)\]]?[.:]?"
    r"|[A-Z]:\\(?:Documents|Program|Users|Windows).*|\\begin\{(?:enumerate|figure|itemize|picture|table|verbatim)\*?\}.*",
    re.IGNORECASE | re.DOTALL,
)
# Commands that no file path and no smiley has, and scripts that only TeX writes so.
_SURE = re.compile(
    r"\\(?:[dt]?frac|sqrt|sum|prod|int|oint|lim|infty|partial|nabla|cdot|times|pm|leq?|geq?|neq?|equiv|approx|sim|in|subset(?:eq)?"
    r"|cup|cap|to|rightarrow|Rightarrow|mapsto|forall|exists|alpha|beta|gamma|delta|epsilon|varepsilon|zeta|eta|theta|lambda|mu|nu|xi|pi"
    r"|rho|sigma|tau|phi|varphi|chi|psi|omega|Gamma|Delta|Theta|Lambda|Sigma|Phi|Psi|Omega|math(?:bb|bf|cal|frak|rm|scr|it|sf)"
    r"|operatorname|overline|underline|hat|bar|vec|tilde|dot|left|right|begin|displaystyle|textstyle|text|ldots|cdots|dots|binom|ln|log"
    r"|sin|cos|tan|exp|pmod|mod|langle|lfloor|circ|otimes|oplus|ell|quad|boldsymbol)(?![A-Za-z])|[\w)\]}][_^]\{|[\w)\]}]\^-?\d(?!\w)"
)
# What letters in a row may stand in without being prose.
_COMMAND = re.compile(
    r"\\(?:(?:text|math)[a-z]{0,6}|[hm]box|operatorname|begin|end)\s?\{[^{}]{0,200}\}"
    r"|\{\s?\\(?:rm|tt|it|bf|sf|em)(?![A-Za-z])[^{}]{0,200}\}|\\[A-Za-z]+"
)
_NAMED_COMMAND = re.compile(r"\\[A-Za-z]{2,}")
_SIGN = re.compile(r"[\\^_=+*/<>|(){}\[\],-]")
_WORD = re.compile(r"[^\W\d_]{3,}")
# Words in an alt text: in any, in one that has commands, in one that has signs and delimiters.
MOST_WORDS, MOST_SURE_WORDS, MOST_KNOWN_WORDS, WORDS_OF_COMMAND = 1, 2, 8, 4
_LABEL = re.compile(r"\ALaTeX:\s")  # before the TeX in the alt texts of Canvas
_CONTENT = "data-equation-content"
_ALTS = (_CONTENT, "alt", "data-latex", "data-tex", "data-formula", "data-equation", "title", "aria-label")
_SRCS = (
    "src",
    "data-src",
    "data-original",
    "data-lazy-src",
    "data-actualsrc",
    "data-lazy",
    "data",
    "data-canonical-src",
)
_SRC_SETS = ("srcset", "data-srcset", "data-lazy-srcset")


def image_formula(image: Any) -> Formula | None:
    """The formula that an `img`, `object`, `embed` or `input type=image` element (lxml) shows.

    None where it shows none, or its TeX cannot be had. Time is linear in the element's attributes.
    """
    urls = list(_urls(image))
    spelled = next((formula for url in urls if (formula := url_formula(url))), None)
    said = _said(image, urls, spelled)
    found = [formula for formula in (spelled, said) if formula]
    if not found:
        return None
    latex = found[0].latex
    if spelled and said and _is_damaged(spelled.latex, said.latex):
        latex = said.latex
    display = place_of(image)
    if display is None:
        display = any(formula.display for formula in found) or (image.get("align") or "").lower() == "center"
    return Formula(latex, display, found[0].source)


def place_of(image: Any) -> bool | None:
    """What the class of an image, or else of what stands next around it, says: display, inline (False) or nothing."""
    for element in (image, *_around(image)):
        names = _classes(element)
        if not _DISPLAY_CLASSES.isdisjoint(names) or (element.tag == "div" and "math" in names):
            return True
        if any(map(_INLINE_CLASS.fullmatch, names)) or _INLINE_PAIR.issubset(names):
            return False
    return None


def url_formula(url: str) -> Formula | None:
    """The formula that an image's address spells, None where it spells none or is longer than `MAX_URL`."""
    if len(url) > MAX_URL or not _MAY_SPELL.search(url) or url[:5].lower() == "data:":
        return None
    url = _BREAKS.sub("", url).strip()
    for _ in range(MAX_WRAPPED):
        while _ENTITY.search(url):  # each round shortens it
            url = _ENTITY.sub("&", url)
        if formula := _spelled(url):
            return formula
        inner = _unwrapped(url)
        if not inner:
            return None
        url = inner
    return None


def _unwrapped(url: str) -> str:
    """The address inside a proxy's or an archive's, empty where there is none."""
    if photon := _PHOTON.match(url):
        return "//" + url[photon.end() :]
    inner = _INNER.search(url, 8)
    if not inner:
        return ""
    rest = url[inner.start() :]
    if "%" not in inner.group():
        return re.sub(r"\A(https?:)/(?!/)", r"\1//", rest)
    return _decoded(rest.partition("&")[0], plus=True)


def _spelled(url: str) -> Formula | None:
    parts = _ADDRESS.match(url)
    if not parts:
        return None
    where, query = (parts["host"] or "") + parts["path"], parts["query"] or ""
    for service in _SERVICES:
        if service.address.search(where):
            return _from_query(service, query)
    for source, start in _IN_PATH:
        if in_path := start.search(where):
            rest = where[in_path.end() :] + ("?" + query if query else "")
            return tex_formula(_PICTURE_END.sub("", _decoded(rest, plus=True)), source)
    for key in _OTHER_KEYS:
        latex = _decoded(_value(query, key), plus=False)
        vouched = _TEX_ADDRESS.search(where) and looks_like_tex(latex) and _words(latex) <= MOST_WORDS
        if latex and (vouched or _is_sure(latex)):
            return tex_formula(latex, URL)
    return None


def _from_query(service: _Service, query: str) -> Formula | None:
    if service.source == "image_google_chart" and not re.search(r"(?:\A|&)cht=tx", query):
        return None
    key = next((key for key in service.keys if _value(query, key)), None)
    if service.keys and key is None:
        return None
    raw = _value(query, key) if key else _TRAILING.sub("", re.sub(r"\A(?:formdata|tex|latex|eq)=", "", query))
    said = re.search(r"&mode=(display|inline)", query)
    formula = tex_formula(_decoded(raw, service.plus), service.source)
    if formula and said and service.source == "image_github":
        return Formula(formula.latex, said[1] == "display", formula.source)
    return formula


def tex_formula(latex: str, source: str) -> Formula | None:
    """The formula in what a renderer of images is given: without options and delimiters; None where that is none."""
    start = _OPTIONS.match(latex)
    inline = bool(start and "\\inline" in start.group())
    latex, display = _undelimited(latex[start.end() if start else 0 :].strip())
    if source == "image_zhihu" and latex.endswith("\\\\"):  # its way of saying display
        latex, display = latex[:-2].rstrip(), True
    if not latex or len(latex) > MAX_DISPLAY:
        return None
    return Formula(latex, (bool(display) or latex.startswith("\\displaystyle")) and not inline, source)


def _value(query: str, key: str) -> str:
    """A parameter's value as it is written; a bare `&` is part of it unless a known parameter follows."""
    found = re.search(rf"(?:\A|&){key}=", query)
    if not found:
        return ""
    after = re.compile(_NEXT).search(query, found.end())
    return query[found.end() : after.start() if after else len(query)]


def _decoded(raw: str, plus: bool) -> str:
    """Percent-decoded text. `+` is a space in a form's query, unless spaces are written otherwise there."""
    if not plus and "%20" not in raw and " " not in raw:
        raw = raw.replace("+", " ")
    text = _bytes_decoded(raw)
    if "\\" not in text and _TWICE_ENCODED.search(text):
        text = _bytes_decoded(text)
    text = _TEX_ENTITY.sub(lambda entity: _TEX_ENTITIES.get(entity[1], "'"), text)
    return _CONTROLS.sub(" ", text).strip()


def _bytes_decoded(raw: str) -> str:
    data = unquote_to_bytes(raw.encode("utf-8", "replace"))
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def _urls(image: Any) -> Iterator[str]:
    for name in _SRCS:
        if url := image.get(name):
            yield url
    for name in _SRC_SETS:
        if candidates := image.get(name):
            yield candidates[:MAX_URL].strip().split(" ", 1)[0].rstrip(",")


def _said(image: Any, urls: list[str], spelled: Formula | None) -> Formula | None:
    """The formula that an image's alt text says, or what stands for one."""
    rendered = next((source for url in urls for source, address in _RENDERED if address.search(url[:MAX_URL])), None)
    known = spelled is not None or rendered is not None
    named = not known and (bool(image.get(_CONTENT)) or _is_named_tex(image))
    source = rendered or (QUICKLATEX if "ql-img" in (image.get("class") or "")[:MAX_NAMES] else ALT)
    alts = [image.get(name) for name in _ALTS]
    if image.tag == "object":
        alts.append("".join(islice(image.itertext(), MOST_TEXTS)))
    for alt in alts:
        if alt and len(alt) <= MAX_DISPLAY and (formula := _alt_formula(alt, known, named, source)):
            return formula
    return None


def _alt_formula(alt: str, known: bool, named: bool, source: str) -> Formula | None:
    """What an alt text says; `known`: of an image that is a formula, `named`: of one whose class says so."""
    alt = _CONTROLS.sub(" ", _TEX_ENTITY.sub(lambda entity: _TEX_ENTITIES.get(entity[1], "'"), alt)).strip()
    latex, display = _undelimited(_LABEL.sub("", alt))
    if not latex or _NOT_TEX.fullmatch(latex):
        return None
    words = _words(latex)
    known = known or (display is not None and not (words and is_money(latex, "")))
    named = named and (not words or bool(_SIGN.search(latex)))
    commands = len(_NAMED_COMMAND.findall(latex))
    plausible = words <= MOST_WORDS if known or named else _is_sure(latex)
    if not plausible and not (
        known and _SIGN.search(latex) and words <= max(MOST_KNOWN_WORDS, WORDS_OF_COMMAND * commands)
    ):
        return None
    return Formula(latex, bool(display) or latex.startswith("\\displaystyle"), source)


def _is_sure(latex: str) -> bool:
    """Whether a text can hardly be anything but TeX."""
    marks = latex.count("\\")
    most = MOST_WORDS if not marks else max(MOST_KNOWN_WORDS if latex[0] in "$\\{" else MOST_SURE_WORDS, marks)
    return bool(_SURE.search(latex)) and _words(latex) <= most


def _undelimited(latex: str) -> tuple[str, bool | None]:
    """TeX without the delimiters around all of it, and whether they say display; None where it has none."""
    found = _DELIMITED.fullmatch(latex)
    kind = found.lastgroup if found else None
    if not found or not kind:
        return latex, None
    if kind in "Gg":  # an environment of its own stays
        return latex, kind == "G"
    inside = found[kind]
    return (latex, None) if "$" in inside.replace("\\$", "") and kind in "Cd" else (inside.strip(), kind.isupper())


def _words(latex: str) -> int:
    return len(_WORD.findall(_COMMAND.sub(" ", latex)))


def _is_damaged(spelled: str, said: str) -> bool:
    """Whether an address lost marks that the alt text still has: `frac12` against `\\frac{1}{2}`."""
    kept, full = (re.sub(r"\.\.\.+", "…", text) for text in (spelled, said))
    if _letters(kept) != _letters(full):
        return False
    return _marks(full) > _marks(kept)


def _letters(latex: str) -> str:
    return "".join(c for c in latex if c.isalnum())


def _marks(latex: str) -> int:
    return sum(not c.isalnum() and not c.isspace() for c in latex)


def _classes(element: Any) -> list[str]:
    return (element.get("class") or "")[:MAX_NAMES].split()


def _is_named_tex(image: Any) -> bool:
    """Whether an image's class calls it a formula, or that of what stands around it."""
    if any(map(_TEX_CLASS.fullmatch, _classes(image))):
        return True
    return any(name in _OF_PARENTS for parent in _around(image) for name in _classes(parent))


def _around(image: Any) -> Iterator[Any]:
    """The two elements around an image."""
    return islice(image.iterancestors(), 2)
