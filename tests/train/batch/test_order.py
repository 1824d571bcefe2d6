"""The order of training, what goes on in it after a break, and who has which rows."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mathmill.data.errors import ConfigError
from mathmill.train.batch.order import Sampler, permutation, share

LENGTHS = [int(n) for n in np.random.default_rng(3).integers(2, 40, 100)]


def test_the_order_is_the_same_for_ever() -> None:
    """A checkpoint of another version of numpy goes on in it."""
    assert permutation(7, 0, 10).tolist() == [5, 4, 1, 2, 9, 8, 7, 6, 0, 3]


def test_an_order_of_its_own_for_each_seed_and_epoch() -> None:
    orders = {tuple(permutation(seed, epoch, 20).tolist()) for seed in (0, 1, 2) for epoch in (0, 1, 2)}
    assert len(orders) == 9
    assert all(sorted(order) == list(range(20)) for order in orders)


@given(steps=st.lists(st.integers(1, 40), min_size=1, max_size=12), packed=st.booleans(), data=st.data())
def test_a_sampler_goes_on_where_it_was(steps: list[int], packed: bool, data: st.DataObject) -> None:
    unbroken = Sampler(5, LENGTHS, 64, packed)
    taken = [unbroken.take(n) for n in steps]
    assert [len(rows) for rows in taken] == steps
    broken_at = data.draw(st.integers(0, len(steps)))
    broken = Sampler(5, LENGTHS, 64, packed)
    for n in steps[:broken_at]:
        broken.take(n)
    state = json.loads(json.dumps(broken.state()))
    again = Sampler(5, LENGTHS, 64, packed)
    again.load(state)
    assert again.state() == state
    assert [again.take(n) for n in steps[broken_at:]] == taken[broken_at:]


@pytest.mark.parametrize("packed", [True, False])
def test_an_epoch_has_every_example_once(packed: bool) -> None:
    sampler = Sampler(0, LENGTHS, 64, packed)
    epochs = []
    for epoch in range(3):
        assert (sampler.epoch, sampler.position % sampler.rows) == (epoch, 0) or sampler.position == sampler.rows
        rows = sampler.take(sampler.rows if epoch == 0 else 1)
        rows += sampler.take(sampler.rows - sampler.position)
        assert sorted(at for row in rows for at in row) == list(range(len(LENGTHS)))
        epochs.append(rows)
    assert epochs[0] != epochs[1] != epochs[2]


@pytest.mark.parametrize("ranks", [1, 2, 3, 8])
def test_a_step_is_the_same_whatever_the_number_of_ranks(ranks: int) -> None:
    rows = Sampler(0, LENGTHS, 64).take(24)
    of_ranks = [share(rows, rank, ranks) for rank in range(ranks)]
    assert {len(some) for some in of_ranks} == {24 // ranks}
    assert [of_ranks[i % ranks][i // ranks] for i in range(24)] == rows


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ({"seed": 6}, "seed 5 is now 6"),
        ({"lengths": LENGTHS[:-1]}, "examples 100 is now 99"),
        ({"packed": False}, "is now 100"),
        ({"length": 128}, "rows"),
    ],
)
def test_another_order_is_refused(other: dict[str, Any], said: str) -> None:
    settings: dict[str, Any] = {"seed": 5, "lengths": LENGTHS, "length": 64, "packed": True}
    before = Sampler(**settings)
    before.take(3)
    after = Sampler(**{**settings, **other})
    after.take(2)
    stood = after.state()
    with pytest.raises(ConfigError, match=f"not that of the checkpoint .*{said}.*: train into a new folder"):
        after.load(before.state())
    assert after.state() == stood


def test_nothing_to_train_on() -> None:
    with pytest.raises(ConfigError, match="there is no Example to train on"):
        Sampler(0, [], 64)
