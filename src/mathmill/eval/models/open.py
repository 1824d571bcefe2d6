"""A model by its name: a folder, a `.gguf` file, a model on the hub, or the address of a server."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from mathmill.data.errors import ConfigError
from mathmill.eval.models.base import Model
from mathmill.eval.models.local import LocalOptions
from mathmill.eval.models.names import Backend

#: Requests at a time to a server, and seconds that it is waited for, if nothing else is said.
CONCURRENCY, PATIENCE = 16, 300.0
_HOST = re.compile(r"[\w.-]+:\d+")
_ADDRESS = re.compile(r"https?://", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Means:
    """How a model is reached and run.

    `backend` is by itself a server for an address and transformers for anything else; `local.template` is for all.
    """

    backend: Backend = "auto"
    local: LocalOptions = field(default_factory=LocalOptions)
    served_name: str = ""
    concurrency: int = CONCURRENCY
    patience: float = PATIENCE


def open_model(name: str, means: Means) -> Model:
    """The model of this name, ready to be asked.

    Raises:
        InputMissing: it is not there, or no server answers.
        DamagedInput: its files are not whole.
        ConfigError: it cannot be used so.
    """
    is_address = _ADDRESS.match(name) is not None
    if not is_address and _HOST.match(name) and not Path(name).exists():
        raise ConfigError(f"{name} is no folder and no model on the hub: a server's address begins with http://")
    if is_address != (means.backend == "server") and means.backend != "auto":
        raise ConfigError(
            f"--backend {means.backend} and {name} do not go together: an address such as http://localhost:8000/v1 "
            "is a server, anything else is a folder, a .gguf file or a model on the hub"
        )
    if is_address:
        from mathmill.eval.models.server import connect

        _only(name, means.local, LocalOptions(template=means.local.template))
        return connect(
            name,
            name=means.served_name,
            concurrency=means.concurrency,
            patience=means.patience,
            template=means.local.template,
        )
    _only(name, (means.served_name, means.concurrency, means.patience), ("", CONCURRENCY, PATIENCE))
    if means.backend == "vllm":
        from mathmill.eval.models.vllm import VllmModel, VllmOptions

        shared = means.local.model_dump(include={"revision", "dtype", "template"})
        _only(name, means.local, LocalOptions(**shared))
        return VllmModel(name, VllmOptions(**shared))
    from mathmill.eval.models.local import LocalModel

    return LocalModel(name, means.local)


def template_of(text: str) -> dict[str, Any]:
    """The arguments of a chat template that an option says as a JSON object.

    Raises:
        ConfigError: it is none.
    """
    try:
        arguments = orjson.loads(text)
    except orjson.JSONDecodeError:
        arguments = None
    if not isinstance(arguments, dict):
        raise ConfigError(
            f'--chat-template-args {text[:200]!r}: write a JSON object, such as {{"enable_thinking": false}}'
        )
    return arguments


def _only(name: str, given: object, plain: object) -> None:
    """Refuse options that the backend has no use for: whoever sets one expects it to do something.

    Raises:
        ConfigError: one is set.
    """
    if given != plain:
        raise ConfigError(
            f"{name} takes no such options: --revision and --dtype are for a model in this process, --device and "
            "--batch-size for one that transformers runs, --model-name, --concurrency and --patience for a server"
        )
