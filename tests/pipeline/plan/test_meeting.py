import numpy as np
import pytest

from mathmill.pipeline.plan.meeting import Meeting, power


def drawn(documents: int, shards: int, groups: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray, dict[int, int]]:
    """Documents that are each one of `groups` texts and lie in shards by lot: shards and components of candidates."""
    random = np.random.default_rng(seed)
    shard, text = random.integers(shards, size=documents), random.integers(groups, size=documents)
    meets = np.bincount(text)[text] > 1
    return shard[meets], text[meets], dict(enumerate(np.bincount(shard, minlength=shards).tolist()))


@pytest.mark.parametrize(
    ("groups", "wanted"),
    [
        (10_000_000, 2.0),  # hardly any: the number of pairs
        (5_000, 1.1),  # nearly all meet another as it is: no more than there are
        (1, 1.0),
    ],
)
def test_the_power_is_that_between_pairs_and_all(groups: int, wanted: float) -> None:
    assert power(*drawn(20_000, 10, groups)) == pytest.approx(wanted, abs=0.12)


def test_a_larger_run_is_forecast_from_a_smaller_one() -> None:
    shards, texts, documents = drawn(40_000, 40, 200_000)
    few = shards < 10
    members = np.bincount(texts[few], minlength=texts.max() + 1)
    meets = few & (members[texts] > 1)
    small = {number: documents[number] for number in range(10)}
    meeting = Meeting(int(meets.sum()), power(shards[meets], texts[meets], small))
    among = sum(documents.values())
    assert meeting.at(among / sum(small.values()), among) == pytest.approx(len(shards), rel=0.2)
    assert len(shards) / meets.sum() > 10  # where the share stayed there would be 4 times as many


def test_copies_within_a_shard_stay_the_share_that_they_are() -> None:
    shards = np.repeat(np.arange(10), 100)
    assert power(shards, np.arange(1_000) // 2, dict.fromkeys(range(10), 1_000)) == pytest.approx(1.0)


@pytest.mark.parametrize("documents", [{}, {0: 4}])
def test_where_nothing_can_be_told_the_most_is_taken(documents: dict[int, int]) -> None:
    none = np.empty(0, np.int64)
    assert power(none, none, documents) == 2.0


def test_there_are_never_more_candidates_than_documents() -> None:
    assert Meeting(10, 2.0).at(3.0, 300.0) == 90.0
    assert Meeting(10, 2.0).at(100.0, 10_000.0) == 10_000.0
    assert Meeting(0, 2.0).at(100.0, 10_000.0) == 0.0
