r"""What a text says, whatever its typesetting: the stream of tokens in which a benchmark's texts are looked for.

A token is a word, or up to three digits of a number (1,000 and 1000, 3{,}5 and 3.5 are the same two tokens). Line
breaks, punctuation, operators, brackets and LaTeX's commands of layout leave none, nor do HTML's tags, GSM8K's
calculator notes, Markdown's marks, accents, soft hyphens and characters of no width; entities are read, also twice
escaped. So a text wrapped anew, set in Markdown or HTML, quoted in a sentence or with its formulas set another way is
the same stream: `\tfrac12`, `\dfrac{1}{2}`, `1/2`, `&frac12;` and `½` are all `1 2`. Operators are no tokens since each
is also a bullet, a quotation mark, a dash or an empty argument somewhere; `signs_of` tells those of short texts.

Characters of Chinese and Japanese, and of Thai, Lao, Khmer and Burmese with their marks, are a token each.

`tokens_of` is what is fast, `spans_of` finds the same tokens and where they stand. Both take linear time.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Callable, Iterator
from functools import lru_cache
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{1,31});")
_ESCAPED = 3  # times that an entity may have been escaped
_TAG = re.compile(
    r"</?(?:p|br|hr|b|i|u|s|a|em|strong|small|big|sub|sup|span|div|font|code|tt|pre|ul|ol|li|dl|dt|dd|table|tbody|tr|td|th"
    r"|h[1-6]|blockquote|center|img)(?:\s[^<>=]{0,40}=[^<>]{0,400})?\s?/?>|<<[^<>\n]{0,200}>>",
    re.IGNORECASE,
)
# \frac12 and \frac ab have arguments of one character.
_FRACTION = re.compile(r"(frac|binom)(?:[\s>]{0,8}(\d)|[\s>]{1,8}([a-zA-Z])(?=[a-zA-Z](?![a-zA-Z])))")
_ENVIRONMENT = re.compile(r"\\(?:begin|end)\s{0,3}\{[a-zA-Z]{1,20}\*?\}")
_FOREIGN = re.compile(r"[^\x00-\x7f]+")

_INVISIBLE = re.compile(r"[\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff]+")
_RAISED = re.compile(r"[\u00b2\u00b3\u00b9\u2070-\u209c]+|[\u00bc-\u00be\u2150-\u215f\u2189]")
_PIECES = re.compile(r"(?s).{1,500}[\u0300-\u036f\u3099\u309a]{0,30}")  # to put marks in order is quadratic
_ACCENTS = re.compile(r"[\u0300-\u036f]+")
# Marks of writing systems whose letters are no words without them, which `\w` leaves out.
_MARKS = "\u0591-\u05bd\u0610-\u061a\u064b-\u065f\u0670\u0900-\u0dff\u0e31\u0e34-\u0e3a\u0e47-\u0e4e\u0eb1-\u0ebc\u0ec8-\u0ecd\u102b-\u103e\u17b4-\u17d3\u3099\u309a"  # noqa: E501
_OTHERS = re.compile(rf"[^\w{_MARKS}]|_")
_UNSPACED = "\u0e01-\u0eff\u1000-\u109f\u1780-\u17ff"
_HAN = "\u3005\u3007\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_ALONE = re.compile(rf"[{_HAN}][\u3099\u309a]?|[{_UNSPACED}][{_MARKS}]*")
_CLUSTERS = re.compile(rf"(?s).[\u0300-\u036f{_MARKS}]*")
_SYMBOLS_OF_GREEK = re.compile(r"(?<!\w)([\u03b1-\u03c9])([\u03b1-\u03c9]?)(?!\w)")  # as in 2\u03c0r; no words
_FOREIGN_DIGITS = re.compile(r"(?:(?![0-9])\d)+")
_SYMBOLS = {
    "\u2220": "angle", "\u25b3": "triangle", "\u25b2": "triangle", "\u2206": "\u03b4", "\u2211": "sum",
    "\u220f": "prod", "\u2208": "in", "\u2192": "to", "\u222b": "int", "\u2225": "parallel", "\u2203": "exists",
    "\u2200": "forall", "\u221a": "sqrt",
}  # fmt: skip

# Bytes of tokens: ASCII letters in lower case, digits, the backslash, and all of what is not ASCII.
_KEPT = bytes(
    byte | 32 if 65 <= byte <= 90 else byte if 97 <= byte <= 122 or byte in b"0123456789\\" or byte > 127 else 32
    for byte in range(256)
)
_LONG_NUMBER = re.compile(rb"\d{4,}")
_LETTERS_OR_DIGITS = re.compile(r"\\[a-zA-Z\u0080-\U0010ffff]*|[a-zA-Z\u0080-\U0010ffff]+|[0-9]+")

# Commands of layout, and those of operators and brackets: their tokens are left out.
_LAYOUT = frozenset(
    b"left right bigl bigr big bigg biggl biggr quad qquad displaystyle textstyle scriptstyle text textbf textit "
    b"textrm texttt textsf textnormal mathrm mathbf mathit mathsf mathbb mathcal mathfrak mathscr boldsymbol bm "
    b"mbox hbox rm bf it operatorname boxed fbox limits nolimits frac dfrac tfrac cfrac times cdot cdots "
    b"ldots dots dotsc dotsb vdots ddots div pm mp le leq leqslant ge geq geqslant ne neq lt gt approx equiv cong "
    b"sim simeq propto infty circ degree ast star bullet lvert rvert vert lbrace rbrace lbrack rbrack langle "
    b"rangle lfloor rfloor lceil rceil mid nmid colon prime hspace vspace phantom hphantom vphantom hfill hline "
    b"nonumber notag tag label overline underline overrightarrow widehat widetilde rightarrow leftarrow "
    b"longrightarrow leftrightarrow implies iff mapsto subset subseteq supset cup cap setminus emptyset varnothing "
    b"perp nabla partial wedge vee oplus otimes underbrace overbrace stackrel substack middle bigcup bigcap over "
    b"choose atop strut mathstrut noindent par newline linebreak centering ensuremath mathop mathrel mathbin "
    b"mathopen mathclose dot thinspace negthinspace enspace space nobreak raisebox hskip kern mskip smash"
    b" unit si".split()
)
# The same where no backslash is before them, so far as they are no English words.
_BARE = frozenset(
    b"frac dfrac tfrac cdot leq geq neq mathrm displaystyle align aligned alignat gather gathered pmatrix "
    b"bmatrix vmatrix smallmatrix eqnarray displaymath multline".split()
)

_GREEK = (
    "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi omicron pi rho sigma tau upsilon phi chi"
    " psi omega"
)

# Words that are set in several ways, each with the one that stands for all.
_SAME = {
    **{
        name.encode(): letter.encode()
        for name, letter in zip(_GREEK.split(), "αβγδεζηθικλμνξοπρστυφχψω", strict=True)
    },
    **{f"var{name}".encode(): letter.encode() for name, letter in zip(
        ("epsilon", "theta", "phi", "rho", "sigma", "pi", "kappa"), "εθφρσπκ", strict=True)},
    b"pmod": b"mod", b"bmod": b"mod", b"ell": b"l",
}  # fmt: skip

_FUNCTIONS = frozenset(
    b"sqrt sin cos tan cot sec csc arcsin arccos arctan sinh cosh log ln exp lim max min gcd lcm mod".split()
)
_SINGLE_HAN = re.compile(rf"[{_HAN}][\u3099\u309a]?")
_SINGLE_UNSPACED = re.compile(rf"[{_UNSPACED}]")

#: Parts of a word that tokens weigh: words, characters of Chinese and Japanese, and of scripts without spaces.
WORD, HALF, QUARTER = 4, 2, 1


def tokens_of(text: str) -> list[bytes]:
    """The tokens of a text in order, as they are written: what they are compared by is `canonical`.

    A token has its backslash, and is in UTF-8.
    """
    data = _normal(text).encode("utf-8", "surrogatepass").translate(_KEPT)
    return _separated(data.replace(b"\\", b" \\") if b"\\" in data else data).split()


def spans_of(text: str) -> list[tuple[int, int]]:
    """Where each token of `tokens_of` begins and ends in the text; for the few texts that have been found."""
    mapped = _Mapped(text)
    _in_normal_form(mapped)
    spans = []
    for found in _LETTERS_OR_DIGITS.finditer(mapped.text):
        start, end = found.span()
        cuts = [start, end]
        if found[0].isdigit() and found[0].isascii():
            cuts = [start, *range(end - 3 * ((end - start - 1) // 3), end + 1, 3)]
        spans += [(int(mapped.starts[a]), int(mapped.ends[b - 1])) for a, b in pairwise(cuts)]
    return spans


@lru_cache(1 << 14)
def canonical(token: bytes) -> bytes:
    """The token that stands for this one and those that say the same; empty for one that says nothing."""
    if token.startswith(b"\\"):
        token = token[1:]
        if token in _LAYOUT:
            return b""
    return b"" if token in _BARE else _SAME.get(token, token)


def variants() -> Iterator[bytes]:
    """All tokens that are not their own canonical ones, but for words behind a backslash."""
    for token in (b"", *_LAYOUT, *_BARE, *_SAME):
        yield b"\\" + token
    yield from (*_BARE, *_SAME)


def words_of(text: str) -> list[bytes]:
    """The canonical tokens of a text."""
    return [same for token in tokens_of(text) if (same := canonical(token))]


def weight_of(token: bytes) -> int:
    """How much a canonical token says, in quarters of a word.

    Numbers, lone letters, names of functions and characters of Chinese and Japanese are half a word, characters of Thai
    and other scripts without spaces a quarter: every page with the quadratic formula would have ten words in a row
    otherwise that tell a copied problem.
    """
    if token.isalpha():  # ASCII
        return HALF if len(token) == 1 or token in _FUNCTIONS else WORD
    text = token.decode("utf-8", "surrogatepass")
    if text[0].isdigit() or len(text) == 1 or _SINGLE_HAN.fullmatch(text):
        return QUARTER if _SINGLE_UNSPACED.match(text) else HALF
    return QUARTER if _SINGLE_UNSPACED.match(text) else WORD


def is_word(token: bytes) -> bool:
    """Whether a canonical token is of prose: no number, lone letter or name of a function."""
    if weight_of(token) == WORD:
        return True
    return not token.isascii() and bool(_ALONE.match(token.decode("utf-8", "surrogatepass")))


_SIGNS = {
    "plus": re.compile(r"\+"),
    "minus": re.compile(r"(?<![-a-zA-Z\d])[-\u2212](?!-)|(?<!-)[-\u2212](?!-|[a-zA-Z]{2})"),  # x-3, and no well-known
    "dash": re.compile(r"[\u2013\u2014]"),
    "over": re.compile(r"/(?!>)|\u00f7|\u2044|\\div|frac|[\u00bc-\u00be\u2150-\u215e]"),
}


def signs_of(text: str) -> frozenset[str]:
    """Which of plus, minus, division and dashes a text has from its first token to its last."""
    if "&" in text:
        text = _unescaped(text)
    return frozenset(name for name, sign in _SIGNS.items() if sign.search(text))


def are_other_signs(one: frozenset[str], other: frozenset[str]) -> bool:
    """Whether short exercises of the same numbers differ in plus or minus; a dash may be a minus.

    Division has too many forms, and none at the edge of a text, to tell any apart.
    """
    differ = one ^ other
    return "plus" in differ or ("minus" in differ and "dash" not in one | other)


def _unescaped(text: str) -> str:
    plain = _Plain(text)
    for _ in range(_ESCAPED):
        plain.sub(_ENTITY, _character)
    return plain.text


class _Plain:
    """A text on its way to its normal form."""

    def __init__(self, text: str) -> None:
        self.text = text

    def sub(self, pattern: re.Pattern[str], new: Callable[[re.Match[str]], str]) -> None:
        self.text = pattern.sub(new, self.text)

    def sub_foreign(self) -> None:
        """Put runs of what is not ASCII into their form; to find them in bulk spares half the time."""
        codes = np.frombuffer(self.text.encode("utf-32-le", "surrogatepass"), np.uint32)
        places = np.flatnonzero(codes > 127)
        breaks = np.flatnonzero(np.diff(places) > 1)
        parts: list[str] = []
        at = 0
        firsts = places[np.concatenate([[0], breaks + 1])].tolist()
        for first, last in zip(firsts, places[np.concatenate([breaks, [-1]])].tolist(), strict=True):
            parts += self.text[at:first], _foreign_run(self.text[first : last + 1])
            at = last + 1
        self.text = "".join([*parts, self.text[at:]])


class _Mapped(_Plain):
    """The same, and of each of its characters which ones of the first text it was made from."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.starts: NDArray[np.int64] = np.arange(len(text))
        self.ends: NDArray[np.int64] = np.arange(1, len(text) + 1)

    def sub_foreign(self) -> None:
        self.sub(_FOREIGN, _foreign_by_characters)

    def sub(self, pattern: re.Pattern[str], new: Callable[[re.Match[str]], Any]) -> None:
        """`new` gives a text, or parts of it with how many characters each was made from."""
        texts: list[str] = []
        starts: list[NDArray[np.int64]] = []
        ends: list[NDArray[np.int64]] = []
        at = 0
        for found in pattern.finditer(self.text):
            first, last = found.span()
            texts.append(self.text[at:first])
            starts.append(self.starts[at:first])
            ends.append(self.ends[at:first])
            made = new(found)
            for part, count in [(made, last - first)] if isinstance(made, str) else made:
                texts.append(part)
                starts.append(np.full(len(part), self.starts[first], np.int64))
                ends.append(np.full(len(part), self.ends[first + count - 1], np.int64))
                first += count
            at = last
        if at or texts:
            self.text = "".join([*texts, self.text[at:]])
            self.starts = np.concatenate([*starts, self.starts[at:]])
            self.ends = np.concatenate([*ends, self.ends[at:]])


def _normal(text: str) -> str:
    plain = _Plain(text)
    _in_normal_form(plain)
    return plain.text


def _in_normal_form(text: _Plain) -> None:
    """What has to be changed before bytes alone tell letters, digits and the rest apart."""
    if "&" in text.text:
        for _ in range(_ESCAPED):
            before = len(text.text)
            text.sub(_ENTITY, _character)
            if len(text.text) == before:
                break
    if not text.text.isascii():
        text.sub_foreign()
    if "<" in text.text:
        text.sub(_TAG, _blank)
    if "frac" in text.text or "binom" in text.text:
        text.sub(_FRACTION, _spread)
    if "\\begin" in text.text or "\\end" in text.text:
        text.sub(_ENVIRONMENT, _blank)


def _character(found: re.Match[str]) -> str:
    return html.unescape(found[0])


def _blank(_: re.Match[str]) -> str:
    return " "


def _spread(found: re.Match[str]) -> str:
    return f"{found[1]} {found[2] or found[3]} "


def _foreign_run(run: str) -> str:
    return _remembered(run) if len(run) <= 12 else _foreign(run)


def _foreign_by_characters(found: re.Match[str]) -> Any:
    """The same as parts, if what becomes of a run is what becomes of its characters."""
    run = found[0]
    clusters = _CLUSTERS.findall(run)
    parts = [(_remembered(cluster), len(cluster)) for cluster in clusters]
    whole = _foreign(run)
    return parts if "".join(part for part, _ in parts) == whole else whole


def _foreign(run: str) -> str:
    """A run of characters that are not ASCII: its letters in one form, with blanks for the rest."""
    run = _RAISED.sub(r" \g<0> ", _INVISIBLE.sub("", run))
    text = "".join(unicodedata.normalize("NFKD", piece) for piece in _PIECES.findall(run))
    text = unicodedata.normalize("NFC", _ACCENTS.sub("", text)).casefold()
    text = _FOREIGN_DIGITS.sub(_ascii_digits, text)
    return _ALONE.sub(r" \g<0> ", _OTHERS.sub(_symbol, _SYMBOLS_OF_GREEK.sub(r" \1 \2 ", text)))


_remembered = lru_cache(1 << 14)(_foreign)


def _ascii_digits(found: re.Match[str]) -> str:
    return "".join(str(unicodedata.decimal(digit)) for digit in found[0])


def _symbol(found: re.Match[str]) -> str:
    name = _SYMBOLS.get(found[0])
    return f" {name} " if name else " "


def _separated(data: bytes) -> bytes:
    """Blanks between letters and digits, and before every third digit from the end of a number."""
    values = np.frombuffer(data, np.uint8)
    digit = (values - 48) < 10  # modulo 256
    if not digit.any():
        return data
    inked = values != 32
    border = np.zeros(len(values), np.bool_)
    border[1:] = (digit[1:] != digit[:-1]) & inked[1:] & inked[:-1]
    if (digit[3:] & digit[2:-1] & digit[1:-2] & digit[:-3]).any():
        for found in _LONG_NUMBER.finditer(data):
            border[found.end() - 3 : found.start() : -3] = True
    borders = np.flatnonzero(border)
    return b" ".join([data[start:end] for start, end in pairwise([0, *borders.tolist(), len(data)])])
