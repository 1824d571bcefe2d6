"""Tiny models for the whole session."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from mathmill.eval.models.local import LocalModel, LocalOptions
from tests.eval.models import tiny

Models = Callable[[str], LocalModel]


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Models:
    """A loaded model by its kind; `chat` is a Llama with a chat template."""
    loaded: dict[str, LocalModel] = {}

    def model(kind: str) -> LocalModel:
        if kind not in loaded:
            folder = tmp_path_factory.mktemp(kind)
            tiny.write(folder, "llama" if kind == "chat" else kind, tiny.TEMPLATE if kind == "chat" else None)
            loaded[kind] = LocalModel(str(folder), LocalOptions(device="cpu", batch_size=3))
        return loaded[kind]

    return model
