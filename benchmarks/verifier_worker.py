"""One judge in a process of its own, for `benchmarks.verifier`: lines of JSON in, its verdicts as lines of JSON out.

    python -m benchmarks.verifier_worker mathmill|math_verify

A line in is `{"gold": .., "pred": ..}` or `{"gold": .., "completion": ..}`; the line out has `pays`, `method`, and the
`ms` on the clock. A line `{"used": true}` asks for the processor seconds of this process and those that it started,
`{"warm": true}` for the `ms` of a first proof, for which ours starts a process that loads sympy.

math-verify gets the gold, and a pred, between dollars unless it brings its own, and a completion as it is, but of one
that ends in GSM8K's `####` what follows there, as it does not know that mark. Its timeouts are those it has by default;
they are signals and want the main thread. What it raises is its verdict.
"""

from __future__ import annotations

import json
import logging
import os
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

MEMORY = 4 * 2**30  # bytes of address space: a judge that takes more must not take the machine with it

Judge = Callable[[dict[str, Any]], tuple[bool, str]]


def main() -> int:
    """Serve until standard input ends."""
    judge, used, prove = {"mathmill": _mathmill, "math_verify": _math_verify}[sys.argv[1]]()
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what a judge prints is no answer
    print(json.dumps({"ready": True}), file=answers, flush=True)
    for line in sys.stdin:
        asked = json.loads(line)
        if "used" in asked:
            print(json.dumps({"used": used()}), file=answers, flush=True)
            continue
        began = time.perf_counter()
        pays, method = judge(asked) if "warm" not in asked else (prove(), "")
        milliseconds = 1_000 * (time.perf_counter() - began)
        print(json.dumps({"pays": pays, "method": method, "ms": milliseconds}), file=answers, flush=True)
    return 0


def _mathmill() -> tuple[Judge, Callable[[], float], Callable[[], bool]]:
    from mathmill import grade, verify
    from mathmill.eval.syntax.parser import parse
    from mathmill.eval.workers import pool

    def judge(asked: dict[str, Any]) -> tuple[bool, str]:
        gold = asked["gold"]
        try:
            verdict = grade(asked["completion"], gold) if "completion" in asked else verify(asked["pred"], gold)
        except Exception as error:  # noqa: BLE001 - it never should, and is counted as a crash
            return False, f"raised {type(error).__name__}"
        return verdict.correct, f"{verdict.outcome} {verdict.method}"

    def used() -> float:
        return time.process_time() + sum(map(_seconds, pool().pids))

    return judge, used, lambda: pool().prove(parse(r"\int_0^1 x\,dx"), parse("1/2"), seconds=30).correct


def _seconds(pid: int) -> float:
    """Processor seconds of another process and of those that it started."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except FileNotFoundError:
        return 0.0
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")


def _math_verify() -> tuple[Judge, Callable[[], float], Callable[[], bool]]:
    from math_verify import parse, verify

    logging.disable(logging.CRITICAL)

    def judge(asked: dict[str, Any]) -> tuple[bool, str]:
        try:
            gold = parse(f"${asked['gold']}$")
            answer = parse(_text(asked))
            return bool(verify(gold, answer)), "" if answer and gold else "nothing parsed"
        except BaseException as error:  # noqa: BLE001 - its verdict; its timeouts are no Exception
            return False, f"raised {type(error).__name__}"

    return judge, time.process_time, lambda: judge({"gold": r"\frac{1}{2}", "pred": r"\int_0^1 x\,dx"})[0]


def _text(asked: dict[str, Any]) -> str:
    if "pred" in asked:
        pred: str = asked["pred"]
        return pred if any(mark in pred for mark in ("$", r"\(", r"\[")) else f"${pred}$"
    completion: str = asked["completion"]
    _, mark, answer = completion.rpartition("####")
    return f"${answer.strip()}$" if mark else completion


if __name__ == "__main__":
    sys.exit(main())
