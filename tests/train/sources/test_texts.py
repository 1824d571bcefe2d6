"""Texts as rows: each once an epoch, in an order that hangs on nothing but the seed, and with little in memory."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import threading
import tracemalloc
from collections import Counter
from collections.abc import Collection
from pathlib import Path

import pytest

from mathmill.data.errors import ConfigError, DamagedInput, InputMissing
from mathmill.data.page_files import Pages
from mathmill.train.batch.examples import Example
from mathmill.train.sources.feed import Row
from mathmill.train.sources.text_rows import TextRows
from mathmill.train.sources.texts import Cut, held_out_texts, text_shards
from tests.train.batch.made import encoder
from tests.train.sources.made import lines, run_of

LENGTH = 40


def written(folder: Path, seed: int, shards: int = 4, texts: int = 12) -> Pages:
    """Shards of texts of very different lengths, a few of them empty."""
    rng = random.Random(seed)
    for shard in range(shards):
        rows = [
            {"id": f"{shard}/{at}", "url": "", "text": text(rng, rng.choice([0, 1, 5, 30, 300]))} for at in range(texts)
        ]
        lines(folder / f"{shard}.jsonl", rows)
    return Pages(files=(str(folder),))


def text(rng: random.Random, words: int) -> str:
    return " ".join(str(rng.randrange(1000)) for _ in range(words))


def cut(seed: int = 0, window: int = 500, packed: bool = True, held_out: float = 0.0) -> Cut:
    return Cut(encoder(LENGTH), LENGTH, packed, seed, held_out, window)


def rows_of(pages: Pages, by: Cut) -> TextRows:
    return TextRows("part", text_shards(pages), by)


def epoch_of(rows: TextRows) -> list[Row]:
    """The rows of the epoch that begins."""
    first, taken = rows.take(), []
    now = rows.state()["epoch"]
    taken.append(first)
    while True:
        row = rows.take()
        if rows.state()["epoch"] != now:
            return taken
        taken.append(row)


def examples_of(pages: Pages) -> Counter[Example]:
    using = encoder(LENGTH)
    made = (using.text(each.id, each.text) for shard in text_shards(pages) for each in shard.read())
    return Counter(example for some in made for example in some if isinstance(example, Example))


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(("window", "packed"), [(1, True), (300, True), (300, False), (10**9, True)])
def test_an_epoch_has_each_example_once(tmp_path: Path, seed: int, window: int, packed: bool) -> None:
    pages = written(tmp_path, seed)
    rows, every = rows_of(pages, cut(seed, window, packed)), examples_of(pages)
    first = epoch_of(rows)
    assert Counter(example for row in first for example in row) == every
    assert all(sum(map(len, row)) <= LENGTH for row in first)
    assert rows.dropped["empty_text"] > 0
    again = rows_of(pages, cut(seed, window, packed))
    again.load({**again.state(), "epoch": 1})
    second = epoch_of(again)
    assert Counter(example for row in second for example in row) == every
    assert second != first


@pytest.mark.parametrize("seed", range(8))
def test_it_goes_on_at_any_row(tmp_path: Path, seed: int) -> None:
    rng = random.Random(seed)
    pages = written(tmp_path, seed, shards=rng.choice([1, 2, 5]))
    by = cut(seed, window=rng.choice([1, 200, 2_000, 10**9]), packed=rng.random() < 0.7)
    one = rows_of(pages, by)
    whole, states = [], []
    for _ in range(150):
        states.append(json.loads(json.dumps(one.state())))
        whole.append(one.take())
    tokens = one.tokens
    for at in rng.sample(range(150), 12):
        other = rows_of(pages, by)
        other.load(states[at])
        assert other.state() == states[at]
        some = min(150 - at, rng.randrange(1, 60))
        assert [other.take() for _ in range(some)] == whole[at : at + some]
        if at + some < 150:
            assert other.state() == states[at + some]
        else:
            assert other.tokens == tokens
        one.load(states[at])
        assert one.take() == whole[at]


def test_the_order_is_of_the_seed_and_of_the_texts_alone(tmp_path: Path) -> None:
    pages = written(tmp_path / "one", 0)
    moved = written(tmp_path / "two", 0)
    first = epoch_of(rows_of(pages, cut(1)))
    assert epoch_of(rows_of(moved, cut(1))) == first
    assert epoch_of(rows_of(pages, cut(2))) != first
    assert epoch_of(TextRows("other", text_shards(pages), cut(1))) != first
    began = [rows_of(pages, cut(seed)).take()[0].origin.partition("/")[0] for seed in range(20)]
    assert len(set(began)) == 4  # each shard comes first for some seed


def test_how_far_an_epoch_is(tmp_path: Path) -> None:
    rows = rows_of(written(tmp_path, 0), cut())
    assert rows.epoch == 0.0
    far = []
    while rows.epoch < 2:
        rows.take()
        far.append(rows.epoch)
    assert far == sorted(far)
    assert far[0] < 0.2
    assert len(set(far)) > 20


def test_of_a_run_the_train_split_is_trained_on(tmp_path: Path) -> None:
    tables = {
        f"corpus/{split}-0000{at}.parquet": [
            {"id": f"{split}/{at}/{n}", "text": f"It is {n}.", "url": ""} for n in range(9)
        ]
        for split in ("train", "validation")
        for at in range(2)
    }
    pages = Pages(run=run_of(tmp_path / "run", "corpus", tables))
    trained = {example.origin for row in epoch_of(rows_of(pages, cut())) for example in row}
    assert trained == {f"train/{at}/{n}" for at in range(2) for n in range(9)}
    held = held_out_texts("part", pages, cut(), 10_000)
    assert held is not None
    assert {held[number].origin for number in range(len(held))} == {
        f"validation/{at}/{n}" for at in range(2) for n in range(9)
    }
    some = held_out_texts("part", pages, cut(), 30)
    assert some is not None
    assert 30 <= some.tokens < 50
    without = {name: rows for name, rows in tables.items() if "validation" not in name}
    assert held_out_texts("part", Pages(run=run_of(tmp_path / "bare", "corpus", without)), cut(), 30) is None
    first = pages.model_copy(update={"most": 3})
    assert [each.id for shard in text_shards(first) for each in shard.read()] == [f"train/0/{n}" for n in range(3)]


@pytest.mark.parametrize("share", [0.1, 0.4])
def test_held_out_texts_are_none_of_training(tmp_path: Path, share: float) -> None:
    pages = written(tmp_path, 3, shards=8, texts=40)
    by = cut(held_out=share)
    trained = {example.origin for row in epoch_of(rows_of(pages, by)) for example in row}
    held = held_out_texts("part", pages, by, 10**9)
    assert held is not None
    aside = {held[number].origin for number in range(len(held))}
    every = {example.origin for example in examples_of(pages)}
    assert not trained & aside
    assert trained | aside == every
    assert abs(len(aside) / len(every) - share) < 0.08
    assert held_out_texts("part", pages, cut(), 10**9) is None


def test_copies_of_a_text_are_on_one_side(tmp_path: Path) -> None:
    rows = [{"id": f"{copy}/{at}", "url": "", "text": f"It is {at}."} for copy in range(2) for at in range(100)]
    pages = Pages(files=(lines(tmp_path / "a.jsonl", rows),))
    trained = {example.origin for row in epoch_of(rows_of(pages, cut(held_out=0.5))) for example in row}
    assert {f"0/{name[2:]}" for name in trained if name[0] == "1"} == {name for name in trained if name[0] == "0"}
    assert 60 < len(trained) < 140


def test_texts_that_cannot_be_read(tmp_path: Path) -> None:
    empty = Pages(files=(lines(tmp_path / "empty.jsonl", [{"text": " ", "url": ""}] * 3),))
    with pytest.raises(
        ConfigError, match=r"no text to train on in part: of its 1 shards all texts .* \(empty_text 3\)"
    ):
        rows_of(empty, cut()).take()
    none = Pages(files=(lines(tmp_path / "none.jsonl", []),))
    with pytest.raises(ConfigError, match=r"all texts are dropped or held out \(there is none\)"):
        rows_of(none, cut()).take()
    path = Path(lines(tmp_path / "later.jsonl", [{"text": "It is 7.", "url": ""}] * 3))
    rows = rows_of(Pages(files=(str(path),)), cut(window=1))
    path.write_text(path.read_text() + "{")
    with pytest.raises(DamagedInput, match=r"later\.jsonl, line 4 is no JSON"):
        epoch_of(rows)
    gone = rows_of(Pages(files=(str(path),)), cut())
    path.unlink()
    with pytest.raises(InputMissing, match="cannot read"):
        gone.take()


def test_the_state_of_other_texts_is_refused(tmp_path: Path) -> None:
    rows = rows_of(written(tmp_path / "a", 0), cut())
    for _ in range(20):
        rows.take()
    state = rows.state()
    with pytest.raises(ConfigError, match=r"the texts of part are not those of the checkpoint \(shards 4 are now 3\)"):
        rows_of(written(tmp_path / "b", 0, shards=3), cut()).load(state)
    with pytest.raises(ConfigError, match=r"a window of at least \d+ rows has \d+\): train into a new folder"):
        rows_of(written(tmp_path / "c", 0), cut(window=1)).load({**state, "rows": 15})


@pytest.mark.slow
def test_memory_is_that_of_a_window(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mathmill.train.sources.windows._TEXTS", 16)  # that are tokenised together
    rng = random.Random(0)
    peaks = []
    for texts in (300, 1_200):
        rows = [{"id": str(at), "url": "", "text": text(rng, 200)} for at in range(texts)]
        pages = Pages(files=(lines(tmp_path / f"{texts}.jsonl", rows),))
        feed = rows_of(pages, cut(window=20_000))
        feed.take()
        tracemalloc.start()
        while feed.epoch < 1:
            feed.take()
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.3 * peaks[0]


def ahead(before: Collection[threading.Thread] = ()) -> set[threading.Thread]:
    """Threads that read."""
    return {thread for thread in threading.enumerate() if thread.name == "mathmill-texts"} - set(before)


def test_a_window_is_read_while_the_one_before_is_used(tmp_path: Path) -> None:
    others = ahead()
    rows = rows_of(written(tmp_path, 0, texts=40), cut(window=4_000))
    state = rows.state()
    while not (reading := ahead(others)):
        state = rows.state()
        rows.take()
    assert 0 < state["rows"] < 100
    rows.load(state)  # what is read ahead is given up
    assert rows.state() == state
    assert not any(thread.is_alive() for thread in reading)
    while not (reading := ahead(others)):
        rows.take()
    del rows
    for thread in reading:
        thread.join(60)
        assert not thread.is_alive()


@pytest.mark.slow
def test_the_program_ends_while_a_window_is_read() -> None:
    program = """
import itertools
from mathmill.data.records import Document
from mathmill.train.sources.text_rows import TextRows
from mathmill.train.sources.texts import TextShard
from tests.train.sources.test_texts import cut
texts = lambda: (Document("a", "It is 7." if at < 1000 else "", "", {}) for at in itertools.count())
rows = TextRows("part", [TextShard("a", texts)], cut(window=500))
while rows._ahead is None or rows._window.end.text < 900:
    rows.take()
print("reads on")
"""
    root = str(Path(__file__).parents[3])
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=root, capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "reads on\n", "")
