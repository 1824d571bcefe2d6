r"""A formula's LaTeX cut into tokens, without comments and leftovers of HTML.

A token is a command, a brace or other mark, white space, a stretch of letters and signs, or an environment's begin or
end with its name. Knows which of them belong together as pairs, not what they mean.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

_TOKEN = re.compile(
    r"\\verb\*?(?:\|[^|\n]{0,300}\||![^!\n]{0,300}!|\+[^+\n]{0,300}\+|\"[^\"\n]{0,300}\"|/[^/\n]{0,300}/|=[^=\n]{0,300}=)"
    r"|\\(?:begin|end)[ \t]{0,4}\{[^{}\\$%\s]{1,40}\}|\\tag\*|\\[A-Za-z]+"
    r"|\\\\\*?(?:\[\s{0,4}-?[\d.]{1,8}\s{0,4}[a-z]{2}\s{0,4}\])?"
    r"|\\(?s:.)|\\|(?:(?://|%)[ \t]{0,4})?(?:<!\[CDATA\[|\]\]>)|\$\$?|\s+|[{}\[\]()&^_'%]|[^\\{}\[\]()&^_'%$\s<]+|<"
)
_LOST = re.compile(r"[\x00-\x08\x0e-\x1b\x7f\u200b\u2060\ufeff\ud800-\udfff]")
_ENTITY = re.compile(
    r"(?<!\\)&(?P<amp>(?:(?:amp|#0{0,4}38|#x0{0,4}26);)*)"
    r"(?:(?P<name>lt|gt|quot|apos|nbsp|minus|#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6});|(?<=;))"
)
_NAMED = {"lt": "<", "gt": ">", "quot": '"', "apos": "'", "nbsp": " ", "minus": "-"}

# Braces that go where nothing hangs on them.
SOFT_OPEN, SOFT_CLOSE = "\0{", "\0}"
OPENS, CLOSES = frozenset({"{", SOFT_OPEN}), frozenset({"}", SOFT_CLOSE})


def tokenize(latex: str) -> list[str]:
    """A formula's tokens, which joined are the formula, but for comments, references to characters and lost marks."""
    text = _LOST.sub("", latex.replace("\r\n", "\n").replace("\r", "\n"))
    found = _TOKEN.findall(_ENTITY.sub(_character, text) if "&" in text else text)
    return _without_comments(found) if "%" in text else found


def commands(names: str) -> frozenset[str]:
    """Commands of these names."""
    return frozenset("\\" + name for name in names.split())


def _character(match: re.Match[str]) -> str:
    name = match.group("name")
    if name is None:
        return "&"
    if name in _NAMED:
        return _NAMED[name]
    code = int(name[2:], 16) if name[1] in "xX" else int(name[1:])
    # Letters and digits are nobody's escapes, and could make up a new reference.
    character = chr(code) if 32 < code < 0x110000 and not 0xD800 <= code < 0xE000 else "a"
    return match.group() if character.isalnum() or character in "#;&" else character


def _without_comments(found: Sequence[str]) -> list[str]:
    r"""Tokens without comments; a sign of percent that cannot be a comment's, for what it would swallow, is `\%`."""
    last_break = max((at for at, token in enumerate(found) if "\n" in token), default=-1)
    harmless = _balanced_tails(found, last_break)
    addresses = _addresses(found) if "\\href" in found else frozenset[int]()
    kept: list[str] = []
    at = 0
    while at < len(found):
        if found[at] != "%" or at in addresses:
            kept.append(found[at])
        elif at < last_break:
            while "\n" not in found[at]:
                at += 1
        elif at in harmless:
            break
        else:
            kept.append("\\%")
        at += 1
    return kept


def _addresses(found: Sequence[str]) -> frozenset[int]:
    r"""The tokens of the addresses in `\href{..}`, in which a sign of percent is one."""
    partners = brace_partners(found)
    at = 0
    inside: set[int] = set()
    while at < len(found):
        at += 1
        if found[at - 1] == "\\href" and (end := partners.get(at)):
            inside.update(range(at, end))
            at = end
    return frozenset(inside)


def _balanced_tails(found: Sequence[str], last_break: int) -> set[int]:
    """Where, in the last line, everything up to the end is balanced, so that a comment may take it away."""
    tails = set()
    total = lowest = 0
    for at in range(len(found) - 1, last_break, -1):
        change = step(found[at])
        total, lowest = total + change, min(0, lowest + change)
        if found[at] == "%" and not total and not lowest:
            tails.add(at)
    return tails


def step(token: str) -> int:
    """1 where something opens that must be closed, -1 where it closes, else 0."""
    if token in OPENS or token == "\\left" or is_environment(token, "\\begin"):
        return 1
    return -1 if token in CLOSES or token == "\\right" or is_environment(token, "\\end") else 0


def is_environment(token: str, command: str) -> bool:
    r"""Whether a token is the `\\begin` or `\\end` (`command`) of an environment."""
    return token.startswith(command) and token.endswith("}")


def brace_partners(found: Sequence[str]) -> dict[int, int]:
    """Where each brace that opens is closed, and the other way round."""
    partners: dict[int, int] = {}
    opened: list[int] = []
    for at, token in enumerate(found):
        if token in OPENS:
            opened.append(at)
        elif token in CLOSES and opened:
            start = opened.pop()
            partners[start], partners[at] = at, start
    return partners


def next_words(tokens: Sequence[str]) -> list[str]:
    """For each token what comes after it and the space after it."""
    words = [""] * len(tokens)
    for at in range(len(tokens) - 2, -1, -1):
        words[at] = tokens[at + 1] if tokens[at + 1].strip() else words[at + 1]
    return words


def is_balanced(tokens: Sequence[str]) -> bool:
    r"""Whether braces, `\left` and environments close in the order in which they opened, `\middle` inside its pair."""
    opened: list[str] = []
    for token in tokens:
        if token in ("{", "\\left"):
            opened.append("}" if token == "{" else "\\right")
        elif is_environment(token, "\\begin"):
            opened.append("\\end" + token[6:].strip())
        elif token == "\\middle" and opened[-1:] != ["\\right"]:
            return False
        elif token in ("}", "\\right") or is_environment(token, "\\end"):
            closer = "\\end" + token[4:].strip() if token.startswith("\\end") else token
            if not opened or opened.pop() != closer:
                return False
    return not opened and "\\" not in tokens[-1:]
