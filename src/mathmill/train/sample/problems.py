"""The Problems that a policy is asked, and those that must not be: tests of known benchmarks, and what copies them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from mathmill.data.config import canonical_json
from mathmill.data.errors import ConfigError, InputMissing
from mathmill.data.passages import Passages
from mathmill.data.problem_texts import Sought
from mathmill.data.problems import ENDINGS, Loaded, Problem, load_problems
from mathmill.data.runs import load_claim, load_manifest
from mathmill.data.sources import Source, all_sources, load_source
from mathmill.data.store.mounts import at_hand, is_there, run_folder
from mathmill.data.tables import ask
from mathmill.data.terminal import one_line
from mathmill.train.sample.layout import SAMPLES
from mathmill.train.sample.recipe import Asked

TRAIN = "/train"  # what keys of known sets end in that are there to be trained on

_HARVESTED = Path("problems/graded-train.parquet")  # of a corpus run: those with a gold, of its train split
_SHOTS = ("fewshot/", "mgsm/exemplars/")
_COPIED = 0.5  # of a benchmark's question, by words in a row: less is a set phrase, more the same with other numbers
_FILES = (*ENDINGS, ".json")


def load_asked(asked: Asked) -> Loaded:
    """The Problems that a recipe names.

    Raises:
        ConfigError: they are a benchmark's test, or as `load_problems`.
        InputMissing, DamagedInput: as `load_problems`; or a run has none.
    """
    if asked.use:
        loaded = _known(asked)
    elif asked.file is not None:
        source = Source(key=asked.file.name.partition(".")[0] or "own")
        loaded = load_problems(
            source,
            asked.file,
            columns=asked.columns,
            gold_from=asked.gold_from,
            skip_without_gold=asked.skip_without_gold,
        )
    else:
        loaded = _of_run(run_folder(asked.run or Path()), asked.pass_rate)
    _refuse_tests(loaded)
    return loaded


def _known(asked: Asked) -> Loaded:
    source = load_source(asked.use)
    if not source.key.endswith(TRAIN):
        known = ", ".join(key for key in all_sources() if key.endswith(TRAIN))
        raise ConfigError(
            f"problems.use: {source.key} is what models are measured on: a policy trained on solutions of it would "
            f"know it by heart. Choose what is there to train on: {known}, or a file or run of your own"
        )
    return load_problems(source, asked.data)


def _of_run(folder: Path, pass_rate: tuple[float, float]) -> Loaded:
    if is_there(folder / "config.json") and load_claim(folder)["kind"] == SAMPLES:
        load_manifest(folder)  # that it is done
        return _of_samples(folder, pass_rate)
    if pass_rate != (0.0, 1.0):
        raise ConfigError(
            f"problems.pass_rate: {folder} is no run of samples, so nobody knows how hard its Problems are"
        )
    path = folder / _HARVESTED
    if not is_there(path):
        raise InputMissing(
            f"no {_HARVESTED} in {folder}: name a corpus run whose recipe has the pass `harvest`, or a run of samples; "
            "Problems with a gold in a file are named with `problems.file`"
        )
    return load_problems(Source(key=folder.name or "run"), at_hand(path))


def _of_samples(folder: Path, pass_rate: tuple[float, float]) -> Loaded:
    low, high = pass_rate
    names = "id, question, answer, solution, subject, level, lang"
    query = f"SELECT {names} FROM problems WHERE dropped = '' AND pass_rate BETWEEN $low AND $high"  # noqa: S608
    rows = ask(folder, "problems", query, {"low": low, "high": high})
    problems = [_problem(row) for row in rows]
    if not problems:
        raise InputMissing(f"{folder} has no Problem with a pass rate from {low:g} to {high:g}: set problems.pass_rate")
    digest = hashlib.sha256(b"".join(canonical_json(asdict(problem)) for problem in problems))
    return Loaded(problems, f"{folder}, pass rate {low:g} to {high:g}", digest.hexdigest(), 0, 0)


def _problem(row: Mapping[str, Any]) -> Problem:
    meta = {name: row[name] for name in ("solution", "subject", "level", "lang") if row[name]}
    return Problem(row["id"], row["question"], row["answer"], meta)


def _refuse_tests(loaded: Loaded) -> None:
    """Refuse the file of a known test under whatever option it comes, and Problems that bear its ids.

    Raises:
        ConfigError: it is one.
    """
    for source in _tests():
        if loaded.origin.endswith(tuple(f"/{source.path}{ending}" for ending in ENDINGS)):
            raise _is_test(source.key, loaded.origin)
    prefixes = {source.ids.partition("#")[0] or f"{source.key}/": source.key for source in _tests()}
    for problem in loaded.problems:
        head, slash, _ = problem.id.rpartition("/")
        if (key := prefixes.get(head + slash)) is not None:
            raise _is_test(key, f"{loaded.origin}, {one_line(problem.id, 60)}")


def _tests() -> Iterator[Source]:
    for key, source in all_sources().items():
        if not key.endswith(TRAIN) and not key.startswith(_SHOTS):
            yield source


def _is_test(key: str, where: str) -> ConfigError:
    return ConfigError(
        f"{where} is of {key}, which models are measured on: choose Problems that are there to train on, or take those "
        "of the benchmark out of the file"
    )


class Benchmarks:
    """Questions of benchmarks, of which Problems must not hold half of one."""

    def __init__(self, names: Iterable[str], data: Path | None) -> None:
        sets = {name: _loaded(name, data) for name in names}
        self.fingerprints = {f"against {name}": loaded.fingerprint for name, loaded in sets.items()}
        self._ids = [problem.id for loaded in sets.values() for problem in loaded.problems]
        self._passages = Passages([Sought("question", p.question) for loaded in sets.values() for p in loaded.problems])

    def copied(self, problems: Sequence[Problem]) -> dict[str, str]:
        """Id of a Problem -> id of a benchmark's Problem whose question it has."""
        if not self._ids:
            return {}
        return {problem.id: of for problem in problems if (of := self._of(problem)) is not None}

    def _of(self, problem: Problem) -> str | None:
        for passage in self._passages.found_in(problem.question):
            if passage.words >= _COPIED * self._passages.words[passage.text]:
                return self._ids[passage.text]
        return None


def _loaded(name: str, data: Path | None) -> Loaded:
    if name.endswith(_FILES):
        return load_problems(Source(key=name), Path(name), skip_without_gold=True)
    return load_problems(load_source(name), data, skip_without_gold=True)
