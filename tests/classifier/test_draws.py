from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from mathmill.classifier.draws import LOTS, Reservoir, lot, smallest

NAMES = st.lists(st.text(max_size=4), max_size=40)


def drawn(names: list[str], count: int, seed: int = 0) -> list[str]:
    reservoir: Reservoir[str] = Reservoir(count)
    for name in names:
        number = lot(seed, "test", name)
        if reservoir.wants(name, number):
            reservoir.take(name, number, name)
    return smallest(reservoir.entries(), count)


@given(NAMES, st.integers(1, 10), st.randoms())
def test_a_draw_does_not_hang_on_order_or_repetition(names: list[str], count: int, random: object) -> None:
    shuffled = [*names, *names[:3]]
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    expected = sorted(set(names), key=lambda name: lot(0, "test", name))[:count]
    assert drawn(names, count) == drawn(shuffled, count) == expected


def test_lots_are_uniform_and_differ_by_seed_and_purpose() -> None:
    numbers = [lot(0, "test", str(at)) / LOTS for at in range(2_000)]
    assert abs(sum(numbers) / len(numbers) - 0.5) < 0.03
    assert lot(0, "test", "a") != lot(1, "test", "a") != lot(1, "other", "a")


def test_a_lone_surrogate_draws_a_lot() -> None:
    assert 0 <= lot(0, "test", "\ud800") < LOTS
