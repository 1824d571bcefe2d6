import pytest

from mathmill.pipeline.plan.fit import fit, query_work, size_of
from mathmill.pipeline.plan.growth import Grown
from mathmill.pipeline.plan.laws import DOCUMENTS, PAGES, Law, Size
from tests.pipeline.plan import made

SAMPLE = made.sample()
STEPS = {step.name: step for step in fit(SAMPLE)}


def law_is(found: Law, wanted: Law) -> bool:
    size = Size(1_000, dict.fromkeys((PAGES, DOCUMENTS, "byte_gate pages", "extract pages"), 7_000))
    return found.at(size) == pytest.approx(wanted.at(size))


def test_steps_are_those_of_the_run_in_order() -> None:
    assert list(STEPS) == ["read", "byte_gate", "extract", "near", "decisions", "corpus", "driver"]


@pytest.mark.parametrize(
    ("step", "law"),
    [
        ("read", Law(0.0, made.SHARD_SECONDS, {PAGES: made.PAGE_SECONDS})),
        ("byte_gate", Law(a_unit={"byte_gate pages": made.STAGE_SECONDS["byte_gate"]})),
        ("extract", Law(a_unit={"extract pages": made.STAGE_SECONDS["extract"]})),
        ("near", Law(0.0, made.PASS_SHARD_SECONDS, {DOCUMENTS: made.PASS_DOCUMENT_SECONDS})),
    ],
)
def test_what_maps_cost_is_found_again(step: str, law: Law) -> None:
    (work,) = STEPS[step].maps
    assert law_is(work.cpu_seconds, law)
    assert work.items.at(size_of(SAMPLE.full, made.STAGES)) == made.SHARDS


def test_what_a_query_costs_is_found_again() -> None:
    (query,) = STEPS["near"].queries
    documents = made.SHARDS * made.KEPT
    assert query.cpu_at(Size(1, {DOCUMENTS: 100 * documents})) == pytest.approx(
        made.QUERY_SECONDS + 100 * made.QUERY_DOCUMENT_SECONDS * documents
    )
    assert query.fixed == pytest.approx(made.QUERY_SECONDS)
    assert query.peak_mb_a_unit == pytest.approx((1_000 - 10) / (99 * documents))


def test_the_drivers_own_time_is_found_again() -> None:
    assert law_is(STEPS["near"].driver, Law(made.DRIVER_SECONDS, made.DRIVER_SHARD_SECONDS))
    assert law_is(STEPS["driver"].driver, Law())


def test_what_is_written_is_found_again() -> None:
    for step in ("read", "near"):
        assert law_is(STEPS[step].disk, Law(0.0, made.FILE_BYTES, {DOCUMENTS: made.DOCUMENT_BYTES}))
        assert law_is(STEPS[step].files, Law(0.0, 1.0))


def test_a_step_too_short_to_be_seen_holds_what_was_seen_before() -> None:
    assert {work.worker_mb for step in STEPS.values() for work in step.maps} == {250.0}


@pytest.mark.parametrize(
    ("grown", "off"),
    [
        ((), 0.0),
        ((Grown(100, 1 << 20, 8.02, 8.02, 0.0),), 0.0),  # one size has nothing to be held against
        (
            (Grown(25, 1 << 18, 2.02, 2.02, 0.0), Grown(100, 1 << 20, 8.02, 8.02, 0.0)),
            8 * 20 / 18 / 8.02 + 0.02 / 8.02 - 1,
        ),
    ],
)
def test_how_far_a_query_forecasts_itself(grown: tuple[Grown, ...], off: float) -> None:
    empty, spent = SAMPLE.many.queries[0], SAMPLE.full.queries[0]
    work = query_work("near", DOCUMENTS, empty, spent, grown, made.SHARDS * made.KEPT, made.WORKERS)
    assert work.off == pytest.approx(off, abs=1e-6)
