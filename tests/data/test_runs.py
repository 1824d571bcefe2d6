"""A Run refuses other recipes and strangers' folders, and its outputs can be checked."""

from __future__ import annotations

from pathlib import Path

import pytest

from mathmill.data.config import Config
from mathmill.data.errors import CannotCreate, ConfigError, InputMissing, Locked
from mathmill.data.files import Staging
from mathmill.data.runs import Run, check_outputs, differences, find_runs, load_manifest


class Recipe(Config):
    seed: int = 0
    name: str = "a"


def finished(folder: Path, recipe: Recipe | None = None) -> Path:
    with Run(folder, recipe or Recipe(), "test") as run:
        staging = Staging(folder)
        staging.stage("out.txt", lambda path: 1).write_text("x")
        run.ledger.append("unit", staging.publish({"out.txt": 1}), {})
        run.finish([{"name": "in"}], {"counts": {"kept": 1}}, {"seconds": 1.0})
    return folder


def test_a_finished_run_has_a_manifest_and_is_sound(tmp_path: Path) -> None:
    manifest = load_manifest(finished(tmp_path / "run"))
    assert manifest["kind"] == "test"
    assert manifest["config"] == {"seed": 0, "name": "a"}
    assert set(manifest["outputs"]) == {"out.txt"}
    assert check_outputs(tmp_path / "run") == []


def test_the_run_id_follows_recipe_and_inputs_alone(tmp_path: Path) -> None:
    runs = [finished(tmp_path / "1"), finished(tmp_path / "2"), finished(tmp_path / "3", Recipe(seed=1))]
    ids = [load_manifest(run)["run"] for run in runs]
    assert ids[0] == ids[1] != ids[2]


@pytest.mark.parametrize(
    ("harm", "words"),
    [(lambda p: p.write_text("y"), "not those"), (lambda p: p.write_text("xy"), "2 bytes"), (Path.unlink, "missing")],
)
def test_harm_to_an_output_is_found(harm: object, words: str, tmp_path: Path) -> None:
    harm(finished(tmp_path) / "out.txt")  # type: ignore[operator]
    (wrong,) = check_outputs(tmp_path)
    assert words in wrong


def test_another_recipe_is_refused_with_the_difference(tmp_path: Path) -> None:
    finished(tmp_path)
    with pytest.raises(ConfigError, match=r"config\.seed: 0 -> 7") as raised, Run(tmp_path, Recipe(seed=7), "test"):
        pass
    assert raised.value.exit_code == 2


def test_a_folder_with_other_files_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("precious")
    with pytest.raises(ConfigError, match=r"thesis\.txt"), Run(tmp_path, Recipe(), "test"):
        pass
    assert (tmp_path / "thesis.txt").read_text() == "precious"


def test_a_file_in_the_place_of_the_folder_cannot_be_created(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(CannotCreate, match="is a file"), Run(tmp_path / "file", Recipe(), "test"):
        pass


def test_a_second_writer_is_locked_out(tmp_path: Path) -> None:
    with Run(tmp_path, Recipe(), "test"), pytest.raises(Locked), Run(tmp_path, Recipe(), "test"):
        pass


def test_leftovers_of_a_killed_process_are_cleared(tmp_path: Path) -> None:
    with Run(tmp_path, Recipe(), "test") as run:
        (tmp_path / "sub").mkdir()
        (tmp_path / "sub/.a.txt.tmp").write_text("half")
        (tmp_path / ".spill-1.tmp").mkdir()
        (tmp_path / ".spill-1.tmp/x").write_text("half")
        run.clear_leftovers(["sub"])
    assert not list(tmp_path.rglob(".*.tmp"))


def test_runs_are_found_finished_or_not_and_other_folders_are_not(tmp_path: Path) -> None:
    finished(tmp_path / "a")
    with Run(tmp_path / "deep/b", Recipe(), "test"):
        pass
    (tmp_path / "model").mkdir()
    (tmp_path / "model/config.json").write_text('{"architectures": []}')
    assert find_runs(tmp_path) == [tmp_path / "a", tmp_path / "deep/b"]
    assert find_runs(tmp_path / "a") == [tmp_path / "a"]


def test_an_unfinished_run_and_no_run_are_told_apart(tmp_path: Path) -> None:
    with Run(tmp_path / "a", Recipe(), "test"):
        pass
    with pytest.raises(InputMissing, match="unfinished"):
        load_manifest(tmp_path / "a")
    with pytest.raises(InputMissing, match="no run at"):
        load_manifest(tmp_path / "b")


def test_a_folder_of_a_run_is_none_and_the_run_is_named(tmp_path: Path) -> None:
    finished(tmp_path / "a")
    (tmp_path / "a/model").mkdir()
    (tmp_path / "a/model/config.json").write_text('{"architectures": []}')
    for ask in (load_manifest, check_outputs):
        with pytest.raises(InputMissing, match=f"no run at .*/model: .* the run {tmp_path}/a, name that"):
            ask(tmp_path / "a/model")


def test_differences_name_stages_by_their_use() -> None:
    old = {"stages": [{"use": "gate", "floor": 1}], "seed": 0}
    new = {"stages": [{"use": "gate", "floor": 2}], "seed": 0}
    assert list(differences(old, new)) == ["stages.gate.floor: 1 -> 2"]
    assert list(differences(old, old)) == []


def test_a_file_that_the_recipe_names_is_part_of_it(tmp_path: Path) -> None:
    with Run(tmp_path, Recipe(), "test", {"model.bin": "aaaa"}) as run:
        run.finish([], {}, {})
    first = load_manifest(tmp_path)
    assert first["files"] == {"model.bin": "aaaa"}
    with (
        pytest.raises(ConfigError, match=r'files\.model\.bin: "aaaa" -> "bbbb"'),
        Run(tmp_path, Recipe(), "test", {"model.bin": "bbbb"}),
    ):
        pass
