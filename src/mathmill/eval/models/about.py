"""What a server says of itself: the models that it has, and how long their context is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from mathmill.data.errors import ConfigError
from mathmill.data.terminal import one_line
from mathmill.eval.models.wire import Unpromised

# Names that a message lists.
_LISTED = 20


@dataclass(frozen=True, slots=True)
class About:
    """A model of a server. `facts` identify it, `context` is the most tokens of a prompt with its completion, or 0."""

    name: str
    owner: str = ""
    context: int = 0
    facts: Mapping[str, str] = field(default_factory=dict)
    others: tuple[str, ...] = ()


def about(listed: Any, name: str, url: str) -> About:
    """The model of this name in what a server answers to `GET /models`, or its only one if the name is empty.

    A name that is not listed is taken as it is: some servers load what they are asked for. `listed` is None where the
    server has no list.

    Raises:
        ConfigError: no name is given, and the server does not have exactly one model; the message lists them.
        Unpromised: that is no list of models.
    """
    models = {} if listed is None else _models(listed)
    if not name and len(models) != 1:
        have = f"has {len(models)} models ({names(models)})" if models else "lists no models"
        raise ConfigError(f"the server at {url} {have}: name the one to measure with --model-name")
    name = name or next(iter(models))
    model = models.get(name, {})
    owner, context = model.get("owned_by"), model.get("max_model_len", _meta(model).get("n_ctx"))
    return About(
        name,
        owner.lower() if isinstance(owner, str) else "",
        context if type(context) is int and context > 0 else 0,
        _facts(name, model),
        tuple(models),
    )


def _models(listed: Any) -> dict[str, dict[str, Any]]:
    found = listed.get("data") if isinstance(listed, dict) else listed
    if not isinstance(found, list):
        raise Unpromised("it holds no list of models")
    return {model["id"]: model for model in found if isinstance(model, dict) and isinstance(model.get("id"), str)}


def _meta(model: Mapping[str, Any]) -> dict[str, Any]:
    """What llama.cpp says of a model."""
    meta = model.get("meta")
    return meta if isinstance(meta, dict) else {}


def _facts(name: str, model: Mapping[str, Any]) -> dict[str, str]:
    """What tells this model from another: not where the server is, nor when it was started.

    vLLM says in `root` which weights a name stands for, llama.cpp in `meta` how many parameters and bytes they are.
    """
    meta = _meta(model)
    said = {
        "owned_by": model.get("owned_by"),
        "root": model.get("root"),
        "parameters": meta.get("n_params"),
        "bytes": meta.get("size"),
    }
    told = {
        key: one_line(str(value), 200) for key, value in said.items() if type(value) in (str, int) and value != name
    }
    return {"name": one_line(name, 200), **told, "backend": "server"}


def names(models: Any) -> str:
    """Names of models in words; the first ones where there are many."""
    shown = [one_line(name, 80) for name in models]
    more = f" and {len(shown) - _LISTED:,} more" if len(shown) > _LISTED else ""
    return ", ".join(shown[:_LISTED]) + more
