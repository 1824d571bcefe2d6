r"""A `<` that means less-than, in a page that is read as HTML: `$a<b$` would open a tag and take the formula with it.

Runs before the page is parsed, on its text. Linear: each alternative of the pattern is bounded.
"""

from __future__ import annotations

import re

_OPENERS = ("$", "\\(", "\\[", "\\begin{", "tex]", "[math]")
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


def escape_raw_less(html: str) -> str:
    """Write `<` as `&lt;` where a formula's letter follows it and a parser would see a tag."""
    if not any(opener in html for opener in _OPENERS):
        return html
    return _RAW_LESS.sub(_escaped, html)


def _escaped(match: re.Match[str]) -> str:
    return match.group() if match.group("math") is None else "&lt;" + match.group("math")
