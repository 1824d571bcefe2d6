"""What goes into a store comes out of it."""

from __future__ import annotations

import random

import numpy as np
import pytest

from mathmill.train.batch.examples import Example
from mathmill.train.sources.examples_store import StoreBuilder, store_of


def examples(seed: int, number: int = 30) -> list[Example]:
    rng = random.Random(seed)
    made = []
    for at in range(number):
        size = rng.randrange(2, 40)
        trained = [False, *(rng.random() < 0.5 for _ in range(size - 2)), True]
        made.append(Example(tuple(rng.randrange(2**31 - 1) for _ in range(size)), tuple(trained), f"é/{at}"))
    return made


@pytest.mark.parametrize("seed", range(5))
def test_what_goes_in_comes_out(seed: int) -> None:
    given = examples(seed)
    store = store_of(given)
    assert [store[number] for number in range(len(store))] == given
    assert store.lengths == list(map(len, given))
    assert store.tokens == sum(map(len, given))
    assert store.trained_tokens == sum(sum(example.trained) for example in given)


@pytest.mark.parametrize("seed", range(5))
def test_some_of_them(seed: int) -> None:
    given = examples(seed)
    numbers = random.Random(seed).choices(range(len(given)), k=50)
    some = store_of(given).select(numbers)
    assert [some[number] for number in range(50)] == [given[number] for number in numbers]
    assert some.lengths == [len(given[number]) for number in numbers]
    assert some.trained_tokens == sum(sum(given[number].trained) for number in numbers)
    again = some.select(np.arange(50)[::-1])
    assert again[0] == some[49]


def test_a_fingerprint_is_of_all_that_is_trained() -> None:
    given = examples(0)
    changed = {
        "token": Example((7, *given[0].input_ids[1:]), given[0].trained, given[0].origin),
        "origin": Example(given[0].input_ids, given[0].trained, "other"),
        "mask": Example(given[0].input_ids, (False,) + (True,) * (len(given[0]) - 1), given[0].origin),
    }
    same = store_of(given).fingerprint()
    assert same == store_of(given).fingerprint()
    found = {store_of([example, *given[1:]]).fingerprint() for example in changed.values()}
    found |= {store_of(given).select(range(29, -1, -1)).fingerprint(), store_of(given[1:]).fingerprint()}
    assert len(found | {same}) == 6


def test_nothing() -> None:
    store = StoreBuilder().store()
    assert len(store) == store.tokens == store.trained_tokens == 0
    assert store.lengths == []
    assert store.rows(8, packed=True) == store.rows(8, packed=False) == []


def test_rows_hold_each_once() -> None:
    given = examples(3)
    for packed in (True, False):
        rows = store_of(given).rows(40, packed)
        assert sorted(example.origin for row in rows for example in row) == sorted(each.origin for each in given)
        assert all(sum(map(len, row)) <= 40 for row in rows)
        assert packed == (len(rows) < len(given))
