"""Who a process is, and what it is told where it is alone; what several do is in test_spread."""

from __future__ import annotations

import math
import subprocess
import sys

import pytest
import torch

from mathmill.data.errors import ConfigError
from mathmill.train.parallel.processes import ALONE, World, barrier, everyone, first_of, joined, total, world
from mathmill.train.parallel.spread import clip, spread

NAMES = ("RANK", "WORLD_SIZE", "LOCAL_RANK")


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        (("", "", ""), ALONE),
        (("0", "1", "0"), World(0, 1, 0)),
        (("5", "8", "1"), World(5, 8, 1)),
        (("1", "", ""), "RANK '1', WORLD_SIZE '', LOCAL_RANK ''"),
        (("x", "2", "0"), "RANK 'x'"),
        (("-1", "2", "0"), "RANK '-1'"),
        (("2", "2", "0"), "RANK 2 of WORLD_SIZE 2"),
        (("0", "0", "0"), "RANK 0 of WORLD_SIZE 0"),
    ],
)
def test_a_process_is_what_torchrun_says(
    said: tuple[str, ...], wanted: World | str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in zip(NAMES, said, strict=True):
        monkeypatch.setenv(name, value) if value else monkeypatch.delenv(name, raising=False)
    if isinstance(wanted, World):
        assert world() == wanted and world().is_first == (wanted.rank == 0)
    else:
        with pytest.raises(ConfigError, match=wanted):
            world()


def test_alone_all_is_told_at_once_and_torch_is_not_imported() -> None:
    program = (
        "import sys; from mathmill.train.parallel.processes import *\n"
        "with joined(world(), 'cpu'):\n"
        " assert total([1, 2.5]) == [1, 2.5] and everyone({'a': 1}) == [{'a': 1}] and first_of('b') == 'b'\n"
        " barrier()\n"
        "assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)


def test_alone_beside_torch_all_is_told_at_once() -> None:
    with joined(ALONE, "cpu"):
        barrier()
        assert total([1, 0.5]) == [1, 0.5]
        assert (everyone([1]), first_of(2)) == ([[1]], 2)


@pytest.mark.skipif(torch.cuda.is_available(), reason="needs a machine without GPUs")
def test_no_more_processes_than_gpus_are_joined() -> None:
    with pytest.raises(ConfigError, match="which has 0 GPUs"), joined(World(0, 2, 0), "cuda"):
        pass


@pytest.mark.parametrize("norm", [0.1, 1.0, 1e6])
def test_gradients_are_clipped_as_torch_does_it(norm: float) -> None:
    ours, theirs = ([torch.nn.Parameter(torch.zeros(3, 4)), torch.nn.Parameter(torch.zeros(2))] for _ in range(2))
    draw = torch.Generator().manual_seed(3)
    for mine, other in zip(ours, theirs, strict=True):
        mine.grad = torch.randn(mine.shape, generator=draw)
        other.grad = mine.grad.clone()
    found = clip([*ours, torch.nn.Parameter(torch.zeros(9))], norm)
    assert found == pytest.approx(float(torch.nn.utils.clip_grad_norm_(theirs, norm)), rel=1e-6)
    for mine, other in zip(ours, theirs, strict=True):
        torch.testing.assert_close(mine.grad, other.grad)


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_gradients_that_are_not_finite_are_told_and_left(bad: float) -> None:
    parameter = torch.nn.Parameter(torch.zeros(3))
    parameter.grad = torch.tensor([1.0, bad, 3.0])
    found = clip([parameter], 1.0)
    assert not math.isfinite(found) and parameter.grad[2] == 3
    assert clip([torch.nn.Parameter(torch.zeros(1))], 1.0) == 0.0
    parameter.grad = torch.full((3,), 2.0)
    assert clip([parameter], None) == pytest.approx(12**0.5) and parameter.grad[0] == 2


def test_alone_a_module_is_left_as_it_is() -> None:
    module = torch.nn.Linear(2, 2)
    found = spread(module, "fsdp", ALONE, "cpu", "float32")
    assert found.module is module
    module(torch.ones(1, 2)).sum().backward()
    with found.accumulating():
        assert found.clip(None) > 0
