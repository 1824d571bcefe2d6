"""Ways in which a benchmark's problem comes to stand in a page: what is done to its text, and where it is put."""

from __future__ import annotations

import html
import random
import re
from collections.abc import Callable
from html.entities import codepoint2name

from mathmill.classifier.formula_spans import formula_spans

Change = Callable[[str, random.Random], str]

_UNSPACED = re.compile("[\u0e00-\u0eff\u3040-\u30ff\u4e00-\u9fff]")
_PAIRS = re.compile(r"(?<![a-zA-Z\\])\(|\)")
_OPERATOR = re.compile(r"\s*(?<![\\^_{(])([=+<>-]|\\(?:cdot|times|leq?|geq?|neq?|pm)(?![a-zA-Z]))\s*")
_SCRIPT = re.compile(r"([\^_])([0-9a-zA-Z])(?![0-9])")
_LONG_WORD = re.compile(r"(?<![\\a-zA-Z&])([a-zA-Z]{3})([a-zA-Z]{4,})")
_UNSPACED_RUN = re.compile("[\u0e00-\u0eff\u3040-\u30ff\u4e00-\u9fff]{1,2}|[^\u0e00-\u0eff\u3040-\u30ff\u4e00-\u9fff]+")
_RAISED = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
_THOUSANDS = re.compile(r"(?<![\d.])(\d{1,3})(\d{3})(?![\d.])")
_NAMES = {
    r"\cdot": "·", r"\times": "×", r"\leq": "≤", r"\le": "≤", r"\geq": "≥", r"\ge": "≥", r"\neq": "≠", r"\ne": "≠",
    r"\pi": "π", r"\theta": "θ", r"\alpha": "α", r"\beta": "β", r"\angle": "∠", r"\triangle": "△", r"\circ": "°",
    r"\infty": "∞", r"\pm": "±", r"\div": "÷", r"\ldots": "…", r"\dots": "…", r"\cdots": "⋯", r"\in": "∈", r"\%": "%",
    r"\$": "$", r"\left": "", r"\right": "", r"\,": " ", r"\!": "", r"\;": " ", r"\quad": " ", r"\displaystyle": "",
}  # fmt: skip
_NAME = re.compile(r"\\(?:[a-zA-Z]+|[,!;%$])")


def _formulas_as(formula: Callable[[str, bool], str], text: str) -> str:
    """A text with its formulas, of which dollars of money are none, set another way."""
    parts, at = [], 0
    for span in formula_spans(text):
        parts += [text[at : span.before], formula(text[span.start : span.end], span.start - span.before == 2)]
        at = span.after
    return "".join([*parts, text[at:]])


def verbatim(text: str, draw: random.Random) -> str:
    return text


def rewrapped(text: str, draw: random.Random) -> str:
    """Other line breaks: at blanks, and between characters of Chinese, Japanese and Thai."""
    width = draw.randint(18, 70)
    lines, line = [], ""
    for word in text.split():
        if line and len(line) + len(word) >= width:
            lines.append(line)
            line = ""
        line = f"{line} {word}" if line else word
        while len(line) > width and (cut := _between(line, width)):
            lines.append(line[:cut])
            line = line[cut:]
    return "\n".join([*lines, line])


def _between(line: str, width: int) -> int:
    """A place near `width` where a script without blanks may be broken; 0 if there is none."""
    for cut in range(width, 1, -1):
        before, after = line[cut - 1], line[cut]
        if _UNSPACED.match(before) and _UNSPACED.match(after) and after.isalnum() and before.isalnum():
            return cut
    return 0


def markdown(text: str, draw: random.Random) -> str:
    """A quotation in Markdown, with emphasis."""
    words = rewrapped(text, draw).split(" ")
    spots = {draw.randrange(len(words)) for _ in range(3)}
    set_off = [f"**{word}**" if at in spots and word.isalpha() else word for at, word in enumerate(words)]
    return "**Problem.** " + "\n".join(f"> {line}" for line in " ".join(set_off).split("\n"))


def typeset(text: str, draw: random.Random) -> str:
    r"""LaTeX by another hand: `\(..\)`, `\dfrac`, `\left(`, thin spaces, braces around scripts, `{,}` in numbers."""

    def formula(tex: str, is_display: bool) -> str:
        tex = tex.replace(r"\frac", r"\dfrac").replace(r"\le ", r"\leqslant ")
        tex = _SCRIPT.sub(r"\1{\2}", tex)
        tex = _OPERATOR.sub(r" \1\\, ", tex)
        if tex.count("(") == tex.count(")") == len(_PAIRS.findall(tex)) / 2 and r"\left" not in tex:
            tex = tex.replace("(", r"\left( ").replace(")", r" \right)")
        tex = _THOUSANDS.sub(r"\1{,}\2", tex)
        return rf"\[{tex}\]" if is_display else rf"\({tex}\)"

    return _formulas_as(formula, text)


def display(text: str, draw: random.Random) -> str:
    """LaTeX set tightly in display formulas: no blank that may go."""

    def formula(tex: str, is_display: bool) -> str:
        tex = _OPERATOR.sub(r"\1 ", tex)
        tex = re.sub(r"(?<![a-zA-Z\d]) | (?![a-zA-Z\d])", "", tex)
        return f"\n$$\n{tex.replace('tfrac', 'frac')}\n$$\n"

    return _formulas_as(formula, text)


def unicode(text: str, draw: random.Random) -> str:
    """No LaTeX, so far as Unicode has the characters; curly quotes, no-break blanks, commas in numbers."""

    def formula(tex: str, is_display: bool) -> str:
        tex = re.sub(r"\\[dt]?frac\{([^{}]*)\}\{([^{}]*)\}", r"\1/\2", tex)
        tex = re.sub(r"\\text(?:bf|it|rm)?\{([^{}]*)\}", r"\1", tex)
        tex = re.sub(r"\^\{?(\d+)\}?", lambda power: power[1].translate(_RAISED), tex)
        tex = _NAME.sub(lambda name: _NAMES.get(name[0], name[0]), tex)
        return tex.replace("-", "\u2212").replace("{", "").replace("}", "") if "\\" not in tex else tex

    text = _formulas_as(formula, text)
    text = _THOUSANDS.sub(r"\1,\2", text).replace("'", "\u2019").replace(" - ", " \u2013 ")
    return re.sub(r'"([^"]*)"', "\u201c\\1\u201d", text).replace(" ", "\u00a0", 3)


def entities(text: str, draw: random.Random) -> str:
    """HTML's own characters and all that are not ASCII as entities, by name where there is one."""
    escaped = html.escape(text)
    return re.sub(r"[^\x00-\x7f]", lambda found: _entity(found[0]), escaped)


def _entity(character: str) -> str:
    name = codepoint2name.get(ord(character))
    return f"&{name};" if name else f"&#{ord(character)};"


def twice_escaped(text: str, draw: random.Random) -> str:
    return html.escape(entities(text, draw))


def numeric(text: str, draw: random.Random) -> str:
    """Every other character as a numeric entity."""
    return "".join(c if c.isspace() or draw.random() < 0.5 else f"&#x{ord(c):X};" for c in text)


def invisible(text: str, draw: random.Random) -> str:
    """Soft hyphens in long words, and blanks of no width."""
    return _LONG_WORD.sub("\\1\u00ad\\2", text).replace(" ", " \u200b")


def tags(text: str, draw: random.Random) -> str:
    """HTML that was left in a text."""
    lines = rewrapped(text, draw).split("\n")
    return "<p>" + "<br />\n".join(lines) + "</p>"


def half(text: str, draw: random.Random) -> str:
    """The first half of it."""
    words = text.split()
    return text[: len(text) // 2] if len(words) < 4 else " ".join(words[: (len(words) + 1) // 2])


def one_word_in_ten(text: str, draw: random.Random) -> str:
    """Another word in the place of every tenth, and of a tenth of what has no blanks: the known limit."""
    words = [part for word in text.split() for part in (_UNSPACED_RUN.findall(word) or [word])]
    first = draw.randrange(min(10, len(words)))
    return " ".join("zyxwv" if at % 10 == first else word for at, word in enumerate(words))


#: Forms that have to be found, and those that tell where it ends.
FOUND: dict[str, Change] = {
    "verbatim": verbatim,
    "re-wrapped": rewrapped,
    "Markdown quotation": markdown,
    "LaTeX, set apart": typeset,
    "LaTeX, tight display": display,
    "Unicode for LaTeX": unicode,
    "entities": entities,
    "entities, twice": twice_escaped,
    "entities, numeric": numeric,
    "invisible characters": invisible,
    "HTML tags": tags,
}
LIMITS: dict[str, Change] = {"half of it": half, "one word in ten changed": one_word_in_ten}
