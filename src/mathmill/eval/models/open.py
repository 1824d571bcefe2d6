"""A model by its name: a folder, a `.gguf` file, a model on the hub, or the address of a server."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from mathmill.data.errors import ConfigError
from mathmill.eval.models.base import Model
from mathmill.eval.models.local import LocalOptions
from mathmill.eval.models.names import Backend

_ADDRESS = re.compile(r"https?://", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Means:
    """How a model is reached and run; what the backend that is chosen has no use for is left unread.

    `backend` is by itself a server for an address and transformers for anything else.
    """

    backend: Backend = "auto"
    local: LocalOptions = field(default_factory=LocalOptions)
    served_name: str = ""
    concurrency: int = 16
    patience: float = 300.0


def open_model(name: str, means: Means) -> Model:
    """The model of this name, ready to be asked.

    Raises:
        InputMissing: it is not there, or no server answers.
        DamagedInput: its files are not whole.
        ConfigError: it cannot be used so.
    """
    is_address = _ADDRESS.match(name) is not None
    if is_address != (means.backend == "server") and means.backend != "auto":
        raise ConfigError(
            f"--backend {means.backend} and {name} do not go together: an address such as http://localhost:8000/v1 "
            "is a server, anything else is a folder, a .gguf file or a model on the hub"
        )
    if is_address:
        from mathmill.eval.models.server import connect

        return connect(name, name=means.served_name, concurrency=means.concurrency, patience=means.patience)
    if means.backend == "vllm":
        from mathmill.eval.models.vllm import VllmModel, VllmOptions

        return VllmModel(name, VllmOptions(revision=means.local.revision, dtype=means.local.dtype))
    from mathmill.eval.models.local import LocalModel

    return LocalModel(name, means.local)
