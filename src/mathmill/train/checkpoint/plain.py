"""Nested states as JSON and a table of tensors, and back to the same types and bits.

States of optimizers are trees of plain Python values with tensors here and there. A tensor leaves the
tree for the table, under its place as a name (`state/layers.0.weight/exp_avg`). What JSON does not know (tuples,
infinity, keys that are no strings) is written as an object `{"!": kind, "is": content}`.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from typing import Any

import torch

from mathmill.data.errors import ConfigError

_MARK = "!"


def to_plain(value: Any, tensors: dict[str, torch.Tensor], place: str = "") -> Any:
    """The tree as JSON has it; its tensors are put into `tensors`.

    Raises:
        ConfigError: something in it is neither a plain value nor a tensor.
    """
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else {_MARK: "float", "is": repr(value)}
    if isinstance(value, torch.Tensor):
        tensors[place] = value.detach()
        return {_MARK: "tensor", "is": place}
    if isinstance(value, list):
        return [to_plain(item, tensors, f"{place}/{index}") for index, item in enumerate(value)]
    if isinstance(value, tuple):
        return {_MARK: "tuple", "is": to_plain(list(value), tensors, place)}
    if isinstance(value, dict):
        return _dict_to_plain(value, tensors, place)
    raise ConfigError(
        f"a checkpoint cannot hold {place or 'a state'}, which is a {type(value).__name__}: keep plain values and "
        "tensors in the state of an optimizer"
    )


def _dict_to_plain(value: dict[Any, Any], tensors: dict[str, torch.Tensor], place: str) -> Any:
    inside = {key: to_plain(item, tensors, f"{place}/{key}" if place else str(key)) for key, item in value.items()}
    if type(value) is dict and _MARK not in value and all(isinstance(key, str) for key in value):
        return inside
    kind = "counter" if isinstance(value, Counter) else "dict"
    return {_MARK: kind, "is": [[to_plain(key, tensors, place), item] for key, item in inside.items()]}


def from_plain(value: Any, tensors: Mapping[str, torch.Tensor]) -> Any:
    """The tree that `to_plain` was given."""
    if isinstance(value, list):
        return [from_plain(item, tensors) for item in value]
    if not isinstance(value, dict):
        return value
    inside = value.get("is")
    match value.get(_MARK):
        case None:
            return {key: from_plain(item, tensors) for key, item in value.items()}
        case "tensor":
            return tensors[str(inside)]
        case "float":
            return float(str(inside))
        case "tuple":
            return tuple(from_plain(inside, tensors))
        case kind:
            pairs = {from_plain(key, tensors): from_plain(item, tensors) for key, item in inside or ()}
            return Counter(pairs) if kind == "counter" else pairs
