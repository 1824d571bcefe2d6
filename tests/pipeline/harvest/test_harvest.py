"""The pass: problems out of a run's Documents, each once, none of a benchmark, in tables that open by themselves."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest

from mathmill.data.errors import InputMissing
from mathmill.data.problems import load_problems
from mathmill.data.records import Document
from mathmill.data.sources import Source
from mathmill.data.tables import table_rows
from mathmill.pipeline.decontaminate.decontaminate import Decontaminate
from mathmill.pipeline.harvest.collect import COLUMNS, GRADED, SOLUTIONS, yield_of
from mathmill.pipeline.harvest.harvest import Harvest
from mathmill.pipeline.harvest.judge import Limits
from mathmill.pipeline.harvest.rows import question_key, rows_of
from mathmill.pipeline.harvest.show import problems_of_run, show_problems
from tests.pipeline.harvest.editing import CutLine
from tests.pipeline.passes.making import document, results


def sheet(*sums: tuple[int, int], remark: str = "") -> str:
    """Exercises with solutions, one for each sum."""
    lines = [remark] if remark else []
    for number, (a, b) in enumerate(sums, 1):
        lines += [f"### Exercise {number}", f"Compute the sum ${a} + {b}$.", "#### Solution"]
        lines += [f"We count on from ${a}$ and reach ${a + b}$ in the end.", f"Answer: ${a + b}$."]
    return "\n\n".join(lines)


PROOF = "### Problem 1\n\nShow that $n+n$ is even.\n\n#### Proof\n\nIt is $2n$, and that is twice a whole number."
OPEN = "### Problem 1\n\nFind $x$ with $x+1=2$."
PAGES = {
    "a": [document(sheet((1, 2), (3, 4)), "https://a.example/1"), document("Prose.", "https://a.example/2")],
    "b": [
        document(sheet((3, 4), (4, 3), remark="Another page."), "https://b.example/1"),
        document(PROOF, "https://b.example/2", language="fr"),
        document(OPEN, "https://b.example/3"),
    ],
}


def problems(folder: Path, name: str = GRADED) -> list[dict[str, Any]]:
    return list(table_rows(folder / name, tuple(COLUMNS)))


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("run") / "run"
    found = results(folder, [Harvest()], PAGES)
    assert all(isinstance(each, Document) for each in found)
    notes = [each.meta.get("trace", {}).get("harvest") for each in found if isinstance(each, Document)]
    assert notes == [
        {"candidates": 2, "problems": 2, "graded": 2},
        None,
        {"candidates": 2, "problems": 2, "graded": 2},
        {"candidates": 1, "problems": 1, "graded": 0},
        {"candidates": 1, "problems": 0, "graded": 0},
    ]
    return folder


def test_problems_are_there_once(run: Path) -> None:
    found = {row["question"]: row for row in problems(run)}
    assert {question: row["answer"] for question, row in found.items()} == {
        "Compute the sum $1 + 2$.": "3",
        "Compute the sum $3 + 4$.": "7",
        "Compute the sum $4 + 3$.": "7",
    }
    twice = found["Compute the sum $3 + 4$."]
    assert (twice["copies"], twice["confirmed"]) == (2, "worked")
    assert twice["document"] == min(page.id for page in (PAGES["a"][0], PAGES["b"][0]))
    (proof,) = problems(run, SOLUTIONS)
    assert (proof["question"], proof["answer"], proof["lang"]) == ("Show that $n+n$ is even.", "", "fr")
    assert [row["id"] for row in problems(run)] == sorted(row["id"] for row in problems(run))


def test_a_problem_says_where_it_is_from(run: Path) -> None:
    texts = {page.id: page.text for shard in PAGES.values() for page in shard}
    for row in (*problems(run), *problems(run, SOLUTIONS)):
        there = texts[row["document"]][row["begins"] : row["ends"]]
        assert row["question"] in there and row["solution"] in there


def test_the_yield_adds_up(run: Path) -> None:
    told = yield_of(run)
    assert told == Harvest().told(run)
    assert told["candidates"] == sum(told["outcomes"].values()) == 6
    assert told["outcomes"] == {"duplicate": 1, "graded": 3, "no_solution": 1, "solution": 1}
    assert (told["graded"], told["solutions"]) == (3, 1)
    assert told["languages"] == {"en": {"graded": 3, "solution": 0}, "fr": {"graded": 0, "solution": 1}}


def test_the_tables_open_by_themselves(run: Path, tmp_path: Path) -> None:
    import datasets

    loaded = load_problems(Source(key="made/test"), run / GRADED)
    assert [each.gold for each in loaded.problems] == [row["answer"] for row in problems(run)]
    assert all(each.meta["solution"] and each.meta["lang"] == "en" for each in loaded.problems)
    rows = datasets.load_dataset(
        "parquet", data_files={"train": str(run / SOLUTIONS)}, split="train", cache_dir=str(tmp_path)
    )
    assert rows["question"] == ["Show that $n+n$ is even."]


def test_shards_and_their_order_change_nothing(run: Path, tmp_path: Path) -> None:
    pages = [page for shard in PAGES.values() for page in shard]
    results(tmp_path / "run", [Harvest()], {"one": list(reversed(pages))})
    for name in (GRADED, SOLUTIONS):
        assert (tmp_path / "run" / name).read_bytes() == (run / name).read_bytes()


def test_golds_that_differ_between_copies_leave_the_problem(tmp_path: Path) -> None:
    right = sheet((1, 2), (5, 5))
    wrong = right.replace("Answer: $3$", "Answer: $4$").replace("reach $3$", "reach $4$")
    pages = {"a": [document(right, "https://a.example/")], "b": [document(wrong, "https://b.example/")]}
    results(tmp_path / "run", [Harvest()], pages)
    assert [row["answer"] for row in problems(tmp_path / "run")] == ["10"]


def test_regions_are_found_again_in_an_edited_text(tmp_path: Path) -> None:
    text = "Menu of this site\n\nFind the sum $1+2$.\n\nShow\n\nIt is $3$.\n\nAnswer: $3$.\n\nProse that goes on."
    kinds = (("problem", "Find the sum $1+2$."), ("solution", "It is $3$.\n\nAnswer: $3$."))
    regions = [{"kind": kind, "start": text.index(part), "end": text.index(part) + len(part)} for kind, part in kinds]
    page = document(text, regions=regions)
    results(tmp_path / "run", [CutLine(line="Menu of this site"), Harvest()], {"a": [page]})
    (row,) = problems(tmp_path / "run", SOLUTIONS) + problems(tmp_path / "run")
    assert (row["question"], row["solution"]) == ("Find the sum $1+2$.", "It is $3$.\n\nAnswer: $3$.")


@pytest.mark.parametrize("before", [True, False])
def test_problems_of_a_benchmark_are_left(tmp_path: Path, before: bool) -> None:
    asked = "A farmer with three fields and two old horses wants to know how much $1 + 2$ really is. Compute it."
    benchmark = tmp_path / "exam.jsonl"
    benchmark.write_bytes(orjson.dumps({"question": asked, "answer": "3"}) + b"\n")
    page = document(sheet((5, 6)) + "\n\n" + sheet((1, 2)).replace("Compute the sum $1 + 2$.", asked))
    clean = Decontaminate(tasks=(str(benchmark),), action="cut", min_characters=0)
    harvest = Harvest() if before else Harvest(against=clean)
    assert bool(harvest.identity()) != before
    results(tmp_path / "run", [clean, harvest] if before else [harvest], {"a": [page]})
    assert [row["answer"] for row in problems(tmp_path / "run")] == ["11"]
    if not before:
        assert yield_of(tmp_path / "run")["outcomes"] == {"contaminated": 1, "graded": 1}


def test_a_run_without_problems(tmp_path: Path) -> None:
    results(tmp_path / "run", [Harvest()], {"a": [document("Prose.")], "b": []})
    told = yield_of(tmp_path / "run")
    assert (told["candidates"], told["graded"], told["outcomes"]) == (0, 0, {})


def test_hostile_texts_go_through(tmp_path: Path) -> None:
    texts = ["", "\0\x01", "\ud800 Exercise 1. Find $1+1$.\n\nAnswer: $2$.", "Exercise 1. $" * 5_000, "x" * 300_000]
    regions = [{"kind": "problem", "start": 0, "end": 10**9}, {"kind": "solution", "start": -1, "end": 3}]
    for text in texts:
        for row in rows_of(Document("id", text, "https://a.example/\ud800", {}), list(regions), Limits(4_000, 20_000)):
            assert all(value.encode() is not None for value in row.values() if isinstance(value, str))


def test_keys_tell_numbers_and_operators_apart() -> None:
    same = ["Find $x + 1$.", "find  $x+1$", "Find $$x + 1$$"]
    other = ["Find $x - 1$.", "Find $x + 2$.", "Find $y + 1$.", "Find $x + 1.5$.", "Find $x + 15$."]
    assert len({question_key(each) for each in same}) == 1
    assert len({question_key(each) for each in (*same, *other)}) == 1 + len(other)


def test_what_is_shown(run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert len(problems_of_run(run, 2, seed=0)["sample"]) == 2
    assert problems_of_run(run, 2, seed=1) == problems_of_run(run, 2, seed=1)
    show_problems(run, 9, 0, "", as_json=False)
    printed = capsys.readouterr().out
    assert "3 problems with a gold, 1 with a solution alone, of 6 candidates" in printed
    assert "Show that $n+n$ is even." in printed and "gold (by answer, worked): 7" in printed
    show_problems(run, 9, 0, "no_solution", as_json=False)
    assert "no_solution (), exercise: https://b.example/3" in capsys.readouterr().out
    show_problems(run, 1, 0, "solution", as_json=True)
    assert '"Show that' in capsys.readouterr().out
    with pytest.raises(InputMissing, match="has no problems"):
        problems_of_run(tmp_path, 1, 0)
