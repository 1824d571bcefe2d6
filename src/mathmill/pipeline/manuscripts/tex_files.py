r"""A TeX source as text with its formulas: comments, preamble and layout go, structure becomes Markdown.

In order: code and comments (`_without_comments`), macros (`tex_macros`), the body, formulas, the rest of it
(`tex_body`). It follows what authors write, not TeX's rules: what it does not know is taken away, and the
text in its braces stays.
"""

from __future__ import annotations

import re
from dataclasses import replace

from mathmill.pipeline.formulas.delimited import DOLLAR, ENVIRONMENT, PAREN, Formula, Span, find_spans
from mathmill.pipeline.manuscripts.held import Held
from mathmill.pipeline.manuscripts.markdown_files import Read
from mathmill.pipeline.manuscripts.tex_body import converted
from mathmill.pipeline.manuscripts.tex_macros import Groups, expand, take_definitions
from mathmill.pipeline.notation.latex import clean

_CODE_NAMES = "verbatim|Verbatim|BVerbatim|lstlisting|minted|alltt|code|pycode|sagecode|sageblock|sageverbatim"
_LEFT_OUT_NAMES = "comment|filecontents|tikzpicture|tikzcd|pspicture|picture|asy|thebibliography|forest|sagesilent"
_PIECE = re.compile(
    rf"\\begin\{{(?P<code>(?:{_CODE_NAMES})\*?)\}}|\\begin\{{(?P<gone>(?:{_LEFT_OUT_NAMES})\*?)\}}"
    r"|\\(?:verb\*?|lstinline(?:\[[^\]\n]{0,200}\])?|mintinline\{[^}\n]{0,40}\})"
    r"(?P<sign>[^A-Za-z\s*\\{])(?P<verb>[^\n]{0,500}?)(?P=sign)"
    r"|(?P<false>\\iffalse(?![A-Za-z]))|\\.|%[^\n]*+(?:\n[ \t]*+(?!\n))?",
    re.DOTALL,
)
_CODE_OPTIONS = re.compile(r"(?:[ \t]*\[[^\]]{0,1000}\])?(?:[ \t]*\{(?P<language>[^{}\n]{0,40})\})?[ \t]*\n?")
_LANGUAGE = re.compile(r"language=\{?(?:\[[^\]]{0,40}\])?([A-Za-z0-9+#-]{1,20})")
_BEGIN, _END = re.compile(r"\\begin[ ]?\{document\}"), re.compile(r"\\end[ ]?\{document\}|\\endinput(?![A-Za-z])")
_TITLE = re.compile(r"\\title(?![A-Za-z])")
_MAKETITLE = "\\maketitle"
_DOLLARS = re.compile(r"\\.|\$\$?|[{}]|\n[ \t]*+\n", re.DOTALL)
_PARENS = re.compile(r"\\\\|\\[()]")
_CLOSED_BY = {"\\)": "\\(", "\\]": "\\["}
_EQUATION = re.compile(r"\\begin\{(equation\*?|displaymath)\}(.*)\\end\{\1\}", re.DOTALL)
_SUBEQUATIONS = re.compile(r"\\(?:begin|end)\{subequations\}")
_LEFT_OVER = re.compile(r"\\(?:xspace|ensuremath)(?![A-Za-z])[ \t]?")  # of macros that were expanded
TITLE_CHARS = 500


def read_tex(text: str) -> Read:
    """A TeX source's text, title and formulas."""
    held = Held(text)
    source, definitions = take_definitions(_without_comments(held.text, held))
    begin = _BEGIN.search(source)
    preamble, body = (source[: begin.start()], source[begin.end() :]) if begin else ("", source)
    end = _END.search(body)
    body = body[: end.start()] if end else body
    title, preamble, body = _title(preamble, body)
    body = _hold_formulas(_SUBEQUATIONS.sub("", expand(body, definitions)), held)
    body = converted(body, held, definitions.theorems)
    title = converted(_hold_formulas(expand(title, definitions), held), held, {})
    return held.restore(body), " ".join(held.restore(title).split())[:TITLE_CHARS], tuple(held.formulas_in(body))


def _title(preamble: str, body: str) -> tuple[str, str, str]:
    r"""The title, and the source with it in the place of `\maketitle`."""
    for part in (preamble, body):
        mark = _TITLE.search(part)
        if mark is None:
            continue
        groups = Groups(part)
        option = groups.option(mark.end())
        found = groups.group(option[1] if option else mark.end())
        if found is None:
            continue
        if _MAKETITLE in body:
            rest = body if part is preamble else body[: mark.start()] + body[found[1] :]
            body = rest.replace(_MAKETITLE, f"\\title{{{found[0]}}}", 1)
        return found[0], preamble, body
    return "", preamble, body


def _without_comments(text: str, held: Held) -> str:
    """`text` with code put by, and without comments, drawings and the bibliography."""
    parts: list[str] = []
    position = at = 0
    absent: set[str] = set()  # ends that no longer come
    while piece := _PIECE.search(text, at):
        at = piece.end()
        put, stop = "", piece.end()
        name = piece["code"] or piece["gone"]
        if name or piece["false"]:
            closer = f"\\end{{{name}}}" if name else "\\fi"
            found = -1 if closer in absent else text.find(closer, at)
            if found < 0:
                absent.add(closer)
                continue
            put = held.put(_fenced(text[at:found])) if piece["code"] else ""
            stop = found + len(closer)
        elif piece["sign"]:
            put = held.put(f"`{piece['verb']}`") if piece["verb"].strip() else ""
        elif not piece.group().startswith("%"):
            continue
        parts += [text[position : piece.start()], put]
        position = at = stop
    parts.append(text[position:])
    return "".join(parts)


def _fenced(code: str) -> str:
    options = _CODE_OPTIONS.match(code)
    start = options.end() if options else 0
    head = code[:start]
    language = _LANGUAGE.search(head)
    name = language[1].lower() if language else (options["language"] or "").lower() if options else ""
    ticks = "```" if "```" not in code else "`" * (max(map(len, re.findall("`+", code))) + 1)
    return f"{ticks}{name if name.isalnum() else ''}\n{code[start:].strip(chr(10)).rstrip()}\n{ticks}"


def _hold_formulas(text: str, held: Held) -> str:
    """`text` with its formulas put by."""
    text, dollars = _dollars_as_parens(text)
    parts: list[str] = []
    position = 0
    for span in find_spans(text, dollar=False, trusted=True):
        parts.append(text[position : span.start])
        formula = _kept(span, dollars)
        if formula is not None:
            written = formula.delimited()
            bare = formula.source == ENVIRONMENT and formula.latex.startswith("\\begin{") and formula.display
            formula_text = written
            if bare and _is_delimiter(formula.latex):
                formula_text = f"{formula.latex} {formula.number}".rstrip()
            formula = replace(formula, latex=held.restore(formula.latex))
            parts.append(held.put(formula_text, formula))
        position = span.end
    parts.append(text[position:])
    return "".join(parts)


def _is_delimiter(latex: str) -> bool:
    r"""Whether an environment is mathematics by itself; `array` or `cases` need a delimiter around them."""
    return re.match(r"\\begin\{(?:align|alignat|flalign|gather|multline|eqnarray|IEEEeqnarray)\*?\}", latex) is not None


def _kept(span: Span, dollars: frozenset[int]) -> Formula | None:
    """A formula without what numbers it; an equation without its environment."""
    if span.formula is None:
        return None
    latex, source = span.formula.latex, span.formula.source
    if "\\" in latex:
        latex = _LEFT_OVER.sub("", latex)
        if source == ENVIRONMENT and (inside := _EQUATION.fullmatch(latex)):
            latex = clean(inside[2]).latex
        if source == ENVIRONMENT:  # dollars in its words
            latex = _PARENS.sub(lambda sign: sign.group() if sign.group() == "\\\\" else "$", latex)
    if source == PAREN and span.start in dollars:
        source = DOLLAR
    return replace(span.formula, latex=latex, source=source) if latex else None


def _dollars_as_parens(text: str) -> tuple[str, frozenset[int]]:
    r"""`text` with `\(..\)` for `$..$`, and where these begin.

    In a TeX source every dollar is mathematics and none is money: they are paired here by TeX's own rules, so
    that `find_spans` need not doubt them. A pair stands in one group and one paragraph.
    """
    if "$" not in text:
        return text, frozenset()
    tokens = list(_DOLLARS.finditer(text))
    openers: list[tuple[str, int, int]] = []  # sign, depth, index of the token
    pairs: dict[int, str] = {}
    depth = 0
    for index, token in enumerate(tokens):
        sign = token.group()
        if sign in "{}":
            depth += 1 if sign == "{" else -1
            while openers and openers[-1][1] > depth:
                openers.pop()
        elif sign[0] == "\n":
            openers.clear()
        elif sign in ("\\(", "\\["):
            openers.append((sign, depth, index))
        elif sign in _CLOSED_BY:
            if openers and openers[-1][:2] == (_CLOSED_BY[sign], depth):
                openers.pop()
        elif sign[0] == "$":
            top = openers[-1][:2] if openers else ("", -1)
            if top == (sign, depth):
                opener = openers.pop()[2]
                if sign == "$" and not openers:  # what stands inside another formula stays as it is
                    pairs[opener], pairs[index] = pairs.get(opener, "")[:2] + "\\(", "\\)"
            elif sign == "$$" and top == ("$", depth) and len(openers) == 1:  # two formulas side by side
                pairs[openers.pop()[2]], pairs[index] = "\\(", "\\)$"
                openers.append(("$", depth, index))
            else:
                openers.append((sign, depth, index))
    return _with_pairs(text, tokens, pairs)


def _with_pairs(text: str, tokens: list[re.Match[str]], pairs: dict[int, str]) -> tuple[str, frozenset[int]]:
    parts: list[str] = []
    begins: list[int] = []
    position = length = 0
    for index, token in enumerate(tokens):
        if (sign := pairs.get(index)) is None:
            continue
        between = text[position : token.start()]
        length += len(between)
        if sign.endswith("\\("):
            begins.append(length + len(sign) - 2)
        parts += [between, sign]
        length += len(sign)
        position = token.end()
    parts.append(text[position:])
    return "".join(parts), frozenset(begins)
