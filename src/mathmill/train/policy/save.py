"""A policy as a folder that others load: `from_pretrained` of transformers or peft, and vLLM.

FOLDER/
  config.json, model*.safetensors (model.safetensors.index.json)     or, of an adapter, adapter_config.json and its own
  tokenizer.json, tokenizer_config.json, chat_template.jinja         as the policy was trained with
  generation_config.json      its EOS are the whole set at which a completion ends
  README.md                   the card

It appears whole or not at all, and the same policy gives the same bytes.

This file imports torch at its head. Only functions import it.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.distributed.tensor import DTensor

from mathmill.data.config import canonical_json
from mathmill.data.errors import CannotCreate, ConfigError, DiskFull
from mathmill.data.files import sync_file, sync_folder, temporary, writing
from mathmill.eval.models.load import quiet
from mathmill.train.policy.adapters import CONFIG, WEIGHTS, adapter_weights, merged_weights
from mathmill.train.policy.card import policy_card
from mathmill.train.policy.load import Policy

_SHARD = 4 * 10**9  # bytes of a file of weights
_CARD = "README.md"
# What a generation config that transformers made from a model's own holds beside habits.
_NO_HABITS = ("_from_model_config", "output_attentions", "output_hidden_states", "transformers_version", "use_cache")


def save_policy(
    policy: Policy,
    folder: Path,
    weights: Mapping[str, Tensor] | None = None,
    facts: Mapping[str, Any] | None = None,
    shard: int = _SHARD,
) -> None:
    """Write the whole model, the adapters that speak merged into it, in the format that it is to be saved in.

    `weights` are those to be saved, by their names in `policy.model`, or those of them that are trained; without, they
    are the model's own. `facts` are for the card; its `datasets` are names.

    Raises:
        CannotCreate, DiskFull: it cannot be written, or something else is there. A model that is there is replaced.
        ConfigError: weights that are not given are spread over processes.
    """
    dtype = getattr(torch, policy.saved_in)
    whole = merged_weights(policy, _all(policy, weights))
    state = {name: _as(weight, dtype) for name, weight in whole.items()}

    def write(place: Path) -> None:
        import transformers

        library: Any = transformers
        # Only a shape without weights: it is of the plain sort, whatever the policy was read from or adapted with.
        with torch.device("meta"):
            shape = library.AutoModelForCausalLM.from_config(deepcopy(policy.causal.config), dtype=dtype)
        shape.generation_config = _generation(policy)
        shape.save_pretrained(place, state_dict=state, max_shard_size=shard)
        _save_tokenizer(policy.tokenizer, place)
        (place / _CARD).write_text(policy_card(policy, folder.name, facts or {}, None), encoding="utf-8")

    _write_folder(folder, _bytes(state), write)


def save_adapter(
    policy: Policy,
    folder: Path,
    name: str,
    weights: Mapping[str, Tensor] | None = None,
    facts: Mapping[str, Any] | None = None,
) -> None:
    """Write one adapter, which `PeftModel.from_pretrained` puts on the model that the policy started from.

    Raises:
        CannotCreate, DiskFull: as `save_policy`.
        ConfigError: there is no adapter of that name.
    """
    from safetensors.torch import save_file

    if not policy.adapted or name not in policy.model.peft_config:
        raise ConfigError(f"{policy.name} has no adapter {name} to save: set lora, or save the whole model")
    found = adapter_weights(policy, name, weights or policy.model.state_dict())
    state = {key: _as(weight, weight.dtype) for key, weight in sorted(found.items())}
    config = {key: _plain(value) for key, value in policy.model.peft_config[name].to_dict().items()}
    config |= {"inference_mode": True}

    def write(place: Path) -> None:
        save_file(state, place / WEIGHTS, metadata={"format": "pt"})
        (place / CONFIG).write_bytes(canonical_json(config))
        _save_tokenizer(policy.tokenizer, place)
        (place / _CARD).write_text(policy_card(policy, folder.name, facts or {}, name), encoding="utf-8")

    _write_folder(folder, _bytes(state), write)


def _all(policy: Policy, weights: Mapping[str, Tensor] | None) -> dict[str, Tensor]:
    """Every weight of the policy by name: as given, under all names that it has, or else its own."""
    own = policy.model.state_dict(keep_vars=True)
    if weights is None:
        weights = {}
    named = {id(own[name]): weight for name, weight in weights.items()}
    found = {name: named.get(id(weight), weight.detach()) for name, weight in own.items()}
    if spread := [name for name, weight in found.items() if isinstance(weight, DTensor)]:
        raise ConfigError(
            f"{spread[0]} is spread over the processes and cannot be saved whole: save the adapter, and merge it later"
        )
    return found


def _as(weight: Tensor, dtype: torch.dtype) -> Tensor:
    """On the processor, in a format; what is no number (a mask, say) as it is."""
    wanted = dtype if weight.is_floating_point() else weight.dtype
    return weight.detach().to("cpu", wanted).contiguous()


def _generation(policy: Policy) -> Any:
    """How completions are drawn and ended: the model's own habits, and the set of EOS that it was trained with."""
    import transformers

    library: Any = transformers
    ends = policy.ends
    of_all = ends.of_turn if policy.tokenizer.chat_template else ends.of_text
    eos = [ends.eos, *sorted(of_all - {ends.eos})]
    tokens = {
        "bos_token_id": policy.tokenizer.bos_token_id,
        "eos_token_id": eos if len(eos) > 1 else eos[0],
        "pad_token_id": ends.pad,
    }
    own = policy.causal.generation_config
    habits = {key: value for key, value in own.to_diff_dict().items() if key not in _NO_HABITS} if own else {}
    found = library.GenerationConfig(**{**habits, **tokens})
    try:
        found.validate(strict=True)
    except ValueError:  # habits that contradict each other, such as a temperature for greedy text, are not saved
        found = library.GenerationConfig(**tokens)
    return found


def _save_tokenizer(tokenizer: Any, place: Path) -> None:
    """Write a tokenizer, without how it was found here."""
    for key in ("local_files_only", "is_local"):
        tokenizer.init_kwargs.pop(key, None)
    tokenizer.save_pretrained(place)


def _plain(value: Any) -> Any:
    return sorted(value) if isinstance(value, set) else value


def _bytes(state: Mapping[str, Tensor]) -> int:
    return sum(weight.nbytes for weight in state.values())


def _write_folder(folder: Path, size: int, write: Callable[[Path], None]) -> None:
    """Have a folder appear whole, in the place of a model that was there."""
    from safetensors import SafetensorError

    from mathmill.train.checkpoint.parts import os_error

    if (
        folder.exists()
        and any(folder.iterdir())
        and not any((folder / name).exists() for name in ("config.json", CONFIG))
    ):
        raise CannotCreate(f"{folder} holds something that is no model: name another folder")
    made, aside = temporary(folder), folder.with_name(f".{folder.name}.old")
    with writing(folder):
        for left in (made, aside):
            shutil.rmtree(left, ignore_errors=True)
        made.mkdir(parents=True)
        free = shutil.disk_usage(made).free
        if free < size:
            made.rmdir()
            raise DiskFull(
                f"{folder} needs {size:,} bytes and {free:,} are free: make room, then run the command again"
            )
        try:
            with quiet():
                write(made)
        except SafetensorError as error:
            raise os_error(error) from error
        for path in sorted(made.iterdir()):
            # Some libraries make files that nobody else can read.
            path.chmod(made.stat().st_mode & 0o666)
            sync_file(path)
        sync_folder(made)
        if folder.exists():
            folder.rename(aside)
        made.rename(folder)
        sync_folder(folder.parent)
        shutil.rmtree(aside, ignore_errors=True)
