"""Two harnesses taking turns on the same problems: ours in this process, lm-evaluation-harness in its own."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from benchmarks.lm_eval_peer import Evaluated, LmEval, Sampled, TaskName
from mathmill.data.problems import Problem, load_problems
from mathmill.eval.harness.graded import Graded
from mathmill.eval.harness.scoring import judge
from mathmill.eval.models.base import Prompt, Sampling
from mathmill.eval.models.local import LocalModel
from mathmill.eval.tasks.find import find_task
from mathmill.eval.tasks.prompts import build_prompts
from mathmill.eval.tasks.task import Task
from tests.shared import BENCHMARKS

#: Tasks of ours and the peer's name of the same.
PAIRS: dict[str, TaskName] = {"gsm8k-8shot": "gsm8k_cot", "gsm8k-5shot": "gsm8k", "math-4shot": "minerva_math"}


@dataclass(frozen=True, slots=True)
class Asked:
    """A task of ours with its problems and prompts, all of its test file."""

    task: Task
    problems: list[Problem]
    prompts: list[Prompt]


@dataclass(slots=True)
class Cost:
    """Seconds of generating, on the clock and of the processor, and of judging; of blocks, one after the other."""

    walls: list[float] = field(default_factory=list)
    cpu: float = 0.0
    judging: float = 0.0

    @property
    def wall(self) -> float:
        return sum(self.walls)


@dataclass(slots=True)
class Both:
    """What came of a task: the peer's and our results by position, and what they cost."""

    theirs: dict[int, Sampled] = field(default_factory=dict)
    ours: dict[int, tuple[Graded, ...]] = field(default_factory=dict)
    peer_cost: Cost = field(default_factory=Cost)
    cost: Cost = field(default_factory=Cost)


def asked_of(name: str) -> Asked:
    """A task of ours and all that it asks."""
    task = find_task(name)
    problems = load_problems(task.problems, BENCHMARKS).problems
    shots = load_problems(task.shots.source, BENCHMARKS).problems if task.shots else []
    return Asked(task, problems, build_prompts(task, problems, shots, chat=False))


def take_turns(peer: LmEval, model: LocalModel, asked: Asked, indices: Sequence[int], sampling: Sampling) -> Both:
    """Both on the same blocks of problems; who is first goes round."""
    both = Both()
    theirs = PAIRS[asked.task.name]
    peer.evaluate(theirs, indices[:1], sampling.n, sampling.temperature, 2)
    list(model.generate([asked.prompts[indices[0]]], sampling.model_copy(update={"max_new_tokens": 2})))
    for turn, block in enumerate(_blocks(indices, max(2 * peer.batch // sampling.n, 1))):
        if turn % 2:
            _our_turn(model, asked, block, sampling, both)
        _add(both, peer.evaluate(theirs, block, sampling.n, sampling.temperature, sampling.max_new_tokens))
        if not turn % 2:
            _our_turn(model, asked, block, sampling, both)
        done = f"{len(both.ours)} of {len(indices)}, {both.peer_cost.wall:.0f} s against {both.cost.wall:.0f} s"
        print(f"{asked.task.name}: {done}", file=sys.stderr, flush=True)
    return both


def _blocks(indices: Sequence[int], size: int) -> Iterator[Sequence[int]]:
    """Whole blocks; what is left over belongs to the last, so that the peer has no more batches than in one go."""
    count = max(len(indices) // size, 1)
    for number in range(count):
        yield indices[number * size : (number + 1) * size if number + 1 < count else None]


def _add(both: Both, evaluated: Evaluated) -> None:
    both.theirs.update({each.index: each for each in evaluated.samples})
    both.peer_cost.walls.append(evaluated.wall)
    both.peer_cost.cpu += evaluated.cpu
    both.peer_cost.judging += evaluated.judging


def _our_turn(model: LocalModel, asked: Asked, block: Sequence[int], sampling: Sampling, both: Both) -> None:
    prompts = [asked.prompts[at] for at in block]
    wall, cpu = time.perf_counter(), time.process_time()
    made = list(model.generate(prompts, sampling))
    both.cost.cpu += time.process_time() - cpu
    ended = time.perf_counter()
    both.cost.walls.append(ended - wall)
    for place, completions in sorted(made):
        at = block[place]
        both.ours[at] = judge(asked.problems[at], completions, asked.task.stated)
    both.cost.judging += time.perf_counter() - ended
