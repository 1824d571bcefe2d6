from dataclasses import replace
from pathlib import Path

import orjson
import pytest

from mathmill.data.errors import ConfigError, InputMissing
from mathmill.pipeline.plan.laws import CANDIDATES, DOCUMENTS, PAGES
from mathmill.pipeline.plan.meeting import Meeting
from mathmill.pipeline.plan.plan import WHOLE_CRAWL, Measuring, Question, make_plan, planned
from mathmill.pipeline.plan.show import minds, show_plan
from mathmill.pipeline.recipe import PipelineRecipe
from tests.pipeline.plan import made

SAMPLE = made.sample()
DUMP = Question(90_000, 1_000)


def test_a_plan_of_the_sample_is_the_sample() -> None:
    plan, full = planned(SAMPLE, Question(made.SHARDS, made.WORKERS, 1)), SAMPLE.full
    steps = {step.step: step for step in plan.dump.steps}
    archives = sum(steps[name].core_seconds for name in ("read", *made.STAGES))
    assert archives == pytest.approx(sum(item.cost.cpu_seconds for item in full.maps[0].items))
    assert plan.dump.total("disk_bytes") == pytest.approx(sum(full.outputs.values()))
    assert plan.dump.total("in_bytes") == full.bytes_in
    assert plan.dump_outcome.pages == made.SHARDS * made.KEPT
    assert plan.dump_outcome.tokens == 1_000 * made.SHARDS * made.KEPT
    assert plan.sureness.core_seconds == pytest.approx(0, abs=1e-9)  # archives that are alike


@pytest.mark.parametrize(
    ("question", "shards", "pages", "documents", "extracted"),
    [
        (DUMP, 90_000, 9e7, 9e6, 1.8e7),
        (replace(DUMP, pages_per_shard=30_000), 90_000, 2.7e9, 2.7e8, 5.4e8),
        # of the 900 pages that are not kept, 100 are extracted: so are 0.98 / 9 of them all beside those that are kept
        (replace(DUMP, kept_share=0.02), 90_000, 9e7, 1.8e6, 9e7 * (0.02 + 0.98 / 9)),
        (replace(DUMP, kept_share=1.0), 90_000, 9e7, 9e7, 9e7),
    ],
)
def test_the_size_that_is_asked_for(
    question: Question, shards: float, pages: float, documents: float, extracted: float
) -> None:
    size = planned(SAMPLE, question).dump.size
    assert size.shards == shards
    assert size.units[PAGES] == pytest.approx(pages)
    assert size.units[DOCUMENTS] == pytest.approx(documents)
    assert size.units["extract pages"] == pytest.approx(extracted)


def test_the_whole_crawl_has_its_pages_whatever_is_asked() -> None:
    for question in (DUMP, Question(1, 1, pages_per_shard=30_000)):
        plan = planned(SAMPLE, question)
        assert plan.whole.size.units[PAGES] == WHOLE_CRAWL
        a_shard = plan.dump.size.units[PAGES] / plan.dump.size.shards
        assert plan.whole.size.shards == pytest.approx(WHOLE_CRAWL / a_shard)


@pytest.mark.parametrize(
    ("budget", "pages", "is_cut"), [(None, 9e6, False), (10**12, 9e6, False), (4_500_000_000, 4.5e6, True)]
)
def test_a_budget_cuts_the_corpus(budget: int | None, pages: float, is_cut: bool) -> None:
    outcome = planned(SAMPLE, DUMP, budget).dump_outcome
    assert outcome.pages == pytest.approx(pages)
    assert outcome.is_cut == is_cut
    assert outcome.tokens == pytest.approx(1_000 * pages)


@pytest.mark.parametrize(
    ("question", "nodes", "memory_mb", "bandwidth"),
    [
        (Question(1, 1_000), 16, 256_000, None),
        (Question(1, 1_000, nodes=10, node_gb=512, bandwidth_gbit=8), 10, 524_288, 1e9),
        (Question(1, 2), 1, 8_192, None),
    ],
)
def test_the_cluster_that_is_asked_for(question: Question, nodes: int, memory_mb: int, bandwidth: float | None) -> None:
    cluster = question.cluster
    assert (cluster.nodes, cluster.memory_mb, cluster.bandwidth) == (nodes, memory_mb, bandwidth)


def test_what_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    show_plan(planned(SAMPLE, replace(DUMP, bandwidth_gbit=1)), as_json=False)
    told = capsys.readouterr()
    for word in (
        "byte_gate",
        "near",
        "core-hours",
        "90,000 shards",
        "40 B",
        "intervals",
        "Gbit/s",
        "memory of a node",
        "as asked",
        "PUT",
        "scratch disk",
    ):
        assert word in told.out
    assert told.err.count("mind: ") == 2


def test_what_is_told_to_programs(capsys: pytest.CaptureFixture[str]) -> None:
    plan = planned(SAMPLE, DUMP)
    show_plan(plan, as_json=True)
    told = orjson.loads(capsys.readouterr().out)
    assert told["dump"]["total"]["core_seconds"] == pytest.approx(plan.dump.total("core_seconds"))
    assert {step["step"] for step in told["dump"]["steps"]} >= {"download", "read", "near"}
    assert [each["cores"] for each in told["core_counts"]] == [250, 500, 1_000, 2_000, 4_000]
    assert told["requests"]["file_puts"] > 0
    assert told["whole_crawl"]["outcome"]["documents"] == pytest.approx(WHOLE_CRAWL / 10)


@pytest.mark.parametrize(
    ("question", "said"),
    [
        (DUMP, ["--pages-per-shard", "--kept-share"]),
        (replace(DUMP, kept_share=0.02, pages_per_shard=3e4), []),
    ],
)
def test_what_a_reader_has_to_mind(question: Question, said: list[str]) -> None:
    found = list(minds(planned(SAMPLE, question)))
    assert len(found) == len(said)
    assert all(word in text for word, text in zip(said, found, strict=True))


@pytest.mark.parametrize(
    ("measuring", "error"),
    [
        (Measuring(archives=3), "only 1 archive"),
        (Measuring(out=Path("s3:/bucket/plan")), "s3://bucket/plan is an address"),
        (Measuring(out=Path("full")), "full is not empty"),
    ],
)
def test_what_cannot_be_measured(
    measuring: Measuring, error: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("full").mkdir()
    Path("full/a.warc.gz").write_bytes(b"")
    with pytest.raises(ConfigError, match=error):
        make_plan(PipelineRecipe(archives=("full/a.warc.gz",)), DUMP, measuring)


def test_what_is_not_there_is_told_before_anything_is_measured() -> None:
    with pytest.raises(InputMissing, match=r"no file matches nowhere/\*"):
        make_plan(PipelineRecipe(archives=("nowhere/*.warc.gz",)), DUMP, Measuring())
    with pytest.raises(ConfigError, match="have not a core each"):
        make_plan(PipelineRecipe(archives=("nowhere/*.warc.gz",)), replace(DUMP, nodes=5_000, cores=10), Measuring())


@pytest.mark.parametrize(
    ("times", "candidates"),
    [(1, made.CANDIDATES), (2, 4 * made.CANDIDATES), (40, 40 * made.SHARDS * made.KEPT)],  # all Documents, at last
)
def test_work_on_candidates_grows_as_they_do(times: int, candidates: float) -> None:
    question = Question(times * made.SHARDS, made.WORKERS, 1)
    plain, forecast = planned(SAMPLE, question).dump, planned(made.sample_with_candidates(), question).dump
    assert forecast.size.units[CANDIDATES] == pytest.approx(candidates)
    ((before, near),) = (pair for pair in zip(plain.steps, forecast.steps, strict=True) if pair[1].step == "near")
    assert near.core_seconds - before.core_seconds == pytest.approx(candidates * made.CANDIDATE_SECONDS)
    assert near.disk_bytes - before.disk_bytes == pytest.approx(candidates * made.CANDIDATE_BYTES)


def test_a_sample_without_candidates_is_told_of() -> None:
    none = replace(SAMPLE, full=replace(SAMPLE.full, meeting=Meeting(0, 2.0)))
    assert any("near-duplicates" in each for each in minds(planned(none, DUMP)))
    for other in (SAMPLE, made.sample_with_candidates()):
        assert not any("near-duplicates" in each for each in minds(planned(other, DUMP)))
