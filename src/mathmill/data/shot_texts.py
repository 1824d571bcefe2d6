"""Few-shot texts that are in no data set: they come out of files of another project, as data.

    .yaml   `fewshot_config.samples`, a list of texts (lm-evaluation-harness, gsm8k-cot.yaml)
    .py     the list that `list_fewshot_samples` returns (its minerva_math/utils.py); the program is parsed, the one
            literal read, and nothing run

A file at an address is fetched once, has to have the hash that its source names, and is kept in the user's cache.
"""

from __future__ import annotations

import ast
import hashlib
import os
import tempfile
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mathmill.data.errors import CannotCreate, DamagedInput, InputMissing
from mathmill.data.gold_rules import GoldRule
from mathmill.data.sources import Columns, Source
from mathmill.data.table_files import Rows, Table

#: What the columns of such a file are, and how its solutions say their answers, by the ending of its name.
SHOT_FILES: dict[str, tuple[Columns, GoldRule]] = {
    ".yaml": (Columns(gold="target", solution="target", id=""), "phrase"),
    ".py": (Columns(question="problem", gold="solution", solution="solution", id=""), "last_box"),
}
_MAX_BYTES = 64 << 10  # of a file: the known ones have 3,000 and 12,000. YAML of this size takes a second or two
_MAX_SHOTS = 1_000
_SECONDS = 30.0  # that a server may be silent
_LISTS = "list_fewshot_samples"


def is_shot_file(path: Path) -> bool:
    """Whether its name says that it is YAML or a program."""
    return path.suffix in SHOT_FILES


def shot_table(path: Path, origin: str = "") -> Table:
    """The texts in a file, named as `origin` if that is given.

    Raises:
        InputMissing: it cannot be read.
        DamagedInput: it is too large, or has no such list.
    """
    origin = origin or str(path)
    try:
        with path.open("rb") as file:
            data = file.read(_MAX_BYTES + 1)
    except OSError as error:
        raise InputMissing(f"cannot read {path} ({error.strerror}): name a file of shots with --shots FILE") from error
    if len(data) > _MAX_BYTES:
        raise DamagedInput(f"{origin} is larger than {_MAX_BYTES:,} bytes: that is no file of shots")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise DamagedInput(f"{origin} is not UTF-8 text: name another file with --shots FILE") from error
    shots = _of_yaml(text, origin) if path.suffix == ".yaml" else _of_program(text, origin)
    if not shots or len(shots) > _MAX_SHOTS or not all(isinstance(shot, Mapping) for shot in shots):
        raise DamagedInput(f"{origin} has no list of 1 to {_MAX_SHOTS:,} shots: name another file with --shots FILE")
    return Table(origin, tuple(str(name) for name in shots[0]), _numbered(shots))


def _numbered(shots: Sequence[Mapping[str, Any]]) -> Rows:
    for number, shot in enumerate(shots, 1):
        yield f"shot {number}", shot


def _of_yaml(text: str, origin: str) -> Sequence[Any]:
    import yaml  # type: ignore[import-untyped]

    try:
        tree = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        told = " ".join(str(error).split())[:200]
        raise DamagedInput(f"{origin} is no YAML that can be read ({told}): name another with --shots FILE") from error
    config = tree.get("fewshot_config") if isinstance(tree, dict) else None
    samples = config.get("samples") if isinstance(config, dict) else None
    if not isinstance(samples, list):
        raise DamagedInput(f"{origin} has no list fewshot_config.samples: name another file with --shots FILE")
    return samples


def _of_program(text: str, origin: str) -> Sequence[Any]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of escapes in its texts that mean nothing
            module = ast.parse(text)
            for node in module.body:
                if isinstance(node, ast.FunctionDef) and node.name == _LISTS:
                    returned = [part.value for part in node.body if isinstance(part, ast.Return)]
                    found = ast.literal_eval(returned[0]) if len(returned) == 1 and returned[0] else None
                    return found if isinstance(found, list) else []
    except (SyntaxError, ValueError, TypeError, RecursionError, MemoryError) as error:
        raise DamagedInput(
            f"{origin}: {_LISTS} does not return one list of plain texts: name another file with --shots FILE"
        ) from error
    raise DamagedInput(f"{origin} has no function {_LISTS}: name another file with --shots FILE")


def fetched(source: Source) -> Path:
    """The file at a source's address: from the cache, or fetched and put there.

    Raises:
        InputMissing: it is not in the cache and cannot be fetched, or offline work is asked for.
        DamagedInput: what is there has another hash than the source names, or is too large.
    """
    kept = cache_folder() / "shots" / f"{source.sha256}{Path(source.url).suffix}"
    if kept.is_file() and hashlib.sha256(kept.read_bytes()).hexdigest() == source.sha256:
        return kept
    instead = (
        f"or download it elsewhere and name it with --shots FILE (a folder with {source.path}.jsonl.gz: --data DIR)"
    )
    if any(os.environ.get(name, "").upper() in {"1", "ON", "YES", "TRUE"} for name in _OFFLINE):
        raise InputMissing(
            f"{source.url} is not in {kept.parent}, and offline work is asked for: connect once, {instead}"
        )
    data = _fetch(source.url, instead)
    if hashlib.sha256(data).hexdigest() != source.sha256:
        raise DamagedInput(
            f"what is at {source.url} is not what {source.key} means (its sha256 differs): try again, {instead}"
        )
    _keep(kept, data)
    return kept


_OFFLINE = ("HF_HUB_OFFLINE", "HF_DATASETS_OFFLINE")


def _keep(path: Path, data: bytes) -> None:
    """Put a file there at once, whoever else does so at this moment."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(dir=path.parent)
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
        Path(name).replace(path)
    except OSError as error:
        raise CannotCreate(
            f"cannot keep {path} ({error.strerror}): name a folder that you can write to with XDG_CACHE_HOME"
        ) from error


def cache_folder() -> Path:
    """Where files that were fetched are kept: `mathmill` in XDG_CACHE_HOME, which is ~/.cache if unset."""
    home = os.environ.get("XDG_CACHE_HOME", "")
    return (Path(home) if Path(home).is_absolute() else Path.home() / ".cache") / "mathmill"


def _fetch(url: str, instead: str) -> bytes:
    from http.client import HTTPException
    from urllib.request import urlopen

    try:
        with urlopen(url, timeout=_SECONDS) as answer:  # noqa: S310 - Source.url is http or https
            data: bytes = answer.read(_MAX_BYTES + 1)
    except (OSError, HTTPException, ValueError) as error:
        told = " ".join(str(error).split())[:200]
        raise InputMissing(f"cannot fetch {url} ({told}): connect and try again, {instead}") from error
    if len(data) > _MAX_BYTES:
        raise DamagedInput(f"what is at {url} is larger than {_MAX_BYTES:,} bytes: try again, {instead}")
    return data
