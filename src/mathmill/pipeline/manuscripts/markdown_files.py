r"""Markdown with mathematics: what is code and what is not, and the formulas in what is not.

Front matter and comments go, a title is kept, the rest stays as it was written but for the delimiters
that Markdown makes authors write twice (`\\(..\\)`), and for those of GitHub and MyST (fences of `math`, code
spans with dollars around them or of the role `math`), which become `$..$` and `$$..$$`. This is no Markdown
renderer: lists, links and tables stay as they are.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from mathmill.pipeline.formulas.delimited import DOUBLE_DOLLAR, PAREN, Formula, Span, find_spans
from mathmill.pipeline.formulas.plausible import is_strong
from mathmill.pipeline.manuscripts.held import Held
from mathmill.pipeline.notation.latex import clean

FRONT_MATTER_CHARS = 20_000
TITLE_CHARS = 500
CODE_SPAN_CHARS = 2_000
FENCE, CODE_MATH = "math_fence", "dollar_code"

_FRONT = re.compile(r"\A\s*?(---|\+\+\+)[ \t]*\n")
_FRONT_TITLE = re.compile(r"^title[ \t]*[:=][ \t]*(.*)$", re.MULTILINE | re.IGNORECASE)
_FENCE = re.compile(r"[ \t]{0,12}(?:>[ \t]?){0,6}(?P<mark>`{3,}|~{3,})[ \t]*(?P<info>[^`\n]*)\Z")
_INLINE = re.compile(
    r"\\`|<!--|(?<![`\\$])\$`(?P<math>[^`\n]{1,2000}+)`\$|\{math\}`(?P<role>[^`\n]{1,2000}+)`(?!`)|(?P<ticks>`++)"
    r"|<(?P<raw>pre|code|script|style)(?=[\s>])[^>\n]{0,500}>",
    re.IGNORECASE,
)
_HEADING = re.compile(r"^[ \t]{0,3}(#{1,6})[ \t]+(\S[^\n]*)$", re.MULTILINE)
_UNDERLINED = re.compile(r"\A\s*+([^\s#>|`<*-][^\n]{0,300})\n=+[ \t]*$", re.MULTILINE)
_TAGS = re.compile(r"<[^<>\n]{1,500}>")
_MARKS = re.compile(r"\*\*|__|(?<!\w)[*_](?=\S)|(?<=\S)[*_](?!\w)|\{#[^}\n]{0,100}\}")
_LINK = re.compile(r"!?\[([^\][\n]{0,300})\]\([^()\n]{0,500}\)")
_DOUBLED = re.compile(r"\\\\([()\[\]])")
_RAW_TAGS = re.compile(r"\{%-?[ \t]{0,9}(?:end)?raw[ \t]{0,9}-?%\}")

Read = tuple[str, str, tuple[Formula, ...]]  # text, title, formulas


def read_markdown(text: str) -> Read:
    """A Markdown file's text, title and formulas."""
    body, title, front = without_front_matter(text)
    body, formulas, prose = markdown_body(_RAW_TAGS.sub("", body), kramdown=front)
    return body.strip("\n").rstrip(), title or first_heading(prose), formulas


def markdown_body(
    text: str, rendered: bool = False, kramdown: bool = False, clean: Callable[[str], str] | None = None
) -> tuple[str, tuple[Formula, ...], str]:
    r"""Text with its formulas in place, the formulas in order, and the text without its code.

    `rendered`: the mathematics is sure to be shown as such, so that a delimiter is believed whatever it
    holds. `kramdown`: `$$..$$` among words is inline. `clean` is applied to what is neither code nor formula.
    """
    held = Held(text)
    masked = _hold_inline(_hold_fences(held.text, held), held)
    masked, spans = _formulas(masked, rendered)
    if kramdown:
        spans = _inline_doubles(masked, spans)
    parts: list[str] = []
    found: list[Formula] = []
    prose: list[str] = []
    position = 0
    for span in [*spans, Span(len(masked), len(masked), None)]:
        gap = masked[position : span.start]
        gap = clean(gap) if clean else gap
        found += held.formulas_in(gap)
        prose.append(gap)
        parts.append(held.restore(gap))
        if span.formula is not None:
            found.append(replace(span.formula, latex=held.restore(span.formula.latex)))
            written = _as_written(masked[span.start : span.end], span.formula)
            parts.append(held.restore(written))
            prose.append(written)
        position = span.end
    return "".join(parts), tuple(found), held.without("".join(prose))


def without_front_matter(text: str) -> tuple[str, str, bool]:
    """The text behind YAML or TOML front matter, the title in it, and whether there was any."""
    front = _FRONT.match(text[:FRONT_MATTER_CHARS])
    if front is None:
        return text, "", False
    end = text.find(f"\n{front[1]}", front.end() - 1, FRONT_MATTER_CHARS)
    if end < 0:
        return text, "", False
    inside = text[front.end() : end]
    if front[1] == "---" and inside.strip() and ":" not in inside:  # a rule, and another
        return text, "", False
    title = _FRONT_TITLE.search(inside)
    rest = text[end + 4 :].partition("\n")[2]
    return rest, _tidy_title(title[1].strip().strip("\"'")) if title else "", True


def first_heading(text: str) -> str:
    """The first heading of the highest level that stands first; "" where there is none."""
    underlined, found = _UNDERLINED.search(text), _HEADING.search(text)
    if underlined and (not found or underlined.start() < found.start()):
        return _tidy_title(underlined[1])
    return _tidy_title(found[2].rstrip("# \t")) if found else ""


def _tidy_title(title: str) -> str:
    title = _LINK.sub(r"\1", _TAGS.sub("", title[: 2 * TITLE_CHARS]))
    parts = title.split("$")
    parts[::2] = [_MARKS.sub("", words) for words in parts[::2]]  # marks of emphasis are none between dollars
    return " ".join("$".join(parts).split())[:TITLE_CHARS]


def _hold_fences(text: str, held: Held) -> str:
    """Fenced code put by, line by line; a fence that is not closed goes to the end."""
    if "```" not in text and "~~~" not in text:
        return text
    kept: list[str] = []
    inside: list[str] = []
    mark = info = ""
    for line in text.split("\n"):
        fence = _FENCE.match(line) if "```" in line or "~~~" in line else None
        if not mark:
            if fence is None:
                kept.append(line)
            else:
                mark, info, inside = fence["mark"], fence["info"].strip(), [line]
            continue
        inside.append(line)
        if fence and fence["mark"].startswith(mark) and not fence["info"].strip():
            kept.append(_hold_fence(inside, info, held))
            mark = ""
    if mark:
        kept.append(held.put("\n".join(inside)))
    return "\n".join(kept)


def _hold_fence(lines: list[str], info: str, held: Held) -> str:
    inside = lines[1:-1]
    while inside and inside[0].startswith(":"):  # options, such as a label
        inside = inside[1:]
    latex = clean("\n".join(inside)).latex if info.lower() in ("math", "{math}") else ""
    if not latex:
        return held.put("\n".join(lines))
    formula = Formula(latex, True, FENCE)
    return held.put(formula.delimited(), formula)


def _hold_inline(text: str, held: Held) -> str:
    """Code spans and elements put by, comments, scripts and styles taken out."""
    if "`" not in text and "<" not in text:
        return text
    parts: list[str] = []
    position = 0
    absent: set[str] = set()  # closers that no longer come
    lengths = _TickRuns(text)
    while token := _INLINE.search(text, position):
        end, put = token.end(), token.group()
        if latex := token["math"] or token["role"]:
            formula = Formula(clean(latex).latex, False, CODE_MATH)
            put = held.put(formula.delimited(), formula) if formula.latex else ""
        elif token["ticks"]:
            close = lengths.closing(token.end(), len(token["ticks"]))
            if close is not None and "\n\n" not in text[token.end() : close]:
                end, put = close, held.put(text[token.start() : close])
        elif put != "\\`":
            closer = "-->" if put == "<!--" else f"</{token['raw'].lower()}"
            stop = -1 if closer in absent else _find_folded(text, closer, token.end())
            if stop < 0:
                absent.add(closer)
            else:
                end = text.find(">", stop) + 1 or len(text)
                code = token["raw"] and token["raw"].lower() in ("pre", "code")
                put = held.put(text[token.start() : end]) if code else ""
        parts += [text[position : token.start()], put]
        position = end
    return "".join([*parts, text[position:]])


def _find_folded(text: str, closer: str, start: int) -> int:
    found = text.find(closer, start)
    return found if found >= 0 else text.find(closer.upper(), start)


class _TickRuns:
    """Where runs of backticks of each length stand; asked from left to right."""

    def __init__(self, text: str) -> None:
        self.ends: dict[int, list[int]] = {}
        for run in re.finditer("`+", text):
            self.ends.setdefault(run.end() - run.start(), []).append(run.end())
        for ends in self.ends.values():
            ends.reverse()

    def closing(self, start: int, length: int) -> int | None:
        """The end of the next run of `length` behind `start`, if it is near."""
        ends = self.ends.get(length, [])
        while ends and ends[-1] - length < start:
            ends.pop()
        return ends[-1] if ends and ends[-1] - start <= CODE_SPAN_CHARS else None


def _formulas(text: str, rendered: bool) -> tuple[str, list[Span]]:
    """The formulas of a text without code; delimiters written with two backslashes are written with one first."""
    dollar = rendered or _has_strong(find_spans(text, dollar=True, trusted=False))
    spans = find_spans(text, dollar, rendered)
    if not _DOUBLED.search(text):
        return text, spans
    gaps = _gaps(text, spans)
    single = "".join(_DOUBLED.sub(r"\\\1", part) if outside else part for part, outside in gaps)
    if single == text:
        return text, spans
    again = find_spans(single, dollar, rendered)
    # There rows of matrices are parted by four backslashes as well.
    rows = (part if outside else part.replace("\\" * 4, "\\" * 2) for part, outside in _gaps(single, again))
    single = "".join(rows)
    return single, find_spans(single, dollar, rendered)


def _has_strong(spans: Iterable[Span]) -> bool:
    return any(span.formula and is_strong(span.formula.latex) for span in spans)


def _gaps(text: str, spans: Iterable[Span]) -> Iterator[tuple[str, bool]]:
    position = 0
    for span in spans:
        yield text[position : span.start], True
        yield text[span.start : span.end], False
        position = span.end
    yield text[position:], True


def _inline_doubles(text: str, spans: list[Span]) -> list[Span]:
    """kramdown has one delimiter for both: `$$..$$` is a display only in a paragraph of its own."""
    if any(s.formula and s.formula.source not in (DOUBLE_DOLLAR, PAREN) and not s.formula.display for s in spans):
        return spans
    return [
        replace(span, formula=replace(span.formula, display=False))
        if span.formula and span.formula.source == DOUBLE_DOLLAR and _among_words(text, span)
        else span
        for span in spans
    ]


def _among_words(text: str, span: Span) -> bool:
    if "\n" in text[span.start : span.end]:
        return False
    before, after = text[max(0, span.start - 80) : span.start], text[span.end : span.end + 80]
    return bool(before.rpartition("\n")[2].strip(" \t>*-+") or after.partition("\n")[0].strip(" \t.,;"))


def _as_written(source: str, formula: Formula) -> str:
    if formula.source == DOUBLE_DOLLAR and not formula.display:
        return formula.delimited()
    return source
