"""Workers that are killed, hang, eat memory, are asked by many at once, forked, left behind."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from mathmill.data.errors import ConfigError
from mathmill.eval import workers
from mathmill.eval.limits import MAX_NODES
from mathmill.eval.syntax import trees as t
from mathmill.eval.syntax.parser import parse
from mathmill.eval.verdict import Verdict
from mathmill.eval.verify import verify
from tests.eval.equalities import APART, EQUAL, UNPROVED

PATIENT = 5.0  # seconds: whether a thing is proved must not hang on how busy the machine is
EASY = parse("\\sqrt{5+2\\sqrt6}"), parse("\\sqrt2+\\sqrt3")
# Sympy would be at this for very long, some of it below Python.
ENDLESS = parse("\\int_{0}^{1} \\sin(x^{x^x})\\cos(x^{\\sin x}) dx"), parse("x")
BIG = (
    parse("(a+b+c+d+x+y+z+w)^{40}(a-b)^{39}+1"),
    parse("(a+b+c+d+x+y+z+w)^{40}(b-a)^{39}\\cdot(-1)+\\cos^2 x+\\sin^2 x"),
)


@pytest.fixture(scope="module", autouse=True)
def warm() -> Iterator[None]:
    assert asked(*EASY, PATIENT).correct
    yield
    workers.shut_down()


def asked(answer: t.Tree, gold: t.Tree, seconds: float = 0.15) -> Verdict:
    """What the workers say, also of what would be proved without them."""
    return workers.pool().prove(answer, gold, seconds)


def python(code: str, *options: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run a program of its own, with our imports and warnings as errors."""
    source = str(Path(workers.__file__).parents[2])
    environment = {**os.environ, "PYTHONPATH": source, **settings}
    head = (
        "from mathmill import verify\nfrom mathmill.data.errors import JudgeInTrouble\n"
        "from mathmill.eval import workers\nfrom mathmill.eval.syntax.parser import parse\n"
    )
    return subprocess.run(
        [sys.executable, "-W", "error", *options, "-c", head + code],
        capture_output=True,
        text=True,
        timeout=60,
        env=environment,
    )


def is_running(pid: int) -> bool:
    """Whether a process runs; one that has ended and is not waited for does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def ends_soon(pid: int) -> bool:
    return any(not is_running(pid) or time.sleep(0.05) for _ in range(60))  # type: ignore[func-returns-value]


def test_verdicts_name_what_was_found() -> None:
    assert asked(*EASY, PATIENT) == Verdict("correct", "sympy", "denested")
    assert asked(parse("|x|"), parse("x"), PATIENT).method == "sympy"
    assert asked(parse("|x|"), parse("x"), PATIENT).outcome == "wrong"
    unproved = asked(parse("\\ln(x^2)"), parse("2\\ln(-x)"), PATIENT)
    assert (unproved.outcome, unproved.method) == ("wrong", "unproved")
    assert "no proof" in unproved.detail
    assert asked(parse("2^{2^{2^{100}}}"), parse("3"), PATIENT).outcome == "too_large"
    assert asked(t.Words("blue"), parse("3"), PATIENT).method == "unproved"


def test_tables_through_workers() -> None:
    with ThreadPoolExecutor(8) as threads:
        verdicts = list(threads.map(lambda row: asked(parse(row[0]), parse(row[1]), PATIENT), EQUAL[::4]))
    assert [v.outcome for v in verdicts] == ["correct"] * len(verdicts)
    for row in [*APART[::4], *UNPROVED[::4]]:
        assert asked(parse(row[0]), parse(row[1]), PATIENT).outcome == "wrong"


def test_a_tree_beyond_the_parser_is_too_large() -> None:
    wide = t.Sum(tuple(t.Symbol(f"x{k}") for k in range(5 * MAX_NODES)))
    assert asked(wide, wide).outcome == "too_large"


@pytest.mark.parametrize("pair", [ENDLESS, BIG])
def test_what_takes_long_ends_in_time(pair: tuple[t.Tree, t.Tree]) -> None:
    before, start = workers.statistics(), time.monotonic()
    verdict = asked(*pair)
    assert time.monotonic() - start < 1  # 0.2 on a machine that does nothing else
    assert verdict.outcome in ("timed_out", "wrong")
    after = workers.statistics()
    assert after.proofs == before.proofs + 1
    assert after.timed_out == before.timed_out + (verdict.outcome == "timed_out")
    assert after.seconds > before.seconds
    assert after.started == before.started  # a proof is killed alone, not the worker that holds sympy


@pytest.fixture(scope="module")
def alone() -> Iterator[workers.Pool]:
    pool = workers.Pool(1, cold=True)
    yield pool
    pool.close()


def test_a_worker_killed_while_idle_costs_nothing(alone: workers.Pool) -> None:
    assert alone.prove(*EASY, PATIENT).correct
    before, killed = alone.statistics, alone.pids[0]
    os.kill(killed, signal.SIGKILL)
    assert ends_soon(killed)
    assert alone.prove(*EASY, PATIENT).correct
    assert alone.statistics.deaths == before.deaths + 1
    assert killed not in alone.pids


def test_a_worker_killed_at_work_costs_one_verdict(alone: workers.Pool) -> None:
    assert alone.prove(*EASY, PATIENT).correct
    before, start = alone.statistics, time.monotonic()
    threading.Timer(0.3, os.kill, (alone.pids[0], signal.SIGKILL)).start()
    assert alone.prove(*ENDLESS, 30.0) == Verdict("timed_out", "sympy", "the worker died")
    assert time.monotonic() - start < 5
    assert alone.statistics.deaths == before.deaths + 1
    assert alone.prove(*EASY, PATIENT).correct


def test_a_worker_that_hangs_costs_one_verdict(alone: workers.Pool) -> None:
    assert alone.prove(*EASY, PATIENT).correct
    stopped = alone.pids[0]
    os.kill(stopped, signal.SIGSTOP)
    assert alone.prove(*EASY, 0.1) == Verdict("timed_out", "sympy", "the worker hung")
    assert not is_running(stopped)
    assert alone.prove(*EASY, PATIENT).correct


def test_memory_is_bounded(alone: workers.Pool) -> None:
    assert alone.prove(*EASY, PATIENT).correct
    pages = int(Path(f"/proc/{alone.pids[0]}/statm").read_text(encoding="utf-8").split()[0])
    pool = workers.Pool(1, memory=pages * os.sysconf("SC_PAGE_SIZE") + 32 * 2**20, cold=True)
    try:
        assert pool.prove(*BIG, 2 * PATIENT) == Verdict("too_large", "sympy", "more memory than a proof may take")
        assert pool.prove(*EASY, PATIENT).correct
        assert pool.statistics.started == 1
    finally:
        pool.close()


def test_many_threads_share_the_workers() -> None:
    pairs = [EASY, (parse("|x|"), parse("x"))] * 12
    with ThreadPoolExecutor(8) as threads:
        verdicts = list(threads.map(lambda pair: asked(pair[0], pair[1], PATIENT), pairs))
    assert [v.outcome for v in verdicts] == ["correct", "wrong"] * 12


def test_asyncio() -> None:
    async def several() -> list[Verdict]:
        return await asyncio.gather(*(asyncio.to_thread(asked, *EASY, PATIENT) for _ in range(4)))

    assert all(verdict.correct for verdict in asyncio.run(several()))


def _prove_in_fork(queue: object) -> None:
    verdict = asked(*EASY, PATIENT)
    queue.put((verdict, workers.pool().pids))  # type: ignore[attr-defined]


def test_a_forked_process_has_workers_of_its_own() -> None:
    ours, context = set(workers.pool().pids), multiprocessing.get_context("fork")
    queue = context.Queue()
    process = context.Process(target=_prove_in_fork, args=(queue,))
    process.start()
    verdict, theirs = queue.get(timeout=30)
    process.join(30)
    assert process.exitcode == 0
    assert verdict.correct
    assert theirs
    assert not ours & set(theirs)
    assert all(ends_soon(pid) for pid in theirs)  # which end with the process, that did not say good-bye
    assert asked(*EASY, PATIENT).correct
    assert ours <= set(workers.pool().pids)


def test_fork_while_threads_prove() -> None:
    with ThreadPoolExecutor(2) as threads:
        proofs = [threads.submit(asked, *EASY, PATIENT) for _ in range(8)]
        child = os.fork()
        if not child:
            os._exit(0 if asked(*EASY, PATIENT).correct else 1)
        assert all(proof.result().correct for proof in proofs)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_nothing_is_left_of_a_program_that_ends() -> None:
    done = python(
        "import sys\n"
        "assert not {'sympy', 'mpmath'} & set(sys.modules)\n"
        "assert workers.pool().prove(parse('x+x'), parse('2x'), 5).correct\n"
        "assert not {'sympy', 'mpmath'} & set(sys.modules)\n"
        "print(*workers.pool().pids)\n"
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.split()
    assert all(ends_soon(int(pid)) for pid in done.stdout.split())


def test_nothing_is_left_of_a_program_that_is_killed(tmp_path: Path) -> None:
    done = python(
        "import os, signal, pathlib\n"
        "workers.pool().prove(parse('x+x'), parse('2x'), 5)\n"
        f"pathlib.Path({str(tmp_path / 'pids')!r}).write_text(str(workers.pool().pids[0]))\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    assert done.returncode == -signal.SIGKILL
    assert ends_soon(int((tmp_path / "pids").read_text(encoding="utf-8")))


def test_closed_standard_streams(tmp_path: Path) -> None:
    done = python(
        "import os, pathlib\n"
        "for descriptor in range(3): os.close(descriptor)\n"
        "verdict = workers.pool().prove(parse('x+x'), parse('2x'), 5)\n"
        f"pathlib.Path({str(tmp_path / 'outcome')!r}).write_text(verdict.outcome)\n"
        "workers.shut_down()\n"
        "os._exit(7)\n"
    )
    assert done.returncode == 7
    assert (tmp_path / "outcome").read_text(encoding="utf-8") == "correct"


def test_what_is_proved_at_once_needs_no_worker() -> None:
    done = python(
        "import sys\n"
        "print(verify('\\\\frac{x^2}{2}+C', '\\\\int x dx'))\n"
        "assert not workers.pool().pids and 'sympy' not in sys.modules\n"
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "correct" in done.stdout
    assert "identity" in done.stdout


HARD = "workers.prove(parse('\\\\lim_{x \\\\to 0} \\\\frac{\\\\sin x}{x}'), parse('1'))"


def test_no_worker_to_be_had_says_so_each_time_and_tries_again() -> None:
    done = python(
        "import sys\n"
        "right, sys.executable = sys.executable, '/bin/false'\n"
        "for wrong in ('/bin/false', '/nowhere/python', None):\n"
        "    sys.executable = wrong\n"
        f"    try: {HARD}\n"
        "    except JudgeInTrouble as reason: print(reason)\n"
        "sys.executable = right\n"
        f"print({HARD}.outcome)\n",
        MATHMILL_PROOF_SECONDS="5",
        MATHMILL_PROOF_WORKERS="1",
    )
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert [line.partition(" (")[0] for line in lines[:3]] == ["no proof worker could be started"] * 3
    assert "MATHMILL_PROOF_WORKERS=0" in lines[0]
    assert lines[3] == "correct"


@pytest.mark.parametrize(
    ("name", "value", "wanted"),
    [
        ("MATHMILL_PROOF_SECONDS", "soon", "a number from 0.001 to 600"),
        ("MATHMILL_PROOF_SECONDS", "nan", "a number from 0.001 to 600"),
        ("MATHMILL_PROOF_SECONDS", "-1", "a number from 0.001 to 600"),
        ("MATHMILL_PROOF_WORKERS", "many", "a whole number from 0 to 64"),
        ("MATHMILL_PROOF_WORKERS", "2.5", "a whole number from 0 to 64"),
        ("MATHMILL_PROOF_WORKERS", "-1", "a whole number from 0 to 64"),
    ],
)
def test_wrong_settings_are_named(monkeypatch: pytest.MonkeyPatch, name: str, value: str, wanted: str) -> None:
    monkeypatch.setenv(name, value)
    monkeypatch.setattr(workers, "_pool", None)
    with pytest.raises(ConfigError, match=f"{name} is '{value}'; it has to be {wanted}"):
        workers.prove(parse("\\sin x"), parse("x"))


def test_without_workers_nothing_needs_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MATHMILL_PROOF_WORKERS", "0")
    monkeypatch.setattr(workers, "_pool", None)
    verdict = workers.prove(parse("\\sin x"), parse("x"))
    assert (verdict.outcome, verdict.method) == ("wrong", "unproved")
    assert verify("\\frac{x^2}{2}+C", "\\int x dx") == Verdict("correct", "identity")
    assert workers.pool().pids == []


@pytest.mark.slow
def test_odd_surroundings() -> None:
    done = python(
        "import os, resource, signal, tempfile\n"
        "signal.signal(signal.SIGCHLD, signal.SIG_IGN)\n"
        "signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 32))\n"
        "resource.setrlimit(resource.RLIMIT_AS, (3 * 2**28, 3 * 2**28))\n"
        "resource.setrlimit(resource.RLIMIT_NOFILE, (12, 12))\n"
        "folder = tempfile.mkdtemp(); os.chdir(folder); os.rmdir(folder)\n"
        "os.environ.clear()\n"
        "os.environ.update(PYTHONOPTIMIZE='2', PYTHONTRACEMALLOC='5', PYTHONINSPECT='1', PYTHONWARNINGS='error')\n"
        "os.environ.update(TMPDIR='/nowhere', HOME='/nowhere')\n"
        "pool = workers.Pool(1, cold=True)\n"
        "for _ in range(2): print(pool.prove(parse('x+x'), parse('2x'), 5).outcome)\n"
        "pool.close()\n"
    )
    assert (done.stdout.split(), done.stderr) == (["correct"] * 2, "")


def test_too_few_files_to_start_a_worker() -> None:
    done = python(
        "import resource\n"
        "resource.setrlimit(resource.RLIMIT_NOFILE, (4, 4))\n"
        f"try: {HARD}\n"
        "except JudgeInTrouble as reason: print(reason)\n"
    )
    assert "no proof worker could be started" in done.stdout
    assert "Too many open files" in done.stdout
    assert (done.returncode, done.stderr.replace("\n", "")) == (0, "")


def _outcome(queue: object) -> None:
    pool = workers.Pool(1, cold=True)
    queue.put(pool.prove(*EASY, PATIENT).outcome)  # type: ignore[attr-defined]
    pool.close()


@pytest.mark.slow
@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_daemonic_children(method: str) -> None:
    context: multiprocessing.context.ForkContext | multiprocessing.context.SpawnContext
    context = multiprocessing.get_context("fork") if method == "fork" else multiprocessing.get_context("spawn")
    queue = context.Queue()
    process = context.Process(target=_outcome, args=(queue,), daemon=True)
    process.start()
    assert queue.get(timeout=60) == "correct"
    process.join(30)
    assert process.exitcode == 0


def test_an_interrupt_leaves_nothing_behind(alone: workers.Pool) -> None:
    assert alone.prove(*EASY, PATIENT).correct
    worker = alone.pids[0]
    threading.Timer(0.3, signal.raise_signal, (signal.SIGINT,)).start()  # which another thread gets
    with pytest.raises(KeyboardInterrupt):
        alone.prove(*ENDLESS, 30.0)
    assert ends_soon(worker)
    assert alone.prove(*EASY, PATIENT).correct


@pytest.mark.slow
def test_an_interrupt_at_the_start_leaves_nothing_behind() -> None:
    pool = workers.Pool(1, cold=True)
    threading.Timer(0.3, signal.raise_signal, (signal.SIGINT,)).start()
    with pytest.raises(KeyboardInterrupt):
        pool.prove(*EASY, PATIENT)
    assert pool.pids == []
    try:
        assert pool.prove(*EASY, PATIENT).correct
    finally:
        pool.close()


@pytest.mark.slow
def test_a_busy_machine_takes_no_proofs_away() -> None:
    burning = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(8)]
    try:
        verdicts = [asked(*EASY) for _ in range(5)]
    finally:
        for process in burning:
            process.kill()
            process.wait()
    assert [verdict.outcome for verdict in verdicts] == ["correct"] * 5
