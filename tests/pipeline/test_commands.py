"""A dry run says what a run would do, and what it cannot."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest

from mathmill.data.errors import ConfigError
from mathmill.pipeline.commands import Plan, check_plan
from mathmill.pipeline.recipe import PipelineRecipe
from mathmill.pipeline.show import show_plan
from tests.pipeline.making import members, responses
from tests.warm import warm


def plan(folder: Path, *passes: dict[str, Any], keep: tuple[str, ...] = ()) -> Plan:
    (folder / "a.warc.gz").write_bytes(members(responses(1)))
    stages = [{"use": "decode"}, {"use": "language", "keep": keep}, {"use": "extract"}]
    recipe = {"archives": [str(folder / "a.warc.gz")], "stages": stages, "passes": passes}
    return check_plan(PipelineRecipe.model_validate(recipe), folder / "run")


def test_a_dry_run_changes_nothing(tmp_path: Path) -> None:
    for name in "abc":
        (tmp_path / f"{name}.warc.gz").write_bytes(members(responses(1)))
    (tmp_path / "recipe.toml").write_text('archives = ["*.warc.gz"]\n[audit]\nrate = 0.2\n')
    code, stdout, _ = warm("pipeline", "run", "recipe.toml", "--out", "run", "--dry-run", cwd=tmp_path)
    assert code == 0
    assert "3 archives" in stdout
    recipe, _, plan = stdout.partition("\n}\n")
    assert '"rate": 5.0' in recipe
    assert plan.splitlines()[1].startswith("3 of 3 archives to do, ")
    assert plan.endswith("GB\nNothing was changed.\n")
    assert not (tmp_path / "run").exists()


def test_benchmarks_are_listed_with_what_they_are(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    exam = tmp_path / "exam.jsonl"
    exam.write_bytes(orjson.dumps({"question": "What is 1 and 1?", "answer": "2"}) + b"\n")
    sets = {"tasks": [str(exam)]}
    made = plan(tmp_path, {"use": "decontaminate", **sets}, {"use": "harvest", "against": sets})
    assert [(each.use, each.name, each.problems, each.origin) for each in made.benchmarks] == [
        (use, str(exam), 1, str(exam)) for use in ("decontaminate", "harvest")
    ]
    show_plan(made, as_json=False)
    told = capsys.readouterr().out
    assert "1 of 1 archive to do" in told
    assert told.count(made.benchmarks[0].sha256[:12]) == 2
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("passes", "minded"),
    [
        ([{"use": "harvest"}], True),
        ([{"use": "decontaminate", "tasks": ["exam.jsonl"]}, {"use": "harvest"}], False),
        ([{"use": "harvest", "against": {"tasks": ["exam.jsonl"]}}], False),
    ],
)
def test_problems_that_no_benchmark_is_looked_for_in_are_minded_before_the_run(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    passes: list[dict[str, Any]],
    minded: bool,
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("exam.jsonl").write_bytes(orjson.dumps({"question": "What is 1 and 1?", "answer": "2"}) + b"\n")
    show_plan(plan(tmp_path, *passes), as_json=True)
    said = capsys.readouterr()
    assert bool(orjson.loads(said.out)["minds"]) == ("mind: harvest keeps" in said.err) == minded


@pytest.mark.parametrize(
    ("languages", "keep", "said"),
    [
        ({"en": 0.5, "other": 0.5}, (), ""),
        ({"en": 0.5, "und": 0.5}, (), ""),
        ({"en": 0.5, "english": 0.5}, (), "no page can be of 'english': .* knows no such code; near to it are en, "),
        ({"fr": 1.0}, ("en", "de"), "no page can be of 'fr': the stage language keeps only en, de"),
        ({"de": 1.0}, ("en", "de"), ""),
    ],
)
def test_a_share_for_a_language_that_no_page_can_have_is_refused(
    tmp_path: Path, languages: dict[str, float], keep: tuple[str, ...], said: str
) -> None:
    chosen = {"use": "select", "by": "formulas", "tokens": 9, "languages": languages}
    if not said:
        assert plan(tmp_path, chosen, keep=keep).to_do == 1
        return
    with pytest.raises(ConfigError, match=rf"passes\.select\.languages: {said}"):
        plan(tmp_path, chosen, keep=keep)
