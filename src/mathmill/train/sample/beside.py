"""What other runs of samples have kept, so that solutions of several policies can be trained on together, each once."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import orjson

from mathmill.data.config import canonical_json
from mathmill.data.errors import ConfigError
from mathmill.data.runs import load_manifest
from mathmill.data.store.mounts import at_hand, shown
from mathmill.train.sample.distinct import Sameness, mark_of
from mathmill.train.sample.layout import SAMPLES, SOLUTIONS_FOLDER
from mathmill.train.sample.recipe import Keep


@dataclass(frozen=True, slots=True)
class Beside:
    """Marks of solutions by question, whatever ids its Problem has in other runs; and a hash of each run's."""

    marks: Mapping[bytes, frozenset[bytes]]
    fingerprints: Mapping[str, str]

    def of(self, question: str) -> frozenset[bytes]:
        """The marks of the solutions that are known of a question."""
        return self.marks.get(mark_of(question, "text"), frozenset()) if self.marks else frozenset()


def load_beside(keep: Keep) -> Beside:
    """What the runs that `keep` names have.

    Raises:
        InputMissing: one is not there, or not done.
        ConfigError: one is no run of samples.
    """
    marks: dict[bytes, set[bytes]] = {}
    fingerprints = {str(folder): _read(folder, keep.distinct, marks) for folder in keep.beside}
    return Beside({question: frozenset(of) for question, of in marks.items()}, fingerprints)


def _read(folder: Path, by: Sameness, marks: dict[bytes, set[bytes]]) -> str:
    manifest = load_manifest(folder)
    if manifest["kind"] != SAMPLES:
        raise ConfigError(f"keep.beside: {shown(folder)} is a run of kind {manifest['kind']!r}, not one of samples")
    files = {name: each for name, each in manifest["outputs"].items() if name.startswith(f"{SOLUTIONS_FOLDER}/")}
    for name in files:
        with at_hand(folder / name).open("rb") as file:
            for line in file:
                row = orjson.loads(line)
                marks.setdefault(mark_of(row["question"], "text"), set()).add(mark_of(row["solution"], by))
    return hashlib.sha256(canonical_json([each["sha256"] for each in files.values()])).hexdigest()
