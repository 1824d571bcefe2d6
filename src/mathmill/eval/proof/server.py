"""A proof worker: `python -m mathmill.eval.proof.server MEMORY [cold]`, asked on standard input, answering on output.

It loads sympy once and then forks a process for each proof, which is warm, has nothing left of earlier ones, and is
killed when its time is over. It ends when its standard input does. A `cold` one is ready sooner and proves slower.
"""

from __future__ import annotations

import gc
import math
import os
import resource
import signal
import sys
import time
from pathlib import Path
from typing import Any

from mathmill.eval.proof.equality import compare
from mathmill.eval.proof.messages import BUSY, Garbled, receive, send, unpacked
from mathmill.eval.syntax.parser import parse

# The part of a proof's time that it may compute; the rest is for starting, ending, and a busy machine.
_COMPUTING = 0.8
_ARENA = 2**21  # bytes; twice what CPython asks the system for at once
_OUT_OF_MEMORY = 3  # the exit status that says so
# What proofs of all kinds load and cache is loaded and cached before any is asked for.
_EXERCISES = (
    (r"\sqrt{5+2\sqrt6}", r"\sqrt2+\sqrt3"),
    (r"\sqrt[3]{7+5\sqrt2}", r"1+\sqrt2"),
    (r"\tan(2x)", r"\frac{2\tan x}{1-\tan^2 x}"),
    (r"\cos(2\pi/7)+\cos(4\pi/7)+\cos(6\pi/7)", "-1/2"),
    (r"\sinh(2x)", r"2\sinh x\cosh x"),
    (r"\binom{n}{2}", "n(n-1)/2"),
    (r"4^x-1", "(2^x-1)(2^x+1)"),
    (r"\arctan 2+\arctan 3", r"3\pi/4"),
    (r"\frac{1}{\sqrt{x+1}+\sqrt x}", r"\sqrt{x+1}-\sqrt x"),
    (r"\sum_{k=0}^{\infty} \frac{1}{k!}", "e"),
    (r"\sum_{k=0}^{n} \binom{n}{k}", "2^n"),
    (r"\int_{0}^{1} \frac{1}{1+x^2} dx", r"\pi/4"),
    (r"\int_{1}^{e} \ln x dx", "1"),
    (r"\sum_{k=1}^{n} k^2", "n(n+1)(2n+1)/6"),
    (r"\lim_{x\to 0} \frac{\sin x}{x}", "1"),
    (r"\sqrt{x^2+2x+1}", "x+y"),
    (r"\log_4 9", r"\log_2 5"),
)


def main(memory: int, cold: bool) -> None:
    """Serve until nobody asks any more."""
    requests, replies = os.dup(0), os.dup(1)
    nowhere = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):  # what a library prints is not a reply
        os.dup2(nowhere, standard)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)  # what ignores it cannot wait for its proofs, and hands that down
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    hard = resource.getrlimit(resource.RLIMIT_AS)[1]
    memory = memory if hard == resource.RLIM_INFINITY else min(memory, hard)
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    for answer, gold in () if cold else _EXERCISES:
        compare(parse(answer), parse(gold), 2)
    gc.collect()
    gc.freeze()  # so that forked processes share what is loaded
    send(replies, {"ready": os.getpid()})
    while (request := receive(requests)) is not None:
        send(replies, _answered(request, requests, replies))


def _answered(request: dict[str, Any], requests: int, replies: int) -> dict[str, Any]:
    """The reply to a request, worked out in a process of its own."""
    seconds = float(request["seconds"])
    start = time.monotonic()
    reading, writing = os.pipe()
    process = os.fork()
    if not process:
        _prove(request, seconds, writing, close=(reading, requests, replies))
    os.close(writing)
    try:
        reply = _awaited(process, reading, requests, seconds)
    except Garbled:
        reply = None
    finally:
        full = _is_full(process)
        os.close(reading)
        os.kill(process, signal.SIGKILL)
        status = os.waitpid(process, 0)[1]
    if reply is not None:
        return reply
    if full or os.waitstatus_to_exitcode(status) == _OUT_OF_MEMORY:
        return {"outcome": "large", "detail": "more memory than a proof may take"}
    if time.monotonic() < start + seconds:
        return {"outcome": "died", "detail": f"status {status}"}
    return {"outcome": "slow", "detail": f"{seconds:.2f} s over"}


def _awaited(process: int, reading: int, requests: int, seconds: float) -> dict[str, Any] | None:
    """The reply of a proof's process, waited for until it has computed for so long."""
    last = time.monotonic() + BUSY * seconds
    deadline = time.monotonic() + seconds
    while (reply := receive(reading, deadline, watched=requests)) is None:
        left = seconds - _computed(process)
        if time.monotonic() < deadline or deadline >= last or left <= 0.002:
            return None
        deadline = min(time.monotonic() + left, last)
    return reply


def _computed(process: int) -> float:
    """The processor time that a process has used; infinite where the system does not tell."""
    try:
        return time.clock_gettime(~process << 3 | 2)  # the clock that clock_getcpuclockid(3) gives
    except OSError:
        return math.inf


def _is_full(process: int) -> bool:
    """Whether a process has all the memory that it may have, as far as the system tells.

    CPython 3.11 may never end the handling of an exception that it has no memory for, so not all of them say so.
    """
    try:
        pages = int(Path(f"/proc/{process}/statm").read_text(encoding="ascii").split()[0])
    except (OSError, IndexError):
        return False
    limit = resource.getrlimit(resource.RLIMIT_AS)[0]
    return limit != resource.RLIM_INFINITY and pages * resource.getpagesize() > limit - _ARENA


def _prove(request: dict[str, Any], seconds: float, writing: int, close: tuple[int, ...]) -> None:
    """What the forked process does; it never returns."""
    try:
        for pipe in close:
            os.close(pipe)
        limit = math.ceil(seconds) + 1
        resource.setrlimit(resource.RLIMIT_CPU, (limit, limit))
        try:
            found = compare(unpacked(request["answer"]), unpacked(request["gold"]), seconds * _COMPUTING)
            send(writing, {"outcome": found.outcome, "detail": found.detail})
        except MemoryError:
            os._exit(_OUT_OF_MEMORY)  # there may be none left to say so with
    finally:
        os._exit(1)  # also on an error of sympy's, which ends this proof alone


if __name__ == "__main__":
    main(int(sys.argv[1]), cold="cold" in sys.argv)
