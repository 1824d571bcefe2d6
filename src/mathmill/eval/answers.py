r"""The final answer of a completion: where it stands, and by which rule it was found.

What is read is what was said: the last `MAX_COMPLETION` characters; behind `</think>`, unless nothing stands there; in
the last `<answer>..</answer>`, unless that is empty. Then the first rule that applies:

1. `box`: the last `\boxed{..}` or `\fbox{..}` whose braces balance, or `\boxed 5`. Of boxes inside each other the
   innermost counts, and an empty one (`\boxed{}`, `\boxed{...}`, `\boxed{\phantom{2}}`) says nothing. Boxes that stand
   right beside each other are read together:
   - joined by `or`, by `=` or by nothing they are `choices`: an answer if they are worth the same or are together what
     is asked for, else ambiguous, since nobody may offer several answers and be paid for one;
   - joined by `and`, or solutions of one unknown (`x = A or x = B`, `the roots are A or B`) they are `parts`: all of
     them are the answer, as a list; the last of two alone may be it too, if the grader is not strict;
   - behind `\approx` a box says the one before it again, rounded.
   A box that is never closed was cut off or miswritten. It is no answer; if there is no other, only what stands before
   it is read on, and nothing is guessed.
2. `hash`: what follows the last `####`, to the end of its line (GSM8K). Headings of Markdown are no answers.
3. `final`: what follows the last `Final Answer:`, `The final answer is` (Minerva), `**Answer:**` or the same in another
   language; the whole of `<answer>..</answer>`, if it is one short line.
4. `phrase`: what follows the last `the answer is`.
5. `last`: the last formula between dollars or brackets, else the last number of the text, but for one that is denied
   right beside it (`not 42`, `more than 42`) or cannot be seen (`\phantom{42}`). Values that are joined to it (`41 or
   42`) are `choices`. A guess, marked as one: `strict` graders do not take it. It is never made from thought.

Rules 3 and 4 take a statement: to the end of its sentence, without a reason behind it (`because ..`); of a whole
sentence of prose (`Ann earns $18 a day.`) the one value in it.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Literal, TypeVar, get_args

from mathmill.eval.syntax.wrappers import PHANTOM, says_something, unwrapped

_Item = TypeVar("_Item")
Rule = Literal["box", "hash", "final", "phrase", "last"]
RULES: tuple[Rule, ...] = get_args(Rule)

# Characters from the end that are read; an answer that stands before them was not the final one.
MAX_COMPLETION = 50_000
# Boxes that are read together; of more none is meant.
MAX_BOXES = 8

_STATEMENT = 2_000  # characters behind `the answer is` that are looked at
_BETWEEN = 60  # characters between two boxes that stand beside each other
_BEFORE = 80  # characters before a box that may say what it is
_SHORT = 200  # characters of a line in answer tags that is an answer as a whole
_DENYING = 40  # characters before a value that may deny it
_TAIL_WORDS = 3  # words behind a value that may be its unit

# Every repetition in these patterns is bounded or of one kind of character: no text takes more than linear time.
_THOUGHT_END = re.compile(r"</(?:think|thinking|thought|reasoning)>|<\|end_of_thought\|>", re.IGNORECASE)
_THOUGHT_START = re.compile(r"<(?:think|thinking|thought|reasoning)>|<\|begin_of_thought\|>", re.IGNORECASE)
_TAG = re.compile(r"<(?P<end>/?)answer>", re.IGNORECASE)
_END_TOKEN = re.compile(r"(?:<\|[\w.\-\uff5c\u2581]{1,40}\|>|<\uff5c[^<>]{1,40}\uff5c>|</?s>|<eos>|<end_of_turn>)\Z")
_BRACES = re.compile(r"\\(?:boxed|fbox)(?P<gap>\s{0,20})(?P<box>\{)?|\\.|[{}]", re.DOTALL)
_BARE_SHUT = re.compile(r"[^$\n]{1,40}?(?=\$|\\\)|\\\])")
_BARE_WORD = re.compile(r"(?:\\[a-zA-Z]+(?:\{[^{}]{0,60}\}){0,2}|[^\s{}$\\]{1,40})?")
_NOISE = re.compile(r"\\(?:text(?:bf|rm|it)?|mathrm|q?quad|[ ,;:!()\[\]\\])|[\s${}.,;:*&~]|\beither\b")
_NAME = r"(?P<name>[a-zA-Z]\w{0,8}(?: ?\([a-z]\))?)"
_JOIN = re.compile(rf"(?:(?P<join>or|and) )?{_NAME} ?=|(?P<only>or|and|=|\\approx|\u2248|)")
_NAMED = re.compile(rf"{_NAME}\s{{0,5}}=\s{{0,5}}\Z")
_SEVERAL = re.compile(r"\b(?:values|solutions|roots|zeros|points)\b[^.]{0,60}\bare\W{0,10}\Z", re.IGNORECASE)
_EMPTY_BOX = re.compile(r"\\[fb]?box(?:ed)?\s{0,20}(?=\{)|\\[()\[\]]")
_SAID = re.compile("[^\\W_]|[\u221e\u2205]")
_HASHES = re.compile(r"####[ \t]*(?P<answer>[^\n]*)")
_VALUE_LINE = re.compile(r"(?!\d{1,3}[.)](?:\s|\Z))[-+\u2212(\[\\$\d.\u20ac\u00a3][^\s:]*(?:\s\S{1,20}){0,3}")
_FINAL = re.compile(
    r"(?:\bfinal\s{1,3}answer|(?<![a-z])answer(?:\s{1,3}choice)?|\bans\b\.?)[\s*_]{0,4}[:\uff1a][*_]{0,2}"
    r"|\bfinal\s{1,3}answer\s{1,3}(?:is|would\s{1,3}be)\b[:\uff1a]?"
    r"|^[ \t]{0,3}(?:#{1,6}[ \t]{0,3})?[*_]{0,3}final\s{1,3}answer[*_]{0,3}[ \t]{0,3}$"
    r"|\bcorrect\s{1,3}(?:answer|option|choice)\s{1,3}is\b[:\uff1a]?"
    r"|\u7b54\u6848(?:\u662f|\u4e3a)?[:\uff1a]?|\u7b54\u3048\u306f|\b\u043e\u0442\u0432\u0435\u0442\s?[:\u2014\u2013-]",
    re.IGNORECASE | re.MULTILINE,
)
_PHRASE = re.compile(
    r"\banswer\b(?:\s{1,3}(?:to|for|of)\s[^.:\n]{1,80}?)?(?:\s{1,3}(?:is|are|equals|must\s{1,3}be|would\s{1,3}be|should\s{1,3}be)\b"
    r"|\s{0,3}=)(?:\s{1,3}(?:therefore|thus|then|simply|just)\b)?\s{0,3}[:\uff1a]?"
    r"|\brespuesta\s{1,3}(?:final\s{1,3})?es\b|\br\u00e9ponse\s{1,3}(?:finale\s{1,3})?est\b|\bAntwort\s{1,3}(?:ist|lautet)\b|\bJibu\s{1,3}ni\b"
    r"|\u0989\u09a4\u09cd\u09a4\u09b0\s?\u09b9\u09b2|\u0e04\u0e33\u0e15\u0e2d\u0e1a\u0e04\u0e37\u0e2d|\u0c38\u0c2e\u0c3e\u0c27\u0c3e\u0c28\u0c02",
    re.IGNORECASE,
)  # the latter of the languages that MGSM has
_LEAD = re.compile(
    r"(?:so|thus|therefore|hence|then|is|the|final|approximately|about|exactly|simply|equal to|:|,)\b", re.IGNORECASE
)
_SENTENCE_END = re.compile(
    r"(?<!\bsq)(?<!\bcu)\.(?=[\s*\"')]|\Z)(?!\s{1,3}[Oo]r\b)|[\u3002\uff1b\u0964\n]|\u3067\u3059"
    r"|,?\s(?:I hope|which|because|since|so that|as required|as desired|where|i\.e\.|that is)\b|,\s(?:so|as|with|for)\b"
)
_DELIMITER = re.compile(r"\\[\\$()\[\]]|\$\$|\$")
_CLOSES = {"$": "$", "$$": "$$", r"\(": r"\)", r"\[": r"\]"}
_NUMBER = re.compile(
    r"(?:(?<![\w)\]}])[-\u2212])?(?:[$\u20ac\u00a3]\s?)?(?:(?<![^\W\d_])\d[\d,]*(?:\.\d+)?|(?<![\d\w])\.\d+)(?:/\d+)?(?:\s?\\?%)?"
)
_WORD = re.compile(r"(?<![\\A-Za-z])[A-Za-z]{2,}(?:'[a-z]+)?")
# What stands right before a value that it is not, or of which something else is made.
_DENIED = re.compile(
    r"(?:n['\u2019]t|\b(?:not|cannot|never|no\s{1,3}es|nicht|pas|\u043d\u0435|than|least|most|between|impossible|except"
    r"|far\s{1,3}from|twice|half|double|(?:square|cube|root|half|double|third|opposite|negative|reciprocal|inverse"
    r"|multiple|divisor|factor|power)\s{1,3}of)|\u4e0d\u662f)(?:\s{1,3}(?:be|equal|to)){0,2}[\s$*_:]{0,6}\Z",
    re.IGNORECASE,
)
_DENIED_BEHIND = re.compile(
    r"[\s$*_]{0,6}(?:(?:is|was|are)\s{1,3}(?:not|wrong|false|incorrect)|(?:is|was)n['\u2019]t)\b", re.IGNORECASE
)
# What joins values of which one is meant, and a line that is a value and nothing else.
_OFFERED = re.compile(r"[\s$.,;*]{0,9}\bor\b[\s$,*]{1,9}(?:[a-z]\s?=\s?)?", re.IGNORECASE)
_LONE_VALUE = re.compile(r"(?:[a-z]\s?=\s?)?(?=[^\s\d]{0,20}\d)\S{1,40}|\$[^$]{1,60}\$")
_DENIAL = re.compile(r"\b(?:not|no|or|cannot|neither|between|unknown|maybe|perhaps)\b|n't\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Found:
    """An answer as it was written, and the rule that found it.

    `choices` are all answers that are offered where only one was asked for, `parts` all that stand together, both in
    the order of the text, `text` being the last; empty where there is only one.
    """

    text: str
    rule: Rule
    choices: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Box:
    start: int
    end: int
    content: str


def find_answer(completion: str, rules: Collection[Rule] = RULES) -> Found | None:
    """The final answer of a completion, by the first of these rules that finds one; None if it gives none."""
    said, is_thought = _said(completion)
    whole, broken = _boxes(said) if "box" in rules else ([], None)
    if whole:
        return _boxed(said, whole)
    if broken is not None:
        said = said[:broken]
    found = _hashed(said) if "hash" in rules else None
    found = found or (_stated(said, _FINAL, "final") if "final" in rules else None)
    found = found or (_stated(said, _PHRASE, "phrase") if "phrase" in rules else None)
    if found is None and broken is None and not is_thought and "last" in rules:
        found = _last(said)
    return found


def _said(completion: str) -> tuple[str, bool]:
    """What a completion says, and whether it is only thought."""
    said = completion[-MAX_COMPLETION:].rstrip()
    while (token := _END_TOKEN.search(said, max(0, len(said) - 60))) is not None:
        said = said[: token.start()].rstrip()
    end, start = _end_of_last(_THOUGHT_END, said), _end_of_last(_THOUGHT_START, said)
    thought = start > end or (end > 0 and not said[end:].strip())
    if not thought:
        said = said[end:]
    return _tagged(said), thought


def _end_of_last(pattern: re.Pattern[str], text: str) -> int:
    """Where the last match ends; 0 if there is none."""
    last = _last_of(pattern.finditer(text))
    return last.end() if last is not None else 0


def _last_of(found: Iterable[_Item]) -> _Item | None:
    return next(iter(deque(found, maxlen=1)), None)


def _tagged(said: str) -> str:
    """What stands in the last answer tags that are not empty, written as a final answer if it is short; else all.

    Lines that are values and nothing else are one answer. Tags that are not closed reach to the end: a sampler stops at
    the closing one and leaves it out.
    """
    start, content = None, ""
    for tag in _TAG.finditer(said):
        if not tag["end"]:
            start = tag.end()
        elif start is not None:
            content, start = said[start : tag.start()].strip() or content, None
    if start is not None:
        content = said[start:].strip() or content
    if not content:
        return said
    lines = list(filter(None, map(str.strip, content.split("\n"))))
    if len(lines) > 1 and all(map(_LONE_VALUE.fullmatch, lines)):
        return f"Final Answer: {'; '.join(lines)}"
    return f"Final Answer: {content}" if len(content) <= _SHORT and len(lines) == 1 else content


def _boxes(said: str) -> tuple[list[_Box], int | None]:
    """The boxes that say something, innermost ones only, and where the first one begins that is never closed."""
    if r"\boxed" not in said and r"\fbox" not in said:
        return [], None
    boxes: list[_Box] = []
    opened: list[tuple[int, int] | None] = []  # of each open brace the start of its box and of the content
    for match in _BRACES.finditer(said):
        if match["gap"] is not None:
            if match["box"]:
                opened.append((match.start(), match.end()))
            else:
                boxes.append(_bare(said, match))
        elif match[0] == "{":
            opened.append(None)
        elif match[0] == "}" and opened and (place := opened.pop()) is not None:
            boxes.append(_Box(place[0], match.end(), said[place[1] : match.start()].strip()))
    innermost: list[_Box] = []
    for box in boxes:  # a box ends behind those inside it
        if says_something(box.content) and not (innermost and innermost[-1].start > box.start):
            innermost.append(box)
    broken = next((place[0] for place in opened if place is not None), None)
    return innermost, broken


def _bare(said: str, match: re.Match[str]) -> _Box:
    r"""A box without braces: `\boxed 5$`, to the end of the formula or else of the word."""
    shut = _BARE_SHUT.match(said, match.end())
    if shut is None or shut[0].count("{") != shut[0].count("}"):
        shut = _BARE_WORD.match(said, match.end())
    assert shut is not None
    return _Box(match.start(), shut.end(), shut[0].strip().rstrip(".,;"))


def _boxed(said: str, boxes: list[_Box]) -> Found:
    """The last box with those that stand right beside it."""
    together, joins = [boxes[-1]], list[str]()
    for box in boxes[-2::-1]:
        join = _join(said, box, together[0])
        if join is None or len(together) > MAX_BOXES:
            break
        together.insert(0, box)
        joins.append(join)
    contents = tuple(box.content for box in together)
    if not joins or len(set(contents)) == 1:
        return Found(contents[-1], "box")
    if set(joins) == {"rounded"}:
        return Found(contents[0], "box")
    several = ("and" in joins and "or" not in joins) or _SEVERAL.search(
        said[max(0, together[0].start - _BEFORE) : together[0].start]
    )
    return Found(contents[-1], "box", parts=contents) if several else Found(contents[-1], "box", choices=contents)


def _join(said: str, box: _Box, following: _Box) -> str | None:
    """What joins two boxes; None if they do not stand beside each other."""
    between = said[box.end : following.start]
    if len(between) > _BETWEEN:
        return None
    words = _JOIN.fullmatch(" ".join(_NOISE.sub(" ", between).split()).lower())
    if words is None:
        return None
    join = words["join"] or words["only"] or ""
    if words["name"] and join in ("or", ""):
        named = _NAMED.search(said[max(0, box.start - _BEFORE) : box.start].lower().rstrip(" ${"))
        return "and" if named is not None and named["name"].replace(" ", "") == words["name"].replace(" ", "") else join
    return "rounded" if join in (r"\approx", "\u2248") else join


def _hashed(said: str) -> Found | None:
    found = _last_of(_HASHES.finditer(said))
    if found is None:
        return None
    answer = found["answer"].strip().strip("*").strip()
    is_last = not said[found.end() :].strip()
    if not answer or not (is_last or _VALUE_LINE.fullmatch(answer)) or _FINAL.match(f"{answer}:"):
        return None
    return Found(answer, "hash")


def _stated(said: str, pattern: re.Pattern[str], rule: Rule) -> Found | None:
    start = _end_of_last(pattern, said)
    text = _statement(said[start : start + _STATEMENT]) if start else ""
    return Found(text, rule) if _SAID.search(text) else None


def _statement(rest: str) -> str:
    """The answer that a statement begins with; empty if there is none."""
    rest = _without_lead(rest)
    first = next(formulas(rest), None)
    begins = first is not None and first[0] == 0
    search_from = first[1] if first is not None and begins else 0
    end = _SENTENCE_END.search(rest, search_from)
    text = rest[: end.start()] if end else rest
    number = _NUMBER.match(text)
    head = text[:search_from] if begins or number is None else number[0]
    tail = text[len(head) :]
    if not head:
        return unwrapped(_value_of_prose(text))
    only_unit = len(_WORD.findall(tail)) <= _TAIL_WORDS or _value_in(tail)
    return unwrapped(text if only_unit else head)


def _without_lead(rest: str) -> str:
    """A statement without emphasis, `the answer is` and the like before its answer."""
    while True:
        shorter = rest.lstrip(' \t\n*_:>`"').removeprefix("\u662f")
        lead = _PHRASE.match(shorter) or _FINAL.match(shorter) or _LEAD.match(shorter)
        if lead is None:
            return shorter
        rest = shorter[lead.end() :]


def _value_of_prose(text: str) -> str:
    """The only value of a sentence such as `Ann earns $18 a day`; the text itself if it is no such sentence."""
    if len(_WORD.findall(text)) < _TAIL_WORDS or _DENIAL.search(text):
        return text
    spans = list(formulas(text)) or [match.span() for match in _NUMBER.finditer(text)]
    values = {text[start:end] for start, end in spans}
    return values.pop() if len(values) == 1 and not any(_is_denied(text, *span) for span in spans) else text


def _value_in(text: str) -> bool:
    return next(formulas(text), None) is not None or _NUMBER.search(text) is not None


def _last(said: str) -> Found | None:
    """A guess."""
    written = [(start, end) for start, end in formulas(said) if says_something(_EMPTY_BOX.sub("", said[start:end]))]
    if (found := _offered(said, written)) is not None:
        return found
    seen = PHANTOM.sub(lambda phantom: " " * len(phantom[0]), said) if "\\" in said else said
    return _offered(said, [match.span() for match in _NUMBER.finditer(seen)])


def _offered(said: str, values: list[tuple[int, int]]) -> Found | None:
    """The last of values that is not denied, with those that are offered in its place; None if there is none."""
    offered: list[str] = []
    following = -1
    for start, end in reversed(values):
        text = unwrapped(said[start:end]).rstrip(",")
        if offered and (not _OFFERED.fullmatch(said, end, following) or _solved(text) != _solved(offered[0])):
            break  # `2n = 4, or n = 2` says the same again
        if text and not _is_denied(said, start, end):
            offered.insert(0, text)
            following = start
        if len(offered) > MAX_BOXES:
            break
    if not offered:
        return None
    return Found(offered[-1], "last", choices=tuple(offered) if len(set(offered)) > 1 else ())


def _solved(text: str) -> str:
    """What an equation is solved for; empty for other texts."""
    return text.partition("=")[0].strip() if "=" in text else ""


def _is_denied(said: str, start: int, end: int) -> bool:
    """Whether what stands there is said not to be the answer."""
    before = _DENIED.search(said, max(0, start - _DENYING), start)
    return before is not None or _DENIED_BEHIND.match(said, end) is not None


def formulas(text: str) -> Iterator[tuple[int, int]]:
    """Where formulas between dollars or brackets begin and end; sums of money are none."""
    opening: re.Match[str] | None = None
    for mark in _DELIMITER.finditer(text):
        if mark[0] in (r"\\", r"\$"):
            continue
        if opening is not None and mark[0] == _CLOSES[opening[0]] and _is_formula(text, opening, mark):
            yield opening.start(), mark.end()
            opening = None
        elif mark[0] in _CLOSES:
            opening = mark


def _is_formula(text: str, opening: re.Match[str], closing: re.Match[str]) -> bool:
    inner = text[opening.end() : closing.start()]
    if len(inner) > _STATEMENT or not inner.strip() or "\n\n" in inner:
        return False
    behind = text[closing.end() : closing.end() + 1]
    return opening[0] != "$" or not inner[0].isdigit() or not (inner[-1].isspace() or behind.isdigit())
