r"""A formula's LaTeX as we keep it: the mathematics of one formula on one line, without what only dresses it.

Delimiters, comments, colours, links, sizes and leftovers of HTML go, equation numbers and labels move out, contents
stay. Works on tokens, in linear time; repairs nothing that it is not sure of, but says whether what is left is
balanced. Not a parser: it knows braces and the arguments of the commands that it takes away, no mathematics.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate

from mathmill.pipeline.notation.latex_commands import ALONE, DECORATIONS, SIZES, STYLES, SWITCHES, TIES, UNNUMBERED
from mathmill.pipeline.notation.latex_numbers import may_end_in_number, shown, without_typed_numbers
from mathmill.pipeline.notation.latex_tokens import (
    CLOSES,
    OPENS,
    SOFT_CLOSE,
    SOFT_OPEN,
    brace_partners,
    commands,
    is_balanced,
    is_environment,
    next_words,
    step,
    tokenize,
)

# Looks at one formula until nothing changes: one is enough on real pages, more where removals join pieces anew.
MAX_PASSES = 8
# Tokens that what follows `\eqno`, and an optional argument, may have.
MAX_NUMBER_TOKENS, MAX_OPTION_TOKENS = 30, 40


@dataclass(frozen=True, slots=True)
class Cleaned:
    """LaTeX on one line, the numbers its rows have on the page ("(3), (4)", '' if none), whether it is balanced."""

    latex: str
    number: str
    balanced: bool


_TEX_SPECIAL = {c: "\\" + c for c in "#$%&_{}"} | {"\\": "\\backslash ", "^": "\\hat{}", "~": "\\sim "}

_CLOSERS = {"$": "$", "$$": "$$", "\\(": "\\)", "\\[": "\\]", "\\begin{math}": "\\end{math}"}
_CLOSERS["\\begin{displaymath}"] = "\\end{displaymath}"
_DELIMITERS = frozenset(_CLOSERS) | frozenset(_CLOSERS.values())
# What makes braces before it a base.
_HANGING = frozenset({"^", "_", "'", "\\limits", "\\nolimits"})
_DOLLARS = frozenset({"$", "$$"})
# Without any of these, which is most formulas, a formula is clean as it is.
_ACTIVE = frozenset(DECORATIONS) | SIZES | UNNUMBERED | STYLES
_ACTIVE |= commands("tag eqno leqno unicode mmlToken begin end left middle right verb")
_ACTIVE_MARK = re.compile(
    r"[^\S ]|  |\A |[ \\]\Z|[%&$\x00-\x1f\x7f\u200b\u2060\ufeff\ud800-\udfff]|\\[\\()\[\] ]|<!|\]\]>"
)
_BARE_TAG = re.compile(r"\d{1,3}(?:\.\d{1,3}){0,3}[a-z]?|\*")
_COMMAND, _BRACE = re.compile(r"\\[A-Za-z]+"), re.compile(r"\\[{}]|[{}]")


def clean(latex: str, display: bool = False) -> Cleaned:
    r"""A formula as we keep it; cleaning what is clean changes nothing.

    Numbers move out of the formula wherever `\tag`, `\eqno` or `\leqno` say that they are numbers, and, of a `display`
    formula and of an environment such as `align`, where they are typed behind wide space at the end of a row
    (`latex_numbers`). Those of several rows are given in the order of the rows, marked ones before typed ones; where
    not all rows have one, which have is not told: a number inside a formula would be read as mathematics.
    """
    plain = not _ACTIVE_MARK.search(latex) and _ACTIVE.isdisjoint(_COMMAND.findall(latex))
    if plain and not (display and may_end_in_number(latex)):
        return Cleaned(latex, "", _braces_match(latex))
    return _cleaned(latex, display)


def _cleaned(latex: str, display: bool = False) -> Cleaned:
    numbers: list[str] = []
    kept: list[str] = []
    for _ in range(MAX_PASSES):
        kept, found = _pass(latex, display)
        numbers += found
        before, latex = latex, _written(kept)
        if latex == before:
            break
    return Cleaned(latex, ", ".join(dict.fromkeys(numbers)), is_balanced(kept))


def _braces_match(latex: str) -> bool:
    depth = 0
    for brace in _BRACE.findall(latex):
        depth += (brace == "{") - (brace == "}")
        if depth < 0:
            return False
    return not depth


def _pass(latex: str, display: bool) -> tuple[list[str], list[str]]:
    """The tokens to keep and the numbers found, from one look at everything."""
    walk = _Walk(tokenize(latex))
    kept = _without_last_breaks(walk.kept())
    kept = _without_soft_braces(_trimmed(kept))
    if not display and "\\begin" not in latex:
        return kept, walk.numbers
    kept, typed = without_typed_numbers(kept, display)
    return kept, walk.numbers + typed


class _Walk:
    """One walk over a formula's tokens that leaves decorations, numbers and labels out."""

    def __init__(self, tokens: list[str]) -> None:
        self.tokens, self.partners = tokens, brace_partners(tokens)
        self.numbers: list[str] = []
        self.out: list[str] = []

    def kept(self) -> list[str]:
        at = 0
        while at < len(self.tokens):
            token = self.tokens[at]
            handler = self._handler(token)
            if handler:
                at = handler(at)
                if not self.out or self.out[-1] in OPENS or self.out[-1].isspace():
                    at = self._space_end(at)
            else:
                if token == "{" and at in self.partners:
                    self._soften_switch_group(at)
                self.out.append(self.tokens[at])
                at += 1
        return self.out

    def _handler(self, token: str) -> Callable[[int], int] | None:
        if token in DECORATIONS:
            return self._decoration
        if token in ("\\tag", "\\tag*"):
            return self._tag
        if token in ("\\eqno", "\\leqno"):
            return self._eqno
        if token in ("\\unicode", "\\mmlToken"):
            return self._character if token == "\\unicode" else self._mathml_token
        if token in SIZES or token in UNNUMBERED:
            return self._switch
        return None

    def _space_end(self, at: int) -> int:
        while at < len(self.tokens) and self.tokens[at].isspace():
            at += 1
        return at

    def _switch(self, at: int) -> int:
        group = self._group(at + 1)
        if group is None or self.tokens[at] in UNNUMBERED:
            return self._space_end(at + 1)
        self._soften(group)
        return group

    def _group(self, at: int) -> int | None:
        """Where a group begins here or after space; None where there is none that is closed."""
        at = self._space_end(at)
        return at if at < len(self.tokens) and self.tokens[at] == "{" and at in self.partners else None

    def _option_end(self, at: int) -> int:
        start = self._space_end(at)
        if start < len(self.tokens) and self.tokens[start] == "[":
            for end in range(start + 1, min(len(self.tokens), start + MAX_OPTION_TOKENS)):
                if self.tokens[end] == "]":
                    return end + 1
        return at

    def _decoration(self, at: int) -> int:
        dropped, content = DECORATIONS[self.tokens[at]]
        at = self._option_end(at + 1)
        for _ in range(dropped):
            group = self._group(at)
            if group is None:
                return at
            at = self.partners[group] + 1
        group = self._group(at) if content else None
        if group is None:
            return at
        if content == "text":
            self._boxed(group)
        else:
            self._soften(group)
        return group

    def _soften(self, group: int) -> None:
        self.tokens[group], self.tokens[self.partners[group]] = SOFT_OPEN, SOFT_CLOSE

    def _soften_switch_group(self, group: int) -> None:
        """Let `{\\color{red} x}` be a group for the sake of its colour."""
        if self.tokens[self._space_end(group + 1)] in SWITCHES:
            self._soften(group)

    def _boxed(self, group: int) -> None:
        """The content of a coloured box is text, in which dollars may say that it is mathematics."""
        start, end = group + 1, self.partners[group] - 1
        dollar = self.tokens[start]
        if (
            dollar in _DOLLARS
            and end > start
            and dollar == self.tokens[end]
            and self._dollars[end] == self._dollars[start] + 1
        ):
            self.tokens[start] = self.tokens[end] = ""
            self._soften(group)
        else:
            self.out.append("\\text")

    @cached_property
    def _dollars(self) -> list[int]:
        """How many dollars there are up to each token."""
        return list(accumulate(token in _DOLLARS for token in self.tokens))

    def _tag(self, at: int) -> int:
        group = self._group(at + 1)
        if group is None:
            return self._bare_tag(at)
        end = self.partners[group]
        number = shown("".join(self.tokens[group + 1 : end]))
        if number:
            self.numbers.append(f"({number})" if self.tokens[at] == "\\tag" else number)
        return end + 1

    def _bare_tag(self, at: int) -> int:
        r"""`\tag 4`, as plain TeX has it: a number without braces, if it is one."""
        word = self._space_end(at + 1)
        if word == at + 1 or word >= len(self.tokens) or not _BARE_TAG.fullmatch(self.tokens[word]):
            return at + 1
        self.numbers.append(f"({self.tokens[word]})")
        return word + 1

    def _eqno(self, at: int) -> int:
        """All that follows `\\eqno` up to the end of what it stands in is the number."""
        end, depth = at + 1, 0
        while end < len(self.tokens) and end - at <= MAX_NUMBER_TOKENS:
            token = self.tokens[end]
            depth += step(token)
            if depth < 0 or (not depth and (token in _DELIMITERS or token.startswith("\\\\"))):
                break
            end += 1
        if end - at > MAX_NUMBER_TOKENS:
            return at + 1
        if number := shown("".join(self.tokens[at + 1 : end])):
            self.numbers.append(number)
        return end

    def _character(self, at: int) -> int:
        group = self._group(self._option_end(at + 1))
        code = self._word(group).strip() if group is not None else ""
        if group is None or not re.fullmatch(r"x[0-9A-Fa-f]{1,6}|[0-9]{1,7}", code):
            self.out.append(self.tokens[at])
            return at + 1
        number = int(code[1:], 16) if code[0] == "x" else int(code)
        character = chr(number) if number < 0x110000 and not 0xD800 <= number < 0xE000 else ""
        self.out.append(_TEX_SPECIAL.get(character, character if character.isprintable() else ""))
        return self.partners[group] + 1

    def _mathml_token(self, at: int) -> int:
        kind = self._group(at + 1)
        group = self._group(self._option_end(self.partners[kind] + 1)) if kind is not None else None
        if kind is None or group is None:
            return at + 1
        name = self._word(kind)
        if name == "mtext" or (name == "mi" and len(self._word(group)) > 1):
            self.out.append("\\text" if name == "mtext" else "\\mathrm")
        else:
            self._soften(group)
        return group

    def _word(self, group: int) -> str:
        """What is in a group, if it is one token; else ''."""
        return self.tokens[group + 1] if self.partners[group] == group + 2 else ""


def _without_last_breaks(tokens: Sequence[str]) -> list[str]:
    r"""Tokens without a `\\` that only ends an environment's last row."""
    kept: list[str] = []
    for token in tokens:
        if is_environment(token, "\\end"):
            start = len(kept)
            while start and (not kept[start - 1].strip() or kept[start - 1].startswith("\\\\")):
                start -= 1
            if any(blank.startswith("\\\\") for blank in kept[start:]):
                kept[start:] = [" "]
        kept.append(token)
    return kept


def _trimmed(tokens: Sequence[str]) -> list[str]:
    """Tokens without what stands around the whole: space, delimiters, styles, braces, marks of CDATA."""
    partners = brace_partners(tokens)
    delimiters = _delimiters_outside(tokens)
    low, high = 0, len(tokens)
    styled = False
    while low < high:
        first, last = tokens[low], tokens[high - 1]
        whole = high - low > 1 and partners.get(low) == high - 1
        if not first or first.isspace() or first == "\\ " or "<![CDATA[" in first:
            low += 1
        elif not last or last.isspace() or last in ("\\ ", "\\\n") or last.startswith("\\\\") or last.endswith("]]>"):
            high -= 1
        elif first in STYLES:
            low, styled = low + 1, True
        elif whole and (styled or first == SOFT_OPEN or _next_word(tokens, low + 1) in STYLES):
            low, high, styled = low + 1, high - 1, False
        elif (
            _CLOSERS.get(first) == last
            and delimiters[first] == delimiters[last] == 1 + (first == last)
            and high - low > 1
        ):
            low, high = low + 1, high - 1
            delimiters.subtract((first, last))
        else:
            break
    return list(tokens[low:high])


def _next_word(tokens: Sequence[str], at: int) -> str:
    while at < len(tokens) and (not tokens[at] or tokens[at].isspace()):
        at += 1
    return tokens[at] if at < len(tokens) else ""


def _delimiters_outside(tokens: Sequence[str]) -> Counter[str]:
    """How many delimiters of formulas stand outside of all braces."""
    found: Counter[str] = Counter()
    depth = 0
    for token in tokens:
        depth += (token in OPENS) - (token in CLOSES)
        if depth <= 0 and token in _DELIMITERS:
            found[token] += 1
    return found


def _without_soft_braces(tokens: list[str]) -> list[str]:
    """Tokens in which a decoration's braces are gone, or plain where something hangs on them."""
    partners, tied, following = brace_partners(tokens), _tied(tokens), next_words(tokens)
    before = ""
    for at, token in enumerate(tokens):
        if token == SOFT_OPEN:
            end = partners.get(at, at)
            argument = before in ("^", "_", "}", "]") or (before.startswith("\\") and before not in ALONE)
            hangs = argument or end == at or at in tied or following[end] in _HANGING
            tokens[at], tokens[end] = ("{", "}") if hangs else ("", "")
        elif token == SOFT_CLOSE:  # nothing opened it
            tokens[at] = "}"
        before = tokens[at] if tokens[at].strip() else before
    return [token for token in tokens if token]


def _tied(tokens: Sequence[str]) -> set[int]:
    """The braces that open a group with something in it that reaches as far as the group."""
    found: set[int] = set()
    opened: list[int] = []
    for at, token in enumerate(tokens):
        if token in OPENS:
            opened.append(at)
        elif token in CLOSES and opened:
            opened.pop()
        elif opened and (token in TIES or token.startswith("\\\\")):
            found.add(opened[-1])
    return found


def _written(tokens: Sequence[str]) -> str:
    """Tokens as text on one line."""
    written: list[str] = []
    last = ""
    for token in tokens:
        if token.isspace():
            if last.endswith(" "):
                continue
            token = " "
        elif token == "\\\n":
            token = "\\ "
        elif last[:1] == "\\" and _would_join(last, token):
            written.append(" ")
        written.append(token)
        last = token
    return "".join(written)


def _would_join(last: str, token: str) -> bool:
    if last.startswith("\\\\"):
        return token[0] in "[*"
    return last[-1].isalpha() and len(last) > 1 and token[0].isascii() and token[0].isalpha()
