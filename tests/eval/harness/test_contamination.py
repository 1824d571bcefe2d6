"""Problems found in a corpus, however they are set there, and none where there are none."""

from __future__ import annotations

import random
import textwrap
from collections.abc import Callable, Iterable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mathmill.data.errors import ConfigError, DamagedInput, InputMissing
from mathmill.data.problems import Problem
from mathmill.eval.harness.contamination import Contamination, contaminated

NOUNS = ["apples", "pears", "ducks", "boats", "coins", "stamps", "tiles", "kites", "lamps", "drums", "plums", "bricks"]
NAMES = ["Ada", "Bo", "Cleo", "Dov", "Enid", "Fay", "Gus", "Hana", "Ivo", "Jun", "Kit", "Lou"]
VERBS = ["sells", "paints", "counts", "mends", "borrows", "finds", "drops", "packs"]


def problem(number: int) -> Problem:
    """A made-up word problem that shares no ten words with another."""
    draw = random.Random(number)
    name, noun, other = draw.choice(NAMES), *draw.sample(NOUNS, 2)
    question = (
        f"{name}{number} {draw.choice(VERBS)} {number + 17} {noun} at noon and {draw.randint(20, 99)} {other} then. "
        f"Each of the {noun} costs $\\frac{{{number}}}{{7}}$ crowns while {draw.choice(VERBS)} stay free in {number}. "
        f"How many crowns does {name}{number} need?"
    )
    solution = f"First {name}{number} adds {number} to {number + 17}, then divides what is left of {noun} by it."
    return Problem(f"made/{number}", question, str(number), {"solution": solution})


def unrelated(number: int) -> str:
    """A page of the same words in another order."""
    draw = random.Random(1_000_000 + number)
    words = [*NOUNS, *NAMES, *VERBS, "before", "lunch", "and", "after", "Each", "of", "the", "costs", "$x^2$", "7"]
    return " ".join(draw.choices(words, k=300))


def corpus_of(folder: Path, texts: Iterable[str]) -> Path:
    (folder / "corpus").mkdir()
    rows = [{"id": f"d{n}", "text": text, "url": f"https://page.example/{n}"} for n, text in enumerate(texts)]
    half = len(rows) // 2
    for name, part in (("a", rows[:half]), ("b", rows[half:])):
        pq.write_table(pa.Table.from_pylist(part, pa.schema([(key, pa.string()) for key in ("id", "text", "url")])),
                       folder / "corpus" / f"{name}.parquet")  # fmt: skip
    return folder


def verbatim(text: str) -> str:
    return text


def wrapped(text: str) -> str:
    return "\n   ".join(textwrap.wrap(text, 23, break_long_words=False))


def quoted(text: str) -> str:
    return "> **Exercise.** " + text.upper().replace(" ", "\u00a0").replace("$", "$$") + "\n\n*Hint*: think."


def embedded(text: str) -> str:
    return unrelated(5) + " (" + " ".join(text.split()[6:20]) + ") " + unrelated(6)


def reset(text: str) -> str:
    return text.replace("\\frac{", r"\left( \dfrac {").replace("}$", r"} \right)\,$").replace(". ", " \u2013\n")


@pytest.mark.parametrize("setting", [verbatim, wrapped, quoted, embedded, reset])
def test_what_was_put_there_is_found(tmp_path: Path, setting: Callable[[str], str]) -> None:
    problems = [problem(number) for number in range(60)]
    pages = [unrelated(number) for number in range(60)]
    for number in range(0, 60, 2):
        pages[number] += "\n" + setting(problems[number].question)
    found = contaminated(problems, corpus_of(tmp_path, pages))
    assert list(found.hits) == [f"made/{number}" for number in range(0, 60, 2)]
    assert found.documents == 60
    for number in range(0, 60, 2):
        hit = found.hits[f"made/{number}"]
        assert (hit.document, hit.url, hit.kind) == (f"d{number}", f"https://page.example/{number}", "question")
        assert hit.words >= 10
        assert (hit.words == hit.of) == (setting is not embedded)


def test_nothing_is_found_where_nothing_is(tmp_path: Path) -> None:
    found = contaminated([problem(number) for number in range(100)], corpus_of(tmp_path, map(unrelated, range(200))))
    assert found.hits == {}
    assert found.documents == 200


def test_ten_words_are_found_and_nine_are_not(tmp_path: Path) -> None:
    question = "one two three four five six seven eight nine ten eleven twelve thirteen fourteen"
    pages = ["red " + " ".join(question.split()[2:11]) + " blue", "red " + " ".join(question.split()[2:12]) + " blue"]
    found = contaminated([Problem("p", question, "1", {})], corpus_of(tmp_path, pages))
    assert found.hits["p"].as_dict() == {
        "document": "d1", "url": "https://page.example/1", "kind": "question",
        "text": "three four five six seven eight nine ten eleven twelve", "words": 10, "of": 14,
    }  # fmt: skip


def test_a_solution_is_found_and_a_question_tells_more(tmp_path: Path) -> None:
    made = problem(3)
    pages = ["see: " + made.meta["solution"], made.question, "again: " + made.meta["solution"]]
    assert contaminated([made], corpus_of(tmp_path, pages)).hits["made/3"].document == "d1"
    (tmp_path / "other").mkdir()
    hit = contaminated([made], corpus_of(tmp_path / "other", pages[:1])).hits["made/3"]
    assert (hit.kind, hit.document) == ("solution", "d0")


@pytest.mark.parametrize(
    ("question", "page", "is_there"),
    [
        ("Compute $\\sin 60^\\circ$ in full.", "Now compute \\( \\sin{60}^{\\circ} \\) in full!", True),
        ("Compute $\\sin 60^\\circ$ in full.", "Now compute the sine of 60 degrees in full!", False),
        (
            "Compute $\\sin 60^\\circ$ in full.",
            "Compute sin 60, compute $\\sin 60^\\circ$, compute sin 60\u00b0 in full",
            True,
        ),
        ("How much is $x^2 + 3x - 7$?", "how much is x\u00b2 + 3x \u2212 7", True),
        (r"How much is $1,000 \times 3$ apples?", "how much is 1000 \u00d7 3 apples", True),
        ("Was ist die Summe der Zahlen?", "Was ist die Differenz der Zahlen?", False),
        (
            "\u5c0f\u660e\u6709\u4e94\u4e2a\u82f9\u679c\u3002",
            "\u95ee\uff1a\u5c0f\u660e\u6709\u4e94\u4e2a\u82f9\u679c\uff0c",
            True,
        ),
        ("\u5c0f\u660e\u6709\u4e94\u4e2a\u82f9\u679c\u3002", "\u5c0f\u660e\u6709\u516d\u4e2a\u82f9\u679c", False),
    ],
)
def test_short_questions_are_found_whole(tmp_path: Path, question: str, page: str, is_there: bool) -> None:
    found = contaminated([Problem("p", question, "1", {})], corpus_of(tmp_path, [page]))
    assert found.of("p") is is_there


def test_what_stands_everywhere_is_not_looked_for(tmp_path: Path) -> None:
    problems = [Problem("a", "Find $x$.", "3", {}), Problem("b", "", "3", {}), Problem("c", "one two three", "3", {})]
    found = contaminated(problems, corpus_of(tmp_path, ["Find $x$. 3", ""]))
    assert found == Contamination({}, ("a", "b"), 2)
    assert [found.of(name) for name in "abc"] == [None, None, False]


def test_formulas_that_everybody_knows_are_no_copy(tmp_path: Path) -> None:
    solution = (
        r"By the formula $x = \frac{-b \pm \sqrt{b^2 - 4ac}}{2a}$ the larger root of what was given is clearly seven."
    )
    page = r"Roots are given by $$x=\frac{-b\pm\sqrt{b^2-4ac}}{2a}.$$"
    found = contaminated(
        [Problem("p", "What is it all about?", "7", {"solution": solution})], corpus_of(tmp_path, [page])
    )
    assert not found.hits


def test_one_phrase_of_many_problems_is_found_in_all(tmp_path: Path) -> None:
    phrase = "what is the sum of all positive integers that divide it"
    problems = [Problem(f"p{n}", f"Given the number {n}, {phrase}?", "1", {}) for n in range(20)]
    page = f"{phrase} " * 500
    assert len(contaminated(problems, corpus_of(tmp_path, [page])).hits) == 20


def test_no_corpus(tmp_path: Path) -> None:
    with pytest.raises(InputMissing, match="no corpus in"):
        contaminated([problem(1)], tmp_path)


def test_another_table(tmp_path: Path) -> None:
    (tmp_path / "corpus").mkdir()
    pq.write_table(pa.table({"content": ["x"]}), tmp_path / "corpus" / "a.parquet")
    with pytest.raises(ConfigError, match=r"has no column id, text, url; it has content"):
        contaminated([problem(1)], tmp_path)


def test_a_damaged_file(tmp_path: Path) -> None:
    corpus_of(tmp_path, ["one", "two"])
    (tmp_path / "corpus" / "b.parquet").write_bytes(b"PAR1 no table at all PAR1")
    with pytest.raises(DamagedInput, match=r"cannot read .*b\.parquet"):
        contaminated([problem(1)], tmp_path)
