from dataclasses import replace

import pytest

from mathmill.pipeline.plan.fit import fit
from mathmill.pipeline.plan.forecast import Cluster, Forecast, StartUp, forecast
from mathmill.pipeline.plan.laws import DOCUMENTS, PAGES, Law, MapWork, Size, Step
from tests.pipeline.plan import made

START = StartUp(2.0, 3.0)
STEPS = fit(made.sample())


def size(shards: float) -> Size:
    pages = shards * made.PAGES
    reached = {f"{stage} pages": shards * each for stage, each in made.REACHED.items()}
    return Size(shards, {PAGES: pages, DOCUMENTS: shards * made.KEPT, **reached})


def forecast_of(shards: float, cores: int, bandwidth: float | None = None) -> Forecast:
    return forecast(STEPS, size(shards), Cluster(cores, max(cores // 64, 1), 1 << 17, bandwidth), shards * 1e7, START)


@pytest.mark.parametrize("shards", [1, 8, 90_000])
def test_shares_sum_to_one(shards: int) -> None:
    assert forecast_of(shards, 100).total("share") == pytest.approx(1)


@pytest.mark.parametrize("shards", [1, 5, 64, 1_000, 90_000])
def test_more_cores_never_slow_it_down(shards: int) -> None:
    walls = [forecast_of(shards, 1 << power).total("wall_seconds") for power in range(18)]
    assert walls == sorted(walls, reverse=True)
    least = forecast_of(shards, 1 << 17).least_wall_seconds
    assert least <= walls[-1] * (1 + 1e-9)


@pytest.mark.parametrize("cores", [1, 100, 10_000])
def test_twice_the_crawl_never_costs_less_than_twice(cores: int) -> None:
    one, two = forecast_of(10_000, cores), forecast_of(20_000, cores)
    fixed = START.cpu_a_worker * cores + made.DRIVER_SECONDS + made.QUERY_SECONDS
    assert two.total("core_seconds") - fixed >= 2 * (one.total("core_seconds") - fixed) * (1 - 1e-9)
    assert two.total("disk_bytes") == pytest.approx(2 * one.total("disk_bytes"))


def test_what_comes_in_is_the_archives_and_what_is_written_is_the_files() -> None:
    found = forecast_of(100, 10)
    assert found.total("in_bytes") == 100 * 1e7
    shard = made.FILE_BYTES + made.DOCUMENT_BYTES * made.KEPT
    assert found.total("disk_bytes") == pytest.approx(2 * 100 * shard)  # the Documents, and the pass


def test_a_share_of_the_wall_time_is_serial_and_the_rest_is_not() -> None:
    for step in forecast_of(1_000, 100).steps:
        assert 0 <= step.serial_seconds <= step.wall_seconds * (1 + 1e-9)


@pytest.mark.parametrize(("bandwidth", "waits"), [(None, False), (1e12, False), (1e6, True)])
def test_a_slow_line_is_waited_for(bandwidth: float | None, waits: bool) -> None:
    found = forecast_of(1_000, 100, bandwidth)
    free = forecast_of(1_000, 100)
    assert (found.total("wall_seconds") > free.total("wall_seconds")) == waits
    if bandwidth and waits:
        first = sum(step.wall_seconds for step in found.steps if step.step in ("download", "read", *made.REACHED))
        assert first == pytest.approx(1_000 * 1e7 / bandwidth)
        assert found.least_wall_seconds >= 1_000 * 1e7 / bandwidth


@pytest.mark.parametrize(
    ("items", "cores", "wall"),
    [
        (10, 1, 40.0),
        (10, 10, 4.0),
        (10, 1_000, 4.0),  # an item is not divided
        (100, 10, 40 + 0.9 * 2),  # and cores wait for the last ones
    ],
)
def test_items_are_worked_on_side_by_side(items: int, cores: int, wall: float) -> None:
    work = MapWork("read", "archives", Law(a_shard=4.0), Law(a_shard=1.0), 0.0, 0.0)
    step = Step("read", (work,), (), *(Law(),) * 4)
    assert forecast([step], size(items), Cluster(cores, 1, 0), 0.0).total("wall_seconds") == pytest.approx(wall)


def test_the_driver_takes_in_one_item_after_the_other() -> None:
    work = MapWork("read", "archives", Law(a_shard=4.0), Law(a_shard=1.0), 0.1, 0.0)
    step = Step("read", (work,), (), *(Law(),) * 4)
    assert forecast([step], size(1_000), Cluster(1_000, 1, 0), 0.0).total("wall_seconds") == pytest.approx(100)


def test_what_a_worker_does_first_is_paid_by_each() -> None:
    work = MapWork("read", "archives", Law(a_shard=4.0), Law(a_shard=1.0), 0.0, 0.0)
    steps = [Step("read", (replace(work, begin=begin),), (), *(Law(),) * 4) for begin in (0.0, 3.0)]
    without, with_it = (forecast([step], size(100), Cluster(10, 1, 0), 0.0) for step in steps)
    assert with_it.total("core_seconds") - without.total("core_seconds") == pytest.approx(30)
    assert with_it.total("wall_seconds") - without.total("wall_seconds") == pytest.approx(3)


@pytest.mark.parametrize(("query_mb", "spills"), [(1 << 30, False), (1, True)])
def test_a_query_that_may_not_hold_all_may_spill_all(query_mb: int, spills: bool) -> None:
    found = forecast(STEPS, size(1_000), Cluster(100, 2, 1 << 17, query_mb=query_mb), 0.0)
    assert found.largest("query_mb") > 100
    assert found.largest("spill_bytes") == (found.largest("query_mb") * (1 << 20) if spills else 0)


def test_what_lies_on_the_disk_of_a_node() -> None:
    """An item that reads archives writes a shard's Documents; the made-up query reads the files of all of them."""
    steps = {step.step: step for step in forecast_of(1_000, 100).steps}
    shard = made.FILE_BYTES + made.DOCUMENT_BYTES * made.KEPT
    assert steps["read"].item_bytes == pytest.approx(shard)
    assert steps["near"].table_bytes == pytest.approx(1_000 * shard)
    assert steps["read"].table_bytes == 0
