"""The states of the random generators of a process as JSON: Python's, numpy's, torch's, and that of its CUDA device.

These are the generators that code reaches without naming one, such as dropout's. What a run draws on purpose comes from
its seed and the step, and has no state.
"""

from __future__ import annotations

import base64
import random
from typing import Any

import numpy as np
import torch


def random_states() -> dict[str, Any]:
    """The states as they are now; of CUDA only where this process has it in use."""
    version, words, gauss = random.getstate()
    legacy: dict[str, Any] = dict(np.random.get_state(legacy=False))
    states: dict[str, Any] = {
        "python": {"version": version, "words": _text(np.array(words, "<u4").tobytes()), "gauss": gauss},
        "numpy": {
            "generator": legacy["bit_generator"],
            "words": _text(legacy["state"]["key"].astype("<u4").tobytes()),
            "position": int(legacy["state"]["pos"]),
            "has_gauss": int(legacy["has_gauss"]),
            "gauss": float(legacy["gauss"]),
        },
        "torch": _text(torch.get_rng_state().numpy().tobytes()),
    }
    if torch.cuda.is_available() and torch.cuda.is_initialized():  # type: ignore[no-untyped-call]
        states["cuda"] = _text(torch.cuda.get_rng_state().numpy().tobytes())
    return states


def restore_random_states(states: dict[str, Any]) -> None:
    """Set the generators to states that `random_states` gave; that of a CUDA device where one is here."""
    python, legacy = states["python"], states["numpy"]
    random.setstate((python["version"], tuple(_words(python["words"]).tolist()), python["gauss"]))
    np.random.set_state(
        (legacy["generator"], _words(legacy["words"]), legacy["position"], legacy["has_gauss"], legacy["gauss"])
    )
    torch.set_rng_state(_tensor(states["torch"]))
    if "cuda" in states and torch.cuda.is_available():
        torch.cuda.set_rng_state(_tensor(states["cuda"]))


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _words(text: str) -> np.ndarray[Any, Any]:
    return np.frombuffer(base64.b64decode(text), "<u4").astype(np.uint32)


def _tensor(text: str) -> torch.Tensor:
    return torch.frombuffer(bytearray(base64.b64decode(text)), dtype=torch.uint8)
