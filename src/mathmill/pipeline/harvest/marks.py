"""Lines that mark an exercise, its solution, its answer and the like, in the languages of the web's textbooks.

A mark is a heading (`### Exercise 1.2`), a line of its own (`Solution.`) or runs in before its text (`Answer: 42`). A
word alone is none: `Example 3 shows that`, `Problem formulation` and `Solutions of ODEs` are prose and titles.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

MarkKind = Literal[
    "problem", "example", "solution", "answer", "hint", "proof", "boundary", "problems", "solutions", "item", "heading"
]

# Languages: English, German, French, Spanish, Portuguese, Italian, Polish, Russian, Chinese, Japanese, Korean.
_WORDS: dict[MarkKind, str] = {
    "problem": (
        "exercise|problem|question|practice problem|practice question|task|puzzle|challenge|aufgabe|übung"
        "|übungsaufgabe|frage"
        "|exercice|problème|ejercicio|problema|pregunta|exercício|questão|esercizio|domanda|zadanie|ćwiczenie|pytanie"
        "|задача|упражнение|вопрос|задание|题目|习题|练习|练习题|问题"
        "|習題|題目|練習|問題|演習|演習問題|練習問題|問|문제|연습문제|연습 문제"
    ),
    "example": (
        "example|worked example|sample problem|illustration|beispiel|beispielaufgabe|exemple|ejemplo|exemplo"
        "|esempio|przykład"
        "|пример|例题|例題|例子|例|예제|예"
    ),
    "solution": (
        "solution|worked solution|sample solution|model solution|full solution|detailed solution|lösung"
        "|musterlösung|lösungsweg"
        "|corrigé|corrections?|résolution|solución|resolución|solução|resolução|soluzione|svolgimento|rozwiązanie"
        "|решение|解|解法|解答|解析|解説|풀이|해설|sol"
    ),
    "answer": (
        "answer|final answer|correct answer|ans|antwort|ergebnis|réponse|respuesta|resposta|risposta|odpowiedź"
        "|ответ|答|答案|参考答案|答え|정답|답"
    ),
    "hint": (
        "hint|hints|hinweis|tipp|indication|pista|indicación|sugerencia|dica|suggerimento|wskazówka|указание"
        "|подсказка|提示|ヒント|힌트"
    ),
    "proof": (
        "proof|beweis|preuve|démonstration|prueba|demostración|demonstração|dimostrazione|dowód|доказательство"
        "|证明|證明|証明|증명"
    ),
    "boundary": (
        "theorem|lemma|proposition|corollary|definition|remark|conjecture|axiom|algorithm"
        "|investigate|satz|korollar|bemerkung|théorème|lemme|corollaire|définition|remarque|teorema|definición"
        "|corolario"
        "|definição|teorema|twierdzenie|lemat|definicja|wniosek|теорема|лемма|определение|следствие"
        "|定理|引理|定义|命题|推论|定義|命題|系|補題|정리|정의|보조정리|따름정리"
    ),
    "problems": (
        "exercises|problems|questions|(?:practice|review|additional|further|reading|homework|supplementary|self-?test) "
        "(?:problems|exercises|questions|sheet)|(?:exercise|problem) (?:set|sheet)|worksheet|homework|übungsblatt"
        "|übungen|aufgaben|übungsaufgaben|exercices|problèmes|ejercicios"
        "|problemas|preguntas|exercícios|esercizi|zadania|ćwiczenia|задачи|упражнения|вопросы|задания|习题|練習問題|演習問題|연습문제"
    ),
    "solutions": (
        "(?:selected |full |worked |model |sample )?(?:solutions|answers)|answer key|answers and (?:hints|solutions)"
        "|hints and (?:answers|solutions)|lösungen|antworten|ergebnisse|corrigés|réponses|soluciones|respuestas"
        "|soluções|respostas"
        "|soluzioni|risposte|rozwiązania|odpowiedzi|решения|ответы|参考答案|習題解答|习题解答|정답"
    ),
}
_NUMBER = (
    r"(?:n[o°º]\.?\s?|#|№\s?|nr\.?\s?)?"
    r"(?P<number>\d{1,4}(?:[.\-–]\d{1,4}){0,3}[a-z]?|[IVX]{1,5}(?![A-Za-z])|\([a-z0-9]{1,3}\))"
)
_LINE = re.compile(
    r"(?P<marks>(?:[>\s]|[-*+]\s){0,12})(?P<hashes>#{1,6}\s)?[*_]{0,3}"
    r"(?P<section>(?:§\s?)?\d{1,3}(?:\.\d{1,3}){0,3}\.?\s)?[*_]{0,3}(?P<rest>\S.*)"
)
_ITEM = re.compile(
    r"(?P<marks>>?\s?)(?P<hashes>#{1,6}\s)?[*_]{0,3}"
    r"(?:\((?P<round>\d{1,3}[a-z]?)\)|(?P<number>\d{1,3}(?:\.\d{1,3}){0,3}[a-z]?)(?P<stop>[.)．、:]|(?=\s*\Z)))[*_]{0,3}"
    r"(?:\s+(?P<rest>.*)|\Z)"
)
# Of these a heading may say more: `Solution to Exercise 3`, `Exercise 3 (hard)`, `Problem 2. Two trains`.
_OF = re.compile(
    r"(?:to|of|for|zu|zur|der|des|du|de la|de l'|de|del|da|do|к|zadania)\s(?:the\s)?(?:[^\W\d]{3,14}\s)?" + _NUMBER,
    re.IGNORECASE,
)


def _pattern(kind: MarkKind) -> re.Pattern[str]:
    words = "|".join(sorted(_WORDS[kind].split("|"), key=len, reverse=True))  # the longest first
    return re.compile(
        rf"(?P<word>{words})(?:(?<=[^\W\d_])(?![^\W\d_])|(?<=[\u3040-\u9fff\uac00-\ud7a3]))"
        rf"(?:\s{{0,2}}{_NUMBER})?(?P<title>\s?[(（\[][^()（）\[\]\n]{{1,80}}[)）\]])?"
        r"[*_]{0,3}(?P<stop>\s?[.:：。．、)—–]{1,2}|\s-(?=\s))?[*_]{0,3}(?P<space>\s*)(?P<rest>.*)",
        re.IGNORECASE,
    )


_PLURALS: tuple[MarkKind, ...] = ("problems", "solutions")
_PATTERNS = {kind: _pattern(kind) for kind in _WORDS if kind not in _PLURALS}
_PLURAL = {kind: re.compile(rf"(?:{_WORDS[kind]})(?P<rest>\W.*)?", re.IGNORECASE) for kind in _PLURALS}
_FIRST = {letter for words in _WORDS.values() for letter in re.findall(r"(?:\A|[|:])(\w)", words)}  # of any of them
# What one clicks on to see them, alone on its line.
_SHOW = re.compile(
    r"(?:(?:click (?:here )?(?:for|to (?:show|see|view|reveal|expand))|show|view|see|reveal|toggle|check)(?: me)?"
    r"(?: (?:the|a|an|your))?\s"
    r"|(?:voir|afficher|montrer) (?:la |le |l')|(?:ver|mostrar) (?:la |a |o )?|(?:zeige )|(?:показать|посмотреть) "
    r"|(?:点击)?(?:查看|显示|展开))"
    r"(?:(?P<solution>(?:worked |full )?solutions?|corrigé|solución|solução|lösung|решение|解答|解析|解)"
    r"|(?P<answer>answers?|réponse|respuesta|resposta|antwort|ответ|答案)|(?P<hint>hints?|indice|pista|hinweis|подсказку|提示))"
    r"[\s.:!>\u2026\u25bc\u25b6\u2193]{0,6}",
    re.IGNORECASE,
)
_CJK = re.compile(r"[\u3040-\u9fff\uac00-\ud7a3]")
_FENCE = re.compile(r"\s{0,40}(?:>\s?){0,6}(```+|~~~+)")
_MOST = 400  # characters of a line in which a mark is looked for


@dataclass(frozen=True, slots=True)
class Mark:
    """A mark on the line from `start` to `line_end`; what it marks begins at `body`. `level` is a heading's, else 0."""

    kind: MarkKind
    number: str
    start: int
    body: int
    line_end: int
    level: int

    @property
    def alone(self) -> bool:
        """Whether nothing but the mark stands on its line."""
        return self.body >= self.line_end


def marks_in(text: str) -> Iterator[Mark]:
    """The marks of a text in order, those in code left out. Time is linear."""
    start, fence = 0, ""
    while start < len(text):
        end = text.find("\n", start)
        end = len(text) if end < 0 else end
        line = text[start : min(end, start + _MOST)]
        if fenced := _FENCE.match(line):
            fence = fenced[1][:3] if not fence else ("" if fenced[1].startswith(fence) else fence)
        elif not fence and line and not line.isspace():
            mark = _mark(line, start, end)
            if mark is not None:
                yield mark
        start = end + 1


def _mark(line: str, start: int, end: int) -> Mark | None:
    found = _LINE.match(line)
    if found is None:
        return None
    level = len(found["hashes"].strip()) if found["hashes"] else 0
    rest = found["rest"]
    if (shown := _SHOW.fullmatch(rest)) is not None:
        return Mark(shown.lastgroup or "solution", "", start, end, end, level)  # type: ignore[arg-type]
    if rest[0].lower() in _FIRST:
        for kind, pattern in _PLURAL.items():  # before the singular
            if (
                (level or end - start < 60)
                and (match := pattern.fullmatch(rest))
                and _is_title(match["rest"] or "", level)
            ):
                return Mark(kind, "", start, end, end, level)
        for kind, pattern in _PATTERNS.items():
            match = pattern.match(rest)
            if match and (body := _body(kind, match, level)) is not None:
                place = start + found.start("rest") + body
                number = (match["number"] or (_said_of(match) if kind in ("solution", "answer") else "")).strip("()")
                return Mark(kind, number, start, place if rest[body:].strip() else end, end, level)
    item = _ITEM.match(line)
    if item and (item["rest"] or item["hashes"]):
        at = start + item.start("rest") if item["rest"] else end
        return Mark("item", item["round"] or item["number"], start, at, end, level)
    return Mark("heading", "", start, end, end, level) if level else None


def _is_title(rest: str, level: int) -> bool:
    """Whether what follows `Exercises` leaves it a title: `Exercises for section 2`, `Exercises Practice Problems`."""
    return not rest.strip(" .:：*_") or (bool(level) and len(rest) < 60)


def _said_of(match: re.Match[str]) -> str:
    of = _OF.match(match["rest"])
    return of["number"] if of else ""


def _body(kind: MarkKind, match: re.Match[str], level: int) -> int | None:
    """Where in the line the marked text begins; None where the line is no mark of this kind."""
    rest, number, stop = match["rest"], match["number"], (match["stop"] or "").strip()
    word = match["word"]
    end = match.start("rest")
    if not rest.strip("*_ "):
        return end if len(word) > 1 or stop or level or _CJK.match(word) else None
    if kind in ("solution", "answer", "hint") and (of := _OF.match(rest)):
        behind = rest[of.end() :]
        if not behind.strip(" .:：)*_"):
            return end + len(rest)
        return end + of.end() + 1 if behind[:1] in (":", ".") else None
    if level:
        return end if number or stop[:1] in (":", "：", ".") else None
    if word.islower() and not _CJK.match(word):
        return None  # within a sentence that was broken there
    if kind == "boundary":
        return end if number or stop else None
    if stop[:1] in (":", "：", "—", "–", "、") or (stop[:1] in (".", "。", "．", ")") and match["space"]):
        return end
    if _CJK.match(word):
        return end if number or (kind in ("solution", "answer", "proof") and match["space"]) else None
    if number and match["space"] and kind in ("problem", "example", "solution"):
        return end if rest[:1].isupper() or rest[:1] in "$(" or _CJK.match(rest) else None
    return end if match["title"] and match["space"] else None
