"""The bound on how often the judge itself is in trouble."""

from __future__ import annotations

import copy
import os
import pickle
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from mathmill import verify
from mathmill.data.errors import JudgeInTrouble, MathmillError
from mathmill.eval import trouble as module
from mathmill.eval import workers
from mathmill.eval.trouble import Trouble, trouble_here
from mathmill.eval.verdict import OUTCOMES, Outcome
from tests.eval.test_eval_commands import run

PROOF = r"\lim_{x\to 0}\frac{\sin x}{3x}", "1/3"  # nothing cheaper than a proof knows


@pytest.fixture
def alone(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Workers of our own, one at a time, that start soon and have time for a proof on a busy machine."""
    monkeypatch.setenv("MATHMILL_PROOF_SECONDS", "5")
    before, workers._pool = workers._pool, workers.Pool(1, cold=True)
    yield
    workers.shut_down()
    workers._pool = before


def test_counts() -> None:
    trouble = Trouble()
    for outcome in ("correct", "correct", "timed_out", "wrong"):
        trouble.add(outcome)
    assert trouble.counts == dict.fromkeys(OUTCOMES, 0) | {"correct": 2, "timed_out": 1, "wrong": 1}
    assert (trouble.verdicts, trouble.timed_out, trouble.deaths) == (4, 0.25, 0.0)
    assert str(trouble) == "4 verdicts, 1 timed out (25 %), 0 workers died (0 %)"
    assert (Trouble().timed_out, Trouble().deaths) == (0.0, 0.0)


def counted(outcomes: list[Outcome], trouble: Trouble) -> int | None:
    """After how many of them it raised."""
    for count, outcome in enumerate(outcomes, start=1):
        try:
            trouble.add(outcome)
        except JudgeInTrouble:
            return count
    return None


@pytest.mark.parametrize(
    ("outcomes", "bound", "at_least", "raised"),
    [
        (["timed_out"] * 9, None, 1, None),
        (["timed_out"] * 9, 0.0, 1, 1),
        (["timed_out"] * 9, 0.5, 5, 5),
        (["timed_out"] * 9, 0.5, 10, None),
        (["timed_out"] * 9, 1.0, 1, None),
        (["timed_out", "wrong"] * 9, 0.5, 2, 3),  # 2 of 3; 1 of 2 is not more than the bound
        (["correct", "timed_out"] * 9, 0.5, 2, None),
        (["wrong", "bad_gold", "unparsable", "too_large", "ambiguous", "no_answer"], 0.0, 1, None),
    ],
)
def test_it_raises_above_the_bound_once_there_are_enough(
    outcomes: list[Outcome], bound: float | None, at_least: int, raised: int | None
) -> None:
    assert counted(outcomes, Trouble(bound, at_least)) == raised


def test_few_are_compared_when_asked_to() -> None:
    trouble = Trouble(0.1)
    trouble.check(at_least=1)
    trouble.add("timed_out")
    with pytest.raises(JudgeInTrouble, match=r"1 verdict, 1 timed out \(100 %\), .* more than the bound of 10 %"):
        trouble.check(at_least=1)
    assert isinstance(JudgeInTrouble(), MathmillError)
    assert JudgeInTrouble.exit_code == 70


def test_dead_workers_count(alone: None) -> None:
    trouble = Trouble(0.3, at_least=1)
    trouble.add(verify(*PROOF).outcome)
    for pid in workers.pool().pids:
        os.kill(pid, signal.SIGKILL)
    verdict = verify(*PROOF)  # another worker takes it
    with pytest.raises(JudgeInTrouble, match=r"2 verdicts, .* 1 worker died \(50 %\)"):
        trouble.add(verdict.outcome)


def test_deaths_before_it_began_do_not_count(alone: None) -> None:
    verify(*PROOF)
    for pid in workers.pool().pids:
        os.kill(pid, signal.SIGKILL)
    verify(*PROOF)
    assert workers.statistics().deaths == 1
    trouble = Trouble(0.0, at_least=1)
    trouble.add("correct")
    assert trouble.deaths == 0


def test_workers_that_begin_anew_are_counted_from_nothing(alone: None) -> None:
    verify(*PROOF)
    for pid in workers.pool().pids:
        os.kill(pid, signal.SIGKILL)
    verify(*PROOF)
    trouble = Trouble()
    workers.shut_down()
    workers._pool = None  # as in a process that was forked
    trouble.add("wrong")
    assert trouble.deaths == 0


def test_a_fork_while_another_thread_counts() -> None:
    with module._counting:
        child = os.fork()
        if not child:
            signal.alarm(5)  # ends it if it waits for a lock that nobody gives back
            Trouble().add("wrong")
            os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_threads_lose_no_verdict() -> None:
    trouble = Trouble()
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(trouble.add, ["wrong", "timed_out"] * 4_000))
    assert trouble.counts["wrong"] == trouble.counts["timed_out"] == 4_000


def test_copies_go_on_by_themselves() -> None:
    trouble = Trouble(0.5, at_least=3)
    trouble.add("wrong")
    for other in (copy.deepcopy(trouble), pickle.loads(pickle.dumps(trouble))):
        other.add("timed_out")
        assert (other.verdicts, other.bound, other.at_least) == (2, 0.5, 3)
    assert trouble.verdicts == 1


def test_the_count_of_a_process_is_one_for_each_bound() -> None:
    assert trouble_here(0.25) is trouble_here(0.25)
    assert trouble_here(0.25) is not trouble_here(0.26)


def test_judged_lines_stop_above_the_bound(tmp_path: Path, alone: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MATHMILL_PROOF_SECONDS", "0.001")
    few, many = tmp_path / "few.jsonl", tmp_path / "many.jsonl"
    late = '{"gold": "1/3", "pred": "\\\\lim_{x\\\\to 0}\\\\frac{\\\\sin x}{3x}"}\n'
    few.write_text(late + 19 * '{"gold": "5", "pred": "5"}\n')
    assert run("eval", "verify", "--jsonl", few)[0] == 0
    assert run("eval", "verify", "--jsonl", few, "--max-trouble", "0.05")[0] == 0
    code, stdout, message = run("eval", "verify", "--jsonl", few, "--max-trouble", "0.01")
    assert code == 70
    assert len(stdout.splitlines()) == 20
    assert "20 verdicts, 1 timed out (5 %)" in message
    many.write_text(250 * '{"gold": "5", "pred": "5"}\n' + 9 * late + 50 * '{"gold": "5", "pred": "5"}\n')
    code, stdout, message = run("eval", "verify", "--jsonl", many, "--max-trouble", "0.01")
    assert code == 70
    assert len(stdout.splitlines()) == 253  # 2 of 252 are not more than 1 %
    assert "253 verdicts, 3 timed out (1.19 %)" in message


@pytest.mark.parametrize("bound", ["-0.1", "1.1", "x"])
def test_bounds_that_are_none_are_refused(bound: str, tmp_path: Path) -> None:
    assert run("eval", "verify", "--jsonl", tmp_path, "--max-trouble", bound)[0] == 2


def test_a_bound_is_for_lines() -> None:
    code, _, message = run("eval", "verify", "4", "5", "--max-trouble", "0.1")
    assert code == 2
    assert "--max-trouble" in message
