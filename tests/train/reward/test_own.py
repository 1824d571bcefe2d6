"""A user's own rewards: found, loaded, called in processes that can be stopped."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from mathmill.data.errors import ConfigError
from mathmill.train.reward.own import call_own, load_own, own_fingerprint, source_file
from mathmill.train.reward.own_processes import OwnReward
from tests.train.reward.made import PROBLEM

REWARDS = '''
"""Rewards of somebody's."""
import math, os, sys, time
from beside import FACTOR

threshold = 3

def brief(problem, completion):
    print("a word that is no reply")
    return -len(completion) * FACTOR

def gold(problem, completion):
    return completion == problem.gold and problem.meta["level"] == 1

def unsure(problem, completion):
    return None

def numpys(problem, completion):
    import numpy
    return numpy.float32(0.5)

def raises(problem, completion):
    return {}[completion]

def text(problem, completion):
    return "1.0"

def many(problem, completion):
    import numpy
    return numpy.zeros(3)

def endless(problem, completion):
    return math.inf

def hangs(problem, completion):
    if completion == "hang":
        time.sleep(1000)
    return 1.0

def dies(problem, completion):
    if completion == "die":
        os._exit(3)
    return 2.0

def reads(problem, completion):
    return len(sys.stdin.read())
'''


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder with rewards, in which mathmill is run."""
    (tmp_path / "own.py").write_text(REWARDS)
    (tmp_path / "beside.py").write_text("FACTOR = 2\n")
    (tmp_path / "kit" / "inner").mkdir(parents=True)
    (tmp_path / "kit" / "__init__.py").write_text("raise RuntimeError('imported to look for a module in it')\n")
    (tmp_path / "kit" / "inner" / "__init__.py").write_text("")
    (tmp_path / "kit" / "inner" / "short.py").write_text("def one(problem, completion): return 1\n")
    (tmp_path / "good").mkdir()
    (tmp_path / "good" / "short.py").write_text("def one(problem, completion): return 1\n")
    (tmp_path / "broken.py").write_text("import nothing_of_this_name\n")
    (tmp_path / "leaves.py").write_text("raise SystemExit(0)\n")
    (tmp_path / "wrong.py").write_text("def f(:\n")
    monkeypatch.chdir(tmp_path)
    yield tmp_path


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("none.py:f", "there is no file"),
        ("own.py:none", "has no 'none'; it has brief, gold"),
        ("own.py:threshold", "is a int"),
        ("broken.py:f", "importing"),
        ("broken.py:f", "ModuleNotFoundError: No module named 'nothing_of_this_name' (line 1 of"),
        ("leaves.py:f", "SystemExit"),
        ("wrong.py:f", "SyntaxError"),
        ("no.such.module:f", "there is no module 'no'"),
        ("good.none:f", "there is no module 'good.none'"),
        ("good.short.more:f", "is a module and has no 'more'"),
        ("good:f", "is a folder without a file"),
        ("kit.inner.short:one", "imported to look for a module in it"),
        ("own.py", "write it as"),
        ("own.py:a-b", "write it as"),
    ],
)
def test_what_cannot_be_loaded_says_why(folder: Path, name: str, said: str) -> None:
    with pytest.raises(ConfigError) as raised, OwnReward(name, 30):
        pass
    assert said in str(raised.value)
    assert name in str(raised.value)


@pytest.mark.parametrize(
    ("name", "completion", "reward"),
    [
        ("own.py:brief", "abc", -6.0),
        ("own.py:gold", "72", 1.0),
        ("own.py:gold", "71", 0.0),
        ("own.py:unsure", "", None),
        ("own.py:numpys", "", 0.5),
        ("own.py:reads", "", 0.0),
        ("good.short:one", "", 1.0),
    ],
)
def test_a_function_is_called_with_problem_and_text(
    folder: Path, name: str, completion: str, reward: float | None
) -> None:
    with OwnReward(name, 30) as own:
        assert own(PROBLEM, completion) == reward
        assert own(PROBLEM, completion) == reward


def test_texts_arrive_as_they_are(folder: Path) -> None:
    said = "é😀\ud800\0" + "x" * 200_000
    with OwnReward("own.py:brief", 30) as own:
        assert own(PROBLEM, said) == -2.0 * len(said)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("raises", "raised KeyError: 'x' (line 23 of"),
        ("text", "returned a str"),
        ("many", "returned a ndarray"),
        ("endless", "returned inf"),
    ],
)
def test_what_it_may_not_return_names_function_and_problem(folder: Path, name: str, said: str) -> None:
    with OwnReward(f"own.py:{name}", 30) as own:
        for _ in range(2):  # it serves on
            with pytest.raises(ConfigError) as raised:
                own(PROBLEM, "x")
            assert said in str(raised.value)
            assert name in str(raised.value)
            assert PROBLEM.id in str(raised.value)


def test_a_call_that_hangs_is_ended_and_the_next_one_served(folder: Path) -> None:
    with OwnReward("own.py:hangs", 1) as own:
        assert own(PROBLEM, "") == 1.0
        (pid,) = own.pids
        start = time.monotonic()
        with pytest.raises(ConfigError, match=r"'own.py:hangs' took more than 1 s on the problem made/1"):
            own(PROBLEM, "hang")
        assert 0.9 < time.monotonic() - start < 20
        assert not is_running(pid)
        assert own(PROBLEM, "") == 1.0


def test_a_process_that_dies_is_told_and_replaced(folder: Path) -> None:
    with OwnReward("own.py:dies", 30) as own:
        with pytest.raises(ConfigError, match="its process died on the problem made/1"):
            own(PROBLEM, "die")
        assert own(PROBLEM, "") == 2.0


def test_closing_ends_calls_that_hang_in_other_threads(folder: Path) -> None:
    own = OwnReward("own.py:hangs", 600, processes=2)
    told: list[str] = []

    def call() -> None:
        try:
            own(PROBLEM, "hang")
        except ConfigError as error:
            told.append(str(error))

    threads = [threading.Thread(target=call) for _ in range(3)]
    for thread in threads:
        thread.start()
    deadline = time.monotonic() + 60
    while len(own.pids) < 2 and time.monotonic() < deadline:
        time.sleep(0.05)
    time.sleep(0.3)
    pids = own.pids
    assert len(pids) == 2
    own.close()
    for thread in threads:
        thread.join(30)
        assert not thread.is_alive()
    assert len(told) == 3
    assert own.pids == []
    assert not any(map(is_running, pids))
    own.close()
    with pytest.raises(ConfigError, match="was stopped"):
        own(PROBLEM, "")


def test_the_fingerprint_is_that_of_the_code(folder: Path) -> None:
    before = own_fingerprint("own.py:brief")
    assert own_fingerprint("own.py:gold") == before
    (folder / "own.py").write_text(REWARDS + "\n")
    assert own_fingerprint("own.py:brief") != before
    assert source_file("good.short:one") == folder / "good" / "short.py"
    assert source_file("kit.inner.short:one") == folder / "kit" / "inner" / "short.py"  # and nothing was imported
    assert source_file("json.decoder:JSONDecoder").name == "decoder.py"
    with pytest.raises(ConfigError, match="there is no file"):
        own_fingerprint("none.py:f")


def test_loading_is_the_same_without_a_process() -> None:
    function = load_own("textwrap:dedent")  # takes a text alone
    with pytest.raises(ConfigError, match="raised TypeError"):
        call_own("textwrap:dedent", function, PROBLEM, "x")
