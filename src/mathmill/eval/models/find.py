"""Where a model's files are, and whether they may be read: before a heavy library sees them.

A name is a folder, a GGUF file, or the id of a model on the hub (`owner/model`, or `owner/model/file.gguf`), which
is fetched into the hub's cache, or found there without a network. Weights are read from safetensors or GGUF alone: a
pickle (pytorch_model.bin) is a program that runs when it is opened.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from mathmill.data.errors import ConfigError, DamagedInput, InputMissing
from mathmill.data.files import file_sha256
from mathmill.data.hub import hub_quiet
from mathmill.data.terminal import one_line

_HUB_ID = re.compile(r"[\w.-]+(/[\w.-]+)?(/[\w.-]+\.gguf)?", re.ASCII)
_PICKLES = ("*.bin", "*.pt", "*.pth", "*.ckpt", "*.pkl")
_TOKENIZERS = ("tokenizer.json", "*.model", "vocab.json", "vocab.txt", "*.tiktoken")
# What the answers of a model depend on: its weights, configs and tokenizer, and not what a trainer left beside them.
_IDENTITY = (
    *("*.safetensors", "*.safetensors.index.json", "*config.json", "*token*.json", "chat_template.json", "*.jinja"),
    *_TOKENIZERS,
    "merges.txt",
)
_FETCHED = ("*.safetensors", "*.json", "*.jinja", "*.model", "*.txt", "*.tiktoken")
_NOT_FETCHED = ("*/*", "consolidated*")  # copies in other layouts


@dataclass(frozen=True, slots=True)
class Place:
    """A folder with a model; `gguf` names the file in it if the weights are such, `weights` says which they are."""

    folder: Path
    gguf: str | None
    weights: str


def find(name: str, revision: str) -> Place:
    """The place of a model.

    Raises:
        InputMissing: nothing is there, the hub cannot be reached, or there are no weights that may be read.
        DamagedInput: a file's structure is broken.
        ConfigError: the model needs code of its own, or a revision is asked of a local one.
    """
    path = Path(name).expanduser()
    if path.exists():
        if revision:
            raise ConfigError(f"{name} is on this machine and has no revisions: leave --revision out")
        return _folder(path, name) if path.is_dir() else _gguf(path, name)
    if name.startswith((".", "/", "~")) or not _HUB_ID.fullmatch(name):
        raise InputMissing(
            f"there is no model at {name}: name a folder with config.json and *.safetensors, a .gguf file, "
            "or a model of the hub (owner/model)"
        )
    return _from_hub(name, revision)


def find_tokenizer(name: str) -> Place:
    """The place of a tokenizer: a folder, or a model of the hub, of which nothing else is looked at.

    Raises:
        InputMissing: there is none.
    """
    path = Path(name).expanduser()
    if not path.is_dir():
        if path.exists() or name.startswith((".", "/", "~")) or not _HUB_ID.fullmatch(name):
            raise InputMissing(
                f"there is no tokenizer at {name}: name a folder with tokenizer.json, or a model of the hub"
            )
        path = _snapshot(name, "", [pattern for pattern in _FETCHED if pattern != "*.safetensors"])
    if not any(found for pattern in _TOKENIZERS for found in path.glob(pattern)):
        raise InputMissing(f"{name} has no tokenizer (tokenizer.json): copy it there from the model that it comes from")
    return Place(path, None, "")


def _folder(folder: Path, name: str) -> Place:
    check_folder(folder, name)
    digest = hashlib.sha256()
    for path in sorted({path for pattern in _IDENTITY for path in folder.glob(pattern) if path.is_file()}):
        digest.update(f"{path.name} {file_sha256(path)}\n".encode())
    return Place(folder, None, f"sha256:{digest.hexdigest()}")


def _gguf(path: Path, name: str) -> Place:
    with path.open("rb") as file:
        magic = file.read(4)
    if magic != b"GGUF":
        kind = "a pickle can run code when it is opened; convert it to safetensors" if _is_pickle(path) else "not GGUF"
        raise InputMissing(f"{name} is no model that can be read ({kind}): name a folder or a .gguf file")
    return Place(path.parent, path.name, f"sha256:{file_sha256(path)}")


def _is_pickle(path: Path) -> bool:
    return any(path.match(pattern) for pattern in _PICKLES)


def _from_hub(name: str, revision: str) -> Place:
    owner, _, file = name.rpartition("/") if name.endswith(".gguf") else (name, "", "")
    if file:
        path = _file(name, revision, owner, file)
        return Place(path.parent, file, f"commit:{path.parent.name}")
    folder = _snapshot(name, revision, list(_FETCHED))
    check_folder(folder, name)
    return Place(folder, None, f"commit:{folder.name}")


def _file(name: str, revision: str, owner: str, file: str) -> Path:
    import huggingface_hub

    with _hub_answers(name, revision):
        return Path(huggingface_hub.hf_hub_download(owner, file, revision=revision or None))


def _snapshot(name: str, revision: str, patterns: list[str]) -> Path:
    import huggingface_hub

    with _hub_answers(name, revision):
        return Path(
            huggingface_hub.snapshot_download(
                name, revision=revision or None, allow_patterns=patterns, ignore_patterns=list(_NOT_FETCHED)
            )
        )


@contextmanager
def _hub_answers(name: str, revision: str) -> Iterator[None]:
    """Failures of the hub as errors of ours."""
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError

    # The base of every error of the library that it speaks HTTP with, whichever that is in its version.
    transport: Any = HfHubHTTPError.__bases__[0]
    try:
        with hub_quiet():
            yield
    except (OSError, HFValidationError, transport) as error:
        reason = one_line(str(error) or type(error).__name__, 200)
        at = f" at revision {revision}" if revision else ""
        raise InputMissing(
            f"there is no folder {name}, and the hub did not give a model of that name{at} ({reason}): "
            "check the name and the network, log in with `hf auth login` if it is gated, or name a folder"
        ) from None


def check_folder(folder: Path, name: str) -> None:
    """Make sure that a folder holds a model that may be loaded.

    Raises:
        InputMissing, DamagedInput, ConfigError: as `find`.
    """
    if not (folder / "config.json").is_file():
        raise InputMissing(f"{name} has no config.json: name the folder that save_pretrained of a model wrote")
    config = read_json(folder / "config.json")
    weights = sorted(folder.glob("*.safetensors"))
    if not weights:
        pickles = sorted(path.name for pattern in _PICKLES for path in folder.glob(pattern))
        raise InputMissing(
            f"{name} has its weights as a pickle only ({one_line(pickles[0], 100)}), which can run code when it "
            "is opened: if you trust it, load it once with transformers (use_safetensors=False) and write it with "
            "save_pretrained"
            if pickles
            else f"{name} has no weights (*.safetensors): look whether they were copied whole"
        )
    for path in weights:
        _check_safetensors(path)
    index = folder / "model.safetensors.index.json"
    if index.is_file():
        named = set(read_json(index).get("weight_map", {}).values())
        if missing := sorted(map(str, named - {path.name for path in weights})):
            raise InputMissing(
                f"{name} lacks {missing[0]} ({len(missing)} of {len(named)} files of its index): copy it"
            )
    if not any(found for pattern in _TOKENIZERS for found in folder.glob(pattern)):
        raise InputMissing(f"{name} has no tokenizer (tokenizer.json): copy it there from the model that it comes from")
    _check_code(config, name)


def read_json(path: Path) -> dict[str, Any]:
    """The object in a JSON file.

    Raises:
        DamagedInput: it is none.
    """
    try:
        value = orjson.loads(path.read_bytes())
    except orjson.JSONDecodeError as error:
        raise DamagedInput(f"{path} is not JSON ({one_line(str(error), 120)}): copy it again") from None
    if not isinstance(value, dict):
        raise DamagedInput(f"{path} holds no JSON object: copy it again")
    return value


def _check_safetensors(path: Path) -> None:
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="pt"):
            pass
    except SafetensorError as error:
        raise DamagedInput(f"{path} is damaged ({one_line(str(error), 120)}): copy it again") from None


def _check_code(config: dict[str, Any], name: str) -> None:
    from transformers import CONFIG_MAPPING

    kind = config.get("model_type")
    if kind in CONFIG_MAPPING:
        return
    if "auto_map" in config:
        raise ConfigError(
            f"{name} needs code of its own (auto_map in config.json), which is not run: "
            "serve it with vLLM and name the server, or choose a model that transformers knows"
        )
    import transformers

    raise ConfigError(
        f"transformers {transformers.__version__} does not know the kind of {name} (model_type {kind!r} in "
        "config.json): choose another model, or a newer transformers"
    )
