import pytest

from mathmill.pipeline.plan.fit import fit, size_of
from mathmill.pipeline.plan.forecast import Cluster, StartUp, forecast
from mathmill.pipeline.plan.scaling import at_core_counts
from tests.pipeline.plan import made

SAMPLE = made.sample()
STEPS, SIZE, START = fit(SAMPLE), size_of(SAMPLE.full, made.STAGES), StartUp(2.0, 3.0)


@pytest.mark.parametrize(
    ("cores", "nodes", "counts"),
    [
        (1_000, 16, [(250, 4), (500, 8), (1_000, 16), (2_000, 32), (4_000, 64)]),
        (2, 1, [(1, 1), (2, 1), (4, 2), (8, 4)]),  # no cluster has less than a core, and none comes twice
        (4, 4, [(1, 1), (2, 2), (4, 4), (8, 8), (16, 16)]),
    ],
)
def test_the_clusters(cores: int, nodes: int, counts: list[tuple[int, int]]) -> None:
    found = at_core_counts(STEPS, SIZE, Cluster(cores, nodes, 1), 0.0, START)
    assert [(each.cores, each.nodes) for each in found] == counts


def test_the_one_that_was_asked_for_is_the_forecast_and_more_cores_wait_more() -> None:
    cluster = Cluster(4, 2, 1)
    made_of = forecast(STEPS, SIZE, cluster, 1e7, START)
    found = at_core_counts(STEPS, SIZE, cluster, 1e7, START)
    (asked,) = [each for each in found if each.cores == cluster.cores]
    assert asked.wall_seconds == made_of.total("wall_seconds")
    assert asked.core_seconds == made_of.total("core_seconds")
    walls = [each.wall_seconds for each in found]
    assert walls == sorted(walls, reverse=True)
    alone = [each.alone_share for each in found]
    assert alone == sorted(alone)
    assert 0 < alone[0] < alone[-1] <= 1
    for each in found:
        assert each.held_core_seconds == each.cores * each.wall_seconds
