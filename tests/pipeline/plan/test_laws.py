import math

import pytest

from mathmill.pipeline.plan.laws import DOCUMENTS, PAGES, Law, QueryWork, Size, fitted, serial_share


def size(shards: float, documents: float, pages: float = 0) -> Size:
    return Size(shards, {DOCUMENTS: documents, PAGES: pages})


@pytest.mark.parametrize(
    ("law", "at", "value"),
    [
        (Law(), size(5, 5), 0),
        (Law(2.0), size(100, 100), 2),
        (Law(2.0, 0.5), size(100, 7), 52),
        (Law(2.0, 0.5, {DOCUMENTS: 3.0}), size(100, 7), 73),
        (Law(0, 1.0, {PAGES: 2.0}) + Law(1.0, 1.0, {PAGES: 1.0, DOCUMENTS: 1.0}), size(10, 4, 100), 325),
    ],
)
def test_a_law_adds_its_parts(law: Law, at: Size, value: float) -> None:
    assert law.at(at) == pytest.approx(value)


@pytest.mark.parametrize(
    ("few", "many", "full", "law"),
    [
        ((2, 3.0), (12, 8.0), (19.0, size(8, 100)), Law(2.0, 0.5, {DOCUMENTS: 0.13})),
        ((2, 3.0), (12, 2.5), (13.0, size(8, 100)), Law(3.0, 0.0, {DOCUMENTS: 0.1})),  # more shards, less time: noise
        ((2, 3.0), (12, 8.0), (4.0, size(8, 100)), Law(2.0, 0.5, {DOCUMENTS: 0.0})),  # pages cost nothing: noise
        ((2, 0.1), (12, 8.0), (9.0, size(8, 100)), Law(0.0, 0.79, {DOCUMENTS: 0.0268})),
        ((2, 3.0), (12, 8.0), (6.0, size(8, 0)), Law(2.0, 0.5)),
    ],
)
def test_three_executions_make_a_law(
    few: tuple[float, float], many: tuple[float, float], full: tuple[float, Size], law: Law
) -> None:
    found = fitted(DOCUMENTS, few, many, full)
    assert (found.fixed, found.a_shard) == pytest.approx((law.fixed, law.a_shard))
    assert found.a_unit == pytest.approx(law.a_unit)


def query(serial: float = 0.5) -> QueryWork:
    return QueryWork("near", DOCUMENTS, 0.1, 2.0, 1_000, 1 << 10, 300.0, 0.2, serial)


@pytest.mark.parametrize(
    ("documents", "seconds"),
    [
        (0, 0.1),
        (500, 1.1),  # below what was measured nothing is saved by sorting less
        (1_000, 2.1),
        (2_000, 0.1 + 4 * 11 / 10),
        (1_024_000, 0.1 + 2 * 1_024 * 20 / 10),
    ],
)
def test_a_query_grows_by_n_log_n(documents: float, seconds: float) -> None:
    assert query().cpu_at(size(1, documents)) == pytest.approx(seconds)


def test_a_query_holds_more_by_what_it_grew() -> None:
    assert query().peak_at(size(1, 1_000)) == pytest.approx(300)
    assert query().peak_at(size(1, 11_000)) == pytest.approx(2_300)
    assert query().peak_at(size(1, 0)) == pytest.approx(100)


@pytest.mark.parametrize(("cores", "seconds"), [(0.5, 2.1), (1, 2.1), (2, 2.1 * 0.75), (math.inf, 1.05)])
def test_a_query_is_sped_up_by_what_is_not_serial(cores: float, seconds: float) -> None:
    assert query().wall_at(size(1, 1_000), cores) == pytest.approx(seconds)


@pytest.mark.parametrize(
    ("cpu", "wall", "cores", "share"),
    [
        (2.0, 1.0, 2, 0.0),
        (2.0, 2.0, 2, 1.0),
        (2.0, 1.5, 2, 0.5),
        (8.0, 3.5, 4, 0.25),
        (2.0, 5.0, 2, 1.0),  # other processes were in the way
        (2.0, 0.9, 2, 0.0),
        (2.0, 2.0, 1, 1.0),  # one core does not tell
    ],
)
def test_the_serial_share_is_amdahls(cpu: float, wall: float, cores: int, share: float) -> None:
    assert serial_share(cpu, wall, cores) == pytest.approx(share)
