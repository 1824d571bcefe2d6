"""A policy opened for training: found, or made anew, adapted, and ready on its device.

This file imports torch at its head. Only functions import it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch

from mathmill.data.errors import ConfigError, InputMissing
from mathmill.data.terminal import one_line
from mathmill.eval.models.find import Place, find_tokenizer, read_json
from mathmill.eval.models.load import Wanted, checked_device, quiet, read, read_tokenizer
from mathmill.train.batch.ends import Ends, ends_of
from mathmill.train.policy.fresh import fresh_model
from mathmill.train.policy.settings import PolicySettings, Precision
from mathmill.train.policy.vocabulary import make_tokenizer


@dataclass(slots=True)
class Policy:
    """The model that is trained. `facts` identify it; `notes` are what a person should know of how it was opened."""

    model: Any  # of transformers, or of peft around one
    tokenizer: Any
    ends: Ends
    name: str
    device: torch.device
    precision: Precision  # what is computed in
    facts: Mapping[str, str]
    notes: tuple[str, ...]
    saved_in: Precision = "float32"  # what its folder is written in

    @property
    def causal(self) -> Any:
        """The model of transformers, within what peft puts around it."""
        return self.model.get_base_model() if self.adapted else self.model

    @property
    def adapted(self) -> bool:
        """Whether an adapter is trained, and not the model's own weights."""
        return hasattr(self.model, "peft_config")


def open_policy(
    settings: PolicySettings, device: str | torch.device, seed: int, texts: Iterable[str] | None = None
) -> Policy:
    """Open the model of these settings; `texts` are what the tokenizer of a fresh one is made of.

    It is in training mode, and only what is trained requires gradients. The seed decides all weights that are new.

    Raises:
        InputMissing, DamagedInput, ConfigError: as `eval.models.load.read`; or the settings do not fit the model.
    """
    where = torch.device(checked_device(str(device)))
    precision = settings.resolved_precision(where.type)
    if settings.fresh is not None:
        model, tokenizer, facts = _fresh(settings, where, seed, texts)
        stored = settings.weights
    else:
        model, tokenizer, facts, stored = _started(settings, where, precision)
    if settings.chat_template is not None:
        tokenizer.chat_template = _template(settings.chat_template)
    saved_in: Precision = stored if settings.saved_in == "auto" else settings.saved_in
    notes = _fit_vocabulary(model, tokenizer, seed, settings)
    if settings.router_loss is not None:
        _set_router_loss(model, settings.router_loss, facts["name"])
    ends = ends_of(facts["name"], tokenizer, model)
    if ends.pad >= model.get_input_embeddings().num_embeddings:
        ends = replace(ends, pad=ends.eos)  # what it is does not matter, but that it has a row
    adapted, more = _trained(model, settings, seed)
    if (
        settings.checkpointing
    ):  # after adapters: peft would have embeddings require gradients, which this form needs not
        _checkpoint(model, facts["name"])
    facts |= {"precision": precision, **_counts(adapted)}
    policy = Policy(adapted.train(), tokenizer, ends, facts["name"], where, precision, facts, (*notes, *more), saved_in)
    policy.notes += _head_note(policy)
    return policy


def _started(
    settings: PolicySettings, device: torch.device, precision: Precision
) -> tuple[Any, Any, dict[str, str], Precision]:
    # Of a model under an adapter nothing is trained, so that no small update can be lost.
    dtype = precision if settings.lora else settings.weights
    smaller = "train an adapter (lora)" if settings.lora is None else 'set precision = "bfloat16"'
    found = read(settings.start, settings.revision, Wanted(dtype, str(device), settings.attention, smaller))
    facts = {"name": settings.start, "weights": found.place.weights, "dtype": dtype}
    return _plain(found.model), found.tokenizer, facts, _stored(found.place)


def _stored(place: Place) -> Precision:
    """What a model's folder is written in, of the two that there are here."""
    written = {} if place.gguf else read_json(place.folder / "config.json")
    kind = written.get("dtype") or written.get("torch_dtype") or written.get("text_config", {}).get("dtype")
    return "bfloat16" if kind in ("bfloat16", "float16") else "float32"


def _plain(model: Any) -> Any:
    """A model that was read from GGUF as one that never was quantised: the former cannot be saved.

    Raises:
        ConfigError: its weights are quantised still.
    """
    if getattr(model, "hf_quantizer", None) is None:
        return model
    if any(not weight.is_floating_point() for weight in model.parameters()):
        raise ConfigError("the weights of this model are quantised, and such are not trained: start from the original")
    import transformers

    library: Any = transformers
    dtype, device = model.dtype, model.device
    written = model.config.to_dict()
    kept = {key: value for key, value in written.items() if key not in ("quantization_config", "dtype", "torch_dtype")}
    with torch.random.fork_rng(devices=[]):
        plain = library.AutoModelForCausalLM.from_config(
            type(model.config)(**kept), dtype=dtype, attn_implementation=model.config._attn_implementation
        )
    plain.load_state_dict(model.state_dict())
    return plain.to(device)


def _fresh(
    settings: PolicySettings, device: torch.device, seed: int, texts: Iterable[str] | None
) -> tuple[Any, Any, dict[str, str]]:
    shape = settings.fresh
    assert shape is not None
    if settings.tokenizer:
        place = find_tokenizer(settings.tokenizer)
        with quiet():
            tokenizer = read_tokenizer(place, settings.tokenizer)
    elif texts is None:
        raise ConfigError("a fresh model needs a tokenizer: set tokenizer to the folder of one")
    else:
        tokenizer = make_tokenizer(texts, shape.vocabulary, shape.context)
    model: Any = fresh_model(shape, tokenizer, seed)
    if settings.attention != "auto":
        model.set_attn_implementation(settings.attention)
    digest = hashlib.sha256(tokenizer.backend_tokenizer.to_str().encode()).hexdigest()
    facts = {"name": "fresh", "weights": f"seed:{seed} tokenizer:{digest}", "dtype": settings.weights}
    return model.to(device, getattr(torch, settings.weights)), tokenizer, facts


def _template(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputMissing(f"the chat template {path} cannot be read ({error}): name a Jinja file") from None


def _fit_vocabulary(model: Any, tokenizer: Any, seed: int, settings: PolicySettings) -> tuple[str, ...]:
    """Give tokens that have no row in the embedding one, if texts or chats are written with them; notes of it."""
    rows = model.get_input_embeddings().num_embeddings
    rest = {token: added for token, added in tokenizer.added_tokens_decoder.items() if token >= rows}
    if len(tokenizer) <= rows and not rest:
        return ()
    template = tokenizer.chat_template or ""
    ends = (tokenizer.bos_token, tokenizer.eos_token)
    unused = all(
        added.special and added.content not in ends and added.content not in template for added in rest.values()
    )
    if unused and len(tokenizer) - len(rest) <= rows:
        names = ", ".join(added.content for added in rest.values())
        return (f"{one_line(names, 100)}: no row in the embedding, so texts with it are refused",)
    if settings.lora is not None:
        raise ConfigError(
            f"{settings.start} has {rows:,} rows of embedding for the {len(tokenizer):,} tokens of its tokenizer, and "
            "new rows would not be trained with an adapter: train all weights (leave lora out)"
        )
    with quiet(), torch.random.fork_rng(devices=[model.device] if model.device.type == "cuda" else []):
        torch.manual_seed(seed)
        model.resize_token_embeddings(len(tokenizer))
    return (f"{len(tokenizer) - rows:,} rows were added to the embedding, for tokens that had none",)


def _set_router_loss(model: Any, weight: float, name: str) -> None:
    config = model.config.get_text_config(decoder=True)
    if not hasattr(config, "router_aux_loss_coef"):
        raise ConfigError(f"{name} ({config.model_type}) has no experts to balance: leave router_loss out")
    config.router_aux_loss_coef = weight


def _trained(model: Any, settings: PolicySettings, seed: int) -> tuple[Any, tuple[str, ...]]:
    """The model with gradients required of what is trained alone, and notes."""
    if settings.lora is not None:
        from mathmill.train.policy.adapters import adapted

        return adapted(model, settings, seed), ()
    # Of a model that reads pictures too, text does not reach the rest.
    reached = {
        id(weight) for part in (model.get_decoder(), model.get_output_embeddings()) for weight in part.parameters()
    }
    unreached = [weight for weight in model.parameters() if id(weight) not in reached]
    for weight in unreached:
        weight.requires_grad_(False)
    notes = []
    if unreached:
        count = sum(weight.numel() for weight in unreached)
        notes.append(f"{count:,} parameters are not reached by text and stay as they are")
    if settings.weights == "bfloat16":
        notes.append("trained weights are kept in bfloat16, which loses updates below 1/256 of a weight")
    return model, tuple(notes)


def _checkpoint(model: Any, name: str) -> None:
    if not model.supports_gradient_checkpointing:
        raise ConfigError(f"{name} ({model.config.model_type}) cannot be checkpointed: leave checkpointing out")
    # The name until transformers 5.20 and the one since.
    enable = getattr(model, "activation_checkpointing_enable", None) or model.gradient_checkpointing_enable
    enable({"use_reentrant": False})


def _counts(model: Any) -> dict[str, str]:
    weights = list(model.parameters())
    trained = sum(weight.numel() for weight in weights if weight.requires_grad)
    return {"parameters": str(sum(weight.numel() for weight in weights)), "trained": str(trained)}


def _head_note(policy: Policy) -> tuple[str, ...]:
    from mathmill.train.policy.head import parts_of

    if parts_of(policy.causal) is not None:
        return ()
    return ("its head cannot be taken apart, so the logits of a whole microbatch are made: mind the memory",)
