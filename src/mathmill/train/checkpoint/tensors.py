"""The tensors of a model and its optimizer, by name, out of them and back, each bit as it was.

Names of optimizer states are those of the parameters and not their numbers, so that a model whose parameters come in
another order is not continued with the wrong moments. Names and shapes are those of whole tensors in a model of one
process, however it is spread: a process that holds a share of a tensor gives the share, and takes it out of the whole.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch.distributed.tensor import DTensor, Shard

from mathmill.data.errors import ConfigError


def model_tensors(model: torch.nn.Module, trained_only: bool = False) -> dict[str, torch.Tensor]:
    """Parameters and persistent buffers by name, tied ones once; `trained_only` leaves out frozen parameters."""
    return {
        name: tensor.detach()
        for name, tensor in _named(model).items()
        if not (trained_only and isinstance(tensor, torch.nn.Parameter) and not tensor.requires_grad)
    }


def _named(model: torch.nn.Module) -> dict[str, torch.Tensor]:
    """Parameters and persistent buffers themselves, tied ones once.

    Asking for a state has fsdp put shares in the place of what is whole, as after a pass that had no backward.
    """
    found: dict[int, tuple[str, torch.Tensor]] = {}
    for name, tensor in model.state_dict(keep_vars=True).items():
        found.setdefault(id(tensor), (name, tensor))
    return dict(found.values())


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
            mine = tensor.to_local() if isinstance(tensor, DTensor) else tensor
            mine.copy_(_share(tensors[name], tensor))


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
    parameters = [parameter for group in optimizer.param_groups for parameter in group["params"]]
    states = {
        numbers[name]: {key: _spread_as(parameters[numbers[name]], value) for key, value in kept.items()}
        for name, kept in state["state"].items()
    }
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


def _spread_as(parameter: torch.Tensor, value: Any) -> Any:
    """A value of a parameter's state, of which its process holds a share where it does so of the parameter."""
    if not (isinstance(parameter, DTensor) and isinstance(value, torch.Tensor) and value.shape == parameter.shape):
        return value
    share = _share(value, parameter).to(parameter.device)
    return DTensor.from_local(
        share, parameter.device_mesh, parameter.placements, shape=value.shape, stride=value.stride()
    )


def _share(whole: torch.Tensor, own: torch.Tensor) -> torch.Tensor:
    """Of a whole tensor what this process holds of its own one; all of it, unless that is spread."""
    if not isinstance(own, DTensor):
        return whole
    (placement,) = own.placements
    assert isinstance(placement, Shard), "fsdp spreads so, over one row of processes"
    shares = whole.chunk(own.device_mesh.size(), placement.dim)
    rank = own.device_mesh.get_local_rank()
    # There may be fewer than processes.
    return shares[rank] if rank < len(shares) else whole.narrow(placement.dim, 0, 0)


def _names(model: torch.nn.Module, optimizer: torch.optim.Optimizer) -> list[str]:
    """The names of the optimizer's parameters in the order in which it numbers them."""
    known = {id(parameter): name for name, parameter in _named(model).items()}
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
