"""Texts of benchmarks in a corpus: dropped or cut, told in tables, and found again when a benchmark changes."""

from __future__ import annotations

import gzip
import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from pydantic import ValidationError

from mathmill.data.errors import ConfigError, InputMissing
from mathmill.data.hub import HubSet, hub_error
from mathmill.data.problems import DATA_VARIABLE, Loaded
from mathmill.data.records import TRACE, Document, Dropped
from mathmill.data.sources import Source
from mathmill.pipeline.decontaminate import benchmarks, hits
from mathmill.pipeline.decontaminate.decontaminate import Decontaminate
from mathmill.pipeline.decontaminate.hits import generic_of, is_copied
from mathmill.pipeline.decontaminate.segments import cuts_of, without
from mathmill.pipeline.decontaminate.summary import (
    Found,
    contamination,
    cut_of,
    generic_strings_of,
    hits_of,
    print_benchmarks,
    print_contamination,
)
from mathmill.pipeline.decontaminate.texts import Item, sought_texts, texts_in_file
from tests.pipeline.passes.making import document, kept, results

SHEEP = (
    "A shepherd counts 17 sheep in the first pen and twice as many in the second pen, then sells nine of them at noon."
)
GOATS = (
    "Five goats eat $\\frac{3}{4}$ of a bale in two days; how long would eleven goats need for six whole bales of hay?"
)
STEPS = "There are 17 + 34 = 51 sheep at first, so that after the sale there are 51 - 9 = 42 of them in the pens."
SHORT = "Find the lost sheep."
PROSE = "Nothing on this page was ever asked by anybody, and it goes on for a while to say just that, in plain words."


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return write_data(tmp_path)


def write_data(folder: Path) -> Path:
    """A data folder with three sets."""
    write_set(folder / "data/gsm8k/test", [(SHEEP, "42", STEPS), (SHORT, "1", "")])
    write_set(folder / "data/gsm8k/train", [(GOATS, "7", "")])
    write_set(folder / "data/aime24/test", [(GOATS.replace("hay", "straw"), "9", "")])
    return folder / "data"


def write_set(path: Path, problems: Sequence[tuple[str, str, str]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = [{"question": q, "answer": a, "solution": s} for q, a, s in problems]
    Path(f"{path}.jsonl.gz").write_bytes(gzip.compress("\n".join(map(json.dumps, rows)).encode()))


def page(text: str, number: int = 0) -> Document:
    return document(text, f"https://example.org/{number}")


def pages() -> dict[str, list[Document]]:
    return {
        "a": [page(PROSE, 1), page(f"{PROSE}\n\nExercise. {SHEEP}\n\n{PROSE} $x$ and $y$", 2), page(SHORT.upper(), 3)],
        "b": [page(f"{GOATS}\n\n{PROSE}", 4), page(f"Answer: {STEPS}", 5), page("sheep " * 50, 6)],
    }


def reasons(found: Sequence[Document | Dropped]) -> list[str]:
    return [each.reason if isinstance(each, Dropped) else "" for each in found]


@pytest.fixture(scope="module")
def dropped(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Document | Dropped]]:
    """The folder of a run that drops, and what it made of the pages."""
    folder = tmp_path_factory.mktemp("dropped")
    return folder / "run", results(folder / "run", [Decontaminate(data=write_data(folder), context=10)], pages())


def test_what_holds_a_benchmark_goes(dropped: tuple[Path, list[Document | Dropped]]) -> None:
    _, found = dropped
    assert reasons(found) == ["", "contaminated", "contaminated", "contaminated", "contaminated", ""]
    sheep = found[1]
    assert isinstance(sheep, Dropped)
    assert (sheep.evidence["benchmark"], sheep.evidence["item"]) == ("gsm8k/test", "gsm8k/test/0")
    assert (sheep.evidence["kind"], sheep.evidence["words"], sheep.evidence["of"]) == ("question", 23, 23)


def test_each_hit_is_in_the_table(
    dropped: tuple[Path, list[Document | Dropped]], capsys: pytest.CaptureFixture[str]
) -> None:
    run, _ = dropped
    (hit,) = hits_of(run, document="https://example.org/2")
    text = pages()["a"][1].text
    assert text[hit["start"] : hit["end"]] == SHEEP.rstrip(".") == hit["text"]
    assert (hit["benchmark"], hit["item"], hit["kind"], hit["rule"]) == (
        "gsm8k/test",
        "gsm8k/test/0",
        "question",
        "in_a_row",
    )
    assert (hit["before"], hit["after"]) == ("Exercise. ", f".\n\n{PROSE[:7]}")
    assert [text[slice(*each)] for each in hit["segments"]] == [f"Exercise. {SHEEP}"]
    summary = contamination(run)
    assert (summary.read, summary.dropped, summary.cut, summary.generic) == (6, 4, 0, 0)
    told = {each.benchmark: (each.problems, each.items, each.questions, each.documents) for each in summary.benchmarks}
    assert told == {"gsm8k/test": (2, 2, 2, 3), "aime24/test": (1, 1, 1, 1)}
    assert len(hits_of(run, benchmark="aime24/test")) == 1
    print_contamination(run)
    out = capsys.readouterr().out
    assert "4 dropped, 0 cut" in out and "aime24/test" in out and "more without any" not in out
    print_contamination(run, document="https://example.org/2")
    out = capsys.readouterr().out
    assert "gsm8k/test/0, question" in out and "aime24/test" not in out
    print_contamination(run, as_json=True)
    assert json.loads(capsys.readouterr().out)["dropped"] == 4


@pytest.mark.parametrize(
    ("items", "said"), [((1, 0, 0), "2 more without any\n"), ((0,), "nothing of 1 benchmark was found\n"), ((1,), "")]
)
def test_benchmarks_without_a_hit_are_counted(
    items: tuple[int, ...], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    print_benchmarks([Found(f"set-{at}", 9, found, 0, 0) for at, found in enumerate(items)])
    out = capsys.readouterr().out
    assert out.endswith(said) and out.count("set-") == sum(items)


def test_paragraphs_are_cut(tmp_path: Path, data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    recipe = Decontaminate(data=data, action="cut", min_characters=100)
    shards = pages()
    shards["a"][1] = shards["a"][1].with_meta(formulas=5)
    shards["b"][0] = shards["b"][0].with_meta(formulas=5)
    found = results(tmp_path / "run", [recipe], shards)
    assert reasons(found) == ["", "", "contaminated", "", "contaminated", ""]
    assert kept(found) == [PROSE, f"{PROSE}\n\n{PROSE} $x$ and $y$", PROSE, "sheep " * 50]
    sheep, goats = found[1], found[3]
    assert isinstance(sheep, Document)
    assert isinstance(goats, Document)
    assert (sheep.meta["formulas"], goats.meta["formulas"]) == (5, 4)
    assert sheep.meta[TRACE]["decontaminate"]["cut"] == len(f"Exercise. {SHEEP}")
    summary = contamination(tmp_path / "run")
    assert (summary.dropped, summary.cut) == (2, 2)
    assert [(row["document"], row["text"]) for row in cut_of(tmp_path / "run")] == [
        (sheep.id, f"Exercise. {SHEEP}"),
        (goats.id, GOATS),
    ]
    print_contamination(tmp_path / "run", document=sheep.id)
    assert f"\nExercise. {SHEEP}\n" in capsys.readouterr().out
    print_contamination(tmp_path / "run", document=goats.url, as_json=True)
    assert [row["text"] for row in json.loads(capsys.readouterr().out)["cut_texts"]] == [GOATS]


def test_all_of_a_page_of_many_problems_is_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """More problems than are told in full, each twice: nothing of them is left, and the pass finds nothing in it."""
    asked = [
        f"A baker number{_letters(n)} sold cakes on monday then{_letters(n)} more the whole day long"
        for n in range(110)
    ]
    monkeypatch.setattr(hits, "_IN_FULL", 100)
    write_set(tmp_path / "data/gsm8k/test", [(text, "1", "") for text in asked])
    recipe = Decontaminate(data=tmp_path / "data", action="cut", min_characters=0)
    text = "\n\n".join([PROSE, *asked, PROSE, *asked])
    found = results(tmp_path / "run", [recipe], {"a": [page(text), page(PROSE, 2)]})
    assert kept(found) == [f"{PROSE}\n\n{PROSE}", PROSE]
    (summary,) = contamination(tmp_path / "run").benchmarks
    assert (summary.items, summary.documents) == (110, 1)
    assert sum(bool(hit["segments"]) for hit in hits_of(tmp_path / "run", n=200)) == 100
    again = results(tmp_path / "again", [recipe], {"a": [each for each in found if isinstance(each, Document)]})
    assert kept(again) == kept(found)
    assert hits_of(tmp_path / "again") == []


def _letters(number: int) -> str:
    return "".join(chr(97 + int(digit)) for digit in str(number))


def test_all_parts_of_a_solution_are_cut(tmp_path: Path) -> None:
    words = [f"step{_letters(n)}" for n in range(60)]
    write_set(tmp_path / "data/gsm8k/test", [(SHEEP, "1", " ".join(words))])
    first, second = " ".join(words[:25]), " ".join(words[26:])
    text = f"{PROSE}\n\n{second}\n\n{PROSE}\n\n{first}"
    found = results(tmp_path / "run", [Decontaminate(data=tmp_path / "data", action="cut")], {"a": [page(text)]})
    assert kept(found) == [f"{PROSE}\n\n{PROSE}"]


def test_a_page_that_repeats_a_question_has_one_hit(tmp_path: Path, data: Path) -> None:
    text = f"{SHEEP}\n\n" * 3_000
    with texts_in_file(tmp_path, Decontaminate(data=data, tasks=("gsm8k/test",)).benchmarks()):
        sought = sought_texts(tmp_path, "repeated", "words")
    (hit,) = hits.hits_in(page(text), sought, 80)
    assert len(json.loads(hit["segments"])) <= 21  # the longest, and twenty others
    cuts = cuts_of(text, sought.passages.places_in)
    assert len(cuts) == 3_000 and without(text, cuts) == ""


def test_a_generic_string_is_told_with_a_problem_that_is(tmp_path: Path) -> None:
    for name, item in (("gsm8k/test", "pens"), ("math/test", "flock")):
        path = tmp_path / "data" / f"{name}.jsonl"
        path.parent.mkdir(parents=True)
        path.write_text(json.dumps({"id": item, "question": SHORT, "answer": "1"}), encoding="utf-8")
    recipe = Decontaminate(data=tmp_path / "data", max_documents=1)
    results(tmp_path / "run", [recipe], {"a": [page(f"{n}: {SHORT}", n) for n in range(3)]})
    (generic,) = generic_strings_of(tmp_path / "run")
    assert (generic["benchmark"], generic["item"]) == ("gsm8k/test", "pens")


@pytest.mark.parametrize("share", [4e-7, 1e-12])
def test_a_share_too_little_to_be_told_is_refused(share: float) -> None:
    with pytest.raises(ValidationError, match="too little to be told from 0"):
        Decontaminate(max_share=share)
    assert Decontaminate(max_share=0).max_share == 0


def test_what_is_a_copy_and_what_is_generic(tmp_path: Path, data: Path) -> None:
    run = tmp_path / "run"
    assert generic_of(run) == frozenset()
    recipe = Decontaminate(data=data, max_documents=2)
    results(run, [recipe], {"a": [page(f"{n}: {SHORT}", n) for n in range(3)]})
    generic = generic_of(run)
    assert generic == {"find the lost sheep"}
    with texts_in_file(run, recipe.benchmarks()):
        sought = sought_texts(run, "any", "words")
    assert is_copied(SHORT.upper(), sought, generic) is None
    assert is_copied(PROSE, sought, generic) is None
    assert is_copied(SHORT, sought) == Item("gsm8k/test", "gsm8k/test/1", "question")
    assert is_copied(f"{SHORT} {SHEEP}", sought, generic) == Item("gsm8k/test", "gsm8k/test/0", "question")


def test_a_short_text_that_stands_in_many_documents_drops_none(tmp_path: Path, data: Path) -> None:
    many = {"a": [page(f"{n}: {SHORT}", n) for n in range(4)], "b": [page(f"{SHORT} {SHORT}", 9), page(SHEEP, 10)]}
    found = results(tmp_path / "run", [Decontaminate(data=data, max_documents=4)], many)
    assert reasons(found) == [""] * 5 + ["contaminated"]
    (generic,) = generic_strings_of(tmp_path / "run")
    assert (generic["string"], generic["documents"], generic["item"]) == ("find the lost sheep", 5, "gsm8k/test/1")
    assert contamination(tmp_path / "run").as_dict()["generic_strings"][0]["documents"] == 5
    assert [hit["generic"] for hit in hits_of(tmp_path / "run", generic=True)] == [False] + [True] * 5
    found = results(tmp_path / "run", [Decontaminate(data=data, max_documents=4, max_share=0.9)], many)
    assert reasons(found) == ["contaminated"] * 6
    found = results(tmp_path / "run", [Decontaminate(data=data, max_documents=5)], many)
    assert reasons(found) == ["contaminated"] * 6


def test_the_same_whatever_the_shards(tmp_path: Path, data: Path) -> None:
    """Nor do workers change anything: `tests/pipeline/test_passes_run.py`, which has two and a whole recipe."""
    recipe = Decontaminate(data=data, action="cut", min_characters=100)
    every = [each for shard in pages().values() for each in shard]
    apart = {f"{n}": [each] for n, each in enumerate(every)}
    found = results(tmp_path / "run", [recipe], apart)
    assert found == results(tmp_path / "one", [recipe], {"a": every})
    first, second = (contamination(tmp_path / name) for name in ("run", "one"))
    assert first == second


def test_a_changed_benchmark_is_another_one(tmp_path: Path, data: Path) -> None:
    recipe = Decontaminate(tasks=("gsm8k/test",), data=data)
    before = recipe.identity()
    found = results(tmp_path / "run", [recipe], pages())
    assert reasons(found)[3] == ""
    shorter = recipe.model_copy(update={"texts": ("solution",)})
    assert reasons(results(tmp_path / "run", [shorter], pages())) == ["", "", "", "", "contaminated", ""]
    assert results(tmp_path / "run", [recipe], pages()) == found
    write_set(data / "gsm8k/test", [(SHEEP, "42", STEPS), (GOATS, "1", "")])
    assert recipe.identity() != before
    assert reasons(results(tmp_path / "run", [recipe], pages()))[2:4] == ["", "contaminated"]


def test_which_sets_there_are(tmp_path: Path, data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def names(**settings: object) -> list[str]:
        return [each.name for each in Decontaminate.model_validate({"data": data, **settings}).benchmarks()]

    assert names() == ["gsm8k/test", "aime24/test"]
    assert names(train_splits=True) == ["gsm8k/test", "aime24/test", "gsm8k/train"]
    assert names(tasks=("gsm8k",)) == ["gsm8k/test"]
    assert names(tasks=("gsm8k/train",)) == ["gsm8k/train"]
    assert names(tasks=("gsm8k/test", "gsm8k/train", "gsm8k/test")) == ["gsm8k/test", "gsm8k/train"]
    own = tmp_path / "mine.jsonl"
    own.write_text(json.dumps({"question": PROSE, "answer": "1"}) + "\n", encoding="utf-8")
    assert names(tasks=(str(own),)) == [str(own)]
    with pytest.raises(InputMissing, match=r"no math/test\.jsonl\.gz") as missing:
        names(tasks=("math/test",))
    assert "--" not in str(missing.value)
    assert 'the pass decontaminate, `data = "DIR"`' in str(missing.value)
    assert DATA_VARIABLE in str(missing.value)
    assert isinstance(missing.value.__cause__, InputMissing)
    with pytest.raises(InputMissing, match=r"there is no .*none\.jsonl: name .* in `tasks`") as missing:
        names(tasks=(str(tmp_path / "none.jsonl"),))
    assert "--" not in str(missing.value)
    with pytest.raises(ConfigError, match="no benchmark, task or file is called 'gsm9k'"):
        names(tasks=("gsm9k",))
    with pytest.raises(InputMissing, match="no benchmark is in"):
        names(data=tmp_path)
    with pytest.raises(InputMissing, match="there is no folder"):
        names(data=tmp_path / "none")
    monkeypatch.setenv(DATA_VARIABLE, str(data))
    assert [each.name for each in Decontaminate().benchmarks()] == ["gsm8k/test", "aime24/test"]


def test_a_hub_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    copy = "a file, or a folder that holds math/test.jsonl.gz"
    instead = f"read a copy of your own with --data, `data` in a recipe, or MATHMILL_DATA: {copy}"

    def unreachable(source: Source, *_: object, **__: object) -> Loaded:
        raise hub_error(HubSet(source.hub, "main", "test", ""), ConnectionError("no route: none"), instead)

    monkeypatch.delenv(DATA_VARIABLE, raising=False)
    monkeypatch.setattr(benchmarks, "load_problems", unreachable)
    with pytest.raises(InputMissing) as error:
        Decontaminate(tasks=("gsm8k/test",)).identity()
    assert str(error.value) == (
        "cannot reach the data set openai/gsm8k on the hub, and no copy is kept here (no route: none): "
        "connect, or put gsm8k/test.jsonl.gz into a folder DIR and name it in the pass decontaminate, "
        '`data = "DIR"`, or by MATHMILL_DATA'
    )


def test_names_of_tasks(data: Path) -> None:
    assert [each.name for each in Decontaminate(tasks=("gsm8k-5shot",), data=data).benchmarks()] == ["gsm8k/test"]


def test_a_run_without_it(tmp_path: Path) -> None:
    with pytest.raises(InputMissing, match="tells nothing of contamination"):
        contamination(tmp_path)


def test_hostile_pages(tmp_path: Path, data: Path) -> None:
    hostile = [
        "",
        f"\x00\ufffd {SHEEP}",
        "x" * 100_000,
        f"{SHEEP}\n" * 500,
        "\n\n" * 5_000,
        "&#99999999;" + "<b " * 9_000,
    ]
    recipe = Decontaminate(data=data, action="cut", min_characters=0)
    found = results(tmp_path / "run", [recipe], {"a": [page(text, n) for n, text in enumerate(hostile)]})
    assert kept(found) == ["", "", "x" * 100_000, "", "\n\n" * 5_000, hostile[5]]


@pytest.mark.parametrize(
    "settings", [{"action": "burn"}, {"words": 3}, {"words": 51}, {"texts": []}, {"texts": ["answer"]}]
)
def test_unknown_settings(settings: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Decontaminate.model_validate(settings)


#: Settings, and of five pages those that hold something: nine words of a question, eleven of it, all of an eight-word
#: one, a solution, and a gold of twelve words that stands in a solution.
SETTINGS: list[tuple[dict[str, object], list[int]]] = [
    ({}, [1, 2, 3, 4]),
    ({"words": 9}, [0, 1, 2, 3, 4]),
    ({"words": 13}, [2, 3]),
    ({"words": 8}, [0, 1, 2, 3, 4]),
    ({"texts": ("question",)}, [1, 2]),
    ({"texts": ("solution",)}, [3, 4]),
    ({"texts": ("gold",)}, [4]),
    ({"texts": ("gold", "question")}, [1, 2, 4]),
]


@pytest.mark.parametrize(("settings", "held"), SETTINGS, ids=repr)
def test_how_many_words_and_of_what(tmp_path: Path, settings: dict[str, object], held: list[int]) -> None:
    gold = "they all went home to their old mother before it was dark"
    short = "Which of these sheep went home alone today?"
    steps = f"{STEPS} So {gold}, as one may well suppose."
    write_set(tmp_path / "data/gsm8k/test", [(SHEEP, gold, steps), (short, "one", "")])
    words = SHEEP.split()
    there = [" ".join(words[:10]), " ".join(words[:12]), f"{PROSE} {short}", STEPS, gold]
    recipe = Decontaminate.model_validate({"data": tmp_path / "data", **settings})
    with texts_in_file(tmp_path, recipe.benchmarks(), recipe.texts):
        sought = sought_texts(tmp_path, repr(settings), recipe.counting, recipe.words)
    assert [n for n, text in enumerate(there) if is_copied(text, sought)] == held
