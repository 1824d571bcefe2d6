"""A model by its name, and what is said of options that mean nothing for it."""

from __future__ import annotations

from pathlib import Path

import pytest

from mathmill.data.errors import ConfigError, InputMissing
from mathmill.eval.models.base import Message, Prompt, Sampling
from mathmill.eval.models.local import LocalModel, LocalOptions
from mathmill.eval.models.names import Backend
from mathmill.eval.models.open import Means, open_model, template_of
from mathmill.eval.models.wire import Dialect, request_for
from tests.eval.models import tiny

CHAT = Prompt("p", (Message("user", "What is 3 + 4?"),))


@pytest.mark.parametrize(
    ("name", "means", "words"),
    [
        ("http://127.0.0.1:9/v1", Means(local=LocalOptions(dtype="bfloat16")), "takes no such options"),
        ("somewhere", Means(concurrency=3), "takes no such options"),
        ("somewhere", Means(backend="vllm", local=LocalOptions(batch_size=3)), "takes no such options"),
        ("somewhere", Means(served_name="echo"), "takes no such options"),
        ("somewhere", Means(backend="server"), "do not go together"),
        ("http://127.0.0.1:9/v1", Means(backend="vllm"), "do not go together"),
        ("localhost:8000/v1", Means(), "begins with http://"),
    ],
)
def test_what_does_not_go_together_is_refused(name: str, means: Means, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        open_model(name, means)


@pytest.mark.parametrize("backend", ["auto", "transformers"])
def test_a_folder_that_is_not_there(backend: Backend) -> None:
    with pytest.raises(InputMissing):
        open_model("./nowhere", Means(backend=backend))


@pytest.mark.parametrize("text", ["", "[1]", "enable_thinking=false", "{"])
def test_arguments_of_a_template_are_an_object(text: str) -> None:
    with pytest.raises(ConfigError, match="write a JSON object"):
        template_of(text)


def test_arguments_reach_the_template_and_make_another_model(tmp_path: Path) -> None:
    template = "{{ 'quick' if short else 'slow' }}: {{ messages[0].content }}"
    folder = str(tiny.write(tmp_path / "model", "llama", template))
    plain, short = LocalModel(folder), LocalModel(folder, LocalOptions(template=template_of('{"short": true}')))
    assert "template" not in plain.facts
    assert short.facts["template"] == '{"short":true}'
    texts = [model._reader._as_text(CHAT.given) for model in (plain, short)]  # type: ignore[arg-type]
    assert texts == ["slow: What is 3 + 4?", "quick: What is 3 + 4?"]


def test_arguments_reach_a_server() -> None:
    body = request_for(CHAT, Sampling(), Dialect("m", template={"short": True}), 0, 1)
    assert body["chat_template_kwargs"] == {"short": True}
    assert "chat_template_kwargs" not in request_for(CHAT, Sampling(), Dialect("m"), 0, 1)


@pytest.mark.parametrize("temperature", [1e-42, 0.0009])
def test_a_temperature_that_nothing_can_be_divided_by(temperature: float) -> None:
    with pytest.raises(ValueError, match=r"at least 0\.001"):
        Sampling(temperature=temperature)
