r"""A `<` that means less-than, in a page that is read as HTML: `$a<b$` would open a tag and take the formula with it.

Runs before the page is parsed, on its text. Only what stands behind an opening delimiter that is not closed is
escaped; elsewhere strange tags are tags. Linear: each alternative of the pattern is bounded, and so is the look back.
"""

from __future__ import annotations

import re

from mathmill.pipeline.formulas.renderers import Renderer

_OPENERS = ("$", "\\(", "\\[", "\\begin{", "{eq}")
_TAG = re.compile(r"\[(?:i?tex|latex|math)\]", re.IGNORECASE)
# Text that the HTML standard reads as a tag although a formula was meant: `$a<b$`.
_RAW_LESS = re.compile(
    r"<!--.*?(?:-->|\Z)|<(?P<raw>script|style|textarea)\b.*?(?:</(?P=raw)|\Z)"
    r"|<(?P<math>[A-Za-z][A-Za-z0-9_]*(?:(?=[^\sA-Za-z0-9>/:_\"'=-])|(?=\s[^<>=\"']{0,300}[$\\]))"
    r"|[abipqsu](?=\s[^<>=\"']{0,300}<|\s+(?!(?:hidden|itemscope|nowrap|download|inert|autofocus)\b)[A-Za-z][^<>=\"'/]{0,80}>)"
    r"|[abipqsu](?=\s+[^\sA-Za-z/>\"'])|[c-fhj-ortv-z](?![A-Za-z0-9:_-])"
    # No tag goes on like this behind a name of one letter: `$a<b/c$`, `$a<b=c$`, `$a<b'$`, `$a<b-c$`, `$n<m:$`.
    r"|[A-Za-z](?=/[^>\s]|=[^\"'>\s]|'|:[^A-Za-z]|-(?:[^A-Za-z>]|[A-Za-z](?:[^\sA-Za-z0-9>._-]|\s[^<>=\"']{0,300}[$\\]))))",
    re.DOTALL | re.IGNORECASE,
)


# Characters before a `<` that are looked at for the delimiter that it stands behind, and what ends a look back.
MOST_BEFORE = 600
_BOUNDARY = re.compile(
    r"</[a-zA-Z]|<(?:article|div|dd|dt|h[1-6]|li|ol|p>|p [a-z]+=|pre|script|section|span|style|t[dhr]|table|ul)",
    re.IGNORECASE,
)
_CLOSED_BY = (("\\(", "\\)"), ("\\[", "\\]"), ("\\begin{", "\\end{"), ("{eq}", "{/eq}"))


def escape_raw_less(html: str, renderer: Renderer | None = None) -> str:
    """Write `<` as `&lt;` where a formula's letter follows it and a parser would see a tag.

    `renderer` knows the delimiters that the page itself names.
    """
    own = (*renderer.pairs, *renderer.asciimath) if renderer else ()
    pairs = tuple((pair.left, pair.right) for pair in own)
    openers = (*_OPENERS, *(left for left, _ in pairs))
    if not any(opener in html for opener in openers) and not ("]" in html and _TAG.search(html)):
        return html

    def escaped(match: re.Match[str]) -> str:
        if match["math"] is None or not _is_open(html, match.start(), pairs):
            return match.group()
        return "&lt;" + match["math"]

    return _RAW_LESS.sub(escaped, html)


def _is_open(html: str, position: int, pairs: tuple[tuple[str, str], ...]) -> bool:
    """Whether a formula that began before `position` has not ended there."""
    before = html[max(0, position - MOST_BEFORE) : position]
    boundaries = [boundary.start() for boundary in _BOUNDARY.finditer(before)]
    if boundaries:
        before = before[boundaries[-1] :]
    dollars = before.replace("\\$", "")
    if dollars.count("$$") % 2 or dollars.replace("$$", "").count("$") % 2:
        return True
    for left, right in (*_CLOSED_BY, *pairs):
        if left == right:
            if before.count(left) % 2:
                return True
        elif before.rfind(left) > before.rfind(right):
            return True
    tags = [tag.end() for tag in _TAG.finditer(before)] if "]" in before else []
    return bool(tags) and before.find("[/", tags[-1]) < 0
