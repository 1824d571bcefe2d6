"""Questions with the answer that was accepted, on pages of forums whose markup says nothing more.

A page of a forum has one question, under its title, and answers behind a line such as `2 Answers`. Only an answer that
is said to be accepted (or best) is taken; pages whose markup tells which it is are read by `parts`.
"""

from __future__ import annotations

import re

from mathmill.pipeline.harvest.parts import Candidate, Span

_ANSWERS = re.compile(
    r"^(?:#{1,6} )?\d{1,4} (?:Answers?|Antwort(?:en)?|R[eé]ponses?|Respuestas?|Respostas?|Risposte|Odpowiedzi"
    r"|[Оо]твет(?:а|ов)?"
    r"|answers?|Solutions?)[ \t]*$|^(?:#{1,6} )?\d{1,4} ?(?:个回答|個回答|回答|件の回答|답변)[ \t]*$",
    re.MULTILINE,
)
_ACCEPTED = re.compile(
    r"^(?:#{1,6} )?[\u2713\u2714\u2705 ]{0,3}(?:Accepted (?:[Aa]nswer|[Ss]olution)|Best [Aa]nswer"
    r"|Akzeptierte Antwort|Beste Antwort"
    r"|R[eé]ponse acceptée|Meilleure réponse|Mejor respuesta|Respuesta aceptada"
    r"|Принятый ответ|Лучший ответ|最佳答案|采纳答案"
    r"|ベストアンサー|채택된 답변)[.:]?[ \t]*$",
    re.MULTILINE,
)
_TITLE = re.compile(r"^#{1,2} (?P<title>\S.*)$", re.MULTILINE)
_END = re.compile(
    r"^(?:#{1,6} )?(?:answered (?:by|on)|Answered|Share\b|Add a comment|Comments?\b|Related\b|Your [Aa]nswer|Post your"
    r"|edited |Reply\b|\u00a9|---\s*$|#{1,3} )",
    re.MULTILINE,
)
_FURNITURE = re.compile(
    r"(?:Asked|Viewed|Modified|Active|Share|Follow|Edited|edited|asked|\d+ votes?|Tags?:|\d{1,5})(?:[\s:.]|$).{0,120}"
)
_PARAGRAPHS = re.compile(r"\n[ \t>]*\n")
_MOST_LINE = 300
# What people say around their question.
_PLEA = re.compile(
    r"\b(?:I|I'm|I've|my|me|somebody|someone|anybody|anyone|please|thanks?|thank you|help|hi|hello|ich|mir|bitte"
    r"|danke|je|merci|gracias"
    r"|por favor|спасибо|помогите|пожалуйста)\b|谢谢|请问|お願いします",
    re.IGNORECASE,
)


def forum_question(text: str) -> Candidate | None:
    """The question of a forum's page and its accepted answer; None where the page is no such page."""
    answers = _ANSWERS.search(text)
    if answers is None:
        return None
    accepted = _ACCEPTED.search(text, answers.end())
    start, title_end = 0, 0
    for title in _TITLE.finditer(text, 0, answers.start()):
        start, title_end = title.start(), title.end()
    question = Span(title_end, answers.start())
    if accepted is None:
        return Candidate("question", "marks", "", Span(start, answers.end()), question, {})
    behind = _END.search(text, accepted.end())
    solution = Span(accepted.end(), behind.start() if behind else len(text))
    return Candidate("question", "marks", "", Span(start, solution.end), question, {"solution": solution})


def without_furniture(text: str) -> str:
    """A question without the lines that a forum puts around it, and without pleas for help of their own paragraph."""
    lines = [line for line in text.split("\n") if not _FURNITURE.fullmatch(line.strip()[:_MOST_LINE])]
    paragraphs = _PARAGRAPHS.split("\n".join(lines))
    asked = [each for each in paragraphs if "$" in each or not _PLEA.search(each[:_MOST_LINE])]
    return "\n\n".join(asked if any("$" in each or "?" in each for each in asked) else paragraphs)
