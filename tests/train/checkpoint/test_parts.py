"""Tables of tensors as files of limited size."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import torch

from mathmill.train.checkpoint.folder import keep_newest, load_state, newest_good, save_checkpoint
from mathmill.train.checkpoint.parts import index_of, parts_of
from mathmill.train.parallel.processes import ALONE
from tests.train.checkpoint.training import KILLED, bits, hashes_of, in_process, saved_state

# Bytes of a file: few tensors of a tiny model fit into one.
SMALL = 200


@pytest.mark.parametrize(
    ("sizes", "limit", "files"),
    [
        ({}, 9, [""]),
        ({"a": 4, "b": 4}, 8, ["ab"]),
        ({"a": 4, "b": 4}, 7, ["a", "b"]),
        ({"b": 4, "a": 4, "c": 1}, 5, ["a", "bc"]),
        ({"a": 1, "b": 9, "c": 1}, 4, ["a", "b", "c"]),
        ({"a": 9}, 4, ["a"]),
        ({"a": 0, "b": 9, "c": 0}, 9, ["abc"]),
    ],
)
def test_a_table_is_cut_by_names_where_a_file_would_be_too_large(
    sizes: dict[str, int], limit: int, files: list[str]
) -> None:
    tensors = {name: torch.zeros(size, dtype=torch.uint8) for name, size in sizes.items()}
    parts = parts_of("model", tensors, limit)
    assert ["".join(part.tensors) for part in parts] == files
    index = index_of("model", parts)
    if len(files) == 1:
        assert parts[0].name == "model.safetensors" and index is None
        return
    assert [part.name for part in parts] == [
        f"model-{number + 1:05}-of-{len(files):05}.safetensors" for number in range(len(files))
    ]
    assert index is not None and index[0] == "model.safetensors.index.json"
    places = {name: part.name for part in parts for name in part.tensors}
    assert json.loads(index[1]) == {"metadata": {"total_size": sum(sizes.values())}, "weight_map": places}


def test_many_files_hold_what_one_does(tmp_path: Path) -> None:
    state = saved_state(5)
    many = save_checkpoint(tmp_path / "many", state, ALONE, SMALL)
    one = save_checkpoint(tmp_path / "one", state)
    assert [len(list(path.glob("*.safetensors"))) for path in (many, one)] == [7, 2]
    found = [newest_good(path.parent) for path in (many, one)]
    tables = [load_state(each).tensors for each in found if each is not None]
    assert len(tables) == 2 and bits(tables[0]) == bits(tables[1])


@pytest.fixture(scope="module")
def former(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint of step 5; not to be changed."""
    folder = tmp_path_factory.mktemp("run") / "checkpoints"
    save_checkpoint(folder, saved_state(5), ALONE, SMALL)
    return folder


def test_killed_after_any_file_the_former_one_is_whole(
    former: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    state = saved_state(10)
    number, code = 0, KILLED
    while code == KILLED:
        number += 1
        folder = Path(shutil.copytree(former, tmp_path / str(number)))

        def save(folder: Path = folder) -> None:
            save_checkpoint(folder, state, ALONE, SMALL)
            keep_newest(folder, 1)

        code = in_process(save, f"checkpoint_file:{number}")
        found = newest_good(folder)
        assert found is not None and found.step == (5 if code == KILLED else 10), number
        if code == KILLED:
            assert hashes_of(found.path) == hashes_of(former / "step-00000005")
    # As often as there are files, but for that of hashes.
    assert code == 0 and number == len(hashes_of(tmp_path / str(number) / "step-00000010"))
    assert capsys.readouterr().err == ""


def test_a_bit_flipped_in_any_file_is_found(former: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = Path(shutil.copytree(former, tmp_path / "run"))
    files = sorted((folder / "step-00000005").iterdir())
    assert len(files) > 10
    for path in files:
        whole = path.read_bytes()
        path.write_bytes(whole[:-1] + bytes([whole[-1] ^ 4]))
        assert newest_good(folder) is None, path
        assert path.name in capsys.readouterr().err
        path.write_bytes(whole)
    assert newest_good(folder) is not None
