"""The tensors of a model and its optimizer, by name, to safetensors and back, each bit as it was.

Names of optimizer states are those of the parameters and not their numbers, so that a model whose parameters come in
another order is not continued with the wrong moments.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from mathmill.data.errors import ConfigError, MathmillError
from mathmill.data.files import writing


def model_tensors(model: torch.nn.Module, trained_only: bool = False) -> dict[str, torch.Tensor]:
    """Parameters and persistent buffers by name, tied ones once; `trained_only` leaves out frozen parameters."""
    found: dict[int, tuple[str, torch.Tensor]] = {}
    for name, tensor in model.state_dict(keep_vars=True).items():
        is_frozen = isinstance(tensor, torch.nn.Parameter) and not tensor.requires_grad
        if not (trained_only and is_frozen):
            found.setdefault(id(tensor), (name, tensor))
    return {name: tensor.detach() for name, tensor in found.values()}


def load_model_tensors(model: torch.nn.Module, tensors: Mapping[str, torch.Tensor], trained_only: bool = False) -> None:
    """Put tensors of `model_tensors` into a model of the same kind, in place.

    Raises:
        ConfigError: names, shapes or number formats are not the model's.
    """
    own = model_tensors(model, trained_only)
    _same_names(own.keys(), tensors.keys(), "parameters")
    for name, tensor in own.items():
        given = tensors[name]
        if (given.shape, given.dtype) != (tensor.shape, tensor.dtype):
            raise ConfigError(
                f"the checkpoint holds {name} as {_form(given)} and the model has {_form(tensor)}: go on with the "
                "model and the number format that the run began with"
            )
    with torch.no_grad():
        for name, tensor in own.items():
            tensor.copy_(tensors[name])


def optimizer_state(model: torch.nn.Module, optimizer: torch.optim.Optimizer) -> dict[str, Any]:
    """The optimizer's `state_dict`, with names of parameters for numbers.

    Raises:
        ConfigError: it has parameters that are none of the model's.
    """
    names = _names(model, optimizer)
    packed = optimizer.state_dict()
    return {
        "state": {names[number]: dict(state) for number, state in packed["state"].items()},
        "groups": [
            {**group, "params": [names[number] for number in group["params"]]} for group in packed["param_groups"]
        ],
    }


def load_optimizer_state(model: torch.nn.Module, optimizer: torch.optim.Optimizer, state: Mapping[str, Any]) -> None:
    """Put what `optimizer_state` gave into an optimizer of the same kind.

    Raises:
        ConfigError: its groups hold other parameters.
    """
    names = _names(model, optimizer)
    mine = [[names[number] for number in group["params"]] for group in optimizer.state_dict()["param_groups"]]
    theirs = [list(group["params"]) for group in state["groups"]]
    _same_names([name for group in mine for name in group], [name for group in theirs for name in group], "states")
    if [sorted(group) for group in mine] != [sorted(group) for group in theirs]:
        raise ConfigError(
            "the checkpoint groups parameters in another way: go on with the recipe that the run began with"
        )
    numbers = {name: number for number, name in enumerate(names)}
    # Groups take their parameters by their order, which need not be that of the checkpoint; states go by number.
    groups = [
        {**group, "params": [numbers[name] for name in own]} for group, own in zip(state["groups"], mine, strict=True)
    ]
    states = {numbers[name]: dict(kept) for name, kept in state["state"].items()}
    optimizer.load_state_dict({"state": states, "param_groups": groups})
    _keep_formats(optimizer, states)


def _keep_formats(optimizer: torch.optim.Optimizer, states: Mapping[int, Mapping[str, Any]]) -> None:
    """Have states in the number format in which they were: torch gives them that of their parameter.

    Moments in fp32 of parameters in bf16 would lose 16 bits each. All are copies, as the file is to be left alone.
    """
    parameters = [parameter for group in optimizer.param_groups for parameter in group["params"]]
    for number, kept in states.items():
        state = optimizer.state[parameters[number]]
        for key, value in kept.items():
            if isinstance(value, torch.Tensor):
                state[key] = value.to(device=state[key].device, copy=True)


def _names(model: torch.nn.Module, optimizer: torch.optim.Optimizer) -> list[str]:
    """The names of the optimizer's parameters in the order in which it numbers them."""
    known = {id(parameter): name for name, parameter in model.named_parameters()}
    parameters = [parameter for group in optimizer.param_groups for parameter in group["params"]]
    strangers = sum(id(parameter) not in known for parameter in parameters)
    if strangers:
        raise ConfigError(
            f"{strangers} of {len(parameters)} parameters of the optimizer are none of the model's: make it from the "
            "parameters of the model that is saved"
        )
    return [known[id(parameter)] for parameter in parameters]


def _same_names(own: Any, given: Any, what: str) -> None:
    missing, unknown = sorted(set(own) - set(given)), sorted(set(given) - set(own))
    if missing or unknown:
        told = [f"lacks {', '.join(missing[:3])}"] * bool(missing) + [f"has {', '.join(unknown[:3])}"] * bool(unknown)
        raise ConfigError(
            f"the checkpoint's {what} are not the model's: it {' and '.join(told)} "
            f"({len(missing)} missing, {len(unknown)} unknown): go on with the recipe that the run began with"
        )


def _form(tensor: torch.Tensor) -> str:
    return f"{str(tensor.dtype).removeprefix('torch.')} {list(tensor.shape)}"


def write_tensors(path: Path, tensors: Mapping[str, torch.Tensor]) -> None:
    """Write a safetensors file; it is not waited for until it is on disk.

    Raises:
        DiskFull, CannotCreate: it cannot be written.
    """
    held = {name: tensor.detach().contiguous() for name, tensor in tensors.items()}
    with writing(path):
        try:
            save_file(held, path)
        except SafetensorError as error:
            raise _os_error(error) from error
        # The library makes files that nobody else can read.
        path.chmod(path.parent.stat().st_mode & 0o666)


def _os_error(error: SafetensorError) -> Exception:
    """What the library's writing met, which it only tells in words; the error itself where that was no `OSError`."""
    told = re.search(r"\(os error (\d+)\)", str(error))
    number = int(told[1]) if told else 0
    return OSError(number, os.strerror(number)) if number else MathmillError(f"tensors cannot be written: {error}")


def read_tensors(path: Path) -> dict[str, torch.Tensor]:
    """The tensors of a file, on the processor."""
    return load_file(path)
