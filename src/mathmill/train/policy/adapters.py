"""Adapters of a policy by name, one a domain: made, loaded, switched, taken off, merged.

The reference of a policy that has an adapter is its model without: no second copy of the weights.

This file imports torch at its head. Only functions import it.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from mathmill.data.errors import ConfigError, DamagedInput, InputMissing
from mathmill.data.terminal import one_line
from mathmill.eval.models.find import read_json
from mathmill.train.policy.load import Policy
from mathmill.train.policy.settings import Lora, PolicySettings

WEIGHTS, CONFIG = "adapter_model.safetensors", "adapter_config.json"
# What an adapter's config may say of its shape. All else in it is left alone: peft imports modules that some keys name.
_SHAPE = ("r", "lora_alpha", "lora_dropout", "target_modules", "use_rslora", "rank_pattern", "alpha_pattern")
# What would make it another sort of adapter, if set.
_OTHER = (
    "modules_to_save",
    "use_dora",
    "target_parameters",
    "trainable_token_indices",
    "lora_bias",
    "layers_to_transform",
)


def adapted(model: Any, settings: PolicySettings, seed: int) -> Any:
    """A model with a new adapter, which alone is trained, and with those that are loaded beside.

    Raises:
        ConfigError: peft is not installed, or the settings name no module of the model.
        InputMissing, DamagedInput: as `load_adapter`.
    """
    lora = settings.lora
    assert lora is not None
    peft = _peft()
    config = _config_of(lora.start, settings.start) if lora.start else _new(lora, model, settings.start)
    with _seeded(model, seed), _quiet(), _fits(settings.start):
        made = peft.get_peft_model(
            model, config, adapter_name=lora.name, autocast_adapter_dtype=settings.weights == "float32"
        )
    if lora.start:
        _fill(made, lora.name, lora.start)
    for name, folder in settings.adapters:
        load_adapter(made, name, folder)
    return made


def load_adapter(model: Any, name: str, folder: Path) -> None:
    """Load an adapter beside those that a model has. It is not trained, and says nothing until it is switched to.

    Raises:
        InputMissing: it is not there, or has its weights as a pickle only.
        DamagedInput: its files are damaged, or of another model.
        ConfigError: it is no LoRA of the plain sort.
    """
    config = _config_of(folder, "")
    with _quiet(), _as_they_were(model):
        with _fits(str(folder)):
            model.add_adapter(name, config)
        for parameter in _of_adapter(model, name).values():
            parameter.requires_grad_(False)
        _fill(model, name, folder)


@contextmanager
def reference(policy: Policy) -> Iterator[None]:
    """Within this the policy is the model that its adapters were put on, without dropout.

    Raises:
        ConfigError: its own weights are trained, so that what they were is gone.
    """
    _check_adapted(policy, "its reference would be a second copy of it: train an adapter (lora)")
    was_training = policy.model.training
    with _as_they_were(policy.model), policy.model.disable_adapter():
        policy.model.eval()
        try:
            yield
        finally:
            policy.model.train(was_training)


def switch(policy: Policy, *names: str) -> None:
    """Let these adapters speak, their changes added up, and no others. What is trained remains so.

    Raises:
        ConfigError: one is not there.
    """
    _check_adapted(policy, "it has no adapters to switch: set lora")
    there = policy.model.peft_config
    lacking = [name for name in names if name not in there] if names else ["without a name"]
    if lacking:
        raise ConfigError(f"{policy.name} has no adapter {lacking[0]}: it has {', '.join(there)}")
    with _as_they_were(policy.model):
        policy.model.base_model.set_adapter(list(names))


def merged_weights(policy: Policy, state: Mapping[str, Tensor] | None = None) -> dict[str, Tensor]:
    """The weights of the whole model by its own names, the adapters that speak added to what they change.

    `state` are the policy's weights where they are not in the model itself, as when it is spread over processes.
    """
    state = policy.model.state_dict() if state is None else state
    if not policy.adapted:
        return dict(state)
    layers = {name: module for name, module in policy.model.named_modules() if hasattr(module, "lora_A")}
    found: dict[str, Tensor] = {}
    prefix = "base_model.model."
    for name, weight in state.items():
        if ".lora_" in name:
            continue
        layer, _, last = name.rpartition(".")
        if layer.endswith(".base_layer"):
            layer = layer.removesuffix(".base_layer")
            if last == "weight":
                weight = _added(weight, layers[layer], layer, state, policy.model.active_adapters)
        found[f"{layer}.{last}".removeprefix(prefix)] = weight
    return found


@torch.no_grad()
def _added(weight: Tensor, module: Any, layer: str, state: Mapping[str, Tensor], active: list[str]) -> Tensor:
    wide = weight.float()
    for name in active:
        if name in module.scaling:
            down, up = (state[f"{layer}.lora_{side}.{name}.weight"].float().to(wide.device) for side in "AB")
            delta = (up @ down) * module.scaling[name]
            wide = wide + (delta.T if module.fan_in_fan_out else delta)
    return wide


def adapter_weights(policy: Policy, name: str, state: Mapping[str, Tensor] | None = None) -> dict[str, Tensor]:
    """The weights of one adapter, by the names under which peft saves them."""
    state = policy.model.state_dict() if state is None else state
    ours = (f".lora_A.{name}.weight", f".lora_B.{name}.weight")
    return {key.replace(f".{name}.weight", ".weight"): value for key, value in state.items() if key.endswith(ours)}


def _new(lora: Lora, model: Any, base: str) -> Any:
    modules: Any = lora.modules if isinstance(lora.modules, str) else list(lora.modules)
    decoder = model.get_decoder()
    if modules == "all-linear" and decoder is not model.base_model:  # of a model that reads pictures too: text's part
        within = {id(module) for module in decoder.modules()}
        modules = [name for name, part in model.named_modules() if isinstance(part, nn.Linear) and id(part) in within]
    return _peft().LoraConfig(
        r=lora.rank,
        lora_alpha=lora.alpha,
        lora_dropout=lora.dropout,
        target_modules=modules,
        base_model_name_or_path=base,
        task_type="CAUSAL_LM",
    )


def _config_of(folder: Path, base: str) -> Any:
    """The shape of an adapter that is there."""
    if not (folder / CONFIG).is_file():
        raise InputMissing(f"{folder} has no {CONFIG}: name the folder that an adapter was saved in")
    written = read_json(folder / CONFIG)
    other = [key for key in _OTHER if written.get(key)]
    if written.get("peft_type") != "LORA" or written.get("bias", "none") != "none" or other:
        kind = other[0] if other else f"peft_type {written.get('peft_type')!r}, bias {written.get('bias', 'none')!r}"
        raise ConfigError(f"{folder} is no LoRA of the plain sort ({kind}): merge it into its model first")
    shape = {key: written[key] for key in _SHAPE if key in written}
    try:
        return _peft().LoraConfig(
            **shape, base_model_name_or_path=base or written.get("base_model_name_or_path"), task_type="CAUSAL_LM"
        )
    except (TypeError, ValueError) as error:
        reason = one_line(str(error), 160)
        raise DamagedInput(f"{folder / CONFIG} is no config of an adapter ({reason}): copy it again") from None


def _fill(model: Any, name: str, folder: Path) -> None:
    """Put the weights of a folder into an adapter that is there."""
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    path = folder / WEIGHTS
    if not path.is_file():
        pickle = "as a pickle only, which can run code when it is opened" if [*folder.glob("*.bin")] else "nowhere"
        raise InputMissing(f"{folder} has its weights {pickle}: name an adapter with {WEIGHTS}")
    try:
        read = load_file(path)
    except SafetensorError as error:
        raise DamagedInput(f"{path} is damaged ({one_line(str(error), 120)}): copy it again") from None
    there = {key.replace(f".{name}.weight", ".weight"): weight for key, weight in _of_adapter(model, name).items()}
    fits = there.keys() == read.keys() and all(there[key].shape == read[key].shape for key in read)
    if not fits:
        wrong = next(iter(sorted(there.keys() ^ read.keys())), "shapes differ")
        raise DamagedInput(f"{folder} is an adapter of another model ({one_line(wrong, 120)}): load it on its own")
    with torch.no_grad():
        for key, weight in there.items():
            weight.copy_(read[key])


def _of_adapter(model: Any, name: str) -> dict[str, nn.Parameter]:
    ends = (f".lora_A.{name}.weight", f".lora_B.{name}.weight")
    return {key: weight for key, weight in model.named_parameters() if key.endswith(ends)}


def _check_adapted(policy: Policy, otherwise: str) -> None:
    if not policy.adapted:
        raise ConfigError(f"all weights of {policy.name} are trained, and {otherwise}")


@contextmanager
def _as_they_were(model: Any) -> Iterator[None]:
    """Which weights require gradients is left as it is: peft has those of every adapter that speaks require them."""
    required = {name for name, weight in model.named_parameters() if weight.requires_grad}
    try:
        yield
    finally:
        for name, weight in model.named_parameters():
            weight.requires_grad_(name in required)


@contextmanager
def _fits(what: str) -> Iterator[None]:
    """What peft cannot put on a model, as an error of ours."""
    try:
        yield
    except (ValueError, TypeError) as error:
        reason = one_line(str(error), 200)
        raise ConfigError(
            f"no such adapter fits the model of {what} ({reason}): look at the modules it names"
        ) from None


@contextmanager
def _seeded(model: Any, seed: int) -> Iterator[None]:
    with torch.random.fork_rng(devices=[model.device] if model.device.type == "cuda" else []):
        torch.manual_seed(seed)
        yield


@contextmanager
def _quiet() -> Iterator[None]:
    """peft warns of models whose matrices lie transposed, and of names of transformers that will go: no matter here."""
    with warnings.catch_warnings():
        for kind in (UserWarning, FutureWarning):
            warnings.simplefilter("ignore", kind)
        yield


def _peft() -> Any:
    try:
        import peft
    except ImportError:
        raise ConfigError("adapters need peft: pip install peft") from None
    return peft
