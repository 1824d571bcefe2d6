"""The recipe on real archives: what is measured is what the run's folder says."""

import subprocess
import sys
from pathlib import Path

import orjson
import pytest

from mathmill.data.errors import ConfigError
from mathmill.demo.world import write_world
from mathmill.pipeline.engines.local import LocalEngine
from mathmill.pipeline.plan.fit import size_of
from mathmill.pipeline.plan.plan import Question, planned
from mathmill.pipeline.plan.requests import requests_of
from mathmill.pipeline.plan.sample import Sample, take_sample
from mathmill.pipeline.recipe import PipelineRecipe
from tests.pipeline.passes.making import recipe_of

pytestmark = pytest.mark.slow

RECIPE = recipe_of(
    "world/*.warc.gz",
    exact_duplicates="",
    site_lines="",
    near_duplicates="",
    split="",
    harvest="",
    select='by = "math_score"\ntokens = 1_000_000_000\nper_domain = {documents = 50}',
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("plan")
    write_world(folder / "world", pages=240, shards=6)
    (folder / "recipe.toml").write_text(RECIPE)
    return folder


def plan(folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "mathmill.cli", "pipeline", "plan", "recipe.toml", "--workers", "2", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300, check=False)


def test_a_plan_is_told(folder: Path) -> None:
    done = plan(folder, "--sample", "4", "--shards", "6", "--cores", "2", "--nodes", "1", "--json", "--out", "kept")
    assert done.returncode == 0, done.stderr
    told = orjson.loads(done.stdout)
    manifest = orjson.loads((folder / "kept/sample/manifest.json").read_bytes())
    assert len(manifest["inputs"]) == 4
    assert told["sample"]["pages"] == manifest["counts"]["pages"]
    assert told["sample"]["queries"] > 20
    assert told["sample"]["queries_grown"] > 15
    steps = {step["step"]: step for step in told["dump"]["steps"]}
    passes = {"exact_duplicates", "site_lines", "near_duplicates", "split", "select"}
    assert passes | {"start", "download", "read", "extract", "decisions", "corpus", "driver"} <= steps.keys()
    assert steps["extract"]["core_seconds"] > steps["decode"]["core_seconds"] > 0
    assert sum(step["share"] for step in steps.values()) == pytest.approx(1)
    phases = [line[:3] for line in done.stderr.splitlines() if line[1:3] == "/3"]
    assert phases == ["1/3", "2/3", "3/3"]
    assert done.stderr.count("clean of no benchmark") == 1  # though the recipe is run three times
    again = plan(folder, "--out", "kept")
    assert again.returncode == 2
    assert "kept is not empty" in again.stderr


@pytest.fixture(scope="module")
def sample(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Sample:
    archives = sorted(str(path) for path in (folder / "world").glob("*.warc.gz"))[:4]
    scratch = tmp_path_factory.mktemp("sample")
    recipe = PipelineRecipe.model_validate({"archives": archives, "passes": [{"use": "exact_duplicates"}]})
    return take_sample(recipe, scratch, LocalEngine(2), 2, rows=2_000)


def test_the_forecast_of_the_sample_is_near_the_sample(sample: Sample) -> None:
    """Within a factor of two on a machine that others use; `benchmarks.plan` tells how near."""
    full = sample.full
    dump = planned(sample, Question(4, 2, 1)).dump
    assert 0.5 < dump.total("core_seconds") / full.cpu_seconds < 2
    assert dump.total("in_bytes") == full.bytes_in
    written = sum(size for name, size in full.outputs.items() if "/" in name)
    assert 0.7 < dump.total("disk_bytes") / written < 1.3


def test_a_store_is_forecast_to_be_asked_for_what_the_sample_wrote_here(sample: Sample) -> None:
    full = sample.full
    found = requests_of(sample, size_of(full, sample.stages))
    assert found.file_puts == pytest.approx(len(full.outputs), rel=0.1)
    assert found.ledger_puts == pytest.approx(full.units, rel=0.1)
    assert found.gets == pytest.approx(sum(len(each.items) for each in full.maps), rel=0.1)


def test_what_a_shard_costs_without_a_page_is_not_what_pages_cost(sample: Sample) -> None:
    assert sample.many.pages == sample.many.left == 0
    assert sample.full.pages > 100
    empty, full = (run.maps[0].items for run in (sample.many, sample.full))
    least = min(item.cost.cpu_seconds for item in full)
    assert sorted(item.cost.cpu_seconds for item in empty)[len(empty) // 2] < least


def test_a_sample_of_which_nothing_is_kept_is_refused(folder: Path, tmp_path: Path) -> None:
    archives = [str(min((folder / "world").glob("*.warc.gz")))]
    gate = {"use": "byte_gate", "min_marks": 10**9}
    recipe = PipelineRecipe.model_validate({"archives": archives, "stages": [gate, {"use": "decode"}]})
    with pytest.raises(ConfigError, match="is kept, so nothing is known"):
        take_sample(recipe, tmp_path, LocalEngine(1), 1)
