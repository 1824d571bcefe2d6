"""From a page's bytes to its characters, as browsers do it, and a little better where a label lies.

The order of belief: a byte order mark; the look of UTF-16; UTF-8 that is valid (no other charset
gives valid multibyte sequences by chance); the HTTP header and the page's own `<meta>`; a detector
(chardetng, the one in Firefox). Labels are the WHATWG's (`iso-8859-1` means windows-1252). A label
is doubted only where the bytes speak against it, see `_believe`.

No page is dropped for its charset: what cannot be decoded becomes U+FFFD. The result never holds
NUL or a lone surrogate. This is not an HTML parser: it looks for `<meta>` in the first bytes only.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

from mathmill.data.config import Config
from mathmill.data.records import BODY, CONTENT_TYPE, HTML, Document

# Bytes in which a page may name its charset (the WHATWG says 1,024; pages with long heads are common).
PRESCAN_BYTES = 4096
# Bytes that the detector sees: its verdict does not change on more, its cost does.
DETECT_BYTES = 1 << 17

_BOMS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16le"), (b"\xfe\xff", "utf-16be"))
_HEADER = re.compile(r"charset\s*=\s*[\"']?\s*([\w.:+-]+)", re.IGNORECASE)
_COMMENT = re.compile(rb"<!--.*?(?:-->|\Z)", re.DOTALL)
_META = re.compile(rb"<meta[\s/]([^>]{0,1000})", re.IGNORECASE)
_META_CHARSET = re.compile(rb"(?:^|[\s/\"'])charset\s*=\s*[\"']?\s*([\w.:+-]+)", re.IGNORECASE)
_META_CONTENT = re.compile(rb"content\s*=[^>]*?charset\s*=\s*[\"']?\s*([\w.:+-]+)", re.IGNORECASE)
_HTTP_EQUIV = re.compile(rb"http-equiv\s*=\s*[\"']?\s*content-type", re.IGNORECASE)
_XML = re.compile(rb"\s*<\?xml\s[^>]{0,200}?encoding\s*=\s*[\"']([\w.:+-]+)", re.IGNORECASE)
# What a TeX source says of itself; other names of `inputenc` are not the WHATWG's, and left to the detector.
_INPUTENC = re.compile(rb"\\usepackage[ ]?\[[ ]?([\w-]{1,20})[ ]?\][ ]?\{inputenc\}")
_LANG = re.compile(rb"<html\b[^>]{0,1000}?\blang\s*=\s*[\"']?\s*([A-Za-z]{2})", re.IGNORECASE)
_NOT_UTF8 = frozenset({"utf-8", "utf-16le", "utf-16be"})
_EAST_ASIAN = frozenset({"gbk", "gb18030", "big5", "euc-jp", "euc-kr", "shift_jis", "iso-2022-jp"})
# Charsets of letters that windows-1252 has none of, so that the two are not taken for each other.
_OTHER_LETTERS = frozenset({
    "ibm866", "iso-8859-5", "iso-8859-6", "iso-8859-7", "iso-8859-8", "koi8-r", "koi8-u", "windows-1251",
    "windows-1253", "windows-1255", "windows-1256", "windows-874", "x-mac-cyrillic",
})  # fmt: skip
# The detector takes a country as its hint; a page's language names one well enough where they differ.
_COUNTRY = {"cs": "cz", "da": "dk", "el": "gr", "ja": "jp", "ko": "kr", "sl": "si", "sv": "se", "uk": "ua", "vi": "vn",
            "zh": "cn", "et": "ee", "fa": "ir", "he": "il", "ca": "es", "sr": "rs", "be": "by", "hi": "in"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Decoded:
    """A page's characters, the WHATWG name of its charset, and what told it.

    `how` is one of `ascii`, `bom`, `utf16`, `utf8`, `header`, `meta`, `detector`.
    """

    html: str
    charset: str
    how: str


class Decode(Config):
    """Stage: the bytes under meta `BODY` become characters under `HTML`; no Document is dropped."""

    use: Literal["decode"] = "decode"

    def __call__(self, documents: Iterable[Document]) -> Iterator[Document]:
        for document in documents:
            decoded = decode_html(document.meta[BODY], document.meta.get(CONTENT_TYPE, ""))
            meta = {HTML: decoded.html, "charset": decoded.charset, "charset_how": decoded.how}
            yield document.without_meta(BODY).with_meta(**meta)


def decode_html(body: bytes, content_type: str = "") -> Decoded:
    """Decode a page; `content_type` is its HTTP header as sent. Never raises."""
    for bom, charset in _BOMS:
        if body.startswith(bom):
            return Decoded(_decode(body[len(bom) :], charset), charset, "bom")
    if b"\0" in body and (utf16 := _utf16_look(body)):
        return Decoded(_decode(body, utf16), utf16, "utf16")
    if body.isascii() and b"\x1b" not in body:
        return Decoded(_clean(body.decode("ascii")), "utf-8", "ascii")
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        return _legacy(body, content_type)
    if b"\x1b$" in body and (label := _header_label(content_type) or _meta_label(body)) == "iso-2022-jp":
        return Decoded(_decode(body, label), label, "header")
    # Valid UTF-8 holds no surrogates, so that NUL alone is left to take out.
    return Decoded(text.replace("\0", ""), "utf-8", "utf8")


def _legacy(body: bytes, content_type: str) -> Decoded:
    """Decode bytes that are not valid UTF-8."""
    header = _header_label(content_type)
    plain = content_type.lower().startswith("text/plain")
    meta = _tex_label(body) or (None if plain else _meta_label(body))
    text = body.decode("utf-8", "replace")
    wrong = text.count("\ufffd")
    right = len(text) - wrong - sum(map(len, re.findall(r"[\x00-\x7f]+", text)))
    # Damaged UTF-8: declared, it has to be more right than wrong; undeclared, by far.
    if right >= (wrong if "utf-8" in (header, meta) else 10 * wrong):
        return Decoded(_clean(text), "utf-8", "utf8")
    charset, how = _believe(body, header, meta)
    return Decoded(_decode(body, charset), charset, how)


def _believe(body: bytes, header: str | None, meta: str | None) -> tuple[str, str]:
    """The charset of bytes that are no UTF-8, given what two labels say.

    Two labels that agree, or one alone, are believed unless they name a charset for a script of
    few letters while the bytes are well-formed in a script of many, or cannot be what the label
    says. Of two that disagree the one that the detector names is believed, then the header.
    """
    labels = [(c, how) for c, how in ((header, "header"), (meta, "meta")) if c and c not in _NOT_UTF8]
    guess = _detect(body)
    for charset, how in labels:
        if _same_family(charset, guess):
            return charset, how
    for charset, how in labels:
        if guess in _EAST_ASIAN and charset not in _EAST_ASIAN and _errors(body, guess) == 0:
            continue
        if guess in _OTHER_LETTERS and charset == "windows-1252":  # what servers say by default
            continue
        if charset in _EAST_ASIAN and _errors(body, charset) > len(body) // 200:
            continue
        return charset, how
    return guess, "detector"


def _same_family(one: str, other: str) -> bool:
    return one == other or {one, other} <= {"gbk", "gb18030"}


def _utf16_look(body: bytes) -> str | None:
    """UTF-16 without its mark: its markup has NUL at every other byte, and hardly any elsewhere."""
    head = body[:PRESCAN_BYTES]
    even, odd = head[0::2].count(0), head[1::2].count(0)
    least = max(4, len(head) // 100)
    if odd >= least and even <= odd // 20:
        return "utf-16le"
    if even >= least and odd <= even // 20:
        return "utf-16be"
    return None


def _header_label(content_type: str) -> str | None:
    found = _HEADER.search(content_type)
    return _lookup(found.group(1)) if found else None


def _meta_label(body: bytes) -> str | None:
    """What the page says of itself in its first bytes, comments left out."""
    head = body[:PRESCAN_BYTES]
    if xml := _XML.match(head):
        return _lookup(xml.group(1).decode("ascii"))
    for meta in _META.finditer(_COMMENT.sub(b"", head)):
        attributes = meta.group(1)
        found = _META_CONTENT.search(attributes) if _HTTP_EQUIV.search(attributes) else None
        found = found or (None if b"content" in attributes.lower() else _META_CHARSET.search(attributes))
        if found and (label := _lookup(found.group(1).decode("ascii", "replace"))):
            return label
    return None


def _tex_label(body: bytes) -> str | None:
    found = _INPUTENC.search(body[:PRESCAN_BYTES])
    return _lookup(found.group(1).decode("ascii")) if found else None


def _lookup(label: str) -> str | None:
    """The WHATWG name for a label, None where there is none."""
    encoding = _webencodings().lookup(label.strip())
    return encoding.name if encoding else None


def _detect(body: bytes) -> str:
    detector = _chardetng()(body[:DETECT_BYTES])
    lang = _LANG.search(body[:PRESCAN_BYTES])
    code = lang.group(1).decode("ascii").lower() if lang else ""
    # English pages quote every language; only others tell something.
    hint = None if code in ("", "en") else _COUNTRY.get(code, code).encode("ascii")
    name = str(detector.guess(tld=hint, allow_utf8=False)).lower()
    return "windows-874" if name == "cp874" else name  # the one answer that is Python's name and not the web's


def _errors(body: bytes, charset: str) -> int:
    return _decode(body[:DETECT_BYTES], charset).count("\ufffd")


def _decode(body: bytes, charset: str) -> str:
    encoding = _webencodings().lookup(charset)
    text, _ = encoding.codec_info.decode(body, "replace")
    return _clean(text)


def _clean(text: str) -> str:
    """Leave NUL out, as the HTML standard does in text, and replace lone surrogates."""
    if "\0" in text:
        text = text.replace("\0", "")
    if text.isascii():
        return text
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text


@cache
def _webencodings() -> Any:
    import webencodings

    return webencodings


@cache
def _chardetng() -> Any:
    from chardetng_py import EncodingDetector  # type: ignore[import-untyped,unused-ignore]

    def fed(body: bytes) -> Any:
        detector = EncodingDetector()
        detector.feed(body, last=True)
        return detector

    return fed
