r"""Where a solution says `lhs = rhs`: in GSM8K's marks, in LaTeX (`formula_chains`), and in lines of plain text.

A chain `a = b = c` is the steps `a = b` and `b = c`. Whatever is looked at keeps its place, so that every step has its
span in the text: what dresses a formula is blanked and not taken out. What is not surely a whole side makes no step:
words that may be part of it (`half of 4 = 2`), a sign before it, an open bracket. Texts take linear time.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from mathmill.eval.answers import formulas
from mathmill.train.reward.formula_chains import Side, Sign, formula_sides
from mathmill.train.sample.distinct import MARKS
from mathmill.train.sample.sums import PARTS

MOST_TEXT = 50_000  # characters that are looked at, from the beginning
_MOST_SIDE = 300  # characters of a side
_GONE = "\0"  # what stands for a formula in its line

_ENVIRONMENT = re.compile(
    r"\\begin\{(?P<name>align|aligned|equation|gather|gathered|eqnarray|multline|split)(?P<star>\*?)\}"
    r"(?P<inner>.{0,4000}?)\\end\{(?P=name)(?P=star)\}",
    re.DOTALL,
)

# What is blanked or rewritten in plain lines, place by place.
_LEAD = re.compile(r"\s*(?:-\s+(?!\$)|[*•>]\s+|#{1,6}\s+)?(?:[A-Z][a-z]{2,9}\s)?(?:\(?\d{1,3}[.:)]\s+)?")
_SIGNS = str.maketrans("×·∗÷−–", "***/--")
_SPELLED = re.compile(r"\\(?P<sign>times|cdot|div|approx)(?![a-zA-Z])")
_SPELLED_SIGNS = {"times": "*", "cdot": "*", "div": "/", "approx": "≈"}
_ROOT = re.compile(r"\bsqrt(?=\()")
_MONEY = re.compile(r"\\?[$€£](?=\s?[\d.(-])")
_BOLD = re.compile(r"(?<![\w)])\*\*|\*\*(?![\w(])|\\(?=%)")
_UNIT = re.compile(r"(?<=[\d)])\s{1,3}(?P<word>[A-Za-z]{2,30})(?=\s{0,3}(?P<sign>[-+*/=≈]|x\s{0,3}[\d(]))")
_CALCULATES = re.compile(r"[\d)][^=≈]*[-+*/x][^=≈]*\Z")
_BY = re.compile(r"(?<=[\d)])(?P<left>\s{0,40})x(?=\s{0,9}[\d(.])")

_RUN = re.compile(r"(?:[\d()+*/^!%√π=≈ \t-]|\.(?=\d)|(?<=\d),(?=\d{3}(?!\d)))+")
_SPLIT = re.compile("[=≈]")
_PROSE = re.compile(r"(?<![\\A-Za-z{])[A-Za-z]{3,}\s")
_COLUMN = re.compile(r"(?<!\\)&")  # of rows that stand one below the other
_NOT_EQUAL = re.compile(r"!=|==|=\s*-?\s*>")
_APART = re.compile(r"[\d.)!%π]\s+[\d.(√π]|%\s*[\d(]")  # no sign between: they may be anything
_BAD_START, _BAD_END = tuple("+*/^!%)"), tuple("+-*/^(√")
_LONE_MINUS = re.compile(r"-\s")  # what it is taken from stands elsewhere
_SAYS_NUMBER = re.compile("[\\dπ]")
_WORD_BEFORE = re.compile(r"(?:\A|[(\[\"'*_]|(?P<far>\S)\s+)(?P<word>[^\W\d_]{2,})\Z")
_EQUATION_BEFORE = re.compile(r"[=≈]\s{0,3}[\d.,/]{1,20}(?:,|(?:\s+[A-Za-z]+){0,3}\s+and)\Z")
_BESIDE_WORD = "0123456789)%+-*/^=≈" + _GONE
_QUOTES = "\"'“”`_"
_WORD_BEHIND = re.compile(
    r"(?:[A-Za-z](?![A-Za-z])(?!\s[a-z]{2,})|and\s(?:a|an|one|half|\d\S{0,9})|mod|r(?:emainder)?|percent|times|plus|minus|divided|multiplied|over"
    r"|squared|cubed|hundred|thousand|million|billion|dozen|of|to|or|pi|sqrt)(?![a-z])",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Written:
    """A step as it stands: the sides of a sign, where the left one begins and where the right one ends."""

    left: str
    right: str
    sign: Sign
    start: int
    end: int


def written_steps(text: str) -> list[Written]:
    """The steps of a text, by where they end."""
    text = text[:MOST_TEXT]
    steps: list[Written] = []
    for mark in MARKS.finditer(text):
        inside = list(_steps(text, _split(text, *mark.span(1))))
        # The last step of a mark ends with it.
        steps += [_ending(step, mark.end()) if step is inside[-1] else step for step in inside]
    rest = MARKS.sub(lambda mark: " " * len(mark[0]), text)
    left = list(rest)
    for start, end in _regions(rest):
        steps += _steps(rest, formula_sides(rest, *_inside(rest, start, end)))
        left[start:end] = ["\n" if sign == "\n" else _GONE for sign in rest[start:end]]
    offset = 0
    for line in "".join(left).split("\n"):
        if _SPLIT.search(line):
            steps += _of_line(line, offset)
        offset += len(line) + 1
    return sorted(steps, key=lambda step: (step.end, step.start))


def _ending(step: Written, end: int) -> Written:
    return Written(step.left, step.right, step.sign, step.start, end)


def _regions(text: str) -> list[tuple[int, int]]:
    """Where formulas stand: environments, and what is between delimiters outside of them."""
    found = [match.span() for match in _ENVIRONMENT.finditer(text)] if r"\begin" in text else []
    between = [span for span in formulas(text) if not _is_money(text, *span)]
    alone = [span for span in found if not any(start <= span[0] < end for start, end in between)]
    return sorted([*between, *alone])


def _is_money(text: str, start: int, end: int) -> bool:
    """Whether two sums of money seem to hold a formula between them, as in `$80 and Ann has 3 + $5`."""
    return text[start] == "$" and text[start + 1].isdigit() and _PROSE.search(text, start, end) is not None


def _inside(text: str, start: int, end: int) -> tuple[int, int]:
    """A region without its delimiters."""
    if text.startswith(r"\begin", start):
        return start, end
    width = 2 if text.startswith(("$$", r"\(", r"\["), start) else 1
    return start + width, end - width


def _split(text: str, start: int, end: int) -> list[Side]:
    """The sides of a chain that is all there is between two places."""
    sides, begin = list[Side](), start
    sign: Sign | None = None
    for cut in _SPLIT.finditer(text, start, end):
        sides.append(Side(begin, cut.start(), sign))
        begin, sign = cut.end(), "=" if cut[0] == "=" else "~"
    return [*sides, Side(begin, end, sign)]


def _steps(text: str, sides: Sequence[Side]) -> Iterator[Written]:
    """The steps between neighbours that both say something."""
    for left, right in pairwise(sides):
        if right.sign is None:
            continue
        before, behind = (_COLUMN.sub(" ", text[side.start : side.end]) for side in (left, right))
        said = before.strip(), behind.strip()
        if not all(said) or max(map(len, said)) > _MOST_SIDE:
            continue
        start = left.end - len(before.lstrip())
        yield Written(*said, right.sign, start, right.start + len(behind.rstrip()))


def _of_line(line: str, offset: int) -> Iterator[Written]:
    """The steps of a plain line that begins at `offset`."""
    line = _plain(line)
    for run in _RUN.finditer(line):
        if not _SPLIT.search(run[0]) or _NOT_EQUAL.search(line, run.start(), run.end() + 1):
            continue
        sides = [_trimmed(line, side) for side in _split(line, *run.span())]
        first, last = _whole_before(line, run.start(), sides[0].start), _whole_behind(line, run.end(), sides[-1].end)
        for at, (left, right) in enumerate(pairwise(sides)):
            whole = (at > 0 or first) and (at < len(sides) - 2 or last)
            if whole and _is_side(line[left.start : left.end]) and _is_side(line[right.start : right.end]):
                for step in _steps(line, (left, right)):
                    left_said, right_said = (each.replace("**", "^") for each in (step.left, step.right))
                    yield Written(left_said, right_said, step.sign, step.start + offset, step.end + offset)


def _plain(line: str) -> str:
    """A line of the same length with a calculator's signs, and blanks for what dresses sums."""
    line = _LEAD.sub(_blank, line, count=1) if (lead := _LEAD.match(line)) and _is_lead(lead[0]) else line
    line = _SPELLED.sub(lambda found: _SPELLED_SIGNS[found["sign"]].ljust(len(found[0])), line.translate(_SIGNS))
    for pattern in (_MONEY, _BOLD):
        line = pattern.sub(_blank, line)
    line = _ROOT.sub("   √", line)
    line = _UNIT.sub(_without_unit, line)
    return _BY.sub(lambda by: by["left"] + "*", line)


def _is_lead(lead: str) -> bool:
    """Whether what a line begins with is a bullet or a number of its own, and no word of a sentence."""
    return lead.rstrip()[-1:] in tuple(".:)-*•>#")


def _blank(found: re.Match[str]) -> str:
    return " " * len(found[0])


def _without_unit(unit: re.Match[str]) -> str:
    """Blanks for a unit; not for a word that belongs to the sum, nor in `4 inches = 1/3 foot`, where units change."""
    before = unit.string[max(unit.start() - 80, 0) : unit.start()]
    if PARTS.fullmatch(unit["word"]) or (unit["sign"] in "=≈" and not _CALCULATES.search(before)):
        return unit[0]
    return _blank(unit)


def _trimmed(line: str, side: Side) -> Side:
    """A side without spaces around it, and without brackets that close or open outside of it."""
    start, end = side.start, side.end
    while end > start and line[end - 1].isspace():
        end -= 1
    while start < end and line[start].isspace():
        start += 1
    extra = line.count("(", start, end) - line.count(")", start, end)
    while extra > 0 and start < end and line[start] in "( ":
        extra -= line[start] == "("
        start += 1
    while extra < 0 and end > start and line[end - 1] in ") ":
        extra += line[end - 1] == ")"
        end -= 1
    return Side(start, end, side.sign)


def _is_side(said: str) -> bool:
    return bool(
        said
        and _SAYS_NUMBER.search(said)
        and not _APART.search(said)
        and not said.startswith(_BAD_START)
        and not _LONE_MINUS.match(said)
        and not said.endswith(_BAD_END)
    )


def _whole_before(line: str, begin: int, start: int) -> bool:
    """Whether nothing right before a run, whose first side begins at `start`, may be part of that side."""
    before = line[max(begin - 80, 0) : begin]
    is_apart = line[begin].isspace() or before[-1:].isspace() or line[begin] == "("
    before = before.rstrip()
    if not before or before[-1] in _QUOTES:
        return True
    if not is_apart:
        return False
    if before[-1] in ".;!?" or _EQUATION_BEFORE.search(before):
        return True
    if before[-1] in ",:":
        return not before[-2:-1].isdigit()  # of a list, or a ratio
    word = _WORD_BEFORE.search(before)
    if word is None:
        return False
    return not PARTS.fullmatch(word["word"]) and (word["far"] or " ") not in _BESIDE_WORD


def _whole_behind(line: str, finish: int, end: int) -> bool:
    """Whether nothing right behind a run, whose last side ends at `end`, may be part of that side."""
    behind = line[finish : finish + 40]
    if not behind or ")" in line[end:finish]:
        return True
    is_apart = line[finish - 1].isspace()
    if behind[0].isalpha():
        return is_apart and _WORD_BEHIND.match(behind) is None
    return behind[0] in ".,;:?" + _QUOTES
