"""The quality rules: what each drops, and that none drops mathematics for being mathematics."""

from __future__ import annotations

import base64
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mathmill.data.records import TRACE, Document, Dropped
from mathmill.pipeline.quality import Quality
from tests.effort import within

SENTENCE = "The sum of the angles of a triangle is equal to two right angles."


def judge(text: str, stage: Quality | None = None) -> Document | Dropped:
    (result,) = (stage or Quality())([Document(id="1", text=text, url="", meta={})])
    return result


def numbered(*parts: str, lines: int = 30) -> str:
    return "\n".join(" ".join((*parts, str(n))) for n in range(lines))


DROPPED = [
    ("", "too_short"),
    ("  \n " * 50 + "Next", "too_short"),
    ("Page not found", "too_short"),
    (SENTENCE + "\ufffd" * 5, "lost_characters"),
    (SENTENCE + base64.b64encode(random.Random(0).randbytes(900)).decode(), "long_runs"),
    ("\n".join([SENTENCE] * 30), "repeated_line"),
    ("\n".join([f"Sentence {n % 4} of the four sentences." for n in range(40)]), "duplicate_lines"),
    (numbered("Category"), "list_of_links"),
    ("\n".join(f"Chapter {n}\nNext\nPrevious" for n in range(20)), "list_of_links"),
]


@pytest.mark.parametrize(("text", "reason"), DROPPED)
def test_each_rule_drops_with_its_reason(text: str, reason: str) -> None:
    result = judge(text)
    assert isinstance(result, Dropped)
    assert (result.stage, result.reason) == ("quality", reason)
    over = result.evidence["value"] > result.evidence["threshold"]
    assert over != (reason == "too_short")
    noted = result.document.meta[TRACE]["quality"]
    assert noted == {"rule": reason, **result.evidence}


# Pages that the rules of other corpora drop: braces, digits, brackets, few letters, few function words.
KEPT = {
    "a sentence": SENTENCE,
    "formulas alone": "\n".join(rf"$$\sum_{{k=0}}^{{{n}}} \binom{{{n}}}{{k}} = 2^{{{n}}}$$" for n in range(30)),
    "one long formula": "$$" + r"\frac{a_{1}}{b_{2}}+" * 200 + "c$$",
    "a table of values": "\n".join(f"{n} | {n * n} | {n**3} = {n}^3" for n in range(40)),
    "an exercise sheet": "\n".join(f"{n}. Solve ${n}x^2 - {n + 1}x + {n % 7} = 0$." for n in range(40)),
    "code of an algorithm": "\n".join(f"a[{n}] = (b[{n}] + c[{n}]) * d;" for n in range(40)),
    "a program session": "\n".join(f"(%i{n}) integrate(x^{n}, x);\n(%o{n}) x^{n + 1}/{n + 1}" for n in range(20)),
    "short proof lines": "\n".join(f"Hence (by {n}) we are done.\nQED." for n in range(12)),
    "a long number": f"The key is n = {7**900} and in hexadecimal 0x{7**900:x}.",
    "chinese": "三角形的内角和等于两个直角，这是每一个学习几何的学生都知道的。" * 12,
    "a digit string": "The first digits are 3.\n" + " ".join(str(n) for n in range(400)),
    "a short list": "\n".join(f"Chapter {n} of the book" for n in range(10)),
}


@pytest.mark.parametrize("name", KEPT)
def test_mathematics_is_kept(name: str) -> None:
    result = judge(KEPT[name])
    assert isinstance(result, Document)
    assert result.text == KEPT[name]


def test_thresholds_can_be_set() -> None:
    assert isinstance(judge("Short", Quality(min_chars=0)), Document)
    assert isinstance(judge("\n".join([SENTENCE] * 30), Quality(min_lines=31)), Document)


@pytest.mark.parametrize("unit", ["\n", "a", "a\n", " ", "$", "\ufffd", "=", "a" * 119 + " ", ". ", "\u2028", "\ud800"])
def test_hostile_texts_take_linear_time(unit: str) -> None:
    text = unit * (5_000_000 // len(unit))
    within(10, lambda: text, judge)


@settings(deadline=None, max_examples=60)
@given(st.lists(st.text(max_size=200), max_size=5))
def test_one_result_for_each_document_in_order(texts: list[str]) -> None:
    documents = [Document(id=str(n), text=text, url="", meta={}) for n, text in enumerate(texts)]
    results = [r.document if isinstance(r, Dropped) else r for r in Quality()(documents)]
    assert [r.id for r in results] == [d.id for d in documents]


@settings(deadline=None, max_examples=60)
@given(st.integers(1, 40), st.integers(0, 40))
def test_adding_different_formulas_never_drops_a_kept_text(formulas: int, lines: int) -> None:
    text = "\n".join([SENTENCE, *(f"Line {n}." for n in range(lines))])
    assert isinstance(judge(text), Document)
    added = "\n".join(rf"$$x^{{{n}}} + y_{{{n}}}$$" for n in range(formulas))
    assert isinstance(judge(text + "\n" + added), Document)
