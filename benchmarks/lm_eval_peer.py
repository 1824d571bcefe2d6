"""lm-evaluation-harness on problems of a local folder: its own tasks and graders, in its own environment.

Its tasks load from the hub. Here each is included from the installed package, by its own path, with nothing changed
but where its data are and how often a problem is repeated; the rows are put into a temporary folder as the hub has
them. MATH is seven tasks there, one a subject; a problem is known here by its position in the whole test file.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from benchmarks.peer_environments import LM_EVAL
from benchmarks.verifier import rows_of

#: Names of the tasks as lm-evaluation-harness has them; `minerva_math` is its group of seven.
TaskName = Literal["gsm8k", "gsm8k_cot", "minerva_math"]
FILES = {"gsm8k": "gsm8k/gsm8k.yaml", "gsm8k_cot": "gsm8k/gsm8k-cot.yaml"}
SUBJECTS = {
    "Algebra": "algebra",
    "Counting & Probability": "counting_and_prob",
    "Geometry": "geometry",
    "Intermediate Algebra": "intermediate_algebra",
    "Number Theory": "num_theory",
    "Prealgebra": "prealgebra",
    "Precalculus": "precalc",
}


@dataclass(frozen=True, slots=True)
class Sampled:
    """What lm-evaluation-harness did with a problem: position in the test file, its prompt, what was asked, what came.

    `extracted` and `scores` are by its filter (`strict-match`, ...; `none` where a task has no filters); scores by
    the name of the metric, all 0 without a model. Of several completions the first is scored.
    """

    index: int
    prompt: str
    until: tuple[str, ...]
    responses: tuple[str, ...]
    extracted: dict[str, str]
    scores: dict[str, dict[str, float]]


@dataclass(frozen=True, slots=True)
class Evaluated:
    """Problems in the order of the test file; seconds of generating (clock, processor) and of judging (clock)."""

    samples: list[Sampled]
    wall: float
    cpu: float
    judging: float


@dataclass(slots=True)
class LmEval:
    """lm-evaluation-harness in its own process with a model loaded, or none; start it, and close it.

    `repeats` are the numbers of completions of a problem that will be asked for; `loading` the seconds that the model
    took; `positions` say which problems of the test file each of its tasks has.
    """

    model: Path | None
    dtype: str = "float32"
    batch: int = 16
    threads: int = 2
    repeats: Sequence[int] = (1,)
    loading: float = 0.0
    positions: dict[str, list[int]] = field(default_factory=dict)
    folder: tempfile.TemporaryDirectory[str] = field(default_factory=tempfile.TemporaryDirectory)
    process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        """Write the tasks and load the model.

        Raises:
            RuntimeError: its environment has not been made, or the process died, after its last words.
        """
        python = LM_EVAL / "bin" / "python"
        if not python.exists():
            raise RuntimeError("lm-evaluation-harness is not installed: python -m benchmarks.peer_environments")
        folder = Path(self.folder.name)
        self._write(folder, _tasks_of(python))
        command = [str(python), "-P", str(Path(__file__).with_name("lm_eval_worker.py")), str(folder)]
        command += [str(self.model or ""), self.dtype, str(self.batch), str(self.threads)]
        with (folder / "log").open("w") as log:
            self.process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True
            )
        self.loading = self._reply()["ready"]

    def evaluate(
        self, task: TaskName, indices: Sequence[int], n: int = 1, temperature: float = 0.0, most: int | None = None
    ) -> Evaluated:
        """Evaluate a task on the problems at these positions, `n` completions each of at most `most` tokens.

        Raises:
            RuntimeError: the process died.
        """
        settings: dict[str, Any] = {} if most is None else {"max_gen_toks": most}
        if temperature:
            settings |= {"do_sample": True, "temperature": temperature}
        wanted = set(indices)
        tasks = {}
        for name in [task] if task in FILES else [f"minerva_math_{each}" for each in SUBJECTS.values()]:
            if at := [place for place, index in enumerate(self.positions[name]) if index in wanted]:
                tasks[_local(name, n)] = at
        asked = {"tasks": tasks, "gen_kwargs": settings or None, "predict_only": self.model is None}
        reply = self._ask(asked)
        logged = [(name, rows) for name, every in reply.pop("samples").items() for rows in _by_problem(every)]
        samples = [self._sampled(name, rows) for name, rows in logged]
        return Evaluated(sorted(samples, key=lambda each: each.index), **reply)

    def close(self) -> None:
        """End the process and remove the temporary folder."""
        if self.process is not None:
            self.process.kill()
            self.process.communicate()
            self.process = None
        self.folder.cleanup()

    def _write(self, folder: Path, theirs: Path) -> None:
        rows = {
            split: [{"question": row["question"], "answer": row["solution"]} for row in rows_of(f"gsm8k/{split}")]
            for split in ("train", "test")
        }
        for name, file in FILES.items():
            self.positions[name] = list(range(len(rows["test"])))
            self._task(folder, name, theirs / file, rows)
        every = {split: rows_of(f"math/{split}") for split in ("train", "test")}
        for subject, short in SUBJECTS.items():
            rows = {
                split: [
                    {"problem": row["question"], "solution": row["solution"], "type": subject}
                    for row in every[split]
                    if row["subject"] == subject
                ]
                for split in every
            }
            name = f"minerva_math_{short}"
            self.positions[name] = [at for at, row in enumerate(every["test"]) if row["subject"] == subject]
            self._task(folder, name, theirs / "minerva_math" / f"{name}.yaml", rows)

    def _task(self, folder: Path, name: str, include: Path, rows: dict[str, list[dict[str, str]]]) -> None:
        files = {split: str(folder / f"{name}-{split}.jsonl") for split in rows}
        for split, listed in rows.items():
            Path(files[split]).write_text("".join(json.dumps(row) + "\n" for row in listed), encoding="utf-8")
        for n in self.repeats:
            task: dict[str, Any] = {"include": str(include), "task": _local(name, n), "tag": None, "repeats": n}
            task |= {"dataset_path": "json", "dataset_name": None, "dataset_kwargs": {"data_files": files}}
            (folder / f"{name}-{n}.yaml").write_text(json.dumps(task), encoding="utf-8")  # JSON is YAML

    def _ask(self, asked: dict[str, Any]) -> dict[str, Any]:
        assert self.process is not None
        assert self.process.stdin is not None
        print(json.dumps(asked), file=self.process.stdin, flush=True)
        return self._reply()

    def _reply(self) -> dict[str, Any]:
        assert self.process is not None
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            print((Path(self.folder.name) / "log").read_text(errors="replace")[-4_000:], file=sys.stderr)
            raise RuntimeError("lm-evaluation-harness died; its last words are above")
        reply: dict[str, Any] = json.loads(line)
        return reply

    def _sampled(self, name: str, logged: Sequence[dict[str, Any]]) -> Sampled:
        first = logged[0]
        prompt, asked = first["arguments"][0]
        return Sampled(
            index=self.positions[name.removeprefix("local_").rpartition("_n")[0]][first["doc_id"]],
            prompt=prompt,
            until=tuple(asked["until"]),
            responses=tuple(first["resps"][0]),
            extracted={row["filter"]: str(row["filtered_resps"][0]) for row in logged},
            scores={row["filter"]: {name: float(row[name] or 0) for name in row["metrics"]} for row in logged},
        )


def _local(name: str, n: int) -> str:
    return f"local_{name}_n{n}"


def _by_problem(rows: Sequence[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    """A problem's rows, one a filter, together."""
    found: dict[int, list[dict[str, Any]]] = {}
    for row in rows:
        found.setdefault(row["doc_id"], []).append(row)
    return list(found.values())


def _tasks_of(python: Path) -> Path:
    """Where lm-evaluation-harness keeps its tasks."""
    command = [str(python), "-P", "-c", "import importlib.util; print(importlib.util.find_spec('lm_eval').origin)"]
    return Path(subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()).parent / "tasks"
