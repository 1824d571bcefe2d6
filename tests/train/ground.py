"""A tiny training: a fresh model, sums to learn, and what a folder of it holds to the byte."""

from __future__ import annotations

import hashlib
import os
import resource
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import orjson
import torch

from mathmill.data.config import resolve
from mathmill.data.errors import MathmillError
from mathmill.train.recipe import PretrainRecipe, SftRecipe
from mathmill.train.run import train
from tests.train.checkpoint.training import in_process

FRESH = {"width": 32, "layers": 1, "heads": 2, "vocabulary": 300, "context": 128}


def write_sums(path: Path, count: int = 60) -> Path:
    """Sums with their results, a row each."""
    rows = [
        {"prompt": f"{a} + {b} =", "completion": f" {a} plus {b} is {a + b}." * (1 + a % 3)}
        for a in range(20)
        for b in range(20)
    ]
    path.write_bytes(b"\n".join(map(orjson.dumps, rows[:: len(rows) // count][:count])) + b"\n")
    return path


def sft_tree(sums: Path, **changes: Any) -> dict[str, Any]:
    """Six steps of four rows; `changes` are tables that replace those here."""
    return {
        "policy": {"fresh": FRESH, "precision": "float32"},
        "sources": [{"files": [str(sums)]}],
        "held_out": {"share": 0.1},
        "train": {"steps": 6},
        "rows": {"step": 4, "length": 64},
        "schedule": {"rate": 3e-3, "warm_up": 2, "shape": "cosine"},
        "machine": {"device": "cpu", "microbatch": 2},
        "saving": {"every": 2},
        "evaluation": {"every": 3},
        **changes,
    }


def sft_recipe(sums: Path, **changes: Any) -> SftRecipe:
    """The recipe of `sft_tree`."""
    return resolve(sft_tree(sums, **changes), SftRecipe, "a test's recipe")


def write_toml(tree: dict[str, Any], path: Path) -> Path:
    """A recipe as a file."""
    path.write_text("".join(f"{key} = {_inline(value)}\n" for key, value in tree.items()))
    return path


def _inline(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key} = {_inline(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_inline, value)) + "]"
    return orjson.dumps(value).decode()


def killed(recipe: SftRecipe | PretrainRecipe, folder: Path, kill_at: str = "") -> int:
    """How training ended in a process of its own."""

    def work() -> None:
        torch.set_num_threads(1)  # threads of the process that this one is forked from are not there
        train(recipe, folder)

    return in_process(work, kill_at)


def content(folder: Path) -> dict[str, str]:
    """Every file of a run that follows from recipe and inputs alone, by its hash; the manifest without its code."""
    own = {"lock", "timings.json", "timings.jsonl", "ledger.jsonl", "manifest.json"}
    hashes = {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name not in own
    }
    manifest = orjson.loads((folder / "manifest.json").read_bytes()) | {"code": ""}
    return {**hashes, "manifest.json": orjson.dumps(manifest, option=orjson.OPT_SORT_KEYS).decode()}


def asked_to_stop(recipe: Path, folder: Path, signum: int) -> tuple[int, str]:
    """How a training ended that was sent a signal after its first step, and what it said."""
    program = [sys.executable, "-m", "mathmill.cli", "train", "sft", str(recipe), "--out", str(folder)]
    process = subprocess.Popen(program, stderr=subprocess.PIPE, text=True)
    metrics = folder / "metrics.jsonl"
    until = time.monotonic() + 120
    while time.monotonic() < until and process.poll() is None:
        if metrics.exists() and len(metrics.read_bytes().splitlines()) > 1:
            process.send_signal(signum)
            break
        time.sleep(0.002)
    _, said = process.communicate(timeout=120)
    return process.returncode, said


def full_disk(recipe: SftRecipe, folder: Path) -> int:
    """The exit code of a training on a disk that takes no file as large as a checkpoint's."""

    def work() -> None:
        torch.set_num_threads(1)
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
        try:
            train(recipe, folder)
        except MathmillError as error:
            os._exit(error.exit_code)

    return in_process(work)


def in_memory_of(megabytes: int, recipe: SftRecipe, folder: Path) -> int:
    """The exit code of a training that gets no more than so much beyond what its process has."""

    def work() -> None:
        torch.set_num_threads(1)
        pages = int(Path("/proc/self/statm").read_text().split()[0])
        limit = pages * os.sysconf("SC_PAGE_SIZE") + megabytes * 2**20
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
        try:
            train(recipe, folder)
        except MathmillError as error:
            print(error, file=sys.stderr, flush=True)
            os._exit(error.exit_code)

    return in_process(work)
