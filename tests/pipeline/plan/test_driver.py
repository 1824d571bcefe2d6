import pytest

from mathmill.pipeline.plan.driver import DRIVER, driver_laws, stretches
from mathmill.pipeline.plan.laws import CANDIDATES, DOCUMENTS, Law, Size
from tests.pipeline.plan import made

STEP_OF = {"run_shard": "read", "learn": "near", "near_found": "near", "write_decisions": "decisions"}
SIZE = Size(made.SHARDS, {DOCUMENTS: made.SHARDS * made.KEPT, CANDIDATES: 10})


def laws_of(more: float, unit: str = DOCUMENTS) -> dict[str, Law]:
    """Of a driver that takes `more` seconds with pages, after work on so many of a unit."""
    runs = made.execution(2, 0, 0), made.execution(40, 0, 0), made.execution(made.SHARDS, made.PAGES, made.KEPT, more)
    return driver_laws(runs, SIZE, STEP_OF.__getitem__, lambda name: unit if name == "learn" else DOCUMENTS)


@pytest.mark.parametrize("shards", [1, 3, 40])
def test_calls_and_stretches_are_all_of_the_time(shards: int) -> None:
    run = made.execution(shards, 10, 5)
    calls = sum(each.wall_seconds for each in run.calls)
    alone = sum(each.wall for each in stretches(run, STEP_OF.__getitem__).values())
    assert calls + alone == pytest.approx(run.wall_seconds)


def test_a_stretch_is_of_the_pass_in_which_it_is() -> None:
    found = stretches(made.execution(4, 10, 5), STEP_OF.__getitem__)
    took = {key: each.wall for key, each in found.items() if each.wall > 1e-9}
    assert took == pytest.approx({("near", "learn", "near_found"): made.DRIVER_SECONDS + 4 * made.DRIVER_SHARD_SECONDS})


@pytest.mark.parametrize(("more", "a_document"), [(0.0, 0.0), (0.1, 0.0), (2.0, 2.0 / SIZE.units[DOCUMENTS])])
def test_what_is_within_the_noise_is_not_multiplied(more: float, a_document: float) -> None:
    laws = laws_of(more)
    assert laws["near"].a_unit[DOCUMENTS] == pytest.approx(a_document)
    assert laws["near"].a_shard == pytest.approx(made.DRIVER_SHARD_SECONDS)
    assert laws[DRIVER].fixed == pytest.approx(0, abs=1e-9)


def test_what_follows_on_work_on_candidates_grows_as_they_do() -> None:
    grows = laws_of(2.0, CANDIDATES)["near"].a_unit
    assert grows == pytest.approx({CANDIDATES: 0.2, DOCUMENTS: 0}, abs=1e-9)
